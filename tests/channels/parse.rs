//! Reading webhook bodies.

use crate::kit::{NOW, gist, json_files, payload, payloads, shared};
use serde_json::{Value, json};
use trailbox::channels::whatsapp::parse::{UPDATES_MAX, parse};
use trailbox::domain::message::Content;
use trailbox::domain::moment::Moment;
use trailbox::domain::update::News;

/// Every payload of ours, and each update in it.
#[rustfmt::skip]
const EXPECTED: &[(&str, &str)] = &[
    ("account-restricted", "notice account_update ACCOUNT_RESTRICTION"),
    ("as-on-the-wire", "message wamid.OWN0036 4915550001001|DE.70021345500891|Lia Brandt text ¿Qué tal? 5/6 🙂"),
    ("call-answered", "call wacid.OWN2 34600550102|ES.70021345500892|Otto Perez terminate Call of 2 min 0 s"),
    ("call-missed", "call wacid.OWN1 34600550102|ES.70021345500892|Otto Perez terminate Missed call"),
    ("call-ringing", "call wacid.OWN1 34600550102|ES.70021345500892|Otto Perez connect Call"),
    ("call-status", "call wacid.OWN3 34600550102|ES.70021345500892|Otto Perez ACCEPTED Our call, answered"),
    ("echo-edit", "edit by us 34600550102|-|- of wamid.ECHO0001 I answer from my own phone"),
    ("echo-revoke", "revoke by us 34600550102|-|- of wamid.ECHO0001"),
    ("echo-text", "echo wamid.ECHO0001 34600550102|ES.70021345500892|- text I answer from my phone"),
    ("edit", "edit 4915550001001|DE.70021345500891|Lia Brandt of wamid.OWN0001 Where is my lamp, please?"),
    ("half-an-emoji", "message wamid.OWN0037 4915550001001|DE.70021345500891|Lia Brandt text cut in the middle �"),
    ("identity-keys", "identity Keys 34600550102|-|- -> 34600550102|-|-"),
    ("identity-number-old-shape", "identity Number 34600550102|-|- -> 34600550199|-|-"),
    ("identity-number", "identity Number 34600550102|-|- -> 34600550199|-|-"),
    ("identity-user-id-field", "identity UserId 34600550102|ES.70021345500892|- -> 34600550102|ES.70021345500999|-"),
    ("identity-user-id", "identity UserId 34600550102|-|- -> -|ES.70021345500999|-"),
    ("message-audio", "message wamid.OWN0011 4915550001001|DE.70021345500891|Lia Brandt media Audio"),
    ("message-button-reply", "message wamid.OWN0018 4915550001001|DE.70021345500891|Lia Brandt re wamid.OURS0003 choice Yes, return it"),
    ("message-call-permission", "message wamid.OWN0021 4915550001001|DE.70021345500891|Lia Brandt call_permission May be called"),
    ("message-contact-shared", "message wamid.OWN0017 -|US.70021345500893|Sam contacts Contact: Sam"),
    ("message-contacts", "message wamid.OWN0016 4915550001001|DE.70021345500891|Lia Brandt contacts Contact: Ida Voss"),
    ("message-document", "message wamid.OWN0013 4915550001001|DE.70021345500891|Lia Brandt media Document: the bill"),
    ("message-form", "message wamid.OWN0020 4915550001001|DE.70021345500891|Lia Brandt re wamid.OURS0005 form Form: Sent"),
    ("message-image", "message wamid.OWN0009 4915550001001|DE.70021345500891|Lia Brandt media Photo: It came like this"),
    ("message-list-reply", "message wamid.OWN0019 4915550001001|DE.70021345500891|Lia Brandt re wamid.OURS0004 choice Tuesday"),
    ("message-location", "message wamid.OWN0015 4915550001001|DE.70021345500891|Lia Brandt location Location: Big gate"),
    ("message-media-too-big", "message wamid.OWN0027 4915550001001|DE.70021345500891|Lia Brandt unsupported Cannot be shown: video"),
    ("message-order", "message wamid.OWN0023 4915550001001|DE.70021345500891|Lia Brandt order Order: please before Friday"),
    ("message-request-welcome", "message wamid.OWN0024 4915550001001|DE.70021345500891|Lia Brandt welcome Opened the chat"),
    ("message-sticker", "message wamid.OWN0014 4915550001001|DE.70021345500891|Lia Brandt media Sticker"),
    ("message-template-button", "message wamid.OWN0022 4915550001001|DE.70021345500891|Lia Brandt re wamid.OURS0006 choice Close it"),
    ("message-text-forwarded-often", "message wamid.OWN0004 4915550001001|DE.70021345500891|Lia Brandt forwarded often text Send to ten friends"),
    ("message-text-forwarded", "message wamid.OWN0003 4915550001001|DE.70021345500891|Lia Brandt forwarded text Is this true?"),
    ("message-text-group", "message wamid.OWN0008 4915550001001|DE.70021345500891|Lia Brandt in own-group-1 text @shop are you open?"),
    ("message-text-no-number", "message wamid.OWN0007 -|US.70021345500893|Sam text hi, no number here"),
    ("message-text-product", "message wamid.OWN0005 4915550001001|DE.70021345500891|Lia Brandt re wamid.OURS0002 about LAMP-12 text Is it in stock?"),
    ("message-text-referral", "message wamid.OWN0006 4915550001001|DE.70021345500891|Lia Brandt from an ad text I saw your lamps"),
    ("message-text-reply", "message wamid.OWN0002 4915550001001|DE.70021345500891|Lia Brandt re wamid.OURS0001 text Yes, this one"),
    ("message-text", "message wamid.OWN0001 4915550001001|DE.70021345500891|Lia Brandt text Guten Morgen! Wo ist meine *Lampe*? 🙂"),
    ("message-unknown-type", "message wamid.OWN0026 4915550001001|DE.70021345500891|Lia Brandt unsupported Cannot be shown: hologram"),
    ("message-unsupported", "message wamid.OWN0025 4915550001001|DE.70021345500891|Lia Brandt unsupported Cannot be shown: poll"),
    ("message-video", "message wamid.OWN0010 4915550001001|DE.70021345500891|Lia Brandt media Video"),
    ("message-voice", "message wamid.OWN0012 4915550001001|DE.70021345500891|Lia Brandt media Voice message"),
    ("message-without-type", "message wamid.OWN0901 34600550102|ES.70021345500892|Otto Perez location Location -3.5, 40"),
    ("number-errors", "notice errors - 130429"),
    ("preference", "preference 34600550102|ES.70021345500892|Otto Perez marketing_messages stop"),
    ("reaction-removed", "reaction 4915550001001|DE.70021345500891|Lia Brandt to wamid.OURS0001 none"),
    ("reaction", "reaction 4915550001001|DE.70021345500891|Lia Brandt to wamid.OURS0001 👍"),
    ("revoke", "revoke 4915550001001|DE.70021345500891|Lia Brandt of wamid.OWN0002"),
    ("several", "message wamid.OWN1001 4915550001001|DE.70021345500891|Lia Brandt text first, by Lia"),
    ("several", "unreadable an unreadable part of messages"),
    ("several", "message wamid.OWN1002 34600550102|ES.70021345500892|Otto Perez text second, by Otto"),
    ("several", "status wamid.OURS0001 34600550102|ES.70021345500892|Otto Perez read"),
    ("several", "unreadable an unreadable part of statuses"),
    ("several", "unreadable a change without a value"),
    ("several", "message wamid.OWN1003 4915550001001|DE.70021345500891|Lia Brandt text third, to the other number"),
    ("status-deleted", "status wamid.OURS0001 34600550102|ES.70021345500892|Otto Perez deleted out-17"),
    ("status-delivered", "status wamid.OURS0001 34600550102|ES.70021345500892|Otto Perez delivered out-17"),
    ("status-failed", "status wamid.OURS0001 34600550102|ES.70021345500892|Otto Perez failed 131047 out-17"),
    ("status-group", "status wamid.OURS0009 34600550102|ES.70021345500892|- in own-group-1 read"),
    ("status-played", "status wamid.OURS0001 34600550102|ES.70021345500892|Otto Perez played out-17"),
    ("status-read", "status wamid.OURS0001 34600550102|ES.70021345500892|Otto Perez read out-17"),
    ("status-sent", "status wamid.OURS0001 34600550102|ES.70021345500892|Otto Perez sent out-17"),
    ("status-warning", "status wamid.OURS0001 34600550102|ES.70021345500892|Otto Perez warning out-17"),
    ("template-category", "template spring_offer Category UTILITY -> MARKETING"),
    ("template-components", "template spring_offer Components - -> Hello {{1}}, spring is here."),
    ("template-quality", "template spring_offer Quality GREEN -> RED"),
    ("template-status", "template spring_offer Status - -> REJECTED"),
    ("unknown-field", "notice field_of_tomorrow -"),
];

