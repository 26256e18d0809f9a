//! Life: customers who write while somebody watches. They begin chats, answer what they are
//! answered, send a photo, quote, react; and they sleep when nobody has used the desk for a while,
//! so that an idle night does not fill the disk.

use super::cast::{Customer, LANGUAGES, Language, SHOP};
use super::days::slots;
use super::dice::Dice;
use super::files;
use super::graph::Graph;
use super::hook::DISPLAY_NUMBER;
use super::texts::{TOPICS, book};
use crate::desk::{contacts, inbox};
use crate::domain::actor::{Actor, Door, Who};
use crate::domain::event::{ArticleEvent, Event};
use crate::domain::id::ContactId;
use crate::domain::moment::{MINUTE_MS, Moment};
use crate::error::{Doing, Result};
use crate::ledger::Ledger;
use serde_json::json;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// Customers sleep once nobody has used the desk for this long. **Unit:** milliseconds.
pub const SLEEP_MS: i64 = 30 * MINUTE_MS;
/// The most messages in one run.
const MESSAGES: u32 = 5_000;
/// Chats that are under way at the same time.
const CHATS: usize = 24;
/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(500);

/// The customers' thread; it ends when told to.
pub struct Life {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Tells when somebody used the desk last.
pub type Used = Box<dyn Fn() -> Moment + Send>;

impl Life {
    /// Lets customers write to the desk through the emulator.
    pub fn start(ledger: &Ledger, graph: Arc<Graph>, used: Used) -> Result<Self> {
        let (tell, heard) = channel();
        let tell = Mutex::new(tell);
        ledger.listen(Box::new(move |facts| {
            for (_, event) in facts {
                if let (Event::Article(ArticleEvent::Queued { contact, .. }), Ok(tell)) =
                    (event, tell.lock())
                {
                    tell.send(*contact).ok(); // nobody listens once the customers are gone
                }
            }
        }));
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let who = Who::system("demo", Door::Cli);
        let now = ledger.now(&who)?;
        let (seed, at) = (now.next_seq().0, now.at());
        drop(now);
        let mut crowd = Crowd {
            ledger: ledger.clone(),
            graph,
            used,
            heard,
            dice: Dice::new(seed, 0x11fe),
            born: seed,
            next_at: at.plus_ms(8_000),
            chats: HashMap::new(),
            said: 0,
        };
        let thread = std::thread::Builder::new()
            .name("demo-life".to_owned())
            .spawn(move || {
                while !told.load(Ordering::Acquire) {
                    if let Err(error) = crowd.tick() {
                        tracing::warn!("the demo's customers: {error}");
                    }
                    std::thread::sleep(TICK);
                }
            })
            .doing("starting the demo's customers")?;
        Ok(Life {
            stop,
            thread: Some(thread),
        })
    }

    /// Ends it.
    pub fn stop(mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A panic of it has been printed already.
            thread.join().ok();
        }
    }
}

/// Somebody who is writing with the desk.
struct Chat {
    customer: Customer,
    turns: u32,
    /// When they write next, if they mean to.
    next_at: Option<Moment>,
}

struct Crowd {
    ledger: Ledger,
    graph: Arc<Graph>,
    used: Used,
    heard: Receiver<ContactId>,
    dice: Dice,
    born: u64,
    next_at: Moment,
    chats: HashMap<String, Chat>,
    said: u32,
}

impl Crowd {
    fn tick(&mut self) -> Result<()> {
        let at = self.ledger.clock().now();
        for contact in self.heard.try_iter().collect::<Vec<_>>() {
            self.answered(contact, at)?;
        }
        let asleep = at.ms_since((self.used)()) > SLEEP_MS || self.said >= MESSAGES;
        if asleep {
            self.next_at = at.plus_ms(5_000);
            return Ok(());
        }
        let due = |chat: &Chat| chat.next_at.is_some_and(|next| next <= at);
        let mut due: Vec<String> = self
            .chats
            .iter()
            .filter(|(_, chat)| due(chat))
            .map(|(number, _)| number.clone())
            .collect();
        due.sort_unstable();
        due.iter().for_each(|number| self.go_on(number));
        if self.next_at <= at {
            self.next_at = at.plus_ms(self.dice.between(20_000, 60_000));
            if self.dice.percent(35.0) {
                self.push()?
            } else {
                self.begin()
            }
        }
        Ok(())
    }

    /// The desk answered somebody: most write back within a minute.
    fn answered(&mut self, contact: ContactId, at: Moment) -> Result<()> {
        let Some((number, customer)) = self.find(contact)? else {
            return Ok(());
        };
        let chat = self.chats.entry(number).or_insert(Chat {
            customer,
            turns: 1,
            next_at: None,
        });
        let likely = if chat.turns < 3 { 92.0 } else { 55.0 };
        let wait = self.dice.between(5_000, 55_000);
        chat.next_at = self.dice.percent(likely).then(|| at.plus_ms(wait));
        Ok(())
    }

