//! Copies by e-mail of what members are told: written without any words of customers, marked as a
//! machine's, handed to the mailbox that was chosen for them.

use super::Shared;
use crate::channels::email::{compose, smtp};
use crate::desk::notifications::copies::{self, Copy};
use crate::desk::{mailboxes, members};
use crate::domain::actor::{Door, Who};
use crate::domain::id::{ChannelId, Object};
use crate::domain::message::email::{Email, Mailbox};
use crate::domain::sending::SendOutcome;
use crate::error::Result;
use crate::ledger::{Ledger, Now};
use data_encoding::BASE32_NOPAD;

/// Sends what is due; answers whether anything was.
pub(super) fn send(shared: &Shared) -> Result<bool> {
    let url = shared.public_url.get().map(String::as_str);
    send_due(&shared.ledger, url.unwrap_or_default())
}

/// Sends what is due; `url` is where members find the desk.
pub fn send_due(ledger: &Ledger, url: &str) -> Result<bool> {
    let who = Who::system("notifications", Door::Timer);
    let now = ledger.now(&who)?;
    let due = copies::due(&now)?;
    let mailbox = copies::mailbox(&now)?;
    drop(now);
    let any = !due.is_empty();
    for copy in due {
        let trouble = match mailbox {
            Some(channel) => hand_over(&ledger.now(&who)?, channel, &copy, url)?,
            None => Some(("no mailbox is chosen for copies".to_owned(), false)),
        };
        ledger.record(&who, move |now| copies::settle(now, &copy, trouble))?;
    }
    Ok(any)
}

/// Why it was not taken, and whether another try may help; none if it was.
fn hand_over(
    now: &Now<'_>,
    channel: ChannelId,
    copy: &Copy,
    url: &str,
) -> Result<Option<(String, bool)>> {
    let member = members::get(now, copy.member)?;
    if !member.active {
        return Ok(Some(("they do not work here any more".to_owned(), false)));
    }
    let config = mailboxes::config(now, channel)?;
    let secret = mailboxes::secret(now, channel)?;
    let id = BASE32_NOPAD.encode(&crate::ledger::chance::random::<16>()?);
    let draft = compose::Draft {
        email: Email {
            message_id: format!("told.{}@{}", id.to_lowercase(), config.domain()),
            from: Some(Mailbox {
                name: config.sender.clone(),
                address: config.address.clone(),
            }),
            to: vec![Mailbox {
                name: member.name,
                address: member.email.clone(),
            }],
            subject: format!("{}: {}", copy.kind.words(), copy.object),
            ..Email::default()
        },
        text: words(copy, url),
        automatic: true,
        ..compose::Draft::default()
    };
    let (raw, email) = match compose::write(draft, now.at()) {
        Ok(written) => written,
        Err(crate::error::Error::Refusal(refusal)) => return Ok(Some((refusal.text, false))),
        Err(fault) => return Err(fault),
    };
    let handed = smtp::send(&config, &secret, &[member.email], &raw, &email.message_id);
    Ok(match handed.outcome {
        SendOutcome::Accepted { .. } => None,
        SendOutcome::Refused(refused) => {
            let again = refused.class.wait_ms(1).is_some();
            Some((refused.text, again))
        }
        SendOutcome::NotSent { why } | SendOutcome::Unknown { why } => Some((why, true)),
    })
}

fn words(copy: &Copy, url: &str) -> String {
    let page = match copy.object {
        Object::Conversation(id) => format!("/conversations/{id}"),
        Object::Ticket(id) => format!("/tickets/{id}"),
        Object::Contact(id) => format!("/contacts/{id}"),
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => "/notifications".to_owned(),
    };
    let url = url.trim_end_matches('/');
    format!(
        "{}: {}\n\n{url}{page}\n\n-- \nYou asked to be told by e-mail; it can be changed at\n\
         {url}/notifications/preferences\nNobody reads answers to this e-mail.\n",
        copy.kind.words(),
        copy.object
    )
}
