//! Canned replies and macros: written, checked, used as a whole or not at all.

use super::kit::Kit;
use trailbox::desk::{articles, audit, conversations, labels, macros, tickets};
use trailbox::domain::action::{Actions, Assignee};
use trailbox::domain::conversation::{Status, Summary};
use trailbox::domain::event::Event;
use trailbox::domain::event::macros::MacroEvent;
use trailbox::domain::id::{Object, Seq};
use trailbox::domain::label::{Colour, List};
use trailbox::domain::member::Role;
use trailbox::domain::moment::HOUR_MS;
use trailbox::domain::ticket::Priority;

fn reply(texts: &[(&str, &str)]) -> Actions {
    let texts = texts.iter();
    Actions {
        reply: texts
            .map(|(code, text)| (code.to_string(), text.to_string()))
            .collect(),
        ..Actions::default()
    }
}

#[test]
fn an_unknown_variable_is_refused_with_its_place_and_the_known_ones() {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    for (text, words) in [
        (
            "Hello {{contact.fist_name}}",
            "contact.fist_name (line 1, column 7)",
        ),
        (
            "Hello\n  {{ticket.numbr}}",
            "ticket.numbr (line 2, column 3)",
        ),
        (
            "Hello {{contact.name",
            "is not closed by }} at line 1, column 7",
        ),
    ] {
        let wished = reply(&[("", "fine"), ("es", text)]);
        let refusal = kit.refused(&lead, move |now| {
            macros::save(now, None, "Hello", true, wished)
        });
        assert!(refusal.text.contains(words), "{}", refusal.text);
        assert_eq!(refusal.field, Some("reply"));
    }
    let wished = reply(&[("", "{{nobody}}")]);
    let refusal = kit.refused(&lead, move |now| {
        macros::save(now, None, "Hello", true, wished)
    });
    assert!(
        refusal.text.contains("contact.first_name, "),
        "{}",
        refusal.text
    );
}

#[test]
fn a_macro_does_all_of_it_with_one_cause_or_nothing() {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    kit.done(&lead, |now| {
        labels::add(now, List::Tag, "late", Colour::Amber)
    });
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900701", "where is it");
    let object = Object::Conversation(talk);
    let mut wished = reply(&[
        (
            "",
            "Hello {{contact.first_name|there}}, {{agent.first_name}} looks into {{ticket.number}}",
        ),
        (
            "es",
            "Hola {{contact.first_name|}}, miramos {{ticket.number}}",
        ),
    ]);
    wished.add_tags = vec!["late".to_owned()];
    wished.note = Some("asked the courier".to_owned());
    wished.assign = Some(Assignee::Me);
    wished.priority = Some(Priority::High);
    wished.status = Some("waiting".to_owned());
    let saved = wished.clone();
    kit.done(&lead, move |now| {
        macros::save(now, None, "Late", true, saved)
    });
    // There is no ticket yet: nothing is done, not even what could be.
    let refusal = kit.refused(&lead, move |now| macros::perform(now, 1, object, ""));
    assert!(refusal.text.contains("no open ticket"), "{}", refusal.text);
    let case = kit.ticket(
        &lead,
        tickets::Wanted {
            conversation: Some(talk),
            title: "Late".to_owned(),
            ..tickets::Wanted::default()
        },
    );
    let facts = kit.done(&lead, move |now| macros::perform(now, 1, object, "es"));
    let used = facts[0].0;
    assert!(matches!(
        &facts[0].1,
        Event::Macro(MacroEvent::Used { id: 1, version: 1, name, language, .. })
            if name == "Late" && language == "es"
    ));
    for (seq, _) in &facts[1..] {
        let mut cause = kit.ask(|now| audit::get(now, *seq)).unwrap().entry.cause;
        while let Some(at) = cause.filter(|at| *at > used) {
            cause = kit.ask(|now| audit::get(now, at)).unwrap().entry.cause;
        }
        assert_eq!(cause, Some(used), "one cause for all");
    }
    let known = kit.ask(|now| conversations::get(now, talk)).unwrap();
    assert_eq!(
        (known.status, known.tags.as_slice()),
        (Status::Waiting, &["late".to_owned()][..])
    );
    assert_eq!(known.owner.member(), lead.member());
    let ticket = kit.ask(|now| tickets::get(now, case)).unwrap();
    assert_eq!(ticket.priority, Priority::High);
    let words = kit.ask(|now| Ok(now.next_seq().0)).unwrap();
    let said: Vec<String> = (0..words)
        .filter_map(|seq| {
            let event = kit.ask(|now| audit::get(now, Seq(seq))).unwrap().event;
            match event {
                Event::Article(trailbox::domain::event::ArticleEvent::Queued {
                    sealed, ..
                }) => sealed.said.map(|said| said.content.text_for_search()),
                _ => None,
            }
        })
        .collect();
    assert_eq!(said, [format!("Hola Customer, miramos {case}")]);
    // Broken once the tag is retired: checked again before use.
    kit.done(&lead, |now| labels::retire(now, List::Tag, "late", true));
    let refusal = kit.refused(&lead, move |now| macros::perform(now, 1, object, ""));
    assert!(
        refusal.text.contains("is broken: the tag late is retired"),
        "{}",
        refusal.text
    );
}

