//! The bodies of what is sent.

use crate::kit::{by_number, json_files, media, shared};
use serde_json::{Value, json};
use trailbox::channels::whatsapp::{errors, send};
use trailbox::domain::message::{
    Card, CardPhone, Cards, ChoiceFrom, Content, Location, Media, MediaKind, Offer, Offered,
    Parameter, Place, Template,
};
use trailbox::domain::update::Party;

fn built(content: &Content) -> Value {
    send::message(&by_number("4915550001001"), content, None, "out-1").unwrap()
}

fn refusal(content: &Content) -> String {
    let refusal = send::message(&by_number("4915550001001"), content, None, "").unwrap_err();
    assert_eq!(refusal.refusal().unwrap().status(), 422);
    refusal.to_string()
}

fn file(kind: MediaKind, mime: &str, size_bytes: u64) -> Media {
    Media {
        size_bytes: Some(size_bytes),
        ..media(kind, mime, "771")
    }
}

#[test]
fn each_kind_of_article_has_its_body() {
    let named = Media {
        file_name: Some("a.pdf".into()),
        caption: Some("see".into()),
        ..media(MediaKind::Document, "application/pdf", "771")
    };
    let template = Template {
        name: "parcel".into(),
        language: "de".into(),
        parameters: vec![
            Parameter {
                place: Place::Header,
                value: "Ana".into(),
                ..Parameter::default()
            },
            Parameter {
                name: Some("day".into()),
                value: "Montag".into(),
                ..Parameter::default()
            },
            Parameter {
                place: Place::LinkButton,
                button: 1,
                value: "A-1".into(),
                name: None,
            },
            Parameter {
                place: Place::ReplyButton,
                button: 2,
                value: "ok".into(),
                name: None,
            },
        ],
        ..Template::default()
    };
    let place = Location {
        latitude: "52.5163".into(),
        longitude: "-13.3777".into(),
        name: Some("Gate".into()),
        ..Location::default()
    };
    for (content, kind, body) in [
        (Content::text("hi"), "text", json!({"body": "hi"})),
        (
            Content::text("see https://x.example"),
            "text",
            json!({"body": "see https://x.example", "preview_url": true}),
        ),
        (
            Content::Media(media(MediaKind::Image, "image/png", "771")),
            "image",
            json!({"id": "771"}),
        ),
        (
            Content::Media(media(MediaKind::Video, "video/mp4", "771")),
            "video",
            json!({"id": "771"}),
        ),
        (
            Content::Media(media(MediaKind::Audio, "audio/mpeg", "771")),
            "audio",
            json!({"id": "771"}),
        ),
        (
            Content::Media(media(MediaKind::Voice, "audio/ogg; codecs=opus", "771")),
            "audio",
            json!({"id": "771", "voice": true}),
        ),
        (
            Content::Media(media(MediaKind::Sticker, "image/webp", "771")),
            "sticker",
            json!({"id": "771"}),
        ),
        (
            Content::Media(named),
            "document",
            json!({"id": "771", "filename": "a.pdf", "caption": "see"}),
        ),
        (
            Content::Location(place),
            "location",
            json!({"latitude": 52.5163, "longitude": -13.3777, "name": "Gate"}),
        ),
        (
            Content::Template(template),
            "template",
            json!({"name": "parcel", "language": {"code": "de"}, "components": [
            {"type": "header", "parameters": [{"type": "text", "text": "Ana"}]},
            {"type": "body", "parameters": [{"type": "text", "text": "Montag", "parameter_name": "day"}]},
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "A-1"}]},
            {"type": "button", "sub_type": "quick_reply", "index": "2", "parameters": [{"type": "payload", "payload": "ok"}]}]}),
        ),
    ] {
        let expected = json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+4915550001001",
            "biz_opaque_callback_data": "out-1", "type": kind, kind: body});
        assert_eq!(built(&content), expected);
    }
}

fn offer(shown: ChoiceFrom, titles: &[&str]) -> Offer {
    let choices = titles.iter().enumerate().map(|(n, title)| Offered {
        id: format!("choice-{}", n + 1),
        title: (*title).to_owned(),
        description: None,
    });
    Offer {
        text: "When?".to_owned(),
        shown,
        opens: "Choose".to_owned(),
        choices: choices.collect(),
    }
}

