//! What an article says, in the desk's own words: the content of a WhatsApp message (later of an
//! e-mail or a call). These shapes go into facts that live for ever: fields are only ever added,
//! each with a default. No floats: coordinates, prices and quantities are decimal texts.

pub mod email;
mod offer;
mod wording;

pub use offer::{Offer, Offered};
pub use wording::{PREVIEW_CHARS, one_line};

use super::moment::Moment;
use super::sending::Class;
use serde::{Deserialize, Serialize};

/// Everything one article can hold. A reaction, an edit and a revocation are not articles but
/// updates about one ([`super::update::News`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// Words, with the channel's own marks (`*bold*`, `_italic_`) left as they are.
    Text(Text),
    /// A file: photo, video, audio, voice message, document or sticker.
    Media(Media),
    /// A place on the map.
    Location(Location),
    /// Address cards.
    Contacts(Cards),
    /// An offered choice was taken: a button, a row of a list, a quick reply of a template.
    Choice(Choice),
    /// A filled-in form.
    Form(Form),
    /// The customer allowed or refused to be called.
    CallPermission(CallPermission),
    /// A shopping basket.
    Order(Order),
    /// The provider speaks about the conversation, not the customer in it.
    Notice(Notice),
    /// The customer opened the chat for the first time and has said nothing yet.
    Welcome,
    /// A call that rang or was held on this channel.
    Call(Call),
    /// Words with choices to tap, sent by us.
    Offer(Offer),
    /// A prepared and approved message, filled in and sent by us.
    Template(Template),
    /// An e-mail.
    Email(Box<email::Email>),
    /// Something this version cannot show; its raw form is kept.
    Unsupported(Unsupported),
}

/// Words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Text {
    /// The words.
    pub text: String,
}

/// A file and what the provider says about it; none of which is to be trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    /// What sort of file it is shown as.
    pub media: MediaKind,
    /// The provider's name for the file, by which it is fetched or sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_id: Option<String>,
    /// The type the sender claims, with parameters (`audio/ogg; codecs=opus`).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mime: String,
    /// The name the sender gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// The words under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// The digest the provider announced, in lower-case hex; absent if it was not one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// How long the file is, where known. **Unit:** bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// A sticker that moves.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub animated: bool,
}

/// The sorts of file a channel tells apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A still picture.
    Image,
    /// A film.
    Video,
    /// A sound file.
    Audio,
    /// A sound recorded in the chat.
    Voice,
    /// Any other file.
    #[default]
    Document,
    /// A sticker.
    Sticker,
}

/// A place on the map.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Location {
    /// **Unit:** decimal degrees north, as text; as received, so it may be nonsense.
    pub latitude: String,
    /// **Unit:** decimal degrees east, as text; as received, so it may be nonsense.
    pub longitude: String,
    /// What the place is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// A page about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Address cards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cards {
    /// One per person or firm.
    pub cards: Vec<Card>,
}

/// One address card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// The name as it is to be shown.
    pub name: String,
    /// Telephone numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<CardPhone>,
    /// E-mail addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<CardLine>,
    /// Postal addresses, each on one line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<CardLine>,
    /// Web pages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<CardLine>,
    /// Firm, department and post, joined by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// As written by the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    /// The card in vCard form, where one came along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vcard: Option<String>,
    /// How the card came about: `contact_info_request` if the customer was asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// A telephone number on a card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardPhone {
    /// The number as written.
    pub phone: String,
    /// `CELL`, `WORK`, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The WhatsApp number behind it, digits only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// The business-scoped user id behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

/// A labelled line of a card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardLine {
    /// The line.
    pub value: String,
    /// `WORK`, `HOME`, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A taken choice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// What it was chosen from.
    pub from: ChoiceFrom,
    /// Our own name for the choice (a template's quick reply calls it payload).
    pub id: String,
    /// What the customer saw and tapped.
    pub title: String,
    /// The second line of a list row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What a choice was taken from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceFrom {
    /// A reply button.
    #[default]
    Button,
    /// A list.
    List,
    /// The quick reply of a template.
    Template,
}

/// A filled-in form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Form {
    /// The provider's word for the sort of form (`flow`, `address_message`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The words shown in the chat in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The answers: JSON text exactly as received.
    pub answers: String,
}

/// Whether we may call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallPermission {
    /// Allowed.
    pub granted: bool,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
}

/// A shopping basket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Order {
    /// The catalogue it was picked from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog_id: Option<String>,
    /// What the customer wrote with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What is in it.
    pub items: Vec<OrderItem>,
}

/// One line of a basket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderItem {
    /// Our own number of the article in the catalogue.
    pub product_id: String,
    /// A decimal text.
    pub quantity: String,
    /// A decimal text. **Unit:** `currency`.
    pub unit_price: String,
    /// Three letters.
    pub currency: String,
}

/// The provider's word about the conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notice {
    /// The provider's name for what happened.
    pub event: String,
    /// The provider's sentence.
    pub text: String,
}

/// A call on this channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Call {
    /// Who called whom.
    pub direction: CallDirection,
    /// What became of it.
    pub outcome: CallOutcome,
    /// How long they spoke. **Unit:** seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<u64>,
}

/// Who called whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallDirection {
    /// The customer called us.
    #[default]
    In,
    /// We called the customer.
    Out,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// It rings or is being held.
    #[default]
    Open,
    /// Nobody took it.
    Missed,
    /// They spoke.
    Answered,
    /// It was refused.
    Rejected,
    /// It broke.
    Failed,
}

/// A prepared message, filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Template {
    /// Its name at the provider.
    pub name: String,
    /// Its language at the provider (`en_US`).
    pub language: String,
    /// The values that were put in, in the order of the places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// The file in its header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_media: Option<Media>,
    /// The whole as the customer reads it: header, body and footer with the values put in.
    pub text: String,
    /// What stands on its buttons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<String>,
}

/// A value put into a template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    /// Where it goes.
    pub place: Place,
    /// The button's position, counted from 0; 0 elsewhere.
    #[serde(skip_serializing_if = "is_zero")]
    pub button: u8,
    /// Its name in a template with named places; absent where places are numbered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What was put in.
    pub value: String,
}

/// Where a template's value goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The heading.
    Header,
    /// The text.
    #[default]
    Body,
    /// The end of a link button's address.
    LinkButton,
    /// What a quick-reply button sends back to us.
    ReplyButton,
    /// The code of a copy button.
    CodeButton,
}

/// Something this version cannot show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unsupported {
    /// The provider's name for it (`poll`, `video_note`, …); empty if it gave none.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Why it cannot be shown, in the provider's words or ours.
    pub reason: String,
    /// The message as received, JSON text; cut after 16 000 bytes.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub raw: String,
}

/// What an article refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// The provider id of the message it answers; maybe one we never saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Who wrote that message, as the provider names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to_author: Option<String>,
    /// It was passed on from another chat.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    /// It was passed on more than five times.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forwarded_often: bool,
    /// The product it asks about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<Product>,
}

/// A product of a catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Product {
    /// The catalogue.
    pub catalog_id: String,
    /// Our own number of the article in it.
    pub product_id: String,
}

/// The advertisement or post that brought the customer here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Referral {
    /// Where it can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `ad` or `post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Its number at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// Its heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The picture or film in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    /// The provider's number of the click.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
    /// The greeting the customer was shown before writing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome: Option<String>,
}

/// What the provider says went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// The provider's number of the error; 0 if it gave none.
    pub code: i64,
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Its sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub details: String,
    /// What to do about it, as the channel judged when it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// What to tell the agent, in the channel's plain words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}
