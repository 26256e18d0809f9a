//! The exchange of the signing key, in an order that survives being cut off anywhere: the new key
//! lies beside the old one, then one commit names it and is signed with both, then its file takes
//! the place of the old one. A desk that was cut off after the commit ends the exchange at its next
//! start.

use super::door::Doorkeeper;
use super::note::Pen;
use crate::domain::actor::Who;
use crate::domain::event::{DeskEvent, Fact};
use crate::error::{Doing, Fault, Result};
use std::sync::PoisonError;

impl Doorkeeper {
    /// Exchanges the key.
    pub(super) fn rotate(&mut self, who: &Who) -> Result<()> {
        let name = self.pen.verifier().name().to_owned();
        // The file of the key that signs now must not be lost to the next one.
        let lying = Pen::new(&*name, &self.home.read_key()?);
        if lying.verifier() != self.pen.verifier() {
            self.home.take_next_key()?;
        }
        let next = Pen::new(&*name, &self.home.make_next_key()?);
        let before = self.tail.clone();
        if let Err(error) = self.begin().and_then(|()| self.name_key(who, &next)) {
            self.tail = before;
            self.later.cut(0);
            self.db.execute_batch("ROLLBACK").ok(); // already ended by SQLite in some errors
            return Err(error);
        }
        *self
            .verifier
            .write()
            .unwrap_or_else(PoisonError::into_inner) = next.verifier();
        self.pen = next;
        self.home.take_next_key()
    }

    /// One commit: the event that names the key, and over it a checkpoint signed with both.
    fn name_key(&mut self, who: &Who, next: &Pen) -> Result<()> {
        let fact: Fact = DeskEvent::KeyRotated {
            from: self.pen.verifier().text(),
            to: next.verifier().text(),
        }
        .into();
        let clock = self.clock.now();
        self.put(who, &fact, None, clock)?;
        self.later.run(&self.db)?;
        let (size, root) = (self.tail.edge.size(), self.tail.edge.root());
        let note = self.pen.sign_with(next, size, &root);
        let size = i64::try_from(size).map_err(Fault::from)?;
        self.db
            .execute("UPDATE head SET note = ?1 WHERE id = 0", [&note])
            .and_then(|_| {
                let sql = "INSERT INTO checkpoint (size, note) VALUES (?1, ?2)";
                self.db.execute(sql, (size, &note))
            })
            .and_then(|_| self.db.execute_batch("COMMIT"))
            .map_err(Fault::from)
            .doing("exchanging the signing key")
    }
}
