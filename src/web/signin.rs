//! Signing in, the first run, and the pages that refuse or fail.

use crate::desk::{members, sessions, settings};
use crate::domain::actor::{Door, Who};
use crate::domain::event::Origin;
use crate::domain::member::Role;
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::web::app::{App, locked};
use crate::web::exchange::{Form, Request, Response};
use crate::web::render;
use crate::web::shell::{Reader, Shell};
use crate::web::visit::{self, COOKIE_PLAIN, COOKIE_SECURE, Visit, session_id, token};
use cookie::{Cookie, SameSite};
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use std::collections::BTreeMap;

/// `signin/login.html`
#[derive(Debug, Clone, Serialize, Default)]
pub struct LoginPage {
    /// What was typed, never the password.
    pub email: String,
    /// Where to go afterwards.
    pub next: String,
    /// What is wrong, by field; the sentence for the whole form has no field.
    pub wrong: BTreeMap<String, String>,
    /// Sample accounts of the demo: name, e-mail, password.
    pub demo: Vec<(String, String, String)>,
}

/// `signin/setup.html`: the first run.
#[derive(Debug, Clone, Serialize, Default)]
pub struct SetupPage {
    /// What was typed, by field: `code`, `desk`, `name`, `email`.
    pub typed: BTreeMap<String, String>,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
}

/// `signin/key.html`: the verifier key, to be written down.
#[derive(Debug, Clone, Serialize)]
pub struct KeyPage {
    /// The key.
    pub vkey: String,
    /// Its short form, to compare by eye.
    pub fingerprint: String,
}

/// `problem/*.html`: a refusal or a fault as a page.
#[derive(Debug, Clone, Serialize)]
pub struct ProblemPage {
    /// The HTTP status.
    pub status: u16,
    /// The sentence of the refusal; empty for a fault.
    pub sentence: String,
    /// The right that is missing, in words.
    pub right: Option<String>,
    /// The number to look for in the log.
    pub incident: Option<String>,
    /// After how many seconds to try again.
    pub retry_after_s: Option<u64>,
}

/// The cookie that forms are tied to while nobody is signed in.
const FORM_COOKIE: &str = "trailbox-form";

/// `GET /login`
pub fn login(app: &App, request: &Request) -> Result<Response> {
    if is_new(app)? {
        return Ok(Response::redirect_303("/setup"));
    }
    let next = own_path(request.query_value("next").unwrap_or_default());
    let page = LoginPage {
        next,
        demo: app.samples.clone(),
        ..LoginPage::default()
    };
    outside(app, request, "signin/login.html", &page)
}

/// `POST /login`
///
/// **Refuses:** a wrong address or password, in the same words; too many tries.
pub fn log_in(app: &App, request: &Request) -> Result<Response> {
    let form = request.form()?;
    check_form(request, &form)?;
    let email = form.get("email").unwrap_or_default().trim().to_lowercase();
    let next = own_path(form.get("next").unwrap_or_default());
    match enter(
        app,
        request,
        &email,
        form.get("password").unwrap_or_default(),
    ) {
        Ok(token) => Ok(Response::redirect_303(&next)
            .with_cookie(session_cookie(token, request.secure))
            .with_cookie(ended(FORM_COOKIE, request.secure))),
        Err(Error::Refusal(refusal)) => {
            let wrong = wrong(&refusal);
            let page = LoginPage {
                email,
                next,
                wrong,
                demo: app.samples.clone(),
            };
            let response = outside(app, request, "signin/login.html", &page)?;
            Ok(response.with_status(refusal.status()))
        }
        Err(fault) => Err(fault),
    }
}

/// `POST /logout`
pub fn log_out(visit: &Visit<'_>) -> Result<Response> {
    let session = visit.session.clone();
    visit.record(move |now| sessions::log_out(now, &session))?;
    let secure = visit.request.secure;
    let name = if secure { COOKIE_SECURE } else { COOKIE_PLAIN };
    Ok(Response::redirect_303("/login").with_cookie(ended(name, secure)))
}

/// `GET /setup`: the first run.
pub fn setup(app: &App, request: &Request) -> Result<Response> {
    if !is_new(app)? {
        return Ok(Response::redirect_303("/login"));
    }
    let mut page = SetupPage::default();
    if let Some(code) = request.query_value("code") {
        page.typed.insert("code".to_owned(), code.to_owned());
    }
    outside(app, request, "signin/setup.html", &page)
}

