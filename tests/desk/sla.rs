//! Service levels at work: clocks that start, pause, stop and fall due because of what happens to
//! conversations and tickets. The kit compares every desk's ledger with the clocks counted anew.

use crate::kit::{Kit, article_of};
use std::collections::BTreeMap;
use trailbox::desk::sla::{calendars, cases, line, policies};
use trailbox::desk::{articles, conversations, deliveries, tickets};
use trailbox::domain::actor::{Door, Who};
use trailbox::domain::calendar::hours::Timetable;
use trailbox::domain::event::call::CallEvent;
use trailbox::domain::event::{ConversationEvent, Event, SlaEvent};
use trailbox::domain::id::{ChannelId, ConversationId, Object, Seq, TicketId};
use trailbox::domain::member::Role;
use trailbox::domain::message::{CallDirection, CallOutcome};
use trailbox::domain::moment::{DAY_MS, HOUR_MS, MINUTE_MS};
use trailbox::domain::sla::policy::Policy;
use trailbox::domain::sla::{Clock, Metric, State, Targets};
use trailbox::domain::ticket::{Priority, Status, Wait};

fn targets(metrics: &[(Metric, i64)]) -> Targets {
    let mut targets = Targets::default();
    for (metric, seconds) in metrics {
        targets.set(*metric, Some(*seconds));
    }
    targets
}

/// A desk that answers around the clock: 30 minutes, 60 minutes; tickets by priority.
struct Desk {
    kit: Kit,
    channel: ChannelId,
    maya: Who,
}

fn policy() -> Policy {
    let row = |hours: i64| {
        targets(&[
            (Metric::FirstResponse, 1_800),
            (Metric::NextResponse, 3_600),
            (Metric::Update, 2 * 3_600),
            (Metric::Resolution, hours * 3_600),
        ])
    };
    let rows = [("normal", 8), ("high", 4), ("urgent", 1)];
    Policy {
        name: "All day".to_owned(),
        position: 1,
        targets: rows
            .iter()
            .map(|(name, hours)| (name.to_string(), row(*hours)))
            .collect(),
        warn_pct: 80,
        escalate_to: 2,
        ..Policy::default()
    }
}

impl Desk {
    fn new() -> Self {
        let kit = Kit::new();
        let channel = kit.channel("shop");
        let maya = kit.member("Maya", Role::Lead);
        kit.done(&maya, |now| {
            calendars::set(now, None, "Always", Timetable::always())
        });
        kit.done(&maya, |now| policies::set(now, None, policy()));
        Desk { kit, channel, maya }
    }

    fn clocks(&self, object: Object) -> Vec<Clock> {
        self.kit.ask(|now| cases::clocks(now, object)).unwrap()
    }

    /// The newest clock of a kind.
    fn clock(&self, object: Object, metric: Metric) -> Clock {
        let clocks = self.clocks(object);
        let found = clocks
            .into_iter()
            .rev()
            .find(|clock| clock.metric == metric);
        found.unwrap_or_else(|| panic!("{object} has no clock {metric:?}"))
    }

    fn answers(&self, conversation: ConversationId) -> Seq {
        let reply = self.kit.reply(conversation, "On its way.");
        let facts = self
            .kit
            .done(&self.maya, move |now| articles::reply(now, reply));
        article_of(&facts).unwrap()
    }

    fn ticket(&self, conversation: ConversationId) -> TicketId {
        let wanted = tickets::Wanted {
            conversation: Some(conversation),
            title: "Where is it?".to_owned(),
            priority: Some(Priority::Normal),
            ..tickets::Wanted::default()
        };
        self.kit.ticket(&self.maya, wanted)
    }

    /// What the timer tells.
    fn tick(&self) -> Vec<(Seq, Event)> {
        let who = Who::system("timer", Door::Timer);
        let mut told = Vec::new();
        for object in self.kit.ask(cases::due).unwrap() {
            let wish =
                move |now: &trailbox::ledger::Now<'_>| trailbox::desk::sla::lapse(now, object);
            let receipt = self.kit.wish(&who, wish).unwrap();
            told.extend(receipt.facts);
            told.extend(receipt.followed);
        }
        told
    }
}

fn wait() -> Option<Wait> {
    Some(Wait {
        whom: "Leopards".to_owned(),
        reference: "LE-1".to_owned(),
        expected_on: "2026-11-30".to_owned(),
    })
}

