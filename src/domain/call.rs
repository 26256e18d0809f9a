//! Calls: what a phone system tells of one, what is noted about it, what was promised in it.

use super::message::{CallDirection, CallOutcome};
use super::moment::Moment;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The longest single text of a note. **Unit:** characters.
pub const TEXT_MAX: usize = 4_000;
/// The longest promise. **Unit:** characters.
pub const PROMISE_MAX: usize = 500;
/// Most promises of one call.
pub const PROMISES_MAX: usize = 10;
/// A call of which no end was told is taken for over after this. **Unit:** milliseconds.
pub const LOST_AFTER_MS: i64 = 4 * super::moment::HOUR_MS;

/// One thing a phone system tells about a call.
///
/// **Source:** Zammad, generic CTI integration: newCall, answer, hangup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which thing.
    pub kind: StepKind,
    /// The phone system's name for the call.
    pub call_id: String,
    /// Who called whom.
    pub direction: CallDirection,
    /// The number, extension or address it came from, as told.
    pub from: String,
    /// Where it went to, as told.
    pub to: String,
    /// The people it rings at or who took it, as the phone system names them.
    pub users: Vec<String>,
    /// The queue it waits in.
    pub queue: Option<String>,
    /// Why it ended.
    pub cause: Option<String>,
    /// The number that took it.
    pub answering: Option<String>,
}

/// The things a phone system tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// It rings.
    NewCall,
    /// Somebody took it.
    Answer,
    /// It is over.
    Hangup,
}

/// What a member writes down about a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// Why they called.
    pub reason: String,
    /// What was said, one point each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_points: Vec<String>,
    /// What comes next, one thing each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<String>,
}

/// What became of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseState {
    /// Still to be done.
    Open,
    /// Done.
    Kept,
    /// Not done in time.
    Missed,
}

impl StepKind {
    /// The thing as the trail and the database write it.
    pub fn as_str(self) -> &'static str {
        match self {
            StepKind::NewCall => "new_call",
            StepKind::Answer => "answer",
            StepKind::Hangup => "hangup",
        }
    }
}

impl FromStr for StepKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [StepKind::NewCall, StepKind::Answer, StepKind::Hangup]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("{text} is no step of a call"))
    }
}

impl PromiseState {
    /// The state as the trail and the database write it.
    pub fn as_str(self) -> &'static str {
        match self {
            PromiseState::Open => "open",
            PromiseState::Kept => "kept",
            PromiseState::Missed => "missed",
        }
    }
}

impl FromStr for PromiseState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [PromiseState::Open, PromiseState::Kept, PromiseState::Missed]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("{text} is not what becomes of a promise"))
    }
}

impl Note {
    /// A note from the fields of a form: each line is a point.
    ///
    /// **Refuses:** no reason; texts longer than [`TEXT_MAX`]; the field comes with the sentence.
    pub fn of_form(
        reason: &str,
        points: &str,
        follow: &str,
    ) -> Result<Self, (&'static str, String)> {
        for (field, text) in [
            ("reason", reason),
            ("key_points", points),
            ("follow_ups", follow),
        ] {
            if text.chars().count() > TEXT_MAX {
                return Err((field, format!("at most {TEXT_MAX} characters")));
            }
        }
        let reason = reason.trim().to_owned();
        if reason.is_empty() {
            return Err(("reason", "say what the call was about".to_owned()));
        }
        Ok(Note {
            reason,
            key_points: lines(points),
            follow_ups: lines(follow),
        })
    }

    /// All its words, one piece a line, for the search.
    pub fn text_for_search(&self) -> String {
        let mut words = vec![self.reason.clone()];
        words.extend(self.key_points.iter().cloned());
        words.extend(self.follow_ups.iter().cloned());
        words.join("\n")
    }
}

fn lines(text: &str) -> Vec<String> {
    let bare = |line: &str| {
        line.trim()
            .trim_start_matches(['-', '*', '•'])
            .trim()
            .to_owned()
    };
    text.lines()
        .map(bare)
        .filter(|line| !line.is_empty())
        .collect()
}

