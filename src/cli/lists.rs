//! `trailbox export conversations`, `tickets`, `contacts`: the lists of work as tables.

use super::{Data, say};
use crate::desk::contacts::view::View;
use crate::desk::inbox::{Queue, Sort, Wish};
use crate::desk::tickets::list;
use crate::desk::{channels, groups};
use crate::domain::actor::Who;
use crate::domain::id::{ChannelId, GroupId, MemberId};
use crate::domain::ticket::Priority;
use crate::error::{Error, Refusal, Result};
use crate::export::Format;
use crate::export::lists::{self, List, condition};
use crate::ledger::{Company, Ledger, Now};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Where a list goes, and in which form.
#[derive(Debug, Args)]
pub struct Target {
    #[command(flatten)]
    data: Data,
    /// csv or xlsx
    #[arg(long, default_value = "csv")]
    format: Format,
    /// The file to write; without one it goes to the standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// `export conversations`
#[derive(Debug, Args)]
pub struct Conversations {
    #[command(flatten)]
    into: Target,
    /// unassigned, bot, escalated, waiting, snoozed, closed, spam or all
    #[arg(long, default_value = "all")]
    queue: String,
    /// One group, by its id or name
    #[arg(long)]
    group: Option<String>,
    /// One channel, by its id or name
    #[arg(long)]
    channel: Option<String>,
    /// One tag
    #[arg(long)]
    tag: Option<String>,
    /// waiting, newest, oldest or due
    #[arg(long, default_value = "newest")]
    sort: String,
}

/// `export tickets`
#[derive(Debug, Args)]
pub struct Tickets {
    #[command(flatten)]
    into: Target,
    /// Only those that are not finished
    #[arg(long)]
    unfinished: bool,
    /// One status, by its name
    #[arg(long)]
    status: Option<String>,
    /// One owner: M-3, or none
    #[arg(long)]
    owner: Option<String>,
    /// One group, by its id or name
    #[arg(long)]
    group: Option<String>,
    /// low, normal, high or urgent
    #[arg(long)]
    priority: Option<String>,
    /// One tag
    #[arg(long)]
    tag: Option<String>,
    /// One customer: K-17
    #[arg(long)]
    contact: Option<String>,
}

/// `export contacts`
#[derive(Debug, Args)]
pub struct Contacts {
    #[command(flatten)]
    into: Target,
    /// all, open, silent or blocked
    #[arg(long, default_value = "all")]
    view: String,
    /// Those with these words in name, number or address
    #[arg(long)]
    text: Option<String>,
}

impl Conversations {
    /// Exports.
    pub fn run(self) -> Result<ExitCode> {
        let ledger = self.into.data.open(Company::Beside)?;
        let asked = [
            ("queue", Some(&self.queue)),
            ("group", self.group.as_ref()),
            ("channel", self.channel.as_ref()),
            ("tag", self.tag.as_ref()),
            ("sort", Some(&self.sort)),
        ];
        let question = question(&asked);
        let queue: Queue = read(&self.queue)?;
        if queue == Queue::Mine {
            return Err(super::usage("nobody is signed in here: no queue is yours"));
        }
        let sort: Sort = read(&self.sort)?;
        let wish = {
            let who = Who::shell();
            let now = ledger.now(&who)?;
            Wish {
                queue,
                group: self.group.map(|name| group(&now, &name)).transpose()?,
                channel: self.channel.map(|name| channel(&now, &name)).transpose()?,
                tag: self.tag,
                sort,
                after: None,
            }
        };
        self.into
            .take(&ledger, &List::Conversations(wish), &question)
    }
}

impl Tickets {
    /// Exports.
    pub fn run(self) -> Result<ExitCode> {
        let ledger = self.into.data.open(Company::Beside)?;
        let unfinished = self.unfinished.then(|| "open".to_owned());
        let asked = [
            ("view", unfinished.as_ref()),
            ("status", self.status.as_ref()),
            ("owner", self.owner.as_ref()),
            ("group", self.group.as_ref()),
            ("priority", self.priority.as_ref()),
            ("tag", self.tag.as_ref()),
            ("contact", self.contact.as_ref()),
        ];
        let question = question(&asked);
        let filter = {
            let who = Who::shell();
            let now = ledger.now(&who)?;
            list::Filter {
                unfinished: self.unfinished,
                status: self.status,
                owner: match self.owner.as_deref() {
                    None => None,
                    Some("none") => Some(None),
                    Some(id) => Some(Some(read::<MemberId>(id)?)),
                },
                priority: self
                    .priority
                    .map(|word| read::<Priority>(&word))
                    .transpose()?,
                tag: self.tag,
                contact: self.contact.map(|id| read(&id)).transpose()?,
                group: self.group.map(|name| group(&now, &name)).transpose()?,
                sort: list::Sort::Opened,
                before: None,
            }
        };
        self.into.take(&ledger, &List::Tickets(filter), &question)
    }
}

impl Contacts {
    /// Exports.
    pub fn run(self) -> Result<ExitCode> {
        let ledger = self.into.data.open(Company::Beside)?;
        let view = View::ALL
            .into_iter()
            .find(|view| view.as_str() == self.view);
        let view = view.ok_or_else(|| {
            let text = format!(
                "there is no view {}; views are all, open, silent, blocked",
                self.view
            );
            Error::from(Refusal::invalid(text))
        })?;
        let asked = [("view", Some(&self.view)), ("q", self.text.as_ref())];
        let question = question(&asked);
        let list = match self.text {
            None => List::Contacts(view),
            Some(words) => List::ContactsWith(words),
        };
        self.into.take(&ledger, &list, &question)
    }
}

impl Target {
    fn take(&self, ledger: &Ledger, list: &List, question: &str) -> Result<ExitCode> {
        let bar = say::Bar::new(&format!("exporting {}", list.as_str()));
        let mut out = super::export::output(self.out.as_deref())?;
        let taken = lists::take(
            ledger,
            &Who::shell(),
            list,
            question,
            self.format,
            &mut out,
            &mut |done| bar.at(done),
        )?;
        bar.end();
        drop(out);
        let (rows, digest) = (taken.rows, taken.digest);
        say::remark(&format!(
            "exported {rows} {}, SHA-256 {digest}",
            list.as_str()
        ));
        super::close(ledger)
    }
}

/// What was asked for, as the trail keeps it.
fn question(asked: &[(&str, Option<&String>)]) -> String {
    let asked = asked.iter();
    let conditions = asked.filter_map(|(name, value)| Some(condition(name, (*value)?)));
    conditions.collect::<Vec<_>>().join(" ")
}

fn read<T: std::str::FromStr<Err = String>>(text: &str) -> Result<T> {
    text.parse()
        .map_err(|error: String| Refusal::invalid(error).into())
}

fn group(now: &Now<'_>, name: &str) -> Result<GroupId> {
    let all = groups::list(now)?;
    let found = all
        .iter()
        .find(|group| group.id.to_string() == name || group.name.eq_ignore_ascii_case(name));
    let missing = || Refusal::not_found(format!("there is no group {name}"));
    Ok(found.ok_or_else(missing)?.id)
}

fn channel(now: &Now<'_>, name: &str) -> Result<ChannelId> {
    let all = channels::list(now)?;
    let found = all
        .iter()
        .find(|channel| channel.id.to_string() == name || channel.name == name);
    let missing = || Refusal::not_found(format!("there is no channel {name}"));
    Ok(found.ok_or_else(missing)?.id)
}
