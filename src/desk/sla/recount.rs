//! Clocks counted anew from what was said and done, without looking at what was told of them: to
//! correct them where an answer did not arrive, and to check the ledger of their events.

use super::cases::{self, Measure, Pin};
use super::touch::{self, Touch};
use crate::desk::audit::{self, Recorded};
use crate::domain::actor::Door;
use crate::domain::event::{ArticleEvent, Event, SlaEvent, TicketEvent};
use crate::domain::id::{ArticleId, Object, Seq, TicketId};
use crate::domain::moment::Moment;
use crate::domain::sla::{Clock, Course, Input, Metric, State, Turn, Why};
use crate::error::Result;
use crate::ledger::Now;
use std::collections::{BTreeMap, BTreeSet};

/// Most events of one case that are counted.
const EVENTS_MAX: u32 = 20_000;

/// How far merged tickets are followed into those that were merged into them.
const DEPTH_MAX: usize = 20;

/// Whether an event says that a message did not reach the customer.
pub fn is_failure(event: &Event) -> bool {
    match event {
        Event::Article(ArticleEvent::Failed { .. }) => true,
        Event::Article(ArticleEvent::Reported { state, .. }) => {
            matches!(state.as_str(), "failed" | "undelivered" | "bounced")
        }
        _ => false, // nothing else is about a delivery
    }
}

/// Whether an article is an answer of a person.
pub fn was_an_answer(now: &Now<'_>, article: ArticleId) -> Result<bool> {
    let found: Option<i64> = now.maybe(
        "SELECT 1 AS yes FROM article
          WHERE seq = :seq AND direction = 'out' AND author_kind = 'member'",
        &[(":seq", &article)],
        |row| row.get("yes"),
    )?;
    Ok(found.is_some())
}

/// The clocks of a case, counted anew.
pub fn course(now: &Now<'_>, object: Object) -> Result<Course> {
    let history = history(now, object)?;
    let lost = lost(&history);
    let mut course = Course::default();
    let mut measure: Option<Measure> = None;
    let mut pinned: Option<Pin> = None;
    for event in &history {
        let at = event.entry.at;
        if let Event::Sla(matched) = &event.event {
            if let Some(pin) = pin_of(matched) {
                let next = cases::measure(now, &pin)?;
                match &measure {
                    None => course.measure(at, &next.terms(), &mut Vec::new()),
                    Some(known) => {
                        let rehoured = pinned.as_ref().is_none_or(|pinned| {
                            (pinned.calendar, pinned.calendar_version)
                                != (pin.calendar, pin.calendar_version)
                        });
                        let before = Some(&known.hours).filter(|_| rehoured);
                        course.retarget(at, before, &next.terms());
                    }
                }
                (measure, pinned) = (Some(next), Some(pin));
            }
            continue;
        }
        let input = match touch::of(&event.event, &event.entry.actor) {
            None => continue,
            Some(Touch::Started(id, input)) if Object::Conversation(id) == object => {
                course.turn = Turn::default().after(input);
                continue;
            }
            Some(Touch::Opened(id, _, _)) if Object::Ticket(id) == object => {
                course.turn = touch::before(now, object, event.seq.0 + 1)?;
                continue;
            }
            Some(Touch::Joined(id, _)) if Object::Ticket(id) == object => {
                joined(now, object, event, &mut course, measure.as_ref())?;
                continue;
            }
            Some(Touch::Started(..) | Touch::Opened(..) | Touch::Joined(..)) => continue,
            Some(Touch::Merged(id, _)) if Object::Ticket(id) == object => Input::Voided,
            Some(Touch::Unmerged(id, _)) if Object::Ticket(id) == object => Input::Restored,
            Some(Touch::Merged(..)) => {
                joined(now, object, event, &mut course, measure.as_ref())?;
                continue;
            }
            Some(Touch::Unmerged(..)) => {
                if touch::before(now, object, event.seq.0 + 1)?.asked || !course.turn.asked {
                    continue;
                }
                Input::Relieved
            }
            Some(Touch::Said(_, Input::Answered)) if lost.contains(&event.seq) => continue,
            Some(Touch::Said(_, input)) => input,
            Some(Touch::Of(whose, input)) if whose == object => input,
            Some(Touch::Of(..)) => continue,
        };
        match &measure {
            Some(measure) => drop(course.step(at, input, &measure.terms())),
            None => course.turn = course.turn.after(input),
        }
    }
    Ok(course)
}

