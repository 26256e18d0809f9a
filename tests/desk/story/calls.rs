//! Calls that rang and what was promised in them, a ticket of another system, statuses and fields of
//! the desk's own.

use crate::kit::{Kit, digest, provider};
use trailbox::desk::calls::{self, hear, lines};
use trailbox::desk::commitments::Promise;
use trailbox::desk::{channels, imports};
use trailbox::domain::actor::{Door, Who};
use trailbox::domain::call::{Note, Step, StepKind};
use trailbox::domain::id::{ChannelId, Seq};
use trailbox::domain::import::{Article, Author, Person, Source, Ticket};
use trailbox::domain::message::CallDirection;
use trailbox::domain::moment::HOUR_MS;
use trailbox::domain::ticket::{Priority, Status};

/// Given a phone line: a call that was taken and noted, one that rings, an end without a call.
pub fn calls(kit: &Kit, owner: &Who, agent: &Who) {
    let wanted = lines::Wanted {
        name: "office".to_owned(),
        number: "+92 42 35761234".to_owned(),
        token: "a-token-long-enough-1".to_owned(),
        ..lines::Wanted::default()
    };
    kit.done(owner, move |now| lines::add(now, wanted));
    let known = kit.ask(channels::list).unwrap();
    let line = known.iter().map(|channel| channel.id).max_by_key(|id| id.0);
    let line = line.unwrap();
    let tells = |kind: StepKind, call_id: &str| {
        let body = format!("{kind:?} {call_id}").into_bytes();
        let who = provider(line);
        let kept = kit.done(&who, move |now| {
            channels::keep_payload(now, line, digest(&body), body)
        });
        let payload = kept[0].0;
        let step = Step {
            kind,
            call_id: call_id.to_owned(),
            direction: CallDirection::In,
            from: "+923001234567".to_owned(),
            to: "+924235761234".to_owned(),
            users: vec!["Ada".to_owned()],
            queue: Some("sales".to_owned()),
            cause: (kind == StepKind::Hangup).then(|| "normalClearing".to_owned()),
            answering: None,
        };
        let facts = kit.done(&who, move |now| hear::hear(now, line, payload, &step));
        kit.done(&who, move |now| channels::payload_read(now, payload, 1));
        facts[0].0
    };
    tells(StepKind::NewCall, "c-1");
    tells(StepKind::Answer, "c-1");
    tells(StepKind::Hangup, "c-1");
    tells(StepKind::NewCall, "c-2");
    for early in ["c-8", "c-9"] {
        tells(StepKind::Hangup, early);
    }
    let first = kit.ask(|now| calls::by_id(now, line, "c-1")).unwrap();
    let first = first.unwrap();
    let owns = agent.member().unwrap();
    for reason in ["The parcel is late", "The parcel is lost"] {
        let due_at = kit.clock.now().plus_ms(30 * HOUR_MS);
        let wanted = calls::Wanted {
            call: Some(first.seq),
            note: Note {
                reason: reason.to_owned(),
                key_points: vec!["second call".to_owned()],
                follow_ups: vec!["ask the courier".to_owned()],
            },
            satisfaction: Some(2),
            promises: vec![Promise {
                text: format!("call back: {reason}"),
                owner: owns,
                due_at,
            }],
            ..calls::Wanted::default()
        };
        let object = first.object().unwrap();
        kit.done(agent, move |now| calls::log(now, object, wanted));
    }
}

/// Given two tickets taken over from another system.
pub fn taken_over(kit: &Kit) {
    let who = Who::of(
        trailbox::domain::actor::Actor::System {
            id: "import".to_owned(),
        },
        Door::Import,
        None,
    );
    let source = Source::Zendesk;
    let begun = kit.done(&who, move |_| {
        Ok(imports::begin(source, vec!["0".repeat(64)], 2, 2))
    });
    let run: Seq = begun[0].0;
    for key in ["35", "36"] {
        let at = kit.clock.now().plus_ms(-1_000 * HOUR_MS);
        let ticket = Ticket {
            key: key.to_owned(),
            title: format!("An old case, no. {key}"),
            kind: "question".to_owned(),
            priority: Priority::Normal,
            status: Status::Closed,
            customer: Some(Person {
                key: format!("p-{key}"),
                name: format!("Old customer {key}"),
                ..Person::default()
            }),
            tags: vec!["old".to_owned()],
            opened_at: at,
            changed_at: at.plus_ms(HOUR_MS),
            articles: vec![Article {
                key: format!("a-{key}"),
                ticket: key.to_owned(),
                author: Author::Customer,
                name: format!("Old customer {key}"),
                email: None,
                internal: false,
                sent_at: at,
                text: "Where is it?".to_owned(),
                files: Vec::new(),
            }],
        };
        kit.done(&who, move |now| imports::ticket(now, run, source, &ticket));
    }
}