#[test]
fn every_payload_of_ours_says_what_it_should() {
    let mut expected = EXPECTED.iter();
    for (name, raw) in payloads() {
        for update in parse(&raw, NOW).unwrap() {
            assert_eq!(
                Some(&(name.as_str(), gist(&update).as_str())),
                expected.next()
            );
        }
    }
    assert_eq!(expected.next(), None);
}

#[test]
fn updates_carry_the_account_and_the_number_they_are_about() {
    let updates = parse(&payload("several"), NOW).unwrap();
    let last = updates.last().unwrap();
    assert_eq!(last.account_id.as_deref(), Some("310987654321001"));
    assert_eq!(last.phone_number_id.as_deref(), Some("210987654321001"));
}

#[test]
fn no_float_reaches_a_content() {
    let updates = parse(&payload("message-order"), NOW).unwrap();
    let News::Message(message) = &updates[0].news else {
        panic!("{updates:?}")
    };
    let Content::Order(order) = &message.content else {
        panic!("{message:?}")
    };
    let lines: Vec<_> = order
        .items
        .iter()
        .map(|i| (&*i.quantity, &*i.unit_price))
        .collect();
    assert_eq!(lines, [("2", "19.9"), ("10", "0.95")]);
}

#[test]
fn every_update_is_written_and_read_back() {
    for (name, raw) in payloads() {
        for update in parse(&raw, NOW).unwrap() {
            let json = serde_json::to_string(&update).unwrap();
            assert_eq!(
                serde_json::from_str(&json).ok(),
                Some(update),
                "{name}: {json}"
            );
        }
    }
}

