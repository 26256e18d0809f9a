//! Drafts: what a member was typing, kept on the server so that no tab loses it. Neither fact nor
//! derived: nobody is accountable for what they did not send.

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

/// Keeps a draft; an empty one is forgotten.
///
/// **Refuses:** a kind other than reply and note; a text over [`DRAFT_MAX`].
pub fn keep(
    ledger: &Ledger,
    member: MemberId,
    object: Object,
    kind: &str,
    text: &str,
) -> Result<()> {
    if !matches!(kind, "reply" | "note") {
        return Err(Refusal::invalid(format!("a draft is a reply or a note, not {kind}")).into());
    }
    if text.chars().count() > DRAFT_MAX {
        let text = format!("a draft has at most {DRAFT_MAX} characters");
        return Err(Refusal::invalid(text).into());
    }
    if text.trim().is_empty() {
        return forget(ledger, member, object);
    }
    ledger.scribble(
        "INSERT INTO draft (member, object, kind, text, at)
         VALUES (:member, :object, :kind, :text, :at)
         ON CONFLICT (member, object) DO UPDATE
         SET kind = excluded.kind, text = excluded.text, at = excluded.at",
        vec![
            (":member", Box::new(member)),
            (":object", Box::new(object)),
            (":kind", Box::new(kind.to_owned())),
            (":text", Box::new(text.to_owned())),
            (":at", Box::new(ledger.clock().now())),
        ],
    )
}

/// Forgets a draft, once it was sent or thrown away.
pub fn forget(ledger: &Ledger, member: MemberId, object: Object) -> Result<()> {
    ledger.scribble(
        "DELETE FROM draft WHERE member = :member AND object = :object",
        vec![(":member", Box::new(member)), (":object", Box::new(object))],
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
