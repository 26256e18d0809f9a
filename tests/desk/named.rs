//! What an erasure finds beside a person's own cases: searches and exports whose questions name
//! them, however they are written, and nobody else's.

use crate::email::{from_ana, mailbox};
use crate::kit::{Kit, digest, provider};
use crate::privacy::{erases, wanted};
use std::collections::BTreeSet;
use trailbox::desk::exports::{self, Made, Report};
use trailbox::desk::privacy::targets;
use trailbox::desk::{access, audit, channels, contacts, conversations, evidence, mailboxes};
use trailbox::domain::actor::Who;
use trailbox::domain::event::Fact;
use trailbox::domain::id::{ContactId, Seq};
use trailbox::domain::member::Role;
use trailbox::domain::privacy::{Kind, Subject};
use trailbox::jobs::email::{read as read_letter, receive};

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

#[test]
fn what_came_twice_or_could_not_be_read_goes_as_well() {
    let kit = Kit::new();
    let owner = kit.member("Noor", Role::Owner);
    let channel = mailbox(&kit, "");
    let hears = |raw: &str, read: Option<&'static str>| {
        let bytes = raw.replace('\n', "\r\n").into_bytes();
        let (name, kept) = (digest(&bytes), bytes.clone());
        let facts = kit.done(&provider(channel), move |now| {
            mailboxes::keep(now, channel, name, kept, None)
        });
        let payload = facts[0].0;
        kit.done(&provider(channel), move |now| {
            if let Some(why) = read {
                return Ok(vec![channels::payload_unreadable(channel, payload, why)]);
            }
            let letter = read_letter(now, channel, payload, &bytes)?.expect("a letter");
            let mut facts = receive(now, channel, payload, &letter)?;
            facts.extend(channels::payload_read(now, payload, 1)?);
            Ok(facts)
        });
        payload
    };
    let ana = from_ana("one", "", "parcel");
    let first = hears(&ana, None);
    let again = hears(&format!("Received: by another way\n{ana}"), None);
    let broken = hears(&format!("X-Odd: yes\n{ana}"), Some("it made no sense"));
    let other = ana.replace("ana@mail.example", "hanna@mail.example");
    let hers = hears(&format!("X-Odd: yes\n{other}"), Some("it made no sense"));
    let contact = ContactId(1);
    let bodies = |seq: Seq| kit.ask(|now| channels::bytes(now, seq, "raw")).unwrap();
    assert!(
        [first, again, broken, hers]
            .into_iter()
            .all(|seq| bodies(seq).is_some())
    );
    erases(&kit, &owner, wanted(Subject::Contact(contact))).unwrap();
    for gone in [first, again, broken] {
        assert!(bodies(gone).is_none(), "#{gone} holds what she wrote");
    }
    assert!(bodies(hers).is_some(), "what somebody else wrote stays");
    kit.inspect();
}
