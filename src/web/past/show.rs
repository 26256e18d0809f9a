//! What stood where at a moment.

use super::{Field, PastPage, Section, Value};
use crate::desk::audit::filter::{self, Filter};
use crate::desk::past::{self, Scope, configuration, fields};
use crate::desk::{inbox, tickets};
use crate::domain::id::{Object, Seq};
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::audit::explorer::{link, row_at};
use crate::web::exchange::Response;
use crate::web::text::{Language, translate};
use crate::web::thread::{Entry, Timeline, view};
use crate::web::visit::{Visit, zone};

/// Most events listed between two moments.
const BETWEEN_MAX: u32 = 200;

/// Most events of a thing the slider goes over.
const STEPS_MAX: u32 = 5_000;

/// `GET /conversations/C-88?as_of=18231`, and the same of tickets and customers
pub fn thing(visit: &Visit<'_>, object: Object) -> Result<Response> {
    let now = visit.now()?;
    match object {
        Object::Conversation(id) => inbox::demand_reach(&now, id)?,
        Object::Ticket(id) => tickets::list::demand_reach(&now, id)?,
        _ => {} // customers are within everybody's reach
    }
    let own = Filter {
        objects: vec![object],
        ..Filter::default()
    };
    let mut steps = filter::all(&now, &own, STEPS_MAX)?;
    steps.reverse();
    let seq = match visit.query("nth").and_then(|nth| nth.parse::<usize>().ok()) {
        Some(nth) => *steps
            .get(nth.saturating_sub(1))
            .or(steps.last())
            .ok_or_else(|| Refusal::not_found(format!("nothing happened to {object}")))?,
        None => asked(visit, &now, "as_of")?,
    };
    let scope = Scope::Case(object);
    let ledger = &visit.app.ledger;
    let then = past::after(ledger, &now, scope, seq)?;
    let href = link(object).href.unwrap_or_default();
    let at = |seq: &Seq| format!("{href}?as_of={seq}");
    let nth = steps.partition_point(|step| *step <= seq);
    let known = said(&then.now(&visit.who), visit.language(), object)
        .map_err(|error| absent(error, object, seq))?;
    let other = match visit.query("with") {
        Some(_) => Some(asked(visit, &now, "with")?),
        None => None,
    };
    let later = match other {
        Some(other) => {
            let later = past::after(ledger, &now, scope, other)?;
            Some(
                said(&later.now(&visit.who), visit.language(), object)
                    .map_err(|error| absent(error, object, other))?,
            )
        }
        None => None,
    };
    let language = visit.language();
    let lines: Vec<Field> = paired(known, later, language);
    let title = lines.first().and_then(|field| field.then.text.clone());
    let page = PastPage {
        observing: false,
        id: object.to_string(),
        title: title.unwrap_or_default(),
        event: row_at(&now, language, seq)?.1,
        nth: Some((nth, steps.len())),
        before: nth.checked_sub(2).and_then(|n| steps.get(n)).map(at),
        after: steps.get(nth).map(at),
        other: other
            .map(|other| row_at(&now, language, other).map(|(_, row)| row))
            .transpose()?,
        differ: lines.iter().filter(|field| field.differs).count(),
        sections: vec![Section {
            name: String::new(),
            fields: lines,
        }],
        timeline: match other {
            Some(_) => None,
            None => Some(still(view::timeline(visit, &then.now(&visit.who), object)?)),
        },
        between: match other {
            Some(other) => between(&now, language, own, seq, other)?,
            None => Vec::new(),
        },
        configuration: Some(format!("/audit/configuration?as_of={seq}")),
        href,
    };
    visit.page(&now, "past/show.html", &page)
}

/// The present of a thread, to be looked at unseen.
pub fn observed(visit: &Visit<'_>, object: Object) -> Result<Response> {
    let now = visit.now()?;
    match object {
        Object::Conversation(id) => inbox::demand_reach(&now, id)?,
        Object::Ticket(id) => tickets::list::demand_reach(&now, id)?,
        _ => {} // customers are within everybody's reach
    }
    let lines = paired(
        said(&now, visit.language(), object)?,
        None,
        visit.language(),
    );
    let title = lines.first().and_then(|field| field.then.text.clone());
    let newest = Seq(now.next_seq().0.saturating_sub(1));
    let page = PastPage {
        observing: true,
        id: object.to_string(),
        title: title.unwrap_or_default(),
        href: link(object).href.unwrap_or_default(),
        event: row_at(&now, visit.language(), newest)?.1,
        nth: None,
        before: None,
        after: None,
        other: None,
        differ: 0,
        sections: vec![Section {
            name: String::new(),
            fields: lines,
        }],
        timeline: Some(still(view::timeline(visit, &now, object)?)),
        between: Vec::new(),
        configuration: None,
    };
    visit.page(&now, "past/show.html", &page)
}

