//! What leaves the desk from its pages: lists as tables, reports for printing.

use super::House;
use trailbox::desk::{packs, tickets};
use trailbox::domain::event::Event;
use trailbox::domain::event::export::ExportEvent;
use trailbox::domain::id::{Object, Seq};
use trailbox::domain::member::Role;
use trailbox::web::exchange::Method;

#[test]
fn every_list_is_taken_as_it_is_narrowed() {
    let house = House::new();
    let kit = &house.kit;
    let lead = house.member("Lena", Role::Lead);
    let agent = house.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    for number in ["447700900200", "447700900201"] {
        kit.writes(channel, number, "where is my parcel");
    }
    for (list, page) in [
        ("conversations", "/inbox?queue=all"),
        ("tickets", "/tickets"),
        ("contacts", "/contacts"),
    ] {
        let action = format!("action=\"/exports/{list}\"");
        assert!(house.shows(&lead, page).contains(&action), "{page}");
        assert!(!house.shows(&agent, page).contains(&action), "{page}");
        house.refused(&agent, Method::Post, &format!("/exports/{list}"));
    }
    let wanted = tickets::Wanted {
        title: "Lost; =1+1".to_owned(),
        ..tickets::Wanted::default()
    };
    kit.ticket(&lead.who, wanted);
    let take = |list: &str, back: &str, format: &str| {
        let fields = [("back", back), ("format", format)];
        house.post(&lead, &format!("/exports/{list}"), &fields)
    };
    let before = kit.events();
    let csv = take(
        "conversations",
        "/inbox?queue=all&sort=oldest&after=9.9",
        "csv",
    );
    assert_eq!(csv.text.lines().count(), 3, "{}", super::gist(&csv.text));
    assert!(csv.text.contains("where is my parcel"));
    let none = take("conversations", "/inbox?queue=mine", "csv");
    assert_eq!(none.text.lines().count(), 1);
    let csv = take("tickets", "/tickets?priority=normal", "csv");
    assert!(csv.text.contains("\"Lost; =1+1\""), "{}", csv.text);
    let none = take("tickets", "/tickets?priority=urgent", "csv");
    assert_eq!(none.text.lines().count(), 1);
    let found = take("tickets", "/tickets?q=lost", "csv");
    assert_eq!(found.text.lines().count(), 2);
    let csv = take("contacts", "/contacts?q=447700900201", "csv");
    assert_eq!(csv.text.lines().count(), 2);
    assert!(take("contacts", "/contacts", "xlsx").text.starts_with("PK"));
    let told = house.since(before);
    let questions: Vec<_> = told
        .iter()
        .filter_map(|event| match event {
            Event::Export(ExportEvent::ListTaken {
                list, rows, sealed, ..
            }) => Some(format!(
                "{list} {rows} {}",
                sealed.question.as_deref().unwrap_or("")
            )),
            _ => None, // checkpoints
        })
        .collect();
    assert_eq!(
        questions,
        [
            "conversations 2 queue:all sort:oldest",
            "conversations 0 queue:mine",
            "tickets 1 priority:normal view:open",
            "tickets 0 priority:urgent view:open",
            "tickets 1 q:lost",
            "contacts 1 q:447700900201",
            "contacts 2 ",
        ]
    );
    assert!(
        house
            .shows(&lead, "/audit?q=is%3Aexport")
            .contains("Lena exported 1 customers as CSV: q:447700900201")
    );
    assert_eq!(take("secrets", "/inbox", "csv").status, 404);
    assert_eq!(take("tickets", "/tickets", "ocsf").status, 422);
    assert_eq!(take("tickets", "/tickets", "stone").status, 422);
}

