//! Memory: the trail, the one door to it, and the present as it follows from it. The ledger knows
//! no area of the desk; it is told how to apply a fact.

pub mod apart;
mod append;
mod care;
pub mod chance;
pub mod cosign;
mod door;
pub mod entry;
mod erase;
mod grant;
mod heads;
mod home;
pub mod keys;
pub mod note;
mod now;
mod past;
mod readers;
pub mod rebuild;
mod replay;
mod shape;
mod still;
mod store;
pub mod tlog;
pub mod tree;
mod turn;
pub mod verify;
mod writer;

pub use chance::{Chance, Clock};
pub use door::{Happened, Listener, Receipt};
pub use home::{Home, Lock};
pub use now::{Now, Row};
pub use past::Past;
pub use store::{Bind, Cell};
pub use writer::{Recorded, Writer};

use crate::domain::actor::Who;
use crate::domain::event::{DeskEvent, Fact};
use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Fault, Refusal, Result};
use append::Tail;
use care::{Genesis, check_head, damaged, newest_shape, told_shape};
use data_encoding::HEXLOWER;
use door::{Doorkeeper, Request};
use grant::Granted;
use note::{Pen, Verifier};
use now::Picture;
use readers::Readers;
use rusqlite::Connection;
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use store::Use;
use writer::{Book, Later};

/// How the desk writes the rows that follow from a fact.
pub type Apply = fn(&Writer<'_>, &Recorded<'_>) -> Result<()>;

/// A wish: looks at the present, answers with facts or a refusal.
pub type Wish = Box<dyn FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send>;

/// What else happens because of what was just recorded: looks at the present as it stands after it,
/// answers with facts, which join the same commit.
pub type Follow = fn(&Now<'_>, &[Happened]) -> Result<Vec<Fact>>;

/// How many requests may wait for the writing thread before askers wait.
const QUEUE: usize = 512;

/// This program, as written into the trail.
pub const SOFTWARE: &str = concat!("trailbox ", env!("CARGO_PKG_VERSION"));

/// A desk's memory. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

struct Shared {
    home: Home,
    requests: SyncSender<Request>,
    apply: Apply,
    thread: Mutex<Option<JoinHandle<()>>>,
    readers: Arc<Readers>,
    clock: Clock,
    verifier: Arc<RwLock<Verifier>>,
    listeners: Arc<RwLock<Vec<Listener>>>,
    trouble: Arc<RwLock<Option<String>>>,
    _lock: Option<Lock>,
}

/// How a ledger is opened.
pub struct Opening<'a> {
    /// How facts are applied.
    pub apply: Apply,
    /// What follows from facts.
    pub follow: Follow,
    /// The clock that stamps events.
    pub clock: Clock,
    /// Where salts come from.
    pub chance: Chance,
    /// Told when the derived tables have to be rebuilt first: how many events are done.
    pub progress: &'a mut dyn FnMut(u64),
}

/// Whether others may use the desk at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Nobody else: takes the lock.
    Alone,
    /// Beside a process that serves: for commands that read, and record that they did.
    Beside,
}

