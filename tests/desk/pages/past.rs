//! The past on a page: marked as past, without a form that could change anything.

use super::House;
use trailbox::desk::{articles, conversations};
use trailbox::domain::member::Role;
use trailbox::web::exchange::Method;

#[test]
fn a_thread_is_shown_as_it_stood_and_compared() {
    let house = House::new();
    let kit = &house.kit;
    let lead = house.member("Lena", Role::Lead);
    let agent = house.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900200", "where is my parcel");
    let first = kit.events() - 1;
    kit.done(&agent.who, move |now| conversations::take(now, talk, ""));
    let reply = kit.reply(talk, "I look into it");
    kit.done(&agent.who, move |now| articles::reply(now, reply));
    kit.writes(channel, "447700900200", "too late now");
    let last = kit.events() - 1;

    let then = house.shows(&lead, &format!("/conversations/C-1?as_of={first}"));
    for words in [
        "Nothing can be changed here",
        "where is my parcel",
        "The past",
    ] {
        assert!(then.contains(words), "no {words}: {}", super::gist(&then));
    }
    assert!(!then.contains("I look into it") && !then.contains("too late now"));
    let main = then.split("<main").nth(1).unwrap();
    let main = main.split("</main>").next().unwrap();
    assert!(
        !main.contains("method=\"post\""),
        "no form changes the past"
    );
    assert!(!main.contains("composer"));
    let now = house.shows(&lead, &format!("/conversations/C-1?as_of={last}"));
    assert!(now.contains("too late now"));
    let step = house.shows(&lead, "/conversations/C-1?nth=1");
    assert!(!step.contains("too late now"));
    let both = format!("/conversations/C-1?as_of={first}&with={last}");
    let both = house.shows(&lead, &both);
    assert!(both.contains("differs") && both.contains("Ada"));
    assert!(both.contains("What happened between"));
    house.shows(&lead, &format!("/contacts/K-1?as_of={last}"));
    assert_eq!(house.get(&lead, "/conversations/C-1?as_of=0").status, 404);
    assert_eq!(
        house.get(&lead, "/conversations/C-1?as_of=never").status,
        422
    );
    assert_eq!(house.get(&lead, "/tickets/T-9?as_of=3").status, 404);
    assert_eq!(house.get(&agent, "/conversations/C-1?as_of=3").status, 403);

    let set_up = house.shows(&lead, "/audit/configuration?as_of=0");
    assert!(set_up.contains("Noor") && !set_up.contains("WhatsApp shop"));
    let set_up = house.shows(&lead, &format!("/audit/configuration?as_of=0&with={last}"));
    assert!(set_up.contains("WhatsApp shop") && set_up.contains("differs"));
    house.refused(&agent, Method::Get, "/audit/configuration");
}
