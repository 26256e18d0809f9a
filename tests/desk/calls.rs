//! Calls and commitments: what a phone system tells in any order, what members note, what the
//! clock makes of promises.

use super::kit::Kit;
use super::pages::{Browser, House, Page};
use trailbox::desk::calls::{self, lines};
use trailbox::desk::commitments::{self, Which};
use trailbox::desk::contacts::view::View;
use trailbox::desk::{contacts, conversations, notifications, sla, tickets};
use trailbox::domain::actor::Who;
use trailbox::domain::call::PromiseState;
use trailbox::domain::conversation::{Owner, Status};
use trailbox::domain::event::Event;
use trailbox::domain::event::call::CallEvent;
use trailbox::domain::id::{ChannelId, ConversationId, Object, Seq};
use trailbox::domain::member::Role;
use trailbox::domain::message::CallOutcome;
use trailbox::domain::moment::{DAY_MS, HOUR_MS, MINUTE_MS};
use trailbox::domain::notification::Kind;
use trailbox::domain::sla::policy::Policy;
use trailbox::domain::sla::{Metric, State, Targets};
use trailbox::web::exchange::{Method, Request};
use trailbox::web::site;

const TOKEN: &str = "a-token-long-enough-1";

fn line(kit: &Kit) -> ChannelId {
    let wanted = lines::Wanted {
        name: "office".to_owned(),
        number: "+92 42 35761234".to_owned(),
        token: TOKEN.to_owned(),
        ..lines::Wanted::default()
    };
    kit.done(&Who::shell(), move |now| lines::add(now, wanted));
    let channels = kit.ask(trailbox::desk::channels::list).unwrap();
    channels.last().unwrap().id
}

/// The phone system posts; what was kept is read.
fn posts(house: &House, token: &str, body: &str) -> Page {
    let target = format!("/hooks/cti/office?token={token}");
    house.kit.later(1_000);
    let before = house.kit.events();
    let request = Request::new(Method::Post, &target).unwrap().with_body(body);
    let page = Page::of(site::answer(&house.app, &request));
    if house.kit.events() > before && token == TOKEN {
        house.app.jobs.read_again(Seq(before)).unwrap();
    }
    page
}

fn tells(house: &House, event: &str, id: &str, more: &str) {
    let body = format!(
        "event={event}&direction=in&callId={id}&from=%2B923001234567&to=%2B924235761234{more}"
    );
    assert_eq!(posts(house, TOKEN, &body).text, "{}");
}

fn all(kit: &Kit) -> Vec<calls::Call> {
    kit.ask(|now| calls::list(now, false, None, 50)).unwrap()
}

fn posted(house: &House, browser: &Browser, id: ConversationId, fields: &[(&str, &str)]) {
    house.done(browser, &format!("/conversations/{id}/calls"), fields);
}

