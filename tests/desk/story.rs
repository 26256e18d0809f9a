//! A desk where everything happened at least once, for tests that need a row of every kind.

mod calls;

use crate::email::{from_ana, hears, place, reply};
use crate::kit::{Kit, article_of, digest, payload, payloads, provider};
use trailbox::desk;
use trailbox::domain::actor::Who;
use trailbox::domain::conversation::Summary;
use trailbox::domain::event::{ChannelEvent, File, Origin};
use trailbox::domain::id::{ArticleId, ChannelId, ConversationId, Object};
use trailbox::domain::member::Role;
use trailbox::domain::moment::{HOUR_MS, MINUTE_MS};
use trailbox::domain::ticket::{Priority, Status, Wait};
use trailbox::ledger::Now;

/// A desk with rows in every table and at least `events` events.
pub fn busy_desk(events: u64) -> Kit {
    let kit = Kit::new();
    let owner = kit.member("Noor", Role::Owner);
    let lead = kit.member("Mar", Role::Lead);
    let agent = kit.member("Ada", Role::Agent);
    let other = kit.member("Ben", Role::Agent);
    people(&kit, &owner, &agent, &other);
    service_levels(&kit, &lead);
    let channel = kit.channel("shop");
    let second = kit.channel("repairs");
    channels(&kit, &owner, channel, second);
    for name in payloads() {
        kit.later(MINUTE_MS);
        kit.hears(channel, &payload(&name));
    }
    kit.hears(second, b"{\"object\":");
    let reaction = String::from_utf8(payload("reaction")).unwrap();
    for other in ["wamid.NEW", "wamid.MORE"] {
        kit.hears(channel, reaction.replace("wamid.", other).as_bytes());
    }
    bots(&kit, &owner);
    given_out(&kit, &lead, &agent, &other, channel);
    let first = kit.writes(channel, "34600111222", "¿Dónde está mi pedido? 🙂 مرحبا");
    let next = kit.writes(channel, "34600111333", "Hello, the lamp arrived broken");
    conversations(&kit, &lead, &agent, &other, first, next);
    rules(&kit, &owner);
    tickets(&kit, &lead, &agent, first, next);
    calls::named(&kit, &owner, &lead);
    trailbox::jobs::rules::catch_up(&kit.ledger, &mut None).unwrap();
    crate::packs::settled(&kit, &lead, &agent, Object::Conversation(first));
    let own = kit.writes(channel, "34600777888", "this should not have been kept");
    crate::privacy::settled(&kit, &owner, &lead, next, own);
    many(&kit, &owner);
    joined(&kit, &lead, first);
    mailboxes(&kit, &owner);
    calls::calls(&kit, &owner, &agent);
    calls::taken_over(&kit);
    calls::told(&kit, &owner);
    calls::set_aside(&kit, &owner, channel);
    kit.ledger.publish_checkpoint().unwrap();
    kept_elsewhere(&kit, &owner);
    let mut round = 0;
    while kit.events() < events {
        round += 1;
        kit.later(MINUTE_MS);
        let number = format!("346002{:05}", round % 17);
        let conversation = kit.writes(channel, &number, &format!("message no. {round}"));
        sends(
            &kit,
            &lead,
            conversation,
            &format!("answer no. {round}"),
            round,
        );
        if round % 20 == 0 {
            kit.ledger.publish_checkpoint().unwrap();
        }
    }
    kit
}

/// Given a witness that signed a checkpoint, another that signed another trail, a mail that was
/// sent and one that was not, and another signing key.
fn kept_elsewhere(kit: &Kit, owner: &Who) {
    use desk::checkpoints;
    use trailbox::domain::checkpoint::Contradiction;
    use trailbox::ledger::cosign::Cosignature;
    let note = kit.ledger.publish_checkpoint().unwrap();
    let size = trailbox::ledger::note::Checkpoint::parse(&note)
        .unwrap()
        .size;
    for name in ["witness.example/w1", "witness.example/w2"] {
        let (at_s, line) = (1_795_316_400, format!("\u{2014} {name} AAAA"));
        let signed = Cosignature { at_s, line };
        kit.done(owner, move |now| {
            checkpoints::cosigned(now, size, name, &signed)
        });
    }
    for (name, known) in [("witness.example/w3", 7_000), ("witness.example/w4", 9_000)] {
        let how = Contradiction::RolledBack;
        kit.done(owner, move |now| {
            checkpoints::contradicted(now, size, name, how, known)
        });
    }
    let channel = Some(trailbox::domain::id::ChannelId(1));
    for (member, came) in [(1, Ok(())), (2, Err("the mailbox is full".to_owned()))] {
        let member = trailbox::domain::id::MemberId(member);
        kit.done(owner, move |_| {
            Ok(checkpoints::mailed(size, member, channel, came))
        });
    }
    kit.ledger.rotate_key(owner).unwrap();
}

