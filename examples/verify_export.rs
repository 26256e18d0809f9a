//! Checks an exported trail as a stranger would: with SHA-256 and Ed25519, and with none of the
//! desk's own code.
//!
//! ```text
//! cargo run --example verify_export -- ENTRIES.jsonl CHECKPOINT VKEY
//! ```
//!
//! ENTRIES.jsonl has one entry a line, from the first on; CHECKPOINT is a signed note; VKEY is the
//! desk's verifier key, which you should have from somewhere else. Without arguments it makes a
//! small trail, checks it, forges an entry and checks again.

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{error::Error, fs};

type Hash = [u8; 32];
type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [entries, checkpoint, key] = words.as_slice() {
        let entries = fs::read_to_string(entries)?;
        println!(
            "{}",
            check(&entries, &fs::read_to_string(checkpoint)?, key)?
        );
        return Ok(());
    }
    let (entries, checkpoint, key) = small_trail()?;
    println!("{}", check(&entries, &checkpoint, &key)?);

    let forged = entries.replacen("Maya Lind", "Mona Lind", 1);
    let lines: Vec<&str> = entries.lines().collect();
    let cut = lines
        .split_last()
        .map_or(String::new(), |(_, kept)| kept.join("\n"));
    let size = format!("\n{}\n", entries.lines().count());
    let other = checkpoint.replacen(&size, "\n3\n", 1);
    for (what, entries, checkpoint) in [
        ("a forged name", &forged, &checkpoint),
        ("the last entry cut off", &cut, &checkpoint),
        ("another size in the checkpoint", &entries, &other),
    ] {
        match check(entries, checkpoint, &key) {
            Err(finding) => println!("{what}: {finding}"),
            Ok(_) => return Err(format!("{what} was not found").into()),
        }
    }
    Ok(())
}

/// Checks the chain, the tree and the signature; answers with what is now certain.
fn check(entries: &str, checkpoint: &str, key: &str) -> Result<String> {
    let mut before: Hash = Sha256::digest(b"").into();
    let mut leaves = Vec::new();
    for (place, line) in entries.lines().enumerate() {
        let entry: Value = serde_json::from_str(line)?;
        if entry["seq"] != place {
            return Err(format!("entry {place} says it is entry {}", entry["seq"]).into());
        }
        if entry["prev"] != BASE64.encode(&before) {
            return Err(format!("entry {place} does not follow the one before it").into());
        }
        // The bytes of the line are what is hashed: never parse and write them again.
        before = hash(&[&[0], line.as_bytes()]);
        leaves.push(before);
    }
    let (origin, size, root) = open_note(checkpoint, key)?;
    if size != leaves.len() {
        return Err(format!("{origin} had {size} events, here are {}", leaves.len()).into());
    }
    if root != tree(&leaves) {
        return Err(format!("not the {size} events that {origin} signed").into());
    }
    Ok(format!("{size} events: the very ones that {origin} signed"))
}

/// The root of an RFC 6962 tree.
fn tree(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest(b"").into(),
        [leaf] => *leaf,
        more => {
            // The left side has as many leaves as the greatest power of two below all of them.
            let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
            hash(&[&[1], &tree(left), &tree(right)])
        }
    }
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// Opens a signed note (C2SP signed-note, tlog-checkpoint): origin, size, root.
fn open_note(note: &str, key: &str) -> Result<(String, usize, Hash)> {
    let mut parts = key.trim().splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("the key is not of the form name+id+key".into());
    };
    let key = BASE64.decode(key.as_bytes())?;
    let expected = hash(&[name.as_bytes(), b"\n", &key]);
    if !HEXLOWER.encode(&expected).starts_with(id) {
        return Err("the key's id does not fit the key".into());
    }
    let key: &Hash = key.get(1..).unwrap_or_default().try_into()?; // after the algorithm's number
    let key = VerifyingKey::from_bytes(key)?;

    let (text, stamps) = note
        .rsplit_once("\n\n")
        .ok_or("the note has no signature")?;
    let text = format!("{text}\n");
    let start = format!("\u{2014} {name} ");
    let stamp = stamps.lines().find_map(|line| line.strip_prefix(&start));
    let stamp = BASE64.decode(stamp.ok_or("the note is signed by another")?.as_bytes())?;
    let signature = Signature::from_slice(stamp.get(4..).unwrap_or_default())?; // after the id
    key.verify_strict(text.as_bytes(), &signature)
        .map_err(|_| "the checkpoint's signature is wrong")?;

    let mut lines = text.lines();
    let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
        return Err("the note is not a checkpoint".into());
    };
    let root: Hash = BASE64.decode(root.as_bytes())?.as_slice().try_into()?;
    Ok((origin.to_owned(), size.parse()?, root))
}

/// Entries, checkpoint and key of a desk with a few events; only this part uses the desk's code.
fn small_trail() -> Result<(String, String, String)> {
    use trailbox::{
        desk::{self, audit, members},
        domain::{actor::Who, id::Seq, member::Role},
        ledger::{Chance, Clock, Home, Ledger, Opening},
    };
    let folder = tempfile::tempdir()?;
    let opening = Opening {
        apply: desk::apply,
        follow: desk::follow,
        clock: Clock::System,
        chance: Chance::System,
        progress: &mut |_| {},
    };
    let shell = Who::shell();
    let ledger = Ledger::create(&Home::at(folder.path()), "Corner Shop", opening)?;
    for name in ["Maya Lind", "Omar Example", "Inés Example"] {
        ledger.record(&shell, move |now| {
            let email = format!("{}@example.org", name.len());
            members::add(now, name, &email, Role::Agent, None)
        })?;
    }
    let checkpoint = ledger.publish_checkpoint()?;
    let now = ledger.now(&shell)?;
    let mut entries = String::new();
    for seq in 0..now.next_seq().0 {
        entries.push_str(&audit::get(&now, Seq(seq))?.bytes);
        entries.push('\n');
    }
    Ok((entries, checkpoint, ledger.verifier().text()))
}
