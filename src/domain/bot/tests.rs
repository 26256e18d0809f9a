//! What the bot makes of messages, by example.

use super::*;

const DESK: Desk<'_> = Desk {
    shop: "Noor & Mar",
    pattern: "NM-#####",
    tongue: Tongue::English,
    back: None,
    may_write: true,
};

fn text(text: &str) -> Vec<Heard> {
    vec![Heard {
        kind: "text".to_owned(),
        text: text.to_owned(),
    }]
}

#[test]
fn every_phrase_stands_in_every_language_and_is_filled() {
    let names = [
        "greet",
        "ask",
        "offer",
        "noted",
        "about",
        "again",
        "handed",
        "unread",
        "stuck",
        "closed",
        "transition",
        "word",
    ];
    for tongue in Tongue::ALL {
        for name in names {
            assert!(!phrase(tongue, name).is_empty(), "{tongue:?} {name}");
        }
        assert!(asks_for_person(&phrase(tongue, "word")), "{tongue:?}");
        let said = transition(tongue, "Noor & Mar", "Maya");
        assert!(said.contains("Maya") && !said.contains('{'), "{said}");
    }
}

#[test]
fn it_greets_says_what_it_is_and_offers_a_person_in_the_customers_language() {
    for (wrote, words) in [
        (
            "Hello",
            ["automatic assistant of Noor & Mar", "NM-12345", "*agent*"],
        ),
        (
            "Hola, buenas tardes",
            ["asistente automático", "NM-12345", "*agente*"],
        ),
        ("میرا آرڈر؟", ["خودکار معاون", "NM-12345", "*ایجنٹ*"]),
        ("مرحبا", ["المساعد الآلي", "NM-12345", "*موظف*"]),
    ] {
        let turn = turn(DESK, &Known::default(), &text(wrote));
        assert_eq!(turn.check, Check::Greeting, "{wrote}");
        assert!(!turn.gives_up);
        for word in words {
            assert!(turn.say.contains(word), "{wrote}: {}", turn.say);
        }
    }
}

#[test]
fn it_collects_order_and_matter_then_hands_over() {
    let first = turn(
        DESK,
        &Known::default(),
        &text("Hello, my lamp arrived broken"),
    );
    assert_eq!(first.check, Check::Greeting);
    let second = turn(DESK, &first.known, &text("nm-20113"));
    assert_eq!((second.check, second.gives_up), (Check::Collected, true));
    assert_eq!(second.known.order.as_deref(), Some("NM-20113"));
    assert!(second.say.contains("NM-20113"), "{}", second.say);

    let first = turn(DESK, &Known::default(), &text("NM-20113"));
    assert_eq!(first.check, Check::Greeting);
    assert!(first.say.contains("What is it about?"), "{}", first.say);
    let whole = turn(
        DESK,
        &Known::default(),
        &text("Where is my parcel NM-20113? It is late"),
    );
    assert_eq!(whole.check, Check::Collected);
}

#[test]
fn two_turns_without_progress_are_enough() {
    let mut known = turn(DESK, &Known::default(), &text("Hi")).known;
    let first = turn(DESK, &known, &text("?"));
    assert_eq!((first.check, first.gives_up), (Check::NoProgress, false));
    known = first.known;
    let second = turn(DESK, &known, &text("??"));
    assert_eq!((second.check, second.gives_up), (Check::NoProgress, true));
}

#[test]
fn it_gives_up_for_a_person_for_media_and_out_of_hours() {
    let asked = turn(DESK, &Known::default(), &text("I want to talk to a human"));
    assert_eq!((asked.check, asked.gives_up), (Check::AskedForPerson, true));
    let voice = [Heard {
        kind: "voice".to_owned(),
        text: String::new(),
    }];
    let heard = turn(DESK, &Known::default(), &voice);
    assert_eq!((heard.check, heard.gives_up), (Check::Media, true));
    let closed = Desk {
        back: Some("Monday, 09:00"),
        ..DESK
    };
    let late = turn(closed, &Known::default(), &text("Hello"));
    assert_eq!((late.check, late.gives_up), (Check::OutOfHours, true));
    assert!(late.say.contains("Monday, 09:00") && late.say.contains("automatic"));
    let shut = Desk {
        may_write: false,
        ..DESK
    };
    let silent = turn(shut, &Known::default(), &text("Hello"));
    assert!(silent.gives_up && silent.say.is_empty());
}

#[test]
fn order_numbers_are_found_by_their_pattern() {
    for (pattern, wrote, found) in [
        ("NM-#####", "it is nm-20113, please", Some("NM-20113")),
        ("NM-#####", "NM-201134", None),
        ("NM-#####", "XNM-20113", None),
        ("NM-#####, ######", "123456", Some("123456")),
        ("??-###", "order AB-123.", Some("AB-123")),
        ("NM-#####", "ایم NM-20113", Some("NM-20113")),
        ("NM-#####", "", None),
    ] {
        assert_eq!(find_order(pattern, wrote).as_deref(), found, "{wrote}");
    }
    assert!(check_pattern("NM-#####").is_ok() && check_pattern("??-#####, ######").is_ok());
    for bad in ["", " , ", "NM", "NM-#", "NM-#####, x"] {
        assert!(check_pattern(bad).is_err(), "{bad}");
    }
    assert_eq!(example("??-#####"), "AB-12345");
}

#[test]
fn it_never_talks_for_ever() {
    let mut known = Known::default();
    let mut turns = 0;
    loop {
        // A machine that always has something new to say.
        let said = turn(DESK, &known, &text(&format!("NM-{:05} hi", 20_000 + turns)));
        turns += 1;
        if said.gives_up {
            break;
        }
        known = said.known;
        assert!(turns <= TURNS_MAX, "still talking");
    }
}

/// Reads the development messages where they lie beside the repository, and prints how well requests
/// for a person are told from others. Their own project dedicated the phrases to the public domain.
#[test]
fn requests_for_a_person_are_told_from_others() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/complaints");
    let phrases = include_str!("person.tsv");
    let asked: Vec<&str> = phrases
        .lines()
        .filter(|line| !line.starts_with('#') && !line.contains('*'))
        .filter_map(|line| line.split('\t').nth(2))
        .collect();
    let found = asked
        .iter()
        .filter(|phrase| asks_for_person(&format!("hi {} ok", phrase.replace('_', "any"))))
        .count();
    println!("recall on the {} phrases themselves: {found}", asked.len());
    assert_eq!(found, asked.len());
    let Ok(rows) = std::fs::read_to_string(folder.join("authored.jsonl")) else {
        println!("no development messages beside the repository: precision not measured");
        return;
    };
    let (mut all, mut hits, mut shown) = (0_u32, 0_u32, Vec::new());
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let text = row["text"].as_str().unwrap_or_default();
        all += 1;
        if asks_for_person(text) {
            hits += 1;
            if shown.len() < 12 {
                shown.push(text.to_owned());
            }
        }
    }
    println!("of {all} messages of the shop {hits} ask for a person, for example {shown:#?}");
    assert!(hits * 8 < all, "far too many: {hits} of {all}");
}