/// `POST /setup`
///
/// **Refuses:** a wrong code; a desk that has members already.
pub fn set_up(app: &App, request: &Request) -> Result<Response> {
    let form = request.form()?;
    check_form(request, &form)?;
    let field = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    match first_owner(app, request, &field("code"), &form) {
        Ok(token) => {
            let verifier = app.ledger.verifier();
            let page = KeyPage {
                vkey: verifier.text(),
                fingerprint: fingerprint(app),
            };
            let response = outside(app, request, "signin/key.html", &page)?;
            Ok(response
                .with_cookie(session_cookie(token, request.secure))
                .with_cookie(ended(FORM_COOKIE, request.secure)))
        }
        Err(Error::Refusal(refusal)) => {
            let typed = ["code", "desk", "name", "email"];
            let typed = typed.map(|name| (name.to_owned(), field(name))).into();
            let page = SetupPage {
                typed,
                wrong: wrong(&refusal),
            };
            let response = outside(app, request, "signin/setup.html", &page)?;
            Ok(response.with_status(refusal.status()))
        }
        Err(fault) => Err(fault),
    }
}

/// A page that says why something was refused or failed, for members and others.
pub fn problem(app: &App, request: &Request, error: Error) -> Response {
    let (template, view) = match &error {
        Error::Refusal(refusal) => {
            let template = match refusal.kind {
                RefusalKind::Forbidden => "problem/forbidden.html",
                RefusalKind::NotFound => "problem/not_found.html",
                RefusalKind::Invalid
                | RefusalKind::NotSignedIn
                | RefusalKind::Conflict
                | RefusalKind::TooLarge
                | RefusalKind::TooMany
                | RefusalKind::Unavailable => "problem/refused.html",
            };
            let view = ProblemPage {
                status: refusal.status(),
                sentence: refusal.text.clone(),
                right: None,
                incident: None,
                retry_after_s: None,
            };
            (template, view)
        }
        Error::Fault(fault) => {
            tracing::error!(
                incident = request.id,
                "{} {}: {fault}",
                request.method,
                request.path
            );
            let view = ProblemPage {
                status: 500,
                sentence: String::new(),
                right: None,
                incident: Some(request.id.clone()),
                retry_after_s: None,
            };
            ("problem/fault.html", view)
        }
    };
    let status = view.status;
    problem_page(app, request, template, &view)
        .unwrap_or_else(|again| {
            tracing::error!(incident = request.id, "showing a problem: {again}");
            Response::text(format!("{error}\n"))
        })
        .with_status(status)
}

fn problem_page(
    app: &App,
    request: &Request,
    template: &str,
    view: &ProblemPage,
) -> Result<Response> {
    let signed_in = token(request).map(session_id);
    let found = signed_in
        .map(|session| app.signed_in(&session, false))
        .transpose()?
        .flatten();
    match found {
        Some((session, member)) => {
            let who = App::who(&member, &request.id);
            let csrf = token(request).map(visit::csrf).unwrap_or_default();
            let form = Form::default();
            let visit = Visit {
                app,
                request,
                member,
                session: session.id,
                who,
                csrf,
                form,
            };
            let now = visit.now()?;
            visit.page(&now, template, view)
        }
        None => outside(app, request, template, view),
    }
}

fn enter(app: &App, request: &Request, email: &str, password: &str) -> Result<String> {
    let origin = origin(request);
    let who = who(request);
    let now = app.ledger.now(&who)?;
    if let Some(refusal) = sessions::must_wait(&now, email, &origin.address)? {
        return Err(refusal.into());
    }
    let member = members::by_email(&now, email)?;
    let stored = match &member {
        Some(member) => members::password(&now, member.id)?,
        None => None,
    };
    drop(now);
    let fits = app.passwords.fits(password, stored)?;
    let reason = match &member {
        None => "unknown",
        Some(member) if !member.active => "deactivated",
        Some(_) if !fits => "password",
        Some(member) => {
            let member = member.clone();
            return open_session(app, request, &member);
        }
    };
    let email = email.to_owned();
    app.ledger
        .record(&who, move |now| sessions::fail(now, &email, reason, origin))?;
    Err(sessions::wrong().into())
}

fn open_session(app: &App, request: &Request, member: &members::Member) -> Result<String> {
    let token = BASE64URL_NOPAD.encode(&crate::ledger::chance::random::<32>()?);
    let session = session_id(&token);
    let who = App::who(member, &request.id);
    let (id, origin) = (member.id, origin(request));
    let opened = session.clone();
    app.ledger
        .record(&who, move |now| sessions::log_in(now, id, opened, origin))?;
    locked(&app.used).insert(session, app.ledger.clock().now());
    Ok(token)
}

