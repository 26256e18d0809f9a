//! Assignment: who gets work that nobody owns. The arithmetic of a group's rule, with a reason for
//! everybody who was passed over.

use super::id::{GroupId, MemberId, Seq};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How a group's work is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Members take from the queue.
    #[default]
    Manual,
    /// Each in turn.
    RoundRobin,
    /// Whoever has least open work.
    LeastLoaded,
}

/// A group's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rule {
    /// How work is given out.
    pub method: Method,
    /// Most open conversations and tickets of one member; 0 = no cap.
    pub cap: u32,
    /// After how long away a member's open work returns to the queue; 0 = it stays.
    /// **Unit:** minutes.
    pub away_min: u32,
}

/// Why somebody was chosen, for the event of the choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Whose rule.
    pub group: GroupId,
    /// How it gives out.
    pub method: Method,
    /// The event that set the rule.
    pub rule: Seq,
    /// The open work of the one chosen, before.
    pub open: u64,
    /// How many could have been chosen.
    pub able: u64,
    /// Who could not, and why: `away`, `off_shift`, `cap`, `role`, `gave_back`.
    #[serde(default)]
    pub passed_over: Vec<PassedOver>,
}

/// Somebody who was not chosen, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Who.
    pub member: MemberId,
    /// Why.
    pub why: String,
}

/// A member of the group, as the rule sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// Whether they are online, not away.
    pub online: bool,
    /// Whether their own working hours are open; true for who has none.
    pub on_shift: bool,
    /// Whether their role may work.
    pub may_work: bool,
    /// Whether they have just given this very thing back.
    pub gave_back: bool,
    /// Their open conversations and tickets.
    pub open: u64,
    /// When this group's rule chose them last.
    pub last: Option<Seq>,
}

impl Method {
    /// All methods.
    pub const ALL: [Method; 3] = [Method::Manual, Method::RoundRobin, Method::LeastLoaded];

    /// The method as written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Manual => "manual",
            Method::RoundRobin => "round_robin",
            Method::LeastLoaded => "least_loaded",
        }
    }

    /// The method as people read it.
    pub fn words(self) -> &'static str {
        match self {
            Method::Manual => "by hand: members take from the queue",
            Method::RoundRobin => "each in turn",
            Method::LeastLoaded => "to whoever has least open work",
        }
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Method::ALL
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or_else(|| format!("{text} is not a way to give work out"))
    }
}

/// Chooses one of a group; none if nobody can be chosen or members take by hand.
pub fn choose(
    group: GroupId,
    rule: Rule,
    set_by: Seq,
    candidates: &[Candidate],
) -> Option<(Candidate, Choice)> {
    let mut passed_over = Vec::new();
    let mut able: Vec<&Candidate> = Vec::new();
    for candidate in candidates {
        let why = if !candidate.may_work {
            Some("role")
        } else if !candidate.on_shift {
            Some("off_shift")
        } else if !candidate.online {
            Some("away")
        } else if rule.cap > 0 && candidate.open >= u64::from(rule.cap) {
            Some("cap")
        } else if candidate.gave_back {
            Some("gave_back")
        } else {
            None
        };
        match why {
            Some(why) => passed_over.push(PassedOver {
                member: candidate.member,
                why: why.to_owned(),
            }),
            None => able.push(candidate),
        }
    }
    let turn = |candidate: &Candidate| (candidate.last.map(|seq| seq.0 + 1), candidate.member);
    let chosen = match rule.method {
        Method::Manual => None,
        Method::RoundRobin => able.iter().min_by_key(|one| turn(one)),
        Method::LeastLoaded => able.iter().min_by_key(|one| (one.open, turn(one))),
    }?;
    let choice = Choice {
        group,
        method: rule.method,
        rule: set_by,
        open: chosen.open,
        able: able.len() as u64,
        passed_over,
    };
    Some(((*chosen).clone(), choice))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: u64, open: u64, last: Option<u64>) -> Candidate {
        Candidate {
            member: MemberId(id),
            name: format!("M{id}"),
            online: true,
            on_shift: true,
            may_work: true,
            gave_back: false,
            open,
            last: last.map(Seq),
        }
    }

    fn chosen(method: Method, cap: u32, all: &[Candidate]) -> Option<u64> {
        let rule = Rule {
            method,
            cap,
            away_min: 0,
        };
        choose(GroupId(1), rule, Seq(9), all).map(|(one, _)| one.member.0)
    }

    #[test]
    fn each_method_has_its_order() {
        let all = [
            candidate(1, 3, Some(10)),
            candidate(2, 5, None),
            candidate(3, 3, Some(7)),
        ];
        assert_eq!(chosen(Method::Manual, 0, &all), None);
        assert_eq!(chosen(Method::RoundRobin, 0, &all), Some(2));
        assert_eq!(chosen(Method::LeastLoaded, 0, &all), Some(3));
        assert_eq!(chosen(Method::LeastLoaded, 3, &all), None, "all at the cap");
    }

    #[test]
    fn who_was_passed_over_is_told_with_the_reason() {
        let mut all = [1, 2, 3, 4, 5, 6].map(|id| candidate(id, 0, None));
        all[0].online = false;
        all[1].may_work = false;
        all[2].gave_back = true;
        all[3].open = 4;
        all[5].on_shift = false;
        let rule = Rule {
            method: Method::RoundRobin,
            cap: 4,
            away_min: 0,
        };
        let (one, choice) = choose(GroupId(1), rule, Seq(9), &all).unwrap();
        assert_eq!((one.member.0, choice.able), (5, 1));
        let why: Vec<&str> = choice.passed_over.iter().map(|one| &*one.why).collect();
        assert_eq!(why, ["away", "role", "gave_back", "cap", "off_shift"]);
    }
}
