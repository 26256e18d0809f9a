//! What rules have to answer: events since a place, and what has lasted long enough; and what they
//! answered before.

use super::{Rule, list};
use crate::desk::places;
use crate::domain::id::{ConversationId, Object, Seq, TicketId};
use crate::domain::moment::{HOUR_MS, Moment};
use crate::domain::rule::Lasting;
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;

/// The name of the hand that answers, for its place.
pub const HAND: &str = "rules";

/// What running rules have to answer from an event on, at most so many events further; and the
/// event up to which that was looked at.
pub fn due(now: &Now<'_>, from: Seq, limit: u32) -> Result<(Vec<(Rule, Seq)>, Seq)> {
    let mut running = list(now)?;
    running.retain(|rule| rule.on);
    let mut due = Vec::new();
    let mut end = Seq(now.next_seq().0);
    let answers = |rule: &Rule, event: &str| {
        let said = rule.definition.as_ref();
        said.is_some_and(|said| said.when.iter().any(|name| name == event))
    };
    if !running.iter().any(answers_events) {
        return Ok((due, end));
    }
    let mut seen = 0;
    now.each(
        "SELECT seq, event FROM trail WHERE seq >= :from ORDER BY seq LIMIT :limit",
        &[(":from", &from), (":limit", &limit)],
        |row| {
            let (seq, event): (Seq, String) = (row.get("seq")?, row.get("event")?);
            seen += 1;
            if seen == limit {
                end = Seq(seq.0 + 1);
            }
            let rules = running.iter().filter(|rule| {
                rule.on_seq.is_some_and(|since| since < seq) && answers(rule, &event)
            });
            due.extend(rules.map(|rule| (rule.clone(), seq)));
            Ok(())
        },
    )?;
    Ok((due, end))
}

fn answers_events(rule: &Rule) -> bool {
    let said = rule.definition.as_ref();
    said.is_some_and(|said| !said.when.is_empty())
}

/// What [`lasting`] asks every minute for conversations in which nobody speaks any more.
pub const SILENT: &str = "SELECT 'C-' || id AS object, last_at AS since FROM conversation
      WHERE status <> 'closed' AND waiting_since IS NULL AND snoozed_until IS NULL
        AND last_at <= :before AND (last_at, id) > (:since, :id)
        AND EXISTS (SELECT 1 FROM article WHERE conversation = conversation.id
            AND seq = last_article AND direction = 'out')
        AND NOT EXISTS (SELECT 1 FROM rule_run WHERE :fresh AND rule = :rule
            AND object = 'C-' || conversation.id AND since = conversation.last_at)
      ORDER BY last_at, id LIMIT :limit";

/// And for those in which a customer waits.
pub const UNANSWERED: &str = "SELECT 'C-' || id AS object, waiting_since AS since FROM conversation
      WHERE status <> 'closed' AND waiting_since <= :before AND (waiting_since, id) > (:since, :id)
        AND NOT EXISTS (SELECT 1 FROM rule_run WHERE :fresh AND rule = :rule
            AND object = 'C-' || conversation.id AND since = conversation.waiting_since)
      ORDER BY waiting_since, id LIMIT :limit";

/// And for tickets that stay as they are.
pub const UNCHANGED: &str = "SELECT 'T-' || id AS object, changed_at AS since FROM ticket
      WHERE category <> 'final' AND changed_at <= :before AND (changed_at, id) > (:since, :id)
        AND NOT EXISTS (SELECT 1 FROM rule_run WHERE :fresh AND rule = :rule
            AND object = 'T-' || ticket.id AND since = ticket.changed_at)
      ORDER BY changed_at, id LIMIT :limit";

/// What is read at once of what has lasted long enough.
pub const PORTION: u32 = 500;

/// What has lasted long enough for a rule by the clock, and since when: the first [`PORTION`]
/// behind a place, the longest first. What the rule has done something about since then is left out
/// where `fresh` is asked for.
pub fn lasting(
    now: &Now<'_>,
    rule: &Rule,
    fresh: bool,
    after: Option<(Object, Moment)>,
) -> Result<Vec<(Object, Moment)>> {
    let place = match after {
        Some((object, since)) => (since, number(object)),
        None => (Moment(i64::MIN), 0),
    };
    portion(now, rule, fresh, place, PORTION)
}

/// Whether something still lasts since then, and the rule has done nothing about it.
pub fn still_lasts(now: &Now<'_>, rule: &Rule, object: Object, since: Moment) -> Result<bool> {
    let place = (since, number(object).saturating_sub(1));
    let found = portion(now, rule, true, place, 1)?;
    Ok(found.first() == Some(&(object, since)))
}

/// The number of a case: rules are about conversations and tickets.
fn number(object: Object) -> u64 {
    match object {
        Object::Conversation(ConversationId(id)) | Object::Ticket(TicketId(id)) => id,
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => 0,
    }
}

fn portion(
    now: &Now<'_>,
    rule: &Rule,
    fresh: bool,
    (since, id): (Moment, u64),
    limit: u32,
) -> Result<Vec<(Object, Moment)>> {
    let Some(after) = rule.definition.as_ref().and_then(|said| said.after) else {
        return Ok(Vec::new());
    };
    let before = now.at().plus_ms(-i64::from(after.hours) * HOUR_MS);
    let sql = match after.what {
        Lasting::Silence => SILENT,
        Lasting::Unanswered => UNANSWERED,
        Lasting::Unchanged => UNCHANGED,
    };
    now.all(
        sql,
        &[
            (":before", &before),
            (":since", &since),
            (":id", &id),
            (":rule", &rule.id),
            (":fresh", &fresh),
            (":limit", &limit),
        ],
        |row| {
            let object: String = row.get("object")?;
            Ok((object.parse().map_err(Error::fault)?, row.get("since")?))
        },
    )
}

/// What a rule did last: event, object, when, and whether it was cut.
pub fn runs(now: &Now<'_>, id: u64, limit: u32) -> Result<Vec<(Seq, Object, Moment, bool)>> {
    now.all(
        "SELECT seq, object, at, outcome = 'cut' AS cut FROM rule_run WHERE rule = :rule
          ORDER BY seq DESC LIMIT :limit",
        &[(":rule", &id), (":limit", &limit)],
        |row| {
            let object: String = row.get("object")?;
            let object = object.parse().map_err(Error::fault)?;
            Ok((row.get("seq")?, object, row.get("at")?, row.get("cut")?))
        },
    )
}

/// How often a rule ran, and how often it was cut.
pub fn count(now: &Now<'_>, id: u64) -> Result<(u64, u64)> {
    now.one(
        "SELECT count(*) FILTER (WHERE outcome = 'ran') AS ran,
                count(*) FILTER (WHERE outcome = 'cut') AS cut
           FROM rule_run WHERE rule = :rule",
        &[(":rule", &id)],
        || Refusal::not_found("nothing was counted"),
        |row| Ok((row.get("ran")?, row.get("cut")?)),
    )
}

/// Where answering goes on after a start: at the place kept, if one was, else behind the newest
/// event any rule answered, else behind the newest switch.
pub fn place(now: &Now<'_>) -> Result<Seq> {
    if let Some(kept) = places::kept(now, HAND)? {
        return Ok(kept);
    }
    now.value(
        "SELECT coalesce((SELECT max(trigger) FROM rule_run), (SELECT max(on_seq) FROM rule), :next)",
        &[(":next", &now.next_seq())],
    )
}