#[test]
fn the_first_answer_of_a_person_stops_the_first_clock() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "hello");
    let object = Object::Conversation(id);
    let first = desk.clock(object, Metric::FirstResponse);
    assert_eq!((first.state, first.target_s), (State::Running, 1_800));
    assert_eq!(first.due_at, Some(first.started_at.plus_ms(30 * MINUTE_MS)));
    desk.kit.later(10 * MINUTE_MS);
    let maya = desk.maya.clone();
    desk.kit.done(&maya, move |now| {
        articles::note(now, object, "a note is no answer")
    });
    assert_eq!(
        desk.clock(object, Metric::FirstResponse).state,
        State::Running
    );
    desk.answers(id);
    let first = desk.clock(object, Metric::FirstResponse);
    assert_eq!(first.state, State::Met);
    assert_eq!(
        first.stopped_at.unwrap().ms_since(first.started_at),
        first.used_ms
    );
    desk.kit.later(HOUR_MS);
    desk.kit.writes(desk.channel, "15551230001", "and?");
    desk.kit.writes(desk.channel, "15551230001", "hello??");
    assert_eq!(
        desk.clock(object, Metric::NextResponse).state,
        State::Running
    );
    assert_eq!(desk.clocks(object).len(), 4); // first, whole, update, next
}

#[test]
fn what_follows_names_its_cause_and_stands_in_the_same_commit() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "hello");
    let reply = desk.kit.reply(id, "hi");
    let maya = desk.maya.clone();
    let receipt = desk
        .kit
        .wish(&maya, move |now| articles::reply(now, reply))
        .unwrap();
    let article = article_of(&receipt.facts).unwrap();
    let met = receipt
        .followed
        .iter()
        .find_map(|(seq, event)| match event {
            Event::Sla(SlaEvent::Met { clock, met_at, .. }) => Some((*seq, *clock, *met_at)),
            _ => None,
        });
    let (seq, clock, met_at) = met.unwrap();
    assert_eq!((clock, met_at), (Metric::FirstResponse, receipt.at));
    let told = desk
        .kit
        .ask(|now| trailbox::desk::audit::get(now, seq))
        .unwrap();
    assert_eq!(told.entry.cause, Some(article));
    assert_eq!(told.entry.actor.id(), "sla");
}

#[test]
fn a_breach_is_dated_at_the_due_instant_however_late_it_is_noticed() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "hello");
    let object = Object::Conversation(id);
    let due = desk.clock(object, Metric::FirstResponse).due_at.unwrap();
    desk.kit.clock.set(due.plus_ms(-8));
    assert!(
        !desk
            .tick()
            .iter()
            .any(|(_, event)| matches!(event, Event::Sla(SlaEvent::Breached { .. })))
    );
    desk.kit.clock.set(due.plus_ms(3 * HOUR_MS));
    let told = desk.tick();
    let breached_at = told.iter().find_map(|(_, event)| match event {
        Event::Sla(SlaEvent::Breached {
            clock: Metric::FirstResponse,
            breached_at,
            ..
        }) => Some(*breached_at),
        _ => None,
    });
    assert_eq!(breached_at, Some(due));
    let raised = told.iter().find_map(|(_, event)| match event {
        Event::Conversation(ConversationEvent::Escalated { to, .. }) => Some(*to),
        _ => None,
    });
    assert_eq!(raised, Some(2), "the policy escalates at a breach");
    assert!(desk.tick().is_empty(), "told once");
    desk.answers(id);
    let first = desk.clock(object, Metric::FirstResponse);
    assert_eq!(
        (first.state, first.breached_at),
        (State::Breached, Some(due))
    );
}

#[test]
fn a_warning_comes_once_at_the_share_that_was_set() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "hello");
    let first = desk.clock(Object::Conversation(id), Metric::FirstResponse);
    assert_eq!(
        first.warn_at,
        Some(first.started_at.plus_ms(24 * MINUTE_MS))
    );
    desk.kit.clock.set(first.started_at.plus_ms(24 * MINUTE_MS));
    let warned = desk.tick();
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(matches!(
        warned[0].1,
        Event::Sla(SlaEvent::Warned { share_pct: 80, .. })
    ));
    assert!(desk.tick().is_empty());
}

