//! Letters that make less work than others: of senders who cannot be answered.

use crate::email::{from_ana, hears, mailbox, place};
use crate::kit::Kit;
use trailbox::desk::conversations;
use trailbox::domain::conversation::Status;
use trailbox::domain::event::email::EmailEvent;
use trailbox::domain::event::{ArticleEvent, Event};
use trailbox::domain::id::Seq;

fn withheld(facts: &[(Seq, Event)]) -> Option<String> {
    facts.iter().find_map(|(_, event)| match event {
        Event::Email(EmailEvent::AnswerWithheld { why, .. }) => Some(why.clone()),
        _ => None,
    })
}

fn answered(facts: &[(Seq, Event)]) -> bool {
    facts
        .iter()
        .any(|(_, event)| matches!(event, Event::Article(ArticleEvent::Queued { .. })))
}

#[test]
fn a_letter_whose_sender_cannot_be_written_to_is_received() {
    let kit = Kit::new();
    let channel = mailbox(&kit, "We got your letter.");
    let odd =
        from_ana("odd", "", "parcel").replace("ana@mail.example>\nTo", "ana.@docomo.example>\nTo");
    let nameless = from_ana("bare", "Reply-To: Ana\n", "parcel");
    for raw in [odd, nameless] {
        let facts = hears(&kit, channel, &raw);
        let id = place(&facts).expect("the letter is received");
        let why = withheld(&facts).expect("the answer is withheld");
        assert!(!why.contains('@') && !answered(&facts), "{why}");
        let present = kit.ask(|now| conversations::get(now, id)).unwrap();
        assert_eq!(present.status, Status::New);
        assert!(present.waiting_since.is_some());
    }
    assert!(answered(&hears(
        &kit,
        channel,
        &from_ana("good", "", "parcel")
    )));
}
