//! Exports of the lists of work: conversations of a queue, tickets of a filter, customers of a
//! view; all that pass, not one page, and never more than the one who exports may see.

use super::table::{Cell, Column, csv_row};
use super::{Digested, Exported, Format, Spreadsheet, spreadsheet};
use crate::desk::contacts::view::View;
use crate::desk::contacts::{self, Contact};
use crate::desk::exports::{self, Made};
use crate::desk::fields::{self, Field};
use crate::desk::inbox::{self, Listed, Wish};
use crate::desk::tickets::{self, Ticket, list};
use crate::desk::{groups, labels};
use crate::domain::actor::Who;
use crate::domain::conversation::Owner;
use crate::domain::id::{GroupId, TicketId};
use crate::domain::label::List as Labels;
use crate::error::{Doing, Refusal, Result};
use crate::ledger::note::Checkpoint;
use crate::ledger::{Ledger, Now};
use std::collections::BTreeMap;
use std::io::Write;

/// Rows read at once.
const PAGE: u32 = 500;

/// How often it is told how far it is. **Unit:** rows.
const TOLD_EVERY: u64 = 500;

/// Which list, narrowed to what.
#[derive(Debug, Clone)]
pub enum List {
    /// The conversations of a queue.
    Conversations(Wish),
    /// The tickets of a filter.
    Tickets(list::Filter),
    /// Exactly these tickets, such as those found by words.
    TheseTickets(Vec<TicketId>),
    /// The customers of a view.
    Contacts(View),
    /// The customers with these words in name, number or address.
    ContactsWith(String),
}

impl List {
    /// The list in a URL, a file name and the trail.
    pub fn as_str(&self) -> &'static str {
        match self {
            List::Conversations(_) => "conversations",
            List::Tickets(_) | List::TheseTickets(_) => "tickets",
            List::Contacts(_) | List::ContactsWith(_) => "contacts",
        }
    }
}

