//! The catalogue of events: every fact the trail can hold, past tense, by area.
//!
//! A fact's fields go into the entry's `data`; what stands under `sealed` goes into disclosures
//! that can be forgotten while the entry stays. Shapes are for ever: fields are added with
//! defaults, never renamed or removed. `tests/golden/events.jsonl` keeps one line of each.

pub mod access;
pub mod assignment;
pub mod bot;
pub mod bulk;
pub mod call;
pub mod checkpoint;
pub mod email;
pub mod export;
pub mod field;
pub mod import;
pub mod labels;
pub mod macros;
pub mod notification;
pub mod pack;
pub mod privacy;
pub mod rules;
mod sla;
pub mod status;
pub mod view;
pub mod webhook;

pub use sla::SlaEvent;

use super::actor::Actor;
use super::assignment::Choice;
use super::conversation::{self, Owner, Summary, Transfer};
use super::id::{
    ArticleId, ChannelId, ContactId, ConversationId, GroupId, MemberId, Object, Seq, TicketId,
};
use super::member::Role;
use super::message::{Content, Context, MediaKind, Problem, Referral};
use super::moment::Moment;
use super::status::Named;
use super::ticket::{self, Priority};
use super::update::Side;
use crate::error::{Error, Result};
use access::{AccessEvent, SealedQuestion};
use assignment::AssignmentEvent;
use bot::BotEvent;
use bulk::BulkEvent;
use call::{CallEvent, CommitmentEvent};
use checkpoint::CheckpointEvent;
use email::EmailEvent;
use export::ExportEvent;
use field::FieldEvent;
use import::ImportEvent;
use labels::LabelEvent;
use macros::MacroEvent;
use notification::NotificationEvent;
use pack::PackEvent;
use privacy::PrivacyEvent;
use rules::RuleEvent;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use status::StatusEvent;
use std::collections::BTreeMap;
use view::ViewEvent;
use webhook::WebhookEvent;

/// A fact on its way into the trail.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What happened.
    pub event: Event,
    /// The event it follows from.
    pub cause: Option<Cause>,
    /// Who did it, where that is not the one who wished.
    pub by: Option<Actor>,
    /// Bytes that go with it, each committed to by a disclosure of the same name.
    pub files: Vec<File>,
}

/// The event another one follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// One already in the trail.
    Event(Seq),
    /// One recorded by the same wish, by its place in the wish's facts.
    Earlier(usize),
}

/// Bytes kept with a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The name of the disclosure: `raw`, `media`.
    pub field: &'static str,
    /// The media type, as found out from the bytes.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Fact {
    /// Names the event this fact follows from.
    pub fn because(mut self, cause: Cause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Names who did it.
    pub fn by(mut self, actor: Actor) -> Self {
        self.by = Some(actor);
        self
    }

    /// Keeps bytes with it.
    pub fn with_file(mut self, file: File) -> Self {
        self.files.push(file);
        self
    }
}

macro_rules! areas {
    ($($(#[$doc:meta])* $area:ident($events:ident) $word:literal;)*) => {
        /// One fact, by area.
        // Few live at a time, on their way into the trail: boxes would only be in the way.
        #[allow(clippy::large_enum_variant)]
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $area($events),)*
        }

        impl Event {
            fn tagged(&self) -> Result<(&'static str, Value)> {
                match self {
                    $(Event::$area(event) => Ok(($word, serde_json::to_value(event)?)),)*
                }
            }

            fn untagged(area: &str, tagged: Value) -> Result<Event> {
                match area {
                    $($word => Ok(Event::$area(serde_json::from_value(tagged)?)),)*
                    other => Err(Error::fault(format!("there is no event area {other}"))),
                }
            }
        }

        $(impl From<$events> for Event {
            fn from(event: $events) -> Self {
                Event::$area(event)
            }
        })*

        $(impl From<$events> for Fact {
            fn from(event: $events) -> Self {
                Fact { event: event.into(), cause: None, by: None, files: Vec::new() }
            }
        })*
    };
}

areas! {
    /// The desk as a whole.
    Desk(DeskEvent) "desk";
    /// Members and their sessions.
    Member(MemberEvent) "member";
    /// Groups.
    Group(GroupEvent) "group";
    /// Channels, their templates and raw payloads.
    Channel(ChannelEvent) "channel";
    /// Customers.
    Contact(ContactEvent) "contact";
    /// Conversations.
    Conversation(ConversationEvent) "conversation";
    /// Articles, what became of them, their media.
    Article(ArticleEvent) "article";
    /// Tickets.
    Ticket(TicketEvent) "ticket";
    /// The lists of tags and types.
    Label(LabelEvent) "label";
    /// The statuses tickets can be in.
    Status(StatusEvent) "status";
    /// The own fields of tickets, and what stands in them.
    Field(FieldEvent) "field";
    /// The same done to many at once.
    Bulk(BulkEvent) "bulk";
    /// Canned replies and macros.
    Macro(MacroEvent) "macro";
    /// Automation rules.
    Rule(RuleEvent) "rule";
    /// The bot.
    Bot(BotEvent) "bot";
    /// Service levels: calendars, policies, clocks.
    Sla(SlaEvent) "sla";
    /// How groups give work out.
    Assignment(AssignmentEvent) "assignment";
    /// Who was told what.
    Notification(NotificationEvent) "notification";
    /// Calls.
    Call(CallEvent) "call";
    /// What was promised in a call.
    Commitment(CommitmentEvent) "commitment";
    /// What was taken over from other systems.
    Import(ImportEvent) "import";
    /// What was done with the trail itself.
    Audit(AuditEvent) "audit";
    /// Checkpoints: who signed them as well, where copies went.
    Checkpoint(CheckpointEvent) "checkpoint";
    /// Mailboxes and letters beyond articles.
    Email(EmailEvent) "email";
    /// Views of lists that were kept.
    View(ViewEvent) "view";
    /// Who looked at what.
    Access(AccessEvent) "access";
    /// Lists and reports that left the desk.
    Export(ExportEvent) "export";
    /// Packs that settle disputes.
    Pack(PackEvent) "pack";
    /// What was erased, what is held, how long things are kept.
    Privacy(PrivacyEvent) "privacy";
    /// Webhooks and what became of each delivery.
    Webhook(WebhookEvent) "webhook";
}

