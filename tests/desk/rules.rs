//! Rules: what they do and who it says did it, loops, trials, what is broken, crashes, the clock.

use super::kit::Kit;
use trailbox::desk::rules::trial::{self, Answer};
use trailbox::desk::rules::{self, Rule};
use trailbox::desk::{audit, conversations, labels, tickets};
use trailbox::domain::action::Actions;
use trailbox::domain::actor::Who;
use trailbox::domain::conversation::Status;
use trailbox::domain::event::rules::RuleEvent;
use trailbox::domain::event::{Event, TicketEvent};
use trailbox::domain::id::{ConversationId, Object, Seq, TicketId};
use trailbox::domain::label::{Colour, List};
use trailbox::domain::member::Role;
use trailbox::domain::moment::HOUR_MS;
use trailbox::domain::rule::{About, After, Condition, DEPTH_MAX, Definition, Lasting, Test};
use trailbox::domain::ticket::Priority;
use trailbox::jobs::rules::{catch_up, tick};

fn when(about: About, event: &str, then: Actions) -> Definition {
    Definition {
        about,
        when: vec![event.to_owned()],
        after: None,
        conditions: Vec::new(),
        then,
    }
}

fn condition(field: &str, test: Test, value: &str) -> Condition {
    Condition {
        field: field.to_owned(),
        test,
        value: value.to_owned(),
    }
}

fn tags(add: &[&str], remove: &[&str]) -> Actions {
    Actions {
        add_tags: add.iter().map(ToString::to_string).collect(),
        remove_tags: remove.iter().map(ToString::to_string).collect(),
        ..Actions::default()
    }
}

fn known_tags(kit: &Kit, admin: &Who, names: &[&'static str]) {
    for name in names {
        kit.done(admin, |now| labels::add(now, List::Tag, name, Colour::Grey));
    }
}

/// Given a rule that runs.
fn running(kit: &Kit, admin: &Who, name: &'static str, definition: Definition) -> u64 {
    let id = written(kit, admin, name, definition);
    kit.done(admin, move |now| rules::switch(now, id, true));
    id
}

fn written(kit: &Kit, admin: &Who, name: &'static str, definition: Definition) -> u64 {
    let facts = kit.done(admin, move |now| rules::save(now, None, name, definition));
    match facts.first() {
        Some((_, Event::Rule(RuleEvent::Saved { rule, .. }))) => *rule,
        other => panic!("{other:?}"),
    }
}

fn opened(kit: &Kit, who: &Who, kind: &str) -> TicketId {
    let wanted = tickets::Wanted {
        title: "Where is my parcel".to_owned(),
        kind: kind.to_owned(),
        ..tickets::Wanted::default()
    };
    kit.ticket(who, wanted)
}

fn since(kit: &Kit, from: u64) -> Vec<audit::Recorded> {
    kit.ask(|now| {
        let places = from..now.next_seq().0;
        places.map(|seq| audit::get(now, Seq(seq))).collect()
    })
    .unwrap()
}

fn rule(kit: &Kit, id: u64) -> Rule {
    kit.ask(|now| rules::get(now, id)).unwrap()
}

#[test]
fn a_rule_acts_under_its_own_name_because_of_what_it_answers() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    known_tags(&kit, &admin, &["money"]);
    let mut then = tags(&["money"], &[]);
    then.priority = Some(Priority::High);
    then.note = Some("{{ticket.number}} is about money, {{contact.name|whoever it is}}".to_owned());
    let mut definition = when(About::Ticket, "ticket.opened", then);
    definition.conditions = vec![condition("type", Test::Is, "refund")];
    let id = running(&kit, &admin, "Refunds", definition);
    opened(&kit, &admin, "delivery");
    let before = kit.events();
    let ticket = opened(&kit, &admin, "refund");
    let trigger = Seq(kit.events() - 1);
    catch_up(&kit.ledger, &mut None).unwrap();
    let did = since(&kit, before + 1);
    let names: Vec<&str> = did.iter().map(|event| event.entry.event.as_str()).collect();
    let wanted = [
        "rule.ran",
        "ticket.tagged",
        "ticket.priority_changed",
        "article.noted",
    ];
    assert_eq!(names, wanted);
    for event in &did {
        assert_eq!(event.entry.actor.id(), format!("R-{id}"));
        assert_eq!(event.entry.actor.kind(), "rule");
    }
    let causes: Vec<Option<Seq>> = did.iter().map(|event| event.entry.cause).collect();
    let ran = Some(did[0].seq);
    assert_eq!(causes, [Some(trigger), ran, ran, ran]);
    let known = kit.ask(|now| tickets::get(now, ticket)).unwrap();
    assert_eq!(known.priority, Priority::High);
    assert_eq!(known.tags, ["money"]);
    // What was answered is not answered again, wherever one begins.
    let events = kit.events();
    catch_up(&kit.ledger, &mut Some(Seq(0))).unwrap();
    catch_up(&kit.ledger, &mut None).unwrap();
    assert_eq!(kit.events(), events);
}

