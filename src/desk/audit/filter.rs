//! What a list of events is narrowed to, and which events pass: a page at a time, with how many
//! there are, and with the groups they fall into.

use super::streams::{Budget, Either, says};
use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::Now;
use serde_json::Value;

/// What a list of events is narrowed to; none narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// One actor: `M-3`, `K-17`, `outbox`.
    pub actor: Option<String>,
    /// One kind of actor.
    pub actor_kind: Option<String>,
    /// One event, or all of an area: `ticket.status_changed`, `ticket`.
    pub event: Option<String>,
    /// Objects it must all be about: ticket, conversation, customer, channel, member, group.
    pub objects: Vec<Object>,
    /// From this instant on.
    pub from: Option<Moment>,
    /// Before this instant.
    pub until: Option<Moment>,
    /// Articles, tickets and customers with these words.
    pub text: Option<String>,
    /// And with these, one after the other.
    pub phrases: Vec<String>,
    /// From this event on.
    pub since: Option<Seq>,
    /// Before this event.
    pub before: Option<Seq>,
    /// Further conditions, which must all hold.
    pub more: Vec<Condition>,
    /// What the field that changed was before: one of these.
    pub was: Vec<String>,
    /// What it became: one of these.
    pub became: Vec<String>,
}

/// One of several things must fit, or none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Whether none may fit.
    pub not: bool,
    /// The things.
    pub any: Vec<Test>,
}

/// One thing an event can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It was done by this actor.
    Actor(String),
    /// It was done by this kind of actor.
    Kind(String),
    /// It is this event.
    Event(String),
    /// It is about this object.
    Object(Object),
    /// It came through this door.
    Door(String),
    /// It directly follows from this event.
    Cause(Seq),
    /// It is exactly this event.
    Seq(Seq),
    /// It brought a text with these words.
    Words(String),
}

/// Rows that may be read for one page: what indexes hold is read in well under a microsecond each.
const PAGE_BUDGET: u64 = 60_000;

/// Rows that may be read for a page and to count; and to count at least.
const BOTH_BUDGET: u64 = 80_000;
const COUNT_BUDGET: u64 = 20_000;

/// Events that are counted one by one before it is only said that there are more.
pub const COUNT_MAX: u64 = 10_000;

/// Events that are sorted into groups at most.
pub const GROUPED_MAX: u32 = 3_000;

/// A page of events that pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Their places, the newest first.
    pub places: Vec<Seq>,
    /// Where looking stopped before it was done: the events before this one were not looked at.
    pub stopped: Option<Seq>,
    /// Whether there are no older ones.
    pub is_end: bool,
    /// How much was read. **Unit:** rows.
    pub read: u64,
}

/// How many events pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// More than so many.
    MoreThan(u64),
    /// Not all was looked at, and none was found so far.
    Unknown,
}

impl Count {
    fn at_least(found: u64) -> Self {
        found.checked_sub(1).map_or(Count::Unknown, Count::MoreThan)
    }
}

/// The events that pass, newest first, as far as a bounded search finds them.
pub fn find(now: &Now<'_>, filter: &Filter, limit: u32) -> Result<Found> {
    let mut budget = Budget(PAGE_BUDGET);
    let mut found = walk(now, filter, limit, &mut budget)?;
    found.read = PAGE_BUDGET - budget.0;
    Ok(found)
}

/// The same without a bound on how much is read.
pub fn all(now: &Now<'_>, filter: &Filter, limit: u32) -> Result<Vec<Seq>> {
    Ok(walk(now, filter, limit, &mut Budget(u64::MAX))?.places)
}

/// How many events pass, beside a page of which so much was read. `newest` are those found already,
/// if the newest of all are among them.
pub fn count(now: &Now<'_>, filter: &Filter, newest: Option<&Found>, read: u64) -> Result<Count> {
    if *filter == Filter::default() {
        return Ok(Count::Exactly(now.next_seq().0));
    }
    let (mut rest, mut known) = (filter.clone(), 0);
    if let Some(newest) = newest {
        known = newest.places.len() as u64;
        match (newest.is_end, newest.stopped) {
            (true, _) => return Ok(Count::Exactly(known)),
            (false, Some(_)) => return Ok(Count::at_least(known)),
            (false, None) => {}
        }
        rest.before = newest.places.last().copied().or(rest.before);
    }
    let mut budget = Budget(BOTH_BUDGET.saturating_sub(read).max(COUNT_BUDGET));
    let left = COUNT_MAX.saturating_sub(known) as u32 + 1; // far below 2^32
    let found = walk(now, &rest, left, &mut budget)?;
    let so_many = known + found.places.len() as u64;
    Ok(match found.stopped {
        None if so_many <= COUNT_MAX => Count::Exactly(so_many),
        None => Count::MoreThan(COUNT_MAX),
        Some(_) => Count::at_least(so_many),
    })
}

