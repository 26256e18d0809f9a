//! Rebuilding: the derived tables again from the facts, either in place or in a fresh database
//! beside the live one to compare with.

use super::Apply;
use super::append::{Tail, derive};
use super::entry::Entry;
use super::shape;
use super::store::{Bind, Cell};
use super::tree::Hash;
use super::writer::{Book, Later, Writer};
use crate::domain::event::Event;
use crate::domain::id::{Object, Seq};
use crate::error::{Doing, Error, Fault, Result};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Told while events are gone through: how many are done.
pub type Progress<'a> = &'a mut dyn FnMut(u64);

/// Watches a replay.
pub(super) trait Watch {
    /// An event is about to be applied.
    fn coming(&mut self, _: &Entry) {}

    /// An event was applied.
    fn applied(&mut self, entry: &Entry, event: &Event);

    /// An event could not be read or applied: an error ends the replay, otherwise it goes on.
    fn failed(&mut self, seq: Seq, error: Error) -> Result<()>;

    /// So many are done.
    fn progress(&mut self, done: u64);
}

/// Events read at once.
const PORTION: usize = 512;

/// Portions that are being decoded, at most.
const PORTIONS: usize = 2;

/// An event as it lies in the database: its place, if it has one, its entry and disclosures.
type Lying = (Option<Seq>, Result<(String, Vec<(String, String)>)>);

/// An event as it was understood.
type Understood = (Option<Seq>, Result<(Entry, Hash, Event)>);

/// Applies every event of `from` to `into`, in order; answers the tail. The derived tables of
/// `into` must be empty. Entries are decoded by a second thread, ahead of those being applied.
pub(super) fn replay(
    from: &Connection,
    into: &Connection,
    apply: Apply,
    watch: &mut dyn Watch,
) -> Result<Tail> {
    let later = Later::default();
    let book = Book {
        db: into,
        later: &later,
    };
    let mut player = Player {
        book,
        apply,
        watch,
        tail: Tail::empty(),
    };
    let (give, given) = sync_channel::<Vec<Lying>>(PORTIONS);
    let (tell, told) = sync_channel::<Vec<Understood>>(PORTIONS);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for portion in given {
                let understood = portion.into_iter().map(understand).collect();
                if tell.send(understood).is_err() {
                    return; // the replay ended early
                }
            }
        });
        player.play_all(from, give, &told)
    })?;
    later.run(into)?;
    player.watch.progress(player.tail.edge.size());
    Ok(player.tail)
}

/// Applies events one after the other.
struct Player<'a, 'b> {
    book: Book<'a>,
    apply: Apply,
    watch: &'b mut dyn Watch,
    tail: Tail,
}

impl Player<'_, '_> {
    fn play_all(
        &mut self,
        from: &Connection,
        give: SyncSender<Vec<Lying>>,
        told: &Receiver<Vec<Understood>>,
    ) -> Result<()> {
        let mut events = from
            .prepare("SELECT seq, entry FROM main.event ORDER BY seq")
            .map_err(Fault::from)
            .doing("reading the trail")?;
        let mut rows = events.query([]).map_err(Fault::from)?;
        let (mut under_way, mut more) = (0, true);
        while more || under_way > 0 {
            if more && under_way < PORTIONS {
                let portion = fetch(from, &mut rows)?;
                more = portion.len() == PORTION;
                give.send(portion).map_err(|_| stopped())?;
                under_way += 1;
            } else {
                let portion = told.recv().map_err(|_| stopped())?;
                under_way -= 1;
                self.play(portion)?;
            }
        }
        Ok(())
    }

    fn play(&mut self, portion: Vec<Understood>) -> Result<()> {
        for (seq, understood) in portion {
            let seq = seq.unwrap_or(Seq(self.tail.edge.size()));
            match understood.and_then(|(entry, leaf, event)| self.one(entry, leaf, event)) {
                Ok((entry, event)) => self.watch.applied(&entry, &event),
                Err(error) => self.watch.failed(seq, error)?,
            }
            if seq.0.is_multiple_of(1000) {
                self.book.later.run(self.book.db)?;
                self.watch.progress(seq.0);
            }
        }
        Ok(())
    }

    fn one(&mut self, entry: Entry, leaf: Hash, event: Event) -> Result<(Entry, Event)> {
        let objects = objects(&entry)?;
        self.watch.coming(&entry);
        let writer = Writer::new(self.book, entry.seq);
        let (tail, apply) = (&mut self.tail, self.apply);
        let derived =
            AssertUnwindSafe(|| derive(&writer, tail, &entry, leaf, &event, &objects, apply));
        catch_unwind(derived).unwrap_or_else(|_| Err(Error::fault("applying it panicked")))?;
        Ok((entry, event))
    }
}

