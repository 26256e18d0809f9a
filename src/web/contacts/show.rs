//! One customer with all that is known of them and all they ever asked.

use super::{AttributeRow, ContactPage, Person, Way};
use crate::desk::contacts::{self, merging, profile};
use crate::desk::tickets::list::{self, Filter, Sort};
use crate::desk::timeline::{self, Entry};
use crate::desk::{conversations, mentions};
use crate::domain::attribute::Kind;
use crate::domain::id::{ContactId, Object};
use crate::domain::member::Right;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::audit::explorer::newest_about;
use crate::web::conversations::show::{
    contact_opened, contact_panel, conversation_line, status_of,
};
use crate::web::conversations::{ConversationLine, TicketLine};
use crate::web::exchange::Response;
use crate::web::privacy;
use crate::web::thread::view::{self, with};
use crate::web::visit::Visit;
use std::collections::BTreeMap;

/// Conversations, tickets and notes on the page of one customer.
const ROWS: u32 = 50;
/// Events on the page of a customer.
const EVENTS: u32 = 10;

/// `GET /contacts/K-17`
pub fn show(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    contact_opened(visit, id)?;
    page(visit, id, None)
}

/// The page, with the sentence of a form that was refused.
pub fn page(
    visit: &Visit<'_>,
    id: ContactId,
    refused: Option<(&str, &Refusal)>,
) -> Result<Response> {
    let now = visit.now()?;
    let known = contacts::get(&now, id)?;
    let mut contact = contact_panel(&now, id, None)?;
    let before = visit.query("before").and_then(|id| id.parse().ok());
    let mut held = conversations::of_contact(&now, id, before, ROWS + 1)?;
    let more = held.len() > ROWS as usize;
    held.truncate(ROWS as usize);
    let last = held.last().map(|held| held.id.to_string()).filter(|_| more);
    contact.earlier = held
        .iter()
        .map(|held| conversation_line(&now, held))
        .collect::<Result<Vec<ConversationLine>>>()?;
    let mut ways = Vec::new();
    let mut merged_here = Vec::new();
    for one in merging::family(&now, id)? {
        let record = contacts::get(&now, one)?;
        if one != id {
            merged_here.push(person(&record));
        }
        for (kind, value) in &record.identities {
            ways.push(Way {
                holder: one.to_string(),
                word: super::way(kind),
                shown: super::shown(kind, value),
                verified: record.verified.contains(&(kind.clone(), value.clone())),
                ours: profile::KINDS.contains(&kind.as_str()),
                kind: kind.clone(),
                value: value.clone(),
            });
        }
    }
    let may_change = visit.may(Right::Work);
    let page = ContactPage {
        id: id.to_string(),
        merged: merging::merged(&now, id)?
            .map(|(_, root)| contacts::get(&now, root))
            .transpose()?
            .map(|root| person(&root)),
        merged_here,
        alike: if may_change {
            merging::alike(&now, &known)?
                .into_iter()
                .map(|alike| (alike.contact.id.to_string(), alike.contact.name, alike.why))
                .collect()
        } else {
            Vec::new()
        },
        blocked_at: known.blocked_at,
        kept: profile::since_blocked(&now, id)?,
        name: known.name.clone().unwrap_or_default(),
        fields: profile::FIELDS
            .iter()
            .filter(|(field, _)| *field != "name")
            .map(|(field, _)| {
                let value = known.fields.get(*field).cloned().unwrap_or_default();
                ((*field).to_owned(), value)
            })
            .collect(),
        attributes: attributes(&now, &known.fields)?,
        ways,
        notes: timeline::page(&now, Object::Contact(id), None, ROWS)?
            .iter()
            .filter_map(|line| match line {
                Entry::Article(article) => Some(view::article(visit.language(), article, false)),
                Entry::Change(_) => None, // those stand beside the notes
            })
            .collect(),
        mentionable: mentions::people(&now)?
            .into_iter()
            .map(|(_, name)| name)
            .collect(),
        may_change,
        tickets: ticket_lines(&now, id)?,
        older: last.map(|last| with(visit, &[("before", &last)])),
        audit: if visit.may(Right::Audit) {
            newest_about(&now, visit.language(), Object::Contact(id), EVENTS)?
        } else {
            Vec::new()
        },
        audit_href: format!("/audit?contact={id}"),
        view_recorded: crate::desk::settings::switch(&now, "audit.reads")?,
        refused: refused.map(|(form, _)| form.to_owned()).unwrap_or_default(),
        typed: match refused {
            Some(_) => visit.form.fields.iter().cloned().collect(),
            None => BTreeMap::new(),
        },
        wrong: refused
            .map(|(_, refusal)| {
                let field = refusal.field.unwrap_or_default().to_owned();
                BTreeMap::from([(field, refusal.text.clone())])
            })
            .unwrap_or_default(),
        holds: privacy::holds(visit, &now, Object::Contact(id))?,
        removed: privacy::removed_from(visit, &now, Object::Contact(id))?,
        may_erase: visit.may(Right::Erase),
        may_copy: visit.may(Right::Export),
        contact,
    };
    visit.page(&now, "contacts/show.html", &page)
}

fn person(contact: &contacts::Contact) -> Person {
    Person {
        id: contact.id.to_string(),
        name: contact.title(),
        handle: contact.handle(),
    }
}

fn attributes(now: &Now<'_>, known: &BTreeMap<String, String>) -> Result<Vec<AttributeRow>> {
    let ours = profile::attributes(now)?.into_iter();
    Ok(ours
        .map(|attribute| AttributeRow {
            value: known.get(&attribute.key).cloned().unwrap_or_default(),
            kind: attribute.kind.word(),
            choices: match attribute.kind {
                Kind::Choice(words) => words,
                Kind::YesNo => vec!["yes".to_owned(), "no".to_owned()],
                Kind::Text | Kind::Number | Kind::Date => Vec::new(),
            },
            key: attribute.key,
        })
        .collect())
}

fn ticket_lines(now: &Now<'_>, id: ContactId) -> Result<Vec<TicketLine>> {
    let filter = Filter {
        contact: Some(id),
        sort: Sort::Opened,
        ..Filter::default()
    };
    let found = list::page(now, &filter, ROWS)?;
    Ok(found
        .into_iter()
        .map(|ticket| TicketLine {
            id: ticket.id.to_string(),
            status: status_of(&ticket),
            title: ticket.title.unwrap_or_default(),
            owner: ticket
                .owner
                .member()
                .map(|_| ticket.owner.words().to_owned()),
        })
        .collect())
}
