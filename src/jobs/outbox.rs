//! The outbox: one ordered lane per customer and channel; an attempt is recorded before it is
//! made, and what came of it after. A message whose answer was lost waits for a sign before it is
//! sent again.

use super::Shared;
use crate::channels::email::smtp::{Handed, RefusedReceiver};
use crate::channels::email::token;
use crate::channels::whatsapp::client::Failure;
use crate::channels::whatsapp::send;
use crate::desk::deliveries::{self, Delivery, Outcome};
use crate::desk::{channels, contacts, letters};
use crate::domain::actor::{Door, Who};
use crate::domain::event::Fact;
use crate::domain::id::{ArticleId, ChannelId, ContactId};
use crate::domain::message::{Content, Media};
use crate::domain::moment::Moment;
use crate::domain::sending::{Class, Refused, SendOutcome};
use crate::domain::update::Party;
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::ledger::{Ledger, Now};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the tables are looked through when nobody rings.
const IDLE: Duration = Duration::from_millis(500);
/// Lanes looked at in one go.
const LANES: u32 = 200;
/// Messages one customer may be sent at once before the pace counts.
///
/// **Source:** WhatsApp Cloud API, pair rate limit: bursts of 45, then one per 6 seconds.
const BURST: i64 = 45;
/// How long one message of the burst is paid back. **Unit:** milliseconds.
const PACE_MS: i64 = 6_000;

/// How long to wait before recording is tried again while the desk cannot write.
const UNWRITTEN: Duration = Duration::from_secs(2);

type Lane = (ChannelId, ContactId);

/// Which lanes are being worked on, and what waits for a free sender.
#[derive(Default)]
pub struct Lanes {
    state: Mutex<State>,
    work: Condvar,
    end: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Delivery>,
    busy: HashSet<Lane>,
    /// When a lane's burst is paid back, as if it had never lent.
    paid_at: HashMap<Lane, i64>,
    /// Channels that have to wait.
    held: HashMap<ChannelId, Moment>,
    closed: bool,
}

impl Lanes {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends all waiting.
    pub fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
        self.end.notify_all();
    }

    /// Waits as long as given. False once all waiting has ended.
    fn pause(&self, most: Duration) -> bool {
        let waited = self
            .end
            .wait_timeout_while(self.lock(), most, |state| !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        !waited.0.closed
    }

    fn offer(&self, delivery: Delivery, now: Moment) {
        let mut state = self.lock();
        let lane = (delivery.channel, delivery.contact);
        let held = state
            .held
            .get(&delivery.channel)
            .is_some_and(|until| *until > now);
        let paid_at = state
            .paid_at
            .get(&lane)
            .copied()
            .unwrap_or(i64::MIN)
            .max(now.0);
        let too_fast = paid_at - now.0 > (BURST - 1) * PACE_MS;
        if held || too_fast || !state.busy.insert(lane) {
            return;
        }
        state.paid_at.insert(lane, paid_at + PACE_MS);
        if state.paid_at.len() > 10_000 {
            state.paid_at.retain(|_, paid_at| *paid_at > now.0);
        }
        state.queue.push_back(delivery);
        drop(state);
        self.work.notify_one();
    }

    fn take(&self) -> Option<Delivery> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(delivery) = state.queue.pop_front() {
                return Some(delivery);
            }
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn free(&self, lane: Lane) {
        self.lock().busy.remove(&lane);
    }

    fn hold(&self, channel: ChannelId, until: Moment) {
        self.lock().held.insert(channel, until);
    }

    /// The channels that have to wait; those that need not any more are forgotten.
    fn held(&self, now: Moment) -> Vec<ChannelId> {
        let mut state = self.lock();
        state.held.retain(|_, until| *until > now);
        state.held.keys().copied().collect()
    }
}

fn who() -> Who {
    Who::system("outbox", Door::Timer)
}

/// Doubts what a crash left unsettled.
pub fn recover(ledger: &Ledger) -> Result<()> {
    ledger.record(&who(), deliveries::recover)?;
    Ok(())
}

/// Finds what is due and hands it to the senders, until told to end.
pub fn run(shared: &Shared) {
    while !shared.outbox.is_closed() {
        shared.attend("looking through the outbox", || {
            let who = who();
            let now = shared.ledger.now(&who)?;
            let at = now.at();
            let due = deliveries::due(&now, &shared.lanes.held(at), LANES)?;
            drop(now);
            due.into_iter()
                .for_each(|delivery| shared.lanes.offer(delivery, at));
            Ok(())
        });
        if !shared.outbox.wait(IDLE) {
            return;
        }
    }
}

