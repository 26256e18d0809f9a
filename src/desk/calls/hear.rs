//! What a phone system tells: a call rings, is taken, is over. A repeat changes nothing; a step
//! that comes before its call waits for it; a call without answer was missed.

use super::{Call, by_id, get, lines};
use crate::desk::{channels, contacts, conversations, intake, members, search};
use crate::domain::actor::Actor;
use crate::domain::call::{self, Step, StepKind};
use crate::domain::conversation::{Owner, Status, Transfer};
use crate::domain::event::call::{CallEvent, SealedNumbers};
use crate::domain::event::{Cause, ContactEvent, Fact, SealedContact};
use crate::domain::id::{ChannelId, ContactId, MemberId, Object, Seq};
use crate::domain::message::{CallDirection, CallOutcome};
use crate::domain::moment::Moment;
use crate::domain::phone::PhoneNumber;
use crate::error::Result;
use crate::ledger::Now;
use std::collections::BTreeMap;

/// Most customers a caller may be.
const MAYBE_MAX: usize = 3;

/// Decides what a step of a call makes happen.
pub fn hear(now: &Now<'_>, channel: ChannelId, payload: Seq, step: &Step) -> Result<Vec<Fact>> {
    let told_at = channels::payload(now, payload)?.at;
    let from = Told {
        now,
        channel,
        payload,
        told_at,
    };
    match (step.kind, by_id(now, channel, &step.call_id)?) {
        (StepKind::NewCall, Some(_)) => Ok(Vec::new()),
        (StepKind::NewCall, None) => from.rang(step),
        (StepKind::Answer, Some(call)) => {
            let named = named(now, &answerers(step))?.into_iter().next();
            let dials = (call.direction == CallDirection::Out).then_some(&call.members);
            let member = match (named, dials.and_then(|members| members.first())) {
                (Some(member), _) => Some(member),
                (None, Some(dials)) => Some(members::get(now, *dials)?),
                (None, None) => None,
            };
            from.answered(&call, member)
        }
        (StepKind::Hangup, Some(call)) => from.ended(&call, step),
        (StepKind::Answer | StepKind::Hangup, None) => from.kept(step),
    }
}

/// Ends the calls of which no end was told for hours.
pub fn give_up(now: &Now<'_>) -> Result<Vec<Fact>> {
    let calls = lost(now)?;
    let mut facts = Vec::new();
    for call in calls {
        let Some(conversation) = call.conversation else {
            continue; // a call of a phone system belongs to one
        };
        let answered = call.answered_at.is_some() || call.outcome == CallOutcome::Answered;
        facts.push(
            CallEvent::Ended {
                call: call.seq,
                conversation,
                ended_at: now.at(),
                cause: "lost".to_owned(),
                outcome: call::outcome(call.direction, answered, "lost"),
                duration_s: None,
                payload: None,
            }
            .into(),
        );
    }
    Ok(facts)
}

/// What [`lost`] asks, every second.
pub const LOST: &str = "SELECT seq FROM call WHERE ended_at IS NULL AND started_at < :before
     ORDER BY started_at, seq LIMIT 100";

/// The calls of which no end was told for hours.
pub fn lost(now: &Now<'_>) -> Result<Vec<Call>> {
    let ids: Vec<Seq> = now.all(
        LOST,
        &[(":before", &now.at().plus_ms(-call::LOST_AFTER_MS))],
        |row| row.get("seq"),
    )?;
    ids.into_iter().map(|id| get(now, id)).collect()
}

/// Where a step came from.
struct Told<'a> {
    now: &'a Now<'a>,
    channel: ChannelId,
    payload: Seq,
    told_at: Moment,
}

