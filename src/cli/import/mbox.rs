//! mbox files: looked through once for what belongs together, then taken letter by letter, in the
//! order in which they were written.

use super::desk::{Batch, who};
use super::{Count, Files, open};
use crate::channels::email;
use crate::channels::email::imap::LETTER_MAX;
use crate::channels::import::mbox::{self, End, Escapes, Piece};
use crate::cli::say;
use crate::desk::{channels, imports, intake, mailboxes};
use crate::domain::id::ChannelId;
use crate::domain::import::{Author, Mail, Source, Thread};
use crate::domain::letter::Letter;
use crate::domain::message::email::Mailbox;
use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Refusal, Result};
use crate::ledger::{Company, Ledger, Now};
use clap::Args;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::process::ExitCode;

/// Letters taken with one wish.
const AT_ONCE: usize = 50;
/// Bytes of letters taken with one wish, at most but for the last of them.
const BYTES_AT_ONCE: u64 = 16 * 1024 * 1024;
/// Most letters of one import.
const LETTERS_MAX: usize = 500_000;
/// Earlier letters by which one is put into its thread.
const ANSWERS_MAX: usize = 20;

/// `import mbox`
#[derive(Debug, Args)]
pub struct Mbox {
    #[command(flatten)]
    files: Files,
    /// The mailbox the letters belong to
    #[arg(long)]
    channel: String,
    /// A further address of the desk in the letters; may be given several times
    #[arg(long)]
    us: Vec<String>,
    /// Only lines with `From ` were marked when the file was written, not those with `>From ` too
    #[arg(long)]
    mboxo: bool,
}

/// What is remembered of a letter between looking and taking.
struct Found {
    file: usize,
    piece: (u64, u64),
    at: Option<Moment>,
    key: String,
    names: Vec<String>,
    sent_at: Moment,
    author: Author,
    customer: Option<Mailbox>,
    known: bool,
}

/// The mailbox, and how its letters are read.
struct Shelf {
    channel: ChannelId,
    key: String,
    us: HashSet<String>,
    escapes: Escapes,
    now: Moment,
}