#[test]
fn a_time_from_the_future_becomes_the_time_of_arrival() {
    let early = Moment(NOW.0 - 3_700_000);
    let (now, then) = (
        parse(&payload("message-text"), NOW),
        parse(&payload("message-text"), early),
    );
    let sent_at = |updates: Vec<_>| match updates.into_iter().next() {
        Some(trailbox::domain::update::Update {
            news: News::Message(message),
            ..
        }) => message.sent_at,
        other => panic!("{other:?}"),
    };
    assert!(sent_at(now.unwrap()) < NOW);
    assert_eq!(sent_at(then.unwrap()), early);
}

#[test]
fn what_is_no_webhook_is_refused_with_a_sentence() {
    for raw in [
        b"".as_slice(),
        b"{",
        b"[]",
        b"null",
        b"7",
        b"\"text\"",
        b"{}",
        b"\xff\xfe",
        b"{\"entry\":{}}",
        b"{\"entry\":[]}",
        "[".repeat(200).as_bytes(),
    ] {
        let unreadable = parse(raw, NOW).unwrap_err();
        assert!(unreadable.why.contains(' '), "{unreadable:?}");
    }
}

#[test]
fn a_member_of_the_wrong_shape_costs_its_element_alone() {
    let text = |id: &str| json!({"id": id, "from": "1", "type": "text", "text": {"body": "b"}});
    for (strange, verdict) in [
        (json!(null), "unreadable"),
        (json!([1]), "unreadable"),
        (
            json!({"id": "w", "type": "text", "text": {"body": "who?"}}),
            "unreadable",
        ),
        (
            json!({"id": "w", "from": "1", "type": "text", "text": "b"}),
            "unsupported",
        ),
        (
            json!({"id": "w", "from": "1", "type": "text", "text": {"body": 7}}),
            "unsupported",
        ),
        (json!({"id": "w", "from": "1", "type": 7}), "unsupported"),
        (
            json!({"id": "w", "from": 1, "type": "location", "location": {"latitude": 1}}),
            "unsupported",
        ),
        (
            json!({"id": "w", "from": "1", "type": "contacts", "contacts": {}}),
            "unsupported",
        ),
        (
            json!({"id": "w", "from": "1", "type": "contacts", "contacts": [5]}),
            "contacts",
        ),
        (
            json!({"id": "w", "from": "1", "type": "order", "order": {"product_items": [1]}}),
            "order",
        ),
        (
            json!({"id": "w", "from": "1", "type": "reaction", "reaction": {}}),
            "unreadable",
        ),
        (
            json!({"id": "w", "from": "1", "type": "edit", "edit": []}),
            "unreadable",
        ),
        (
            json!({"id": "w", "from": "1", "type": "system"}),
            "unreadable",
        ),
        (
            json!({"id": "w", "from": "1", "errors": 5, "context": 1, "referral": "x"}),
            "unsupported",
        ),
        (
            json!({"id": {}, "from": "1", "type": "text", "text": {"body": "b"}}),
            "text",
        ),
        (
            json!({"id": "w", "from": "+1", "timestamp": [], "type": "text", "text": {"body": "b"}}),
            "text",
        ),
    ] {
        let value = json!({"messages": [text("before"), strange, text("after")]});
        let body = json!({"entry": [{"changes": [{"field": "messages", "value": value}]}]});
        let updates = parse(body.to_string().as_bytes(), NOW).unwrap();
        let gists: Vec<_> = updates.iter().map(gist).collect();
        assert_eq!(gists.len(), 3, "{strange}: {gists:?}");
        assert!(
            gists[0].contains("before") && gists[2].contains("after"),
            "{gists:?}"
        );
        assert!(
            gists[1].split_whitespace().any(|word| word == verdict),
            "{strange}: {}",
            gists[1]
        );
    }
}

