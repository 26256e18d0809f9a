//! The same done to many: each its own event with one shared cause, what could not be done with its
//! reason, and undone so that the desk stands as before.

use super::kit::Kit;
use rusqlite::Connection;
use std::collections::BTreeMap;
use trailbox::desk::{audit, bulk, conversations, labels, rules, tickets};
use trailbox::domain::action::{Actions, Assignee};
use trailbox::domain::actor::Who;
use trailbox::domain::conversation::Summary;
use trailbox::domain::event::Event;
use trailbox::domain::event::bulk::{BulkEvent, SealedWish};
use trailbox::domain::id::{ConversationId, Object, Seq, TicketId};
use trailbox::domain::label::{Colour, List};
use trailbox::domain::member::Role;
use trailbox::domain::moment::HOUR_MS;
use trailbox::domain::ticket::{Priority, Status, Wait};
use trailbox::jobs::bulk::work;

/// The tables that say how conversations, tickets and all around them stand.
const STATE: [&str; 8] = [
    "conversation",
    "conversation_tag",
    "ticket",
    "ticket_tag",
    "ticket_conversation",
    "article",
    "delivery",
    "label",
];

/// Every row of these tables; the marks of when something changed last are not compared, as undoing
/// is a change.
fn state(kit: &Kit) -> BTreeMap<&'static str, Vec<String>> {
    let db = Connection::open(kit.home().database()).unwrap();
    let rows = |table: &str| {
        let mut names: Vec<String> = Vec::new();
        let mut columns = db
            .prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")
            .unwrap();
        let mut found = columns.query([table]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let name: String = row.get(0).unwrap();
            if name != "changed_at" && (name != "seq" || table == "article") {
                names.push(format!("quote(\"{name}\")"));
            }
        }
        let sql = format!(
            "SELECT {} AS line FROM \"{table}\" ORDER BY 1",
            names.join("||','||")
        );
        let mut statement = db.prepare(&sql).unwrap();
        let lines = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        lines.map(|line| line.unwrap()).collect()
    };
    STATE
        .into_iter()
        .map(|table| (table, rows(table)))
        .collect()
}

struct Place {
    kit: Kit,
    lead: Who,
    talks: Vec<ConversationId>,
    cases: Vec<TicketId>,
}

/// Given conversations and tickets in many states.
fn place() -> Place {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    let agent = kit.member("Ada", Role::Agent);
    let admin = kit.member("Adam", Role::Admin);
    for tag in ["late", "vip", "courier-strike"] {
        kit.done(&admin, move |now| {
            labels::add(now, List::Tag, tag, Colour::Grey)
        });
    }
    let channel = kit.channel("shop");
    let (mut talks, mut cases) = (Vec::new(), Vec::new());
    for n in 0..8_u64 {
        let talk = kit.writes(channel, &format!("4477009006{n:02}"), "where is it");
        let owner = if n % 2 == 0 { &lead } else { &agent };
        if n % 3 != 0 {
            kit.done(owner, move |now| conversations::take(now, talk, ""));
        }
        if n % 4 == 1 {
            let until = kit.clock.now().plus_ms(30 * HOUR_MS);
            kit.done(owner, move |now| {
                conversations::snooze(now, talk, Some(until))
            });
        }
        if n % 3 == 2 {
            kit.done(&lead, move |now| conversations::tag(now, talk, "vip, late"));
        }
        let case = kit.ticket(
            owner,
            tickets::Wanted {
                conversation: Some(talk),
                title: format!("Case {n}"),
                kind: "delivery".to_owned(),
                ..tickets::Wanted::default()
            },
        );
        if n % 2 == 1 {
            kit.done(&lead, move |now| {
                let wait = Wait {
                    whom: "Leopards".to_owned(),
                    reference: format!("LP-{n}"),
                    expected_on: "2026-12-01".to_owned(),
                };
                tickets::change_status(now, case, Status::AwaitingCourier, Some(wait), "")
            });
        }
        if n == 4 {
            kit.done(&lead, move |now| {
                tickets::change_status(now, case, Status::Resolved, None, "first answer")
            });
            kit.done(&lead, move |now| {
                tickets::change_status(now, case, Status::InProgress, None, "")
            });
        }
        talks.push(talk);
        cases.push(case);
    }
    let last = talks[7];
    kit.done(&lead, move |now| {
        let summary = Summary {
            issue: "parcel".to_owned(),
            outcome: "came".to_owned(),
            ..Summary::default()
        };
        conversations::close(now, last, summary)
    });
    Place {
        kit,
        lead,
        talks,
        cases,
    }
}

fn begin(place: &Place, objects: Vec<Object>, actions: Actions) -> u64 {
    let facts = place.kit.done(&place.lead, move |now| {
        bulk::start(now, &objects, actions, "the courier is on strike")
    });
    match facts.first() {
        Some((_, Event::Bulk(BulkEvent::Started { bulk, .. }))) => *bulk,
        other => panic!("{other:?}"),
    }
}

fn run(place: &Place) {
    work(&place.kit.ledger, &|| false).unwrap();
}