/// Whether events of this name, or of this area, can happen at all.
pub fn is_known(name: &str) -> bool {
    let (area, word) = name.split_once('.').unwrap_or((name, ""));
    let tagged = match word {
        "" => Value::Null,
        word => Value::Object(Map::from_iter([(word.to_owned(), Value::Null)])),
    };
    let Err(error) = Event::untagged(area, tagged) else {
        return true;
    };
    let text = error.to_string();
    !text.contains("there is no event area") && !text.contains("unknown variant")
}

/// An event taken apart for the entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// `ticket.status_changed`.
    pub name: String,
    /// The public fields.
    pub data: Map<String, Value>,
    /// The fields that go into disclosures.
    pub sealed: Map<String, Value>,
}

impl Event {
    /// The event as `area.past_participle`.
    pub fn name(&self) -> Result<String> {
        Ok(self.parts()?.name)
    }

    /// The shape's version: the second where the question of an export is sealed, else the first.
    pub fn version(&self) -> u32 {
        let asks = matches!(
            self,
            Event::Audit(AuditEvent::Exported { .. } | AuditEvent::EvidenceExported { .. })
        );
        if asks { 2 } else { 1 }
    }

    /// Takes the event apart: its name, its public fields, its sealed fields.
    pub fn parts(&self) -> Result<Parts> {
        let (area, tagged) = self.tagged()?;
        let Value::Object(tagged) = tagged else {
            return Err(Error::fault(format!(
                "an event of area {area} has no fields"
            )));
        };
        let Some((word, Value::Object(mut data))) = tagged.into_iter().next() else {
            return Err(Error::fault(format!(
                "an event of area {area} has no fields"
            )));
        };
        let sealed = match data.remove("sealed") {
            Some(Value::Object(mut sealed)) => {
                sealed.retain(|_, value| !value.is_null());
                sealed
            }
            _ => Map::new(),
        };
        Ok(Parts {
            name: format!("{area}.{word}"),
            data,
            sealed,
        })
    }

    /// Puts an event together again; sealed fields that were erased are simply missing.
    pub fn from_parts(parts: Parts) -> Result<Event> {
        let Parts {
            name,
            mut data,
            sealed,
        } = parts;
        let Some((area, word)) = name.split_once('.') else {
            return Err(Error::fault(format!("{name} is not the name of an event")));
        };
        data.insert("sealed".to_owned(), Value::Object(sealed));
        let tagged = Map::from_iter([(word.to_owned(), Value::Object(data))]);
        Event::untagged(area, Value::Object(tagged))
    }

    /// The objects whose chains this event continues.
    pub fn objects(&self) -> Vec<Object> {
        match self {
            Event::Desk(_) | Event::Label(_) | Event::View(_) => Vec::new(),
            Event::Webhook(event) => event.objects(),
            Event::Status(event) => event.objects(),
            Event::Field(event) => event.objects(),
            Event::Member(event) => event.objects(),
            Event::Group(event) => event.objects(),
            Event::Channel(event) => event.objects(),
            Event::Contact(event) => event.objects(),
            Event::Conversation(event) => event.objects(),
            Event::Article(event) => event.objects(),
            Event::Ticket(event) => event.objects(),
            Event::Bulk(event) => event.objects(),
            Event::Macro(event) => event.objects(),
            Event::Rule(event) => event.objects(),
            Event::Bot(event) => event.objects(),
            Event::Sla(event) => event.objects(),
            Event::Assignment(event) => event.objects(),
            Event::Notification(event) => event.objects(),
            Event::Call(event) => event.objects(),
            Event::Commitment(event) => event.objects(),
            Event::Import(event) => event.objects(),
            Event::Audit(event) => event.objects(),
            Event::Checkpoint(event) => event.objects(),
            Event::Email(event) => event.objects(),
            Event::Pack(event) => event.objects(),
            Event::Privacy(event) => event.objects(),
            Event::Access(event) => event.objects(),
            Event::Export(event) => event.objects(),
        }
    }
}

/// A value before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Before.
    pub from: Value,
    /// After.
    pub to: Value,
}

/// Where a request came from: personal, so sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The address.
    #[serde(default)]
    pub address: String,
    /// The browser's own description.
    #[serde(default)]
    pub agent: String,
}

/// What is sealed in an event that only carries free text of the staff.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedReason {
    /// The words given; none once erased.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What is sealed where a request's origin is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedOrigin {
    /// Where it came from.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// The e-mail address that was typed, in a failed login.
    #[serde(default)]
    pub email: Option<String>,
}

/// What is sealed where a secret is set; never exported.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedSecret {
    /// A password's digest, or a channel's tokens.
    #[serde(default)]
    pub secret: Option<Value>,
}

/// What is sealed where content is carried.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedContent {
    /// What was said; none once erased.
    #[serde(default)]
    pub said: Option<Said>,
}

/// What was said, and what it refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The content.
    pub content: Content,
    /// What it answers or forwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// What brought the customer here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    /// What the provider says is wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

