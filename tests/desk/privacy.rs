//! Erasing: what goes is nowhere afterwards, the trail and everything taken from it still verify,
//! and what is held, gone or not for one person alone is refused.

use super::kit::{Kit, article_of, verified};
use super::story::busy_desk;
use super::tamper::Copy;
use std::path::Path;
use trailbox::desk::privacy::{self, Wanted, holds, retention, targets};
use trailbox::desk::{contacts, conversations, settings, tickets, timeline};
use trailbox::domain::actor::Who;
use trailbox::domain::conversation::Summary;
use trailbox::domain::event::privacy::PrivacyEvent;
use trailbox::domain::event::{Event, Fact, File};
use trailbox::domain::id::{ContactId, ConversationId, Object, Seq};
use trailbox::domain::member::Role;
use trailbox::domain::moment::DAY_MS;
use trailbox::domain::privacy::{Ground, Kind, Subject};
use trailbox::error::{Refusal, Result};
use trailbox::ledger::verify::Code;
use trailbox::ledger::{Now, Receipt};

/// A word that stands nowhere else.
const NEEDLE: &str = "Zwetschgenknödel";

pub fn wanted(subject: Subject) -> Wanted {
    Wanted {
        subject,
        kinds: Vec::new(),
        ground: Ground::Request,
        words: "letter of 20 November".to_owned(),
    }
}

pub fn erases(kit: &Kit, who: &Who, wanted: Wanted) -> Result<Receipt> {
    kit.later(7);
    kit.ledger
        .erase(who, move |now| privacy::erase(now, &wanted))
}

fn refuses(
    kit: &Kit,
    who: &Who,
    wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
) -> Refusal {
    let before = kit.events();
    let error = kit
        .ledger
        .erase(who, wish)
        .expect_err("it should be refused");
    assert_eq!(kit.events(), before, "a refused wish left facts");
    error.refusal().expect("a refusal").clone()
}

fn erased(receipt: &Receipt) -> (Vec<(Seq, String)>, u32) {
    let mut all = Vec::new();
    let mut last = 0;
    for (_, event) in &receipt.facts {
        let Event::Privacy(PrivacyEvent::Erased { targets, part, .. }) = event else {
            panic!("{event:?}");
        };
        all.extend(targets.clone());
        last = *part;
    }
    (all, last)
}

/// Whether bytes stand anywhere in the files of a desk.
fn stands(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let times = bytes
            .windows(needle.len())
            .filter(|part| *part == needle)
            .count();
        if times > 0 {
            found.push(format!("{} times in {}", times, path.display()));
        }
    }
    found
}

fn whole(kit: &Kit) {
    let report = verified(kit.home());
    let mut text = Vec::new();
    report.print(&mut text).unwrap();
    assert!(report.is_clean(), "{}", String::from_utf8_lossy(&text));
}