impl Told<'_> {
    fn rang(&self, step: &Step) -> Result<Vec<Fact>> {
        let line = lines::get(self.now, self.channel)?;
        let (theirs, ours) = match step.direction {
            CallDirection::In => (&step.from, &step.to),
            CallDirection::Out => (&step.to, &step.from),
        };
        let number = PhoneNumber::parse(theirs, &line.country)
            .or_else(|_| PhoneNumber::of_digits(theirs))
            .ok();
        let (contact, known, met) = self.caller(number.as_ref(), theirs)?;
        let mut facts: Vec<Fact> = met.map(|fact| self.told(fact)).into_iter().collect();
        let maybe = match (&number, known) {
            (Some(number), false) => maybe(self.now, number, contact)?,
            (Some(_), true) | (None, _) => Vec::new(),
        };
        let placed = intake::place(
            self.now,
            self.channel,
            contact,
            self.told_at,
            Owner::Nobody, // the bot does not telephone
            Cause::Event(self.payload),
        )?;
        let conversation = placed.conversation;
        facts.extend(placed.facts);
        let mut users = step.users.clone();
        if step.direction == CallDirection::Out {
            users.push(step.from.clone());
        }
        let rang = CallEvent::Rang {
            channel: self.channel,
            call_id: step.call_id.clone(),
            direction: step.direction,
            contact,
            maybe,
            conversation,
            started_at: self.told_at,
            members: named(self.now, &users)?.iter().map(|one| one.id).collect(),
            queue: step.queue.clone(),
            payload: self.payload,
            sealed: SealedNumbers {
                number: Some(match number {
                    Some(number) => number.into(),
                    None => theirs.clone(),
                })
                .filter(|text| !text.is_empty()),
                line: Some(ours.clone()).filter(|text| !text.is_empty()),
            },
        };
        facts.push(self.told(rang.into()));
        Ok(facts)
    }

    /// The customer behind a number, whether the desk knew them, and the fact that it meets them.
    fn caller(
        &self,
        number: Option<&PhoneNumber>,
        theirs: &str,
    ) -> Result<(ContactId, bool, Option<Fact>)> {
        let known = match number {
            Some(number) => contacts::by_number(self.now, number)?,
            None => contacts::person_by(self.now, "caller", &theirs.to_lowercase())?,
        };
        if let Some(contact) = known {
            return Ok((contact, true, None));
        }
        let contact = self
            .now
            .value("SELECT coalesce(max(id) + 1, 1) FROM contact", &[])?;
        let nameless = theirs.is_empty() || theirs.eq_ignore_ascii_case("anonymous");
        let identities = match number {
            Some(number) => Some(("phone", number.e164().to_owned())),
            None if nameless => None, // the next one may be somebody else
            None => Some(("caller", theirs.to_lowercase())),
        };
        let sealed = SealedContact {
            name: nameless.then(|| "Anonymous caller".to_owned()),
            identities: identities.map(|(kind, value)| BTreeMap::from([(kind.to_owned(), value)])),
        };
        let added = ContactEvent::Added { contact, sealed };
        Ok((contact, false, Some(added.into())))
    }

    fn answered(&self, call: &Call, member: Option<members::Member>) -> Result<Vec<Fact>> {
        let Some(conversation) = call.conversation.filter(|_| call.answered_at.is_none()) else {
            return Ok(Vec::new()); // it was told before
        };
        let answered = CallEvent::Answered {
            call: call.seq,
            conversation,
            answered_at: self.told_at,
            member: member.as_ref().map(|member| member.id),
            name: member.as_ref().map(|member| member.name.clone()),
            payload: self.payload,
        };
        let mut facts = vec![self.told(answered.into())];
        let Some(member) = member.filter(|member| member.active) else {
            return Ok(facts);
        };
        let present = conversations::get(self.now, conversation)?;
        if present.owner == Owner::Nobody && present.status != Status::Closed {
            let holder = Owner::Member {
                id: member.id,
                name: member.name,
            };
            let how = Transfer::Assigned;
            let owned = conversations::owned(&present, holder, how, "took the call");
            facts.push(owned.because(Cause::Earlier(0)).by(system()));
            facts.extend(conversations::opened(&present, 0).map(|fact| fact.by(system())));
        }
        Ok(facts)
    }

    fn ended(&self, call: &Call, step: &Step) -> Result<Vec<Fact>> {
        let Some(conversation) = call.conversation.filter(|_| call.ended_at.is_none()) else {
            return Ok(Vec::new()); // it was told before
        };
        let cause = step.cause.clone().unwrap_or_default();
        let answered = call.outcome == CallOutcome::Answered || step.answering.is_some();
        let ended = CallEvent::Ended {
            call: call.seq,
            conversation,
            ended_at: self.told_at,
            outcome: call::outcome(call.direction, answered, &cause),
            cause,
            duration_s: call::duration_s(call.answered_at, self.told_at),
            payload: Some(self.payload),
        };
        Ok(vec![self.told(ended.into())])
    }

    /// A step of a call nobody heard begin: nobody is met and nothing is started for it.
    fn kept(&self, step: &Step) -> Result<Vec<Fact>> {
        let waits: bool = self.now.value(
            "SELECT EXISTS (SELECT 1 FROM early_step
              WHERE channel = :channel AND call_id = :call_id AND step = :step)",
            &[
                (":channel", &self.channel),
                (":call_id", &step.call_id),
                (":step", &step.kind.as_str()),
            ],
        )?;
        if waits {
            return Ok(Vec::new());
        }
        let member = named(self.now, &answerers(step))?.into_iter().next();
        let kept = CallEvent::StepKept {
            channel: self.channel,
            call_id: step.call_id.clone(),
            step: step.kind,
            told_at: self.told_at,
            cause: step.cause.clone(),
            member: member.map(|member| member.id),
            answered: step.kind == StepKind::Answer || step.answering.is_some(),
            payload: self.payload,
        };
        Ok(vec![self.told(kept.into())])
    }

    fn told(&self, fact: Fact) -> Fact {
        fact.because(Cause::Event(self.payload))
            .by(Actor::Provider { id: self.channel })
    }
}