impl Said {
    /// The kind of content, as the trail and the database name it.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Text(_) => "text",
            Content::Media(media) => match media.media {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Audio => "audio",
                MediaKind::Voice => "voice",
                MediaKind::Document => "document",
                MediaKind::Sticker => "sticker",
            },
            Content::Location(_) => "location",
            Content::Contacts(_) => "contacts",
            Content::Choice(_) => "choice",
            Content::Form(_) => "form",
            Content::CallPermission(_) => "call_permission",
            Content::Order(_) => "order",
            Content::Notice(_) => "notice",
            Content::Offer(_) => "offer",
            Content::Welcome => "welcome",
            Content::Call(_) => "call",
            Content::Template(_) => "template",
            Content::Email(_) => "email",
            Content::Unsupported(_) => "unsupported",
        }
    }
}

impl From<&super::update::Message> for Said {
    fn from(message: &super::update::Message) -> Self {
        Said {
            content: message.content.clone(),
            context: message.context.clone(),
            referral: message.referral.clone(),
            problems: message.errors.clone(),
        }
    }
}

impl From<Content> for Said {
    fn from(content: Content) -> Self {
        Said {
            content,
            context: None,
            referral: None,
            problems: Vec::new(),
        }
    }
}

/// What is sealed where a contact is described.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedContact {
    /// The name the provider told.
    #[serde(default)]
    pub name: Option<String>,
    /// How providers know the contact: kind → value.
    #[serde(default)]
    pub identities: Option<BTreeMap<String, String>>,
}

/// What is sealed where a way to reach a contact is told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedIdentity {
    /// The number or address; none once erased.
    #[serde(default)]
    pub value: Option<String>,
}

/// What is sealed where a contact is described by a member.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedFields {
    /// Field → value; none once erased.
    #[serde(default)]
    pub values: Option<BTreeMap<String, String>>,
}

/// Facts about the desk as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskEvent {
    /// The first event of every desk.
    Opened {
        /// The desk's name.
        name: String,
        /// Origin line of its checkpoints.
        origin: String,
        /// The key its checkpoints are verified with.
        vkey: String,
        /// The software that opened it.
        software: String,
        /// Digest of the database's shape.
        schema: String,
    },
    /// The shape of the database changed with an upgrade; the derived tables were rebuilt.
    SchemaChanged {
        /// Digest before.
        from: String,
        /// Digest after.
        to: String,
        /// The software that did it.
        software: String,
    },
    /// The server began to answer.
    Started {
        /// Its version.
        software: String,
    },
    /// The server stopped in good order.
    Stopped {
        /// Why: the signal or command.
        reason: String,
    },
    /// The key that signs checkpoints was exchanged: this event is signed with both.
    KeyRotated {
        /// The verifier key before.
        from: String,
        /// The verifier key from now on.
        to: String,
    },
    /// The clock stepped back by more than two seconds.
    ClockStepped {
        /// By how much. **Unit:** milliseconds.
        back_ms: i64,
    },
    /// A setting was changed.
    SettingChanged {
        /// Which one.
        key: String,
        /// Before; null if it had its default.
        from: Value,
        /// After.
        to: Value,
    },
}

/// Facts about members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberEvent {
    /// Somebody joined.
    Added {
        /// Who.
        member: MemberId,
        /// The name.
        name: String,
        /// The e-mail address to sign in with.
        email: String,
        /// The role.
        role: Role,
        /// The password's digest, if one was set.
        #[serde(default)]
        sealed: SealedSecret,
    },
    /// Another role.
    RoleChanged {
        /// Whose.
        member: MemberId,
        /// The name at the time.
        name: String,
        /// Before.
        from: Role,
        /// After.
        to: Role,
    },
    /// A new password.
    PasswordChanged {
        /// Whose.
        member: MemberId,
        /// The name at the time.
        name: String,
        /// The password's digest.
        #[serde(default)]
        sealed: SealedSecret,
    },
    /// Name or preferences changed.
    ProfileChanged {
        /// Whose.
        member: MemberId,
        /// What changed: field → before and after.
        changes: BTreeMap<String, Change>,
    },
    /// No longer works here; everything done stays.
    Deactivated {
        /// Who.
        member: MemberId,
        /// The name at the time.
        name: String,
        /// Why.
        reason: String,
    },
    /// Works here again.
    Reactivated {
        /// Who.
        member: MemberId,
        /// The name at the time.
        name: String,
    },
    /// Online or away.
    PresenceChanged {
        /// Who.
        member: MemberId,
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// Signed in.
    LoggedIn {
        /// Who.
        member: MemberId,
        /// The name at the time.
        name: String,
        /// The session: hex SHA-256 of its token.
        session: String,
        /// When the session ends at the latest.
        ends_at: Moment,
        /// From where.
        #[serde(default)]
        sealed: SealedOrigin,
    },
    /// Tried to sign in and was refused.
    LoginFailed {
        /// Who, if the address belongs to somebody.
        #[serde(default)]
        member: Option<MemberId>,
        /// Why: `unknown`, `password`, `deactivated`, `limited`.
        reason: String,
        /// From where, with which address.
        #[serde(default)]
        sealed: SealedOrigin,
    },
    /// Signed out.
    LoggedOut {
        /// Who.
        member: MemberId,
        /// Which session.
        session: String,
    },
    /// A session was ended by its member or by an admin.
    SessionRevoked {
        /// Whose.
        member: MemberId,
        /// Which session.
        session: String,
    },
    /// A sensitive act was refused.
    AccessRefused {
        /// Who.
        member: MemberId,
        /// The right that was missing, in words.
        right: String,
        /// What was asked for: method and path.
        wish: String,
    },
}

/// Facts about groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupEvent {
    /// A group was made.
    Added {
        /// Which.
        group: GroupId,
        /// Its name.
        name: String,
    },
    /// It got another name.
    Renamed {
        /// Which.
        group: GroupId,
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// Somebody joined it.
    MemberAdded {
        /// Which.
        group: GroupId,
        /// Its name at the time.
        group_name: String,
        /// Who.
        member: MemberId,
        /// The name at the time.
        name: String,
    },
    /// Somebody left it.
    MemberRemoved {
        /// Which.
        group: GroupId,
        /// Its name at the time.
        group_name: String,
        /// Who.
        member: MemberId,
        /// The name at the time.
        name: String,
    },
}