#[test]
fn rules_that_answer_each_other_are_cut_and_it_says_so() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    known_tags(&kit, &admin, &["ping", "pong"]);
    let ping = |is: &str, then: Actions| {
        let mut definition = when(About::Ticket, "ticket.tagged", then);
        definition.conditions = vec![condition("tag", Test::Is, is)];
        definition
    };
    running(
        &kit,
        &admin,
        "There",
        ping("ping", tags(&["pong"], &["ping"])),
    );
    running(
        &kit,
        &admin,
        "Back",
        ping("pong", tags(&["ping"], &["pong"])),
    );
    let ticket = opened(&kit, &admin, "other");
    let before = kit.events();
    kit.done(&admin, move |now| tickets::tag(now, ticket, "ping"));
    catch_up(&kit.ledger, &mut None).unwrap();
    let did = since(&kit, before);
    let ran = did.iter().filter(|event| event.entry.event == "rule.ran");
    assert_eq!(ran.count(), DEPTH_MAX as usize);
    let cut: Vec<_> = did
        .iter()
        .filter(|event| event.entry.event == "rule.cut")
        .collect();
    assert_eq!(cut.len(), 1, "it says so once");
    assert!(matches!(
        &cut[0].event,
        Event::Rule(RuleEvent::Cut { depth, object, .. })
            if *depth == DEPTH_MAX && *object == Object::Ticket(ticket)
    ));
    let all = kit.ask(rules::list).unwrap();
    assert!(all.iter().all(|rule| rule.on), "nothing is switched off");
    let counted: u64 = all
        .iter()
        .map(|rule| kit.ask(|now| rules::count(now, rule.id)).unwrap().1)
        .sum();
    assert_eq!(counted, 1);
    // A new word of a person starts anew.
    kit.done(&admin, move |now| tickets::tag(now, ticket, "ping, pong"));
    catch_up(&kit.ledger, &mut None).unwrap();
    assert!(since(&kit, before).len() > did.len() + 2);
}

/// What rules did, as far as it does not name its own place in the trail.
fn shapes(events: impl Iterator<Item = Event>) -> Vec<String> {
    let shape = |event: Event| {
        let mut parts = event.parts().unwrap();
        for own in ["trigger", "tag", "rule"] {
            parts.data.remove(own);
        }
        format!("{} {:?} {:?}", parts.name, parts.data, parts.sealed)
    };
    events.map(shape).collect()
}

fn a_day(kit: &Kit, admin: &Who, step: &dyn Fn()) -> Vec<(ConversationId, TicketId)> {
    let channel = kit.channel("shop");
    let mut made = Vec::new();
    for n in 0..6 {
        let words = ["where is my parcel", "I want my money back"][n % 2];
        let talk = kit.writes(channel, &format!("44770090040{n}"), words);
        step();
        let kind = ["delivery", "refund", "other"][n % 3].to_owned();
        let wanted = tickets::Wanted {
            conversation: Some(talk),
            title: format!("Case {n}"),
            kind,
            ..tickets::Wanted::default()
        };
        let ticket = kit.ticket(admin, wanted);
        step();
        kit.later(HOUR_MS);
        kit.done(admin, move |now| {
            tickets::change_fields(now, ticket, Priority::Urgent, "refund", None)
        });
        step();
        let reply = kit.reply(talk, "we look into it");
        kit.done(admin, move |now| {
            trailbox::desk::articles::reply(now, reply)
        });
        step();
        made.push((talk, ticket));
    }
    made
}

