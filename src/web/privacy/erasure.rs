//! Erasing on pages: first what would go, then the wish, where it is set a second person.

use super::{HoldLine, Removed, exports};
use crate::desk::privacy::targets::{self, Found};
use crate::desk::privacy::{self, Request, Wanted};
use crate::desk::timeline;
use crate::domain::id::{ContactId, Object, Seq};
use crate::domain::privacy::{Ground, Kind, Subject};
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use crate::web::audit::EventRow;
use crate::web::audit::explorer::{link, row_at};
use crate::web::exchange::Response;
use crate::web::refused::{shown, wrong};
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// `privacy/erasure.html`
#[derive(Debug, Clone, Serialize)]
pub struct ErasurePage {
    /// What it is about, by its name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// Where the form goes.
    pub action: String,
    /// What is said there, if it is one event.
    pub event: Option<EventRow>,
    /// The kinds of content there are.
    pub kinds: Vec<KindRow>,
    /// How much goes.
    pub total: u64,
    /// Payloads that also hold what others wrote.
    pub shared: u64,
    /// Conversations and tickets that are not closed.
    pub open: Vec<String>,
    /// What stands in the way.
    pub holds: Vec<HoldLine>,
    /// What was erased of it before.
    pub removed: Option<Removed>,
    /// The grounds, word and English.
    pub grounds: Vec<(&'static str, &'static str)>,
    /// Whether a second person has to approve, and who could.
    pub second: Option<Vec<String>>,
    /// What left the desk before and is not touched by this.
    pub exports: Vec<EventRow>,
    /// The request that is looked at.
    pub request: Option<RequestView>,
    /// What was typed.
    pub typed: BTreeMap<String, String>,
    /// What is wrong there.
    pub wrong: BTreeMap<String, String>,
}

/// How much there is of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct KindRow {
    /// Its word.
    pub word: &'static str,
    /// In English.
    pub name: &'static str,
    /// How many sealed texts and files.
    pub count: u64,
    /// Whether it is to go.
    pub chosen: bool,
}

/// A request as a second person sees it.
#[derive(Debug, Clone, Serialize)]
pub struct RequestView {
    /// The event that made it.
    pub seq: u64,
    /// Who wants it.
    pub by: String,
    /// When.
    pub at: crate::domain::moment::Moment,
    /// Why, in English.
    pub ground: &'static str,
    /// Why, in words.
    pub words: String,
    /// `open`, `approved`, `declined`.
    pub state: String,
    /// Whether the reader may approve it.
    pub may: bool,
}

/// `GET /contacts/K-17/erasure`
pub fn of_contact(visit: &Visit<'_>, contact: ContactId) -> Result<Response> {
    page(visit, Subject::Contact(contact), None, None)
}

/// `GET /audit/18231/erasure`: the article that the event is, or what the event seals.
pub fn of_event(visit: &Visit<'_>, seq: Seq) -> Result<Response> {
    let subject = subject(&visit.now()?, seq)?;
    page(visit, subject, None, None)
}

/// `POST /contacts/K-17/erasure`
pub fn erase_contact(visit: &Visit<'_>, contact: ContactId) -> Result<Response> {
    erase(visit, Subject::Contact(contact))
}

/// `POST /audit/18231/erasure`
pub fn erase_event(visit: &Visit<'_>, seq: Seq) -> Result<Response> {
    let subject = subject(&visit.now()?, seq)?;
    erase(visit, subject)
}

/// `GET /privacy/requests/18231`
pub fn request(visit: &Visit<'_>, seq: Seq) -> Result<Response> {
    let known = privacy::get(&visit.now()?, seq)?;
    page(visit, known.wanted.subject, Some(&known), None)
}

/// `POST /privacy/requests/18231/approval` and `…/refusal`
pub fn decide(visit: &Visit<'_>, seq: Seq, act: &str) -> Result<Response> {
    let why = visit.field("why").to_owned();
    let done = match act {
        "approval" => {
            let wish = move |now: &Now<'_>| privacy::approve(now, seq);
            visit.app.ledger.erase(&visit.who, wish)
        }
        "refusal" => visit.record(move |now| privacy::decline(now, seq, &why)),
        other => Err(Refusal::not_found(format!("a request has no {other}")).into()),
    };
    match done {
        Ok(_) if act == "approval" => {
            Ok(visit.went_well("/settings/retention", "Erased. It is gone for good."))
        }
        Ok(_) => Ok(visit.went_well("/settings/retention", "Declined.")),
        Err(Error::Refusal(refusal)) if shown(&refusal) => {
            let known = privacy::get(&visit.now()?, seq)?;
            page(visit, known.wanted.subject, Some(&known), Some(refusal))
        }
        Err(error) => Err(error),
    }
}

fn subject(now: &Now<'_>, seq: Seq) -> Result<Subject> {
    Ok(match timeline::article(now, seq)? {
        Some(_) => Subject::Article(seq),
        None => Subject::Event(seq),
    })
}

fn erase(visit: &Visit<'_>, subject: Subject) -> Result<Response> {
    let wanted = match wanted(visit, subject) {
        Ok(wanted) => wanted,
        Err(Error::Refusal(refusal)) if shown(&refusal) => {
            return page(visit, subject, None, Some(refusal));
        }
        Err(error) => return Err(error),
    };
    let second = privacy::needs_second(&visit.now()?)?;
    let done = match second {
        true => visit.record(move |now| privacy::request(now, &wanted)),
        false => {
            let wish = move |now: &Now<'_>| privacy::erase(now, &wanted);
            visit.app.ledger.erase(&visit.who, wish)
        }
    };
    let back = place(&visit.now()?, subject)?;
    match (done, second) {
        (Ok(_), true) => {
            Ok(visit.went_well(&back, "Asked for. It goes when a second person approves."))
        }
        (Ok(_), false) => Ok(visit.went_well(&back, "Erased. It is gone for good.")),
        (Err(Error::Refusal(refusal)), _) if shown(&refusal) => {
            page(visit, subject, None, Some(refusal))
        }
        (Err(error), _) => Err(error),
    }
}