/// Given a rule that answers every ticket.
fn rules(kit: &Kit, owner: &Who) {
    use trailbox::domain::action::Actions;
    use trailbox::domain::rule::{About, Definition};
    let definition = Definition {
        about: About::Ticket,
        when: vec!["ticket.opened".to_owned()],
        after: None,
        conditions: Vec::new(),
        then: Actions {
            note: Some("{{ticket.number}} is new".to_owned()),
            ..Actions::default()
        },
    };
    kit.done(owner, move |now| {
        desk::rules::save(now, None, "Greet", definition)
    });
    kit.done(owner, |now| desk::rules::switch(now, 1, true));
}

/// Work given out by a rule, and members who are told of it.
fn given_out(
    kit: &Kit,
    lead: &Who,
    agent: &Who,
    other: &Who,
    channel: trailbox::domain::id::ChannelId,
) {
    use desk::{assignment, conversations, groups, members, notifications};
    use trailbox::domain::assignment::{Method, Rule};
    use trailbox::domain::notification::{Kind, Ways};
    let ada = agent.member().unwrap();
    kit.done(agent, move |now| {
        members::change_presence(now, ada, "online")
    });
    let rule = Rule {
        method: Method::RoundRobin,
        cap: 50,
        away_min: 0,
    };
    let ids = kit.ask(groups::list).unwrap();
    for group in &ids {
        let group = group.id;
        kit.done(lead, move |now| assignment::set_rule(now, group, rule));
    }
    let talks: Vec<_> = (0..4)
        .map(|n| kit.writes(channel, &format!("3460088800{n}"), "Hello"))
        .collect();
    let give = |talk: ConversationId| {
        let group = ids[0].id;
        kit.done(lead, move |now| {
            conversations::change_group(now, talk, Some(group))
        });
    };
    talks[..2].iter().for_each(|talk| give(*talk));
    let due = kit.ask(notifications::to_tell).unwrap();
    let teller = Who::system("notifications", trailbox::domain::actor::Door::Timer);
    kit.done(&teller, move |now| {
        notifications::tell(now, &due, |_, _| false)
    });
    talks[2..].iter().for_each(|talk| give(*talk));
    let ways = Ways {
        list: true,
        browser: false,
        email: false,
    };
    for (who, kind) in [(agent, Kind::Reply), (other, Kind::Mention)] {
        kit.done(who, move |now| notifications::prefer(now, kind, ways));
    }
    kit.done(agent, |now| notifications::read(now, None));
    let by_hand = Rule::default();
    for group in &ids {
        let group = group.id;
        kit.done(lead, move |now| assignment::set_rule(now, group, by_hand));
    }
    kit.done(agent, move |now| members::change_presence(now, ada, "away"));
}

/// A channel whose conversations begin with the bot, and what it said there.
fn bots(kit: &Kit, owner: &Who) {
    use desk::bot;
    let channel = kit.channel("night");
    kit.done(owner, move |now| bot::switch(now, channel, true));
    for n in 0..3 {
        let id = kit.writes(channel, &format!("3460077700{n}"), "Hello, who is there?");
        let tag = format!("tag-{}", kit.number());
        kit.done(&bot::who(), move |now| bot::answer(now, id, &tag));
    }
}

/// Given a macro, and a ticket changed in bulk that was so already.
fn many(kit: &Kit, owner: &Who) {
    use trailbox::domain::action::Actions;
    use trailbox::domain::id::Object;
    let noted = Actions {
        note: Some("seen".to_owned()),
        ..Actions::default()
    };
    kit.done(owner, move |now| {
        desk::macros::save(now, None, "Seen", true, noted)
    });
    // The second time all of them are so already.
    for _ in 0..2 {
        kit.done(owner, |now| {
            let ids: Vec<Object> = desk::tickets::list::page(now, &Default::default(), 9)?
                .into_iter()
                .map(|ticket| Object::Ticket(ticket.id))
                .collect();
            let wished = Actions {
                priority: Some(trailbox::domain::ticket::Priority::High),
                ..Actions::default()
            };
            desk::bulk::start(now, &ids, wished, "")
        });
        trailbox::jobs::bulk::work(&kit.ledger, &|| false).unwrap();
    }
}

