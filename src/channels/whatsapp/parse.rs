//! Reading a webhook body: every entry, change, message, status and error of it, in order. One
//! strange element becomes an unreadable update and never takes its neighbours along.

use super::content::{content, context, kind, problems, referral};
use super::reader::{self, either, flag, list, number, past, text};
use super::{account, calls, party::Contacts};
use crate::domain::message::Problem;
use crate::domain::moment::Moment;
use crate::domain::update::{
    AccountNotice, DeliveryState, Edit, Identity, IdentityChange, Message, News, Party, Pricing,
    Reaction, Revoke, Side, Status, Unreadable, Update,
};
use serde_json::Value;

/// The most updates read from one body; Meta promises at most 1,000.
pub const UPDATES_MAX: usize = 10_000;

/// Everything a webhook body says. `received_at` bounds the times in it.
/// **Refuses:** what is no JSON, or JSON without any change in it.
pub fn parse(raw: &[u8], received_at: Moment) -> Result<Vec<Update>, Unreadable> {
    let body: Value = serde_json::from_slice(raw)
        .or_else(|_| serde_json::from_str(&mended(raw)))
        .map_err(|error| Unreadable {
            why: format!("the body is not JSON: {error}"),
            raw: reader::cut(String::from_utf8_lossy(raw).into_owned()),
        })?;
    let mut updates = Vec::new();
    match list(&body, "entry") {
        Ok([]) if body.get("field").is_some() => {
            read_change(&body, None, received_at, &mut updates)
        }
        Ok([]) => return Err(unreadable("the body has no entry", &body)),
        Err(_) => return Err(unreadable("entry is not a list", &body)),
        Ok(entries) => entries
            .iter()
            .for_each(|entry| read_entry(entry, received_at, &mut updates)),
    }
    if updates.len() > UPDATES_MAX {
        updates.truncate(UPDATES_MAX);
        let why = format!("the body holds more than {UPDATES_MAX} updates; the rest was not read");
        let news = News::Unreadable(Unreadable {
            why,
            raw: String::new(),
        });
        updates.push(Update {
            account_id: None,
            phone_number_id: None,
            news,
        });
    }
    Ok(updates)
}

/// The bytes as text, with halves of surrogate pairs replaced: a text that was cut in the middle
/// of an emoji must not cost the whole body.
fn mended(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    let half = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16)
            .ok()
            .filter(|unit| (0xd800..0xe000).contains(unit))
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
        let width = match (half(at), half(at + 6)) {
            (Some(high), Some(low)) if high < 0xdc00 && low >= 0xdc00 => 12,
            (Some(_), _) => {
                out.push_str("\\ufffd");
                at += 6;
                continue;
            }
            (None, _) if c == '\\' => 1 + next.map_or(0, char::len_utf8),
            (None, _) => c.len_utf8(),
        };
        out.push_str(text.get(at..at + width).unwrap_or_default());
        at += width;
    }
    out
}

fn read_entry(entry: &Value, received_at: Moment, updates: &mut Vec<Update>) {
    let account_id = text(entry, "id").filter(|id| id != "0");
    match list(entry, "changes") {
        Ok([]) | Err(_) => {
            let news = News::Unreadable(unreadable("an entry without changes", entry));
            updates.push(Update {
                account_id,
                phone_number_id: None,
                news,
            });
        }
        Ok(changes) => changes.iter().for_each(|change| {
            read_change(change, account_id.as_deref(), received_at, updates);
        }),
    }
}

