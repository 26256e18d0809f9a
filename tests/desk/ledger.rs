//! The ledger: one door, refusals that leave nothing, and what a desk survives.

use crate::story::busy_desk;

#[test]
fn a_busy_desk_verifies() {
    let kit = busy_desk(560);
    let begun = std::time::Instant::now();
    kit.inspect();
    eprintln!("{} events inspected in {:?}", kit.events(), begun.elapsed());
}

#[test]
fn the_tamper_drill_names_every_deed() {
    let kit = busy_desk(320);
    let mut said = Vec::new();
    let drill = trailbox::demo::tamper::drill(kit.folder.path(), &mut said).unwrap();
    let said = String::from_utf8(said).unwrap();
    println!("{said}");
    assert!(drill.is_complete(), "{said}");
    assert_eq!(drill.shown.len(), 15);
    for (shown, code) in drill.shown.iter().zip([
        "event_changed",
        "event_missing",
        "event_misplaced",
        "event_unsigned",
        "rewritten",
        "truncated",
        "row_changed",
        "row_changed",
        "row_changed",
        "disclosure_changed",
        "shape_changed",
        "shape_changed",
        "file_changed",
        "event_changed",
        "truncated",
    ]) {
        assert!(shown.verdict.contains(code), "{shown:?}");
    }
    assert!(said.contains("verify alone says nothing"), "{said}");
}
