//! Tickets, customers, search, handbook.

use super::{House, Page};
use trailbox::desk::{self, tickets::Wanted};
use trailbox::domain::event::{ContactEvent, Event};
use trailbox::domain::id::TicketId;
use trailbox::domain::member::Role;
use trailbox::web::exchange::{Method, Request};
use trailbox::web::site;

fn ticket(house: &House, browser: &super::Browser) -> TicketId {
    let channel = house.kit.channel("shop");
    let talk = house
        .kit
        .writes(channel, "447700900200", "Where is my Café parcel?");
    house.kit.ticket(
        &browser.who,
        Wanted {
            conversation: Some(talk),
            title: "Parcel late".to_owned(),
            kind: "delivery".to_owned(),
            ..Wanted::default()
        },
    )
}

#[test]
fn a_ticket_goes_its_way_by_its_forms() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let id = ticket(&house, &agent);
    let at = |act: &str| format!("/tickets/{id}/{act}");
    let me = agent.who.member().unwrap().to_string();
    let page = house.shows(&agent, &format!("/tickets/{id}"));
    assert!(page.contains("Parcel late") && page.contains("Where is my Café parcel?"));
    house.again(&agent, &at("owner"), &[("owner", &me)]); // it is hers from the start
    house.again(&agent, &at("owner"), &[("owner", "")]);
    house.done(&agent, &at("owner"), &[("owner", ""), ("reason", "lunch")]);
    house.done(&agent, &at("owner"), &[("owner", &me)]);
    house.done(&agent, &at("status"), &[("status", "in_progress")]);
    let courier = [("status", "awaiting_courier"), ("awaiting", "Leopards")];
    let page = house.again(&agent, &at("status"), &courier);
    page.says("value=\"Leopards\"");
    page.says("give their reference");
    let courier = [
        ("status", "awaiting_courier"),
        ("awaiting", "Leopards"),
        ("reference", "LP-1"),
        ("expected", "2026-11-20"),
    ];
    house.done(&agent, &at("status"), &courier);
    assert!(house.shows(&agent, "/tickets").contains("expected 20 Nov"));
    let page = house.shows(&agent, &format!("/tickets/{id}"));
    assert!(page.contains("was expected 20 Nov"), "it is late");
    house.again(&agent, &at("status"), &[("status", "closed")]);
    house.again(&agent, &at("status"), &[("status", "resolved")]);
    house.done(
        &agent,
        &at("fields"),
        &[
            ("title", "Parcel very late"),
            ("type", "complaint"),
            ("priority", "urgent"),
        ],
    );
    house.again(
        &agent,
        &at("fields"),
        &[("title", ""), ("type", "complaint"), ("priority", "urgent")],
    );
    house.done(&agent, &at("tags"), &[("tags", "late, courier")]);
    house.again(&agent, &at("escalation"), &[("level", "1"), ("why", "")]);
    house.done(
        &agent,
        &at("escalation"),
        &[("level", "1"), ("why", "third time")],
    );
    assert!(
        house
            .shows(&agent, &format!("/tickets/{id}"))
            .contains("third time")
    );
    house.done(&agent, &at("escalation"), &[("level", "0")]);
    house.again(&agent, &at("notes"), &[("text", " ")]);
    house.done(&agent, &at("notes"), &[("text", "called the courier")]);
    let solved = [
        ("status", "resolved"),
        ("resolution", "delivered on Friday"),
    ];
    house.done(&agent, &at("status"), &solved);
    house.done(&agent, &at("status"), &[("status", "closed")]);
    assert!(!house.shows(&agent, "/tickets").contains("Parcel very late"));
    assert!(
        house
            .shows(&agent, "/tickets?view=all")
            .contains("Parcel very late")
    );
    house.done(&agent, &at("reopening"), &[]);
    assert_eq!(house.get(&agent, "/tickets/T-9").status, 404);
    assert_eq!(house.post(&agent, &at("nonsense"), &[]).status, 404);
}

#[test]
fn the_list_of_tickets_is_narrowed_sorted_and_jumps() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let id = ticket(&house, &lead);
    for query in [
        "",
        "?sort=priority",
        "?sort=opened&view=all",
        "?owner=me",
        "?q=parcel",
        "?status=new&priority=normal",
    ] {
        let page = house.shows(&lead, &format!("/tickets{query}"));
        assert!(page.contains("Parcel late"), "{query}");
    }
    for query in ["?owner=none", "?status=closed", "?q=nothing", "?tag=x"] {
        let page = house.shows(&lead, &format!("/tickets{query}"));
        assert!(page.contains("No ticket here"), "{query}");
    }
    for path in ["/tickets?q=t-1001", "/search?q=T-1001"] {
        let jumped = house.get(&lead, path);
        assert_eq!(jumped.location, format!("/tickets/{id}"), "{path}");
    }
}