/// Given opening hours and how soon customers are answered.
fn service_levels(kit: &Kit, lead: &Who) {
    use desk::sla::{calendars, policies};
    use trailbox::domain::calendar::hours::Timetable;
    use trailbox::domain::sla::policy::Policy;
    use trailbox::domain::sla::{Metric, Targets};
    let mut targets = Targets::default();
    targets.set(Metric::FirstResponse, Some(1_800));
    targets.set(Metric::NextResponse, Some(3_600));
    targets.set(Metric::Resolution, Some(8 * 3_600));
    let rows = ["low", "normal", "high", "urgent"];
    let policy = Policy {
        name: "All day".to_owned(),
        position: 1,
        targets: rows.map(|row| (row.to_owned(), targets)).into(),
        warn_pct: 80,
        ..Policy::default()
    };
    kit.done(lead, |now| {
        calendars::set(now, None, "Always", Timetable::always())
    });
    kit.done(lead, |now| policies::set(now, None, policy));
}

/// Given customers and tickets that turned out to be the same, or to belong together.
fn joined(kit: &Kit, lead: &Who, first: ConversationId) {
    use desk::contacts::{self, merging, view::View};
    use desk::tickets::{Wanted, joins};
    use trailbox::domain::ticket::Link;
    let known = kit
        .ask(|now| contacts::list(now, View::All, None, 3))
        .unwrap();
    let (one, two) = (known[0].id, known[1].id);
    kit.done(lead, move |now| {
        let company = ("company".to_owned(), "Lamps and more".to_owned());
        contacts::profile::describe(now, one, &[company].into())
    });
    kit.done(lead, move |now| merging::merge(now, two, one));
    let named = |title: &str| Wanted {
        title: title.to_owned(),
        ..Wanted::default()
    };
    let [case, twin, like] =
        ["A case", "Its twin", "One like it"].map(|title| kit.ticket(lead, named(title)));
    kit.done(lead, move |now| joins::merge(now, twin, case));
    kit.done(lead, move |now| joins::link(now, case, like, Link::Related));
    let part = named("Another matter");
    kit.done(lead, move |now| {
        let said = now.value(
            "SELECT min(seq) FROM article WHERE conversation = :id AND direction = 'in'",
            &[(":id", &first)],
        )?;
        joins::split(now, Object::Conversation(first), vec![said], part)
    });
}

/// Given a mailbox that was read, and a signature.
fn mailboxes(kit: &Kit, owner: &Who) {
    use desk::mailboxes::{self, Wanted};
    use trailbox::domain::mailbox::{MailConfig, MailSecret, Security};
    let wanted = Wanted {
        name: "support".to_owned(),
        title: "Support".to_owned(),
        config: MailConfig {
            address: "support@noor.example".to_owned(),
            smtp_host: "localhost".to_owned(),
            smtp_port: 25,
            smtp_security: Security::None,
            ..MailConfig::default()
        },
        secret: MailSecret {
            token_key: "a key".to_owned(),
            ..MailSecret::default()
        },
        group: None,
    };
    kit.done(owner, move |now| mailboxes::add(now, wanted));
    let channel = kit
        .ask(|now| mailboxes::of_address(now, "support@noor.example"))
        .unwrap()
        .unwrap();
    kit.done(&provider(channel), move |_| {
        Ok(mailboxes::begin(channel, 7, 12))
    });
    letters(kit, owner, channel);
    let me = Object::Member(owner.member().unwrap());
    kit.done(owner, move |now| mailboxes::sign(now, me, "Noor"));
}

/// Given a letter that was fetched, and an answer that one of its receivers did not take yet.
fn letters(kit: &Kit, owner: &Who, channel: ChannelId) {
    use desk::{letters, mailboxes};
    let raw = from_ana("story", "", "parcel");
    let talk = place(&hears(kit, channel, &raw)).expect("a letter begins a thread");
    let bytes = raw.replace('\n', "\r\n").into_bytes();
    kit.done(&provider(channel), move |now| {
        mailboxes::keep(now, channel, digest(&bytes), bytes, Some((7, 13)))
    });
    let (_, article) = reply(kit, owner, talk, channel);
    kit.done(&provider(channel), move |now| {
        letters::receiver_refused(now, article, "bo@mail.example", 451, "come again")
    });
}

