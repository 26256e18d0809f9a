//! Canned replies and macros: words to insert, and several actions in one go. One with nothing but
//! a reply is a canned reply; the others are done at once, wholly or not at all.

use super::actions::{self, Target, filled, in_language, join};
use super::members;
use super::rules::relate;
use crate::domain::action::Actions;
use crate::domain::event::macros::{MacroEvent, SealedActions};
use crate::domain::event::{Cause, Fact};
use crate::domain::id::{MemberId, Object};
use crate::domain::member::Right;
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};

/// Most macros a desk has.
const MACROS_MAX: usize = 1_000;

/// A macro as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Macro {
    /// Which.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// The newest version.
    pub version: u32,
    /// Whose own it is; none if everybody may use it.
    pub owner: Option<MemberId>,
    /// What it does; none once erased.
    pub actions: Option<Actions>,
    /// Whether it is not offered any more.
    pub retired: bool,
    /// The event that changed it last.
    pub seq: u64,
}

impl Macro {
    /// Whether it only holds words to insert.
    pub fn is_canned(&self) -> bool {
        let kinds = self.actions.as_ref().map(Actions::kinds);
        kinds.is_some_and(|kinds| kinds == ["reply"])
    }
}

// Decide

/// Writes a macro, or a new version of one.
///
/// **Refuses:** a name that is empty, too long or taken; what names something unknown or retired,
/// an unknown variable with its place; one for everybody, without the right to assign.
pub fn save(
    now: &Now<'_>,
    id: Option<u64>,
    name: &str,
    shared: bool,
    wished: Actions,
) -> Result<Vec<Fact>> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > 80 {
        return Err(Refusal::invalid("a macro's name has 1 to 80 characters")
            .at("name")
            .into());
    }
    let present = id.map(|id| get(now, id)).transpose()?;
    if let Some(present) = &present {
        demand_change(now, present)?;
    }
    if shared {
        members::demand(now, Right::Assign)?;
    }
    let owner = if shared { None } else { now.who().member() };
    let known = list(now)?;
    let taken = |other: &&Macro| other.name == name && other.owner == owner && Some(other.id) != id;
    if known.iter().any(|other| taken(&other)) {
        let text = format!("there is a macro {name} already");
        return Err(Refusal::conflict(text).at("name").into());
    }
    if present.is_none() && known.len() >= MACROS_MAX {
        return Err(Refusal::conflict(format!("a desk has at most {MACROS_MAX} macros")).into());
    }
    if wished.is_empty() {
        return Err(Refusal::invalid("say what the macro does")
            .at("then")
            .into());
    }
    actions::check(now, &wished)?;
    let same = |present: &Macro| {
        present.name == name && present.owner == owner && present.actions.as_ref() == Some(&wished)
    };
    if present.as_ref().is_some_and(same) {
        return Ok(Vec::new());
    }
    let (id, version) = match present {
        Some(present) => (present.id, present.version + 1),
        None => (known.iter().map(|other| other.id).max().unwrap_or(0) + 1, 1),
    };
    let sealed = SealedActions {
        actions: Some(wished),
    };
    let saved = MacroEvent::Saved {
        id,
        version,
        name,
        owner,
        sealed,
    };
    Ok(vec![saved.into()])
}

/// Takes it out of what is offered, or puts it back.
pub fn retire(now: &Now<'_>, id: u64, retired: bool) -> Result<Vec<Fact>> {
    let present = get(now, id)?;
    demand_change(now, &present)?;
    if present.retired == retired {
        return Ok(Vec::new());
    }
    let name = present.name;
    Ok(vec![match retired {
        true => MacroEvent::Retired { id, name }.into(),
        false => MacroEvent::Restored { id, name }.into(),
    }])
}

/// Does what a macro says to a conversation or ticket: all of it, or nothing.
///
/// **Refuses:** a retired or broken one, somebody else's own; whatever an action refuses.
pub fn perform(now: &Now<'_>, id: u64, object: Object, language: &str) -> Result<Vec<Fact>> {
    let known = usable(now, id)?;
    let actions = known.actions.clone().unwrap_or_default();
    let target = Target::of(now, object)?;
    let mut facts = vec![used(&known, object, language)];
    let why = format!("macro {}", known.name);
    for step in actions::perform(now, &target, &actions, &why, language) {
        join(&mut facts, step.came?, Cause::Earlier(0));
    }
    Ok(facts)
}

/// That a macro's words were used, with what was done with them.
///
/// **Refuses:** a retired one, somebody else's own.
pub fn use_words(
    now: &Now<'_>,
    id: u64,
    object: Object,
    language: &str,
    came: Vec<Fact>,
) -> Result<Vec<Fact>> {
    let known = usable(now, id)?;
    let mut facts = vec![used(&known, object, language)];
    join(&mut facts, came, Cause::Earlier(0));
    Ok(facts)
}

fn used(known: &Macro, object: Object, language: &str) -> Fact {
    MacroEvent::Used {
        id: known.id,
        version: known.version,
        name: known.name.clone(),
        object,
        language: language.to_owned(),
    }
    .into()
}

