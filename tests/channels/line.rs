//! The client on the line to the emulator inside the binary.

use crate::kit::{Ear, by_number, gist, media};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use trailbox::channels::whatsapp::client::{Connection, Failure, Graph, Timeouts};
use trailbox::channels::whatsapp::send::{self, Typing};
use trailbox::demo::graph::{self, Customer, Fault, Options, Window};
use trailbox::domain::message::{Content, Media, MediaKind, Parameter, Place};
use trailbox::domain::moment::DAY_MS;
use trailbox::domain::sending::{Class, SendOutcome};
use trailbox::domain::update::Party;

const ANA: &str = "4915550001001";

fn quick() -> Options {
    Options {
        sent_ms: 0,
        delivered_ms: 1,
        read_ms: Some(2),
        retry_ms: vec![0, 10],
        ..Options::default()
    }
}

/// The emulator, a client of it and an ear for its webhooks.
fn line(options: Options) -> (Ear, Graph, graph::Graph) {
    let ear = Ear::open(&options.app_secret, 0);
    let emulator = graph::Graph::start(options).unwrap();
    emulator.post_to(ear.url());
    let client = Graph::new(emulator.connection()).unwrap();
    (ear, client, emulator)
}

fn text(words: &str, tag: &str) -> Value {
    send::message(&by_number(ANA), &Content::text(words), None, tag).unwrap()
}

fn accepted(outcome: SendOutcome) -> String {
    match outcome {
        SendOutcome::Accepted { provider_id, .. } => provider_id,
        other => panic!("{other:?}"),
    }
}

