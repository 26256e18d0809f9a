//! Facts about how groups give work out. The choices themselves stand in the changes of owner.

use crate::domain::assignment::Rule;
use crate::domain::id::{GroupId, MemberId, Object};
use serde::{Deserialize, Serialize};

/// Facts about how groups give work out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentEvent {
    /// A group gives its work out by another rule.
    RuleSet {
        /// Which group.
        group: GroupId,
        /// Before.
        from: Rule,
        /// After.
        to: Rule,
    },
    /// A member gets the working hours of a calendar, or none any more.
    ShiftSet {
        /// Who.
        member: MemberId,
        /// The calendar before.
        from: Option<u64>,
        /// The calendar after.
        to: Option<u64>,
    },
    /// A member's shift began or ended, by their calendar.
    ShiftTurned {
        /// Who.
        member: MemberId,
        /// Whether it began.
        on: bool,
    },
}

impl AssignmentEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            AssignmentEvent::RuleSet { group, .. } => vec![Object::Group(*group)],
            AssignmentEvent::ShiftSet { member, .. }
            | AssignmentEvent::ShiftTurned { member, .. } => vec![Object::Member(*member)],
        }
    }
}
