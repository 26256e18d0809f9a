//! Statuses of a desk's own and fields of tickets: what they ask for, which clocks they hold, what
//! follows by itself, and that tickets keep what held when they came into one.

use super::kit::Kit;
use super::pages::House;
use std::collections::BTreeMap;
use trailbox::desk::sla::{cases, policies};
use trailbox::desk::{bulk, fields, macros, rules, statuses, tickets};
use trailbox::domain::action::Actions;
use trailbox::domain::actor::{Door, Who};
use trailbox::domain::event::Event;
use trailbox::domain::event::status::StatusEvent;
use trailbox::domain::field;
use trailbox::domain::id::{Object, TicketId};
use trailbox::domain::member::Role;
use trailbox::domain::moment::{DAY_MS, HOUR_MS};
use trailbox::domain::rule::{About, Condition, Definition as RuleDefinition, Test};
use trailbox::domain::sla::policy::Policy;
use trailbox::domain::sla::{Metric, State, Targets};
use trailbox::domain::status::{Ask, Definition, Next, When};
use trailbox::domain::ticket::{Status, Wait};

fn named(label: &str, base: Status) -> Definition {
    Definition {
        label: label.to_owned(),
        ..Definition::shipped(base)
    }
}

fn defined(kit: &Kit, who: &Who, definition: Definition) -> String {
    let facts = kit.done(who, move |now| statuses::define(now, None, definition));
    match facts.first() {
        Some((_, Event::Status(StatusEvent::Defined { name, .. }))) => name.clone(),
        other => panic!("{other:?}"),
    }
}

fn field(label: &str, kind: field::Kind) -> field::Definition {
    field::Definition {
        label: label.to_owned(),
        kind,
        choices: Vec::new(),
        pattern: "NM-#####".to_owned(),
        country: String::new(),
        types: Vec::new(),
        to_close: true,
    }
}

fn opened(kit: &Kit, who: &Who) -> TicketId {
    let wanted = tickets::Wanted {
        title: "The lamp flickers".to_owned(),
        kind: "delivery".to_owned(),
        ..tickets::Wanted::default()
    };
    kit.ticket(who, wanted)
}

fn stands(kit: &Kit, id: TicketId) -> tickets::Ticket {
    kit.ask(|now| tickets::get(now, id)).unwrap()
}

/// The clock on the wall goes on, and what is due happens.
fn ticks(kit: &Kit, ms: i64) -> usize {
    kit.later(ms);
    let timer = Who::system("timer", Door::Timer);
    let due = kit.ask(statuses::due).unwrap();
    let moved = due.into_iter().map(|id| {
        let facts = kit.done(&timer, move |now| statuses::lapse(now, id));
        facts.len()
    });
    moved.sum()
}

fn filled(values: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = values.iter().map(|(name, text)| (*name, *text));
    pairs
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect()
}

