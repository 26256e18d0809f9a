//! What the ticket pages ask of the desk, and what their forms do.

use super::*;
use crate::desk::{audit, contacts, conversations, drafts, groups, members, tickets as desk};
use crate::domain::id::{GroupId, MemberId, Object, TicketId};
use crate::domain::member::Right;
use crate::domain::moment::DAY_MS;
use crate::domain::ticket::{Priority, Status as State, Wait};
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::ledger::Now;
use crate::web::conversations::{acts as shared, show as near};
use crate::web::exchange::Response;
use crate::web::sentences;
use crate::web::thread::view;
use crate::web::visit::{Visit, zone};

/// Tickets on one page of the list.
const ROWS: u32 = 50;
/// Events shown beside a ticket.
const EVENTS: u32 = 10;

/// `GET /tickets`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let asked = |name: &str| visit.query(name).unwrap_or_default().to_owned();
    let filter = filter(visit)?;
    let found = desk::list(&now, &filter, ROWS + 1)?;
    let more = found.len() > ROWS as usize;
    let rows: Vec<_> = found.into_iter().take(ROWS as usize).collect();
    let older = rows.last().filter(|_| more).map(|last| {
        let before = format!("{},{}", last.changed_at.0, last.id);
        view::with(visit, &[("before", &before)])
    });
    let view = asked("view");
    let views = [
        ("Open", ""),
        ("Mine", "mine"),
        ("Unassigned", "unassigned"),
        ("All", "all"),
    ];
    let page = TicketsPage {
        filter: ["status", "owner", "priority", "tag"]
            .map(|name| (name, asked(name)))
            .into(),
        statuses: State::ALL.into_iter().map(near::ticket_status).collect(),
        owners: near::workers(&now)?,
        views: views
            .map(|(label, word)| {
                let href = match word {
                    "" => "/tickets".to_owned(),
                    word => format!("/tickets?view={word}"),
                };
                (label, href, word == view)
            })
            .into(),
        rows: rows
            .into_iter()
            .map(|ticket| {
                let contact = ticket
                    .contact
                    .map(|id| Ok::<_, Error>((id.to_string(), contacts::get(&now, id)?.title())))
                    .transpose()?;
                Ok(TicketRow {
                    id: ticket.id.to_string(),
                    title: ticket.title.unwrap_or_default(),
                    contact,
                    status: near::ticket_status(ticket.status),
                    expected: ticket.wait.map(|wait| wait.expected_on),
                    priority: ticket.priority.as_str().to_owned(),
                    kind: ticket.kind,
                    owner: near::person(visit, &ticket.owner),
                    at: ticket.changed_at,
                    escalated: ticket.level > 0,
                })
            })
            .collect::<Result<Vec<_>>>()?,
        newer: visit
            .query("before")
            .map(|_| view::with(visit, &[("before", "")])),
        older,
    };
    visit.page(&now, "tickets/index.html", &page)
}

fn filter(visit: &Visit<'_>) -> Result<desk::Filter> {
    let refuse = |error: String| Refusal::not_found(error);
    let view = visit.query("view").unwrap_or_default();
    let status = visit
        .query("status")
        .map(str::parse)
        .transpose()
        .map_err(refuse)?;
    let owner: Option<Option<MemberId>> = match visit.query("owner") {
        Some("none") => Some(None),
        Some(id) => Some(Some(id.parse().map_err(refuse)?)),
        None => match view {
            "mine" => Some(Some(visit.member.id)),
            "unassigned" => Some(None),
            _ => None, // every other view is of everybody's
        },
    };
    let before = visit.query("before").and_then(|before| {
        let (at, id) = before.split_once(',')?;
        Some((Moment(at.parse().ok()?), id.parse().ok()?))
    });
    Ok(desk::Filter {
        unfinished: status.is_none() && view != "all",
        status,
        owner,
        priority: visit
            .query("priority")
            .map(str::parse)
            .transpose()
            .map_err(refuse)?,
        tag: visit.query("tag").map(str::to_owned),
        contact: None,
        before,
    })
}

/// `GET /tickets/T-1042`
pub fn show(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let now = visit.now()?;
    let record = !visit.in_background() && contacts::must_record_view(&now, Object::Ticket(id))?;
    drop(now);
    if record {
        visit.record(move |now| desk::view(now, id))?;
    }
    let now = visit.now()?;
    let ticket = ticket(visit, &now, id)?;
    visit.page(&now, "tickets/show.html", &TicketPage { ticket })
}

