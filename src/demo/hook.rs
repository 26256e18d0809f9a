//! What the provider posts about the demo's customers: raw payloads as the Cloud API writes them.

use super::cast::Customer;
use super::dice::Dice;
use super::plan::{Body, News, provider_id};
use crate::domain::moment::Moment;
use serde_json::{Value, json};

/// The provider's id of the demo's number.
pub const PHONE_NUMBER_ID: &str = "210000000000001";
/// The provider's id of the demo's business account.
pub const WABA_ID: &str = "310000000000001";
/// The number as people dial it: one of those kept for stories.
pub const DISPLAY_NUMBER: &str = "447700900100";

/// One change of a payload: the value under `messages`. A status comes as its bare element.
pub fn change(seed: u64, chat: usize, at: Moment, news: &News, customer: &Customer) -> Value {
    let id = |no: usize| provider_id(seed, chat, no);
    let event = |name: &str| format!("{}={name}", id(60_000 + (at.0 % 4_000) as usize));
    let message = match news {
        News::Status(no, state, code) => {
            let mut status = json!({"id": id(*no), "status": state, "recipient_id": customer.wa_id,
                "timestamp": seconds(at)});
            if let Some(code) = code {
                status["errors"] = json!([{"code": code, "title": "Message undeliverable",
                    "error_data": {"details": "The phone could not be reached."}}]);
            }
            return status;
        }
        News::Message { no, body, quotes } => {
            let mut message = body_of(seed, chat, *no, body);
            message["id"] = id(*no).into();
            if let Some(quoted) = quotes {
                message["context"] = json!({"from": DISPLAY_NUMBER, "id": id(*quoted)});
            }
            message
        }
        News::Reaction(no, sign) => json!({"id": event("reaction"), "type": "reaction",
            "reaction": {"message_id": id(*no), "emoji": sign}}),
        News::Edit(no, text) => json!({"id": event("edit"), "type": "edit",
            "edit": {"original_message_id": id(*no), "message": {"type": "text", "text": {"body": text}}}}),
        News::Revoke(no) => json!({"id": event("revoke"), "type": "revoke",
            "revoke": {"original_message_id": id(*no)}}),
    };
    let mut message = message;
    message["from"] = customer.wa_id.as_str().into();
    message["timestamp"] = seconds(at).into();
    json!({"contacts": [{"profile": {"name": customer.name}, "wa_id": customer.wa_id}],
        "messages": [message]})
}

/// The change that holds statuses.
pub fn statuses(elements: Vec<Value>) -> Value {
    json!({"statuses": elements})
}

/// The body of a webhook with these changes.
pub fn body(changes: Vec<Value>, at: Moment) -> Value {
    let whole = |mut value: Value| {
        value["messaging_product"] = "whatsapp".into();
        value["metadata"] =
            json!({"display_phone_number": DISPLAY_NUMBER, "phone_number_id": PHONE_NUMBER_ID});
        json!({"field": "messages", "value": value})
    };
    let changes: Vec<Value> = changes.into_iter().map(whole).collect();
    json!({"object": "whatsapp_business_account",
        "entry": [{"id": WABA_ID, "time": at.0 / 1_000, "changes": changes}]})
}

fn seconds(at: Moment) -> String {
    (at.0 / 1_000).to_string()
}

fn body_of(seed: u64, chat: usize, no: usize, body: &Body) -> Value {
    let mut dice = Dice::new(seed ^ 0x3ed1a, (chat as u64) << 16 | no as u64);
    let media_id = dice
        .between(1_000_000_000_000, 9_000_000_000_000)
        .to_string();
    match body {
        Body::Text(text) => json!({"type": "text", "text": {"body": text}}),
        Body::FromAd(text) => json!({"type": "text", "text": {"body": text}, "referral": {
            "source_url": "https://shop.example/ad/linen", "source_type": "ad",
            "source_id": "120210000000001", "headline": "Linen week",
            "body": "New colours, made in Lahore", "media_type": "image"}}),
        Body::Photo(caption) => json!({"type": "image", "image": {
            "id": media_id, "mime_type": "image/png", "caption": caption}}),
        Body::Voice => json!({"type": "audio", "audio": {
            "id": media_id, "mime_type": "audio/ogg; codecs=opus", "voice": true}}),
        Body::Place(city) => {
            let north = format!("{}.{:04}", dice.between(24, 34), dice.between(0, 9_999));
            let east = format!("{}.{:04}", dice.between(67, 75), dice.between(0, 9_999));
            json!({"type": "location", "location": {
                "latitude": number(&north), "longitude": number(&east), "name": city}})
        }
        Body::Basket(sku, price, currency) => json!({"type": "order", "order": {
            "catalog_id": "410000000000001", "product_items": [{"product_retailer_id": sku,
                "quantity": dice.between(1, 3), "item_price": price, "currency": currency}]}}),
        Body::Card(name, number) => json!({"type": "contacts", "contacts": [{
            "name": {"formatted_name": name, "first_name": name},
            "phones": [{"phone": format!("+{number}"), "type": "WORK", "wa_id": number}]}]}),
        Body::Tap(text) => json!({"type": "button", "button": {"payload": text, "text": text}}),
        Body::Unsupported => json!({"type": "unsupported", "unsupported": {"type": "poll"},
            "errors": [{"code": 131_051, "title": "Message type unknown",
                "error_data": {"details": "Message type is currently not supported."}}]}),
    }
}

fn number(text: &str) -> Value {
    text.parse::<f64>().map_or(Value::Null, Value::from)
}