impl Ledger {
    /// Makes a new desk in an empty folder: key, tables, the first event, the first checkpoint.
    ///
    /// **Refuses:** if a desk lives there already.
    pub fn create(home: &Home, name: &str, opening: Opening<'_>) -> Result<Self> {
        home.make()?;
        let lock = home.lock()?;
        if home.is_inhabited() {
            return Err(Refusal::conflict(format!(
                "there is a desk in {} already",
                home.folder().display()
            ))
            .into());
        }
        let mut chance = opening.chance;
        let origin = format!("{}/{}", slug(name), HEXLOWER.encode(&chance.bytes::<4>()?));
        let seed = match home.key_file().exists() {
            true => home.read_key()?, // a first attempt was cut off after making the key
            false => home.make_key()?,
        };
        let pen = Pen::new(origin.clone(), &seed);
        // Built under another name and renamed, so that a half-made desk is never mistaken for one.
        let unfinished = home.folder().join("trailbox.db.new");
        for suffix in ["", "-wal", "-shm"] {
            std::fs::remove_file(format!("{}{suffix}", unfinished.display())).ok(); // may not exist
        }
        {
            let db = store::open(&unfinished, Use::Write)?;
            shape::create(&db)?;
            let opened = DeskEvent::Opened {
                name: name.to_owned(),
                origin,
                vkey: pen.verifier().text(),
                software: SOFTWARE.to_owned(),
                schema: shape::digest(&shape::made(&db)?),
            };
            let mut tail = Tail::empty();
            db.execute_batch("BEGIN IMMEDIATE").map_err(Fault::from)?;
            let who = Who::system("setup", crate::domain::actor::Door::Cli);
            let at = opening.clock.now();
            let later = Later::default();
            let (book, db) = (
                Book {
                    db: &db,
                    later: &later,
                },
                &db,
            );
            append::append(
                book,
                &mut tail,
                &mut chance,
                opening.apply,
                &who,
                &opened.into(),
                None,
                at,
            )?;
            later.run(db)?;
            let note = pen.sign(tail.edge.size(), &tail.edge.root());
            db.execute("INSERT INTO head (id, note) VALUES (0, ?1)", [&note])
                .map_err(Fault::from)?;
            db.execute(
                "INSERT INTO checkpoint (size, note) VALUES (1, ?1)",
                [&note],
            )
            .map_err(Fault::from)?;
            db.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
                .map_err(Fault::from)?;
        }
        std::fs::rename(&unfinished, home.database()).doing("putting the new desk in place")?;
        Self::start(home, Some(lock), Opening { chance, ..opening })
    }

    /// Opens the desk in a folder.
    ///
    /// **Refuses:** an empty folder, one in use, a missing key, a damaged database; changes nothing
    /// then.
    pub fn open(home: &Home, company: Company, opening: Opening<'_>) -> Result<Self> {
        if !home.is_inhabited() {
            return Err(Refusal::not_found(format!(
                "there is no desk in {}; make one with `trailbox init` or start `trailbox serve`",
                home.folder().display()
            ))
            .into());
        }
        let lock = match company {
            Company::Alone => Some(home.lock()?),
            Company::Beside => None,
        };
        Self::start(home, lock, opening)
    }

