//! E-mail by hand: kept letters are read, answers handed to the sending server, customers told
//! that their letter came. Reading mailboxes is in `mailboxes`.

use super::Shared;
use crate::channels::email::{self, compose, smtp, token};
use crate::desk::deliveries::Delivery;
use crate::desk::{audit, channels, letters, mailboxes};
use crate::domain::actor::{Actor, Door, Who};
use crate::domain::event::{Cause, Fact};
use crate::domain::id::{ChannelId, ContactId, ConversationId, Object, Seq};
use crate::domain::letter::Letter;
use crate::domain::message::email::{Email, Mailbox};
use crate::domain::moment::DAY_MS;
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use crate::ledger::note::Checkpoint;
use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD};

/// Why a letter whose sender cannot be written to gets no answer.
const UNFIT: &str = "its sender gives no address an answer can be sent to";

/// Why a letter that was written long ago gets no answer of a machine.
const STALE: &str = "the e-mail is older than a day";
/// How old a letter may be for a machine to answer it. **Unit:** milliseconds.
const FRESH_MS: i64 = DAY_MS;

/// What one kept letter says; answers why it cannot be read otherwise.
pub fn read(
    now: &Now<'_>,
    channel: ChannelId,
    payload: Seq,
    bytes: &[u8],
) -> Result<std::result::Result<Letter, String>> {
    let arrived_at = channels::payload(now, payload)?.at;
    let key = mailboxes::secret(now, channel)?.token_key;
    Ok(email::parse(bytes).map(|mail| mail.letter(&key, arrived_at)))
}

/// Decides a letter, and the answer a machine gives at once.
pub fn receive(
    now: &Now<'_>,
    channel: ChannelId,
    payload: Seq,
    letter: &Letter,
) -> Result<Vec<Fact>> {
    let received = letters::receive(now, channel, payload, letter)?;
    let mut facts = received.facts;
    let Some((conversation, contact)) = received.answerable else {
        return Ok(facts);
    };
    let words = mailboxes::config(now, channel)?.acknowledgement;
    let from_us = letter.party.email.as_deref();
    let from_us = from_us
        .map(|address| mailboxes::of_address(now, address))
        .transpose()?;
    if words.trim().is_empty() || from_us.flatten().is_some() {
        return Ok(facts);
    }
    let cause = Cause::Earlier(facts.len().saturating_sub(1));
    let system = Actor::System {
        id: "acknowledgement".to_owned(),
    };
    let withheld = match now.at().ms_since(letter.sent_at) > FRESH_MS {
        true => Some(letters::withheld(conversation, STALE)),
        false => letters::may_answer(now, channel, conversation, contact)?,
    };
    let fact = match withheld {
        Some(withheld) => withheld,
        None => match acknowledgement(now, channel, conversation, contact, letter, &words) {
            Ok(queued) => queued,
            // The letter counts, whatever address its answer would have. The address stays out of
            // the fact: it is in the letter, where it can be erased.
            Err(Error::Refusal(_)) => letters::withheld(conversation, UNFIT),
            Err(fault) => return Err(fault),
        },
    };
    facts.push(fact.because(cause).by(system));
    Ok(facts)
}

fn acknowledgement(
    now: &Now<'_>,
    channel: ChannelId,
    conversation: ConversationId,
    contact: ContactId,
    letter: &Letter,
    words: &str,
) -> Result<Fact> {
    let written = Written {
        to: letter.email.answer_to().cloned().into_iter().collect(),
        subject: compose::subject(&letter.email.subject, "Re", None),
        said: words.to_owned(),
        answers: answers(&letter.email),
        automatic: true,
        ..Written::default()
    };
    let reply = write(now, channel, conversation, written)?;
    Ok(letters::queued(conversation, contact, channel, reply))
}

