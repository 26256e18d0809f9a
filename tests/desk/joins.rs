//! What belongs together: tickets merged, split, linked; records of one person merged. Each is
//! undone by its inverse event, and then every table is as it was before, with the events kept.

use super::kit::Kit;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::{BTreeMap, BTreeSet};
use trailbox::desk::contacts::view::View;
use trailbox::desk::contacts::{self, merging};
use trailbox::desk::tickets::{self, Wanted, joins};
use trailbox::desk::{articles, conversations, timeline};
use trailbox::domain::event::{Event, TicketEvent};
use trailbox::domain::id::{ContactId, ConversationId, Object, Seq, TicketId};
use trailbox::domain::member::Role;
use trailbox::domain::ticket::{Link, Status};

type Rows = BTreeMap<String, BTreeSet<String>>;

/// The tables that grow with every event: the trail itself, and what leads into it.
const TRAIL: [&str; 6] = [
    "event",
    "disclosure",
    "trail",
    "event_object",
    "object_head",
    "tile",
];

/// Every row of every other table, as text.
fn tables(kit: &Kit) -> Rows {
    let db = Connection::open(kit.home().database()).unwrap();
    let mut statement = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%'")
        .unwrap();
    let names = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let mut tables = Rows::new();
    for name in names.map(Result::unwrap) {
        // Whose turn it was is a history, like the trail.
        if TRAIL.contains(&name.as_str())
            || matches!(name.as_str(), "head" | "checkpoint" | "sla_turn")
        {
            continue;
        }
        let mut rows = db.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = rows.column_count();
        let found = rows.query_map([], |row| {
            let cells = (0..columns).map(|at| row.get::<_, Value>(at));
            Ok(format!("{:?}", cells.collect::<Result<Vec<_>, _>>()?))
        });
        let found = found.unwrap().map(Result::unwrap).collect();
        tables.insert(name, found);
    }
    assert!(tables.len() > 20, "the tables are read: {}", tables.len());
    tables
}

struct Scene {
    kit: Kit,
    lead: trailbox::domain::actor::Who,
    talks: [ConversationId; 2],
    tickets: [TicketId; 3],
}

fn scene() -> Scene {
    let kit = Kit::new();
    let lead = kit.member("Lena", Role::Lead);
    let channel = kit.channel("shop");
    let talks = ["447700900200", "447700900201"].map(|who| kit.writes(channel, who, "hello?"));
    let open = |talk: ConversationId, title: &str| {
        let wanted = Wanted {
            conversation: Some(talk),
            title: title.to_owned(),
            ..Wanted::default()
        };
        kit.ticket(&lead, wanted)
    };
    let tickets = [
        open(talks[0], "Lamp broken"),
        open(talks[1], "Lamp broken too"),
        open(talks[0], "And the bulb"),
    ];
    for ticket in tickets {
        let on = Object::Ticket(ticket);
        kit.done(&lead, move |now| articles::note(now, on, "seen"));
    }
    Scene {
        kit,
        lead,
        talks,
        tickets,
    }
}

fn shown(kit: &Kit, ticket: TicketId) -> usize {
    let on = Object::Ticket(ticket);
    let lines = kit.ask(|now| timeline::page(now, on, None, 100)).unwrap();
    let article = |line: &&timeline::Entry| matches!(line, timeline::Entry::Article(_));
    lines.iter().filter(article).count()
}

#[test]
fn a_merged_ticket_lives_on_in_another_and_can_be_taken_out() {
    let Scene {
        kit,
        lead,
        tickets: [one, two, three],
        ..
    } = scene();
    let (before, events) = (tables(&kit), kit.events());
    let alone = shown(&kit, one);
    // A chain: three into two, two into one; undone in another order than it was made.
    kit.done(&lead, move |now| joins::merge(now, three, two));
    kit.done(&lead, move |now| joins::merge(now, two, one));
    assert_eq!(
        kit.ask(|now| joins::merged(now, three)).unwrap(),
        Some((two, one))
    );
    assert_eq!(shown(&kit, one), alone + 3, "both threads, and two notes");
    assert_eq!(shown(&kit, two), 2, "its own stays readable");
    let there = kit.ask(|now| tickets::get(now, one)).unwrap();
    assert_eq!(there.conversations.len(), 2);
    let listed = kit
        .ask(|now| tickets::list::page(now, &Default::default(), 50))
        .unwrap();
    assert_eq!(listed.len(), 1, "the others live on in it");
    for refused in [one, two] {
        kit.refused(&lead, move |now| joins::merge(now, two, refused));
    }
    let text = kit
        .refused(&lead, move |now| tickets::tag(now, two, "x"))
        .text;
    assert!(text.contains(&format!("go on in {one}")), "{text}");
    kit.refused(&lead, move |now| {
        articles::note(now, Object::Ticket(two), "too late")
    });
    kit.done(&lead, move |now| joins::unmerge(now, two));
    assert_eq!(
        kit.ask(|now| joins::merged(now, three)).unwrap(),
        Some((two, two))
    );
    kit.done(&lead, move |now| joins::unmerge(now, three));
    kit.refused(&lead, move |now| joins::unmerge(now, three));
    assert_eq!(tables(&kit), before);
    assert_eq!(kit.events(), events + 4, "the events are kept");
}