/// A macro the one who wishes may use now.
fn usable(now: &Now<'_>, id: u64) -> Result<Macro> {
    let known = get(now, id)?;
    if known.owner.is_some() && known.owner != now.who().member() {
        return Err(Refusal::forbidden(format!("{} is somebody else's own", known.name)).into());
    }
    if known.retired {
        return Err(Refusal::conflict(format!("the macro {} is retired", known.name)).into());
    }
    if let Some(trouble) = trouble(now, &known)? {
        let text = format!("the macro {name} is broken: {trouble}", name = known.name);
        return Err(Refusal::conflict(text).into());
    }
    Ok(known)
}

/// Why a macro cannot be used, in one sentence.
pub fn trouble(now: &Now<'_>, known: &Macro) -> Result<Option<String>> {
    let Some(actions) = &known.actions else {
        return Ok(Some("what it does was erased".to_owned()));
    };
    match actions::check(now, actions) {
        Ok(()) => Ok(None),
        Err(Error::Refusal(refusal)) => Ok(Some(refusal.text)),
        Err(fault) => Err(fault),
    }
}

fn demand_change(now: &Now<'_>, present: &Macro) -> Result<()> {
    match present.owner {
        Some(owner) if Some(owner) == now.who().member() => Ok(()),
        Some(_) => Err(Refusal::forbidden("this is somebody else's own macro").into()),
        None => members::demand(now, Right::Assign),
    }
}

// Apply

/// Applies a fact about a macro.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &MacroEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        MacroEvent::Saved {
            id,
            version,
            name,
            owner,
            sealed,
        } => {
            let actions = sealed
                .actions
                .as_ref()
                .map(serde_json::to_string)
                .transpose()?;
            write.run(
                "INSERT INTO macro (id, name, version, owner, actions, seq)
                 VALUES (:id, :name, :version, :owner, :actions, :seq)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version,
                     owner = excluded.owner, actions = excluded.actions, seq = excluded.seq",
                &[
                    (":id", id),
                    (":name", name),
                    (":version", version),
                    (":owner", owner),
                    (":actions", &actions),
                    (":seq", seq),
                ],
            )?;
        }
        MacroEvent::Retired { id, .. } => apply_retired(write, recorded, *id, true)?,
        MacroEvent::Restored { id, .. } => apply_retired(write, recorded, *id, false)?,
        MacroEvent::Used { id, object, .. } => {
            write.run(
                "UPDATE macro SET uses = uses + 1 WHERE id = :id",
                &[(":id", id)],
            )?;
            relate(write, *object)?;
        }
    }
    Ok(())
}

fn apply_retired(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    id: u64,
    retired: bool,
) -> Result<()> {
    write.run(
        "UPDATE macro SET retired = :retired, seq = :seq WHERE id = :id",
        &[
            (":retired", &retired),
            (":seq", &recorded.seq),
            (":id", &id),
        ],
    )?;
    Ok(())
}

// Ask

/// All macros, by name.
fn list(now: &Now<'_>) -> Result<Vec<Macro>> {
    now.all(
        "SELECT id, name, version, owner, actions, retired, seq FROM macro
          ORDER BY retired, name COLLATE NOCASE, id LIMIT 1000",
        &[],
        read,
    )
}

/// Everybody's macros and those of the one who looks, by name, the retired ones last.
pub fn mine(now: &Now<'_>) -> Result<Vec<Macro>> {
    let mut all = list(now)?;
    all.retain(|known| known.owner.is_none() || known.owner == now.who().member());
    Ok(all)
}

/// A macro.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, id: u64) -> Result<Macro> {
    now.one(
        "SELECT id, name, version, owner, actions, retired, seq FROM macro WHERE id = :id",
        &[(":id", &id)],
        || Refusal::not_found(format!("there is no macro {id}")),
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Macro> {
    Ok(Macro {
        id: row.get("id")?,
        name: row.get("name")?,
        version: row.get("version")?,
        owner: row.get("owner")?,
        actions: row.json_if_any("actions")?,
        retired: row.get("retired")?,
        seq: row.get("seq")?,
    })
}

/// How often a macro was used.
pub fn uses(now: &Now<'_>, id: u64) -> Result<u64> {
    now.value(
        "SELECT coalesce(max(uses), 0) FROM macro WHERE id = :id",
        &[(":id", &id)],
    )
}

/// The words of a macro's reply, filled in for a conversation or ticket.
///
/// **Refuses:** as using it does; a variable that stands for nothing there, with its place.
pub fn words(now: &Now<'_>, id: u64, object: Object, language: &str) -> Result<String> {
    let known = usable(now, id)?;
    let actions = known.actions.unwrap_or_default();
    let Some(words) = in_language(&actions, language) else {
        return Err(Refusal::conflict(format!("the macro {} has no words", known.name)).into());
    };
    filled(now, &Target::of(now, object)?, words)
}