fn people(kit: &Kit, owner: &Who, agent: &Who, other: &Who) {
    use desk::{groups, members, sessions, settings};
    let (ada, ben) = (agent.member().unwrap(), other.member().unwrap());
    kit.done(owner, |now| groups::add(now, "Support"));
    kit.done(owner, |now| groups::add(now, "Repairs"));
    let ids = kit.ask(groups::list).unwrap();
    for group in ids {
        kit.done(owner, move |now| {
            groups::set_members(now, group.id, &[ada, ben])
        });
    }
    kit.done(owner, |now| settings::set(now, "desk.name", "Noor & Mar"));
    kit.done(owner, |now| settings::set(now, "session.idle_h", "8"));
    let origin = |n: u8| Origin {
        address: format!("192.0.2.{n}"),
        agent: format!("Browser {n}"),
    };
    kit.done(agent, move |now| {
        sessions::log_in(now, ada, "a1".repeat(32), origin(1))
    });
    kit.done(other, move |now| {
        sessions::log_in(now, ben, "b2".repeat(32), origin(2))
    });
    kit.done(other, |now| sessions::log_out(now, &"b2".repeat(32)));
    for (email, n) in [("ada@noor.example", 3), ("nobody@noor.example", 4)] {
        let who = Who::system("login", trailbox::domain::actor::Door::Web);
        kit.done(&who, move |now| {
            sessions::fail(now, email, "password", origin(n))
        });
    }
    kit.done(agent, move |now| members::change_presence(now, ada, "away"));
    kit.done(owner, move |now| members::change_role(now, ben, Role::Lead));
    kit.done(owner, move |now| {
        members::change_role(now, ben, Role::Agent)
    });
}

fn channels(
    kit: &Kit,
    owner: &Who,
    channel: trailbox::domain::id::ChannelId,
    second: trailbox::domain::id::ChannelId,
) {
    use desk::channels::{self, Template};
    let template = |name: &str, text: &str| Template {
        name: name.to_owned(),
        language: "en".to_owned(),
        status: "APPROVED".to_owned(),
        category: "UTILITY".to_owned(),
        body: serde_json::json!({"components": [{"type": "BODY", "text": text}]}),
    };
    let told = vec![template("hello", "Hello {{1}}"), template("sorry", "Sorry")];
    kit.done(owner, move |now| {
        channels::sync_templates(now, channel, told)
    });
    for (channel, address) in [(channel, "198.51.100.7"), (second, "198.51.100.8")] {
        let origin = Origin {
            address: address.to_owned(),
            agent: "curl".to_owned(),
        };
        kit.done(&provider(channel), move |now| {
            channels::refuse_signature(now, channel, origin)
        });
    }
    kit.done(owner, move |now| channels::disable(now, second, "moving"));
    kit.done(owner, move |now| channels::enable(now, second));
    let stopped = move |_: &Now<'_>| {
        Ok(vec![
            ChannelEvent::Stopped {
                channel: second,
                code: Some(190),
                text: "the token is no longer valid".to_owned(),
            }
            .into(),
        ])
    };
    kit.done(&provider(second), stopped);
}

fn conversations(
    kit: &Kit,
    lead: &Who,
    agent: &Who,
    other: &Who,
    first: ConversationId,
    next: ConversationId,
) {
    use desk::{articles, conversations};
    let ben = other.member().unwrap();
    kit.done(agent, move |now| conversations::view(now, first));
    kit.done(lead, move |now| conversations::view(now, next));
    kit.done(agent, move |now| conversations::take(now, first, ""))
        .len();
    kit.done(agent, move |now| conversations::take(now, next, ""));
    kit.done(agent, move |now| {
        articles::note(now, Object::Conversation(first), "was here before")
    });
    kit.done(agent, move |now| {
        conversations::tag(now, first, "late, courier")
    });
    kit.done(agent, move |now| conversations::tag(now, next, "broken"));
    kit.done(agent, move |now| {
        conversations::escalate(now, first, 2, "angry and right")
    });
    kit.done(agent, move |now| {
        conversations::assign(now, next, ben, "he knows lamps")
    });
    let until = kit.clock.now().plus_ms(HOUR_MS);
    kit.done(other, move |now| {
        conversations::snooze(now, next, Some(until))
    });
    let typing = super::kit::member(ben, "Ben", Role::Agent);
    for (who, on, kind, text) in [
        (agent, first, "reply", "Dear"),
        (&typing, next, "note", "hm"),
    ] {
        let on = Object::Conversation(on);
        desk::drafts::keep(&kit.ledger, who, on, (kind, text), None).unwrap();
    }
    for round in 0..8 {
        sends(kit, agent, first, "we are looking for it", round);
    }
    let mut photo = kit.reply(first, "");
    photo.content = trailbox::domain::message::Content::Media(Default::default());
    photo.file = Some(File {
        field: "media",
        media_type: "image/png".to_owned(),
        bytes: b"\x89PNG\r\n\x1a\n and some more".to_vec(),
    });
    kit.done(agent, move |now| articles::reply(now, photo));
    fetches(kit);
    let summary = Summary {
        issue: "parcel late".to_owned(),
        actions: "asked the courier".to_owned(),
        outcome: "delivered".to_owned(),
        next_step: String::new(),
    };
    kit.done(agent, move |now| conversations::close(now, first, summary));
    kit.done(agent, move |now| conversations::reopen(now, first));
}

