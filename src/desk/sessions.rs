//! Sessions: signing in and out, and how often somebody may try.

use super::members::{self, Member};
use super::settings;
use crate::domain::event::{Fact, MemberEvent, Origin, SealedOrigin};
use crate::domain::id::MemberId;
use crate::domain::moment::{HOUR_MS, MINUTE_MS, Moment};
use crate::error::{Refusal, RefusalKind, Result};
use crate::ledger::{Now, Recorded, Writer};

/// Failed logins of one account before it has to wait.
pub const ACCOUNT_FAILURES_MAX: u64 = 10;
/// Failed logins from one address before it has to wait.
pub const ADDRESS_FAILURES_MAX: u64 = 30;
/// In which time they are counted. **Unit:** milliseconds.
pub const FAILURES_WINDOW_MS: i64 = 15 * MINUTE_MS;

/// A session as its member sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Hex SHA-256 of its token.
    pub id: String,
    /// Whose.
    pub member: MemberId,
    /// Since when.
    pub started_at: Moment,
    /// Until when at the latest.
    pub ends_at: Moment,
    /// From which address.
    pub address: Option<String>,
    /// With which browser.
    pub agent: Option<String>,
}

// Decide

/// Signs a member in; `session` is the digest of a fresh token.
///
/// **Refuses:** somebody who no longer works here.
pub fn log_in(
    now: &Now<'_>,
    member: MemberId,
    session: String,
    origin: Origin,
) -> Result<Vec<Fact>> {
    let member = members::get(now, member)?;
    if !member.active {
        return Err(wrong().into());
    }
    let ends_at = now
        .at()
        .plus_ms(settings::number(now, "session.absolute_h")? * HOUR_MS);
    let sealed = SealedOrigin {
        origin: Some(origin),
        email: None,
    };
    let (name, member) = (member.name, member.id);
    Ok(vec![
        MemberEvent::LoggedIn {
            member,
            name,
            session,
            ends_at,
            sealed,
        }
        .into(),
    ])
}

/// Records that signing in was refused.
pub fn fail(now: &Now<'_>, email: &str, reason: &str, origin: Origin) -> Result<Vec<Fact>> {
    let member = members::by_email(now, email)?.map(|member| member.id);
    let email = Some(email.trim().to_lowercase().chars().take(254).collect());
    let sealed = SealedOrigin {
        origin: Some(origin),
        email,
    };
    Ok(vec![
        MemberEvent::LoginFailed {
            member,
            reason: reason.to_owned(),
            sealed,
        }
        .into(),
    ])
}

/// Signs out.
pub fn log_out(now: &Now<'_>, session: &str) -> Result<Vec<Fact>> {
    match find(now, session)? {
        Some(found) => {
            let (member, session) = (found.member, found.id);
            Ok(vec![MemberEvent::LoggedOut { member, session }.into()])
        }
        None => Ok(Vec::new()),
    }
}

/// Ends one session of a member.
///
/// **Refuses:** one that is not theirs or has ended.
pub fn revoke(now: &Now<'_>, member: MemberId, session: &str) -> Result<Vec<Fact>> {
    match find(now, session)?.filter(|found| found.member == member) {
        Some(found) => Ok(vec![
            MemberEvent::SessionRevoked {
                member,
                session: found.id,
            }
            .into(),
        ]),
        None => Err(Refusal::not_found("that session has ended already").into()),
    }
}

/// Ends all sessions of a member but one.
pub fn revoke_all(now: &Now<'_>, member: MemberId, keep: Option<&str>) -> Result<Vec<Fact>> {
    let open = list(now, member)?;
    Ok(open
        .into_iter()
        .filter(|session| Some(session.id.as_str()) != keep)
        .map(|session| {
            MemberEvent::SessionRevoked {
                member,
                session: session.id,
            }
            .into()
        })
        .collect())
}

/// What is said to everybody who cannot be signed in, whatever the reason.
pub fn wrong() -> Refusal {
    Refusal::of(
        RefusalKind::NotSignedIn,
        "e-mail address or password is wrong",
    )
    .at("password")
}

// Apply