#[test]
fn articles_are_split_off_and_put_back() {
    let Scene {
        kit,
        lead,
        talks: [talk, other],
        tickets: [one, ..],
    } = scene();
    let said: Vec<Seq> = kit
        .ask(|now| timeline::page(now, Object::Ticket(one), None, 100))
        .unwrap()
        .iter()
        .filter(|line| matches!(line, timeline::Entry::Article(_)))
        .map(timeline::Entry::seq)
        .collect();
    let wanted = || Wanted {
        title: "The other lamp".to_owned(),
        ..Wanted::default()
    };
    let before = tables(&kit);
    for from in [Object::Ticket(one), Object::Conversation(talk)] {
        let chosen: Vec<Seq> = said.iter().copied().take(1).collect();
        let (first, none) = (chosen.clone(), Object::Conversation(other));
        kit.refused(&lead, move |now| {
            joins::split(now, from, Vec::new(), wanted())
        });
        kit.refused(&lead, move |now| joins::split(now, none, first, wanted()));
        let facts = kit.done(&lead, move |now| joins::split(now, from, chosen, wanted()));
        let Event::Ticket(TicketEvent::Split { ticket, .. }) = facts[1].1 else {
            panic!("{facts:?}")
        };
        assert_eq!(shown(&kit, ticket), 1);
        let kept = kit
            .ask(|now| timeline::article(now, said[0]))
            .unwrap()
            .unwrap();
        assert_eq!(
            kept.split_into,
            [ticket],
            "it stays where it was, and says so"
        );
        let apart = kit.ask(|now| joins::split_off(now, from)).unwrap();
        assert_eq!((apart[0].ticket, apart[0].articles), (ticket, 1));
        kit.done(&lead, move |now| joins::rejoin(now, ticket));
        kit.refused(&lead, move |now| joins::rejoin(now, ticket));
        // A number is given once: the new ticket stays, closed and empty. Nothing else remains.
        let after = kit.ask(|now| tickets::get(now, ticket)).unwrap();
        assert_eq!((after.status, shown(&kit, ticket)), (Status::Closed, 0));
    }
    let own = |row: &String| {
        let about = |word: &&str| row.contains(*word);
        [
            "The other lamp",
            "the other lamp",
            "\"T-1004\"",
            "\"T-1005\"",
        ]
        .iter()
        .any(about)
    };
    for (name, rows) in tables(&kit) {
        let left: Vec<&String> = rows
            .difference(&before[&name])
            .filter(|row| !own(row))
            .collect();
        let lost: Vec<&String> = before[&name].difference(&rows).collect();
        assert!(
            left.is_empty() && lost.is_empty(),
            "{name}: {left:?} {lost:?}"
        );
    }
}

#[test]
fn a_ticket_that_was_split_off_and_went_on_is_not_put_back() {
    let Scene {
        kit,
        lead,
        talks: [talk, _],
        ..
    } = scene();
    let from = Object::Conversation(talk);
    let said = kit
        .ask(|now| conversations::get(now, talk))
        .unwrap()
        .last_article
        .unwrap();
    let wanted = Wanted {
        title: "Own case".to_owned(),
        ..Wanted::default()
    };
    let facts = kit.done(&lead, move |now| {
        joins::split(now, from, vec![said], wanted)
    });
    let Event::Ticket(TicketEvent::Split { ticket, .. }) = facts[1].1 else {
        panic!("{facts:?}")
    };
    let on = Object::Ticket(ticket);
    kit.done(&lead, move |now| articles::note(now, on, "worked on"));
    let refusal = kit.refused(&lead, move |now| joins::rejoin(now, ticket));
    assert!(refusal.text.contains("has gone on"), "{refusal:?}");
}

