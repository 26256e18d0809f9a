//! A case from beginning to end, as the facts tell it: who held it when, which status it had, what
//! was said, who looked, what its clocks counted. Drawn by the pages; nothing here is stored.

use super::audit::filter::{self, Condition, Filter, Test};
use super::audit::{self, Recorded};
use super::sla::line::{self, Kind as Part};
use super::tickets::{self, whole};
use crate::domain::actor::Actor;
use crate::domain::conversation::Owner;
use crate::domain::event::call::CallEvent;
use crate::domain::event::{ArticleEvent, ConversationEvent, Event, TicketEvent};
use crate::domain::id::{ContactId, MemberId, Object, Seq};
use crate::domain::message::CallDirection;
use crate::domain::moment::Moment;
use crate::domain::sla::{Metric, State};
use crate::error::Result;
use crate::ledger::Now;

/// Most events that one picture is made of: the newest.
pub const EVENTS_MAX: u32 = 1_500;

/// What stands in the band of statuses while a ticket lives on in another.
const MERGED: &str = "Merged";

/// A case over time.
#[derive(Debug, Clone)]
pub struct Case {
    /// The ticket or conversation, then what was merged into the ticket and all conversations.
    pub objects: Vec<Object>,
    /// When it begins.
    pub from: Moment,
    /// Until when it is told.
    pub until: Moment,
    /// Who held what, and which status it had.
    pub spans: Vec<Span>,
    /// What happened at one instant.
    pub marks: Vec<Mark>,
    /// From hand to hand.
    pub moves: Vec<Move>,
    /// What was measured.
    pub clocks: Vec<Clock>,
    /// Everything that happened, oldest first.
    pub events: Vec<Recorded>,
    /// Whether earlier events were left out.
    pub cut: bool,
}

/// Who has a lane.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hand {
    /// The customer.
    Contact(ContactId),
    /// Nobody: it waits in the queue.
    Queue,
    /// The bot.
    Bot,
    /// A member, by the name at the time.
    Member(MemberId, String),
    /// Trailbox or a rule.
    System,
}

/// A stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Of which object.
    pub object: Object,
    /// What it says.
    pub what: What,
    /// From.
    pub from: Moment,
    /// Until; none if it still lasts.
    pub until: Option<Moment>,
    /// The event that began it.
    pub seq: Seq,
}

/// What a stretch says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Who held it.
    Held(Hand),
    /// Which status it had, in words, and its category.
    Status(String, &'static str),
}

/// Something at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Whose lane it stands on.
    pub hand: Hand,
    /// What it was.
    pub kind: MarkKind,
    /// When.
    pub at: Moment,
    /// The event.
    pub seq: Seq,
}

/// What stands at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// The customer wrote.
    Received,
    /// The desk wrote.
    Sent,
    /// An internal note.
    Note,
    /// Somebody opened it.
    View,
    /// Escalated.
    Escalated,
    /// A message could not be delivered.
    Failed,
}

/// From one hand to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Which object.
    pub object: Object,
    /// Before.
    pub from: Hand,
    /// After.
    pub to: Hand,
    /// When.
    pub at: Moment,
    /// The event.
    pub seq: Seq,
    /// Why, in the words of the one who did it.
    pub reason: Option<String>,
}

/// A clock of the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Of which object.
    pub object: Object,
    /// What it measures.
    pub metric: Metric,
    /// How it stands.
    pub state: State,
    /// Whether it was overrun.
    pub breach: bool,
    /// When it began.
    pub from: Moment,
    /// When it stopped; none if it still runs or stands still.
    pub until: Option<Moment>,
    /// Its deadline.
    pub due: Option<Moment>,
    /// What its time was made of: kind, the status that paused it, from, until.
    pub parts: Vec<(Part, Option<String>, Moment, Moment)>,
}

// Ask

/// A case; none of an object that is no case.
pub fn of(now: &Now<'_>, object: Object) -> Result<Case> {
    let objects = match object {
        Object::Ticket(id) => whole::objects(now, tickets::get(now, id)?.id)?,
        other => vec![other],
    };
    let apart = whole::apart(now, &objects)?.into_iter().map(Test::Seq);
    let filter = Filter {
        more: vec![Condition {
            not: false,
            any: objects
                .iter()
                .copied()
                .map(Test::Object)
                .chain(apart)
                .collect(),
        }],
        ..Filter::default()
    };
    let mut places = filter::all(now, &filter, EVENTS_MAX + 1)?;
    let cut = places.len() > EVENTS_MAX as usize;
    places.truncate(EVENTS_MAX as usize);
    places.reverse();
    let events = places.into_iter().map(|seq| audit::get(now, seq));
    let events = events.collect::<Result<Vec<_>>>()?;
    let mut telling = Telling::default();
    for event in &events {
        telling.hear(event);
    }
    let mut clocks = Vec::new();
    for object in &objects {
        for shown in line::of(now, *object)?
            .map(|line| line.clocks)
            .unwrap_or_default()
        {
            clocks.push(Clock {
                object: *object,
                metric: shown.metric,
                state: shown.state,
                breach: shown.breach,
                from: shown.started_at,
                until: shown.stopped_at,
                due: shown.due_at,
                parts: shown
                    .stretches
                    .into_iter()
                    .map(|part| (part.kind, part.status, part.from, part.until))
                    .collect(),
            });
        }
    }
    clocks.sort_by_key(|clock| (clock.object, clock.from));
    let from = events.first().map_or(now.at(), |event| event.entry.at);
    let last = events.last().map_or(now.at(), |event| event.entry.at);
    // What is over ends with its last event; what goes on is told until now.
    let open = |span: &Span| match &span.what {
        What::Held(_) => false,
        What::Status(_, category) => span.until.is_none() && !matches!(*category, "final" | "done"),
    };
    let until = match telling.spans.iter().any(open) {
        true => now.at().max(last),
        false => last,
    };
    Ok(Case {
        objects,
        from,
        until,
        spans: telling.spans,
        marks: telling.marks,
        moves: telling.moves,
        clocks,
        events,
        cut,
    })
}

