//! Policies: which cases are measured, and by what. The first that fits a case holds.

use super::{Metric, Targets};
use crate::domain::id::{ChannelId, GroupId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest target. **Unit:** seconds.
pub const TARGET_MAX_S: i64 = 366 * 86_400;

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// Conversations and tickets.
    #[default]
    All,
    /// Conversations alone.
    Conversations,
    /// Tickets alone.
    Tickets,
}

/// What counts as time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The hours of a calendar.
    #[default]
    Business,
    /// Every hour.
    Calendar,
}

/// A policy. Empty conditions take every case.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Policies are tried in this order.
    pub position: u32,
    /// What it is for.
    #[serde(default)]
    pub applies: Applies,
    /// Only cases of these channels.
    #[serde(default)]
    pub channels: Vec<ChannelId>,
    /// Only cases of these groups.
    #[serde(default)]
    pub groups: Vec<GroupId>,
    /// Only tickets of these types.
    #[serde(default)]
    pub types: Vec<String>,
    /// What counts as time.
    #[serde(default)]
    pub hours: Basis,
    /// The calendar; none means that of the case's group, or the desk's.
    #[serde(default)]
    pub calendar: Option<u64>,
    /// Targets by priority. Conversations are `normal`.
    pub targets: BTreeMap<String, Targets>,
    /// At which share of a target to warn; 0 never. **Unit:** percent.
    #[serde(default)]
    pub warn_pct: u8,
    /// Escalate to this level at a breach; 0 does not.
    #[serde(default)]
    pub escalate_to: u8,
    /// Whether waiting pauses the first response too.
    #[serde(default)]
    pub pause_first_response: bool,
}

/// What policies look at in a case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traits {
    /// Whether it is a ticket.
    pub ticket: bool,
    /// Its channel.
    pub channel: Option<ChannelId>,
    /// Its group.
    pub group: Option<GroupId>,
    /// Its type.
    pub kind: Option<String>,
    /// Its priority.
    pub priority: String,
}

impl Policy {
    /// Whether a case is measured by it.
    pub fn fits(&self, case: &Traits) -> bool {
        let applies = match self.applies {
            Applies::All => true,
            Applies::Conversations => !case.ticket,
            Applies::Tickets => case.ticket,
        };
        applies
            && among(&self.channels, case.channel.as_ref())
            && among(&self.groups, case.group.as_ref())
            && among(&self.types, case.kind.as_ref())
    }

    /// The targets of a priority; one it does not name has those of `normal`.
    pub fn targets(&self, priority: &str) -> Targets {
        let named = self.targets.get(priority);
        named
            .or_else(|| self.targets.get("normal"))
            .copied()
            .unwrap_or_default()
    }

    /// What is wrong with it, in words; none if nothing is.
    pub fn trouble(&self) -> Option<(&'static str, String)> {
        if self.name.is_empty() || self.name.chars().count() > 60 {
            return Some(("name", "a name has 1 to 60 characters".to_owned()));
        }
        if self.targets.values().all(Targets::is_empty) {
            let text = "give at least one target; a policy without measures nothing";
            return Some(("targets", text.to_owned()));
        }
        for (priority, targets) in &self.targets {
            for metric in Metric::ALL {
                let odd = |target: &i64| !(60..=TARGET_MAX_S).contains(target);
                if targets.of(metric).as_ref().is_some_and(odd) {
                    let clock = metric.words();
                    let text = format!("{clock}, {priority}: a target is 1 minute to 366 days");
                    return Some(("targets", text));
                }
            }
        }
        if self.warn_pct > 99 {
            return Some(("warn_pct", "warn at 1 to 99 percent; 0 never".to_owned()));
        }
        if self.escalate_to > 3 {
            return Some(("escalate_to", "escalation levels are 0 to 3".to_owned()));
        }
        None
    }
}

fn among<T: PartialEq>(wanted: &[T], value: Option<&T>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_condition_takes_every_case_and_a_full_one_only_its_own() {
        let case = Traits {
            ticket: true,
            channel: Some(ChannelId(1)),
            kind: Some("refund".to_owned()),
            priority: "high".to_owned(),
            ..Traits::default()
        };
        let policy = Policy::default();
        assert!(policy.fits(&case));
        for (narrower, fits) in [
            (
                Policy {
                    applies: Applies::Conversations,
                    ..Policy::default()
                },
                false,
            ),
            (
                Policy {
                    channels: vec![ChannelId(1), ChannelId(2)],
                    ..Policy::default()
                },
                true,
            ),
            (
                Policy {
                    channels: vec![ChannelId(2)],
                    ..Policy::default()
                },
                false,
            ),
            (
                Policy {
                    groups: vec![GroupId(1)],
                    ..Policy::default()
                },
                false,
            ),
            (
                Policy {
                    types: vec!["refund".to_owned()],
                    ..Policy::default()
                },
                true,
            ),
        ] {
            assert_eq!(narrower.fits(&case), fits, "{narrower:?}");
        }
    }

    #[test]
    fn a_policy_without_a_target_is_none() {
        let mut policy = Policy {
            name: "Fast".to_owned(),
            ..Policy::default()
        };
        assert_eq!(policy.trouble().map(|(field, _)| field), Some("targets"));
        let mut targets = Targets::default();
        targets.set(Metric::Resolution, Some(59));
        policy.targets.insert("normal".to_owned(), targets);
        assert!(policy.trouble().is_some());
        targets.set(Metric::Resolution, Some(3_600));
        policy.targets.insert("normal".to_owned(), targets);
        assert_eq!(policy.trouble(), None);
        assert_eq!(policy.targets("odd").resolution, Some(3_600));
    }
}