fn first_owner(app: &App, request: &Request, code: &str, form: &Form) -> Result<String> {
    let expected = locked(&app.setup_code).clone();
    let right = expected.is_some_and(|expected| same(&expected, code));
    if !right {
        let text = "that is not the code printed on the terminal";
        return Err(Refusal::invalid(text).at("code").into());
    }
    let field = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let (desk, name, email) = (field("desk"), field("name"), field("email"));
    if desk.is_empty() {
        return Err(Refusal::invalid("give the desk a name").at("desk").into());
    }
    let digest = app
        .passwords
        .digest(form.get("password").unwrap_or_default())?;
    let mut who = Who::system("setup", Door::Web);
    who.via.request = Some(request.id.clone());
    app.ledger.record(&who, move |now| {
        if members::any(now)? {
            return Err(Refusal::conflict("this desk is set up already; sign in").into());
        }
        let mut facts = settings::set(now, "desk.name", &desk)?;
        facts.extend(members::add(now, &name, &email, Role::Owner, Some(digest))?);
        facts.extend(crate::desk::sla::policies::start(now, "UTC", 1)?);
        Ok(facts)
    })?;
    *locked(&app.setup_code) = None;
    let now = app.ledger.now(&who)?;
    let owner = members::list(&now)?.into_iter().next();
    drop(now);
    let owner = owner.ok_or_else(|| Error::fault("the owner that was just added is missing"))?;
    open_session(app, request, &owner)
}

/// The short form of the desk's verifier key: the hash in it.
pub fn fingerprint(app: &App) -> String {
    let vkey = app.ledger.verifier().text();
    vkey.split('+').nth(1).unwrap_or_default().to_owned()
}

fn outside(
    app: &App,
    request: &Request,
    template: &str,
    view: &impl Serialize,
) -> Result<Response> {
    let who = who(request);
    let now = app.ledger.now(&who)?;
    let desk = settings::text(&now, "desk.name")?;
    let reader = Reader {
        now: now.at(),
        ..Reader::default()
    };
    drop(now);
    let mut shell = Shell::outside(desk, visit::target(request), reader);
    let known = request
        .cookie(FORM_COOKIE)
        .filter(|token| token.len() == 22)
        .map(str::to_owned);
    let fresh = match known {
        Some(token) => token,
        None => BASE64URL_NOPAD.encode(&crate::ledger::chance::random::<16>()?),
    };
    shell.csrf = visit::csrf(&fresh);
    let html = render::page(template, &shell, view)?;
    let cookie = Cookie::build((FORM_COOKIE, fresh))
        .path("/")
        .http_only(true)
        .secure(request.secure)
        .same_site(SameSite::Lax)
        .build();
    Ok(Response::html(html)
        .with_header("cache-control", "no-store")
        .with_cookie(cookie)
        .uncompressed())
}

/// Refuses a form of somebody not signed in that this desk did not give out.
fn check_form(request: &Request, form: &Form) -> Result<()> {
    visit::same_site(request)?;
    let expected = request.cookie(FORM_COOKIE).map(visit::csrf);
    if expected.is_none() || form.get("csrf") != expected.as_deref() {
        let text = "this form is out of date; reload the page and try again";
        return Err(Refusal::forbidden(text).into());
    }
    Ok(())
}

fn is_new(app: &App) -> Result<bool> {
    let who = Who::system("web", Door::Web);
    Ok(!members::any(&app.ledger.now(&who)?)?)
}

fn who(request: &Request) -> Who {
    let mut who = Who::system("signin", Door::Web);
    who.via.request = Some(request.id.clone());
    who
}

/// Where a request came from, as a login keeps it.
pub fn origin(request: &Request) -> Origin {
    let agent = request.header("user-agent").unwrap_or_default();
    Origin {
        address: request.peer.to_string(),
        agent: agent.chars().take(200).collect(),
    }
}

/// A path of ours to go on to; anything else becomes the inbox.
fn own_path(next: &str) -> String {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n'])
        && !next.starts_with("/login")
        && !next.starts_with("/logout");
    if ours {
        next.to_owned()
    } else {
        "/inbox".to_owned()
    }
}

fn wrong(refusal: &Refusal) -> BTreeMap<String, String> {
    BTreeMap::from([(
        refusal.field.unwrap_or_default().to_owned(),
        refusal.text.clone(),
    )])
}

/// Whether two codes are the same, in a time that does not tell where they differ.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (session_id(a), session_id(b));
    a.bytes()
        .zip(b.bytes())
        .fold(0, |differs, (a, b)| differs | (a ^ b))
        == 0
}

fn session_cookie(token: String, secure: bool) -> Cookie<'static> {
    let name = if secure { COOKIE_SECURE } else { COOKIE_PLAIN };
    Cookie::build((name, token))
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .build()
}

fn ended(name: &'static str, secure: bool) -> Cookie<'static> {
    Cookie::build((name, ""))
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::ZERO)
        .build()
}