#[test]
fn choices_to_tap_are_buttons_or_a_list_within_what_whatsapp_takes() {
    let buttons = built(&Content::Offer(offer(
        ChoiceFrom::Button,
        &["Now", "Later"],
    )));
    assert_eq!(
        buttons["interactive"],
        json!({"type": "button", "body": {"text": "When?"}, "action": {"buttons": [
            {"type": "reply", "reply": {"id": "choice-1", "title": "Now"}},
            {"type": "reply", "reply": {"id": "choice-2", "title": "Later"}}]}})
    );
    let mut list = offer(ChoiceFrom::List, &["Now", "Later"]);
    list.choices[1].description = Some("after six".to_owned());
    assert_eq!(
        built(&Content::Offer(list))["interactive"]["action"],
        json!({"button": "Choose", "sections": [{"rows": [
            {"id": "choice-1", "title": "Now"},
            {"id": "choice-2", "title": "Later", "description": "after six"}]}]})
    );
    let eleven: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
    for (offer, sentence) in [
        (offer(ChoiceFrom::Button, &[]), "offer 1 to 3 buttons"),
        (
            offer(ChoiceFrom::Button, &["a", "b", "c", "d"]),
            "offer 1 to 3 buttons",
        ),
        (offer(ChoiceFrom::List, &eleven), "offer 1 to 10 rows"),
        (offer(ChoiceFrom::List, &["a", "a"]), "a is offered twice"),
        (
            offer(ChoiceFrom::Button, &[" "]),
            "a choice needs words to tap",
        ),
        (
            offer(ChoiceFrom::Button, &["123456789012345678901"]),
            "the choice has 21 characters; WhatsApp takes at most 20",
        ),
    ] {
        assert_eq!(refusal(&Content::Offer(offer)), sentence);
    }
}

#[test]
fn a_reply_names_what_it_answers_and_a_user_id_stands_for_a_missing_number() {
    let sam = Party {
        user_id: Some("US.1234567".into()),
        ..Party::default()
    };
    let body = send::message(&sam, &Content::text("hi"), Some("wamid.X"), "").unwrap();
    assert_eq!(body["context"], json!({"message_id": "wamid.X"}));
    assert_eq!(
        (&body["recipient"], body.get("to")),
        (&json!("US.1234567"), None)
    );
    assert_eq!(body.get("biz_opaque_callback_data"), None);
    let both = Party {
        wa_id: Some("+34600550102".into()),
        ..sam
    };
    assert_eq!(
        send::message(&both, &Content::text("hi"), None, "").unwrap()["to"],
        "+34600550102"
    );
}

#[test]
fn what_whatsapp_would_refuse_is_refused_here() {
    let captioned = Media {
        caption: Some("words".into()),
        ..media(MediaKind::Audio, "audio/mpeg", "1")
    };
    let long = Media {
        caption: Some("x".repeat(1_025)),
        ..media(MediaKind::Image, "image/png", "1")
    };
    let nowhere = Location {
        latitude: "91".into(),
        longitude: "0".into(),
        ..Location::default()
    };
    for (content, sentence) in [
        (Content::text(" \n"), "the message is empty"),
        (
            Content::text("x".repeat(4_097)),
            "the message has 4097 characters; WhatsApp takes at most 4096",
        ),
        (
            Content::Media(long),
            "the caption has 1025 characters; WhatsApp takes at most 1024",
        ),
        (
            Content::Media(captioned),
            "words cannot go with a file sent as audio: send them before",
        ),
        (
            Content::Media(Media {
                media_id: None,
                ..media(MediaKind::Image, "image/png", "")
            }),
            "the file has not been uploaded to WhatsApp",
        ),
        (
            Content::Media(file(MediaKind::Document, "application/zip", 9)),
            "WhatsApp takes no files of type application/zip",
        ),
        (
            Content::Media(file(MediaKind::Image, "application/pdf", 9)),
            "a file of type application/pdf cannot be sent as photo",
        ),
        (
            Content::Media(file(MediaKind::Voice, "audio/mpeg", 9)),
            "a file of type audio/mpeg cannot be sent as voice message",
        ),
        (
            Content::Media(file(MediaKind::Image, "image/png", 0)),
            "the file is empty",
        ),
        (
            Content::Media(file(MediaKind::Image, "image/png", (5 << 20) + 1)),
            "the file has 5121 KB; as photo WhatsApp takes at most 5120 KB",
        ),
        (
            Content::Media(file(MediaKind::Sticker, "image/webp", 101 << 10)),
            "the file has 101 KB; as sticker WhatsApp takes at most 100 KB",
        ),
        (
            Content::Media(file(MediaKind::Video, "video/mp4", 17 << 20)),
            "the file has 17408 KB; as video WhatsApp takes at most 16384 KB",
        ),
        (Content::Location(nowhere), "91 is not a coordinate"),
        (
            Content::Contacts(Cards::default()),
            "0 address cards cannot be sent",
        ),
        (Content::Welcome, "an article of this kind cannot be sent"),
    ] {
        assert_eq!(refusal(&content), sentence);
    }
    for number in ["", "12", "49 155", "PHONE", "123456789012345678"] {
        assert!(
            send::message(&by_number(number), &Content::text("x"), None, "").is_err(),
            "{number}"
        );
    }
    let to = by_number("4915550001001");
    assert!(send::message(&to, &Content::text("x"), None, &"t".repeat(513)).is_err());
    assert!(send::reaction(&to, "wamid.X", Some("nice"), "").is_err());
    let picture = file(MediaKind::Document, "image/png", 20 << 20);
    assert!(
        send::check_upload(&picture).is_ok(),
        "a large picture goes as document"
    );
}

