//! `trailbox erase`: personal content goes for good. Without `--yes` it is only told what would go.

use super::{Data, say};
use crate::desk::privacy::targets;
use crate::desk::privacy::{self, Wanted};
use crate::domain::actor::Who;
use crate::domain::id::{ContactId, Seq};
use crate::domain::privacy::{Ground, Kind, Subject};
use crate::error::{Refusal, Result};
use crate::ledger::{Company, Now};
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// What can be erased.
#[derive(Debug, Subcommand)]
pub enum Erase {
    /// What is known of a customer: conversations, tickets, names, files, payloads
    Contact(Contact),
    /// One article with its files, its versions and the payload it came in
    Article(Article),
}

/// `erase contact`
#[derive(Debug, Args)]
pub struct Contact {
    /// The customer: K-17
    contact: String,
    #[command(flatten)]
    wish: Wish,
}

/// `erase article`
#[derive(Debug, Args)]
pub struct Article {
    /// The number of its event: 18231
    article: u64,
    #[command(flatten)]
    wish: Wish,
}

#[derive(Debug, Args)]
struct Wish {
    #[command(flatten)]
    data: Data,
    /// Why: request, withdrawn, objection, not_needed, unlawful, duty
    #[arg(long)]
    ground: String,
    /// Why in words, without personal data; sealed in the trail
    #[arg(long, default_value = "")]
    words: String,
    /// Only these kinds: messages, notes, files, payloads, contact, tickets, calls, reasons, packs,
    /// searches
    #[arg(long, value_name = "KIND", num_args = 1..)]
    only: Vec<String>,
    /// Erase; without it nothing happens but that you are told what would go
    #[arg(long)]
    yes: bool,
}

impl Erase {
    /// Erases, or tells what would go.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Erase::Contact(command) => {
                let contact: ContactId = command.contact.parse().map_err(Refusal::invalid)?;
                command.wish.run(Subject::Contact(contact))
            }
            Erase::Article(command) => {
                let article = Seq(command.article);
                command.wish.run(Subject::Article(article))
            }
        }
    }
}

impl Wish {
    fn run(self, subject: Subject) -> Result<ExitCode> {
        let ground: Ground = self
            .ground
            .parse()
            .map_err(|text: String| super::usage(&text))?;
        if ground == Ground::Retention {
            return Err(super::usage(
                "retention is the ground of rules, not of people",
            ));
        }
        let kinds: Result<Vec<Kind>, String> = self.only.iter().map(|word| word.parse()).collect();
        let wanted = Wanted {
            subject,
            kinds: kinds.map_err(|text| super::usage(&text))?,
            ground,
            words: self.words,
        };
        let ledger = self.data.open(Company::Beside)?;
        let who = Who::shell();
        let now = ledger.now(&who)?;
        let found = targets::of(&now, subject, &wanted.kinds)?;
        let second = privacy::needs_second(&now)?;
        let held = privacy::holds::over(&now, &found.objects)?;
        drop(now);
        let counts = found.counts().into_iter();
        let rows = counts.map(|(kind, count)| vec![kind.words().to_owned(), count.to_string()]);
        let rows: Vec<Vec<String>> = rows.collect();
        if !rows.is_empty() {
            say::table(&["what", "texts and files"], rows)?;
        }
        if let (false, Some(hold)) = (self.yes, held.first()) {
            let (object, seq) = (hold.object, hold.seq);
            say::remark(&format!(
                "refused as it stands: {object} is held since event {seq}"
            ));
        }
        if !self.yes {
            say::remark("nothing was erased; --yes erases it for good");
            return super::close(&ledger);
        }
        if second {
            ledger.record(&who, move |now: &Now<'_>| privacy::request(now, &wanted))?;
            say::remark("asked for: a second person has to approve it on the page of retention");
            return super::close(&ledger);
        }
        let erased = ledger.erase(&who, move |now: &Now<'_>| privacy::erase(now, &wanted))?;
        let seq = erased.facts.first().map_or(Seq(0), |(seq, _)| *seq);
        say::remark(&format!("erased for good: event {seq}"));
        say::remark("backups and exports made before still hold it; delete them where they are");
        super::close(&ledger)
    }
}
