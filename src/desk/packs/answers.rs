//! What those concerned by a pack answer: their own words, beside what others wrote of them. An
//! answer is never changed; a second one stands below the first.

use super::{TEXT_MAX, get, line, may, shared_with};
use crate::domain::actor::Actor;
use crate::domain::event::Fact;
use crate::domain::event::pack::{PackEvent, SealedWords};
use crate::domain::id::Seq;
use crate::domain::member::Role;
use crate::domain::moment::Moment;
use crate::error::{Refusal, RefusalKind, Result};
use crate::ledger::{Now, Recorded, Writer};

/// Most answers shown of one pack.
const SHOWN: u32 = 200;

/// What a member answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The event.
    pub seq: Seq,
    /// The member's name at the time.
    pub name: String,
    /// When.
    pub at: Moment,
    /// What they say; none once erased.
    pub text: Option<String>,
}

// Decide

/// Answers, as somebody concerned or as one who settles it; a decided pack can be answered as well.
///
/// **Refuses:** one it is not shared with, an auditor, no words.
pub fn answer(now: &Now<'_>, pack: u64, text: &str) -> Result<Vec<Fact>> {
    let known = get(now, pack)?;
    let Actor::Member { id, name, role } = &now.who().actor else {
        return Err(Refusal::invalid("only a member answers").into());
    };
    if *role == Role::Auditor {
        let text = format!("the role {role} does not have the right to answer");
        return Err(Refusal::of(RefusalKind::Forbidden, text).into());
    }
    if !may(*role) && !shared_with(now, pack)?.contains(id) {
        let text = format!("no pack {pack} is shared with you");
        return Err(Refusal::not_found(text).into());
    }
    let answered = PackEvent::Answered {
        pack,
        object: known.object,
        member: *id,
        name: name.clone(),
        sealed: SealedWords {
            answer: Some(line("answer", text, TEXT_MAX)?),
            ..SealedWords::default()
        },
    };
    Ok(vec![answered.into()])
}

// Apply

/// Keeps an answer.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &PackEvent) -> Result<()> {
    let PackEvent::Answered {
        pack, name, sealed, ..
    } = event
    else {
        return Ok(()); // `packs::apply` hands over this one alone
    };
    write.run(
        "INSERT INTO pack_answer (seq, pack, name, at, text)
         VALUES (:seq, :pack, :name, :at, :text)",
        &[
            (":seq", &recorded.seq),
            (":pack", pack),
            (":name", name),
            (":at", &recorded.at),
            (":text", &sealed.answer),
        ],
    )?;
    Ok(())
}

// Ask

/// What was answered to a pack, oldest first.
pub fn all(now: &Now<'_>, pack: u64) -> Result<Vec<Answer>> {
    now.all(
        "SELECT seq, name, at, text FROM pack_answer WHERE pack = :pack
          ORDER BY seq LIMIT :limit",
        &[(":pack", &pack), (":limit", &SHOWN)],
        |row| {
            Ok(Answer {
                seq: row.get("seq")?,
                name: row.get("name")?,
                at: row.get("at")?,
                text: row.get("text")?,
            })
        },
    )
}
