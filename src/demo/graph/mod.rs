//! A small WhatsApp Cloud API on this machine: it takes what a desk sends, checks it, and posts
//! signed webhooks back, with messages of customers who do not exist. For the demonstration and
//! the tests; never a way to reach anybody.

mod book;
mod hooks;
mod rules;
mod server;

pub use book::{Customer, Fault, SentMessage};

use crate::channels::whatsapp::client::{Connection, Timeouts};
use crate::domain::moment::Moment;
use crate::error::{Doing, Result};
use book::Book;
use hooks::Hooks;
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How the emulator behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The access token it takes.
    pub token: String,
    /// The secret it signs webhooks with.
    pub app_secret: String,
    /// Where webhooks go; nowhere until it is known ([`Graph::post_to`]).
    pub webhook_url: Option<String>,
    /// The provider's name for the business number.
    pub phone_number_id: String,
    /// The business number, digits only.
    pub display_number: String,
    /// The business account.
    pub waba_id: String,
    /// Chance begins here: the same seed gives the same ids.
    pub seed: u64,
    /// How a closed 24-hour window is told.
    pub window: Window,
    /// Whether 46 messages at once to one customer are too many.
    pub pair_rate: bool,
    /// When `sent` is reported after a message was taken. **Unit:** milliseconds.
    pub sent_ms: i64,
    /// When `delivered` is reported. **Unit:** milliseconds.
    pub delivered_ms: i64,
    /// When `read` is reported; never if absent. **Unit:** milliseconds.
    pub read_ms: Option<i64>,
    /// The waits before a webhook that was not answered with 200 is posted again; after the last
    /// it is given up. **Unit:** milliseconds.
    pub retry_ms: Vec<i64>,
    /// The templates, in Meta's shape.
    pub templates: Vec<Value>,
}

/// How a closed 24-hour window is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The message is taken and fails later, as mostly in reality.
    Later,
    /// The call is refused.
    AtOnce,
    /// Not at all.
    Off,
}

/// A running emulator; it stops when dropped.
pub struct Graph {
    shared: Arc<Shared>,
    address: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

/// How many calls are answered at the same time.
const WORKERS: usize = 4;

struct Shared {
    options: Options,
    base_url: String,
    book: Mutex<Book>,
    hooks: Hooks,
    stop: AtomicBool,
    ahead_ms: AtomicI64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            token: "demo-token".into(),
            app_secret: "demo-app-secret".into(),
            webhook_url: None,
            phone_number_id: "210000000000001".into(),
            display_number: "447700900100".into(),
            waba_id: "310000000000001".into(),
            seed: 1,
            window: Window::Later,
            pair_rate: true,
            sent_ms: 20,
            delivered_ms: 60,
            read_ms: Some(400),
            retry_ms: vec![0, 1_000, 5_000, 30_000, 120_000, 600_000],
            templates: book::shop_templates(),
        }
    }
}

