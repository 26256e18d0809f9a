//! The ledger: one door, refusals that leave nothing, and what a desk survives.

use crate::kit::Kit;
use crate::story::busy_desk;
use trailbox::desk::conversations;
use trailbox::domain::actor::Who;
use trailbox::domain::event::ConversationEvent;
use trailbox::domain::moment::Moment;

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

#[test]
fn an_instant_that_could_not_be_read_back_is_not_recorded() {
    let kit = Kit::new();
    let channel = kit.channel("shop");
    let conversation = kit.writes(channel, "447700900200", "hello");
    let before = kit.events();
    for at in [Moment::FIRST.plus_ms(-1), Moment::LAST.plus_ms(1)] {
        let until = Some(at);
        let snoozed = ConversationEvent::Snoozed {
            conversation,
            until,
        };
        let wish = kit.wish(&Who::shell(), |_| Ok(vec![snoozed.into()]));
        assert!(wish.is_err(), "{}", at.0);
    }
    assert_eq!(kit.events(), before);
    let present = kit.ask(|now| conversations::get(now, conversation));
    assert_eq!(present.unwrap().snoozed_until, None);
}