#[test]
fn a_card_has_the_two_parts_of_a_name_whatsapp_wants() {
    let phone = CardPhone {
        phone: "+49 1".into(),
        ..CardPhone::default()
    };
    let card = Card {
        name: "Ida Voss".into(),
        phones: vec![phone],
        ..Card::default()
    };
    let body = built(&Content::Contacts(Cards { cards: vec![card] }));
    assert_eq!(
        body["contacts"][0]["name"],
        json!({"formatted_name": "Ida Voss", "first_name": "Ida Voss"})
    );
    assert_eq!(body["contacts"][0]["phones"], json!([{"phone": "+49 1"}]));
}

/// The keys of an object and of the objects in it, without the values.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), shape(value)))
            .collect(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::String(_) => json!("text"),
        Value::Number(_) => json!(0),
        Value::Bool(_) | Value::Null => json!(null),
    }
}

/// What we would build for a request of the corpus, if it is of a kind we build: from its own
/// values, so that only the form is compared.
fn ours(request: &Value) -> Option<Value> {
    let by_id = Party {
        user_id: Some("US.1".into()),
        ..Party::default()
    };
    let to = if request.get("to").is_some() {
        by_number("4915550001001")
    } else {
        by_id
    };
    let word = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let tag = word(request, "biz_opaque_callback_data").unwrap_or_default();
    let reply_to = request["context"]["message_id"].as_str();
    if request["status"] == "read" {
        let shown = request.get("typing_indicator").is_some();
        let typing = if shown {
            send::Typing::Shown
        } else {
            send::Typing::Hidden
        };
        return Some(send::read("wamid.X", typing));
    }
    let kind = request["type"].as_str()?;
    let part = &request[kind];
    let file = |kind, mime: &str| {
        Some(Content::Media(Media {
            media_id: Some(word(part, "id")?),
            caption: word(part, "caption"),
            file_name: word(part, "filename"),
            ..media(kind, mime, "")
        }))
    };
    let content = match kind {
        "text" if part.get("preview_url").is_none() => {
            Content::text(word(part, "body")?.replace("http", ""))
        }
        "text" if part["preview_url"] == true => Content::text("https://x.example"),
        "image" => file(MediaKind::Image, "image/png")?,
        "video" => file(MediaKind::Video, "video/mp4")?,
        "audio" => file(MediaKind::Audio, "audio/ogg")?,
        "sticker" => file(MediaKind::Sticker, "image/webp")?,
        "document" => file(MediaKind::Document, "application/pdf")?,
        "location" => Content::Location(Location {
            latitude: "1.5".into(),
            longitude: "1.5".into(),
            name: word(part, "name"),
            address: word(part, "address"),
            url: None,
        }),
        "reaction" => {
            let emoji = Some("👍").filter(|_| part["emoji"] != "");
            return send::reaction(&to, "wamid.X", emoji, &tag).ok();
        }
        "template"
            if part.get("components").is_none()
                && part["language"] == json!({"code": part["language"]["code"]}) =>
        {
            Content::Template(Template {
                name: "x".into(),
                language: "en".into(),
                ..Template::default()
            })
        }
        _ => return None,
    };
    send::message(&to, &content, reply_to, &tag).ok()
}

#[test]
fn requests_of_the_corpus_that_we_can_build_too_have_our_form() {
    let Some(folder) = shared("fixtures/whatsapp/requests") else {
        return;
    };
    let mut compared = 0;
    for (name, raw) in json_files(&folder) {
        let mut request: Value = serde_json::from_slice(&raw).unwrap();
        let Some(mut own) = ours(&request) else {
            continue;
        };
        // What may be left out, and what only some of the examples have.
        for key in [
            "recipient_type",
            "recipient_identity_key_hash",
            "message_activity_sharing",
            "product_policy",
        ] {
            for body in [&mut own, &mut request] {
                body.as_object_mut().unwrap().remove(key);
            }
        }
        if request.get("to").is_some() {
            request.as_object_mut().unwrap().remove("recipient");
        }
        if let Some(location) = request.get_mut("location") {
            for key in ["latitude", "longitude"] {
                location[key] = json!(1);
            }
        }
        assert_eq!(shape(&own), shape(&request), "{name}");
        compared += 1;
    }
    println!("ran here: {compared} requests of the corpus compared");
    assert!(compared >= 25, "{compared}");
}

#[test]
fn every_error_of_the_corpus_has_a_class_and_a_sentence() {
    let Some(folder) = shared("fixtures/whatsapp/errors") else {
        return;
    };
    let mut explained = 0;
    for (name, raw) in json_files(&folder) {
        let body: Value = serde_json::from_slice(&raw).unwrap();
        let error = errors::read(400, &body).unwrap_or_else(|| panic!("{name}"));
        let refused = errors::explain(&error);
        assert!(
            name.ends_with(&format!(".{}", refused.code)),
            "{name}: {refused:?}"
        );
        assert!(
            !refused.text.is_empty() && !refused.details.is_empty(),
            "{name}: {refused:?}"
        );
        explained += 1;
    }
    println!("ran here: {explained} errors of the corpus explained");
    assert!(explained >= 36);
}
