//! One conversation: its header, timeline, composer and details.

pub mod acts;
pub mod choices;
pub mod compose;
pub mod letter;
pub mod show;
mod templates;

use crate::domain::moment::Moment;
use crate::web::settings::macros::Offered;
use crate::web::thread::{Article, Change, Quoted, Timeline};
use serde::Serialize;
use std::collections::BTreeMap;

/// `conversations/show.html`
#[derive(Debug, Clone, Serialize)]
pub struct ConversationPage {
    /// The thread.
    pub thread: Thread,
}

/// A conversation as the inbox and its own page show it.
#[derive(Debug, Clone, Serialize)]
pub struct Thread {
    /// `C-88`.
    pub id: String,
    /// What must not be erased of it.
    pub holds: Vec<crate::web::privacy::HoldLine>,
    /// Its address.
    pub href: String,
    /// The customer's name, or how WhatsApp knows them.
    pub title: String,
    /// The view it is shown in, with the timeline, not the details, in front.
    pub here: String,
    /// The list it was opened from.
    pub list: String,
    /// Where the details are on a phone.
    pub details_href: String,
    /// Its status.
    pub status: Status,
    /// Who is responsible.
    pub owner: Option<Person>,
    /// The team whose queue it is in.
    pub group: Option<String>,
    /// The channel.
    pub channel: ChannelName,
    /// Raised, with the reason.
    pub escalation: Option<Escalation>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<Moment>,
    /// Its clocks, if it is measured.
    pub sla: Option<crate::web::sla::Line>,
    /// Put aside until then.
    pub snoozed_until: Option<Moment>,
    /// Who else looks at it now.
    pub present: Vec<Presence>,
    /// What this member may do now.
    pub may: Actions,
    /// What happened.
    pub timeline: Timeline,
    /// Where to write; `None` for those who only read.
    pub composer: Option<Composer>,
    /// What was written and refused, where the composer cannot hold it any more.
    pub unsent: Option<Unsent>,
    /// The pane beside it.
    pub details: Details,
    /// Whether the reader is choosing articles to split off.
    pub selecting: bool,
}

/// Words that were not sent because the thread changed meanwhile.
#[derive(Debug, Clone, Serialize)]
pub struct Unsent {
    /// Why.
    pub sentence: String,
    /// The words.
    pub text: String,
}

/// A status by its name and category.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Its id, as forms send it.
    pub id: String,
    /// Its name in English.
    pub name: String,
    /// `new`, `open`, `waiting`, `done` or `final`.
    pub category: String,
}

/// Somebody responsible.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    /// `M-3`; empty for the bot.
    pub id: String,
    /// Their name.
    pub name: String,
    /// `member` or `bot`.
    pub kind: &'static str,
    /// Whether it is the reader.
    pub me: bool,
}

/// A channel by name.
#[derive(Debug, Clone, Serialize)]
pub struct ChannelName {
    /// `H-1`.
    pub id: String,
    /// As the settings name it.
    pub name: String,
    /// `whatsapp`; also its picture in the sprite.
    pub kind: String,
}

/// Why something was raised.
#[derive(Debug, Clone, Serialize)]
pub struct Escalation {
    /// 1 is the lowest.
    pub level: u8,
    /// In the words of who raised it.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// Somebody else on the same page.
#[derive(Debug, Clone, Serialize)]
pub struct Presence {
    /// Their name.
    pub name: String,
    /// Whether they are writing.
    pub writing: bool,
}

/// What the reader may do with a thread now, with what the forms offer.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Actions {
    /// Become its owner.
    pub take: bool,
    /// Take it from somebody, with a reason.
    pub take_from: bool,
    /// Give it back to the bot.
    pub to_bot: bool,
    /// Give it to somebody.
    pub assign: bool,
    /// Members who can own it, id and name.
    pub members: Vec<(String, String)>,
    /// Groups, id and name.
    pub groups: Vec<(String, String)>,
    /// Statuses it can go to.
    pub statuses: Vec<Status>,
    /// Change its tags.
    pub tag: bool,
    /// Tags in use, for the suggestions.
    pub known_tags: Vec<String>,
    /// Types a ticket can be of, name and label.
    pub types: Vec<(String, String)>,
    /// Raise it, or end that.
    pub escalate: bool,
    /// Put it aside until a time, or take it up again.
    pub snooze: bool,
    /// Close it.
    pub close: bool,
    /// Open it again.
    pub reopen: bool,
    /// Mark it as spam.
    pub spam: bool,
    /// Take that mark away.
    pub not_spam: bool,
    /// Open a ticket from it.
    pub open_ticket: bool,
    /// What was typed into a form that was refused, by field.
    pub typed: BTreeMap<String, String>,
    /// What is wrong there, by field; the sentence for the whole form has no field.
    pub wrong: BTreeMap<String, String>,
    /// Which form was refused and stands open: `owner`, `status`, `closing`, …
    pub refused: String,
}