#[test]
fn a_trial_says_what_the_rule_then_does() {
    let mut then = tags(&["money"], &[]);
    then.note = Some("{{contact.first_name|somebody}} asks for money".to_owned());
    then.reply = [(
        String::new(),
        "We have opened {{ticket.number|a case}}".to_owned(),
    )]
    .into();
    let mut talks = when(About::Conversation, "article.received", then);
    talks.conditions = vec![condition("text", Test::Contains, "MONEY")];
    let mut then = tags(&["money"], &[]);
    then.ticket_status = Some("in_progress".to_owned());
    then.outcome = Some("none".to_owned());
    let mut cases = when(About::Ticket, "ticket.type_changed", then);
    // Urgent only at that moment of the past: a trial sees the desk as it was then.
    cases.conditions = vec![
        condition("priority", Test::Is, "urgent"),
        condition("status", Test::Is, "new"),
    ];
    for definition in [talks, cases] {
        let tried = Kit::new();
        let admin = tried.member("Adam", Role::Admin);
        known_tags(&tried, &admin, &["money"]);
        let id = written(&tried, &admin, "Money", definition.clone());
        for (_, ticket) in a_day(&tried, &admin, &|| {}) {
            tried.done(&admin, move |now| {
                tickets::change_fields(now, ticket, Priority::Low, "refund", None)
            });
        }
        let events = tried.events();
        let foretold = trial::run(&tried.ledger, &rule(&tried, id), 7).unwrap();
        assert_eq!(tried.events(), events, "a trial records nothing");

        let done = Kit::new();
        let admin = done.member("Adam", Role::Admin);
        known_tags(&done, &admin, &["money"]);
        running(&done, &admin, "Money", definition);
        let before = done.events();
        a_day(&done, &admin, &|| {
            catch_up(&done.ledger, &mut None).unwrap()
        });
        let did = since(&done, before).into_iter();
        let did = did.filter(|event| event.entry.actor.kind() == "rule");
        let did = shapes(did.map(|event| event.event));
        let told = |answer: Answer| answer.facts.into_iter().map(|fact| fact.event);
        let said = shapes(foretold.answers.into_iter().flat_map(told));
        assert!(did.len() >= 6, "{did:?}");
        assert_eq!(said, did);
    }
}

#[test]
fn a_rule_that_names_a_retired_tag_is_broken_and_does_not_run() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    known_tags(&kit, &admin, &["late"]);
    let definition = || when(About::Ticket, "ticket.opened", tags(&["late"], &[]));
    let id = running(&kit, &admin, "Late", definition());
    kit.done(&admin, |now| labels::retire(now, List::Tag, "late", true));
    let trouble = kit.ask(|now| rules::trouble(now, &rules::get(now, id)?));
    assert_eq!(trouble.unwrap().as_deref(), Some("the tag late is retired"));
    opened(&kit, &admin, "other");
    let events = kit.events();
    catch_up(&kit.ledger, &mut None).unwrap();
    assert_eq!(kit.events(), events);
    for (tag, words) in [("late", "is retired"), ("gone", "there is no tag gone")] {
        let definition = when(About::Ticket, "ticket.opened", tags(&[tag], &[]));
        let refusal = kit.refused(&admin, move |now| rules::save(now, None, "New", definition));
        assert!(refusal.text.contains(words), "{}", refusal.text);
        assert_eq!(refusal.field, Some("tags"));
    }
    kit.done(&admin, move |now| rules::switch(now, id, false));
    let refusal = kit.refused(&admin, move |now| rules::switch(now, id, true));
    assert!(refusal.text.contains("cannot run"));
    kit.done(&admin, |now| labels::retire(now, List::Tag, "late", false));
    kit.done(&admin, move |now| rules::switch(now, id, true));
    opened(&kit, &admin, "other");
    catch_up(&kit.ledger, &mut None).unwrap();
    assert_eq!(kit.ask(|now| rules::count(now, id)).unwrap(), (1, 0));
}