/// `GET /audit/configuration?as_of=18231`
pub fn set_up(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let seq = match visit.query("as_of") {
        Some(_) => asked(visit, &now, "as_of")?,
        None => Seq(now.next_seq().0.saturating_sub(1)),
    };
    let other = match visit.query("with") {
        Some(_) => Some(asked(visit, &now, "with")?),
        None => None,
    };
    let language = visit.language();
    let read = |seq: Seq| -> Result<Vec<configuration::Section>> {
        let past = past::after(&visit.app.ledger, &now, Scope::Configuration, seq)?;
        configuration::of(&past.now(&visit.who))
    };
    let known = read(seq)?;
    let mut later = other.map(read).transpose()?.map(Vec::into_iter);
    let text = |value: String| Value {
        text: Some(value).filter(|value| !value.is_empty()),
        at: None,
    };
    let sections: Vec<Section> = known
        .into_iter()
        .map(|section| {
            let other = later.as_mut().and_then(Iterator::next);
            let lines = |lines: Vec<(String, String)>| -> Vec<(String, Value)> {
                let lines = lines.into_iter();
                lines.map(|(name, value)| (name, text(value))).collect()
            };
            let other = other.map(|section| lines(section.lines));
            Section {
                name: translate(language, section.name).to_owned(),
                fields: joined(lines(section.lines), other),
            }
        })
        .collect();
    let differ = sections.iter().flat_map(|section| &section.fields);
    let page = PastPage {
        observing: false,
        id: String::new(),
        title: translate(language, "How the desk was set up").to_owned(),
        href: "/settings".to_owned(),
        event: row_at(&now, language, seq)?.1,
        nth: None,
        before: None,
        after: None,
        other: other
            .map(|other| row_at(&now, language, other).map(|(_, row)| row))
            .transpose()?,
        differ: differ.filter(|field| field.differs).count(),
        sections,
        timeline: None,
        between: Vec::new(),
        configuration: None,
    };
    visit.page(&now, "past/show.html", &page)
}

/// The moment a part of the address asks for.
fn asked(visit: &Visit<'_>, now: &Now<'_>, name: &str) -> Result<Seq> {
    let zone = zone(&visit.member.preferences.zone);
    past::place(now, visit.query(name).unwrap_or_default(), &zone)
}

/// What was not there yet is said so.
fn absent(error: crate::error::Error, object: Object, seq: Seq) -> crate::error::Error {
    match error.refusal() {
        Some(_) => {
            Refusal::not_found(format!("after event {seq} there was no {object} yet")).into()
        }
        None => error,
    }
}

fn said(now: &Now<'_>, language: Language, object: Object) -> Result<Vec<(String, Value)>> {
    let fields = fields::of(now, object)?;
    Ok(fields
        .into_iter()
        .map(|field| {
            let value = match field.says {
                fields::Says::Nothing => Value::default(),
                fields::Says::Text(text) => words(text),
                fields::Says::Word(word) => words(translate(language, &word).to_owned()),
                fields::Says::At(at) => Value {
                    at: Some(at),
                    text: None,
                },
            };
            (field.name, value)
        })
        .collect())
}

fn words(text: String) -> Value {
    Value {
        text: Some(text),
        at: None,
    }
}

fn paired(
    known: Vec<(String, Value)>,
    other: Option<Vec<(String, Value)>>,
    language: Language,
) -> Vec<Field> {
    let mut fields = joined(known, other);
    for field in &mut fields {
        field.name = translate(language, &field.name).to_owned();
    }
    fields
}

/// The fields of two moments beside each other, by name; those of the later one alone at the end.
fn joined(known: Vec<(String, Value)>, other: Option<Vec<(String, Value)>>) -> Vec<Field> {
    let compares = other.is_some();
    let mut other = other.unwrap_or_default();
    let mut fields: Vec<Field> = Vec::new();
    for (name, then) in known {
        let place = other.iter().position(|(known, _)| *known == name);
        let later = place.map(|place| other.remove(place).1).unwrap_or_default();
        fields.push(Field {
            differs: compares && then != later,
            name,
            then,
            other: later,
        });
    }
    fields.extend(other.into_iter().map(|(name, later)| Field {
        differs: later != Value::default(),
        name,
        then: Value::default(),
        other: later,
    }));
    fields
}

/// The timeline of the past: nothing in it can be done again.
fn still(mut timeline: Timeline) -> Timeline {
    for entry in &mut timeline.entries {
        if let Entry::Article(article) = entry {
            article.quotable = false;
            article.correctable = false;
            if let Some(delivery) = &mut article.delivery {
                delivery.may_retry = false;
            }
        }
    }
    timeline
}

/// What happened to a thing between two moments.
fn between(
    now: &Now<'_>,
    language: Language,
    own: Filter,
    a: Seq,
    b: Seq,
) -> Result<Vec<crate::web::audit::EventRow>> {
    let filter = Filter {
        since: Some(Seq(a.min(b).0 + 1)),
        before: Some(Seq(a.max(b).0 + 1)),
        ..own
    };
    let mut places = filter::all(now, &filter, BETWEEN_MAX)?;
    places.reverse();
    let rows = places.into_iter().map(|seq| row_at(now, language, seq));
    rows.map(|row| row.map(|(_, row)| row)).collect()
}
