//! What the shop does by its own rules: templates, tags, and the way of a ticket through its
//! statuses.

use super::cast::{Calendar, Language, WORKERS, ZARA};
use super::plan::{Deed, What};
use super::texts::{fill, staff};
use super::thread::Thread;
use crate::domain::message::{Parameter, Place, Template};
use crate::domain::moment::{HOUR_MS, Moment};
use crate::domain::ticket::{Priority, Status, Wait};
use serde_json::{Value, json};

/// Our numbers of articles in the catalogue.
pub const SKUS: [&str; 3] = ["NM-KURTA-M", "NM-LAMP-02", "NM-SHAWL-11"];
/// From this day on customers see blue ticks: a setting was changed.
pub const READ_MARKS_FROM: i64 = 27;

const PARCEL_NEWS: [(&str, &str, &str); 6] = [
    (
        "en",
        "Hello {{1}}, there is news about your order {{2}}. Reply here and we go on.",
        "Reply",
    ),
    (
        "es",
        "Hola {{1}}, hay novedades de su pedido {{2}}. Responda aquí y seguimos.",
        "Responder",
    ),
    (
        "pt_BR",
        "Olá {{1}}, há novidades do seu pedido {{2}}. Responda por aqui.",
        "Responder",
    ),
    (
        "ur",
        "سلام {{1}}، آپ کے آرڈر {{2}} کی خبر ہے۔ یہیں جواب دیں۔",
        "جواب",
    ),
    (
        "hi",
        "नमस्ते {{1}}, आपके ऑर्डर {{2}} की ख़बर है। यहीं जवाब दीजिए।",
        "जवाब",
    ),
    (
        "ar",
        "مرحبا {{1}}، لدينا خبر عن طلبك {{2}}. رد هنا لنكمل.",
        "رد",
    ),
];