fn refused(outcome: SendOutcome) -> (i64, Class) {
    match outcome {
        SendOutcome::Refused(refused) => (refused.code, refused.class),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_is_taken_and_its_states_come_in_order_with_our_mark() {
    let (ear, client, emulator) = line(quick());
    let first = emulator.say(ANA, "¿Dónde está? 🙂 1/2");
    let reply = send::message(
        &by_number(ANA),
        &Content::text("Here"),
        Some(&first),
        "out-1",
    )
    .unwrap();
    let id = accepted(client.send(&reply));
    assert!(emulator.drain(Duration::from_secs(10)));
    assert_eq!(ear.states(&id), ["sent", "delivered", "read"]);
    let gists: Vec<_> = ear.updates().iter().map(gist).collect();
    assert!(gists[0].ends_with("text ¿Dónde está? 🙂 1/2"), "{gists:?}");
    assert!(gists[1].ends_with("sent out-1"), "{gists:?}");
    let sent = emulator.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (sent[0].to.as_str(), sent[0].tag.as_deref()),
        ("+4915550001001", Some("out-1"))
    );
    assert_eq!(sent[0].body["context"]["message_id"], first);
}

#[test]
fn a_customer_without_number_is_answered_by_user_id() {
    let (ear, client, emulator) = line(quick());
    emulator.customer(Customer {
        hides_number: true,
        ..Customer::new(ANA, "Sam")
    });
    emulator.say(ANA, "hi");
    ear.wait("the message", |updates| !updates.is_empty());
    let trailbox::domain::update::News::Message(message) = &ear.updates()[0].news else {
        panic!()
    };
    assert_eq!(message.party.wa_id, None);
    let body = send::message(&message.party, &Content::text("hello"), None, "out-2").unwrap();
    assert!(body.get("to").is_none());
    accepted(client.send(&body));
}

#[test]
fn what_nobody_knows_is_told_apart_from_what_never_left() {
    let (ear, client, emulator) = line(quick());
    emulator.say(ANA, "hi");
    emulator.fault(Fault::LoseAnswer);
    assert!(matches!(
        client.send(&text("lost", "out-3")),
        SendOutcome::Unknown { .. }
    ));
    emulator.fault(Fault::Hang);
    assert!(matches!(
        client.send(&text("hung up", "out-4")),
        SendOutcome::Unknown { .. }
    ));
    emulator.fault(Fault::Http(502));
    assert!(matches!(
        client.send(&text("gateway", "out-5")),
        SendOutcome::Unknown { .. }
    ));
    emulator.fault(Fault::Http(503));
    assert_eq!(
        refused(client.send(&text("busy", "out-6"))),
        (0, Class::Retry)
    );
    assert!(emulator.drain(Duration::from_secs(10)));
    // The lost one was taken: its mark comes back in the statuses, and tells.
    let gists: Vec<_> = ear.updates().iter().map(gist).collect();
    assert!(
        gists.iter().any(|gist| gist.ends_with("delivered out-3")),
        "{gists:?}"
    );
    assert!(
        !gists.iter().any(|gist| gist.contains("out-4")),
        "{gists:?}"
    );
    assert_eq!(emulator.sent().len(), 1);
    let connection = emulator.connection();
    drop(emulator);
    let client = Graph::new(connection).unwrap();
    let outcome = client.send(&text("nobody there", "out-7"));
    assert!(
        matches!(outcome, SendOutcome::NotSent { .. }),
        "{outcome:?}"
    );
}

#[test]
fn an_answer_that_takes_too_long_leaves_it_open() {
    let (_ear, _, emulator) = line(quick());
    emulator.say(ANA, "hi");
    emulator.fault(Fault::Slow(1_500));
    let timeouts = Timeouts {
        answer: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let client = Graph::new(Connection {
        timeouts,
        ..emulator.connection()
    })
    .unwrap();
    let outcome = client.send(&text("slow", "out-8"));
    assert!(
        matches!(outcome, SendOutcome::Unknown { .. }),
        "{outcome:?}"
    );
    assert_eq!(emulator.sent().len(), 1);
}

#[test]
fn refusals_come_with_their_class() {
    let (_ear, client, emulator) = line(Options {
        window: Window::AtOnce,
        ..quick()
    });
    assert_eq!(
        refused(client.send(&text("cold", ""))),
        (131_047, Class::OfferTemplate)
    );
    emulator.say(ANA, "hi");
    for (code, class) in [
        (131_056, Class::SlowContact),
        (130_429, Class::SlowChannel),
        (131_026, Class::NeverContact),
        (131_000, Class::RetryFew),
        (190, Class::StopChannel),
    ] {
        emulator.fault(Fault::Refuse(code));
        assert_eq!(refused(client.send(&text("x", ""))), (code, class));
    }
    accepted(client.send(&text("now", "")));
    emulator.advance(DAY_MS);
    assert_eq!(
        refused(client.send(&text("late", ""))).1,
        Class::OfferTemplate
    );
    let wrong = Graph::new(Connection {
        token: "other".into(),
        ..emulator.connection()
    })
    .unwrap();
    assert_eq!(
        refused(wrong.send(&text("x", ""))),
        (190, Class::StopChannel)
    );
    let lost = Graph::new(Connection {
        phone_number_id: "1".into(),
        ..emulator.connection()
    })
    .unwrap();
    assert_eq!(
        refused(lost.send(&text("x", ""))),
        (100, Class::StopChannel)
    );
}

#[test]
fn the_forty_sixth_message_at_once_is_one_too_many() {
    let (_ear, client, emulator) = line(Options {
        read_ms: None,
        ..quick()
    });
    emulator.say(ANA, "hi");
    for number in 0..45 {
        accepted(client.send(&text(&number.to_string(), "")));
    }
    assert_eq!(
        refused(client.send(&text("46", ""))),
        (131_056, Class::SlowContact)
    );
    emulator.advance(6_500);
    accepted(client.send(&text("46", "")));
}

#[test]
fn some_failures_come_later_by_webhook() {
    let (ear, client, emulator) = line(quick());
    let cold = accepted(client.send(&text("cold", "out-9")));
    emulator.customer(Customer {
        on_whatsapp: false,
        ..Customer::new("34600550102", "Otto")
    });
    emulator.say("34600550102", "hi");
    let to = by_number("34600550102");
    let gone = accepted(client.send(&send::message(&to, &Content::text("x"), None, "").unwrap()));
    emulator.say(ANA, "hi");
    emulator.fault(Fault::FailLater(131_049));
    let later = accepted(client.send(&text("offer", "")));
    assert!(emulator.drain(Duration::from_secs(10)));
    assert_eq!(ear.states(&cold), ["failed 131047"]);
    assert_eq!(ear.states(&gone), ["failed 131026"]);
    assert_eq!(ear.states(&later), ["failed 131049"]);
}

#[test]
fn a_webhook_not_answered_with_200_comes_again_and_a_repeated_one_says_the_same() {
    let options = quick();
    let ear = Ear::open(&options.app_secret, 2);
    let emulator = graph::Graph::start(options).unwrap();
    emulator.repeat_hooks(1);
    emulator.say(ANA, "again");
    emulator.post_to(ear.url());
    assert!(emulator.drain(Duration::from_secs(10)));
    let updates = ear.updates();
    assert_eq!(updates.len(), 2);
    assert_eq!(updates[0], updates[1]);
    assert_eq!(emulator.hook_counts(), (2, 0));
}

#[test]
fn files_go_up_and_come_down_whole() {
    let (ear, client, emulator) = line(quick());
    let picture: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    emulator.say_media(
        ANA,
        "image",
        "image/jpeg",
        &picture,
        json!({"caption": "broken"}),
    );
    ear.wait("the picture", |updates| !updates.is_empty());
    let trailbox::domain::update::News::Message(message) = &ear.updates()[0].news else {
        panic!()
    };
    let Content::Media(received) = &message.content else {
        panic!("{message:?}")
    };
    let mut bytes = Vec::new();
    let fetched = client.fetch(received, 1 << 20, &mut bytes).unwrap();
    assert_eq!((bytes.len(), fetched.size_bytes), (picture.len(), 200_000));
    assert_eq!(Some(&fetched.sha256), received.sha256.as_ref());
    assert_eq!(bytes, picture);
    for (media, max) in [
        (received.clone(), 1_000),
        (
            Media {
                sha256: Some("0".repeat(64)),
                ..received.clone()
            },
            1 << 20,
        ),
        (
            Media {
                media_id: Some("123".into()),
                ..received.clone()
            },
            1 << 20,
        ),
        (
            Media {
                media_id: Some("../x".into()),
                ..received.clone()
            },
            1 << 20,
        ),
        (
            Media {
                media_id: None,
                ..received.clone()
            },
            1 << 20,
        ),
    ] {
        let failure = client.fetch(&media, max, &mut Vec::new()).unwrap_err();
        assert!(!failure.to_string().is_empty(), "{media:?}");
    }
    let mut file = media(MediaKind::Document, "application/pdf", "");
    let id = client.upload(&file, &picture).unwrap();
    file.media_id = Some(id);
    file.file_name = Some("Rechnung \"1\".pdf".into());
    file.caption = Some("the bill".into());
    let body = send::message(&by_number(ANA), &Content::Media(file.clone()), None, "").unwrap();
    accepted(client.send(&body));
    let mut back = Vec::new();
    client.fetch(&file, 1 << 20, &mut back).unwrap();
    assert_eq!(back, picture);
    let zip = media(MediaKind::Document, "application/zip", "");
    assert!(matches!(client.upload(&zip, b"PK"), Err(Failure::Unfit(_))));
}

#[test]
fn templates_are_listed_over_several_pages_filled_in_and_sent_into_a_closed_window() {
    let mut options = quick();
    let filler = |n: usize| {
        json!({"name": format!("filler_{n}"), "language": "en",
        "status": "APPROVED", "components": [{"type": "BODY", "text": "x"}]})
    };
    options.templates.extend((0..230).map(filler));
    let count = options.templates.len();
    let (ear, client, emulator) = line(options);
    let templates = client.templates().unwrap();
    assert_eq!(templates.len(), count);
    let find = |name: &str, language: &str| {
        templates
            .iter()
            .find(|t| t.name == name && t.language == language)
            .unwrap()
    };
    let body = |name: &str, value: &str| Parameter {
        place: Place::Body,
        name: Some(name.into()),
        value: value.into(),
        ..Parameter::default()
    };
    let header = Parameter {
        place: Place::Header,
        ..body("customer_name", "Ana")
    };
    let filled = find("courier_visit", "en")
        .fill(
            &[
                header,
                body("visit_date", "Monday"),
                body("item", "the lamp"),
            ],
            None,
        )
        .unwrap();
    assert!(
        filled
            .text
            .starts_with("Courier for Ana\n\nThe courier comes on Monday")
    );
    let plain = find("parcel_news", "de")
        .fill(&[body("1", "Ana"), body("2", "A-1")], None)
        .unwrap();
    let mut photo = media(MediaKind::Image, "image/png", "");
    photo.media_id = Some(client.upload(&photo, b"png").unwrap());
    let link = Parameter {
        place: Place::LinkButton,
        ..body("1", "en")
    };
    let pictured = find("photo_wanted", "en")
        .fill(&[body("1", "Ana"), link], Some(photo))
        .unwrap();
    for template in [filled, plain, pictured] {
        let body = send::message(&by_number(ANA), &Content::Template(template), None, "").unwrap();
        let id = accepted(client.send(&body));
        ear.wait("read", |_| ear.states(&id).len() == 3);
    }
    assert!(find("winter_offer", "en").fill(&[], None).is_err());
    assert_eq!(emulator.sent().len(), 3);
}

#[test]
fn reactions_read_marks_and_the_number_itself() {
    let (ear, client, emulator) = line(quick());
    let id = emulator.say(ANA, "thanks");
    client.mark_read(&id, Typing::Shown).unwrap();
    assert_eq!(emulator.reads(), [id.as_str()]);
    let unknown = client
        .mark_read("wamid.nobody", Typing::Hidden)
        .unwrap_err();
    assert!(matches!(unknown, Failure::Refused(_)), "{unknown:?}");
    let reaction = send::reaction(&by_number(ANA), &id, Some("👍"), "out-10").unwrap();
    let reaction = accepted(client.send(&reaction));
    accepted(client.send(&send::reaction(&by_number(ANA), &id, None, "").unwrap()));
    assert!(emulator.drain(Duration::from_secs(10)));
    assert_eq!(ear.states(&reaction), ["sent"]);
    assert_eq!(client.number().unwrap().display, "+447700900100");
}

#[test]
fn answers_that_no_graph_api_gives_are_judged_with_care() {
    let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
    let base_url = format!("http://{}", server.server_addr());
    let other = base_url.clone();
    let answers = [
        (200, "{}"),
        (200, "<html>welcome</html>"),
        (200, r#"{"messages": []}"#),
        (302, ""),
        (404, "not here"),
        (429, "slow down"),
        (500, "oops"),
        (504, "<html>gateway</html>"),
        (200, r#"{"messages": [{"id": "wamid.LATE"}]}"#),
    ];
    let listening = Arc::clone(&server);
    let thread = std::thread::spawn(move || {
        for (status, body) in answers {
            let request = listening.recv().unwrap();
            assert_eq!(request.url(), "/v25.0/1/messages");
            let location =
                tiny_http::Header::from_bytes("Location", format!("{other}/elsewhere")).unwrap();
            let answer = tiny_http::Response::from_string(body).with_status_code(status);
            request.respond(answer.with_header(location)).unwrap();
        }
    });
    let connection = Connection {
        base_url,
        version: "v25.0".into(),
        token: "t".into(),
        phone_number_id: "1".into(),
        waba_id: "2".into(),
        timeouts: Timeouts::default(),
    };
    let client = Graph::new(connection).unwrap();
    let outcomes: Vec<String> = answers
        .iter()
        .map(|_| match client.send(&text("x", "")) {
            SendOutcome::Accepted { provider_id, .. } => provider_id,
            SendOutcome::Refused(refused) => format!("{:?}", refused.class),
            SendOutcome::Unknown { .. } => "unknown".into(),
            SendOutcome::NotSent { .. } => "not sent".into(),
        })
        .collect();
    thread.join().unwrap();
    assert_eq!(
        outcomes,
        [
            "unknown",
            "unknown",
            "unknown",
            "StopChannel",
            "StopChannel",
            "SlowChannel",
            "unknown",
            "unknown",
            "wamid.LATE",
        ]
    );
}

#[test]
fn the_same_seed_gives_the_same_ids() {
    let ids = |seed| {
        let emulator = graph::Graph::start(Options { seed, ..quick() }).unwrap();
        [emulator.say(ANA, "a"), emulator.say(ANA, "b")]
    };
    assert_eq!(ids(7), ids(7));
    assert_ne!(ids(7), ids(8));
}

#[test]
fn an_unfit_connection_is_refused_before_anything_is_sent() {
    let emulator = graph::Graph::start(quick()).unwrap();
    let good = emulator.connection();
    for (connection, word) in [
        (
            Connection {
                base_url: "http://graph.example".into(),
                ..good.clone()
            },
            "https",
        ),
        (
            Connection {
                version: "../x".into(),
                ..good.clone()
            },
            "version",
        ),
        (
            Connection {
                phone_number_id: "1/2".into(),
                ..good.clone()
            },
            "phone_number_id",
        ),
        (
            Connection {
                waba_id: String::new(),
                ..good.clone()
            },
            "waba_id",
        ),
        (
            Connection {
                token: "a\r\nb".into(),
                ..good.clone()
            },
            "token",
        ),
    ] {
        let refusal = Graph::new(connection).err().unwrap().to_string();
        assert!(refusal.contains(word), "{refusal}");
        assert!(!refusal.contains("a\r\nb"));
    }
    assert!(!format!("{good:?}").contains(&good.token));
    let nobody = send::message(&Party::default(), &Content::text("x"), None, "");
    assert!(nobody.is_err());
}
