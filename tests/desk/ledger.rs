//! The ledger: one door, refusals that leave nothing, and what a desk survives.

use crate::story::busy_desk;

#[test]
fn a_busy_desk_verifies() {
    let kit = busy_desk(560);
    let begun = std::time::Instant::now();
    kit.inspect();
    eprintln!("{} events inspected in {:?}", kit.events(), begun.elapsed());
}
