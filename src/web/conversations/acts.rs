//! What a member does with a conversation through its forms. Each act is a wish; a refused one
//! shows the page again with the sentence at its field.

use super::show::again;
use crate::desk;
use crate::desk::articles::corrections;
use crate::desk::spam::Sender;
use crate::desk::{articles, bot, conversations, deliveries, drafts, inbox, tickets};
use crate::domain::conversation::{Owner, Summary};
use crate::domain::event::{Event, Fact, TicketEvent};
use crate::domain::id::{ArticleId, ConversationId, Object};
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::domain::ticket::Priority;
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::settings::macros;
use crate::web::visit::Visit;

/// Grants a wish about a conversation and goes back; or shows the refused form again.
fn act(
    visit: &Visit<'_>,
    id: ConversationId,
    form: &str,
    said: &str,
    wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
) -> Result<Response> {
    let granted = visit.record(move |now| {
        inbox::demand_reach(now, id)?;
        wish(now)
    });
    match granted {
        Ok(_) => Ok(visit.went_well(&visit.back(&format!("/conversations/{id}")), said)),
        Err(error) => again(visit, id, form, error),
    }
}

/// `POST /conversations/C-88/owner`: take, hand over, put back; and the group's queue.
pub fn owner(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let (to, group) = (
        visit.field("owner").to_owned(),
        visit.field("group").to_owned(),
    );
    let reason = visit.field("reason").to_owned();
    let said = match to.as_str() {
        "" => "Back in the queue",
        "bot" => "Back with the bot",
        to if to == visit.member.id.to_string() => "It is yours",
        _ => "Handed over", // to somebody else
    };
    demand_assign(
        visit,
        &conversations::get(&visit.now()?, id)?.owner,
        &id.to_string(),
        &to,
    )?;
    act(visit, id, "owner", said, move |now| {
        let mut moved = Vec::new();
        if !group.is_empty() {
            let group = inbox::parse_group(&group)?;
            moved.extend(conversations::change_group(now, id, Some(group))?);
        }
        let holder = conversations::open(now, id)?
            .owner
            .member()
            .map(|member| member.to_string());
        if !moved.is_empty() && holder.unwrap_or_default() == to {
            return Ok(moved); // only the queue changes
        }
        let mut facts = give(now, id, &to, &reason)?;
        facts.extend(moved);
        Ok(facts)
    })
}

/// Refuses to take from a colleague or to give away what a colleague holds without the right to;
/// the try is recorded.
pub fn demand_assign(visit: &Visit<'_>, owner: &Owner, what: &str, to: &str) -> Result<()> {
    match owner {
        Owner::Member { id, name } if *id != visit.member.id && id.to_string() != to => {
            let held = format!("{what} is held by {name}; ask them to hand it over");
            visit.demand_for(Right::Assign, Some(&held))
        }
        Owner::Member { .. } | Owner::Nobody | Owner::Bot => Ok(()),
    }
}

/// Gives a conversation to the one who wishes, to somebody else, or back to the queue.
fn give(now: &Now<'_>, id: ConversationId, to: &str, reason: &str) -> Result<Vec<Fact>> {
    match to {
        "" => return conversations::release(now, id, reason),
        "bot" => return bot::hand_back(now, id, reason),
        _ => {} // a member
    }
    let member = to
        .parse()
        .map_err(|error: String| Refusal::invalid(error).at("to"))?;
    if now.who().member() == Some(member) {
        return conversations::take(now, id, reason);
    }
    conversations::assign(now, id, member, reason)
}

/// `POST /conversations/C-88/status`
pub fn status(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let to = visit.field("status").to_owned();
    act(visit, id, "status", "Status set", move |now| {
        let to = to
            .parse()
            .map_err(|error: String| Refusal::invalid(error).at("status"))?;
        conversations::change_status(now, id, to)
    })
}

/// `POST /conversations/C-88/closing`
pub fn closing(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let text = |name: &str| visit.field(name).to_owned();
    let summary = Summary {
        issue: text("issue"),
        actions: text("actions"),
        outcome: text("outcome"),
        next_step: text("next_step"),
    };
    act(visit, id, "closing", "Closed", move |now| {
        conversations::close(now, id, summary)
    })
}

/// `POST /conversations/C-88/reopening`
pub fn reopening(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    act(visit, id, "reopening", "Open again", move |now| {
        conversations::reopen(now, id)
    })
}

/// `POST /conversations/C-88/spam`: marks it as spam, or takes the mark away.
pub fn spam(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    if visit.field("spam") == "no" {
        return act(
            visit,
            id,
            "spam",
            "No spam: it stands as before",
            move |now| desk::spam::clear(now, id),
        );
    }
    let sender = match visit.field("block") {
        "yes" => Sender::Blocked,
        _ => Sender::Free,
    };
    act(visit, id, "spam", "Marked as spam", move |now| {
        desk::spam::mark(now, id, sender)
    })
}

/// `POST /conversations/C-88/snooze`: until a local time of the member, or no longer.
pub fn snooze(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let until = visit.field("until").to_owned();
    let zone = crate::web::visit::zone(&visit.member.preferences.zone);
    let said = if until.is_empty() {
        "Taken up again"
    } else {
        "Snoozed"
    };
    act(visit, id, "snooze", said, move |now| {
        let until = match until.as_str() {
            "" => None,
            text => {
                let until = zone.instant(text);
                Some(until.map_err(|error| Refusal::invalid(error).at("until"))?)
            }
        };
        conversations::snooze(now, id, until)
    })
}

