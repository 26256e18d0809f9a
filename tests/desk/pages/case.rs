//! A case over time: lanes, table and sentences say the same.

use super::House;
use trailbox::desk::{articles, conversations, tickets};
use trailbox::domain::member::Role;
use trailbox::domain::ticket::Status;
use trailbox::web::exchange::Method;

#[test]
fn a_case_is_drawn_tabled_and_told() {
    let house = House::new();
    let kit = &house.kit;
    let lead = house.member("Lena", Role::Lead);
    let agent = house.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900200", "where is my parcel");
    kit.later(40 * 60_000);
    kit.done(&agent.who, move |now| conversations::take(now, talk, ""));
    let reply = kit.reply(talk, "I look into it");
    kit.done(&agent.who, move |now| articles::reply(now, reply));
    let wanted = tickets::Wanted {
        title: "Lost <parcel>".to_owned(),
        kind: "complaint".to_owned(),
        conversation: Some(talk),
        ..tickets::Wanted::default()
    };
    let ticket = kit.ticket(&agent.who, wanted);
    kit.later(3 * 86_400_000);
    let reason = "knows the courier";
    kit.done(&lead.who, move |now| tickets::take(now, ticket, reason));
    kit.done(&lead.who, move |now| {
        tickets::change_status(now, ticket, Status::InProgress, None, "")
    });
    let lead = house.sign_in(lead.who.clone());
    house.shows(&lead, &format!("/tickets/{ticket}"));

    let page = house.shows(&lead, &format!("/tickets/{ticket}/case"));
    for words in [
        "<svg class=\"lanes\"",
        "Lost &lt;parcel&gt;",
        "lanes__bar--held-member",
        "lanes__mark--received",
        "lanes__mark--sent",
        "lanes__arrow",
        "Ada → Lena: knows the courier",
        "lanes__gap", // three days in which nothing happened
        "In progress",
        "The same as a table",
        "I look into it",
    ] {
        assert!(page.contains(words), "no {words}: {}", super::gist(&page));
    }
    assert!(!page.contains("Lena opened T-"), "views on request");
    let views = house.shows(&lead, &format!("/tickets/{ticket}/case?views=yes"));
    assert!(views.contains("Lena opened T-"), "{}", super::gist(&views));
    let page = house.shows(&lead, &format!("/conversations/{talk}/case"));
    assert!(page.contains("Customer 447700900200"));
    assert!(
        house
            .shows(&lead, &format!("/tickets/{ticket}"))
            .contains("/case")
    );
    assert_eq!(house.get(&lead, "/tickets/T-9/case").status, 404);
    let agent = house.sign_in(agent.who.clone());
    house.refused(&agent, Method::Get, "/tickets/T-1001/case");
    house.refused(&agent, Method::Get, "/conversations/C-1/case");
}

#[test]
fn an_empty_or_long_case_is_drawn_too() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let bare = tickets::Wanted {
        title: "By hand".to_owned(),
        kind: "other".to_owned(),
        ..tickets::Wanted::default()
    };
    let ticket = house.kit.ticket(&lead.who, bare);
    house.shows(&lead, &format!("/tickets/{ticket}/case"));
    let channel = house.kit.channel("shop");
    for n in 0..60 {
        house.kit.later(n * n * 20_000);
        house.kit.writes(channel, "447700900200", "and now?");
    }
    let lead = house.sign_in(lead.who.clone());
    let page = house.shows(&lead, "/conversations/C-1/case");
    assert_eq!(
        page.matches("<circle r=\"4.5\"/>").count(),
        60 + 2,
        "and two in the key"
    );
}
