//! Automation rules: written, switched, answered. A rule runs right after the fact it answers, as a
//! wish of its own with that fact as its cause: `rule.ran` first, then what it did. That event is
//! what keeps a rule from answering twice after a crash. Trying a rule on the past is in `trial`.

mod applied;
mod conditions;
mod due;
mod shipped;
pub mod trial;

pub use applied::{apply, relate};
pub use conditions::holds;
pub use due::{HAND, PORTION, SILENT, UNANSWERED, UNCHANGED, count, due, lasting, place, runs};
pub use shipped::auto_close;

use super::actions::{self, Target, join};
use super::audit;
use crate::domain::actor::{Actor, Door, Who};
use crate::domain::event::rules::{RuleEvent, SealedDefinition};
use crate::domain::event::{ArticleEvent, Cause, Event, Fact, SealedReason};
use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use crate::domain::rule::{About, DEPTH_MAX, Definition, Lasting};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Row};

/// Most rules a desk has.
const RULES_MAX: usize = 200;
/// Most conditions of a rule.
pub const CONDITIONS_MAX: usize = 8;
/// Most causes that are followed back.
const CHAIN_MAX: usize = 64;

/// A rule as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Which.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// The newest version.
    pub version: u32,
    /// What it says; none once erased.
    pub definition: Option<Definition>,
    /// Whether it runs.
    pub on: bool,
    /// It answers what happened after this event.
    pub on_seq: Option<Seq>,
    /// The event that wrote or switched it last.
    pub seq: Seq,
}

/// What a rule answers.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// What it is about.
    pub object: Object,
    /// The event; none by the clock.
    pub seq: Option<Seq>,
    /// Since when it lasts; by the clock alone.
    pub since: Option<Moment>,
    /// The words of the message or note.
    pub text: Option<String>,
    /// How many rules stand in the chain of causes.
    pub depth: u32,
}

// Decide

/// Writes a rule, or a new version of one.
///
/// **Refuses:** a name that is empty, too long or taken; what names something unknown or retired;
/// a rule that answers nothing or does nothing.
pub fn save(
    now: &Now<'_>,
    id: Option<u64>,
    name: &str,
    definition: Definition,
) -> Result<Vec<Fact>> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > 80 {
        return Err(Refusal::invalid("a rule's name has 1 to 80 characters")
            .at("name")
            .into());
    }
    let known = list(now)?;
    if known
        .iter()
        .any(|other| other.name == name && Some(other.id) != id)
    {
        let text = format!("there is a rule {name} already");
        return Err(Refusal::conflict(text).at("name").into());
    }
    check(now, &definition)?;
    let present = id.map(|id| get(now, id)).transpose()?;
    if present.is_none() && known.len() >= RULES_MAX {
        return Err(Refusal::conflict(format!("a desk has at most {RULES_MAX} rules")).into());
    }
    let same =
        |present: &Rule| present.name == name && present.definition.as_ref() == Some(&definition);
    if present.as_ref().is_some_and(same) {
        return Ok(Vec::new());
    }
    let (rule, version) = match present {
        Some(present) => (present.id, present.version + 1),
        None => (known.iter().map(|rule| rule.id).max().unwrap_or(0) + 1, 1),
    };
    let definition = Some(definition);
    let sealed = SealedDefinition { definition };
    let saved = RuleEvent::Saved {
        rule,
        version,
        name,
        sealed,
    };
    Ok(vec![saved.into()])
}

/// Lets a rule run from now on, or no longer.
///
/// **Refuses:** switching a broken one on.
pub fn switch(now: &Now<'_>, id: u64, on: bool) -> Result<Vec<Fact>> {
    let present = get(now, id)?;
    if present.on == on {
        return Ok(Vec::new());
    }
    if on && let Some(trouble) = trouble(now, &present)? {
        let text = format!("{name} cannot run: {trouble}", name = present.name);
        return Err(Refusal::conflict(text).into());
    }
    let (rule, version) = (id, present.version);
    Ok(vec![RuleEvent::Switched { rule, version, on }.into()])
}

