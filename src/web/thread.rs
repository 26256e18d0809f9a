//! The timeline of a conversation or ticket as a page shows it: articles as bubbles, changes as
//! one-liners, days between them. Only shapes; the handlers of both areas fill them.

pub mod letter;
pub mod view;

use crate::domain::moment::Moment;
use serde::Serialize;

/// What happened, oldest first.
#[derive(Debug, Clone, Serialize)]
pub struct Timeline {
    /// Days, articles and changes in the order of the trail.
    pub entries: Vec<Entry>,
    /// Where earlier entries are.
    pub older: Option<String>,
    /// Which kinds are shown, as links that switch them.
    pub shows: Vec<Shows>,
    /// The live topics that tell of newer entries: the ids of the ticket and of its conversations,
    /// with a space between.
    pub topic: String,
}

/// A link that switches one kind of entry on or off.
#[derive(Debug, Clone, Serialize)]
pub struct Shows {
    /// Its name in English.
    pub label: &'static str,
    /// The same page with this kind switched.
    pub href: String,
    /// Whether the kind is shown now.
    pub on: bool,
}

/// One entry of a timeline.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly all entries are articles")]
pub enum Entry {
    /// A new local day begins.
    Day {
        /// An instant of that day.
        at: Moment,
    },
    /// What somebody said.
    Article(Article),
    /// What somebody did.
    Change(Change),
}

/// Something that was done: a sentence that links to its event.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Its place in the trail.
    pub seq: u64,
    /// When.
    pub at: Moment,
    /// What sort of actor did it: `member`, `bot`, `rule`, `contact`, `token`, `system` or
    /// `provider`.
    pub actor_kind: String,
    /// The sentence, in the reader's language.
    pub sentence: String,
    /// Its picture in the sprite.
    pub icon: &'static str,
    /// Empty, `warn` or `bad`.
    pub tone: &'static str,
}

/// Whose side of the thread an article stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The customer.
    Them,
    /// The desk: a member or the bot.
    Us,
    /// Internal: the customer never sees it.
    Note,
}

/// What somebody said.
#[derive(Debug, Clone, Serialize)]
pub struct Article {
    /// The event that recorded it.
    pub id: u64,
    /// When the desk got or queued it.
    pub at: Moment,
    /// Whose side it is on.
    pub side: Side,
    /// Who wrote it.
    pub author: String,
    /// `contact`, `member`, `bot` or `system`.
    pub author_kind: String,
    /// Whether the entry before is by the same author, a moment earlier.
    pub follows: bool,
    /// The name of the channel, where the timeline has more than one.
    pub channel: Option<String>,
    /// What it says or shows.
    pub content: Content,
    /// What it answers.
    pub quoted: Option<Quoted>,
    /// What it sets right.
    pub corrects: Option<Quoted>,
    /// What sets it right.
    pub corrected_by: Vec<u64>,
    /// The tickets it was split off into.
    pub split_into: Vec<String>,
    /// The words in it that mention somebody, in lower case.
    pub mentions: Vec<String>,
    /// Forwarded: `once` or `often`.
    pub forwarded: Option<&'static str>,
    /// The advertisement or post the customer came from.
    pub referral: Option<Referral>,
    /// Reactions to it.
    pub reactions: Vec<Reaction>,
    /// What it said before the customer edited it, oldest first.
    pub before: Vec<Version>,
    /// When the customer took it back.
    pub taken_back_at: Option<Moment>,
    /// What became of it on the way to the customer; `None` for what came in.
    pub delivery: Option<Delivery>,
    /// Whether a reply may quote it.
    pub quotable: bool,
    /// Whether a new article may set it right.
    pub correctable: bool,
    /// The payload it was read from, for those with the right.
    pub raw: Option<String>,
}