#[test]
fn words_are_inserted_and_what_is_sent_names_the_macro() {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    let agent = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900702", "hello");
    let object = Object::Conversation(talk);
    let hello = || reply(&[("", "Hello {{contact.name}}, this is {{agent.name}}")]);
    let refusal = kit.refused(&agent, move |now| {
        macros::save(now, None, "Hello", true, hello())
    });
    assert!(refusal.text.contains("does not have the right"));
    kit.done(&agent, move |now| {
        macros::save(now, None, "Hello", false, hello())
    });
    kit.done(&lead, move |now| {
        macros::save(now, None, "Hello", true, hello())
    });
    let now = kit.ledger.now(&agent).unwrap();
    let names: Vec<Option<_>> = macros::mine(&now)
        .unwrap()
        .iter()
        .map(|it| it.owner)
        .collect();
    assert_eq!(names.len(), 2);
    let words = macros::words(&now, 1, object, "").unwrap();
    assert_eq!(words, "Hello Customer 447700900702, this is Ada");
    drop(now);
    let theirs = kit.refused(&lead, move |now| macros::perform(now, 1, object, ""));
    assert!(theirs.text.contains("somebody else's own"));
    let wished = kit.reply(talk, &words);
    let facts = kit.done(&agent, move |now| {
        let came = articles::reply(now, wished)?;
        macros::use_words(now, 1, object, "", came)
    });
    let queued = facts
        .iter()
        .find(|(_, event)| matches!(event, Event::Article(_)))
        .unwrap();
    let cause = kit
        .ask(|now| audit::get(now, queued.0))
        .unwrap()
        .entry
        .cause;
    assert_eq!(cause, Some(facts[0].0));
    assert_eq!(kit.ask(|now| macros::uses(now, 1)).unwrap(), 1);
    kit.done(&agent, |now| macros::retire(now, 1, true));
    let refusal = kit.refused(&agent, move |now| macros::perform(now, 1, object, ""));
    assert!(refusal.text.contains("is retired"));
    let again = reply(&[("", "Hi")]);
    let facts = kit.done(&agent, move |now| {
        macros::save(now, Some(1), "Hello", false, again)
    });
    assert!(matches!(
        &facts[0].1,
        Event::Macro(MacroEvent::Saved { version: 2, .. })
    ));
}

#[test]
fn what_is_closed_is_not_put_aside_and_the_others_wake() {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    let wished = Actions {
        status: Some("closed".to_owned()),
        snooze_h: Some(2),
        ..Actions::default()
    };
    let refusal = kit.refused(&lead, move |now| {
        macros::save(now, None, "Done", true, wished)
    });
    assert_eq!(refusal.field, Some("snooze_h"), "{}", refusal.text);

    // Two wishes answered together may still do both: the closed one rests and wakes nobody.
    let channel = kit.channel("shop");
    let [closed, later] = ["447700900701", "447700900702"].map(|from| {
        let talk = kit.writes(channel, from, "where is it");
        kit.done(&lead, move |now| conversations::take(now, talk, ""));
        talk
    });
    let until = kit.clock.now().plus_ms(HOUR_MS);
    kit.done(&lead, move |now| {
        let summary = Summary {
            issue: "lost".to_owned(),
            actions: "called".to_owned(),
            outcome: "found".to_owned(),
            next_step: String::new(),
        };
        let mut facts = conversations::close(now, closed, summary)?;
        facts.extend(conversations::snooze(now, closed, Some(until))?);
        facts.extend(conversations::snooze(now, later, Some(until))?);
        Ok(facts)
    });
    let asleep = |id| kit.ask(|now| Ok(conversations::get(now, id)?.snoozed_until));
    assert_eq!(asleep(closed).unwrap(), None);
    assert_eq!(asleep(later).unwrap(), Some(until));
    kit.later(2 * HOUR_MS);
    trailbox::jobs::ticks::wake(&kit.ledger).unwrap();
    assert_eq!(asleep(later).unwrap(), None);
}