#[test]
fn a_call_rings_is_taken_noted_and_its_promises_are_tracked() {
    let house = House::new();
    line(&house.kit);
    let agent = house.member("Ada", Role::Agent);
    let shop = house.kit.channel("shop");
    house.kit.writes(shop, "923001234567", "hello");
    tells(&house, "newCall", "a-1", "&user[]=Ada&queue=sales");
    tells(&house, "newCall", "a-1", "&user[]=Ada&queue=sales");
    let page = house.shows(&agent, "/tickets");
    assert!(page.contains("Ringing since") && page.contains("Customer 923001234567"));
    tells(&house, "answer", "a-1", "&user=ada@noor.example");
    assert!(house.shows(&agent, "/tickets").contains("Speaking since"));
    house.kit.later(3 * MINUTE_MS);
    tells(&house, "hangup", "a-1", "&cause=normalClearing");
    tells(&house, "hangup", "a-1", "&cause=normalClearing");
    let found = all(&house.kit);
    let [call] = found.as_slice() else {
        panic!("one call, not {}", found.len());
    };
    assert_eq!(call.outcome, CallOutcome::Answered);
    assert_eq!(call.duration_s, Some(181));
    let talk = call.conversation.unwrap();
    let present = house.kit.ask(|now| conversations::get(now, talk)).unwrap();
    assert_eq!(present.owner.member(), agent.who.member());
    let thread = house.shows(&agent, &format!("/conversations/{talk}"));
    assert!(thread.contains("Call of 3 min 1 s") && thread.contains("Write the note"));
    assert!(house.shows(&agent, "/tickets").contains("note missing"));
    let refused = house.again(
        &agent,
        &format!("/conversations/{talk}/calls"),
        &[("reason", " "), ("key_points", "kept words")],
    );
    refused.says("say what the call was about");
    refused.says("kept words");
    let id = call.seq.to_string();
    let fields = [
        ("call", id.as_str()),
        ("reason", "Parcel is late"),
        ("key_points", "- second call\n- angry"),
        ("follow_ups", "ask TCS"),
        ("satisfaction", "2"),
        ("escalate", "yes"),
        ("promise.1", "Call back with the number"),
        ("due.1", "2026-11-25"),
    ];
    let late = [("due.1", "2026-11-01")];
    let bad: Vec<_> = fields[..7].iter().copied().chain(late).collect();
    let page = house.again(&agent, &format!("/conversations/{talk}/calls"), &bad);
    page.says("due within the next year");
    posted(&house, &agent, talk, &fields);
    let thread = house.shows(&agent, &format!("/conversations/{talk}"));
    for words in [
        "Parcel is late",
        "second call",
        "2 of 5",
        "Call back with the number",
    ] {
        assert!(thread.contains(words), "{words}");
    }
    let present = house.kit.ask(|now| conversations::get(now, talk)).unwrap();
    assert_eq!(present.level, 1, "escalation needed escalates");
    assert!(!house.shows(&agent, "/tickets").contains("note missing"));
    assert!(house.shows(&agent, "/search?q=angry").contains("C-"));
    // A correction is another note; both stay.
    posted(
        &house,
        &agent,
        talk,
        &[
            ("call", &id),
            ("reason", "Parcel is lost"),
            ("locked", "yes"),
        ],
    );
    let thread = house.shows(&agent, &format!("/conversations/{talk}"));
    assert!(thread.contains("Parcel is lost") && thread.contains("corrects 1 note"));
}

#[test]
fn steps_come_late_early_twice_or_never() {
    let house = House::new();
    line(&house.kit);
    house.member("Ada", Role::Agent);
    // Before its call: kept, nobody is met, and said in the trail.
    tells(&house, "hangup", "b-1", "&cause=normalClearing");
    tells(&house, "answer", "b-1", "&user=Ada");
    tells(&house, "answer", "b-1", "&user=Ada&again=1");
    assert!(all(&house.kit).is_empty());
    assert!(
        house
            .kit
            .ask(|now| contacts::list(now, View::All, None, 9))
            .unwrap()
            .is_empty()
    );
    let last = house.since(0);
    let kept = last
        .iter()
        .filter(|event| matches!(event, Event::Call(CallEvent::StepKept { .. })));
    assert_eq!(kept.count(), 2);
    tells(&house, "newCall", "b-1", "");
    let found = all(&house.kit);
    assert_eq!(found[0].outcome, CallOutcome::Answered);
    assert!(found[0].ended_at.is_some() && found[0].member.is_some());
    // No answer: missed, and it waits for one.
    tells(&house, "newCall", "b-2", "");
    tells(&house, "hangup", "b-2", "&cause=cancel");
    let missed = house
        .kit
        .ask(|now| calls::list(now, true, None, 9))
        .unwrap();
    assert_eq!(missed.len(), 1);
    let talk = missed[0].conversation.unwrap();
    let waits = |house: &House| {
        let present = house.kit.ask(|now| conversations::get(now, talk)).unwrap();
        present.waiting_since.is_some()
    };
    assert!(waits(&house));
    // The answer was only late.
    tells(&house, "answer", "b-2", "&user=Ada");
    assert!(!waits(&house));
    assert!(
        house
            .kit
            .ask(|now| calls::list(now, true, None, 9))
            .unwrap()
            .is_empty()
    );
    // The answer's own event is missing, but the end tells who took it.
    tells(&house, "newCall", "b-3", "");
    tells(
        &house,
        "hangup",
        "b-3",
        "&cause=normalClearing&answeringNumber=204",
    );
    assert_eq!(all(&house.kit)[0].outcome, CallOutcome::Answered);
    // No end at all.
    tells(&house, "newCall", "b-4", "");
    house.kit.later(5 * HOUR_MS);
    house.kit.done(&Who::shell(), calls::hear::give_up);
    let found = all(&house.kit);
    assert_eq!(found[0].cause.as_deref(), Some("lost"));
    assert_eq!(found[0].outcome, CallOutcome::Missed);
}

