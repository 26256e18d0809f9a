//! A case with everything that belongs to it: what was merged into a ticket and what was split off
//! stand in its picture, in its bundle and in the bundle of a pack about it.

use super::evidence::{case, checked, taken};
use super::kit::Kit;
use std::collections::BTreeSet;
use std::fs;
use tempfile::TempDir;
use trailbox::desk::case::{self as told, What as Says};
use trailbox::desk::contacts::merging;
use trailbox::desk::privacy::holds;
use trailbox::desk::tickets::{Wanted, joins};
use trailbox::desk::{articles, conversations, deliveries, evidence, packs};
use trailbox::domain::actor::{Door, Who};
use trailbox::domain::id::{ConversationId, Object, Seq, TicketId};
use trailbox::domain::member::Role;
use trailbox::evidence::What;

struct Desk {
    kit: Kit,
    lead: Who,
    talks: Vec<ConversationId>,
    tickets: Vec<TicketId>,
}

/// Three customers with a ticket and a note each, and words only they said.
fn desk() -> Desk {
    let kit = Kit::new();
    let lead = kit.member("Lena", Role::Lead);
    let channel = kit.channel("shop");
    let customers = ["447700900200", "447700900201", "447700900202"];
    let talks = customers.map(|who| kit.writes(channel, who, &format!("words of {who}")));
    let tickets = talks.map(|talk| {
        let wanted = Wanted {
            conversation: Some(talk),
            title: format!("Courier and {talk}"),
            ..Wanted::default()
        };
        kit.ticket(&lead, wanted)
    });
    for ticket in tickets {
        let on = Object::Ticket(ticket);
        kit.done(&lead, move |now| {
            articles::note(now, on, &format!("note {on}"))
        });
    }
    let (talks, tickets) = (talks.to_vec(), tickets.to_vec());
    Desk {
        kit,
        lead,
        talks,
        tickets,
    }
}

impl Desk {
    fn merge(&self, one: usize, into: usize) {
        let (one, into) = (self.tickets[one], self.tickets[into]);
        self.kit
            .done(&self.lead, move |now| joins::merge(now, one, into));
    }

    fn unmerge(&self, one: usize) {
        let one = self.tickets[one];
        self.kit
            .done(&self.lead, move |now| joins::unmerge(now, one));
    }

    fn objects(&self, ticket: usize) -> Vec<String> {
        let object = Object::Ticket(self.tickets[ticket]);
        let of_case = self.kit.ask(|now| told::of(now, object)).unwrap();
        let of_bundle = self.kit.ask(|now| evidence::case(now, object)).unwrap();
        assert_eq!(of_case.objects, of_bundle, "picture and bundle agree");
        of_bundle.iter().map(ToString::to_string).collect()
    }

    /// The sealed texts of a bundle, which a stranger accepts.
    fn bundle(&self, what: What) -> String {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("bundle");
        let made = taken(&self.kit, what, &[], &path);
        let vkey = self.kit.ledger.verifier().clone();
        let verdict = checked(&path, &vkey, Vec::new());
        assert!(verdict.is_clean(), "{:?}", verdict.findings);
        assert_eq!(verdict.entries, made.entries);
        fs::read_to_string(path.join("disclosures.jsonl")).unwrap()
    }

    fn bundle_of(&self, ticket: usize) -> String {
        self.bundle(case(&self.tickets[ticket].to_string()))
    }
}

#[test]
fn what_was_merged_into_a_ticket_belongs_to_its_case() {
    let desk = desk();
    assert_eq!(desk.objects(0), ["T-1001", "C-1"]);
    assert!(!desk.bundle_of(0).contains("words of 447700900201"));
    // A merge of a merge.
    desk.merge(2, 1);
    desk.merge(1, 0);
    let whole = ["T-1001", "T-1002", "T-1003", "C-1", "C-2", "C-3"];
    assert_eq!(desk.objects(0), whole);
    assert_eq!(desk.objects(1), ["T-1002", "T-1003", "C-2", "C-3"]);
    assert_eq!(desk.objects(2), ["T-1003", "C-3"]);
    let texts = desk.bundle_of(0);
    for words in ["words of 447700900201", "words of 447700900202"] {
        assert!(texts.contains(words), "no {words}");
    }
    for note in ["note T-1001", "note T-1002", "note T-1003"] {
        assert!(texts.contains(note), "no {note}");
    }
    // The dispute about the one it lives on in stands on all of them.
    let about = Object::Ticket(desk.tickets[0]);
    desk.kit.done(&desk.lead, move |now| {
        packs::open(now, about, "Who called?")
    });
    assert!(desk.bundle(What::Pack(1)).contains("note T-1003"));
    // Undone, it is as before; what the merge was stays told.
    desk.unmerge(1);
    assert_eq!(desk.objects(0), ["T-1001", "C-1"]);
    assert_eq!(desk.objects(1), ["T-1002", "T-1003", "C-2", "C-3"]);
    assert!(!desk.bundle_of(0).contains("note T-1003"));
}