/// Facts about channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelEvent {
    /// A channel was connected.
    Added {
        /// Which.
        channel: ChannelId,
        /// Its kind: `whatsapp`.
        kind: String,
        /// Its name in the webhook's URL.
        name: String,
        /// Its name for people.
        title: String,
        /// Ids and base URL, nothing secret.
        config: Map<String, Value>,
        /// The group whose queue it fills.
        #[serde(default)]
        group: Option<GroupId>,
        /// Its tokens.
        #[serde(default)]
        sealed: SealedSecret,
    },
    /// Its settings changed.
    Changed {
        /// Which.
        channel: ChannelId,
        /// What changed: field → before and after; a secret only says that it did.
        changes: BTreeMap<String, Change>,
        /// New tokens, if those changed.
        #[serde(default)]
        sealed: SealedSecret,
    },
    /// It was switched off by a person.
    Disabled {
        /// Which.
        channel: ChannelId,
        /// Why.
        reason: String,
    },
    /// It was switched on again.
    Enabled {
        /// Which.
        channel: ChannelId,
    },
    /// The provider refuses us; nothing is sent until somebody mends it.
    Stopped {
        /// Which.
        channel: ChannelId,
        /// The provider's error.
        #[serde(default)]
        code: Option<i64>,
        /// In plain words.
        text: String,
    },
    /// The connection was tried.
    Tested {
        /// Which.
        channel: ChannelId,
        /// Whether it works.
        works: bool,
        /// In plain words.
        text: String,
    },
    /// A body whose signature was missing or wrong was refused; one event per channel, address
    /// and ten minutes.
    SignatureRefused {
        /// Which.
        channel: ChannelId,
        /// From where.
        #[serde(default)]
        sealed: SealedOrigin,
    },
    /// A provider's body was kept as it came (file `raw`).
    PayloadReceived {
        /// Which.
        channel: ChannelId,
        /// Its size. **Unit:** bytes.
        size_bytes: u64,
        /// Hex SHA-256 of the bytes.
        #[serde(default)]
        sealed: SealedDigest,
    },
    /// A kept body was read.
    PayloadRead {
        /// Which.
        channel: ChannelId,
        /// The body.
        payload: Seq,
        /// How many updates it held.
        updates: u64,
    },
    /// A kept body, or a part of it, could not be read; it stays and can be read again.
    PayloadUnreadable {
        /// Which.
        channel: ChannelId,
        /// The body.
        payload: Seq,
        /// Why.
        why: String,
    },
    /// A template is new or changed.
    TemplateSynced {
        /// Which.
        channel: ChannelId,
        /// The template's name.
        name: String,
        /// Its language.
        language: String,
        /// The provider's status.
        status: String,
        /// The provider's category.
        category: String,
        /// The whole template as the provider tells it.
        template: Value,
    },
    /// A template is gone.
    TemplateRemoved {
        /// Which.
        channel: ChannelId,
        /// The template's name.
        name: String,
        /// Its language.
        language: String,
    },
    /// The provider told something about the account, the number or a template.
    NoticeReceived {
        /// Which.
        channel: ChannelId,
        /// The provider's word for it.
        field: String,
        /// In plain words.
        text: String,
        /// The body it came in.
        payload: Seq,
    },
}

/// What is sealed where a body's digest is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedDigest {
    /// Hex SHA-256.
    #[serde(default)]
    pub digest: Option<String>,
}

/// Facts about customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactEvent {
    /// A customer was met for the first time.
    Added {
        /// Who.
        contact: ContactId,
        /// Name and identities.
        #[serde(default)]
        sealed: SealedContact,
    },
    /// The name or the identities changed; those given replace or add to those known.
    Changed {
        /// Who.
        contact: ContactId,
        /// Why: `profile`, `identity`, `number_changed`, `user_id_changed`.
        why: String,
        /// What is new.
        #[serde(default)]
        sealed: SealedContact,
    },
    /// Stopped or resumed marketing messages.
    PreferenceChanged {
        /// Who.
        contact: ContactId,
        /// What about.
        category: String,
        /// The provider's word: `stop`, `resume`.
        value: String,
    },
    /// A member opened the customer's page.
    Viewed {
        /// Who was looked at.
        contact: ContactId,
    },
    /// A member wrote down another way to reach them; not proved by traffic.
    IdentityAdded {
        /// Who.
        contact: ContactId,
        /// Its kind: `phone`, `email`, `wa_id`.
        kind: String,
        /// What it is.
        #[serde(default)]
        sealed: SealedIdentity,
    },
    /// A way to reach them was taken away.
    IdentityRemoved {
        /// Who.
        contact: ContactId,
        /// Its kind.
        kind: String,
        /// What it was.
        #[serde(default)]
        sealed: SealedIdentity,
    },
    /// A member wrote down what is known of them.
    Described {
        /// Who.
        contact: ContactId,
        /// Which fields.
        fields: Vec<String>,
        /// What they hold now; an empty value was taken away.
        #[serde(default)]
        sealed: SealedFields,
    },
    /// They are the same person as another.
    Merged {
        /// Who.
        contact: ContactId,
        /// As whom they are known now.
        into: ContactId,
    },
    /// They are somebody else after all.
    Unmerged {
        /// Who.
        contact: ContactId,
        /// As whom they had been known.
        from: ContactId,
    },
    /// What they write makes no work any more; it is kept.
    Blocked {
        /// Who.
        contact: ContactId,
        /// Why.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// What they write makes work again.
    Unblocked {
        /// Who.
        contact: ContactId,
    },
    /// A table of customers was taken in.
    Imported {
        /// How many nobody knew.
        added: u64,
        /// Of how many something was new.
        changed: u64,
        /// Of how many nothing was.
        same: u64,
        /// How many lines could not be taken.
        refused: u64,
        /// Hex SHA-256 of the file.
        digest: String,
    },
}

