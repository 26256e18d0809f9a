//! Who comes in and who goes; forms that nobody here gave out; conversations through their forms.

use super::{House, Page};
use trailbox::domain::conversation::Status;
use trailbox::domain::member::Role;
use trailbox::web::exchange::{Answer, Method, Request};
use trailbox::web::site;

fn stranger(house: &House, method: Method, path: &str) -> Page {
    Page::of(site::answer(
        &house.app,
        &Request::new(method, path).unwrap(),
    ))
}

#[test]
fn strangers_are_sent_to_sign_in_and_find_a_desk_that_is_set_up() {
    let house = House::new();
    assert_eq!(stranger(&house, Method::Get, "/setup").status, 200);
    house.member("Olivia", Role::Owner);
    assert_eq!(stranger(&house, Method::Get, "/healthz").status, 200);
    assert_eq!(stranger(&house, Method::Get, "/setup").location, "/login");
    assert_eq!(stranger(&house, Method::Post, "/setup").status, 403);
    let page = stranger(&house, Method::Get, "/audit?kind=bot");
    assert_eq!(page.location, "/login?next=%2Faudit%3Fkind%3Dbot");
    assert_eq!(
        stranger(&house, Method::Post, "/settings/members").status,
        401
    );
}

#[test]
fn a_form_without_the_session_s_token_is_refused() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let before = house.kit.events();
    let request = Request::new(Method::Post, "/settings/groups")
        .unwrap()
        .with_header("cookie", format!("trailbox={}", admin.token))
        .with_header("content-type", "application/x-www-form-urlencoded")
        .with_body("name=Returns&csrf=guessed");
    let page = Page::of(site::answer(&house.app, &request));
    assert_eq!(page.status, 403);
    page.says("out of date");
    assert_eq!(house.kit.events(), before);
}

#[test]
fn signing_out_ends_the_session() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    assert_eq!(house.done(&agent, "/logout", &[]), "/login");
    assert_eq!(house.get(&agent, "/inbox").status, 303);
}

#[test]
fn a_live_stream_carries_only_what_the_member_may_hear() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let request = Request::new(Method::Get, "/live?topics=inbox,audit,M-1,T-1001,nonsense")
        .unwrap()
        .with_header("cookie", format!("trailbox={}", agent.token));
    match site::answer(&house.app, &request).body {
        Answer::Live(heard) => assert_eq!(heard.topics, ["inbox", "T-1001"]),
        other => panic!("not a stream: {other:?}"),
    }
}

#[test]
fn a_conversation_is_worked_on_through_its_forms() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let auditor = house.member("Olga", Role::Auditor);
    let channel = house.kit.channel("shop");
    let talk = house.kit.writes(channel, "447700900200", "hello");
    let me = agent.who.member().unwrap().to_string();
    house.done(&agent, "/conversations/C-1/owner", &[("owner", &me)]);
    house.done(
        &agent,
        "/conversations/C-1/status",
        &[("status", "waiting")],
    );
    house.again(&agent, "/conversations/C-1/status", &[("status", "asleep")]);
    let held = house
        .kit
        .ask(|now| trailbox::desk::conversations::get(now, talk))
        .unwrap();
    assert_eq!(held.status, Status::Waiting);
    house.refused(&auditor, Method::Post, "/conversations/C-1/status");
    house.refused(&auditor, Method::Post, "/articles/1/retry");
    assert_eq!(house.post(&agent, "/articles/1/retry", &[]).status, 404);
}
