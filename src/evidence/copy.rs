//! A copy of all data of one customer, to be given to them: one page to read, the same as JSON, and
//! the files. Members stand in it as the desk, other customers not at all. Taking it is an event.

use super::package::Package;
use crate::desk::audit::{self, Filter};
use crate::desk::contacts::{self, merging};
use crate::desk::privacy::{self, retention, targets};
use crate::desk::timeline::{self, Article, Entry};
use crate::desk::{channels, conversations, fields, settings, tickets};
use crate::domain::actor::Who;
use crate::domain::event::Event;
use crate::domain::event::bot::BotEvent;
use crate::domain::id::{ContactId, Object, Seq};
use crate::error::Result;
use crate::ledger::{Ledger, Now};
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const STYLE: &str = include_str!("report.css");

/// The format and its version.
const FORMAT: &str = "trailbox-copy/1";

/// Articles read at once.
const PAGE: u32 = 200;

/// Most decisions of the bot that are told for one conversation.
const DECISIONS_MAX: u32 = 1_000;

/// What is in a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// How many articles.
    pub articles: u64,
    /// How many files.
    pub files: u64,
    /// Hex SHA-256 of what `sha256sum` prints of its files in the order of their names.
    pub digest: String,
}

/// Takes a copy of a customer's data, with internal notes or without, and records that.
///
/// **Refuses:** a customer who is not there.
pub fn copy(
    ledger: &Ledger,
    who: &Who,
    contact: ContactId,
    notes: bool,
    mut package: Package<'_>,
) -> Result<Copied> {
    let now = ledger.now(who)?;
    contacts::get(&now, contact)?;
    let person = merging::person(&now, contact)?;
    let mut book = Book {
        now: &now,
        notes,
        articles: 0,
        files: Vec::new(),
    };
    let told = book.told(person)?;
    let (articles, files) = (book.articles, book.files);
    package.file("data.json", |out| {
        serde_json::to_writer_pretty(&mut *out, &told)?;
        Ok(out.write_all(b"\n")?)
    })?;
    package.file(
        "data.html",
        |out| Ok(out.write_all(page(&told).as_bytes())?),
    )?;
    let mut count = 0;
    for (seq, name) in files {
        if let Some(bytes) = channels::bytes(&now, seq, "media")? {
            package.file(&name, |out| Ok(out.write_all(&bytes)?))?;
            count += 1;
        }
    }
    let digest = package.finish()?;
    drop(now);
    let said = digest.clone();
    ledger.record(who, move |_| {
        Ok(privacy::copied(person, articles, count, said))
    })?;
    Ok(Copied {
        articles,
        files: count,
        digest,
    })
}

/// Gathers what is told.
struct Book<'a> {
    now: &'a Now<'a>,
    notes: bool,
    articles: u64,
    /// The events that hold files, and the names those get.
    files: Vec<(Seq, String)>,
}

