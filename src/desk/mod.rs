//! Work: what may happen, what happened, and what stands as it is. Each area decides, applies and
//! asks; none knows HTTP or a provider.

pub mod access;
pub mod actions;
pub mod along;
pub mod articles;
pub mod assignment;
pub mod audit;
pub mod bot;
pub mod bulk;
pub mod calls;
pub mod case;
pub mod channels;
pub mod checkpoints;
pub mod commitments;
pub mod contacts;
pub mod conversations;
pub mod deliveries;
pub mod drafts;
pub mod evidence;
pub mod exports;
pub mod fields;
pub mod groups;
pub mod imports;
pub mod inbox;
pub mod intake;
pub mod labels;
pub mod leaving;
pub mod letters;
pub mod macros;
pub mod mailboxes;
pub mod members;
pub mod mentions;
pub mod notifications;
pub mod packs;
pub mod past;
pub mod places;
pub mod privacy;
pub mod proofs;
pub mod rules;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod shifts;
pub mod sla;
pub mod spam;
pub mod statuses;
pub mod tickets;
pub mod timeline;
pub mod views;
mod waiting;
pub mod webhooks;

use crate::domain::event::{Cause, Event, Fact};
use crate::error::Result;
use crate::ledger::{Happened, Now, Recorded, Writer};

/// Writes the rows that follow from a fact: the function the ledger is opened with.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>) -> Result<()> {
    match recorded.event {
        Event::Desk(event) => settings::apply(write, recorded, event),
        Event::Member(event) => members::apply(write, recorded, event),
        Event::Group(event) => groups::apply(write, recorded, event),
        Event::Channel(event) => channels::apply(write, recorded, event),
        Event::Contact(event) => contacts::apply(write, recorded, event),
        Event::Conversation(event) => conversations::apply(write, recorded, event),
        Event::Article(event) => articles::apply(write, recorded, event),
        Event::Ticket(event) => tickets::apply(write, recorded, event),
        Event::Bulk(event) => bulk::apply(write, recorded, event),
        Event::Macro(event) => macros::apply(write, recorded, event),
        Event::Rule(event) => rules::apply(write, recorded, event),
        Event::Label(event) => labels::apply(write, recorded, event),
        Event::Webhook(event) => webhooks::apply(write, recorded, event),
        Event::Status(event) => statuses::apply(write, recorded, event),
        Event::Field(event) => fields::apply(write, recorded, event),
        Event::Bot(event) => bot::apply(write, recorded, event),
        Event::Sla(event) => sla::apply(write, recorded, event),
        Event::Assignment(event) => assignment::apply(write, recorded, event),
        Event::Notification(event) => notifications::apply(write, recorded, event),
        Event::Call(event) => calls::apply(write, recorded, event),
        Event::Commitment(event) => commitments::apply(write, recorded, event),
        Event::Import(event) => imports::apply(write, recorded, event),
        Event::Audit(event) => audit::apply(write, recorded, event),
        Event::Checkpoint(event) => checkpoints::apply(write, recorded, event),
        Event::Email(event) => mailboxes::apply(write, recorded, event),
        Event::View(event) => views::apply(write, recorded, event),
        Event::Pack(event) => packs::apply(write, recorded, event),
        Event::Privacy(event) => privacy::apply(write, recorded, event),
        Event::Access(event) => access::apply(write, recorded, event),
        Event::Export(event) => exports::apply(write, recorded, event),
    }?;
    sla::note(write, recorded)?;
    notifications::hear(write, recorded)
}

/// What follows from facts just recorded, in the same commit: the function the ledger is opened
/// with. Each area answers with facts that name theirs as the cause; order matters, as what one
/// area adds here the others see in the next round.
pub fn follow(now: &Now<'_>, news: &[Happened]) -> Result<Vec<Fact>> {
    let mut facts = sla::follow(now, news)?;
    add(&mut facts, assignment::follow(now, news)?);
    add(&mut facts, statuses::follow(now, news)?);
    Ok(facts)
}

/// Adds facts to others: what one of them names as an earlier one of theirs gets its place among
/// all.
pub fn add(all: &mut Vec<Fact>, facts: Vec<Fact>) {
    let before = all.len();
    for mut fact in facts {
        if let Some(Cause::Earlier(place)) = fact.cause {
            fact.cause = Some(Cause::Earlier(before + place));
        }
        all.push(fact);
    }
}