fn walk(now: &Now<'_>, filter: &Filter, limit: u32, budget: &mut Budget) -> Result<Found> {
    let mut found = Found {
        places: Vec::new(),
        stopped: None,
        is_end: false,
        read: 0,
    };
    // Instants become places first: the trail's instants never decrease.
    let since = filter.from.map(|from| place_at(now, from)).transpose()?;
    let until = filter.until.map(|until| place_at(now, until)).transpose()?;
    let low = since.max(filter.since).unwrap_or_default().0;
    let bounds = [Some(now.next_seq()), until, filter.before];
    let top = bounds.into_iter().flatten().min().unwrap_or_default().0;
    let Some(mut at) = top.checked_sub(1) else {
        found.is_end = true;
        return Ok(found);
    };
    let conditions = conditions(now, filter)?;
    let streams = |not: bool| -> Vec<Either<'_>> {
        let wanted = conditions.iter().filter(|condition| condition.not == not);
        wanted.map(|condition| Either::of(&condition.any)).collect()
    };
    let (mut all, mut none) = (streams(false), streams(true));
    loop {
        if at < low {
            found.is_end = true;
            break;
        }
        if found.places.len() >= limit as usize {
            break;
        }
        budget.spend(1);
        let place = agreed(now, &mut all, at, budget)?;
        if budget.is_spent() {
            found.stopped = Some(Seq(place.unwrap_or(at) + 1));
            break;
        }
        match place.filter(|place| *place >= low) {
            None => {
                found.is_end = true;
                break;
            }
            Some(place) => at = place,
        }
        let mut passes = true;
        for stream in &mut none {
            passes &= !stream.holds(now, at, budget)?;
        }
        if passes && passes_closely(now, filter, Seq(at), budget)? {
            found.places.push(Seq(at));
        }
        match at.checked_sub(1) {
            Some(below) => at = below,
            None => {
                found.is_end = true;
                break;
            }
        }
    }
    Ok(found)
}

/// The newest place at or below one where all streams agree.
fn agreed(
    now: &Now<'_>,
    streams: &mut [Either<'_>],
    from: u64,
    budget: &mut Budget,
) -> Result<Option<u64>> {
    let mut at = from;
    loop {
        let before = at;
        for stream in streams.iter_mut() {
            match stream.at_or_below(now, at, budget)? {
                Some(place) => at = place,
                None if budget.is_spent() => return Ok(Some(at)),
                None => return Ok(None),
            }
        }
        if at == before {
            return Ok(Some(at));
        }
    }
}

/// What no index answers is asked of the event itself.
fn passes_closely(now: &Now<'_>, filter: &Filter, at: Seq, budget: &mut Budget) -> Result<bool> {
    for phrase in &filter.phrases {
        budget.spend(15);
        if !says(now, at, phrase)? {
            return Ok(false);
        }
    }
    if filter.was.is_empty() && filter.became.is_empty() {
        return Ok(true);
    }
    budget.spend(20);
    let entry: String = now.value("SELECT entry FROM event WHERE seq = :at", &[(":at", &at)])?;
    let entry: Value = serde_json::from_str(&entry)?;
    let fits = |side: &str, wanted: &[String]| {
        wanted.is_empty()
            || sides(&entry, side)
                .iter()
                .any(|value| is_one(value, wanted))
    };
    Ok(fits("from", &filter.was) && fits("to", &filter.became))
}

/// The values an event says a field had before or has after.
fn sides<'v>(entry: &'v Value, side: &str) -> Vec<&'v Value> {
    let data = entry.get("data").unwrap_or(&Value::Null);
    let mut values: Vec<&Value> = data.get(side).into_iter().collect();
    if let Some(Value::Object(changes)) = data.get("changes") {
        values.extend(changes.values().filter_map(|pair| pair.get(side)));
    }
    values
}

