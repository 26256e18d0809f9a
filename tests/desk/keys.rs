//! Keys and what they sign.

use crate::kit::{Kit, verified};
use crate::tamper::Copy;
use rusqlite::Connection;
use trailbox::domain::member::Role;
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
