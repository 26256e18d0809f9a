//! The lines to the providers: one per channel, made when first needed, forgotten when the
//! channel's settings change. What a person asks of a provider directly is here as well.

use crate::channels::email::imap::Imap;
use crate::channels::email::smtp;
use crate::channels::whatsapp::client::{Connection, Failure, Graph, Timeouts};
use crate::desk::channels::{self, Template};
use crate::desk::mailboxes;
use crate::domain::actor::{Door, Who};
use crate::domain::id::ChannelId;
use crate::domain::mailbox::{MailConfig, MailSecret};
use crate::error::{Refusal, Result};
use crate::ledger::Ledger;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// See the module.
pub struct Providers {
    ledger: Ledger,
    lines: Mutex<HashMap<ChannelId, Arc<Graph>>>,
}

impl Providers {
    /// No lines yet.
    pub fn new(ledger: Ledger) -> Self {
        Providers {
            ledger,
            lines: Mutex::default(),
        }
    }

    /// The line of a channel.
    ///
    /// **Refuses:** settings no line can be made of.
    pub fn line(&self, channel: ChannelId) -> Result<Arc<Graph>> {
        if let Some(line) = self.lines().get(&channel) {
            return Ok(Arc::clone(line));
        }
        let who = Who::system("providers", Door::Timer);
        let now = self.ledger.now(&who)?;
        let config = channels::get(&now, channel)?.config;
        let secret = channels::secret(&now, channel)?;
        drop(now);
        let line = Arc::new(Graph::new(Connection {
            base_url: config.base_url,
            version: config.version,
            token: secret.token,
            phone_number_id: config.phone_number_id,
            waba_id: config.waba_id,
            timeouts: Timeouts::default(),
        })?);
        self.lines().insert(channel, Arc::clone(&line));
        Ok(line)
    }

    /// Forgets a channel's line: its settings changed.
    pub fn forget(&self, channel: ChannelId) {
        self.lines().remove(&channel);
    }

    /// Tries the connection of a channel and records what came of it; answers the sentence.
    pub fn test(&self, who: &Who, channel: ChannelId) -> Result<(bool, String)> {
        let told = match self.mailbox(who, channel)? {
            Some((config, secret)) => {
                return self.tested(who, channel, try_mailbox(&config, &secret));
            }
            None => self.line(channel)?.number(),
        };
        let (works, text) = match told {
            Ok(number) => (
                true,
                format!("connected to {} ({})", number.display, number.name),
            ),
            Err(failure) => (false, words(&failure)),
        };
        self.tested(who, channel, (works, text))
    }

    /// What an e-mail channel is connected to; none for one of another kind.
    fn mailbox(&self, who: &Who, channel: ChannelId) -> Result<Option<(MailConfig, MailSecret)>> {
        let now = self.ledger.now(who)?;
        if channels::get(&now, channel)?.kind != "email" {
            return Ok(None);
        }
        let config = mailboxes::config(&now, channel)?;
        Ok(Some((config, mailboxes::secret(&now, channel)?)))
    }

    fn tested(
        &self,
        who: &Who,
        channel: ChannelId,
        (works, text): (bool, String),
    ) -> Result<(bool, String)> {
        let told = text.clone();
        self.ledger.record(who, move |_| {
            Ok(channels::record_test(channel, works, &told))
        })?;
        Ok((works, text))
    }

    /// Asks for the templates of a channel and records what is new; answers how many there are.
    ///
    /// **Refuses:** when the provider does.
    pub fn sync_templates(&self, who: &Who, channel: ChannelId) -> Result<usize> {
        let told = self
            .line(channel)?
            .templates()
            .map_err(|failure| Refusal::conflict(words(&failure)))?;
        let templates = told
            .into_iter()
            .map(|spec| {
                Ok(Template {
                    name: spec.name.clone(),
                    language: spec.language.clone(),
                    status: spec.status.clone(),
                    category: spec.category.clone(),
                    body: serde_json::to_value(spec)?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let count = templates.len();
        self.ledger.record(who, move |now| {
            channels::sync_templates(now, channel, templates)
        })?;
        Ok(count)
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, HashMap<ChannelId, Arc<Graph>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Signs in to both servers of a mailbox and leaves again.
fn try_mailbox(config: &MailConfig, secret: &MailSecret) -> (bool, String) {
    let mut told = Vec::new();
    if !config.imap_host.is_empty() {
        let read = Imap::connect(config, secret).and_then(|mut line| {
            line.select(&config.folder)?;
            line.leave();
            Ok(())
        });
        match read {
            Ok(()) => told.push(format!("the folder {} can be read", config.folder)),
            Err(why) => return (false, format!("reading from {}: {why}", config.imap_host)),
        }
    }
    match smtp::test(config, secret) {
        Ok(()) => told.push(format!("{} takes letters", config.smtp_host)),
        Err(why) => {
            return (
                false,
                format!("sending through {}: {why}", config.smtp_host),
            );
        }
    }
    (true, told.join("; "))
}

/// A failure in plain words.
pub fn words(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refused) => refused.text.clone(),
        Failure::Unreached(why) | Failure::Unfit(why) => why.clone(),
    }
}
