//! What its author did with a message later, as the tables keep it: reactions and later versions.

use crate::domain::event::Said;
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::{Recorded, Writer};

/// Notes the present reaction of one side.
pub(super) fn react(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    target: &str,
    author: &str,
    removed: bool,
    emoji: Option<&str>,
) -> Result<()> {
    match emoji.filter(|_| !removed) {
        Some(emoji) => write.run(
            "INSERT INTO reaction (target, author, emoji, seq)
             VALUES (:target, :author, :emoji, :seq)
             ON CONFLICT (target, author) DO UPDATE
             SET emoji = excluded.emoji, seq = excluded.seq",
            &[
                (":target", &target),
                (":author", &author),
                (":emoji", &emoji),
                (":seq", &recorded.seq),
            ],
        )?,
        None => write.run(
            "DELETE FROM reaction WHERE target = :target AND author = :author",
            &[(":target", &target), (":author", &author)],
        )?,
    };
    Ok(())
}

/// Keeps a later version beside what was said first.
pub(super) fn revise(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    target: &str,
    kind: &str,
    at: Moment,
    said: Option<&Said>,
) -> Result<()> {
    let content = said.map(serde_json::to_string).transpose()?;
    write.run(
        "INSERT INTO revision (seq, target, kind, at, content)
         VALUES (:seq, :target, :kind, :at, :content)",
        &[
            (":seq", &recorded.seq),
            (":target", &target),
            (":kind", &kind),
            (":at", &at),
            (":content", &content),
        ],
    )?;
    Ok(())
}
