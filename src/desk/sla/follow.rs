//! What follows for the clocks of cases from facts just recorded, what falls due by the clock on
//! the wall, and what a breach makes happen.

use super::cases::{self, Measure, Pin};
use super::told::{engine, matched, told};
use super::touch::{self, Touch};
use super::{calendars, policies, recount};
use crate::desk::tickets::joins;
use crate::desk::{conversations, tickets};
use crate::domain::actor::{Actor, Door};
use crate::domain::event::{
    ArticleEvent, Cause, ConversationEvent, Event, Fact, SealedReason, SlaEvent, TicketEvent,
};
use crate::domain::id::{ConversationId, Object, Seq, TicketId};
use crate::domain::moment::Moment;
use crate::domain::sla::{Course, Input, Metric, Step, Turn};
use crate::error::Result;
use crate::ledger::{Happened, Now};
use std::collections::BTreeMap;

/// A case on its way through the facts of one wish.
pub(super) struct Case {
    pub object: Object,
    pub pin: Option<Pin>,
    pub measure: Option<Measure>,
    pub course: Course,
    pub status: String,
    pub at: Moment,
}

// Decide

/// What follows for clocks from facts just recorded. Imported records move none: their time is
/// past.
pub fn follow(now: &Now<'_>, news: &[Happened]) -> Result<Vec<Fact>> {
    if now.who().via.door == Door::Import {
        return Ok(Vec::new());
    }
    let mut follower = Follower {
        now,
        cases: BTreeMap::new(),
        facts: Vec::new(),
    };
    for new in news {
        follower.take(new)?;
    }
    Ok(follower.facts)
}

/// Notices what is due or to be warned of in a case, and by which hours it counts now.
pub fn lapse(now: &Now<'_>, object: Object) -> Result<Vec<Fact>> {
    let mut follower = Follower {
        now,
        cases: BTreeMap::new(),
        facts: Vec::new(),
    };
    follower.lapse(object)?;
    Ok(follower.facts)
}

/// Begins to measure a case that was open before there was a policy for it; where none fits, that
/// is said, so that it is looked at once.
pub fn adopt(now: &Now<'_>, object: Object) -> Result<Vec<Fact>> {
    let mut follower = Follower {
        now,
        cases: BTreeMap::new(),
        facts: Vec::new(),
    };
    if let Some(newest) = policies::newest(now)? {
        follower.adopt(object, newest)?;
    }
    Ok(follower.facts)
}

struct Follower<'a> {
    now: &'a Now<'a>,
    cases: BTreeMap<Object, Case>,
    facts: Vec<Fact>,
}

