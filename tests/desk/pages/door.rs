//! Who comes in and who goes; forms that nobody here gave out; conversations through their forms.

use super::{House, Page};
use trailbox::desk::channels;
use trailbox::domain::conversation::Status;
use trailbox::domain::member::Role;
use trailbox::domain::message::MediaKind;
use trailbox::domain::template::{Header, TemplateSpec};
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
fn a_desk_that_was_up_for_long_lets_people_in() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    house.shows(&agent, "/inbox");
    house.kit.later(25 * 3_600_000);
    let idle = house.get(&agent, "/inbox");
    assert!(idle.location.starts_with("/login"), "{}", idle.location);
    let again = house.sign_in(agent.who);
    house.shows(&again, "/inbox");
}

#[test]
fn a_live_stream_carries_only_what_the_member_may_hear() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let request = Request::new(
        Method::Get,
        "/live?topics=inbox,audit,M-1,M-2,T-1001,nonsense",
    )
    .unwrap()
    .with_header("cookie", format!("trailbox={}", agent.token));
    match site::answer(&house.app, &request).body {
        Answer::Live(heard) => assert_eq!(heard.topics, ["inbox", "M-1", "T-1001"]),
        other => panic!("not a stream: {other:?}"),
    }
}

#[test]
fn a_stream_goes_on_where_its_page_or_what_it_heard_ends() {
    let house = House::new();
    let lead = house.member("Lea", Role::Lead);
    let listen = |address: &str, heard: Option<&str>| {
        let request = Request::new(Method::Get, address)
            .unwrap()
            .with_header("cookie", format!("trailbox={}", lead.token));
        let request = match heard {
            Some(id) => request.with_header("last-event-id", id.to_owned()),
            None => request,
        };
        match site::answer(&house.app, &request).body {
            Answer::Live(heard) => heard,
            other => panic!("not a stream: {other:?}"),
        }
    };
    let page = house.get(&lead, "/exports").text;
    let newest = house.kit.ask(|now| Ok(now.next_seq().0 - 1)).unwrap();
    assert!(page.contains(&format!("data-after=\"{newest}\"")), "{page}");
    let begun = listen(&format!("/live?topics=exports&after={newest}"), None);
    assert_eq!(
        (begun.topics, begun.after),
        (vec!["exports".to_owned()], Some(newest))
    );
    assert_eq!(
        listen("/live?topics=exports&after=7", Some("9")).after,
        Some(9)
    );
    for odd in ["", "&after=", "&after=NaN", "&after=-1"] {
        assert_eq!(
            listen(&format!("/live?topics=exports{odd}"), None).after,
            None
        );
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

#[test]
fn a_template_with_a_picture_is_filled_in_with_one() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let admin = house.member("Adam", Role::Admin);
    let channel = house.kit.channel("shop");
    let talk = house.kit.writes(channel, "447700900200", "hello");
    let me = agent.who.member().unwrap().to_string();
    house.done(&agent, "/conversations/C-1/owner", &[("owner", &me)]);
    let news = TemplateSpec {
        name: "parcel".to_owned(),
        language: "en".to_owned(),
        status: "APPROVED".to_owned(),
        category: "UTILITY".to_owned(),
        header: Some(Header::Media {
            media: MediaKind::Image,
        }),
        body: "Your parcel {{1}}".to_owned(),
        ..TemplateSpec::default()
    };
    let told = channels::Template {
        name: news.name.clone(),
        language: news.language.clone(),
        status: news.status.clone(),
        category: news.category.clone(),
        body: serde_json::to_value(&news).unwrap(),
    };
    house.kit.done(&admin.who, move |now| {
        channels::sync_templates(now, channel, vec![told])
    });
    house.kit.later(25 * 3_600_000);
    let agent = house.sign_in(agent.who);
    let page = house.shows(&agent, "/conversations/C-1?template=parcel.en");
    assert!(page.contains("type=\"file\" name=\"file\""), "{page}");

    let to = "/conversations/C-1/template";
    let words = [
        ("template", "parcel"),
        ("language", "en"),
        ("p.value 1 of the text", "AB-7"),
    ];
    let missing = house.again(&agent, to, &words);
    missing.says("needs a photo in its header");
    let preview: Vec<_> = words.into_iter().chain([("preview", "yes")]).collect();
    house.again(&agent, to, &preview).says("Your parcel AB-7");
    let before = house.kit.events();
    let other = house.upload(&agent, to, &words, ("a.pdf", b"%PDF-1.7\n"));
    assert_eq!((other.status, house.kit.events()), (422, before));
    other.says("needs a photo in its header");

    let mut picture = Vec::new();
    picture.extend_from_slice(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0");
    let sent = house.upload(&agent, to, &words, ("a.png", &picture));
    assert_eq!(sent.status, 303, "{}", sent.text);
    let page = house.shows(&agent, &format!("/conversations/{talk}"));
    let shown = page.find("class=\"picture picture--image\"").unwrap();
    assert!(page[shown..].contains("Your parcel AB-7"));
}
