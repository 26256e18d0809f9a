//! Hands: what happens after a commit and by the clock. Payloads are read, messages sent, files
//! fetched, sleepers woken, checkpoints published. Everything is found again in the tables after a
//! crash; a wake-up only makes it sooner.

mod bell;
mod bot;
pub mod bulk;
mod checkpoints;
pub mod copies;
pub mod email;
mod intake;
mod mailboxes;
mod media;
pub mod notifications;
pub use media::media_type;
mod outbox;
pub mod providers;
mod reads;
pub mod retention;
pub mod rules;
pub mod ticks;
pub mod webhooks;
pub mod witness;

use crate::domain::event::{ArticleEvent, AuditEvent, ChannelEvent, DeskEvent, Event};
use crate::domain::id::ConversationId;
use crate::error::{Doing, Error, Result};
use crate::ledger::Ledger;
use bell::Bell;
use providers::Providers;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

/// How many messages are sent at once.
const SENDERS: usize = 8;

/// The running hands of a desk.
pub struct Jobs {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the hands share.
pub(crate) struct Shared {
    ledger: Ledger,
    providers: Providers,
    intake: Bell,
    bot: Bell,
    notifications: Bell,
    watch: notifications::Watch,
    outbox: Bell,
    media: Bell,
    reads: Bell,
    ticks: Bell,
    rules: Bell,
    mailboxes: Bell,
    bulk: Bell,
    witness: witness::Asked,
    webhooks: Bell,
    public_url: OnceLock<String>,
    to_mark_read: Mutex<Vec<ConversationId>>,
    lanes: outbox::Lanes,
}

impl Jobs {
    /// Starts the hands of a desk. What a crash left half done is taken up first.
    pub fn start(ledger: &Ledger) -> Result<Self> {
        outbox::recover(ledger)?;
        let shared = Arc::new(Shared {
            ledger: ledger.clone(),
            providers: Providers::new(ledger.clone()),
            intake: Bell::new(),
            bot: Bell::new(),
            notifications: Bell::new(),
            watch: notifications::Watch::default(),
            outbox: Bell::new(),
            media: Bell::new(),
            reads: Bell::new(),
            ticks: Bell::new(),
            rules: Bell::new(),
            mailboxes: Bell::new(),
            bulk: Bell::new(),
            witness: witness::Asked::default(),
            webhooks: Bell::new(),
            public_url: OnceLock::new(),
            to_mark_read: Mutex::default(),
            lanes: outbox::Lanes::default(),
        });
        let heard = Arc::clone(&shared);
        ledger.listen(Box::new(move |facts| {
            for (_, event) in facts {
                heard.hear(event);
            }
            heard.notifications.ring();
            heard.rules.ring();
            heard.webhooks.ring();
        }));
        let jobs = Jobs {
            shared,
            threads: Mutex::default(),
        };
        jobs.spawn("intake", intake::run)?;
        jobs.spawn("outbox", outbox::run)?;
        for n in 0..SENDERS {
            jobs.spawn(&format!("sender-{n}"), outbox::send_all)?;
        }
        jobs.spawn("media", media::run)?;
        jobs.spawn("reads", reads::run)?;
        jobs.spawn("bot", bot::run)?;
        jobs.spawn("notifications", notifications::run)?;
        jobs.spawn("ticks", ticks::run)?;
        jobs.spawn("rules", rules::run)?;
        jobs.spawn("mailboxes", mailboxes::run)?;
        jobs.spawn("bulk", bulk::run)?;
        jobs.spawn("witness", witness::run)?;
        jobs.spawn("webhooks", webhooks::run)?;
        Ok(jobs)
    }

    /// Where members find the desk, for the copies they get by e-mail.
    pub fn found_at(&self, url: &str) {
        let _ = self.shared.public_url.set(url.to_owned()); // the first one stays
    }

    /// Asks this one who looks at what, so that nobody is rung up for what they see anyway.
    pub fn watch(&self, looks: notifications::Looks) {
        self.shared.watch.set(looks);
    }

    /// Why the witness could not be asked, if it could not.
    pub fn witness_trouble(&self) -> Option<witness::Trouble> {
        self.shared.witness.trouble()
    }