#[derive(Default)]
struct Telling {
    spans: Vec<Span>,
    marks: Vec<Mark>,
    moves: Vec<Move>,
}

impl Telling {
    fn hear(&mut self, event: &Recorded) {
        match &event.event {
            Event::Conversation(told) => self.conversation(event, told),
            Event::Ticket(told) => self.ticket(event, told),
            Event::Article(told) => self.article(event, told),
            Event::Call(told) => self.call(event, told),
            Event::Desk(_)
            | Event::Member(_)
            | Event::Group(_)
            | Event::Channel(_)
            | Event::Contact(_)
            | Event::Label(_)
            | Event::Webhook(_)
            | Event::Status(_)
            | Event::Field(_)
            | Event::Bulk(_)
            | Event::Macro(_)
            | Event::Rule(_)
            | Event::Bot(_)
            | Event::Sla(_)
            | Event::Assignment(_)
            | Event::Notification(_)
            | Event::Commitment(_)
            | Event::Import(_)
            | Event::Audit(_)
            | Event::Checkpoint(_)
            | Event::Email(_)
            | Event::View(_)
            | Event::Access(_)
            | Event::Export(_)
            | Event::Pack(_)
            | Event::Privacy(_) => {}
        }
    }

    fn conversation(&mut self, event: &Recorded, told: &ConversationEvent) {
        match told {
            ConversationEvent::Started {
                conversation,
                owner,
                ..
            } => {
                let object = Object::Conversation(*conversation);
                self.begin(event, object, What::Held(hand(owner)));
                self.begin(event, object, What::Status("New".to_owned(), "new"));
            }
            ConversationEvent::OwnerChanged {
                conversation,
                from,
                to,
                sealed,
                ..
            } => {
                let object = Object::Conversation(*conversation);
                self.owner(event, object, from, to, sealed.reason.as_deref());
            }
            ConversationEvent::StatusChanged {
                conversation, to, ..
            } => {
                use crate::domain::conversation::Status;
                let category = match to {
                    Status::New => "new",
                    Status::Open => "open",
                    Status::Waiting => "waiting",
                    Status::Closed => "final",
                };
                let object = Object::Conversation(*conversation);
                self.begin(event, object, What::Status(to.words().to_owned(), category));
            }
            ConversationEvent::Escalated { to, .. } if *to > 0 => {
                self.mark(event, by(&event.entry.actor), MarkKind::Escalated);
            }
            ConversationEvent::Viewed { .. } => {
                self.mark(event, by(&event.entry.actor), MarkKind::View);
            }
            ConversationEvent::GroupChanged { .. }
            | ConversationEvent::Snoozed { .. }
            | ConversationEvent::SpamMarked { .. }
            | ConversationEvent::SpamCleared { .. }
            | ConversationEvent::Tagged { .. }
            | ConversationEvent::Escalated { .. }
            | ConversationEvent::Summarised { .. } => {}
        }
    }

    fn ticket(&mut self, event: &Recorded, told: &TicketEvent) {
        match told {
            TicketEvent::Opened { ticket, owner, .. } => {
                let object = Object::Ticket(*ticket);
                self.begin(event, object, What::Held(hand(owner)));
                self.begin(event, object, What::Status("New".to_owned(), "new"));
            }
            TicketEvent::OwnerChanged {
                ticket,
                from,
                to,
                sealed,
                ..
            } => {
                let object = Object::Ticket(*ticket);
                self.owner(event, object, from, to, sealed.reason.as_deref());
            }
            TicketEvent::StatusChanged {
                ticket, to, named, ..
            } => {
                let label = named.as_ref().map_or(to.words(), |named| &named.label);
                let what = What::Status(label.to_owned(), to.category().as_str());
                self.begin(event, Object::Ticket(*ticket), what);
            }
            TicketEvent::Escalated { to, .. } if *to > 0 => {
                self.mark(event, by(&event.entry.actor), MarkKind::Escalated);
            }
            TicketEvent::Viewed { .. } => {
                self.mark(event, by(&event.entry.actor), MarkKind::View);
            }
            TicketEvent::Merged { ticket, .. } => self.rest(event, Object::Ticket(*ticket)),
            TicketEvent::Unmerged { ticket, .. } => self.go_on(event, Object::Ticket(*ticket)),
            _ => {} // told in its sentence below the picture
        }
    }

