//! The names of things: each kind of object has its own type and its own letter on screen, in
//! URLs and in the trail (`C-88`, `T-1042`, `K-17`).

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The place of an event in the trail, counted from 0; it is also the event's leaf index.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// An article is known by the event that recorded it.
pub type ArticleId = Seq;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $letter:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "-{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                text.strip_prefix(concat!($letter, "-"))
                    .filter(|digits| !digits.starts_with(['0', '+']))
                    .and_then(|digits| digits.parse().ok())
                    .map($name)
                    .ok_or_else(|| format!(concat!("{} is not of the form ", $letter, "-1"), text))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A conversation: one contact on one channel from start to end.
    ConversationId "C";
    /// A ticket: a tracked case.
    TicketId "T";
    /// A contact: the customer.
    ContactId "K";
    /// A member: a person who works here.
    MemberId "M";
    /// A channel: a connected mouth and ear.
    ChannelId "H";
    /// A group: a team with a queue.
    GroupId "G";
}

impl FromStr for Seq {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse()
            .map(Seq)
            .map_err(|_| format!("{text} is not the number of an event"))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An object with a chain of its own in the trail; the first three are chained (`of`), see
/// [`crate::domain::event::Event::objects`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// A conversation.
    Conversation(ConversationId),
    /// A ticket.
    Ticket(TicketId),
    /// A contact.
    Contact(ContactId),
    /// A member.
    Member(MemberId),
    /// A channel.
    Channel(ChannelId),
    /// A group.
    Group(GroupId),
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Conversation(id) => id.fmt(f),
            Object::Ticket(id) => id.fmt(f),
            Object::Contact(id) => id.fmt(f),
            Object::Member(id) => id.fmt(f),
            Object::Channel(id) => id.fmt(f),
            Object::Group(id) => id.fmt(f),
        }
    }
}

impl FromStr for Object {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.as_bytes().first() {
            Some(b'C') => text.parse().map(Object::Conversation),
            Some(b'T') => text.parse().map(Object::Ticket),
            Some(b'K') => text.parse().map(Object::Contact),
            Some(b'M') => text.parse().map(Object::Member),
            Some(b'H') => text.parse().map(Object::Channel),
            Some(b'G') => text.parse().map(Object::Group),
            _ => Err(format!("{text} is not the name of an object")),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