/// Refuses what names something that is not there, and what answers or does nothing.
pub fn check(now: &Now<'_>, definition: &Definition) -> Result<()> {
    let known = definition.about.events();
    for event in &definition.when {
        if !known.iter().any(|(name, _)| name == event) {
            let about = definition.about.as_str();
            let text = format!("a rule about a {about} cannot answer {event}");
            return Err(Refusal::invalid(text).at("when").into());
        }
    }
    if definition.when.is_empty() == definition.after.is_none() {
        let text = "a rule answers events or waits by the clock: choose one of both";
        return Err(Refusal::invalid(text).at("when").into());
    }
    if let Some(after) = definition.after {
        let fits = match after.what {
            Lasting::Silence | Lasting::Unanswered => definition.about == About::Conversation,
            Lasting::Unchanged => definition.about == About::Ticket,
        };
        if !fits || !(1..=8_760).contains(&after.hours) {
            let text = "wait 1 to 8760 hours for what the rule is about";
            return Err(Refusal::invalid(text).at("after").into());
        }
    }
    if definition.conditions.len() > CONDITIONS_MAX {
        let text = format!("a rule has at most {CONDITIONS_MAX} conditions");
        return Err(Refusal::invalid(text).at("conditions").into());
    }
    for condition in &definition.conditions {
        conditions::check(now, condition)?;
    }
    if definition.then.is_empty() {
        return Err(Refusal::invalid("say what the rule does").at("then").into());
    }
    actions::check(now, &definition.then)
}

/// Why a rule cannot run, in one sentence.
pub fn trouble(now: &Now<'_>, rule: &Rule) -> Result<Option<String>> {
    let Some(definition) = &rule.definition else {
        return Ok(Some("what it says was erased".to_owned()));
    };
    match check(now, definition) {
        Ok(()) => Ok(None),
        Err(Error::Refusal(refusal)) => Ok(Some(refusal.text)),
        Err(fault) => Err(fault),
    }
}

/// What a rule does about an event: nothing if it is off, broken or has answered it before.
pub fn answer(now: &Now<'_>, id: u64, trigger: Seq) -> Result<Vec<Fact>> {
    let rule = get(now, id)?;
    let answered: u64 = now.value(
        "SELECT count(*) FROM rule_run WHERE rule = :rule AND trigger = :trigger",
        &[(":rule", &id), (":trigger", &trigger)],
    )?;
    if !rule.on || answered > 0 || trouble(now, &rule)?.is_some() {
        return Ok(Vec::new());
    }
    let happened = audit::get(now, trigger)?;
    match triggered(now, &rule, trigger, &happened.event)? {
        Some(trigger) => respond(now, &rule, &trigger),
        None => Ok(Vec::new()),
    }
}

/// What a rule by the clock does about an object now.
pub fn answer_clock(now: &Now<'_>, id: u64, object: Object, since: Moment) -> Result<Vec<Fact>> {
    let rule = get(now, id)?;
    if !rule.on || trouble(now, &rule)?.is_some() {
        return Ok(Vec::new());
    }
    if !due::still_lasts(now, &rule, object, since)? {
        return Ok(Vec::new());
    }
    respond(now, &rule, &clocked(object, since))
}

/// Which of the rules have something to answer in an event, as the desk stands before any of them
/// does.
pub fn matching(now: &Now<'_>, rules: Vec<Rule>, trigger: Seq) -> Result<Vec<Rule>> {
    let happened = audit::get(now, trigger)?;
    let mut matching = Vec::new();
    for rule in rules {
        let Some(definition) = &rule.definition else {
            continue;
        };
        let Some(found) = triggered(now, &rule, trigger, &happened.event)? else {
            continue;
        };
        let target = Target::of(now, found.object)?;
        if holds(now, definition, &target, found.text.as_deref())? {
            matching.push(rule);
        }
    }
    Ok(matching)
}

/// What lasts, as a trigger.
fn clocked(object: Object, since: Moment) -> Trigger {
    Trigger {
        object,
        seq: None,
        since: Some(since),
        text: None,
        depth: 0,
    }
}

/// The trigger an event is to a rule, if it is one.
fn triggered(now: &Now<'_>, rule: &Rule, seq: Seq, event: &Event) -> Result<Option<Trigger>> {
    let Some(definition) = &rule.definition else {
        return Ok(None);
    };
    if !definition.when.contains(&event.name()?) {
        return Ok(None);
    }
    let object = event
        .objects()
        .into_iter()
        .find(|object| match definition.about {
            About::Conversation => matches!(object, Object::Conversation(_)),
            About::Ticket => matches!(object, Object::Ticket(_)),
        });
    let Some(object) = object else {
        return Ok(None);
    };
    Ok(Some(Trigger {
        object,
        seq: Some(seq),
        since: None,
        text: words(event),
        depth: depth(now, seq)?,
    }))
}