#[test]
fn waiting_pauses_update_and_resolution_but_no_answer() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "where is it?");
    let ticket = desk.ticket(id);
    let object = Object::Ticket(ticket);
    desk.answers(id);
    let maya = desk.maya.clone();
    desk.kit.done(&maya, move |now| {
        tickets::change_status(now, ticket, Status::InProgress, None, "")
    });
    desk.kit.later(HOUR_MS);
    desk.kit.done(&maya, move |now| {
        tickets::change_status(now, ticket, Status::AwaitingCourier, wait(), "")
    });
    let whole = desk.clock(object, Metric::Resolution);
    assert_eq!(
        (whole.state, whole.due_at, whole.pauses),
        (State::Paused, None, 1)
    );
    assert_eq!(desk.clock(object, Metric::Update).state, State::Paused);
    let used = whole.used_ms;
    desk.kit.later(3 * DAY_MS);
    // A word of the customer is an answer to wait for, and brings the ticket back.
    desk.kit.writes(desk.channel, "15551230001", "any news?");
    assert_eq!(
        desk.clock(object, Metric::NextResponse).state,
        State::Running
    );
    let whole = desk.clock(object, Metric::Resolution);
    assert_eq!((whole.state, whole.used_ms), (State::Running, used));
    assert_eq!(
        whole.due_at,
        whole.since.map(|since| since.plus_ms(8 * HOUR_MS - used))
    );
    desk.answers(id);
    desk.kit.done(&maya, move |now| {
        tickets::change_status(now, ticket, Status::Resolved, None, "found it")
    });
    assert_eq!(desk.clock(object, Metric::Resolution).state, State::Met);
    let shown = desk.kit.ask(|now| line::of(now, object)).unwrap().unwrap();
    let whole = shown
        .clocks
        .iter()
        .find(|shown| shown.metric == Metric::Resolution)
        .unwrap();
    let of = |kind| {
        let stretches = whole
            .stretches
            .iter()
            .filter(|stretch| stretch.kind == kind);
        stretches.map(line::Stretch::ms).sum::<i64>()
    };
    assert_eq!(of(line::Kind::Counted), whole.counted_ms);
    assert!(of(line::Kind::Paused) >= 3 * DAY_MS);
    let paused = whole
        .stretches
        .iter()
        .find(|stretch| stretch.kind == line::Kind::Paused);
    assert_eq!(paused.unwrap().status.as_deref(), Some("awaiting_courier"));
}

#[test]
fn reopening_goes_on_with_what_was_used() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "where is it?");
    let ticket = desk.ticket(id);
    let object = Object::Ticket(ticket);
    let maya = desk.maya.clone();
    desk.answers(id);
    desk.kit.later(HOUR_MS);
    desk.kit.done(&maya, move |now| {
        tickets::change_status(now, ticket, Status::Resolved, None, "sent")
    });
    let used = desk.clock(object, Metric::Resolution).used_ms;
    desk.kit.later(DAY_MS);
    desk.kit.done(&maya, move |now| {
        tickets::change_status(now, ticket, Status::InProgress, None, "")
    });
    let whole = desk.clock(object, Metric::Resolution);
    assert_eq!((whole.state, whole.used_ms), (State::Running, used));
}

#[test]
fn another_priority_swaps_the_target_and_breaches_at_the_change() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "where is it?");
    let ticket = desk.ticket(id);
    let object = Object::Ticket(ticket);
    desk.kit.later(2 * HOUR_MS);
    let maya = desk.maya.clone();
    let raise = |to| {
        move |now: &trailbox::ledger::Now<'_>| {
            tickets::change_fields(now, ticket, to, "other", None)
        }
    };
    let receipt = desk.kit.wish(&maya, raise(Priority::Urgent)).unwrap();
    let whole = desk.clock(object, Metric::Resolution);
    assert_eq!(
        (whole.target_s, whole.breached_at),
        (3_600, Some(receipt.at))
    );
    desk.kit.wish(&maya, raise(Priority::Normal)).unwrap();
    let whole = desk.clock(object, Metric::Resolution);
    assert_eq!(
        (whole.target_s, whole.breached_at),
        (8 * 3_600, Some(receipt.at))
    );
}

