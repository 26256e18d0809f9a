//! What is known of a customer, as the tables keep it.

use crate::desk::search;
use crate::domain::event::{SealedContact, SealedIdentity};
use crate::domain::id::{ContactId, Object};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::{Now, Recorded, Writer};

/// What a provider told of them: name and identities.
pub(super) fn apply_known(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    contact: ContactId,
    sealed: &SealedContact,
) -> Result<()> {
    for (kind, value) in sealed.identities.iter().flatten() {
        // A customer has one value of a kind at a time, except numbers and e-mail addresses: an old
        // one may write again.
        if !matches!(kind.as_str(), "wa_id" | "phone" | "email") {
            write.run(
                "DELETE FROM identity WHERE contact = :contact AND kind = :kind",
                &[(":contact", &contact), (":kind", kind)],
            )?;
        }
        write.run(
            "INSERT INTO identity (kind, value, contact, verified, seq)
             VALUES (:kind, :value, :contact, 1, :seq)
             ON CONFLICT (kind, value)
             DO UPDATE SET contact = excluded.contact, verified = 1, seq = excluded.seq",
            &[
                (":kind", kind),
                (":value", value),
                (":contact", &contact),
                (":seq", &recorded.seq),
            ],
        )?;
    }
    let name = sealed.name.as_deref().unwrap_or_default();
    let identities = sealed.identities.iter().flatten();
    let known: Vec<&str> = identities.map(|(_, value)| value.as_str()).collect();
    let text = format!("{name}\n{}", known.join("\n"));
    index(write, recorded, contact, &text)
}

/// Makes them findable by what became known.
pub(super) fn index(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    contact: ContactId,
    text: &str,
) -> Result<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let on = Object::Contact(contact);
    search::index(write, recorded, "contact", on, recorded.at, text)
}

/// What somebody wrote down is not verified until traffic comes with it.
pub(super) fn apply_identity(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    contact: ContactId,
    kind: &str,
    sealed: &SealedIdentity,
) -> Result<()> {
    let Some(value) = &sealed.value else {
        return Ok(()); // erased
    };
    write.run(
        "INSERT OR IGNORE INTO identity (kind, value, contact, verified, seq)
         VALUES (:kind, :value, :contact, 0, :seq)",
        &[
            (":kind", &kind),
            (":value", value),
            (":contact", &contact),
            (":seq", &recorded.seq),
        ],
    )?;
    index(write, recorded, contact, value)
}

/// Since when they are blocked, if they are.
pub(super) fn block(write: &Writer<'_>, contact: ContactId, since: Option<Moment>) -> Result<()> {
    write.run(
        "UPDATE contact SET blocked_at = :since WHERE id = :id",
        &[(":since", &since), (":id", &contact)],
    )?;
    Ok(())
}

/// Whether they wrote since an instant.
pub(super) fn has_written_since(now: &Now<'_>, contact: ContactId, since: Moment) -> Result<bool> {
    now.value(
        "SELECT EXISTS (SELECT 1 FROM conversation
           JOIN article ON article.conversation = conversation.id
          WHERE conversation.contact = :contact AND direction = 'in' AND sent_at >= :since)",
        &[(":contact", &contact), (":since", &since)],
    )
}
