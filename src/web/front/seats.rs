//! Where the cards sit: a slab, and through it the linked queues of those we wait for, so that the
//! oldest of a queue is found, and anyone leaves one, without looking at the others.

use super::roster::Card;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

/// The queues of those we wait for, in the order in which they are shed: those never served, those
/// served before, those that take an answer from a file, those whose answer is in memory. Within a
/// queue the oldest goes first.
pub(super) const QUEUES: usize = 4;
/// All cards by slot, by address and by queue.
#[derive(Debug, Default)]
pub(super) struct Seats {
    pub slots: Vec<Option<Seat>>,
    free: Vec<usize>,
    pub by_address: HashMap<IpAddr, Vec<usize>>,
    ends: [Ends; QUEUES],
    pub open: usize,
}

/// A place in the slab and in one of the linked queues.
#[derive(Debug)]
pub(super) struct Seat {
    pub card: Rc<Card>,
    pub queue: Option<usize>,
    before: Option<usize>,
    after: Option<usize>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Ends {
    oldest: Option<usize>,
    newest: Option<usize>,
}

impl Seats {
    /// Gives a card a slot.
    pub(super) fn seat(&mut self, card: &Rc<Card>) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        card.slot.set(slot);
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(Seat {
                card: card.clone(),
                queue: None,
                before: None,
                after: None,
            });
        }
        if let Some(address) = card.address {
            self.by_address.entry(address).or_default().push(slot);
        }
        self.open += 1;
        self.requeue(slot, card.queue());
    }

    /// Takes a card away.
    pub(super) fn unseat(&mut self, card: &Card) {
        let slot = card.slot.get();
        self.requeue(slot, None);
        if let Some(place) = self.slots.get_mut(slot) {
            *place = None;
            self.free.push(slot);
            self.open -= 1;
        }
        if let Some(address) = card.address
            && let Some(slots) = self.by_address.get_mut(&address)
        {
            slots.retain(|have| *have != slot);
            if slots.is_empty() {
                self.by_address.remove(&address);
            }
        }
    }

    /// The card that has been longest in a queue.
    pub(super) fn oldest(&self, queue: usize) -> Option<Rc<Card>> {
        let slot = self.ends.get(queue)?.oldest?;
        Some(self.slots.get(slot)?.as_ref()?.card.clone())
    }

    fn at(&mut self, slot: usize) -> Option<&mut Seat> {
        self.slots.get_mut(slot)?.as_mut()
    }

    /// Takes a seat out of its queue and puts it at the young end of another.
    pub(super) fn requeue(&mut self, slot: usize, queue: Option<usize>) {
        let Some(seat) = self.at(slot) else { return };
        let (old, before, after) = (seat.queue.take(), seat.before.take(), seat.after.take());
        seat.queue = queue;
        if let Some(old) = old {
            match before {
                Some(before) => self
                    .at(before)
                    .into_iter()
                    .for_each(|seat| seat.after = after),
                None => self
                    .ends
                    .get_mut(old)
                    .into_iter()
                    .for_each(|ends| ends.oldest = after),
            }
            match after {
                Some(after) => self
                    .at(after)
                    .into_iter()
                    .for_each(|seat| seat.before = before),
                None => self
                    .ends
                    .get_mut(old)
                    .into_iter()
                    .for_each(|ends| ends.newest = before),
            }
        }
        let Some(ends) = queue.and_then(|queue| self.ends.get_mut(queue)) else {
            return;
        };
        let newest = ends.newest.replace(slot);
        if newest.is_none() {
            ends.oldest = Some(slot);
        }
        if let Some(seat) = self.at(slot) {
            seat.before = newest;
        }
        if let Some(seat) = newest.and_then(|newest| self.at(newest)) {
            seat.after = Some(slot);
        }
    }
}
