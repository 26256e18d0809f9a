//! Articles: what goes to the customer is decided by type and lock alone; a correction is a new one;
//! mentions are found and recorded. That nothing edits or deletes one is a rule of the house.

use super::kit::Kit;
use trailbox::desk::articles::corrections;
use trailbox::desk::deliveries::{self, Outcome};
use trailbox::desk::{articles, conversations, drafts, groups, members, tickets, timeline};
use trailbox::domain::actor::Who;
use trailbox::domain::event::{ArticleEvent, ChannelEvent, Event};
use trailbox::domain::id::{ChannelId, MemberId, Object, Seq};
use trailbox::domain::member::Role;
use trailbox::domain::moment::Moment;
use trailbox::domain::ticket::{Status, Wait};

fn article_seq(facts: &[(Seq, Event)]) -> Seq {
    super::kit::article_of(facts).expect("an article")
}

#[test]
fn mentions_are_recorded_by_id_and_shown_with_the_names_of_then() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let ben = kit.member("Ben", Role::Agent);
    kit.done(&Who::shell(), |now| groups::add(now, "Returns team"));
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900200", "hello @Ben");
    let on = Object::Conversation(talk);
    let text = "@ben and @returns-team: look, @Ben. Not @Zoe, nor ben@noor.example";
    let facts = kit.done(&ada, move |now| articles::note(now, on, text));
    let Event::Article(ArticleEvent::Noted { mentions, .. }) = &facts[0].1 else {
        panic!("{facts:?}")
    };
    let ben = ben.member().unwrap();
    let group = kit.ask(groups::list).unwrap()[0].id;
    assert_eq!(mentions, &[Object::Member(ben), Object::Group(group)]);
    kit.done(&Who::shell(), move |now| {
        let present = members::get(now, ben)?;
        members::profile::change_profile(now, ben, "Benjamin", &present.preferences)
    });
    let seq = article_seq(&facts);
    let kept = kit.ask(|now| timeline::article(now, seq)).unwrap().unwrap();
    let names: Vec<&str> = kept
        .mentions
        .iter()
        .map(|(_, name)| name.as_str())
        .collect();
    assert_eq!(names, ["Ben", "Returns team"]);
    kit.done(&Who::shell(), move |now| {
        members::deactivate(now, ben, "left")
    });
    let facts = kit.done(&ada, move |now| {
        articles::note(now, on, "@Benjamin is gone")
    });
    assert!(
        matches!(&facts[0].1, Event::Article(ArticleEvent::Noted { mentions, .. })
            if mentions.is_empty())
    );
}

#[test]
fn a_correction_is_a_new_article_that_names_the_old() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900200", "when does it come?");
    let other = kit.writes(channel, "447700900201", "hello");
    let heard = kit.ask(|now| conversations::get(now, talk)).unwrap();
    let heard = heard.last_article.unwrap();
    let on = Object::Conversation(talk);
    let (first, second) = (kit.reply(talk, "on Monday"), kit.reply(talk, "on Tuesday"));
    let sent = article_seq(&kit.done(&ada, move |now| articles::reply(now, first)));
    let facts = kit.done(&ada, move |now| {
        let facts = articles::reply(now, second)?;
        corrections::correct(now, sent, facts)
    });
    let newer = article_seq(&facts);
    let noted = article_seq(&kit.done(&ada, move |now| articles::note(now, on, "blue")));
    let better = kit.done(&ada, move |now| {
        corrections::correct(now, noted, articles::note(now, on, "red")?)
    });
    let better = article_seq(&better);
    for (old, new) in [(sent, newer), (noted, better)] {
        let (old_now, new_now) = kit
            .ask(|now| Ok((timeline::article(now, old)?, timeline::article(now, new)?)))
            .unwrap();
        assert_eq!(old_now.unwrap().corrected_by, [new]);
        let corrects = new_now.unwrap().corrects.unwrap();
        assert_eq!(
            (corrects.seq, corrects.author.as_deref()),
            (Some(old), Some("Ada"))
        );
    }
    for (old, what) in [(heard, "customer"), (sent, "by a note"), (Seq(1), "not an")] {
        let wish = move |now: &trailbox::ledger::Now<'_>| {
            corrections::correct(now, old, articles::note(now, on, "no")?)
        };
        let refusal = kit.refused(&ada, wish);
        assert!(refusal.text.contains(what), "{refusal:?}");
    }
    let elsewhere = Object::Conversation(other);
    kit.refused(&ada, move |now| {
        corrections::correct(now, noted, articles::note(now, elsewhere, "no")?)
    });
}

#[test]
fn what_goes_to_the_customer_is_decided_by_type_and_lock_alone() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900200", "hello");
    let wanted = tickets::Wanted {
        conversation: Some(talk),
        title: "Parcel".to_owned(),
        ..Default::default()
    };
    let ticket = kit.ticket(&ada, wanted);
    let queued = |seq: Seq| -> u64 {
        let sql = "SELECT count(*) FROM delivery WHERE article = :seq";
        kit.ask(|now| now.value(sql, &[(":seq", &seq)])).unwrap()
    };
    let way = [
        Status::InProgress,
        Status::AwaitingCourier,
        Status::InProgress,
        Status::Resolved,
        Status::Closed,
    ];
    for to in way {
        kit.done(&ada, move |now| {
            let wait = Wait {
                whom: "Fast Parcel".to_owned(),
                reference: "F1".to_owned(),
                expected_on: "2026-12-01".to_owned(),
            };
            tickets::change_status(now, ticket, to, Some(wait), "done")
        });
        for on in [Object::Conversation(talk), Object::Ticket(ticket)] {
            let note = kit.done(&ada, move |now| articles::note(now, on, "among ourselves"));
            assert_eq!(
                queued(article_seq(&note)),
                0,
                "{to:?}: a note on {on} goes nowhere"
            );
        }
        let reply = kit.reply(talk, "to you");
        let sent = kit.done(&ada, move |now| articles::reply(now, reply));
        assert_eq!(
            queued(article_seq(&sent)),
            1,
            "{to:?}: a reply goes to the customer"
        );
    }
}

