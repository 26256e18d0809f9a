//! The explorer: events as sentences, narrowed by a question, a page at a time; and their export.

use super::asked::{COLUMNS, Grouping, Wanted, address};
use super::{Actor, AuditPage, EventRow, GroupRow, Groups, Mistake, ObjectLink};
use crate::desk::audit::asked::{DOORS, KINDS, PARTS};
use crate::desk::audit::filter::{self, By, Count, GROUPED_MAX};
use crate::desk::audit::{self, Recorded};
use crate::desk::{access, channels, members, views};
use crate::domain::audit::{Key, sets, written};
use crate::domain::id::{Object, Seq};
use crate::error::{Refusal, Result};
use crate::export::{self, Format};
use crate::ledger::Now;
use crate::web::access::looked;
use crate::web::exchange::Response;
use crate::web::exports;
use crate::web::links::{neighbours, with};
use crate::web::names::Names;
use crate::web::print;
use crate::web::sentences;
use crate::web::text::{Language, translate};
use crate::web::views::KeptView;
use crate::web::visit::{Visit, target, zone};
use data_encoding::BASE64;
use std::collections::BTreeMap;
use std::io::BufWriter;

/// Events of one page.
const ROWS: u32 = 50;

/// `GET /audit`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    page(visit, BTreeMap::new())
}

/// The explorer; `wrong` is what is wrong with a view that was to be kept.
pub fn page(visit: &Visit<'_>, wrong: BTreeMap<String, String>) -> Result<Response> {
    let now = visit.now()?;
    let language = visit.language();
    // A view that could not be kept stands in the form; the page around it is the one it was.
    let (query, here) = match wrong.is_empty() {
        true => (visit.request.query.clone(), target(visit.request)),
        false => {
            let query = form_urlencoded::parse(visit.field("query").as_bytes());
            (query.into_owned().collect(), address(visit.field("query")))
        }
    };
    let mut wanted = Wanted::of_query(&now, &query, &reader_zone(visit))?;
    let asked_for = wanted.asked.filter.clone();
    let before: Option<Seq> = visit.query("before").and_then(|text| text.parse().ok());
    if let Some(before) = before {
        let filter = &mut wanted.asked.filter;
        filter.before = Some(filter.before.unwrap_or(before).min(before));
    }
    let by = match wanted.grouping {
        Grouping::None | Grouping::Day => None,
        Grouping::Actor => Some(By::Actor),
        Grouping::Case => Some(By::Case),
    };
    let readable = wanted.asked.mistakes.is_empty();
    let mut found = match by {
        None if readable => filter::find(&now, &wanted.asked.filter, ROWS + 1)?,
        _ => filter::Found {
            places: Vec::new(),
            stopped: None,
            is_end: false,
            read: 0,
        },
    };
    let newest = (by.is_none() && before.is_none()).then_some(&found);
    let count = match readable {
        true => match filter::count(&now, &asked_for, newest, found.read)? {
            Count::Exactly(n) => Some((n, false)),
            Count::MoreThan(n) => Some((n, true)),
            Count::Unknown => None, // the page says how far it looked
        },
        false => None,
    };
    let more = found.places.len() > ROWS as usize;
    found.places.truncate(ROWS as usize);
    let last = found.places.last().filter(|_| more).map(Seq::to_string);
    let (newer, older) = neighbours(&here, "before", last.as_deref());
    let stopped = found.stopped.filter(|_| !more).map(|seq| {
        let (_, on) = neighbours(&here, "before", Some(&seq.to_string()));
        (seq.0, on.unwrap_or_default())
    });
    let events = found.places.into_iter().map(|seq| audit::get(&now, seq));
    let events = events.collect::<Result<Vec<_>>>()?;
    let names = Names::of_events(&now, &events)?;
    let mut rows = rows(&now, language, &names, &events)?;
    if wanted.grouping == Grouping::Day {
        mark_days(&mut rows, &reader_zone(visit));
    }
    let groups = match by {
        Some(by) if readable => Some(groups(&now, &wanted, by, language)?),
        _ => None,
    };
    if readable && before.is_none() && !visit.in_background() && wrong.is_empty() {
        let words = wanted.asked.text.clone();
        let found = count.map_or(0, |(n, _)| n);
        let wish = move |now: &Now<'_>| access::search(now, "audit", &words, found);
        looked(visit.record(wish))?;
    }
    let member = (visit.member.id, visit.member.role);
    let query = wanted.query(&wanted.asked.text);
    let page = AuditPage {
        mistakes: mistakes(&wanted),
        completions: completions(&now)?,
        actors: actors(&now, language)?,
        events: events_and_areas(&now)?,
        sets: sets::SETS
            .iter()
            .map(|(name, what, _)| ((*name).to_owned(), translate(language, what).to_owned()))
            .collect(),
        channels: channels::list(&now)?
            .into_iter()
            .map(|channel| (channel.id.to_string(), channel.title))
            .collect(),
        chips: chips(&wanted, &names, language),
        count,
        rows,
        groups,
        columns: COLUMNS
            .iter()
            .map(|(id, name)| {
                let name = translate(language, name).to_owned();
                ((*id).to_owned(), name, wanted.shows(id))
            })
            .collect(),
        shown: wanted.columns.split('.').map(str::to_owned).collect(),
        groupings: Grouping::ALL
            .iter()
            .map(|(grouping, _, name)| {
                let name = translate(language, name).to_owned();
                let query = wanted.query_as(&wanted.asked.text, *grouping);
                (name, address(&query), *grouping == wanted.grouping)
            })
            .collect(),
        kept: kept(&wanted),
        live: before.is_none() && !wanted.still,
        live_href: with(&here, &[("live", (!wanted.still).then_some("no"))]),
        newer,
        older,
        stopped,
        export: visit
            .may(crate::domain::member::Right::Export)
            .then(|| "/audit/exports".to_owned()),
        views: views::list(&now, "audit", member.0)?
            .into_iter()
            .map(|view| KeptView {
                id: view.id,
                href: address(&view.query),
                count: None,
                shared: view.owner.is_none(),
                removable: view.owner.is_some() || views::may_share(member.1),
                here: view.query == query,
                name: view.name,
            })
            .collect(),
        query,
        may_share: views::may_share(member.1),
        typed: match wrong.is_empty() {
            true => BTreeMap::new(),
            false => visit.form.fields.iter().cloned().collect(),
        },
        wrong,
        question: wanted.asked.text,
    };
    let status = if readable && page.wrong.is_empty() {
        200
    } else {
        422
    };
    let response = visit.page(&now, "audit/index.html", &page)?;
    Ok(response.with_status(status))
}

