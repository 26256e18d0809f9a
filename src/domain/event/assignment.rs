//! Facts about how groups give work out. The choices themselves stand in the changes of owner.

use crate::domain::assignment::Rule;
use crate::domain::id::{GroupId, Object};
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
}

impl AssignmentEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            AssignmentEvent::RuleSet { group, .. } => vec![Object::Group(*group)],
        }
    }
}