/// Given two statuses and two fields of the desk's own, in use, and two views that were kept.
pub fn named(kit: &Kit, owner: &Who, lead: &Who) {
    use trailbox::desk::{fields, statuses, tickets};
    use trailbox::domain::field::{Definition, Kind};
    use trailbox::domain::status;
    for (label, base) in [
        ("At the office", Status::InProgress),
        ("With the lab", Status::AwaitingCustomer),
    ] {
        let definition = status::Definition {
            label: label.to_owned(),
            next: Some(status::Next {
                when: status::When::WorkingHours(200),
                to: "in_progress".to_owned(),
            }),
            ..status::Definition::shipped(base)
        };
        kit.done(owner, move |now| statuses::define(now, None, definition));
    }
    for label in ["Size", "Colour"] {
        let definition = Definition {
            label: label.to_owned(),
            kind: Kind::Text,
            choices: Vec::new(),
            pattern: String::new(),
            country: String::new(),
            types: Vec::new(),
            to_close: false,
        };
        kit.done(owner, move |now| fields::define(now, None, definition));
    }
    let me = (lead.member().unwrap(), trailbox::domain::member::Role::Lead);
    for name in ["Late", "Refused"] {
        kit.done(lead, move |now| {
            trailbox::desk::views::save(now, "audit", name, "q=late", me, false)
        });
    }
    for (n, to) in [(1, "at_the_office"), (2, "with_the_lab")] {
        let wanted = tickets::Wanted {
            title: format!("Case no. {n}"),
            ..tickets::Wanted::default()
        };
        let id = kit.ticket(lead, wanted);
        kit.done(lead, move |now| {
            let values = [("size", format!("4{n}")), ("colour", "red".to_owned())];
            let values = values.map(|(name, text)| (name.to_owned(), text));
            tickets::fill(now, id, &values.into())
        });
        kit.done(lead, move |now| tickets::enter(now, id, to, None, ""));
    }
}

/// Given two webhooks, and deliveries that did not get through.
pub fn told(kit: &Kit, owner: &Who) {
    use trailbox::desk::webhooks::{self, Wanted};
    for n in 1..=2 {
        let wanted = Wanted {
            name: format!("Shop system {n}"),
            url: format!("https://shop.example/{n}"),
            host: "shop.example".to_owned(),
            secret: "a secret of the story".to_owned(),
            kinds: vec!["ticket.opened".to_owned()],
        };
        kit.done(owner, move |now| webhooks::save(now, None, wanted));
        kit.done(owner, move |now| webhooks::switch(now, n, true));
    }
    kit.ticket(
        owner,
        trailbox::desk::tickets::Wanted {
            title: "Told to others".to_owned(),
            ..trailbox::desk::tickets::Wanted::default()
        },
    );
    let parcels = kit.ask(|now| {
        let mut parcels = Vec::new();
        for hook in webhooks::list(now)? {
            let from = webhooks::place(now, &hook)?;
            parcels.extend(webhooks::fresh(now, &hook, from)?.0);
        }
        Ok(parcels)
    });
    let parcels = parcels.unwrap();
    assert_eq!(parcels.len(), 2);
    let who = Who::system("webhooks", Door::Timer);
    for parcel in parcels {
        let came = (Some(503), 12, Some("it answered 503".to_owned()));
        kit.done(&who, move |now| webhooks::settle(now, &parcel, &came));
    }
}

/// Given spam, and members with working hours of their own.
pub fn set_aside(kit: &Kit, owner: &Who, channel: ChannelId) {
    use trailbox::desk::spam::{self, Sender};
    use trailbox::desk::{members, shifts};
    use trailbox::domain::event::notification::NotificationEvent;
    use trailbox::domain::id::Object;
    use trailbox::domain::notification::{Kind, Ways};
    for n in 0..2 {
        let talk = kit.writes(channel, &format!("3460099900{n}"), "win a prize");
        kit.done(owner, move |now| spam::mark(now, talk, Sender::Free));
    }
    let all = kit.ask(members::list).unwrap();
    for member in all.into_iter().take(2) {
        let id = member.id;
        kit.done(owner, move |now| shifts::set(now, id, Some(1)));
        let told = NotificationEvent::Told {
            member: id,
            kind: Kind::Mention,
            about: Seq(1),
            object: Object::Member(id),
            ways: Ways {
                list: true,
                browser: false,
                email: true,
            },
            quiet: false,
        };
        let timer = Who::system("notifications", Door::Timer);
        kit.done(&timer, move |_| Ok(vec![told.into()]));
    }
}
