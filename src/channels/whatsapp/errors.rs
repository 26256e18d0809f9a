//! The errors of the Cloud API as data: what to do about each, and how to say it to the agent.
//! The number decides, never the HTTP status or the provider's words: both vary.

use super::reader::{either, flag, plain, text, whole};
use crate::domain::sending::{Class, Refused};
use serde_json::Value;

/// One known error.
pub struct Known {
    /// The provider's number.
    pub code: i64,
    /// What to do about it.
    pub class: Class,
    /// The sentence for the agent.
    pub text: &'static str,
}

/// An error answer of the Graph API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GraphError {
    /// The HTTP status it came with.
    pub status: u16,
    /// The number; 0 if there was none.
    pub code: i64,
    /// The number within the number.
    pub subcode: i64,
    /// The provider's words.
    pub details: String,
    /// The provider says it will pass.
    pub transient: bool,
}

use Class::{
    FixContent, InboundOnly, Later, NeverContact, OfferTemplate, Retry, RetryFew, SlowChannel,
    SlowContact, SlowHours, StopChannel,
};

const ACCESS: &str = "WhatsApp refused the access token: an admin has to renew it";
const RIGHTS: &str = "the access token lacks a permission: an admin has to grant it";
const BUSY: &str = "WhatsApp is busy or out of order for the moment";
const FAST: &str = "too many messages at once from this number; sending goes on more slowly";
const VALUE: &str = "WhatsApp does not accept a value in this message";
const LOCKED: &str = "WhatsApp has restricted the business account: an admin has to look into it";

/// The known errors, by number. **Source:** Meta's error reference for the Cloud API, 2026-01.
#[rustfmt::skip]
pub const KNOWN: &[Known] = &[
    known(1, Retry, BUSY),
    known(2, Retry, BUSY),
    known(3, StopChannel, RIGHTS),
    known(4, SlowChannel, "the app has used up its calls; sending goes on more slowly"),
    known(10, StopChannel, RIGHTS),
    known(17, SlowChannel, "the account has used up its calls; sending goes on more slowly"),
    known(33, StopChannel, "the business number does not exist any more at WhatsApp"),
    known(100, FixContent, VALUE),
    known(102, StopChannel, ACCESS),
    known(104, StopChannel, "the access token is missing: an admin has to enter it"),
    known(190, StopChannel, ACCESS),
    known(368, StopChannel, LOCKED),
    known(470, OfferTemplate, WINDOW),
    known(613, SlowChannel, "this was asked for too often; it goes on more slowly"),
    known(803, StopChannel, "WhatsApp does not know this number or account id"),
    known(80_007, SlowChannel, "the business account has used up its calls; sending goes on more slowly"),
    known(80_008, SlowChannel, "the business account has used up its calls; sending goes on more slowly"),
    known(130_403, NeverContact, "the customer has blocked this business"),
    known(130_429, SlowChannel, FAST),
    known(130_472, Later, "WhatsApp withholds marketing from this customer as part of an experiment"),
    known(130_497, StopChannel, "the business account may not write to this country"),
    known(131_000, RetryFew, "something went wrong at WhatsApp"),
    known(131_005, StopChannel, RIGHTS),
    known(131_008, FixContent, "something this message needs is missing"),
    known(131_009, FixContent, VALUE),
    known(131_016, Retry, BUSY),
    known(131_021, NeverContact, "the number written to is the business's own"),
    known(131_026, NeverContact, "not on WhatsApp at this number, or with an app too old to receive it"),
    known(131_030, NeverContact, "a test number may write only to the numbers on its list"),
    known(131_031, StopChannel, LOCKED),
    known(131_037, StopChannel, "the display name of the business number is not approved yet"),
    known(131_042, StopChannel, "WhatsApp has no valid means of payment for the business account"),
    known(131_045, StopChannel, "the business number is not registered rightly"),
    known(131_047, OfferTemplate, WINDOW),
    known(131_048, SlowHours, "customers marked messages of this number as spam; sending is held back for hours"),
    known(131_049, Later, "WhatsApp withheld this to spare the customer more marketing; not before tomorrow"),
    known(131_050, NeverContact, "the customer wants no marketing from this business"),
    known(131_051, FixContent, "WhatsApp does not support this kind of message"),
    known(131_052, InboundOnly, "WhatsApp could not hand over the file the customer sent"),
    known(131_053, FixContent, "WhatsApp could not use the attached file"),
    known(131_056, SlowContact, "too many messages to this customer at once; the next one waits a little"),
    known(131_057, Retry, "the business account is being moved to another speed; this takes a minute"),
    known(131_062, NeverContact, "this kind of message needs the customer's phone number"),
    known(132_000, FixContent, "the number of values does not fit the template"),
    known(132_001, FixContent, "the template does not exist in this language or is not approved"),
    known(132_005, FixContent, "the template with these values is too long"),
    known(132_007, FixContent, "the template breaks a rule of WhatsApp"),
    known(132_012, FixContent, "a value does not have the form the template wants"),
    known(132_015, FixContent, "the template is paused because customers did not like it"),
    known(132_016, FixContent, "the template is switched off for good"),
    known(132_018, FixContent, "a value for the template holds a line break, a tab or too many spaces"),
    known(132_068, FixContent, "the form in this message is blocked"),
    known(132_069, FixContent, "the form in this message is slowed down"),
    known(133_004, Retry, BUSY),
    known(133_010, StopChannel, "the business number is not registered at WhatsApp"),
    known(133_016, SlowHours, "the number was registered too often; it has to rest for hours"),
    known(135_000, FixContent, "WhatsApp could not send this message and does not say why"),
];

