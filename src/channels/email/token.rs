//! What tells where an answer belongs: our own Message-IDs and the address with a token behind its
//! plus sign. Both hold a keyed digest, so that nobody can write into a thread by guessing.

use crate::domain::id::Object;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// How much of a keyed digest is written. **Unit:** bytes; 80 bits are not guessed.
const MAC_BYTES: usize = 10;

/// What a letter with this Message-ID is known by.
pub fn known_by(message_id: &str) -> String {
    let digest = HEXLOWER.encode(&Sha256::digest(message_id.trim().as_bytes()));
    format!("mail:{}", digest.get(..32).unwrap_or_default())
}

/// What a letter without a Message-ID is known by.
pub fn known_by_bytes(raw: &[u8]) -> String {
    let digest = HEXLOWER.encode(&Sha256::digest(raw));
    format!("mail:{}", digest.get(..32).unwrap_or_default())
}

/// The Message-ID of a letter of ours, without its brackets.
pub fn message_id(key: &str, object: Object, tag: &str, domain: &str) -> String {
    let named = format!("{object}.{tag}");
    format!("{named}.{}@{domain}", mac(key, &named))
}

/// Our mark in a Message-ID, and where it belongs if it is really ours.
pub fn read_message_id(key: &str, id: &str) -> Option<(String, Option<Object>)> {
    let (local, _) = id.trim_matches(['<', '>']).rsplit_once('@')?;
    let mut parts = local.split('.');
    let (object, tag, given) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let object: Object = object.to_uppercase().parse().ok()?;
    let ours = same(&mac(key, &format!("{object}.{tag}")), given);
    Some((tag.to_owned(), ours.then_some(object)))
}

/// The mailbox's address with a token of where answers belong: `desk+C-7.…@shop.test`.
pub fn plus_address(key: &str, address: &str, object: Object) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let token = mac(key, &object.to_string());
    Some(format!("{local}+{object}.{token}@{domain}"))
}

/// Where a token behind a plus sign says a letter belongs, if it is really ours.
pub fn read_address(key: &str, address: &str) -> Option<Object> {
    let (local, _) = address.rsplit_once('@')?;
    let (_, token) = local.split_once('+')?;
    let (object, given) = token.split_once('.')?;
    let object: Object = object.to_uppercase().parse().ok()?;
    same(&mac(key, &object.to_string()), given).then_some(object)
}

/// The ticket a subject names, `[T-1042]`.
pub fn ticket_in(subject: &str) -> Option<crate::domain::id::TicketId> {
    subject.match_indices('[').find_map(|(at, _)| {
        let inner = subject.get(at + 1..)?.split(']').next()?;
        match inner.trim().to_uppercase().parse() {
            Ok(Object::Ticket(ticket)) => Some(ticket),
            Ok(_) | Err(_) => None,
        }
    })
}

fn mac(key: &str, text: &str) -> String {
    // A key of any length will do: the one failure the constructor knows cannot happen.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    let digest = mac.finalize().into_bytes();
    let bytes = digest.get(..MAC_BYTES).unwrap_or_default();
    BASE32_NOPAD.encode(bytes).to_lowercase()
}

/// Compares without telling by the time it takes how much was right; letter case does not count,
/// because servers on the way may change it.
fn same(expected: &str, given: &str) -> bool {
    let given = given.to_lowercase();
    let differs = expected.len() != given.len();
    let pairs = expected.bytes().zip(given.bytes());
    let difference = pairs.fold(0, |difference, (a, b)| difference | (a ^ b));
    !expected.is_empty() && !differs && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_tokens_are_believed() {
        let object: Object = "C-77".parse().unwrap();
        let address = plus_address("key", "desk@shop.test", object).unwrap();
        assert_eq!(read_address("key", &address), Some(object));
        assert_eq!(read_address("key", &address.to_lowercase()), Some(object));
        assert_eq!(read_address("other", &address), None);
        assert_eq!(
            read_address("key", "desk+C-77.aaaaaaaaaaaaaaaa@shop.test"),
            None
        );
        assert_eq!(read_address("key", "desk+C-77@shop.test"), None);
        let id = message_id("key", object, "abc", "shop.test");
        assert_eq!(
            read_message_id("key", &id),
            Some(("abc".into(), Some(object)))
        );
        let forged = id.replace("C-77", "C-78");
        assert_eq!(read_message_id("key", &forged), Some(("abc".into(), None)));
        assert_eq!(read_message_id("key", "CAB12@mail.test"), None);
    }

    #[test]
    fn a_subject_names_a_ticket_in_any_dress() {
        for (subject, ticket) in [
            ("Re: AW: [T-1042] late", Some("T-1042")),
            ("SV: [list] [t-7]", Some("T-7")),
            ("T-1042", None),
            ("[C-4]", None),
        ] {
            assert_eq!(
                ticket_in(subject).map(|id| id.to_string()).as_deref(),
                ticket
            );
        }
    }
}