/// A customer who waits elsewhere waits here too from then on.
fn joined(
    now: &Now<'_>,
    object: Object,
    event: &Recorded,
    course: &mut Course,
    measure: Option<&Measure>,
) -> Result<()> {
    let after = touch::before(now, object, event.seq.0 + 1)?;
    let asks = after.asked && !course.turn.asked;
    course.turn = after;
    if let Some(measure) = measure.filter(|_| asks) {
        course.lapse(event.entry.at);
        course.measure(event.entry.at, &measure.terms(), &mut Vec::new());
    }
    Ok(())
}

/// What has to be told so that the clocks stand as they were counted anew; they do so then.
pub fn corrections(object: Object, kept: &mut Course, anew: &Course, at: Moment) -> Vec<SlaEvent> {
    let mut events = Vec::new();
    let key = |clock: &Clock| (clock.metric, clock.started_at);
    for clock in &anew.clocks {
        let place = kept
            .clocks
            .iter()
            .position(|known| key(known) == key(clock));
        let n = place.unwrap_or(kept.clocks.len());
        let before = place.and_then(|place| kept.clocks.get_mut(place));
        let mut overrun = clock.breached_at.is_some();
        match before {
            Some(known) if known == clock => continue,
            Some(known) => {
                overrun &= known.breached_at.is_none();
                *known = clock.clone();
            }
            None => {
                kept.clocks.push(clock.clone());
                events.push(SlaEvent::Started {
                    object,
                    clock: clock.metric,
                    n: n as u64,
                    target_s: clock.target_s,
                    due_at: clock.due_at,
                    warn_at: clock.warn_at,
                    started_at: clock.started_at,
                    paused: clock.state == State::Paused,
                });
            }
        }
        events.push(SlaEvent::Recounted {
            object,
            clock: clock.metric,
            n: n as u64,
            state: clock.state,
            used_ms: clock.used_ms,
            since: clock.since,
            due_at: clock.due_at,
            warn_at: clock.warn_at,
            stopped_at: clock.stopped_at,
            breached_at: clock.breached_at,
            pauses: clock.pauses,
        });
        if let Some(breached_at) = clock.breached_at.filter(|_| overrun) {
            events.push(SlaEvent::Breached {
                object,
                clock: clock.metric,
                n: n as u64,
                due_at: clock.due_at,
                breached_at,
            });
        }
    }
    let wanted: BTreeSet<(Metric, Moment)> = anew.clocks.iter().map(key).collect();
    for (n, clock) in kept.clocks.iter_mut().enumerate() {
        if wanted.contains(&key(clock)) || clock.state == State::Cancelled {
            continue;
        }
        clock.state = State::Cancelled;
        clock.since = None;
        clock.warn_at = None;
        clock.stopped_at = Some(clock.stopped_at.unwrap_or(at));
        events.push(SlaEvent::Cancelled {
            object,
            clock: clock.metric,
            n: n as u64,
            used_ms: clock.used_ms,
            why: Why::Recounted,
            cancelled_at: clock.stopped_at.unwrap_or(at),
        });
    }
    events
}

