//! Webhooks: what goes out and how it is signed, tries that grow apart and end, a hook that is down,
//! what is never sent to, and members who are told by rules.

use super::kit::Kit;
use super::pages::House;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use trailbox::channels::webhook::signature;
use trailbox::desk::webhooks::{self, Wanted};
use trailbox::desk::{groups, notifications, rules, settings, tickets};
use trailbox::domain::action::{Actions, Audience, Notice};
use trailbox::domain::actor::Who;
use trailbox::domain::event::Event;
use trailbox::domain::event::webhook::WebhookEvent;
use trailbox::domain::id::Seq;
use trailbox::domain::member::Role;
use trailbox::domain::moment::{DAY_MS, MINUTE_MS, Moment};
use trailbox::domain::notification::Kind;
use trailbox::domain::rule::{About, Definition};
use trailbox::domain::webhook::TRIES_MAX;
use trailbox::jobs::webhooks::{Course, send};

const SECRET: &str = "a secret of this test";

/// The other side: answers with the statuses in turn, the last one for ever, and keeps what came.
struct Other {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Other {
    fn listens(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (kept, statuses) = (Arc::clone(&heard), statuses.to_vec());
        std::thread::spawn(move || {
            for (n, line) in listener.incoming().enumerate() {
                let mut line = line.unwrap();
                let mut text = Vec::new();
                let mut piece = [0; 4096];
                loop {
                    let read = line.read(&mut piece).unwrap_or(0);
                    text.extend_from_slice(&piece[..read]);
                    let told = String::from_utf8_lossy(&text).into_owned();
                    let whole = told.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                        let length = head.to_lowercase();
                        let length = length.split("content-length: ").nth(1).unwrap_or("0");
                        let length = length.lines().next().unwrap_or("0").trim().to_owned();
                        body.len() >= length.parse().unwrap_or(0)
                    });
                    if whole || read == 0 {
                        kept.lock().unwrap().push(told);
                        break;
                    }
                }
                let status = statuses.get(n).or(statuses.last()).copied().unwrap_or(200);
                let answer = format!("HTTP/1.1 {status} It\r\ncontent-length: 0\r\n\r\n");
                let _ = line.write_all(answer.as_bytes());
            }
        });
        Other { port, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn wanted(port: u16) -> Wanted {
    Wanted {
        name: "Shop system".to_owned(),
        url: format!("http://127.0.0.1:{port}/hook"),
        host: "127.0.0.1".to_owned(),
        secret: SECRET.to_owned(),
        kinds: vec!["ticket.opened".to_owned()],
    }
}

fn hook(kit: &Kit, admin: &Who, port: u16) -> u64 {
    let wanted = wanted(port);
    let facts = kit.done(admin, move |now| webhooks::save(now, None, wanted));
    let Some((_, Event::Webhook(WebhookEvent::Saved { hook, .. }))) = facts.first().cloned() else {
        panic!("{facts:?}")
    };
    kit.done(admin, move |now| webhooks::switch(now, hook, true));
    hook
}

fn opened(kit: &Kit, who: &Who, title: &str) {
    let wanted = tickets::Wanted {
        title: title.to_owned(),
        ..tickets::Wanted::default()
    };
    kit.ticket(who, wanted);
}

fn sends(kit: &Kit, course: &mut Course) {
    while send(&kit.ledger, course, &|| false).unwrap() {}
}

fn log(kit: &Kit, hook: u64) -> Vec<(String, u32, Option<u16>)> {
    let log = kit.ask(|now| webhooks::log(now, hook, None, 50)).unwrap();
    let lines = log.into_iter();
    lines
        .map(|one| (one.state, one.attempts, one.status))
        .collect()
}

fn inside(kit: &Kit, admin: &Who) {
    kit.done(admin, |now| {
        settings::set(now, "webhook.allow_private", "on")
    });
}

#[test]
fn what_happens_goes_out_once_signed_and_without_words_of_customers() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    inside(&kit, &admin);
    opened(&kit, &admin, "before it was on");
    let other = Other::listens(&[200]);
    let id = hook(&kit, &admin, other.port);
    opened(&kit, &admin, "A private matter");
    let mut course = Course::default();
    sends(&kit, &mut course);
    sends(&kit, &mut course);
    // Started anew, with its place lost: what was taken is not sent again.
    sends(&kit, &mut Course::default());
    let heard = other.heard();
    assert_eq!(heard.len(), 1);
    let (head, body) = heard[0].split_once("\r\n\r\n").unwrap();
    assert!(!body.contains("A private matter"), "{body}");
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(told["event"], "ticket.opened");
    assert_eq!(told["objects"][0], "T-1002");
    let head = head.to_lowercase();
    assert!(head.contains("trailbox-event: ticket.opened"), "{head}");
    let signed = head.split("trailbox-signature: ").nth(1).unwrap();
    let signed = signed.lines().next().unwrap();
    let at_s: i64 = signed[2..].split(',').next().unwrap().parse().unwrap();
    assert_eq!(signed, signature(SECRET, Moment(at_s * 1_000), body));
    assert_eq!(log(&kit, id), [("taken".to_owned(), 1, Some(200))]);
}

#[test]
fn tries_grow_apart_end_and_begin_anew_when_asked() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    inside(&kit, &admin);
    let other = Other::listens(&[500, 500, 500, 500, 500, 500, 500, 302, 204]);
    let id = hook(&kit, &admin, other.port);
    opened(&kit, &admin, "Lamp");
    let mut course = Course::default();
    sends(&kit, &mut course);
    assert_eq!(log(&kit, id), [("waiting".to_owned(), 1, Some(500))]);
    sends(&kit, &mut course);
    assert_eq!(other.heard().len(), 1, "not before its time");
    for _ in 0..TRIES_MAX {
        kit.later(DAY_MS);
        sends(&kit, &mut course);
    }
    assert_eq!(
        log(&kit, id),
        [("given_up".to_owned(), TRIES_MAX, Some(302))]
    );
    let about = kit.ask(|now| webhooks::log(now, id, None, 1)).unwrap()[0].about;
    kit.done(&admin, move |now| webhooks::renew(now, id, about));
    kit.refused(&admin, move |now| webhooks::renew(now, id, about));
    sends(&kit, &mut course);
    assert_eq!(log(&kit, id), [("taken".to_owned(), 1, Some(204))]);
    kit.refused(&admin, move |now| webhooks::renew(now, id, Seq(1)));
}

