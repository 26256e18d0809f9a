//! Packs: pinned by number and hash, written, decided on what is pinned, shared with those concerned.

use super::kit::Kit;
use trailbox::desk::packs::{self, Words};
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
    let Some(agent) = agent.member() else {
        panic!("the agent is a member");
    };
    kit.done(lead, move |now| packs::share(now, 1, agent));
}