/// A customer with the needle in everything they and the desk wrote.
fn planted(kit: &Kit) -> (Who, ContactId, ConversationId) {
    let owner = kit.member("Wilhelmina", Role::Owner);
    let channel = kit.channel("shop");
    for n in 0..60 {
        // Neighbours, so that pages are split and moved.
        kit.writes(
            channel,
            &format!("3460044{n:04}"),
            &format!("filler {n} {}", "x".repeat(300)),
        );
    }
    let said = kit.writes(channel, "447700900200", &format!("the {NEEDLE} is late"));
    let contact = kit
        .ask(|now| conversations::get(now, said))
        .unwrap()
        .contact;
    kit.done(&owner, move |now| {
        let fields = [("name", NEEDLE), ("company", NEEDLE), ("address", NEEDLE)];
        let fields = fields.map(|(field, value)| (field.to_owned(), value.to_owned()));
        contacts::profile::describe(now, contact, &fields.into())
    });
    kit.done(&owner, move |now| {
        contacts::profile::add_identity(now, contact, "email", "zwetschgenknödel@example.org")
    });
    kit.done(&owner, move |now| conversations::take(now, said, ""));
    let object = Object::Conversation(said);
    kit.done(&owner, move |now| {
        trailbox::desk::articles::note(now, object, &format!("{NEEDLE}, again"))
    });
    let mut reply = kit.reply(said, &format!("your {NEEDLE}"));
    reply.content = trailbox::domain::message::Content::Media(trailbox::domain::message::Media {
        file_name: Some(format!("{NEEDLE}.png")),
        caption: Some(format!("your {NEEDLE}")),
        ..Default::default()
    });
    reply.file = Some(File {
        field: "media",
        media_type: "image/png".to_owned(),
        bytes: format!("\u{89}PNG {NEEDLE}").into_bytes(),
    });
    kit.done(&owner, move |now| {
        trailbox::desk::articles::reply(now, reply)
    });
    let ticket = kit.ticket(
        &owner,
        tickets::Wanted {
            conversation: Some(said),
            title: format!("{NEEDLE} lost"),
            kind: "complaint".to_owned(),
            ..tickets::Wanted::default()
        },
    );
    kit.done(&owner, move |now| {
        trailbox::desk::articles::note(now, Object::Ticket(ticket), NEEDLE)
    });
    kit.done(&owner, move |now| {
        trailbox::desk::access::search(now, "desk", NEEDLE, 1)
    });
    kit.ledger
        .scribble(
            "INSERT INTO draft (member, object, kind, text, at) VALUES (1, :object, 'reply', :text, 1)",
            vec![(":object", Box::new(object)), (":text", Box::new(NEEDLE.to_owned()))],
        )
        .unwrap();
    for n in 0..60 {
        kit.writes(
            channel,
            &format!("3460044{n:04}"),
            &format!("later {n} {}", "y".repeat(300)),
        );
    }
    (owner, contact, said)
}

#[test]
fn a_needle_is_nowhere_after_its_erasure() {
    let kit = Kit::new();
    let (owner, contact, said) = planted(&kit);
    let needle = NEEDLE.as_bytes();
    let folded = trailbox::desk::search::fold(NEEDLE);
    assert!(!stands(kit.folder.path(), needle).is_empty());
    assert!(!stands(kit.folder.path(), folded.as_bytes()).is_empty());
    let found = kit
        .ask(|now| targets::of(now, Subject::Contact(contact), &[]))
        .unwrap();
    let counts = found.counts();
    for kind in [
        Kind::Messages,
        Kind::Notes,
        Kind::Files,
        Kind::Payloads,
        Kind::Contact,
        Kind::Tickets,
        Kind::Searches,
    ] {
        assert!(counts.contains_key(&kind), "{kind}: {counts:?}");
    }
    let receipt = erases(&kit, &owner, wanted(Subject::Contact(contact))).unwrap();
    assert_eq!(
        erased(&receipt).0.len() as u64,
        counts.values().sum::<u64>()
    );
    for gone in [needle, folded.as_bytes(), b"447700900200".as_slice()] {
        let left = stands(kit.folder.path(), gone);
        assert!(
            left.is_empty(),
            "{}: {left:?}",
            String::from_utf8_lossy(gone)
        );
    }
    assert!(
        !stands(kit.folder.path(), b"filler 3 ").is_empty(),
        "what others wrote stays"
    );
    let hits = kit
        .ask(|now| trailbox::desk::search::find(now, NEEDLE, None, None, 10))
        .unwrap();
    assert!(hits.is_empty(), "{hits:?}");
    whole(&kit);
    // In its place stands who erased it, when and why.
    let lines = kit
        .ask(|now| timeline::page(now, Object::Conversation(said), None, 20))
        .unwrap();
    let told = lines.iter().filter_map(|line| match line {
        timeline::Entry::Article(article) => Some(article),
        timeline::Entry::Change(_) => None,
    });
    for article in told {
        assert!(
            article.said.is_none() && article.erased.is_some(),
            "{article:?}"
        );
    }
    let again = refuses(&kit, &owner, move |now| {
        privacy::erase(now, &wanted(Subject::Contact(contact)))
    });
    assert!(again.text.contains("gone already"), "{}", again.text);
    // The person is a stranger now: who writes again is met anew.
    let channel = trailbox::domain::id::ChannelId(1);
    let next = kit.writes(channel, "447700900200", "hello");
    let met = kit
        .ask(|now| conversations::get(now, next))
        .unwrap()
        .contact;
    assert_ne!(met, contact);
    assert!(
        kit.ask(|now| contacts::get(now, contact))
            .unwrap()
            .name
            .is_none()
    );
}

