//! The stage: carries the plan out through the one door of the ledger, with the deciders every page
//! and every job uses, at the time each step has in the story. What the provider tells goes in as
//! raw payloads, which are kept, parsed and decided as ever.

use super::cast::{CHANNEL, Calendar, SHOP, WORKERS};
use super::days::Days;
use super::deeds::{Act, Known, member};
use super::dice::Dice;
use super::files;
use super::habits::habits;
use super::hook;
use super::plan::{Came, Deed, FileKind, News, Step, What, provider_id};
use super::shop;
use super::thread::AGAIN;
use crate::channels::whatsapp::{parse, templates};
use crate::desk::deliveries::{self, Outcome};
use crate::desk::sla::{calendars, policies};
use crate::desk::{self, bot, channels, groups, intake, labels, macros, notifications, rules};
use crate::desk::{settings, sla};
use crate::domain::actor::{Actor, Door, Who};
use crate::domain::calendar::hours::{DAYS, Timetable};
use crate::domain::event::Fact;
use crate::domain::id::{ChannelId, Seq};
use crate::domain::label::{Colour, List};
use crate::domain::moment::{MINUTE_MS, Moment};
use crate::error::{Doing, Error, Result};
use crate::ledger::{Clock, Ledger, Now, Wish};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The group that new conversations wait for.
const QUEUE: &str = "Customer care";
/// Wishes that share a commit: the more, the seldomer a page that grows is written.
const BATCH: usize = 6_000;
/// Refusals that are remembered.
const REFUSALS: usize = 100;
/// How often the clock is looked at: what fell due, and who is to be told. **Unit:** milliseconds.
const TICK_MS: i64 = 10 * MINUTE_MS;
/// News of sent messages that wait for a payload to go along with.
const STATUSES: usize = 60;

/// Where the plan is carried out.
pub struct Stage {
    seed: u64,
    story: Calendar,
    channel: ChannelId,
    known: Shared,
    /// Statuses on their way, each with the number of its customer.
    statuses: Vec<Value>,
    batch: Vec<Timed>,
    door: Option<SyncSender<Vec<Timed>>>,
    behind: Option<JoinHandle<Result<Played>>>,
    requests: u64,
    ticks_at: Moment,
}

/// What came of the whole play.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Played {
    /// Wishes that were granted.
    pub granted: u64,
    /// Why the desk refused wishes; a story in order has none.
    pub refused: Vec<String>,
}

struct Timed {
    at: Moment,
    who: Who,
    wish: Wish,
    /// Whether what its facts name goes for good.
    erases: bool,
}

/// Shared by the wishes, which are granted one after the other.
type Shared = Arc<Mutex<Known>>;

impl Stage {
    /// A stage on a new ledger whose clock is set by hand.
    pub fn new(ledger: &Ledger, seed: u64, story: Calendar) -> Result<Self> {
        let (door, batches) = sync_channel::<Vec<Timed>>(1);
        let behind = {
            let ledger = ledger.clone();
            std::thread::Builder::new()
                .name("demo-door".to_owned())
                .spawn(move || play(&ledger, &batches))
                .doing("starting the demo")?
        };
        Ok(Stage {
            seed,
            story,
            channel: ChannelId(1),
            known: Shared::default(),
            statuses: Vec::new(),
            batch: Vec::new(),
            door: Some(door),
            behind: Some(behind),
            requests: 0,
            ticks_at: story.at(0, 0, 0),
        })
    }

    /// When the number is connected: the evening before the first day, once there are groups.
    pub fn connects_at(&self) -> Moment {
        self.story.at(-1, 18, 40)
    }