/// The shop's templates, as the provider lists them.
pub fn templates() -> Vec<Value> {
    let mut templates: Vec<Value> = PARCEL_NEWS
        .iter()
        .map(|(language, text, button)| {
            json!({"name": "parcel_news", "language": language, "status": "APPROVED",
                "category": "UTILITY", "parameter_format": "POSITIONAL", "components": [
                    {"type": "BODY", "text": text,
                     "example": {"body_text": [["Ayesha", "NM-20417"]]}},
                    {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": button}]}]})
        })
        .collect();
    templates.push(
        json!({"name": "refund_sent", "language": "en", "status": "APPROVED",
        "category": "UTILITY", "parameter_format": "POSITIONAL", "components": [
            {"type": "BODY", "text": "Your refund of {{1}} for {{2}} is on its way.",
             "example": {"body_text": [["PKR 4,200", "NM-20417"]]}},
            {"type": "FOOTER", "text": "Noor & Mar"}]}),
    );
    templates.push(
        json!({"name": "winter_sale", "language": "en", "status": "PAUSED",
        "category": "MARKETING", "parameter_format": "POSITIONAL", "components": [
            {"type": "BODY", "text": "Warm things, smaller prices. Only this week."}]}),
    );
    for (number, template) in (1_u64..).zip(&mut templates) {
        template["id"] = (810_000_000_000_000 + number).to_string().into();
    }
    templates
}

/// The template "news about your order", filled in.
pub fn parcel_news(language: Language, name: &str, order: &str) -> Template {
    let wanted = match language {
        Language::RomanUrdu | Language::English | Language::RomanHindi => "en",
        Language::Spanish => "es",
        Language::Portuguese => "pt_BR",
        Language::Urdu => "ur",
        Language::Hindi => "hi",
        Language::Arabic => "ar",
    };
    let found = PARCEL_NEWS
        .iter()
        .find(|(language, ..)| *language == wanted);
    let (language, text, button) = found.copied().unwrap_or(("en", "{{1}} {{2}}", "Reply"));
    let parameter = |number: &str, value: &str| Parameter {
        place: Place::Body,
        button: 0,
        name: Some(number.to_owned()),
        value: value.to_owned(),
    };
    Template {
        name: "parcel_news".to_owned(),
        language: language.to_owned(),
        parameters: vec![parameter("1", name), parameter("2", order)],
        header_media: None,
        text: text.replace("{{1}}", name).replace("{{2}}", order),
        buttons: vec![button.to_owned()],
    }
}

/// The tags of a conversation that ends.
pub fn tags(thread: &Thread<'_>) -> String {
    let day = thread.story.day_of(thread.at);
    let mut tags = vec![match thread.topic() {
        "where" => "delivery",
        topic => topic,
    }];
    if thread.angry {
        tags.push("complaint");
    }
    if thread.story.rush(day) > 3.0 {
        tags.extend(["sale-day", "story-04"]);
    }
    if thread.topic() == "where" && thread.story.strike(day) {
        tags.extend(["courier-strike", "story-05"]);
    }
    tags.join(", ")
}

/// Opens a ticket for the conversation and leads it through its statuses.
pub fn ticket(thread: &mut Thread<'_>) {
    let Some(owner) = thread.owner else { return };
    let (topic, staff, chat) = (thread.topic(), staff(), thread.chat);
    let kind = match topic {
        "return" => "return",
        "refund" | "payment" => "refund",
        _ if thread.angry => "complaint",
        "damaged" => "return",
        _ => "delivery",
    };
    let priority = match (thread.angry, thread.dice.below(10)) {
        (true, 0..3) => Priority::Urgent,
        (true, _) => Priority::High,
        (false, 0) => Priority::High,
        (false, 1 | 2) => Priority::Low,
        (false, _) => Priority::Normal,
    };
    let title = staff.say(&mut thread.dice, &format!("{topic}.title"), &thread.slots);
    let mut at = thread.at.plus_ms(25_000);
    thread.member(at, Deed::Ticket(kind, priority, title));
    at = at.plus_ms(8_000);
    thread.member(
        at,
        Deed::TicketStatus(Status::InProgress, None, String::new()),
    );
    if thread.angry && thread.dice.percent(30.0) {
        let reason = staff.say(&mut thread.dice, "escalate", &thread.slots);
        thread.member(at.plus_ms(4_000), Deed::TicketEscalate(1, reason));
    }
    if topic == "where" && thread.story.strike(thread.story.day_of(at)) {
        let tags = "courier-strike, story-05".to_owned();
        thread.member(at.plus_ms(9_000), Deed::TicketTag(tags));
    }
    // What follows is the owner's work apart from the conversation; it does not hold that up.
    let courier = !matches!(topic, "refund" | "payment" | "cancel") && thread.dice.percent(74.0);
    if courier {
        at = at.plus_ms(thread.dice.wait(6.0, 0.8, 60.0));
        let days = thread.dice.between(1, 4);
        let wait = Wait {
            whom: fill("{courier}", &thread.slots),
            reference: fill("{awb}", &thread.slots),
            expected_on: Calendar::date(at, days),
        };
        let to = Deed::TicketStatus(Status::AwaitingCourier, Some(wait), String::new());
        thread.plan.add(at, chat, What::Deed(owner, to));
        at = at.plus_ms(days * 24 * HOUR_MS - thread.dice.between(0, 20 * HOUR_MS));
    } else {
        at = at.plus_ms(thread.dice.wait(200.0, 1.2, 4_000.0));
    }
    let (mut by, begins) = on_ticket(thread, owner, at);
    at = begins;
    if thread.dice.percent(25.0) {
        let seen = at.plus_ms(-20_000);
        thread
            .plan
            .add(seen, chat, What::Deed(by, Deed::ViewTicket));
    }
    if thread.dice.percent(55.0) {
        let note = staff.say(&mut thread.dice, "ticketnote", &thread.slots);
        thread
            .plan
            .add(at, chat, What::Deed(by, Deed::TicketNote(note)));
        at = at.plus_ms(thread.dice.wait(4.0, 0.6, 30.0));
    }
    if courier && thread.dice.percent(50.0) {
        let back = Deed::TicketStatus(Status::InProgress, None, String::new());
        thread.plan.add(at, chat, What::Deed(by, back));
        at = at.plus_ms(thread.dice.wait(5.0, 0.6, 40.0));
    }
    let solved = staff.say(&mut thread.dice, "resolution", &thread.slots);
    let resolved = Deed::TicketStatus(Status::Resolved, None, solved);
    thread.plan.add(at, chat, What::Deed(by, resolved));
    if thread.dice.percent(85.0) {
        let later = at.plus_ms(thread.dice.between(HOUR_MS, 30 * HOUR_MS));
        (by, at) = on_ticket(thread, owner, later);
        let closed = Deed::TicketStatus(Status::Closed, None, String::new());
        thread.plan.add(at, chat, What::Deed(by, closed));
    }
}

/// Who works on a ticket of this owner from an instant on, and when: the owner, or the lead if the
/// owner has left.
fn on_ticket(thread: &mut Thread<'_>, owner: usize, from: Moment) -> (usize, Moment) {
    let shift = |place: usize| {
        let worker = WORKERS.get(place)?;
        Some((place, worker.next_shift(thread.story, from)?.0))
    };
    let (by, begins) = shift(owner).or_else(|| shift(ZARA)).unwrap_or((ZARA, from));
    let late = if begins > from {
        thread.dice.wait(25.0, 0.8, 200.0)
    } else {
        0
    };
    (by, begins.max(from).plus_ms(late))
}
