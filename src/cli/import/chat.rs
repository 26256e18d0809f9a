//! Chats exported by WhatsApp's app: whose they are and when their dates are is found out, or
//! asked for.

use super::desk::{Batch, who};
use super::{Count, Files, open};
use crate::channels::import::whatsapp_chat::{self, Dates, End, Line, Order};
use crate::cli::say;
use crate::desk::{calls, channels, imports};
use crate::domain::calendar::Zone;
use crate::domain::id::ChannelId;
use crate::domain::import::{Article, Author, Chat, Source};
use crate::domain::moment::Moment;
use crate::domain::phone::PhoneNumber;
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Company, Ledger};
use clap::{Args, ValueEnum};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::ExitCode;

/// Messages taken with one wish.
const AT_ONCE: usize = 200;
/// Most names in one chat.
const NAMES_MAX: usize = 5_000;

/// `import whatsapp-chat`
#[derive(Debug, Args)]
pub struct Chats {
    #[command(flatten)]
    files: Files,
    /// The WhatsApp channel the chats were held on
    #[arg(long)]
    channel: String,
    /// The name of the desk in the chats; may be given several times
    #[arg(long, required = true)]
    us: Vec<String>,
    /// The time zone of the phone they were exported from, such as Asia/Karachi
    #[arg(long)]
    zone: String,
    /// The customer's number, where the chat names them otherwise
    #[arg(long)]
    number: Option<String>,
    /// How dates are written, where the chat leaves it open
    #[arg(long, value_enum)]
    dates: Option<DateOrder>,
}

/// How dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DateOrder {
    /// 23/06/2018
    DayFirst,
    /// 06/23/2018
    MonthFirst,
}

/// What a look through a file found.
struct Seen {
    chat: Chat,
    order: Order,
}