#[test]
fn reports_for_printing_stand_alone_and_are_recorded() {
    let house = House::new();
    let kit = &house.kit;
    let lead = house.member("Lena", Role::Lead);
    let agent = house.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let conversation = kit.writes(channel, "447700900200", "nobody <called> me");
    let object = Object::Conversation(conversation);
    let said = Seq(kit.events() - 2);
    kit.done(&lead.who, move |now| {
        packs::open(now, object, "Who \"called\"? </style>")
    });
    kit.done(&lead.who, move |now| packs::pin(now, 1, said, "his words"));
    let wanted = tickets::Wanted {
        conversation: Some(conversation),
        title: "A lamp".to_owned(),
        ..tickets::Wanted::default()
    };
    kit.ticket(&lead.who, wanted);
    let case = format!("/conversations/{conversation}/case");
    assert!(house.shows(&lead, &case).contains("/case/report"));
    for (path, fields, words) in [
        (
            format!("{case}/report"),
            vec![("paper", "letter")],
            ["size: letter", "class=\"lanes\"", "The same as a table"],
        ),
        (
            "/tickets/T-1001/case/report".to_owned(),
            vec![],
            ["A lamp", "size: A4", "T-1001"],
        ),
        (
            "/packs/1/report".to_owned(),
            vec![("paper", "a4")],
            ["his words", "as it was pinned", "nobody &lt;called&gt; me"],
        ),
        (
            "/audit/exports".to_owned(),
            vec![("format", "html"), ("q", "event:article")],
            ["event:article", "<thead>", "counter(pages)"],
        ),
    ] {
        house.refused(&agent, Method::Post, &path);
        let before = kit.events();
        let page = house.post(&lead, &path, &fields);
        assert_eq!(page.status, 200, "{path}: {}", super::gist(&page.text));
        for words in words {
            assert!(page.text.contains(words), "{path}: no {words}");
        }
        assert!(page.text.contains("<svg"));
        assert_eq!(page.text.matches("</style>").count(), 1, "{path}");
        for link in ["<script", "<link", "<img", " src="] {
            assert!(!page.text.contains(link), "{path} loads {link}");
        }
        let told = house.since(before);
        let digest = crate::kit::digest(page.text.as_bytes());
        assert!(
            told.iter().any(|event| matches!(
                event,
                Event::Export(ExportEvent::Printed { digest: known, .. }) if *known == digest
            )),
            "{path}: {told:?}"
        );
        assert_eq!(
            house
                .post(&lead, &path, &[("format", "html"), ("paper", "stone")])
                .status,
            422
        );
    }
    let told = house.shows(&lead, "/audit?q=event%3Aexport.printed");
    assert!(told.contains("made a report of P-1") && told.contains("for printing: event:article"));
    assert_eq!(house.post(&lead, "/packs/9/report", &[]).status, 404);
    assert_eq!(
        house.post(&lead, "/tickets/T-9/case/report", &[]).status,
        404
    );
}

#[test]
fn what_does_not_print_in_one_piece_comes_in_numbered_parts() {
    let house = House::new();
    let kit = &house.kit;
    let lead = house.member("Lena", Role::Lead);
    let many = 5_200;
    while kit.events() < many {
        kit.wish(&trailbox::domain::actor::Who::shell(), |_| {
            let one =
                || trailbox::desk::audit::record_verification(9, 0, "root".to_owned(), "chain", 12);
            Ok((0..400).flat_map(|_| one()).collect())
        })
        .unwrap();
    }
    let whole = [
        ("format", "html"),
        ("paper", "a4"),
        ("q", "event:audit.verified"),
    ];
    let before = kit.events();
    let page = house.post(&lead, "/audit/exports", &whole);
    assert_eq!(page.status, 200, "{}", super::gist(&page.text));
    assert_eq!(kit.events(), before, "a list of parts is no export");
    assert!(page.text.contains("Part 1 of 2") && page.text.contains("Part 2 of 2"));
    let hidden = |name: &str| -> Vec<String> {
        let mark = format!("name=\"{name}\" value=\"");
        let values = page.text.split(&mark).skip(1);
        values
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    let (firsts, lasts) = (hidden("first"), hidden("last"));
    assert_eq!((firsts.len(), lasts.len()), (2, 2));
    let mut rows = 0;
    for (no, (first, last)) in ["1", "2"].iter().zip(firsts.iter().zip(&lasts)) {
        let part = [("part", *no), ("of", "2"), ("first", first), ("last", last)];
        let before = kit.events();
        let made = house.post(&lead, "/audit/exports", &[&whole[..], &part[..]].concat());
        assert_eq!(made.status, 200, "{}", super::gist(&made.text));
        assert!(made.text.contains(&format!("Part {no} of 2")) && made.text.contains("<svg"));
        assert!(made.text.contains("counter(pages)"));
        rows += house
            .since(before)
            .iter()
            .find_map(|event| match event {
                Event::Export(ExportEvent::Printed { rows, .. }) => Some(*rows),
                _ => None,
            })
            .unwrap();
    }
    let all = house.shows(&lead, "/audit?q=event%3Aaudit.verified");
    assert!(rows >= 5_000, "{rows}: {}", super::gist(&all));
    assert_eq!(rows % 400, 0, "none twice, none left out: {rows}");
    let wrong = [("part", "two"), ("of", "2"), ("first", "0"), ("last", "9")];
    let refused = house.post(&lead, "/audit/exports", &[&whole[..], &wrong[..]].concat());
    assert_eq!(refused.status, 422);
}
