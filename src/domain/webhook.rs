//! Webhooks: which events go out, how a body is signed, when a failed delivery is tried again, and
//! where nothing is sent.

/// The events that can go out, with words.
pub const KINDS: [(&str, &str); 22] = [
    ("conversation.started", "a conversation starts"),
    (
        "conversation.status_changed",
        "a conversation's status changes",
    ),
    (
        "conversation.owner_changed",
        "a conversation's owner changes",
    ),
    ("conversation.tagged", "a conversation's tags change"),
    ("conversation.escalated", "a conversation is escalated"),
    ("article.received", "a customer's message comes in"),
    ("article.queued", "somebody writes to a customer"),
    ("article.failed", "a message could not be delivered"),
    ("ticket.opened", "a ticket is opened"),
    ("ticket.status_changed", "a ticket's status changes"),
    ("ticket.owner_changed", "a ticket's owner changes"),
    ("ticket.priority_changed", "a ticket's priority changes"),
    ("ticket.tagged", "a ticket's tags change"),
    ("ticket.escalated", "a ticket is escalated"),
    ("field.filled", "a ticket's own fields are filled in"),
    ("contact.added", "a customer is met"),
    ("call.rang", "a call comes in"),
    ("call.ended", "a call is over"),
    ("commitment.made", "something is promised"),
    ("commitment.missed", "a promise is not kept"),
    ("sla.breached", "a deadline has passed"),
    ("rule.cut", "rules answer each other and are cut"),
];

/// How long to wait before each further try. **Unit:** milliseconds.
const WAITS_MS: [i64; 7] = [
    30_000, 120_000, 600_000, 1_800_000, 7_200_000, 21_600_000, 43_200_000,
];

/// Most tries of one delivery until somebody asks for another.
pub const TRIES_MAX: u32 = 8;

/// How long to wait after a try, counted from 1, that failed; nothing after the last one.
/// **Unit:** milliseconds.
pub fn wait_ms(tries: u32) -> Option<i64> {
    let place = usize::try_from(tries).ok()?.checked_sub(1)?;
    WAITS_MS.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<i64> = (1..=TRIES_MAX).map_while(wait_ms).collect();
        assert_eq!(waits.len() as u32, TRIES_MAX - 1);
        assert!(waits.is_sorted());
        assert_eq!(wait_ms(0), None);
    }
}