#[test]
fn where_nobody_answers_one_is_tried_the_rest_waits_and_others_are_told() {
    [true, false].into_iter().for_each(one_is_down);
}

fn one_is_down(remembers: bool) {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    inside(&kit, &admin);
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = gone.local_addr().unwrap().port();
    drop(gone);
    let (down, other) = (hook(&kit, &admin, port), Other::listens(&[200]));
    let up = hook(&kit, &admin, other.port);
    for n in 0..3 {
        opened(&kit, &admin, &format!("Case {n}"));
    }
    let mut course = Course::default();
    sends(&kit, &mut course);
    assert_eq!(log(&kit, up).len(), 3);
    assert!(log(&kit, up).iter().all(|(state, ..)| state == "taken"));
    let waits = |tries| [("waiting".to_owned(), tries, None)];
    assert_eq!(log(&kit, down), waits(1), "one try, the rest is no fact");
    // However much happens and however often is looked: nothing more before its time.
    let before = kit.events();
    for n in 0..5 {
        opened(&kit, &admin, &format!("Later {n}"));
        sends(&kit, &mut course);
    }
    assert_eq!(log(&kit, down), waits(1));
    assert_eq!(log(&kit, up).len(), 8);
    let told = kit.events() - before;
    sends(&kit, &mut course);
    assert_eq!(kit.events() - before, told);
    kit.later(MINUTE_MS);
    sends(&kit, &mut course);
    assert_eq!(
        log(&kit, down),
        waits(2),
        "the first one again, and no other"
    );
    // It is found elsewhere: at once what was not tried, in its time what was.
    let back = Other::listens(&[200]);
    let found = wanted(back.port);
    kit.done(&admin, move |now| webhooks::save(now, Some(down), found));
    if !remembers {
        course = Course::default();
    }
    sends(&kit, &mut course);
    assert_eq!(back.heard().len(), 7);
    kit.later(5 * MINUTE_MS);
    sends(&kit, &mut course);
    assert_eq!(log(&kit, down).len(), 8);
    assert!(log(&kit, down).iter().all(|(state, ..)| state == "taken"));
    assert_eq!(
        (back.heard().len(), other.heard().len()),
        (8, 8),
        "once each"
    );
}