#[test]
fn what_a_rule_says_is_checked_when_it_is_written() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    known_tags(&kit, &admin, &["late"]);
    let good = || when(About::Ticket, "ticket.opened", tags(&["late"], &[]));
    type Spoil = fn(&mut Definition);
    let cases: [(Spoil, &str); 8] = [
        (|it| it.when.clear(), "choose one of both"),
        (
            |it| it.when = vec!["article.queued".into()],
            "cannot answer",
        ),
        (|it| it.then = Actions::default(), "say what the rule does"),
        (
            |it| it.then.note = Some("{{tickt.number}}".into()),
            "line 1, column 1",
        ),
        (|it| it.then.status = Some("lost".into()), "not a status"),
        (
            |it| it.conditions = vec![condition("mood", Test::Is, "x")],
            "cannot look at mood",
        ),
        (
            |it| it.conditions = vec![condition("group", Test::Is, "x")],
            "there is no group x",
        ),
        (
            |it| {
                it.when.clear();
                it.after = Some(After {
                    what: Lasting::Silence,
                    hours: 3,
                });
            },
            "wait 1 to 8760 hours for what the rule is about",
        ),
    ];
    for (spoil, words) in cases {
        let mut definition = good();
        spoil(&mut definition);
        let refusal = kit.refused(&admin, move |now| rules::save(now, None, "R", definition));
        assert!(refusal.text.contains(words), "{words}: {}", refusal.text);
    }
    let id = written(&kit, &admin, "Late", good());
    kit.refused(&admin, move |now| rules::save(now, None, "Late", good()));
    assert!(
        kit.done(&admin, move |now| rules::save(
            now,
            Some(id),
            "Late",
            good()
        ))
        .is_empty()
    );
    kit.done(&admin, move |now| {
        rules::save(now, Some(id), "Later", good())
    });
    assert_eq!(rule(&kit, id).version, 2);
}

#[test]
fn a_silent_conversation_is_warned_closed_and_reopened_by_a_word() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    let channel = kit.channel("shop");
    let facts = kit.done(&admin, rules::auto_close);
    assert_eq!(facts.len(), 4, "a tag and three rules");
    kit.refused(&admin, rules::auto_close);
    for rule in kit.ask(rules::list).unwrap() {
        assert!(!rule.on, "shipped rules are off");
        let id = rule.id;
        kit.done(&admin, move |now| rules::switch(now, id, true));
    }
    let number = "447700900555";
    let talk = kit.writes(channel, number, "is it blue?");
    let reply = kit.reply(talk, "it is");
    kit.done(&admin, move |now| {
        trailbox::desk::articles::reply(now, reply)
    });
    let pass = |hours: i64| {
        kit.later(hours * HOUR_MS);
        tick(&kit.ledger, &|| false).unwrap();
        catch_up(&kit.ledger, &mut None).unwrap();
        kit.ask(|now| conversations::get(now, talk)).unwrap()
    };
    assert!(pass(19).tags.is_empty());
    let warned = pass(1);
    assert_eq!(warned.tags, ["closing-soon"]);
    let said = kit
        .ask(|now| trailbox::desk::articles::last_line(now, talk))
        .unwrap()
        .unwrap();
    assert!(
        said.contains("anything else") && said.contains("Customer"),
        "{said}"
    );
    assert_eq!(pass(23).status, Status::Open);
    let before = kit.events();
    assert_eq!(pass(2).status, Status::Closed);
    let closing = since(&kit, before);
    let closed = closing
        .iter()
        .find(|event| event.entry.event == "conversation.status_changed");
    assert_eq!(closed.unwrap().entry.actor.kind(), "rule");
    assert!(pass(1).tags.is_empty());
    kit.writes(channel, number, "one more thing");
    let again = kit.ask(|now| conversations::get(now, talk)).unwrap();
    assert_ne!(again.status, Status::Closed, "a word reopens it");
    pass(0);
    // A word after the warning ends it.
    let reply = kit.reply(talk, "which?");
    kit.done(&admin, move |now| {
        trailbox::desk::articles::reply(now, reply)
    });
    assert_eq!(pass(21).tags, ["closing-soon"]);
    kit.writes(channel, number, "this one");
    assert!(pass(0).tags.is_empty());
    assert_eq!(pass(30).status, Status::Open, "somebody waits for us now");
}