#[test]
fn who_calls_is_looked_up_by_number_and_sometimes_only_maybe() {
    let house = House::new();
    line(&house.kit);
    let shop = house.kit.channel("shop");
    let known = house
        .kit
        .writes(shop, "923001234567", "my number is 03219876543");
    let known = house
        .kit
        .ask(|now| conversations::get(now, known))
        .unwrap()
        .contact;
    let calls = |from: &str, id: &str| {
        let body = format!(
            r#"{{"event":"newCall","direction":"in","callId":"{id}","from":"{from}","to":"1"}}"#
        );
        assert_eq!(posts(&house, TOKEN, &body).status, 200);
        all(&house.kit)[0].clone()
    };
    // As dialled at home, with the country code, with 00: one customer.
    for (from, id) in [
        ("03001234567", "c1"),
        ("923001234567", "c2"),
        ("00923001234567", "c3"),
    ] {
        assert_eq!(calls(from, id).contact, Some(known), "{from}");
    }
    // A number the customer once wrote: another customer, who may be this one.
    let call = calls("+92 321 9876543", "c4");
    assert_ne!(call.contact, Some(known));
    assert_eq!(call.maybe, [known]);
    // What is no number stays a text; who hides is somebody new each time.
    let inside = calls("204", "c5");
    assert_eq!(calls("204", "c6").contact, inside.contact);
    let hidden = calls("anonymous", "c7");
    assert_ne!(calls("anonymous", "c8").contact, hidden.contact);
}

#[test]
fn a_hook_without_its_token_or_sense_is_refused_and_nothing_partial_stays() {
    let house = House::new();
    line(&house.kit);
    let before = house.kit.events();
    let page = posts(&house, "wrong", "event=newCall&direction=in&callId=1");
    assert_eq!((page.status, house.kit.events()), (401, before + 1));
    page.says("the token is missing or wrong");
    posts(&house, "", "event=newCall&direction=in&callId=1");
    assert_eq!(house.kit.events(), before + 1, "one refusal in ten minutes");
    let page = posts(&house, TOKEN, "event=newCall&direction=up&callId=1");
    assert_eq!(page.status, 422);
    page.says("{\"error\":\"direction up is neither in nor out\"}");
    assert!(all(&house.kit).is_empty());
    let admin = house.member("Adam", Role::Admin);
    let page = house.shows(&admin, "/settings/channels/H-1");
    assert!(
        page.contains("neither in nor out"),
        "kept, and shown with what is wrong"
    );
    let request = Request::new(Method::Post, "/hooks/cti/nowhere?token=x").unwrap();
    assert_eq!(Page::of(site::answer(&house.app, &request)).status, 404);
}

