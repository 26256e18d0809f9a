//! What is mine: profile, password, sessions, whether I am there, light or dark.

use super::{ProfilePage, SessionRow, SessionsPage, Wrong, answered};
use crate::desk::members::{self, Preferences, profile};
use crate::desk::sessions;
use crate::domain::calendar::zone_names;
use crate::error::{Refusal, Result};
use crate::web::app::locked;
use crate::web::exchange::Response;
use crate::web::text::LANGUAGES;
use crate::web::visit::Visit;

/// `GET /settings/profile`
pub fn my_profile(visit: &Visit<'_>) -> Result<Response> {
    profile_page(visit, Wrong::new())
}

fn profile_page(visit: &Visit<'_>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let me = &visit.member;
    let typed = |field: &str, known: &str| match visit.form.get(field) {
        Some(typed) if !wrong.is_empty() => typed.to_owned(),
        Some(_) | None => known.to_owned(),
    };
    let zone = if me.preferences.zone.is_empty() {
        "UTC"
    } else {
        &me.preferences.zone
    };
    let page = ProfilePage {
        name: typed("name", &me.name),
        email: typed("email", &me.email),
        language: typed("language", &me.preferences.language),
        languages: LANGUAGES
            .map(|language| (language.code(), language.own_name()))
            .into(),
        extension: typed("extension", &me.preferences.extension),
        zone: typed("zone", zone),
        zones: zone_names(),
        wrong,
    };
    visit.page(&now, "settings/profile.html", &page)
}

/// `POST /settings/profile`
pub fn change_profile(visit: &Visit<'_>) -> Result<Response> {
    let field = |name: &str| visit.field(name).trim().to_owned();
    let wanted = Preferences {
        language: field("language"),
        zone: field("zone"),
        theme: field("theme"),
        density: field("density"),
        keys: visit.field("keys") == "on",
        extension: field("extension").to_lowercase(),
    };
    let (me, name, email) = (visit.member.id, field("name"), field("email"));
    let granted = visit.record(move |now| {
        let mut facts = profile::change_profile(now, me, &name, &wanted)?;
        facts.extend(profile::change_email(now, me, &email)?);
        Ok(facts)
    });
    answered(
        granted,
        |_| visit.went_well("/settings/profile", "Saved"),
        |wrong| profile_page(visit, wrong),
    )
}

/// `POST /settings/profile/password`
///
/// **Refuses:** unless the present password is given; wrong tries count as failed logins.
pub fn change_password(visit: &Visit<'_>) -> Result<Response> {
    let granted = new_digest(visit).and_then(|digest| {
        let (me, keep) = (visit.member.id, visit.session.clone());
        visit.record(move |now| members::change_password(now, me, digest, Some(&keep)))
    });
    answered(
        granted,
        |_| {
            let said = "The password is changed, and you are signed out everywhere else";
            visit.went_well("/settings/profile", said)
        },
        |wrong| profile_page(visit, wrong),
    )
}

fn new_digest(visit: &Visit<'_>) -> Result<String> {
    let email = visit.member.email.clone();
    let origin = crate::web::signin::origin(visit.request);
    let now = visit.now()?;
    if let Some(refusal) = sessions::must_wait(&now, &email, &origin.address)? {
        return Err(refusal.at("present").into());
    }
    let stored = members::password(&now, visit.member.id)?;
    drop(now);
    if !visit.app.passwords.fits(visit.field("present"), stored)? {
        visit.record(move |now| sessions::fail(now, &email, "password", origin))?;
        let text = "this is not your present password";
        return Err(Refusal::invalid(text).at("present").into());
    }
    visit.app.passwords.digest(visit.field("password"))
}

/// `GET /settings/sessions`
pub fn sessions(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let mut held = sessions::list(&now, visit.member.id)?;
    held.sort_by_key(|session| session.id != visit.session);
    let used = locked(&visit.app.used).clone();
    let rows = held.into_iter().map(|session| SessionRow {
        browser: browser(session.agent.as_deref().unwrap_or_default()),
        address: session.address.unwrap_or_default(),
        since: session.started_at,
        last_at: used.get(&session.id).copied().unwrap_or(session.started_at),
        until: session.ends_at,
        this: session.id == visit.session,
        id: session.id,
    });
    let page = SessionsPage {
        sessions: rows.collect(),
    };
    visit.page(&now, "settings/sessions.html", &page)
}

/// `POST /settings/sessions/ID/end`
pub fn end_session(visit: &Visit<'_>, session: &str) -> Result<Response> {
    if session == visit.session {
        return crate::web::signin::log_out(visit);
    }
    let (me, session) = (visit.member.id, session.to_owned());
    visit.record(move |now| sessions::revoke(now, me, &session))?;
    Ok(visit.went_well("/settings/sessions", "That browser is signed out"))
}

/// `POST /settings/sessions/end`: everywhere but here.
pub fn end_sessions(visit: &Visit<'_>) -> Result<Response> {
    let (me, keep) = (visit.member.id, visit.session.clone());
    visit.record(move |now| sessions::revoke_all(now, me, Some(&keep)))?;
    Ok(visit.went_well("/settings/sessions", "Signed out everywhere else"))
}

/// `POST /me/presence`
pub fn presence(visit: &Visit<'_>) -> Result<Response> {
    let (me, to) = (visit.member.id, visit.field("presence").to_owned());
    visit.record(move |now| members::change_presence(now, me, &to))?;
    Ok(Response::redirect_303(&visit.back("/inbox")))
}

/// `POST /me/theme`
pub fn theme(visit: &Visit<'_>) -> Result<Response> {
    let (me, theme) = (visit.member.id, visit.field("theme").to_owned());
    visit.record(move |now| {
        let present = members::get(now, me)?;
        let wanted = Preferences {
            theme,
            ..present.preferences
        };
        profile::change_profile(now, me, &present.name, &wanted)
    })?;
    Ok(Response::redirect_303(&visit.back("/settings/profile")))
}

/// A browser in a few words, out of how it describes itself.
fn browser(agent: &str) -> String {
    let find = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(word, _)| agent.contains(word));
        found.map(|(_, name)| *name)
    };
    // The order matters: Edge says Chrome too, Chrome says Safari too.
    let program = find(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => match agent.chars().take(40).collect::<String>() {
            none if none.is_empty() => "A browser that says nothing of itself".to_owned(),
            words => words,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_named_in_a_few_words() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 \
                 Edg/141.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 \
                 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl"),
            ("", "A browser that says nothing of itself"),
        ] {
            assert_eq!(browser(agent), name);
        }
    }
}