/// Facts about conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationEvent {
    /// A customer wrote, and no conversation was open.
    Started {
        /// Which.
        conversation: ConversationId,
        /// With whom.
        contact: ContactId,
        /// On which channel.
        channel: ChannelId,
        /// The one before.
        #[serde(default)]
        previous: Option<ConversationId>,
        /// Who owns it from the start.
        owner: Owner,
        /// Whose queue it is in.
        #[serde(default)]
        group: Option<GroupId>,
    },
    /// Somebody else is responsible now.
    OwnerChanged {
        /// Which.
        conversation: ConversationId,
        /// Before.
        from: Owner,
        /// After.
        to: Owner,
        /// How.
        how: Transfer,
        /// Why this one, if a rule chose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        choice: Option<Box<Choice>>,
        /// Why.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// Another group's queue.
    GroupChanged {
        /// Which.
        conversation: ConversationId,
        /// Before.
        from: Option<GroupId>,
        /// After.
        to: Option<GroupId>,
    },
    /// Another status. Closing carries the summary beside it.
    StatusChanged {
        /// Which.
        conversation: ConversationId,
        /// Before.
        from: conversation::Status,
        /// After.
        to: conversation::Status,
        /// What closing ended, so that it can be undone; given back by the inverse.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held: Option<conversation::Held>,
    },
    /// A member found it to be spam: it ends without a summary and does not count.
    SpamMarked {
        /// Which.
        conversation: ConversationId,
        /// Whether the customer was blocked with it.
        #[serde(default)]
        blocks: bool,
    },
    /// It is no spam after all, and stands as before.
    SpamCleared {
        /// Which.
        conversation: ConversationId,
    },
    /// Put aside until an instant, or until the customer writes.
    Snoozed {
        /// Which.
        conversation: ConversationId,
        /// Until when; none if it was woken.
        until: Option<Moment>,
    },
    /// Tags came and went.
    Tagged {
        /// Which.
        conversation: ConversationId,
        /// New ones.
        added: Vec<String>,
        /// Gone ones.
        removed: Vec<String>,
    },
    /// Marked as urgent for a person, or no longer.
    Escalated {
        /// Which.
        conversation: ConversationId,
        /// Before; 0 = not escalated.
        from: u8,
        /// After.
        to: u8,
        /// Why.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// The agent confirmed what it was about.
    Summarised {
        /// Which.
        conversation: ConversationId,
        /// The summary.
        #[serde(default)]
        sealed: SealedSummary,
    },
    /// A member opened it.
    Viewed {
        /// Which.
        conversation: ConversationId,
    },
}

/// What is sealed in a summary.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedSummary {
    /// The summary; none once erased.
    #[serde(default)]
    pub summary: Option<Summary>,
}