#[test]
fn a_letter_goes_with_its_subject_and_its_attachment() {
    use super::email::{from_ana, hears, mailbox, place};
    let kit = Kit::new();
    let owner = kit.member("Noor", Role::Owner);
    let channel = mailbox(&kit, "");
    let parts = format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\
         Content-Type: text/plain; charset=utf-8\n\nthe {NEEDLE}\n--b\n\
         Content-Type: text/plain; name=list.txt\nContent-Disposition: attachment; \
         filename=list.txt\n\nattached {NEEDLE}\n--b--\n"
    );
    let facts = hears(
        &kit,
        channel,
        &from_ana("a1", &parts, "about Zwetschgenknoedel"),
    );
    let talk = place(&facts).expect("a letter has a thread");
    kit.later(DAY_MS);
    hears(
        &kit,
        channel,
        &from_ana("a2", "In-Reply-To: <a1@mail.example>\n", "Re: parcel"),
    );
    let contact = kit
        .ask(|now| conversations::get(now, talk))
        .unwrap()
        .contact;
    let words: [&[u8]; 4] = [
        NEEDLE.as_bytes(),
        b"Zwetschgenknoedel",
        b"ana@mail.example",
        b"words of a2",
    ];
    for word in words {
        assert!(!stands(kit.folder.path(), word).is_empty());
    }
    erases(&kit, &owner, wanted(Subject::Contact(contact))).unwrap();
    for word in words {
        let left = stands(kit.folder.path(), word);
        assert!(
            left.is_empty(),
            "{}: {left:?}",
            String::from_utf8_lossy(word)
        );
    }
}

#[test]
fn bundles_and_checkpoints_of_before_and_after_verify() {
    use super::evidence::{case, checked, taken};
    use trailbox::evidence::What;
    use trailbox::ledger::verify::{Anchor, Options, verify};
    let kit = Kit::new();
    let (owner, contact, _) = planted(&kit);
    let vkey = kit.ledger.verifier().clone();
    let folder = tempfile::tempdir().unwrap();
    let name = contact.to_string();
    let at = |name: &str| folder.path().join(name);
    taken(&kit, What::All, &[], &at("all-before"));
    taken(&kit, case(&name), &[], &at("case-before"));
    let kept = kit.ledger.publish_checkpoint().unwrap();
    erases(&kit, &owner, wanted(Subject::Contact(contact))).unwrap();
    taken(&kit, What::All, &[], &at("all-after"));
    taken(&kit, case(&name), &[], &at("case-after"));
    for (name, erased) in [
        ("all-before", false),
        ("case-before", false),
        ("all-after", true),
        ("case-after", true),
    ] {
        let verdict = checked(&at(name), &vkey, Vec::new());
        assert!(verdict.is_clean(), "{name}: {:?}", verdict.findings);
        assert_eq!(verdict.erased > 0, erased, "{name}");
    }
    let after = std::fs::read_to_string(at("case-after").join("report.html")).unwrap();
    assert!(!after.contains(NEEDLE) && after.contains("privacy.erased"));
    let options = Options {
        anchors: vec![Anchor::read("kept", &kept).unwrap()],
        ..Options::default()
    };
    let report = verify(kit.home(), trailbox::desk::apply, &options).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
}

