//! How facts about rules change the tables.

use crate::desk::{conversations, tickets};
use crate::domain::event::rules::RuleEvent;
use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::{Recorded, Writer};

/// Applies a fact about a rule.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &RuleEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        RuleEvent::Saved {
            rule,
            version,
            name,
            sealed,
        } => {
            let definition = sealed.definition.as_ref().map(serde_json::to_string);
            let definition = definition.transpose()?;
            write.run(
                "INSERT INTO rule (id, name, version, definition, seq)
                 VALUES (:id, :name, :version, :definition, :seq)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version,
                     definition = excluded.definition, seq = excluded.seq,
                     on_seq = CASE WHEN running THEN excluded.seq END",
                &[
                    (":id", rule),
                    (":name", name),
                    (":version", version),
                    (":definition", &definition),
                    (":seq", seq),
                ],
            )?;
        }
        RuleEvent::Switched { rule, on, .. } => {
            write.run(
                "UPDATE rule SET running = :on, on_seq = :seq, seq = :seq WHERE id = :id",
                &[(":on", on), (":seq", seq), (":id", rule)],
            )?;
        }
        RuleEvent::Ran {
            rule,
            version,
            object,
            trigger,
            since,
            ..
        } => {
            insert_run(
                write,
                recorded,
                (*rule, *version),
                *object,
                (*trigger, *since),
                "ran",
            )?;
            relate(write, *object)?;
        }
        RuleEvent::Cut {
            rule,
            version,
            object,
            trigger,
            ..
        } => {
            let answered = (Some(*trigger), None);
            insert_run(write, recorded, (*rule, *version), *object, answered, "cut")?;
            relate(write, *object)?;
        }
        RuleEvent::Hindered { object, .. } => relate(write, *object)?,
    }
    Ok(())
}

fn insert_run(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    (rule, version): (u64, u32),
    object: Object,
    (trigger, since): (Option<Seq>, Option<Moment>),
    outcome: &str,
) -> Result<()> {
    write.run(
        "INSERT INTO rule_run (seq, rule, version, object, trigger, since, outcome, at)
         VALUES (:seq, :rule, :version, :object, :trigger, :since, :outcome, :at)",
        &[
            (":seq", &recorded.seq),
            (":rule", &rule),
            (":version", &version),
            (":object", &object),
            (":trigger", &trigger),
            (":since", &since),
            (":outcome", &outcome),
            (":at", &recorded.at),
        ],
    )?;
    Ok(())
}

/// Notes whom the fact is also about.
pub fn relate(write: &Writer<'_>, object: Object) -> Result<()> {
    match object {
        Object::Conversation(id) => conversations::relate(write, id),
        Object::Ticket(id) => tickets::relate(write, id),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => Ok(()),
    }
}
