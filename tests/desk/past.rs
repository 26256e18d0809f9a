//! The past made from the facts it needs is the past that a rebuild up to that event gives.

use super::kit::Kit;
use super::walk::walked;
use trailbox::desk::audit;
use trailbox::desk::past::{self, Scope, configuration, fields};
use trailbox::desk::timeline;
use trailbox::desk::{contacts, conversations, tickets};
use trailbox::domain::actor::Who;
use trailbox::domain::calendar::Zone;
use trailbox::domain::id::{ContactId, ConversationId, Object, Seq, TicketId};
use trailbox::domain::member::Role;
use trailbox::error::Result;
use trailbox::ledger::Now;
use trailbox::web::names::Names;

/// Everything the page of a thing says.
#[derive(Debug, PartialEq)]
struct Picture {
    fields: Vec<fields::Field>,
    /// Every event about it, and what became of the newest articles among them.
    places: Vec<Seq>,
    articles: Vec<Option<timeline::Article>>,
    names: String,
}

fn picture(now: &Now<'_>, object: Object) -> Result<Option<Picture>> {
    let known = match object {
        Object::Conversation(id) => conversations::get(now, id).map(drop),
        Object::Ticket(id) => tickets::get(now, id).map(drop),
        _ => match object {
            Object::Contact(id) => contacts::get(now, id).map(drop),
            _ => Ok(()),
        },
    };
    if known.is_err() {
        return Ok(None); // it was not there yet
    }
    let places = audit::filter::all(now, &about(object), 10_000)?;
    let articles = places
        .iter()
        .take(40)
        .map(|seq| timeline::article(now, *seq));
    Ok(Some(Picture {
        fields: fields::of(now, object)?,
        articles: articles.collect::<Result<_>>()?,
        places,
        names: format!("{:?}", Names::of_desk(now)?),
    }))
}

fn about(object: Object) -> audit::Filter {
    audit::Filter {
        objects: vec![object],
        ..audit::Filter::default()
    }
}

/// Compares so many random moments of random things.
fn compare(kit: &Kit, seed: u64, pairs: usize) {
    let mut dice = fastrand::Rng::with_seed(seed);
    let events = kit.events();
    let most = |sql: &'static str| -> u64 { kit.ask(|now| now.value(sql, &[])).unwrap() };
    let talks = most("SELECT coalesce(max(id), 1) FROM conversation");
    let cases = most("SELECT coalesce(max(id), 1) FROM ticket");
    let people = most("SELECT coalesce(max(id), 1) FROM contact");
    let mut asked: Vec<(Seq, Scope)> = (0..pairs)
        .map(|_| {
            let object = match dice.u8(0..10) {
                0 => return (Seq(dice.u64(0..events)), Scope::Configuration),
                1..5 => Object::Conversation(ConversationId(dice.u64(1..=talks))),
                5..8 => Object::Ticket(TicketId(cases - dice.u64(0..cases.min(40)))),
                _ => Object::Contact(ContactId(dice.u64(1..=people))),
            };
            // Mostly moments at which something happened to it.
            let own = kit.ask(|now| audit::filter::all(now, &about(object), 1_000));
            let own = own.unwrap();
            let at = match own.len() {
                0 => Seq(dice.u64(0..events)),
                _ if dice.u8(0..4) == 0 => Seq(dice.u64(0..events)),
                many => own[dice.usize(0..many)],
            };
            (at, Scope::Case(object))
        })
        .collect();
    asked.sort_by_key(|(seq, _)| *seq);
    let who = Who::shell();
    let live = kit.ledger.now(&who).unwrap();
    let mut compared = 0;
    let mut next = asked.into_iter().peekable();
    kit.ledger
        .replay(&who, &mut |whole, happened| {
            let Some((seq, _)) = happened else {
                return Ok(());
            };
            while let Some((_, scope)) = next.next_if(|(at, _)| *at == seq) {
                let part = past::after(&kit.ledger, &live, scope, seq)?;
                let part = part.now(&who);
                assert_eq!((part.at(), part.next_seq()), (whole.at(), whole.next_seq()));
                match scope {
                    Scope::Case(object) => {
                        let (part, whole) = (picture(&part, object)?, picture(whole, object)?);
                        assert_eq!(part, whole, "{object} after {seq}");
                    }
                    Scope::Configuration => {
                        let (part, whole) = (configuration::of(&part)?, configuration::of(whole)?);
                        assert_eq!(part, whole, "the set-up after {seq}");
                    }
                }
                compared += 1;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(compared, pairs);
}

/// A thousand of them.
#[test]
fn random_moments_equal_a_rebuild_up_to_them() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let kit = walked(seed, 500);
    compare(&kit, seed, 1_000);
}

#[test]
fn how_the_desk_was_set_up_is_told_as_of_then() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    kit.channel("shop");
    let before = Seq(kit.events() - 1);
    kit.done(&admin, |now| {
        trailbox::desk::settings::set(now, "desk.name", "Another & Co")
    });
    kit.done(&admin, |now| trailbox::desk::groups::add(now, "Returns"));
    let after = Seq(kit.events() - 1);
    let who = Who::shell();
    let live = kit.ledger.now(&who).unwrap();
    let told = |seq| {
        let past = past::after(&kit.ledger, &live, Scope::Configuration, seq).unwrap();
        format!("{:?}", configuration::of(&past.now(&who)).unwrap())
    };
    assert!(!told(before).contains("Another & Co") && !told(before).contains("Returns"));
    assert!(told(after).contains("Another & Co") && told(after).contains("Returns"));
    assert!(!told(after).contains("secret-"), "secrets stay secret");
}

#[test]
fn a_moment_is_named_by_event_or_time() {
    let kit = Kit::new();
    kit.later(3_600_000);
    kit.member("Ada", Role::Agent);
    let last = kit.events() - 1;
    let place = |text: &str| kit.ask(|now| past::place(now, text, &Zone::utc()));
    assert_eq!(place("#0").unwrap(), Seq(0));
    assert_eq!(place("2026-11-22").unwrap(), Seq(last));
    assert_eq!(place("30m").unwrap(), Seq(last - 1));
    for (text, words) in [
        ("99999", "no event 99999 yet"),
        ("2020-01-01", "before this desk"),
        ("whenever", "is no time"),
    ] {
        let error = place(text).unwrap_err();
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
}
