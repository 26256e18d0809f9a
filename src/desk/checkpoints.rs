//! Checkpoints kept elsewhere: signed by a witness, mailed to members. Publishing them is the
//! ledger's own; asking the witness and sending the mail are in `jobs`.

use crate::desk::members::Member;
use crate::desk::{audit, mailboxes, members, settings};
use crate::domain::checkpoint::Contradiction;
use crate::domain::event::checkpoint::{CheckpointEvent, SealedReason};
use crate::domain::event::{Cause, Fact};
use crate::domain::id::{ChannelId, MemberId, Seq};
use crate::domain::member::Right;
use crate::domain::moment::{DAY_MS, HOUR_MS, Moment};
use crate::error::{Error, Refusal, Result};
use crate::ledger::cosign::{Cosignature, Cosigner};
use crate::ledger::{Now, Recorded, Row, Writer};

/// Most members that are mailed a checkpoint.
const RECEIVERS_MAX: usize = 20;

/// After a checkpoint could not be mailed it is tried again. **Unit:** milliseconds.
const AGAIN_MS: i64 = HOUR_MS;

/// A desk's witness, as the settings name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The address before `/add-checkpoint`, without a slash at the end.
    pub url: String,
    /// Its key.
    pub key: Cosigner,
    /// How long it may take to answer. **Unit:** seconds.
    pub wait_s: u64,
}

/// A checkpoint that a witness signed as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// How many events it is over.
    pub size: u64,
    /// The name the witness signs with.
    pub witness: String,
    /// When it signed, by its own clock.
    pub signed_at: Moment,
    /// The line under the note.
    pub line: String,
}

/// A witness's refusal that still stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The name the witness signs with.
    pub witness: String,
    /// How the trails differ.
    pub how: Contradiction,
    /// How many events the one had that the witness signed.
    pub known: u64,
    /// The event that tells of it.
    pub seq: Seq,
}

/// A checkpoint that is to be mailed.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// How many events it is over.
    pub size: u64,
    /// Its signed note, with the cosignatures there are.
    pub note: String,
    /// To whom.
    pub to: Vec<Member>,
}

// Decide

/// A witness signed a published checkpoint.
///
/// **Refuses:** a time that no clock shows.
pub fn cosigned(
    now: &Now<'_>,
    size: u64,
    witness: &str,
    signed: &Cosignature,
) -> Result<Vec<Fact>> {
    let known = signatures(now, size)?;
    if known.iter().any(|known| known.witness == witness) {
        return Ok(Vec::new());
    }
    let fact: Fact = CheckpointEvent::Cosigned {
        size,
        witness: witness.to_owned(),
        signed_at: signed.at()?,
        line: signed.line.clone(),
    }
    .into();
    Ok(vec![fact.because(published(size))])
}

/// A witness refused a checkpoint because it signed another trail; told once.
pub fn contradicted(
    now: &Now<'_>,
    size: u64,
    witness: &str,
    how: Contradiction,
    known: u64,
) -> Result<Vec<Fact>> {
    let same = |told: &Standing| told.witness == witness && told.how == how && told.known == known;
    if standing(now)?.iter().any(same) {
        return Ok(Vec::new());
    }
    let fact: Fact = CheckpointEvent::Contradicted {
        size,
        witness: witness.to_owned(),
        how,
        known,
    }
    .into();
    Ok(vec![fact.because(published(size))])
}

/// A checkpoint was mailed, or could not be.
pub fn mailed(
    size: u64,
    member: MemberId,
    channel: Option<ChannelId>,
    came: std::result::Result<(), String>,
) -> Vec<Fact> {
    let event = match (came, channel) {
        (Ok(()), Some(channel)) => CheckpointEvent::Mailed {
            size,
            member,
            channel,
        },
        (came, channel) => CheckpointEvent::NotMailed {
            size,
            member,
            channel,
            sealed: SealedReason { reason: came.err() },
        },
    };
    let fact: Fact = event.into();
    vec![fact.because(published(size))]
}