/// Applies a fact about a session.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &MemberEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        MemberEvent::LoggedIn {
            member,
            session,
            ends_at,
            sealed,
            ..
        } => {
            let origin = sealed.origin.as_ref();
            write.run(
                "INSERT INTO session (id, member, started_at, ends_at, address, agent, seq)
                 VALUES (:id, :member, :started_at, :ends_at, :address, :agent, :seq)",
                &[
                    (":id", session),
                    (":member", member),
                    (":started_at", &recorded.at),
                    (":ends_at", ends_at),
                    (":address", &origin.map(|origin| &origin.address)),
                    (":agent", &origin.map(|origin| &origin.agent)),
                    (":seq", seq),
                ],
            )?;
        }
        MemberEvent::LoginFailed { sealed, .. } => {
            write.run(
                "INSERT INTO login_failure (seq, at, email, address)
                 VALUES (:seq, :at, :email, :address)",
                &[
                    (":seq", seq),
                    (":at", &recorded.at),
                    (":email", &sealed.email),
                    (
                        ":address",
                        &sealed.origin.as_ref().map(|origin| &origin.address),
                    ),
                ],
            )?;
        }
        MemberEvent::LoggedOut { session, .. } | MemberEvent::SessionRevoked { session, .. } => {
            write.run(
                "UPDATE session SET ended_at = :at, seq = :seq WHERE id = :id",
                &[(":at", &recorded.at), (":seq", seq), (":id", session)],
            )?;
        }
        MemberEvent::Added { .. }
        | MemberEvent::RoleChanged { .. }
        | MemberEvent::PasswordChanged { .. }
        | MemberEvent::ProfileChanged { .. }
        | MemberEvent::Deactivated { .. }
        | MemberEvent::Reactivated { .. }
        | MemberEvent::PresenceChanged { .. }
        | MemberEvent::AccessRefused { .. } => {}
    }
    Ok(())
}

// Ask

/// Who a session belongs to, while it holds; idling is the caller's to know.
pub fn member_of(now: &Now<'_>, session: &str) -> Result<Option<(Session, Member)>> {
    let Some(found) = find(now, session)? else {
        return Ok(None);
    };
    let member = members::get(now, found.member)?;
    Ok(member.active.then_some((found, member)))
}

/// The sessions of a member that still hold, newest first.
pub fn list(now: &Now<'_>, member: MemberId) -> Result<Vec<Session>> {
    now.all(
        "SELECT id, member, started_at, ends_at, address, agent FROM session
          WHERE member = :member AND ended_at IS NULL AND ends_at > :now
          ORDER BY started_at DESC, id LIMIT 200",
        &[(":member", &member), (":now", &now.at())],
        read,
    )
}

/// When a member signed in last, if ever.
pub fn last_login(now: &Now<'_>, member: MemberId) -> Result<Option<Moment>> {
    now.maybe(
        "SELECT started_at FROM session WHERE member = :member
          ORDER BY started_at DESC LIMIT 1",
        &[(":member", &member)],
        |row| row.get("started_at"),
    )
}

/// How long signing in has to wait for this account or address, if it has to.
pub fn must_wait(now: &Now<'_>, email: &str, address: &str) -> Result<Option<Refusal>> {
    let since = now.at().plus_ms(-FAILURES_WINDOW_MS);
    let email = email.trim().to_lowercase();
    let of_account: u64 = now.value(
        "SELECT count(*) FROM login_failure WHERE email = :email AND at > :since",
        &[(":email", &email), (":since", &since)],
    )?;
    let of_address: u64 = now.value(
        "SELECT count(*) FROM login_failure WHERE address = :address AND at > :since",
        &[(":address", &address), (":since", &since)],
    )?;
    let tired = of_account >= ACCOUNT_FAILURES_MAX || of_address >= ADDRESS_FAILURES_MAX;
    let text = "too many failed logins; wait 15 minutes and try again";
    Ok(tired.then(|| Refusal::of(RefusalKind::TooMany, text).at("password")))
}

fn find(now: &Now<'_>, session: &str) -> Result<Option<Session>> {
    now.maybe(
        "SELECT id, member, started_at, ends_at, address, agent FROM session
          WHERE id = :id AND ended_at IS NULL AND ends_at > :now",
        &[(":id", &session), (":now", &now.at())],
        read,
    )
}

fn read(row: &crate::ledger::Row<'_>) -> Result<Session> {
    Ok(Session {
        id: row.get("id")?,
        member: row.get("member")?,
        started_at: row.get("started_at")?,
        ends_at: row.get("ends_at")?,
        address: row.get("address")?,
        agent: row.get("agent")?,
    })
}