#[test]
fn a_message_without_an_id_is_the_same_message_when_it_comes_again() {
    let raw = br#"{"field":"messages","value":{"messages":[{"from":"1","text":{"body":"b"}}]}}"#;
    let (once, again) = (parse(raw, NOW).unwrap(), parse(raw, NOW).unwrap());
    assert_eq!(once, again);
    assert!(
        gist(&once[0]).starts_with("message sha256."),
        "{}",
        gist(&once[0])
    );
}

#[test]
fn the_ids_of_two_people_are_never_joined() {
    let value = json!({
    "contacts": [{"profile": {"name": "Pia"}, "wa_id": "111", "user_id": "DE.1"}],
    "messages": [
        {"id": "w1", "from": "222", "type": "text", "text": {"body": "not Pia"}},
        {"id": "w2", "from": "111", "type": "text", "text": {"body": "Pia"}},
    ]});
    let body = json!({"entry": [{"changes": [{"value": value}]}]}).to_string();
    let updates = parse(body.as_bytes(), NOW).unwrap();
    assert!(
        gist(&updates[0]).contains(" 222|-|- "),
        "{}",
        gist(&updates[0])
    );
    assert!(
        gist(&updates[1]).contains(" 111|DE.1|Pia "),
        "{}",
        gist(&updates[1])
    );
}

#[test]
fn a_body_of_endless_updates_is_read_up_to_the_limit() {
    let raw = format!(
        r#"{{"entry":[{{"changes":[{{"value":{{"messages":[{}1]}}}}]}}]}}"#,
        "1,".repeat(20_000)
    );
    let updates = parse(raw.as_bytes(), NOW).unwrap();
    assert_eq!(updates.len(), UPDATES_MAX + 1);
    assert!(gist(updates.last().unwrap()).contains("the rest was not read"));
}

