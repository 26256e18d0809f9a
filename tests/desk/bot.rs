//! The bot at work: it answers while it owns, gives up with a reason, and never speaks over a person.

use crate::kit::{Kit, payload};
use trailbox::desk::{self, bot, conversations, tickets};
use trailbox::domain::actor::{Actor, Who};
use trailbox::domain::calendar::hours::Timetable;
use trailbox::domain::conversation::{Owner, Transfer};
use trailbox::domain::event::bot::BotEvent;
use trailbox::domain::event::{ArticleEvent, ConversationEvent, Event, TicketEvent};
use trailbox::domain::id::{ChannelId, ConversationId, Seq};
use trailbox::domain::member::Role;
use trailbox::domain::message::Content;
use trailbox::domain::moment::MINUTE_MS;

fn shop(kit: &Kit) -> ChannelId {
    let owner = kit.member("Noor", Role::Owner);
    let channel = kit.channel("shop");
    kit.done(&owner, move |now| bot::switch(now, channel, true));
    kit.done(&owner, |now| {
        desk::settings::set(now, "bot.order_pattern", "NM-#####")
    });
    channel
}

fn turn(kit: &Kit, id: ConversationId) -> Vec<(Seq, Event)> {
    let tag = format!("tag-{}", kit.number());
    kit.done(&bot::who(), move |now| bot::answer(now, id, &tag))
}

fn said(facts: &[(Seq, Event)]) -> Option<String> {
    facts.iter().find_map(|(_, event)| match event {
        Event::Article(ArticleEvent::Queued { sealed, .. }) => {
            match &sealed.said.as_ref()?.content {
                Content::Text(text) => Some(text.text.clone()),
                _ => None,
            }
        }
        _ => None,
    })
}

fn check_of(facts: &[(Seq, Event)]) -> String {
    let found = facts.iter().find_map(|(_, event)| match event {
        Event::Bot(BotEvent::Decided { check, .. }) => Some(check.clone()),
        _ => None,
    });
    found.expect("the bot decided something")
}

fn owner(kit: &Kit, id: ConversationId) -> Owner {
    kit.ask(|now| conversations::get(now, id)).unwrap().owner
}

#[test]
fn new_conversations_begin_with_it_where_that_is_set() {
    let kit = Kit::new();
    let channel = shop(&kit);
    let other = kit.channel("repairs");
    let with = kit.writes(channel, "34600111222", "Hola, ¿dónde está mi pedido?");
    assert_eq!(owner(&kit, with), Owner::Bot);
    let facts = turn(&kit, with);
    assert_eq!(check_of(&facts), "greeting");
    let words = said(&facts).unwrap();
    assert!(words.contains("asistente automático") && words.contains("NM-12345"));
    let decided = facts[0].0;
    let at = |seq| {
        kit.ask(move |now| desk::audit::get(now, seq))
            .unwrap()
            .entry
    };
    let entry = at(decided);
    assert!(matches!(&entry.actor, Actor::Bot { version } if version == "1"));
    let heard = entry.cause.expect("a turn names the message");
    assert_eq!(at(heard).event, "article.received");
    assert_eq!(
        at(facts[1].0).cause,
        Some(decided),
        "its words name the turn"
    );
    assert!(matches!(
        &facts[2].1,
        Event::Bot(BotEvent::Disclosed { article, .. }) if *article == facts[1].0
    ));
    assert!(turn(&kit, with).is_empty(), "it answers each message once");
    let without = kit.ask(|now| bot::begins(now, other)).unwrap();
    assert!(!without);
}