/// What became of a call that is over.
///
/// **Source:** Zammad, generic CTI: a call that came in and ended without an answer was missed.
pub fn outcome(direction: CallDirection, answered: bool, cause: &str) -> CallOutcome {
    if answered {
        return CallOutcome::Answered;
    }
    match (direction, cause) {
        (CallDirection::In, _) => CallOutcome::Missed,
        (CallDirection::Out, "busy") => CallOutcome::Rejected,
        (CallDirection::Out, "congestion" | "notFound") => CallOutcome::Failed,
        (CallDirection::Out, _) => CallOutcome::Missed,
    }
}

/// How long they spoke, where both instants are known and in order. **Unit:** seconds.
pub fn duration_s(answered_at: Option<Moment>, ended_at: Moment) -> Option<u64> {
    let spoken_ms = ended_at.ms_since(answered_at?);
    u64::try_from(spoken_ms).ok().map(|ms| ms / 1_000)
}

/// The address that dials a number: a template with `{number}` (E.164) or `{digits}` in it; one
/// that ends in a colon gets the number behind it.
pub fn dial_href(template: &str, number: &super::phone::PhoneNumber) -> String {
    let web = template.starts_with("http");
    let e164 = if web {
        number.e164().replace('+', "%2B")
    } else {
        number.e164().to_owned()
    };
    if template.ends_with(':') {
        return format!("{template}{e164}");
    }
    template
        .replace("{number}", &e164)
        .replace("{digits}", number.digits())
}

/// Refuses a template no browser could dial by, or that would run something.
pub fn valid_dial(template: &str) -> Result<String, String> {
    let template = template.trim();
    let template = if template.is_empty() {
        "tel:"
    } else {
        template
    };
    let schemes = ["tel:", "sip:", "sips:", "callto:", "https://", "http://"];
    let known = schemes.iter().any(|scheme| template.starts_with(scheme));
    if !known || template.chars().any(char::is_whitespace) || template.len() > 300 {
        return Err(format!(
            "{template} is no address to dial by; write tel:, sip:{{number}}@pbx.example or an \
             https address with {{number}} in it"
        ));
    }
    let places = template.contains("{number}") || template.contains("{digits}");
    if !places && !template.ends_with(':') {
        return Err(format!("{template} has no {{number}} in it"));
    }
    Ok(template.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phone::PhoneNumber;

    #[test]
    fn a_template_dials_a_number() {
        let number = PhoneNumber::parse("+92 300 1234567", "").unwrap();
        for (template, expected) in [
            ("tel:", "tel:+923001234567"),
            ("sip:{number}@pbx.example", "sip:+923001234567@pbx.example"),
            (
                "https://pbx.example/dial?to={number}",
                "https://pbx.example/dial?to=%2B923001234567",
            ),
            ("callto:{digits}", "callto:923001234567"),
        ] {
            let template = valid_dial(template).unwrap();
            assert_eq!(dial_href(&template, &number), expected);
        }
        for bad in [
            "javascript:alert(1)",
            "tel",
            "https://pbx.example",
            "tel: x",
        ] {
            assert!(valid_dial(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_call_without_answer_was_missed() {
        use CallDirection::{In, Out};
        for (direction, answered, cause, expected) in [
            (In, false, "normalClearing", CallOutcome::Missed),
            (In, false, "busy", CallOutcome::Missed),
            (In, true, "normalClearing", CallOutcome::Answered),
            (Out, false, "busy", CallOutcome::Rejected),
            (Out, false, "noAnswer", CallOutcome::Missed),
            (Out, false, "notFound", CallOutcome::Failed),
        ] {
            assert_eq!(outcome(direction, answered, cause), expected, "{cause}");
        }
        assert_eq!(duration_s(Some(Moment(5_000)), Moment(65_999)), Some(60));
        assert_eq!(duration_s(Some(Moment(5_000)), Moment(4_000)), None);
        assert_eq!(duration_s(None, Moment(4_000)), None);
    }

    #[test]
    fn a_note_has_a_reason_and_a_point_a_line() {
        let note = Note::of_form(" Parcel ", "- late\n\n• wet\n", "call TCS").unwrap();
        assert_eq!(note.reason, "Parcel");
        assert_eq!(note.key_points, ["late", "wet"]);
        assert_eq!(note.text_for_search(), "Parcel\nlate\nwet\ncall TCS");
        assert_eq!(Note::of_form(" ", "", "").unwrap_err().0, "reason");
        let long = "x".repeat(TEXT_MAX + 1);
        assert_eq!(Note::of_form("a", &long, "").unwrap_err().0, "key_points");
    }
}
