//! The clock and the dice of the ledger. In production both come from the system; a demo or a test
//! brings its own, so that its story is the same every time.

use crate::domain::moment::Moment;
use crate::error::{Fault, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The clock that stamps events.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's.
    System,
    /// One that is set by hand.
    Hand(Arc<AtomicI64>),
}

/// Where salts come from.
#[derive(Debug, Clone)]
pub enum Chance {
    /// The system's generator, the only one fit for production.
    System,
    /// A seeded one, for demos and tests: everything it makes can be foretold.
    Seeded(fastrand::Rng),
}

impl Clock {
    /// A clock that stands still at an instant until it is set.
    pub fn hand(at: Moment) -> Self {
        Clock::Hand(Arc::new(AtomicI64::new(at.0)))
    }

    /// What it shows.
    pub fn now(&self) -> Moment {
        match self {
            Clock::System => Moment::of_system_clock(),
            Clock::Hand(at) => Moment(at.load(Ordering::SeqCst)),
        }
    }

    /// Sets a clock that is set by hand; the system's is left alone.
    pub fn set(&self, to: Moment) {
        match self {
            Clock::System => {}
            Clock::Hand(at) => at.store(to.0, Ordering::SeqCst),
        }
    }
}

impl Chance {
    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        match self {
            Chance::System => getrandom::fill(&mut bytes).map_err(Fault::from)?,
            Chance::Seeded(dice) => dice.fill(&mut bytes),
        }
        Ok(bytes)
    }
}

/// Random bytes from the system, for tokens and ids made outside the ledger.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    Chance::System.bytes()
}