impl Mbox {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        let company = if self.files.dry_run {
            Company::Beside
        } else {
            Company::Alone
        };
        let ledger = self.files.data.open(company)?;
        let (all, mut count, shelf) = {
            let who = who();
            let now = ledger.now(&who)?;
            let shelf = self.shelf(&now)?;
            let mut count = Count::default();
            let all = self.look_through(&now, &shelf, &mut count)?;
            (all, count, shelf)
        };
        let threads = threads(all, &mut count);
        count.articles = fresh(&threads);
        count.threads = threads.len() as u64;
        say::line(&format!(
            "{} letters in {} threads are new, {} are known, {} are left out",
            count.articles,
            threads
                .iter()
                .filter(|(_, letters)| letters.iter().any(|letter| !letter.known))
                .count(),
            count.known,
            count.left()
        ))?;
        count.say_left_out()?;
        if self.files.dry_run {
            say::line("nothing was written: this was a dry run")?;
        } else if count.articles == 0 {
            say::line("nothing to import: all of it was taken before")?;
        } else {
            let (threads, letters) = self.take(&ledger, &shelf, threads, &count)?;
            say::line(&format!(
                "imported {letters} letters, {threads} conversations are new"
            ))?;
        }
        crate::cli::close(&ledger)
    }

    fn shelf(&self, now: &Now<'_>) -> Result<Shelf> {
        let missing = || Refusal::not_found(format!("there is no mailbox {}", self.channel));
        let found = channels::by_name(now, &self.channel)?
            .filter(|found| found.kind == "email")
            .ok_or_else(missing)?;
        let config = mailboxes::config(now, found.id)?;
        let mut us: HashSet<String> = self.us.iter().map(|one| one.to_lowercase()).collect();
        us.insert(config.address.to_lowercase());
        Ok(Shelf {
            channel: found.id,
            key: mailboxes::secret(now, found.id)?.token_key,
            us,
            escapes: match self.mboxo {
                true => Escapes::First,
                false => Escapes::Every,
            },
            now: now.at(),
        })
    }

    fn look_through(&self, now: &Now<'_>, shelf: &Shelf, count: &mut Count) -> Result<Vec<Found>> {
        let mut all: Vec<Found> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        let bar = say::Bar::of("looking through", self.files.files.len() as u64);
        for (n, file) in self.files.files.iter().enumerate() {
            bar.at(n as u64);
            let mut last = None;
            let end = pass(file, &mut |piece| {
                if all.len() >= LETTERS_MAX {
                    let text = format!("there are over {LETTERS_MAX} letters; split the files");
                    return Err(Refusal::invalid(text).into());
                }
                last = Some(all.len());
                let place = format!("{}:{}", file.display(), piece.line);
                if piece.length > LETTER_MAX {
                    let mb = LETTER_MAX / 1024 / 1024;
                    count.leave_out(format!("a letter of over {mb} MB"), place);
                    return Ok(());
                }
                let letter = match shelf.read(&piece.bytes, piece.at) {
                    Ok(letter) => letter,
                    Err(why) => {
                        count.leave_out(format!("what is no letter: {why}"), place);
                        return Ok(());
                    }
                };
                if !seen.insert(letter.provider_id.clone()) {
                    count.leave_out("a letter that stands there twice".to_owned(), place);
                    return Ok(());
                }
                let mut found = shelf.found(n, &piece, letter);
                found.known = intake::article_of(now, &found.key)?.is_some();
                count.known += u64::from(found.known);
                all.push(found);
                Ok(())
            })?;
            match (end, self.files.up_to_last_whole) {
                (End::Whole, _) => {}
                (End::Cut(_), true) => all.truncate(last.unwrap_or(all.len())),
                (End::Cut(line), false) => {
                    let text = format!(
                        "{} is cut off in the letter of line {line}; nothing was written. Get the \
                         whole file, or take what is whole with --up-to-last-whole",
                        file.display()
                    );
                    return Err(Refusal::invalid(text).into());
                }
            }
        }
        bar.end();
        Ok(all)
    }

    fn take(
        &self,
        ledger: &Ledger,
        shelf: &Shelf,
        threads: Vec<(Thread, Vec<Found>)>,
        count: &Count,
    ) -> Result<(u64, u64)> {
        let mut batch = Batch::begin(ledger, &self.files, Source::Mbox, count)?;
        let (run, bar) = (batch.run, say::Bar::of("taking over", count.articles));
        let channel = shelf.channel;
        let mut held = 0;
        for (thread, letters) in threads {
            let fresh: Vec<Found> = letters.into_iter().filter(|one| !one.known).collect();
            for some in fresh.chunks(AT_ONCE) {
                let mut mails = Vec::new();
                for (n, found) in some.iter().enumerate() {
                    let mail = self.mail(shelf, found)?;
                    held += mail.raw.len() as u64;
                    mails.push(mail);
                    if held > BYTES_AT_ONCE || n + 1 == some.len() {
                        let (thread, mails) = (thread.clone(), std::mem::take(&mut mails));
                        batch.add(Box::new(move |now| {
                            imports::letters(now, run, channel, &thread, mails)
                        }))?;
                    }
                    if held > BYTES_AT_ONCE {
                        batch.flush()?;
                        held = 0;
                    }
                }
            }
            bar.at(batch.articles);
        }
        let taken = batch.end(count)?;
        bar.end();
        Ok(taken)
    }

    /// The letter again, from its place in its file.
    fn mail(&self, shelf: &Shelf, found: &Found) -> Result<Mail> {
        let changed = || Refusal::conflict("a file changed while it was being imported");
        let file = self.files.files.get(found.file).ok_or_else(changed)?;
        let (start, length) = found.piece;
        let mut from = std::fs::File::open(file).doing("opening the file again")?;
        from.seek(SeekFrom::Start(start))
            .doing("finding a letter again")?;
        let mut bytes = Vec::new();
        from.take(length)
            .read_to_end(&mut bytes)
            .doing("reading a letter again")?;
        let letter = shelf.read(&bytes, found.at).map_err(|_| changed())?;
        if letter.provider_id != found.key {
            return Err(changed().into());
        }
        let email = letter.email;
        Ok(Mail {
            key: found.key.clone(),
            author: found.author,
            from: email.from.clone().unwrap_or_default(),
            sent_at: found.sent_at,
            email,
            raw: mbox::unescape(&bytes, shelf.escapes),
        })
    }
}

impl Shelf {
    fn read(&self, bytes: &[u8], at: Option<Moment>) -> std::result::Result<Letter, String> {
        let mut mail = email::parse(&mbox::unescape(bytes, self.escapes))?;
        mail.sent_at = mail.sent_at.or(at);
        Ok(mail.letter(&self.key, self.now))
    }

