//! Who is calling: the signature over a webhook's raw bytes and the handshake by which Meta checks
//! that the address is ours.

use crate::error::{Refusal, Result};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that carries the signature.
pub const HEADER: &str = "X-Hub-Signature-256";

/// The longest challenge that is given back. **Unit:** bytes.
const CHALLENGE_MAX_BYTES: usize = 256;

/// Whether `header` is the signature of exactly these bytes by the holder of `app_secret`;
/// compared in constant time. An empty secret signs nothing.
/// **Source:** Meta webhooks, `X-Hub-Signature-256: sha256=<hex>`, 2026-01.
pub fn verify(app_secret: &str, raw: &[u8], header: &str) -> bool {
    let Some(claimed) = header.trim().strip_prefix("sha256=") else {
        return false;
    };
    let Ok(claimed) = HEXLOWER_PERMISSIVE.decode(claimed.as_bytes()) else {
        return false;
    };
    !app_secret.is_empty() && mac(app_secret, raw).verify_slice(&claimed).is_ok()
}

/// The signature of these bytes, as it stands in the header.
pub fn sign(app_secret: &str, raw: &[u8]) -> String {
    format!(
        "sha256={}",
        HEXLOWER.encode(&mac(app_secret, raw).finalize().into_bytes())
    )
}

/// The bare challenge to answer a handshake with, as `text/plain`.
/// **Refuses:** another mode than `subscribe`, a wrong token, an absent or unprintable challenge.
pub fn handshake(query: &str, verify_token: &str) -> Result<String> {
    let find = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let token = find("hub.verify_token").unwrap_or_default();
    // Digests under the expected token have one length, so comparing them tells nothing about it.
    let expected = mac(verify_token, verify_token.as_bytes())
        .finalize()
        .into_bytes();
    let right = mac(verify_token, token.as_bytes())
        .verify_slice(&expected)
        .is_ok();
    if verify_token.is_empty() || !right {
        return Err(Refusal::forbidden("the verify token is not the one of this channel").into());
    }
    if find("hub.mode").as_deref() != Some("subscribe") {
        return Err(Refusal::forbidden("hub.mode is not subscribe").into());
    }
    let challenge = find("hub.challenge").unwrap_or_default();
    let printable = challenge.bytes().all(|byte| byte.is_ascii_graphic());
    if challenge.is_empty() || challenge.len() > CHALLENGE_MAX_BYTES || !printable {
        return Err(Refusal::forbidden("hub.challenge is absent or not printable").into());
    }
    Ok(challenge)
}

fn mac(key: &str, bytes: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
        // HMAC takes keys of every length (RFC 2104 §2).
        .expect("an HMAC key may have any length");
    mac.update(bytes);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_holder_of_the_secret_can_sign_exactly_these_bytes() {
        // HMAC-SHA256 vector: RFC 4231 §4.3, key "Jefe".
        let raw = b"what do ya want for nothing?";
        let good = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign("Jefe", raw), good);
        for (secret, body, header, verdict) in [
            ("Jefe", raw.as_slice(), good.to_owned(), true),
            (
                "Jefe",
                raw,
                good.to_uppercase().replace("SHA256", "sha256"),
                true,
            ),
            ("jefe", raw, good.to_owned(), false),
            (
                "Jefe",
                b"what do ya want for nothing",
                good.to_owned(),
                false,
            ),
            ("Jefe", raw, good.replace("5bdc", "5bdd"), false),
            ("Jefe", raw, good.replace("sha256=", "sha1="), false),
            ("Jefe", raw, good[..good.len() - 2].to_owned(), false),
            ("Jefe", raw, String::new(), false),
            ("Jefe", raw, "sha256=".to_owned(), false),
            ("", raw, sign("", raw), false),
        ] {
            assert_eq!(verify(secret, body, &header), verdict, "{secret} {header}");
        }
    }

    #[test]
    fn the_handshake_gives_the_challenge_back_for_the_right_token_alone() {
        let ask = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=open%20sesame";
        assert_eq!(handshake(ask, "open sesame").unwrap(), "1158201444");
        for (query, token) in [
            (ask, "open sesam"),
            (ask, ""),
            ("hub.mode=subscribe&hub.challenge=1&hub.verify_token=", ""),
            (
                "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=t",
                "t",
            ),
            ("hub.mode=subscribe&hub.verify_token=t", "t"),
            (
                "hub.mode=subscribe&hub.challenge=%0d%0a&hub.verify_token=t",
                "t",
            ),
            ("", "t"),
        ] {
            assert_eq!(
                handshake(query, token)
                    .unwrap_err()
                    .refusal()
                    .unwrap()
                    .status(),
                403
            );
        }
    }
}
