//! A visit: one request by somebody who is signed in, with their rights, their form and the frame
//! of their pages.

use crate::desk::members::Member;
use crate::desk::{audit, checkpoints, commitments, inbox, settings};
use crate::domain::actor::Who;
use crate::domain::calendar::Zone;
use crate::domain::checkpoint::Contradiction;
use crate::domain::event::{AuditEvent, Event, Fact};
use crate::domain::member::Right;
use crate::error::{Refusal, RefusalKind, Result};
use crate::ledger::{Now, Receipt};
use crate::web::app::{App, locked};
use crate::web::exchange::{Form, Request, Response};
use crate::web::render;
use crate::web::shell::{Badge, Banner, Flash, Me, Reader, Shell};
use crate::web::text::Language;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The name of the session's cookie where it travels over https.
pub const COOKIE_SECURE: &str = "__Host-trailbox";
/// The name of the session's cookie on a plain connection, for a desk on one's own machine.
pub const COOKIE_PLAIN: &str = "trailbox";

/// One request of a member.
pub struct Visit<'a> {
    /// What all handlers share.
    pub app: &'a App,
    /// The request.
    pub request: &'a Request,
    /// Who is signed in.
    pub member: Member,
    /// Their session's id.
    pub session: String,
    /// The same as the one who wishes.
    pub who: Who,
    /// The token their forms carry.
    pub csrf: String,
    /// The form that was posted; empty for a reading request.
    pub form: Form,
}

impl<'a> Visit<'a> {
    /// The visit of whoever the request's cookie belongs to; none if nobody is signed in.
    ///
    /// **Refuses:** a posted form without the session's token, or from another site.
    pub fn of(app: &'a App, request: &'a Request) -> Result<Option<Self>> {
        let Some(token) = token(request) else {
            return Ok(None);
        };
        let Some((session, member)) = app.signed_in(&session_id(token), !is_background(request))?
        else {
            return Ok(None);
        };
        let csrf = csrf(token);
        let form = if request.method.reads() {
            Form::default()
        } else {
            request.form()?
        };
        if !request.method.reads() {
            same_site(request)?;
            let given = form.get("csrf").or_else(|| request.header("x-csrf-token"));
            if given != Some(csrf.as_str()) {
                let text = "this form is out of date; go back, reload the page and try again";
                return Err(Refusal::forbidden(text).into());
            }
        }
        let who = App::who(&member, &request.id);
        Ok(Some(Visit {
            app,
            request,
            member,
            session: session.id,
            who,
            csrf,
            form,
        }))
    }

