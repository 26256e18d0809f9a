//! Legal holds: each of them counts, however many there are and wherever they stand.

use super::kit::Kit;
use super::privacy::wanted;
use super::story::busy_desk;
use std::collections::{BTreeMap, BTreeSet};
use trailbox::desk::conversations;
use trailbox::desk::privacy::{self, holds, retention};
use trailbox::domain::conversation::Summary;
use trailbox::domain::event::privacy::PrivacyEvent;
use trailbox::domain::event::{Fact, SealedReason};
use trailbox::domain::id::{Object, TicketId};
use trailbox::domain::member::Role;
use trailbox::domain::moment::DAY_MS;
use trailbox::domain::privacy::{Kind, Subject};

fn placed(object: Object) -> Fact {
    let reason = Some("a claim".to_owned());
    let sealed = SealedReason { reason };
    PrivacyEvent::HoldPlaced { object, sealed }.into()
}

#[test]
fn an_old_hold_counts_behind_a_thousand_newer_ones() {
    let kit = Kit::new();
    let owner = kit.member("Noor", Role::Owner);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900200", "held");
    kit.done(&owner, move |now| conversations::take(now, talk, ""));
    let summary = Summary {
        issue: "late".to_owned(),
        actions: "called".to_owned(),
        outcome: "found".to_owned(),
        next_step: String::new(),
    };
    kit.done(&owner, move |now| conversations::close(now, talk, summary));
    let object = Object::Conversation(talk);
    kit.done(&owner, move |now| holds::place(now, object, "a claim"));
    kit.done(&owner, |_| {
        let others = (5_000..6_200).map(|id| placed(Object::Ticket(TicketId(id))));
        Ok(others.collect())
    });
    assert_eq!(kit.ask(holds::all).unwrap().len(), 1_201);
    assert_eq!(kit.ask(holds::newest).unwrap().len(), 1_000);

    let contact = kit
        .ask(|now| conversations::get(now, talk))
        .unwrap()
        .contact;
    let refusal = kit.refused(&owner, move |now| {
        privacy::erase(now, &wanted(Subject::Contact(contact)))
    });
    assert!(refusal.text.contains("legal hold"), "{}", refusal.text);

    kit.done(&owner, |now| retention::set(now, Kind::Messages, Some(30)));
    kit.later(60 * DAY_MS);
    let due = kit.ask(|now| retention::due(now, 100)).unwrap();
    assert_eq!((due[0].targets.len(), due[0].held), (0, 1));
}

#[test]
fn what_covers_something_is_found_from_it() {
    let kit = busy_desk(700);
    let owner = kit.member("Nora", Role::Owner);
    let sql = "SELECT DISTINCT object FROM event_object
                WHERE object GLOB '[KCT]-*' ORDER BY object";
    let objects: Vec<Object> = kit
        .ask(|now| now.all(sql, &[], |row| row.get("object")))
        .unwrap();
    let known: BTreeSet<Object> = kit
        .ask(holds::all)
        .unwrap()
        .iter()
        .map(|hold| hold.object)
        .collect();
    let free: Vec<Object> = objects
        .iter()
        .filter(|object| !known.contains(object))
        .copied()
        .collect();
    kit.done(&owner, move |_| Ok(free.into_iter().map(placed).collect()));

    let mut covering: BTreeMap<Object, BTreeSet<Object>> = BTreeMap::new();
    for hold in kit.ask(holds::all).unwrap() {
        for object in kit.ask(|now| holds::covered(now, hold.object)).unwrap() {
            covering.entry(object).or_default().insert(hold.object);
        }
    }
    for object in objects {
        let alone = BTreeSet::from([object]);
        let over = kit.ask(|now| holds::over(now, &alone)).unwrap();
        let over: BTreeSet<Object> = over.iter().map(|hold| hold.object).collect();
        assert_eq!(Some(&over), covering.get(&object), "{object}");
    }
}
