//! The client and the parser against the strict emulator made apart from this repository; only
//! where that and Python lie at hand.

use crate::kit::{Ear, by_number, gist, media, shared};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use trailbox::channels::whatsapp::client::{Connection, Graph, Timeouts};
use trailbox::channels::whatsapp::send::{self, Typing};
use trailbox::domain::message::{
    Card, Cards, Content, Location, Media, MediaKind, Parameter, Place,
};
use trailbox::domain::sending::{Class, SendOutcome};
use trailbox::domain::update::News;

const SECRET: &str = "strict-secret";
const ANA: &str = "15551230001";

/// The emulator as a process of its own; it ends with the test.
struct Strict {
    process: Child,
    base_url: String,
}

impl Strict {
    fn start(webhook_url: &str, more: &[&str]) -> Option<Strict> {
        let script = shared("emulators/whatsapp_graph.py")?;
        if Command::new("python3").arg("--version").output().is_err() {
            println!("not here: python3");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let port_file = folder.path().join("port");
        let process = Command::new("python3")
            .arg(&script)
            .args([
                "serve",
                "--port",
                "0",
                "--token",
                "tok",
                "--app-secret",
                SECRET,
            ])
            .args([
                "--webhook-url",
                webhook_url,
                "--sent-delay",
                "0",
                "--delivered-delay",
                "0.01",
            ])
            .args([
                "--read-delay",
                "0.03",
                "--retry-scale",
                "0.01",
                "--port-file",
            ])
            .arg(&port_file)
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port = read_port(&port_file);
        Some(Strict {
            process,
            base_url: format!("http://127.0.0.1:{port}"),
        })
    }

    fn client(&self) -> Graph {
        Graph::new(Connection {
            base_url: self.base_url.clone(),
            version: "v25.0".into(),
            token: "tok".into(),
            phone_number_id: "106540352242922".into(),
            waba_id: "102290129340398".into(),
            timeouts: Timeouts {
                answer: Duration::from_secs(5),
                ..Timeouts::default()
            },
        })
        .unwrap()
    }

    fn order(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/_emu/{path}", self.base_url);
        let mut answer = ureq::post(&url).send_json(body).unwrap();
        answer.body_mut().read_json().unwrap()
    }

    fn fault(&self, spec: &str) {
        self.order("fault", json!({"spec": spec}));
    }
}

impl Drop for Strict {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn read_port(file: &Path) -> u16 {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Ok(file) = std::fs::File::open(file) {
            let line = BufReader::new(file).lines().next();
            if let Some(port) = line.and_then(|line| line.unwrap().trim().parse().ok()) {
                return port;
            }
        }
        assert!(Instant::now() < end, "the strict emulator does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn accepted(outcome: SendOutcome) -> String {
    match outcome {
        SendOutcome::Accepted { provider_id, .. } => provider_id,
        other => panic!("{other:?}"),
    }
}

fn text(to: &str, words: &str, tag: &str) -> Value {
    send::message(&by_number(to), &Content::text(words), None, tag).unwrap()
}

#[test]
fn the_strict_emulator_takes_every_kind_we_send() {
    let ear = Ear::open(SECRET, 0);
    let Some(strict) = Strict::start(&ear.url(), &[]) else {
        return;
    };
    let client = strict.client();
    strict.order(
        "inbound",
        json!({"from": ANA, "type": "text", "text": "hello"}),
    );
    ear.wait("the first message", |updates| !updates.is_empty());
    let News::Message(first) = &ear.updates()[0].news else {
        panic!("{:?}", ear.updates())
    };
    let to = &first.party;
    let upload = |kind, mime: &str, bytes: &[u8]| {
        let file = media(kind, mime, "");
        Media {
            media_id: Some(client.upload(&file, bytes).unwrap()),
            ..file
        }
    };
    let named = Media {
        file_name: Some("a.pdf".into()),
        caption: Some("see".into()),
        ..upload(MediaKind::Document, "application/pdf", b"%PDF-1.4 x")
    };
    let card = Card {
        name: "Ida Voss".into(),
        ..Card::default()
    };
    let place = Location {
        latitude: "52.5".into(),
        longitude: "13.4".into(),
        ..Location::default()
    };
    let contents = [
        Content::text("see https://x.example ünï 🙂"),
        Content::Media(upload(MediaKind::Image, "image/png", b"\x89PNG")),
        Content::Media(upload(MediaKind::Video, "video/mp4", b"mp4")),
        Content::Media(upload(MediaKind::Audio, "audio/mpeg", b"mp3")),
        Content::Media(upload(MediaKind::Voice, "audio/ogg; codecs=opus", b"OggS")),
        Content::Media(upload(MediaKind::Sticker, "image/webp", b"RIFF")),
        Content::Media(named),
        Content::Location(place),
        Content::Contacts(Cards { cards: vec![card] }),
    ];
    for (number, content) in contents.iter().enumerate() {
        let tag = format!("out-{number}");
        let body = send::message(to, content, Some(&first.provider_id), &tag).unwrap();
        let id = accepted(client.send(&body));
        ear.wait(&format!("{tag} to be read"), |_| {
            ear.states(&id).iter().any(|state| state == "read")
        });
    }
    let reaction = send::reaction(to, &first.provider_id, Some("👍"), "out-r").unwrap();
    accepted(client.send(&reaction));
    client.mark_read(&first.provider_id, Typing::Shown).unwrap();
    client
        .mark_read(&first.provider_id, Typing::Hidden)
        .unwrap();
    assert_eq!(client.number().unwrap().display, "15550783881");
    println!(
        "ran here: {} kinds against the strict emulator",
        contents.len() + 3
    );
}

#[test]
fn the_strict_emulator_takes_our_templates_where_nothing_else_goes() {
    let ear = Ear::open(SECRET, 0);
    let Some(strict) = Strict::start(&ear.url(), &["--window", "sync"]) else {
        return;
    };
    let client = strict.client();
    let cold = client.send(&text(ANA, "anybody?", ""));
    let SendOutcome::Refused(cold) = cold else {
        panic!("{cold:?}")
    };
    assert_eq!((cold.code, cold.class), (131_047, Class::OfferTemplate));
    let templates = client.templates().unwrap();
    let mut sent = 0;
    for spec in &templates {
        let values: Vec<Parameter> = spec
            .needs()
            .into_iter()
            .map(|need| Parameter {
                place: need.place,
                button: need.button,
                name: Some(need.name),
                value: if need.place == Place::LinkButton {
                    "A-1".into()
                } else {
                    "Ana".into()
                },
            })
            .collect();
        let header = match &spec.header {
            Some(trailbox::domain::template::Header::Media { media: kind }) => {
                let file = media(*kind, "image/png", "");
                Some(Media {
                    media_id: Some(client.upload(&file, b"\x89PNG").unwrap()),
                    ..file
                })
            }
            _ => None,
        };
        let filled = match spec.fill(&values, header) {
            Ok(filled) => filled,
            Err(refusal) => {
                assert_ne!(spec.status, "APPROVED", "{spec:?}: {refusal}");
                continue;
            }
        };
        assert!(!filled.text.contains("{{"), "{}", filled.text);
        let body = send::message(&by_number(ANA), &Content::Template(filled), None, "").unwrap();
        let id = accepted(client.send(&body));
        ear.wait(&spec.name, |_| {
            ear.states(&id).iter().any(|state| state == "delivered")
        });
        sent += 1;
    }
    assert_eq!((templates.len(), sent), (10, 7));
}

#[test]
fn errors_of_the_strict_emulator_are_understood() {
    let ear = Ear::open(SECRET, 0);
    let Some(strict) = Strict::start(&ear.url(), &[]) else {
        return;
    };
    let client = strict.client();
    let cold = accepted(client.send(&text("15551230009", "cold", "out-cold")));
    ear.wait("131047", |_| ear.states(&cold) == ["failed 131047"]);
    strict.order(
        "user",
        json!({"wa_id": "15551230008", "on_whatsapp": false}),
    );
    strict.order(
        "inbound",
        json!({"from": ANA, "type": "text", "text": "hello"}),
    );
    for (code, class) in [
        (131_026, Class::NeverContact),
        (131_056, Class::SlowContact),
        (130_429, Class::SlowChannel),
        (131_016, Class::Retry),
        (131_000, Class::RetryFew),
        (131_042, Class::StopChannel),
        (190, Class::StopChannel),
    ] {
        strict.fault(&format!("api_error:code={code},times=1,on=messages"));
        let outcome = client.send(&text(ANA, "x", ""));
        let SendOutcome::Refused(refused) = outcome else {
            panic!("{code}: {outcome:?}")
        };
        assert_eq!((refused.code, refused.class), (code, class));
    }
    for number in 0..45 {
        accepted(client.send(&text(ANA, &number.to_string(), "")));
    }
    let outcome = client.send(&text(ANA, "46", ""));
    let SendOutcome::Refused(refused) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(refused.class, Class::SlowContact);
    let wrong = text(ANA, "x", "").as_object().unwrap().clone();
    let wrong: Value = wrong
        .into_iter()
        .chain([("extra".to_owned(), json!(1))])
        .collect();
    let outcome = client.send(&wrong);
    let SendOutcome::Refused(refused) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((refused.code, refused.class), (100, Class::FixContent));
}

#[test]
fn a_lost_answer_is_found_again_by_its_mark() {
    let ear = Ear::open(SECRET, 0);
    let Some(strict) = Strict::start(&ear.url(), &[]) else {
        return;
    };
    let client = strict.client();
    strict.order(
        "inbound",
        json!({"from": ANA, "type": "text", "text": "hello"}),
    );
    for (fault, tag, arrives) in [
        (
            "api_close:when=after,times=1,on=messages",
            "out-after",
            true,
        ),
        (
            "api_close:when=before,times=1,on=messages",
            "out-before",
            false,
        ),
        ("api_http:status=502,times=1,on=messages", "out-502", false),
    ] {
        strict.fault(fault);
        let outcome = client.send(&text(ANA, tag, tag));
        assert!(
            matches!(outcome, SendOutcome::Unknown { .. }),
            "{fault}: {outcome:?}"
        );
        let told = |updates: &[trailbox::domain::update::Update]| {
            updates.iter().any(|update| gist(update).ends_with(tag))
        };
        if arrives {
            ear.wait(tag, told);
        }
        strict.order("drain", json!({}));
        assert_eq!(told(&ear.updates()), arrives, "{fault}");
    }
    strict.fault("api_http:status=503,times=1,on=messages");
    let outcome = client.send(&text(ANA, "busy", ""));
    let SendOutcome::Refused(refused) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(refused.class, Class::Retry);
}

#[test]
fn everything_a_customer_can_do_is_read_and_files_come_down_whole() {
    let ear = Ear::open(SECRET, 0);
    let Some(strict) = Strict::start(&ear.url(), &[]) else {
        return;
    };
    let client = strict.client();
    let own = |kind: &str| match kind {
        "location" => json!({"latitude": 1.5, "longitude": -2}),
        "contacts" => json!([{"name": {"formatted_name": "Ida"}, "phones": [{"phone": "+1"}]}]),
        "order" => json!({"catalog_id": "1", "product_items": [
            {"product_retailer_id": "L", "quantity": 1, "item_price": 2.5, "currency": "EUR"}]}),
        _ => Value::Null,
    };
    let types = [
        "text",
        "image",
        "audio",
        "video",
        "document",
        "sticker",
        "location",
        "contacts",
        "order",
        "unsupported",
        "too_big",
        "request_welcome",
    ];
    let mut first = String::new();
    for kind in types {
        let mut body = json!({"from": ANA, "type": kind, "name": "Ana"});
        if !own(kind).is_null() {
            body["message"] = own(kind);
        }
        let answer = strict.order("inbound", body);
        if first.is_empty() {
            first = answer["ids"][0].as_str().unwrap().to_owned();
        }
    }
    let messages = |updates: &[trailbox::domain::update::Update]| {
        updates
            .iter()
            .filter(|update| matches!(update.news, News::Message(_)))
            .count()
    };
    ear.wait("all types", |updates| messages(updates) == types.len());
    let mut files = 0;
    for update in ear.updates() {
        assert!(!matches!(update.news, News::Unreadable(_)), "{update:?}");
        let News::Message(message) = &update.news else {
            continue;
        };
        let Some(media) = message.content.media() else {
            continue;
        };
        let mut bytes = Vec::new();
        let fetched = client.fetch(media, 16 << 20, &mut bytes).unwrap();
        assert_eq!(Some(&fetched.sha256), media.sha256.as_ref());
        files += 1;
        strict.fault("media_corrupt:times=1");
        assert!(client.fetch(media, 16 << 20, &mut Vec::new()).is_err());
        strict.fault("media_truncate:times=1");
        assert!(client.fetch(media, 16 << 20, &mut Vec::new()).is_err());
        strict.fault("media_404:times=1");
        assert!(
            client.fetch(media, 16 << 20, &mut Vec::new()).is_ok(),
            "asked again"
        );
    }
    assert_eq!(files, 5);
    strict.order("react", json!({"id": first, "from": ANA}));
    strict.order("react", json!({"id": first, "from": ANA, "emoji": ""}));
    strict.order("edit", json!({"id": first, "text": "new words"}));
    strict.order("revoke", json!({"id": first}));
    strict.order("preference", json!({"from": ANA, "value": "stop"}));
    strict.order("echo", json!({"to": ANA, "text": "from the phone"}));
    strict.order(
        "template",
        json!({"name": "hello_world", "language": "en_US", "status": "PAUSED"}),
    );
    strict.order("number_change", json!({"from": ANA, "to": "15551230099"}));
    strict.order("drain", json!({}));
    let gists: Vec<String> = ear.updates().iter().map(gist).collect();
    for word in [
        "reaction ",
        "edit ",
        "revoke ",
        "preference ",
        "echo ",
        "identity Number",
        "identity UserId",
        "template hello_world Status",
    ] {
        assert!(
            gists.iter().any(|gist| gist.starts_with(word)),
            "{word}: {gists:#?}"
        );
    }
    assert!(
        !gists.iter().any(|gist| gist.starts_with("unreadable")),
        "{gists:#?}"
    );
    println!(
        "ran here: {} types of message from the strict emulator",
        types.len()
    );
}