#[test]
fn a_line_is_connected_and_changed_by_its_page() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let agent = house.member("Ada", Role::Agent);
    let with = |number: &'static str, dial: &'static str| {
        [
            ("kind", "phone"),
            ("title", "Office"),
            ("name", "office"),
            ("number", number),
            ("dial", dial),
        ]
    };
    house
        .again(&admin, "/settings/channels", &with("banana", "tel:"))
        .says("not a telephone number");
    house
        .again(&admin, "/settings/channels", &with("", "tel:"))
        .says("in which country");
    let dial = "javascript:alert(1)";
    house
        .again(&admin, "/settings/channels", &with("+924235761234", dial))
        .says("to dial by");
    let place = house.done(
        &admin,
        "/settings/channels",
        &with("+92 42 35761234", "tel:"),
    );
    let page = house.shows(&admin, &place);
    assert!(page.contains("/hooks/cti/office?token=") && page.contains("value=\"PK\""));
    let sip = "sip:{number}@pbx.example";
    house.done(&admin, &place, &with("+92 42 35761234", sip));
    house.again(&admin, &place, &with("12", sip));
    house.again(&admin, &format!("{place}/test"), &[]);
    let shop = house.kit.channel("shop");
    let talk = house.kit.writes(shop, "923001234567", "hello");
    let page = house.shows(&agent, &format!("/conversations/{talk}?write=call"));
    assert!(page.contains("href=\"sip:+923001234567@pbx.example\""));
    house.done(&admin, &format!("{place}/state"), &[("state", "disabled")]);
    assert_eq!(
        posts(&house, TOKEN, "event=hangup&direction=in&callId=1").status,
        404
    );
}

#[test]
fn a_call_is_noted_by_hand_in_any_thread_or_opens_a_ticket() {
    let house = House::new();
    line(&house.kit);
    let agent = house.member("Ada", Role::Agent);
    let shop = house.kit.channel("shop");
    let talk = house.kit.writes(shop, "923001234567", "call me");
    let at = format!("/conversations/{talk}/calls");
    let call = [
        ("reason", "Asked to be called"),
        ("minutes", "3:20"),
        ("direction", "out"),
    ];
    for (field, value, sentence) in [
        ("minutes", "soon", "not a duration"),
        ("satisfaction", "9", "1 to 5"),
        ("started", "2026-01-01T10:00", "within a month"),
    ] {
        let fields: Vec<_> = call
            .into_iter()
            .filter(|(name, _)| *name != field)
            .collect();
        let fields: Vec<_> = fields.into_iter().chain([(field, value)]).collect();
        house.again(&agent, &at, &fields).says(sentence);
    }
    house.done(&agent, &at, &call);
    let present = house.kit.ask(|now| conversations::get(now, talk)).unwrap();
    assert_eq!(present.owner.member(), agent.who.member());
    assert_eq!(present.waiting_since, None, "a call answers");
    assert!(
        house
            .shows(&agent, &format!("/conversations/{talk}"))
            .contains("Our call of 3 min 20 s")
    );
    // A ticket of its own, from somebody new.
    let new = [
        ("reason", "Wholesale?"),
        ("direction", "in"),
        ("name", "Ali Khan"),
    ];
    house.again(&agent, "/calls", &new).says("say who called");
    let banana: Vec<_> = new.into_iter().chain([("number", "banana")]).collect();
    house
        .again(&agent, "/calls", &banana)
        .says("banana is not a telephone number");
    let number: Vec<_> = new
        .into_iter()
        .chain([
            ("number", "0321 9876543"),
            ("escalate", "yes"),
            ("promise.1", "Send the list"),
            ("due.1", "2026-11-24"),
        ])
        .collect();
    let place = house.done(&agent, "/calls", &number);
    let page = house.shows(&agent, &place);
    assert!(
        page.contains("Wholesale?") && page.contains("Ali Khan") && page.contains("Send the list")
    );
    house
        .again(&agent, &format!("{place}/calls"), &[("reason", "")])
        .says("what the call was about");
    house.done(
        &agent,
        &format!("{place}/calls"),
        &[("reason", "Again"), ("locked", "yes")],
    );
    assert!(house.shows(&agent, &place).contains("Again"));
    house.shows(&agent, "/calls/new?contact=K-1");
    let auditor = house.member("Olga", Role::Auditor);
    house.refused(&auditor, Method::Post, &at);
    house.refused(&auditor, Method::Get, "/calls/new");
    house.shows(&auditor, "/calls?view=calls");
}