/// What an article says or shows.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// Words.
    Text {
        /// With WhatsApp's marks in it.
        text: String,
    },
    /// A picture, sticker, film, sound or document.
    Media {
        /// `image`, `sticker`, `video`, `audio`, `voice` or `document`.
        media: &'static str,
        /// The file.
        file: File,
        /// The words under it.
        caption: Option<String>,
    },
    /// A place.
    Location {
        /// Its name.
        name: Option<String>,
        /// Its address.
        address: Option<String>,
        /// North of the equator. **Unit:** degrees.
        latitude: f64,
        /// East of Greenwich. **Unit:** degrees.
        longitude: f64,
    },
    /// Visiting cards.
    Contacts {
        /// One per person.
        cards: Vec<Card>,
    },
    /// A button or a row of a list the customer chose.
    Choice {
        /// What it said.
        title: String,
        /// The line under it.
        description: Option<String>,
    },
    /// Words with choices to tap.
    Offer {
        /// The words, with WhatsApp's marks in them.
        text: String,
        /// What stands on the button that opens the list; none for buttons.
        opens: Option<String>,
        /// The choices: title and second line.
        choices: Vec<(String, Option<String>)>,
    },
    /// A form the customer filled in.
    Form {
        /// Its fields and what was put there.
        fields: Vec<(String, String)>,
    },
    /// Goods the customer would like.
    Order {
        /// What was written with it.
        text: Option<String>,
        /// One per product.
        items: Vec<OrderItem>,
        /// The sum, with its currency, where all items share one.
        total: Option<String>,
    },
    /// A template, as the customer sees it.
    Template {
        /// Its name at WhatsApp.
        name: String,
        /// Its language.
        language: String,
        /// The text with the parameters in place.
        text: String,
        /// The file above it.
        heading: Option<Box<Content>>,
    },
    /// A call with its note and what was promised in it.
    Call {
        /// The card.
        call: Box<crate::web::calls::Card>,
    },
    /// Something WhatsApp tells about the contact (a changed number).
    System {
        /// The sentence.
        text: String,
    },
    /// An e-mail.
    Letter {
        /// As a bubble shows it.
        letter: letter::Letter,
    },
    /// A kind this desk cannot show; the payload is kept.
    Unsupported {
        /// What is known of it.
        what: String,
    },
    /// Removed by the privacy door.
    Removed {
        /// Who removed it, when and why.
        removed: crate::web::privacy::Removed,
    },
}

/// A file of an article.
#[derive(Debug, Clone, Serialize)]
pub struct File {
    /// Where members can open it; `None` while there is none.
    pub href: Option<String>,
    /// Its name.
    pub name: String,
    /// Its media type, by its bytes.
    pub media_type: String,
    /// Its size. **Unit:** bytes.
    pub size_bytes: Option<u64>,
    /// `ready`, `fetching` or `failed`.
    pub state: &'static str,
    /// Why there is no file.
    pub reason: Option<String>,
}

/// A visiting card.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    /// The person.
    pub name: String,
    /// Where they work.
    pub organisation: Option<String>,
    /// Numbers and addresses, as sent.
    pub ways: Vec<String>,
}

/// One product of an order.
#[derive(Debug, Clone, Serialize)]
pub struct OrderItem {
    /// What the shop calls it.
    pub product: String,
    /// How many.
    pub quantity: String,
    /// The price of one, with its currency.
    pub price: String,
}

/// The original a message answers.
#[derive(Debug, Clone, Serialize)]
pub struct Quoted {
    /// The article, if the desk has it.
    pub id: Option<u64>,
    /// Who wrote it.
    pub author: String,
    /// Its first words.
    pub text: String,
}

/// The advertisement or post a customer came from.
#[derive(Debug, Clone, Serialize)]
pub struct Referral {
    /// `ad` or `post`.
    pub source: String,
    /// Its headline.
    pub headline: String,
    /// Its text.
    pub body: String,
    /// Its address, only if http or https.
    pub href: Option<String>,
}

/// A reaction under an article.
#[derive(Debug, Clone, Serialize)]
pub struct Reaction {
    /// The picture.
    pub emoji: String,
    /// Who reacted.
    pub author: String,
}

/// What an article said before it was edited.
#[derive(Debug, Clone, Serialize)]
pub struct Version {
    /// Until when it said that.
    pub until: Moment,
    /// What it said.
    pub text: String,
}

/// The way of an article to the customer.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// `queued`, `sent`, `delivered`, `read` or `failed`.
    pub state: &'static str,
    /// Since when.
    pub at: Moment,
    /// Why it failed, in plain words.
    pub reason: Option<String>,
    /// Whether it may be tried again.
    pub may_retry: bool,
}
