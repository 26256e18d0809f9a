//! The explorer: events as sentences, narrowed by filters, a page at a time; and their export.

use super::asked::Asked;
use super::{Actor, AuditPage, EventRow, ObjectLink};
use crate::desk::audit::{self, Recorded};
use crate::desk::{channels, members};
use crate::domain::id::{Object, Seq};
use crate::error::{Doing, Refusal, Result};
use crate::export::{self, Format};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::links::neighbours;
use crate::web::names::Names;
use crate::web::sentences;
use crate::web::text::{Language, translate};
use crate::web::visit::{Visit, target, zone};
use std::io::{BufWriter, Seek};

/// Events of one page.
const ROWS: u32 = 50;

/// The parts of Trailbox that act by themselves, as the trail names them.
const PARTS: [&str; 8] = [
    "clock", "intake", "media", "outbox", "serve", "setup", "shell", "timer",
];

/// `GET /audit`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let mut asked = Asked::read(|field| visit.query(field), &reader_zone(visit))?;
    asked.filter.before = visit.query("before").and_then(|text| text.parse().ok());
    let mut found = if asked.wrong.is_empty() {
        audit::list(&now, &asked.filter, ROWS + 1)?
    } else {
        Vec::new()
    };
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let last = found.last().map(|event| event.seq).filter(|_| more);
    let last = last.map(|seq| seq.to_string());
    let (newer, older) = neighbours(&target(visit.request), "before", last.as_deref());
    let names = Names::of_events(&now, &found)?;
    let language = visit.language();
    let page = AuditPage {
        actors: actors(&now, &asked, language)?,
        events: events(&now, &asked)?,
        channels: channels::list(&now)?
            .into_iter()
            .map(|channel| (channel.id.to_string(), channel.title))
            .collect(),
        chips: chips(&asked, &names, language),
        rows: rows(&now, language, &names, &found)?,
        newer,
        older,
        export: visit
            .may(crate::domain::member::Right::Export)
            .then(|| "/audit/exports".to_owned()),
        filter: asked.fields,
        wrong: asked.wrong,
    };
    let status = if page.wrong.is_empty() { 200 } else { 422 };
    let response = visit.page(&now, "audit/index.html", &page)?;
    Ok(response.with_status(status))
}

/// `POST /audit/exports`: the events of a filter as a file.
///
/// **Refuses:** a filter or format that cannot be read.
pub fn export(visit: &Visit<'_>) -> Result<Response> {
    let format: Format = visit.field("format").parse().map_err(Refusal::invalid)?;
    let asked = Asked::read(|field| visit.form.get(field), &reader_zone(visit))?;
    if let Some((_, sentence)) = asked.wrong.into_iter().next() {
        return Err(Refusal::invalid(sentence).into());
    }
    let address = Asked {
        fields: asked.fields,
        ..Asked::default()
    }
    .query(None);
    let file = tempfile::tempfile().doing("making a file for the export")?;
    let mut out = BufWriter::new(&file);
    let ledger = &visit.app.ledger;
    export::trail(
        ledger,
        &visit.who,
        &asked.filter,
        &address,
        format,
        &mut out,
        &mut |_| {},
    )?;
    drop(out); // the export was flushed before it was recorded
    let mut file = file;
    let len = file.seek(std::io::SeekFrom::End(0))?;
    let name = format!("audit-{}.{}", stamp(visit), format.as_str());
    Ok(Response::file(file, len, format.media_type(), &name))
}

/// Events as the explorer shows them.
pub fn rows(
    now: &Now<'_>,
    language: Language,
    names: &Names,
    events: &[Recorded],
) -> Result<Vec<EventRow>> {
    events
        .iter()
        .map(|event| row(now, language, names, event))
        .collect()
}

/// One event as the explorer shows it.
pub fn row(now: &Now<'_>, language: Language, names: &Names, event: &Recorded) -> Result<EventRow> {
    let known = |object| names.get(object);
    let id = event.entry.actor.id();
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("actor", &id);
    Ok(EventRow {
        seq: event.seq.0,
        at: event.entry.at,
        event: event.entry.event.clone(),
        actor: Actor {
            kind: event.entry.actor.kind().to_owned(),
            name: sentences::actor(language, &event.entry.actor, &known),
            href: format!("/audit?{}", query.finish()),
        },
        sentence: sentences::told(language, event, &known),
        objects: audit::objects(now, event.seq)?
            .into_iter()
            .map(link)
            .collect(),
        cause: event.entry.cause.map(|cause| cause.0),
    })
}

