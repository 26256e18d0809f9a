//! Packs: pinned by number and hash, written, decided on what is pinned, shared with those concerned.

use super::kit::Kit;
use trailbox::desk::packs::{self, Words, answers};
use trailbox::desk::{access, audit, notifications, tickets};
use trailbox::domain::actor::Who;
use trailbox::domain::event::pack::PackEvent;
use trailbox::domain::event::{Event, Fact};
use trailbox::domain::id::{Object, Seq, TicketId};
use trailbox::domain::member::Role;
use trailbox::domain::notification::Kind;
use trailbox::domain::pack::{Outcome, Side};
use trailbox::error::Result;
use trailbox::ledger::Now;

struct Desk {
    kit: Kit,
    lead: Who,
    agent: Who,
    ticket: TicketId,
}

fn desk() -> Desk {
    let kit = Kit::new();
    let lead = kit.member("Lena", Role::Lead);
    let agent = kit.member("Ada", Role::Agent);
    let wanted = tickets::Wanted {
        title: "Lost".to_owned(),
        kind: "complaint".to_owned(),
        ..tickets::Wanted::default()
    };
    let ticket = kit.ticket(&agent, wanted);
    let object = Object::Ticket(ticket);
    kit.done(&lead, move |now| packs::open(now, object, "Who called?"));
    Desk {
        kit,
        lead,
        agent,
        ticket,
    }
}

fn words(finding: &str) -> Words {
    Words {
        title: "Who called?".to_owned(),
        sides: vec![
            Side {
                who: "The customer".to_owned(),
                says: "nobody called".to_owned(),
            },
            Side::default(),
        ],
        finding: finding.to_owned(),
    }
}

#[test]
fn a_pack_is_pinned_written_decided_and_taken_up_again() {
    let Desk {
        kit, lead, ticket, ..
    } = desk();
    let pinned = Seq(4);
    let facts = kit.done(&lead, move |now| packs::pin(now, 1, pinned, "the call"));
    let leaf = kit.ask(|now| audit::get(now, pinned)).unwrap().leaf;
    let leaf = data_encoding::BASE64.encode(&leaf);
    assert!(matches!(
        &facts[0].1,
        Event::Pack(PackEvent::Pinned { event, leaf: told, .. })
            if *event == pinned && *told == leaf
    ));
    let early = kit.refused(&lead, |now| {
        packs::decide(now, 1, Outcome::Established, "so it was")
    });
    assert!(early.text.contains("finding first"), "{}", early.text);
    kit.done(&lead, |now| packs::write(now, 1, words("he was called")));
    assert_eq!(
        kit.done(&lead, |now| packs::write(now, 1, words("he was called")))
            .len(),
        0,
        "the same again is no fact"
    );
    let facts = kit.done(&lead, |now| {
        packs::decide(now, 1, Outcome::Refuted, "he was called on Tuesday")
    });
    assert!(matches!(
        &facts[0].1,
        Event::Pack(PackEvent::Decided { pins, .. }) if *pins == [pinned]
    ));
    for refused in [
        kit.refused(&lead, |now| packs::pin(now, 1, Seq(2), "")),
        kit.refused(&lead, |now| packs::unpin(now, 1, Seq(4))),
        kit.refused(&lead, |now| packs::write(now, 1, words("other"))),
    ] {
        assert!(refused.text.contains("is decided"), "{}", refused.text);
    }
    kit.done(&lead, |now| packs::reopen(now, 1, "a new witness"));
    kit.done(&lead, |now| packs::unpin(now, 1, Seq(4)));
    let pack = kit.ask(|now| packs::get(now, 1)).unwrap();
    assert_eq!((pack.object, pack.outcome), (Object::Ticket(ticket), None));
    assert_eq!(pack.sides.len(), 1, "an empty side is none");
}

