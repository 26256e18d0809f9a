//! Reading what providers sent: kept payloads become updates, updates become facts, in order.

use super::{Shared, email};
use crate::channels::{cti, whatsapp};
use crate::desk::calls::{hear, lines};
use crate::desk::channels::{self, number};
use crate::desk::intake;
use crate::domain::actor::{Door, Who};
use crate::domain::event::{ChannelEvent, Event, Fact};
use crate::domain::id::{ChannelId, Seq};
use crate::domain::update::Update;
use crate::error::{Error, Result};
use crate::ledger::Wish;
use std::time::Duration;

/// Payloads taken up at once.
const PAYLOADS: u32 = 256;
/// Updates decided in one commit.
const UPDATES: usize = 256;
/// How long to sleep when nobody rings.
const IDLE: Duration = Duration::from_secs(5);

/// Reads what waits until told to end.
pub fn run(shared: &Shared) {
    loop {
        let mut read = 0;
        shared.attend("reading payloads", || {
            read = read_waiting(shared)?;
            Ok(())
        });
        if read == 0 && !shared.intake.wait(IDLE) || shared.intake.is_closed() {
            return;
        }
    }
}

fn who() -> Who {
    Who::system("intake", Door::Webhook)
}

fn read_waiting(shared: &Shared) -> Result<usize> {
    let who = who();
    let waiting = {
        let now = shared.ledger.now(&who)?;
        channels::payloads(&now, "waiting", PAYLOADS)?
    };
    let mut wishes: Vec<(Who, Wish)> = Vec::new();
    for payload in &waiting {
        wishes.extend(wishes_of(shared, payload.seq)?.1);
        if wishes.len() >= UPDATES {
            grant(shared, std::mem::take(&mut wishes))?;
        }
        if shared.intake.is_closed() {
            break;
        }
    }
    grant(shared, wishes)?;
    Ok(waiting.len())
}

/// Reads one payload, whatever its state; answers how many updates it held.
pub fn read_payload(shared: &Shared, payload: Seq) -> Result<u64> {
    let (updates, wishes) = wishes_of(shared, payload)?;
    grant(shared, wishes)?;
    Ok(updates)
}

fn grant(shared: &Shared, wishes: Vec<(Who, Wish)>) -> Result<()> {
    let mut wishes = wishes.into_iter().peekable();
    while wishes.peek().is_some() {
        let some: Vec<(Who, Wish)> = wishes.by_ref().take(UPDATES).collect();
        for result in shared.ledger.record_each(some)? {
            // Each wish turns its own failure into a fact; what is left is the desk's trouble.
            result?;
        }
    }
    Ok(())
}

/// The wishes one payload holds, the last of which says that it was read.
fn wishes_of(shared: &Shared, payload: Seq) -> Result<(u64, Vec<(Who, Wish)>)> {
    let who = who();
    let now = shared.ledger.now(&who)?;
    let found = channels::payload(&now, payload)?;
    let bytes = channels::bytes(&now, payload, "raw")?;
    let known = channels::list(&now)?;
    drop(now);
    let Some(bytes) = bytes else {
        let why = "its content was erased";
        return Ok((0, vec![unreadable(found.channel, payload, why.to_owned())]));
    };
    let kind = known.iter().find(|channel| channel.id == found.channel);
    let kind = kind.map_or("", |channel| &channel.kind);
    if kind == "email" {
        return letter(shared, found.channel, payload, &bytes);
    }
    if kind == lines::KIND {
        return Ok(of_call(&who, found.channel, payload, &bytes));
    }
    let updates = match whatsapp::parse::parse(&bytes, found.at) {
        Ok(updates) => updates,
        Err(part) => return Ok((0, vec![unreadable(found.channel, payload, part.why)])),
    };
    let count = updates.len() as u64;
    let mut wishes: Vec<(Who, Wish)> = Vec::with_capacity(updates.len() + 1);
    for update in updates {
        let channel = number::hears(&known, found.channel, update.phone_number_id.as_deref());
        wishes.push((
            who.clone(),
            Box::new(move |now| receive(now, channel, payload, &update)),
        ));
    }
    wishes.push((who, read(payload, count)));
    Ok((count, wishes))
}

/// The wish that a payload was read, unless a part of it could not be.
fn read(payload: Seq, count: u64) -> Wish {
    Box::new(move |now| {
        let mut facts = channels::payload_read(now, payload, count)?;
        let trouble = channels::payload(now, payload)?.state == "unreadable";
        if trouble {
            facts.clear(); // a part of it could not be read: it stays on the list
        }
        Ok(facts)
    })
}

/// The wishes one step of a call holds: the step, those that waited for it, that it was read.
fn of_call(who: &Who, channel: ChannelId, payload: Seq, bytes: &[u8]) -> (u64, Vec<(Who, Wish)>) {
    let step = match cti::parse(bytes) {
        Ok(step) => step,
        Err(error) => return (0, vec![unreadable(channel, payload, error.to_string())]),
    };
    let call_id = step.call_id.clone();
    let hear: Wish = Box::new(move |now| hear::hear(now, channel, payload, &step));
    let late: Wish = Box::new(move |now| hear::catch_up(now, channel, &call_id));
    let wishes = vec![
        (who.clone(), hear),
        (who.clone(), late),
        (who.clone(), read(payload, 1)),
    ];
    (1, wishes)
}

/// The wishes a kept letter holds.
fn letter(
    shared: &Shared,
    channel: ChannelId,
    payload: Seq,
    bytes: &[u8],
) -> Result<(u64, Vec<(Who, Wish)>)> {
    let who = who();
    let read = email::read(&shared.ledger.now(&who)?, channel, payload, bytes)?;
    let letter = match read {
        Ok(letter) => letter,
        Err(why) => return Ok((0, vec![unreadable(channel, payload, why)])),
    };
    let wish: Wish = Box::new(move |now| {
        let decided = email::receive(now, channel, payload, &letter);
        let mut facts = kept_at_worst(decided, channel, payload)?;
        let unread = facts.iter().any(|fact| {
            let event = &fact.event;
            matches!(
                event,
                Event::Channel(ChannelEvent::PayloadUnreadable { .. })
            )
        });
        if !unread {
            let updates = u64::from(!facts.is_empty());
            facts.extend(channels::payload_read(now, payload, updates)?);
        }
        Ok(facts)
    });
    Ok((1, vec![(who, wish)]))
}

/// Decides an update; one that makes the decision fail is kept as unreadable with its reason.
fn receive(
    now: &crate::ledger::Now<'_>,
    channel: ChannelId,
    payload: Seq,
    update: &Update,
) -> Result<Vec<crate::domain::event::Fact>> {
    let decided = intake::receive(now, channel, payload, update);
    kept_at_worst(decided, channel, payload)
}

fn kept_at_worst(
    decided: Result<Vec<Fact>>,
    channel: ChannelId,
    payload: Seq,
) -> Result<Vec<Fact>> {
    match decided {
        Ok(facts) => Ok(facts),
        Err(Error::Refusal(refusal)) => Ok(vec![channels::payload_unreadable(
            channel,
            payload,
            &refusal.text,
        )]),
        Err(Error::Fault(fault)) => {
            tracing::error!("deciding payload {payload}: {fault}");
            let why = "an error of ours; it is in the log";
            Ok(vec![channels::payload_unreadable(channel, payload, why)])
        }
    }
}

fn unreadable(channel: ChannelId, payload: Seq, why: String) -> (Who, Wish) {
    (
        who(),
        Box::new(move |_| Ok(vec![channels::payload_unreadable(channel, payload, &why)])),
    )
}