impl Follower<'_> {
    fn take(&mut self, new: &Happened) -> Result<()> {
        match &new.event {
            Event::Sla(SlaEvent::Breached { object, clock, .. }) => {
                self.escalate(*object, *clock, new.seq)?;
            }
            Event::Article(
                ArticleEvent::Failed {
                    article,
                    conversation,
                    ..
                }
                | ArticleEvent::Reported {
                    article: Some(article),
                    conversation: Some(conversation),
                    ..
                },
            ) if recount::is_failure(&new.event) => {
                self.recount(*article, *conversation, new.seq)?;
            }
            Event::Conversation(ConversationEvent::GroupChanged { conversation, .. }) => {
                self.rematch(Object::Conversation(*conversation), new.seq)?;
            }
            Event::Ticket(
                TicketEvent::PriorityChanged { ticket, .. }
                | TicketEvent::TypeChanged { ticket, .. }
                | TicketEvent::GroupChanged { ticket, .. },
            ) => self.rematch(Object::Ticket(*ticket), new.seq)?,
            _ => {} // looked at below, or nothing to clocks
        }
        match touch::of(&new.event, &new.actor) {
            None => Ok(()),
            Some(Touch::Started(id, _)) => self.open(Object::Conversation(id), new.seq),
            Some(Touch::Opened(id, _, _)) => self.open(Object::Ticket(id), new.seq),
            Some(Touch::Joined(id, _)) => {
                let object = Object::Ticket(id);
                self.join(object, new.seq)?;
                self.rematch(object, new.seq)
            }
            Some(Touch::Merged(id, into)) => {
                self.step(Object::Ticket(id), new.seq, Input::Voided)?;
                self.join(Object::Ticket(self.root(into)?), new.seq)
            }
            Some(Touch::Unmerged(id, from)) => {
                self.step(Object::Ticket(id), new.seq, Input::Restored)?;
                let root = Object::Ticket(self.root(from)?);
                let relieved = touch::before(self.now, root, new.seq.0)?.asked
                    && !touch::before(self.now, root, new.seq.0 + 1)?.asked;
                match relieved {
                    true => self.step(root, new.seq, Input::Relieved),
                    false => Ok(()),
                }
            }
            Some(Touch::Said(id, input)) => {
                self.step(Object::Conversation(id), new.seq, input)?;
                for ticket in touch::tickets_of(self.now, id)? {
                    self.step(Object::Ticket(ticket), new.seq, input)?;
                }
                Ok(())
            }
            Some(Touch::Of(object, input)) => self.step(object, new.seq, input),
        }
    }

    /// Where a ticket lives on.
    fn root(&self, id: TicketId) -> Result<TicketId> {
        Ok(joins::merged(self.now, id)?.map_or(id, |(_, root)| root))
    }

    fn open(&mut self, object: Object, seq: Seq) -> Result<()> {
        let traits = cases::traits(self.now, object)?;
        let Some(pin) = cases::fitting(self.now, &traits)? else {
            return Ok(());
        };
        self.begin(object, pin, seq)
    }

    fn adopt(&mut self, object: Object, newest: Seq) -> Result<()> {
        let known = cases::pin(self.now, object)?;
        if known.as_ref().is_some_and(|pin| pin.policy.is_some()) {
            return Ok(());
        }
        let traits = cases::traits(self.now, object)?;
        let next = self.now.next_seq();
        match (cases::fitting(self.now, &traits)?, self.case(object, next)?) {
            (Some(pin), Some(case)) => self.repin(case, pin, newest),
            (Some(pin), None) => {
                let turn = touch::before(self.now, object, next.0)?;
                self.begin_in(object, pin, newest, turn)
            }
            (None, _) => {
                let pin = nothing(traits.priority);
                let measure = cases::measure(self.now, &pin)?;
                let fact = self.fact(matched(object, &pin, &measure), newest);
                self.facts.push(fact);
                Ok(())
            }
        }
    }

    /// Begins to measure a case as it stood after an event.
    fn begin(&mut self, object: Object, pin: Pin, seq: Seq) -> Result<()> {
        let turn = touch::before(self.now, object, seq.0 + 1)?;
        self.begin_in(object, pin, seq, turn)
    }

    fn begin_in(&mut self, object: Object, pin: Pin, seq: Seq, turn: Turn) -> Result<()> {
        let measure = cases::measure(self.now, &pin)?;
        let mut course = Course {
            turn,
            ..Course::default()
        };
        self.facts
            .push(self.fact(matched(object, &pin, &measure), seq));
        let mut steps = Vec::new();
        course.measure(self.now.at(), &measure.terms(), &mut steps);
        let case = Case {
            object,
            pin: Some(pin),
            measure: Some(measure),
            course,
            status: cases::status(self.now, object)?,
            at: self.now.at(),
        };
        self.tell(&case, &steps, seq)?;
        self.cases.insert(object, case);
        Ok(())
    }

    fn step(&mut self, object: Object, seq: Seq, input: Input) -> Result<()> {
        let Some(mut case) = self.case(object, seq)? else {
            return Ok(());
        };
        if let Some(measure) = &case.measure {
            let steps = case.course.step(self.now.at(), input, &measure.terms());
            self.tell(&case, &steps, seq)?;
        }
        self.cases.insert(object, case);
        Ok(())
    }

    /// A ticket took a conversation along, whose customer may be waiting.
    fn join(&mut self, object: Object, seq: Seq) -> Result<()> {
        let Some(mut case) = self.case(object, seq)? else {
            return Ok(());
        };
        let after = touch::before(self.now, object, seq.0 + 1)?;
        let asks = after.asked && !case.course.turn.asked;
        case.course.turn = after;
        if let Some(measure) = case.measure.as_ref().filter(|_| asks) {
            let mut steps = case.course.lapse(self.now.at());
            case.course
                .measure(self.now.at(), &measure.terms(), &mut steps);
            self.tell(&case, &steps, seq)?;
        }
        self.cases.insert(object, case);
        Ok(())
    }

    /// Looks anew which policy fits, and with which targets and hours.
    fn rematch(&mut self, object: Object, seq: Seq) -> Result<()> {
        let traits = cases::traits(self.now, object)?;
        let fits = cases::fitting(self.now, &traits)?;
        let known = self.case(object, Seq(seq.0 + 1))?;
        let Some(case) = known else {
            return fits.map_or(Ok(()), |pin| self.begin(object, pin, seq));
        };
        let pin = fits.unwrap_or_else(|| nothing(traits.priority));
        self.repin(case, pin, seq)
    }

    fn repin(&mut self, mut case: Case, pin: Pin, cause: Seq) -> Result<()> {
        if case.pin.as_ref() == Some(&pin) {
            self.cases.insert(case.object, case);
            return Ok(());
        }
        let next = cases::measure(self.now, &pin)?;
        self.facts
            .push(self.fact(matched(case.object, &pin, &next), cause));
        let before = case.measure.as_ref().map(|measure| &measure.hours);
        let rehoured = case.pin.as_ref().is_none_or(|known| {
            (known.calendar, known.calendar_version) != (pin.calendar, pin.calendar_version)
        });
        let before = before.filter(|_| rehoured);
        let targets: Vec<i64> = case
            .course
            .clocks
            .iter()
            .map(|clock| clock.target_s)
            .collect();
        let steps = case.course.retarget(self.now.at(), before, &next.terms());
        case.pin = Some(pin);
        case.measure = Some(next);
        self.tell_from(&case, &steps, cause, &targets)?;
        self.cases.insert(case.object, case);
        Ok(())
    }

    fn lapse(&mut self, object: Object) -> Result<()> {
        let seq = self.now.next_seq();
        let Some(mut case) = self.case(object, seq)? else {
            return Ok(());
        };
        let at = self.now.at();
        let mut steps = case.course.lapse(at);
        steps.extend(case.course.warn(at));
        let pinned = case.pin.clone();
        for step in &steps {
            if let Some(event) = told(&case, *step, &[]) {
                self.facts.push(Fact::from(event).by(engine()));
            }
        }
        // A calendar that changed since counts from now on.
        let current = pinned.and_then(|pin| pin.calendar.map(|calendar| (pin, calendar)));
        if let Some((mut pin, calendar)) = current
            && let Some(newest) = calendars::get(self.now, calendar)?
            && newest.version != pin.calendar_version
        {
            pin.calendar_version = newest.version;
            self.repin(case, pin, newest.seq)?;
        }
        Ok(())
    }

    fn recount(&mut self, article: Seq, conversation: ConversationId, seq: Seq) -> Result<()> {
        if !recount::was_an_answer(self.now, article)? {
            return Ok(());
        }
        let tickets = touch::tickets_of(self.now, conversation)?;
        let objects = std::iter::once(Object::Conversation(conversation))
            .chain(tickets.into_iter().map(Object::Ticket));
        for object in objects {
            let Some(mut case) = self.case(object, Seq(seq.0 + 1))? else {
                continue;
            };
            let anew = recount::course(self.now, object)?;
            let at = self.now.at();
            for event in recount::corrections(object, &mut case.course, &anew, at) {
                self.facts.push(self.fact(event, seq));
            }
            self.cases.insert(object, case);
        }
        Ok(())
    }

    fn escalate(&mut self, object: Object, clock: Metric, cause: Seq) -> Result<()> {
        let Some(case) = self.case(object, Seq(cause.0 + 1))? else {
            return Ok(());
        };
        let to = case
            .measure
            .as_ref()
            .map_or(0, |measure| measure.policy.escalate_to);
        let pin = case.pin.clone();
        let sealed = SealedReason {
            reason: Some(format!("{} overdue", clock.words())),
        };
        let fact: Option<Fact> = match object {
            Object::Conversation(id) => {
                let from = conversations::get(self.now, id)?.level;
                let conversation = id;
                (from < to).then(|| {
                    ConversationEvent::Escalated {
                        conversation,
                        from,
                        to,
                        sealed,
                    }
                    .into()
                })
            }
            Object::Ticket(id) => {
                let from = tickets::get(self.now, id)?.level;
                let ticket = id;
                (from < to).then(|| {
                    TicketEvent::Escalated {
                        ticket,
                        from,
                        to,
                        sealed,
                    }
                    .into()
                })
            }
            Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => None,
        };
        // One breach a wish is enough to raise it; further ones find it raised.
        let raised = self.facts.iter().any(|known| match (&known.event, object) {
            (Event::Conversation(event), Object::Conversation(id)) => {
                matches!(event, ConversationEvent::Escalated { conversation, .. }
                    if *conversation == id)
            }
            (Event::Ticket(TicketEvent::Escalated { ticket, .. }), Object::Ticket(id)) => {
                *ticket == id
            }
            (_, _) => false,
        });
        if let (Some(fact), Some(pin), false) = (fact, pin, raised) {
            let by = Actor::Rule {
                id: format!("sla-policy-{}", pin.policy.unwrap_or_default()),
                version: pin.policy_version,
            };
            self.facts.push(fact.because(Cause::Event(cause)).by(by));
        }
        self.cases.insert(object, case);
        Ok(())
    }

    /// The case as it stood before an event; none if it is not measured.
    fn case(&mut self, object: Object, seq: Seq) -> Result<Option<Case>> {
        if let Some(mut case) = self.cases.remove(&object) {
            case.course.turn = touch::before(self.now, object, seq.0)?;
            return Ok(Some(case));
        }
        let Some(pin) = cases::pin(self.now, object)? else {
            return Ok(None);
        };
        let measure = cases::measure(self.now, &pin)?;
        Ok(Some(Case {
            object,
            pin: Some(pin),
            measure: Some(measure),
            course: Course {
                clocks: cases::clocks(self.now, object)?,
                turn: touch::before(self.now, object, seq.0)?,
            },
            status: cases::status(self.now, object)?,
            at: self.now.at(),
        }))
    }

    fn tell(&mut self, case: &Case, steps: &[Step], cause: Seq) -> Result<()> {
        self.tell_from(case, steps, cause, &[])
    }

    fn tell_from(
        &mut self,
        case: &Case,
        steps: &[Step],
        cause: Seq,
        targets: &[i64],
    ) -> Result<()> {
        for step in steps {
            if let Some(event) = told(case, *step, targets) {
                self.facts.push(self.fact(event, cause));
            }
        }
        Ok(())
    }

    fn fact(&self, event: SlaEvent, cause: Seq) -> Fact {
        Fact::from(event).because(Cause::Event(cause)).by(engine())
    }
}

/// That no policy fits.
fn nothing(priority: String) -> Pin {
    Pin {
        policy: None,
        policy_version: 0,
        calendar: None,
        calendar_version: 0,
        priority,
    }
}