/// The members named in a setting, as it is kept: their ids, which stay when addresses change.
///
/// **Refuses:** addresses of nobody, and of members who may not read the trail.
pub fn receivers(now: &Now<'_>, text: &str) -> Result<String> {
    let mut ids = Vec::new();
    for word in text.split([',', ' ', ';']).filter(|word| !word.is_empty()) {
        let named = match word.parse::<MemberId>() {
            Ok(id) => Some(members::get(now, id)?),
            Err(_) => members::by_email(now, word)?,
        };
        let Some(member) = named.filter(|member| member.active) else {
            return Err(Refusal::invalid(format!("{word} is no member's address")).into());
        };
        if !member.role.has(Right::Audit) {
            let text = format!("{word} may not read the audit trail");
            return Err(Refusal::invalid(text).into());
        }
        if !ids.contains(&member.id) {
            ids.push(member.id);
        }
    }
    if ids.len() > RECEIVERS_MAX {
        let text = format!("a checkpoint is mailed to at most {RECEIVERS_MAX} members");
        return Err(Refusal::invalid(text).into());
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    Ok(ids.join(", "))
}

/// The event that published a checkpoint is the last it covers.
fn published(size: u64) -> Cause {
    Cause::Event(Seq(size.saturating_sub(1)))
}

// Apply

/// Applies a fact about checkpoints.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &CheckpointEvent) -> Result<()> {
    match event {
        CheckpointEvent::Cosigned {
            size,
            witness,
            signed_at,
            line,
        } => {
            write.run(
                "INSERT INTO cosignature (size, witness, signed_at, line, at, seq)
                 VALUES (:size, :witness, :signed_at, :line, :at, :seq)
                 ON CONFLICT (size, witness) DO NOTHING",
                &[
                    (":size", size),
                    (":witness", witness),
                    (":signed_at", signed_at),
                    (":line", line),
                    (":at", &recorded.at),
                    (":seq", &recorded.seq),
                ],
            )?;
            write.run(
                "DELETE FROM contradiction WHERE witness = :witness",
                &[(":witness", witness)],
            )?;
        }
        CheckpointEvent::Contradicted {
            witness,
            how,
            known,
            ..
        } => {
            write.run(
                "INSERT INTO contradiction (witness, how, known, seq)
                 VALUES (:witness, :how, :known, :seq)
                 ON CONFLICT (witness) DO UPDATE
                 SET how = excluded.how, known = excluded.known, seq = excluded.seq",
                &[
                    (":witness", witness),
                    (":how", &how.as_str()),
                    (":known", known),
                    (":seq", &recorded.seq),
                ],
            )?;
        }
        CheckpointEvent::Mailed { size, member, .. } => {
            write.run(
                "INSERT INTO checkpoint_mail (member, size, at, tried_at, seq)
                 VALUES (:member, :size, :at, :at, :seq)
                 ON CONFLICT (member) DO UPDATE
                 SET size = excluded.size, at = excluded.at, tried_at = excluded.at,
                     seq = excluded.seq",
                &[
                    (":member", member),
                    (":size", size),
                    (":at", &recorded.at),
                    (":seq", &recorded.seq),
                ],
            )?;
        }
        CheckpointEvent::NotMailed { member, .. } => {
            write.run(
                "INSERT INTO checkpoint_mail (member, size, at, tried_at, seq)
                 VALUES (:member, 0, NULL, :at, :seq)
                 ON CONFLICT (member) DO UPDATE
                 SET tried_at = excluded.tried_at, seq = excluded.seq",
                &[
                    (":member", member),
                    (":at", &recorded.at),
                    (":seq", &recorded.seq),
                ],
            )?;
        }
    }
    Ok(())
}

// Ask

/// The witness, if the settings name one.
pub fn witness(now: &Now<'_>) -> Result<Option<Witness>> {
    let (url, key) = (
        settings::text(now, "witness.url")?,
        settings::text(now, "witness.vkey")?,
    );
    if url.is_empty() || key.is_empty() {
        return Ok(None);
    }
    Ok(Some(Witness {
        url: url.trim_end_matches('/').to_owned(),
        key: Cosigner::parse(&key)?,
        wait_s: u64::try_from(settings::number(now, "witness.wait_s")?).unwrap_or(1),
    }))
}

const SIGNED: &str = "SELECT size, witness, signed_at, line FROM cosignature";

fn signed(row: &Row<'_>) -> Result<Signed> {
    Ok(Signed {
        size: row.get("size")?,
        witness: row.get("witness")?,
        signed_at: row.get("signed_at")?,
        line: row.get("line")?,
    })
}

/// The cosignatures of one checkpoint.
pub fn signatures(now: &Now<'_>, size: u64) -> Result<Vec<Signed>> {
    now.all(
        &format!("{SIGNED} WHERE size = :size ORDER BY witness LIMIT 100"),
        &[(":size", &size)],
        signed,
    )
}

/// The newest checkpoint a witness signed.
pub fn newest_of(now: &Now<'_>, witness: &str) -> Result<Option<Signed>> {
    now.maybe(
        &format!("{SIGNED} WHERE witness = :witness ORDER BY size DESC LIMIT 1"),
        &[(":witness", &witness)],
        signed,
    )
}