const WINDOW: &str =
    "more than 24 hours have passed since the customer wrote: only a template goes through";

/// What to do about an error, and how to say it. What is not known by number is judged by its
/// kind: what WhatsApp calls passing is retried, then the HTTP status decides.
pub fn explain(error: &GraphError) -> Refused {
    let found = KNOWN.iter().find(|known| known.code == error.code);
    let (class, text) = match (found, error.code, error.status) {
        // The number or account in the path does not exist or is not ours to see.
        (_, 100, _) if error.subcode == 33 => (
            StopChannel,
            "WhatsApp does not know this number or account id".to_owned(),
        ),
        (Some(known), _, _) => (known.class, known.text.to_owned()),
        (None, 200..=299, _) => (StopChannel, RIGHTS.to_owned()),
        (None, _, _) if error.transient => (Retry, BUSY.to_owned()),
        (None, code, 401 | 403) => (
            StopChannel,
            format!("WhatsApp refuses access (error {code})"),
        ),
        (None, _, 429) => (SlowChannel, FAST.to_owned()),
        (None, code, 500..) => (Retry, format!("WhatsApp is out of order (error {code})")),
        (None, code, 0) => (FixContent, format!("WhatsApp reports error {code}")),
        (None, code, status) => (
            FixContent,
            format!("WhatsApp refused this with error {code} (HTTP {status})"),
        ),
    };
    Refused {
        code: error.code,
        class,
        text,
        details: error.details.clone(),
    }
}

/// The error in the body of an answer, if there is one.
pub fn read(status: u16, body: &Value) -> Option<GraphError> {
    let error = body.get("error").filter(|error| error.is_object())?;
    let data = error.get("error_data");
    let data = data.and_then(|data| plain(data).or_else(|| text(data, "details")));
    let words = either(error, &["error_user_msg", "message"]);
    let details = match (words, data) {
        (Some(words), Some(data)) if words != data => format!("{words}: {data}"),
        (words, data) => data.or(words).unwrap_or_default(),
    };
    // Some answers name 132018 in the words only, under a more general number.
    let named = text(error, "message")
        .and_then(|message| message.strip_prefix("(#")?.split_once(')')?.0.parse().ok());
    let code = whole(error, "code").unwrap_or_default();
    Some(GraphError {
        status,
        code: named
            .filter(|code| KNOWN.iter().any(|known| known.code == *code))
            .unwrap_or(code),
        subcode: whole(error, "error_subcode").unwrap_or_default(),
        details,
        transient: flag(error, "is_transient"),
    })
}

const fn known(code: i64, class: Class, text: &'static str) -> Known {
    Known { code, class, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_stand_in_order_and_once() {
        assert!(KNOWN.windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn every_answer_has_its_class() {
        for (status, error, code, class) in [
            (
                400,
                json!({"code": 131047, "message": "(#131047) Re-engagement"}),
                131047,
                OfferTemplate,
            ),
            (
                403,
                json!({"code": 131056, "message": "(#131056) pair rate"}),
                131056,
                SlowContact,
            ),
            (
                400,
                json!({"code": 100, "error_subcode": 33, "message": "no object"}),
                100,
                StopChannel,
            ),
            (
                400,
                json!({"code": 100, "message": "(#100) Invalid parameter"}),
                100,
                FixContent,
            ),
            (
                400,
                json!({"code": 132012, "message": "(#132018) spaces"}),
                132018,
                FixContent,
            ),
            (400, json!({"code": 299, "message": "no"}), 299, StopChannel),
            (
                400,
                json!({"code": "190", "message": "expired"}),
                190,
                StopChannel,
            ),
            (400, json!({"code": 77, "is_transient": true}), 77, Retry),
            (429, json!({"code": 77}), 77, SlowChannel),
            (503, json!({"code": 77}), 77, Retry),
            (403, json!({"code": 77}), 77, StopChannel),
            (400, json!({"code": 77}), 77, FixContent),
            (500, json!({"message": "odd"}), 0, Retry),
        ] {
            let error = read(status, &json!({"error": error})).unwrap();
            let refused = explain(&error);
            assert_eq!((refused.code, refused.class), (code, class), "{error:?}");
            assert!(!refused.text.is_empty());
        }
        assert_eq!(read(500, &json!({"error": "text"})), None);
    }

    #[test]
    fn the_providers_own_words_are_kept() {
        let data = json!({"messaging_product": "whatsapp", "details": "body: 1 of 2"});
        for (data, words) in [
            (data, "bad: body: 1 of 2"),
            (json!("odd"), "bad: odd"),
            (json!(null), "bad"),
        ] {
            let body = json!({"error": {"code": 132000, "message": "bad", "error_data": data}});
            assert_eq!(read(400, &body).unwrap().details, words);
        }
    }
}