#[test]
fn undoing_leaves_the_desk_as_it_was_and_keeps_the_events() {
    let place = place();
    let kit = &place.kit;
    let other = kit.member("Ben", Role::Agent).member().unwrap();
    let talks: Vec<Object> = place
        .talks
        .iter()
        .map(|id| Object::Conversation(*id))
        .collect();
    let cases: Vec<Object> = place.cases.iter().map(|id| Object::Ticket(*id)).collect();
    let wishes = [
        (
            &talks,
            Actions {
                add_tags: vec!["courier-strike".to_owned()],
                remove_tags: vec!["late".to_owned()],
                assign: Some(Assignee::Member { id: other }),
                ..Actions::default()
            },
        ),
        (
            &talks,
            Actions {
                status: Some("closed".to_owned()),
                outcome: Some("told by notice".to_owned()),
                ..Actions::default()
            },
        ),
        (
            &talks,
            Actions {
                snooze_h: Some(5),
                status: Some("waiting".to_owned()),
                ..Actions::default()
            },
        ),
        (
            &talks,
            Actions {
                spam: Some(true),
                ..Actions::default()
            },
        ),
        (
            &cases,
            Actions {
                ticket_status: Some("resolved".to_owned()),
                outcome: Some("sent again".to_owned()),
                priority: Some(Priority::Urgent),
                kind: Some("complaint".to_owned()),
                add_tags: vec!["late".to_owned()],
                ..Actions::default()
            },
        ),
        (
            &cases,
            Actions {
                ticket_status: Some("awaiting_customer".to_owned()),
                assign: Some(Assignee::Nobody),
                ..Actions::default()
            },
        ),
    ];
    for (objects, actions) in wishes {
        let before = state(kit);
        let events = kit.events();
        let id = begin(&place, objects.clone(), actions.clone());
        run(&place);
        let known = kit.ask(|now| bulk::get(now, id)).unwrap();
        assert_eq!(known.state, "done");
        assert_ne!(state(kit), before, "{actions:?} changes something");
        let between = kit.events();
        kit.done(&place.lead, move |now| bulk::undo(now, id));
        run(&place);
        let after = state(kit);
        for table in STATE {
            assert_eq!(
                after[table], before[table],
                "{table} after undoing {actions:?}"
            );
        }
        assert!(kit.ask(|now| bulk::left(now, id, true)).unwrap().is_empty());
        assert!(
            kit.events() > between && between > events,
            "the events stay"
        );
        let refusal = kit.refused(&place.lead, move |now| bulk::undo(now, id));
        assert!(refusal.text.contains("undone already"));
    }
}

#[test]
fn every_change_has_the_bulk_as_its_cause_and_what_was_not_done_has_its_reason() {
    let place = place();
    let kit = &place.kit;
    let objects: Vec<Object> = place.cases.iter().map(|id| Object::Ticket(*id)).collect();
    let first = place.cases[0];
    kit.done(&place.lead, move |now| {
        tickets::change_fields(now, first, Priority::High, "delivery", None)
    });
    let id = begin(
        &place,
        objects,
        Actions {
            priority: Some(Priority::High),
            ..Actions::default()
        },
    );
    let started = kit.ask(|now| bulk::get(now, id)).unwrap().started;
    // A crash in the middle: some are done, the others are found again, none is done twice.
    let half: Vec<Object> = place.cases[..3]
        .iter()
        .map(|id| Object::Ticket(*id))
        .collect();
    for object in half {
        kit.done(&place.lead, move |now| bulk::advance(now, id, object));
        assert!(
            kit.done(&place.lead, move |now| bulk::advance(now, id, object))
                .is_empty()
        );
    }
    run(&place);
    let caused = kit.ask(|now| audit::caused_by(now, started, 100)).unwrap();
    let events: Vec<String> = caused
        .iter()
        .map(|seq| kit.ask(|now| audit::get(now, *seq)).unwrap().entry.event)
        .collect();
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!(count("ticket.priority_changed"), 7);
    assert_eq!(count("bulk.skipped"), 1);
    assert_eq!(count("bulk.finished"), 1);
    let skipped = kit.ask(|now| bulk::left(now, id, false)).unwrap();
    assert_eq!(
        skipped,
        [(Object::Ticket(first), "it was so already".to_owned())]
    );
    // What has changed since is left as it is, and said.
    let third = place.cases[2];
    kit.done(&place.lead, move |now| {
        tickets::change_fields(now, third, Priority::Low, "delivery", None)
    });
    kit.done(&place.lead, move |now| bulk::undo(now, id));
    run(&place);
    let kept = kit.ask(|now| bulk::left(now, id, true)).unwrap();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].1.contains("another priority since"), "{kept:?}");
    assert_eq!(
        kit.ask(|now| tickets::get(now, third)).unwrap().priority,
        Priority::Low
    );
    let newest = kit
        .ask(|now| audit::get(now, Seq(kit.events() - 1)))
        .unwrap();
    assert!(matches!(
        newest.event,
        Event::Bulk(BulkEvent::Restored {
            done: 6,
            kept: 1,
            ..
        })
    ));
}

