//! What leaves the desk from its pages: lists as tables, reports for printing.

use super::House;
use crate::privacy::{erases, wanted};
use trailbox::desk::{packs, tickets};
use trailbox::domain::event::Event;
use trailbox::domain::event::export::ExportEvent;
use trailbox::domain::id::{ContactId, Object, Seq};
use trailbox::domain::member::Role;
use trailbox::domain::privacy::Subject;
use trailbox::web::exchange::{Method, Request};

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
        house.taken(&lead, &format!("/exports/{list}"), &fields)
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
    for (list, format, status) in [
        ("secrets", "csv", 404),
        ("tickets", "ocsf", 422),
        ("tickets", "stone", 422),
    ] {
        let fields = [("back", "/tickets"), ("format", format)];
        let page = house.post(&lead, &format!("/exports/{list}"), &fields);
        assert_eq!(page.status, status, "{list}");
    }
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

#[test]
fn an_export_is_kept_for_whoever_made_it_and_for_leads_until_its_time_is_up() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let agent = house.member("Ada", Role::Agent);
    house.refused(&agent, Method::Get, "/exports");
    house.refused(&agent, Method::Get, "/exports/abc/file");
    let reviewer = house.member("Rita", Role::Reviewer);
    let auditor = house.member("Otto", Role::Auditor);
    let made = house.post(&reviewer, "/audit/exports", &[("format", "jsonl")]);
    let file = made.location;
    let whole = house.get(&reviewer, &file);
    assert!(
        whole.text.starts_with("{\"entry\""),
        "{}",
        super::gist(&whole.text)
    );
    let folder = house.kit.ledger.home().exports();
    let id = file.split('/').nth(2).unwrap();
    assert_eq!(
        std::fs::read_to_string(folder.join(id)).unwrap(),
        whole.text
    );
    for (browser, listed) in [(&reviewer, true), (&lead, true), (&auditor, false)] {
        let page = house.shows(browser, "/exports");
        assert_eq!(page.contains(&file), listed, "{}", super::gist(&page));
    }
    // Whoever made it takes it again without a mark, a lead with one, nobody else at all.
    let before = house.kit.events();
    house.get(&reviewer, &file);
    assert_eq!(house.kit.events(), before);
    assert_eq!(house.get(&lead, &file).text, whole.text);
    assert_eq!(house.get(&auditor, &file).status, 403);
    let told = house.since(before);
    let [
        Event::Export(ExportEvent::Fetched {
            export,
            from_byte: 0,
        }),
    ] = told.as_slice()
    else {
        panic!("{told:?}");
    };
    let recorded = house
        .kit
        .ask(|now| trailbox::desk::audit::get(now, *export));
    assert_eq!(recorded.unwrap().entry.event, "audit.exported");
    house.kit.later(trailbox::web::exports::making::KEPT_MS);
    let reviewer = house.sign_in(reviewer.who.clone());
    assert_eq!(house.get(&reviewer, &file).status, 404);
    assert!(!house.shows(&reviewer, "/exports").contains(&file));
    assert!(!folder.join(id).exists(), "its time is up");
}

#[test]
fn a_download_that_broke_off_goes_on_and_says_so() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    house.kit.channel("shop");
    let made = house.post(&lead, "/audit/exports", &[("format", "csv")]);
    let ask = |headers: &[(&str, &str)]| {
        let mut request = Request::new(Method::Get, &made.location).unwrap();
        for (name, value) in headers {
            request = request.with_header(name, *value);
        }
        house.answered(&lead, request)
    };
    let first = ask(&[]);
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with('"') && tag.len() == 66, "{tag} is strong");
    let before = house.kit.events();
    ask(&[("range", "bytes=100-"), ("if-range", &tag)]);
    ask(&[("range", "bytes=200-"), ("if-range", &tag)]); // within the hour
    ask(&[("range", "bytes=100-"), ("if-range", "\"other\"")]); // gets all of it
    ask(&[("range", "bytes=99999999-")]); // gets nothing
    let told = house.since(before);
    assert!(
        matches!(
            told.as_slice(),
            [Event::Export(ExportEvent::Fetched { from_byte: 100, .. })]
        ),
        "{told:?}"
    );
    let shown = house.shows(&lead, "/audit?q=event%3Aexport.fetched");
    assert!(
        shown.contains("took up the download of export"),
        "{}",
        super::gist(&shown)
    );
    assert!(shown.contains("again at byte 100"));
}

#[test]
fn what_is_erased_is_in_no_kept_export_any_more() {
    let house = House::new();
    let owner = house.member("Olga", Role::Owner);
    let channel = house.kit.channel("shop");
    house
        .kit
        .writes(channel, "447700900200", "a needle in the hay");
    let made = house.post(&owner, "/audit/exports", &[("format", "jsonl")]);
    assert!(house.get(&owner, &made.location).text.contains("needle"));
    let wanted = wanted(Subject::Contact(ContactId(1)));
    erases(&house.kit, &owner.who, wanted).unwrap();
    assert_eq!(house.get(&owner, &made.location).status, 404);
    assert!(!house.kit.ledger.home().exports().exists());
    let again = house.taken(&owner, "/audit/exports", &[("format", "jsonl")]);
    assert!(!again.text.contains("needle"));
}
