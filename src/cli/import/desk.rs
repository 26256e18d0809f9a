//! Zendesk and Zammad: looked through for people, for what is told twice and for what is there,
//! then taken.

use super::{Count, Files, digest, open};
use crate::channels::import::records::{self, End, Record};
use crate::channels::import::zendesk::{Found, People};
use crate::channels::import::{zammad, zendesk};
use crate::cli::say;
use crate::desk::imports;
use crate::domain::actor::{Actor, Door, Who};
use crate::domain::event::Event;
use crate::domain::event::import::ImportEvent;
use crate::domain::id::Seq;
use crate::domain::import::{Article, Opening, Source, Ticket};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Company, Ledger, Wish};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::ExitCode;

/// Threads taken in one commit.
const AT_ONCE: usize = 64;
/// Most people whose names are kept at hand.
const PEOPLE_MAX: usize = 2_000_000;

/// Takes the files over.
///
/// **Refuses:** a file that is cut off, unless what is whole is asked for; what is no JSON.
pub fn run(files: &Files, source: Source) -> Result<ExitCode> {
    let mut people = People::new();
    for file in &files.files {
        let end = pass(file, &mut |record| {
            if let Ok(Found::Person(person)) = read(source, &record, &People::new()) {
                people.insert(person.key.clone(), person);
                if people.len() > PEOPLE_MAX {
                    return Err(Refusal::invalid("there are over 2 million people").into());
                }
            }
            Ok(())
        })?;
        whole(file, end, files.up_to_last_whole)?;
    }
    let company = if files.dry_run {
        Company::Beside
    } else {
        Company::Alone
    };
    let ledger = files.data.open(company)?;
    let twice = told_twice(files, source, &people)?;
    let reading = Reading {
        source,
        people,
        twice,
    };
    let count = survey(&ledger, files, &reading)?;
    let fresh = count.threads + count.articles;
    say::line(&format!(
        "{} tickets and {} articles of {} are new, {} are known, {} records are left out",
        count.threads,
        count.articles,
        source.words(),
        count.known,
        count.left()
    ))?;
    count.say_left_out()?;
    if files.dry_run {
        say::line("nothing was written: this was a dry run")?;
        return crate::cli::close(&ledger);
    }
    if fresh == 0 {
        say::line("nothing to import: all of it was taken before")?;
        return crate::cli::close(&ledger);
    }
    let (threads, articles) = take(&ledger, files, &reading, &count)?;
    say::line(&format!(
        "imported {threads} tickets and {articles} articles"
    ))?;
    crate::cli::close(&ledger)
}

/// Who imports, as the trail writes it.
pub fn who() -> Who {
    let actor = Actor::System {
        id: "import".to_owned(),
    };
    Who::of(actor, Door::Import, None)
}

fn pass(file: &Path, each: &mut dyn FnMut(Record) -> Result<()>) -> Result<End> {
    records::each(&mut open(file)?, each).map_err(|error| match error {
        Error::Refusal(mut refusal) => {
            refusal.text = format!("{}: {}", file.display(), refusal.text);
            Error::Refusal(refusal)
        }
        fault @ Error::Fault(_) => fault,
    })
}

/// Refuses a file that was cut off.
fn whole(file: &Path, end: End, up_to_last_whole: bool) -> Result<()> {
    match end {
        End::Cut(line) if !up_to_last_whole => {
            let text = format!(
                "{} is cut off after line {line}; nothing was written. Get the whole file, or take \
                 what is whole with --up-to-last-whole",
                file.display()
            );
            Err(Refusal::invalid(text).into())
        }
        End::Cut(_) | End::Whole => Ok(()),
    }
}

fn read(source: Source, record: &Record, people: &People) -> Result<Found, String> {
    match source {
        Source::Zendesk => zendesk::read(record, people),
        Source::Zammad => zammad::read(record, people),
        Source::WhatsappChat | Source::Mbox => Err("it is no JSON".to_owned()),
    }
}