/// Compares the ledger of clock events with the clocks counted anew; a line for each difference.
///
/// **Limit:** the newest `limit` cases.
pub fn check(now: &Now<'_>, limit: u32) -> Result<Vec<String>> {
    let objects: Vec<Object> = now.all(
        "SELECT object FROM sla_case ORDER BY seq DESC, object LIMIT :limit",
        &[(":limit", &limit)],
        |row| row.get("object"),
    )?;
    let mut differences = Vec::new();
    for object in objects {
        let told = now.all(
            "SELECT n FROM sla_clock WHERE object = :object AND why = 'recounted'",
            &[(":object", &object)],
            |row| row.get::<u64>("n"),
        )?;
        let mut kept = cases::clocks(now, object)?;
        let mut place = 0;
        kept.retain(|_| {
            place += 1;
            !told.contains(&(place - 1))
        });
        let anew = course(now, object)?.clocks;
        let (kept, anew) = (comparable(kept, now.at()), comparable(anew, now.at()));
        for (clock, other) in pairs(&kept, &anew) {
            if clock != other {
                differences.push(format!(
                    "{object}: the ledger says {clock:?}, anew {other:?}"
                ));
            }
        }
    }
    Ok(differences)
}

type ByStart = BTreeMap<(Moment, Metric), Clock>;

fn comparable(clocks: Vec<Clock>, at: Moment) -> ByStart {
    let mut course = Course {
        clocks,
        ..Course::default()
    };
    course.lapse(at);
    let clocks = course.clocks.into_iter().map(|mut clock| {
        clock.warn_at = None; // told once, then gone
        ((clock.started_at, clock.metric), clock)
    });
    clocks.collect()
}

fn pairs<'a>(
    one: &'a ByStart,
    other: &'a ByStart,
) -> impl Iterator<Item = (Option<&'a Clock>, Option<&'a Clock>)> {
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    keys.into_iter().map(|key| (one.get(key), other.get(key)))
}

fn pin_of(event: &SlaEvent) -> Option<Pin> {
    let SlaEvent::Matched {
        policy,
        policy_version,
        calendar,
        calendar_version,
        priority,
        ..
    } = event
    else {
        return None;
    };
    Some(Pin {
        policy: *policy,
        policy_version: *policy_version,
        calendar: *calendar,
        calendar_version: *calendar_version,
        priority: priority.clone(),
    })
}

/// Everything that happened to a case and could move its clocks, in the order in which it did: what
/// followed from a fact of the same commit comes right after it.
fn history(now: &Now<'_>, object: Object) -> Result<Vec<Recorded>> {
    const MOVES: &str = "('conversation.started', 'conversation.owner_changed',
        'conversation.status_changed', 'conversation.spam_marked', 'conversation.spam_cleared',
        'article.received', 'article.echoed', 'article.queued',
        'article.requeued', 'article.failed', 'article.reported', 'ticket.opened',
        'ticket.owner_changed', 'ticket.status_changed', 'ticket.conversation_attached',
        'ticket.merged', 'ticket.unmerged',
        'call.rang', 'call.answered', 'call.logged', 'sla.matched')";
    // The names are constants.
    let mut seqs: Vec<Seq> = now.all(
        &format!(
            "SELECT trail.seq FROM event_object AS about JOIN trail ON trail.seq = about.seq
              WHERE about.object = :object AND trail.event IN {MOVES} AND trail.door <> 'import'
              ORDER BY trail.seq LIMIT :limit"
        ),
        &[(":object", &object), (":limit", &EVENTS_MAX)],
        |row| row.get("seq"),
    )?;
    if let Object::Ticket(ticket) = object {
        said_in(now, ticket, (Seq(0), now.next_seq()), 0, &mut seqs)?;
    }
    seqs.sort_unstable();
    seqs.dedup();
    let mut events: Vec<Recorded> = Vec::with_capacity(seqs.len());
    for seq in seqs {
        let event = audit::get(now, seq)?;
        let of_another = match &event.event {
            Event::Sla(SlaEvent::Matched { object: whose, .. }) => *whose != object,
            _ => false, // told apart by their touch
        };
        if !of_another && event.entry.via.door != Door::Import {
            events.push(event);
        }
    }
    let known: BTreeMap<Seq, Moment> = events
        .iter()
        .map(|event| (event.seq, event.entry.at))
        .collect();
    let mut placed: Vec<((Seq, bool), Recorded)> = Vec::with_capacity(events.len());
    for event in events {
        let cause = event
            .entry
            .cause
            .filter(|_| matches!(event.event, Event::Sla(_)));
        let at = match cause {
            Some(cause) => match known.get(&cause) {
                Some(at) => Some(*at),
                None => Some(audit::get(now, cause)?.entry.at),
            },
            None => None,
        };
        let together = cause.filter(|_| at == Some(event.entry.at));
        let key = together.map_or((event.seq, false), |cause| (cause, true));
        placed.push((key, event));
    }
    placed.sort_by_key(|(key, event)| (*key, event.seq));
    Ok(placed.into_iter().map(|(_, event)| event).collect())
}