#[test]
fn a_status_of_ones_own_asks_holds_clocks_and_ends_by_itself() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    let lead = kit.member("Mar", Role::Lead);
    let agent = kit.member("Ada", Role::Agent);
    let mut targets = Targets::default();
    targets.set(Metric::Resolution, Some(40 * 3_600));
    let policy = Policy {
        name: "All".to_owned(),
        targets: ["low", "normal", "high", "urgent"]
            .map(|row| (row.to_owned(), targets))
            .into(),
        warn_pct: 80,
        ..Policy::default()
    };
    kit.done(&lead, |now| policies::set(now, None, policy));
    let mut workshop = named("In the workshop", Status::AwaitingCourier);
    workshop.customer_label = "Being repaired".to_owned();
    workshop.asks = vec![Ask::Whom];
    workshop.from = vec!["in_progress".to_owned()];
    workshop.next = Some(Next {
        when: When::WorkingHours(8),
        to: "in_progress".to_owned(),
    });
    let mut office = named("At the office", Status::InProgress);
    office.pauses = vec![Metric::Resolution];
    office.roles = vec![Role::Lead];
    let workshop = defined(&kit, &admin, workshop);
    let office = defined(&kit, &admin, office);
    assert_eq!(
        (workshop.as_str(), office.as_str()),
        ("in_the_workshop", "at_the_office")
    );
    let id = opened(&kit, &agent);
    let clock = || {
        let clocks = kit
            .ask(|now| cases::clocks(now, Object::Ticket(id)))
            .unwrap();
        clocks.last().unwrap().state
    };
    let whom = || {
        Some(Wait {
            whom: "Ilyas".to_owned(),
            reference: String::new(),
            expected_on: String::new(),
        })
    };
    // Not from New, not without whom, and not for an agent what is a lead's.
    let refusal = kit.refused(&agent, move |now| {
        tickets::enter(now, id, "in_the_workshop", whom(), "")
    });
    assert_eq!(
        refusal.text,
        format!("{id} cannot go from New to In the workshop")
    );
    kit.done(&agent, move |now| {
        tickets::enter(now, id, "in_progress", None, "")
    });
    let refusal = kit.refused(&agent, move |now| {
        tickets::enter(now, id, "in_the_workshop", None, "")
    });
    assert_eq!(refusal.field, Some("whom"));
    let refusal = kit.refused(&agent, move |now| {
        tickets::enter(now, id, "at_the_office", None, "")
    });
    assert_eq!(refusal.text, "only lead may set At the office");
    assert_eq!(clock(), State::Running);
    kit.done(&agent, move |now| {
        tickets::enter(now, id, "in_the_workshop", whom(), "")
    });
    let present = stands(&kit, id);
    assert_eq!(
        (present.status, present.label.as_str()),
        (Status::AwaitingCourier, "In the workshop")
    );
    assert_eq!(clock(), State::Paused);
    // A new version counts for those that come after it.
    let mut longer = kit
        .ask(|now| statuses::get(now, "in_the_workshop"))
        .unwrap()
        .definition;
    longer.pauses.clear();
    longer.next = None;
    kit.done(&admin, |now| {
        statuses::define(now, Some("in_the_workshop"), longer)
    });
    assert_eq!(clock(), State::Paused);
    assert_eq!(ticks(&kit, 7 * HOUR_MS), 0);
    assert!(ticks(&kit, HOUR_MS) > 0, "eight hours have passed");
    assert_eq!(stands(&kit, id).named, "in_progress");
    assert_eq!(clock(), State::Running);
    kit.done(&lead, move |now| {
        tickets::enter(now, id, "at_the_office", None, "")
    });
    assert_eq!(clock(), State::Paused, "work on it goes on elsewhere");
    // Retired: nothing comes into it, what is in it stays, and it comes back.
    kit.done(&admin, |now| statuses::retire(now, "in_the_workshop", true));
    kit.done(&lead, move |now| {
        tickets::enter(now, id, "in_progress", None, "")
    });
    let refusal = kit.refused(&lead, move |now| {
        tickets::enter(now, id, "in_the_workshop", whom(), "")
    });
    assert_eq!(refusal.text, "the status In the workshop is retired");
    kit.refused(&admin, |now| statuses::retire(now, "resolved", true));
    kit.done(&admin, |now| {
        statuses::retire(now, "in_the_workshop", false)
    });
}

#[test]
fn awaiting_the_courier_ends_on_the_date_or_with_a_word_of_the_customer() {
    let kit = Kit::new();
    let agent = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "34600111222", "Where is it?");
    let wanted = tickets::Wanted {
        conversation: Some(talk),
        title: "Late".to_owned(),
        kind: "delivery".to_owned(),
        ..tickets::Wanted::default()
    };
    let id = kit.ticket(&agent, wanted);
    let waits = || {
        kit.done(&agent, move |now| {
            let wait = Wait {
                whom: "TCS".to_owned(),
                reference: "T-1".to_owned(),
                expected_on: "2026-11-24".to_owned(),
            };
            tickets::change_status(now, id, Status::AwaitingCourier, Some(wait), "")
        });
    };
    waits();
    assert_eq!(ticks(&kit, 20 * HOUR_MS), 0);
    assert_eq!(ticks(&kit, DAY_MS + 2 * HOUR_MS), 1, "the 24th has begun");
    assert_eq!(stands(&kit, id).status, Status::InProgress);
    assert_eq!(stands(&kit, id).wait, None);
    waits();
    kit.writes(channel, "34600111222", "It came!");
    assert_eq!(stands(&kit, id).status, Status::InProgress);
    kit.writes(channel, "34600111222", "Thank you");
    assert_eq!(stands(&kit, id).status, Status::InProgress);
}