#[test]
fn when_nobody_is_there_it_says_when_somebody_is() {
    let kit = Kit::new();
    let channel = shop(&kit);
    let lead = kit.member("Mar", Role::Lead);
    let today = trailbox::domain::calendar::Zone::utc().local(kit.clock.now());
    let mondays = Timetable {
        tz: "Europe/Madrid".to_owned(),
        weekly: [(
            "mon".to_owned(),
            vec![["09:00".to_owned(), "17:00".to_owned()]],
        )]
        .into(),
        exceptions: Default::default(),
    };
    assert_ne!(today.weekday, 0, "the kit's clock stands on another day");
    kit.done(&lead, move |now| {
        desk::sla::calendars::set(now, None, "Mondays", mondays)
    });
    let one = kit.ask(desk::sla::calendars::list).unwrap()[0].id;
    kit.done(&lead, move |now| {
        desk::sla::calendars::assign(now, None, Some(one))
    });
    let talk = kit.writes(channel, "34600111222", "Hello, where is my parcel?");
    let facts = turn(&kit, talk);
    assert_eq!(check_of(&facts), "out_of_hours");
    let words = said(&facts).unwrap();
    assert!(words.contains(" 09:00 (Europe/Madrid)"), "{words}");
    assert_eq!(owner(&kit, talk), Owner::Nobody);
}

#[test]
fn it_gives_up_with_a_reason_and_a_summary() {
    let kit = Kit::new();
    let channel = shop(&kit);
    let id = kit.writes(channel, "34600111222", "My lamp arrived broken yesterday");
    turn(&kit, id);
    let same = kit.writes(channel, "34600111222", "I want to talk to a human");
    assert_eq!(same, id);
    let facts = turn(&kit, id);
    assert_eq!(check_of(&facts), "asked_for_person");
    let given = facts.iter().find_map(|(seq, event)| match event {
        Event::Conversation(ConversationEvent::OwnerChanged {
            to, how, sealed, ..
        }) => Some((*seq, to.clone(), *how, sealed.reason.clone())),
        _ => None,
    });
    let (seq, to, how, reason) = given.unwrap();
    assert_eq!((to, how), (Owner::Nobody, Transfer::Escalated));
    assert_eq!(reason.as_deref(), Some("the customer asked for a person"));
    let entry = kit
        .ask(move |now| desk::audit::get(now, seq))
        .unwrap()
        .entry;
    assert_eq!(entry.cause, Some(facts[0].0));
    let present = kit.ask(|now| conversations::get(now, id)).unwrap();
    let summary = present.summary.unwrap();
    assert!(summary.issue.contains("lamp arrived broken"), "{summary:?}");
    assert!(summary.outcome.contains("asked for a person"));
    assert!(
        present.waiting_since.is_some(),
        "a person is waited for from now on"
    );
    kit.writes(channel, "34600111222", "hello?");
    assert!(turn(&kit, id).is_empty(), "it is silent then");
}

#[test]
fn media_and_two_turns_of_nothing_go_to_a_person() {
    let kit = Kit::new();
    let channel = shop(&kit);
    let id = kit.writes(channel, "34600111222", "Hi");
    turn(&kit, id);
    for (text, last) in [("hm", false), ("ok?", true)] {
        kit.writes(channel, "34600111222", text);
        let facts = turn(&kit, id);
        assert_eq!(check_of(&facts), "no_progress");
        assert_eq!(owner(&kit, id) == Owner::Nobody, last);
    }
    let facts = kit.hears(channel, &payload("message-voice"));
    let id = crate::kit::conversation_of(&facts).unwrap();
    // The payload is older than the day in which one may answer freely: it gives up silently.
    assert_eq!(owner(&kit, id), Owner::Bot);
    let facts = turn(&kit, id);
    let check = check_of(&facts);
    assert!(
        matches!(check.as_str(), "media" | "window_closed"),
        "{check}"
    );
    assert_eq!(owner(&kit, id), Owner::Nobody);
}