#[test]
fn a_copy_holds_what_is_known_and_nobody_elses() {
    use trailbox::evidence::{Package, copy};
    let kit = Kit::new();
    let (owner, contact, _) = planted(&kit);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("copy");
    let package = Package::at(&out).unwrap();
    let copied = copy(&kit.ledger, &owner, contact, false, package).unwrap();
    assert_eq!(copied.files, 1);
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let told: serde_json::Value = serde_json::from_str(&read("data.json")).unwrap();
    assert_eq!(told["customer"][0]["name"], NEEDLE);
    assert_eq!(
        told["conversations"][0]["articles"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let page = read("data.html");
    for words in [
        NEEDLE,
        "447700900200",
        "Ticket T-1001",
        "the customer",
        "files/",
    ] {
        assert!(page.contains(words), "no {words}");
    }
    for words in ["filler", "Wilhelmina", ", again"] {
        assert!(!page.contains(words), "{words} stands there");
    }
    let newest = kit.ask(|now| trailbox::desk::audit::newest(now, "privacy.copy_taken"));
    let newest = newest.unwrap().unwrap().event;
    assert!(matches!(
        newest,
        Event::Privacy(PrivacyEvent::CopyTaken { articles, files: 1, digest, .. })
            if articles == copied.articles && digest == copied.digest
    ));
    let package = Package::at(&folder.path().join("more.zip")).unwrap();
    let more = copy(&kit.ledger, &owner, contact, true, package).unwrap();
    assert!(more.articles > copied.articles, "with the notes");
}

/// Given a desk with a hold, a rule and an erasure that is asked for.
pub fn settled(kit: &Kit, owner: &Who, lead: &Who, talk: ConversationId, own: ConversationId) {
    let object = Object::Conversation(talk);
    kit.done(lead, move |now| {
        holds::place(now, object, "a chargeback is open")
    });
    kit.done(owner, |now| retention::set(now, Kind::Files, Some(3_650)));
    let contact = kit.ask(|now| conversations::get(now, own)).unwrap().contact;
    kit.done(owner, move |now| {
        privacy::request(now, &wanted(Subject::Contact(contact)))
    });
}

#[test]
fn every_sealed_field_of_a_busy_desk_can_go_and_a_rebuild_agrees() {
    let mut kit = busy_desk(500);
    let owner = kit.member("Nora", Role::Owner);
    let people: Vec<ContactId> = kit
        .ask(|now| {
            now.all("SELECT id FROM contact ORDER BY id", &[], |row| {
                row.get("id")
            })
        })
        .unwrap();
    assert!(people.len() > 5);
    let mut total = 0;
    for (n, contact) in people.into_iter().enumerate() {
        let held = kit
            .ask(|now| holds::shown(now, Object::Contact(contact)))
            .unwrap();
        for hold in held {
            let lead = owner.clone();
            kit.done(&lead, move |now| {
                holds::release(now, hold.object, "settled")
            });
        }
        match erases(&kit, &owner, wanted(Subject::Contact(contact))) {
            Ok(receipt) => total += erased(&receipt).0.len(),
            Err(error) => {
                let refusal = error.refusal().expect("a refusal").text.clone();
                let told = ["gone already", "nothing to erase"];
                assert!(told.iter().any(|told| refusal.contains(told)), "{refusal}");
            }
        }
        if n % 7 == 0 {
            whole(&kit);
        }
    }
    assert!(total > 200, "only {total}");
    // Then everything else that is personal, event by event.
    let left: Vec<(Seq, String, String)> = kit
        .ask(|now| {
            now.all(
                "SELECT disclosure.seq AS seq, field, event FROM disclosure JOIN trail USING (seq)
                  ORDER BY 1, 2",
                &[],
                |row| Ok((row.get("seq")?, row.get("field")?, row.get("event")?)),
            )
        })
        .unwrap();
    let personal = left
        .iter()
        .filter(|(_, field, event)| Kind::of(event, field).is_some());
    let mut kinds: Vec<String> = Vec::new();
    for (seq, field, event) in personal {
        let kind = format!("{event} {field}");
        if kinds.contains(&kind) {
            continue; // one of each will do
        }
        kinds.push(kind.clone());
        let seq = *seq;
        let done = erases(&kit, &owner, wanted(Subject::Event(seq)));
        let gone = done.as_ref().err().map(ToString::to_string);
        let gone = gone.is_some_and(|text| text.contains("gone already")); // with another field
        assert!(
            gone || done.is_ok(),
            "{kind} of {seq}: {:?}",
            done.err().map(|error| error.to_string())
        );
    }
    whole(&kit);
    kit.reopen();
    kit.later(DAY_MS);
    let channel = trailbox::domain::id::ChannelId(1);
    kit.writes(channel, "34600111222", "the desk works on");
}

#[test]
fn an_article_goes_alone() {
    let kit = Kit::new();
    let owner = kit.member("Noor", Role::Owner);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900200", "my card is 4000 1234");
    kit.writes(channel, "447700900200", "where is my parcel?");
    let article = kit
        .ask(|now| timeline::page(now, Object::Conversation(talk), None, 20))
        .unwrap()
        .iter()
        .find_map(|line| match line {
            timeline::Entry::Article(article) => Some(article.seq),
            timeline::Entry::Change(_) => None,
        })
        .unwrap();
    let receipt = erases(&kit, &owner, wanted(Subject::Article(article))).unwrap();
    let targets = erased(&receipt).0;
    assert!(
        targets.contains(&(article, "said".to_owned())),
        "{targets:?}"
    );
    assert!(stands(kit.folder.path(), b"4000 1234").is_empty());
    assert!(!stands(kit.folder.path(), b"where is my parcel").is_empty());
    let by = receipt.facts[0].0;
    let again = refuses(&kit, &owner, move |now| {
        privacy::erase(now, &wanted(Subject::Article(article)))
    });
    assert!(
        again.text.contains(&format!("event {by}")),
        "{}",
        again.text
    );
    let told = kit
        .ask(|now| privacy::erasure_of(now, article, "said"))
        .unwrap()
        .unwrap();
    assert_eq!((told.seq, told.ground), (by, Ground::Request));
    for (subject, says) in [
        (Subject::Article(Seq(1)), "no article 1"),
        (Subject::Event(Seq(9_999)), "no event 9999"),
        (Subject::Event(Seq(1)), "desk's own"),
        (Subject::Contact(ContactId(77)), "no customer K-77"),
    ] {
        let refused = refuses(&kit, &owner, move |now| {
            privacy::erase(now, &wanted(subject))
        });
        assert!(refused.text.contains(says), "{says}: {}", refused.text);
    }
}

#[test]
fn some_kinds_go_and_others_stay() {
    let kit = Kit::new();
    let (owner, contact, said) = planted(&kit);
    let only = Wanted {
        kinds: vec![Kind::Contact, Kind::Searches],
        ..wanted(Subject::Contact(contact))
    };
    erases(&kit, &owner, only).unwrap();
    assert!(
        kit.ask(|now| contacts::get(now, contact))
            .unwrap()
            .name
            .is_none()
    );
    let lines = kit
        .ask(|now| timeline::page(now, Object::Conversation(said), None, 20))
        .unwrap();
    let kept = lines.iter().any(|line| {
        matches!(
            line,
            timeline::Entry::Article(article) if article.said.is_some()
        )
    });
    assert!(kept, "what was said stays");
    whole(&kit);
}

#[test]
fn a_hold_refuses_until_it_is_released() {
    let kit = Kit::new();
    let (owner, contact, said) = planted(&kit);
    let lead = kit.member("Lena", Role::Lead);
    let admin = kit.member("Adam", Role::Admin);
    let agent = kit.member("Ada", Role::Agent);
    for (who, object, says) in [
        (&agent, Object::Contact(contact), "does not have the right"),
        (&admin, Object::Contact(contact), "does not have the right"),
        (&lead, Object::Contact(ContactId(999)), "there is no K-999"),
        (
            &lead,
            Object::Member(trailbox::domain::id::MemberId(1)),
            "no customer",
        ),
    ] {
        let refused = kit.refused(who, move |now| holds::place(now, object, "a dispute"));
        assert!(refused.text.contains(says), "{says}: {}", refused.text);
    }
    kit.refused(&lead, move |now| {
        holds::place(now, Object::Contact(contact), " ")
    });
    for object in [
        Object::Contact(contact),
        Object::Conversation(said),
        Object::Ticket(trailbox::domain::id::TicketId(1001)),
    ] {
        kit.done(&lead, move |now| holds::place(now, object, "a chargeback"));
        kit.refused(&lead, move |now| holds::place(now, object, "again"));
        let refused = refuses(&kit, &owner, move |now| {
            privacy::erase(now, &wanted(Subject::Contact(contact)))
        });
        assert!(refused.text.contains("legal hold"), "{}", refused.text);
        let shown = kit
            .ask(|now| holds::shown(now, Object::Conversation(said)))
            .unwrap();
        assert_eq!(shown.len(), 1, "{object}");
        kit.done(&lead, move |now| holds::release(now, object, "settled"));
        kit.refused(&lead, move |now| holds::release(now, object, "again"));
    }
    for who in [&lead, &agent] {
        let refused = refuses(&kit, who, move |now| {
            privacy::erase(now, &wanted(Subject::Contact(contact)))
        });
        assert!(refused.text.contains("right to erase"), "{}", refused.text);
    }
    erases(&kit, &admin, wanted(Subject::Contact(contact))).unwrap();
}

#[test]
fn a_second_person_approves_where_the_setting_says_so() {
    let kit = Kit::new();
    let (owner, contact, _) = planted(&kit);
    let admin = kit.member("Adam", Role::Admin);
    kit.done(&owner, |now| {
        settings::set(now, "privacy.second_person", "on")
    });
    let alone = refuses(&kit, &owner, move |now| {
        privacy::erase(now, &wanted(Subject::Contact(contact)))
    });
    assert!(alone.text.contains("second person"), "{}", alone.text);
    let asks = move |now: &Now<'_>| privacy::request(now, &wanted(Subject::Contact(contact)));
    let asked = kit.done(&owner, asks)[0].0;
    kit.refused(&owner, asks);
    let own = refuses(&kit, &owner, move |now| privacy::approve(now, asked));
    assert!(own.text.contains("yourself"), "{}", own.text);
    kit.refused(&admin, move |now| privacy::decline(now, asked, ""));
    kit.done(&admin, move |now| {
        privacy::decline(now, asked, "a dispute is open")
    });
    refuses(&kit, &admin, move |now| privacy::approve(now, asked));
    let asked = kit.done(&owner, asks)[0].0;
    let receipt = kit
        .ledger
        .erase(&admin, move |now| privacy::approve(now, asked))
        .unwrap();
    let Event::Privacy(PrivacyEvent::Erased {
        asked_by, request, ..
    }) = &receipt.facts[0].1
    else {
        panic!("{receipt:?}");
    };
    assert_eq!(*request, Some(asked));
    assert_eq!(asked_by.as_ref().unwrap().name, "Wilhelmina");
    assert_eq!(
        kit.ask(|now| privacy::get(now, asked)).unwrap().state,
        "approved"
    );
    assert!(stands(kit.folder.path(), NEEDLE.as_bytes()).is_empty());
}

#[test]
fn rules_erase_what_is_too_old_and_spare_what_is_held_or_open() {
    let kit = Kit::new();
    let owner = kit.member("Noor", Role::Owner);
    let lead = kit.member("Lena", Role::Lead);
    let channel = kit.channel("shop");
    let summary = Summary {
        issue: "late".to_owned(),
        actions: "called".to_owned(),
        outcome: "found".to_owned(),
        next_step: String::new(),
    };
    let talks: Vec<ConversationId> = (0..3)
        .map(|n| kit.writes(channel, &format!("44770090020{n}"), &format!("needle {n}")))
        .collect();
    for talk in &talks[..2] {
        let (talk, summary) = (*talk, summary.clone());
        kit.done(&owner, move |now| conversations::take(now, talk, ""));
        kit.done(&owner, move |now| conversations::close(now, talk, summary));
    }
    let held = Object::Conversation(talks[1]);
    kit.done(&lead, move |now| holds::place(now, held, "a dispute"));
    kit.refused(&lead, |now| retention::set(now, Kind::Messages, Some(30)));
    for (kind, days) in [(Kind::Messages, Some(0)), (Kind::Packs, Some(30))] {
        kit.refused(&owner, move |now| retention::set(now, kind, days));
    }
    for kind in [Kind::Messages, Kind::Payloads, Kind::Contact] {
        kit.done(&owner, move |now| retention::set(now, kind, Some(30)));
    }
    let same = kit.done(&owner, |now| retention::set(now, Kind::Messages, Some(30)));
    assert_eq!(same.len(), 0);
    let due = |kit: &Kit| kit.ask(|now| retention::due(now, 100)).unwrap();
    assert!(
        due(&kit).iter().all(|due| due.targets.is_empty()),
        "nothing is old"
    );
    kit.later(32 * DAY_MS);
    kit.writes(channel, "447700900209", "needle young");
    let found = due(&kit);
    let messages = found
        .iter()
        .find(|due| due.rule.kind == Kind::Messages)
        .unwrap();
    assert_eq!(
        (messages.targets.len(), messages.held, messages.open),
        (1, 1, 1)
    );
    let before = kit.events();
    let mut done = None;
    let mut run = |kit: &Kit| {
        trailbox::jobs::retention::run(&kit.ledger, &mut done, &|| false).unwrap();
        kit.events()
    };
    run(&kit);
    assert!(kit.events() >= before + 3, "one erasure for each rule");
    let left: Vec<usize> = ["needle 0", "needle 1", "needle 2", "needle young"]
        .map(|words| usize::from(!stands(kit.folder.path(), words.as_bytes()).is_empty()))
        .into();
    assert_eq!(left, [0, 1, 1, 1]);
    let told = kit.ask(|now| privacy::erasures(now, 10)).unwrap();
    assert!(told.iter().any(|one| matches!(
        &one.event,
        Event::Privacy(PrivacyEvent::Erased {
            subject: Subject::Rule {
                kind: Kind::Messages,
                version: 1
            },
            ground: Ground::Retention,
            ..
        })
    )));
    let quiet = kit.events();
    assert_eq!(run(&kit), quiet, "and nothing more the next time");
    kit.done(&lead, move |now| {
        holds::release(now, held, "it was settled")
    });
    let released = kit.events();
    assert!(run(&kit) > released, "what a hold kept goes when it ends");
    let open = talks[2];
    kit.done(&owner, move |now| conversations::take(now, open, ""));
    kit.done(&owner, move |now| conversations::close(now, open, summary));
    let closed = kit.events();
    assert_eq!(run(&kit), closed, "once a day");
    kit.later(DAY_MS);
    assert!(run(&kit) > closed, "what was open goes the day after");
}

#[test]
fn much_at_once_takes_several_linked_events() {
    let kit = Kit::new();
    let owner = kit.member("Noor", Role::Owner);
    let channel = kit.channel("shop");
    let mut talk = None;
    for n in 0..560 {
        talk = Some(kit.writes(channel, "447700900200", &format!("line {n}")));
    }
    let talk = talk.unwrap();
    let contact = kit
        .ask(|now| conversations::get(now, talk))
        .unwrap()
        .contact;
    let receipt = erases(&kit, &owner, wanted(Subject::Contact(contact))).unwrap();
    let (targets, parts) = erased(&receipt);
    assert!(
        targets.len() > 1_500 && parts >= 2,
        "{} in {parts}",
        targets.len()
    );
    let first = receipt.facts[0].0;
    let second = kit
        .ask(|now| trailbox::desk::audit::get(now, receipt.facts[1].0))
        .unwrap();
    assert_eq!(second.entry.cause, Some(first));
    assert!(second.bytes.len() < 65_535);
    assert!(stands(kit.folder.path(), b"line 17").is_empty());
}

#[test]
fn a_text_deleted_by_hand_is_a_finding() {
    let kit = Kit::new();
    let owner = kit.member("Noor", Role::Owner);
    let channel = kit.channel("shop");
    let said = kit.writes(channel, "447700900200", "by hand");
    kit.done(&owner, move |now| conversations::take(now, said, ""));
    let seq = article_of(&kit.done(&owner, {
        let reply = kit.reply(said, "an answer");
        move |now| trailbox::desk::articles::reply(now, reply)
    }))
    .unwrap();
    let copy = Copy::of(kit.home());
    let db = rusqlite::Connection::open(copy.database()).unwrap();
    db.execute_batch("DROP TRIGGER disclosure_is_not_deleted")
        .unwrap();
    db.execute("DELETE FROM disclosure WHERE seq = ?1", [seq.0 as i64])
        .unwrap();
    drop(db);
    let report = verified(&copy.home());
    let codes: Vec<Code> = report.findings.iter().map(|found| found.code).collect();
    assert!(codes.contains(&Code::DisclosureMissing), "{codes:?}");
}