#[test]
fn a_commitment_ends_kept_or_missed_by_its_owner_or_by_the_clock() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let other = house.member("Ben", Role::Agent);
    let ticket = house.kit.ticket(
        &agent.who,
        tickets::Wanted {
            title: "Late".to_owned(),
            kind: "delivery".to_owned(),
            ..tickets::Wanted::default()
        },
    );
    let ben = other.who.member().unwrap().to_string();
    let fields = [
        ("reason", "Late"),
        ("promise.1", "first"),
        ("due.1", "2026-11-23"),
        ("promise.2", "second"),
        ("due.2", "2026-11-24"),
        ("promise.3", "third"),
        ("due.3", "2026-11-23"),
        ("owner.3", ben.as_str()),
    ];
    house.done(&agent, &format!("/tickets/{ticket}/calls"), &fields);
    let told = |house: &House, who: &Who| {
        let due = house.kit.ask(notifications::to_tell).unwrap();
        let teller = Who::system("notifications", trailbox::domain::actor::Door::Timer);
        house.kit.done(&teller, move |now| {
            notifications::tell(now, &due, |_, _| false)
        });
        let me = who.member().unwrap();
        let list = house
            .kit
            .ask(|now| notifications::list(now, me, None, false, 50))
            .unwrap();
        list.iter()
            .filter(|one| one.kind == Kind::Commitment)
            .count()
    };
    assert_eq!(told(&house, &other.who), 1, "it was given to him");
    let list = |house: &House, which: Which| {
        house
            .kit
            .ask(move |now| commitments::list(now, which, 9))
            .unwrap()
    };
    let mine = list(&house, Which::Mine(agent.who.member().unwrap()));
    let ids: Vec<Seq> = mine.iter().map(|one| one.seq).collect();
    assert_eq!(ids.len(), 2);
    assert!(house.shows(&agent, "/calls").contains("second"));
    assert!(!house.shows(&agent, "/calls").contains("third"));
    assert!(house.shows(&agent, "/calls?view=open").contains("third"));
    let at = |id: Seq, act: &str| format!("/commitments/{id}/{act}");
    house.again(&agent, &at(ids[0], "due"), &[("due", "2026-11-26")]);
    house.again(&agent, &at(ids[0], "missed"), &[]);
    assert_eq!(house.post(&other, &at(ids[0], "kept"), &[]).status, 403);
    house.done(
        &agent,
        &at(ids[0], "due"),
        &[("due", "2026-11-26"), ("reason", "agreed")],
    );
    house.done(&agent, &at(ids[1], "kept"), &[]);
    house
        .again(&agent, &at(ids[1], "kept"), &[])
        .says("kept already");
    // The clock: a reminder at the set hour, missed after the grace, each once.
    let ticks = |house: &House| house.kit.done(&Who::shell(), commitments::tick).len();
    assert_eq!(ticks(&house), 0);
    house.kit.later(DAY_MS + 18 * HOUR_MS);
    let (agent, other) = (house.sign_in(agent.who), house.sign_in(other.who));
    assert_eq!(ticks(&house), 1, "the third is due in hours");
    assert_eq!(told(&house, &other.who), 2, "given to him, then due");
    assert_eq!(told(&house, &agent.who), 0);
    assert_eq!(ticks(&house), 0);
    assert!(house.shows(&other, "/inbox").contains("Commitment due"));
    house.done(&agent, &at(ids[0], "owner"), &[("owner", &ben)]);
    house.kit.later(2 * DAY_MS);
    let agent = house.sign_in(agent.who);
    assert_eq!(ticks(&house), 1);
    let ended = list(&house, Which::Ended);
    let states: Vec<PromiseState> = ended.iter().map(|one| one.state).collect();
    assert_eq!(states, [PromiseState::Missed, PromiseState::Kept]);
    assert!(house.shows(&agent, "/calls?view=ended").contains("missed"));
    assert_eq!(
        told(&house, &other.who),
        4,
        "another was his, one was missed"
    );
}