/// One message, and one of the things that can come of it.
fn sends(kit: &Kit, who: &Who, conversation: ConversationId, text: &str, round: u64) {
    use desk::deliveries::{self, Outcome};
    let outbox = Who::system("outbox", trailbox::domain::actor::Door::Timer);
    let reply = kit.reply(conversation, text);
    let facts = kit.done(who, move |now| desk::articles::reply(now, reply));
    let article: ArticleId = article_of(&facts).unwrap();
    if round % 8 == 7 {
        return; // stays in the outbox
    }
    kit.done(&outbox, move |now| deliveries::attempt(now, article));
    let provider_id = format!("wamid.OUT{}", kit.number());
    let text = "the provider says no".to_owned();
    let outcome = match round % 8 {
        0..4 => Outcome::Accepted { provider_id },
        4 => Outcome::Failed {
            code: Some(131_047),
            text,
        },
        5 => Outcome::Deferred {
            code: Some(130_429),
            text,
            next_at: kit.clock.now().plus_ms(MINUTE_MS),
        },
        _ => Outcome::Doubted { text },
    };
    let accepted = matches!(outcome, Outcome::Accepted { .. });
    kit.done(&outbox, move |now| {
        deliveries::settle(now, article, outcome)
    });
    if round % 8 == 4 {
        kit.done(who, move |now| deliveries::retry(now, article));
    } else if accepted && round.is_multiple_of(2) {
        kit.done(who, move |now| {
            Ok(deliveries::mark_read(
                now,
                conversation,
                ArticleId::default(),
            ))
        });
    }
}

/// Some of the files that came are fetched, others are not.
fn fetches(kit: &Kit) {
    let outbox = Who::system("media", trailbox::domain::actor::Door::Timer);
    kit.later(HOUR_MS);
    let due = kit.ask(|now| desk::deliveries::media_due(now, 20)).unwrap();
    assert!(due.len() >= 3, "the payloads bring files");
    for (fetch, round) in due.into_iter().zip(0..) {
        let article = fetch.article;
        let next_at = (round % 3 == 1).then(|| kit.clock.now().plus_ms(HOUR_MS));
        kit.done(&outbox, move |now| match round % 3 {
            0 => {
                let bytes = format!("%PDF-1.7 file no. {round}").into_bytes();
                desk::deliveries::media_fetched(now, article, "application/pdf", bytes)
            }
            _ => desk::deliveries::media_failed(now, article, "not found", next_at),
        });
    }
}

fn tickets(kit: &Kit, lead: &Who, agent: &Who, first: ConversationId, next: ConversationId) {
    use desk::tickets::{self, Wanted};
    let wanted = |conversation, title: &str| Wanted {
        conversation,
        title: title.to_owned(),
        ..Wanted::default()
    };
    let lost = kit.ticket(agent, wanted(Some(first), "Parcel lost"));
    let lamp = kit.ticket(lead, wanted(None, "Lamp broken"));
    kit.done(lead, move |now| tickets::attach(now, lamp, next));
    for (ticket, who) in [(lost, agent.clone()), (lamp, lead.clone())] {
        kit.done(&who, move |now| tickets::view(now, ticket));
        kit.done(&who, move |now| tickets::tag(now, ticket, "vip, fragile"));
        kit.done(&who, move |now| {
            tickets::escalate(now, ticket, 1, "asks every day")
        });
        kit.done(&who, move |now| {
            tickets::change_fields(now, ticket, Priority::High, "", None)
        });
        kit.done(&who, move |now| {
            desk::articles::note(now, Object::Ticket(ticket), "called the courier")
        });
        kit.done(&who, move |now| {
            tickets::change_status(now, ticket, Status::InProgress, None, "")
        });
    }
    let wait = Wait {
        whom: "Fast Parcel".to_owned(),
        reference: "FP-778".to_owned(),
        expected_on: "2026-11-25".to_owned(),
    };
    kit.done(agent, move |now| {
        tickets::change_status(now, lost, Status::AwaitingCourier, Some(wait), "")
    });
    kit.done(lead, move |now| {
        tickets::change_status(now, lamp, Status::Resolved, None, "sent a new one")
    });
    kit.done(lead, move |now| {
        tickets::rename(now, lamp, "Lamp broken in transit")
    });
}