#[test]
fn what_somebody_asks_for_again_is_tried_at_once_though_the_hook_is_left_alone() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    inside(&kit, &admin);
    let other = Other::listens(&[200]);
    let id = hook(&kit, &admin, other.port);
    opened(&kit, &admin, "Lamp");
    let mut course = Course::default();
    sends(&kit, &mut course);
    let about = kit.ask(|now| webhooks::log(now, id, None, 1)).unwrap()[0].about;
    let gone = wanted(1);
    kit.done(&admin, move |now| webhooks::save(now, Some(id), gone));
    opened(&kit, &admin, "Chair");
    sends(&kit, &mut course);
    let tries = |kit: &Kit| {
        log(kit, id)
            .iter()
            .map(|(_, tries, _)| *tries)
            .collect::<Vec<_>>()
    };
    assert_eq!(tries(&kit), [1, 1]);
    kit.done(&admin, move |now| webhooks::renew(now, id, about));
    assert_eq!(tries(&kit), [1, 0]);
    sends(&kit, &mut course);
    assert_eq!(tries(&kit), [1, 1], "it is tried, and nothing else is");
}

#[test]
fn nothing_goes_inside_the_house_unless_that_is_allowed() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    let other = Other::listens(&[200]);
    let id = hook(&kit, &admin, other.port);
    opened(&kit, &admin, "Lamp");
    sends(&kit, &mut Course::default());
    assert!(other.heard().is_empty());
    let log = kit.ask(|now| webhooks::log(now, id, None, 1)).unwrap();
    assert_eq!(log[0].state, "waiting");
    assert!(log[0].trouble.is_some());
}

#[test]
fn rules_tell_members_and_webhooks_and_name_only_what_is_there() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    let lead = kit.member("Mar", Role::Lead);
    let agent = kit.member("Ada", Role::Agent);
    inside(&kit, &admin);
    let other = Other::listens(&[200]);
    let id = hook(&kit, &admin, other.port);
    kit.done(&admin, |now| groups::add(now, "Refunds"));
    let group = kit.ask(groups::list).unwrap()[0].id;
    let ada = agent.member().unwrap();
    kit.done(&admin, move |now| groups::set_members(now, group, &[ada]));
    let rule = |to, webhook| Definition {
        about: About::Ticket,
        when: vec!["ticket.tagged".to_owned()],
        after: None,
        conditions: Vec::new(),
        then: Actions {
            notify: Some(Notice {
                to,
                text: "look at {{ticket.number}}".to_owned(),
            }),
            webhook: Some(webhook),
            ..Actions::default()
        },
    };
    for (to, webhook) in [
        (Audience::Leads, 9),
        (
            Audience::Member {
                id: trailbox::domain::id::MemberId(99),
            },
            id,
        ),
        (
            Audience::Group {
                id: trailbox::domain::id::GroupId(99),
            },
            id,
        ),
    ] {
        let bad = rule(to, webhook);
        kit.refused(&admin, move |now| rules::save(now, None, "Bad", bad));
    }
    for (n, to) in [(1, Audience::Group { id: group }), (2, Audience::Owner)] {
        let good = rule(to, id);
        let name = format!("Rule {n}");
        kit.done(&admin, move |now| rules::save(now, None, &name, good));
        kit.done(&admin, move |now| rules::switch(now, n, true));
    }
    let wanted = tickets::Wanted {
        title: "Refund".to_owned(),
        ..tickets::Wanted::default()
    };
    let ticket = kit.ticket(&lead, wanted);
    kit.done(&lead, move |now| tickets::tag(now, ticket, "refund"));
    trailbox::jobs::rules::catch_up(&kit.ledger, &mut None).unwrap();
    let due = kit.ask(notifications::to_tell).unwrap();
    let told: Vec<_> = due.iter().filter(|one| one.kind == Kind::Rule).collect();
    let members: Vec<_> = told.iter().map(|one| Some(one.member)).collect();
    assert_eq!(members, [agent.member(), lead.member()]);
    sends(&kit, &mut Course::default());
    let asked = other
        .heard()
        .into_iter()
        .filter(|text| text.contains("webhook.asked"));
    assert_eq!(asked.count(), 2);
    // Switched off, the rules that name it are broken and say so.
    kit.done(&admin, move |now| webhooks::switch(now, id, false));
    let trouble = kit.ask(|now| {
        let rule = rules::get(now, 1)?;
        rules::trouble(now, &rule)
    });
    assert_eq!(
        trouble.unwrap().as_deref(),
        Some("the webhook Shop system is off")
    );
}