    fn article(&mut self, event: &Recorded, told: &ArticleEvent) {
        let kind = match told {
            ArticleEvent::Received { .. } => MarkKind::Received,
            ArticleEvent::Queued { .. } | ArticleEvent::Echoed { .. } => MarkKind::Sent,
            ArticleEvent::Noted { .. } => MarkKind::Note,
            ArticleEvent::Failed { .. } => MarkKind::Failed,
            _ => return, // what became of an article stands at the article, in its thread
        };
        let hand = match told {
            ArticleEvent::Received { contact, .. } => Hand::Contact(*contact),
            _ => by(&event.entry.actor), // what the desk wrote
        };
        self.mark(event, hand, kind);
    }

    /// A call that rings is a word of the customer; one the desk makes, of whoever made it.
    fn call(&mut self, event: &Recorded, told: &CallEvent) {
        let (hand, kind) = match told {
            CallEvent::Rang {
                direction: CallDirection::In,
                contact,
                ..
            } => (Hand::Contact(*contact), MarkKind::Received),
            CallEvent::Logged {
                direction: CallDirection::In,
                contact: Some(contact),
                ..
            } => (Hand::Contact(*contact), MarkKind::Received),
            CallEvent::Answered {
                member: Some(member),
                name,
                ..
            } => {
                let name = name.clone().unwrap_or_default();
                (Hand::Member(*member, name), MarkKind::Sent)
            }
            CallEvent::Logged { locked: false, .. } => (by(&event.entry.actor), MarkKind::Sent),
            CallEvent::Logged { .. } | CallEvent::Noted { .. } => {
                (by(&event.entry.actor), MarkKind::Note)
            }
            CallEvent::Rang { .. }
            | CallEvent::Answered { .. }
            | CallEvent::Ended { .. }
            | CallEvent::StepKept { .. } => return, // told in its sentence below the picture
        };
        self.mark(event, hand, kind);
    }

    fn mark(&mut self, event: &Recorded, hand: Hand, kind: MarkKind) {
        self.marks.push(Mark {
            hand,
            kind,
            at: event.entry.at,
            seq: event.seq,
        });
    }

    fn owner(
        &mut self,
        event: &Recorded,
        object: Object,
        from: &Owner,
        to: &Owner,
        reason: Option<&str>,
    ) {
        self.begin(event, object, What::Held(hand(to)));
        self.moves.push(Move {
            object,
            from: hand(from),
            to: hand(to),
            at: event.entry.at,
            seq: event.seq,
            reason: reason.map(str::to_owned),
        });
    }

    /// A merged ticket lives on in another: nobody holds it.
    fn rest(&mut self, event: &Recorded, object: Object) {
        let of_it = self.spans.iter_mut().filter(|span| span.object == object);
        of_it.for_each(|span| span.until = span.until.or(Some(event.entry.at)));
        self.begin(event, object, What::Status(MERGED.to_owned(), "final"));
    }

    /// Taken out again, it stands as it stood.
    fn go_on(&mut self, event: &Recorded, object: Object) {
        for held in [true, false] {
            let before = self.spans.iter().rev().find(|span| {
                let merged = matches!(&span.what, What::Status(words, _) if words == MERGED);
                span.object == object && !merged && matches!(span.what, What::Held(_)) == held
            });
            if let Some(what) = before.map(|span| span.what.clone()) {
                self.begin(event, object, what);
            }
        }
    }

    /// Ends what lasted so far of this kind, and begins this.
    fn begin(&mut self, event: &Recorded, object: Object, what: What) {
        let held = matches!(what, What::Held(_));
        let same = |span: &&mut Span| {
            span.object == object
                && span.until.is_none()
                && matches!(span.what, What::Held(_)) == held
        };
        if let Some(before) = self.spans.iter_mut().rev().find(same) {
            before.until = Some(event.entry.at);
        }
        self.spans.push(Span {
            object,
            what,
            from: event.entry.at,
            until: None,
            seq: event.seq,
        });
    }
}

/// The hand of an owner.
pub fn hand(owner: &Owner) -> Hand {
    match owner {
        Owner::Nobody => Hand::Queue,
        Owner::Bot => Hand::Bot,
        Owner::Member { id, name } => Hand::Member(*id, name.clone()),
    }
}

fn by(actor: &Actor) -> Hand {
    match actor {
        Actor::Member { id, name, .. } => Hand::Member(*id, name.clone()),
        Actor::Bot { .. } => Hand::Bot,
        Actor::Contact { id } => Hand::Contact(*id),
        Actor::Rule { .. }
        | Actor::Token { .. }
        | Actor::Provider { .. }
        | Actor::System { .. } => Hand::System,
    }
}
