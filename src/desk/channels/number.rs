//! Whose a provider's number is: one channel in use speaks through it, and hears what comes to it.

use super::{Channel, list};
use crate::domain::id::ChannelId;
use crate::error::{Refusal, Result};
use crate::ledger::Now;

/// Refuses a number that another channel in use has: what comes in would be told to one of them,
/// and answered by neither for sure.
pub(super) fn demand_free(now: &Now<'_>, number: &str, but: Option<ChannelId>) -> Result<()> {
    let other = list(now)?.into_iter().find(|channel| {
        has(channel, number) && channel.state != "disabled" && Some(channel.id) != but
    });
    match other {
        Some(other) => {
            let text = format!("channel {} has this number; disable it first", other.name);
            Err(Refusal::conflict(text).at("phone_number_id").into())
        }
        None => Ok(()),
    }
}

/// The channel that hears what came through one about a number: that one if the number is its own,
/// else one in use that has it, else one that is off; a number nobody has is heard where it came.
pub fn hears(known: &[Channel], through: ChannelId, number: Option<&str>) -> ChannelId {
    let Some(number) = number else {
        return through;
    };
    let owners = known.iter().filter(|channel| has(channel, number));
    let first = owners.min_by_key(|channel| (channel.id != through, channel.state == "disabled"));
    first.map_or(through, |channel| channel.id)
}

fn has(channel: &Channel, number: &str) -> bool {
    channel.kind == "whatsapp" && channel.config.phone_number_id == number
}