#[test]
fn what_cannot_be_pinned_or_opened_is_refused() {
    let Desk {
        kit, lead, agent, ..
    } = desk();
    let auditor = kit.member("Olga", Role::Auditor);
    let object = Object::Ticket(TicketId(77));
    type Ask = fn(&Now<'_>) -> Result<Vec<Fact>>;
    let asks: [(&str, Ask); 5] = [
        ("no event 9999", |now| packs::pin(now, 1, Seq(9999), "")),
        ("not pinned", |now| packs::unpin(now, 1, Seq(3))),
        ("no pack 9", |now| packs::pin(now, 9, Seq(3), "")),
        ("1 to 200", |now| packs::write(now, 1, Words::default())),
        ("not decided", |now| packs::reopen(now, 1, "why")),
    ];
    for (says, wish) in asks {
        let refused = kit.refused(&lead, wish);
        assert!(refused.text.contains(says), "{says}: {}", refused.text);
    }
    kit.done(&lead, |now| packs::pin(now, 1, Seq(3), ""));
    let twice = kit.refused(&lead, |now| packs::pin(now, 1, Seq(3), ""));
    assert!(twice.text.contains("pinned already"));
    kit.refused(&lead, move |now| packs::open(now, object, "gone"));
    for who in [&agent, &auditor] {
        let refused = kit.refused(who, |now| packs::pin(now, 1, Seq(2), ""));
        assert!(refused.text.contains("settle disputes"), "{}", refused.text);
    }
}

#[test]
fn whom_it_is_shared_with_is_told() {
    let Desk {
        kit, lead, agent, ..
    } = desk();
    let member = agent.member().unwrap();
    kit.done(&lead, move |now| packs::share(now, 1, member));
    assert_eq!(
        kit.done(&lead, move |now| packs::share(now, 1, member))
            .len(),
        0,
        "once is enough"
    );
    let due = kit.ask(notifications::to_tell).unwrap();
    assert!(
        due.iter()
            .any(|due| due.member == member && due.kind == Kind::Pack),
        "{due:?}"
    );
    let shared = kit.ask(|now| packs::list(now, None, Some(member), false, 10));
    assert_eq!(shared.unwrap().len(), 1);
}

#[test]
fn those_concerned_answer_and_hear_what_came_of_it() {
    let Desk {
        kit, lead, agent, ..
    } = desk();
    let auditor = kit.member("Olga", Role::Auditor);
    let early = kit.refused(&agent, |now| answers::answer(now, 1, "I called"));
    assert!(early.text.contains("no pack 1 is shared"), "{}", early.text);
    let no_voice = kit.refused(&auditor, |now| answers::answer(now, 1, "so?"));
    assert!(no_voice.text.contains("right to answer"));
    kit.refused(&Who::shell(), |now| answers::answer(now, 1, "so?"));
    let member = agent.member().unwrap();
    kit.done(&lead, move |now| packs::share(now, 1, member));
    for empty in ["", "  "] {
        let refused = kit.refused(&agent, move |now| answers::answer(now, 1, empty));
        assert!(refused.text.contains("1 to 10000"), "{}", refused.text);
    }
    kit.done(&agent, |now| answers::answer(now, 1, "I called twice"));
    let told = |who: &Who| -> Vec<String> {
        let due = kit.ask(notifications::to_tell).unwrap().into_iter();
        let of_pack = due.filter(|due| Some(due.member) == who.member() && due.kind == Kind::Pack);
        let events = of_pack.map(|due| kit.ask(|now| audit::get(now, due.about)).unwrap());
        events.map(|event| event.entry.event).collect()
    };
    assert_eq!(told(&lead), ["pack.answered"], "who shared it is told");
    // Decided, it is answered still; each answer stands.
    kit.done(&lead, |now| packs::pin(now, 1, Seq(3), "the call"));
    kit.done(&lead, |now| packs::write(now, 1, words("she called once")));
    kit.done(&lead, |now| packs::decide(now, 1, Outcome::Partly, "once"));
    assert_eq!(told(&agent), ["pack.shared", "pack.decided"]);
    kit.done(&agent, |now| answers::answer(now, 1, "twice, I insist"));
    let said = kit.ask(|now| answers::all(now, 1)).unwrap();
    let texts: Vec<_> = said
        .iter()
        .map(|one| (one.name.as_str(), one.text.as_deref()))
        .collect();
    assert_eq!(
        texts,
        [
            ("Ada", Some("I called twice")),
            ("Ada", Some("twice, I insist"))
        ]
    );
}

#[test]
fn what_a_pin_is_to_show_can_be_said_later() {
    let Desk { kit, lead, .. } = desk();
    kit.done(&lead, |now| packs::pin(now, 1, Seq(3), ""));
    kit.done(&lead, |now| packs::pin(now, 1, Seq(3), "his own words"));
    let pins = kit.ask(|now| packs::pins(now, 1)).unwrap();
    assert_eq!(pins.len(), 1);
    assert_eq!(pins[0].remark.as_deref(), Some("his own words"));
    kit.refused(&lead, |now| packs::pin(now, 1, Seq(3), "his own words"));
}

/// For the busy desk: two events of a case are pinned, a finding stands, and it is shared.
pub fn settled(kit: &Kit, lead: &Who, agent: &Who, object: Object) {
    kit.done(lead, |now| {
        access::search(now, "audit", "courier called", 2)
    });
    kit.done(lead, move |now| access::observe(now, object));
    kit.done(lead, move |now| packs::open(now, object, "Who was called?"));
    for event in [3, 7] {
        kit.done(lead, move |now| packs::pin(now, 1, Seq(event), "see here"));
    }
    kit.done(lead, |now| packs::write(now, 1, words("she was called")));
    let Some(member) = agent.member() else {
        panic!("the agent is a member");
    };
    kit.done(lead, move |now| packs::share(now, 1, member));
    kit.done(agent, |now| answers::answer(now, 1, "I called twice"));
}