#[test]
fn an_answer_that_failed_was_none_and_the_clock_runs_from_its_start() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "where is it?");
    let ticket = desk.ticket(id);
    let started = desk.clock(Object::Conversation(id), Metric::FirstResponse);
    desk.kit.later(5 * MINUTE_MS);
    let article = desk.answers(id);
    let outbox = Who::system("outbox", Door::Timer);
    desk.kit
        .done(&outbox, move |now| deliveries::attempt(now, article));
    desk.kit.done(&outbox, move |now| {
        let failed = deliveries::Outcome::Failed {
            code: None,
            text: "the number is not on WhatsApp".to_owned(),
        };
        deliveries::settle(now, article, failed)
    });
    for object in [Object::Conversation(id), Object::Ticket(ticket)] {
        let first = desk.clock(object, Metric::FirstResponse);
        assert_eq!(
            (first.state, first.stopped_at),
            (State::Running, None),
            "{object}"
        );
    }
    let first = desk.clock(Object::Conversation(id), Metric::FirstResponse);
    assert_eq!(first.due_at, started.due_at);
    desk.kit.later(5 * MINUTE_MS);
    desk.answers(id);
    let first = desk.clock(Object::Conversation(id), Metric::FirstResponse);
    assert_eq!(first.state, State::Met);
    assert!(first.used_ms >= 10 * MINUTE_MS);
}

impl Desk {
    /// What the provider says came of an article: the number is on no WhatsApp.
    fn fails(&self, article: Seq) {
        let outbox = Who::system("outbox", Door::Timer);
        self.kit
            .done(&outbox, move |now| deliveries::attempt(now, article));
        self.kit.done(&outbox, move |now| {
            let failed = deliveries::Outcome::Failed {
                code: None,
                text: "the number is not on WhatsApp".to_owned(),
            };
            deliveries::settle(now, article, failed)
        });
    }

    /// Somebody answers on the phone that shares the number.
    fn echoes(&self, to: &str) {
        let at = self.kit.clock.now().0 / 1000;
        let body = serde_json::json!({"object": "whatsapp_business_account", "entry": [{
            "id": "310987654321000", "time": at,
            "changes": [{"field": "smb_message_echoes", "value": {
                "messaging_product": "whatsapp",
                "metadata": {"phone_number_id": "210987654321001"},
                "message_echoes": [{"from": "447700900100", "to": to, "type": "text",
                    "id": format!("wamid.ECHO{}", self.kit.number()),
                    "timestamp": at.to_string(), "text": {"body": "it comes today"}}],
            }}],
        }]});
        self.kit.hears(self.channel, body.to_string().as_bytes());
    }

    /// Somebody writes a call down in which the customer rang.
    fn rang(&self, id: ConversationId, outcome: CallOutcome) {
        let (direction, started_at) = (CallDirection::In, self.kit.clock.now());
        let logged = CallEvent::Logged {
            object: Object::Conversation(id),
            contact: self
                .kit
                .ask(|now| Ok(conversations::get(now, id)?.contact))
                .ok(),
            direction,
            outcome,
            started_at,
            duration_s: Some(60),
            locked: false,
            satisfaction: None,
            escalate: false,
            sealed: Default::default(),
        };
        self.kit.done(&self.maya, move |_| Ok(vec![logged.into()]));
    }
}

#[test]
fn who_was_answered_since_does_not_wait_when_an_older_answer_fails() {
    let desk = Desk::new();
    let number = "15551230001";
    for way in ["echo", "call", "missed call"] {
        let id = desk.kit.writes(desk.channel, number, "where is it?");
        let ticket = desk.ticket(id);
        let article = desk.answers(id);
        desk.kit.later(MINUTE_MS);
        match way {
            "echo" => desk.echoes(number),
            "call" => desk.rang(id, CallOutcome::Answered),
            _ => desk.rang(id, CallOutcome::Missed),
        }
        desk.kit.later(MINUTE_MS);
        desk.fails(article);
        let waits = way == "missed call";
        let present = desk.kit.ask(|now| conversations::get(now, id)).unwrap();
        assert_eq!(present.waiting_since.is_some(), waits, "{way}");
        // Answered, the next word begins a clock of its own.
        desk.kit.later(MINUTE_MS);
        let before = desk.clocks(Object::Conversation(id)).len();
        desk.kit.writes(desk.channel, number, "and when?");
        for object in [Object::Conversation(id), Object::Ticket(ticket)] {
            let answers = [Metric::FirstResponse, Metric::NextResponse];
            let mut clocks = desk.clocks(object).into_iter();
            let runs = clocks
                .any(|clock| answers.contains(&clock.metric) && clock.state == State::Running);
            assert!(runs, "{way} {object}");
        }
        let begun = desk.clocks(Object::Conversation(id)).len() > before;
        assert_eq!(begun, !waits, "{way}");
        desk.answers(id);
    }
}