/// Where the reader writes.
#[derive(Debug, Clone, Serialize)]
pub struct Composer {
    /// The address of the thread; replies go to `…/replies`, notes to `…/notes`.
    pub action: String,
    /// `reply`, `note`, `call` or `template`.
    pub mode: &'static str,
    /// Whether the reader may write to the customer.
    pub may_reply: bool,
    /// The bot owns the thread: first take over.
    pub bot_owns: bool,
    /// The words in which one takes over from the bot, in the customer's language, while nobody has
    /// written since.
    pub transition: Option<String>,
    /// The 24 hours, where the channel has them.
    pub window: Option<Window>,
    /// What only an e-mail has; none on other channels.
    pub letter: Option<letter::LetterForm>,
    /// Choices to tap, where the channel has them.
    pub choices: Option<choices::ChoicesForm>,
    /// What was written so far.
    pub draft: String,
    /// When that was kept. **Unit:** milliseconds since 1970.
    pub draft_at: Option<i64>,
    /// What the reply answers.
    pub reply_to: Option<Quoted>,
    /// What is set right.
    pub corrects: Option<Quoted>,
    /// The names a note offers behind an `@`.
    pub mentionable: Vec<String>,
    /// Canned replies and macros to use.
    pub offered: Vec<Offered>,
    /// The canned reply whose words were inserted: `3` or `3.es`.
    pub canned: Option<String>,
    /// The newest article the writer has seen.
    pub seen: u64,
    /// What came in between, if the thread moved on.
    pub moved_on: Vec<Article>,
    /// Statuses for "send and set status".
    pub statuses: Vec<Status>,
    /// Templates WhatsApp has approved.
    pub templates: Vec<TemplateName>,
    /// The template being filled in.
    pub template: Option<TemplateForm>,
    /// The form for a call, where it is open.
    pub call: Option<crate::web::calls::CallForm>,
    /// Files that may be attached, as the input's `accept`.
    pub accept: String,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
}

/// The customer-service window of WhatsApp.
#[derive(Debug, Clone, Serialize)]
pub struct Window {
    /// Whether one may write freely.
    pub open: bool,
    /// When it closes or closed; `None` if the customer never wrote.
    pub until: Option<Moment>,
    /// Under two hours left.
    pub closing: bool,
}

/// A template to choose.
#[derive(Debug, Clone, Serialize)]
pub struct TemplateName {
    /// Its name at WhatsApp.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Its category at WhatsApp.
    pub category: String,
    /// Its text, parameters in double braces.
    pub text: String,
    /// The page with this template chosen.
    pub href: String,
}

/// A chosen template with its parameters.
#[derive(Debug, Clone, Serialize)]
pub struct TemplateForm {
    /// Its name at WhatsApp.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The file that stands above the text, where it has one.
    pub heading: Option<Heading>,
    /// One per parameter.
    pub parameters: Vec<Parameter>,
    /// What the customer will see, with what is filled in so far.
    pub preview: String,
}

/// The file a template wants above its text.
#[derive(Debug, Clone, Serialize)]
pub struct Heading {
    /// What sort of file: `Photo`, `Video`, `Document`.
    pub word: &'static str,
    /// The types it may have, for the file field.
    pub accept: String,
}

/// One parameter of a template.
#[derive(Debug, Clone, Serialize)]
pub struct Parameter {
    /// Its name or number.
    pub key: String,
    /// What stands there now.
    pub value: String,
    /// What Meta was given as an example.
    pub example: String,
}

/// The pane beside a thread.
#[derive(Debug, Clone, Serialize)]
pub struct Details {
    /// Tickets that hold this conversation.
    pub tickets: Vec<TicketLine>,
    /// Tickets that were split off from it.
    pub split_off: Vec<crate::web::tickets::joins::Other>,
    /// The summary.
    pub summary: Option<Summary>,
    /// The customer.
    pub contact: ContactPanel,
    /// Who did what, the newest first.
    pub audit: Vec<Change>,
    /// All of it.
    pub audit_href: String,
}

/// A ticket in one line.
#[derive(Debug, Clone, Serialize)]
pub struct TicketLine {
    /// `T-1042`.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Its status.
    pub status: Status,
    /// Who is responsible.
    pub owner: Option<String>,
}

/// What a conversation was about, agreed by a person.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Summary {
    /// What the customer wanted.
    pub issue: String,
    /// What was done.
    pub actions: String,
    /// What came of it.
    pub outcome: String,
    /// What is still to do, and by whom.
    pub next_step: String,
    /// Who confirmed it; a draft has nobody.
    pub by: Option<String>,
    /// When.
    pub at: Option<Moment>,
}

/// The customer beside a thread.
#[derive(Debug, Clone, Serialize)]
pub struct ContactPanel {
    /// `K-17`.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Kind (`phone`, `whatsapp`, `user id`, `e-mail`) and value.
    pub identities: Vec<(String, String)>,
    /// The language they write.
    pub language: Option<String>,
    /// First seen.
    pub since: Moment,
    /// Their conversations, the newest first, without this one.
    pub earlier: Vec<ConversationLine>,
}

/// A conversation in one line.
#[derive(Debug, Clone, Serialize)]
pub struct ConversationLine {
    /// `C-88`.
    pub id: String,
    /// What was said last, or the issue of its summary.
    pub text: String,
    /// Its status.
    pub status: Status,
    /// When something last happened.
    pub at: Moment,
}
