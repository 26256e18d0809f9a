//! What is out of somebody's reach stays so by every way in, and what was typed is never lost.

use super::{Browser, House};
use crate::kit::article_of;
use trailbox::desk::tickets::Wanted;
use trailbox::desk::{articles, conversations, groups};
use trailbox::domain::conversation::Summary;
use trailbox::domain::id::{ConversationId, Seq, TicketId};
use trailbox::domain::member::Role;
use trailbox::web::exchange::{Method, Request};
use trailbox::web::site;

/// A conversation and its ticket in a group, out of the reach of an agent who has one of her own.
struct Apart {
    house: House,
    lead: Browser,
    agent: Browser,
    hers: ConversationId,
    other: ConversationId,
    ticket: TicketId,
}

fn apart() -> Apart {
    let house = House::new();
    let (lead, agent) = (
        house.member("Lea", Role::Lead),
        house.member("Ada", Role::Agent),
    );
    let shop = house.kit.channel("shop");
    let hers = house.kit.writes(shop, "447700900200", "mine to answer");
    let other = house.kit.writes(shop, "447700900201", "between us alone");
    let wanted = Wanted {
        conversation: Some(other),
        title: "A confidential matter".to_owned(),
        kind: "complaint".to_owned(),
        ..Wanted::default()
    };
    let ticket = house.kit.ticket(&lead.who, wanted);
    house
        .kit
        .done(&lead.who, |now| groups::add(now, "Complaints"));
    let group = house.kit.ask(groups::list).unwrap()[0].id;
    house.kit.done(&lead.who, move |now| {
        conversations::change_group(now, other, Some(group))
    });
    let fields = [
        ("title", "A confidential matter"),
        ("type", "complaint"),
        ("priority", "normal"),
        ("group", &group.to_string()),
    ];
    house.done(&lead, &format!("/tickets/{ticket}/fields"), &fields);
    Apart {
        house,
        lead,
        agent,
        hers,
        other,
        ticket,
    }
}

#[test]
fn a_refused_form_shows_nothing_that_is_out_of_reach() {
    let Apart {
        house,
        agent,
        ticket,
        ..
    } = apart();
    for (act, fields) in [
        ("calls", [("reason", "")]),
        ("notes", [("text", "")]),
        ("status", [("status", "no such status")]),
        ("tags", [("tags", "")]),
    ] {
        let page = house.post(&agent, &format!("/tickets/{ticket}/{act}"), &fields);
        assert_eq!(page.status, 403, "{act}");
        assert!(!page.text.contains("confidential"), "{act}");
    }
}

#[test]
fn a_message_is_quoted_in_its_own_thread_alone() {
    let Apart {
        house,
        lead,
        agent,
        hers,
        other,
        ..
    } = apart();
    let newest = |id| {
        let present = house.kit.ask(|now| conversations::get(now, id)).unwrap();
        present.last_article.unwrap()
    };
    let (mine, theirs) = (newest(hers), newest(other));
    let quoting = |article: Seq| format!("/conversations/{hers}?reply_to={article}");
    assert!(house.shows(&agent, &quoting(mine)).contains("Answering"));
    let page = house.shows(&agent, &quoting(theirs));
    assert!(!page.contains("Answering") && !page.contains("between us"));

    let reply = house.kit.reply(other, "we look into it");
    let sent = house
        .kit
        .done(&lead.who, move |now| articles::reply(now, reply));
    let retry = format!("/articles/{}/retry", article_of(&sent).unwrap());
    assert_eq!(house.post(&agent, &retry, &[]).status, 403);
    assert_eq!(house.post(&lead, &retry, &[]).status, 409);
}

#[test]
fn the_inbox_stays_when_its_thread_goes_to_another_group() {
    let Apart {
        house,
        agent,
        other,
        ..
    } = apart();
    let page = house.shows(&agent, &format!("/inbox?queue=all&open={other}"));
    assert!(page.contains("mine to answer") && page.contains("Choose a conversation"));
    assert!(!page.contains("between us"));
}

#[test]
fn the_whole_list_is_the_list_that_was_found() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    for title in ["Sofa with a torn seam", "Lamp", "Carpet"] {
        let wanted = Wanted {
            title: title.to_owned(),
            kind: "complaint".to_owned(),
            ..Wanted::default()
        };
        house.kit.ticket(&agent.who, wanted);
    }
    let whole = [("all", "yes"), ("about", "tickets")];
    let change = |query: &str| house.post(&agent, &format!("/bulk?{query}"), &whole).text;
    assert!(change("q=sofa&view=all").contains("Change 1 ticket"));
    assert!(change("view=all").contains("Change 3 tickets"));
    let tagged = house.shows(&agent, "/tickets?q=sofa&tag=nosuchtag");
    assert!(!tagged.contains("torn seam"));
    assert!(house.shows(&agent, "/tickets?q=sofa").contains("torn seam"));
}

