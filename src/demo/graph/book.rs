//! What the emulator remembers: people, files, templates, what it took and what shall go wrong.

use super::Options;
use crate::domain::moment::{DAY_MS, MINUTE_MS, Moment};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A customer who does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// The number, digits only.
    pub wa_id: String,
    /// The business-scoped user id.
    pub user_id: String,
    /// The name they gave themselves.
    pub name: String,
    /// Their user name, if they have one.
    pub username: Option<String>,
    /// Webhooks do not tell the number.
    pub hides_number: bool,
    /// The number is on WhatsApp; otherwise messages to it fail later.
    pub on_whatsapp: bool,
}

/// A message the emulator took.
#[derive(Debug, Clone, PartialEq)]
pub struct SentMessage {
    /// The name it was given.
    pub provider_id: String,
    /// The number or user id it went to.
    pub to: String,
    /// WhatsApp's type of message.
    pub kind: String,
    /// The mark of the desk.
    pub tag: Option<String>,
    /// When it was taken.
    pub at: Moment,
    /// The whole body.
    pub body: Value,
}

/// What goes wrong with a sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is refused with this error.
    Refuse(i64),
    /// It is answered with this status and a page instead of JSON, and not taken.
    Http(u16),
    /// It is taken, but the connection closes without an answer.
    LoseAnswer,
    /// It is not taken, and the connection closes without an answer.
    Hang,
    /// It is taken, and the answer comes late. **Unit:** milliseconds.
    Slow(u64),
    /// It is taken and fails later with this error.
    FailLater(i64),
}

/// A kept file.
pub struct KeptMedia {
    pub mime: String,
    pub bytes: Vec<u8>,
    pub kept_at: Moment,
}

/// Everything remembered.
pub struct Book {
    pub people: BTreeMap<String, Customer>,
    pub templates: Vec<Value>,
    pub media: BTreeMap<String, KeptMedia>,
    pub sent: Vec<SentMessage>,
    pub reads: Vec<String>,
    /// The names of messages customers wrote.
    pub seen: BTreeSet<String>,
    pub faults: VecDeque<Fault>,
    wrote_at: BTreeMap<String, Moment>,
    /// Until when each customer's share of messages is used up.
    used_until: BTreeMap<String, Moment>,
    dice: fastrand::Rng,
}

/// How long the address of a file is good. **Source:** Cloud API media reference, 2026-01.
pub const ADDRESS_MS: i64 = 5 * MINUTE_MS;
/// One message to one customer in this time; more are lent.
const PAIR_MS: i64 = 6_000;
/// How many messages are lent at once.
const PAIR_BURST: i64 = 45;

impl Book {
    pub fn new(options: &Options) -> Self {
        Book {
            people: BTreeMap::new(),
            templates: options.templates.clone(),
            media: BTreeMap::new(),
            sent: Vec::new(),
            reads: Vec::new(),
            seen: BTreeSet::new(),
            faults: VecDeque::new(),
            wrote_at: BTreeMap::new(),
            used_until: BTreeMap::new(),
            dice: fastrand::Rng::with_seed(options.seed),
        }
    }

    /// The customer with this number; unknown numbers become customers when first named.
    pub fn customer(&mut self, wa_id: &str) -> Customer {
        let made = || Customer::new(wa_id, &format!("Customer {}", tail(wa_id)));
        self.people
            .entry(wa_id.to_owned())
            .or_insert_with(made)
            .clone()
    }

    /// The customer with this user id.
    pub fn customer_by_user_id(&self, user_id: &str) -> Option<Customer> {
        self.people
            .values()
            .find(|customer| customer.user_id == user_id)
            .cloned()
    }

    pub fn next_wamid(&mut self) -> String {
        let bytes: [u8; 24] = std::array::from_fn(|_| self.dice.u8(..));
        format!("wamid.{}", data_encoding::BASE64.encode(&bytes))
    }

    /// Keeps a file; answers its name and its digest in base64, as webhooks tell it.
    pub fn keep_media(&mut self, mime: &str, bytes: Vec<u8>, now: Moment) -> (String, String) {
        let id = format!(
            "{}",
            self.dice.u64(1_000_000_000_000_000..9_000_000_000_000_000)
        );
        let digest = data_encoding::BASE64.encode(&Sha256::digest(&bytes));
        self.media.insert(
            id.clone(),
            KeptMedia {
                mime: mime.to_owned(),
                bytes,
                kept_at: now,
            },
        );
        (id, digest)
    }

    /// The customer wrote: the 24-hour window opens.
    pub fn wrote(&mut self, wa_id: &str, now: Moment) {
        self.wrote_at.insert(wa_id.to_owned(), now);
    }

    /// Whether the 24-hour window to this customer is open.
    pub fn is_open(&self, wa_id: &str, now: Moment) -> bool {
        self.wrote_at
            .get(wa_id)
            .is_some_and(|wrote| now.ms_since(*wrote) < DAY_MS)
    }