    fn found(&self, file: usize, piece: &Piece, letter: Letter) -> Found {
        let ours = |one: &Mailbox| self.us.contains(&bare(&one.address));
        let email = &letter.email;
        let from = email.from.clone();
        let staff = from.as_ref().is_some_and(ours);
        let customer = match (staff, from) {
            (false, from) => from,
            (true, _) => {
                let mut all = email.to.iter().chain(&email.cc).chain(&email.bcc);
                all.find(|one| !ours(one)).cloned()
            }
        };
        let mut names = letter.answers;
        names.truncate(ANSWERS_MAX);
        Found {
            file,
            piece: (piece.start, piece.length),
            at: piece.at,
            key: letter.provider_id,
            names,
            sent_at: letter.sent_at,
            author: match staff {
                true => Author::Staff,
                false => Author::Customer,
            },
            customer: customer.filter(|one| one.address.contains('@')),
            known: false,
        }
    }
}

/// An address in small letters, without what stands behind a plus sign.
fn bare(address: &str) -> String {
    let address = address.to_lowercase();
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let local = local.split('+').next().unwrap_or_default();
            format!("{local}@{domain}")
        }
        None => address,
    }
}

/// Puts together what belongs together: letters that name each other, or both an earlier one.
fn threads(all: Vec<Found>, count: &mut Count) -> Vec<(Thread, Vec<Found>)> {
    let mut sets = Sets::default();
    let mut roots = Vec::with_capacity(all.len());
    for found in &all {
        let own = sets.of(&found.key);
        for name in &found.names {
            let other = sets.of(name);
            sets.join(own, other);
        }
        roots.push(own);
    }
    let mut grouped: BTreeMap<usize, Vec<Found>> = BTreeMap::new();
    for (found, own) in all.into_iter().zip(roots) {
        grouped.entry(sets.root(own)).or_default().push(found);
    }
    let mut threads = Vec::new();
    for (_, mut letters) in grouped {
        // Letters of one second stay in the order of the file.
        letters.sort_by_key(|found| found.sent_at);
        let writer = letters
            .iter()
            .find(|found| found.author == Author::Customer)
            .and_then(|found| found.customer.clone());
        let customer = writer.or_else(|| letters.iter().find_map(|found| found.customer.clone()));
        let (Some(customer), Some(first), Some(last)) = (customer, letters.first(), letters.last())
        else {
            for found in letters {
                if found.known {
                    continue;
                }
                let place = format!("byte {}", found.piece.0);
                let why = "a thread in which no customer writes or reads".to_owned();
                count.leave_out(why, place);
            }
            continue;
        };
        let mut known: Vec<String> = letters.iter().map(|found| found.key.clone()).collect();
        known.extend(first.names.iter().cloned());
        let thread = Thread {
            key: first.key.clone(),
            customer,
            known,
            started_at: first.sent_at,
            last_at: last.sent_at,
        };
        threads.push((thread, letters));
    }
    threads.sort_by_key(|(thread, _)| thread.started_at);
    threads
}

fn fresh(threads: &[(Thread, Vec<Found>)]) -> u64 {
    let letters = threads.iter().flat_map(|(_, letters)| letters);
    letters.filter(|found| !found.known).count() as u64
}

/// Names that were found to belong together.
#[derive(Default)]
struct Sets {
    places: HashMap<String, usize>,
    above: Vec<usize>,
}

impl Sets {
    fn of(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.above.len();
        self.places.insert(name.to_owned(), place);
        self.above.push(place);
        place
    }

    fn root(&mut self, mut place: usize) -> usize {
        while let Some(above) = self.above.get(place).copied().filter(|one| *one != place) {
            let higher = self.above.get(above).copied().unwrap_or(above);
            if let Some(known) = self.above.get_mut(place) {
                *known = higher; // shorter the next time
            }
            place = above;
        }
        place
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        // The older name stands for both.
        if let Some(above) = self.above.get_mut(one.max(other)) {
            *above = one.min(other);
        }
    }
}

fn pass(file: &Path, each: &mut dyn FnMut(Piece) -> Result<()>) -> Result<End> {
    let max = usize::try_from(LETTER_MAX).unwrap_or(usize::MAX);
    mbox::each(&mut open(file)?, max, each).map_err(|error| match error {
        Error::Refusal(mut refusal) => {
            refusal.text = format!("{}: {}", file.display(), refusal.text);
            Error::Refusal(refusal)
        }
        fault @ Error::Fault(_) => fault,
    })
}
