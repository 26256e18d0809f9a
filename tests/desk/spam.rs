//! Spam: it ends without a summary, counts for no clock, stays quiet, and all of it can be undone.

use super::kit::Kit;
use super::pages::House;
use trailbox::desk::contacts;
use trailbox::desk::conversations::{self, Conversation};
use trailbox::desk::sla::{calendars, cases, policies};
use trailbox::desk::spam::{self, Sender};
use trailbox::domain::actor::Who;
use trailbox::domain::calendar::hours::Timetable;
use trailbox::domain::conversation::Status;
use trailbox::domain::id::{ConversationId, Object};
use trailbox::domain::member::Role;
use trailbox::domain::moment::{DAY_MS, HOUR_MS, MINUTE_MS};
use trailbox::domain::sla::policy::Policy;
use trailbox::domain::sla::{Metric, Targets};

fn measured(kit: &Kit, lead: &Who) {
    kit.done(lead, |now| {
        calendars::set(now, None, "Always", Timetable::always())
    });
    let mut all = Targets::default();
    all.set(Metric::FirstResponse, Some(1_800));
    all.set(Metric::Resolution, Some(28_800));
    let policy = Policy {
        name: "All day".to_owned(),
        position: 1,
        targets: [("normal".to_owned(), all)].into_iter().collect(),
        ..Policy::default()
    };
    kit.done(lead, move |now| policies::set(now, None, policy));
}

fn stands(kit: &Kit, id: ConversationId) -> Conversation {
    kit.ask(|now| conversations::get(now, id)).unwrap()
}

fn live(kit: &Kit, id: ConversationId) -> Vec<Metric> {
    let object = Object::Conversation(id);
    let clocks = kit.ask(|now| cases::clocks(now, object)).unwrap();
    let live = clocks.into_iter().filter(|clock| clock.state.is_live());
    let mut live: Vec<Metric> = live.map(|clock| clock.metric).collect();
    live.sort_by_key(|metric| format!("{metric:?}"));
    live
}

#[test]
fn spam_ends_without_a_summary_and_counts_nowhere_until_it_is_none() {
    let kit = Kit::new();
    let lead = kit.member("Lena", Role::Lead);
    let agent = kit.member("Ada", Role::Agent);
    measured(&kit, &lead);
    let channel = kit.channel("shop");
    let id = kit.writes(channel, "447700900200", "win a prize");
    kit.done(&agent, move |now| conversations::take(now, id, ""));
    let until = kit.clock.now().plus_ms(HOUR_MS);
    kit.done(&agent, move |now| {
        conversations::snooze(now, id, Some(until))
    });
    let before = (stands(&kit, id), live(&kit, id));
    assert_eq!(before.1, [Metric::FirstResponse, Metric::Resolution]);
    kit.later(MINUTE_MS);
    kit.done(&agent, move |now| spam::mark(now, id, Sender::Free));
    kit.refused(&agent, move |now| spam::mark(now, id, Sender::Free));
    kit.refused(&agent, move |now| conversations::reopen(now, id));
    let marked = stands(&kit, id);
    assert_eq!((marked.status, marked.summary), (Status::Closed, None));
    assert!(live(&kit, id).is_empty());
    kit.later(MINUTE_MS);
    kit.done(&agent, move |now| spam::clear(now, id));
    kit.refused(&agent, move |now| spam::clear(now, id));
    assert_eq!((stands(&kit, id), live(&kit, id)), before);
}

#[test]
fn what_comes_in_later_stays_in_it_and_makes_no_work() {
    let kit = Kit::new();
    let lead = kit.member("Lena", Role::Lead);
    measured(&kit, &lead);
    let channel = kit.channel("shop");
    let id = kit.writes(channel, "447700900200", "win a prize");
    kit.done(&lead, move |now| spam::mark(now, id, Sender::Free));
    kit.later(MINUTE_MS);
    assert_eq!(kit.writes(channel, "447700900200", "win two"), id);
    let marked = stands(&kit, id);
    assert_eq!(
        (marked.status, marked.waiting_since),
        (Status::Closed, None)
    );
    assert!(live(&kit, id).is_empty());
    kit.done(&lead, move |now| spam::clear(now, id));
    let back = stands(&kit, id);
    assert!(back.status == Status::New && back.waiting_since.is_some());
    assert_eq!(live(&kit, id), [Metric::FirstResponse, Metric::Resolution]);
    // Weeks later the same number may begin anew, and then the old one stays as it is.
    kit.done(&lead, move |now| spam::mark(now, id, Sender::Free));
    kit.later(90 * DAY_MS);
    let next = kit.writes(channel, "447700900200", "hello again");
    assert_ne!(next, id);
    let text = kit.refused(&lead, move |now| spam::clear(now, id)).text;
    assert!(text.contains(&format!("{next} has begun")), "{text}");
}

#[test]
fn the_customer_is_blocked_with_it_where_that_is_asked_and_free_again_with_it() {
    let kit = Kit::new();
    let agent = kit.member("Ada", Role::Agent);
    let other = kit.member("Ben", Role::Agent);
    let (shop, repairs) = (kit.channel("shop"), kit.channel("repairs"));
    let id = kit.writes(shop, "447700900200", "win a prize");
    let beside = kit.writes(repairs, "447700900200", "win a prize");
    kit.done(&other, move |now| conversations::take(now, id, ""));
    kit.refused(&agent, move |now| spam::mark(now, id, Sender::Blocked));
    kit.done(&other, move |now| spam::mark(now, id, Sender::Blocked));
    let contact = stands(&kit, id).contact;
    let blocked = || kit.ask(|now| contacts::is_blocked(now, contact)).unwrap();
    assert!(blocked());
    assert_eq!(stands(&kit, beside).status, Status::Closed);
    kit.done(&other, move |now| spam::clear(now, id));
    assert!(!blocked());
    assert_eq!(stands(&kit, id).status, Status::Open);
}

#[test]
fn a_member_marks_it_and_takes_the_mark_away_on_its_page() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let channel = house.kit.channel("shop");
    let id = house.kit.writes(channel, "447700900200", "win a prize");
    let at = format!("/conversations/{id}");
    assert!(house.shows(&agent, &at).contains("Mark as spam"));
    let marks = [("spam", "yes"), ("block", "yes")];
    house.done(&agent, &format!("{at}/spam"), &marks);
    let page = house.shows(&agent, &at);
    assert!(page.contains("No spam") && page.contains("marked C-1 as spam and blocked"));
    assert!(!page.contains("Confirm and close") && !page.contains("/reopening"));
    house.again(&agent, &format!("{at}/spam"), &marks);
    house.done(&agent, &format!("{at}/spam"), &[("spam", "no")]);
    assert!(house.shows(&agent, &at).contains("Mark as spam"));
}
