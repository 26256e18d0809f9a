//! Search over articles, tickets and customers, over all time.

use crate::desk::{contacts, conversations, inbox, search, tickets, timeline};
use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::thread::view;
use crate::web::visit::Visit;
use serde::Serialize;

/// `search/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct SearchPage {
    /// What was searched for.
    pub q: String,
    /// In what: name in English, address, count where it is known, whether it is this one.
    pub kinds: Vec<(&'static str, String, Option<u64>, bool)>,
    /// What was found, the newest first.
    pub hits: Vec<HitRow>,
    /// What is wrong with the question.
    pub wrong: Option<String>,
    /// More.
    pub older: Option<String>,
}

/// Something that was found.
#[derive(Debug, Clone, Serialize)]
pub struct HitRow {
    /// `article`, `ticket` or `contact`.
    pub kind: &'static str,
    /// Its page.
    pub href: String,
    /// The customer, or the ticket's number and title.
    pub title: String,
    /// The words around, the found ones between U+E000 and U+E001.
    pub snippet: String,
    /// Who wrote it, for an article.
    pub author: Option<String>,
    /// When.
    pub at: Moment,
}

/// Hits on one page.
const HITS: u32 = 40;
/// Words around what was found. **Unit:** characters.
const AROUND: usize = 80;

/// `GET /search`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let q = visit.query("q").unwrap_or_default().trim().to_owned();
    let kind = visit.query("kind");
    let before = visit.query("before").and_then(|before| before.parse().ok());
    let found = search::find(&now, &q, kind, before, HITS)?;
    let older = found
        .last()
        .filter(|_| found.len() == HITS as usize)
        .map(|last| view::with(visit, &[("before", &last.seq.to_string())]));
    let folded = search::fold(&q);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let mut hits = Vec::with_capacity(found.len());
    for hit in &found {
        if let Some(row) = row(&now, hit, &words)? {
            hits.push(row);
        }
    }
    let kinds = [
        ("All", None),
        ("Messages", Some("article")),
        ("Tickets", Some("ticket")),
        ("Customers", Some("contact")),
    ];
    let kinds = kinds.map(|(label, word)| {
        let href = view::with(visit, &[("kind", word.unwrap_or_default()), ("before", "")]);
        (label, href, None, word == kind)
    });
    let page = SearchPage {
        q,
        kinds: kinds.into(),
        hits,
        wrong: None,
        older,
    };
    visit.page(&now, "search/index.html", &page)
}

/// What was found as a row; none if it is out of the reader's reach.
fn row(now: &Now<'_>, hit: &search::Hit, words: &[&str]) -> Result<Option<HitRow>> {
    let (kind, href, title, text, author) = match hit.object {
        Object::Conversation(id) => {
            if inbox::demand_reach(now, id).is_err() {
                return Ok(None);
            }
            let contact = conversations::get(now, id)?.contact;
            let article = timeline::article(now, Seq(hit.seq))?;
            let author = article.as_ref().and_then(|article| article.author.clone());
            let said = article.and_then(|article| article.said);
            let text = said
                .map(|said| said.content.text_for_search())
                .unwrap_or_default();
            let href = format!("/conversations/{id}?before={}#e{}", hit.seq + 1, hit.seq);
            (
                "article",
                href,
                contacts::get(now, contact)?.title(),
                text,
                author,
            )
        }
        Object::Ticket(id) if hit.kind == "article" => {
            let article = timeline::article(now, Seq(hit.seq))?;
            let author = article.as_ref().and_then(|article| article.author.clone());
            let said = article.and_then(|article| article.said);
            let text = said
                .map(|said| said.content.text_for_search())
                .unwrap_or_default();
            (
                "article",
                format!("/tickets/{id}#e{}", hit.seq),
                id.to_string(),
                text,
                author,
            )
        }
        Object::Ticket(id) => {
            let title = tickets::get(now, id)?.title.unwrap_or_default();
            (
                "ticket",
                format!("/tickets/{id}"),
                id.to_string(),
                title,
                None,
            )
        }
        Object::Contact(id) => {
            let known = contacts::get(now, id)?;
            (
                "contact",
                format!("/contacts/{id}"),
                known.title(),
                known.handle(),
                None,
            )
        }
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => return Ok(None),
    };
    Ok(Some(HitRow {
        kind,
        href,
        title,
        snippet: snippet(&text, words),
        author,
        at: hit.at,
    }))
}

/// The words around the first that was found, the found ones marked. Words are compared folded,
/// each as a whole or a part, on the original text.
fn snippet(text: &str, words: &[&str]) -> String {
    let mut pieces: Vec<(&str, bool)> = Vec::new();
    for piece in text.split_inclusive(char::is_whitespace) {
        let folded = search::fold(piece);
        pieces.push((piece, words.iter().any(|word| folded.contains(word))));
    }
    let first = pieces.iter().position(|(_, found)| *found).unwrap_or(0);
    let mut from = first;
    let mut room = AROUND;
    while from > 0 {
        let length = pieces
            .get(from - 1)
            .map_or(0, |(piece, _)| piece.chars().count());
        if length > room {
            break;
        }
        room -= length;
        from -= 1;
    }
    let mut out = String::from(if from > 0 { "… " } else { "" });
    for (piece, found) in pieces.iter().skip(from) {
        if out.chars().count() > 3 * AROUND {
            out.push('…');
            break;
        }
        let word = piece.trim_end();
        match found {
            true => out.extend([
                "\u{E000}",
                word,
                "\u{E001}",
                piece.get(word.len()..).unwrap_or_default(),
            ]),
            false => out.push_str(piece),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::snippet;

    #[test]
    fn found_words_are_marked_in_the_original() {
        let text = "The Café is closed, the parcel waits";
        assert_eq!(
            snippet(text, &["cafe", "parcel"]),
            "The \u{E000}Café\u{E001} is closed, the \u{E000}parcel\u{E001} waits"
        );
        let long = format!("{} needle end", "word ".repeat(100));
        assert!(snippet(&long, &["needle"]).starts_with("… word"));
    }
}