/// The newest checkpoint that any witness signed, and when this desk heard of it.
pub fn newest_signed(now: &Now<'_>) -> Result<Option<(Signed, Moment)>> {
    now.maybe(
        "SELECT size, witness, signed_at, line, at FROM cosignature
          ORDER BY size DESC, witness LIMIT 1",
        &[],
        |row| Ok((signed(row)?, row.get("at")?)),
    )
}

/// The newest checkpoint that was mailed: how many events it is over, to whom, when.
pub fn newest_mailed(now: &Now<'_>) -> Result<Option<(u64, MemberId, Moment)>> {
    now.maybe(
        "SELECT size, member, at FROM checkpoint_mail WHERE at IS NOT NULL
          ORDER BY size DESC, member LIMIT 1",
        &[],
        |row| Ok((row.get("size")?, row.get("member")?, row.get("at")?)),
    )
}

/// A note with the cosignatures there are under it.
pub fn with_signatures(now: &Now<'_>, size: u64, note: &str) -> Result<String> {
    let mut note = note.to_owned();
    for signed in signatures(now, size)? {
        note.push_str(&signed.line);
        note.push('\n');
    }
    Ok(note)
}

/// The refusals of witnesses that stand.
pub fn standing(now: &Now<'_>) -> Result<Vec<Standing>> {
    now.all(
        "SELECT witness, how, known, seq FROM contradiction ORDER BY witness LIMIT 20",
        &[],
        |row| {
            let how: String = row.get("how")?;
            Ok(Standing {
                witness: row.get("witness")?,
                how: Contradiction::named(&how)
                    .ok_or_else(|| Error::fault(format!("{how} is no contradiction")))?,
                known: row.get("known")?,
                seq: row.get("seq")?,
            })
        },
    )
}

/// Whether anything happened from this event on, beyond what vouches for the trail itself.
pub fn happened_since(now: &Now<'_>, size: u64) -> Result<bool> {
    now.value(
        "SELECT EXISTS (SELECT 1 FROM trail WHERE seq >= :size AND event NOT IN (
             'audit.checkpoint_published', 'audit.verified', 'checkpoint.cosigned',
             'checkpoint.contradicted', 'checkpoint.mailed', 'checkpoint.not_mailed'))",
        &[(":size", &size)],
    )
}

/// The checkpoint that is to be mailed now, and to whom: once a day, from its hour on, to those who
/// were not sent one since something happened.
pub fn due(now: &Now<'_>) -> Result<Option<Due>> {
    let ids = settings::text(now, "checkpoint.mail_to")?;
    if ids.is_empty() {
        return Ok(None);
    }
    let hour = settings::number(now, "checkpoint.mail_hour")?;
    let day = |at: Moment| at.plus_ms(-hour * HOUR_MS).0.div_euclid(DAY_MS);
    let mut to = Vec::new();
    for word in ids.split(", ") {
        let id = word.parse::<MemberId>().map_err(Error::fault)?;
        let member = members::get(now, id)?;
        let sent: Option<(u64, Option<Moment>, Moment)> = now.maybe(
            "SELECT size, at, tried_at FROM checkpoint_mail WHERE member = :member",
            &[(":member", &id)],
            |row| Ok((row.get("size")?, row.get("at")?, row.get("tried_at")?)),
        )?;
        let wanted = match sent {
            None => true,
            Some((size, at, tried_at)) => {
                at.is_none_or(|at| day(at) < day(now.at()))
                    && (Some(tried_at) == at || tried_at.plus_ms(AGAIN_MS) <= now.at())
                    && happened_since(now, size)?
            }
        };
        if wanted && member.active && member.role.has(Right::Audit) {
            to.push(member);
        }
    }
    let newest = audit::checkpoints(now, 1)?.pop();
    let Some((size, note)) = newest.filter(|_| !to.is_empty()) else {
        return Ok(None);
    };
    let note = with_signatures(now, size, &note)?;
    Ok(Some(Due { size, note, to }))
}

/// The mailbox checkpoints are sent from: the first that is in use.
pub fn mailbox(now: &Now<'_>) -> Result<Option<ChannelId>> {
    for channel in crate::desk::channels::list(now)? {
        let in_use = channel.kind == "email" && channel.state == "active";
        if in_use && !mailboxes::config(now, channel.id)?.smtp_host.is_empty() {
            return Ok(Some(channel.id));
        }
    }
    Ok(None)
}