/// `POST /audit/exports`: the events of a question as a file.
///
/// **Refuses:** a question or format that cannot be read.
pub fn export(visit: &Visit<'_>) -> Result<Response> {
    let wanted = {
        let now = visit.now()?;
        Wanted::read(&now, |name| visit.form.all(name), &reader_zone(visit))?
    };
    if let Some(mistake) = wanted.asked.mistakes.into_iter().next() {
        return Err(Refusal::invalid(mistake.text).into());
    }
    if visit.field("format") == "html" {
        let (mut filter, question) = (wanted.asked.filter, wanted.asked.text);
        let part = print::parts::asked(visit)?;
        if let Some(part) = &part {
            filter = print::parts::narrowed(&filter, part);
        } else if !print::parts::fits(&visit.now()?, &filter)? {
            return print::parts::index(visit, &filter, &question);
        }
        let wanted = print::Wanted::Events(Box::new(filter), question, part);
        return print::answer(visit, &wanted);
    }
    let format: Format = visit.field("format").parse().map_err(Refusal::invalid)?;
    let (filter, question) = (wanted.asked.filter, wanted.asked.text);
    let form = exports::Form::of("audit", format);
    exports::take(visit, form, move |ledger, who, file, told| {
        let mut out = BufWriter::new(file);
        let told = &mut |done, all| told("", done, all);
        export::trail(ledger, who, &filter, &question, format, &mut out, told)
    })
}

fn mistakes(wanted: &Wanted) -> Vec<Mistake> {
    let all = wanted.asked.mistakes.iter();
    all.map(|mistake| Mistake {
        at: mistake.place.from + 1,
        pointer: mistake.pointer(),
        text: mistake.text.clone(),
    })
    .collect()
}