#[test]
fn a_corrected_call_note_stays_what_it_was() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let shop = house.kit.channel("shop");
    let talk = house.kit.writes(shop, "447700900200", "please ring me");
    let fields = [
        ("reason", "Rude on the phone"),
        ("locked", "yes"),
        ("satisfaction", "2"),
        ("escalate", "yes"),
    ];
    house.done(&agent, &format!("/conversations/{talk}/calls"), &fields);
    let calls = house
        .kit
        .ask(|now| trailbox::desk::calls::list(now, false, None, 9))
        .unwrap();
    let call = calls[0].seq.to_string();
    let place = format!("/conversations/{talk}?write=call&call={call}");
    let page = house.shows(&agent, &place);
    for set in [
        "name=\"locked\" value=\"yes\" checked",
        "name=\"escalate\" value=\"yes\" checked",
        "<option value=\"2\" selected>2</option>",
    ] {
        assert!(page.contains(set), "no {set}");
    }
    // The escalation ended; correcting the note does not begin another.
    let end = [("level", "0"), ("reason", "looked at")];
    house.done(&agent, &format!("/conversations/{talk}/escalation"), &end);
    let again: Vec<_> = [("call", call.as_str())]
        .into_iter()
        .chain(fields)
        .collect();
    house.done(&agent, &format!("/conversations/{talk}/calls"), &again);
    let present = house.kit.ask(|now| conversations::get(now, talk)).unwrap();
    assert_eq!(present.level, 0);
}

#[test]
fn what_was_written_is_not_lost_when_the_thread_changed() {
    let house = House::new();
    let lead = house.member("Lea", Role::Lead);
    let shop = house.kit.channel("shop");
    let talk = house.kit.writes(shop, "447700900200", "hello");
    let reply = format!("/conversations/{talk}/replies");
    let words = [("text", "It leaves the house tomorrow."), ("seen", "1")];
    house.kit.later(25 * 3_600_000);
    let lead = house.sign_in(lead.who);
    let late = house.again(&lead, &reply, &words);
    late.says("It leaves the house tomorrow.");
    late.says("What you wrote was not sent");
    let summary = Summary {
        issue: "hello".to_owned(),
        outcome: "answered".to_owned(),
        ..Summary::default()
    };
    house.kit.done(&lead.who, move |now| {
        conversations::close(now, talk, summary)
    });
    let closed = house.again(&lead, &reply, &words);
    closed.says("It leaves the house tomorrow.");
    closed.says("is closed");
}

#[test]
fn a_note_takes_no_file_and_says_so() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let shop = house.kit.channel("shop");
    let talk = house.kit.writes(shop, "447700900200", "hello");
    let before = house.kit.events();
    let page = house.upload(
        &agent,
        &format!("/conversations/{talk}/notes"),
        &[("text", "see the picture")],
        ("a.png", b"\x89PNG\r\n\x1a\n"),
    );
    assert_eq!(page.status, 422);
    page.says("a note keeps no file");
    page.says("see the picture");
    assert_eq!(house.kit.events(), before);
}

#[test]
fn refused_forms_keep_what_was_typed_into_them() {
    let house = House::new();
    let lead = house.member("Lea", Role::Lead);
    let shop = house.kit.channel("shop");
    house.kit.writes(shop, "447700900200", "hello");
    house.done(
        &lead,
        "/packs",
        &[("object", "C-1"), ("title", "Was he called?")],
    );
    let long = "x".repeat(5_000);
    let words = [
        ("title", "Another title"),
        ("who", "The customer"),
        ("says", "nobody called"),
        ("who", &long),
        ("says", "I called on Tuesday"),
        ("finding", "none"),
    ];
    let page = house.again(&lead, "/packs/1/words", &words);
    for kept in ["Another title", "nobody called", "I called on Tuesday"] {
        page.says(kept);
    }
    let signature = format!("Warm regards, {long}");
    let page = house.again(&lead, "/settings/signatures/mine", &[("text", &signature)]);
    page.says("Warm regards, xxx");
    page.says("a signature has at most");
}

#[test]
fn a_large_table_that_was_shown_is_also_taken_in() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let line = format!(",{}\n", "long street ".repeat(40));
    let lines = (0..2_500).map(|n| format!("Customer {n},+4479111{n:05}{line}"));
    let table = format!("name,phone,address\n{}", lines.collect::<String>());
    assert!(table.len() > 1_200_000, "{} bytes", table.len());
    let file = ("customers.csv", table.as_bytes());
    let shown = house.upload(&agent, "/contacts/import", &[], file);
    shown.says("2500 new");
    let mut body = String::new();
    let csrf = trailbox::web::visit::csrf(&agent.token);
    for (name, value) in [("csrf", &*csrf), ("confirm", "yes"), ("text", &table)] {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.push_str(&format!("{head}{value}\r\n"));
    }
    body.push_str("--b--\r\n");
    let request = Request::new(Method::Post, "/contacts/import")
        .unwrap()
        .with_header("content-type", "multipart/form-data; boundary=b")
        .with_header("host", "desk.example")
        .with_header("cookie", format!("trailbox={}", agent.token))
        .with_body(body);
    let taken = site::answer(&house.app, &request);
    assert_eq!(taken.status, 303);
}
