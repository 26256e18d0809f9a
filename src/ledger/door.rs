//! The one door: wishes that arrive together run in one transaction and share one fsync. How each
//! of them is granted alone is told in `grant`.

use super::append::{Tail, one, size};
use super::chance::{Chance, Clock};
use super::grant::Granted;
use super::home::Home;
use super::note::{Pen, Verifier};
use super::writer::Later;
use super::{Apply, Follow, Wish};
use crate::domain::actor::{Actor, Door, Who};
use crate::domain::event::{AuditEvent, Event, Fact};
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Fault, Refusal, RefusalKind, Result};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, RwLock};
use std::time::Duration;

/// Most requests that share one commit.
const BATCH_MAX: usize = 256;

/// What came of a wish that was granted.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The facts with their places, in order. None if there was nothing to do.
    pub facts: Vec<(Seq, Event)>,
    /// What followed from them, recorded in the same commit.
    pub followed: Vec<(Seq, Event)>,
    /// When they were recorded.
    pub at: Moment,
}

/// A fact just recorded, for those who look what follows from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// Its place.
    pub seq: Seq,
    /// Who did it.
    pub actor: Actor,
    /// The event it follows from.
    pub cause: Option<Seq>,
    /// What happened.
    pub event: Event,
}

/// What is asked of the writing thread.
pub(super) enum Request {
    /// Wishes, each alone.
    Record {
        wishes: Vec<(Who, Wish)>,
        answer: SyncSender<Vec<Result<Receipt>>>,
    },
    /// A change of scratch tables.
    Scratch {
        job: Scratch,
        answer: SyncSender<Result<()>>,
    },
    /// Exchange the signing key.
    Rotate {
        who: Who,
        answer: SyncSender<Result<()>>,
    },
    /// Publish a checkpoint of the present.
    Publish { answer: SyncSender<Result<String>> },
    /// A wish whose facts name what is to be forgotten: granted, and forgotten in one transaction.
    Erase {
        who: Who,
        wish: Wish,
        answer: SyncSender<Vec<Result<Receipt>>>,
    },
    /// Fold the write-ahead log into the database and end.
    Close { answer: SyncSender<Result<()>> },
}

/// A change of a scratch table.
pub(super) type Scratch = Box<dyn FnOnce(&Connection) -> Result<()> + Send>;

/// Told after each commit what was recorded.
pub type Listener = Box<dyn Fn(&[(Seq, Event)]) + Send + Sync>;

/// The writing thread's belongings.
pub(super) struct Doorkeeper {
    pub home: Home,
    pub verifier: Arc<RwLock<Verifier>>,
    pub db: Connection,
    pub path: PathBuf,
    /// Whether the log may still hold what was erased.
    pub log_holds_erased: bool,
    pub later: Later,
    pub tail: Tail,
    pub pen: Pen,
    pub clock: Clock,
    pub chance: Chance,
    pub apply: Apply,
    pub follow: Follow,
    pub listeners: Arc<RwLock<Vec<Listener>>>,
    pub trouble: Arc<RwLock<Option<String>>>,
    pub granted: Granted,
}

type Answers = Vec<(SyncSender<Vec<Result<Receipt>>>, Vec<Result<Receipt>>)>;