/// Facts about articles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArticleEvent {
    /// A customer's message came.
    Received {
        /// Where it belongs.
        conversation: ConversationId,
        /// From whom.
        contact: ContactId,
        /// The kind of content.
        kind: String,
        /// The provider's id.
        provider_id: String,
        /// The provider's time.
        sent_at: Moment,
        /// The provider's id of the message it answers.
        #[serde(default)]
        reply_to: Option<String>,
        /// The body it came in.
        payload: Seq,
        /// What was said.
        #[serde(default)]
        sealed: SealedContent,
    },
    /// The owner of the number answered from the phone itself.
    Echoed {
        /// Where it belongs.
        conversation: ConversationId,
        /// To whom.
        contact: ContactId,
        /// The kind of content.
        kind: String,
        /// The provider's id.
        provider_id: String,
        /// The provider's time.
        sent_at: Moment,
        /// The body it came in.
        payload: Seq,
        /// What was said.
        #[serde(default)]
        sealed: SealedContent,
    },
    /// A message to the customer was put into the outbox (its media, if any: file `media`).
    Queued {
        /// Where it belongs.
        conversation: ConversationId,
        /// To whom.
        contact: ContactId,
        /// On which channel.
        channel: ChannelId,
        /// The kind of content.
        kind: String,
        /// The provider's id of the message it answers.
        #[serde(default)]
        reply_to: Option<String>,
        /// Sent along, so that statuses find it even if the answer is lost.
        tag: String,
        /// The article of ours it sets right; both stay.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        corrects: Option<ArticleId>,
        /// What is said.
        #[serde(default)]
        sealed: SealedContent,
    },
    /// An internal note; never visible to the customer.
    Noted {
        /// On which conversation, ticket or customer.
        object: Object,
        /// The members and groups it mentions, each once.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<Object>,
        /// The note it sets right; both stay.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        corrects: Option<ArticleId>,
        /// What it says.
        #[serde(default)]
        sealed: SealedContent,
    },
    /// We are about to hand it to the provider; written first, so that a crash is noticed.
    Attempted {
        /// Which.
        article: ArticleId,
        /// Where it belongs.
        conversation: ConversationId,
        /// The how manieth try, from 1.
        attempt: u32,
    },
    /// The provider took it.
    Accepted {
        /// Which.
        article: ArticleId,
        /// Where it belongs.
        conversation: ConversationId,
        /// The provider's id.
        provider_id: String,
    },
    /// The provider did not take it; it is tried again.
    Deferred {
        /// Which.
        article: ArticleId,
        /// Where it belongs.
        conversation: ConversationId,
        /// The provider's error.
        #[serde(default)]
        code: Option<i64>,
        /// In plain words.
        text: String,
        /// Not before.
        next_at: Moment,
    },
    /// The answer was lost: it may have been taken or not. It waits for a sign.
    Doubted {
        /// Which.
        article: ArticleId,
        /// Where it belongs.
        conversation: ConversationId,
        /// In plain words.
        text: String,
        /// When it is given up.
        next_at: Moment,
    },
    /// It is not tried again.
    Failed {
        /// Which.
        article: ArticleId,
        /// Where it belongs.
        conversation: ConversationId,
        /// The provider's error.
        #[serde(default)]
        code: Option<i64>,
        /// In plain words.
        text: String,
    },
    /// A member pressed Retry.
    Requeued {
        /// Which.
        article: ArticleId,
        /// Where it belongs.
        conversation: ConversationId,
    },
    /// The provider told what became of a message.
    Reported {
        /// Which, where it is known already.
        #[serde(default)]
        article: Option<ArticleId>,
        /// Where it belongs, where that is known.
        #[serde(default)]
        conversation: Option<ConversationId>,
        /// The provider's id.
        provider_id: String,
        /// The provider's word: `sent`, `delivered`, `read`, `failed`, …
        state: String,
        /// The provider's time.
        reported_at: Moment,
        /// The provider's error.
        #[serde(default)]
        code: Option<i64>,
        /// In plain words.
        #[serde(default)]
        text: Option<String>,
        /// The tag we sent along.
        #[serde(default)]
        tag: Option<String>,
    },
    /// Somebody reacted with an emoji, or took the reaction back.
    Reacted {
        /// The message, by the provider's id; it may come later than the reaction.
        target: String,
        /// Where it belongs, where that is known.
        #[serde(default)]
        conversation: Option<ConversationId>,
        /// With whom.
        contact: ContactId,
        /// Which side reacted.
        #[serde(default)]
        side: Side,
        /// Whether it was taken back.
        #[serde(default)]
        removed: bool,
        /// The emoji.
        #[serde(default)]
        sealed: SealedEmoji,
    },
    /// A message was changed by its author; the old version stays.
    Edited {
        /// The message, by the provider's id.
        target: String,
        /// Where it belongs, where that is known.
        #[serde(default)]
        conversation: Option<ConversationId>,
        /// With whom.
        contact: ContactId,
        /// Which side did it.
        #[serde(default)]
        side: Side,
        /// The provider's time.
        sent_at: Moment,
        /// The new version.
        #[serde(default)]
        sealed: SealedContent,
    },
    /// A message was taken back by its author; it stays on record.
    Revoked {
        /// The message, by the provider's id.
        target: String,
        /// Where it belongs, where that is known.
        #[serde(default)]
        conversation: Option<ConversationId>,
        /// With whom.
        contact: ContactId,
        /// Which side did it.
        #[serde(default)]
        side: Side,
        /// The provider's time.
        sent_at: Moment,
    },
    /// Its media was fetched from the provider (file `media`).
    MediaFetched {
        /// Which.
        article: ArticleId,
        /// Where it belongs.
        conversation: ConversationId,
        /// The type, found out from the bytes.
        media_type: String,
        /// **Unit:** bytes.
        size_bytes: u64,
    },
    /// Its media could not be fetched.
    MediaFailed {
        /// Which.
        article: ArticleId,
        /// Where it belongs.
        conversation: ConversationId,
        /// In plain words.
        text: String,
        /// When it is tried again; none if it is not.
        next_at: Option<Moment>,
    },
    /// The customer was shown that we have read up to here.
    ReadMarked {
        /// The newest message read.
        article: ArticleId,
        /// Where it belongs.
        conversation: ConversationId,
    },
}

/// What is sealed in a reaction.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedEmoji {
    /// The emoji; none once erased, or if it was taken back.
    #[serde(default)]
    pub emoji: Option<String>,
}