#[test]
fn fields_keep_one_form_and_a_ticket_does_not_end_without_those_it_needs() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    let agent = kit.member("Ada", Role::Agent);
    for (label, kind, types) in [
        ("Order number", field::Kind::Order, vec![]),
        ("Size", field::Kind::Number, vec!["return"]),
    ] {
        let mut wanted = field(label, kind);
        wanted.types = types.into_iter().map(str::to_owned).collect();
        kit.done(&admin, move |now| fields::define(now, None, wanted));
    }
    let id = opened(&kit, &agent);
    let fill = |values: &[(&str, &str)]| {
        let values = filled(values);
        move |now: &trailbox::ledger::Now<'_>| tickets::fill(now, id, &values)
    };
    let says = |values: &[(&str, &str)]| kit.refused(&agent, fill(values)).text;
    assert!(says(&[("order_number", "12")]).contains("write one such as NM-12345"));
    assert_eq!(
        says(&[("size", "3")]),
        "tickets of the type delivery have no Size"
    );
    assert_eq!(says(&[("gone", "3")]), "there is no field gone");
    let refusal = kit.refused(&agent, move |now| {
        tickets::change_status(now, id, Status::Resolved, None, "sent again")
    });
    assert_eq!(refusal.text, "fill in first: Order number");
    kit.done(&agent, fill(&[("order_number", "nm-12345")]));
    assert!(
        kit.done(&agent, fill(&[("order_number", "NM-12345")]))
            .is_empty()
    );
    let values = kit.ask(|now| fields::values(now, id)).unwrap();
    assert_eq!(values, filled(&[("order_number", "NM-12345")]));
    // A field that holds values keeps its kind; a retired one lets go.
    let refusal = kit.refused(&admin, |now| {
        fields::define(
            now,
            Some("order_number"),
            field("Order number", field::Kind::Text),
        )
    });
    assert_eq!(refusal.field, Some("kind"));
    kit.done(&agent, fill(&[("order_number", "")]));
    kit.done(&admin, |now| fields::retire(now, "order_number", true));
    kit.done(&agent, move |now| {
        tickets::change_status(now, id, Status::Resolved, None, "sent again")
    });
}

#[test]
fn a_ticket_that_cannot_go_on_by_itself_says_why_once_and_stays() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    let agent = kit.member("Ada", Role::Agent);
    let mut silent = named("No answer", Status::AwaitingCustomer);
    silent.next = Some(Next {
        when: When::WorkingHours(2),
        to: "resolved".to_owned(),
    });
    let silent = defined(&kit, &admin, silent);
    let mut wanted = field("Outcome", field::Kind::Choice);
    wanted.choices = vec!["kept".to_owned(), "refunded".to_owned()];
    kit.done(&admin, move |now| fields::define(now, None, wanted));
    let (one, two) = (opened(&kit, &agent), opened(&kit, &agent));
    for id in [one, two] {
        let to = silent.clone();
        kit.done(&agent, move |now| tickets::enter(now, id, &to, None, ""));
    }
    let values = filled(&[("outcome", "Kept")]);
    kit.done(&agent, move |now| tickets::fill(now, one, &values));
    assert_eq!(ticks(&kit, 3 * HOUR_MS), 2);
    assert_eq!(stands(&kit, one).status, Status::Resolved);
    assert!(stands(&kit, one).resolution.unwrap().contains("No answer"));
    assert_eq!(stands(&kit, two).named, silent);
    assert_eq!(ticks(&kit, HOUR_MS), 0, "said once");
}

#[test]
fn rules_and_bulk_know_statuses_and_fields_by_name_and_undo_restores_them() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    let lead = kit.member("Mar", Role::Lead);
    let office = defined(&kit, &admin, named("At the office", Status::InProgress));
    let mut size = field("Size", field::Kind::Number);
    size.to_close = false;
    kit.done(&admin, move |now| fields::define(now, None, size));
    let condition = |field: &str, value: &str| Condition {
        field: field.to_owned(),
        test: Test::Is,
        value: value.to_owned(),
    };
    let rule = |conditions, then| RuleDefinition {
        about: About::Ticket,
        when: vec!["field.filled".to_owned()],
        after: None,
        conditions,
        then,
    };
    let then = Actions {
        note: Some("large: {{field.size}}, {{ticket.status}}".to_owned()),
        fields: filled(&[("size", "43")]),
        ..Actions::default()
    };
    for bad in [condition("status", "nowhere"), condition("field.gone", "1")] {
        let bad = rule(vec![bad], then.clone());
        kit.refused(&admin, move |now| rules::save(now, None, "Bad", bad));
    }
    let good = rule(
        vec![
            condition("field.size", "42"),
            condition("ticket_status", &office),
        ],
        then,
    );
    kit.done(&admin, move |now| rules::save(now, None, "Large", good));
    kit.done(&admin, |now| rules::switch(now, 1, true));
    let id = opened(&kit, &lead);
    let to = office.clone();
    let wished = Actions {
        ticket_status: Some(to),
        ..Actions::default()
    };
    kit.done(&lead, move |now| {
        bulk::start(now, &[Object::Ticket(id)], wished, "")
    });
    trailbox::jobs::bulk::work(&kit.ledger, &|| false).unwrap();
    assert_eq!(stands(&kit, id).named, office);
    let values = filled(&[("size", "42")]);
    kit.done(&lead, move |now| tickets::fill(now, id, &values));
    trailbox::jobs::rules::catch_up(&kit.ledger, &mut None).unwrap();
    let values = kit.ask(|now| fields::values(now, id)).unwrap();
    assert_eq!(values["size"], "43");
    kit.done(&lead, |now| bulk::undo(now, 1));
    trailbox::jobs::bulk::work(&kit.ledger, &|| false).unwrap();
    let back = stands(&kit, id);
    assert_eq!((back.named.as_str(), back.label.as_str()), ("new", "New"));
}

