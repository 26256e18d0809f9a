//! Members: who works here and may do what. Signing in is in `sessions`.

pub mod profile;

use super::{leaving, sessions};
use crate::domain::event::{Fact, MemberEvent, SealedSecret};
use crate::domain::id::MemberId;
use crate::domain::member::{Right, Role};
use crate::error::{Refusal, RefusalKind, Result};
use crate::ledger::{Now, Recorded, Row, Writer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A member as the desk knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub id: MemberId,
    /// The name.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
    /// The role.
    pub role: Role,
    /// Whether they still work here.
    pub active: bool,
    /// Whether they are there: `online` or `away`.
    pub presence: String,
    /// Whether a password is set.
    pub has_password: bool,
    /// What they chose for themselves.
    pub preferences: Preferences,
}

/// What a member chose for themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// The interface language: `en`, `es`, `ar`, `ur`.
    pub language: String,
    /// The IANA time zone; empty means the desk's.
    pub zone: String,
    /// `system`, `light`, `dark`.
    pub theme: String,
    /// `comfortable`, `compact`.
    pub density: String,
    /// Whether single letters are keys.
    pub keys: bool,
    /// The extension their phone has, as the phone system names it.
    pub extension: String,
}

impl Default for Preferences {
    fn default() -> Self {
        Preferences {
            language: "en".to_owned(),
            zone: String::new(),
            theme: "system".to_owned(),
            density: "comfortable".to_owned(),
            keys: true,
            extension: String::new(),
        }
    }
}

// Decide

/// Adds a member; `password` is the digest to store, if one was chosen.
///
/// **Refuses:** an empty name, an address that is none or is taken, making an owner without being
/// one.
pub fn add(
    now: &Now<'_>,
    name: &str,
    email: &str,
    role: Role,
    password: Option<String>,
) -> Result<Vec<Fact>> {
    if role == Role::Owner {
        demand(now, Right::Owners)?;
    }
    let name = valid_name(name)?;
    let email = free_email(now, email)?;
    let member = now.value("SELECT coalesce(max(id) + 1, 1) FROM member", &[])?;
    let sealed = SealedSecret {
        secret: password.map(Value::from),
    };
    Ok(vec![
        MemberEvent::Added {
            member,
            name,
            email,
            role,
            sealed,
        }
        .into(),
    ])
}

/// Gives a member another role.
///
/// **Refuses:** touching an owner without being one; taking the role from the last owner.
pub fn change_role(now: &Now<'_>, member: MemberId, to: Role) -> Result<Vec<Fact>> {
    let present = get(now, member)?;
    if present.role == to {
        return Ok(Vec::new());
    }
    if present.role == Role::Owner || to == Role::Owner {
        demand(now, Right::Owners)?;
    }
    keep_an_owner(now, &present)?;
    let (name, from) = (present.name, present.role);
    Ok(vec![
        MemberEvent::RoleChanged {
            member,
            name,
            from,
            to,
        }
        .into(),
    ])
}

/// Sets a password by its digest, and ends the member's other sessions.
pub fn change_password(
    now: &Now<'_>,
    member: MemberId,
    digest: String,
    keep: Option<&str>,
) -> Result<Vec<Fact>> {
    let name = get(now, member)?.name;
    let sealed = SealedSecret {
        secret: Some(Value::from(digest)),
    };
    let mut facts: Vec<Fact> = vec![
        MemberEvent::PasswordChanged {
            member,
            name,
            sealed,
        }
        .into(),
    ];
    facts.extend(sessions::revoke_all(now, member, keep)?);
    Ok(facts)
}

/// Ends a member's time here; what they did stays, their sessions end, their open work goes back
/// to the queues.
///
/// **Refuses:** without reason; the last owner; oneself.
pub fn deactivate(now: &Now<'_>, member: MemberId, reason: &str) -> Result<Vec<Fact>> {
    let present = get(now, member)?;
    if !present.active {
        return Err(Refusal::conflict(format!("{} is deactivated already", present.name)).into());
    }
    if now.who().member() == Some(member) {
        return Err(Refusal::conflict("nobody can deactivate themselves").into());
    }
    if present.role == Role::Owner {
        demand(now, Right::Owners)?;
    }
    keep_an_owner(now, &present)?;
    let reason = valid_reason(reason)?;
    let name = present.name;
    let work = leaving::put_back(now, member, &reason)?;
    let mut facts: Vec<Fact> = vec![
        MemberEvent::Deactivated {
            member,
            name,
            reason,
        }
        .into(),
    ];
    facts.extend(sessions::revoke_all(now, member, None)?);
    facts.extend(work);
    Ok(facts)
}

