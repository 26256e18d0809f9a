//! Fetching the files customers send, soon: the provider keeps them for days, their addresses for
//! minutes.

use super::Shared;
use super::providers::words;
use crate::channels::whatsapp::client::Failure;
use crate::config::MIB;
use crate::desk::deliveries::{self, Fetch};
use crate::domain::actor::{Door, Who};
use crate::domain::sending::Class;
use crate::error::{Error, Result};
use std::time::Duration;

/// How often the tables are looked through when nobody rings.
const IDLE: Duration = Duration::from_secs(5);
/// Files fetched in one go.
const FILES: u32 = 50;
/// The largest file kept. **Unit:** bytes.
const FILE_MAX: u64 = 100 * MIB as u64;

fn who() -> Who {
    Who::system("media", Door::Timer)
}

/// Fetches what waits until told to end.
pub fn run(shared: &Shared) {
    while !shared.media.is_closed() {
        let mut found = 0;
        shared.attend("looking for files to fetch", || {
            let who = who();
            let now = shared.ledger.now(&who)?;
            let due = deliveries::media_due(&now, FILES)?;
            drop(now);
            found = due.len();
            for file in due {
                if shared.media.is_closed() {
                    break;
                }
                shared.attend("fetching a file", || fetch(shared, &file));
            }
            Ok(())
        });
        if found == 0 && !shared.media.wait(IDLE) {
            return;
        }
    }
}

fn fetch(shared: &Shared, file: &Fetch) -> Result<()> {
    let article = file.article;
    let media = file
        .said
        .as_ref()
        .and_then(|said| said.content.media())
        .cloned();
    let Some(media) = media.filter(|media| media.media_id.is_some()) else {
        let text = "its content was erased";
        let give_up =
            move |now: &crate::ledger::Now<'_>| deliveries::media_failed(now, article, text, None);
        shared.ledger.record(&who(), give_up)?;
        return Ok(());
    };
    let mut bytes = Vec::new();
    let fetched = match shared.providers.line(file.channel) {
        Ok(line) => line.fetch(&media, FILE_MAX, &mut bytes),
        // Its settings are wrong: the file waits until they are mended.
        Err(Error::Refusal(refusal)) => Err(Failure::Unreached(refusal.text)),
        Err(fault) => return Err(fault),
    };
    match fetched {
        Ok(_) => {
            let media_type = media_type(&bytes);
            shared.ledger.record(&who(), move |now| {
                deliveries::media_fetched(now, article, &media_type, bytes)
            })?;
        }
        Err(Failure::Refused(refused)) if refused.class == Class::StopChannel => {
            let (code, text) = (Some(refused.code), refused.text);
            shared.ledger.record(&who(), move |now| {
                deliveries::media_held(now, article, code, &text)
            })?;
        }
        Err(failure) => {
            let attempts = file.attempts + 1;
            let wait_ms = match &failure {
                Failure::Refused(refused) => refused.class.fetch_wait_ms(attempts),
                Failure::Unreached(_) => Class::Retry.fetch_wait_ms(attempts),
                Failure::Unfit(_) => Class::RetryFew.wait_ms(attempts),
            };
            let at = shared.ledger.clock().now();
            let next_at = wait_ms.map(|wait_ms| at.plus_ms(wait_ms));
            let text = words(&failure);
            shared.ledger.record(&who(), move |now| {
                deliveries::media_failed(now, article, &text, next_at)
            })?;
        }
    }
    Ok(())
}

/// What a file is, by its bytes alone; the sender's claim is not believed.
pub fn media_type(bytes: &[u8]) -> String {
    match infer::get(bytes) {
        Some(kind) => kind.mime_type().to_owned(),
        None if std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0) => {
            "text/plain".to_owned()
        }
        None => "application/octet-stream".to_owned(),
    }
}
