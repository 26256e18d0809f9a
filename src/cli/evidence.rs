//! `trailbox export evidence` and `trailbox verify --bundle`: bundles made, and checked without a
//! desk.

use super::{Data, say};
use crate::desk::audit::asked::{self, Asked};
use crate::desk::audit::parse_object;
use crate::desk::packs::parse as parse_pack;
use crate::domain::actor::Who;
use crate::domain::audit::{Key, written};
use crate::domain::calendar::Zone;
use crate::domain::id::Object;
use crate::error::{Doing, Refusal, Result};
use crate::evidence::{self, Given, Package, Wanted, What};
use crate::ledger::note::Verifier;
use crate::ledger::verify::Anchor;
use crate::ledger::{Company, Ledger};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `export evidence`
#[derive(Debug, Args)]
pub struct Evidence {
    #[command(flatten)]
    data: Data,
    /// The bundle to write: a zip file if the name ends with .zip, else a folder
    #[arg(long, short, value_name = "DIR|FILE.zip")]
    out: PathBuf,
    /// The case of a ticket with its conversations
    #[arg(long, value_name = "T-…", group = "chosen")]
    ticket: Option<String>,
    /// The case of one conversation
    #[arg(long, value_name = "C-…", group = "chosen")]
    conversation: Option<String>,
    /// Everything about a customer: conversations and tickets too
    #[arg(long, value_name = "K-…", group = "chosen")]
    contact: Option<String>,
    /// A pack: its case, what is pinned to it, its finding
    #[arg(long, value_name = "P-…", group = "chosen")]
    pack: Option<String>,
    /// The whole trail
    #[arg(long, group = "chosen")]
    all: bool,
    /// Sealed fields to leave out: said, media, name …
    #[arg(long, value_name = "FIELD", num_args = 1..)]
    withhold: Vec<String>,
    #[command(flatten)]
    filter: Filter,
}

/// What part of the trail is taken.
#[derive(Debug, Args)]
pub struct Filter {
    /// A question as in the explorer: 'actor:maya is:handoff after:2026-11-01 "courier"'
    #[arg(long)]
    filter: Option<String>,
    /// One actor: M-3, K-17, outbox
    #[arg(long)]
    actor: Option<String>,
    /// One kind of actor: member, bot, rule, contact, token, system, provider
    #[arg(long)]
    kind: Option<String>,
    /// One event or area: ticket.status_changed, ticket
    #[arg(long)]
    event: Option<String>,
    /// What it is about: T-1042, C-88, K-17, H-1, M-3; all of them, if several
    #[arg(long)]
    object: Vec<String>,
    /// From this day or instant on
    #[arg(long)]
    from: Option<String>,
    /// Until this day, or before this instant
    #[arg(long)]
    until: Option<String>,
    /// Articles, tickets and customers with these words
    #[arg(long)]
    text: Option<String>,
}

impl Filter {
    /// The options as one question.
    fn question(&self) -> String {
        let mut question = self.filter.clone().unwrap_or_default();
        let mut add = |key: Key, value: &str| {
            if !question.is_empty() {
                question.push(' ');
            }
            question.push_str(&written(key, value));
        };
        for (key, value) in [
            (Key::Actor, &self.actor),
            (Key::Kind, &self.kind),
            (Key::Event, &self.event),
            (Key::After, &self.from),
            (Key::Until, &self.until),
        ] {
            value.iter().for_each(|value| add(key, value));
        }
        self.object
            .iter()
            .for_each(|object| add(Key::About, object));
        for word in self.text.iter().flat_map(|text| text.split_whitespace()) {
            question.push(' ');
            question.push_str(word);
        }
        question.trim().to_owned()
    }

    /// What the question means at this desk.
    ///
    /// **Refuses:** what cannot be read, pointing at it.
    pub fn read(&self, ledger: &Ledger) -> Result<Asked> {
        let who = Who::shell();
        let asked = asked::ask(&ledger.now(&who)?, &self.question(), &Zone::utc())?;
        if let Some(mistake) = asked.mistakes.first() {
            let (text, pointer) = (&asked.text, mistake.pointer());
            let text = format!("{}\n  {text}\n  {pointer}", mistake.text);
            return Err(Refusal::invalid(text).into());
        }
        Ok(asked)
    }
}

impl Evidence {
    /// Makes a bundle.
    pub fn run(self) -> Result<ExitCode> {
        self.demand()?;
        let package = Package::at(&self.out)?;
        let ledger = self.data.open(Company::Beside)?;
        let what = self.what(&ledger)?;
        let bar = say::Bar::of("taking evidence out", 0);
        let wanted = Wanted {
            what,
            withhold: self.withhold.into_iter().collect(),
        };
        let made = evidence::make(
            &ledger,
            &Who::shell(),
            &wanted,
            package,
            &mut |doing, all, done| bar.doing(doing, all, done),
        )?;
        bar.end();
        say::remark(&format!(
            "{} of {} events in {}, digest {}",
            made.entries,
            made.size,
            self.out.display(),
            made.digest
        ));
        if made.withheld > 0 {
            say::remark(&format!("{} sealed texts were withheld", made.withheld));
        }
        say::remark(&format!(
            "check it anywhere: trailbox verify --bundle {} --vkey {}",
            self.out.display(),
            ledger.verifier().text()
        ));
        super::close(&ledger)
    }

    /// Refuses what says nothing, or two things at once.
    fn demand(&self) -> Result<()> {
        let cases = [&self.ticket, &self.conversation, &self.contact, &self.pack];
        let case = cases.into_iter().any(Option::is_some);
        match (case || self.all, self.filter.question().is_empty()) {
            (true, true) | (false, false) => Ok(()),
            (true, false) => Err(super::usage(
                "a case and the whole trail are taken whole: give no filter with them",
            )),
            (false, true) => Err(super::usage(
                "say what to take: --ticket, --conversation, --contact, --pack, a filter, or --all",
            )),
        }
    }

    fn what(&self, ledger: &Ledger) -> Result<What> {
        let cases = [&self.ticket, &self.conversation, &self.contact];
        if let Some(name) = cases.into_iter().flatten().next() {
            let object = parse_object(name)?;
            let fits = match object {
                Object::Ticket(_) => self.ticket.is_some(),
                Object::Conversation(_) => self.conversation.is_some(),
                Object::Contact(_) => self.contact.is_some(),
                Object::Member(_) | Object::Channel(_) | Object::Group(_) => false,
            };
            if !fits {
                let text = format!("{name} is of another kind than its option says");
                return Err(super::usage(&text));
            }
            return Ok(What::Case(object));
        }
        if let Some(pack) = &self.pack {
            return Ok(What::Pack(parse_pack(pack)?));
        }
        if self.all {
            return Ok(What::All);
        }
        let asked = self.filter.read(ledger)?;
        Ok(What::Filter(Box::new(asked.filter), asked.text))
    }
}

/// Checks a bundle; 3 if something was found.
pub fn verify(
    path: &Path,
    vkey: Option<Verifier>,
    anchors: Vec<Anchor>,
    json: bool,
) -> Result<ExitCode> {
    let bar = say::Bar::new("checking the bundle");
    let given = Given {
        vkey,
        anchors,
        progress: &|done| bar.at(done),
    };
    let verdict = evidence::verify(path, &given).doing("checking the bundle")?;
    bar.end();
    if json {
        say::line(&serde_json::to_string(&verdict)?)?;
    } else {
        verdict.print(&mut anstream::stdout().lock())?;
    }
    Ok(ExitCode::from(verdict.exit_code()))
}