#[test]
fn a_merged_ticket_rests_in_the_picture_until_it_is_taken_out() {
    let desk = desk();
    let (one, two) = (desk.tickets[0], Object::Ticket(desk.tickets[1]));
    let bands = || -> Vec<(String, bool)> {
        let told = desk
            .kit
            .ask(|now| told::of(now, Object::Ticket(one)))
            .unwrap();
        let of_it = told.spans.iter().filter(|span| span.object == two);
        of_it
            .filter_map(|span| match &span.what {
                Says::Status(words, _) => Some((words.clone(), span.until.is_none())),
                Says::Held(_) => None,
            })
            .collect()
    };
    desk.merge(1, 0);
    let merged = bands();
    assert_eq!(merged.last(), Some(&("Merged".to_owned(), true)));
    let lasting = merged.iter().filter(|(_, lasts)| *lasts).count();
    assert_eq!(lasting, 1, "{merged:?}");
    desk.unmerge(1);
    let told = desk.kit.ask(|now| told::of(now, two)).unwrap();
    let open: Vec<_> = told
        .spans
        .iter()
        .filter(|span| span.object == two && span.until.is_none())
        .map(|span| span.what.clone())
        .collect();
    assert_eq!(open.len(), 2, "held and standing again: {open:?}");
    assert!(open.contains(&Says::Held(told::Hand::Member(
        trailbox::domain::id::MemberId(1),
        "Lena".to_owned()
    ))));
    assert!(!open.contains(&Says::Status("Merged".to_owned(), "final")));
}

#[test]
fn a_hold_on_a_ticket_holds_what_was_merged_into_it() {
    let desk = desk();
    let (kit, one) = (&desk.kit, Object::Ticket(desk.tickets[0]));
    desk.merge(2, 1);
    desk.merge(1, 0);
    kit.done(&desk.lead, move |now| holds::place(now, one, "a claim"));
    for held in [
        Object::Ticket(desk.tickets[2]),
        Object::Conversation(desk.talks[2]),
    ] {
        let over = kit
            .ask(|now| holds::over(now, &BTreeSet::from([held])))
            .unwrap();
        assert_eq!(over.len(), 1, "{held} is held");
        let shown = kit.ask(|now| holds::shown(now, held)).unwrap();
        assert_eq!(shown.len(), 1, "and its page says so: {held}");
    }
    desk.unmerge(1);
    let free = BTreeSet::from([Object::Conversation(desk.talks[2])]);
    let over = kit.ask(|now| holds::over(now, &free)).unwrap();
    assert!(over.is_empty(), "taken out again, it is free");
}

#[test]
fn what_was_split_off_is_in_the_case_and_its_thread_is_not() {
    let desk = desk();
    let (kit, lead, talk) = (&desk.kit, &desk.lead, desk.talks[0]);
    let reply = kit.reply(talk, "the courier was called on Tuesday");
    let facts = kit.done(lead, move |now| articles::reply(now, reply));
    let said: Seq = super::kit::article_of(&facts).unwrap();
    kit.done(&Who::system("outbox", Door::Timer), move |now| {
        deliveries::attempt(now, said)
    });
    let other = kit.reply(talk, "and something else");
    kit.done(lead, move |now| articles::reply(now, other));
    let from = Object::Conversation(talk);
    let wanted = Wanted {
        title: "The call".to_owned(),
        ..Wanted::default()
    };
    kit.done(lead, move |now| joins::split(now, from, vec![said], wanted));
    let apart = kit.ask(|now| joins::split_off(now, from)).unwrap()[0].ticket;
    let object = Object::Ticket(apart);
    let seen = kit.ask(|now| told::of(now, object)).unwrap();
    let names: BTreeSet<String> = seen
        .events
        .iter()
        .map(|event| event.entry.event.clone())
        .collect();
    for name in ["article.queued", "article.attempted", "ticket.split"] {
        assert!(names.contains(name), "no {name}: {names:?}");
    }
    let texts = desk.bundle(case(&apart.to_string()));
    assert!(texts.contains("called on Tuesday"));
    assert!(!texts.contains("something else"), "its thread stays out");
    // Split off and merged elsewhere: it goes along.
    let into = desk.tickets[2];
    kit.done(lead, move |now| joins::merge(now, apart, into));
    assert!(desk.bundle_of(2).contains("called on Tuesday"));
    assert!(!desk.bundle_of(2).contains("something else"));
}

#[test]
fn a_customer_known_twice_is_one_case() {
    let desk = desk();
    let contact = |at: usize| {
        let talk = desk.talks[at];
        let found = desk.kit.ask(|now| conversations::get(now, talk));
        found.unwrap().contact
    };
    let (one, two) = (contact(0), contact(1));
    desk.kit
        .done(&desk.lead, move |now| merging::merge(now, two, one));
    let texts = desk.bundle(case(&one.to_string()));
    for words in ["words of 447700900200", "words of 447700900201"] {
        assert!(texts.contains(words), "no {words}");
    }
    assert!(!texts.contains("words of 447700900202"));
}
