//! Telling webhooks: what happened since the last round goes out, each hook by itself, and what
//! came of each try becomes a fact. A hook that does not answer is left alone for a while; what
//! waits for it meanwhile is no fact, and is found again behind its place.

use super::Shared;
use crate::channels::webhook::{self, Reach};
use crate::desk::places;
use crate::desk::webhooks::{self, Hook, Parcel};
use crate::domain::actor::{Door, Who};
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::domain::webhook::wait_ms;
use crate::error::{Error, Result};
use crate::ledger::{Ledger, Now};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long it sleeps when nobody rings.
const IDLE: Duration = Duration::from_secs(10);
/// How long one hook may take in one round, and how long the others then have for themselves.
const ROUND: Duration = Duration::from_secs(20);
/// The same. **Unit:** milliseconds.
const ROUND_MS: i64 = 20_000;

/// How far each hook was told, and which are left alone. Lost, it is found again.
#[derive(Debug, Default)]
pub struct Course {
    places: BTreeMap<u64, Seq>,
    holds: BTreeMap<u64, Hold>,
}

/// Until when a hook is left alone, unless it is changed or asked for after an event.
#[derive(Debug, Clone, Copy)]
struct Hold {
    since: Seq,
    until: Moment,
}

/// What one hook is told in a round.
struct Told {
    hook: Hook,
    /// What is tried once more, then what it was not told of yet.
    again: Vec<Parcel>,
    fresh: Vec<Parcel>,
    /// Up to where was looked.
    end: Seq,
}

/// Sends until told to end.
pub(super) fn run(shared: &Shared) {
    let mut course = Course::default();
    let mut wait = Duration::ZERO;
    while shared.webhooks.wait(wait) {
        wait = IDLE;
        shared.attend("telling webhooks", || {
            if send(&shared.ledger, &mut course, &|| shared.webhooks.is_closed())? {
                wait = Duration::ZERO;
            }
            Ok(())
        });
    }
}

/// Whether a round is to end early.
type Stops<'a> = dyn Fn() -> bool + Sync + 'a;

/// Sends what is due; answers whether there may be more. `stops` ends a round early: what was not
/// tried is found again.
pub fn send(ledger: &Ledger, course: &mut Course, stops: &Stops<'_>) -> Result<bool> {
    let who = who();
    let now = ledger.now(&who)?;
    let reach = match webhooks::reaches_inside(&now)? {
        true => Reach::Inside,
        false => Reach::Public,
    };
    let next = now.next_seq();
    let round = course.round(&now)?;
    drop(now);
    // A hook that does not answer holds up nobody but itself.
    let done: Vec<Result<(Seq, Option<Hold>)>> = std::thread::scope(|scope| {
        let told: Vec<_> = round
            .iter()
            .map(|told| scope.spawn(move || tell(ledger, told, reach, stops)))
            .collect();
        told.into_iter()
            .map(|told| match told.join() {
                Ok(done) => done,
                Err(_) => Err(Error::fault("telling a webhook ended in a panic")),
            })
            .collect()
    });
    let (mut sent, mut more) = (false, false);
    for (told, done) in round.iter().zip(done) {
        let (place, hold) = done?;
        course.places.insert(told.hook.id, place);
        course.holds.extend(hold.map(|hold| (told.hook.id, hold)));
        sent |= !(told.again.is_empty() && told.fresh.is_empty());
        more |= hold.is_none() && place < next;
    }
    if let (true, Some(first)) = (sent || more, course.places.values().min()) {
        places::keep(ledger, webhooks::HAND, *first)?;
    }
    Ok(more && !stops())
}

impl Course {
    /// What each hook that is on and not left alone is to be told.
    fn round(&mut self, now: &Now<'_>) -> Result<Vec<Told>> {
        let mut hooks = webhooks::list(now)?;
        hooks.retain(|hook| hook.on && hook.url.is_some());
        let on = |id: &u64| hooks.iter().any(|hook| hook.id == *id);
        self.places.retain(|id, _| on(id));
        self.holds.retain(|id, _| on(id));
        let mut round = Vec::new();
        for hook in hooks {
            let place = match self.places.get(&hook.id) {
                Some(place) => *place,
                None => webhooks::place(now, &hook)?,
            };
            self.places.insert(hook.id, place);
            if let Some(hold) = self.holds.get(&hook.id) {
                if hold.holds(now, &hook)? {
                    continue;
                }
                self.holds.remove(&hook.id);
            }
            let (fresh, end) = webhooks::fresh(now, &hook, place)?;
            let again = webhooks::again(now, hook.id)?;
            round.push(Told {
                hook,
                again,
                fresh,
                end,
            });
        }
        Ok(round)
    }
}

impl Hold {
    fn holds(&self, now: &Now<'_>, hook: &Hook) -> Result<bool> {
        Ok(now.at() < self.until
            && hook.seq <= self.since
            && !webhooks::renewed_since(now, hook.id, self.since)?)
    }
}

fn who() -> Who {
    Who::system("webhooks", Door::Timer)
}

/// Tells one hook of several events, in order; answers where to go on, and whether to leave it
/// alone for now: after one that reached nobody until that is tried again, or once its time is up.
fn tell(
    ledger: &Ledger,
    told: &Told,
    reach: Reach,
    stops: &Stops<'_>,
) -> Result<(Seq, Option<Hold>)> {
    let (Some(url), Some(secret)) = (&told.hook.url, &told.hook.secret) else {
        return Ok((told.end, None)); // erased: nothing can be sent
    };
    let began = Instant::now();
    let fresh_from = told.again.len();
    let place = |done: usize| {
        let left = told.fresh.get(done.saturating_sub(fresh_from));
        left.map_or(told.end, |parcel| parcel.about)
    };
    let mut since = Seq::default();
    for (n, parcel) in told.again.iter().chain(&told.fresh).enumerate() {
        if stops() {
            return Ok((place(n), None));
        }
        if began.elapsed() > ROUND {
            let until = ledger.clock().now().plus_ms(ROUND_MS);
            return Ok((place(n), Some(Hold { since, until })));
        }
        let at = ledger.clock().now();
        let headers = [
            (
                "trailbox-signature",
                webhook::signature(secret, at, &parcel.body),
            ),
            ("trailbox-event", parcel.kind.clone()),
            (
                "trailbox-delivery",
                format!("{}-{}", parcel.hook, parcel.about),
            ),
        ];
        let came = webhook::post(url, &headers, &parcel.body, reach);
        let lost = came.status.is_none();
        let (parcel, came) = (parcel.clone(), (came.status, came.took_ms, came.trouble));
        let wait_ms = wait_ms(parcel.attempts + 1).or(wait_ms(1));
        let settle = move |now: &Now<'_>| webhooks::settle(now, &parcel, &came);
        for (seq, _) in ledger.record(&who(), settle)?.facts {
            since = seq;
        }
        if lost {
            let until = ledger.clock().now().plus_ms(wait_ms.unwrap_or(ROUND_MS));
            return Ok((place(n + 1), Some(Hold { since, until })));
        }
    }
    Ok((told.end, None))
}