impl Chats {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        let zone = Zone::named(&self.zone).map_err(Refusal::invalid)?;
        if self.number.is_some() && self.files.files.len() > 1 {
            let text = "one number is one customer: import their chats one by one";
            return Err(Refusal::invalid(text).into());
        }
        let company = if self.files.dry_run {
            Company::Beside
        } else {
            Company::Alone
        };
        let ledger = self.files.data.open(company)?;
        let (channel, country) = self.channel(&ledger)?;
        let mut all = Vec::new();
        for file in &self.files.files {
            all.push(self.look_through(file, &country)?);
        }
        let count = self.survey(&ledger, &zone, &all)?;
        say::line(&format!(
            "{} messages of {} chats are new, {} are known, {} lines are left out",
            count.articles,
            all.len(),
            count.known,
            count.left()
        ))?;
        count.say_left_out()?;
        if self.files.dry_run {
            say::line("nothing was written: this was a dry run")?;
        } else if count.articles == 0 {
            say::line("nothing to import: all of it was taken before")?;
        } else {
            let (chats, messages) = self.take(&ledger, channel, &zone, &all, &count)?;
            say::line(&format!(
                "imported {messages} messages, {chats} conversations are new"
            ))?;
        }
        crate::cli::close(&ledger)
    }

    fn channel(&self, ledger: &Ledger) -> Result<(ChannelId, String)> {
        let who = who();
        let now = ledger.now(&who)?;
        let found = channels::by_name(&now, &self.channel)?
            .ok_or_else(|| Refusal::not_found(format!("there is no channel {}", self.channel)))?;
        if found.kind != "whatsapp" {
            let text = format!("{} is not a WhatsApp channel", self.channel);
            return Err(Refusal::conflict(text).into());
        }
        let line = calls::lines::to_dial(&now)?.map(|(_, line)| line.country);
        Ok((found.id, line.unwrap_or_default()))
    }

    /// Whose chat a file is, and how its dates are written.
    fn look_through(&self, file: &Path, country: &str) -> Result<Seen> {
        let mut names: BTreeMap<String, u64> = BTreeMap::new();
        let mut dates = Dates::default();
        let end = pass(file, &mut |line| {
            dates.take(&line);
            if let Some(author) = line.author
                && (names.len() < NAMES_MAX || names.contains_key(&author))
            {
                *names.entry(author).or_default() += 1;
            }
            Ok(())
        })?;
        if let End::Cut(line) = end
            && !self.files.up_to_last_whole
        {
            let text = format!(
                "{} is cut off in line {line}; nothing was written. Get the whole file, or take \
                 what is whole with --up-to-last-whole",
                file.display()
            );
            return Err(Refusal::invalid(text).into());
        }
        let others: Vec<&String> = names
            .keys()
            .filter(|name| !self.us.contains(name))
            .collect();
        let listed = names.keys().cloned().collect::<Vec<_>>().join(", ");
        let name = match others.as_slice() {
            [one] => (*one).clone(),
            [] => {
                let text = format!(
                    "{}: only the desk writes in this chat ({listed})",
                    file.display()
                );
                return Err(Refusal::invalid(text).into());
            }
            [_, _, ..] => {
                let text = format!(
                    "{}: several people write in this chat ({listed}); name all who wrote for the \
                     desk with --us, a group chat cannot be imported",
                    file.display()
                );
                return Err(Refusal::invalid(text).into());
            }
        };
        let number = match &self.number {
            Some(text) => Some(PhoneNumber::parse(text, country).map_err(Refusal::invalid)?),
            None => PhoneNumber::parse(&name, country).ok(),
        };
        if number.is_none() {
            let text = format!(
                "{}: the number of {name} is not in the chat; give it with --number",
                file.display()
            );
            return Err(Refusal::invalid(text).into());
        }
        let asked = self.dates.map(|order| match order {
            DateOrder::DayFirst => Order::DayFirst,
            DateOrder::MonthFirst => Order::MonthFirst,
        });
        let order = asked.or_else(|| dates.order()).ok_or_else(|| {
            let text = format!(
                "{}: the dates may have the day or the month first; say which with --dates",
                file.display()
            );
            Refusal::invalid(text)
        })?;
        Ok(Seen {
            chat: Chat { number, name },
            order,
        })
    }

    fn survey(&self, ledger: &Ledger, zone: &Zone, all: &[Seen]) -> Result<Count> {
        let who = who();
        let now = ledger.now(&who)?;
        let mut count = Count::default();
        for (file, seen) in self.files.files.iter().zip(all) {
            self.messages(file, seen, zone, &mut |message| {
                match message {
                    Ok(article) => {
                        let key = format!("article/{}", article.key);
                        if imports::taken(&now, Source::WhatsappChat, &key)?.is_some() {
                            count.known += 1;
                        } else {
                            count.articles += 1;
                        }
                    }
                    Err((why, line)) => {
                        count.leave_out(why, format!("{}:{line}", file.display()));
                    }
                }
                Ok(())
            })?;
        }
        Ok(count)
    }

    fn take(
        &self,
        ledger: &Ledger,
        channel: ChannelId,
        zone: &Zone,
        all: &[Seen],
        count: &Count,
    ) -> Result<(u64, u64)> {
        let mut batch = Batch::begin(ledger, &self.files, Source::WhatsappChat, count)?;
        let (run, bar) = (batch.run, say::Bar::of("taking over", count.articles));
        for (file, seen) in self.files.files.iter().zip(all) {
            let mut some: Vec<Article> = Vec::new();
            self.messages(file, seen, zone, &mut |message| {
                some.extend(message.ok());
                if some.len() >= AT_ONCE {
                    let (some, chat) = (std::mem::take(&mut some), seen.chat.clone());
                    batch.add(Box::new(move |now| {
                        imports::chat(now, run, channel, &chat, &some)
                    }))?;
                    batch.flush()?;
                    bar.at(batch.articles);
                }
                Ok(())
            })?;
            let chat = seen.chat.clone();
            batch.add(Box::new(move |now| {
                imports::chat(now, run, channel, &chat, &some)
            }))?;
            batch.flush()?;
        }
        let taken = batch.end(count)?;
        bar.end();
        Ok(taken)
    }

    /// Hands over each message as an article, or why it is none with its line.
    fn messages(
        &self,
        file: &Path,
        seen: &Seen,
        zone: &Zone,
        each: &mut dyn FnMut(std::result::Result<Article, (String, u64)>) -> Result<()>,
    ) -> Result<()> {
        // Equal messages of one instant are told apart by their running number.
        let mut same: HashMap<String, u64> = HashMap::new();
        let mut last = Moment(i64::MIN);
        pass(file, &mut |line| {
            let at = match at(&line, seen.order, zone) {
                Ok(at) => at,
                Err(why) => return each(Err((why, line.line))),
            };
            let Some(author) = line.author else {
                let why = "a line of the app itself".to_owned();
                return each(Err((why, line.line)));
            };
            if at != last {
                same.clear();
                last = at;
            }
            let number = seen.chat.number.as_ref().map(PhoneNumber::e164);
            let content = format!("{}\n{author}\n{}", number.unwrap_or_default(), line.text);
            let n = same.entry(content.clone()).or_insert(0);
            let whole = format!("{at}\n{n}\n{content}");
            *n += 1;
            let hash = HEXLOWER.encode(&Sha256::digest(whole.as_bytes()));
            let (files, text) = whatsapp_chat::files(&line.text);
            let ours = self.us.contains(&author);
            each(Ok(Article {
                key: hash.chars().take(32).collect(),
                ticket: String::new(),
                author: if ours {
                    Author::Staff
                } else {
                    Author::Customer
                },
                name: author,
                email: None,
                internal: false,
                sent_at: at,
                text,
                files,
            }))
        })?;
        Ok(())
    }
}

fn at(line: &Line, order: Order, zone: &Zone) -> std::result::Result<Moment, String> {
    let [year, month, day] = whatsapp_chat::date(line.date, order)
        .ok_or_else(|| "a message whose date is none in this order".to_owned())?;
    let [hour, minute, second] = line.time;
    let local = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    zone.instant(&local)
        .map_err(|_| "a message whose date is in no calendar".to_owned())
}

fn pass(file: &Path, each: &mut dyn FnMut(Line) -> Result<()>) -> Result<End> {
    whatsapp_chat::each(&mut open(file)?, each).map_err(|error| match error {
        Error::Refusal(mut refusal) => {
            refusal.text = format!("{}: {}", file.display(), refusal.text);
            Error::Refusal(refusal)
        }
        fault @ Error::Fault(_) => fault,
    })
}
