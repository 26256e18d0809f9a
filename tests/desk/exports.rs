//! Exports: every form holds what the question finds, keeps number and hash, and is recorded; lists
//! hold all rows of their filter and never more than the one who exports may see.

use crate::kit::Kit;
use crate::story::busy_desk;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use trailbox::desk::audit::filter::Filter;
use trailbox::desk::contacts::view::View;
use trailbox::desk::inbox::{Queue, Sort, Wish};
use trailbox::desk::tickets::list;
use trailbox::desk::{audit, conversations, groups};
use trailbox::domain::actor::Who;
use trailbox::domain::event::export::ExportEvent;
use trailbox::domain::event::{AuditEvent, Event};
use trailbox::domain::id::Seq;
use trailbox::domain::member::Role;
use trailbox::export::lists::{self, List};
use trailbox::export::{self, Exported, Format};

fn exported(kit: &Kit, wanted: &Filter, format: Format) -> (Exported, Vec<u8>) {
    let mut out = Vec::new();
    let who = Who::shell();
    let question = "actor:maya \"late parcel\"";
    let made = export::trail(
        &kit.ledger,
        &who,
        wanted,
        question,
        format,
        &mut out,
        &mut |_, _| {},
    );
    (made.unwrap(), out)
}

fn listed(kit: &Kit, who: &Who, list: &List, format: Format) -> (Exported, Vec<u8>) {
    let mut out = Vec::new();
    let made = lists::take(
        &kit.ledger,
        who,
        list,
        "tag:vip",
        format,
        &mut out,
        &mut |_| {},
    );
    (made.unwrap(), out)
}

