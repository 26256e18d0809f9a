//! Zendesk: tickets with their comments, users, audits, as the API and the account's export write
//! them.
//!
//! **Source:** Zendesk API, ticket, comment, audit and user objects (2026-01).

use super::records::Record;
use super::{list, moment, plain, text};
use crate::domain::import::{Article, Author, Person, Ticket};
use crate::domain::ticket::{Priority, Status};
use serde_json::Value;
use std::collections::HashMap;

/// The people of an export, by id.
pub type People = HashMap<String, Person>;

/// What a record is.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A person.
    Person(Person),
    /// A ticket with the comments it holds.
    Ticket(Box<Ticket>),
    /// Comments of a ticket that stands elsewhere.
    Articles(Vec<Article>),
    /// Something there is no place for, and what.
    LeftOut(String),
}

/// Reads one record; people that are known give names to ids.
///
/// **Refuses:** a ticket or comment without id or time, with what is missing.
pub fn read(record: &Record, people: &People) -> Result<Found, String> {
    let value = &record.value;
    let has = |field: &str| value.get(field).is_some();
    match record.list {
        Some("users") => return person(value).map(Found::Person),
        Some("organizations") => return Ok(Found::LeftOut("an organisation".to_owned())),
        Some("audits" | "ticket_audits") => return audit(value, people),
        Some("comments" | "ticket_comments") => return comments(value, people),
        Some(_) | None => {}
    }
    if record.list == Some("tickets")
        || has("requester_id")
        || has("requester")
        || has("raw_subject")
    {
        return ticket(value, people).map(|ticket| Found::Ticket(ticket.into()));
    }
    if has("events") && has("ticket_id") {
        return audit(value, people);
    }
    if has("author_id") && (has("body") || has("plain_body")) {
        return comments(value, people);
    }
    if has("email") || has("role") {
        return person(value).map(Found::Person);
    }
    Ok(Found::LeftOut(
        "a record of a kind there is no place for".to_owned(),
    ))
}

fn person(value: &Value) -> Result<Person, String> {
    Ok(Person {
        key: text(value, "id").ok_or("a user without id")?,
        name: text(value, "name").unwrap_or_default(),
        email: text(value, "email").map(|email| email.to_lowercase()),
        phone: text(value, "phone"),
        staff: matches!(text(value, "role").as_deref(), Some("agent" | "admin")),
    })
}

fn ticket(value: &Value, people: &People) -> Result<Ticket, String> {
    let key = text(value, "id").ok_or("a ticket without id")?;
    let opened_at = moment(value, "created_at")?;
    let known = |id: &str, field: &str| {
        people
            .get(id)
            .cloned()
            .or_else(|| value.get(field).and_then(|inside| person(inside).ok()))
    };
    let requester = text(value, "requester_id")
        .or_else(|| value.get("requester").and_then(|inside| text(inside, "id")));
    let customer = requester.map(|id| {
        known(&id, "requester").unwrap_or_else(|| nobody(&id)) // who no longer exists keeps a place
    });
    let mut articles = Vec::new();
    let asks = customer.as_ref().map(|person| person.key.clone());
    for comment in list(value, "comments") {
        articles.push(self::comment(comment, &key, people, asks.as_deref())?);
    }
    let description = text(value, "description");
    if let (true, Some(words)) = (articles.is_empty(), description) {
        articles.push(Article {
            key: Article::description_of(&key),
            ticket: key.clone(),
            author: Author::Customer,
            name: customer
                .as_ref()
                .map(|person| person.name.clone())
                .unwrap_or_default(),
            email: None,
            internal: false,
            sent_at: opened_at,
            text: words,
            files: Vec::new(),
        });
    }
    let tags = list(value, "tags").iter().filter_map(Value::as_str);
    Ok(Ticket {
        title: text(value, "subject")
            .or_else(|| text(value, "raw_subject"))
            .or_else(|| text(value, "description"))
            .unwrap_or_else(|| format!("Zendesk {key}")),
        kind: match text(value, "type").as_deref() {
            Some("question") => "question",
            Some("problem" | "incident") => "complaint",
            Some(_) | None => "other",
        }
        .to_owned(),
        priority: match text(value, "priority").as_deref() {
            Some("urgent") => Priority::Urgent,
            Some("high") => Priority::High,
            Some("low") => Priority::Low,
            Some(_) | None => Priority::Normal,
        },
        status: match text(value, "status").as_deref() {
            Some("new") => Status::New,
            Some("pending") => Status::AwaitingCustomer,
            Some("open" | "hold") => Status::InProgress,
            Some("solved") => Status::Resolved,
            Some(_) | None => Status::Closed,
        },
        customer,
        tags: tags.map(str::to_owned).collect(),
        opened_at,
        changed_at: moment(value, "updated_at").unwrap_or(opened_at),
        articles,
        key,
    })
}

fn comments(value: &Value, people: &People) -> Result<Found, String> {
    let Some(ticket) = text(value, "ticket_id") else {
        return Err("a comment that does not say to which ticket it belongs".to_owned());
    };
    Ok(Found::Articles(vec![comment(
        value, &ticket, people, None,
    )?]))
}

fn comment(
    value: &Value,
    ticket: &str,
    people: &People,
    asks: Option<&str>,
) -> Result<Article, String> {
    let author_id = text(value, "author_id").unwrap_or_default();
    let known = people.get(&author_id);
    let staff = match (known, asks) {
        (Some(person), _) => person.staff,
        (None, Some(asks)) => asks != author_id,
        (None, None) => false,
    };
    let internal = value.get("public").and_then(Value::as_bool) == Some(false);
    let words = text(value, "plain_body")
        .or_else(|| text(value, "body"))
        .or_else(|| text(value, "html_body").map(|html| plain(&html)));
    let files = list(value, "attachments").iter();
    Ok(Article {
        key: text(value, "id").ok_or("a comment without id")?,
        ticket: ticket.to_owned(),
        author: if staff || internal {
            Author::Staff
        } else {
            Author::Customer
        },
        name: known
            .map(|person| person.name.clone())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| format!("Zendesk user {author_id}")),
        email: known.and_then(|person| person.email.clone()),
        internal,
        sent_at: moment(value, "created_at")?,
        text: words.unwrap_or_default(),
        files: files
            .filter_map(|file| text(file, "file_name").or_else(|| text(file, "name")))
            .collect(),
    })
}

/// The comments among the events of an audit; its changes have no place yet.
fn audit(value: &Value, people: &People) -> Result<Found, String> {
    let ticket = text(value, "ticket_id").ok_or("an audit without ticket_id")?;
    let audit = text(value, "id").ok_or("an audit without id")?;
    let mut articles = Vec::new();
    for event in list(value, "events") {
        let kind = text(event, "type").unwrap_or_default();
        if kind != "Comment" && kind != "VoiceComment" {
            continue;
        }
        let mut whole = event.clone();
        for field in ["created_at", "author_id"] {
            if let (Some(fields), Some(found)) = (whole.as_object_mut(), value.get(field)) {
                fields.entry(field).or_insert_with(|| found.clone());
            }
        }
        articles.push(comment(&whole, &ticket, people, None)?);
    }
    if articles.is_empty() {
        return Ok(Found::LeftOut(format!(
            "audit {audit}, which holds no comment"
        )));
    }
    Ok(Found::Articles(articles))
}

fn nobody(id: &str) -> Person {
    Person {
        key: id.to_owned(),
        name: format!("Zendesk user {id}"),
        ..Person::default()
    }
}