/// The words of a message or a note.
fn words(event: &Event) -> Option<String> {
    let Event::Article(
        ArticleEvent::Received { sealed, .. }
        | ArticleEvent::Queued { sealed, .. }
        | ArticleEvent::Noted { sealed, .. },
    ) = event
    else {
        return None;
    };
    sealed
        .said
        .as_ref()
        .map(|said| said.content.text_for_search())
}

/// The one decision of a rule, for the desk and for trials alike: nothing if its conditions do not
/// hold or all is so already; a cut if rules answered rules too deeply; else that it ran, and what
/// it did.
pub fn respond(now: &Now<'_>, rule: &Rule, trigger: &Trigger) -> Result<Vec<Fact>> {
    let Some(definition) = &rule.definition else {
        return Ok(Vec::new());
    };
    let target = Target::of(now, trigger.object)?;
    if !holds(now, definition, &target, trigger.text.as_deref())? {
        return Ok(Vec::new());
    }
    let why = format!("rule {}", rule.name);
    let steps = actions::perform(now, &target, &definition.then, &why, "");
    let idle = steps
        .iter()
        .all(|step| step.came.as_ref().is_ok_and(Vec::is_empty));
    if idle {
        return Ok(Vec::new());
    }
    let (id, version, name) = (rule.id, rule.version, rule.name.clone());
    let (object, depth) = (trigger.object, trigger.depth);
    let cause = trigger.seq.map(Cause::Event);
    let mine = |event: RuleEvent, cause: Option<Cause>| {
        let mut fact = Fact::from(event);
        fact.cause = cause;
        fact
    };
    if let Some(seq) = trigger.seq.filter(|_| depth >= DEPTH_MAX) {
        let cut = RuleEvent::Cut {
            rule: id,
            version,
            name,
            object,
            trigger: seq,
            depth,
        };
        return Ok(vec![mine(cut, cause)]);
    }
    let ran = RuleEvent::Ran {
        rule: id,
        version,
        name: name.clone(),
        object,
        trigger: trigger.seq,
        since: trigger.since,
        depth,
    };
    let mut facts = vec![mine(ran, cause)];
    for step in steps {
        match step.came {
            Ok(came) => join(&mut facts, came, Cause::Earlier(0)),
            Err(Error::Refusal(refusal)) => {
                let hindered = RuleEvent::Hindered {
                    rule: id,
                    version,
                    name: name.clone(),
                    object,
                    action: step.kind.to_owned(),
                    sealed: SealedReason {
                        reason: Some(refusal.text),
                    },
                };
                facts.push(mine(hindered, Some(Cause::Earlier(0))));
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(facts)
}

/// How many runs of rules stand in the chain of causes that ends with an event.
fn depth(now: &Now<'_>, seq: Seq) -> Result<u32> {
    let mut depth = 0;
    let mut at = Some(seq);
    for _ in 0..CHAIN_MAX {
        let Some(seq) = at else { break };
        let found: Option<(String, Option<Seq>)> = now.maybe(
            "SELECT event, cause FROM trail WHERE seq = :seq",
            &[(":seq", &seq)],
            |row| Ok((row.get("event")?, row.get("cause")?)),
        )?;
        let Some((event, cause)) = found else { break };
        depth += u32::from(event == "rule.ran");
        at = cause;
    }
    Ok(depth)
}

/// A rule as the one who acts.
pub fn who(rule: &Rule) -> Who {
    let actor = Actor::Rule {
        id: format!("R-{}", rule.id),
        version: rule.version,
    };
    Who::of(actor, Door::Timer, None)
}

// Ask

/// The rules, in the order in which they were first written; they answer in this order.
pub fn list(now: &Now<'_>) -> Result<Vec<Rule>> {
    now.all(
        "SELECT id, name, version, definition, running, on_seq, seq FROM rule
          ORDER BY id LIMIT 1000",
        &[],
        read,
    )
}

/// A rule.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, id: u64) -> Result<Rule> {
    now.one(
        "SELECT id, name, version, definition, running, on_seq, seq FROM rule WHERE id = :id",
        &[(":id", &id)],
        || Refusal::not_found(format!("there is no rule R-{id}")),
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Rule> {
    Ok(Rule {
        id: row.get("id")?,
        name: row.get("name")?,
        version: row.get("version")?,
        definition: row.json_if_any("definition")?,
        on: row.get("running")?,
        on_seq: row.get("on_seq")?,
        seq: row.get("seq")?,
    })
}
