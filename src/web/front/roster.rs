//! Who is here: one card per connection, the caps on how many there may be, and who has to go when
//! there are too many or one takes too long. Everything is on the front's own thread.

use super::gate::Turned;
use super::seats::{QUEUES, Seats};
use crate::config::Limits;
use std::cell::{Cell, RefCell};
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;

/// A neighbour who has been waited for less than this is not shed for a newcomer of the same
/// address: a flood would only make the two of them take turns.
const YOUNG: Duration = Duration::from_millis(100);
/// How long a refused client may take to read why.
const LINGER: Duration = Duration::from_secs(2);

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Exchanging keys, or between opening and the first byte.
    Greeting,
    /// Kept alive, no request.
    Idle,
    /// Sending a head.
    Head,
    /// Sending a body.
    Body,
    /// Waiting for us; never shed.
    Running,
    /// Taking an answer.
    Answer,
    /// A live stream; never shed for room.
    Live,
    /// Reading why it was refused.
    Linger,
}

/// A connection's card. **Unit:** of `moved`: bytes in this phase.
#[derive(Debug)]
pub(super) struct Card {
    pub slot: Cell<usize>,
    /// None for trusted proxies, which have no cap.
    pub address: Option<IpAddr>,
    pub phase: Cell<Phase>,
    since: Cell<Instant>,
    moved: Cell<u64>,
    progress: Cell<Instant>,
    served: Cell<bool>,
    gone: Cell<bool>,
    /// Whether the client takes nothing more for now.
    pub blocked: Cell<bool>,
    /// Whether hyper is done with the request and asks for the next.
    pub asks_next: Cell<bool>,
    /// Why the body was refused in its middle.
    pub turned: Cell<Option<Turned>>,
    held_bytes: Cell<usize>,
    abort: RefCell<Option<AbortHandle>>,
}

/// The queue of those whose answer is in memory.
const HOLDERS: usize = 3;

/// All cards.
#[derive(Debug)]
pub(super) struct Roster {
    limits: Limits,
    connections: usize,
    seats: RefCell<Seats>,
    /// What all answers in memory hold. **Unit:** bytes.
    answers_bytes: Cell<usize>,
}

impl Card {
    /// Notes bytes taken or given.
    pub(super) fn moves(&self, bytes: usize) {
        self.moved.set(self.moved.get() + bytes as u64);
        self.progress.set(Instant::now());
        self.blocked.set(false);
    }

    /// Gives the card the means to end its connection.
    pub(super) fn hold(&self, abort: AbortHandle) {
        *self.abort.borrow_mut() = Some(abort);
    }

    /// Whether it has used up its patience.
    fn overdue(&self, now: Instant, limits: &Limits) -> bool {
        let spent = now.saturating_duration_since(self.since.get());
        let still = now.saturating_duration_since(self.progress.get());
        let slow = |grace: Duration| {
            let paced = self.moved.get() as f64 / limits.pace_bytes_s.max(1) as f64;
            spent > grace + Duration::from_secs_f64(paced)
        };
        match self.phase.get() {
            Phase::Greeting | Phase::Head => spent > limits.head_time,
            Phase::Idle => spent > limits.idle_time,
            Phase::Body => slow(limits.body_grace),
            Phase::Running => false,
            Phase::Answer => still > limits.answer_stall || slow(limits.answer_stall),
            Phase::Live => self.blocked.get() && still > limits.answer_stall,
            Phase::Linger => spent > LINGER,
        }
    }

    /// The queue it belongs to; none while we do not wait for it.
    pub(super) fn queue(&self) -> Option<usize> {
        match self.phase.get() {
            Phase::Greeting | Phase::Linger => Some(0),
            Phase::Idle | Phase::Head | Phase::Body => Some(usize::from(self.served.get())),
            Phase::Answer if self.held_bytes.get() > 0 => Some(HOLDERS),
            Phase::Answer => Some(2),
            Phase::Running | Phase::Live => None,
        }
    }
}