/// What was said in the conversations of a ticket between two events, and in those of the tickets
/// that lived on in it meanwhile.
fn said_in(
    now: &Now<'_>,
    ticket: TicketId,
    (from, until): (Seq, Seq),
    depth: usize,
    seqs: &mut Vec<Seq>,
) -> Result<()> {
    seqs.extend(now.all(
        "SELECT trail.seq FROM ticket_conversation AS taken
           JOIN event_object AS about ON about.object = 'C-' || taken.conversation
            AND about.seq > taken.seq AND about.seq > :from AND about.seq < :until
           JOIN trail ON trail.seq = about.seq
          WHERE taken.ticket = :ticket AND (trail.event LIKE 'article.%' OR trail.event LIKE 'call.%')
            AND trail.door <> 'import'
          ORDER BY trail.seq LIMIT :limit",
        &[
            (":ticket", &ticket),
            (":from", &from),
            (":until", &until),
            (":limit", &EVENTS_MAX),
        ],
        |row| row.get::<Seq>("seq"),
    )?);
    if depth >= DEPTH_MAX {
        return Ok(());
    }
    let turns: Vec<Seq> = now.all(
        "SELECT trail.seq FROM event_object AS about JOIN trail ON trail.seq = about.seq
          WHERE about.object = :object AND trail.event IN ('ticket.merged', 'ticket.unmerged')
            AND trail.seq < :until
          ORDER BY trail.seq LIMIT :limit",
        &[
            (":object", &Object::Ticket(ticket)),
            (":until", &until),
            (":limit", &EVENTS_MAX),
        ],
        |row| row.get("seq"),
    )?;
    let mut living: BTreeMap<TicketId, Seq> = BTreeMap::new();
    for seq in turns {
        match audit::get(now, seq)?.event {
            Event::Ticket(TicketEvent::Merged {
                ticket: other,
                into,
            }) if into == ticket => {
                living.insert(other, seq);
            }
            Event::Ticket(TicketEvent::Unmerged { ticket: other, .. }) => {
                if let Some(since) = living.remove(&other) {
                    seqs.extend([since, seq].into_iter().filter(|at| *at > from));
                    said_in(now, other, (since.max(from), seq), depth + 1, seqs)?;
                }
            }
            _ => {} // it was merged itself, or was taken out
        }
    }
    for (other, since) in living {
        seqs.extend(Some(since).filter(|at| *at > from));
        said_in(now, other, (since.max(from), until), depth + 1, seqs)?;
    }
    Ok(())
}

/// The events that sent an answer which did not arrive.
fn lost(history: &[Recorded]) -> BTreeSet<Seq> {
    let mut sent: BTreeMap<ArticleId, Seq> = BTreeMap::new();
    let mut lost = BTreeSet::new();
    for event in history {
        match &event.event {
            Event::Article(ArticleEvent::Queued { .. }) => {
                sent.insert(event.seq, event.seq);
            }
            Event::Article(ArticleEvent::Requeued { article, .. }) => {
                sent.insert(*article, event.seq);
            }
            Event::Article(
                ArticleEvent::Failed { article, .. }
                | ArticleEvent::Reported {
                    article: Some(article),
                    ..
                },
            ) if is_failure(&event.event) => {
                lost.extend(sent.get(article));
            }
            _ => {} // nothing else is about a delivery
        }
    }
    lost
}
