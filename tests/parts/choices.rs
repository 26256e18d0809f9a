//! Choices to tap, as the strict emulator takes them: an agent offers buttons and a list on the page,
//! the customer taps, and the answer stands in the thread as one to that message.

use crate::browser::{Browser, Page};
use crate::emulator::Emulator;
use crate::kit::{Desk, wait_for};
use serde_json::{Value, json};

const ANA: &str = "15551230001";

fn offer(browser: &mut Browser, fields: &[(&str, &str)]) -> Page {
    let page = browser.get("/conversations/C-1").unwrap();
    assert!(page.html.contains("Choices to tap"), "{}", page.html);
    let mut all: Vec<(&str, String)> = Vec::new();
    for name in ["csrf", "back", "seen"] {
        all.extend(page.hidden(name).map(|value| (name, value)));
    }
    all.extend(
        fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    browser.post("/conversations/C-1/replies", &all).unwrap()
}

/// The newest message the emulator took; its id and its body.
fn taken(emulator: &Emulator, count: usize) -> (String, Value) {
    let all = wait_for("the message to be taken", 20, || {
        let told = emulator.look("messages?limit=50");
        let all = told["data"].as_array().cloned().unwrap_or_default();
        (all.len() == count).then_some(all)
    });
    let newest = all
        .iter()
        .find(|one| {
            one["body"]["type"] == "interactive" && one["body"]["interactive"]["type"] != ""
        })
        .filter(|_| count == 1)
        .or_else(|| {
            all.iter()
                .find(|one| one["body"]["interactive"]["type"] == "list")
        })
        .unwrap_or_else(|| panic!("{all:?}"));
    (
        newest["id"].as_str().unwrap().to_owned(),
        newest["body"]["interactive"].clone(),
    )
}

#[test]
fn buttons_and_lists_are_offered_tapped_and_answered() {
    let mut desk = Desk::make();
    let Some(emulator) = Emulator::start(&desk.hook(), &[]) else {
        return;
    };
    desk.connect(&emulator.base_url);
    desk.serve();
    emulator.order(
        "inbound",
        json!({"from": ANA, "name": "Ana", "text": "When do you call?"}),
    );
    let heard = |n: u64| {
        wait_for("the customer's word", 30, || {
            (desk.number("SELECT count(*) FROM article WHERE direction = 'in'") == n).then_some(())
        });
    };
    heard(1);
    let mut browser = Browser::signed_in(&desk.url(""));
    // What WhatsApp would refuse is refused here, with what was typed kept.
    for (fields, sentence) in [
        (
            &[("text", "When?"), ("button_1", "Now"), ("button_2", "Now")][..],
            "Now is offered twice",
        ),
        (
            &[("text", ""), ("button_1", "Now")][..],
            "choices need words above them",
        ),
        (
            &[("text", "When?"), ("rows", "Now")][..],
            "a list needs a word on the button",
        ),
        (
            &[("text", "When?"), ("rows", "Now"), ("button_1", "Now")][..],
            "not both",
        ),
        (
            &[("text", "When?"), ("button_1", "a title of twenty-one")][..],
            "has 21 characters; WhatsApp takes at most 20",
        ),
    ] {
        let page = offer(&mut browser, fields);
        assert!(
            matches!(page.status, 409 | 422),
            "{fields:?}: {}",
            page.status
        );
        assert!(page.html.contains(sentence), "{sentence}");
        assert!(page.html.contains("value=\"Now\"") || !page.html.contains("offered twice"));
    }
    let buttons = [
        ("text", "When shall we call?"),
        ("button_1", "Today"),
        ("button_2", "Tomorrow"),
    ];
    assert_eq!(offer(&mut browser, &buttons).status, 303);
    let (id, body) = taken(&emulator, 1);
    assert_eq!(body["type"], "button");
    emulator.order("tap", json!({"id": id, "choice": 1}));
    heard(2);
    let rows = "Morning | before noon\nAfternoon | until five\n\nEvening";
    let list = [
        ("text", "At what time?"),
        ("opens", "Choose a time"),
        ("rows", rows),
    ];
    assert_eq!(offer(&mut browser, &list).status, 303);
    let (id, body) = taken(&emulator, 2);
    assert_eq!(
        body["action"]["sections"][0]["rows"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    emulator.order("tap", json!({"id": id, "choice": 0}));
    heard(3);
    // The answers name what they answer, and the page shows both.
    let answers = "SELECT count(*) FROM article AS answer JOIN article AS offer
        ON offer.provider_id = answer.reply_to
        WHERE answer.kind = 'choice' AND offer.kind = 'offer'";
    assert_eq!(desk.number(answers), 2);
    let page = browser.get("/conversations/C-1").unwrap().html;
    for words in ["Tomorrow", "Choose a time", "before noon", "At what time?"] {
        assert!(page.contains(words), "no {words}");
    }
    desk.stop_and_verify();
}