#[test]
fn what_cannot_be_done_is_said_and_the_rest_is_done() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    known_tags(&kit, &admin, &["late"]);
    let mut then = tags(&["late"], &[]);
    then.reply = [(String::new(), "we are on it".to_owned())].into();
    then.priority = Some(Priority::High);
    running(
        &kit,
        &admin,
        "Late",
        when(About::Conversation, "article.noted", then),
    );
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900556", "hello");
    kit.later(25 * HOUR_MS);
    let object = Object::Conversation(talk);
    kit.done(&admin, move |now| {
        trailbox::desk::articles::note(now, object, "late again")
    });
    let before = kit.events();
    catch_up(&kit.ledger, &mut None).unwrap();
    let did = since(&kit, before);
    let why = |event: &audit::Recorded| match &event.event {
        Event::Rule(RuleEvent::Hindered { action, sealed, .. }) => {
            Some((action.clone(), sealed.reason.clone().unwrap_or_default()))
        }
        _ => None,
    };
    let hindered: Vec<(String, String)> = did.iter().filter_map(why).collect();
    assert_eq!(hindered.len(), 2, "{hindered:?}");
    assert!(hindered[0].1.contains("no open ticket"));
    assert!(hindered[1].1.contains("24 hours"));
    let known = kit.ask(|now| conversations::get(now, talk)).unwrap();
    assert_eq!(known.tags, ["late"]);
    assert!(known.waiting_since.is_some());
}

#[test]
fn a_rule_answers_only_what_happens_after_it_was_switched_on() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    known_tags(&kit, &admin, &["late"]);
    let definition = when(About::Ticket, "ticket.opened", tags(&["late"], &[]));
    let first = opened(&kit, &admin, "other");
    let id = running(&kit, &admin, "Late", definition);
    let second = opened(&kit, &admin, "other");
    catch_up(&kit.ledger, &mut Some(Seq(0))).unwrap();
    kit.done(&admin, move |now| rules::switch(now, id, false));
    let third = opened(&kit, &admin, "other");
    catch_up(&kit.ledger, &mut None).unwrap();
    let tagged = |ticket| {
        !kit.ask(|now| tickets::get(now, ticket))
            .unwrap()
            .tags
            .is_empty()
    };
    assert_eq!([first, second, third].map(tagged), [false, true, false]);
    let event = kit
        .ask(|now| audit::newest(now, "ticket.tagged"))
        .unwrap()
        .unwrap();
    assert!(matches!(
        event.event,
        Event::Ticket(TicketEvent::Tagged { .. })
    ));
}

#[test]
fn what_lasts_is_found_behind_a_thousand_that_its_conditions_pass_over() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    known_tags(&kit, &admin, &["late"]);
    let others = (0..1_100).map(|n| {
        let wish: trailbox::ledger::Wish = Box::new(move |now| {
            let wanted = tickets::Wanted {
                title: format!("Case {n}"),
                kind: "other".to_owned(),
                ..tickets::Wanted::default()
            };
            tickets::open(now, wanted)
        });
        (admin.clone(), wish)
    });
    let granted = kit.ledger.record_each(others.collect()).unwrap();
    assert!(granted.iter().all(Result::is_ok));
    let last = opened(&kit, &admin, "delivery");
    let lasts = Definition {
        about: About::Ticket,
        when: Vec::new(),
        after: Some(After {
            what: Lasting::Unchanged,
            hours: 24,
        }),
        conditions: vec![condition("type", Test::Is, "delivery")],
        then: tags(&["late"], &[]),
    };
    running(&kit, &admin, "Late", lasts);
    kit.later(25 * HOUR_MS);
    tick(&kit.ledger, &|| false).unwrap();
    let tagged = kit.ask(|now| tickets::get(now, last)).unwrap().tags;
    assert_eq!(tagged, ["late"]);
}