/// A letter of ours before it is written down.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// Whom it is for.
    pub to: Vec<Mailbox>,
    /// Who gets a copy.
    pub cc: Vec<Mailbox>,
    /// Who gets a copy nobody sees.
    pub bcc: Vec<Mailbox>,
    /// What it is about.
    pub subject: String,
    /// The words.
    pub said: String,
    /// What stands under them.
    pub signature: String,
    /// What it answers, marked.
    pub history: String,
    /// The messages it answers, the nearest first.
    pub answers: Vec<String>,
    /// Files: name, type, bytes.
    pub files: Vec<(String, String, Vec<u8>)>,
    /// It is written by a machine.
    pub automatic: bool,
}

/// What an answer to a letter names as what it answers.
pub fn answers(email: &Email) -> Vec<String> {
    let mut all = vec![email.message_id.clone()];
    all.extend(email.answers.iter().cloned());
    all.retain(|id| !id.is_empty());
    all
}

/// Writes a letter down with a Message-ID of ours.
///
/// **Refuses:** what [`compose::write`] refuses.
pub fn write(
    now: &Now<'_>,
    channel: ChannelId,
    conversation: ConversationId,
    written: Written,
) -> Result<letters::Reply> {
    let config = mailboxes::config(now, channel)?;
    let key = mailboxes::secret(now, channel)?.token_key;
    let object = Object::Conversation(conversation);
    let tag = BASE32_NOPAD
        .encode(&crate::ledger::chance::random::<16>()?)
        .to_lowercase();
    let mut text = written.said.trim_end().to_owned();
    for (mark, part) in [
        ("\n\n-- \n", &written.signature),
        ("\n\n", &written.history),
    ] {
        if !part.trim().is_empty() {
            text.push_str(mark);
            text.push_str(part.trim_end());
        }
    }
    text.push('\n');
    let automatic = written.automatic.then(|| "an automatic answer".to_owned());
    let email = Email {
        message_id: token::message_id(&key, object, &tag, config.domain()),
        answers: written.answers,
        from: Some(Mailbox {
            name: config.sender.clone(),
            address: config.address.clone(),
        }),
        to: written.to,
        cc: written.cc,
        bcc: written.bcc,
        subject: written.subject,
        passages: email::quotes::passages(&text),
        automatic,
        ..Email::default()
    };
    let reply_to = config
        .plus_address
        .then(|| token::plus_address(&key, &config.address, object))
        .flatten();
    let draft = compose::Draft {
        email,
        text,
        reply_to,
        files: written.files,
        automatic: written.automatic,
        audit_root: Some(BASE64.encode(&Checkpoint::parse(&audit::head(now)?)?.root)),
    };
    let (raw, email) = compose::write(draft, now.at())?;
    Ok(letters::Reply {
        conversation,
        email,
        raw,
        tag,
        seen: None,
    })
}

/// Hands a queued letter to the sending server.
pub(crate) fn send(shared: &Shared, delivery: &Delivery, email: &Email) -> Result<smtp::Handed> {
    let who = Who::system("outbox", Door::Timer);
    let article = delivery.article;
    let now = shared.ledger.now(&who)?;
    let config = mailboxes::config(&now, delivery.channel)?;
    let secret = mailboxes::secret(&now, delivery.channel)?;
    let raw = channels::bytes(&now, article, "raw")?;
    let left = letters::receivers::left(&now, article)?;
    drop(now);
    let Some(raw) = raw else {
        return Err(Refusal::conflict("its content was erased").into());
    };
    let all = email.to.iter().chain(&email.cc).chain(&email.bcc);
    let to = left.unwrap_or_else(|| all.map(|one| one.address.clone()).collect());
    let known_by = token::known_by(&email.message_id);
    Ok(smtp::send(&config, &secret, &to, &raw, &known_by))
}

/// A new key for a mailbox's tokens.
pub fn token_key() -> Result<String> {
    Ok(BASE64URL_NOPAD.encode(&crate::ledger::chance::random::<32>()?))
}
