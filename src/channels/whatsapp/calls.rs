//! Calls on a WhatsApp number: the steps as reported, and what is known of the call by then.

use super::content::problems;
use super::party::Contacts;
use super::reader::{number, past, text, whole};
use crate::domain::message::{Call, CallDirection, CallOutcome, Problem};
use crate::domain::moment::Moment;
use crate::domain::update::{CallStep, News, Party};
use serde_json::Value;

/// One element of the list `calls`.
pub fn read(item: &Value, contacts: &Contacts, errors: &[Problem], now: Moment) -> Option<News> {
    let call_id = text(item, "id")?;
    let step = text(item, "event")?;
    let ours = text(item, "direction").as_deref() == Some("BUSINESS_INITIATED");
    let direction = if ours {
        CallDirection::Out
    } else {
        CallDirection::In
    };
    let (customer, user_id) = if ours {
        ("to", "to_user_id")
    } else {
        ("from", "from_user_id")
    };
    let party = contacts.only().cloned().unwrap_or_else(|| Party {
        wa_id: number(item, customer),
        user_id: text(item, user_id),
        ..Party::default()
    });
    let duration_s = whole(item, "duration").and_then(|s| u64::try_from(s).ok());
    let ended = matches!(step.as_str(), "terminate" | "reject" | "missed");
    let outcome = match (ended, duration_s, text(item, "status").as_deref()) {
        (false, _, _) => CallOutcome::Open,
        (true, Some(1..), _) => CallOutcome::Answered,
        (true, _, Some("REJECTED")) => CallOutcome::Rejected,
        (true, _, Some("FAILED")) if ours => CallOutcome::Failed,
        (true, _, _) => CallOutcome::Missed,
    };
    let own = problems(item);
    Some(News::Call(CallStep {
        call_id,
        step,
        party,
        at: past(item, "timestamp", now),
        call: Call {
            direction,
            outcome,
            duration_s,
        },
        tag: text(item, "biz_opaque_callback_data"),
        errors: if own.is_empty() { errors.to_vec() } else { own },
    }))
}

/// A status of a call of ours: it rings, was taken, was refused.
pub fn read_status(
    item: &Value,
    contacts: &Contacts,
    call_id: String,
    word: &str,
    now: Moment,
) -> News {
    let party = Party {
        wa_id: number(item, "recipient_id"),
        user_id: text(item, "recipient_user_id"),
        ..Party::default()
    };
    let outcome = match word {
        "ACCEPTED" => CallOutcome::Answered,
        "REJECTED" => CallOutcome::Rejected,
        _ => CallOutcome::Open,
    };
    News::Call(CallStep {
        call_id,
        step: word.to_owned(),
        party: contacts.complete(party),
        at: past(item, "timestamp", now),
        call: Call {
            direction: CallDirection::Out,
            outcome,
            duration_s: None,
        },
        tag: text(item, "biz_opaque_callback_data"),
        errors: problems(item),
    })
}
