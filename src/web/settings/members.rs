//! Members: added, given a role or a password, deactivated, let in again.

use super::{MemberPage, MemberRow, MembersPage, Wrong, answered, typed};
use crate::desk::members::{self, Member};
use crate::desk::sla::calendars;
use crate::desk::{groups, sessions, shifts};
use crate::domain::id::MemberId;
use crate::domain::member::{Right, Role};
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::app::locked;
use crate::web::exchange::Response;
use crate::web::visit::Visit;

/// `GET /settings/members`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    list(visit, Wrong::new())
}

fn list(visit: &Visit<'_>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let page = MembersPage {
        members: members::list(&now)?
            .into_iter()
            .map(|member| row(visit, &now, member))
            .collect::<Result<_>>()?,
        roles: roles(visit),
        typed: {
            let mut typed = typed(visit, &["name", "email", "role"]);
            typed.retain(|_, value| !value.is_empty());
            typed
        },
        wrong,
    };
    visit.page(&now, "settings/members.html", &page)
}

/// `POST /settings/members`
pub fn add(visit: &Visit<'_>) -> Result<Response> {
    let (name, email) = (
        visit.field("name").to_owned(),
        visit.field("email").to_owned(),
    );
    let said = format!("Added {}", name.trim());
    let granted = role(visit).and_then(|role| {
        let digest = visit.app.passwords.digest(visit.field("password"))?;
        visit.record(move |now| members::add(now, &name, &email, role, Some(digest)))
    });
    answered(
        granted,
        |_| visit.went_well("/settings/members", &said),
        |wrong| list(visit, wrong),
    )
}

/// `GET /settings/members/M-3`
pub fn show(visit: &Visit<'_>, id: MemberId) -> Result<Response> {
    page(visit, id, Wrong::new())
}

fn page(visit: &Visit<'_>, id: MemberId, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let member = row(visit, &now, members::get(&now, id)?)?;
    let page = MemberPage {
        roles: if member.may_change {
            roles(visit)
        } else {
            Vec::new()
        },
        calendars: calendars::list(&now)?
            .into_iter()
            .map(|one| (one.id.to_string(), one.name))
            .collect(),
        calendar: shifts::of(&now, id)?
            .map(|id| id.to_string())
            .unwrap_or_default(),
        member,
        wrong,
        audit_href: format!("/audit?actor={id}"),
    };
    visit.page(&now, "settings/member.html", &page)
}

/// `POST /settings/members/M-3/role`
pub fn change_role(visit: &Visit<'_>, id: MemberId) -> Result<Response> {
    let granted =
        role(visit).and_then(|role| visit.record(move |now| members::change_role(now, id, role)));
    done(visit, id, granted, "The role is changed")
}

/// `POST /settings/members/M-3/shift`: whose calendar holds their working hours.
pub fn shift(visit: &Visit<'_>, id: MemberId) -> Result<Response> {
    let calendar = match visit.field("calendar") {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| Refusal::invalid("choose a calendar").at("calendar").into()),
    };
    let granted =
        calendar.and_then(|calendar| visit.record(move |now| shifts::set(now, id, calendar)));
    done(visit, id, granted, "The working hours are set")
}

/// `POST /settings/members/M-3/password`: for one who forgot it; all their sessions end.
pub fn change_password(visit: &Visit<'_>, id: MemberId) -> Result<Response> {
    may_touch(visit, id)?;
    let granted = visit
        .app
        .passwords
        .digest(visit.field("password"))
        .and_then(|digest| {
            visit.record(move |now| members::change_password(now, id, digest, None))
        });
    done(
        visit,
        id,
        granted,
        "The password is set, and they are signed out everywhere",
    )
}

/// `POST /settings/members/M-3/deactivation`
pub fn deactivate(visit: &Visit<'_>, id: MemberId) -> Result<Response> {
    let reason = visit.field("reason").to_owned();
    let granted = visit.record(move |now| members::deactivate(now, id, &reason));
    done(
        visit,
        id,
        granted,
        "Deactivated, and their open work is back in the queue",
    )
}

/// `POST /settings/members/M-3/activation`
pub fn reactivate(visit: &Visit<'_>, id: MemberId) -> Result<Response> {
    may_touch(visit, id)?;
    let granted = visit.record(move |now| members::reactivate(now, id));
    done(visit, id, granted, "They can sign in again")
}

fn done<T>(
    visit: &Visit<'_>,
    id: MemberId,
    granted: Result<T>,
    sentence: &str,
) -> Result<Response> {
    answered(
        granted,
        |_| visit.went_well(&format!("/settings/members/{id}"), sentence),
        |wrong| page(visit, id, wrong),
    )
}

/// Refuses to touch an owner without being one; the refusal is recorded.
fn may_touch(visit: &Visit<'_>, id: MemberId) -> Result<()> {
    let role = members::get(&visit.now()?, id)?.role;
    if role == Role::Owner {
        visit.demand(Right::Owners)?;
    }
    Ok(())
}

fn role(visit: &Visit<'_>) -> Result<Role> {
    let role: Role = visit
        .field("role")
        .parse()
        .map_err(|error: String| Refusal::invalid(error).at("role"))?;
    if role == Role::Owner {
        visit.demand(Right::Owners)?;
    }
    Ok(role)
}

/// The roles this member may give.
fn roles(visit: &Visit<'_>) -> Vec<(&'static str, &'static str)> {
    let name = |role: Role| match role {
        Role::Owner => "Owner",
        Role::Admin => "Admin",
        Role::Lead => "Lead",
        Role::Reviewer => "Reviewer",
        Role::Agent => "Agent",
        Role::Auditor => "Auditor",
    };
    Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Owner || visit.may(Right::Owners))
        .map(|role| (role.as_str(), name(role)))
        .collect()
}

fn row(visit: &Visit<'_>, now: &Now<'_>, member: Member) -> Result<MemberRow> {
    let me = member.id == visit.member.id;
    let owner = member.role == Role::Owner;
    let names = groups::of_member(now, member.id)?
        .into_iter()
        .map(|group| groups::name(now, group))
        .collect::<Result<_>>()?;
    Ok(MemberRow {
        groups: names,
        last_at: last_here(visit, now, member.id)?,
        may_change: visit.may(Right::Members) && !me && (!owner || visit.may(Right::Owners)),
        me,
        id: member.id.to_string(),
        name: member.name,
        email: member.email,
        role: member.role.to_string(),
        active: member.active,
    })
}

/// When a member was last seen: a request of a session that holds, else their last login.
fn last_here(visit: &Visit<'_>, now: &Now<'_>, id: MemberId) -> Result<Option<Moment>> {
    let sessions = sessions::list(now, id)?;
    let used = {
        let used = locked(&visit.app.used);
        sessions
            .iter()
            .filter_map(|session| used.get(&session.id).copied())
            .max()
    };
    match used {
        Some(at) => Ok(Some(at)),
        None => sessions::last_login(now, id),
    }
}