fn stopped() -> Error {
    Error::fault("decoding the trail ended in a panic")
}

/// The next events as they lie in the database; fewer than [`PORTION`] are the last.
fn fetch(from: &Connection, rows: &mut rusqlite::Rows<'_>) -> Result<Vec<Lying>> {
    let mut portion = Vec::with_capacity(PORTION);
    while portion.len() < PORTION
        && let Some(row) = rows
            .next()
            .map_err(Fault::from)
            .doing("reading the trail")?
    {
        let lying = match row.get_ref(0).map_err(Fault::from).map(Seq::from_value)? {
            Ok(seq) => (Some(seq), lying(from, seq, row)),
            Err(error) => (None, Err(error)),
        };
        portion.push(lying);
    }
    Ok(portion)
}

fn lying(
    from: &Connection,
    seq: Seq,
    row: &rusqlite::Row<'_>,
) -> Result<(String, Vec<(String, String)>)> {
    let entry = row.get_ref(1).map_err(Fault::from)?;
    let entry = entry.as_str().map_err(Fault::from)?;
    // Only a word is looked for: what the entry says is for the other thread to find out.
    let disclosures = match entry.contains("\"sealed\"") {
        true => disclosures(from, seq)?,
        false => Vec::new(),
    };
    Ok((entry.to_owned(), disclosures))
}

/// Decodes an event. The leaf is computed, not believed.
fn understand((seq, lying): Lying) -> Understood {
    let understood = lying.and_then(|(bytes, disclosures)| {
        let seq = seq.ok_or_else(|| Error::fault("an event has no place"))?;
        let entry: Entry = serde_json::from_str(&bytes)
            .doing_so(|| format!("reading the entry of event {seq}"))?;
        if entry.seq != seq {
            let says = entry.seq;
            return Err(Error::fault(format!("event {seq} says it is {says}")));
        }
        let sealed = match entry.sealed.is_empty() {
            true => Vec::new(),
            false => disclosures,
        };
        let fields: Vec<(String, String)> = sealed
            .into_iter()
            .filter(|(field, _)| !is_file(field))
            .collect();
        let event = entry
            .fact(&fields)
            .doing_so(|| format!("reading event {seq}"))?;
        Ok((entry, Entry::leaf(&bytes), event))
    });
    (seq, understood)
}

/// The objects whose chains the entry continues, as it says itself: what it said when it was
/// written holds, whatever this program would say today.
pub(super) fn objects(entry: &Entry) -> Result<Vec<Object>> {
    let objects = entry.of.iter().map(|(object, _, _)| object.parse());
    objects.collect::<Result<_, String>>().map_err(Error::fault)
}

/// Whether a disclosure of this name speaks of bytes in the `file` table.
pub fn is_file(field: &str) -> bool {
    matches!(field, "raw" | "media")
}

/// The disclosures of an event that are still there.
pub(super) fn disclosures(db: &Connection, seq: Seq) -> Result<Vec<(String, String)>> {
    let mut statement = db
        .prepare_cached("SELECT field, text FROM disclosure WHERE seq = :seq ORDER BY field")
        .map_err(Fault::from)?;
    super::store::bind_all(&mut statement, &[(":seq", &seq as &dyn Bind)])?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(Fault::from)? {
        found.push((
            row.get(0).map_err(Fault::from)?,
            row.get(1).map_err(Fault::from)?,
        ));
    }
    Ok(found)
}

/// Ends at the first event that cannot be applied.
struct Strict<'a>(Progress<'a>);

impl Watch for Strict<'_> {
    fn applied(&mut self, _: &Entry, _: &Event) {}

    fn failed(&mut self, _: Seq, error: Error) -> Result<()> {
        Err(error)
    }

    fn progress(&mut self, done: u64) {
        (self.0)(done);
    }
}

/// The same inside a transaction that others began and will end, on a connection that may drop
/// tables.
pub(super) fn again(db: &Connection, apply: Apply, progress: Progress<'_>) -> Result<Tail> {
    shape::renew(db)?;
    replay(db, db, apply, &mut Strict(progress))
}

