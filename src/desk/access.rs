//! Who looked at what, beside the views of threads, tickets and customers: searches, files, and
//! looks that leave no other mark. What is done again within the hour is not recorded again.

use super::audit::filter::{self, Condition, Filter, Found, Test};
use super::settings;
use crate::domain::event::Fact;
use crate::domain::event::access::{AccessEvent, SealedQuestion};
use crate::domain::id::{ArticleId, ConversationId, MemberId, Object, Seq};
use crate::domain::moment::HOUR_MS;
use crate::error::Result;
use crate::ledger::{Now, Recorded, Writer};

// Decide

/// Records that the one who looks searched; the same words within the hour are the same search.
pub fn search(now: &Now<'_>, place: &str, words: &str, found: u64) -> Result<Vec<Fact>> {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() || !is_recorded(now, &format!("{place}:{words}"))? {
        return Ok(Vec::new());
    }
    let searched = AccessEvent::Searched {
        place: place.to_owned(),
        found,
        sealed: SealedQuestion {
            question: Some(words),
        },
    };
    Ok(vec![searched.into()])
}

/// Records that the one who looks opened the file of an article.
pub fn open_file(
    now: &Now<'_>,
    article: ArticleId,
    conversation: Option<ConversationId>,
) -> Result<Vec<Fact>> {
    if !is_recorded(now, &format!("file:{article}"))? {
        return Ok(Vec::new());
    }
    let opened = AccessEvent::FileOpened {
        article,
        conversation,
    };
    Ok(vec![opened.into()])
}

/// Records that the one who looks does so unseen.
pub fn observe(now: &Now<'_>, object: Object) -> Result<Vec<Fact>> {
    // Whoever looks unseen is recorded, even where reads are not.
    if now.who().member().is_none() || looked(now, &format!("observed:{object}"))? {
        return Ok(Vec::new());
    }
    Ok(vec![AccessEvent::Observed { object }.into()])
}

/// Whether this look is still to be recorded for the one who looks.
fn is_recorded(now: &Now<'_>, what: &str) -> Result<bool> {
    let records = now.who().member().is_some() && settings::switch(now, "audit.reads")?;
    Ok(records && !looked(now, what)?)
}

/// Whether the one who looks did so within the hour.
pub(super) fn looked(now: &Now<'_>, what: &str) -> Result<bool> {
    now.value(
        "SELECT EXISTS (SELECT 1 FROM looked
          WHERE member = :member AND what = :what AND at > :since)",
        &[
            (":member", &now.who().member()),
            (":what", &what),
            (":since", &now.at().plus_ms(-HOUR_MS)),
        ],
    )
}

// Apply

/// Applies a fact about access.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &AccessEvent) -> Result<()> {
    let what = match event {
        AccessEvent::Searched { place, sealed, .. } => match &sealed.question {
            Some(question) => format!("{place}:{question}"),
            None => return Ok(()), // erased: it is not known again
        },
        AccessEvent::FileOpened { article, .. } => format!("file:{article}"),
        AccessEvent::Observed { object } => {
            format!("observed:{object}")
        }
    };
    looks(write, recorded, &what)
}

/// Notes when the one who acted looked last.
pub(super) fn looks(write: &Writer<'_>, recorded: &Recorded<'_>, what: &str) -> Result<()> {
    write.run(
        "INSERT INTO looked (member, what, at, seq) VALUES (:member, :what, :at, :seq)
         ON CONFLICT (member, what) DO UPDATE SET at = excluded.at, seq = excluded.seq",
        &[
            (":member", &recorded.actor.member().unwrap_or(MemberId(0))),
            (":what", &what),
            (":at", &recorded.at),
            (":seq", &recorded.seq),
        ],
    )?;
    Ok(())
}

// Ask

/// What is recorded of a member: what they did and what was done about them, the newest first.
pub fn recorded_of(
    now: &Now<'_>,
    member: MemberId,
    before: Option<Seq>,
    limit: u32,
) -> Result<Found> {
    filter::find(now, &of_member(member, before), limit)
}

/// How much is recorded of a member, by the sets a reviewer asks for.
pub fn sums_of(now: &Now<'_>, member: MemberId, sets: &[&str]) -> Result<Vec<filter::Count>> {
    let mut sums = Vec::new();
    for set in sets {
        let events = crate::domain::audit::sets::events(set).unwrap_or_default();
        let mut filter = of_member(member, None);
        filter.more.push(Condition {
            not: false,
            any: events
                .iter()
                .map(|event| Test::Event((*event).to_owned()))
                .collect(),
        });
        sums.push(filter::count(now, &filter, None, 0)?);
    }
    Ok(sums)
}

fn of_member(member: MemberId, before: Option<Seq>) -> Filter {
    Filter {
        before,
        more: vec![Condition {
            not: false,
            any: vec![
                Test::Actor(member.to_string()),
                Test::Object(Object::Member(member)),
            ],
        }],
        ..Filter::default()
    }
}
