//! Settings: the checklist of a new desk, channels, members, groups, switches, and what is mine.

pub mod actions;
pub mod bot;
pub mod calendars;
pub mod channels;
pub mod desk;
pub mod fields;
pub mod groups;
pub mod home;
pub mod labels;
pub mod macros;
pub mod mailboxes;
pub mod members;
pub mod mine;
pub mod phones;
pub mod rules;
pub mod sla;
pub mod statuses;
pub mod webhooks;

use crate::domain::moment::Moment;
use crate::error::{Error, RefusalKind, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// `settings/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct SettingsPage {
    /// What a new desk needs: what, why, where, and whether it is done.
    pub checklist: Vec<ChecklistItem>,
    /// The areas this member may open.
    pub areas: Vec<SettingsArea>,
}

/// One line of the checklist.
#[derive(Debug, Clone, Serialize)]
pub struct ChecklistItem {
    /// What to do, in English.
    pub title: &'static str,
    /// What it brings, in English.
    pub text: &'static str,
    /// Where.
    pub href: &'static str,
    /// Whether it is done.
    pub done: bool,
}

/// An area of the settings.
#[derive(Debug, Clone, Serialize)]
pub struct SettingsArea {
    /// Its name in English.
    pub title: &'static str,
    /// What is there, in English.
    pub text: &'static str,
    /// Its picture.
    pub icon: &'static str,
    /// Its address.
    pub href: &'static str,
}

/// `settings/channels.html`
#[derive(Debug, Clone, Serialize)]
pub struct ChannelsPage {
    /// The channels.
    pub channels: Vec<ChannelRow>,
    /// Groups whose queue a channel may fill, id and name.
    pub groups: Vec<(String, String)>,
    /// Which form was refused: `whatsapp` or `phone`.
    pub kind: &'static str,
    /// What was typed into the form for a new one.
    pub typed: BTreeMap<String, String>,
    /// What is wrong there, by field.
    pub wrong: BTreeMap<String, String>,
}

/// One channel in the list.
#[derive(Debug, Clone, Serialize)]
pub struct ChannelRow {
    /// `H-1`.
    pub id: String,
    /// `whatsapp`, `email` or `phone`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The number or address customers see.
    pub address: String,
    /// `active`, `disabled` or `stopped`.
    pub state: String,
    /// Why it stopped.
    pub trouble: Option<String>,
    /// When something last came in.
    pub last_at: Option<Moment>,
    /// Payloads nobody could read.
    pub unreadable: u64,
}

/// `settings/channel.html`: one WhatsApp channel.
#[derive(Debug, Clone, Serialize)]
pub struct ChannelPage {
    /// The channel in one line.
    pub channel: ChannelRow,
    /// Where Meta sends to.
    pub webhook_url: String,
    /// The word Meta asks for when the address is entered there; `None` where it stays hidden.
    pub verify_token: Option<String>,
    /// What may be shown of its settings, by field: `name`, `title`, `phone_number_id`, `waba_id`,
    /// `display_number`, `base_url`, `version`, `group`. Secrets are write-only.
    pub values: BTreeMap<String, String>,
    /// Groups whose queue it may fill, id and name.
    pub groups: Vec<(String, String)>,
    /// What the last test said, and whether it went well.
    pub test: Option<(bool, String, Moment)>,
    /// Templates as last synced.
    pub templates: Vec<TemplateRow>,
    /// When.
    pub synced_at: Option<Moment>,
    /// Payloads nobody could read.
    pub payloads: Vec<PayloadRow>,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
    /// Changes of this channel, the newest first: event, sentence, when.
    pub history: Vec<(u64, String, Moment)>,
}

/// A template as WhatsApp knows it.
#[derive(Debug, Clone, Serialize)]
pub struct TemplateRow {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// Its category.
    pub category: String,
    /// Its state at WhatsApp, `APPROVED`.
    pub state: String,
    /// Its text.
    pub text: String,
}

/// A payload nobody could read.
#[derive(Debug, Clone, Serialize)]
pub struct PayloadRow {
    /// The event that kept it.
    pub seq: u64,
    /// When it came.
    pub at: Moment,
    /// Why it could not be read.
    pub reason: String,
    /// Where the bytes are.
    pub href: String,
    /// Its size. **Unit:** bytes.
    pub size_bytes: u64,
}

/// `settings/members.html`
#[derive(Debug, Clone, Serialize)]
pub struct MembersPage {
    /// The members, active first.
    pub members: Vec<MemberRow>,
    /// Roles the reader may give, id and name in English.
    pub roles: Vec<(&'static str, &'static str)>,
    /// What was typed into the form for a new one.
    pub typed: BTreeMap<String, String>,
    /// What is wrong there, by field.
    pub wrong: BTreeMap<String, String>,
}

/// One member.
#[derive(Debug, Clone, Serialize)]
pub struct MemberRow {
    /// `M-3`.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their e-mail.
    pub email: String,
    /// Their role.
    pub role: String,
    /// Names of their groups.
    pub groups: Vec<String>,
    /// Whether they can sign in.
    pub active: bool,
    /// When they were last here.
    pub last_at: Option<Moment>,
    /// Whether the reader may change them.
    pub may_change: bool,
    /// Whether it is the reader.
    pub me: bool,
}

/// `settings/member.html`: one member.
#[derive(Debug, Clone, Serialize)]
pub struct MemberPage {
    /// The member.
    pub member: MemberRow,
    /// Roles the reader may give, id and name in English.
    pub roles: Vec<(&'static str, &'static str)>,
    /// Calendars whose hours may hold them, id and name.
    pub calendars: Vec<(String, String)>,
    /// The one that does; empty for none.
    pub calendar: String,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
    /// What they did, in the trail.
    pub audit_href: String,
}