#[test]
fn a_bulk_wish_that_makes_no_sense_is_refused() {
    let place = place();
    let kit = &place.kit;
    let one = vec![Object::Ticket(place.cases[0])];
    let many: Vec<Object> = (1..=1_001).map(|n| Object::Ticket(TicketId(n))).collect();
    let tag = |tag: &str| Actions {
        add_tags: vec![tag.to_owned()],
        ..Actions::default()
    };
    let mut reply = Actions::default();
    reply.reply.insert(String::new(), "sorry".to_owned());
    let talks = vec![Object::Conversation(place.talks[0])];
    let high = Actions {
        priority: Some(Priority::High),
        ..Actions::default()
    };
    for (objects, actions, words) in [
        (Vec::new(), tag("late"), "choose at least one"),
        (many, tag("late"), "at most 1000, not 1001"),
        (one.clone(), Actions::default(), "say what is to be done"),
        (one.clone(), tag("gone"), "there is no tag gone"),
        (one.clone(), reply, "nothing is written in bulk"),
        (one.clone(), snooze(), "not done to tickets in bulk"),
        (talks, high, "not done to conversations in bulk"),
    ] {
        let refusal = kit.refused(&place.lead, move |now| {
            bulk::start(now, &objects, actions, "")
        });
        assert!(refusal.text.contains(words), "{}", refusal.text);
    }
    // An agent's bulk touches only what is within their reach and theirs.
    let agent = kit.member("Zoe", Role::Agent);
    let all: Vec<Object> = place.cases.iter().map(|id| Object::Ticket(*id)).collect();
    let facts = kit.done(&agent, move |now| {
        let actions = Actions {
            priority: Some(Priority::Urgent),
            ..Actions::default()
        };
        bulk::start(now, &all, actions, "")
    });
    assert_eq!(facts.len(), 1);
    run(&place);
    let skipped = kit.ask(|now| bulk::left(now, 1, false)).unwrap();
    assert!(
        skipped.iter().all(|(_, why)| why.contains("is held by")),
        "{skipped:?}"
    );
    let stranger = kit.member("Yan", Role::Agent);
    let refusal = kit.refused(&stranger, |now| bulk::undo(now, 1));
    assert!(refusal.text.contains("does not have the right"));
    assert!(kit.ask(rules::list).unwrap().is_empty());
}

fn snooze() -> Actions {
    Actions {
        snooze_h: Some(24),
        ..Actions::default()
    }
}

#[test]
fn one_that_does_not_fit_its_objects_ends_and_holds_no_other_up() {
    let place = place();
    let kit = &place.kit;
    let one = place.cases[0];
    let other = kit.ticket(
        &place.lead,
        tickets::Wanted {
            conversation: Some(place.talks[0]),
            title: "The same once more".to_owned(),
            kind: "delivery".to_owned(),
            ..tickets::Wanted::default()
        },
    );
    // Begun before it was refused: what it does to the conversation stands under neither ticket.
    kit.done(&place.lead, move |_| {
        let started = BulkEvent::Started {
            bulk: 1,
            objects: [one, other].map(Object::Ticket).to_vec(),
            actions: vec!["snooze".to_owned()],
            sealed: SealedWish {
                wish: Some(snooze()),
                reason: None,
            },
        };
        Ok(vec![started.into()])
    });
    let urgent = Actions {
        priority: Some(Priority::Urgent),
        ..Actions::default()
    };
    let next = begin(&place, vec![Object::Ticket(one)], urgent);
    work(&kit.ledger, &|| false).unwrap();
    for id in [1, next] {
        assert_eq!(kit.ask(|now| bulk::get(now, id)).unwrap().state, "done");
    }
    let left = kit.ask(|now| bulk::left(now, 1, false)).unwrap();
    assert_eq!(left.len(), 2, "{left:?}");
    let events = kit.events();
    work(&kit.ledger, &|| false).unwrap();
    assert_eq!(kit.events(), events, "nothing is done again");
}

#[test]
fn a_thousand_are_changed_and_put_back() {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    let wishes = (0..1_000).map(|n| {
        let wish: trailbox::ledger::Wish = Box::new(move |now| {
            tickets::open(
                now,
                tickets::Wanted {
                    title: format!("Case {n}"),
                    ..tickets::Wanted::default()
                },
            )
        });
        (lead.clone(), wish)
    });
    let opened = kit.ledger.record_each(wishes.collect()).unwrap();
    assert!(opened.iter().all(Result::is_ok));
    let cases = (1_001..=2_000).map(TicketId).collect();
    let place = Place {
        kit,
        lead,
        talks: Vec::new(),
        cases,
    };
    let before = state(&place.kit);
    let objects = place.cases.iter().map(|id| Object::Ticket(*id)).collect();
    let id = begin(
        &place,
        objects,
        Actions {
            priority: Some(Priority::Low),
            ..Actions::default()
        },
    );
    run(&place);
    let low = state(&place.kit)["ticket"]
        .iter()
        .filter(|row| row.contains("'low'"))
        .count();
    assert_eq!(low, 1_000);
    place.kit.done(&place.lead, move |now| bulk::undo(now, id));
    run(&place);
    assert_eq!(state(&place.kit), before);
}
