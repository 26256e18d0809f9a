//! Taking in a table of customers: first what each line would do, then the same file for good.

use super::{ImportLine, ImportPage};
use crate::desk::contacts::import::{self, Fate, Preview};
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use sha2::{Digest, Sha256};

/// Lines that are shown of a preview; all refused ones first.
const SHOWN: usize = 200;

/// `GET /contacts/import`
pub fn form(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    visit.page(&now, "contacts/import.html", &ImportPage::default())
}

/// `POST /contacts/import`: the preview of a file, or the file for good.
pub fn post(visit: &Visit<'_>) -> Result<Response> {
    let bytes = match visit.form.file("file") {
        Some(upload) => upload.read(import::BYTES_MAX)?,
        None => visit.field("text").as_bytes().to_vec(),
    };
    if bytes.is_empty() {
        let refusal = Refusal::invalid("choose a file").at("file");
        return refused(visit, &refusal);
    }
    if visit.field("confirm") == "yes" {
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
        return match visit.record(move |now| import::take(now, &bytes, &digest)) {
            Ok(_) => Ok(visit.went_well("/contacts", "The customers are taken in")),
            Err(Error::Refusal(refusal)) => refused(visit, &refusal),
            Err(fault) => Err(fault),
        };
    }
    let now = visit.now()?;
    match import::preview(&now, &bytes) {
        Ok(preview) => {
            let text = String::from_utf8(bytes).unwrap_or_default(); // the preview read it
            visit.page(&now, "contacts/import.html", &shown(preview, text))
        }
        Err(Error::Refusal(refusal)) => {
            drop(now);
            refused(visit, &refusal)
        }
        Err(fault) => Err(fault),
    }
}

fn refused(visit: &Visit<'_>, refusal: &Refusal) -> Result<Response> {
    if !matches!(refusal.kind, RefusalKind::Invalid | RefusalKind::Conflict) {
        return Err(refusal.clone().into());
    }
    let page = ImportPage {
        wrong: refusal.text.clone(),
        ..ImportPage::default()
    };
    let now = visit.now()?;
    let response = visit.page(&now, "contacts/import.html", &page)?;
    Ok(response.with_status(refusal.status()))
}

fn shown(preview: Preview, text: String) -> ImportPage {
    let (added, changed, same, refused) = preview.counts();
    let mut lines: Vec<ImportLine> = preview
        .lines
        .into_iter()
        .map(|line| {
            let (fate, contact, what) = match line.fate {
                Fate::New(told) => ("new", None, words(&told)),
                Fate::Changed(contact, told) => ("changed", Some(contact), words(&told)),
                Fate::Same(contact) => ("same", Some(contact), String::new()),
                Fate::Refused(why) => ("refused", None, why),
            };
            ImportLine {
                number: line.number,
                who: line.who,
                fate,
                contact: contact.map(|contact| contact.to_string()),
                what,
            }
        })
        .collect();
    lines.sort_by_key(|line| (line.fate != "refused", line.number));
    let hidden = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    ImportPage {
        text,
        counts: Some((added, changed, same, refused)),
        unknown: preview.unknown,
        lines,
        hidden,
        wrong: String::new(),
    }
}

fn words(told: &import::Told) -> String {
    let fields = told
        .fields
        .iter()
        .map(|(field, value)| format!("{field}: {value}"));
    let ways = told.identities.iter();
    let ways = ways.map(|(kind, value)| format!("{}: {value}", super::way(kind)));
    fields.chain(ways).collect::<Vec<_>>().join(" · ")
}