/// What a new question keeps of the present page.
fn kept(wanted: &Wanted) -> Vec<(String, String)> {
    let query = wanted.query("");
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn mark_days(rows: &mut [EventRow], zone: &crate::domain::calendar::Zone) {
    let mut day = None;
    for row in rows {
        let local = zone.local(row.at).day_number;
        row.new_day = day != Some(local);
        day = Some(local);
    }
}

fn groups(now: &Now<'_>, wanted: &Wanted, by: By, language: Language) -> Result<Groups> {
    let (groups, more) = filter::groups(now, &wanted.asked.filter, by)?;
    let mut names = Names::of_desk(now)?;
    let mut rows = Vec::new();
    for group in groups {
        let object: Option<Object> = group.key.parse().ok();
        if let Some(object) = object {
            names.meet(now, object)?;
        }
        let key = match by {
            By::Actor => Key::Actor,
            By::Case => Key::About,
        };
        rows.push(GroupRow {
            name: match object.and_then(|object| names.get(object)) {
                Some(name) => name,
                None if object.is_some() => group.key.clone(),
                None => translate(language, "Trailbox").to_owned(),
            },
            href: address(&wanted.query_as(&wanted.with(key, &group.key), Grouping::None)),
            page: object.map(link).and_then(|link| link.href),
            id: group.key,
            count: group.count,
            first: group.first,
            last: group.last,
        });
    }
    Ok(Groups {
        by: match by {
            By::Actor => translate(language, "Who").to_owned(),
            By::Case => translate(language, "Case").to_owned(),
        },
        rows,
        newest_only: more.then_some(u64::from(GROUPED_MAX)),
    })
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
    query.append_pair("q", &written(Key::Actor, &id));
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
        door: event.entry.via.door.to_string(),
        hash: BASE64.encode(&event.leaf),
        new_day: false,
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
/// Members and the parts of Trailbox.
fn actors(now: &Now<'_>, language: Language) -> Result<Vec<(String, String)>> {
    let mut actors: Vec<(String, String)> = members::list(now)?
        .into_iter()
        .map(|member| (member.id.to_string(), member.name))
        .collect();
    let system = translate(language, "Trailbox");
    actors.extend(PARTS.map(|part| (part.to_owned(), format!("{system}: {part}"))));
    Ok(actors)
}

/// The names of events that happened, each area before its own.
fn events_and_areas(now: &Now<'_>) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for name in audit::event_names(now)? {
        let area = name.split('.').next().unwrap_or_default().to_owned();
        if !names.contains(&area) {
            names.push(area);
        }
        names.push(name);
    }
    Ok(names)
}

/// What can stand in a question, condition by condition.
fn completions(now: &Now<'_>) -> Result<Vec<String>> {
    let mut all: Vec<String> = Vec::new();
    all.push("actor:me".to_owned());
    for member in members::list(now)? {
        all.push(written(Key::Actor, &member.name));
    }
    all.extend(KINDS.map(|kind| written(Key::Kind, kind)));
    let sets = sets::SETS.iter();
    all.extend(sets.map(|(name, _, _)| written(Key::Is, name)));
    let events = events_and_areas(now)?;
    all.extend(events.iter().map(|event| written(Key::Event, event)));
    for channel in channels::list(now)? {
        all.push(written(Key::Channel, &channel.name));
    }
    for group in crate::desk::groups::list(now)? {
        all.push(written(Key::Group, &group.name));
    }
    all.extend(DOORS.map(|door| written(Key::Door, door)));
    all.extend(["on:today", "on:yesterday", "after:7d"].map(str::to_owned));
    for key in Key::ALL {
        let start = format!("{}:", key.word());
        if !all.iter().any(|known| known.starts_with(&start)) {
            all.push(key.example().to_owned());
        }
    }
    Ok(all)
}

/// The conditions in force, each with the address without it.
fn chips(wanted: &Wanted, names: &Names, language: Language) -> Vec<(String, String)> {
    let terms = wanted.asked.terms.iter().enumerate();
    terms
        .map(|(place, term)| {
            let values: Vec<String> = term
                .values
                .iter()
                .map(|value| {
                    let object = value.text.to_uppercase().parse().ok();
                    match object.and_then(|object| names.get(object)) {
                        Some(name) => format!("{name} ({value})"),
                        None => value.to_string(),
                    }
                })
                .collect();
            let label = translate(language, label(term.key));
            let not = match term.not {
                true => format!("{} ", translate(language, "not")),
                false => String::new(),
            };
            (
                format!("{not}{label}: {}", values.join(", ")),
                wanted.address(&wanted.without(place)),
            )
        })
        .collect()
}

fn label(key: Option<Key>) -> &'static str {
    match key {
        None => "Text",
        Some(Key::Actor) => "Who",
        Some(Key::Kind) => "Kind of actor",
        Some(Key::Event | Key::Is) => "Event",
        Some(Key::About) => "About",
        Some(Key::Ticket) => "Ticket",
        Some(Key::Conversation) => "Conversation",
        Some(Key::Customer) => "Customer",
        Some(Key::Channel) => "Channel",
        Some(Key::Member) => "Member",
        Some(Key::Group) => "Group",
        Some(Key::After) => "from",
        Some(Key::Before) => "before",
        Some(Key::Until) => "to",
        Some(Key::On) => "on the day",
        Some(Key::Around) => "around",
        Some(Key::Seq) => "Event",
        Some(Key::Door) => "Through",
        Some(Key::Cause) => "Because of",
        Some(Key::Changed) => "Changed",
        Some(Key::Was) => "Before",
        Some(Key::Became) => "After",
    }
}

/// The event at a place with its row, if it is there.
pub fn row_at(now: &Now<'_>, language: Language, seq: Seq) -> Result<(Recorded, EventRow)> {
    let event = audit::get(now, seq)?;
    let names = Names::of_events(now, std::slice::from_ref(&event))?;
    let row = row(now, language, &names, &event)?;
    Ok((event, row))
}