/// An object with its page.
pub fn link(object: Object) -> ObjectLink {
    let href = match object {
        Object::Conversation(id) => Some(format!("/conversations/{id}")),
        Object::Ticket(id) => Some(format!("/tickets/{id}")),
        Object::Contact(id) => Some(format!("/contacts/{id}")),
        Object::Member(id) => Some(format!("/settings/members/{id}")),
        Object::Channel(id) => Some(format!("/settings/channels/{id}")),
        Object::Group(_) => Some("/settings/groups".to_owned()),
    };
    ObjectLink {
        name: object.to_string(),
        href,
    }
}

/// The newest events about an object, as one-liners, the newest first.
pub fn newest_about(
    now: &Now<'_>,
    language: Language,
    object: Object,
    limit: u32,
) -> Result<Vec<crate::web::thread::Change>> {
    let filter = audit::Filter {
        objects: vec![object],
        ..audit::Filter::default()
    };
    let found = audit::list(now, &filter, limit)?;
    let names = Names::of_events(now, &found)?;
    Ok(found
        .iter()
        .map(|event| crate::web::thread::Change {
            seq: event.seq.0,
            at: event.entry.at,
            actor_kind: event.entry.actor.kind().to_owned(),
            sentence: sentences::told(language, event, &|object| names.get(object)),
            icon: sentences::icon(&event.event),
            tone: sentences::tone(&event.event),
        })
        .collect())
}

fn reader_zone(visit: &Visit<'_>) -> crate::domain::calendar::Zone {
    zone(&visit.member.preferences.zone)
}

/// Day and time for a file's name, in UTC.
fn stamp(visit: &Visit<'_>) -> String {
    let at = visit.app.ledger.clock().now().to_string();
    at.chars().take(16).filter(|c| *c != ':').collect()
}

/// Members, the parts of Trailbox, and whoever is asked for.
fn actors(now: &Now<'_>, asked: &Asked, language: Language) -> Result<Vec<(String, String)>> {
    let mut actors: Vec<(String, String)> = members::list(now)?
        .into_iter()
        .map(|member| (member.id.to_string(), member.name))
        .collect();
    let system = translate(language, "Trailbox");
    actors.extend(PARTS.map(|part| (part.to_owned(), format!("{system}: {part}"))));
    if let Some(actor) = asked.fields.get("actor")
        && !actors.iter().any(|(id, _)| id == actor)
    {
        actors.push((actor.clone(), actor.clone()));
    }
    Ok(actors)
}

/// The names of events that happened, each area before its own.
fn events(now: &Now<'_>, asked: &Asked) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for name in audit::event_names(now)? {
        let area = name.split('.').next().unwrap_or_default().to_owned();
        if !names.contains(&area) {
            names.push(area);
        }
        names.push(name);
    }
    if let Some(event) = asked.fields.get("event")
        && !names.contains(event)
    {
        names.push(event.clone());
    }
    Ok(names)
}

/// The filters in force, each with the address without it.
fn chips(asked: &Asked, names: &Names, language: Language) -> Vec<(String, String)> {
    let label = |field: &str| {
        translate(
            language,
            match field {
                "q" => "Text",
                "actor" => "Who",
                "kind" => "Kind of actor",
                "event" => "Event",
                "contact" => "Customer",
                "ticket" => "Ticket",
                "channel" => "Channel",
                "from" => "from",
                "to" => "to",
                _ => "About", // `object`
            },
        )
    };
    asked
        .fields
        .iter()
        .map(|(field, value)| {
            let named = value.parse().ok().and_then(|object| names.get(object));
            let shown = match named {
                Some(name) => format!("{name} ({value})"),
                None => value.clone(),
            };
            (
                format!("{}: {shown}", label(field)),
                asked.address(Some(field), None),
            )
        })
        .collect()
}

/// The event at a place with its row, if it is there.
pub fn row_at(now: &Now<'_>, language: Language, seq: Seq) -> Result<(Recorded, EventRow)> {
    let event = audit::get(now, seq)?;
    let names = Names::of_events(now, std::slice::from_ref(&event))?;
    let row = row(now, language, &names, &event)?;
    Ok((event, row))
}
