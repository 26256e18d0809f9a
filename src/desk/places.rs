//! How far each hand that reads the trail has come. Scratch: who loses the place finds it again,
//! and what was done already is noticed.

use crate::domain::id::Seq;
use crate::error::Result;
use crate::ledger::{Ledger, Now};

/// Keeps the place up to which a hand has done everything.
pub fn keep(ledger: &Ledger, hand: &str, place: Seq) -> Result<()> {
    ledger.scribble(
        "INSERT INTO place (name, seq) VALUES (:name, :seq)
         ON CONFLICT (name) DO UPDATE SET seq = excluded.seq",
        vec![
            (":name", Box::new(hand.to_owned())),
            (":seq", Box::new(place)),
        ],
    )
}

/// The place a hand has kept, if it has.
pub fn kept(now: &Now<'_>, hand: &str) -> Result<Option<Seq>> {
    now.maybe(
        "SELECT seq FROM place WHERE name = :name",
        &[(":name", &hand)],
        |row| row.get("seq"),
    )
}