#[test]
fn a_second_window_overwrites_no_draft() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let on = Object::Conversation(kit.writes(channel, "447700900200", "hello"));
    let member: MemberId = ada.member().unwrap();
    let keep = |text: &str, since| {
        kit.later(10);
        drafts::keep(&kit.ledger, &ada, on, ("reply", text), since)
    };
    let stands = || {
        let kept = kit.ask(|now| drafts::get(now, member, on)).unwrap();
        kept.map(|draft| draft.text)
    };
    let first = keep("one window", None).unwrap();
    let other = keep("the other, which saw it", first).unwrap();
    let refused = keep("one window, going on", first).expect_err("it would overwrite");
    assert!(refused.refusal().unwrap().text.contains("another window"));
    keep("a third, which saw nothing", None).expect_err("it would overwrite");
    assert_eq!(stands().as_deref(), Some("the other, which saw it"));
    drafts::forget(&kit.ledger, member, on, first, "one window").unwrap();
    assert!(
        stands().is_some(),
        "what the other window kept is not sent yet"
    );
    drafts::forget(&kit.ledger, member, on, other, "").unwrap();
    assert_eq!(stands(), None);
    let again = keep("new", None).unwrap();
    keep("  ", again).unwrap();
    assert_eq!(stands(), None, "an empty draft is none");
}

/// When the provider tells what became of a message, and when that was.
fn status(kit: &Kit, channel: ChannelId, id: &str, state: &str, at: Moment) {
    let body = serde_json::json!({"object": "whatsapp_business_account", "entry": [{
        "id": "310987654321000",
        "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"phone_number_id": "210987654321001"},
            "statuses": [{"id": id, "status": state, "recipient_id": "447700900200",
                "timestamp": (at.0 / 1000).to_string()}],
        }}],
    }]});
    kit.hears(channel, body.to_string().as_bytes());
}

#[test]
fn an_answer_that_arrived_after_all_is_one_in_whatever_order_it_is_told() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900200", "hello?");
    let waits = || {
        let present = kit.ask(|now| conversations::get(now, talk)).unwrap();
        present.waiting_since.is_some()
    };
    let answers = |id: &'static str| {
        let reply = kit.reply(talk, "here I am");
        let article = article_seq(&kit.done(&ada, move |now| articles::reply(now, reply)));
        kit.done(&Who::shell(), move |now| deliveries::attempt(now, article));
        let provider_id = id.to_owned();
        kit.done(&Who::shell(), move |now| {
            deliveries::settle(now, article, Outcome::Accepted { provider_id })
        });
    };
    let began = kit.clock.now();
    let at = |s: i64| began.plus_ms(s * 1_000);
    answers("wamid.ONE");
    kit.later(60_000);
    status(&kit, channel, "wamid.ONE", "failed", at(1));
    assert!(waits());
    status(&kit, channel, "wamid.ONE", "delivered", at(2));
    assert!(!waits());
    kit.writes(channel, "447700900200", "and?");
    status(&kit, channel, "wamid.ONE", "read", at(3));
    assert!(waits(), "they wrote since");
    answers("wamid.TWO");
    kit.later(60_000);
    status(&kit, channel, "wamid.TWO", "read", at(2));
    status(&kit, channel, "wamid.TWO", "failed", at(1));
    assert!(!waits());
    status(&kit, channel, "wamid.TWO", "failed", at(9));
    assert!(waits());
}

#[test]
fn a_call_of_ours_opens_nothing_for_who_never_wrote() {
    let kit = Kit::new();
    let channel = kit.channel("shop");
    let calls = |id: &str, to: &str, status: &str, duration: u64| {
        let body = serde_json::json!({"object": "whatsapp_business_account", "entry": [{
            "id": "310987654321000",
            "changes": [{"field": "calls", "value": {
                "messaging_product": "whatsapp",
                "metadata": {"phone_number_id": "210987654321001"},
                "calls": [{"id": id, "from": "447700900100", "to": to, "event": "terminate",
                    "direction": "BUSINESS_INITIATED", "status": status, "duration": duration,
                    "timestamp": (kit.clock.now().0 / 1000).to_string()}],
            }}],
        }]});
        kit.hears(channel, body.to_string().as_bytes())
    };
    let spoke = calls("wacid.ONE", "447700900200", "COMPLETED", 60);
    let echoed = spoke.iter().find_map(|(_, event)| match event {
        Event::Article(ArticleEvent::Echoed { conversation, .. }) => Some(*conversation),
        _ => None,
    });
    let talk = echoed.expect("it stands in the thread as ours");
    let present = kit.ask(|now| conversations::get(now, talk)).unwrap();
    assert_eq!((present.waiting_since, present.window_until), (None, None));
    let missed = calls("wacid.TWO", "447700900201", "FAILED", 0);
    let told = missed.iter().any(|(_, event)| {
        matches!(event, Event::Channel(ChannelEvent::NoticeReceived { text, .. })
            if text.contains("wacid.TWO"))
    });
    assert!(told, "{missed:?}");
    assert!(
        !missed
            .iter()
            .any(|(_, event)| matches!(event, Event::Conversation(_)))
    );
    // It answers who waits, if they spoke.
    let asked = kit.writes(channel, "447700900201", "call me");
    calls("wacid.THREE", "447700900201", "COMPLETED", 60);
    let present = kit.ask(|now| conversations::get(now, asked)).unwrap();
    assert_eq!(present.waiting_since, None);
}