impl Roster {
    /// An empty roster for at most `connections`.
    pub(super) fn new(limits: &Limits, connections: usize) -> Rc<Self> {
        Rc::new(Roster {
            limits: limits.clone(),
            connections,
            seats: RefCell::default(),
            answers_bytes: Cell::new(0),
        })
    }

    /// How many are here.
    pub(super) fn open(&self) -> usize {
        self.seats.borrow().open
    }

    /// A card for a newcomer. If there is no room, the oldest we wait for goes: of its own address
    /// first if that has too many. None if nobody can go.
    pub(super) fn admit(&self, address: IpAddr, trusted: bool) -> Option<Rc<Card>> {
        let address = (!trusted).then(|| neighbourhood(address));
        if let Some(address) = address {
            let full = {
                let seats = self.seats.borrow();
                let here = seats.by_address.get(&address).map_or(0, Vec::len);
                here >= self.limits.connections_per_address
            };
            if full && !self.shed_neighbour(address) {
                return None;
            }
        }
        if self.open() >= self.connections && !self.shed_one() {
            return None;
        }
        let now = Instant::now();
        let card = Rc::new(Card {
            slot: Cell::new(0),
            address,
            phase: Cell::new(Phase::Greeting),
            since: Cell::new(now),
            moved: Cell::new(0),
            progress: Cell::new(now),
            served: Cell::new(false),
            gone: Cell::new(false),
            blocked: Cell::new(false),
            asks_next: Cell::new(false),
            turned: Cell::new(None),
            held_bytes: Cell::new(0),
            abort: RefCell::new(None),
        });
        self.seats.borrow_mut().seat(&card);
        Some(card)
    }

    /// The card's connection does something else now.
    pub(super) fn enter(&self, card: &Rc<Card>, phase: Phase) {
        if card.gone.get() {
            return;
        }
        let now = Instant::now();
        if card.phase.get() == Phase::Answer {
            card.served.set(true);
        }
        if !matches!(phase, Phase::Answer | Phase::Live) {
            self.release(card);
        }
        card.phase.set(phase);
        card.since.set(now);
        card.progress.set(now);
        card.moved.set(0);
        card.blocked.set(false);
        self.seats
            .borrow_mut()
            .requeue(card.slot.get(), card.queue());
    }

    /// Takes the bytes of an answer into account; the slowest readers go if there are too many.
    pub(super) fn hold_answer(&self, card: &Rc<Card>, bytes: usize) {
        if card.gone.get() {
            return;
        }
        self.release(card);
        card.held_bytes.set(bytes);
        self.answers_bytes.set(self.answers_bytes.get() + bytes);
        self.seats
            .borrow_mut()
            .requeue(card.slot.get(), card.queue());
        while self.answers_bytes.get() > self.limits.answers_in_memory_bytes {
            let oldest = self.seats.borrow().oldest(HOLDERS);
            match oldest {
                Some(oldest) if !Rc::ptr_eq(&oldest, card) => self.shed(&oldest),
                _ => break,
            }
        }
    }

    fn release(&self, card: &Card) {
        let held = card.held_bytes.take();
        self.answers_bytes
            .set(self.answers_bytes.get().saturating_sub(held));
    }

    /// The connection is closed.
    pub(super) fn leave(&self, card: &Card) {
        if !card.gone.replace(true) {
            self.release(card);
            self.seats.borrow_mut().unseat(card);
        }
    }

    /// Ends a connection.
    pub(super) fn shed(&self, card: &Card) {
        self.leave(card);
        if let Some(abort) = card.abort.borrow_mut().take() {
            abort.abort();
        }
    }

    /// Ends the oldest connection that we wait for; false if there is none.
    pub(super) fn shed_one(&self) -> bool {
        let oldest = {
            let seats = self.seats.borrow();
            (0..QUEUES).find_map(|queue| seats.oldest(queue))
        };
        oldest.inspect(|card| self.shed(card)).is_some()
    }