fn read_change(change: &Value, account: Option<&str>, now: Moment, updates: &mut Vec<Update>) {
    let empty = Value::Null;
    let value = change.get("value").unwrap_or(&empty);
    let phone_number_id = value
        .get("metadata")
        .and_then(|data| text(data, "phone_number_id"));
    let mut tell = |news| {
        // One above the limit tells that there was more.
        if updates.len() <= UPDATES_MAX {
            updates.push(Update {
                account_id: account.map(str::to_owned),
                phone_number_id: phone_number_id.clone(),
                news,
            });
        }
    };
    if !value.is_object() {
        return tell(News::Unreadable(unreadable(
            "a change without a value",
            change,
        )));
    }
    let contacts = Contacts::read(value);
    let errors = problems(value);
    let mut told = false;
    for (key, read) in READERS {
        let items = match list(value, key) {
            Ok(items) => items,
            Err(other) => std::slice::from_ref(other),
        };
        for item in items {
            told = true;
            let read = if item.is_object() {
                read(item, &contacts, &errors, now)
            } else {
                None
            };
            let broken =
                || News::Unreadable(unreadable(&format!("an unreadable part of {key}"), item));
            tell(read.unwrap_or_else(broken));
        }
    }
    let field = text(change, "field").unwrap_or_default();
    let in_calls = told && value.get("calls").is_some();
    if !errors.is_empty() && !in_calls {
        told = true;
        let (field, event) = ("errors".to_owned(), None);
        tell(News::Notice(AccountNotice {
            field,
            event,
            errors,
            raw: reader::raw(value),
        }));
    }
    if !told {
        tell(account::read(&field, value));
    }
}

type Reader = fn(&Value, &Contacts, &[Problem], Moment) -> Option<News>;

/// The lists a value may hold, in the order in which they are told.
const READERS: [(&str, Reader); 6] = [
    ("user_id_update", read_user_id_update),
    ("messages", |item, contacts, errors, now| {
        read_message(item, contacts, errors, now, Side::Customer)
    }),
    ("message_echoes", |item, contacts, errors, now| {
        read_message(item, contacts, errors, now, Side::Business)
    }),
    ("statuses", read_status),
    ("calls", calls::read),
    ("user_preferences", account::read_preference),
];

fn read_message(
    item: &Value,
    contacts: &Contacts,
    value_errors: &[Problem],
    now: Moment,
    by: Side,
) -> Option<News> {
    let provider_id = text(item, "id").unwrap_or_else(|| stand_in_id(item));
    let (sent_at, group_id) = (past(item, "timestamp", now), text(item, "group_id"));
    let kind = kind(item);
    if kind == "system" {
        return read_system(item, contacts, provider_id, sent_at);
    }
    let party = contacts.complete(match by {
        Side::Customer => Party {
            wa_id: number(item, "from"),
            user_id: text(item, "from_user_id"),
            parent_user_id: text(item, "from_parent_user_id"),
            ..Party::default()
        },
        Side::Business => Party {
            wa_id: number(item, "to"),
            user_id: text(item, "to_user_id"),
            parent_user_id: text(item, "to_parent_user_id"),
            ..Party::default()
        },
    });
    if party.is_nobody() && group_id.is_none() {
        return Some(News::Unreadable(unreadable(
            "a message that names no customer",
            item,
        )));
    }
    let errors = problems(item);
    match kind.as_str() {
        "reaction" => {
            let reaction = item.get("reaction")?;
            let target = text(reaction, "message_id")?;
            let emoji = text(reaction, "emoji");
            Some(News::Reaction(Reaction {
                provider_id,
                by,
                party,
                sent_at,
                target,
                emoji,
                group_id,
            }))
        }
        "edit" => {
            let edit = item.get("edit")?;
            let target = text(edit, "original_message_id")?;
            let content = content(edit.get("message")?, &errors);
            Some(News::Edit(Edit {
                provider_id,
                by,
                party,
                sent_at,
                target,
                content,
                group_id,
            }))
        }
        "revoke" => {
            let target = text(item.get("revoke")?, "original_message_id")?;
            Some(News::Revoke(Revoke {
                provider_id,
                by,
                party,
                sent_at,
                target,
                group_id,
            }))
        }
        _ => {
            let own = if errors.is_empty() {
                value_errors
            } else {
                &errors
            };
            let content = content(item, own);
            let (context, referral) = (context(item), referral(item));
            let message = Message {
                provider_id,
                party,
                sent_at,
                content,
                context,
                referral,
                group_id,
                errors,
            };
            Some(match by {
                Side::Customer => News::Message(message),
                Side::Business => News::Echo(message),
            })
        }
    }
}