/// What the steps that came before their call make happen, now that it is there.
pub fn catch_up(now: &Now<'_>, channel: ChannelId, call_id: &str) -> Result<Vec<Fact>> {
    let Some(mut call) = by_id(now, channel, call_id)? else {
        return Ok(Vec::new());
    };
    let waiting = now.all(
        "SELECT step, told_at, cause, member, answered, payload FROM early_step
          WHERE channel = :channel AND call_id = :call_id ORDER BY step LIMIT 10",
        &[(":channel", &channel), (":call_id", &call_id)],
        |row| {
            Ok(Early {
                step: row.get("step")?,
                told_at: row.get("told_at")?,
                cause: row.get("cause")?,
                member: row.get("member")?,
                answered: row.get("answered")?,
                payload: row.get("payload")?,
            })
        },
    )?;
    let mut facts = Vec::new();
    // `answer` comes before `hangup` in the alphabet as in life.
    for early in waiting {
        let told = Told {
            now,
            channel,
            payload: early.payload,
            told_at: early.told_at,
        };
        if early.step == StepKind::Answer.as_str() {
            let member = early
                .member
                .map(|member| members::get(now, member))
                .transpose()?;
            let answered = told.answered(&call, member)?;
            call.outcome = CallOutcome::Answered;
            facts.extend(shifted(answered, facts.len()));
            continue;
        }
        let step = Step {
            kind: StepKind::Hangup,
            call_id: call_id.to_owned(),
            direction: call.direction,
            from: String::new(),
            to: String::new(),
            users: Vec::new(),
            queue: None,
            cause: early.cause,
            answering: early.answered.then(String::new),
        };
        facts.extend(told.ended(&call, &step)?);
    }
    Ok(facts)
}

struct Early {
    step: String,
    told_at: Moment,
    cause: Option<String>,
    member: Option<MemberId>,
    answered: bool,
    payload: Seq,
}

/// Facts that name earlier ones of their own list, in a list that has some before them.
fn shifted(facts: Vec<Fact>, by: usize) -> impl Iterator<Item = Fact> {
    facts.into_iter().map(move |mut fact| {
        if let Some(Cause::Earlier(place)) = fact.cause {
            fact.cause = Some(Cause::Earlier(place + by));
        }
        fact
    })
}

fn answerers(step: &Step) -> Vec<String> {
    step.answering.iter().chain(&step.users).cloned().collect()
}

/// The members a phone system names: by extension, e-mail address or the part before its @, id or
/// name, in the order they were named.
fn named(now: &Now<'_>, names: &[String]) -> Result<Vec<members::Member>> {
    let all = members::list(now)?;
    let mut found: Vec<members::Member> = Vec::new();
    for name in names {
        let name = name.trim().to_lowercase();
        let is = |member: &&members::Member| {
            let email = member.email.to_lowercase();
            let login = email.split('@').next().unwrap_or_default().to_owned();
            let extension = &member.preferences.extension;
            [
                email,
                login,
                member.id.to_string().to_lowercase(),
                member.name.to_lowercase(),
            ]
            .contains(&name)
                || (!extension.is_empty() && *extension == name)
        };
        let member = all.iter().filter(|member| member.active).find(is);
        if let Some(member) = member.filter(|one| found.iter().all(|known| known.id != one.id)) {
            found.push(member.clone());
        }
    }
    Ok(found)
}

/// Customers whose number ends alike, or whose messages hold the number.
fn maybe(now: &Now<'_>, number: &PhoneNumber, but: ContactId) -> Result<Vec<ContactId>> {
    let mut found: Vec<ContactId> = Vec::new();
    let national = number.national_digits();
    for (text, kind) in [
        (number.tail(), "contact"),
        (number.digits(), "article"),
        (national.as_str(), "article"),
    ] {
        for hit in search::find(now, text, Some(kind), None, 10)? {
            let contact = match hit.object {
                Object::Contact(id) => Some(id),
                Object::Conversation(id) => Some(conversations::get(now, id)?.contact),
                Object::Ticket(id) => crate::desk::tickets::get(now, id)?.contact,
                Object::Member(_) | Object::Channel(_) | Object::Group(_) => None,
            };
            if let Some(contact) = contact.filter(|one| *one != but && !found.contains(one)) {
                found.push(contact);
            }
        }
    }
    found.truncate(MAYBE_MAX);
    Ok(found)
}

fn system() -> Actor {
    Actor::System {
        id: "intake".to_owned(),
    }
}
