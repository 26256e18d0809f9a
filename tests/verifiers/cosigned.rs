//! Checkpoints signed by more than one: by a witness of our own, by the keys before and after an
//! exchange. Go's note package and @noble/ed25519 accept them, and refuse every changed one.

use crate::{Verifier, go_program, here, node, small_desk};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use trailbox::domain::actor::Who;
use trailbox::domain::moment::Moment;
use trailbox::ledger::note::Checkpoint;
use trailbox::ledger::tlog::Consistency;
use trailbox::witness::{Answer, Keep, Witness};

fn put(top: &Path, name: &str, note: &[u8], keys: &[String]) {
    let folder = top.join(name);
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("note"), note).unwrap();
    fs::write(folder.join("vkeys"), format!("{}\n", keys.join("\n"))).unwrap();
}

/// The line of a witness of our own under a note.
fn cosigned(witness: &Witness, note: &str) -> String {
    let (old, proof, note) = (0, Vec::new(), note.to_owned());
    let body = Consistency { old, proof, note }.text();
    match witness
        .add_checkpoint(&body, Moment(1_795_316_400_000))
        .unwrap()
    {
        Answer::Cosigned(line) => line,
        other => panic!("{other:?}"),
    }
}

#[test]
fn others_accept_what_a_witness_and_an_exchanged_key_signed() {
    let kit = small_desk(60);
    let (good, bad) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let folder = TempDir::new().unwrap();
    let old = kit.ledger.verifier();
    let before = kit.ledger.publish_checkpoint().unwrap();
    let new = kit.ledger.rotate_key(&Who::shell()).unwrap();
    let both = kit.ask(trailbox::desk::audit::head).unwrap();
    kit.later(1_000);
    kit.member("Zoe", trailbox::domain::member::Role::Agent);
    let after = kit.ledger.publish_checkpoint().unwrap();
    let mut dice = fastrand::Rng::with_seed(20_261_122);
    let mut changed = 0;
    for (name, note, keys) in [
        ("before", &before, vec![old.text()]),
        ("both", &both, vec![old.text(), new.text()]),
        ("after", &after, vec![new.text()]),
    ] {
        put(good.path(), name, note.as_bytes(), &keys);
        let keep = Keep::open(&folder.path().join(name), "witness.example/w1").unwrap();
        let witness = Witness::new(vec![old.clone(), new.clone()], keep);
        let note = format!("{note}{}", cosigned(&witness, note));
        let keys = [keys, vec![witness.cosigner().text()]].concat();
        put(
            good.path(),
            &format!("{name}-cosigned"),
            note.as_bytes(),
            &keys,
        );
        assert!(Checkpoint::parse(&note).is_ok());
        while changed % 40 != 39 {
            let mut bytes = note.clone().into_bytes();
            let at = dice.usize(0..bytes.len());
            // The last letter before the padding has bits that say nothing.
            if bytes.get(at + 1) == Some(&b'=') {
                continue;
            }
            bytes[at] ^= 1 << dice.u8(0..8);
            // What is no text of the format any more is refused by whoever reads it.
            if String::from_utf8(bytes.clone()).is_ok() {
                put(bad.path(), &format!("{changed:03}"), &bytes, &keys);
                changed += 1;
            }
        }
        changed += 1;
    }
    let node = Verifier {
        command: vec!["node".to_owned(), here("cosigned.mjs")],
        ..node()
    };
    for verifier in [go_program("cosigned"), node] {
        let said = verifier.says(good.path());
        let all = said.iter().all(|line| line.starts_with("accepted"));
        assert!(all && said.len() == 6, "{}: {said:#?}", verifier.name);
        let said = verifier.says(bad.path());
        let wrong: Vec<_> = said
            .iter()
            .filter(|line| line.starts_with("accepted"))
            .collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", verifier.name);
        assert_eq!(said.len(), changed - 3);
        println!(
            "{}: 6 accepted, {} changed ones refused",
            verifier.name,
            said.len()
        );
    }
}