#[test]
fn a_blocked_caller_rings_nowhere_and_waits_for_nobody() {
    let house = House::new();
    line(&house.kit);
    let lead = house.member("Mar", Role::Lead);
    tells(&house, "newCall", "e-1", "");
    tells(&house, "hangup", "e-1", "&cause=cancel");
    let contact = all(&house.kit)[0].contact.unwrap();
    house.kit.done(&lead.who, move |now| {
        contacts::profile::block(now, contact, "shouts at us")
    });
    house.kit.later(DAY_MS * 30);
    let lead = house.sign_in(lead.who);
    let talks = |house: &House| {
        let sql = "SELECT count(*) FROM conversation WHERE waiting_since IS NOT NULL";
        house.kit.ask(|now| now.value::<u64>(sql, &[])).unwrap()
    };
    let before = talks(&house);
    tells(&house, "newCall", "e-2", "");
    assert!(!house.shows(&lead, "/tickets").contains("Ringing since"));
    tells(&house, "answer", "e-2", "&user=Mar");
    tells(&house, "newCall", "e-3", "");
    tells(&house, "hangup", "e-3", "&cause=cancel");
    let talk = all(&house.kit)[0].conversation.unwrap();
    let present = house.kit.ask(|now| conversations::get(now, talk)).unwrap();
    assert_eq!(present.status, Status::Closed);
    assert_eq!(present.owner, Owner::Nobody, "it became nobody's work");
    assert_eq!(talks(&house), before);
    assert!(
        house
            .shows(&lead, "/calls?view=calls")
            .contains("Missed call")
    );
}

#[test]
fn who_was_merged_calls_as_the_one_they_became() {
    let house = House::new();
    line(&house.kit);
    let lead = house.member("Mar", Role::Lead);
    let shop = house.kit.channel("shop");
    let whose = |talk| house.kit.ask(|now| conversations::get(now, talk)).unwrap();
    let kept = whose(house.kit.writes(shop, "923110000000", "hello")).contact;
    let gone = whose(house.kit.writes(shop, "923001234567", "hello")).contact;
    house.kit.done(&lead.who, move |now| {
        contacts::merging::merge(now, gone, kept)
    });
    tells(&house, "newCall", "f-1", "");
    let call = all(&house.kit)[0].clone();
    assert_eq!(call.contact, Some(kept));
    assert!(call.maybe.is_empty());
    assert_eq!(whose(call.conversation.unwrap()).contact, kept);
}

#[test]
fn a_call_that_is_taken_is_an_answer_to_the_clocks() {
    let house = House::new();
    line(&house.kit);
    let lead = house.member("Mar", Role::Lead);
    let mut targets = Targets::default();
    targets.set(Metric::FirstResponse, Some(600));
    targets.set(Metric::NextResponse, Some(600));
    let policy = Policy {
        name: "Soon".to_owned(),
        targets: ["low", "normal", "high", "urgent"]
            .map(|row| (row.to_owned(), targets))
            .into(),
        warn_pct: 80,
        ..Policy::default()
    };
    house
        .kit
        .done(&lead.who, |now| sla::policies::set(now, None, policy));
    tells(&house, "newCall", "g-1", "");
    let talk = all(&house.kit)[0].conversation.unwrap();
    let clocks = |house: &House| {
        let object = Object::Conversation(talk);
        let clocks = house.kit.ask(|now| sla::cases::clocks(now, object));
        let clocks = clocks.unwrap().into_iter();
        clocks
            .map(|clock| (clock.metric, clock.state))
            .collect::<Vec<_>>()
    };
    let (first, next) = (Metric::FirstResponse, Metric::NextResponse);
    assert_eq!(clocks(&house), [(first, State::Running)]);
    tells(&house, "hangup", "g-1", "&cause=noAnswer");
    assert_eq!(clocks(&house), [(first, State::Running)], "missed");
    // Calling back is the answer, once they are reached.
    let back = format!("/conversations/{talk}/calls");
    let tried = [("reason", "Called back"), ("outcome", "missed")];
    posted(&house, &lead, talk, &tried);
    assert_eq!(clocks(&house), [(first, State::Running)]);
    house.done(&lead, &back, &[("reason", "Called back")]);
    assert_eq!(clocks(&house), [(first, State::Met)]);
    tells(&house, "newCall", "g-2", "");
    tells(&house, "answer", "g-2", "&user=Mar");
    assert_eq!(clocks(&house), [(first, State::Met), (next, State::Met)]);
}