    fn start(home: &Home, lock: Option<Lock>, opening: Opening<'_>) -> Result<Self> {
        let path = home.database();
        home.check_database().map_err(damaged)?;
        home.demand_writable()?;
        let mut db = store::open(&path, Use::Write)
            .doing(format!("opening {}", path.display()))
            .map_err(damaged)?;
        // One picture of everything that is compared here: a server beside us goes on writing.
        db.execute_batch("BEGIN").map_err(Fault::from)?;
        let genesis = Genesis::read(&db).map_err(damaged)?;
        let pen = care::pen(&db, home, &genesis, lock.is_some())?;
        let verifier = pen.verifier();
        let (known, wanted) = told_shape(&db)?;
        let tail = if known == wanted {
            let tail = Tail::read(&db).map_err(damaged)?;
            check_head(&db, &verifier, &tail).map_err(damaged)?;
            Some(tail)
        } else if lock.is_some() {
            None
        } else {
            return Err(Refusal::conflict(format!(
                "the desk in {} was last opened by another version of this program; stop the \
                 server and start it again with this one",
                home.folder().display()
            ))
            .into());
        };
        db.execute_batch("COMMIT").map_err(Fault::from)?;
        let (clock, mut chance) = (opening.clock, opening.chance);
        let tail = match tail {
            Some(tail) => tail,
            None => {
                tracing::info!("the shape of the derived tables changed: rebuilding them");
                let (apply, progress) = (opening.apply, opening.progress);
                rebuild_now(&db, &pen, apply, &clock, &mut chance, progress)?
            }
        };
        store::guard(&mut db)?;

        let (requests, inbox) = mpsc::sync_channel(QUEUE);
        let listeners: Arc<RwLock<Vec<Listener>>> = Arc::default();
        let trouble: Arc<RwLock<Option<String>>> = Arc::default();
        let verifier = Arc::new(RwLock::new(verifier));
        let keeper = Doorkeeper {
            home: home.clone(),
            verifier: Arc::clone(&verifier),
            db,
            path: path.clone(),
            log_holds_erased: false,
            later: Later::default(),
            tail,
            pen,
            clock: clock.clone(),
            chance,
            apply: opening.apply,
            follow: opening.follow,
            listeners: Arc::clone(&listeners),
            trouble: Arc::clone(&trouble),
            granted: Granted::default(),
        };
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || keeper.run(inbox))
            .doing("starting the writing thread")?;
        let shared = Shared {
            home: home.clone(),
            requests,
            apply: opening.apply,
            thread: Mutex::new(Some(thread)),
            readers: Readers::new(path),
            clock,
            verifier,
            listeners,
            trouble,
            _lock: lock,
        };
        Ok(Ledger {
            shared: Arc::new(shared),
        })
    }

    /// Grants a wish: it looks at the present and answers with facts, which are recorded and
    /// applied in one transaction and are on disk when this returns.
    ///
    /// **Refuses:** what the wish refuses; nothing is recorded then.
    pub fn record(
        &self,
        who: &Who,
        wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
    ) -> Result<Receipt> {
        let mut results = self.record_each(vec![(who.clone(), Box::new(wish))])?;
        results
            .pop()
            .unwrap_or_else(|| Err(Error::fault("a wish got no answer")))
    }

    /// Grants several wishes, one after the other, each alone; all share one commit.
    pub fn record_each(&self, wishes: Vec<(Who, Wish)>) -> Result<Vec<Result<Receipt>>> {
        self.ask(|answer| Request::Record { wishes, answer })
    }

    /// Grants a wish whose facts name sealed texts and files that have to be forgotten, and forgets
    /// them in the same transaction: they are gone from the facts, from everything that follows
    /// from them, from what members were typing about it, and from the files of the database.
    ///
    /// **Refuses:** what the wish refuses; nothing is recorded or forgotten then.
    /// **Limit:** the derived tables are made again and the database is written anew: others wait
    /// about a minute for each million events.
    pub fn erase(
        &self,
        who: &Who,
        wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
    ) -> Result<Receipt> {
        let (who, wish): (Who, Wish) = (who.clone(), Box::new(wish));
        let mut results = self.ask(|answer| Request::Erase { who, wish, answer })?;
        results
            .pop()
            .unwrap_or_else(|| Err(Error::fault("a wish got no answer")))
    }

    /// The present as one consistent picture.
    pub fn now<'a>(&self, who: &'a Who) -> Result<Now<'a>> {
        let lease = self.shared.readers.lease()?;
        let next = crate::domain::id::Seq(append::size(&lease)?);
        Ok(Now::new(
            Picture::Reading(lease),
            self.shared.clock.now(),
            next,
            who,
        ))
    }

    /// Changes a scratch table: what a member was typing. Neither fact nor derived.
    pub fn scribble(
        &self,
        sql: &'static str,
        values: Vec<(&'static str, Box<dyn Bind + Send>)>,
    ) -> Result<()> {
        let job = move |db: &Connection| -> Result<()> {
            let scratch = shape::SCRATCH.iter().any(|table| {
                ["INSERT INTO ", "DELETE FROM "]
                    .iter()
                    .any(|verb| sql.trim_start().starts_with(&format!("{verb}{table} ")))
            });
            if !scratch {
                return Err(Error::fault(format!("not a scratch table: {sql:.40}")));
            }
            let bound: Vec<(&str, &dyn Bind)> = values
                .iter()
                .map(|(name, value)| (*name, &**value as &dyn Bind))
                .collect();
            let mut statement = db.prepare_cached(sql).map_err(Fault::from)?;
            store::bind_all(&mut statement, &bound)?;
            statement.raw_execute().map_err(Fault::from)?;
            Ok(())
        };
        self.ask(|answer| Request::Scratch {
            job: Box::new(job),
            answer,
        })?
    }

    /// Publishes a checkpoint of the present; answers its signed note.
    pub fn publish_checkpoint(&self) -> Result<String> {
        self.ask(|answer| Request::Publish { answer })?
    }

    /// Told of every commit's facts, on the writing thread: it must be quick and must not record.
    pub fn listen(&self, listener: Listener) {
        self.shared
            .listeners
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(listener);
    }

    /// Why the desk cannot write at the moment, if it cannot.
    pub fn trouble(&self) -> Option<String> {
        self.shared
            .trouble
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The key that verifies this desk's checkpoints from now on.
    pub fn verifier(&self) -> Verifier {
        let verifier = self.shared.verifier.read();
        verifier.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Exchanges the signing key: an event names the new one, a checkpoint over it is signed with
    /// both, and from then on the new one signs. Cut off at any moment, the desk opens again.
    pub fn rotate_key(&self, who: &Who) -> Result<Verifier> {
        let who = who.clone();
        self.ask(|answer| Request::Rotate { who, answer })??;
        Ok(self.verifier())
    }

    /// The data folder.
    pub fn home(&self) -> &Home {
        &self.shared.home
    }

    /// The clock that stamps events.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Ends the writing thread and closes the database; later wishes are refused.
    pub fn close(&self) -> Result<()> {
        self.shared.readers.close();
        let closed = self.ask(|answer| Request::Close { answer });
        let thread = self
            .shared
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            thread
                .join()
                .map_err(|_| Error::fault("the writing thread ended in a panic"))?;
        }
        closed?
    }

    fn ask<T>(&self, request: impl FnOnce(SyncSender<T>) -> Request) -> Result<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        let closed = || Error::from(Refusal::conflict("the desk is closed"));
        self.shared
            .requests
            .send(request(answer))
            .map_err(|_| closed())?;
        answered.recv().map_err(|_| closed())
    }
}