    /// The lines to the providers.
    pub fn providers(&self) -> &Providers {
        &self.shared.providers
    }

    /// Shows the customer that we have read what they wrote, soon.
    pub fn mark_read(&self, conversation: ConversationId) {
        let mut waiting = self
            .shared
            .to_mark_read
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !waiting.contains(&conversation) {
            waiting.push(conversation);
        }
        drop(waiting);
        self.shared.reads.ring();
    }

    /// Reads a kept payload again, after an upgrade or a change of settings.
    pub fn read_again(&self, payload: crate::domain::id::Seq) -> Result<u64> {
        intake::read_payload(&self.shared, payload)
    }

    /// Ends the hands; what one of them is doing is finished first.
    pub fn stop(&self) {
        let shared = &self.shared;
        for bell in [
            &shared.intake,
            &shared.bot,
            &shared.notifications,
            &shared.outbox,
            &shared.media,
            &shared.reads,
            &shared.ticks,
            &shared.rules,
            &shared.mailboxes,
            &shared.bulk,
            &shared.witness.bell,
            &shared.webhooks,
        ] {
            bell.close();
        }
        shared.lanes.close();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a job ended in a panic");
            }
        }
    }

    /// After the stop: the witness gets the last checkpoint, if it answers at once.
    pub fn take_leave(&self) {
        witness::take_leave(&self.shared);
    }

    fn spawn(&self, name: &str, run: fn(&Shared)) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(&shared))
            .doing(format!("starting the thread {name}"))?;
        self.threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(thread);
        Ok(())
    }
}

impl Shared {
    fn hear(&self, event: &Event) {
        match event {
            Event::Channel(ChannelEvent::PayloadReceived { .. }) => self.intake.ring(),
            Event::Channel(
                ChannelEvent::Added { channel, .. }
                | ChannelEvent::Changed { channel, .. }
                | ChannelEvent::Enabled { channel }
                | ChannelEvent::Disabled { channel, .. },
            ) => {
                self.providers.forget(*channel);
                self.mailboxes.ring();
                self.outbox.ring();
                self.media.ring();
            }
            Event::Article(
                ArticleEvent::Queued { .. }
                | ArticleEvent::Requeued { .. }
                | ArticleEvent::Accepted { .. }
                | ArticleEvent::Failed { .. }
                | ArticleEvent::Reported { .. },
            ) => self.outbox.ring(),
            Event::Article(ArticleEvent::Received { .. } | ArticleEvent::Echoed { .. }) => {
                self.media.ring();
                self.bot.ring();
            }
            Event::Bulk(_) => self.bulk.ring(),
            Event::Audit(AuditEvent::CheckpointPublished { .. }) => self.witness.bell.ring(),
            Event::Desk(DeskEvent::SettingChanged { key, .. }) if key.starts_with("witness.") => {
                self.witness.bell.ring();
            }
            Event::Article(_)
            | Event::Channel(_)
            | Event::Desk(_)
            | Event::Member(_)
            | Event::Group(_)
            | Event::Contact(_)
            | Event::Conversation(_)
            | Event::Ticket(_)
            | Event::Label(_)
            | Event::View(_)
            | Event::Access(_)
            | Event::Export(_)
            | Event::Pack(_)
            | Event::Privacy(_)
            | Event::Webhook(_)
            | Event::Status(_)
            | Event::Field(_)
            | Event::Rule(_)
            | Event::Bot(_)
            | Event::Sla(_)
            | Event::Call(_)
            | Event::Commitment(_)
            | Event::Import(_)
            | Event::Assignment(_)
            | Event::Notification(_)
            | Event::Macro(_)
            | Event::Audit(_)
            | Event::Checkpoint(_)
            | Event::Email(_) => {}
        }
    }

    /// Does a piece of work; a failure is logged and the work is found again later.
    fn attend(&self, what: &str, work: impl FnOnce() -> Result<()>) {
        match work() {
            Ok(()) => {}
            Err(Error::Refusal(refusal)) => tracing::debug!("{what}: {}", refusal.text),
            Err(Error::Fault(fault)) => tracing::error!("{what}: {fault}"),
        }
    }
}