impl Book<'_> {
    fn told(&mut self, person: ContactId) -> Result<Value> {
        let now = self.now;
        let objects = targets::objects_of(now, person)?;
        let mut customers = Vec::new();
        for one in merging::family(now, person)? {
            let known = contacts::get(now, one)?;
            customers.push(json!({
                "id": one.to_string(),
                "name": known.name,
                "known_since": contacts::since(now, one)?.to_string(),
                "reached_by": known.identities.iter()
                    .map(|(kind, value)| json!({ "kind": kind, "value": value }))
                    .collect::<Vec<Value>>(),
                "written_down": known.fields,
                "blocked_since": known.blocked_at.map(|at| at.to_string()),
            }));
        }
        let (mut talks, mut cases) = (Vec::new(), Vec::new());
        let mut lines = BTreeSet::new();
        for object in &objects {
            match object {
                Object::Conversation(id) => {
                    let known = conversations::get(now, *id)?;
                    let line = channels::get(now, known.channel)?;
                    lines.insert((line.kind.clone(), line.title.clone()));
                    talks.push(json!({
                        "id": id.to_string(),
                        "channel": line.title,
                        "status": known.status.as_str(),
                        "started_at": known.started_at.to_string(),
                        "closed_at": known.closed_at.map(|at| at.to_string()),
                        "tags": known.tags,
                        "summary": known.summary,
                        "articles": self.thread(*object)?,
                        "decided_by_the_bot": self.decisions(*object)?,
                    }));
                }
                Object::Ticket(id) => {
                    let known = tickets::get(now, *id)?;
                    cases.push(json!({
                        "id": id.to_string(),
                        "title": known.title,
                        "type": known.kind,
                        "priority": known.priority.as_str(),
                        "status": known.label,
                        "opened_at": known.opened_at.to_string(),
                        "closed_at": known.closed_at.map(|at| at.to_string()),
                        "tags": known.tags,
                        "resolution": known.resolution,
                        "fields": fields::values(now, *id)?,
                        "articles": self.thread(*object)?,
                    }));
                }
                Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {}
            }
        }
        let mut notes = Vec::new();
        for object in objects.iter().filter(|it| matches!(it, Object::Contact(_))) {
            notes.extend(self.thread(*object)?);
        }
        Ok(json!({
            "format": FORMAT,
            "desk": settings::text(now, "desk.name")?,
            "made_at": now.at().to_string(),
            "customer": customers,
            "conversations": talks,
            "tickets": cases,
            "notes": notes,
            "received_by": lines.iter()
                .map(|(kind, title)| json!({ "provider": kind, "channel": title }))
                .collect::<Vec<Value>>(),
            "taken_out": self.exports(&objects)?,
            "kept_for_days": retention::rules(now)?.iter()
                .map(|rule| (rule.kind.as_str().to_owned(), json!(rule.days)))
                .collect::<serde_json::Map<String, Value>>(),
            "erased": self.erased(person)?,
            "internal_notes": self.notes,
        }))
    }

    /// What was said in a thread, oldest first.
    fn thread(&mut self, object: Object) -> Result<Vec<Value>> {
        let (mut told, mut before) = (Vec::new(), None);
        loop {
            let entries = timeline::page(self.now, object, before, PAGE)?;
            let mut portion = Vec::new();
            let mut count = 0;
            for entry in &entries {
                let Entry::Article(article) = entry else {
                    continue; // what changed is the desk's own account
                };
                count += 1;
                before = before
                    .filter(|before| *before < article.seq)
                    .or(Some(article.seq));
                let own = match object {
                    Object::Ticket(id) => article.ticket == Some(id),
                    _ => true, // no other thread takes articles of others along
                };
                let internal = article.direction == "note"
                    || article
                        .call
                        .as_ref()
                        .is_some_and(|call| call.noted.as_ref().is_some_and(|noted| noted.locked));
                if own && (self.notes || !internal) {
                    portion.push(self.article(article));
                }
            }
            portion.append(&mut told);
            told = portion;
            if count < PAGE {
                return Ok(told);
            }
        }
    }

    fn article(&mut self, article: &Article) -> Value {
        self.articles += 1;
        let file = article.media.as_ref().and_then(|media| {
            let held = media.file?;
            let given = media.name.as_deref().unwrap_or_default();
            let ending = given.rsplit_once('.').map_or("", |(_, ending)| ending);
            let plain = (1..=5).contains(&ending.len())
                && ending.chars().all(|c| c.is_ascii_alphanumeric());
            let ending = if plain { ending } else { "bin" };
            let name = format!("files/{}.{ending}", article.seq);
            self.files.push((held, name.clone()));
            Some(name)
        });
        let content = article.said.as_ref().map(|said| &said.content);
        let call = article.call.as_ref().map(|call| {
            json!({
                "number": call.number,
                "started_at": call.started_at.to_string(),
                "duration_s": call.duration_s,
                "note": call.noted.as_ref().and_then(|noted| noted.note.as_ref()),
            })
        });
        json!({
            "id": article.seq.0,
            "at": article.sent_at.to_string(),
            "by": match (article.direction.as_str(), article.author_kind.as_str()) {
                ("note", _) => "the desk, among themselves",
                ("in", _) => "the customer",
                (_, "bot") => "the bot",
                _ => "the desk",
            },
            "kind": article.kind,
            "text": content.map(|content| content.text_for_search()),
            "content": content,
            "file": file,
            "call": call,
            "reactions": article.reactions.iter().map(|(_, emoji)| emoji).collect::<Vec<_>>(),
            "later_versions": article.revisions.iter().map(|revision| json!({
                "kind": revision.kind,
                "at": revision.at.to_string(),
                "text": revision.said.as_ref().map(|said| said.content.text_for_search()),
            })).collect::<Vec<Value>>(),
            "erased_at": article.erased.as_ref().map(|erased| erased.at.to_string()),
        })
    }

    fn decisions(&self, object: Object) -> Result<Vec<Value>> {
        let filter = Filter {
            objects: vec![object],
            event: Some("bot.decided".to_owned()),
            ..Filter::default()
        };
        let mut found = audit::list(self.now, &filter, DECISIONS_MAX)?;
        found.reverse();
        let told = found
            .into_iter()
            .filter_map(|recorded| match recorded.event {
                Event::Bot(BotEvent::Decided {
                    article,
                    check,
                    action,
                    language,
                    sealed,
                    ..
                }) => Some(json!({
                    "at": recorded.entry.at.to_string(),
                    "about": article.0,
                    "because": check,
                    "action": action,
                    "language": language,
                    "order_number": sealed.order,
                })),
                _ => None, // only this event was asked for
            });
        Ok(told.collect())
    }

    fn exports(&self, objects: &BTreeSet<Object>) -> Result<Vec<Value>> {
        let objects: Vec<Object> = objects.iter().copied().collect();
        let mut told = Vec::new();
        for seq in privacy::taken_out(self.now, &objects)? {
            let entry = audit::get(self.now, seq)?.entry;
            told.push(json!({
                "event": seq.0,
                "at": entry.at.to_string(),
                "what": entry.event,
            }));
        }
        Ok(told)
    }

    fn erased(&self, person: ContactId) -> Result<Vec<Value>> {
        let filter = Filter {
            objects: vec![Object::Contact(person)],
            event: Some("privacy.erased".to_owned()),
            ..Filter::default()
        };
        let found = audit::list(self.now, &filter, 200)?.into_iter();
        let told = found.map(|recorded| {
            let ground = recorded.entry.data.get("ground").cloned();
            json!({
                "event": recorded.seq.0,
                "at": recorded.entry.at.to_string(),
                "ground": ground,
            })
        });
        Ok(told.collect())
    }
}