/// Facts about tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketEvent {
    /// A case was opened, with the conversation's articles so far as its context.
    Opened {
        /// Which.
        ticket: TicketId,
        /// Whose case.
        #[serde(default)]
        contact: Option<ContactId>,
        /// The conversation it came from.
        #[serde(default)]
        conversation: Option<ConversationId>,
        /// The newest article that was attached.
        #[serde(default)]
        attached_to: Option<ArticleId>,
        /// What kind of case.
        #[serde(rename = "type")]
        kind: String,
        /// How soon it matters.
        priority: Priority,
        /// Who is responsible.
        owner: Owner,
        /// Whose queue it is in.
        #[serde(default)]
        group: Option<GroupId>,
        /// What it is about.
        #[serde(default)]
        sealed: SealedTitle,
    },
    /// It got another title.
    Renamed {
        /// Which.
        ticket: TicketId,
        /// The new title.
        #[serde(default)]
        sealed: SealedTitle,
    },
    /// Another status.
    StatusChanged {
        /// Which.
        ticket: TicketId,
        /// Before.
        from: ticket::Status,
        /// After.
        to: ticket::Status,
        /// Whether it puts back what was before, resolution and all.
        #[serde(default, skip_serializing_if = "is_no")]
        restores: bool,
        /// Whom it waits for, if it waits for a third party.
        #[serde(default)]
        wait: Option<ticket::Wait>,
        /// What the status is called and means, where it is more than the shipped one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        named: Option<Named>,
        /// How the one before was called, where it had a name of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<String>,
        /// How it was solved, if it was.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// Somebody else is responsible now.
    OwnerChanged {
        /// Which.
        ticket: TicketId,
        /// Before.
        from: Owner,
        /// After.
        to: Owner,
        /// How.
        how: Transfer,
        /// Why this one, if a rule chose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        choice: Option<Box<Choice>>,
        /// Why.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// Another priority.
    PriorityChanged {
        /// Which.
        ticket: TicketId,
        /// Before.
        from: Priority,
        /// After.
        to: Priority,
    },
    /// Another type.
    TypeChanged {
        /// Which.
        ticket: TicketId,
        /// Before.
        from: String,
        /// After.
        to: String,
    },
    /// Another group's queue.
    GroupChanged {
        /// Which.
        ticket: TicketId,
        /// Before.
        from: Option<GroupId>,
        /// After.
        to: Option<GroupId>,
    },
    /// Tags came and went.
    Tagged {
        /// Which.
        ticket: TicketId,
        /// New ones.
        added: Vec<String>,
        /// Gone ones.
        removed: Vec<String>,
    },
    /// Marked as urgent, or no longer.
    Escalated {
        /// Which.
        ticket: TicketId,
        /// Before; 0 = not escalated.
        from: u8,
        /// After.
        to: u8,
        /// Why.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// A further conversation joined it.
    ConversationAttached {
        /// Which.
        ticket: TicketId,
        /// The conversation.
        conversation: ConversationId,
        /// Its newest article then.
        attached_to: ArticleId,
    },
    /// It lives on in another; both threads stay.
    Merged {
        /// Which.
        ticket: TicketId,
        /// In which one.
        into: TicketId,
    },
    /// It stands by itself again.
    Unmerged {
        /// Which.
        ticket: TicketId,
        /// The one it had been merged into.
        from: TicketId,
    },
    /// It was opened with articles of another thread, where they stay too.
    Split {
        /// Which.
        ticket: TicketId,
        /// The conversation or ticket they were said in.
        from: Object,
        /// Which articles.
        articles: Vec<ArticleId>,
    },
    /// The articles split off stand in their own thread alone again; the ticket is closed.
    SplitUndone {
        /// Which.
        ticket: TicketId,
        /// The conversation or ticket they were said in.
        from: Object,
        /// Which articles.
        articles: Vec<ArticleId>,
    },
    /// It was linked with another.
    Linked {
        /// Which.
        ticket: TicketId,
        /// With which.
        to: TicketId,
        /// What it is to that one.
        link: ticket::Link,
    },
    /// The link is gone.
    Unlinked {
        /// Which.
        ticket: TicketId,
        /// With which.
        to: TicketId,
        /// What it was to that one.
        link: ticket::Link,
    },
    /// A member opened it.
    Viewed {
        /// Which.
        ticket: TicketId,
    },
}

/// What is sealed in a ticket's title.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedTitle {
    /// The title; none once erased.
    #[serde(default)]
    pub title: Option<String>,
}

/// Facts about the trail itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditEvent {
    /// Part of the trail was taken out of the desk.
    Exported {
        /// `csv`, `xlsx`, `jsonl`, `ocsf`, `ecs` or `html`.
        format: String,
        /// The question in the open, as the first version of this shape held it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filter: Option<String>,
        /// How many events.
        rows: u64,
        /// Hex SHA-256 of the file.
        digest: String,
        /// The checkpoint published with it.
        size: u64,
        /// The question as people write it; it may name somebody.
        #[serde(default)]
        sealed: SealedQuestion,
    },
    /// A bundle of evidence was taken out of the desk.
    EvidenceExported {
        /// Hex SHA-256 of what `sha256sum` prints of its files in the order of their names.
        digest: String,
        /// How many events it holds.
        entries: u64,
        /// The question in the open, as the first version of this shape held it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filter: Option<String>,
        /// The ticket, conversation or customer it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<Object>,
        /// The pack it is the ground of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pack: Option<u64>,
        /// The checkpoint published with it.
        size: u64,
        /// Sealed fields that were left out on purpose.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        withheld: Vec<String>,
        /// The question as people write it; none for a case and for the whole trail.
        #[serde(default)]
        sealed: SealedQuestion,
    },
    /// The trail was verified.
    Verified {
        /// How many events.
        events: u64,
        /// How many findings.
        findings: u64,
        /// The root at that size, base64.
        root: String,
        /// `chain` or `whole`.
        depth: String,
        /// **Unit:** milliseconds.
        took_ms: u64,
    },
    /// A checkpoint over everything up to and including this event was signed and published.
    CheckpointPublished {
        /// How many events it is over.
        size: u64,
    },
}

/// Whether a switch says no: such fields are left out.
fn is_no(switch: &bool) -> bool {
    !switch
}

impl MemberEvent {
    fn objects(&self) -> Vec<Object> {
        match self {
            MemberEvent::Added { member, .. }
            | MemberEvent::RoleChanged { member, .. }
            | MemberEvent::PasswordChanged { member, .. }
            | MemberEvent::ProfileChanged { member, .. }
            | MemberEvent::Deactivated { member, .. }
            | MemberEvent::Reactivated { member, .. }
            | MemberEvent::PresenceChanged { member, .. }
            | MemberEvent::LoggedIn { member, .. }
            | MemberEvent::LoggedOut { member, .. }
            | MemberEvent::SessionRevoked { member, .. }
            | MemberEvent::AccessRefused { member, .. } => vec![Object::Member(*member)],
            MemberEvent::LoginFailed { member, .. } => member
                .iter()
                .map(|member| Object::Member(*member))
                .collect(),
        }
    }
}

impl GroupEvent {
    fn objects(&self) -> Vec<Object> {
        match self {
            GroupEvent::Added { group, .. } | GroupEvent::Renamed { group, .. } => {
                vec![Object::Group(*group)]
            }
            GroupEvent::MemberAdded { group, member, .. }
            | GroupEvent::MemberRemoved { group, member, .. } => {
                vec![Object::Group(*group), Object::Member(*member)]
            }
        }
    }
}

impl ChannelEvent {
    fn objects(&self) -> Vec<Object> {
        match self {
            ChannelEvent::Added { channel, .. }
            | ChannelEvent::Changed { channel, .. }
            | ChannelEvent::Disabled { channel, .. }
            | ChannelEvent::Enabled { channel }
            | ChannelEvent::Stopped { channel, .. }
            | ChannelEvent::Tested { channel, .. }
            | ChannelEvent::SignatureRefused { channel, .. }
            | ChannelEvent::PayloadReceived { channel, .. }
            | ChannelEvent::PayloadRead { channel, .. }
            | ChannelEvent::PayloadUnreadable { channel, .. }
            | ChannelEvent::TemplateSynced { channel, .. }
            | ChannelEvent::TemplateRemoved { channel, .. }
            | ChannelEvent::NoticeReceived { channel, .. } => vec![Object::Channel(*channel)],
        }
    }
}