/// Sends what is handed over, until told to end.
pub fn send_all(shared: &Shared) {
    while let Some(delivery) = shared.lanes.take() {
        let lane = (delivery.channel, delivery.contact);
        shared.attend("sending a message", || send_one(shared, &delivery));
        shared.lanes.free(lane);
        shared.outbox.ring();
    }
}

fn send_one(shared: &Shared, delivery: &Delivery) -> Result<()> {
    let article = delivery.article;
    shared
        .ledger
        .record(&who(), move |now| deliveries::attempt(now, article))?;
    let came = match attempt(shared, delivery) {
        Ok(came) => came,
        // What we ourselves cannot build or read fails for good; the reason is shown.
        Err(Error::Refusal(refusal)) => Handed::from(SendOutcome::Refused(Refused {
            code: 0,
            class: Class::FixContent,
            text: refusal.text,
            details: String::new(),
        })),
        Err(Error::Fault(fault)) => {
            tracing::error!("sending message {article}: {fault}");
            Handed::from(SendOutcome::NotSent {
                why: "an error of ours; it is in the log".to_owned(),
            })
        }
    };
    settle(shared, delivery, &came)
}

/// Records what came of an attempt, however long the desk cannot write: until then the lane is
/// held, for what is not known to be sent would be sent again.
fn settle(shared: &Shared, delivery: &Delivery, came: &Handed) -> Result<()> {
    let article = delivery.article;
    let outcome = outcome(shared, delivery, came);
    loop {
        let (came, outcome, delivery) = (came.clone(), outcome.clone(), delivery.clone());
        let recorded = shared.ledger.record(&who(), move |now| {
            let (outcome, refused) = in_part(now, &delivery, outcome, &came)?;
            let mut facts: Vec<Fact> = Vec::new();
            for one in &refused {
                let (address, text) = (&one.address, &one.text);
                facts.extend(letters::receiver_refused(
                    now, article, address, one.code, text,
                )?);
            }
            if let Some((code, why)) = stops(&came.outcome) {
                facts.extend(channels::stop(now, delivery.channel, Some(code), why)?);
            }
            facts.extend(deliveries::settle(now, article, outcome)?);
            Ok(facts)
        });
        match recorded {
            Err(Error::Refusal(refusal)) if refusal.kind == RefusalKind::Unavailable => {
                let text = &refusal.text;
                tracing::error!("what came of message {article} waits to be recorded: {text}");
                if !shared.lanes.pause(UNWRITTEN) {
                    return Err(refusal.into()); // the next start doubts it
                }
            }
            Err(error) => return Err(error),
            Ok(_) => return Ok(()),
        }
    }
}

/// What came of an attempt in which a letter was left for some of its receivers alone: it went out
/// to the others, so these are told of one by one, and the letter has not failed.
fn in_part(
    now: &Now<'_>,
    delivery: &Delivery,
    outcome: Outcome,
    came: &Handed,
) -> Result<(Outcome, Vec<RefusedReceiver>)> {
    let Some(Content::Email(email)) = delivery.said.as_ref().map(|said| &said.content) else {
        return Ok((outcome, Vec::new()));
    };
    match (outcome, letters::receivers::left(now, delivery.article)?) {
        (Outcome::Failed { code, text }, Some(left)) => {
            let refused = left.into_iter().map(|address| RefusedReceiver {
                address,
                code: code.unwrap_or_default(),
                text: text.clone(),
            });
            let provider_id = token::known_by(&email.message_id);
            Ok((Outcome::Accepted { provider_id }, refused.collect()))
        }
        (outcome, _) => Ok((outcome, came.refused.clone())),
    }
}

fn outcome(shared: &Shared, delivery: &Delivery, came: &Handed) -> Outcome {
    let attempts = delivery.attempts + 1;
    let at = shared.ledger.clock().now();
    // Some took it; those who may later are tried again.
    let later_for_some = came.refused.iter().find(|one| one.may_be_taken_later());
    if let (SendOutcome::Accepted { .. }, Some(one)) = (&came.outcome, later_for_some)
        && let Some(wait_ms) = Class::RetryDays.wait_ms(attempts)
    {
        return Outcome::Deferred {
            code: Some(one.code),
            text: one.text.clone(),
            next_at: at.plus_ms(wait_ms),
        };
    }
    match came.outcome.clone() {
        SendOutcome::Accepted { provider_id, .. } => Outcome::Accepted { provider_id },
        SendOutcome::Unknown { why } => Outcome::Doubted { text: why },
        SendOutcome::NotSent { why } => later(Class::Retry, attempts, None, why, at),
        // It waits in its lane until the channel is mended and switched on again.
        SendOutcome::Refused(refused) if refused.class == Class::StopChannel => Outcome::Deferred {
            code: Some(refused.code),
            text: refused.text,
            next_at: at,
        },
        SendOutcome::Refused(refused) => {
            let (class, code) = (refused.class, Some(refused.code));
            let outcome = later(class, attempts, code, refused.text, at);
            if let (true, Outcome::Deferred { next_at, .. }) = (class.holds_channel(), &outcome) {
                shared.lanes.hold(delivery.channel, *next_at);
            }
            outcome
        }
    }
}

