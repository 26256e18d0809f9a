//! Facts about webhooks and what became of each delivery.

use super::SealedSecret;
use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use serde::{Deserialize, Serialize};

/// Facts about webhooks. A delivery is known by its hook and the event it tells of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookEvent {
    /// A webhook was written, or written anew.
    Saved {
        /// Which.
        hook: u64,
        /// Counted from 1.
        version: u32,
        /// What it is called.
        name: String,
        /// The machine it goes to.
        host: String,
        /// The events that go out, by name.
        kinds: Vec<String>,
        /// The address and the secret bodies are signed with.
        #[serde(default)]
        sealed: SealedSecret,
    },
    /// It was switched on or off.
    Switched {
        /// Which.
        hook: u64,
        /// Whether it is on now.
        on: bool,
    },
    /// A rule, or a member with a macro, asked that a hook be told of something.
    Asked {
        /// Which hook.
        hook: u64,
        /// What it is to be told of.
        object: Object,
    },
    /// A delivery was tried.
    Attempted {
        /// Which hook.
        hook: u64,
        /// Its version.
        version: u32,
        /// The event it tells of.
        about: Seq,
        /// Counted from 1; 0 was put off because the one before did not get through.
        attempt: u32,
        /// The other side's answer; none if there was none.
        #[serde(default)]
        status: Option<u16>,
        /// How long it took. **Unit:** milliseconds.
        #[serde(default)]
        took_ms: u64,
        /// Whether it was taken.
        taken: bool,
        /// When it is tried again; none once taken or given up.
        #[serde(default)]
        next_at: Option<Moment>,
        /// Why it was not taken, in English.
        #[serde(default)]
        trouble: Option<String>,
    },
    /// A member asked for a delivery to be sent again.
    Renewed {
        /// Which hook.
        hook: u64,
        /// The event it tells of.
        about: Seq,
    },
}

impl WebhookEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            WebhookEvent::Asked { object, .. } => vec![*object],
            WebhookEvent::Saved { .. }
            | WebhookEvent::Switched { .. }
            | WebhookEvent::Attempted { .. }
            | WebhookEvent::Renewed { .. } => Vec::new(),
        }
    }
}
