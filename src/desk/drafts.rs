//! Drafts: what a member was typing, kept on the server so that no tab loses it. Neither fact nor
//! derived: nobody is accountable for what they did not send.

use crate::domain::actor::Who;
use crate::domain::id::{MemberId, Object};
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::ledger::{Ledger, Now};

/// The longest draft. **Unit:** characters.
pub const DRAFT_MAX: usize = 20_000;

/// What somebody was typing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// `reply` or `note`.
    pub kind: String,
    /// The text.
    pub text: String,
    /// When it was kept.
    pub at: Moment,
}

/// Keeps a draft over the one its window knows of (`since`; none if it knew of none), and answers
/// the new one's time; an empty one is forgotten.
///
/// **Refuses:** a kind other than reply and note; a text over [`DRAFT_MAX`]; to write over what
/// another window has kept meanwhile.
pub fn keep(
    ledger: &Ledger,
    who: &Who,
    object: Object,
    (kind, text): (&str, &str),
    since: Option<Moment>,
) -> Result<Option<Moment>> {
    if !matches!(kind, "reply" | "note") {
        return Err(Refusal::invalid(format!("a draft is a reply or a note, not {kind}")).into());
    }
    if text.chars().count() > DRAFT_MAX {
        let text = format!("a draft has at most {DRAFT_MAX} characters");
        return Err(Refusal::invalid(text).into());
    }
    let Some(member) = who.member() else {
        return Ok(None);
    };
    if text.trim().is_empty() {
        forget(ledger, member, object, since, text)?;
        return Ok(None);
    }
    ledger.scribble(
        "INSERT INTO draft (member, object, kind, text, at)
         VALUES (:member, :object, :kind, :text, max(:at, coalesce(:since + 1, 0)))
         ON CONFLICT (member, object) DO UPDATE
         SET kind = excluded.kind, text = excluded.text, at = max(excluded.at, draft.at + 1)
         WHERE draft.at IS :since OR draft.text = excluded.text",
        vec![
            (":member", Box::new(member)),
            (":object", Box::new(object)),
            (":kind", Box::new(kind.to_owned())),
            (":text", Box::new(text.to_owned())),
            (":at", Box::new(ledger.clock().now())),
            (":since", Box::new(since)),
        ],
    )?;
    let kept = get(&ledger.now(who)?, member, object)?;
    match kept {
        Some(kept) if kept.text == text => Ok(Some(kept.at)),
        _ => {
            let text = "another window of yours has written here meanwhile";
            Err(Refusal::conflict(text).into())
        }
    }
}

/// Forgets a draft, once it was sent or thrown away: the one its window knows of, or the text that
/// was sent; what another window kept meanwhile stays.
pub fn forget(
    ledger: &Ledger,
    member: MemberId,
    object: Object,
    since: Option<Moment>,
    sent: &str,
) -> Result<()> {
    ledger.scribble(
        "DELETE FROM draft WHERE member = :member AND object = :object
            AND (at <= coalesce(:since, 0) OR trim(text) = trim(:sent))",
        vec![
            (":member", Box::new(member)),
            (":object", Box::new(object)),
            (":since", Box::new(since)),
            (":sent", Box::new(sent.to_owned())),
        ],
    )
}

/// The draft of a member on an object.
pub fn get(now: &Now<'_>, member: MemberId, object: Object) -> Result<Option<Draft>> {
    now.maybe(
        "SELECT kind, text, at FROM draft WHERE member = :member AND object = :object",
        &[(":member", &member), (":object", &object)],
        |row| {
            Ok(Draft {
                kind: row.get("kind")?,
                text: row.get("text")?,
                at: row.get("at")?,
            })
        },
    )
}