/// Makes the derived tables of a database again, in this program's shape. All in one transaction
/// with what `end` does, which sees the tables as they are to be.
pub(super) fn in_place(
    db: &Connection,
    apply: Apply,
    progress: Progress<'_>,
    end: &mut dyn FnMut(&mut Tail) -> Result<()>,
) -> Result<Tail> {
    use rusqlite::config::DbConfig;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)
        .map_err(Fault::from)?;
    db.execute_batch("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE")
        .map_err(Fault::from)?;
    let rebuilt = again(db, apply, progress).and_then(|mut tail| end(&mut tail).map(|()| tail));
    match &rebuilt {
        Ok(_) => db
            .execute_batch("COMMIT")
            .map_err(Fault::from)
            .doing("keeping the rebuild")?,
        Err(_) => db.execute_batch("ROLLBACK").map_err(Fault::from)?,
    }
    db.execute_batch("PRAGMA foreign_keys = ON")
        .map_err(Fault::from)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)
        .map_err(Fault::from)?;
    rebuilt
}

#[cfg(test)]
mod tests {
    use super::super::append::{Tail, append};
    use super::super::care::Genesis;
    use super::super::note::Pen;
    use super::super::store::{self, Use};
    use super::super::verify::{Options, verify};
    use super::super::writer::{Book, Later};
    use super::super::{Apply, Chance, Clock, Company, Home, Ledger, Opening, shape};
    use crate::domain::actor::Who;
    use crate::domain::event::DeskEvent;
    use crate::domain::moment::Moment;

    const APPLY: Apply = |_, _| Ok(());

    #[test]
    fn renewing_a_shape_changes_nothing_of_it() {
        let db = shape::fresh().unwrap();
        let before = shape::digest(&shape::made(&db).unwrap());
        shape::renew(&db).unwrap();
        assert_eq!(shape::digest(&shape::made(&db).unwrap()), before);
        db.execute_batch("CREATE INDEX extra ON trail (door); DROP TRIGGER event_is_appended")
            .unwrap();
        shape::renew(&db).unwrap();
        assert_eq!(shape::digest(&shape::made(&db).unwrap()), before);
    }

    fn opening(progress: &mut dyn FnMut(u64)) -> Opening<'_> {
        Opening {
            apply: APPLY,
            follow: |_, _| Ok(Vec::new()),
            clock: Clock::hand(Moment(1_795_316_400_000)),
            chance: Chance::Seeded(fastrand::Rng::with_seed(4)),
            progress,
        }
    }

    /// Gives the desk another shape, and lets the trail tell of it, as another version would.
    fn reshape(home: &Home) {
        let db = store::open(&home.database(), Use::Write).unwrap();
        db.execute_batch("CREATE INDEX of_old ON trail (door)")
            .unwrap();
        let pen = Pen::new(
            Genesis::read(&db).unwrap().origin,
            &home.read_key().unwrap(),
        );
        let mut tail = Tail::read(&db).unwrap();
        let changed = DeskEvent::SchemaChanged {
            from: String::new(),
            to: shape::digest(&shape::made(&db).unwrap()),
            software: "trailbox 0.0.9".to_owned(),
        };
        let (mut chance, who, at) = (Chance::System, Who::shell(), tail.at);
        let fact = changed.into();
        let later = Later::default();
        let (db, later) = (&db, &later);
        let book = Book { db, later };
        append(book, &mut tail, &mut chance, APPLY, &who, &fact, None, at).unwrap();
        later.run(db).unwrap();
        let note = pen.sign(tail.edge.size(), &tail.edge.root());
        db.execute("UPDATE head SET note = ?1", [note]).unwrap();
    }

    #[test]
    fn an_upgrade_rebuilds_and_tells_so_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let made = Ledger::create(&home, "a desk", opening(&mut |_| {})).unwrap();
        made.close().unwrap();
        drop(made);
        reshape(&home);
        let report = verify(&home, APPLY, &Options::default()).unwrap();
        assert!(report.is_clean(), "{report:?}");
        let remark = report
            .remarks
            .iter()
            .any(|remark| remark.contains("version"));
        assert!(remark, "{report:?}");

        let beside = Ledger::open(&home, Company::Beside, opening(&mut |_| {}));
        let refusal = beside.err().unwrap().to_string();
        assert!(refusal.contains("another version"), "{refusal}");

        let mut told = 0;
        let opened = Ledger::open(&home, Company::Alone, opening(&mut |done| told = done));
        let opened = opened.unwrap();
        let who = Who::shell();
        let events = opened.now(&who).unwrap().next_seq().0;
        assert_eq!((told, events), (2, 3));
        opened.close().unwrap();
        drop(opened);
        let report = verify(&home, APPLY, &Options::default()).unwrap();
        assert!(report.is_clean(), "{report:?}");
    }
}
