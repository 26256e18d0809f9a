//! The ledger: one door, refusals that leave nothing, and what a desk survives.

use crate::kit::Kit;
use crate::story::busy_desk;
use trailbox::desk::audit;
use trailbox::domain::actor::Who;
use trailbox::ledger::Wish;

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

/// A wish that notes so many exports; the last with words too long for an entry, if `long`.
fn exports(count: usize, long: bool) -> (Who, Wish) {
    let wish: Wish = Box::new(move |_| {
        let filter = |n| match long && n + 1 == count {
            true => "x".repeat(70_000),
            false => "event:ticket".to_owned(),
        };
        let exported = |n| audit::record_export("csv", &filter(n), 1, "", 1);
        Ok((0..count).flat_map(exported).collect())
    });
    (Who::shell(), wish)
}

#[test]
fn wishes_that_go_together_are_refused_alone_while_nothing_is_written() {
    let kit = Kit::new();
    let before = kit.events();
    let wishes = vec![exports(1, false), exports(1, true), exports(2, false)];
    let results = kit.ledger.record_together(wishes).unwrap();
    let granted: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(granted, [true, false, true]);
    assert_eq!(kit.events(), before + 3);
}

#[test]
fn wishes_that_go_together_fall_together_once_something_is_written() {
    let kit = Kit::new();
    let before = kit.events();
    let wishes = vec![exports(1, false), exports(2, true), exports(1, false)];
    let results = kit.ledger.record_together(wishes).unwrap();
    let said: Vec<String> = results
        .into_iter()
        .map(|result| result.unwrap_err().to_string())
        .collect();
    assert_eq!(said.len(), 3);
    assert!(said[0].contains("one of 3 wishes"), "{said:?}");
    assert_eq!(kit.events(), before, "nothing of any of them stays");
    kit.done(&Who::shell(), |_| {
        Ok(audit::record_export("csv", "", 1, "", 1))
    });
}
