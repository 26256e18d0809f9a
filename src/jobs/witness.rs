//! The witness is asked: each newly published checkpoint is handed to it, at a stop the last one,
//! and at every start the newest one, so that a desk put back from an old copy hears of it at once.

use super::Shared;
use super::bell::Bell;
use crate::channels::witness::{self as line, Answer};
use crate::desk::checkpoints::{self, Witness};
use crate::desk::{audit, proofs::Prover};
use crate::domain::actor::{Door, Who};
use crate::domain::checkpoint::Contradiction;
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::cosign::Cosignature;
use crate::ledger::tlog::Consistency;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often it is looked whether something is to be handed over: a command beside the server may
/// have published it, and a call may have come to nothing.
const LOOK: Duration = Duration::from_secs(60);

/// How long a stop waits for the witness, which may be gone.
const FAREWELL: Duration = Duration::from_secs(2);

/// How soon a call is given up when the desk stops.
const GLANCE: Duration = Duration::from_millis(50);

/// How often one checkpoint is handed over from another size that the witness names.
const ROUNDS: usize = 3;

/// What the hands and the pages share about the witness.
#[derive(Default)]
pub struct Asked {
    /// Rung when there is something to hand over.
    pub bell: Bell,
    trouble: Mutex<Option<Trouble>>,
}

/// Why the last call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// When.
    pub at: Moment,
    /// In plain words.
    pub why: String,
}

/// What came of handing a checkpoint over.
enum Came {
    Signed(Cosignature),
    Contradicted(Contradiction, u64),
}

impl Asked {
    /// Why the last call came to nothing, if it did.
    pub fn trouble(&self) -> Option<Trouble> {
        let trouble = self.trouble.lock();
        trouble.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, trouble: Option<Trouble>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// Asks until told to end.
pub(super) fn run(shared: &Shared) {
    let mut first = true;
    loop {
        shared.attend("asking the witness", || ask(shared, first, None));
        first = false;
        if !shared.witness.bell.wait(LOOK) {
            return;
        }
    }
}

/// Hands over the checkpoint of a stop, after all other hands have ended. A witness that does not
/// answer at once gets it at the next start.
pub(super) fn take_leave(shared: &Shared) {
    let end = Instant::now() + FAREWELL;
    shared.attend("taking leave of the witness", || {
        ask(shared, false, Some(end))
    });
}

fn ask(shared: &Shared, first: bool, end: Option<Instant>) -> Result<()> {
    let who = Who::system("witness", Door::Timer);
    let now = shared.ledger.now(&who)?;
    let newest = audit::checkpoints(&now, 1)?.pop();
    let (Some(witness), Some((size, note))) = (checkpoints::witness(&now)?, newest) else {
        shared.witness.set(None);
        return Ok(());
    };
    let known = checkpoints::newest_of(&now, witness.key.name())?.map(|signed| signed.size);
    drop(now);
    let failing = shared.witness.trouble().is_some();
    if known == Some(size) && !first && !failing {
        return Ok(());
    }
    let known = known.unwrap_or(0);
    let came = hand_over(shared, &who, &witness, (size, &note), known, end)?;
    let name = witness.key.name().to_owned();
    match came {
        Ok(Came::Signed(signed)) => {
            shared.witness.set(None);
            shared.ledger.record(&who, move |now| {
                checkpoints::cosigned(now, size, &name, &signed)
            })?;
        }
        Ok(Came::Contradicted(how, known)) => {
            shared.witness.set(None);
            let receipt = shared.ledger.record(&who, move |now| {
                checkpoints::contradicted(now, size, &name, how, known)
            })?;
            if !receipt.facts.is_empty() {
                tracing::error!("the witness signed another trail of {known} events");
            }
        }
        Err(why) => {
            tracing::warn!("{why}");
            let at = shared.ledger.clock().now();
            shared.witness.set(Some(Trouble { at, why }));
        }
    }
    Ok(())
}

/// Hands a checkpoint over, going on from the size the witness knows.
fn hand_over(
    shared: &Shared,
    who: &Who,
    witness: &Witness,
    (size, note): (u64, &str),
    known: u64,
    end: Option<Instant>,
) -> Result<std::result::Result<Came, String>> {
    let mut old = known;
    for _ in 0..ROUNDS {
        let proof = match old {
            0 => Vec::new(),
            old => Prover::new(&shared.ledger.now(who)?, size)?.consistency(old)?,
        };
        let note = note.to_owned();
        let body = Consistency { old, proof, note }.text();
        match call(shared, witness, &body, end) {
            Ok(Answer::Signed(lines)) => return Ok(signed(witness, &body, &lines)),
            Ok(Answer::Knows(other)) if other > size => {
                return Ok(Ok(Came::Contradicted(Contradiction::RolledBack, other)));
            }
            Ok(Answer::Knows(other)) if other == old => {
                return Ok(Ok(Came::Contradicted(Contradiction::Forked, other)));
            }
            Ok(Answer::Knows(other)) => old = other,
            Ok(Answer::Inconsistent) => {
                return Ok(Ok(Came::Contradicted(Contradiction::Forked, old)));
            }
            Err(why) => return Ok(Err(why)),
        }
    }
    Ok(Err(
        "the witness names another size each time it is asked".to_owned()
    ))
}

/// Calls the witness. A stop of the desk ends the call, not the other way round; so does the time
/// at which it must be over.
fn call(
    shared: &Shared,
    witness: &Witness,
    body: &str,
    end: Option<Instant>,
) -> std::result::Result<Answer, String> {
    let within = Duration::from_secs(witness.wait_s);
    let (url, body) = (witness.url.clone(), body.to_owned());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        tell.send(line::add_checkpoint(&url, &body, within)).ok(); // nobody may wait any more
    });
    loop {
        match told.recv_timeout(GLANCE) {
            Ok(answer) => return answer,
            Err(RecvTimeoutError::Disconnected) => {
                return Err("the call to the witness ended in a panic".to_owned());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let over = match end {
            Some(end) => Instant::now() >= end,
            None => shared.witness.bell.is_closed(),
        };
        if over {
            return Err("the witness gave no answer before the desk stopped".to_owned());
        }
    }
}

/// The cosignature in an answer, if it is one of the key that was set.
fn signed(witness: &Witness, body: &str, lines: &str) -> std::result::Result<Came, String> {
    let note = body.split_once("\n\n").map(|(_, note)| note);
    let found = witness
        .key
        .open(&format!("{}{lines}", note.unwrap_or_default()))
        .map_err(|error| {
            format!("what the witness answered is no signature of the key that is set: {error}")
        })?;
    match found.at() {
        Ok(_) => Ok(Came::Signed(found)),
        Err(error) => Err(format!("the witness signed at an impossible time: {error}")),
    }
}