/// Publishes a checkpoint, writes a list as a table, and records that it was taken out. `question`
/// is what it was narrowed to, as people write it.
///
/// **Refuses:** formats that are none of tables.
/// **Limit:** memory for one page of rows.
pub fn take(
    ledger: &Ledger,
    who: &Who,
    list: &List,
    question: &str,
    format: Format,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported> {
    if !matches!(format, Format::Csv | Format::Xlsx) {
        let text = format!(
            "a list is exported as csv or xlsx, not as {}",
            format.as_str()
        );
        return Err(Refusal::invalid(text).at("format").into());
    }
    let note = ledger.publish_checkpoint()?;
    let size = Checkpoint::parse(&note)?.size;
    let now = ledger.now(who)?;
    let mut out = Digested::new(out);
    let rows = if format == Format::Xlsx {
        let book = spreadsheet(ledger, &now, list.as_str(), question, &note)?;
        let mut into = Sink::Book(Box::new(book), 0, progress);
        rows(&now, list, &mut into)?;
        into.end(&mut out)?
    } else {
        let mut into = Sink::Lines(&mut out, 0, progress);
        rows(&now, list, &mut into)?;
        into.rows()
    };
    drop(now);
    out.flush().doing("writing the export")?;
    let (name, digest) = (list.as_str(), out.digest());
    let made = Made {
        rows,
        digest: digest.clone(),
        size,
        question: question.to_owned(),
    };
    let receipt = ledger.record(who, move |_| {
        Ok(exports::record_list(name, format.as_str(), made))
    })?;
    Ok(Exported {
        rows,
        digest,
        size,
        seq: super::trail::recorded(&receipt)?,
    })
}

/// One condition of what a list is narrowed to, as the trail keeps it.
pub fn condition(name: &str, value: &str) -> String {
    match value.contains(char::is_whitespace) {
        true => format!("{name}:\"{}\"", value.replace('"', "'")),
        false => format!("{name}:{value}"),
    }
}

/// Where rows go, how many went, and who is told.
enum Sink<'a, 'b> {
    Lines(&'a mut Digested<'b>, u64, &'a mut dyn FnMut(u64)),
    Book(Box<Spreadsheet>, u64, &'a mut dyn FnMut(u64)),
}

impl Sink<'_, '_> {
    fn head(&mut self, name: &str, columns: Vec<Column>) -> Result<()> {
        match self {
            Sink::Lines(out, ..) => {
                let names: Vec<Cell> = columns
                    .iter()
                    .map(|column| Cell::from(column.name.as_str()))
                    .collect();
                csv_row(*out, &names)
            }
            Sink::Book(book, ..) => book.sheet(name, columns),
        }
    }

    fn row(&mut self, cells: &[Cell]) -> Result<()> {
        let (done, progress) = match self {
            Sink::Lines(out, done, progress) => {
                csv_row(*out, cells)?;
                (done, progress)
            }
            Sink::Book(book, done, progress) => {
                book.row(cells)?;
                (done, progress)
            }
        };
        *done += 1;
        if done.is_multiple_of(TOLD_EVERY) {
            progress(*done);
        }
        Ok(())
    }

    fn rows(&self) -> u64 {
        match self {
            Sink::Lines(_, rows, _) | Sink::Book(_, rows, _) => *rows,
        }
    }

    fn end(self, out: &mut dyn Write) -> Result<u64> {
        let rows = self.rows();
        match self {
            Sink::Lines(..) => {}
            Sink::Book(book, ..) => book.save(out)?,
        }
        Ok(rows)
    }
}

fn rows(now: &Now<'_>, list: &List, into: &mut Sink<'_, '_>) -> Result<()> {
    match list {
        List::Conversations(wish) => conversations(now, wish, into),
        List::Tickets(filter) => {
            let heads = ticket_heads(now, into)?;
            let mut page = filter.clone();
            loop {
                let found = list::page(now, &page, PAGE)?;
                for ticket in &found {
                    into.row(&ticket_row(now, &heads, ticket.id)?)?;
                }
                match found.last() {
                    Some(last) if found.len() == PAGE as usize => {
                        page.before = Some((page.sort.key_of(last), last.id));
                    }
                    _ => return Ok(()), // the last page
                }
            }
        }
        List::TheseTickets(these) => {
            let heads = ticket_heads(now, into)?;
            for id in these {
                into.row(&ticket_row(now, &heads, *id)?)?;
            }
            Ok(())
        }
        List::Contacts(view) => {
            let own = contact_heads(now, into)?;
            let mut before = None;
            loop {
                let found = contacts::list(now, *view, before, PAGE)?;
                for listed in &found {
                    into.row(&contact_row(now, &own, listed)?)?;
                }
                match found.last() {
                    Some(last) if found.len() == PAGE as usize => before = Some(last.id),
                    _ => return Ok(()), // the last page
                }
            }
        }
        List::ContactsWith(words) => {
            let own = contact_heads(now, into)?;
            let mut before = None;
            let mut known = std::collections::BTreeSet::new();
            loop {
                let found = contacts::search(now, words, before, PAGE)?;
                for (_, listed) in &found {
                    if known.insert(listed.id) {
                        into.row(&contact_row(now, &own, listed)?)?;
                    }
                }
                match found.last() {
                    Some((seq, _)) if before != Some(*seq) => before = Some(*seq),
                    _ => return Ok(()), // the last page
                }
            }
        }
    }
}

fn named(columns: &[(&str, u16)]) -> Vec<Column> {
    columns
        .iter()
        .map(|(name, width)| Column::new(name, *width))
        .collect()
}

fn group_names(now: &Now<'_>) -> Result<BTreeMap<GroupId, String>> {
    let groups = groups::list(now)?.into_iter();
    Ok(groups.map(|group| (group.id, group.name)).collect())
}

fn owner(owner: &Owner) -> Cell {
    match owner {
        Owner::Nobody => Cell::Nothing,
        Owner::Bot => Cell::from("the bot"),
        Owner::Member { name, .. } => Cell::from(name.as_str()),
    }
}

/// The columns of conversations.
const CONVERSATION: [(&str, u16); 18] = [
    ("conversation", 13),
    ("customer", 24),
    ("customer id", 11),
    ("number", 18),
    ("channel", 18),
    ("kind", 10),
    ("status", 10),
    ("owner", 18),
    ("group", 16),
    ("escalated", 10),
    ("tags", 22),
    ("tickets", 16),
    ("last article at (UTC)", 23),
    ("last spoke", 11),
    ("last line", 50),
    ("customer waits since (UTC)", 23),
    ("next target (UTC)", 23),
    ("snoozed until (UTC)", 23),
];

fn conversations(now: &Now<'_>, wish: &Wish, into: &mut Sink<'_, '_>) -> Result<()> {
    into.head("Conversations", named(&CONVERSATION))?;
    let groups = group_names(now)?;
    let mut page = wish.clone();
    loop {
        let found = inbox::list(now, &page, PAGE)?;
        for listed in &found {
            into.row(&conversation_row(&groups, listed))?;
        }
        match found.last() {
            Some(last) if found.len() == PAGE as usize => page.after = Some((last.key, last.id)),
            _ => return Ok(()), // the last page
        }
    }
}

fn conversation_row(groups: &BTreeMap<GroupId, String>, listed: &Listed) -> [Cell; 18] {
    let spaced = |list: &Option<String>| Cell::from(list.as_ref().map(|l| l.replace(',', ", ")));
    let group = listed.group.and_then(|group| groups.get(&group));
    [
        Cell::from(listed.id.to_string()),
        Cell::from(listed.name.clone()),
        Cell::from(listed.contact.to_string()),
        Cell::from(listed.number.as_ref().map(|number| format!("+{number}"))),
        Cell::from(listed.channel_title.as_str()),
        Cell::from(listed.channel_kind.as_str()),
        Cell::from(listed.status.as_str()),
        owner(&listed.owner),
        Cell::from(group.map(String::as_str)),
        Cell::Yes(listed.level > 0),
        spaced(&listed.tags),
        spaced(&listed.tickets),
        Cell::At(listed.last_at),
        Cell::from(listed.spoke.clone()),
        Cell::from(listed.preview.clone()),
        Cell::from(listed.waiting_since),
        Cell::from(listed.due_at),
        Cell::from(listed.snoozed_until),
    ]
}

/// The columns of tickets, before the desk's own fields.
const TICKET: [(&str, u16); 21] = [
    ("ticket", 10),
    ("title", 40),
    ("status", 18),
    ("category", 12),
    ("priority", 10),
    ("type", 16),
    ("owner", 18),
    ("group", 16),
    ("escalated", 10),
    ("customer", 24),
    ("customer id", 11),
    ("tags", 22),
    ("conversations", 18),
    ("waits for", 18),
    ("reference", 18),
    ("expected on", 12),
    ("opened at (UTC)", 23),
    ("changed at (UTC)", 23),
    ("closed at (UTC)", 23),
    ("next target (UTC)", 23),
    ("resolution", 50),
];

/// What the names in rows of tickets are taken from.
struct Heads {
    groups: BTreeMap<GroupId, String>,
    types: BTreeMap<String, String>,
    own: Vec<Field>,
}

fn ticket_heads(now: &Now<'_>, into: &mut Sink<'_, '_>) -> Result<Heads> {
    let own = fields::list(now)?;
    let mut columns = named(&TICKET);
    columns.extend(
        own.iter()
            .map(|field| Column::new(&field.definition.label, 18)),
    );
    into.head("Tickets", columns)?;
    let types = labels::list(now, Labels::Type)?.into_iter();
    Ok(Heads {
        groups: group_names(now)?,
        types: types.map(|label| (label.name, label.label)).collect(),
        own,
    })
}

fn ticket_row(now: &Now<'_>, heads: &Heads, id: TicketId) -> Result<Vec<Cell>> {
    let ticket: Ticket = tickets::get(now, id)?;
    let customer = match ticket.contact {
        Some(contact) => Some(contacts::get(now, contact)?.title()),
        None => None,
    };
    let conversations: Vec<String> = ticket
        .conversations
        .iter()
        .map(|(conversation, _)| conversation.to_string())
        .collect();
    let wait = ticket.wait.as_ref();
    let text = |text: Option<&String>| Cell::from(text.map(String::as_str));
    let mut row = vec![
        Cell::from(ticket.id.to_string()),
        text(ticket.title.as_ref()),
        Cell::from(ticket.label.as_str()),
        Cell::from(ticket.status.category().as_str()),
        Cell::from(ticket.priority.as_str()),
        Cell::from(
            heads
                .types
                .get(&ticket.kind)
                .unwrap_or(&ticket.kind)
                .as_str(),
        ),
        owner(&ticket.owner),
        text(ticket.group.and_then(|group| heads.groups.get(&group))),
        Cell::Yes(ticket.level > 0),
        Cell::from(customer),
        Cell::from(ticket.contact.map(|contact| contact.to_string())),
        Cell::from(ticket.tags.join(", ")),
        Cell::from(conversations.join(", ")),
        text(wait.map(|wait| &wait.whom)),
        text(wait.map(|wait| &wait.reference)),
        wait.map_or(Cell::Nothing, |wait| Cell::day(&wait.expected_on)),
        Cell::At(ticket.opened_at),
        Cell::At(ticket.changed_at),
        Cell::from(ticket.closed_at),
        Cell::from(ticket.due_at),
        text(ticket.resolution.as_ref()),
    ];
    let values = fields::values(now, id)?;
    row.extend(heads.own.iter().map(|field| own_value(field, &values)));
    Ok(row)
}

/// What stands in a field of the desk's own, as a cell of its type.
fn own_value(field: &Field, values: &BTreeMap<String, String>) -> Cell {
    use crate::domain::field::Kind;
    let Some(value) = values.get(&field.name) else {
        return Cell::Nothing;
    };
    match field.definition.kind {
        Kind::Number => match value.parse() {
            Ok(number) => Cell::Number(number),
            Err(_) => Cell::from(value.as_str()), // a fraction, or larger than a cell holds
        },
        Kind::Date => Cell::day(value),
        _ => Cell::from(value.as_str()), // kinds that are words
    }
}

/// The columns of customers, before what the desk keeps beyond.
const CONTACT: [(&str, u16); 11] = [
    ("customer", 11),
    ("name", 26),
    ("known as", 22),
    ("WhatsApp", 20),
    ("telephone", 20),
    ("e-mail", 28),
    ("conversations", 13),
    ("open", 8),
    ("last wrote at (UTC)", 23),
    ("blocked", 9),
    ("blocked at (UTC)", 23),
];

fn contact_heads(now: &Now<'_>, into: &mut Sink<'_, '_>) -> Result<Vec<String>> {
    let own = exports::contact_fields(now)?;
    let mut columns = named(&CONTACT);
    columns.extend(own.iter().map(|field| Column::new(field, 18)));
    into.head("Customers", columns)?;
    Ok(own)
}

fn contact_row(now: &Now<'_>, own: &[String], listed: &contacts::Listed) -> Result<Vec<Cell>> {
    let contact: Contact = contacts::get(now, listed.id)?;
    let known = |kinds: &[&str], sign: &str| {
        let known = contact.identities.iter();
        let known = known.filter(|(kind, _)| kinds.contains(&kind.as_str()));
        let known: Vec<String> = known.map(|(_, value)| format!("{sign}{value}")).collect();
        Cell::from(known.join(", "))
    };
    let mut row = vec![
        Cell::from(contact.id.to_string()),
        Cell::from(listed.name.as_str()),
        Cell::from(listed.handle.as_str()),
        known(&["wa_id"], "+"),
        known(&["phone", "caller"], ""),
        known(&["email"], ""),
        Cell::from(listed.conversations),
        Cell::from(listed.open),
        Cell::from(listed.last_at),
        Cell::Yes(listed.blocked),
        Cell::from(contact.blocked_at),
    ];
    let value = |field: &String| contact.fields.get(field).map(String::as_str);
    row.extend(own.iter().map(|field| Cell::from(value(field))));
    Ok(row)
}