/// Puts something else in one place of a JSON tree.
fn disturb(value: &mut Value, dice: &mut fastrand::Rng) {
    let deeper = dice.u8(..4) > 0;
    match value {
        Value::Object(object) if deeper && !object.is_empty() => {
            let at = dice.usize(..object.len());
            let (key, child) = object.iter_mut().nth(at).unwrap();
            let key = key.clone();
            disturb(child, dice);
            if dice.u8(..20) == 0 {
                object.remove(&key);
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = dice.usize(..items.len());
            disturb(&mut items[at], dice);
            if dice.u8(..10) == 0 {
                items.push(items[at].clone());
            }
        }
        other => {
            let choices = [
                json!(null),
                json!(true),
                json!(-1),
                json!(1e300),
                json!(u64::MAX),
                json!(""),
                json!("\u{0}\u{202e}🙂"),
                json!([]),
                json!([[]]),
                json!({}),
                json!({"id": 5}),
                json!("9".repeat(40)),
            ];
            *other = choices[dice.usize(..choices.len())].clone();
        }
    }
}

/// The trail holds whole numbers within ±(2⁵³−1) and no others.
fn fits_the_trail(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_i64().is_some_and(|n| n.abs() < 1 << 53),
        Value::Array(items) => items.iter().all(fits_the_trail),
        Value::Object(object) => object.values().all(fits_the_trail),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

#[test]
fn disturbed_payloads_are_read_without_panic_and_can_be_kept() {
    let seed = 20_261_122;
    let mut dice = fastrand::Rng::with_seed(seed);
    let payloads = payloads();
    for _ in 0..6_000 {
        let (name, raw) = &payloads[dice.usize(..payloads.len())];
        let Ok(mut body) = serde_json::from_slice::<Value>(raw) else {
            continue;
        };
        for _ in 0..dice.u8(1..4) {
            disturb(&mut body, &mut dice);
        }
        let Ok(updates) = parse(body.to_string().as_bytes(), NOW) else {
            continue;
        };
        for update in updates {
            let json = serde_json::to_string(&update).unwrap();
            let again = serde_json::from_str(&json).ok();
            assert_eq!(again.as_ref(), Some(&update), "seed {seed}, {name}: {body}");
            assert!(
                fits_the_trail(&serde_json::to_value(&update).unwrap()),
                "{json}"
            );
            assert!(gist(&update).len() > 5);
        }
    }
}

#[test]
fn cut_and_damaged_bytes_are_read_without_panic() {
    let seed = 20_261_123;
    let mut dice = fastrand::Rng::with_seed(seed);
    for (_, raw) in payloads() {
        for _ in 0..40 {
            let mut raw = raw.clone();
            raw.truncate(dice.usize(..raw.len()));
            for _ in 0..dice.u8(..4) {
                let at = dice.usize(..raw.len().max(1));
                if let Some(byte) = raw.get_mut(at) {
                    *byte = dice.u8(..);
                }
            }
            // Either outcome is right; a panic is not.
            let _ = parse(&raw, NOW);
        }
    }
}

/// What a label of the corpus must be read as: the first words of the gist.
fn expected_of(label: &str) -> (&str, &str) {
    let bare = label.split('+').next().unwrap_or(label);
    let (field, what) = bare.split_once(':').unwrap_or((bare, ""));
    match (field, what) {
        ("messages", "None") => ("message", "location"),
        ("messages", "-") => ("notice", ""),
        ("messages", "APPROVED") => ("template", "Status"),
        ("messages", "reaction" | "edit" | "revoke")
        | ("smb_message_echoes", "edit" | "revoke") => (what, ""),
        ("smb_message_echoes", kind) => ("echo", kind),
        ("messages", "interactive.nfm_reply") => ("message", "form"),
        ("messages", "interactive.call_permission_reply") => ("message", "call_permission"),
        ("messages", "interactive.button_reply" | "interactive.list_reply" | "button") => {
            ("message", "choice")
        }
        ("messages", "interactive" | "unknown") => ("message", "unsupported"),
        ("messages", "image" | "video" | "audio" | "document" | "sticker") => ("message", "media"),
        ("messages", what) if what.starts_with("status.") => {
            ("status", what.split('.').nth(1).unwrap_or_default())
        }
        ("messages", what) if what.starts_with("system.") => ("identity", ""),
        ("messages", kind) => ("message", kind),
        ("calls", _) => ("call", ""),
        ("user_preferences", _) => ("preference", ""),
        ("user_id_update", _) => ("identity", ""),
        (field, _)
            if field.starts_with("message_template") || field == "template_category_update" =>
        {
            ("template", "")
        }
        (_, _) => ("notice", ""),
    }
}

#[test]
fn every_payload_of_the_corpus_is_read_as_its_label_says() {
    let Some(folder) = shared("fixtures/whatsapp") else {
        return;
    };
    let index = std::fs::read_to_string(folder.join("index.tsv")).unwrap();
    let mut read = 0;
    for (name, raw) in json_files(&folder.join("inbound")) {
        let line = index
            .lines()
            .find(|line| line.starts_with(&format!("inbound/{name}.json")))
            .unwrap();
        let label = line.split('\t').nth(2).unwrap();
        let updates =
            parse(&raw, NOW).unwrap_or_else(|unreadable| panic!("{name}: {unreadable:?}"));
        let gists: Vec<_> = updates.iter().map(gist).collect();
        for (index, label) in label.split(';').enumerate() {
            let (word, kind) = expected_of(label);
            let mut words = gists[index].split_whitespace();
            assert_eq!(words.next(), Some(word), "{name}: {gists:?}");
            // The one whose text is missing: it calls itself text and holds none.
            let kind = if name.starts_with("143-") && label == "messages:text" {
                "unsupported"
            } else {
                kind
            };
            assert!(
                kind.is_empty() || words.any(|word| word == kind),
                "{name} {kind}: {gists:?}"
            );
            let News::Message(message) = &updates[index].news else {
                continue;
            };
            assert_eq!(message.context.is_some(), has_context(&raw), "{name}");
            assert_eq!(
                message.referral.is_some(),
                label.contains("+referral"),
                "{name}"
            );
            assert_eq!(message.errors.is_empty(), !label.contains("+err"), "{name}");
        }
        assert!(
            !gists.iter().any(|gist| gist.starts_with("unreadable")),
            "{name}: {gists:?}"
        );
        read += 1;
    }
    println!("ran here: {read} payloads of the corpus");
    assert!(read >= 154);
}

fn has_context(raw: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(raw).unwrap();
    let message = body.pointer("/entry/0/changes/0/value/messages/0");
    message.is_some_and(|message| message.get("context").is_some_and(Value::is_object))
}