fn ticket(visit: &Visit<'_>, now: &Now<'_>, id: TicketId) -> Result<Ticket> {
    let known = desk::get(now, id)?;
    let object = Object::Ticket(id);
    let conversations = known
        .conversations
        .iter()
        .map(|(id, _)| near::conversation_line(now, &conversations::get(now, *id)?))
        .collect::<Result<Vec<_>>>()?;
    let filter = audit::Filter {
        objects: vec![object],
        ..audit::Filter::default()
    };
    let events = audit::list(now, &filter, EVENTS)?;
    let opening = audit::Filter {
        event: Some("ticket.opened".to_owned()),
        ..filter
    };
    let opened = audit::list(now, &opening, 1)?;
    let opened_by = opened
        .first()
        .map(|opened| sentences::actor(visit.language(), &opened.entry.actor, &|_| None));
    let draft = drafts::get(now, visit.member.id, object)?.map(|draft| draft.text);
    let others = visit.app.others(visit.member.id, object);
    Ok(Ticket {
        id: id.to_string(),
        href: format!("/tickets/{id}"),
        title: known.title.clone().unwrap_or_default(),
        status: near::ticket_status(known.status),
        waiting: known.wait.as_ref().map(|wait| waiting(visit, now, wait)),
        flow: flow(known.status),
        priority: known.priority.as_str().to_owned(),
        kind: known.kind.clone(),
        owner: near::person(visit, &known.owner),
        group: known
            .group
            .map(|group| groups::name(now, group))
            .transpose()?,
        group_id: known.group.map(|group| group.to_string()),
        tags: known.tags.clone(),
        escalation: (known.level > 0).then(|| Escalation {
            level: known.level,
            reason: String::new(),
            by: String::new(),
            at: known.changed_at,
        }),
        resolution: known.resolution.clone(),
        opened_at: known.opened_at,
        opened_by: opened_by.unwrap_or_default(),
        present: others
            .into_iter()
            .map(|other| Presence {
                name: other.name,
                writing: other.writing,
            })
            .collect(),
        may: actions(visit, now, &known)?,
        may_change: visit.may(Right::Work),
        timeline: view::timeline(visit, now, object)?,
        conversations,
        contact: known
            .contact
            .map(|id| near::contact_panel(now, id, None))
            .transpose()?,
        audit: events
            .iter()
            .map(|event| view::change(visit.language(), event))
            .collect(),
        audit_href: format!("/audit?object={id}"),
        draft: draft.unwrap_or_default(),
    })
}

fn waiting(visit: &Visit<'_>, now: &Now<'_>, wait: &Wait) -> Waiting {
    let due = zone(&visit.member.preferences.zone).day_start(&wait.expected_on);
    Waiting {
        whom: wait.whom.clone(),
        reference: wait.reference.clone(),
        expected: wait.expected_on.clone(),
        late: due.is_ok_and(|due| now.at().ms_since(due) > DAY_MS),
    }
}

/// The way of a ticket, with how far this one is; waiting for the customer is a side step.
fn flow(present: State) -> Vec<FlowStep> {
    let way = [
        State::New,
        State::InProgress,
        State::AwaitingCustomer,
        State::AwaitingCourier,
        State::Resolved,
        State::Closed,
    ];
    let side = |status: State| {
        matches!(status, State::AwaitingCustomer | State::AwaitingCourier) && status != present
    };
    let reached = way
        .iter()
        .position(|status| *status == present)
        .unwrap_or(0);
    way.iter()
        .enumerate()
        .filter(|(_, status)| !side(**status) || **status == State::AwaitingCourier)
        .filter(|(_, status)| {
            present != State::AwaitingCustomer || **status != State::AwaitingCourier
        })
        .map(|(place, status)| FlowStep {
            status: near::ticket_status(*status),
            place: match place.cmp(&reached) {
                std::cmp::Ordering::Equal => "now",
                std::cmp::Ordering::Less if !side(*status) => "past",
                _ => "next",
            },
        })
        .collect()
}

fn actions(visit: &Visit<'_>, now: &Now<'_>, known: &desk::Ticket) -> Result<Actions> {
    if !visit.may(Right::Work) {
        return Ok(Actions::default());
    }
    let mine = known.owner.member() == Some(visit.member.id);
    let free = known.owner.member().is_none();
    let hold = mine || free || visit.may(Right::Assign);
    let closed = known.status == State::Closed;
    let next = State::ALL
        .into_iter()
        .filter(|next| known.status.may_become(*next))
        .map(near::ticket_status);
    Ok(Actions {
        take: free && !closed,
        assign: hold && !closed,
        members: near::workers(now)?,
        groups: near::group_names(now)?,
        statuses: if hold && !closed {
            next.collect()
        } else {
            Vec::new()
        },
        tag: true,
        escalate: !closed,
        reopen: closed && hold,
        ..Actions::default()
    })
}

