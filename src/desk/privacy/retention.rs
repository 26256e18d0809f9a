//! Retention: how long each kind of content is kept, what that would erase now, and erasing it.
//! What is held stays, and so does what belongs to a case that is not closed.

use super::{holds, targets};
use crate::desk::members;
use crate::domain::event::Fact;
use crate::domain::event::privacy::PrivacyEvent;
use crate::domain::id::{ContactId, Object, Seq};
use crate::domain::member::Right;
use crate::domain::moment::{DAY_MS, HOUR_MS, Moment};
use crate::domain::privacy::{DAYS_MAX, DAYS_MIN, Ground, Kind, Subject};
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most sealed fields erased at once.
pub const BATCH: usize = 30_000;

/// Sealed fields looked at in one portion.
const PORTION: u32 = 5_000;

/// At this hour (UTC) a day's content becomes one day older for every rule, so that a rule has
/// something to do once a day and not all day long.
const HOUR: i64 = 3;

/// How long one kind is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Which kind.
    pub kind: Kind,
    /// Which version of the rule; 0 if none was ever set.
    pub version: u32,
    /// For how long; none keeps it for ever. **Unit:** days.
    pub days: Option<u32>,
    /// The event that set it.
    pub seq: Option<Seq>,
}

/// What a rule would erase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The rule.
    pub rule: Rule,
    /// Event and field, the oldest first.
    pub targets: BTreeSet<(Seq, String)>,
    /// How many more are old enough and under a legal hold.
    pub held: u64,
    /// How many more are old enough and belong to a case that is not closed.
    pub open: u64,
    /// Whether there is more than was counted.
    pub more: bool,
}

// Decide

/// Sets how long a kind is kept.
///
/// **Refuses:** without the right, a kind no rule is for, too few or too many days.
pub fn set(now: &Now<'_>, kind: Kind, days: Option<u32>) -> Result<Vec<Fact>> {
    members::demand(now, Right::Erase)?;
    if !Kind::RETAINED.contains(&kind) {
        let text = format!("there is no retention rule for {kind}");
        return Err(Refusal::invalid(text).into());
    }
    if days.is_some_and(|days| !(DAYS_MIN..=DAYS_MAX).contains(&days)) {
        let text = format!("a whole number of days from {DAYS_MIN} to {DAYS_MAX}, or nothing");
        return Err(Refusal::invalid(text).at("days").into());
    }
    let known = rule(now, kind)?;
    if known.days == days {
        return Ok(Vec::new());
    }
    let set = PrivacyEvent::RetentionSet {
        kind,
        version: known.version + 1,
        from: known.days,
        to: days,
    };
    Ok(vec![set.into()])
}

/// Erases what is older than the rules allow, as much as one batch holds; nothing, if nothing is.
pub fn run(now: &Now<'_>) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    let mut left = BATCH;
    for due in due(now, left)? {
        let targets: Vec<(Seq, String)> = due.targets.into_iter().take(left).collect();
        left -= targets.len();
        let counts = BTreeMap::from([(due.rule.kind, targets.len() as u64)]);
        let parts = targets.chunks(super::PART).len() as u32;
        let first = facts.len();
        for (part, targets) in (1..).zip(targets.chunks(super::PART)) {
            let erased = PrivacyEvent::Erased {
                subject: Subject::Rule {
                    kind: due.rule.kind,
                    version: due.rule.version,
                },
                object: None,
                counts: counts.clone(),
                ground: Ground::Retention,
                asked_by: None,
                request: None,
                part,
                parts,
                targets: targets.to_vec(),
                sealed: Default::default(),
            };
            let mut fact = Fact::from(erased);
            fact.cause = match part {
                1 => due.rule.seq.map(crate::domain::event::Cause::Event),
                _ => Some(crate::domain::event::Cause::Earlier(first)),
            };
            facts.push(fact);
        }
    }
    Ok(facts)
}

// Ask

/// The rule for a kind, as it stands.
pub fn rule(now: &Now<'_>, kind: Kind) -> Result<Rule> {
    let found = now.maybe(
        "SELECT version, days, seq FROM retention WHERE kind = :kind",
        &[(":kind", &kind.as_str())],
        |row| {
            Ok(Rule {
                kind,
                version: row.get("version")?,
                days: row.get("days")?,
                seq: row.get("seq")?,
            })
        },
    )?;
    Ok(found.unwrap_or(Rule {
        kind,
        version: 0,
        days: None,
        seq: None,
    }))
}

/// All rules, one for each kind.
pub fn rules(now: &Now<'_>) -> Result<Vec<Rule>> {
    Kind::RETAINED
        .into_iter()
        .map(|kind| rule(now, kind))
        .collect()
}