    /// Connects the number, before anybody writes.
    pub fn connect(&mut self) -> Result<()> {
        let wanted = channels::Wanted {
            name: CHANNEL.to_owned(),
            title: format!("{SHOP} on WhatsApp"),
            config: config("http://127.0.0.1:1"),
            secret: channels::Secret {
                token: "demo-token".to_owned(),
                app_secret: "demo-app-secret".to_owned(),
                verify_token: "demo-verify".to_owned(),
            },
            group: None,
        };
        let channel = self.channel;
        let listed = json!({"data": shop::templates()});
        let told = templates::page(&listed)
            .templates
            .into_iter()
            .map(|spec| {
                Ok(channels::Template {
                    name: spec.name.clone(),
                    language: spec.language.clone(),
                    status: spec.status.clone(),
                    category: spec.category.clone(),
                    body: serde_json::to_value(spec)?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let at = self.connects_at();
        let noor = self.worker(0)?;
        self.wish(at, noor.clone(), move |now| {
            let mut wanted = wanted;
            wanted.group = groups::list(now)?
                .into_iter()
                .find(|group| group.name == QUEUE)
                .map(|group| group.id);
            channels::add(now, wanted)
        })?;
        self.wish(at.plus_ms(1_000), noor.clone(), |now| {
            calendars::set(now, None, "Shop hours", shop_hours())
        })?;
        // The stories tell of their own escalations: a breach is only marked.
        self.wish(at.plus_ms(2_000), noor.clone(), |now| {
            policies::start(now, "Asia/Karachi", 0)
        })?;
        self.wish(at.plus_ms(4_000), noor.clone(), move |now| {
            channels::sync_templates(now, channel, told)
        })?;
        self.wish(at.plus_ms(9_000), noor.clone(), |now| {
            labels::add(now, List::Tag, "Courier late", Colour::Amber)
        })?;
        for (seconds, habit) in (10..).zip(habits()) {
            let at = at.plus_ms(seconds * 1_000);
            self.wish(at, noor.clone(), move |now| {
                macros::save(now, None, habit.name, true, habit.actions)
            })?;
        }
        self.wish(at.plus_ms(30_000), noor, rules::auto_close)
    }

    /// Carries out one step.
    pub fn step(&mut self, step: Step, days: &Days, chats: &[usize]) -> Result<()> {
        let Step { at, chat, what } = step;
        while self.ticks_at <= at {
            self.tick(self.ticks_at)?;
            self.ticks_at = self.ticks_at.plus_ms(TICK_MS);
        }
        match what {
            What::News(news) => {
                let customer = chats.get(chat).and_then(|number| days.customer(*number));
                let Some(customer) = customer else {
                    return Ok(());
                };
                let change = hook::change(self.seed, chat, at, &news, customer);
                match news {
                    News::Status(_, _, code) => {
                        self.statuses.push(change);
                        // A failure is told at once: somebody acts on it.
                        if code.is_some() || self.statuses.len() >= STATUSES {
                            self.payload(at, None)?;
                        }
                        Ok(())
                    }
                    News::Message { no, .. } => self.payload(at, Some((change, chat, Some(no)))),
                    News::Reaction(..) | News::Edit(..) | News::Revoke(..) => {
                        self.payload(at, Some((change, chat, None)))
                    }
                }
            }
            What::Deed(worker, deed) => {
                let who = match deed {
                    Deed::LogInFails => Who::system("signin", Door::Web),
                    _ => self.worker(worker)?,
                };
                let (known, seed) = (Arc::clone(&self.known), self.seed);
                let erases = matches!(deed, Deed::Erase(..));
                if erases {
                    self.flush()?; // erasing is a transaction of its own
                }
                self.wish(at, who, move |now| {
                    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                    let act = Act {
                        now,
                        seed,
                        chat,
                        worker,
                    };
                    let facts = act.deed(&mut known, deed)?;
                    known.learn(now, chat, None, &facts);
                    Ok(facts)
                })?;
                if !erases {
                    return Ok(());
                }
                if let Some(last) = self.batch.last_mut() {
                    last.erases = true;
                }
                self.flush()
            }
            What::Attempt(no) => self.on_article(at, "outbox", chat, no, deliveries::attempt),
            What::Settle(no, came) => {
                let again = matches!(came, Came::TakenAgain);
                let name = if again { no + AGAIN } else { no };
                let provider_id = provider_id(self.seed, chat, name);
                self.on_article(at, "outbox", chat, no, move |now, article| {
                    let outcome = match came {
                        Came::Taken | Came::TakenAgain => Outcome::Accepted { provider_id },
                        Came::Lost => Outcome::Doubted {
                            text: "the connection closed before an answer".to_owned(),
                        },
                        Came::Later(ms) => Outcome::Deferred {
                            code: None,
                            text: "WhatsApp could not be reached".to_owned(),
                            next_at: now.at().plus_ms(ms),
                        },
                    };
                    deliveries::settle(now, article, outcome)
                })
            }
            What::Fetched(no, kind) => {
                let mut dice = Dice::new(self.seed, 0xf11e ^ (chat as u64) << 16 ^ no as u64);
                let (media_type, bytes) = match kind {
                    FileKind::Picture => ("image/png", files::picture(&mut dice)),
                    FileKind::Voice => ("audio/opus", files::voice(dice.between(3, 40) as u32)),
                };
                self.on_article(at, "media", chat, no, move |now, article| {
                    deliveries::media_fetched(now, article, media_type, bytes)
                })
            }
        }
    }

    /// Ends the play: what still waits is told, everything is on disk.
    pub fn end(mut self, at: Moment) -> Result<Played> {
        if !self.statuses.is_empty() {
            self.payload(at, None)?;
        }
        self.tick(at)?;
        // From here on, customers who write for the first time are met by the bot.
        let (noor, channel) = (self.worker(0)?, self.channel);
        self.wish(at, noor, move |now| {
            let mut facts = settings::set(now, "bot.order_pattern", "NM-#####")?;
            facts.extend(bot::switch(now, channel, true)?);
            Ok(facts)
        })?;
        self.flush()?;
        drop(self.door.take());
        match self.behind.take().map(JoinHandle::join) {
            Some(Ok(played)) => played,
            Some(Err(_)) | None => Err(Error::fault("the demo ended in a panic")),
        }
    }

    /// What happens by the clock.
    fn tick(&mut self, at: Moment) -> Result<()> {
        self.wish(at, Who::system("timer", Door::Timer), |now| {
            let mut facts = Vec::new();
            for object in sla::cases::due(now)? {
                desk::add(&mut facts, sla::lapse(now, object)?);
            }
            Ok(facts)
        })?;
        self.wish(at, Who::system("notifications", Door::Timer), |now| {
            notifications::tell(now, &notifications::to_tell(now)?, |_, _| false)
        })
    }

    /// A payload with what a customer did, if anybody did anything, and the statuses that wait.
    fn payload(&mut self, at: Moment, news: Option<(Value, usize, Option<usize>)>) -> Result<()> {
        let mut changes: Vec<Value> = Vec::new();
        let mut whose = Vec::new();
        if let Some((change, chat, no)) = news {
            changes.push(change);
            whose.push((chat, no));
        }
        if !self.statuses.is_empty() {
            changes.push(hook::statuses(std::mem::take(&mut self.statuses)));
        }
        let bytes = hook::body(changes, at).to_string().into_bytes();
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
        let updates = parse::parse(&bytes, at).map_err(|unreadable| {
            Error::fault(format!("the demo wrote a bad payload: {}", unreadable.why))
        })?;
        let (channel, count) = (self.channel, updates.len() as u64);
        let mut who = Who::system("webhook", Door::Webhook);
        who.via.request = Some(self.request());
        let known = Arc::clone(&self.known);
        self.wish(at, who, move |now| {
            let facts = channels::keep_payload(now, channel, digest, bytes)?;
            known.lock().unwrap_or_else(PoisonError::into_inner).payload = now.next_seq();
            Ok(facts)
        })?;
        let who = Who::system("intake", Door::Webhook);
        for (place, update) in updates.into_iter().enumerate() {
            let known = Arc::clone(&self.known);
            let whose = whose.get(place).copied();
            self.wish(at, who.clone(), move |now| {
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                let facts = intake::receive(now, channel, known.payload, &update)?;
                if let Some((chat, no)) = whose {
                    known.learn(now, chat, no, &facts);
                }
                Ok(facts)
            })?;
        }
        let known = Arc::clone(&self.known);
        self.wish(at, who, move |now| {
            let payload = known.lock().unwrap_or_else(PoisonError::into_inner).payload;
            channels::payload_read(now, payload, count)
        })
    }

    /// Something the outbox or the fetching of files does with message `no` of a chat.
    fn on_article(
        &mut self,
        at: Moment,
        part: &str,
        chat: usize,
        no: usize,
        wish: impl FnOnce(&Now<'_>, Seq) -> Result<Vec<Fact>> + Send + 'static,
    ) -> Result<()> {
        let known = Arc::clone(&self.known);
        self.wish(at, Who::system(part, Door::Timer), move |now| {
            let article = known
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .article(chat, no)?;
            wish(now, article)
        })
    }

    fn wish(
        &mut self,
        at: Moment,
        who: Who,
        wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
    ) -> Result<()> {
        self.batch.push(Timed {
            at,
            who,
            wish: Box::new(wish),
            erases: false,
        });
        if self.batch.len() >= BATCH {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        let gone = || Error::fault("the demo's writing ended early");
        self.door
            .as_ref()
            .ok_or_else(gone)?
            .send(batch)
            .map_err(|_| gone())
    }

    fn worker(&mut self, place: usize) -> Result<Who> {
        let request = self.request();
        let worker = WORKERS
            .get(place)
            .ok_or_else(|| Error::fault(format!("there is no worker {place}")))?;
        let actor = Actor::Member {
            id: member(place),
            name: worker.name.to_owned(),
            role: worker.role,
        };
        Ok(Who::of(actor, Door::Web, Some(request)))
    }

    fn request(&mut self) -> String {
        self.requests += 1;
        format!(
            "{:08x}",
            Dice::new(self.seed, 0x4e9 << 32 | self.requests).number() as u32
        )
    }
}

/// What the demo's number is connected to.
pub fn config(base_url: &str) -> channels::Config {
    channels::Config {
        phone_number_id: hook::PHONE_NUMBER_ID.to_owned(),
        waba_id: hook::WABA_ID.to_owned(),
        display_number: hook::DISPLAY_NUMBER.to_owned(),
        base_url: base_url.to_owned(),
        version: "v25.0".to_owned(),
    }
}

/// Takes batches through the door. The clock stands at each wish's time: a wish sets it for the one
/// after it.
fn play(ledger: &Ledger, batches: &Receiver<Vec<Timed>>) -> Result<Played> {
    let mut played = Played::default();
    while let Ok(batch) = batches.recv() {
        let times: Vec<Moment> = batch.iter().map(|timed| timed.at).collect();
        let Some(first) = times.first() else { continue };
        ledger.clock().set(*first);
        if batch.iter().any(|timed| timed.erases) {
            for timed in batch {
                ledger.erase(&timed.who, timed.wish)?; // alone in its batch
                played.granted += 1;
            }
            continue;
        }
        let next = times.iter().skip(1).copied().map(Some).chain([None]);
        let wishes = batch.into_iter().zip(next).map(|(timed, next)| {
            let clock: Clock = ledger.clock().clone();
            let wish = timed.wish;
            let then: Wish = Box::new(move |now| {
                let facts = wish(now);
                if let Some(next) = next {
                    clock.set(next);
                }
                facts
            });
            (timed.who, then)
        });
        for result in ledger.record_each(wishes.collect())? {
            match result {
                Ok(_) => played.granted += 1,
                Err(Error::Refusal(refusal)) if played.refused.len() < REFUSALS => {
                    played.refused.push(refusal.text);
                }
                Err(Error::Refusal(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        ledger.publish_checkpoint()?;
    }
    Ok(played)
}

/// From nine to midnight every day, as the three shifts answer.
fn shop_hours() -> Timetable {
    let day = || vec![["09:00".to_owned(), "24:00".to_owned()]];
    Timetable {
        tz: "Asia/Karachi".to_owned(),
        weekly: DAYS.iter().map(|name| (name.to_string(), day())).collect(),
        ..Timetable::default()
    }
}