    /// The present, as this member may see it.
    pub fn now(&self) -> Result<Now<'_>> {
        self.app.ledger.now(&self.who)
    }

    /// Whether the member has a right.
    pub fn may(&self, right: Right) -> bool {
        self.member.role.has(right)
    }

    /// Refuses unless the member has the right; the refusal of a sensitive one is recorded.
    pub fn demand(&self, right: Right) -> Result<()> {
        self.demand_for(right, None)
    }

    /// The same; the page that refuses says first what stands in the way.
    pub fn demand_for(&self, right: Right, why: Option<&str>) -> Result<()> {
        if self.may(right) {
            return Ok(());
        }
        if right.is_sensitive() {
            let wish = format!("{} {}", self.request.method, self.request.path);
            self.record(move |now| crate::desk::members::record_refusal(now, right, &wish))?;
        }
        let role = self.member.role;
        let mut text = format!(
            "the role {role} does not have the right to {right}",
            right = right.words()
        );
        if let Some(why) = why {
            text = format!("{why}: {text}");
        }
        Err(Refusal::of(RefusalKind::Forbidden, text).into())
    }

    /// Grants a wish of this member.
    pub fn record(
        &self,
        wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
    ) -> Result<Receipt> {
        self.app.ledger.record(&self.who, wish)
    }

    /// Whether a page fetches itself again in the background, to show what is new.
    pub fn in_background(&self) -> bool {
        is_background(self.request)
    }

    /// The language of this member's pages.
    pub fn language(&self) -> Language {
        Language::of_code(&self.member.preferences.language).unwrap_or_default()
    }

    /// A sentence of the program in that language.
    pub fn said(&self, sentence: &str) -> String {
        crate::web::text::said(self.language(), sentence)
    }

    /// A field of the posted form; empty if it is not there.
    pub fn field(&self, name: &str) -> &str {
        self.form.get(name).unwrap_or_default()
    }

    /// A value of the query string.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.request
            .query_value(name)
            .filter(|value| !value.is_empty())
    }

    /// The page the posted form asks to come back to, if it is one of ours; else `otherwise`.
    pub fn back(&self, otherwise: &str) -> String {
        let wanted = self.form.get("back").unwrap_or_default();
        let ours = wanted.starts_with('/') && !wanted.starts_with("//") && !wanted.contains('\\');
        if ours {
            wanted.to_owned()
        } else {
            otherwise.to_owned()
        }
    }

    /// The address of this page with its query; a form that was refused stands on the page it came
    /// from.
    pub fn here(&self) -> String {
        self.back(&self.came_from())
    }

    /// The page a form was sent from, or the one above it: where a refused form comes back to.
    fn came_from(&self) -> String {
        let request = self.request;
        if request.method.reads() {
            return target(request);
        }
        let referer = request.header("referer").unwrap_or_default();
        let own = referer
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('/'))
            .filter(|(host, _)| Some(*host) == request.header("host"));
        match (own, request.path.rsplit_once('/')) {
            (Some((_, path)), _) => format!("/{path}"),
            (None, Some((above, _))) if !above.is_empty() => above.to_owned(),
            (None, _) => "/inbox".to_owned(),
        }
    }

    /// Goes on to a page that says what came of the wish.
    pub fn went_well(&self, path: &str, sentence: &str) -> Response {
        let flash = Flash {
            tone: "ok",
            text: sentence.to_owned(),
            href: None,
        };
        Response::redirect_303(path).with_cookie(flash_cookie(&flash, self.request.secure))
    }

    /// A page of the desk.
    pub fn page(&self, now: &Now<'_>, template: &str, view: &impl Serialize) -> Result<Response> {
        let shell = self.shell(now)?;
        let html = render::page(template, &shell, view)?;
        let mut response = Response::html(html).with_header("cache-control", "no-store");
        if shell.flash.is_some() && !self.in_background() {
            response = response.with_cookie(no_flash(self.request.secure));
        }
        Ok(response)
    }

    /// The frame of this member's pages.
    pub fn shell(&self, now: &Now<'_>) -> Result<Shell> {
        let member = &self.member;
        let mut nav = Shell::nav(|href| match href {
            "/audit" => self.may(Right::Audit),
            "/inbox" | "/tickets" | "/calls" | "/contacts" | "/settings" => true,
            _ => false, // an address the rail does not have
        });
        for item in &mut nav {
            if item.href == "/inbox" {
                item.count = inbox::waiting_for_me(now)?;
            }
            if item.href == "/calls" {
                (item.count, item.overdue) = commitments::waiting_for_me(now)?;
            }
        }
        Ok(Shell {
            desk: settings::text(now, "desk.name")?,
            me: Some(Me {
                id: member.id.to_string(),
                name: member.name.clone(),
                role: member.role.to_string(),
                online: member.presence == "online",
                exports: self.may(Right::Export),
            }),
            path: self.here(),
            csrf: self.csrf.clone(),
            theme: member.preferences.theme.clone(),
            density: member.preferences.density.clone(),
            keys: member.preferences.keys,
            folded: folded(self.request, &member.id.to_string()),
            nav,
            badge: if self.may(Right::Audit) {
                Some(badge(self.app, now)?)
            } else {
                None
            },
            bell: Some(crate::web::notifications::bell(self, now)?),
            banners: banners(self.app, now)?,
            rings: crate::web::calls::ring::rings(now)?,
            flash: flash(self.request),
            answers: !self.request.method.reads(),
            newest: now.next_seq().0.saturating_sub(1),
            reader: Reader {
                language: self.language(),
                zone: zone(&member.preferences.zone),
                now: now.at(),
            },
        })
    }
}

/// The zone of a name; the machine's own is not asked, UTC holds without one.
pub fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap_or_else(|_| Zone::utc())
}

/// What was last verified, in this process or before it.
pub fn badge(app: &App, now: &Now<'_>) -> Result<Badge> {
    let verification = locked(&app.verification).clone();
    if verification.running.is_some() {
        return Ok(Badge {
            state: "running",
            seq: 0,
            at: None,
        });
    }
    if let Some(last) = verification.last {
        let state = if last.report.is_clean() {
            "clean"
        } else {
            "findings"
        };
        return Ok(Badge {
            state,
            seq: last.report.events.saturating_sub(1),
            at: Some(last.at),
        });
    }
    let newest = audit::newest(now, "audit.verified")?;
    Ok(match newest.map(|found| (found.entry.at, found.event)) {
        Some((
            at,
            Event::Audit(AuditEvent::Verified {
                events, findings, ..
            }),
        )) => Badge {
            state: if findings == 0 { "clean" } else { "findings" },
            seq: events.saturating_sub(1),
            at: Some(at),
        },
        _ => Badge {
            state: "never",
            seq: 0,
            at: None,
        }, // only this event is asked for
    })
}