/// What is known of the files while their records are read.
struct Reading {
    source: Source,
    people: People,
    /// Tickets whose description is told as a comment too.
    twice: HashSet<String>,
}

impl Reading {
    fn read(&self, record: &Record) -> Result<Found, String> {
        let mut found = read(self.source, record, &self.people)?;
        if let Found::Ticket(ticket) = &mut found
            && self.twice.contains(&ticket.key)
        {
            ticket.articles.retain(|article| !article.is_description());
        }
        Ok(found)
    }
}

/// The tickets whose description a file tells as a comment too; the comment knows more.
fn told_twice(files: &Files, source: Source, people: &People) -> Result<HashSet<String>> {
    let mut described: HashMap<String, Opening> = HashMap::new();
    for file in &files.files {
        pass(file, &mut |record| {
            if let Ok(Found::Ticket(ticket)) = read(source, &record, people) {
                let all = ticket.articles.iter();
                let told = all.filter(|article| article.is_description());
                described.extend(told.map(|one| (one.ticket.clone(), one.opening())));
            }
            Ok(())
        })?;
    }
    let mut twice = HashSet::new();
    if described.is_empty() {
        return Ok(twice);
    }
    for file in &files.files {
        pass(file, &mut |record| {
            if let Ok(Found::Articles(articles)) = read(source, &record, people) {
                let again = articles.into_iter().filter(|article| {
                    let first = described.get(&article.ticket);
                    first.is_some_and(|first| first.is(article.opening()))
                });
                twice.extend(again.map(|article| article.ticket));
            }
            Ok(())
        })?;
    }
    Ok(twice)
}

/// What the files hold, and how much of it is new.
fn survey(ledger: &Ledger, files: &Files, reading: &Reading) -> Result<Count> {
    let source = reading.source;
    let who = who();
    let now = ledger.now(&who)?;
    let mut count = Count::default();
    let mut tickets: HashSet<String> = HashSet::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut news = |key: String, known: bool, count: &mut Count, thread: bool| {
        if !seen.insert(key) {
            return; // the same record in another file
        }
        if known {
            count.known += 1;
        } else if thread {
            count.threads += 1;
        } else {
            count.articles += 1;
        }
    };
    // Tickets first: their comments may stand in a file before them.
    for file in &files.files {
        pass(file, &mut |record| {
            let place = format!("{}:{}", file.display(), record.line);
            match reading.read(&record) {
                Ok(Found::Ticket(ticket)) => {
                    let key = format!("ticket/{}", ticket.key);
                    let known = imports::taken(&now, source, &key)?.is_some();
                    news(key, known, &mut count, true);
                    for article in &ticket.articles {
                        let known = imports::stands(&now, source, article)?;
                        news(format!("article/{}", article.key), known, &mut count, false);
                    }
                    tickets.insert(ticket.key);
                }
                Ok(Found::LeftOut(why)) => count.leave_out(why, place),
                Ok(Found::Person(_) | Found::Articles(_)) => {}
                Err(why) => count.leave_out(why, place),
            }
            Ok(())
        })?;
    }
    for file in &files.files {
        pass(file, &mut |record| {
            let place = format!("{}:{}", file.display(), record.line);
            if let Ok(Found::Articles(articles)) = reading.read(&record) {
                for article in articles {
                    let key = format!("ticket/{}", article.ticket);
                    let here = tickets.contains(&article.ticket)
                        || imports::taken(&now, source, &key)?.is_some();
                    if here {
                        let known = imports::stands(&now, source, &article)?;
                        news(format!("article/{}", article.key), known, &mut count, false);
                    } else {
                        let why = "an article whose ticket is in none of the files".to_owned();
                        count.leave_out(why, place.clone());
                    }
                }
            }
            Ok(())
        })?;
    }
    Ok(count)
}