/// `POST /tickets/T-1042/…`
pub fn act(visit: &Visit<'_>, id: TicketId, form: &str) -> Result<Response> {
    let object = Object::Ticket(id);
    let done = match form {
        "presence" => return shared::presence(visit, object),
        "draft" => return shared::draft(visit, object),
        "notes" => note(visit, object).map(|()| None),
        "owner" => owner(visit, id).map(Some),
        "status" => status(visit, id).map(Some),
        "reopening" => reopen(visit, id).map(Some),
        "fields" => fields(visit, id).map(Some),
        "tags" => {
            let tags = visit.field("tags").to_owned();
            visit
                .record(move |now| desk::tag(now, id, &tags))
                .map(|_| Some("Tags saved".into()))
        }
        "escalation" => escalate(visit, id).map(Some),
        other => return Err(Refusal::not_found(format!("a ticket has no {other}")).into()),
    };
    let back = visit.back(&format!("/tickets/{id}"));
    match done {
        Ok(Some(sentence)) => Ok(visit.went_well(&back, &sentence)),
        Ok(None) => Ok(Response::redirect_303(&back)),
        Err(Error::Refusal(refusal))
            if matches!(refusal.kind, RefusalKind::Invalid | RefusalKind::Conflict) =>
        {
            again(visit, id, form, &refusal)
        }
        Err(error) => Err(error),
    }
}

/// The page again, with the refused form open and what was typed in it.
fn again(visit: &Visit<'_>, id: TicketId, form: &str, refusal: &Refusal) -> Result<Response> {
    let now = visit.now()?;
    let mut ticket = ticket(visit, &now, id)?;
    let field = match refusal.field.unwrap_or_default() {
        "to" => "owner",
        "note" => "resolution",
        "whom" => "awaiting",
        "expected_on" => "expected",
        "reason" if form == "escalation" => "why",
        field => field,
    };
    ticket.may.refused = form.to_owned();
    ticket.may.typed = visit.form.fields.iter().cloned().collect();
    ticket.may.wrong = BTreeMap::from([(field.to_owned(), refusal.text.clone())]);
    if form == "notes" {
        ticket.draft = visit.field("text").to_owned();
    }
    let page = visit.page(&now, "tickets/show.html", &TicketPage { ticket })?;
    Ok(page.with_status(refusal.status()))
}

/// A value of a form as the desk's own type. **Refuses:** what is none, at its field.
fn value<T: std::str::FromStr<Err = String>>(text: &str, field: &'static str) -> Result<T> {
    let parsed = text.trim().parse();
    parsed.map_err(|error: String| Refusal::invalid(error).at(field).into())
}

fn note(visit: &Visit<'_>, object: Object) -> Result<()> {
    let text = visit.field("text").to_owned();
    visit.record(move |now| crate::desk::articles::note(now, object, &text))?;
    drafts::forget(&visit.app.ledger, visit.member.id, object)
}

fn owner(visit: &Visit<'_>, id: TicketId) -> Result<String> {
    let to: MemberId = value(visit.field("owner"), "to")?;
    let reason = visit.field("reason").to_owned();
    let me = visit.member.id;
    let name = members::get(&visit.now()?, to)?.name;
    visit.record(move |now| match to == me {
        true => desk::take(now, id, &reason),
        false => desk::assign(now, id, to, &reason),
    })?;
    Ok(if to == me {
        format!("{id} is yours")
    } else {
        format!("{id} is with {name}")
    })
}

fn status(visit: &Visit<'_>, id: TicketId) -> Result<String> {
    let to: State = value(visit.field("status"), "status")?;
    let wait = Wait {
        whom: visit.field("awaiting").to_owned(),
        reference: visit.field("reference").to_owned(),
        expected_on: visit.field("expected").to_owned(),
    };
    let note = visit.field("resolution").to_owned();
    visit.record(move |now| desk::change_status(now, id, to, Some(wait), &note))?;
    Ok(format!("{id}: {}", to.words()))
}

fn reopen(visit: &Visit<'_>, id: TicketId) -> Result<String> {
    visit.record(move |now| desk::change_status(now, id, State::InProgress, None, ""))?;
    Ok(format!("{id} is open again"))
}

fn fields(visit: &Visit<'_>, id: TicketId) -> Result<String> {
    let priority: Priority = value(visit.field("priority"), "priority")?;
    let (title, kind) = (
        visit.field("title").to_owned(),
        visit.field("type").to_owned(),
    );
    let group = visit.field("group");
    let group: Option<GroupId> = if group.is_empty() {
        None
    } else {
        Some(value(group, "group")?)
    };
    visit.record(move |now| {
        let mut facts = desk::rename(now, id, &title)?;
        facts.extend(desk::change_fields(now, id, priority, &kind, group)?);
        Ok(facts)
    })?;
    Ok(format!("{id} is saved"))
}

fn escalate(visit: &Visit<'_>, id: TicketId) -> Result<String> {
    let level: u8 = visit
        .field("level")
        .parse()
        .map_err(|_| Refusal::invalid("escalation levels are 0 to 3").at("level"))?;
    let why = visit.field("why").to_owned();
    visit.record(move |now| desk::escalate(now, id, level, &why))?;
    Ok(if level == 0 {
        "The escalation is ended".into()
    } else {
        "Escalated".into()
    })
}