    fn shed_neighbour(&self, address: IpAddr) -> bool {
        let oldest = {
            let seats = self.seats.borrow();
            let slots = seats.by_address.get(&address).into_iter().flatten();
            let seats = slots.filter_map(|slot| seats.slots.get(*slot)?.as_ref());
            let old = |card: &Card| card.since.get().elapsed() >= YOUNG;
            let waiting = seats.filter(|seat| seat.queue.is_some() && old(&seat.card));
            waiting
                .min_by_key(|seat| (seat.queue, seat.card.since.get()))
                .map(|seat| seat.card.clone())
        };
        oldest.inspect(|card| self.shed(card)).is_some()
    }

    /// Ends every connection that has used up its patience.
    pub(super) fn sweep(&self) {
        let now = Instant::now();
        self.shed_where(|card| card.overdue(now, &self.limits));
    }

    /// Ends every connection without a request.
    pub(super) fn shed_idle(&self) {
        self.shed_where(|card| matches!(card.phase.get(), Phase::Idle | Phase::Greeting));
    }

    fn shed_where(&self, which: impl Fn(&Card) -> bool) {
        let cards: Vec<Rc<Card>> = {
            let seats = self.seats.borrow();
            let seats = seats.slots.iter().flatten();
            seats
                .filter(|seat| which(&seat.card))
                .map(|seat| seat.card.clone())
                .collect()
        };
        for card in cards {
            self.shed(&card);
        }
    }
}

/// What counts as one address: an IPv6 customer has a whole /64.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::{Card, Phase, Roster, YOUNG};
    use crate::config::Limits;
    use std::net::IpAddr;
    use std::time::Instant;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([127, 0, 0, last])
    }

    #[test]
    fn the_oldest_we_wait_for_goes_first() {
        let roster = Roster::new(&Limits::default(), 3);
        let running = roster.admit(address(1), false).unwrap();
        roster.enter(&running, Phase::Running);
        let served = roster.admit(address(2), false).unwrap();
        roster.enter(&served, Phase::Answer);
        roster.enter(&served, Phase::Idle);
        let stranger = roster.admit(address(3), false).unwrap();
        let next = roster.admit(address(4), false).unwrap();
        assert!(stranger.gone.get() && !served.gone.get());
        roster.enter(&next, Phase::Live);
        let last = roster.admit(address(5), false).unwrap();
        assert!(served.gone.get() && !next.gone.get() && !running.gone.get());
        roster.enter(&last, Phase::Running);
        assert!(roster.admit(address(6), false).is_none());
        roster.leave(&running);
        roster.leave(&running);
        assert_eq!(roster.open(), 2);
        assert!(roster.admit(address(6), false).is_some());
    }

    fn age(card: &Card) {
        let long_ago = Instant::now().checked_sub(YOUNG).unwrap();
        card.since.set(long_ago);
    }

    #[test]
    fn one_address_has_its_own_cap() {
        let limits = Limits {
            connections_per_address: 2,
            ..Limits::default()
        };
        let roster = Roster::new(&limits, 100);
        let admit = |text: &str| roster.admit(text.parse().unwrap(), false);
        let near = ["2001:db8::1", "2001:db8::2"].map(|text| admit(text).unwrap());
        assert!(admit("2001:db8::3").is_none(), "the young were shed");
        assert!(admit("2001:db8:0:1::1").is_some());
        age(&near[0]);
        assert!(admit("2001:db8::3").is_some());
        let gone: Vec<bool> = near.iter().map(|card| card.gone.get()).collect();
        assert_eq!(gone, [true, false]);
        for _ in 0..10 {
            roster.admit(address(1), true).unwrap();
        }
        assert_eq!(roster.open(), 13);
    }

    #[test]
    fn answers_in_memory_have_a_budget() {
        let limits = Limits {
            answers_in_memory_bytes: 100,
            ..Limits::default()
        };
        let roster = Roster::new(&limits, 10);
        let mut cards = Vec::new();
        for last in 0..4 {
            let card = roster.admit(address(last), false).unwrap();
            roster.enter(&card, Phase::Answer);
            roster.hold_answer(&card, 40);
            cards.push(card);
        }
        let gone: Vec<bool> = cards.iter().map(|card| card.gone.get()).collect();
        assert_eq!(gone, [true, true, false, false]);
        roster.enter(&cards[2], Phase::Idle);
        assert_eq!(roster.answers_bytes.get(), 40);
    }
}
