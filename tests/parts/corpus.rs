//! Every payload at hand is kept and shows as what it is: an article of the right kind, a change of
//! what is there, a notice, or a placeholder behind which the payload stands as it came.

use crate::kit::{Desk, shared};
use data_encoding::{HEXLOWER, HEXUPPER};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// An address at which nothing listens: files cannot be fetched here.
const NOWHERE: &str = "http://127.0.0.1:9";

#[test]
fn every_payload_of_the_corpus_is_kept() {
    let Some(folder) = shared("fixtures/whatsapp/inbound") else {
        return;
    };
    let shown = keep_all(&folder);
    for kind in [
        "text", "image", "video", "document", "sticker", "location", "contacts", "order",
    ] {
        assert!(shown.get(kind) > Some(&0), "no {kind} among {shown:?}");
    }
    for kind in ["choice", "form", "call_permission", "unsupported"] {
        assert!(shown.get(kind) > Some(&0), "no {kind} among {shown:?}");
    }
}

#[test]
fn every_payload_of_our_own_writing_is_kept() {
    keep_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/whatsapp"));
}

fn keep_all(folder: &Path) -> BTreeMap<String, usize> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    assert!(
        files.len() > 20,
        "{} files in {}",
        files.len(),
        folder.display()
    );
    let mut desk = Desk::make();
    desk.connect(NOWHERE);
    desk.serve();
    let mut known = BTreeSet::new();
    let mut shown = BTreeMap::new();
    let mut unreadable = 0;
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy();
        let bytes = std::fs::read(path).unwrap();
        // Half an emoji is no text to this reader; what holds one is looked at elsewhere.
        let mut payload: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let is_read = keep(&desk, &name, &bytes, &payload, &mut known, &mut shown);
        unreadable += usize::from(!is_read);
        // Samples share their ids: what was taken for a repeat comes again under ids of its own.
        if give_new_ids(&mut payload, &name) {
            let bytes = serde_json::to_vec(&payload).unwrap();
            keep(&desk, &name, &bytes, &payload, &mut known, &mut shown);
        }
    }
    desk.stop_and_verify();
    println!(
        "{} payloads of {}: {unreadable} not readable in part, articles {shown:?}",
        files.len(),
        folder.display()
    );
    shown
}

/// Posts a payload and looks what became of it; whether all of it could be read.
fn keep(
    desk: &Desk,
    name: &str,
    bytes: &[u8],
    payload: &Value,
    known: &mut BTreeSet<String>,
    shown: &mut BTreeMap<String, usize>,
) -> bool {
    assert_eq!(desk.post(bytes), 200, "{name}");
    desk.wait_until_read();
    let digest = HEXLOWER.encode(&Sha256::digest(bytes));
    let rows = desk.rows(&format!(
        "SELECT seq, state, coalesce(trouble, '') FROM payload WHERE digest = '{digest}'"
    ));
    assert_eq!(rows.len(), 1, "{name} is kept once");
    let (seq, is_read) = (&rows[0][0], rows[0][1] == "read");
    let kept = format!("SELECT hex(bytes) FROM file WHERE seq = {seq} AND field = 'raw'");
    assert_eq!(desk.rows(&kept)[0][0], HEXUPPER.encode(bytes), "{name}");
    assert!(
        is_read || !rows[0][2].is_empty(),
        "{name}: unreadable, and no reason"
    );
    let repeats = check_messages(desk, name, seq, is_read, payload, known, shown);
    let caused = desk.number(&format!("SELECT count(*) FROM trail WHERE cause = {seq}"));
    let empty = ids(payload).is_empty() && !says_something(payload);
    assert!(
        caused > 0 || !is_read || repeats || empty,
        "{name} left nothing behind"
    );
    is_read
}

