//! What one message says: the object under its type, in the desk's own words. What cannot be
//! read becomes an unsupported content with its raw form; nothing is dropped here.

use super::errors::{self, GraphError};
use super::reader::{self, decimal, either, flag, list, number, plain, text, whole};
use crate::domain::message::{
    CallPermission, Card, CardLine, CardPhone, Cards, Choice, ChoiceFrom, Content, Context, Form,
    Location, Media, MediaKind, Order, OrderItem, Problem, Product, Referral, Text, Unsupported,
};
use serde_json::Value;

/// The types of message that are articles; the last ones are older names.
const TYPES: [&str; 14] = [
    "text",
    "image",
    "video",
    "document",
    "audio",
    "sticker",
    "location",
    "contacts",
    "interactive",
    "button",
    "order",
    "request_welcome",
    "voice",
    "gif",
];

/// The type of a message: what it calls itself, or else the only thing found in it.
pub fn kind(message: &Value) -> String {
    text(message, "type").unwrap_or_else(|| {
        let found = TYPES
            .iter()
            .find(|name| message.get(**name).is_some_and(|v| !v.is_null()));
        found.map(|name| (*name).to_owned()).unwrap_or_default()
    })
}

/// What a message says.
pub fn content(message: &Value, errors: &[Problem]) -> Content {
    let kind = kind(message);
    let read = message.get(&kind).and_then(|body| match kind.as_str() {
        "text" => Some(Content::Text(Text {
            text: body.get("body")?.as_str()?.to_owned(),
        })),
        "image" | "video" | "document" | "audio" | "voice" | "sticker" | "gif" => {
            media(&kind, body)
        }
        "location" => location(body),
        "contacts" => contacts(body),
        "interactive" => interactive(body),
        "button" => Some(Content::Choice(Choice {
            from: ChoiceFrom::Template,
            id: text(body, "payload").unwrap_or_default(),
            title: either(body, &["text", "payload"])?,
            description: None,
        })),
        "order" => order(body),
        _ => None,
    });
    match (read, kind.as_str()) {
        (Some(content), _) => content,
        (None, "request_welcome") => Content::Welcome,
        (None, _) => unsupported(message, &kind, errors),
    }
}

/// What a message refers to, if anything.
pub fn context(message: &Value) -> Option<Context> {
    let context = message.get("context")?;
    let product = context.get("referred_product").map(|product| Product {
        catalog_id: text(product, "catalog_id").unwrap_or_default(),
        product_id: text(product, "product_retailer_id").unwrap_or_default(),
    });
    let forwarded_often = flag(context, "frequently_forwarded");
    let context = Context {
        reply_to: either(context, &["id", "message_id"]),
        reply_to_author: either(context, &["from", "from_user_id"]),
        forwarded: forwarded_often || flag(context, "forwarded"),
        forwarded_often,
        product,
    };
    (context != Context::default()).then_some(context)
}

/// The advertisement or post that brought the customer, if one did.
pub fn referral(message: &Value) -> Option<Referral> {
    let referral = message
        .get("referral")
        .filter(|referral| referral.is_object())?;
    Some(Referral {
        url: text(referral, "source_url"),
        source: text(referral, "source_type"),
        source_id: text(referral, "source_id"),
        headline: text(referral, "headline"),
        text: text(referral, "body"),
        media_url: either(referral, &["image_url", "video_url", "thumbnail_url"]),
        click_id: text(referral, "ctwa_clid"),
        welcome: referral
            .get("welcome_message")
            .and_then(|welcome| text(welcome, "text")),
    })
}

/// The provider's list of what went wrong; entries that are no objects are kept as text.
pub fn problems(object: &Value) -> Vec<Problem> {
    let errors = match list(object, "errors") {
        Ok(errors) => errors,
        Err(other) => std::slice::from_ref(other),
    };
    errors.iter().map(problem).collect()
}

fn problem(error: &Value) -> Problem {
    let details = error
        .get("error_data")
        .and_then(|data| plain(data).or(text(data, "details")));
    let code = whole(error, "code").unwrap_or_default();
    let judged = errors::explain(&GraphError {
        code,
        ..GraphError::default()
    });
    Problem {
        code,
        title: either(error, &["title", "message"]).unwrap_or_default(),
        details: details
            .or_else(|| either(error, &["details", "message"]))
            .or_else(|| plain(error))
            .unwrap_or_default(),
        class: Some(judged.class),
        advice: judged.text,
    }
}

fn media(kind: &str, body: &Value) -> Option<Content> {
    let media = match kind {
        "image" => MediaKind::Image,
        "video" | "gif" => MediaKind::Video,
        "voice" => MediaKind::Voice,
        "audio" if flag(body, "voice") => MediaKind::Voice,
        "audio" => MediaKind::Audio,
        "sticker" => MediaKind::Sticker,
        _ => MediaKind::Document,
    };
    Some(Content::Media(Media {
        media,
        media_id: Some(text(body, "id")?),
        mime: text(body, "mime_type").unwrap_or_default(),
        file_name: text(body, "filename"),
        caption: text(body, "caption"),
        sha256: text(body, "sha256").and_then(|sha256| reader::digest(&sha256)),
        size_bytes: whole(body, "file_size").and_then(|size| u64::try_from(size).ok()),
        animated: flag(body, "animated"),
    }))
}