#[test]
fn one_wish_fills_what_is_needed_and_ends_the_ticket() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    let agent = kit.member("Ada", Role::Agent);
    kit.done(&admin, |now| {
        fields::define(now, None, field("Outcome", field::Kind::Text))
    });
    let ends = |outcome: &str| Actions {
        fields: filled(&[("outcome", outcome)]),
        ticket_status: Some("resolved".to_owned()),
        outcome: Some("sent again".to_owned()),
        ..Actions::default()
    };
    for (name, outcome) in [("Kept", "kept"), ("Emptied", "")] {
        let wished = ends(outcome);
        kit.done(&admin, move |now| {
            macros::save(now, None, name, true, wished)
        });
    }
    let id = opened(&kit, &agent);
    let object = Object::Ticket(id);
    kit.done(&agent, move |now| macros::perform(now, 1, object, ""));
    assert_eq!(stands(&kit, id).status, Status::Resolved);
    let values = kit.ask(|now| fields::values(now, id)).unwrap();
    assert_eq!(values["outcome"], "kept");
    // What the same wish takes out is not there.
    let other = opened(&kit, &agent);
    let object = Object::Ticket(other);
    let values = filled(&[("outcome", "kept")]);
    kit.done(&agent, move |now| tickets::fill(now, other, &values));
    let refusal = kit.refused(&agent, move |now| macros::perform(now, 2, object, ""));
    assert!(refusal.text.contains("Outcome"), "{}", refusal.text);
}

#[test]
fn statuses_and_fields_are_defined_and_used_through_pages() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let agent = house.member("Ada", Role::Agent);
    let id = opened(&house.kit, &agent.who);
    house
        .again(
            &admin,
            "/settings/statuses/_new",
            &[("label", ""), ("base", "in_progress")],
        )
        .says("1 to 40 characters");
    house
        .again(
            &admin,
            "/settings/statuses/_new",
            &[
                ("label", "Soon"),
                ("base", "in_progress"),
                ("when", "date"),
                ("next", "resolved"),
            ],
        )
        .says("asks for one");
    let place = house.done(
        &admin,
        "/settings/statuses/_new",
        &[
            ("label", "In the workshop"),
            ("customer_label", "Being repaired"),
            ("base", "awaiting_courier"),
            ("pauses", "resolution"),
            ("asks", "whom"),
            ("when", "hours"),
            ("hours", "16"),
            ("next", "in_progress"),
            ("ends_on_word", "yes"),
        ],
    );
    let list = house.shows(&admin, "/settings/statuses");
    assert!(list.contains("In the workshop") && list.contains("after 16 working hours"));
    house.done(
        &admin,
        &place,
        &[("label", "In our workshop"), ("base", "")],
    );
    house.done(
        &admin,
        &format!("{place}/retirement"),
        &[("retired", "yes")],
    );
    house.done(&admin, &format!("{place}/retirement"), &[("retired", "no")]);
    house
        .again(
            &admin,
            "/settings/fields/_new",
            &[("label", "Size"), ("kind", "choice")],
        )
        .says("2 to 100 values");
    let field = house.done(
        &admin,
        "/settings/fields/_new",
        &[
            ("label", "Size"),
            ("kind", "choice"),
            ("choices", "S\nM"),
            ("to_close", "yes"),
        ],
    );
    assert!(house.shows(&admin, &field).contains("version 1"));
    assert!(
        house
            .shows(&admin, "/settings/fields")
            .contains("needed to resolve")
    );
    let at = format!("/tickets/{id}");
    let page = house.shows(&agent, &at);
    assert!(page.contains("In our workshop") && page.contains("name=\"own.size\""));
    house
        .again(
            &agent,
            &format!("{at}/status"),
            &[("status", "resolved"), ("resolution", "done")],
        )
        .says("fill in first: Size");
    house
        .again(&agent, &format!("{at}/values"), &[("own.size", "XL")])
        .says("Size is one of S, M");
    house.done(&agent, &format!("{at}/values"), &[("own.size", "s")]);
    house.done(
        &agent,
        &format!("{at}/status"),
        &[("status", "in_our_workshop")].map(|(name, _)| (name, "in_the_workshop")),
    );
    let page = house.shows(&agent, &at);
    assert!(page.contains("In our workshop"));
    assert!(
        house
            .shows(&agent, "/tickets?status=in_the_workshop")
            .contains("The lamp flickers")
    );
    let rule = house.shows(&admin, "/settings/rules/new");
    assert!(rule.contains("field.size") && rule.contains("in_the_workshop"));
    house.done(
        &admin,
        &format!("{field}/retirement"),
        &[("retired", "yes")],
    );
}