#[test]
fn whoever_takes_over_silences_it_and_gets_the_open_tickets() {
    let kit = Kit::new();
    let channel = shop(&kit);
    let (ada, ben) = (
        kit.member("Ada", Role::Agent),
        kit.member("Ben", Role::Agent),
    );
    let id = kit.writes(channel, "34600111222", "Hello");
    let mine = kit.ticket(
        &Who::shell(),
        tickets::Wanted {
            conversation: Some(id),
            title: "Nobody's".to_owned(),
            ..Default::default()
        },
    );
    let bens = kit.ticket(
        &ben,
        tickets::Wanted {
            conversation: Some(id),
            title: "Ben's".to_owned(),
            ..Default::default()
        },
    );
    let facts = kit.done(&ada, move |now| conversations::take(now, id, ""));
    let moved: Vec<_> = facts
        .iter()
        .filter_map(|(seq, event)| match event {
            Event::Ticket(TicketEvent::OwnerChanged { ticket, .. }) => Some((*seq, *ticket)),
            _ => None,
        })
        .collect();
    assert_eq!(moved.len(), 1);
    let seq = moved[0].0;
    assert_eq!(moved[0].1, mine);
    let entry = kit
        .ask(move |now| desk::audit::get(now, seq))
        .unwrap()
        .entry;
    assert_eq!(entry.cause, Some(facts[0].0), "the same cause");
    let held = kit.ask(|now| tickets::get(now, bens)).unwrap().owner;
    assert_eq!(held.member(), ben.member(), "what a colleague holds stays");
    assert!(turn(&kit, id).is_empty(), "the bot is silent at once");
    let refused = kit.refused(&ben, move |now| conversations::take(now, id, ""));
    assert!(refused.text.contains("held by Ada"), "{}", refused.text);

    kit.done(&ada, move |now| bot::hand_back(now, id, "only a question"));
    kit.later(MINUTE_MS);
    kit.writes(channel, "34600111222", "Hello again");
    assert_eq!(check_of(&turn(&kit, id)), "greeting");
}

#[test]
fn the_words_to_take_over_are_offered_until_a_person_has_spoken() {
    let kit = Kit::new();
    let channel = shop(&kit);
    let ada = kit.member("Ada", Role::Agent);
    let id = kit.writes(channel, "34600111222", "Hola, buenas tardes");
    turn(&kit, id);
    kit.done(&ada, move |now| conversations::take(now, id, ""));
    let offered = || {
        kit.ask(|now| bot::transition(now, &conversations::get(now, id)?))
            .unwrap()
    };
    let words = offered().unwrap();
    assert!(words.contains("Soy Ada"), "{words}");
    let reply = kit.reply(id, &words);
    kit.done(&ada, move |now| desk::articles::reply(now, reply));
    assert_eq!(offered(), None);
}

#[test]
fn a_late_answer_never_lands_over_a_person() {
    let kit = Kit::new();
    let channel = shop(&kit);
    let ada = kit.member("Ada", Role::Agent);
    let talks: Vec<_> = (0..60)
        .map(|n| kit.writes(channel, &format!("3460011{n:04}"), "Hello"))
        .collect();
    let (answering, taking) = (kit.ledger.clone(), kit.ledger.clone());
    std::thread::scope(|both| {
        both.spawn(|| {
            for id in &talks {
                let (id, tag) = (*id, format!("race-{id}"));
                answering
                    .record(&bot::who(), move |now| bot::answer(now, id, &tag))
                    .unwrap();
            }
        });
        both.spawn(|| {
            for id in talks.iter().rev().chain(&talks) {
                let id = *id;
                taking
                    .record(&ada, move |now| conversations::take(now, id, ""))
                    .ok(); // the second time it is hers already
            }
        });
    });
    for id in talks {
        assert_eq!(owner(&kit, id).member(), ada.member());
    }
    // The inspection of the kit finds any word of the bot after a person became responsible.
}

#[test]
fn an_answer_from_the_phone_silences_it() {
    let kit = Kit::new();
    let channel = shop(&kit);
    let facts = kit.hears(channel, &payload("echo-text"));
    let to = facts.iter().find_map(|(_, event)| match event {
        Event::Article(ArticleEvent::Echoed { conversation, .. }) => Some(*conversation),
        _ => None,
    });
    assert_eq!(
        owner(&kit, to.unwrap()),
        Owner::Nobody,
        "no bot where we begin"
    );
}
