//! Spam: it ends without a summary, counts for no clock, stays quiet, and all of it can be undone.

use super::kit::Kit;
use super::pages::House;
use trailbox::desk::conversations::{self, Conversation};
use trailbox::desk::inbox::{self, Queue, Sort, Wish};
use trailbox::desk::sla::{calendars, cases, policies};
use trailbox::desk::spam::{self, Sender};
use trailbox::desk::{bulk, contacts};
use trailbox::domain::action::Actions;
use trailbox::domain::actor::Who;
use trailbox::domain::calendar::hours::Timetable;
use trailbox::domain::conversation::Status;
use trailbox::domain::id::{ConversationId, Object};
use trailbox::domain::member::Role;
use trailbox::domain::moment::{DAY_MS, HOUR_MS, MINUTE_MS};
use trailbox::domain::sla::policy::Policy;
use trailbox::domain::sla::{Metric, Targets};
use trailbox::jobs::bulk::work;

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

fn marked(kit: &Kit, id: ConversationId) -> bool {
    kit.ask(|now| spam::is(now, id)).unwrap()
}

/// What a queue shows to somebody.
fn queue(kit: &Kit, who: &Who, queue: Queue) -> Vec<ConversationId> {
    let wish = Wish {
        queue,
        group: None,
        channel: None,
        tag: None,
        sort: Sort::Newest,
        after: None,
    };
    let now = kit.ledger.now(who).unwrap();
    let listed = inbox::list(&now, &wish, 50).unwrap().into_iter();
    let mut found: Vec<ConversationId> = listed.map(|listed| listed.id).collect();
    found.sort_by_key(|id| id.0);
    found
}

fn bulk_of(kit: &Kit, who: &Who, talks: &[ConversationId], spam: bool) -> u64 {
    let objects: Vec<Object> = talks.iter().map(|id| Object::Conversation(*id)).collect();
    let wish = Actions {
        spam: Some(spam),
        ..Actions::default()
    };
    kit.done(who, move |now| bulk::start(now, &objects, wish, ""));
    let all = kit.ask(bulk::unfinished).unwrap();
    work(&kit.ledger, &|| false).unwrap();
    all[0]
}

#[test]
fn spam_has_a_queue_of_its_own_and_goes_and_comes_in_bulk() {
    let kit = Kit::new();
    let agent = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let talks: Vec<ConversationId> = (0..3)
        .map(|n| kit.writes(channel, &format!("4477009002{n:02}"), "win a prize"))
        .collect();
    let (first, second, third) = (talks[0], talks[1], talks[2]);
    // The first was blocked along with the mark: that comes back, too.
    kit.done(&agent, move |now| spam::mark(now, first, Sender::Blocked));
    let marking = bulk_of(&kit, &agent, &talks, true);
    let left = kit.ask(|now| bulk::left(now, marking, false)).unwrap();
    assert_eq!(left.len(), 1, "the first was marked already: {left:?}");
    assert_eq!(queue(&kit, &agent, Queue::Spam), talks);
    assert!(queue(&kit, &agent, Queue::Closed).is_empty());
    assert_eq!(queue(&kit, &agent, Queue::All), talks);
    let counts = kit.ask(inbox::counts).unwrap();
    let spam_count = counts.into_iter().find(|(queue, _)| *queue == Queue::Spam);
    assert_eq!(spam_count, Some((Queue::Spam, Some(3))));
    let clearing = bulk_of(&kit, &agent, &talks[..2], false);
    assert_eq!(queue(&kit, &agent, Queue::Spam), [third]);
    let contact = stands(&kit, first).contact;
    let blocked = |kit: &Kit| {
        let known = kit.ask(|now| contacts::get(now, contact)).unwrap();
        known.blocked_at.is_some()
    };
    assert!(!blocked(&kit));
    kit.done(&agent, move |now| bulk::undo(now, clearing));
    work(&kit.ledger, &|| false).unwrap();
    assert_eq!(queue(&kit, &agent, Queue::Spam), talks);
    assert!(blocked(&kit), "as it was before");
    kit.done(&agent, move |now| bulk::undo(now, marking));
    work(&kit.ledger, &|| false).unwrap();
    assert_eq!(queue(&kit, &agent, Queue::Spam), [first]);
    assert!(!marked(&kit, second) && !marked(&kit, third));
}

#[test]
fn of_two_members_at_once_one_marks_and_the_other_is_told() {
    let kit = Kit::new();
    let (ada, bea) = (
        kit.member("Ada", Role::Agent),
        kit.member("Bea", Role::Agent),
    );
    let channel = kit.channel("shop");
    let id = kit.writes(channel, "447700900200", "win a prize");
    let other = kit.writes(channel, "447700900201", "win a prize");
    let both = std::thread::scope(|scope| {
        let tries = [&ada, &bea].map(|who| {
            let ledger = &kit.ledger;
            scope.spawn(move || {
                let came = ledger.record(who, move |now| spam::mark(now, id, Sender::Free));
                came.map(|receipt| receipt.facts.len())
                    .map_err(|error| error.to_string())
            })
        });
        tries.map(|tried| tried.join().unwrap())
    });
    let (went, refused): (Vec<_>, Vec<_>) = both.into_iter().partition(Result::is_ok);
    assert_eq!(went.len(), 1);
    let refused = refused
        .into_iter()
        .find_map(Result::err)
        .unwrap_or_default();
    assert_eq!(refused, format!("{id} is marked as spam already"));
    // What Bea put right by hand meanwhile, Ada's undoing leaves as it is, and says so.
    let marking = bulk_of(&kit, &ada, &[other], true);
    kit.done(&bea, move |now| spam::clear(now, other));
    kit.done(&ada, move |now| bulk::undo(now, marking));
    work(&kit.ledger, &|| false).unwrap();
    let kept = kit.ask(|now| bulk::left(now, marking, true)).unwrap();
    assert!(kept[0].1.contains("another spam mark since"), "{kept:?}");
    assert!(!marked(&kit, other));
    // Spam and a status do not go together.
    let objects = vec![Object::Conversation(id)];
    let wish = Actions {
        spam: Some(true),
        status: Some("closed".to_owned()),
        ..Actions::default()
    };
    kit.refused(&ada, move |now| bulk::start(now, &objects, wish, ""));
}

#[test]
fn the_inbox_marks_what_is_ticked_and_takes_the_mark_away() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let channel = house.kit.channel("shop");
    let id = house.kit.writes(channel, "447700900200", "win a prize");
    let ticked = id.to_string();
    let list = house.shows(&agent, "/inbox?queue=all");
    assert!(list.contains("value=\"mark\"") && !list.contains("value=\"clear\""));
    let tick = |at_once| [("object", ticked.as_str()), ("at_once", at_once)];
    let place = house.done(&agent, "/bulk", &tick("mark"));
    work(&house.kit.ledger, &|| false).unwrap();
    assert!(house.shows(&agent, &place).contains("mark as spam"));
    let spam = house.shows(&agent, "/inbox?queue=spam");
    assert!(spam.contains("value=\"clear\"") && spam.contains("win a prize"));
    assert!(spam.contains("pill--bad\">Spam<"), "not only closed");
    house.done(&agent, "/bulk", &tick("clear"));
    work(&house.kit.ledger, &|| false).unwrap();
    let spam = house.shows(&agent, "/inbox?queue=spam");
    assert!(!spam.contains("win a prize"));
}