fn banners(app: &App, now: &Now<'_>) -> Result<Vec<Banner>> {
    let mut banners = Vec::new();
    if let Some(trouble) = app.ledger.trouble() {
        let text = format!(
            "The desk cannot write right now ({trouble}). Reading works; nothing is lost. \
             Check the disk."
        );
        banners.push(Banner {
            tone: "bad",
            text,
            href: None,
        });
    }
    let found = locked(&app.verification)
        .last
        .as_ref()
        .is_some_and(|verified| !verified.report.is_clean());
    if found {
        let text = "The last verification of the trail found something.".to_owned();
        let href = Some("/audit/integrity".to_owned());
        banners.push(Banner {
            tone: "bad",
            text,
            href,
        });
    }
    for told in checkpoints::standing(now)? {
        let text = match told.how {
            Contradiction::RolledBack => format!(
                "The witness {witness} signed a longer trail of this desk, of {n} events: an old copy was \
                 put back, or the end was cut off.",
                witness = told.witness,
                n = told.known
            ),
            Contradiction::Forked => format!(
                "The witness {witness} signed another trail of this desk, of {n} events: the history was \
                 rewritten.",
                witness = told.witness,
                n = told.known
            ),
        };
        let href = Some(format!("/audit/{}", told.seq));
        banners.push(Banner {
            tone: "bad",
            text,
            href,
        });
    }
    if !app.samples.is_empty() {
        let text = "This is the demo desk: people, orders and messages are made up.".to_owned();
        banners.push(Banner {
            tone: "info",
            text,
            href: Some("/help/demo".to_owned()),
        });
    }
    Ok(banners)
}

/// **Limit:** more sections than any pane has are not remembered.
const FOLDS: usize = 20;

/// The sections a member keeps shut, out of the cookie that `fold-memory.js` writes.
fn folded(request: &Request, member: &str) -> Vec<String> {
    let names = request.cookie(&format!("folds-{member}"));
    let names = names.unwrap_or_default().split('.').take(FOLDS);
    let proper = |name: &&str| {
        !name.is_empty() && name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase())
    };
    names.filter(proper).map(str::to_owned).collect()
}

fn is_background(request: &Request) -> bool {
    request.header("x-background").is_some()
}

/// The address of a request with its query, as forms come back to it.
pub fn target(request: &Request) -> String {
    if request.query.is_empty() {
        return request.path.clone();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&request.query);
    format!("{}?{}", request.path, query.finish())
}

/// The session token in a request's cookie.
pub fn token(request: &Request) -> Option<&str> {
    let name = if request.secure {
        COOKIE_SECURE
    } else {
        COOKIE_PLAIN
    };
    request.cookie(name).filter(|token| token.len() == 43)
}

/// The id of the session a token opens: hex SHA-256.
pub fn session_id(token: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(token.as_bytes()))
}

/// The token the forms of a session carry; it tells nothing about the session's own.
pub fn csrf(token: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"form\0");
    hasher.update(token.as_bytes());
    BASE64URL_NOPAD.encode(&hasher.finalize())
}

/// Refuses a posted form that another site made the browser send.
pub fn same_site(request: &Request) -> Result<()> {
    let foreign = || Refusal::forbidden("this form was sent from another site");
    if let Some(site) = request.header("sec-fetch-site") {
        return if matches!(site, "same-origin" | "none") {
            Ok(())
        } else {
            Err(foreign().into())
        };
    }
    match (request.header("origin"), request.header("host")) {
        (Some(origin), Some(host)) => {
            let own = origin
                .split_once("://")
                .is_some_and(|(_, origin)| origin == host);
            if own { Ok(()) } else { Err(foreign().into()) }
        }
        (None, _) | (_, None) => Ok(()),
    }
}

const FLASH: &str = "flash";

fn flash_cookie(flash: &Flash, secure: bool) -> cookie::Cookie<'static> {
    let value = BASE64URL_NOPAD.encode(format!("{}\n{}", flash.tone, flash.text).as_bytes());
    cookie::Cookie::build((FLASH, value))
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(cookie::SameSite::Lax)
        .max_age(cookie::time::Duration::minutes(1))
        .build()
}

fn no_flash(secure: bool) -> cookie::Cookie<'static> {
    cookie::Cookie::build((FLASH, ""))
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(cookie::SameSite::Lax)
        .max_age(cookie::time::Duration::ZERO)
        .build()
}

fn flash(request: &Request) -> Option<Flash> {
    let value = BASE64URL_NOPAD
        .decode(request.cookie(FLASH)?.as_bytes())
        .ok()?;
    let value = String::from_utf8(value).ok()?;
    let (tone, text) = value.split_once('\n')?;
    let tone = if tone == "bad" { "bad" } else { "ok" };
    Some(Flash {
        tone,
        text: text.chars().take(300).collect(),
        href: None,
    })
}
