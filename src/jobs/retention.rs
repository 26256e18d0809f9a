//! Retention: what is older than the rules of the desk allow is erased, in batches, as an erasure
//! that names rule and version.

use crate::desk::privacy::retention::{self, Occasion};
use crate::domain::actor::{Door, Who};
use crate::error::Result;
use crate::ledger::Ledger;

/// Most batches at once: the rest goes the next time.
const BATCHES_MAX: usize = 8;

/// Erases what is due, unless told to stop between two batches. `done` is the occasion on which
/// nothing was left: looking through everything old happens once a day, and when rules change.
pub fn run(ledger: &Ledger, done: &mut Option<Occasion>, stop: &dyn Fn() -> bool) -> Result<()> {
    let who = Who::system("retention", Door::Timer);
    for _ in 0..BATCHES_MAX {
        // Asked beside those who write first: mostly there is nothing to do.
        let now = ledger.now(&who)?;
        let occasion = retention::occasion(&now)?;
        if *done == Some(occasion) || stop() {
            return Ok(());
        }
        let due = retention::due(&now, 1)?;
        drop(now);
        if due.iter().all(|due| due.targets.is_empty()) {
            *done = Some(occasion);
            return Ok(());
        }
        ledger.erase(&who, retention::run)?;
    }
    Ok(())
}