#[test]
fn a_webhook_is_written_switched_and_looked_at_by_its_page() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let with = |url: &'static str| {
        [
            ("name", "Shop"),
            ("url", url),
            ("kinds", "ticket.opened"),
            ("secret", "a secret of this page"),
        ]
    };
    let page = house.shows(&admin, "/settings/webhooks/new");
    let offered = page.split("id=\"f-secret\"").nth(1).unwrap();
    let offered = offered.split("value=\"").nth(1).unwrap();
    assert!(
        offered.find('"').unwrap() >= 16,
        "a secret is offered to copy"
    );
    for (url, sentence) in [
        ("http://shop.example/x", "only https"),
        ("https://127.0.0.1/x", "inside the house"),
        ("banana", "begins with https"),
    ] {
        house
            .again(&admin, "/settings/webhooks/new", &with(url))
            .says(sentence);
    }
    house
        .again(
            &admin,
            "/settings/webhooks/new",
            &with("https://shop.example/x")[..2],
        )
        .says("choose at least one event");
    let place = house.done(
        &admin,
        "/settings/webhooks/new",
        &with("https://shop.example/x"),
    );
    house
        .again(
            &admin,
            &place,
            &[
                ("name", "Shop"),
                ("url", "https://shop.example/x"),
                ("kinds", "ticket.opened"),
                ("secret", "short"),
            ],
        )
        .says("at least 16");
    house.done(&admin, &format!("{place}/state"), &[("state", "on")]);
    let page = house.shows(&admin, &place);
    assert!(page.contains("Nothing was sent yet") && page.contains("shop.example"));
    opened(&house.kit, &admin.who, "Lamp");
    let hook = house.kit.ask(webhooks::list).unwrap().remove(0);
    let fresh = house.kit.ask(|now| webhooks::fresh(now, &hook, Seq(0)));
    let (parcels, _) = fresh.unwrap();
    let timer = Who::system("webhooks", trailbox::domain::actor::Door::Timer);
    for (parcel, status) in parcels.into_iter().zip([200]) {
        house.kit.done(&timer, move |now| {
            webhooks::settle(now, &parcel, &(Some(status), 5, None))
        });
    }
    let page = house.shows(&admin, &place);
    assert!(page.contains("ticket.opened") && page.contains("answer 200"));
    let about = house.kit.ask(|now| webhooks::log(now, 1, None, 1)).unwrap()[0].about;
    house.done(
        &admin,
        &format!("{place}/redelivery"),
        &[("about", about.to_string().as_str())],
    );
    assert!(
        house
            .shows(&admin, "/settings/webhooks")
            .contains("waiting")
    );
    let rule = house.shows(&admin, "/settings/rules/new");
    assert!(rule.contains("Tell a webhook"));
}