#[test]
fn closing_without_an_answer_cancels_and_a_message_after_it_asks_again() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "hello");
    let object = Object::Conversation(id);
    let maya = desk.maya.clone();
    let summary = trailbox::domain::conversation::Summary {
        issue: "none".to_owned(),
        outcome: "none".to_owned(),
        ..Default::default()
    };
    desk.kit
        .done(&maya, move |now| conversations::close(now, id, summary));
    assert_eq!(
        desk.clock(object, Metric::FirstResponse).state,
        State::Cancelled
    );
    desk.kit.later(HOUR_MS);
    assert_eq!(
        desk.kit.writes(desk.channel, "15551230001", "still there?"),
        id
    );
    let first = desk.clock(object, Metric::FirstResponse);
    assert_eq!(first.state, State::Running);
}

#[test]
fn a_calendar_that_changes_moves_what_still_runs_and_keeps_what_was_counted() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "hello");
    let object = Object::Conversation(id);
    desk.kit.later(10 * MINUTE_MS);
    let maya = desk.maya.clone();
    // NOW is a Sunday, 03:00 UTC: open from Monday 09:00.
    let weekly = BTreeMap::from([(
        "mon".to_owned(),
        vec![["09:00".to_owned(), "17:00".to_owned()]],
    )]);
    let mondays = Timetable {
        tz: "UTC".to_owned(),
        weekly,
        ..Timetable::default()
    };
    desk.kit.done(&maya, move |now| {
        calendars::set(now, Some(1), "Mondays", mondays)
    });
    let told = desk.tick();
    assert!(
        told.iter()
            .any(|(_, event)| matches!(event, Event::Sla(SlaEvent::Retargeted { .. })))
    );
    let first = desk.clock(object, Metric::FirstResponse);
    let due = first.due_at.unwrap().to_string();
    assert!(due.starts_with("2026-11-23T09:1"), "{due}");
    assert!(first.used_ms >= 10 * MINUTE_MS);
    assert!(desk.tick().is_empty());
}

#[test]
fn a_policy_or_calendar_that_makes_no_sense_is_refused() {
    let desk = Desk::new();
    let maya = desk.maya.clone();
    let set = |policy: Policy| {
        let refusal = desk
            .kit
            .refused(&maya, move |now| policies::set(now, None, policy));
        (refusal.field, refusal.text)
    };
    assert_eq!(
        set(Policy {
            name: "all DAY".to_owned(),
            ..policy()
        })
        .0,
        Some("name")
    );
    assert_eq!(
        set(Policy {
            targets: BTreeMap::new(),
            name: "x".to_owned(),
            ..policy()
        })
        .0,
        Some("targets")
    );
    assert_eq!(
        set(Policy {
            warn_pct: 100,
            name: "x".to_owned(),
            ..policy()
        })
        .0,
        Some("warn_pct")
    );
    assert!(
        set(Policy {
            calendar: Some(9),
            name: "x".to_owned(),
            ..policy()
        })
        .1
        .contains("no calendar 9")
    );
    let odd = Timetable {
        tz: "Mars/Olympus".to_owned(),
        ..Timetable::always()
    };
    let refusal = desk
        .kit
        .refused(&maya, move |now| calendars::set(now, None, "Mars", odd));
    assert_eq!(refusal.field, Some("tz"));
    let refusal = desk
        .kit
        .refused(&maya, |now| calendars::assign(now, None, None));
    assert_eq!(refusal.field, Some("calendar"));
}

#[test]
fn the_defaults_measure_both_kinds_of_cases() {
    let kit = Kit::new();
    let channel = kit.channel("shop");
    let maya = kit.member("Maya", Role::Owner);
    kit.done(&maya, |now| policies::start(now, "Asia/Karachi", 1));
    assert!(
        kit.done(&maya, |now| policies::start(now, "UTC", 1))
            .is_empty()
    );
    let id = kit.writes(channel, "15551230001", "hello");
    let clocks = kit
        .ask(|now| cases::clocks(now, Object::Conversation(id)))
        .unwrap();
    assert_eq!(clocks.len(), 1);
    // Sunday 03:00 UTC: the desk opens on Monday at 09:00 in Karachi.
    let due = clocks[0].due_at.unwrap().to_string();
    assert_eq!(due, "2026-11-23T04:30:00.000Z");
}