/// Why nothing goes out on the channel until somebody mends it, if so.
fn stops(outcome: &SendOutcome) -> Option<(i64, &str)> {
    match outcome {
        SendOutcome::Refused(refused) if refused.class == Class::StopChannel => {
            Some((refused.code, &refused.text))
        }
        SendOutcome::Refused(_)
        | SendOutcome::Accepted { .. }
        | SendOutcome::Unknown { .. }
        | SendOutcome::NotSent { .. } => None,
    }
}

fn later(class: Class, attempts: u32, code: Option<i64>, text: String, at: Moment) -> Outcome {
    match class.wait_ms(attempts) {
        Some(wait_ms) => Outcome::Deferred {
            code,
            text,
            next_at: at.plus_ms(wait_ms),
        },
        None => Outcome::Failed { code, text },
    }
}

fn attempt(shared: &Shared, delivery: &Delivery) -> Result<Handed> {
    if let Some(Content::Email(email)) = delivery.said.as_ref().map(|said| &said.content) {
        return super::email::send(shared, delivery, email);
    }
    let who = who();
    let now = shared.ledger.now(&who)?;
    let contact = contacts::get(&now, delivery.contact)?;
    drop(now);
    let value = |kind: &str| contact.identity(kind).map(str::to_owned);
    let party = Party {
        wa_id: value("wa_id"),
        user_id: value("user_id"),
        parent_user_id: value("parent_user_id"),
        ..Party::default()
    };
    let Some(said) = &delivery.said else {
        return Err(Refusal::conflict("its content was erased").into());
    };
    let line = shared.providers.line(delivery.channel)?;
    let mut content = said.content.clone();
    if let Some(media) = own_media(&mut content)
        && media.media_id.is_none()
    {
        match upload(shared, &line, delivery.article, media)? {
            Ok(id) => media.media_id = Some(id),
            Err(outcome) => return Ok(outcome.into()),
        }
    }
    let body = send::message(
        &party,
        &content,
        delivery.reply_to.as_deref(),
        &delivery.tag,
    )?;
    Ok(line.send(&body).into())
}

fn own_media(content: &mut Content) -> Option<&mut Media> {
    match content {
        Content::Media(media) => Some(media),
        Content::Template(template) => template.header_media.as_mut(),
        Content::Text(_)
        | Content::Location(_)
        | Content::Contacts(_)
        | Content::Choice(_)
        | Content::Offer(_)
        | Content::Form(_)
        | Content::CallPermission(_)
        | Content::Order(_)
        | Content::Notice(_)
        | Content::Welcome
        | Content::Call(_)
        | Content::Email(_)
        | Content::Unsupported(_) => None,
    }
}

/// Uploads the file of a message; the provider's id, or what came of it instead. An upload is not
/// a message: a lost answer is simply tried again.
fn upload(
    shared: &Shared,
    line: &crate::channels::whatsapp::client::Graph,
    article: ArticleId,
    media: &Media,
) -> Result<std::result::Result<String, SendOutcome>> {
    let who = who();
    let now = shared.ledger.now(&who)?;
    let bytes = channels::bytes(&now, article, "media")?;
    drop(now);
    let Some(bytes) = bytes else {
        return Err(Refusal::conflict("its file was erased").into());
    };
    Ok(match line.upload(media, &bytes) {
        Ok(id) => Ok(id),
        Err(Failure::Refused(refused)) => Err(SendOutcome::Refused(refused)),
        Err(Failure::Unreached(why) | Failure::Unfit(why)) => Err(SendOutcome::NotSent { why }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_held_until_its_time_and_no_longer() {
        let lanes = Lanes::default();
        lanes.hold(ChannelId(7), Moment(2_000));
        lanes.hold(ChannelId(8), Moment(3_000));
        let mut held = lanes.held(Moment(1_999));
        held.sort_unstable();
        assert_eq!(held, [ChannelId(7), ChannelId(8)]);
        assert_eq!(lanes.held(Moment(2_000)), [ChannelId(8)]);
        assert_eq!(lanes.held(Moment(1_999)), [ChannelId(8)]);
        assert!(lanes.held(Moment(3_000)).is_empty());
    }
}