/// Lets a member work here again.
pub fn reactivate(now: &Now<'_>, member: MemberId) -> Result<Vec<Fact>> {
    let present = get(now, member)?;
    if present.active {
        return Err(Refusal::conflict(format!("{} is active already", present.name)).into());
    }
    Ok(vec![
        MemberEvent::Reactivated {
            member,
            name: present.name,
        }
        .into(),
    ])
}

/// Says that a member is there or away.
pub fn change_presence(now: &Now<'_>, member: MemberId, to: &str) -> Result<Vec<Fact>> {
    one_of("presence", to, &["online", "away"])?;
    let from = get(now, member)?.presence;
    if from == to {
        return Ok(Vec::new());
    }
    Ok(vec![
        MemberEvent::PresenceChanged {
            member,
            from,
            to: to.to_owned(),
        }
        .into(),
    ])
}

/// Records that a sensitive wish of a member was refused.
pub fn record_refusal(now: &Now<'_>, right: Right, wish: &str) -> Result<Vec<Fact>> {
    let Some(member) = now.who().member() else {
        return Ok(Vec::new());
    };
    let (right, wish) = (right.words().to_owned(), wish.chars().take(200).collect());
    Ok(vec![
        MemberEvent::AccessRefused {
            member,
            right,
            wish,
        }
        .into(),
    ])
}

/// Refuses unless the one who wishes has the right; the shell and the clock have every right.
pub fn demand(now: &Now<'_>, right: Right) -> Result<()> {
    use crate::domain::actor::Actor;
    match &now.who().actor {
        Actor::Member { role, .. } if !role.has(right) => Err(Refusal::of(
            RefusalKind::Forbidden,
            format!(
                "the role {role} does not have the right to {right}",
                right = right.words()
            ),
        )
        .into()),
        Actor::Contact { .. } | Actor::Provider { .. } => {
            Err(Refusal::forbidden(format!("no right to {}", right.words())).into())
        }
        Actor::Member { .. }
        | Actor::Bot { .. }
        | Actor::Rule { .. }
        | Actor::Token { .. }
        | Actor::System { .. } => Ok(()),
    }
}

/// An address in small letters that no member has.
fn free_email(now: &Now<'_>, email: &str) -> Result<String> {
    let email = email.trim().to_lowercase();
    let plausible = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !email.contains(char::is_whitespace)
    });
    if !plausible || email.len() > 254 {
        let text = format!("{email} is not an e-mail address");
        return Err(Refusal::invalid(text).at("email").into());
    }
    let taken: u64 = now.value(
        "SELECT count(*) FROM member WHERE email = :email",
        &[(":email", &email)],
    )?;
    if taken > 0 {
        let text = format!("{email} belongs to a member already");
        return Err(Refusal::conflict(text).at("email").into());
    }
    Ok(email)
}

fn valid_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 80 {
        return Err(Refusal::invalid("a name has 1 to 80 characters")
            .at("name")
            .into());
    }
    Ok(name.to_owned())
}

/// A reason as given, trimmed.
///
/// **Refuses:** an empty one and one of more than 500 characters.
pub fn valid_reason(reason: &str) -> Result<String> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Refusal::invalid("say why, in a few words")
            .at("reason")
            .into());
    }
    if reason.chars().count() > 500 {
        return Err(Refusal::invalid("a reason has at most 500 characters")
            .at("reason")
            .into());
    }
    Ok(reason.to_owned())
}

fn one_of(field: &'static str, value: &str, allowed: &[&str]) -> Result<()> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let text = format!(
        "{field} is one of {all}, not {value}",
        all = allowed.join(", ")
    );
    Err(Refusal::invalid(text).at(field).into())
}

fn keep_an_owner(now: &Now<'_>, leaving: &Member) -> Result<()> {
    let sql = "SELECT count(*) FROM member WHERE role = 'owner' AND active = 1 AND id <> :id";
    let others: u64 = now.value(sql, &[(":id", &leaving.id)])?;
    if leaving.role == Role::Owner && leaving.active && others == 0 {
        let text = format!(
            "{} is the last owner; make somebody else owner first",
            leaving.name
        );
        return Err(Refusal::conflict(text).into());
    }
    Ok(())
}

// Apply

