//! Keys and what they sign: what stands under a stored note, and what was kept before an exchange.

use crate::evidence::{case, checked, pen, taken};
use crate::kit::{Kit, verified};
use crate::story::busy_desk;
use crate::tamper::Copy;
use rusqlite::Connection;
use tempfile::TempDir;
use trailbox::domain::actor::Who;
use trailbox::domain::member::Role;
use trailbox::evidence::{self, What};
use trailbox::ledger::verify::{Anchor, Code, Options, verify};

/// A line as a witness writes it, of nobody that is known.
const STRANGE: &str = "\u{2014} stranger.example AAAAAAAA\n";

#[test]
fn a_line_put_under_a_stored_note_is_found_and_under_a_copy_allowed() {
    let kit = Kit::new();
    kit.member("Mar", Role::Lead);
    let note = kit.ledger.publish_checkpoint().unwrap();
    for (table, column) in [
        ("checkpoint", "size = (SELECT max(size) FROM checkpoint)"),
        ("head", "id = 0"),
    ] {
        let copy = Copy::of(kit.home());
        let db = Connection::open(copy.database()).unwrap();
        db.execute_batch("DROP TRIGGER IF EXISTS checkpoint_is_not_updated")
            .unwrap();
        let sql = format!("UPDATE {table} SET note = note || ?1 WHERE {column}");
        assert_eq!(db.execute(&sql, [STRANGE]).unwrap(), 1);
        drop(db);
        let report = verified(&copy.home());
        let found = report.findings.iter().find(|found| {
            found.code == Code::SignatureWrong && found.place.table.as_deref() == Some(table)
        });
        let meaning = &found.unwrap_or_else(|| panic!("{report:?}")).meaning;
        assert!(
            meaning.contains("a line that no key of this trail wrote"),
            "{meaning}"
        );
    }
    let anchors = vec![Anchor::read("kept", &format!("{note}{STRANGE}")).unwrap()];
    let options = Options {
        anchors,
        ..Options::default()
    };
    let report = verify(kit.home(), trailbox::desk::apply, &options).unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn what_was_kept_before_an_exchange_is_held_against_a_bundle() {
    let kit = busy_desk(300);
    kit.member("Omar", Role::Agent);
    let pen = pen(&kit);
    let early = kit.ledger.publish_checkpoint().unwrap();
    let vkey = kit.ledger.rotate_key(&Who::shell()).unwrap();
    let meeting = kit.ledger.publish_checkpoint().unwrap();
    kit.member("Sana", Role::Agent);
    let folder = TempDir::new().unwrap();
    let (full, part) = (folder.path().join("full"), folder.path().join("part"));
    taken(&kit, What::All, &[], &full);
    taken(&kit, case("C-1"), &[], &part);
    let anchor = |text: &str| vec![Anchor::read("kept", text).unwrap()];
    for kept in [&early, &meeting] {
        let verdict = checked(&full, &vkey, anchor(kept));
        assert!(verdict.is_clean(), "{:?}", verdict.findings);
    }
    let verdict = checked(&part, &vkey, anchor(&early));
    let [finding] = verdict.findings.as_slice() else {
        panic!("{:?}", verdict.findings)
    };
    assert_eq!(finding.code, evidence::Code::AnchorUnreadable);
    assert!(
        finding.meaning.contains("exchanged its key"),
        "{}",
        finding.meaning
    );
    // Another history of the same length, signed with the key of that time.
    let size: u64 = early.lines().nth(1).unwrap().parse().unwrap();
    let verdict = checked(&full, &vkey, anchor(&pen.sign(size, &[7; 32])));
    let codes: Vec<_> = verdict.findings.iter().map(|found| found.code).collect();
    assert_eq!(codes, [evidence::Code::Rewritten]);
}