fn wanted(visit: &Visit<'_>, subject: Subject) -> Result<Wanted> {
    let kinds = visit.form.all("kind").into_iter().map(str::parse::<Kind>);
    let kinds: Result<Vec<Kind>, String> = kinds.collect();
    let kinds = kinds.map_err(|text| Refusal::invalid(text).at("kind"))?;
    if kinds.is_empty() {
        return Err(Refusal::invalid("choose what is to go").at("kind").into());
    }
    let ground = visit.field("ground").parse::<Ground>();
    let ground = ground.ok().filter(|ground| *ground != Ground::Retention);
    let ground = ground.ok_or_else(|| Refusal::invalid("choose the ground").at("ground"))?;
    if visit.field("sure") != "yes" {
        let text = "confirm that it is to go for good";
        return Err(Refusal::invalid(text).at("sure").into());
    }
    Ok(Wanted {
        subject,
        kinds,
        ground,
        words: visit.field("words").to_owned(),
    })
}

/// The page a subject is on.
fn place(now: &Now<'_>, subject: Subject) -> Result<String> {
    Ok(match subject {
        Subject::Contact(contact) => format!("/contacts/{contact}"),
        Subject::Article(seq) | Subject::Event(seq) => {
            let object = privacy::object_of(now, subject)?;
            let page = object.and_then(|object| link(object).href);
            match subject {
                Subject::Article(_) => page.unwrap_or_else(|| format!("/audit/{seq}")),
                _ => format!("/audit/{seq}"),
            }
        }
        Subject::Rule { .. } => "/settings/retention".to_owned(),
    })
}

fn page(
    visit: &Visit<'_>,
    subject: Subject,
    request: Option<&Request>,
    refused: Option<Refusal>,
) -> Result<Response> {
    let now = visit.now()?;
    let found = targets::of(&now, subject, &[])?;
    let objects: Vec<Object> = found.objects.iter().copied().collect();
    let holds = super::lines(visit, &now, privacy::holds::over(&now, &found.objects)?)?;
    let (action, event, removed) = match subject {
        Subject::Contact(contact) => (
            format!("/contacts/{contact}/erasure"),
            None,
            super::removed_from(visit, &now, Object::Contact(contact))?,
        ),
        Subject::Article(seq) | Subject::Event(seq) => {
            let (_, row) = row_at(&now, visit.language(), seq)?;
            let removed = removed_of(visit, &now, seq)?;
            (format!("/audit/{seq}/erasure"), Some(row), removed)
        }
        Subject::Rule { .. } => (String::new(), None, None), // a rule asks for nothing here
    };
    let kinds = kinds(visit, &found, request, refused.is_some());
    let page = ErasurePage {
        name: match (subject, found.object) {
            (Subject::Contact(contact), _) => crate::desk::contacts::get(&now, contact)?.title(),
            (Subject::Article(seq) | Subject::Event(seq), _) => format!("#{seq}"),
            (Subject::Rule { .. }, _) => String::new(),
        },
        href: place(&now, subject)?,
        action,
        event,
        total: kinds.iter().map(|kind| kind.count).sum(),
        kinds,
        shared: targets::shared(&now, &found)?,
        open: targets::open(&now, &found)?
            .iter()
            .map(Object::to_string)
            .collect(),
        holds,
        removed,
        grounds: Ground::of_people()
            .map(|ground| (ground.as_str(), ground.words()))
            .collect(),
        second: match privacy::needs_second(&now)? {
            true => Some(privacy::approvers(&now, Some(visit.member.id))?),
            false => None,
        },
        exports: exports(visit, &now, &objects)?,
        request: request.map(|request| RequestView {
            seq: request.seq.0,
            by: request.by.name.clone(),
            at: request.at,
            ground: request.wanted.ground.words(),
            words: request.wanted.words.clone(),
            state: request.state.clone(),
            may: request.state == "open" && request.by.member != Some(visit.member.id),
        }),
        typed: visit.form.fields.iter().cloned().collect(),
        wrong: wrong(refused.as_ref()),
    };
    let response = visit.page(&now, "privacy/erasure.html", &page)?;
    Ok(response.with_status(refused.map_or(200, |refusal| refusal.status())))
}

fn kinds(visit: &Visit<'_>, found: &Found, request: Option<&Request>, again: bool) -> Vec<KindRow> {
    let typed = visit.form.all("kind");
    let counts = found.counts().into_iter();
    let rows = counts.map(|(kind, count)| KindRow {
        word: kind.as_str(),
        name: kind.words(),
        count,
        chosen: match request {
            Some(request) => {
                request.wanted.kinds.is_empty() || request.wanted.kinds.contains(&kind)
            }
            None => !again || typed.contains(&kind.as_str()),
        },
    });
    rows.collect()
}

fn removed_of(visit: &Visit<'_>, now: &Now<'_>, seq: Seq) -> Result<Option<Removed>> {
    let sealed = crate::desk::audit::get(now, seq)?.entry.sealed;
    for field in sealed.keys() {
        if let Some(erasure) = privacy::erasure_of(now, seq, field)? {
            return Ok(Some(Removed::of(visit.language(), &erasure)));
        }
    }
    Ok(None)
}
