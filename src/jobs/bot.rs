//! The bot's hand: looks for customers who wrote to it, and lets it answer. Whether it may is
//! decided where its words are queued.

use super::Shared;
use crate::desk::bot;
use crate::domain::actor::{Door, Who};
use crate::error::Result;
use crate::ledger::chance::random;
use data_encoding::BASE64URL_NOPAD;
use std::time::Duration;

/// How long it waits for another message of the same thought. **Unit:** milliseconds.
const THOUGHT_MS: i64 = 1_500;
/// How often it looks while somebody may go on writing.
const SOON: Duration = Duration::from_millis(500);
/// How long it sleeps when nobody rings.
const IDLE: Duration = Duration::from_secs(5);

/// Answers until told to end.
pub fn run(shared: &Shared) {
    let mut wait = Duration::ZERO;
    while shared.bot.wait(wait) {
        wait = IDLE;
        shared.attend("answering as the bot", || {
            if answer(shared)? {
                wait = SOON;
            }
            Ok(())
        });
    }
}

/// Answers whoever is due; tells whether somebody will be soon.
fn answer(shared: &Shared) -> Result<bool> {
    let who = Who::system("bot", Door::Timer);
    let now = shared.ledger.now(&who)?;
    let at = now.at();
    let due = bot::due(&now, at.plus_ms(-THOUGHT_MS))?;
    let soon = bot::due(&now, at)?.len() > due.len();
    drop(now);
    for conversation in due {
        if shared.bot.is_closed() {
            break;
        }
        let tag = BASE64URL_NOPAD.encode(&random::<16>()?);
        shared.attend("answering as the bot", || {
            shared
                .ledger
                .record(&bot::who(), move |now| bot::answer(now, conversation, &tag))
                .map(drop)
        });
    }
    Ok(soon)
}