/// `settings/groups.html`
#[derive(Debug, Clone, Serialize)]
pub struct GroupsPage {
    /// The groups.
    pub groups: Vec<GroupRow>,
    /// Members one can put into a group, id and name.
    pub members: Vec<(String, String)>,
    /// Ways to give work out, id and name in English.
    pub methods: Vec<(&'static str, &'static str)>,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
    /// What was typed for a new group.
    pub typed: BTreeMap<String, String>,
}

/// One group.
#[derive(Debug, Clone, Serialize)]
pub struct GroupRow {
    /// `G-1`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Ids of its members.
    pub members: Vec<String>,
    /// How it gives its work out: `manual`, `round_robin` or `least_loaded`.
    pub method: String,
    /// Most open work of one member; 0 = no cap.
    pub cap: String,
    /// Minutes away after which work returns; 0 = never.
    pub away_min: String,
}

/// `settings/labels.html`: the list of tags, or of ticket types.
#[derive(Debug, Clone, Serialize)]
pub struct LabelsPage {
    /// `tag` or `type`.
    pub list: &'static str,
    /// Its address.
    pub href: String,
    /// The words, the retired ones last.
    pub labels: Vec<LabelRow>,
    /// Colours to choose.
    pub colours: Vec<&'static str>,
    /// What was typed for a new one.
    pub typed: BTreeMap<String, String>,
    /// What is wrong, by field, or by `of ` and the label's name.
    pub wrong: BTreeMap<String, String>,
}

/// One word of a list.
#[derive(Debug, Clone, Serialize)]
pub struct LabelRow {
    /// Its name; never changes.
    pub name: String,
    /// How it is called.
    pub label: String,
    /// Its colour.
    pub colour: &'static str,
    /// The pill it is shown as.
    pub pill: &'static str,
    /// How many things carry it.
    pub uses: u64,
    /// Whether it is not offered any more.
    pub retired: bool,
    /// Where it is changed.
    pub href: String,
    /// The event that changed it last.
    pub seq: u64,
}

/// `settings/desk.html`: switches of the desk.
#[derive(Debug, Clone, Serialize)]
pub struct DeskPage {
    /// The settings.
    pub settings: Vec<SettingRow>,
    /// What is wrong, by key.
    pub wrong: BTreeMap<String, String>,
}

/// One setting of the desk.
#[derive(Debug, Clone, Serialize)]
pub struct SettingRow {
    /// Its key, as `trailbox set` takes it.
    pub key: String,
    /// What it does, in English.
    pub title: String,
    /// `switch`, `number` or `text`.
    pub kind: &'static str,
    /// Its value now; a switch is `on` or `off`.
    pub value: String,
    /// What it is chosen from; empty where it is written.
    pub choices: Vec<String>,
    /// Who changed it last, and when.
    pub changed: Option<(u64, String, Moment)>,
}

/// `settings/sessions.html`: where I am signed in.
#[derive(Debug, Clone, Serialize)]
pub struct SessionsPage {
    /// My sessions, this one first.
    pub sessions: Vec<SessionRow>,
}

/// One session.
#[derive(Debug, Clone, Serialize)]
pub struct SessionRow {
    /// What the form sends to end it.
    pub id: String,
    /// The browser, in a few words.
    pub browser: String,
    /// The address.
    pub address: String,
    /// Since when.
    pub since: Moment,
    /// When it was last used.
    pub last_at: Moment,
    /// When it ends by itself.
    pub until: Moment,
    /// Whether it is the one that asks.
    pub this: bool,
}

/// `settings/profile.html`: what is mine.
#[derive(Debug, Clone, Serialize)]
pub struct ProfilePage {
    /// My name.
    pub name: String,
    /// My e-mail.
    pub email: String,
    /// `en`, `es`, `ar`, `ur`.
    pub language: String,
    /// Languages to choose, code and own name.
    pub languages: Vec<(&'static str, &'static str)>,
    /// My extension at the phone system.
    pub extension: String,
    /// My zone.
    pub zone: String,
    /// Zones to choose.
    pub zones: Vec<String>,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
}

/// What is wrong with a form, by field.
type Wrong = BTreeMap<String, String>;

/// What came of a form: on to a page that says so, or the form again with the sentence at its
/// field. Other refusals have pages of their own.
fn answered<T>(
    granted: Result<T>,
    done: impl FnOnce(T) -> Response,
    again: impl FnOnce(Wrong) -> Result<Response>,
) -> Result<Response> {
    match granted {
        Ok(granted) => Ok(done(granted)),
        Err(Error::Refusal(refusal)) => match refusal.kind {
            RefusalKind::Invalid | RefusalKind::Conflict | RefusalKind::TooMany => {
                let field = refusal.field.unwrap_or_default().to_owned();
                let wrong = Wrong::from([(field, refusal.text.clone())]);
                Ok(again(wrong)?.with_status(refusal.status()))
            }
            RefusalKind::NotSignedIn
            | RefusalKind::Forbidden
            | RefusalKind::NotFound
            | RefusalKind::TooLarge
            | RefusalKind::Unavailable => Err(refusal.into()),
        },
        Err(fault) => Err(fault),
    }
}

/// What was typed into a form, without what must not be shown again.
fn typed(visit: &Visit<'_>, fields: &[&str]) -> BTreeMap<String, String> {
    let typed = |field: &&str| ((*field).to_owned(), visit.field(field).to_owned());
    fields.iter().map(typed).collect()
}
