//! The bell, the list and the ways; and how a group gives its work out.

use super::House;
use trailbox::desk::{conversations, notifications};
use trailbox::domain::actor::{Door, Who};
use trailbox::domain::member::Role;
use trailbox::web::exchange::Method;

#[test]
fn what_i_was_told_stands_in_the_list_until_i_have_seen_it() {
    let house = House::new();
    let lead = house.member("Mar", Role::Lead);
    let ada = house.member("Ada", Role::Agent);
    let me = ada.who.member().unwrap();
    let channel = house.kit.channel("shop");
    let talk = house.kit.writes(channel, "34600111222", "Hello");
    house.kit.done(&lead.who, move |now| {
        conversations::assign(now, talk, me, "")
    });
    let due = house.kit.ask(notifications::to_tell).unwrap();
    let teller = Who::system("notifications", Door::Timer);
    house.kit.done(&teller, move |now| {
        notifications::tell(now, &due, |_, _| false)
    });
    let page = house.shows(&ada, "/inbox");
    assert!(page.contains("data-rings=\"yes\"") && page.contains("data-title=\"Assignment"));
    let page = house.shows(&ada, "/notifications?show=new");
    assert!(page.contains("Mar assigned") && page.contains(&talk.to_string()));
    let path = format!("/conversations/{talk}");
    house.shows(&ada, &path);
    let page = house.shows(&ada, "/notifications?show=new");
    assert!(page.contains("Nothing new"), "opening it is seeing it");
    let object = talk.to_string();
    let on = house.done(&ada, "/notifications/read", &[("object", &object)]);
    assert_eq!(on, path);

    house.shows(&ada, "/notifications/preferences");
    let ways = [("mention.list", "on"), ("reply.browser", "on")];
    house.done(&ada, "/notifications/preferences", &ways);
    let ways = house
        .kit
        .ask(|now| notifications::ways(now, me, trailbox::domain::notification::Kind::Reply))
        .unwrap();
    assert!(ways.list && ways.browser && !ways.email);
}

#[test]
fn a_group_gives_its_work_out_by_the_rule_set_on_its_page() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let ada = house.member("Ada", Role::Agent);
    house.done(&admin, "/settings/groups", &[("name", "Returns")]);
    house.refused(&ada, Method::Post, "/settings/groups/G-1/rule");
    let wrong = [("method", "least_loaded"), ("cap", "many")];
    house
        .again(&admin, "/settings/groups/G-1/rule", &wrong)
        .says("is a whole number");
    let right = [
        ("method", "least_loaded"),
        ("cap", "12"),
        ("away_min", "30"),
    ];
    house.done(&admin, "/settings/groups/G-1/rule", &right);
    let page = house.shows(&admin, "/settings/groups");
    assert!(page.contains("value=\"12\"") && page.contains("value=\"30\""));
}
