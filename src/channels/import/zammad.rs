//! Zammad: tickets, articles and users as its REST API writes them, plain or expanded.
//!
//! **Source:** Zammad documentation, REST API, ticket and ticket article (2026-01).

use super::records::Record;
use super::zendesk::{Found, People};
use super::{list, moment, plain, text};
use crate::domain::import::{Article, Author, Person, Ticket};
use crate::domain::ticket::{Priority, Status};
use serde_json::Value;

/// Reads one record; people that are known give names to ids.
///
/// **Refuses:** a ticket or article without id or time, with what is missing.
pub fn read(record: &Record, people: &People) -> Result<Found, String> {
    let value = &record.value;
    let has = |field: &str| value.get(field).is_some();
    match record.list {
        Some("users") => return person(value).map(Found::Person),
        Some("organizations") => return Ok(Found::LeftOut("an organisation".to_owned())),
        Some(_) | None => {}
    }
    if has("ticket_id") && has("body") {
        let ticket = text(value, "ticket_id").ok_or("an article without ticket_id")?;
        return Ok(Found::Articles(vec![article(value, &ticket, people)?]));
    }
    if has("title") && (has("customer_id") || has("customer")) {
        return ticket(value, people).map(|ticket| Found::Ticket(ticket.into()));
    }
    if has("email") || has("firstname") {
        return person(value).map(Found::Person);
    }
    Ok(Found::LeftOut(
        "a record of a kind there is no place for".to_owned(),
    ))
}

fn person(value: &Value) -> Result<Person, String> {
    let names = [text(value, "firstname"), text(value, "lastname")];
    let name: Vec<String> = names.into_iter().flatten().collect();
    let roles: Vec<String> = list(value, "roles")
        .iter()
        .filter_map(|role| role.as_str().map(str::to_lowercase))
        .collect();
    // Roles 1 and 2 are admin and agent on every desk Zammad sets up.
    let ids = list(value, "role_ids").iter().filter_map(Value::as_u64);
    let staff = roles.iter().any(|role| role == "agent" || role == "admin")
        || ids.into_iter().any(|id| id <= 2);
    Ok(Person {
        key: text(value, "id").ok_or("a user without id")?,
        name: name.join(" "),
        email: text(value, "email").map(|email| email.to_lowercase()),
        phone: text(value, "mobile").or_else(|| text(value, "phone")),
        staff,
    })
}

fn ticket(value: &Value, people: &People) -> Result<Ticket, String> {
    let key = text(value, "id").ok_or("a ticket without id")?;
    let opened_at = moment(value, "created_at")?;
    let expanded = text(value, "customer").filter(|customer| customer.contains('@'));
    let customer = text(value, "customer_id").map(|id| {
        let known = people.get(&id).cloned();
        known.unwrap_or_else(|| Person {
            name: expanded
                .clone()
                .unwrap_or_else(|| format!("Zammad user {id}")),
            email: expanded.map(|email| email.to_lowercase()),
            key: id,
            ..Person::default()
        })
    });
    let articles = list(value, "articles")
        .iter()
        .map(|inside| article(inside, &key, people))
        .collect::<Result<_, _>>()?;
    let tags = list(value, "tags").iter().filter_map(Value::as_str);
    Ok(Ticket {
        title: text(value, "title").unwrap_or_else(|| format!("Zammad {key}")),
        kind: "other".to_owned(),
        priority: match (
            text(value, "priority").as_deref(),
            text(value, "priority_id").as_deref(),
        ) {
            (Some(word), _) if word.contains("high") => Priority::High,
            (Some(word), _) if word.contains("low") => Priority::Low,
            (None, Some("1")) => Priority::Low,
            (None, Some("3")) => Priority::High,
            (_, _) => Priority::Normal,
        },
        status: status(value),
        customer,
        tags: tags.map(str::to_owned).collect(),
        opened_at,
        changed_at: moment(value, "updated_at").unwrap_or(opened_at),
        articles,
        key,
    })
}

/// The state by its name, else by the id it has on every desk Zammad sets up.
fn status(value: &Value) -> Status {
    match text(value, "state").as_deref() {
        Some("new") => return Status::New,
        Some("open") => return Status::InProgress,
        Some("closed" | "merged" | "removed") => return Status::Closed,
        Some(word) if word.starts_with("pending close") => return Status::Resolved,
        Some(word) if word.starts_with("pending") => return Status::AwaitingCustomer,
        Some(_) | None => {}
    }
    match text(value, "state_id").as_deref() {
        Some("1") => Status::New,
        Some("2") => Status::InProgress,
        Some("3") => Status::AwaitingCustomer,
        Some(_) | None => Status::Closed,
    }
}

fn article(value: &Value, ticket: &str, people: &People) -> Result<Article, String> {
    let author_id = text(value, "created_by_id").unwrap_or_default();
    let known = people.get(&author_id);
    let sender = text(value, "sender").unwrap_or_default();
    // Senders 1, 2 and 3 are agent, customer and system.
    let sender_id = text(value, "sender_id").unwrap_or_default();
    let author = match (sender.as_str(), sender_id.as_str()) {
        ("Customer", _) | ("", "2") => Author::Customer,
        ("System", _) | ("", "3") => Author::System,
        (_, _) => Author::Staff,
    };
    let body = text(value, "body").unwrap_or_default();
    let html = text(value, "content_type").is_some_and(|kind| kind.contains("html"));
    let named = known
        .map(|person| person.name.clone())
        .filter(|name| !name.is_empty())
        .or_else(|| text(value, "from"))
        .or_else(|| text(value, "created_by"));
    let files = list(value, "attachments").iter();
    Ok(Article {
        key: text(value, "id").ok_or("an article without id")?,
        ticket: ticket.to_owned(),
        author,
        name: named.unwrap_or_else(|| format!("Zammad user {author_id}")),
        email: known.and_then(|person| person.email.clone()),
        internal: value.get("internal").and_then(Value::as_bool) == Some(true),
        sent_at: moment(value, "created_at")?,
        text: if html { plain(&body) } else { body },
        files: files.filter_map(|file| text(file, "filename")).collect(),
    })
}
