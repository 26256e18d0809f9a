//! The bot's settings, taking over from it, and who may take from whom.

use super::House;
use trailbox::desk::{self, bot};
use trailbox::domain::event::{Event, MemberEvent};
use trailbox::domain::member::Role;
use trailbox::web::exchange::Method;

#[test]
fn the_bot_is_set_up_on_its_page_by_who_may() {
    let house = House::new();
    let (admin, agent) = (
        house.member("Adam", Role::Admin),
        house.member("Ada", Role::Agent),
    );
    house.refused(&agent, Method::Get, "/settings/bot");
    house.refused(&agent, Method::Post, "/settings/bot");
    let channel = house.kit.channel("shop").to_string();
    let wrong = [
        ("channel", channel.as_str()),
        ("pattern", "NM"),
        ("language", "en"),
    ];
    let page = house.again(&admin, "/settings/bot", &wrong);
    page.says("is not a pattern of order numbers");
    page.says("value=\"NM\"");
    let right = [
        ("channel", channel.as_str()),
        ("pattern", "NM-#####"),
        ("language", "ur"),
    ];
    house.done(&admin, "/settings/bot", &right);
    let page = house.shows(&admin, "/settings/bot");
    assert!(page.contains("checked") && page.contains("NM-12345") && page.contains("خودکار معاون"));
    assert!(
        page.contains("begin with the bot"),
        "the change stands in its history"
    );
}

#[test]
fn one_click_takes_over_and_offers_the_words_for_it() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let (ada, ben) = (
        house.member("Ada", Role::Agent),
        house.member("Ben", Role::Agent),
    );
    let channel = house.kit.channel("shop");
    house
        .kit
        .done(&admin.who, move |now| bot::switch(now, channel, true));
    let id = house
        .kit
        .writes(channel, "34600111222", "Hola, buenas tardes");
    house
        .kit
        .done(&bot::who(), move |now| bot::answer(now, id, "tag-bot"));
    let path = format!("/conversations/{id}");
    let page = house.shows(&ada, &path);
    assert!(page.contains("The bot answers here") && page.contains("falls silent at once"));
    let me = ada.who.member().unwrap().to_string();
    house.done(&ada, &format!("{path}/owner"), &[("owner", &me)]);
    let page = house.shows(&ada, &path);
    assert!(page.contains("The bot is silent") && page.contains("Soy Ada"));

    let before = house.kit.events();
    let bens = ben.who.member().unwrap().to_string();
    let refused = house.post(&ben, &format!("{path}/owner"), &[("owner", &bens)]);
    assert_eq!(refused.status, 403);
    refused.says("is held by Ada; ask them to hand it over");
    refused.says("does not have the right to assign work that somebody else holds");
    assert!(matches!(
        house.since(before).as_slice(),
        [Event::Member(MemberEvent::AccessRefused { .. })]
    ));
    let page = house.shows(&admin, &path);
    assert!(
        page.contains("Ada holds this"),
        "a lead may take it with a reason"
    );
    let boss = admin.who.member().unwrap().to_string();
    house.again(&admin, &format!("{path}/owner"), &[("owner", &boss)]);
    let why = [("owner", boss.as_str()), ("reason", "Ada is ill")];
    house.done(&admin, &format!("{path}/owner"), &why);
    let back = [("owner", "bot"), ("reason", "only a question about hours")];
    house.done(&admin, &format!("{path}/owner"), &back);
    let held = house
        .kit
        .ask(|now| desk::conversations::get(now, id))
        .unwrap();
    assert_eq!(held.owner, trailbox::domain::conversation::Owner::Bot);
}
