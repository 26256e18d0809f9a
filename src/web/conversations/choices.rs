//! Choices to tap under a WhatsApp message: up to three buttons, or a list that opens.

use crate::channels::whatsapp::send::{BUTTONS_MAX, ROWS_MAX};
use crate::domain::message::{ChoiceFrom, Content, Offer, Offered};
use crate::error::{Refusal, Result};
use crate::web::visit::Visit;
use serde::Serialize;

/// The part of the composer in which choices are written.
#[derive(Debug, Clone, Serialize)]
pub struct ChoicesForm {
    /// Whether it stands open.
    pub open: bool,
    /// The buttons as typed.
    pub buttons: Vec<String>,
    /// What stands on the button that opens the list.
    pub opens: String,
    /// The rows as typed, one a line.
    pub rows: String,
    /// Most rows.
    pub rows_max: usize,
}

/// The form as it is shown; what was typed stays.
pub fn form(visit: &Visit<'_>, refused: bool) -> ChoicesForm {
    let typed = |name: &str| match refused {
        true => visit.field(name).to_owned(),
        false => String::new(),
    };
    let buttons: Vec<String> = (1..=BUTTONS_MAX)
        .map(|n| typed(&format!("button_{n}")))
        .collect();
    let (opens, rows) = (typed("opens"), typed("rows"));
    let filled = |text: &String| !text.trim().is_empty();
    ChoicesForm {
        open: buttons.iter().any(filled) || filled(&opens) || filled(&rows),
        buttons,
        opens,
        rows,
        rows_max: ROWS_MAX,
    }
}

/// The words with the choices that were written under them; none if there are none.
///
/// **Refuses:** buttons and a list at once; a file beside them.
pub fn read(visit: &Visit<'_>, text: &str) -> Result<Option<Content>> {
    let buttons: Vec<Offered> = (1..=BUTTONS_MAX)
        .map(|n| visit.field(&format!("button_{n}")).trim().to_owned())
        .filter(|title| !title.is_empty())
        .map(|title| (title, None))
        .enumerate()
        .map(offered)
        .collect();
    let rows: Vec<Offered> = visit
        .field("rows")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| match line.split_once('|') {
            Some((title, second)) => (title.trim().to_owned(), Some(second.trim().to_owned())),
            None => (line.to_owned(), None),
        })
        .enumerate()
        .map(offered)
        .collect();
    let opens = visit.field("opens").trim().to_owned();
    let wrong = |text: &str| Err(Refusal::invalid(text).at("choices").into());
    let (shown, choices) = match (buttons.is_empty(), rows.is_empty()) {
        (true, true) if opens.is_empty() => return Ok(None),
        (true, true) => return wrong("write the rows of the list"),
        (false, false) => return wrong("offer buttons or a list, not both"),
        (false, true) => (ChoiceFrom::Button, buttons),
        (true, false) => (ChoiceFrom::List, rows),
    };
    if visit.form.file("file").is_some() {
        return wrong("choices go with words alone: send the file before");
    }
    Ok(Some(Content::Offer(Offer {
        text: text.to_owned(),
        shown,
        opens,
        choices,
    })))
}

fn offered((n, (title, second)): (usize, (String, Option<String>))) -> Offered {
    Offered {
        id: format!("choice-{}", n + 1),
        title,
        description: second.filter(|text| !text.is_empty()),
    }
}
