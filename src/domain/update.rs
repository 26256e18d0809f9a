//! What a channel reports, in the desk's own words: one webhook body becomes updates in the
//! order in which it held them. They stand here, below desk and channels, because the one writes
//! them and the other decides about them.

use super::message::{Call, Content, Context, Problem, Referral};
use super::moment::Moment;
use serde::{Deserialize, Serialize};

/// One thing a channel reports, and about which of our numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The business account at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The provider's name for our number, where the report is about one number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number_id: Option<String>,
    /// What is reported.
    pub news: News,
}

/// The sorts of report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum News {
    /// The customer wrote.
    Message(Message),
    /// The business wrote from the phone app: goes out as ours without passing our outbox.
    Echo(Message),
    /// What became of a message of ours.
    Status(Status),
    /// Somebody reacted to a message, or took a reaction back.
    Reaction(Reaction),
    /// Somebody rewrote a message.
    Edit(Edit),
    /// Somebody deleted a message for everyone.
    Revoke(Revoke),
    /// A customer is now known by another number or user id, or got new security keys.
    Identity(IdentityChange),
    /// A customer wants, or no longer wants, to be sent something.
    Preference(Preference),
    /// A template changed at the provider.
    Template(TemplateChange),
    /// A step of a call.
    Call(CallStep),
    /// Anything else about the account or the number, kept as it came.
    Notice(AccountNotice),
    /// A part of the body that made no sense; the rest was read nevertheless.
    Unreadable(Unreadable),
}

/// The customer as the provider names them; any of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Party {
    /// The WhatsApp number, digits without `+`; people with a user name may have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// The business-scoped user id (`US.1349…`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The user id within a group of businesses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_user_id: Option<String>,
    /// Their e-mail address, in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The name they gave themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their public user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// Which side acted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The customer.
    #[default]
    Customer,
    /// The business, from the phone app.
    Business,
}

/// A written message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The provider's name for the message; the same one twice is the same message.
    pub provider_id: String,
    /// The customer: who wrote it, or whom an echo was written to.
    #[serde(default)]
    pub party: Party,
    /// When it was written by the provider's clock; never later than when it arrived.
    pub sent_at: Moment,
    /// What it says.
    pub content: Content,
    /// What it refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// What brought the customer here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    /// The group chat it was written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// What the provider says is wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Problem>,
}

/// What became of a message of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The provider's name for the message.
    pub provider_id: String,
    /// What became of it.
    pub state: DeliveryState,
    /// When, by the provider's clock; never later than when the report arrived.
    pub at: Moment,
    /// Whom it was for.
    #[serde(default)]
    pub party: Party,
    /// The group chat it was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// The mark we gave it when we sent it: finds it again if the answer to the sending was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Problem>,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing: Option<Pricing>,
}

/// How far a message of ours has come.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum DeliveryState {
    /// It left the provider.
    Sent,
    /// It reached the customer.
    Delivered,
    /// The customer opened it.
    Read,
    /// The customer listened to it.
    Played,
    /// It was not delivered.
    Failed,
    /// The customer deleted it.
    Deleted,
    /// A word this version does not know; kept, and of no consequence.
    Other(String),
}

/// What a message costs, in the provider's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pricing {
    /// It is charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billable: Option<bool>,
    /// By message (`PMP`) or by conversation (`CBP`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `service`, `utility`, `marketing`, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// `regular`, `free_customer_service`, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
}

/// A reaction, or its removal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The provider's name for the reaction itself.
    pub provider_id: String,
    /// Which side reacted.
    #[serde(default)]
    pub by: Side,
    /// The customer.
    #[serde(default)]
    pub party: Party,
    /// When.
    pub sent_at: Moment,
    /// The provider id of the message reacted to; maybe one we never saw.
    pub target: String,
    /// The sign; none takes the reaction back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// The group chat it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
}

/// A rewritten message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The provider's name for the rewriting itself.
    pub provider_id: String,
    /// Which side rewrote.
    #[serde(default)]
    pub by: Side,
    /// The customer.
    #[serde(default)]
    pub party: Party,
    /// When.
    pub sent_at: Moment,
    /// The provider id of the message rewritten; maybe one we never saw.
    pub target: String,
    /// What it says now.
    pub content: Content,
    /// The group chat it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
}

/// A message deleted for everyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoke {
    /// The provider's name for the deletion itself.
    pub provider_id: String,
    /// Which side deleted.
    #[serde(default)]
    pub by: Side,
    /// The customer.
    #[serde(default)]
    pub party: Party,
    /// When.
    pub sent_at: Moment,
    /// The provider id of the message deleted; maybe one we never saw.
    pub target: String,
    /// The group chat it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
}

/// A customer is known by something new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityChange {
    /// The provider's name for the notice; the field `user_id_update` gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// What changed.
    pub change: Identity,
    /// The customer as known before; may be empty where the provider names only the new.
    #[serde(default)]
    pub before: Party,
    /// The customer as known from now on.
    #[serde(default)]
    pub after: Party,
    /// When.
    pub at: Moment,
    /// The provider's sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// What a customer is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// The number.
    Number,
    /// The business-scoped user id.
    UserId,
    /// The security keys: same person or not, the phone is another one.
    Keys,
}