/// Only what stands in its own member is believed: the sentence beside it holds the customer's
/// own name, who could call themselves by somebody else's user id.
fn read_system(item: &Value, contacts: &Contacts, provider_id: String, at: Moment) -> Option<News> {
    let system = item.get("system")?;
    let change = match text(system, "type")?.as_str() {
        "user_changed_number" | "customer_changed_number" => Identity::Number,
        "user_changed_user_id" => Identity::UserId,
        "customer_identity_changed" => Identity::Keys,
        other => {
            let (field, event) = ("system".to_owned(), Some(other.to_owned()));
            let raw = reader::raw(item);
            return Some(News::Notice(AccountNotice {
                field,
                event,
                errors: Vec::new(),
                raw,
            }));
        }
    };
    let before = contacts.complete(Party {
        wa_id: number(item, "from").or_else(|| number(system, "customer")),
        user_id: text(item, "from_user_id"),
        parent_user_id: text(item, "from_parent_user_id"),
        ..Party::default()
    });
    let after = Party {
        wa_id: number(system, "wa_id").or_else(|| number(system, "new_wa_id")),
        user_id: text(system, "user_id"),
        parent_user_id: text(system, "parent_user_id"),
        ..Party::default()
    };
    let (after, text) = match change {
        Identity::Keys if after.is_nobody() => (before.clone(), text(system, "body")),
        Identity::Number | Identity::UserId | Identity::Keys => (after, text(system, "body")),
    };
    let (provider_id, text) = (Some(provider_id), text.unwrap_or_default());
    Some(News::Identity(IdentityChange {
        provider_id,
        change,
        before,
        after,
        at,
        text,
    }))
}

fn read_user_id_update(item: &Value, _: &Contacts, _: &[Problem], now: Moment) -> Option<News> {
    let side = |which| {
        let id = |key| item.get(key).and_then(|ids: &Value| text(ids, which));
        Party {
            wa_id: number(item, "wa_id"),
            user_id: id("user_id"),
            parent_user_id: id("parent_user_id"),
            ..Party::default()
        }
    };
    let (before, after) = (side("previous"), side("current"));
    (!after.is_nobody()).then(|| {
        News::Identity(IdentityChange {
            provider_id: None,
            change: Identity::UserId,
            before,
            after,
            at: past(item, "timestamp", now),
            text: text(item, "detail").unwrap_or_default(),
        })
    })
}

fn read_status(item: &Value, contacts: &Contacts, _: &[Problem], now: Moment) -> Option<News> {
    let provider_id = text(item, "id")?;
    let word = text(item, "status")?;
    if text(item, "type").as_deref() == Some("call") {
        return Some(calls::read_status(item, contacts, provider_id, &word, now));
    }
    let group = text(item, "recipient_type").as_deref() == Some("group");
    let party = if group {
        Party {
            wa_id: number(item, "recipient_participant_id"),
            user_id: text(item, "recipient_participant_user_id"),
            parent_user_id: text(item, "recipient_participant_parent_user_id"),
            ..Party::default()
        }
    } else {
        Party {
            wa_id: number(item, "recipient_id"),
            user_id: text(item, "recipient_user_id"),
            parent_user_id: either(
                item,
                &["recipient_parent_user_id", "parent_recipient_user_id"],
            ),
            ..Party::default()
        }
    };
    let pricing = item.get("pricing").filter(|pricing| pricing.is_object());
    Some(News::Status(Status {
        provider_id,
        state: DeliveryState::from(word.to_lowercase()),
        at: past(item, "timestamp", now),
        party: contacts.complete(party),
        group_id: if group {
            text(item, "recipient_id")
        } else {
            None
        },
        tag: text(item, "biz_opaque_callback_data"),
        errors: problems(item),
        pricing: pricing.map(|pricing| Pricing {
            billable: pricing
                .get("billable")
                .is_some()
                .then(|| flag(pricing, "billable")),
            model: text(pricing, "pricing_model"),
            category: text(pricing, "category"),
            rate: text(pricing, "type"),
        }),
    }))
}

/// A name for a message that came without one: the same bytes get the same name, so that a
/// repeated delivery is recognised.
fn stand_in_id(item: &Value) -> String {
    format!("sha256.{}", reader::sha256_hex(item.to_string().as_bytes()))
}

fn unreadable(why: &str, part: &Value) -> Unreadable {
    Unreadable {
        why: why.to_owned(),
        raw: reader::raw(part),
    }
}