/// Applies a fact about a member.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &MemberEvent) -> Result<()> {
    let seq = &recorded.seq;
    let update = |sql: &str, member: &MemberId, value: &dyn crate::ledger::Bind| {
        write
            .run(sql, &[(":id", member), (":value", value), (":seq", seq)])
            .map(drop)
    };
    match event {
        MemberEvent::Added {
            member,
            name,
            email,
            role,
            sealed,
        } => {
            write.run(
                "INSERT INTO member (id, name, email, role, password, seq)
                 VALUES (:id, :name, :email, :role, :password, :seq)",
                &[
                    (":id", member),
                    (":name", name),
                    (":email", email),
                    (":role", &role.as_str()),
                    (":password", &digest(sealed)),
                    (":seq", seq),
                ],
            )?;
            Ok(())
        }
        MemberEvent::RoleChanged { member, to, .. } => {
            let sql = "UPDATE member SET role = :value, seq = :seq WHERE id = :id";
            update(sql, member, &to.as_str())
        }
        MemberEvent::PasswordChanged { member, sealed, .. } => {
            let sql = "UPDATE member SET password = :value, seq = :seq WHERE id = :id";
            update(sql, member, &digest(sealed))
        }
        MemberEvent::ProfileChanged { member, changes } => {
            let known: Option<String> = write.find(
                "SELECT preferences FROM member WHERE id = :id",
                &[(":id", member)],
                |row| row.get("preferences"),
            )?;
            let mut preferences: BTreeMap<String, Value> =
                serde_json::from_str(known.as_deref().unwrap_or("{}"))?;
            for (key, change) in changes {
                match (key.as_str(), &change.to) {
                    ("name", Value::String(name)) => {
                        let sql = "UPDATE member SET name = :value, seq = :seq WHERE id = :id";
                        update(sql, member, name)?;
                    }
                    ("email", Value::String(email)) => {
                        let sql = "UPDATE member SET email = :value, seq = :seq WHERE id = :id";
                        update(sql, member, email)?;
                    }
                    (key, to) => drop(preferences.insert(key.to_owned(), to.clone())),
                }
            }
            let sql = "UPDATE member SET preferences = :value, seq = :seq WHERE id = :id";
            update(sql, member, &serde_json::to_string(&preferences)?)
        }
        MemberEvent::Deactivated { member, .. } => {
            let sql = "UPDATE member SET active = :value, seq = :seq WHERE id = :id";
            update(sql, member, &false)
        }
        MemberEvent::Reactivated { member, .. } => {
            let sql = "UPDATE member SET active = :value, seq = :seq WHERE id = :id";
            update(sql, member, &true)
        }
        MemberEvent::PresenceChanged { member, to, .. } => {
            let sql = "UPDATE member SET presence = :value, seq = :seq WHERE id = :id";
            update(sql, member, to)?;
            let since = (to == "away").then_some(recorded.at);
            write.run(
                "UPDATE member SET away_at = :at, away_seq = CASE WHEN :at IS NULL THEN NULL
                     ELSE :seq END
                  WHERE id = :id",
                &[(":at", &since), (":seq", seq), (":id", member)],
            )?;
            Ok(())
        }
        MemberEvent::LoggedIn { .. }
        | MemberEvent::LoginFailed { .. }
        | MemberEvent::LoggedOut { .. }
        | MemberEvent::SessionRevoked { .. } => sessions::apply(write, recorded, event),
        MemberEvent::AccessRefused { .. } => Ok(()),
    }
}

fn digest(sealed: &SealedSecret) -> Option<String> {
    sealed
        .secret
        .as_ref()
        .and_then(|secret| secret.as_str())
        .map(str::to_owned)
}

// Ask

const COLUMNS: &str = "SELECT id, name, email, role, active, presence, preferences,
    password IS NOT NULL AS has_password FROM member";

fn read(row: &Row<'_>) -> Result<Member> {
    let role: String = row.get("role")?;
    Ok(Member {
        id: row.get("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        role: role.parse().map_err(crate::error::Error::fault)?,
        active: row.get("active")?,
        presence: row.get("presence")?,
        has_password: row.get("has_password")?,
        preferences: row.json("preferences")?,
    })
}

/// A member.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, member: MemberId) -> Result<Member> {
    let missing = || Refusal::not_found(format!("there is no member {member}"));
    now.one(
        &format!("{COLUMNS} WHERE id = :id"),
        &[(":id", &member)],
        missing,
        read,
    )
}

/// The member with an address.
pub fn by_email(now: &Now<'_>, email: &str) -> Result<Option<Member>> {
    now.maybe(
        &format!("{COLUMNS} WHERE email = :email"),
        &[(":email", &email.trim())],
        read,
    )
}

/// The digest of a member's password, if one is set.
pub fn password(now: &Now<'_>, member: MemberId) -> Result<Option<String>> {
    let sql = "SELECT password FROM member WHERE id = :id";
    Ok(now
        .maybe(sql, &[(":id", &member)], |row| row.get("password"))?
        .flatten())
}

/// All members, the active ones first, by name.
pub fn list(now: &Now<'_>) -> Result<Vec<Member>> {
    now.all(
        &format!("{COLUMNS} ORDER BY active DESC, name, id LIMIT 1000"),
        &[],
        read,
    )
}

/// Whether the desk has a member yet.
pub fn any(now: &Now<'_>) -> Result<bool> {
    now.value("SELECT EXISTS (SELECT 1 FROM member)", &[])
}
