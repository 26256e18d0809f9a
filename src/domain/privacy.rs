//! Privacy: which kinds of personal content there are, on what grounds it may be erased, and how
//! long it is kept.

use super::id::{ArticleId, ContactId, Seq};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal {
        $($(#[$each:meta])* $variant:ident $word:literal $english:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$each])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// As written in the trail.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }

            /// In words.
            pub fn words(self) -> &'static str {
                match self {
                    $($name::$variant => $english,)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let known: Vec<&str> = $name::ALL.iter().map(|one| one.as_str()).collect();
                let found = $name::ALL.iter().find(|one| one.as_str() == text);
                let missing = || format!("{text} is not {what}: {all}", what = $what, all = known.join(", "));
                found.copied().ok_or_else(missing)
            }
        }
    };
}

words! {
    /// A kind of personal content.
    Kind, "a kind of content" {
        /// What customers and the desk wrote to each other, reactions too.
        Messages "messages" "Messages";
        /// Internal notes.
        Notes "notes" "Notes";
        /// Attachments, voice messages, photos.
        Files "files" "Files";
        /// What providers sent, as it came; letters as they came.
        Payloads "payloads" "Raw payloads";
        /// Names, numbers, addresses, what was written down of a customer.
        Contact "contact" "Names and addresses";
        /// Titles, resolutions and fields of tickets.
        Tickets "tickets" "Tickets";
        /// Numbers, notes and promises of calls.
        Calls "calls" "Calls";
        /// Summaries, and the reasons somebody gave.
        Reasons "reasons" "Summaries and reasons";
        /// What packs say.
        Packs "packs" "Packs";
        /// What members searched for, and what they narrowed exports to.
        Searches "searches" "Searches";
        /// Addresses and browsers of sign-ins.
        Origins "origins" "Addresses and browsers of sign-ins";
        /// Everything else that is sealed and not the desk's own.
        Other "other" "Other texts";
    }
}

words! {
    /// Why personal content is erased.
    Ground, "a ground" {
        /// The person wants it.
        Request "request" "the person asked for it";
        /// The person does not agree any more.
        Withdrawn "withdrawn" "consent was withdrawn";
        /// The person objects.
        Objection "objection" "the person objects";
        /// What it was kept for is done.
        NotNeeded "not_needed" "it is not needed any more";
        /// It should never have been kept.
        Unlawful "unlawful" "it should not have been kept";
        /// A law or an order wants it gone.
        Duty "duty" "a legal duty";
        /// A rule of the desk says how long it is kept.
        Retention "retention" "the retention rule";
    }
}

impl Kind {
    /// The kinds a retention rule can be set for.
    pub const RETAINED: [Kind; 9] = [
        Kind::Messages,
        Kind::Notes,
        Kind::Files,
        Kind::Payloads,
        Kind::Contact,
        Kind::Tickets,
        Kind::Calls,
        Kind::Searches,
        Kind::Origins,
    ];

    /// Which kind a sealed field of an event is; none if it is the desk's own: secrets, rules,
    /// macros, signatures, why something was erased or held. A field of an event that is not named
    /// here counts as personal.
    pub fn of(event: &str, field: &str) -> Option<Kind> {
        let (area, word) = event.split_once('.').unwrap_or((event, ""));
        match (area, word, field) {
            (_, _, "secret") => None,
            (_, _, "media") => Some(Kind::Files),
            (_, _, "raw") | ("channel", "payload_received", _) => Some(Kind::Payloads),
            ("member", _, "origin" | "email") | ("channel", "signature_refused", _) => {
                Some(Kind::Origins)
            }
            ("email", "signature_set", _) | ("macro" | "privacy", _, _) => None,
            ("rule", "saved", _) | ("bulk", "started", _) => None,
            ("article", "noted", _) => Some(Kind::Notes),
            ("import", "conversation_taken", _) => Some(Kind::Contact),
            ("email", "receiver_refused", _) | ("contact", _, _) => Some(Kind::Contact),
            ("article" | "email" | "bot", _, _) => Some(Kind::Messages),
            ("import", "ticket_taken", _) | ("ticket" | "field", _, _) => Some(Kind::Tickets),
            ("import", _, _) => Some(Kind::Messages),
            ("call" | "commitment", _, _) => Some(Kind::Calls),
            ("pack", _, _) => Some(Kind::Packs),
            ("access" | "view", _, _) | (_, _, "question") => Some(Kind::Searches),
            (_, _, "reason" | "summary") => Some(Kind::Reasons),
            (_, _, _) => Some(Kind::Other),
        }
    }
}

impl Ground {
    /// The grounds a person can give; the last one is for rules.
    pub fn of_people() -> impl Iterator<Item = Ground> {
        let all = Ground::ALL.iter().copied();
        all.filter(|ground| *ground != Ground::Retention)
    }
}

/// What an erasure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A customer with all conversations and tickets.
    Contact(ContactId),
    /// One article with its files, its versions and the payload it came in.
    Article(ArticleId),
    /// What one event seals.
    Event(Seq),
    /// What is older than a rule allows.
    Rule {
        /// The kind of content it is about.
        kind: Kind,
        /// The rule's version.
        version: u32,
    },
}

/// Fewest days a retention rule can say.
pub const DAYS_MIN: u32 = 1;

/// Most days a retention rule can say: a hundred years.
pub const DAYS_MAX: u32 = 36_500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_desks_own_is_not_personal() {
        for (event, field) in [
            ("member.added", "secret"),
            ("channel.changed", "secret"),
            ("macro.saved", "actions"),
            ("rule.saved", "definition"),
            ("bulk.started", "wish"),
            ("email.signature_set", "text"),
            ("privacy.hold_placed", "reason"),
        ] {
            assert_eq!(Kind::of(event, field), None, "{event} {field}");
        }
        for (event, field, kind) in [
            ("article.received", "said", Kind::Messages),
            ("article.queued", "media", Kind::Files),
            ("article.noted", "media", Kind::Files),
            ("article.noted", "said", Kind::Notes),
            ("channel.payload_received", "raw", Kind::Payloads),
            ("channel.payload_received", "digest", Kind::Payloads),
            ("contact.described", "values", Kind::Contact),
            ("contact.blocked", "reason", Kind::Contact),
            ("ticket.status_changed", "reason", Kind::Tickets),
            ("conversation.escalated", "reason", Kind::Reasons),
            ("conversation.summarised", "summary", Kind::Reasons),
            ("import.article_taken", "author_name", Kind::Messages),
            ("import.ticket_taken", "title", Kind::Tickets),
            ("commitment.made", "text", Kind::Calls),
            ("access.searched", "question", Kind::Searches),
            ("export.list_taken", "question", Kind::Searches),
            ("member.logged_in", "origin", Kind::Origins),
            ("later.happened", "words", Kind::Other),
        ] {
            assert_eq!(Kind::of(event, field), Some(kind), "{event} {field}");
        }
    }

    #[test]
    fn words_come_back() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert!("all".parse::<Ground>().is_err());
        assert_eq!(Ground::of_people().count(), Ground::ALL.len() - 1);
    }
}
