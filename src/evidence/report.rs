//! What people read of a bundle: `report.html`, one file that checks itself in a browser from disk
//! without a request, and `README.txt`.

use super::verdict::last_events;
use super::{Kind, Manifest};
use crate::error::{Fault, Result};
use crate::ledger::note::Checkpoint;
use crate::ledger::tree::Hash;
use data_encoding::BASE64;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;

const SCRIPT: &str = include_str!("report.js");
const STYLE: &str = include_str!("report.css");
const README: &str = include_str!("readme.txt");

/// What the report says apart from events and nodes.
pub struct Facts<'a> {
    /// What the bundle says of itself.
    pub manifest: &'a Manifest,
    /// The signed note.
    pub note: &'a str,
    /// The desk's key.
    pub vkey: &'a str,
    /// Who wrote it.
    pub software: &'a str,
    /// Whether the events are in it.
    pub shown: bool,
}

/// Begins `report.html`.
pub fn begin(out: &mut dyn Write, facts: &Facts<'_>) -> Result<()> {
    let claims = json!({
        "checkpoint": facts.note,
        "manifest": facts.manifest,
        "shown": facts.shown,
        "software": facts.software,
        "vkey": facts.vkey,
    });
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\" data-verdict=\"unchecked\">\n<head>\n\
         <meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Evidence, not checked yet</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <main id=\"report\"><h1>Evidence</h1><p class=\"verdict\">Not checked yet. This page checks \
         itself when it is opened in a browser with JavaScript; without, read report.csv and check \
         the bundle as README.txt says.</p></main>\n\
         <figure id=\"qr\">{}<figcaption>The checkpoint, to be photographed and kept</figcaption>\
         </figure>\n<script type=\"application/json\" id=\"claims\">{}</script>\n\
         <script type=\"application/json\" id=\"events\">[",
        qr(facts.note)?,
        embedded(&claims.to_string()),
    )?;
    Ok(())
}

/// Writes one event with its disclosures.
pub fn event(out: &mut dyn Write, first: bool, entry: &str, open: &[String]) -> Result<()> {
    let comma = if first { "" } else { "," };
    let line = serde_json::to_string(&(entry, open))?;
    Ok(write!(out, "{comma}\n{}", embedded(&line))?)
}

/// Ends `report.html` with the nodes that lead from the events to the root.
pub fn end(out: &mut dyn Write, nodes: &[(u32, u64, Hash)]) -> Result<()> {
    write!(
        out,
        "\n]</script>\n<script type=\"application/json\" id=\"nodes\">["
    )?;
    for (at, (level, place, hash)) in nodes.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let line = json!([level, place, BASE64.encode(hash)]);
        write!(out, "{comma}\n{line}")?;
    }
    write!(
        out,
        "\n]</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )?;
    Ok(())
}

/// `README.txt`; with the last event of each object of a case.
pub fn readme(
    manifest: &Manifest,
    checkpoint: &Checkpoint,
    last: &BTreeMap<String, u64>,
) -> String {
    let (what, complete) = match manifest.kind {
        Kind::Full => (
            "The whole trail".to_owned(),
            "No event before the checkpoint is missing.".to_owned(),
        ),
        Kind::Case => (
            match &manifest.pack {
                Some(ground) => {
                    let (pack, pins) = (ground.pack, ground.pins.len());
                    let case = manifest.objects.join(", ");
                    format!("The pack P-{pack} with the case {case} and {pins} pinned events")
                }
                None => format!("The case {}", manifest.objects.join(", ")),
            },
            format!(
                "Every event\n  names the one of the same object before it: none is missing \
                 between the first and the\n  last event of each object. That none follows the \
                 last one is not proved. The last events:\n  {}.",
                last_events(last)
            ),
        ),
        Kind::Filter => (
            "A selection of events".to_owned(),
            "Nothing shows\n  which events the selection left out.".to_owned(),
        ),
    };
    let withheld = match manifest.withheld {
        true => "SEALED CONTENT WAS WITHHELD.",
        false => "No sealed content was withheld.",
    };
    README
        .replace("{what}", &what)
        .replace("{complete}", &complete)
        .replace("{withheld}", withheld)
        .replace("{origin}", &checkpoint.origin)
        .replace("{entries}", &manifest.entries.to_string())
        .replace("{size}", &checkpoint.size.to_string())
}

/// The checkpoint as a picture that a telephone reads.
pub fn qr(note: &str) -> Result<String> {
    let code = qrcode::QrCode::with_error_correction_level(note, qrcode::EcLevel::M)
        .map_err(Fault::from)?;
    let drawn = code
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(240, 240)
        .build();
    // It stands inside a page: without the line that would begin a file.
    let from = drawn.find("<svg").unwrap_or_default();
    Ok(drawn.get(from..).unwrap_or_default().to_owned())
}

/// JSON as it stands in a page: nothing in it can end the element.
fn embedded(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn hash(text: &str) -> String {
    BASE64.encode(&Sha256::digest(text.as_bytes()))
}