    /// Somebody new begins.
    fn begin(&mut self) {
        self.born += 1;
        let weights = LANGUAGES.map(|(_, share)| share);
        let place = self.dice.weighed(&weights);
        let language = LANGUAGES
            .get(place)
            .map_or(Language::English, |(language, _)| *language);
        let customer = Customer::new(0, 5_000_000 + self.born % 3_000_000, language);
        let (number, now) = (customer.wa_id.clone(), self.ledger.clock().now());
        self.graph
            .customer(super::graph::Customer::new(&number, &customer.name));
        let weights = TOPICS.map(|(_, share)| share);
        let topic = TOPICS
            .get(self.dice.weighed(&weights))
            .map_or("where", |(topic, _)| topic);
        let words = slots(&mut self.dice, &customer, now);
        let language = if topic == "spam" {
            Language::English
        } else {
            language
        };
        let greeting = book(customer.language).say(&mut self.dice, "greeting", &words);
        let open = book(language).say(&mut self.dice, &format!("{topic}.open"), &words);
        let text = if topic == "spam" {
            open
        } else {
            format!("{greeting}, {open}")
        };
        self.said += 1;
        self.graph.say(&number, &text);
        if topic == "damaged" {
            self.photo(&number, &customer);
        }
        if self.chats.len() >= CHATS {
            self.chats.retain(|_, chat| chat.next_at.is_some());
        }
        self.chats.insert(
            number,
            Chat {
                customer,
                turns: 0,
                next_at: None,
            },
        );
    }

    /// Somebody who waits at the desk asks again.
    fn push(&mut self) -> Result<()> {
        let who = Who::system("demo", Door::Cli);
        let now = self.ledger.now(&who)?;
        let wish = inbox::Wish {
            queue: inbox::Queue::All,
            group: None,
            channel: None,
            tag: None,
            sort: inbox::Sort::Newest,
            after: None,
        };
        let rows = inbox::list(&now, &wish, 40)?;
        let waiting: Vec<ContactId> = rows
            .into_iter()
            .filter(|row| row.status != "closed" && row.waiting_since.is_some())
            .map(|row| row.contact)
            .collect();
        drop(now);
        let Some(contact) = self.dice.one(&waiting).copied() else {
            self.begin();
            return Ok(());
        };
        if let Some((number, customer)) = self.find(contact)? {
            self.chats.entry(number.clone()).or_insert(Chat {
                customer,
                turns: 0,
                next_at: None,
            });
            self.write(&number, "push");
        }
        Ok(())
    }

    /// The next words in a chat that goes on.
    fn go_on(&mut self, number: &str) {
        let Some(chat) = self.chats.get_mut(number) else {
            return;
        };
        chat.next_at = None;
        chat.turns += 1;
        let turns = chat.turns;
        match (turns, self.dice.below(12)) {
            (_, 0) => self.react(number),
            (1, _) => self.write(number, "give"),
            (_, 1) => {
                let customer = self.chats.get(number).map(|chat| chat.customer.clone());
                if let Some(customer) = customer {
                    self.photo(number, &customer);
                }
            }
            (2, 2..5) => self.write(number, "push"),
            _ => self.write(number, "ok"),
        }
    }

    fn write(&mut self, number: &str, section: &str) {
        let Some(chat) = self.chats.get(number) else {
            return;
        };
        let customer = chat.customer.clone();
        let words = slots(&mut self.dice, &customer, self.ledger.clock().now());
        let text = book(customer.language).say(&mut self.dice, section, &words);
        let mut message = json!({"type": "text", "text": {"body": text}});
        if let (true, Some(ours)) = (self.dice.percent(12.0), self.last_to(number)) {
            message["context"] = json!({"from": DISPLAY_NUMBER, "id": ours});
        }
        self.said += 1;
        self.graph.message(number, message);
    }

    fn react(&mut self, number: &str) {
        let Some(ours) = self.last_to(number) else {
            return;
        };
        let sign = self.dice.one(&["👍", "🙏", "❤️"]).copied().unwrap_or("👍");
        self.said += 1;
        self.graph.message(
            number,
            json!({"type": "reaction", "reaction": {"message_id": ours, "emoji": sign}}),
        );
    }

    fn photo(&mut self, number: &str, customer: &Customer) {
        let bytes = files::picture(&mut self.dice);
        let caption = book(customer.language).say(&mut self.dice, "caption", &Vec::new());
        self.said += 1;
        self.graph.say_media(
            number,
            "image",
            "image/png",
            &bytes,
            json!({"caption": caption}),
        );
    }

    /// The newest message the desk sent to somebody in this run.
    fn last_to(&self, number: &str) -> Option<String> {
        let sent = self.graph.sent();
        sent.into_iter()
            .rev()
            .find(|message| message.to == number)
            .map(|message| message.provider_id)
    }

    fn find(&self, contact: ContactId) -> Result<Option<(String, Customer)>> {
        let who: Who = Who::of(
            Actor::System {
                id: SHOP.to_owned(),
            },
            Door::Cli,
            None,
        );
        let found = contacts::get(&self.ledger.now(&who)?, contact)?;
        let Some(number) = found.identity("wa_id").map(str::to_owned) else {
            return Ok(None);
        };
        let customer = Customer::known(&number, &found.title());
        self.graph
            .customer(super::graph::Customer::new(&number, &customer.name));
        Ok(Some((number, customer)))
    }
}
