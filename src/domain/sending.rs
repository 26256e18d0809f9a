//! What came of an attempt to send, and what to do about it. The numbers and sentences of one
//! provider's errors are not here but in its channel.

use serde::{Deserialize, Serialize};

/// What came of one attempt to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SendOutcome {
    /// The provider took it. It is not delivered yet: statuses tell.
    Accepted {
        /// The provider's name for the message.
        provider_id: String,
        /// The number the provider made of the one we gave; may differ from it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wa_id: Option<String>,
        /// The business-scoped user id of whom it went to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_id: Option<String>,
    },
    /// The provider did not take it.
    Refused(Refused),
    /// The answer was lost: it may have been taken. A status with our tag may still tell; until
    /// then it must not be sent again by itself.
    Unknown {
        /// What happened.
        why: String,
    },
    /// It certainly never reached the provider.
    NotSent {
        /// What happened.
        why: String,
    },
}

/// A refusal by the provider, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The provider's number of the error; 0 if it gave none.
    pub code: i64,
    /// What to do about it.
    pub class: Class,
    /// One sentence for the person who sent it.
    pub text: String,
    /// The provider's own words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub details: String,
}

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Try again with growing delay.
    Retry,
    /// Try again with growing delay, for days: a letter may wait.
    RetryDays,
    /// Try again a few times; it may also be the message.
    RetryFew,
    /// The whole number is too fast: wait, then go on.
    SlowChannel,
    /// Too much to this one customer: wait for this customer alone.
    SlowContact,
    /// The number is held back for hours; somebody should know.
    SlowHours,
    /// Not now; a person may try on another day.
    Later,
    /// The 24-hour window is closed: only a template goes through.
    OfferTemplate,
    /// It will never reach this customer.
    NeverContact,
    /// The message itself has to be changed.
    FixContent,
    /// Nothing goes out on this channel until somebody mends it.
    StopChannel,
    /// About something received, not about something sent.
    InboundOnly,
}

impl Class {
    /// How long to wait before the next attempt after `attempts` failed ones (counted from 1);
    /// none if no further attempt is to be made by itself.
    /// **Unit:** milliseconds. **Source:** for one customer 4ⁿ seconds (WhatsApp Cloud API,
    /// error 131056, 2026-01).
    pub fn wait_ms(self, attempts: u32) -> Option<i64> {
        const RETRY_S: [i64; 9] = [2, 8, 30, 120, 600, 1_800, 3_600, 7_200, 14_400];
        const RETRY_DAYS_S: [i64; 12] = [
            30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 43_200, 43_200, 43_200,
        ];
        const RETRY_FEW_S: [i64; 3] = [5, 30, 180];
        const SLOW_CHANNEL_S: [i64; 10] = [2, 5, 10, 20, 40, 80, 160, 300, 600, 1_800];
        const SLOW_CONTACT_S: [i64; 6] = [4, 16, 64, 256, 1_024, 4_096];
        const SLOW_HOURS_S: [i64; 4] = [3_600, 7_200, 14_400, 28_800];
        let steps: &[i64] = match self {
            Class::Retry => &RETRY_S,
            Class::RetryDays => &RETRY_DAYS_S,
            Class::RetryFew => &RETRY_FEW_S,
            Class::SlowChannel => &SLOW_CHANNEL_S,
            Class::SlowContact => &SLOW_CONTACT_S,
            Class::SlowHours => &SLOW_HOURS_S,
            Class::Later
            | Class::OfferTemplate
            | Class::NeverContact
            | Class::FixContent
            | Class::StopChannel
            | Class::InboundOnly => &[],
        };
        let step = usize::try_from(attempts.max(1) - 1).ok()?;
        steps.get(step).map(|seconds| seconds * 1_000)
    }

    /// How long to wait before a file a customer sent is asked for again, after `attempts` failed
    /// ones; none if it never comes. Nobody waits for its answer, so it is asked for as long as the
    /// provider keeps it, less a day.
    /// **Unit:** milliseconds. **Source:** WhatsApp Cloud API, media: kept for 7 days (2026-01).
    pub fn fetch_wait_ms(self, attempts: u32) -> Option<i64> {
        const LAST_S: i64 = 14_400;
        const ATTEMPTS: u32 = 43; // those of `Retry`, then every four hours: six days in all
        match self {
            Class::Retry
            | Class::RetryDays
            | Class::RetryFew
            | Class::SlowChannel
            | Class::SlowContact
            | Class::SlowHours
            | Class::Later => {}
            Class::OfferTemplate
            | Class::NeverContact
            | Class::FixContent
            | Class::StopChannel
            | Class::InboundOnly => return None,
        }
        let last = (attempts <= ATTEMPTS).then_some(LAST_S * 1_000);
        let wait_ms = Class::Retry.wait_ms(attempts).or(last)?;
        Some(wait_ms.max(self.wait_ms(attempts).unwrap_or_default()))
    }

    /// Whether a failure of this class holds up everything that goes out on the channel.
    pub fn holds_channel(self) -> bool {
        matches!(
            self,
            Class::SlowChannel | Class::SlowHours | Class::StopChannel
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Class;

    #[test]
    fn delays_grow_and_come_to_an_end() {
        for (class, waits_s) in [
            (Class::SlowContact, vec![4, 16, 64, 256, 1_024, 4_096]),
            (Class::RetryFew, vec![5, 30, 180]),
            (Class::OfferTemplate, vec![]),
            (Class::StopChannel, vec![]),
        ] {
            let waits: Vec<_> = (1..)
                .map_while(|n| class.wait_ms(n))
                .map(|ms| ms / 1_000)
                .collect();
            assert_eq!(waits, waits_s, "{class:?}");
        }
        assert_eq!(Class::Retry.wait_ms(0), Class::Retry.wait_ms(1));
        assert_eq!(Class::Retry.wait_ms(u32::MAX), None);
    }

    #[test]
    fn a_file_is_asked_for_as_long_as_it_is_kept() {
        const DAY_S: i64 = 86_400;
        for class in [Class::Retry, Class::RetryFew, Class::SlowChannel] {
            let waits = (1..).map_while(|n| class.fetch_wait_ms(n));
            let all_s = waits.sum::<i64>() / 1_000;
            assert!((5 * DAY_S..7 * DAY_S).contains(&all_s), "{class:?} {all_s}");
        }
        assert_eq!(Class::SlowHours.fetch_wait_ms(1), Some(3_600_000));
        assert_eq!(Class::FixContent.fetch_wait_ms(1), None);
    }
}
