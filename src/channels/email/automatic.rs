//! Which letters no person wrote, and which no machine may answer.
//!
//! **Source:** RFC 3834, sections 2 and 4; the headers of Exchange, Gmail and list servers.

use mail_parser::{Message, MimeHeaders};

/// What the headers say about who wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signs {
    /// Why no machine may answer.
    pub unanswerable: Option<String>,
    /// It is an automatic answer itself, and which.
    pub answer: Option<String>,
}

/// The mark our own automatic letters carry.
pub const OUR_MARK: &str = "X-Trailbox-Loop";

/// Reads the signs. `sender` is the address it comes from.
pub fn signs(message: &Message<'_>, sender: &str) -> Signs {
    let header = |name: &'static str| {
        let raw = message
            .header_raw(name)
            .map(|value| value.trim().to_lowercase());
        raw.unwrap_or_default()
    };
    let has = |name: &'static str| message.header(name).is_some();
    let submitted = header("Auto-Submitted");
    let submitted = submitted.split([';', ' ']).next().unwrap_or_default();
    let mut answer = None;
    if submitted.starts_with("auto-replied") {
        answer = Some("an automatic answer");
    }
    for name in [
        "X-Autoreply",
        "X-Autorespond",
        "X-Auto-Reply-From",
        "X-Vacation",
    ] {
        if has(name) && header(name) != "no" {
            answer = Some("an automatic answer");
        }
    }
    if header("Precedence") == "auto_reply" {
        answer = Some("an automatic answer");
    }
    let report = report_type(message);
    match report.as_deref() {
        Some("delivery-status") => answer = Some("a report on delivery"),
        Some("disposition-notification") => answer = Some("a receipt"),
        Some("feedback-report") => answer = Some("a report of spam"),
        Some(_) => answer = Some("a report by a machine"),
        None => {}
    }
    let local = sender.split('@').next().unwrap_or_default().to_lowercase();
    let suppress = header("X-Auto-Response-Suppress");
    let suppressed = suppress
        .split([',', ' '])
        .any(|word| matches!(word, "all" | "autoreply" | "oof" | "dr" | "rn" | "nrn"));
    let robot = [
        "mailer-daemon",
        "postmaster",
        "no-reply",
        "noreply",
        "do-not-reply",
        "donotreply",
    ];
    let unanswerable = if let Some(answer) = answer {
        Some(answer)
    } else if has(OUR_MARK) || has("X-Loop") {
        Some("it passed through a machine that marks what it answered")
    } else if !submitted.is_empty() && submitted != "no" {
        Some("a machine wrote it")
    } else if matches!(header("Precedence").as_str(), "bulk" | "list" | "junk") {
        Some("it was sent to many")
    } else if ["List-Id", "List-Unsubscribe", "List-Post", "List-Help"]
        .iter()
        .any(|name| has(name))
    {
        Some("it came by a mailing list")
    } else if suppressed {
        Some("it asks for no automatic answer")
    } else if header("Return-Path") == "<>" {
        Some("it has no return address")
    } else if robot
        .iter()
        .any(|name| local == *name || local.starts_with(&format!("{name}-")))
    {
        Some("its sender is a machine")
    } else if sender.is_empty() {
        Some("it names no sender")
    } else {
        None
    };
    Signs {
        unanswerable: unanswerable.map(str::to_owned),
        answer: answer.map(str::to_owned),
    }
}

/// The sort of report a `multipart/report` is.
pub fn report_type(message: &Message<'_>) -> Option<String> {
    let kind = message.content_type()?;
    let report = kind.ctype().eq_ignore_ascii_case("multipart")
        && kind
            .subtype()
            .is_some_and(|sub| sub.eq_ignore_ascii_case("report"));
    let sort = kind.attribute("report-type").unwrap_or("unknown");
    report.then(|| sort.trim().to_lowercase())
}