/// Whether a value is one of these words; a thing is known by its id, its kind or its name.
fn is_one(value: &Value, wanted: &[String]) -> bool {
    let plain = |text: &str| text.to_lowercase().replace('_', " ");
    let word = |text: &str| wanted.iter().any(|wanted| plain(wanted) == plain(text));
    match value {
        Value::String(text) => word(text),
        Value::Object(fields) => fields
            .values()
            .any(|field| field.as_str().is_some_and(word)),
        Value::Null => word("nothing") || word("nobody"),
        Value::Bool(true) => word("on") || word("true"),
        Value::Bool(false) => word("off") || word("false"),
        Value::Number(number) => word(&number.to_string()),
        Value::Array(all) => all.iter().any(|one| one.as_str().is_some_and(word)),
    }
}

/// All conditions of a filter that indexes answer.
fn conditions(now: &Now<'_>, filter: &Filter) -> Result<Vec<Condition>> {
    let mut all: Vec<Condition> = Vec::new();
    let mut one = |any: Vec<Test>| all.push(Condition { not: false, any });
    for object in &filter.objects {
        one(vec![Test::Object(*object)]);
    }
    if let Some(actor) = &filter.actor {
        one(vec![Test::Actor(actor.clone())]);
    }
    if let Some(event) = &filter.event {
        one(events(now, event)?);
    }
    if let Some(kind) = &filter.actor_kind {
        one(vec![Test::Kind(kind.clone())]);
    }
    let words: Vec<&str> = filter.text.as_deref().into_iter().collect();
    let words = [words, filter.phrases.iter().map(String::as_str).collect()].concat();
    let words = words.join(" ");
    if !words.trim().is_empty() {
        one(vec![Test::Words(words)]);
    }
    for condition in &filter.more {
        let mut any = Vec::new();
        for test in &condition.any {
            match test {
                Test::Event(name) => any.extend(events(now, name)?),
                other => any.push(other.clone()),
            }
        }
        all.push(Condition {
            not: condition.not,
            any,
        });
    }
    Ok(all)
}

/// An event, or the events of an area that ever happened here.
fn events(now: &Now<'_>, name: &str) -> Result<Vec<Test>> {
    if name.contains('.') {
        return Ok(vec![Test::Event(name.to_owned())]);
    }
    let names: Vec<String> = now.all(
        "WITH RECURSIVE name (event) AS (
             SELECT min(event) FROM trail WHERE event >= :area || '.'
             UNION ALL
             SELECT (SELECT min(event) FROM trail WHERE event > name.event)
               FROM name WHERE name.event < :area || '/')
         SELECT event FROM name WHERE event < :area || '/' ORDER BY event LIMIT 200",
        &[(":area", &name)],
        |row| row.get("event"),
    )?;
    Ok(names.into_iter().map(Test::Event).collect())
}

/// The place of the first event at or after an instant; one past the end if there is none.
pub fn place_at(now: &Now<'_>, at: Moment) -> Result<Seq> {
    let found = now.maybe(
        "SELECT seq FROM trail WHERE at >= :at ORDER BY at, seq LIMIT 1",
        &[(":at", &at)],
        |row| row.get("seq"),
    )?;
    Ok(found.unwrap_or(now.next_seq()))
}

/// What events are sorted by into groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Who acted.
    Actor,
    /// The ticket or conversation.
    Case,
}

/// Events that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The id of the actor or case.
    pub key: String,
    /// How many.
    pub count: u64,
    /// The oldest of them.
    pub first: Moment,
    /// The newest of them.
    pub last: Moment,
}

/// The newest events that pass, by actor or case, the largest group first; and whether there are
/// more than were sorted.
///
/// **Limit:** [`GROUPED_MAX`] events.
pub fn groups(now: &Now<'_>, filter: &Filter, by: By) -> Result<(Vec<Group>, bool)> {
    let found = find(now, filter, GROUPED_MAX)?;
    let more = found.stopped.is_some() || found.places.len() == GROUPED_MAX as usize;
    let sql = match by {
        By::Actor => "SELECT actor AS key, at FROM trail WHERE seq = :seq",
        By::Case => {
            "SELECT object AS key, at FROM event_object JOIN trail ON trail.seq = event_object.seq
              WHERE event_object.seq = :seq
                AND (object GLOB 'C-*' OR object GLOB 'T-*') ORDER BY object"
        }
    };
    let mut groups = std::collections::BTreeMap::<String, Group>::new();
    for seq in found.places {
        now.each(sql, &[(":seq", &seq)], |row| {
            let (key, at): (String, Moment) = (row.get("key")?, row.get("at")?);
            let group = groups.entry(key.clone()).or_insert(Group {
                key,
                count: 0,
                first: at,
                last: at,
            });
            group.count += 1;
            group.first = group.first.min(at);
            Ok(())
        })?;
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.key.cmp(&b.key)));
    Ok((groups, more))
}