/// What a customer wants to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// The customer.
    #[serde(default)]
    pub party: Party,
    /// `marketing_messages`.
    pub category: String,
    /// `stop`, `resume` or `signup`.
    pub value: String,
    /// When.
    pub at: Moment,
    /// The provider's sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// A template changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateChange {
    /// Its number at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Which of its properties.
    pub property: TemplateProperty,
    /// The value before, where the provider tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value now: `APPROVED`, `YELLOW`, `MARKETING`; for components the new text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Why, in the provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The report as it came, JSON text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub raw: String,
}

/// What can change about a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateProperty {
    /// Whether it may be sent.
    Status,
    /// How customers like it.
    Quality,
    /// What it is charged as.
    Category,
    /// Its text and buttons.
    Components,
}

/// A step of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallStep {
    /// The provider's name for the call; its steps share it.
    pub call_id: String,
    /// The provider's word for the step: `connect`, `terminate`, `RINGING`, `ACCEPTED`, ….
    pub step: String,
    /// The customer.
    #[serde(default)]
    pub party: Party,
    /// When.
    pub at: Moment,
    /// What is known of the call so far.
    #[serde(default)]
    pub call: Call,
    /// The mark we gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Problem>,
}

/// Something about the account or the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountNotice {
    /// The provider's name for the sort of report (`account_update`); `errors` for troubles of
    /// the number itself.
    pub field: String,
    /// What happened, where the provider names it (`ACCOUNT_RESTRICTION`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Problem>,
    /// The report as it came, JSON text; cut after 16 000 bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub raw: String,
}

/// A body or a part of one that made no sense.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unreadable {
    /// Why, in one sentence.
    pub why: String,
    /// The part as it came; cut after 16 000 bytes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub raw: String,
}

impl Party {
    /// Nothing in it tells who it is.
    pub fn is_nobody(&self) -> bool {
        self.wa_id.is_none()
            && self.user_id.is_none()
            && self.parent_user_id.is_none()
            && self.email.is_none()
    }
}

impl DeliveryState {
    /// How far along the way it is; what does not lie on the way has no rank.
    pub fn rank(&self) -> Option<u8> {
        match self {
            DeliveryState::Sent => Some(1),
            DeliveryState::Delivered => Some(2),
            DeliveryState::Read => Some(3),
            DeliveryState::Played => Some(4),
            DeliveryState::Failed | DeliveryState::Deleted | DeliveryState::Other(_) => None,
        }
    }

    /// Whether a message that stands at `shown` is to be shown at this state from now on: never
    /// back, and failed only while nothing better than sent has come.
    /// **Source:** WhatsApp Cloud API, message status webhooks, 2026.
    pub fn supersedes(&self, shown: Option<&DeliveryState>) -> bool {
        let Some(shown) = shown else {
            return !matches!(self, DeliveryState::Other(_));
        };
        match (self, shown) {
            (DeliveryState::Other(_), _) => false,
            (_, DeliveryState::Deleted) => false,
            (DeliveryState::Deleted, _) => true,
            (DeliveryState::Failed, shown) => shown.rank() == Some(1),
            (_, DeliveryState::Failed) => self.rank() > Some(1),
            (_, shown) => self.rank() > shown.rank(),
        }
    }

    /// The provider's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            DeliveryState::Sent => "sent",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Read => "read",
            DeliveryState::Played => "played",
            DeliveryState::Failed => "failed",
            DeliveryState::Deleted => "deleted",
            DeliveryState::Other(word) => word,
        }
    }
}

impl From<String> for DeliveryState {
    fn from(word: String) -> Self {
        match word.as_str() {
            "sent" => DeliveryState::Sent,
            "delivered" => DeliveryState::Delivered,
            "read" => DeliveryState::Read,
            "played" => DeliveryState::Played,
            "failed" => DeliveryState::Failed,
            "deleted" => DeliveryState::Deleted,
            _ => DeliveryState::Other(word),
        }
    }
}

impl From<DeliveryState> for String {
    fn from(state: DeliveryState) -> Self {
        state.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::DeliveryState;

    #[test]
    fn a_message_never_goes_back() {
        for (shown, reports, then) in [
            (None, "sent", "sent"),
            (None, "read", "read"),
            (Some("read"), "delivered", "read"),
            (Some("sent"), "failed", "failed"),
            (Some("failed"), "sent", "failed"),
            (Some("failed"), "delivered", "delivered"),
            (Some("delivered"), "failed", "delivered"),
            (Some("read"), "played", "played"),
            (Some("read"), "warning", "read"),
            (Some("read"), "deleted", "deleted"),
            (Some("deleted"), "read", "deleted"),
        ] {
            let shown = shown.map(|word: &str| DeliveryState::from(word.to_owned()));
            let report = DeliveryState::from(reports.to_owned());
            let kept = if report.supersedes(shown.as_ref()) {
                &report
            } else {
                shown.as_ref().unwrap()
            };
            assert_eq!(kept.as_str(), then, "{shown:?} then {reports}");
        }
    }
}
