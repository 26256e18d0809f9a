//! Reports for printing: a case, a pack or the events of a question as one page that needs nothing
//! beside itself, with page numbers, headers on each sheet of paper and the checkpoint as a code. A
//! browser prints it or makes a PDF of it. Making one is recorded like any export.

pub mod parts;

use self::parts::Part;
use super::case::{self, Picture};
use super::packs::{AnswerRow, PinRow, show as packs};
use super::render;
use crate::desk::audit;
use crate::desk::audit::filter::{self, Filter};
use crate::desk::exports::{self, Made, Report};
use crate::desk::settings;
use crate::domain::actor::{Actor, Who};
use crate::domain::calendar::Zone;
use crate::domain::id::Object;
use crate::domain::moment::Moment;
use crate::domain::pack::Outcome;
use crate::error::{Refusal, Result};
use crate::evidence::qr;
use crate::ledger::note::Checkpoint;
use crate::ledger::{Ledger, Now};
use crate::web::audit::EventRow;
use crate::web::audit::explorer::rows;
use crate::web::exchange::Response;
use crate::web::names::Names;
use crate::web::shell::{Reader, Shell};
use crate::web::text::{Language, translate};
use crate::web::visit::{Visit, zone};
use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::str::FromStr;

/// Most events of one report, which browsers still print in one piece; more come in parts.
pub const EVENTS_MAX: u32 = 5_000;

/// Colours and type, the lanes of a case, and what is on paper only.
const STYLE: &str = concat!(
    include_str!("../../web/assets/css/tokens.css"),
    include_str!("../../web/assets/css/case.css"),
    include_str!("print/print.css"),
);

/// The paper of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paper {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 8.5 × 11 inches.
    Letter,
}

impl FromStr for Paper {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "" | "a4" => Ok(Paper::A4),
            "letter" => Ok(Paper::Letter),
            other => Err(format!("{other} is no paper; papers are a4, letter")),
        }
    }
}

/// What a report is about.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A ticket or conversation.
    Case(Object),
    /// A pack.
    Pack(u64),
    /// The events of a question, the question as people write it, and which part of them.
    Events(Box<Filter>, String, Option<Part>),
}

/// In whose language and clock it is written, and on which paper.
#[derive(Debug, Clone)]
pub struct Manner {
    /// The language.
    pub language: Language,
    /// The zone of every time.
    pub zone: Zone,
    /// The paper.
    pub paper: Paper,
}

/// `print/_report.html`
#[derive(Debug, Clone, Serialize)]
struct Page {
    title: String,
    id: String,
    question: String,
    part: Option<Part>,
    made_at: Moment,
    made_by: String,
    code: String,
    note: String,
    vkey: String,
    events: Vec<EventRow>,
    picture: Option<Picture>,
    rows: Vec<case::Row>,
    pack: Option<Pack>,
}

/// What a pack says.
#[derive(Debug, Clone, Serialize)]
struct Pack {
    outcome: Option<&'static str>,
    decision: Option<String>,
    decided_at: Option<Moment>,
    sides: Vec<(String, String)>,
    finding: String,
    pins: Vec<PinRow>,
    answers: Vec<AnswerRow>,
}

/// `POST /tickets/T-1042/case/report`, `/conversations/C-88/case/report`
pub fn of_case(visit: &Visit<'_>, object: Object) -> Result<Response> {
    case::show::demand(&visit.now()?, object)?;
    answer(visit, &Wanted::Case(object))
}

/// `POST /packs/3/report`
pub fn of_pack(visit: &Visit<'_>, pack: u64) -> Result<Response> {
    packs::demand(visit, &visit.now()?, pack)?;
    answer(visit, &Wanted::Pack(pack))
}

/// The report as an answer of its own, to be printed or saved.
///
/// **Refuses:** paper nobody has, what is not there, more than [`EVENTS_MAX`] events.
pub fn answer(visit: &Visit<'_>, wanted: &Wanted) -> Result<Response> {
    let paper = visit.field("paper").parse().map_err(Refusal::invalid)?;
    let manner = Manner {
        language: visit.language(),
        zone: zone(&visit.member.preferences.zone),
        paper,
    };
    let printed = make(&visit.app.ledger, &visit.who, wanted, &manner)?;
    let name = match wanted {
        Wanted::Case(object) => object.to_string(),
        Wanted::Pack(pack) => format!("P-{pack}"),
        Wanted::Events(_, _, None) => "events".to_owned(),
        Wanted::Events(_, _, Some(part)) => format!("events-part-{}-of-{}", part.no, part.of),
    };
    Ok(Response::html(printed.html)
        .with_header("content-security-policy", &printed.policy)
        .with_header("cache-control", "no-store")
        .named(&format!("report-{name}-{}.html", printed.size), true))
}

/// A report that was made.
#[derive(Debug, Clone)]
pub struct Printed {
    /// The whole page.
    pub html: String,
    /// What it may load: nothing but its own style.
    pub policy: String,
    /// How many events stand in it.
    pub rows: u64,
    /// Hex SHA-256 of the page.
    pub digest: String,
    /// The checkpoint printed on it.
    pub size: u64,
}

