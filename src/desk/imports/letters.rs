//! Letters out of mbox files: a thread becomes a closed conversation, or goes on in one that is
//! there.

use super::super::{channels, contacts, members};
use super::people::meet_as;
use super::taken;
use crate::domain::event::import::{ImportEvent, SealedId, SealedTaken};
use crate::domain::event::{Cause, Event, Fact, File, Said};
use crate::domain::id::{ChannelId, ContactId, Object, Seq};
use crate::domain::import::{Author, Mail, Source, Thread};
use crate::domain::message::Content;
use crate::domain::message::email::Mailbox;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use std::collections::BTreeMap;

/// Takes letters of one thread over: the conversation it becomes, or goes on in if one of `known`
/// is in one already. What the desk knows already is left.
///
/// **Refuses:** a channel that is no mailbox; a thread in which no customer writes or reads.
pub fn letters(
    now: &Now<'_>,
    run: Seq,
    channel: ChannelId,
    thread: &Thread,
    wanted: Vec<Mail>,
) -> Result<Vec<Fact>> {
    let source = Source::Mbox;
    let mut facts: Vec<Fact> = Vec::new();
    let key = format!("thread/{channel}/{}", thread.key);
    let mut found = match taken(now, source, &key)? {
        Some(Object::Conversation(id)) => Some(id),
        Some(_) | None => None,
    };
    for id in &thread.known {
        if found.is_none() {
            found = super::super::intake::article_of(now, id)?
                .and_then(|(_, conversation)| conversation);
        }
    }
    let conversation = match found {
        Some(id) => id,
        None => {
            let lines = channels::get(now, channel)?;
            if lines.kind != "email" {
                let text = format!("{} is not a mailbox", lines.name);
                return Err(Refusal::conflict(text).into());
            }
            let contact = meet_writer(now, &thread.customer, &mut facts)?;
            let conversation =
                now.value("SELECT coalesce(max(id) + 1, 1) FROM conversation", &[])?;
            let fact = ImportEvent::ConversationTaken {
                run,
                source,
                foreign_id: key,
                conversation,
                contact,
                channel,
                started_at: thread.started_at,
                last_at: thread.last_at,
                sealed: SealedId::default(),
            };
            facts.push(Fact::from(fact).because(Cause::Event(run)));
            conversation
        }
    };
    let mut met: BTreeMap<String, ContactId> = BTreeMap::new();
    for fact in &facts {
        if let Event::Import(ImportEvent::ConversationTaken { contact, .. }) = &fact.event {
            met.insert(thread.customer.address.to_lowercase(), *contact);
        }
    }
    for mail in wanted {
        if super::super::intake::article_of(now, &mail.key)?.is_some() {
            continue;
        }
        let address = mail.from.address.to_lowercase();
        let (mut contact, mut member) = (None, None);
        match mail.author {
            Author::Staff => {
                member = members::by_email(now, &address)?.map(|member| member.id);
            }
            Author::Customer if met.contains_key(&address) => contact = met.get(&address).copied(),
            Author::Customer => {
                let one = meet_writer(now, &mail.from, &mut facts)?;
                met.insert(address, one);
                contact = Some(one);
            }
            Author::System => {}
        }
        let name = Some(mail.from.name).filter(|name| !name.is_empty());
        let said = Said::from(Content::Email(Box::new(mail.email)));
        let article = ImportEvent::ArticleTaken {
            run,
            source,
            foreign_id: mail.key.clone(),
            object: Object::Conversation(conversation),
            author: mail.author,
            contact,
            member,
            internal: false,
            sent_at: mail.sent_at,
            kind: Some(said.kind().to_owned()),
            provider_id: Some(mail.key),
            sealed: SealedTaken {
                said: Some(said),
                author_name: name.or(Some(mail.from.address)),
            },
        };
        let raw = File {
            field: "raw",
            media_type: "message/rfc822".to_owned(),
            bytes: mail.raw,
        };
        facts.push(
            Fact::from(article)
                .with_file(raw)
                .because(Cause::Event(run)),
        );
    }
    Ok(facts)
}

/// The customer who wrote a letter, by the address. Several may be met in one wish, so that numbers
/// are counted on from those in the facts.
fn meet_writer(now: &Now<'_>, from: &Mailbox, facts: &mut Vec<Fact>) -> Result<ContactId> {
    let address = from.address.to_lowercase();
    let known = contacts::person_by(now, "email", &address)?;
    let identities = BTreeMap::from([("email".to_owned(), address)]);
    meet_as(now, known, &from.name, identities, facts)
}