#[test]
fn links_say_what_one_is_to_the_other_and_what_follows() {
    let Scene {
        kit,
        lead,
        tickets: [one, two, three],
        ..
    } = scene();
    let before = tables(&kit);
    for link in Link::ALL {
        kit.done(&lead, move |now| joins::link(now, two, one, link));
        kit.refused(&lead, move |now| joins::link(now, one, two, link));
        kit.refused(&lead, move |now| joins::link(now, two, two, link));
        let there = kit.ask(|now| joins::links(now, one)).unwrap();
        assert_eq!((there[0].ticket, there[0].from_here), (two, false));
        kit.done(&lead, move |now| joins::unlink(now, one, two));
        kit.refused(&lead, move |now| joins::unlink(now, one, two));
    }
    assert_eq!(tables(&kit), before);
    kit.done(&lead, move |now| {
        joins::link(now, two, one, Link::Duplicate)
    });
    kit.done(&lead, move |now| joins::link(now, three, one, Link::Child));
    let end = move |now: &trailbox::ledger::Now<'_>| {
        tickets::change_status(now, one, Status::Resolved, None, "sent a new one")
    };
    let refusal = kit.refused(&lead, end);
    assert!(refusal.text.contains(&three.to_string()), "{refusal:?}");
    kit.done(&lead, move |now| {
        tickets::change_status(now, three, Status::Resolved, None, "bulb sent")
    });
    let facts = kit.done(&lead, end);
    let cause = kit
        .ask(|now| trailbox::desk::audit::get(now, facts[1].0))
        .unwrap();
    assert_eq!(
        cause.entry.cause,
        Some(facts[0].0),
        "because the other one was"
    );
    let ended = kit.ask(|now| tickets::get(now, two)).unwrap();
    assert_eq!(ended.status, Status::Resolved);
    let note = ended.resolution.unwrap();
    assert_eq!(note, format!("duplicate of {one}: sent a new one"));
}

#[test]
fn two_records_of_one_person_are_merged_and_taken_apart() {
    let Scene {
        kit, lead, talks, ..
    } = scene();
    let channel = kit.ask(trailbox::desk::channels::list).unwrap()[0].id;
    let third = kit.writes(channel, "447700900202", "me again");
    let of = |talk: ConversationId| {
        kit.ask(|now| conversations::get(now, talk))
            .unwrap()
            .contact
    };
    let people: Vec<ContactId> = [talks[0], talks[1], third].map(of).into();
    let (one, two, three) = (people[0], people[1], people[2]);
    let before = tables(&kit);
    kit.done(&lead, move |now| merging::merge(now, three, two));
    kit.done(&lead, move |now| merging::merge(now, two, one));
    kit.refused(&lead, move |now| merging::merge(now, two, one));
    kit.refused(&lead, move |now| merging::merge(now, one, one));
    assert_eq!(
        kit.ask(|now| merging::family(now, one)).unwrap(),
        [one, three, two]
    );
    let held = kit
        .ask(|now| conversations::of_contact(now, one, None, 50))
        .unwrap();
    assert_eq!(held.len(), 3, "all their conversations");
    let listed = kit
        .ask(|now| contacts::list(now, View::All, None, 50))
        .unwrap();
    assert_eq!(listed.len(), 1);
    // They write from the second number: it belongs to its own thread, so that the answer goes
    // there, and stands with the person.
    let again = kit.writes(channel, "447700900201", "and from here");
    assert_eq!((again, of(again)), (talks[1], two));
    let middle = tables(&kit);
    kit.done(&lead, move |now| merging::unmerge(now, two));
    assert_eq!(kit.ask(|now| merging::person(now, three)).unwrap(), two);
    kit.done(&lead, move |now| merging::unmerge(now, three));
    let after = tables(&kit);
    let changed: Vec<&String> = before
        .keys()
        .filter(|name| before[*name] != after[*name])
        .collect();
    let heard: Vec<&String> = before
        .keys()
        .filter(|name| before[*name] != middle[*name])
        .collect();
    for name in &changed {
        assert!(
            heard.contains(name) && *name != "contact_merge",
            "{name} is not as before"
        );
    }
    assert_eq!(before["contact"], after["contact"]);
    assert_eq!(before["contact_merge"], after["contact_merge"]);
    assert_eq!(before["identity"], after["identity"]);
}