#[test]
fn tickets_of_other_groups_are_out_of_reach() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let agent = house.member("Ada", Role::Agent);
    let id = ticket(&house, &lead);
    let who = lead.who.clone();
    house
        .kit
        .done(&who, |now| desk::groups::add(now, "Returns"));
    let group = house.kit.ask(desk::groups::list).unwrap()[0].id;
    house.kit.done(&who, move |now| {
        let known = desk::tickets::get(now, id)?;
        desk::tickets::change_fields(now, id, known.priority, &known.kind, Some(group))
    });
    let page = house.get(&agent, &format!("/tickets/{id}"));
    assert_eq!(page.status, 403);
    page.says("a group you are not in");
    let note = house.post(
        &agent,
        &format!("/tickets/{id}/notes"),
        &[("text", "hello")],
    );
    assert_eq!(note.status, 403);
    assert!(!house.shows(&agent, "/tickets").contains("Parcel late"));
    assert!(!house.shows(&agent, "/search?q=late").contains("Parcel"));
    house.shows(&lead, &format!("/tickets/{id}"));
    let auditor = house.member("Olga", Role::Auditor);
    house.refused(&auditor, Method::Post, &format!("/tickets/{id}/owner"));
}

#[test]
fn a_customer_is_found_and_opening_the_page_is_recorded_once() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    ticket(&house, &agent);
    assert!(
        house
            .shows(&agent, "/contacts")
            .contains("Customer 447700900200")
    );
    assert!(
        house
            .shows(&agent, "/contacts?q=%2B44+7700")
            .contains("K-1")
    );
    assert!(
        house
            .shows(&agent, "/contacts?q=nobody")
            .contains("Nobody found")
    );
    let before = house.kit.events();
    let page = house.shows(&agent, "/contacts/K-1");
    assert!(page.contains("Parcel late") && page.contains("is in the trail"));
    house.shows(&agent, "/contacts/K-1");
    let recorded = house.since(before);
    assert!(
        matches!(
            recorded.as_slice(),
            [Event::Contact(ContactEvent::Viewed { .. })]
        ),
        "{recorded:?}"
    );
    assert_eq!(house.get(&agent, "/contacts/K-7").status, 404);
}

#[test]
fn search_marks_what_was_found_as_it_was_written() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    ticket(&house, &agent);
    let page = house.shows(&agent, "/search?q=cafe");
    assert!(
        page.contains("<mark>Café</mark> parcel"),
        "{}",
        super::gist(&page)
    );
    let page = house.shows(&agent, "/search?q=late&kind=ticket");
    assert!(page.contains("Parcel <mark>late</mark>"));
    assert!(
        house
            .shows(&agent, "/search?q=nowhere")
            .contains("Nothing found")
    );
    assert!(house.shows(&agent, "/search").contains("Search everything"));
    let long = format!("/search?q={}", "a".repeat(300));
    assert_eq!(house.get(&agent, &long).status, 422);
    assert_eq!(
        house.get(&agent, "/search?q=c-1").location,
        "/conversations/C-1"
    );
}

#[test]
fn the_handbook_is_there_for_everybody() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    assert!(house.shows(&agent, "/help").contains("Starting"));
    for page in [
        "inbox",
        "audit",
        "integrity",
        "settings",
        "demo",
        "commands",
        "keys",
    ] {
        house.shows(&agent, &format!("/help/{page}"));
    }
    assert_eq!(house.get(&agent, "/help/nonsense").status, 404);
}

#[test]
fn sections_a_member_keeps_shut_are_shut_when_the_page_comes() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let id = ticket(&house, &agent);
    let page = |cookie: &str| {
        let request = Request::new(Method::Get, &format!("/tickets/{id}")).unwrap();
        let request = request
            .with_header("host", "desk.example")
            .with_header("cookie", format!("trailbox={}; {cookie}", agent.token));
        Page::of(site::answer(&house.app, &request))
    };
    let me = agent.who.member().unwrap();
    page("x=y").says("data-fold=\"customer\" open>");
    let shut = page(&format!("folds-{me}=customer.audit"));
    shut.says("data-fold=\"customer\">");
    shut.says("data-fold=\"audit\">");
    shut.says("data-fold=\"ticket\" open>");
    shut.says(&format!("data-cookie=\"folds-{me}\""));
    page("folds-M-99=customer").says("data-fold=\"customer\" open>");
}