fn part(book: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut text = String::new();
    zip.by_name(name)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn every_form_holds_the_same_events_and_is_recorded_with_its_question_sealed() {
    let kit = busy_desk(400);
    for format in Format::ALL {
        let before = kit.events();
        let (made, bytes) = exported(&kit, &Filter::default(), format);
        assert!(made.rows >= before, "{format:?}");
        assert_eq!(made.digest, HEXLOWER.encode(&Sha256::digest(&bytes)));
        let told = kit.ask(|now| audit::newest(now, "audit.exported")).unwrap();
        let told = told.unwrap();
        let Event::Audit(AuditEvent::Exported {
            format: form,
            filter,
            rows,
            digest,
            size,
            sealed,
        }) = &told.event
        else {
            panic!("{told:?}");
        };
        assert_eq!((form.as_str(), filter), (format.as_str(), &None));
        assert_eq!((*rows, *size), (made.rows, made.size));
        assert_eq!(*digest, made.digest);
        let question = sealed.question.as_deref();
        assert_eq!(question, Some("actor:maya \"late parcel\""));
        assert!(
            !told.bytes.contains("late parcel"),
            "the question is sealed"
        );
        assert_eq!(told.entry.ev, 2);
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        match format {
            Format::Csv => {
                assert!(lines > made.rows);
                let mut reader = csv::Reader::from_reader(bytes.as_slice());
                for row in reader.records().map(Result::unwrap) {
                    let (event, named) = (&row[2], row.get(12).unwrap());
                    let opened = event == "member.logged_in";
                    assert!(!opened || named.contains("PCI DSS"), "{event}: {named}");
                }
            }
            Format::Xlsx => assert!(bytes.starts_with(b"PK")),
            Format::Jsonl | Format::Ocsf | Format::Ecs => assert_eq!(lines, made.rows),
        }
    }
}

#[test]
fn projections_keep_number_and_hash_and_no_sealed_word() {
    let kit = busy_desk(400);
    let lead = kit.member("Lena", Role::Lead);
    let (made, bytes) = exported(&kit, &Filter::default(), Format::Ocsf);
    let ocsf: Vec<Value> = lines(&bytes);
    let (_, bytes) = exported(&kit, &Filter::default(), Format::Ecs);
    let ecs: Vec<Value> = lines(&bytes);
    assert_eq!(ocsf.len() as u64, made.rows);
    let mut classes = BTreeSet::new();
    for (one, other) in ocsf.iter().zip(&ecs) {
        let seq = one["unmapped"]["seq"].as_u64().unwrap();
        let event = kit.ask(|now| audit::get(now, Seq(seq))).unwrap();
        let leaf = BASE64.encode(&event.leaf);
        assert_eq!(one["unmapped"]["leaf"], leaf);
        assert_eq!(one["metadata"]["sequence"], seq);
        assert_eq!(other["event"]["sequence"], seq);
        assert_eq!(other["event"]["hash"], leaf);
        assert_eq!(
            one["unmapped"]["data"],
            Value::Object(event.entry.data.clone())
        );
        let class = one["class_uid"].as_u64().unwrap();
        let activity = one["activity_id"].as_u64().unwrap();
        classes.insert(class);
        assert_eq!(one["type_uid"], class * 100 + activity);
        assert_eq!(one["category_uid"], class / 1000);
        // What each class asks for.
        for (classes, attribute) in [
            (&[3001, 3002, 3004, 6003][..], "actor"),
            (&[3001, 3002], "user"),
            (&[3002], "service"),
            (&[3004], "entity"),
            (&[6003], "api"),
            (&[6003], "src_endpoint"),
        ] {
            if classes.contains(&class) {
                assert!(one[attribute].is_object(), "no {attribute}: {one}");
            }
        }
        assert!(other["event"]["category"].is_array() && other["event"]["type"].is_array());
        assert_eq!(other["@timestamp"], event.entry.at.to_string());
        assert_eq!(other["user"]["id"], event.entry.actor.id());
        for (_, text) in &event.disclosures {
            let Some(text) = text else { continue };
            assert!(!one.to_string().contains(text) && !other.to_string().contains(text));
        }
    }
    assert_eq!(Vec::from_iter(classes), [3001, 3002, 3004, 6003]);
    assert!(lead.member().is_some());
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_spreadsheet_has_a_sheet_for_each_kind_and_says_what_it_is() {
    let kit = busy_desk(300);
    let (made, bytes) = exported(&kit, &Filter::default(), Format::Xlsx);
    let workbook = part(&bytes, "xl/workbook.xml");
    for name in [
        "About",
        "article",
        "conversation",
        "ticket",
        "member",
        "audit",
    ] {
        assert!(workbook.contains(&format!("name=\"{name}\"")), "{workbook}");
    }
    let about = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(about.contains("late parcel") && about.contains(kit.ledger.verifier().name()));
    let sheets = workbook.matches("<sheet ").count();
    let rows: usize = (2..=sheets)
        .map(|at| {
            let sheet = part(&bytes, &format!("xl/worksheets/sheet{at}.xml"));
            assert!(sheet.contains("state=\"frozen\"") && !sheet.contains("<f>"));
            sheet.matches("<row ").count() - 1
        })
        .sum();
    assert_eq!(rows as u64, made.rows);
    assert!(!part(&bytes, "xl/worksheets/sheet2.xml").contains("secret-"));
}

#[test]
fn lists_hold_all_that_passes_and_no_more_than_one_may_see() {
    let kit = Kit::new();
    let lead = kit.member("Lena", Role::Lead);
    let agent = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let mut last = None;
    for n in 0..7 {
        kit.later(60_000);
        let number = format!("4477009002{n:02}");
        last = Some(kit.writes(channel, &number, "=cmd|' /C calc'!A0"));
    }
    let last = last.unwrap();
    kit.done(&lead, |now| groups::add(now, "Returns"));
    let group = kit.ask(groups::list).unwrap()[0].id;
    kit.done(&lead, move |now| {
        conversations::change_group(now, last, Some(group))
    });
    let wish = Wish {
        queue: Queue::All,
        group: None,
        channel: None,
        tag: None,
        sort: Sort::Newest,
        after: None,
    };
    let list = List::Conversations(wish);
    let (all, csv) = listed(&kit, &lead, &list, Format::Csv);
    assert_eq!(all.rows, 7);
    let csv = String::from_utf8(csv).unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert!(
        reader
            .headers()
            .unwrap()
            .iter()
            .any(|name| name == "status")
    );
    let lines = reader.records().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(lines.len(), 7);
    assert!(
        csv.contains("'=cmd|"),
        "what a spreadsheet would run is text"
    );
    assert!(csv.contains("Returns"));
    let (few, _) = listed(&kit, &agent, &list, Format::Csv);
    assert_eq!(few.rows, 6, "the group's own is out of the agent's reach");
    let (book, bytes) = listed(&kit, &lead, &list, Format::Xlsx);
    assert_eq!(book.rows, 7);
    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    assert_eq!(sheet.matches("<row ").count(), 8);
    let told = kit
        .ask(|now| audit::newest(now, "export.list_taken"))
        .unwrap();
    let told = told.unwrap();
    assert!(matches!(
        &told.event,
        Event::Export(ExportEvent::ListTaken { list, format, rows: 7, digest, sealed, .. })
            if list == "conversations"
                && format == "xlsx"
                && *digest == book.digest
                && sealed.question.as_deref() == Some("tag:vip")
    ));
    let (contacts, csv) = listed(&kit, &lead, &List::Contacts(View::All), Format::Csv);
    assert_eq!(contacts.rows, 7);
    assert!(String::from_utf8(csv).unwrap().contains("'+447700900200"));
    let (found, _) = listed(
        &kit,
        &lead,
        &List::ContactsWith("447700900203".to_owned()),
        Format::Csv,
    );
    assert_eq!(found.rows, 1);
    let before = kit.events();
    let wrong = lists::take(
        &kit.ledger,
        &lead,
        &list,
        "",
        Format::Ocsf,
        &mut Vec::new(),
        &mut |_| {},
    );
    assert!(wrong.is_err());
    assert_eq!(kit.events(), before, "nothing was recorded");
}

#[test]
fn tickets_leave_with_all_their_fields_page_after_page() {
    let kit = Kit::new();
    let lead = kit.member("Lena", Role::Lead);
    for n in 0..620 {
        let wanted = trailbox::desk::tickets::Wanted {
            title: format!("Parcel {n}"),
            ..Default::default()
        };
        kit.ticket(&lead, wanted);
    }
    let list = List::Tickets(list::Filter::default());
    let (made, csv) = listed(&kit, &lead, &list, Format::Csv);
    assert_eq!(made.rows, 620, "more than one page");
    let csv = String::from_utf8(csv).unwrap();
    for n in [0, 499, 500, 619] {
        assert_eq!(csv.matches(&format!("Parcel {n},")).count(), 1, "{n}");
    }
}