#[test]
fn a_merged_ticket_counts_nothing_and_goes_on_when_it_is_undone() {
    use tickets::joins;
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "hello");
    let (old, new) = (desk.ticket(id), desk.ticket(id));
    let object = Object::Ticket(old);
    desk.kit.later(10 * MINUTE_MS);
    desk.kit
        .done(&desk.maya, move |now| joins::merge(now, old, new));
    let resolution = desk.clock(object, Metric::Resolution);
    assert_eq!(resolution.state, State::Cancelled);
    let used = resolution.used_ms;
    assert!(used >= 10 * MINUTE_MS);
    desk.kit.later(20 * HOUR_MS);
    let overdue = desk.tick().into_iter().filter(|(_, event)| {
        matches!(event, Event::Sla(SlaEvent::Breached { object: whose, .. }) if *whose == object)
    });
    assert_eq!(overdue.count(), 0, "what is void is not overdue");
    desk.kit
        .done(&desk.maya, move |now| joins::unmerge(now, old));
    let back = desk.clock(object, Metric::Resolution);
    assert_eq!((back.state, back.used_ms), (State::Running, used));
    assert_eq!(back.stopped_at, None);
    assert_eq!(
        desk.clock(object, Metric::FirstResponse).state,
        State::Running,
        "the customer still waits"
    );
    desk.answers(id);
    assert_eq!(desk.clock(object, Metric::FirstResponse).state, State::Met);
}

#[test]
fn open_cases_are_measured_once_a_policy_is_there_for_them() {
    use trailbox::desk::sla::adopt;
    let kit = Kit::new();
    let channel = kit.channel("shop");
    let maya = kit.member("Maya", Role::Lead);
    let id = kit.writes(channel, "15551230001", "hello");
    let wanted = tickets::Wanted {
        title: "Where is it?".to_owned(),
        priority: Some(Priority::Low),
        ..tickets::Wanted::default()
    };
    let low = kit.ticket(&maya, wanted);
    let timer = Who::system("timer", Door::Timer);
    let unmeasured = || {
        let newest = kit.ask(policies::newest).unwrap().unwrap();
        kit.ask(|now| cases::unmeasured(now, newest)).unwrap()
    };
    let measure = || {
        for object in unmeasured() {
            kit.done(&timer, move |now| adopt(now, object));
        }
    };
    let mut talks = policy();
    talks.applies = trailbox::domain::sla::policy::Applies::Conversations;
    kit.done(&maya, |now| policies::set(now, None, talks));
    kit.later(HOUR_MS);
    measure();
    assert!(unmeasured().is_empty(), "each is looked at once");
    let clocks = |object| kit.ask(|now| cases::clocks(now, object)).unwrap();
    let first = &clocks(Object::Conversation(id))[0];
    assert_eq!(first.metric, Metric::FirstResponse);
    let measured_ms = kit.clock.now().ms_since(first.started_at);
    assert!(measured_ms < MINUTE_MS, "not before it was measured");
    assert!(clocks(Object::Ticket(low)).is_empty());
    let mut more = policy();
    more.name = "Tickets too".to_owned();
    more.targets
        .insert("low".to_owned(), more.targets["normal"]);
    kit.done(&maya, |now| policies::set(now, None, more));
    measure();
    assert!(unmeasured().is_empty());
    assert_eq!(clocks(Object::Ticket(low))[0].metric, Metric::Resolution);
}

#[test]
fn lists_mark_a_case_from_the_share_at_which_its_policy_warns() {
    let desk = Desk::new();
    let id = desk.kit.writes(desk.channel, "15551230001", "hello");
    let near = || {
        let sql = "SELECT near_at FROM conversation WHERE id = :id";
        let near: Option<trailbox::domain::moment::Moment> =
            desk.kit.ask(|now| now.value(sql, &[(":id", &id)])).unwrap();
        near.unwrap()
    };
    let began = desk.clock(Object::Conversation(id), Metric::FirstResponse);
    assert_eq!(
        near(),
        began.started_at.plus_ms(24 * MINUTE_MS),
        "80 % of 30"
    );
    desk.kit.later(25 * MINUTE_MS);
    desk.tick();
    assert_eq!(near(), began.started_at, "warned of");
}

#[test]
fn what_is_asked_every_second_reads_no_case_in_vain() {
    let kit = Kit::new();
    let plan = kit.ask(|now| now.plan(cases::DUE)).unwrap().join("; ");
    for table in ["sla_clock", "sla_case"] {
        assert!(plan.contains(&format!("SEARCH {table} USING")), "{plan}");
        assert!(!plan.contains(&format!("SCAN {table}")), "{plan}");
    }
}
