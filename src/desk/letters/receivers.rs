//! Receivers of a letter who were refused while others took it: those who may be taken later are
//! tried again alone. Who they are stays in the facts.

use crate::desk::audit;
use crate::domain::event::Event;
use crate::domain::event::email::EmailEvent;
use crate::domain::id::{ArticleId, Seq};
use crate::error::Result;
use crate::ledger::{Now, Recorded, Writer};

// Apply

/// Applies that a receiver was refused: what is told of an older attempt counts no more.
pub(super) fn apply_refused(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    article: ArticleId,
    code: i64,
) -> Result<()> {
    write.run(
        "DELETE FROM delivery_refusal WHERE article = :article
            AND attempt < (SELECT attempts FROM delivery WHERE article = :article)",
        &[(":article", &article)],
    )?;
    write.run(
        "INSERT INTO delivery_refusal (article, seq, attempt, code)
         SELECT article, :seq, attempts, :code FROM delivery WHERE article = :article",
        &[
            (":seq", &recorded.seq),
            (":code", &code),
            (":article", &article),
        ],
    )?;
    Ok(())
}

/// Applies that nobody is left: the letter was taken, or is sent anew to all it is for.
pub fn apply_none_left(write: &Writer<'_>, article: ArticleId) -> Result<()> {
    write.run(
        "DELETE FROM delivery_refusal WHERE article = :article",
        &[(":article", &article)],
    )?;
    Ok(())
}

// Ask

/// Who is still to take a letter that others took; none if nobody took it yet.
pub fn left(now: &Now<'_>, article: ArticleId) -> Result<Option<Vec<String>>> {
    let refused: Vec<Seq> = now.all(
        "SELECT seq FROM delivery_refusal
          WHERE article = :article AND code BETWEEN 400 AND 499 ORDER BY seq LIMIT 100",
        &[(":article", &article)],
        |row| row.get("seq"),
    )?;
    let mut left = Vec::new();
    for seq in &refused {
        if let Event::Email(EmailEvent::ReceiverRefused { sealed, .. }) =
            audit::get(now, *seq)?.event
        {
            left.extend(sealed.address);
        }
    }
    Ok((!refused.is_empty()).then_some(left))
}