fn location(body: &Value) -> Option<Content> {
    Some(Content::Location(Location {
        latitude: decimal(body, "latitude")?,
        longitude: decimal(body, "longitude")?,
        name: text(body, "name"),
        address: text(body, "address"),
        url: text(body, "url"),
    }))
}

fn contacts(body: &Value) -> Option<Content> {
    let cards: Vec<Card> = body.as_array()?.iter().map(card).collect();
    (!cards.is_empty()).then_some(Content::Contacts(Cards { cards }))
}

fn card(card: &Value) -> Card {
    let items = |key| list(card, key).unwrap_or_default().iter();
    let line = |item: &Value, value: Option<String>| {
        value.map(|value| CardLine {
            value,
            label: text(item, "type"),
        })
    };
    let phones = items("phones").map(|phone| CardPhone {
        phone: either(phone, &["phone", "wa_id"]).unwrap_or_default(),
        label: text(phone, "type"),
        wa_id: number(phone, "wa_id"),
        user_id: text(phone, "user_id"),
    });
    let address = |item: &Value| {
        let parts = ["street", "zip", "city", "state", "country"];
        let parts: Vec<String> = parts.iter().filter_map(|part| text(item, part)).collect();
        line(item, (!parts.is_empty()).then(|| parts.join(", ")))
    };
    let organisation = card.get("org").and_then(|org| {
        let parts = ["company", "department", "title"]
            .iter()
            .filter_map(|part| text(org, part));
        Some(parts.collect::<Vec<_>>().join(", ")).filter(|joined| !joined.is_empty())
    });
    let phones: Vec<CardPhone> = phones.collect();
    Card {
        name: name(card)
            .or_else(|| phones.first().map(|phone| phone.phone.clone()))
            .unwrap_or_default(),
        phones,
        emails: items("emails")
            .filter_map(|item| line(item, text(item, "email")))
            .collect(),
        addresses: items("addresses").filter_map(address).collect(),
        urls: items("urls")
            .filter_map(|item| line(item, text(item, "url")))
            .collect(),
        organisation,
        birthday: text(card, "birthday"),
        vcard: text(card, "vcard"),
        origin: text(card, "origin"),
    }
}

fn name(card: &Value) -> Option<String> {
    let name = card.get("name")?;
    let parts = ["prefix", "first_name", "middle_name", "last_name", "suffix"];
    let joined = || {
        parts
            .iter()
            .filter_map(|part| text(name, part))
            .collect::<Vec<_>>()
            .join(" ")
    };
    text(name, "formatted_name").or_else(|| Some(joined()).filter(|joined| !joined.is_empty()))
}

fn interactive(body: &Value) -> Option<Content> {
    let kinds = [
        "button_reply",
        "list_reply",
        "nfm_reply",
        "call_permission_reply",
    ];
    let kind = text(body, "type");
    let found = kinds.iter().find(|kind| body.get(**kind).is_some());
    let kind = kind.or_else(|| found.map(|kind| (*kind).to_owned()))?;
    let reply = body.get(&kind)?;
    let choice = |from| {
        let title = either(reply, &["title", "id"])?;
        let id = text(reply, "id").unwrap_or_default();
        Some(Content::Choice(Choice {
            from,
            id,
            title,
            description: text(reply, "description"),
        }))
    };
    match kind.as_str() {
        "button_reply" => choice(ChoiceFrom::Button),
        "list_reply" => choice(ChoiceFrom::List),
        "nfm_reply" => Some(Content::Form(Form {
            name: text(reply, "name"),
            text: text(reply, "body"),
            answers: match reply.get("response_json")? {
                Value::String(json) => json.clone(),
                other => other.to_string(),
            },
        })),
        "call_permission_reply" => Some(Content::CallPermission(CallPermission {
            granted: text(reply, "response")? == "accept",
            expires_at: reader::instant(reply, "expiration_timestamp"),
        })),
        _ => None,
    }
}

fn order(body: &Value) -> Option<Content> {
    let items = list(body, "product_items").ok()?;
    let item = |item: &Value| OrderItem {
        product_id: text(item, "product_retailer_id").unwrap_or_default(),
        quantity: decimal(item, "quantity").unwrap_or_else(|| "1".to_owned()),
        unit_price: decimal(item, "item_price").unwrap_or_default(),
        currency: text(item, "currency").unwrap_or_default(),
    };
    body.is_object().then(|| {
        Content::Order(Order {
            catalog_id: text(body, "catalog_id"),
            text: text(body, "text"),
            items: items.iter().map(item).collect(),
        })
    })
}

fn unsupported(message: &Value, kind: &str, errors: &[Problem]) -> Content {
    let inner = message
        .get("unsupported")
        .and_then(|inner| text(inner, "type"));
    let said = errors.iter().find_map(|problem| {
        [&problem.details, &problem.title]
            .into_iter()
            .find(|text| !text.is_empty())
            .cloned()
    });
    let own = match kind {
        "" => "the message does not say what it is".to_owned(),
        kind if TYPES.contains(&kind) => format!("the {kind} in it is missing or broken"),
        kind => format!("this version does not know messages of type {kind}"),
    };
    let nameless = matches!(kind, "unsupported" | "unknown");
    Content::Unsupported(Unsupported {
        type_name: inner.unwrap_or_else(|| {
            if nameless {
                String::new()
            } else {
                kind.to_owned()
            }
        }),
        reason: said.unwrap_or(own),
        raw: reader::raw(message),
    })
}
