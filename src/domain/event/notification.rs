//! Facts about notifications: who was told what, and what they made of it.

use crate::domain::action::Audience;
use crate::domain::id::{MemberId, Object, Seq};
use crate::domain::moment::Moment;
use crate::domain::notification::{Kind, Ways};
use serde::{Deserialize, Serialize};

/// Facts about notifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationEvent {
    /// A rule, or a member with a macro, asked that somebody be told of something.
    Asked {
        /// What of.
        object: Object,
        /// Who.
        to: Audience,
        /// What they read.
        #[serde(default)]
        sealed: SealedNotice,
    },
    /// A member was told of an event.
    Told {
        /// Who.
        member: MemberId,
        /// What about.
        kind: Kind,
        /// The event.
        about: Seq,
        /// What the event happened to.
        object: Object,
        /// In which ways.
        ways: Ways,
        /// Whether they were looking at it already, so that nothing rang.
        #[serde(default)]
        quiet: bool,
    },
    /// A copy by e-mail of what a member was told was tried.
    CopyTried {
        /// Who.
        member: MemberId,
        /// The event that told them.
        notification: Seq,
        /// Counted from 1.
        attempt: u32,
        /// Whether it was handed over.
        sent: bool,
        /// When it is tried again; none once sent or given up.
        #[serde(default)]
        next_at: Option<Moment>,
        /// Why it was not taken, in English.
        #[serde(default)]
        trouble: Option<String>,
    },
    /// A member has seen what they were told.
    Read {
        /// Who.
        member: MemberId,
        /// Which: the events that told them.
        notifications: Vec<Seq>,
    },
    /// A member chose other ways for a kind.
    Preferred {
        /// Who.
        member: MemberId,
        /// Which kind.
        kind: Kind,
        /// Before.
        from: Ways,
        /// After.
        to: Ways,
    },
}

/// What is sealed where somebody asks that others be told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedNotice {
    /// What they read; none once erased.
    #[serde(default)]
    pub text: Option<String>,
}

impl NotificationEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            NotificationEvent::Asked { object, .. } => vec![*object],
            NotificationEvent::Told { member, .. }
            | NotificationEvent::CopyTried { member, .. }
            | NotificationEvent::Read { member, .. }
            | NotificationEvent::Preferred { member, .. } => vec![Object::Member(*member)],
        }
    }
}
