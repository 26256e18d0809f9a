//! Checkpoints leave the desk by mail: once a day to the members who are named for it, as text and
//! as a file, so that it is kept where nobody at the desk can reach it.

use super::Shared;
use crate::channels::email::{compose, quotes, smtp};
use crate::desk::checkpoints::{self, Due};
use crate::desk::members::Member;
use crate::desk::{mailboxes, settings};
use crate::domain::actor::{Door, Who};
use crate::domain::mailbox::{MailConfig, MailSecret};
use crate::domain::message::email::{Email, Mailbox};
use crate::domain::moment::Moment;
use crate::domain::sending::SendOutcome;
use crate::error::Result;
use crate::ledger::note::Checkpoint;
use data_encoding::{BASE64, HEXLOWER};

/// The name of the file.
const FILE: &str = "checkpoint.txt";

/// Sends what is due; each mail is an event, sent or not.
pub fn send(shared: &Shared) -> Result<()> {
    let who = Who::system("checkpoint", Door::Timer);
    let now = shared.ledger.now(&who)?;
    let Some(known) = checkpoints::due(&now)? else {
        return Ok(());
    };
    if checkpoints::happened_since(&now, known.size)? {
        shared.ledger.publish_checkpoint()?;
    }
    drop(now);
    let now = shared.ledger.now(&who)?;
    let Some(due) = checkpoints::due(&now)? else {
        return Ok(());
    };
    let name = settings::text(&now, "desk.name")?;
    let channel = checkpoints::mailbox(&now)?;
    let box_of = channel.map(|channel| {
        let config = mailboxes::config(&now, channel)?;
        Ok::<_, crate::error::Error>((config, mailboxes::secret(&now, channel)?))
    });
    let mailbox = box_of.transpose()?;
    let at = now.at();
    drop(now);
    for member in &due.to {
        let came = match &mailbox {
            Some((config, secret)) => hand_over(config, secret, &name, &due, member, at)?,
            None => Err("the desk has no mailbox that sends".to_owned()),
        };
        let (size, member) = (due.size, member.id);
        shared.ledger.record(&who, move |_| {
            Ok(checkpoints::mailed(size, member, channel, came))
        })?;
    }
    Ok(())
}

fn hand_over(
    config: &MailConfig,
    secret: &MailSecret,
    desk: &str,
    due: &Due,
    member: &Member,
    at: Moment,
) -> Result<std::result::Result<(), String>> {
    let tag = HEXLOWER.encode(&crate::ledger::chance::random::<12>()?);
    let id = format!("checkpoint.{tag}@{}", config.domain());
    let raw = letter(config, &id, desk, due, member, at)?;
    let to = [member.email.clone()];
    let handed = smtp::send(config, secret, &to, &raw, &id);
    if let Some(refused) = handed.refused.into_iter().next() {
        return Ok(Err(refused.text));
    }
    Ok(match handed.outcome {
        SendOutcome::Accepted { .. } => Ok(()),
        SendOutcome::Refused(refused) => Err(refused.text),
        SendOutcome::Unknown { why } | SendOutcome::NotSent { why } => Err(why),
    })
}

/// The bytes of one mail.
fn letter(
    config: &MailConfig,
    id: &str,
    desk: &str,
    due: &Due,
    member: &Member,
    at: Moment,
) -> Result<Vec<u8>> {
    let Due { size, note, .. } = due;
    let text = format!(
        "This is the newest checkpoint of the audit trail of {desk}, over {size} events.\n\n\
         Keep this mail where nobody who runs the desk can reach it. As long as it is there, the \
         events it is over cannot be rewritten or rolled back without being found:\n\n\
         trailbox verify --data DIR --against THIS-MAIL.eml\n\n{note}\n\
         The same stands in the attached file. You get this mail because {desk} names you for \
         it; nothing is sent on days on which nothing happened.\n"
    );
    let draft = compose::Draft {
        email: Email {
            message_id: id.to_owned(),
            from: Some(Mailbox {
                name: config.sender.clone(),
                address: config.address.clone(),
            }),
            to: vec![Mailbox {
                name: member.name.clone(),
                address: member.email.clone(),
            }],
            subject: format!("Checkpoint of {desk}: {size} events"),
            passages: quotes::passages(&text),
            ..Email::default()
        },
        text,
        files: vec![(
            FILE.to_owned(),
            "text/plain; charset=utf-8".to_owned(),
            note.as_bytes().to_vec(),
        )],
        automatic: true,
        audit_root: Some(BASE64.encode(&Checkpoint::parse(note)?.root)),
        ..compose::Draft::default()
    };
    Ok(compose::write(draft, at)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::MemberId;
    use crate::domain::member::Role;
    use crate::ledger::cosign::Seal;
    use crate::ledger::note::Pen;
    use crate::ledger::verify::{Anchor, Says};

    #[test]
    fn the_mail_as_it_is_saved_is_the_checkpoint() {
        let pen = Pen::new("shop/00000000", &[1; 32]);
        let note = pen.sign(1_234, &[2; 32]);
        let line = Seal::new("witness.example/w1", &[3; 32]).unwrap();
        let note = format!("{note}{}\n", line.cosign(&note, 5).unwrap());
        let member = Member {
            id: MemberId(1),
            name: "Zoë Ní".to_owned(),
            email: "zoe@shop.example".to_owned(),
            role: Role::Lead,
            active: true,
            presence: String::new(),
            has_password: true,
            preferences: Default::default(),
        };
        let config = MailConfig {
            address: "desk@shop.example".to_owned(),
            sender: "Noor & Mar".to_owned(),
            ..MailConfig::default()
        };
        let due = Due {
            size: 1_234,
            note: note.clone(),
            to: Vec::new(),
        };
        let at = Moment(1_795_316_400_000);
        let raw = letter(&config, "x@shop.example", "Noor & Mar", &due, &member, at).unwrap();
        let raw = String::from_utf8(raw).unwrap();
        let anchor = Anchor::read("mail.eml", &raw).unwrap();
        assert_eq!(anchor.says, Says::Note(note), "{raw}");
        assert!(
            raw.contains("X-Audit-Root: ") && raw.contains(FILE),
            "{raw}"
        );
    }
}