impl Graph {
    /// Starts on a free port of this machine.
    pub fn start(options: Options) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").doing("starting the built-in Graph API")?;
        let address = listener
            .local_addr()
            .doing("starting the built-in Graph API")?;
        let hooks = Hooks::new(options.webhook_url.clone());
        let shared = Arc::new(Shared {
            base_url: format!("http://{address}"),
            book: Mutex::new(Book::new(&options)),
            hooks,
            stop: AtomicBool::new(false),
            ahead_ms: AtomicI64::new(0),
            options,
        });
        let mut graph = Graph {
            shared,
            address,
            threads: Vec::new(),
        };
        for number in 0..WORKERS {
            let listener = listener
                .try_clone()
                .doing("starting the built-in Graph API")?;
            graph.spawn(format!("graph-{number}"), move |shared| {
                server::run(shared, &listener)
            })?;
        }
        graph.spawn("graph-hooks".into(), hooks::run)?;
        Ok(graph)
    }

    /// The address a channel is set to.
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    /// Everything a client needs to speak to it.
    pub fn connection(&self) -> Connection {
        let Options {
            token,
            phone_number_id,
            waba_id,
            ..
        } = &self.shared.options;
        Connection {
            base_url: self.shared.base_url.clone(),
            version: "v25.0".into(),
            token: token.clone(),
            phone_number_id: phone_number_id.clone(),
            waba_id: waba_id.clone(),
            timeouts: Timeouts::default(),
        }
    }

    /// Sends webhooks to this address from now on.
    pub fn post_to(&self, url: impl Into<String>) {
        self.shared.hooks.post_to(url.into());
    }

    /// Makes a customer known, or changes one.
    pub fn customer(&self, customer: Customer) {
        self.shared
            .book()
            .people
            .insert(customer.wa_id.clone(), customer);
    }

    /// A customer writes; answers the provider id of the message.
    pub fn say(&self, from: &str, text: &str) -> String {
        self.message(from, json!({"type": "text", "text": {"body": text}}))
    }

    /// A customer sends a file. `kind` is WhatsApp's type of message (`image`, `document`, …).
    pub fn say_media(
        &self,
        from: &str,
        kind: &str,
        mime: &str,
        bytes: &[u8],
        more: Value,
    ) -> String {
        let now = self.shared.now();
        let (id, sha256) = self.shared.book().keep_media(mime, bytes.to_vec(), now);
        let mut media = json!({"id": id, "mime_type": mime, "sha256": sha256});
        if let (Some(media), Value::Object(more)) = (media.as_object_mut(), more) {
            media.extend(more);
        }
        self.message(from, json!({"type": kind, kind: media}))
    }

    /// A customer sends anything: `message` is an element of `messages` without sender, id and
    /// time, which are put in.
    pub fn message(&self, from: &str, message: Value) -> String {
        let now = self.shared.now();
        let mut book = self.shared.book();
        let (customer, id) = (book.customer(from), book.next_wamid());
        book.wrote(from, now);
        book.seen.insert(id.clone());
        drop(book);
        let mut message = message;
        message["id"] = id.clone().into();
        message["timestamp"] = (now.0 / 1_000).to_string().into();
        if !customer.hides_number {
            message["from"] = from.into();
        }
        message["from_user_id"] = customer.user_id.clone().into();
        let value = json!({"contacts": [customer.card()], "messages": [message]});
        self.shared.report("messages", value, now);
        id
    }

    /// A message a customer wrote before this emulator began: it can be marked as read.
    pub fn recall(&self, from: &str, provider_id: &str) {
        let now = self.shared.now();
        let mut book = self.shared.book();
        book.wrote(from, now);
        book.seen.insert(provider_id.to_owned());
    }

    /// Posts any value under any field, with the metadata of the number put in.
    pub fn report(&self, field: &str, value: Value) {
        self.shared.report(field, value, self.shared.now());
    }

    /// Posts these bytes, signed, as they are.
    pub fn report_raw(&self, body: Vec<u8>) {
        self.shared.hooks.push(self.shared.now(), body);
    }

    /// A fault for the next sending; several are used up in order.
    pub fn fault(&self, fault: Fault) {
        self.shared.book().faults.push_back(fault);
    }

    /// Everything taken so far, also where the answer was lost.
    pub fn sent(&self) -> Vec<SentMessage> {
        self.shared.book().sent.clone()
    }

    /// The messages the desk marked as read.
    pub fn reads(&self) -> Vec<String> {
        self.shared.book().reads.clone()
    }

    /// The webhooks answered with 200, and those given up.
    pub fn hook_counts(&self) -> (usize, usize) {
        self.shared.hooks.counts()
    }

    /// Posts the next `count` webhooks twice.
    pub fn repeat_hooks(&self, count: usize) {
        self.shared.hooks.repeat(count);
    }

    /// Lets time pass for windows, rates, addresses and waiting webhooks.
    pub fn advance(&self, ms: i64) {
        self.shared.ahead_ms.fetch_add(ms, Ordering::Relaxed);
        self.shared.hooks.wake();
    }

    /// Waits until no webhook is due or waiting; answers whether it came to that in time.
    pub fn drain(&self, within: Duration) -> bool {
        self.shared.hooks.drain(within)
    }

    fn spawn(&mut self, name: String, run: impl FnOnce(&Shared) + Send + 'static) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new()
            .name(name)
            .spawn(move || run(&shared));
        self.threads
            .push(thread.doing("starting the built-in Graph API")?);
        Ok(())
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.shared.hooks.wake();
        for _ in 0..WORKERS {
            // Wakes one waiting worker; that it fails means nobody waits any more.
            let _ = TcpStream::connect(self.address);
        }
        for thread in self.threads.drain(..) {
            // A panic of a worker has been printed already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        Moment::of_system_clock().plus_ms(self.ahead_ms.load(Ordering::Relaxed))
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Posts a value, wrapped and with the metadata of the number, at the given instant.
    fn report(&self, field: &str, value: Value, at: Moment) {
        let Options {
            phone_number_id,
            display_number,
            waba_id,
            ..
        } = &self.options;
        let mut value = value;
        value["messaging_product"] = "whatsapp".into();
        value["metadata"] =
            json!({"display_phone_number": display_number, "phone_number_id": phone_number_id});
        let body = json!({"object": "whatsapp_business_account", "entry": [
            {"id": waba_id, "time": at.0 / 1_000, "changes": [{"field": field, "value": value}]}]});
        self.hooks.push(at, hooks::wire(&body));
    }
}