/// The page to read: headings, lists and what was said; nothing is fetched from anywhere.
fn page(told: &Value) -> String {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        BASE64.encode(&Sha256::digest(STYLE.as_bytes()))
    );
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Your data at {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Your data at {}</h1>\n<p>As of {}. The same, with every detail, is in data.json; \
         files are in the folder files.</p>\n",
        escaped(&told["desk"]),
        escaped(&told["desk"]),
        escaped(&told["made_at"]),
    );
    let list = |name: &str| told[name].as_array().cloned().unwrap_or_default();
    for customer in list("customer") {
        section(&mut out, "What is known of you", &customer, &[]);
    }
    for (name, title) in [("conversations", "Conversation"), ("tickets", "Ticket")] {
        for thread in list(name) {
            let id = thread["id"].as_str().unwrap_or_default();
            section(
                &mut out,
                &format!("{title} {id}"),
                &thread,
                &["id", "articles"],
            );
            articles(&mut out, &thread["articles"]);
        }
    }
    if !list("notes").is_empty() {
        out.push_str("<h2>Notes about you</h2>\n");
        articles(&mut out, &told["notes"]);
    }
    let rest = json!({
        "providers it went through": told["received_by"],
        "taken out of the desk": told["taken_out"],
        "kept for so many days (empty: no rule)": told["kept_for_days"],
        "erased before": told["erased"],
        "internal notes are in this copy": told["internal_notes"],
    });
    section(
        &mut out,
        "Who received it, and how long it is kept",
        &rest,
        &[],
    );
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn section(out: &mut String, title: &str, value: &Value, without: &[&str]) {
    let text = escaped(&Value::from(title));
    let _ = write!(out, "<h2>{text}</h2>\n<dl>\n"); // writing to a string cannot fail
    for (name, value) in value.as_object().into_iter().flatten() {
        let empty = match value {
            Value::Null => true,
            Value::Array(all) => all.is_empty(),
            Value::Object(all) => all.is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        };
        if !empty && !without.contains(&name.as_str()) {
            let name = escaped(&Value::from(name.replace('_', " ")));
            let value = escaped(&Value::from(lines(value)));
            let _ = writeln!(out, "<dt>{name}</dt><dd dir=\"auto\">{value}</dd>"); // as above
        }
    }
    out.push_str("</dl>\n");
}

fn articles(out: &mut String, all: &Value) {
    for article in all.as_array().into_iter().flatten() {
        let (at, by) = (escaped(&article["at"]), escaped(&article["by"]));
        let text = match (&article["text"], &article["erased_at"], &article["call"]) {
            (Value::String(text), _, _) if !text.is_empty() => text.clone(),
            (_, Value::String(at), _) => format!("[erased on {at}]"),
            (_, _, call @ Value::Object(_)) => lines(call),
            (_, _, _) => format!("[{}]", article["kind"].as_str().unwrap_or_default()),
        };
        let text = escaped(&Value::from(text));
        let _ = write!(
            out,
            "<h3>{at}, {by}</h3>\n<dl><dt></dt><dd dir=\"auto\">{text}</dd>"
        ); // as above
        if let Value::String(_) = &article["file"] {
            let file = escaped(&article["file"]);
            let _ = write!(out, "<dt>file</dt><dd><a href=\"{file}\">{file}</a></dd>"); // as above
        }
        out.push_str("</dl>\n");
    }
}

/// A value in lines of words.
fn lines(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(lines).collect();
            all.join("\n")
        }
        Value::Object(all) => {
            let all = all.iter().filter(|(_, value)| !value.is_null());
            let all: Vec<String> = all
                .map(|(name, value)| format!("{}: {}", name.replace('_', " "), lines(value)))
                .collect();
            all.join(" · ")
        }
    }
}

/// Text as it stands in a page.
fn escaped(value: &Value) -> String {
    let mut safe = String::new();
    for c in value.as_str().unwrap_or_default().chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}
