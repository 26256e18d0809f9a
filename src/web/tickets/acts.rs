//! What a member does with a ticket through its forms. Each act is a wish; a refused one shows the
//! page again with the sentence at its field.

use super::show::again;
use crate::desk::articles::corrections;
use crate::desk::{articles, statuses, tickets};
use crate::domain::event::Fact;
use crate::domain::id::{Object, TicketId};
use crate::domain::ticket::{Priority, Status, Wait};
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::conversations::acts::{corrected, demand_assign, sent};
use crate::web::conversations::compose::written;
use crate::web::exchange::Response;
use crate::web::settings::macros;
use crate::web::visit::Visit;

/// Grants a wish about a ticket and goes back; or shows the refused form again.
pub(super) fn act(
    visit: &Visit<'_>,
    id: TicketId,
    form: &str,
    said: &str,
    wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
) -> Result<Response> {
    let granted = visit.record(move |now| {
        tickets::list::demand_reach(now, id)?;
        wish(now)
    });
    match granted {
        Ok(_) => Ok(visit.went_well(&visit.back(&format!("/tickets/{id}")), said)),
        Err(error) => again(visit, id, form, error),
    }
}

/// `POST /tickets/T-1042/owner`: take, hand over, put back.
pub fn owner(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let (to, reason) = (
        visit.field("owner").to_owned(),
        visit.field("reason").to_owned(),
    );
    let said = match to.as_str() {
        "" => "Back in the queue",
        to if to == visit.member.id.to_string() => "It is yours",
        _ => "Handed over", // to somebody else
    };
    let owner = tickets::get(&visit.now()?, id)?.owner;
    demand_assign(visit, &owner, &id.to_string(), &to)?;
    act(visit, id, "owner", said, move |now| {
        give(now, id, &to, &reason)
    })
}

/// Gives a ticket to the one who wishes, to somebody else, or back to the queue.
fn give(now: &Now<'_>, id: TicketId, to: &str, reason: &str) -> Result<Vec<Fact>> {
    if to.is_empty() {
        return tickets::release(now, id, reason);
    }
    let member = to
        .parse()
        .map_err(|error: String| Refusal::invalid(error).at("to"))?;
    if now.who().member() == Some(member) {
        return tickets::take(now, id, reason);
    }
    tickets::assign(now, id, member, reason)
}

/// `POST /tickets/T-1042/status`
pub fn status(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let field = |name: &str| visit.field(name).trim().to_owned();
    let (to, note) = (field("status"), field("resolution"));
    let wait = Wait {
        whom: field("awaiting"),
        reference: field("reference"),
        expected_on: field("expected"),
    };
    act(visit, id, "status", "Status set", move |now| {
        let known = statuses::offered(now, &to)?;
        // The form shows the last resolution again; it is only told where it is asked for.
        let note = match statuses::takes_note(&known.definition) {
            true => &note,
            false => "",
        };
        tickets::enter(now, id, &to, Some(wait), note)
    })
}

/// `POST /tickets/T-1042/reopening`
pub fn reopening(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    act(visit, id, "reopening", "In progress again", move |now| {
        tickets::change_status(now, id, Status::InProgress, None, "")
    })
}

/// `POST /tickets/T-1042/fields`: title, type, priority, group.
pub fn fields(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let field = |name: &str| visit.field(name).to_owned();
    let (title, kind) = (field("title"), field("type"));
    let (priority, group) = (field("priority"), field("group"));
    act(visit, id, "fields", "Saved", move |now| {
        let priority: Priority = priority
            .parse()
            .map_err(|error: String| Refusal::invalid(error).at("priority"))?;
        let group = match group.as_str() {
            "" => None,
            group => Some(
                group
                    .parse()
                    .map_err(|error: String| Refusal::invalid(error).at("group"))?,
            ),
        };
        let mut facts = tickets::rename(now, id, &title)?;
        facts.extend(tickets::change_fields(now, id, priority, &kind, group)?);
        Ok(facts)
    })
}

/// `POST /tickets/T-1042/tags`
pub fn tags(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let tags = visit.field("tags").to_owned();
    act(visit, id, "tags", "Tags saved", move |now| {
        tickets::tag(now, id, &tags)
    })
}

/// `POST /tickets/T-1042/escalation`
pub fn escalation(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let level = visit.field("level").to_owned();
    let ends = level == "0";
    let why = match visit.field("why") {
        "" if ends => "no longer needed".to_owned(),
        why => why.to_owned(),
    };
    let said = if ends {
        "The escalation has ended"
    } else {
        "Escalated"
    };
    act(visit, id, "escalation", said, move |now| {
        let level = level
            .parse()
            .map_err(|_| Refusal::invalid("escalation levels are 0 to 3").at("level"))?;
        tickets::escalate(now, id, level, &why)
    })
}

/// `POST /tickets/T-1042/notes`
pub fn note(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let text = visit.field("text").to_owned();
    let (object, old) = (Object::Ticket(id), corrected(visit));
    let granted = visit.record(move |now| {
        tickets::list::demand_reach(now, id)?;
        let facts = articles::note(now, object, &text)?;
        match old {
            Some(old) => corrections::correct(now, old, facts),
            None => Ok(facts),
        }
    });
    match granted {
        Ok(_) => {
            sent(visit, object)?;
            let back = written(&visit.back(&format!("/tickets/{id}")));
            Ok(Response::redirect_303(&format!("{back}#composer")))
        }
        Err(error) => again(visit, id, "notes", error),
    }
}

/// `POST /tickets/T-1042/macro`
pub fn perform(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    macros::perform(visit, Object::Ticket(id))?;
    let back = visit.back(&format!("/tickets/{id}"));
    Ok(visit.went_well(&back, "Done by the macro"))
}
