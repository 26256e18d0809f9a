//! Letters that make less work than others: old ones, of senders who cannot be answered, of
//! blocked ones.

use crate::email::{accepted, from_ana, hears, mailbox, place, reply};
use crate::kit::Kit;
use trailbox::desk::contacts::profile;
use trailbox::desk::{conversations, inbox, letters};
use trailbox::domain::conversation::Status;
use trailbox::domain::event::email::EmailEvent;
use trailbox::domain::event::{ArticleEvent, Event};
use trailbox::domain::id::{ConversationId, Seq};
use trailbox::domain::member::Role;
use trailbox::domain::moment::DAY_MS;

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

#[test]
fn a_letter_from_long_ago_is_received_and_not_acknowledged() {
    let kit = Kit::new();
    let channel = mailbox(&kit, "We got your letter.");
    for (id, date, fresh) in [
        ("old", "Thu, 19 Nov 2026 10:00:00 +0000", false),
        ("new", "Sat, 21 Nov 2026 10:00:00 +0000", true),
    ] {
        let facts = hears(
            &kit,
            channel,
            &from_ana(id, &format!("Date: {date}\n"), "parcel"),
        );
        assert!(place(&facts).is_some());
        assert_eq!(
            (answered(&facts), withheld(&facts).is_none()),
            (fresh, fresh),
            "{id}"
        );
    }
}

#[test]
fn a_report_that_a_letter_arrived_is_no_bounce() {
    let kit = Kit::new();
    let channel = mailbox(&kit, "");
    let maya = kit.member("Maya", Role::Agent);
    let id = place(&hears(&kit, channel, &from_ana("one", "", "parcel"))).unwrap();
    let (message_id, article) = reply(&kit, &maya, id, channel);
    accepted(&kit, article, &message_id);
    let report = |n: u32, action: &str, status: &str| {
        format!(
            "From: MAILER-DAEMON@mx.example\nTo: support@shop.example\nSubject: Report\n\
             Message-ID: <r{n}@mx.example>\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
             --b\n\nso\n--b\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ana@mail.example\n\
             Action: {action}\nStatus: {status}\n\
             --b\nContent-Type: message/rfc822\n\nMessage-ID: <{message_id}>\n\nx\n--b--\n"
        )
    };
    let told = |facts: &[(Seq, Event)]| {
        facts.iter().find_map(|(_, event)| match event {
            Event::Article(ArticleEvent::Reported { state, text, .. }) => {
                Some((state.clone(), text.clone()))
            }
            _ => None,
        })
    };
    let relayed = hears(&kit, channel, &report(1, "relayed", "2.0.0"));
    assert_eq!((place(&relayed), told(&relayed)), (Some(id), None));
    let arrived = hears(&kit, channel, &report(2, "delivered", "2.0.0"));
    assert_eq!(told(&arrived), Some(("delivered".to_owned(), None)));
    let present = kit.ask(|now| conversations::get(now, id)).unwrap();
    assert_eq!(present.waiting_since, None, "it was answered");
}

#[test]
fn what_somebody_blocked_writes_is_kept_and_makes_no_work() {
    let kit = Kit::new();
    let channel = mailbox(&kit, "We got your letter.");
    let maya = kit.member("Maya", Role::Agent);
    let first = place(&hears(&kit, channel, &from_ana("one", "", "gold"))).unwrap();
    let of_bo = |id: &str, more: &str| from_ana(id, more, "x").replace("Ana <ana@", "Bo <bo@");
    let open = place(&hears(&kit, channel, &of_bo("bo", ""))).unwrap();
    let contact = |id: ConversationId| kit.ask(|now| conversations::get(now, id)).unwrap().contact;
    let ana = contact(first);
    kit.done(&maya, move |now| profile::block(now, ana, "advertisements"));
    let waits = || {
        let all = kit.ask(inbox::counts).unwrap().into_iter();
        all.map(|(_, count)| count).collect::<Vec<_>>()
    };
    let before = waits();
    let mut places = Vec::new();
    for (id, more) in [
        ("two", "In-Reply-To: <one@mail.example>\n"),
        ("three", ""),
        ("four", "In-Reply-To: <bo@mail.example>\n"),
    ] {
        let facts = hears(&kit, channel, &from_ana(id, more, "gold"));
        assert!(!answered(&facts) && withheld(&facts).is_none(), "{id}");
        let talk = place(&facts).unwrap();
        let present = kit.ask(|now| conversations::get(now, talk)).unwrap();
        assert_eq!(
            (present.status, present.waiting_since),
            (Status::Closed, None),
            "{id}"
        );
        let newest = kit.ask(|now| letters::newest(now, talk, 1)).unwrap();
        assert_eq!(newest[0].email.said(), format!("words of {id}"));
        places.push(talk);
    }
    assert_eq!(places[0], first);
    assert!(places[1] != first && places[2] != open);
    assert_eq!(waits(), before, "nobody is asked to answer");
    kit.later(400 * DAY_MS);
    let late = from_ana("late", "In-Reply-To: <one@mail.example>\n", "gold");
    assert_eq!(place(&hears(&kit, channel, &late)), Some(first));
    assert_eq!(kit.ask(|now| profile::since_blocked(now, ana)).unwrap(), 4);
    kit.done(&maya, move |now| profile::unblock(now, ana));
    let sorry = hears(&kit, channel, &from_ana("sorry", "", "my order"));
    assert!(answered(&sorry));
}