/// Gives every message an id that no other payload has; whether there was one.
fn give_new_ids(payload: &mut Value, name: &str) -> bool {
    let mut count = 0;
    let list = |value: &'_ mut Value| value.as_array_mut().map(std::mem::take);
    let Some(mut entries) = list(&mut payload["entry"]) else {
        return false;
    };
    for entry in &mut entries {
        for change in entry["changes"].as_array_mut().into_iter().flatten() {
            if change["value"]["messages"].is_null() {
                continue;
            }
            for message in change["value"]["messages"]
                .as_array_mut()
                .into_iter()
                .flatten()
            {
                if message["id"].is_string() {
                    count += 1;
                    message["id"] = format!("wamid.{name}.{count}").into();
                }
            }
        }
    }
    payload["entry"] = Value::Array(entries);
    count > 0
}

/// Checks the messages of one payload; whether it only repeats what came before.
fn check_messages(
    desk: &Desk,
    name: &str,
    seq: &str,
    is_read: bool,
    payload: &Value,
    known: &mut BTreeSet<String>,
    shown: &mut BTreeMap<String, usize>,
) -> bool {
    let mut repeats = false;
    for (id, message) in ids(payload) {
        if !known.insert(id.clone()) {
            repeats = true;
            continue;
        }
        let Some(kinds) = kinds(&message) else {
            continue;
        };
        let sql =
            format!("SELECT kind FROM article WHERE payload = {seq} AND provider_id = '{id}'");
        let Some(found) = desk.rows(&sql).pop() else {
            assert!(!is_read, "{name}: message {id} is lost");
            continue;
        };
        let right = kinds.is_empty() || kinds.contains(&found[0].as_str());
        assert!(right, "{name}: {id} shows as {found:?}");
        *shown.entry(found[0].clone()).or_default() += 1;
    }
    repeats
}

/// Every message, status and call of a payload with an id that tells repeats.
fn ids(payload: &Value) -> Vec<(String, Value)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut all = Vec::new();
    for entry in list(&payload["entry"]) {
        for change in list(&entry["changes"]) {
            let value = &change["value"];
            for message in list(&value["messages"]) {
                if let Some(id) = message["id"].as_str() {
                    all.push((id.to_owned(), message.clone()));
                }
            }
            for other in ["statuses", "calls", "message_echoes"] {
                for item in list(&value[other]) {
                    let mark = |name: &str| item[name].to_string();
                    let id = ["id", "status", "event", "timestamp"].map(mark).concat();
                    all.push((id, Value::Null));
                }
            }
        }
    }
    all
}

/// The kinds of article a message may show as; none if it is a change of another one.
fn kinds(message: &Value) -> Option<&'static [&'static str]> {
    Some(match message["type"].as_str() {
        Some("reaction" | "edit" | "revoke" | "system") => return None,
        Some("text") if message["text"]["body"].is_string() => &["text"],
        Some("text") => &["unsupported"],
        Some("image") => &["image", "unsupported"],
        Some("video") => &["video", "unsupported"],
        Some("document") => &["document", "unsupported"],
        Some("sticker") => &["sticker", "unsupported"],
        Some("audio") => &["audio", "voice", "unsupported"],
        Some("location") => &["location"],
        Some("contacts") => &["contacts"],
        Some("order") => &["order"],
        Some("button") => &["choice"],
        Some("request_welcome") => &["welcome"],
        Some("interactive") => match message["interactive"]["type"].as_str() {
            Some("button_reply" | "list_reply") => &["choice"],
            Some("nfm_reply") => &["form"],
            Some("call_permission_reply") => &["call_permission"],
            _ => &["unsupported", "choice", "form"],
        },
        Some("unsupported" | "unknown") => &["unsupported"],
        _ if message.is_object() => &[], // told by what it holds
        _ => return None,
    })
}

fn says_something(payload: &Value) -> bool {
    let entries = payload["entry"].as_array();
    entries.is_some_and(|entries| {
        entries.iter().any(|entry| {
            let changes = entry["changes"].as_array();
            changes.is_some_and(|changes| {
                changes.iter().any(|change| {
                    change["field"] != "messages"
                        && change["value"]
                            .as_object()
                            .is_some_and(|value| !value.is_empty())
                })
            })
        })
    })
}