/// Makes the derived tables of the desk in a folder again; answers how many events were applied.
///
/// **Refuses:** while the desk is in use.
pub fn rebuild_in_place(home: &Home, apply: Apply, progress: &mut dyn FnMut(u64)) -> Result<u64> {
    if !home.is_inhabited() {
        let folder = home.folder().display();
        return Err(Refusal::not_found(format!("there is no desk in {folder}")).into());
    }
    let _lock = home.lock()?;
    let db = store::open(&home.database(), Use::Write)?;
    let genesis = Genesis::read(&db)?;
    let pen = care::pen(&db, home, &genesis, true)?;
    let clock = Clock::System;
    let tail = rebuild_now(&db, &pen, apply, &clock, &mut Chance::System, progress)?;
    Ok(tail.edge.size())
}

/// Makes the derived tables again, and records it where their shape is another than before: in the
/// same transaction, so that the trail and the shape never disagree.
///
/// **Refuses:** if the events are not those that were signed; nothing is changed then.
fn rebuild_now(
    db: &Connection,
    pen: &Pen,
    apply: Apply,
    clock: &Clock,
    chance: &mut Chance,
    progress: &mut dyn FnMut(u64),
) -> Result<Tail> {
    let wanted = shape::digest(&shape::made(&shape::fresh()?)?);
    rebuild::in_place(db, apply, progress, &mut |tail| {
        check_head(db, &pen.verifier(), tail).map_err(damaged)?;
        let known = newest_shape(db)?;
        if known == wanted {
            return Ok(());
        }
        let changed = DeskEvent::SchemaChanged {
            from: known,
            to: wanted.clone(),
            software: SOFTWARE.to_owned(),
        };
        let who = Who::system("upgrade", crate::domain::actor::Door::Cli);
        let (fact, now) = (changed.into(), clock.now());
        let later = Later::default();
        let book = Book { db, later: &later };
        append::append(book, tail, chance, apply, &who, &fact, None, now)?;
        later.run(db)?;
        let note = pen.sign(tail.edge.size(), &tail.edge.root());
        db.execute("UPDATE head SET note = ?1 WHERE id = 0", [&note])
            .map_err(Fault::from)?;
        Ok(())
    })
}

/// A name in lower-case letters, digits and hyphens, for the origin of checkpoints.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-').to_owned();
    if slug.is_empty() {
        "desk".to_owned()
    } else {
        slug
    }
}

/// The instant of the newest event, for those who read beside a serving process.
pub fn newest_at(now: &Now<'_>) -> Result<Option<Moment>> {
    now.maybe(
        "SELECT at FROM trail ORDER BY seq DESC LIMIT 1",
        &[],
        |row| row.get("at"),
    )
}