fn take(ledger: &Ledger, files: &Files, reading: &Reading, count: &Count) -> Result<(u64, u64)> {
    let source = reading.source;
    let mut batch = Batch::begin(ledger, files, source, count)?;
    let (run, all) = (batch.run, count.threads + count.articles);
    let bar = say::Bar::of("taking over", all);
    for file in &files.files {
        pass(file, &mut |record| {
            if let Ok(Found::Ticket(ticket)) = reading.read(&record) {
                let ticket: Ticket = *ticket;
                batch.add(Box::new(move |now| {
                    imports::ticket(now, run, source, &ticket)
                }))?;
                bar.at(batch.threads + batch.articles);
            }
            Ok(())
        })?;
    }
    batch.flush()?;
    for file in &files.files {
        pass(file, &mut |record| {
            if let Ok(Found::Articles(articles)) = reading.read(&record) {
                let articles: Vec<Article> = articles;
                batch.add(Box::new(move |now| {
                    imports::articles(now, run, source, &articles)
                }))?;
                bar.at(batch.threads + batch.articles);
            }
            Ok(())
        })?;
    }
    let taken = batch.end(count)?;
    bar.end();
    Ok(taken)
}

/// Wishes on their way into one commit.
pub struct Batch<'a> {
    /// The desk.
    pub ledger: &'a Ledger,
    /// Who wishes.
    pub who: Who,
    /// What waits.
    pub wishes: Vec<(Who, Wish)>,
    /// Threads taken so far.
    pub threads: u64,
    /// Articles taken so far.
    pub articles: u64,
    /// The event that began it.
    pub run: Seq,
    /// From where.
    pub source: Source,
}

impl<'a> Batch<'a> {
    /// Begins a run.
    pub fn begin(
        ledger: &'a Ledger,
        files: &Files,
        source: Source,
        count: &Count,
    ) -> Result<Batch<'a>> {
        let digests = files.files.iter().map(|file| digest(file));
        let digests = digests.collect::<Result<Vec<String>>>()?;
        let (threads, articles) = (count.threads, count.articles);
        let who = who();
        let begun = ledger.record(&who, move |_| {
            Ok(imports::begin(source, digests, threads, articles))
        })?;
        Ok(Batch {
            ledger,
            who,
            wishes: Vec::new(),
            threads: 0,
            articles: 0,
            run: begun.facts.first().map_or(Seq(0), |(seq, _)| *seq),
            source,
        })
    }

    /// Grants what waits and ends the run; answers how many threads and articles were taken.
    pub fn end(mut self, count: &Count) -> Result<(u64, u64)> {
        self.flush()?;
        let (run, source) = (self.run, self.source);
        let (threads, articles) = (self.threads, self.articles);
        let (known, left_out) = (count.known, count.left());
        self.ledger.record(&self.who, move |_| {
            Ok(imports::finish(
                run, source, threads, articles, known, left_out,
            ))
        })?;
        Ok((threads, articles))
    }

    /// Adds a wish; several are granted together.
    pub fn add(&mut self, wish: Wish) -> Result<()> {
        self.wishes.push((self.who.clone(), wish));
        if self.wishes.len() >= AT_ONCE {
            self.flush()?;
        }
        Ok(())
    }

    /// Grants what waits.
    pub fn flush(&mut self) -> Result<()> {
        let wishes = std::mem::take(&mut self.wishes);
        if wishes.is_empty() {
            return Ok(());
        }
        for granted in self.ledger.record_each(wishes)? {
            for (_, event) in granted?.facts {
                match event {
                    Event::Import(
                        ImportEvent::TicketTaken { .. } | ImportEvent::ConversationTaken { .. },
                    ) => self.threads += 1,
                    Event::Import(ImportEvent::ArticleTaken { .. }) => self.articles += 1,
                    _ => {} // customers that were met on the way
                }
            }
        }
        Ok(())
    }
}