impl ContactEvent {
    fn objects(&self) -> Vec<Object> {
        match self {
            ContactEvent::Added { contact, .. }
            | ContactEvent::Changed { contact, .. }
            | ContactEvent::PreferenceChanged { contact, .. }
            | ContactEvent::IdentityAdded { contact, .. }
            | ContactEvent::IdentityRemoved { contact, .. }
            | ContactEvent::Described { contact, .. }
            | ContactEvent::Blocked { contact, .. }
            | ContactEvent::Unblocked { contact }
            | ContactEvent::Viewed { contact } => vec![Object::Contact(*contact)],
            ContactEvent::Merged {
                contact,
                into: other,
            }
            | ContactEvent::Unmerged {
                contact,
                from: other,
            } => {
                vec![Object::Contact(*contact), Object::Contact(*other)]
            }
            ContactEvent::Imported { .. } => Vec::new(),
        }
    }
}

impl ConversationEvent {
    fn objects(&self) -> Vec<Object> {
        match self {
            ConversationEvent::Started {
                conversation,
                contact,
                ..
            } => {
                vec![
                    Object::Conversation(*conversation),
                    Object::Contact(*contact),
                ]
            }
            ConversationEvent::OwnerChanged { conversation, .. }
            | ConversationEvent::GroupChanged { conversation, .. }
            | ConversationEvent::StatusChanged { conversation, .. }
            | ConversationEvent::Snoozed { conversation, .. }
            | ConversationEvent::SpamMarked { conversation, .. }
            | ConversationEvent::SpamCleared { conversation }
            | ConversationEvent::Tagged { conversation, .. }
            | ConversationEvent::Escalated { conversation, .. }
            | ConversationEvent::Summarised { conversation, .. }
            | ConversationEvent::Viewed { conversation } => {
                vec![Object::Conversation(*conversation)]
            }
        }
    }
}

impl ArticleEvent {
    fn objects(&self) -> Vec<Object> {
        match self {
            ArticleEvent::Received {
                conversation,
                contact,
                ..
            }
            | ArticleEvent::Echoed {
                conversation,
                contact,
                ..
            }
            | ArticleEvent::Queued {
                conversation,
                contact,
                ..
            } => {
                vec![
                    Object::Conversation(*conversation),
                    Object::Contact(*contact),
                ]
            }
            ArticleEvent::Noted { object, .. } => vec![*object],
            ArticleEvent::Attempted { conversation, .. }
            | ArticleEvent::Accepted { conversation, .. }
            | ArticleEvent::Deferred { conversation, .. }
            | ArticleEvent::Doubted { conversation, .. }
            | ArticleEvent::Failed { conversation, .. }
            | ArticleEvent::Requeued { conversation, .. }
            | ArticleEvent::MediaFetched { conversation, .. }
            | ArticleEvent::MediaFailed { conversation, .. }
            | ArticleEvent::ReadMarked { conversation, .. } => {
                vec![Object::Conversation(*conversation)]
            }
            ArticleEvent::Reported { conversation, .. } => conversation
                .iter()
                .map(|id| Object::Conversation(*id))
                .collect(),
            ArticleEvent::Reacted {
                conversation,
                contact,
                ..
            }
            | ArticleEvent::Edited {
                conversation,
                contact,
                ..
            }
            | ArticleEvent::Revoked {
                conversation,
                contact,
                ..
            } => conversation
                .iter()
                .map(|id| Object::Conversation(*id))
                .chain([Object::Contact(*contact)])
                .collect(),
        }
    }
}

impl TicketEvent {
    fn objects(&self) -> Vec<Object> {
        match self {
            TicketEvent::Opened {
                ticket,
                contact,
                conversation,
                ..
            } => [Object::Ticket(*ticket)]
                .into_iter()
                .chain(conversation.map(Object::Conversation))
                .chain(contact.map(Object::Contact))
                .collect(),
            TicketEvent::ConversationAttached {
                ticket,
                conversation,
                ..
            } => {
                vec![Object::Ticket(*ticket), Object::Conversation(*conversation)]
            }
            TicketEvent::Merged {
                ticket,
                into: other,
            }
            | TicketEvent::Unmerged {
                ticket,
                from: other,
            }
            | TicketEvent::Linked {
                ticket, to: other, ..
            }
            | TicketEvent::Unlinked {
                ticket, to: other, ..
            } => vec![Object::Ticket(*ticket), Object::Ticket(*other)],
            TicketEvent::Split { ticket, from, .. }
            | TicketEvent::SplitUndone { ticket, from, .. } => {
                vec![Object::Ticket(*ticket), *from]
            }
            TicketEvent::Renamed { ticket, .. }
            | TicketEvent::StatusChanged { ticket, .. }
            | TicketEvent::OwnerChanged { ticket, .. }
            | TicketEvent::PriorityChanged { ticket, .. }
            | TicketEvent::TypeChanged { ticket, .. }
            | TicketEvent::GroupChanged { ticket, .. }
            | TicketEvent::Tagged { ticket, .. }
            | TicketEvent::Escalated { ticket, .. }
            | TicketEvent::Viewed { ticket } => vec![Object::Ticket(*ticket)],
        }
    }
}

impl AuditEvent {
    fn objects(&self) -> Vec<Object> {
        match self {
            AuditEvent::EvidenceExported { object, .. } => object.iter().copied().collect(),
            AuditEvent::Exported { .. }
            | AuditEvent::Verified { .. }
            | AuditEvent::CheckpointPublished { .. } => Vec::new(),
        }
    }
}