/// Publishes a checkpoint, makes the report and records it.
///
/// **Refuses:** what is not there, more than [`EVENTS_MAX`] events.
pub fn make(ledger: &Ledger, who: &Who, wanted: &Wanted, manner: &Manner) -> Result<Printed> {
    let known = ledger.now(who)?;
    demand(&known, wanted)?;
    drop(known);
    let note = ledger.publish_checkpoint()?;
    let size = Checkpoint::parse(&note)?.size;
    let now = ledger.now(who)?;
    let reader = Reader {
        language: manner.language,
        zone: manner.zone.clone(),
        now: now.at(),
    };
    let (report, mut page) = page(&now, wanted, &reader)?;
    page.made_by = by(who, manner.language);
    page.code = qr(&note)?;
    page.note = note;
    page.vkey = ledger.verifier().text();
    let shell = Shell::outside(settings::text(&now, "desk.name")?, "/", reader);
    let body = render::page("print/_report.html", &shell, &page)?;
    let (html, policy) = document(&body, &page, manner);
    drop(now);
    let digest = HEXLOWER.encode(&Sha256::digest(html.as_bytes()));
    let rows = page.events.len() as u64;
    let made = Made {
        rows,
        digest: digest.clone(),
        size,
        question: page.question,
    };
    ledger.record(who, move |_| Ok(exports::record_print(report, made)))?;
    Ok(Printed {
        html,
        policy,
        rows,
        digest,
        size,
    })
}

fn demand(now: &Now<'_>, wanted: &Wanted) -> Result<()> {
    match wanted {
        Wanted::Case(object) => case::show::demand(now, *object).map(drop),
        Wanted::Pack(pack) => crate::desk::packs::get(now, *pack).map(drop),
        Wanted::Events(filter, _, _) => match parts::fits(now, filter)? {
            true => Ok(()),
            false => {
                let text = format!("more than {EVENTS_MAX} events pass; they come in parts");
                Err(Refusal::invalid(text).into())
            }
        },
    }
}

fn page(now: &Now<'_>, wanted: &Wanted, reader: &Reader) -> Result<(Report, Page)> {
    let language = reader.language;
    let mut page = Page {
        title: translate(language, "Audit trail").to_owned(),
        id: String::new(),
        question: String::new(),
        part: None,
        made_at: now.at(),
        made_by: String::new(),
        code: String::new(),
        note: String::new(),
        vkey: String::new(),
        events: Vec::new(),
        picture: None,
        rows: Vec::new(),
        pack: None,
    };
    let report = match wanted {
        Wanted::Case(object) => {
            let told = case::show::told(now, *object, reader, false)?;
            page.title = told.title;
            page.id = told.id;
            page.events = told.events;
            page.picture = Some(told.picture);
            page.rows = told.rows;
            Report::Case(*object)
        }
        Wanted::Pack(pack) => {
            let known = crate::desk::packs::get(now, *pack)?;
            page.title = known.title.clone().unwrap_or_default();
            page.id = format!("P-{pack} · {}", known.object);
            page.events = packs::history(now, language, &known)?;
            let object = known.object;
            let sides = known.sides.into_iter();
            page.pack = Some(Pack {
                outcome: known.outcome.map(Outcome::words),
                decision: known.decision,
                decided_at: known.decided_at,
                sides: sides.map(|side| (side.who, side.says)).collect(),
                finding: known.finding.unwrap_or_default(),
                pins: packs::pins(now, language, *pack)?,
                answers: packs::answered(now, language, *pack)?,
            });
            Report::Pack(*pack, object)
        }
        Wanted::Events(wanted, question, part) => {
            let mut found = filter::all(now, wanted, EVENTS_MAX)?;
            found.reverse();
            let found = found.into_iter().map(|seq| audit::get(now, seq));
            let found = found.collect::<Result<Vec<_>>>()?;
            let names = Names::of_events(now, &found)?;
            page.events = rows(now, language, &names, &found)?;
            page.question.clone_from(question);
            if let Some(part) = part {
                let words = translate(language, "Part {n} of {all}");
                let words = words.replace("{n}", &part.no.to_string());
                page.id = words.replace("{all}", &part.of.to_string());
                page.part = Some(part.clone());
            }
            Report::Events
        }
    };
    Ok((report, page))
}

/// The page around the body, and the policy that lets its style and nothing else act.
fn document(body: &str, page: &Page, manner: &Manner) -> (String, String) {
    let size = match manner.paper {
        Paper::A4 => "A4",
        Paper::Letter => "letter",
    };
    let title = match page.id.is_empty() {
        true => page.title.clone(),
        false => format!("{} {}", page.title, page.id),
    };
    let running = quoted(&title);
    let style = format!(
        "{STYLE}@page {{ size: {size}; margin: 18mm 15mm 18mm;\n  \
         @top-left {{ content: {running}; font: 8pt system-ui, sans-serif; color: #444; }}\n  \
         @bottom-right {{ content: counter(page) \" / \" counter(pages); \
         font: 8pt system-ui, sans-serif; color: #444; }} }}\n\
         @page :first {{ @top-left {{ content: \"\"; }} }}\n"
    );
    let hash = BASE64.encode(&Sha256::digest(style.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    );
    let (mut escaped, language) = (String::new(), manner.language);
    super::message_text::escape(&title, &mut escaped);
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{escaped}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n\
         </html>\n",
        language.code(),
        language.direction()
    );
    (html, policy)
}

/// A text as a string of a style sheet; nothing in it ends the string or the element.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars().take(90) {
        match c {
            '"' | '\\' | '<' | '>' | '&' | '\0'..='\x1f' => {
                quoted.push_str(&format!("\\{:x} ", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn by(who: &Who, language: Language) -> String {
    match &who.actor {
        Actor::Member { id, name, .. } => format!("{name} ({id})"),
        other => super::sentences::actor(language, other, &|_| None), // the others as they are
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_end_the_style_it_stands_in() {
        assert_eq!(
            quoted("a \"b\" </style>"),
            "\"a \\22 b\\22  \\3c /style\\3e \""
        );
    }
}