impl Doorkeeper {
    /// Serves requests until the last sender is gone or asked to close.
    pub fn run(mut self, requests: Receiver<Request>) {
        while let Ok(first) = requests.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH_MAX
                && let Ok(next) = requests.try_recv()
            {
                batch.push(next);
            }
            let mut closing = None;
            let mut turns = Vec::new();
            let (mut work, mut erasures) = (Vec::new(), Vec::new());
            for request in batch {
                match request {
                    Request::Close { answer } => closing = Some(answer),
                    Request::Rotate { who, answer } => turns.push((who, answer)),
                    Request::Erase { who, wish, answer } => erasures.push((who, wish, answer)),
                    other => work.push(other),
                }
            }
            if !work.is_empty() {
                self.serve(work);
            }
            for (who, answer) in turns {
                answer.send(self.rotate(&who)).ok(); // the asker may have gone; the key stays
            }
            for (who, wish, answer) in erasures {
                let answers = vec![(answer, vec![self.erase(who, wish)])];
                self.tell(&answers, None);
                self.answer(answers);
            }
            if self.log_holds_erased {
                self.empty_log(Duration::ZERO);
            }
            if let Some(answer) = closing {
                let folded = self
                    .db
                    .query_row("PRAGMA wal_checkpoint", [], |_| Ok(()))
                    .map_err(Fault::from)
                    .doing("folding the write-ahead log into the database");
                drop(self); // the last connection of all to a database removes the log as well
                answer.send(folded).ok(); // nobody waits any more: nothing left to tell
                return;
            }
        }
    }

    fn serve(&mut self, work: Vec<Request>) {
        let before = self.tail.clone();
        if let Err(error) = self.begin() {
            self.give_up(work, &error);
            return;
        }
        let begun = self.tail.edge.size();
        let mut answers: Answers = Vec::new();
        let mut quiet: Vec<(SyncSender<Result<()>>, Result<()>)> = Vec::new();
        let (mut publish, mut scratch) = (Vec::new(), Vec::new());
        for request in work {
            match request {
                Request::Record { wishes, answer } => {
                    let results = wishes.into_iter().map(|(who, wish)| self.grant(who, wish));
                    answers.push((answer, results.collect()));
                }
                Request::Scratch { job, answer } => scratch.push((job, answer)),
                Request::Publish { answer } => publish.push(answer),
                // taken out before
                Request::Close { .. } | Request::Rotate { .. } | Request::Erase { .. } => {}
            }
        }
        // Behind the wishes: what has to be written once more for one of them is facts alone.
        for (job, answer) in scratch {
            let done = self.still_writing().and_then(|()| job(&self.db));
            quiet.push((answer, done));
        }
        let grown = self.tail.edge.size() > begun;
        let finished = self.finish(grown, !publish.is_empty());
        self.granted = Granted::default();
        match finished {
            Ok((note, published)) => {
                self.set_trouble(None);
                self.tell(&answers, published);
                self.answer(answers);
                for (answer, done) in quiet {
                    answer.send(done).ok();
                }
                for answer in publish {
                    answer.send(Ok(note.clone())).ok();
                }
            }
            Err(error) => {
                self.tail = before;
                self.later.cut(0);
                self.db.execute_batch("ROLLBACK").ok(); // already ended by SQLite in some errors
                let why = self.unavailable(&error);
                for (answer, results) in answers {
                    let refused = results.into_iter().map(|result| match result {
                        Ok(_) => Err(why.clone().into()),
                        Err(error) => Err(error),
                    });
                    answer.send(refused.collect()).ok();
                }
                for (answer, _) in quiet {
                    answer.send(Err(why.clone().into())).ok();
                }
                for answer in publish {
                    answer.send(Err(why.clone().into())).ok();
                }
            }
        }
    }

    fn answer(&self, answers: Answers) {
        for (answer, results) in answers {
            answer.send(results).ok(); // the asker may have gone; the facts stay
        }
    }

    /// Begins the transaction, and looks whether a command beside us has appended in between.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.db
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(Fault::from)
            .doing("beginning to write")?;
        let size = size(&self.db)?;
        if size != self.tail.edge.size() {
            match self.read_tail() {
                Ok(tail) => self.tail = tail,
                Err(error) => {
                    self.db.execute_batch("ROLLBACK").map_err(Fault::from)?;
                    return Err(error);
                }
            }
        }
        self.granted = Granted::since(&self.tail);
        Ok(())
    }

    fn read_tail(&self) -> Result<Tail> {
        let vkey = super::care::newest_vkey(&self.db, true)?;
        if vkey.is_some_and(|vkey| vkey != self.pen.verifier().text()) {
            let text = "the desk's signing key was exchanged meanwhile; begin again";
            return Err(Refusal::conflict(text).into());
        }
        Tail::read(&self.db)
    }

    /// Signs the new head and commits; answers the note of the present, and the event that tells
    /// of it if it is published now.
    pub(super) fn finish(
        &mut self,
        grown: bool,
        publish: bool,
    ) -> Result<(String, Option<(Seq, Event)>)> {
        self.still_writing()?;
        let known = match publish {
            true => self.published()?,
            false => None,
        };
        let publish = publish && known.is_none();
        let mut told = None;
        if publish {
            // Told in the trail, so that a checkpoint taken away is missed.
            let size = self.tail.edge.size() + 1;
            let fact: Fact = AuditEvent::CheckpointPublished { size }.into();
            let clock = self.clock.now();
            let seq = self.put(&Who::system("checkpoint", Door::Timer), &fact, None, clock)?;
            told = Some((seq, fact.event));
        }
        self.later.run(&self.db)?;
        let edge = &self.tail.edge;
        let note = self.pen.sign(edge.size(), &edge.root());
        let write = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            self.db
                .prepare_cached(sql)
                .and_then(|mut statement| statement.execute(values))
                .map_err(Fault::from)
        };
        if grown || publish {
            let changed = write("UPDATE head SET note = ?1 WHERE id = 0", &[&note])?;
            if changed == 0 {
                write("INSERT INTO head (id, note) VALUES (0, ?1)", &[&note])?;
            }
        }
        if publish {
            write(
                "INSERT INTO checkpoint (size, note) VALUES (?1, ?2)",
                &[&(edge.size() as i64), &note],
            )?;
        }
        self.db
            .execute_batch("COMMIT")
            .map_err(Fault::from)
            .doing("committing")?;
        // One that was published is the same for ever: the keys that signed it may be others.
        Ok((known.unwrap_or(note), told))
    }

    /// A full disk or a failing one makes SQLite end the whole transaction by itself. What was
    /// granted before is gone then, and whatever is written next would stand alone.
    pub(super) fn still_writing(&self) -> Result<()> {
        if self.db.is_autocommit() {
            return Err(Error::fault("the transaction was lost: is the disk full?"));
        }
        Ok(())
    }

    /// The note that was published over exactly the events there are.
    fn published(&self) -> Result<Option<String>> {
        let size = self.tail.edge.size();
        let sql = "SELECT note FROM checkpoint WHERE size = :size";
        one(&self.db, sql, &[(":size", &size)])
    }

    fn tell(&self, answers: &Answers, published: Option<(Seq, Event)>) {
        let listeners = self
            .listeners
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if listeners.is_empty() {
            return;
        }
        let recorded: Vec<(Seq, Event)> = answers
            .iter()
            .flat_map(|(_, results)| results)
            .filter_map(|result| result.as_ref().ok())
            .flat_map(|receipt| receipt.facts.iter().chain(&receipt.followed).cloned())
            .chain(published)
            .collect();
        if recorded.is_empty() {
            return;
        }
        for listener in listeners.iter() {
            listener(&recorded);
        }
    }

    fn give_up(&self, work: Vec<Request>, error: &Error) {
        let why = self.unavailable(error);
        for request in work {
            match request {
                Request::Record { wishes, answer } => {
                    answer
                        .send(wishes.iter().map(|_| Err(why.clone().into())).collect())
                        .ok();
                }
                Request::Scratch { answer, .. }
                | Request::Rotate { answer, .. }
                | Request::Close { answer } => {
                    answer.send(Err(why.clone().into())).ok();
                }
                Request::Publish { answer } => {
                    answer.send(Err(why.clone().into())).ok();
                }
                Request::Erase { answer, .. } => {
                    answer.send(vec![Err(why.clone().into())]).ok();
                }
            }
        }
    }

    fn unavailable(&self, error: &Error) -> Refusal {
        tracing::error!("the desk cannot write: {error}");
        self.set_trouble(Some(error.to_string()));
        Refusal::of(
            RefusalKind::Unavailable,
            format!(
                "the desk cannot write right now ({error}); nothing was changed, reading works"
            ),
        )
    }

    fn set_trouble(&self, trouble: Option<String>) {
        let mut place = self
            .trouble
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        *place = trouble;
    }
}