/// What the rules would erase now; about `limit` sealed fields are found for each.
pub fn due(now: &Now<'_>, limit: usize) -> Result<Vec<Due>> {
    let mut found: BTreeMap<Kind, (Due, Moment)> = BTreeMap::new();
    for rule in rules(now)? {
        let Some(days) = rule.days else {
            continue; // kept for ever
        };
        let until = cutoff(now.at(), days);
        let due = Due {
            rule,
            targets: BTreeSet::new(),
            held: 0,
            open: 0,
            more: false,
        };
        found.insert(due.rule.kind, (due, until));
    }
    let Some(newest) = found.values().map(|(_, until)| *until).max() else {
        return Ok(Vec::new());
    };
    let mut sieve = Sieve::new(now)?;
    let mut after = (Seq(0), String::new());
    loop {
        let portion: Vec<(Seq, String, String, Moment)> = now.all(
            "SELECT disclosure.seq AS seq, field, event, at FROM disclosure JOIN trail USING (seq)
              WHERE (disclosure.seq, field) > (:seq, :field) AND at < :until
              ORDER BY disclosure.seq, field LIMIT :limit",
            &[
                (":seq", &after.0),
                (":field", &after.1),
                (":until", &newest),
                (":limit", &PORTION),
            ],
            |row| {
                Ok((
                    row.get("seq")?,
                    row.get("field")?,
                    row.get("event")?,
                    row.get("at")?,
                ))
            },
        )?;
        let last = portion.len() < PORTION as usize;
        for (seq, field, event, at) in portion {
            after = (seq, field.clone());
            let Some(kind) = Kind::of(&event, &field) else {
                continue; // the desk's own
            };
            let Some((due, until)) = found.get_mut(&kind) else {
                continue; // kept for ever
            };
            if at >= *until || event == "view.saved" {
                continue; // young enough; a view is kept until somebody removes it
            }
            match sieve.fate(now, seq, kind, *until)? {
                _ if due.targets.len() >= limit => due.more = true,
                Fate::Due => {
                    due.targets.insert((seq, field));
                }
                Fate::Held => due.held += 1,
                Fate::Open => due.open += 1,
            }
        }
        let full = found.values().all(|(due, _)| due.more);
        if last || full {
            break;
        }
    }
    Ok(found.into_values().map(|(due, _)| due).collect())
}

/// Content from before this is older than so many days.
fn cutoff(now: Moment, days: u32) -> Moment {
    Moment((day(now) - i64::from(days)) * DAY_MS)
}

/// The day from which ages are counted.
fn day(now: Moment) -> i64 {
    (now.0 - HOUR * HOUR_MS).div_euclid(DAY_MS)
}

/// What decides whether the rules have anything new to do: the day, and the last change of rules
/// and holds. What is closed meanwhile is of the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    day: i64,
    changed: Seq,
}

/// The occasion as it is now.
pub fn occasion(now: &Now<'_>) -> Result<Occasion> {
    let changed: Option<Seq> = now.value(
        "SELECT max(newest) FROM (
             SELECT max(seq) AS newest FROM trail WHERE event = 'privacy.retention_set'
             UNION ALL SELECT max(seq) FROM trail WHERE event = 'privacy.hold_released')",
        &[],
    )?;
    Ok(Occasion {
        day: day(now.at()),
        changed: changed.unwrap_or_default(),
    })
}

enum Fate {
    Due,
    Held,
    Open,
}

/// Tells what may go.
struct Sieve {
    held: BTreeSet<Object>,
    known: HashMap<(Object, bool), bool>,
}

impl Sieve {
    fn new(now: &Now<'_>) -> Result<Self> {
        let mut held = BTreeSet::new();
        for hold in holds::all(now)? {
            held.extend(holds::covered(now, hold.object)?);
        }
        Ok(Sieve {
            held,
            known: HashMap::new(),
        })
    }

    fn fate(&mut self, now: &Now<'_>, seq: Seq, kind: Kind, until: Moment) -> Result<Fate> {
        let objects: Vec<Object> = now.all(
            "SELECT object FROM event_object WHERE seq = :seq
             UNION SELECT object FROM trail JOIN event_object USING (seq) WHERE cause = :seq
             ORDER BY 1 LIMIT 500",
            &[(":seq", &seq)],
            |row| row.get("object"),
        )?;
        if objects.iter().any(|object| self.held.contains(object)) {
            return Ok(Fate::Held);
        }
        for object in objects {
            let open = match object {
                Object::Contact(contact) if kind == Kind::Contact => {
                    self.is_met(now, contact, until)?
                }
                Object::Conversation(_) | Object::Ticket(_) => self.is_open(now, object)?,
                _ => false, // no case
            };
            if open {
                return Ok(Fate::Open);
            }
        }
        Ok(Fate::Due)
    }

    /// Whether a case is not closed.
    fn is_open(&mut self, now: &Now<'_>, object: Object) -> Result<bool> {
        if let Some(known) = self.known.get(&(object, false)) {
            return Ok(*known);
        }
        let open = targets::is_open(now, object)?;
        self.known.insert((object, false), open);
        Ok(open)
    }

    /// Whether a customer still has a case that is not closed, or had one since.
    fn is_met(&mut self, now: &Now<'_>, contact: ContactId, until: Moment) -> Result<bool> {
        let object = Object::Contact(contact);
        if let Some(known) = self.known.get(&(object, true)) {
            return Ok(*known);
        }
        let met: bool = now.value(
            "SELECT EXISTS (SELECT 1 FROM conversation
                     WHERE contact = :id AND (status <> 'closed' OR last_at >= :until))
                 OR EXISTS (SELECT 1 FROM ticket WHERE contact = :id
                     AND (category NOT IN ('done', 'final') OR changed_at >= :until))",
            &[(":id", &contact), (":until", &until)],
        )?;
        self.known.insert((object, true), met);
        Ok(met)
    }
}