    /// Takes one message from the customer's share; false if it is used up.
    pub fn has_share(&mut self, wa_id: &str, now: Moment) -> bool {
        let until = self
            .used_until
            .get(wa_id)
            .copied()
            .unwrap_or(now)
            .max(now)
            .plus_ms(PAIR_MS);
        if until.ms_since(now) > PAIR_BURST * PAIR_MS {
            return false;
        }
        self.used_until.insert(wa_id.to_owned(), until);
        true
    }
}

impl Customer {
    /// A customer with the given number and name, and a user id made of the number.
    pub fn new(wa_id: &str, name: &str) -> Self {
        let digest = Sha256::digest(wa_id.as_bytes());
        let digits: String = digest
            .iter()
            .take(17)
            .map(|byte| char::from(b'0' + byte % 10))
            .collect();
        Customer {
            wa_id: wa_id.to_owned(),
            user_id: format!("{}.1{digits}", country(wa_id)),
            name: name.to_owned(),
            username: None,
            hides_number: false,
            on_whatsapp: true,
        }
    }

    /// The entry in the address book of a webhook.
    pub fn card(&self) -> Value {
        let mut card = json!({"profile": {"name": self.name}, "user_id": self.user_id});
        if let Some(username) = &self.username {
            card["profile"]["username"] = username.as_str().into();
        }
        if !self.hides_number {
            card["wa_id"] = self.wa_id.as_str().into();
        }
        card
    }
}

/// The templates of a small shop that sends parcels.
pub fn shop_templates() -> Vec<Value> {
    let texts = [
        (
            "parcel_news",
            "en",
            "Hello {{1}}, there is news about your order {{2}}. Reply here and we go on.",
            "Reply",
        ),
        (
            "parcel_news",
            "de",
            "Hallo {{1}}, es gibt Neues zu Ihrer Bestellung {{2}}. Antworten Sie einfach hier.",
            "Antworten",
        ),
        (
            "parcel_news",
            "es",
            "Hola {{1}}, hay novedades de su pedido {{2}}. Responda aquí y seguimos.",
            "Responder",
        ),
        (
            "parcel_news",
            "pt_BR",
            "Olá {{1}}, há novidades do seu pedido {{2}}. Responda por aqui.",
            "Responder",
        ),
    ];
    let body = |text: &str| json!({"type": "BODY", "text": text, "example": {"body_text": [["Ana", "A-10023"]]}});
    let reply =
        |text: &str| json!({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": text}]});
    let mut templates: Vec<Value> = texts
        .iter()
        .map(|(name, language, text, button)| {
            json!({"name": name, "language": language, "status": "APPROVED", "category": "UTILITY",
                "parameter_format": "POSITIONAL", "components": [body(text), reply(button)]})
        })
        .collect();
    templates.push(
        json!({"name": "courier_visit", "language": "en", "status": "APPROVED",
        "category": "UTILITY", "parameter_format": "NAMED", "components": [
            {"type": "HEADER", "format": "TEXT", "text": "Courier for {{customer_name}}"},
            {"type": "BODY", "text": "The courier comes on {{visit_date}} to collect {{item}}.",
             "example": {"body_text_named_params": [
                {"param_name": "visit_date", "example": "Monday"},
                {"param_name": "item", "example": "the lamp"}]}},
            {"type": "FOOTER", "text": "Reply to change the date"}]}),
    );
    templates.push(
        json!({"name": "photo_wanted", "language": "en", "status": "APPROVED",
        "category": "UTILITY", "parameter_format": "POSITIONAL", "components": [
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": "{{1}}, please photograph the label like this."},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "How to", "url": "https://shop.example/label/{{1}}"}]}]}),
    );
    templates.push(
        json!({"name": "winter_offer", "language": "en", "status": "PAUSED",
        "category": "MARKETING", "parameter_format": "POSITIONAL", "components": [
            {"type": "BODY", "text": "Warm things, smaller prices."}]}),
    );
    for (number, template) in (1..).zip(&mut templates) {
        let id: u64 = 700_000_000_000_000 + number;
        template["id"] = id.to_string().into();
    }
    templates
}

fn tail(digits: &str) -> &str {
    digits
        .get(digits.len().saturating_sub(4)..)
        .unwrap_or(digits)
}

fn country(wa_id: &str) -> &'static str {
    const CODES: [(&str, &str); 8] = [
        ("49", "DE"),
        ("34", "ES"),
        ("55", "BR"),
        ("351", "PT"),
        ("44", "GB"),
        ("33", "FR"),
        ("91", "IN"),
        ("1", "US"),
    ];
    CODES
        .iter()
        .find(|(code, _)| wa_id.starts_with(code))
        .map_or("ZZ", |(_, country)| country)
}
