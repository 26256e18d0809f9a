//! What an erasure finds beside a person's own cases: searches and exports whose questions name
//! them, however they are written, and nobody else's.

use crate::kit::Kit;
use crate::privacy::{erases, wanted};
use std::collections::BTreeSet;
use trailbox::desk::exports::{self, Made, Report};
use trailbox::desk::privacy::targets;
use trailbox::desk::{access, audit, contacts, conversations, evidence};
use trailbox::domain::actor::Who;
use trailbox::domain::event::Fact;
use trailbox::domain::id::{ContactId, Seq};
use trailbox::domain::member::Role;
use trailbox::domain::privacy::{Kind, Subject};

fn named(kit: &Kit, owner: &Who, contact: ContactId, name: &str) {
    let fields = [("name".to_owned(), name.to_owned())];
    kit.done(owner, move |now| {
        contacts::profile::describe(now, contact, &fields.into())
    });
}

/// Everything in which a question can stand.
fn asked(kit: &Kit, owner: &Who, question: &'static str) -> Vec<Seq> {
    let digest = || "00".repeat(32);
    let made = || Made {
        rows: 1,
        digest: digest(),
        size: 1,
        question: question.to_owned(),
    };
    let taken = evidence::Taken {
        digest: digest(),
        entries: 1,
        size: 1,
        question: question.to_owned(),
        ..evidence::Taken::default()
    };
    let mut facts: Vec<Fact> = exports::record_list("contacts", "csv", made());
    facts.extend(exports::record_print(Report::Events, made()));
    facts.extend(audit::record_export("csv", question, 1, &digest(), 1));
    facts.extend(evidence::record(taken));
    let mut done = kit.done(owner, move |_| Ok(facts));
    done.extend(kit.done(owner, move |now| access::search(now, "desk", question, 1)));
    let asks = done.iter().filter(|(_, event)| {
        let name = event.name().unwrap();
        name != "audit.checkpoint_published"
    });
    asks.map(|(seq, _)| *seq).collect()
}

#[test]
fn questions_that_name_a_person_go_with_them() {
    let kit = Kit::new();
    let owner = kit.member("Noor", Role::Owner);
    let channel = kit.channel("shop");
    let said = kit.writes(channel, "34600550102", "where is it?");
    let talk = kit.ask(|now| conversations::get(now, said)).unwrap();
    let contact = talk.contact;
    named(&kit, &owner, contact, "Fatima Quraishi");
    named(&kit, &owner, contact, "María López");
    let mut theirs = BTreeSet::new();
    for question in [
        "maria",
        "tickets of LÓPEZ",
        "q=mar%C3%ADa&tag=late",
        "+34 600-55-01-02",
        "600550102",
        "quraishi", // as they were called before
    ] {
        theirs.extend(asked(&kit, &owner, question));
    }
    let mut others = BTreeSet::new();
    for question in ["marias", "mar", "T-1001 late", "550102", "lopezia"] {
        others.extend(asked(&kit, &owner, question));
    }
    assert!(theirs.len() == 30 && others.len() == 25);
    let found = kit
        .ask(|now| targets::of(now, Subject::Contact(contact), &[Kind::Searches]))
        .unwrap();
    let found: BTreeSet<Seq> = found.targets.keys().map(|(seq, _)| *seq).collect();
    assert_eq!(found, theirs);
    erases(&kit, &owner, wanted(Subject::Contact(contact))).unwrap();
    let all = theirs.iter().map(|seq| (seq, true));
    for (seq, gone) in all.chain(others.iter().map(|seq| (seq, false))) {
        let event = kit.ask(|now| audit::get(now, *seq)).unwrap().event;
        let asks = format!("{event:?}");
        assert_eq!(asks.contains("question: None"), gone, "{asks}");
    }
}