/// `POST /conversations/C-88/tags`
pub fn tags(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let tags = visit.field("tags").to_owned();
    act(visit, id, "tags", "Tags saved", move |now| {
        conversations::tag(now, id, &tags)
    })
}

/// `POST /conversations/C-88/escalation`
pub fn escalation(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let level = visit.field("level").to_owned();
    let ends = level == "0";
    let why = visit.field("why").to_owned();
    let said = if ends {
        "The escalation has ended"
    } else {
        "Escalated"
    };
    act(visit, id, "escalation", said, move |now| {
        let level = level
            .parse()
            .map_err(|_| Refusal::invalid("escalation levels are 0 to 3").at("level"))?;
        let why = if ends && why.is_empty() {
            "no longer needed".to_owned()
        } else {
            why
        };
        conversations::escalate(now, id, level, &why)
    })
}

/// `POST /conversations/C-88/tickets`: a ticket with this conversation attached.
pub fn ticket(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let (title, kind) = (
        visit.field("title").to_owned(),
        visit.field("type").to_owned(),
    );
    let priority = visit.field("priority").to_owned();
    let granted = visit.record(move |now| {
        inbox::demand_reach(now, id)?;
        let priority: Option<Priority> = match priority.as_str() {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|error: String| Refusal::invalid(error).at("priority"))?,
            ),
        };
        let conversation = Some(id);
        let wanted = tickets::Wanted {
            conversation,
            title,
            kind,
            priority,
            ..Default::default()
        };
        tickets::open(now, wanted)
    });
    match granted {
        Ok(receipt) => {
            let opened = receipt.facts.iter().find_map(|(_, event)| match event {
                Event::Ticket(TicketEvent::Opened { ticket, .. }) => Some(*ticket),
                _ => None, // only the opening tells the number
            });
            let ticket = opened.ok_or_else(|| Error::fault("the ticket got no number"))?;
            Ok(visit.went_well(&format!("/tickets/{ticket}"), &format!("Opened {ticket}")))
        }
        Err(error) => again(visit, id, "tickets", error),
    }
}

/// `POST /conversations/C-88/notes`
pub fn note(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let text = visit.field("text").to_owned();
    let (object, old) = (Object::Conversation(id), corrected(visit));
    let with_file = visit.form.file("file").is_some();
    let granted = visit.record(move |now| {
        inbox::demand_reach(now, id)?;
        if with_file {
            let text = "a note keeps no file: say in words what it shows, or send it as a reply";
            return Err(Refusal::invalid(text).at("file").into());
        }
        let facts = articles::note(now, object, &text)?;
        match old {
            Some(old) => corrections::correct(now, old, facts),
            None => Ok(facts),
        }
    });
    match granted {
        Ok(_) => {
            sent(visit, object)?;
            let back = super::compose::written(&visit.back(&format!("/conversations/{id}")));
            Ok(Response::redirect_303(&format!("{back}#composer")))
        }
        Err(error) => again(visit, id, "notes", error),
    }
}

/// The article a form says it sets right.
pub fn corrected(visit: &Visit<'_>) -> Option<ArticleId> {
    visit.field("corrects").parse().ok()
}

/// Forgets the draft of what was sent just now.
pub fn sent(visit: &Visit<'_>, object: Object) -> Result<()> {
    let (ledger, member) = (&visit.app.ledger, visit.member.id);
    drafts::forget(ledger, member, object, kept_at(visit), visit.field("text"))
}

/// The time of the draft a window knows of.
fn kept_at(visit: &Visit<'_>) -> Option<Moment> {
    visit.field("draft_at").parse().ok().map(Moment)
}

/// `POST /conversations/C-88/draft`: what is being typed, kept in the background.
pub fn draft(visit: &Visit<'_>, object: Object) -> Result<Response> {
    let draft = (visit.field("mode"), visit.field("text"));
    let kept = drafts::keep(&visit.app.ledger, &visit.who, object, draft, kept_at(visit));
    match kept {
        Ok(kept) => Ok(Response::text(
            kept.map(|at| at.0.to_string()).unwrap_or_default(),
        )),
        Err(Error::Refusal(refusal)) if refusal.kind == RefusalKind::Conflict => {
            Ok(Response::text(visit.said(&refusal.text)).with_status(refusal.status()))
        }
        Err(error) => Err(error),
    }
}

/// `POST /conversations/C-88/presence`: somebody looks or writes.
pub fn presence(visit: &Visit<'_>, object: Object) -> Result<Response> {
    let writing = visit.field("writing") == "yes";
    let (app, member) = (visit.app, &visit.member);
    let news = match visit.field("writing") {
        "left" => app.leave(member.id, object),
        _ => app.arrive(member.id, &member.name, object, writing), // yes or no
    };
    if news {
        app.wake(object);
    }
    Ok(Response::status(204))
}

/// `POST /articles/18226/retry`
pub fn retry(visit: &Visit<'_>, article: ArticleId) -> Result<Response> {
    visit.record(move |now| {
        inbox::demand_reach(now, deliveries::get(now, article)?.conversation)?;
        deliveries::retry(now, article)
    })?;
    Ok(visit.went_well(&visit.back("/inbox"), "It is sent again"))
}

/// `POST /conversations/C-88/macro`
pub fn perform(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    macros::perform(visit, Object::Conversation(id))?;
    let back = visit.back(&format!("/conversations/{id}"));
    Ok(visit.went_well(&back, "Done by the macro"))
}
