//! Telling webhooks: what happened since the last round goes out, each hook by itself, and what
//! came of each try becomes a fact.

use super::Shared;
use crate::channels::webhook::{self, Reach};
use crate::desk::places;
use crate::desk::webhooks::{self, Hook, Parcel};
use crate::domain::actor::{Door, Who};
use crate::domain::id::Seq;
use crate::error::{Error, Result};
use crate::ledger::Ledger;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long it sleeps when nobody rings.
const IDLE: Duration = Duration::from_secs(10);
/// How long one hook may take in one round; what is left is put off, so that no hook waits for a
/// slow one.
const ROUND: Duration = Duration::from_secs(20);

/// Sends until told to end.
pub(super) fn run(shared: &Shared) {
    let mut place = None;
    let mut wait = Duration::ZERO;
    while shared.webhooks.wait(wait) {
        wait = IDLE;
        shared.attend("telling webhooks", || {
            if send(&shared.ledger, &mut place, &|| shared.webhooks.is_closed())? {
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
pub fn send(ledger: &Ledger, place: &mut Option<Seq>, stops: &Stops<'_>) -> Result<bool> {
    let who = who();
    let now = ledger.now(&who)?;
    let from = match *place {
        Some(place) => place,
        None => webhooks::place(&now)?,
    };
    let (parcels, end) = webhooks::due(&now, from)?;
    let hooks = webhooks::list(&now)?;
    let reach = match webhooks::reaches_inside(&now)? {
        true => Reach::Inside,
        false => Reach::Public,
    };
    let more = end < now.next_seq();
    drop(now);
    let mut by_hook: BTreeMap<u64, Vec<Parcel>> = BTreeMap::new();
    let sent = !parcels.is_empty();
    for parcel in parcels {
        by_hook.entry(parcel.hook).or_default().push(parcel);
    }
    // A hook that does not answer holds up nobody but itself.
    let done: Vec<Result<()>> = std::thread::scope(|scope| {
        let told: Vec<_> = hooks
            .iter()
            .filter_map(|hook| Some((hook, by_hook.remove(&hook.id)?)))
            .map(|(hook, parcels)| scope.spawn(move || tell(ledger, hook, &parcels, reach, stops)))
            .collect();
        told.into_iter()
            .map(|told| match told.join() {
                Ok(done) => done,
                Err(_) => Err(Error::fault("telling a webhook ended in a panic")),
            })
            .collect()
    });
    for done in done {
        done?;
    }
    if stops() {
        return Ok(false);
    }
    *place = Some(end);
    if sent || more {
        places::keep(ledger, webhooks::HAND, end)?;
    }
    Ok(more)
}

fn who() -> Who {
    Who::system("webhooks", Door::Timer)
}

/// Tells one hook of several events, in order. After one that reached nobody, or once its time is
/// up, the rest is put off.
fn tell(
    ledger: &Ledger,
    hook: &Hook,
    parcels: &[Parcel],
    reach: Reach,
    stops: &Stops<'_>,
) -> Result<()> {
    let (Some(url), Some(secret)) = (&hook.url, &hook.secret) else {
        return Ok(()); // erased: nothing can be sent
    };
    let began = Instant::now();
    let mut lost = false;
    for parcel in parcels {
        if stops() {
            return Ok(());
        }
        let parcel = parcel.clone();
        if lost || began.elapsed() > ROUND {
            ledger.record(&who(), move |now| webhooks::put_off(now, &parcel))?;
            continue;
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
        lost = came.status.is_none();
        let came = (came.status, came.took_ms, came.trouble);
        ledger.record(&who(), move |now| webhooks::settle(now, &parcel, &came))?;
    }
    Ok(())
}
