"""Checks bundles of evidence with aics-tlog. For each folder below the one named:
"accepted NAME" or "refused NAME: why"."""

import base64
import json
import sys
from pathlib import Path

from aics_tlog.checkpoint import checkpoint_from_note, verify_checkpoint
from aics_tlog.hashing import leaf_hash
from aics_tlog.note import parse_note, parse_vkey
from aics_tlog.tree import MerkleTree, verify_consistency, verify_leaf_inclusion


def check(folder, vkey):
    signed = parse_note((folder / "checkpoint").read_bytes())
    result = verify_checkpoint(signed, vkey, expected_origin=vkey.name)
    assert result.ok and result.log_ok, result.error
    checkpoint, _ = checkpoint_from_note(signed)
    size, root = checkpoint.size, checkpoint.root
    lines = (folder / "entries.jsonl").read_bytes().split(b"\n")
    assert lines.pop() == b"", "the last line has no end"
    path = folder / "proofs.json"
    if not path.exists():
        assert len(lines) == size, "events are missing"
        assert MerkleTree(lines).root() == root, "another root"
        return
    proofs = json.loads(path.read_bytes())
    assert len(proofs["inclusion"]) == len(lines), "not one proof for each event"
    for entry, one in zip(lines, proofs["inclusion"]):
        assert decoded(one["leaf"]) == entry, "a proof of another event"
        steps = [decoded(step) for step in one["proof"]]
        assert verify_leaf_inclusion(entry, one["index"], size, steps, root), "no proof"
    for one in proofs["consistency"]:
        steps = [decoded(step) for step in one["proof"]]
        old = decoded(one["old_root"])
        assert verify_consistency(one["old_size"], size, old, root, steps), "no beginning"


def decoded(text):
    return base64.b64decode(text, validate=True)


assert leaf_hash(b"") is not None
top = Path(sys.argv[1])
key = parse_vkey((top / "vkey").read_text().strip())
for path in sorted(top.glob("*/checkpoint")):
    name = path.parent.name
    try:
        check(path.parent, key)
        print(f"accepted {name}")
    except Exception as error:  # whatever it says, it did not accept
        print(f"refused {name}: {error!r}")
