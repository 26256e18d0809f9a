//! Retention: what is older than the rules of the desk allow is erased, in batches, as an erasure
//! that names rule and version.

use crate::desk::privacy::retention;
use crate::domain::actor::{Door, Who};
use crate::error::Result;
use crate::ledger::Ledger;

/// Most batches at once: the rest goes the next time.
const BATCHES_MAX: usize = 8;

/// Erases what is due, unless told to stop between two batches.
pub fn run(ledger: &Ledger, stop: &dyn Fn() -> bool) -> Result<()> {
    let who = Who::system("retention", Door::Timer);
    for _ in 0..BATCHES_MAX {
        // Asked beside those who write first: mostly there is nothing to do.
        let due = retention::due(&ledger.now(&who)?, 1)?;
        if stop() || due.iter().all(|due| due.targets.is_empty()) {
            return Ok(());
        }
        ledger.erase(&who, retention::run)?;
    }
    Ok(())
}
