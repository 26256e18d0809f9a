//! Search over articles, tickets and customers, over all time. Text and query are folded alike;
//! whole words are found through one index, parts of words and scripts without spaces through
//! another.

use super::{inbox, tickets};
use crate::domain::id::Object;
use crate::domain::moment::Moment;
use crate::error::{Error, Result};
use crate::ledger::{Now, Recorded, Row, Writer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Most of a text that is indexed. **Unit:** characters.
const TEXT_MAX: usize = 20_000;

/// Something found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// `article`, `ticket`, `contact`.
    pub kind: String,
    /// The page it is on.
    pub object: Object,
    /// The event that brought the text; for an article also the article.
    pub seq: u64,
    /// When it was written.
    pub at: Moment,
}

/// Folds a text for searching: compatibility forms taken apart, marks dropped, lower case, and the
/// variants of Arabic letters that people mix made one.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            'ı' => folded.push('i'),
            'ß' => folded.push_str("ss"),
            'ـ' => {}
            'أ' | 'إ' | 'آ' | 'ٱ' => folded.push('ا'),
            'ى' | 'ی' | 'ئ' => folded.push('ي'),
            'ک' => folded.push('ك'),
            'ہ' | 'ۂ' | 'ة' | 'ھ' | 'ە' => folded.push('ه'),
            letter => folded.extend(letter.to_lowercase()),
        }
    }
    folded
}

// Apply

/// Makes a text findable on the page of an object. A contact or ticket has one text: the newest.
pub fn index(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    kind: &str,
    object: Object,
    at: Moment,
    text: &str,
) -> Result<()> {
    let mut body: String = fold(text).chars().take(TEXT_MAX).collect();
    if kind != "article" {
        let known: Option<(u64, String)> = write.find(
            "SELECT id, body FROM search WHERE kind = :kind AND object = :object",
            &[(":kind", &kind), (":object", &object)],
            |row| Ok((row.get("id")?, row.get("body")?)),
        )?;
        if let Some((id, known)) = known {
            forget(write, id, &known)?;
            if kind == "contact" {
                body = merged(&known, &body);
            }
        }
    }
    if body.trim().is_empty() {
        return Ok(());
    }
    write.run(
        "INSERT INTO search (id, kind, object, at, body) VALUES (:id, :kind, :object, :at, :body)",
        &[
            (":id", &recorded.seq),
            (":kind", &kind),
            (":object", &object),
            (":at", &at),
            (":body", &body),
        ],
    )?;
    for table in ["search_word", "search_part"] {
        // The two names above.
        write.run_later(
            &format!("INSERT INTO {table} (rowid, body) VALUES (:id, :body)"),
            &[(":id", &recorded.seq), (":body", &body)],
        );
    }
    Ok(())
}

/// Known lines and new ones, each once: a customer stays findable under an old number.
fn merged(known: &str, new: &str) -> String {
    let mut lines: Vec<&str> = new.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in known.lines() {
        if !line.trim().is_empty() && !lines.contains(&line) && lines.len() < 40 {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn forget(write: &Writer<'_>, id: u64, body: &str) -> Result<()> {
    for table in ["search_word", "search_part"] {
        // The two names above.
        write.run_later(
            &format!("INSERT INTO {table} ({table}, rowid, body) VALUES ('delete', :id, :body)"),
            &[(":id", &id), (":body", &body)],
        );
    }
    write.run("DELETE FROM search WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

// Ask

/// What holds all words of a query, the newest first, of one kind or all, from before an event.
/// Words of three letters and more are found inside other words too.
pub fn find(
    now: &Now<'_>,
    query: &str,
    kind: Option<&str>,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<Hit>> {
    let folded = fold(query);
    let words: Vec<&str> = folded.split_whitespace().take(12).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut hits = whole_words(now, &quoted(&words), kind, before, limit)?;
    if let Some(longest) = inside_others(&words)
        && hits.len() < limit as usize
    {
        for hit in parts(now, &words, longest, kind, before, limit)? {
            if !hits.iter().any(|known| known.seq == hit.seq) {
                hits.push(hit);
            }
        }
        hits.sort_by_key(|hit| std::cmp::Reverse(hit.seq));
        hits.truncate(limit as usize);
    }
    Ok(hits)
}

/// Where a text with these words stands, the newest first, as far as was looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The events that brought such a text.
    pub found: Vec<u64>,
    /// All there are from here on upwards are among them; 0: all there are.
    pub down_to: u64,
    /// How many texts were looked at.
    pub looked_at: u64,
}

/// The places of all words of a query before an event, as [`find`] finds them: about so many texts
/// are looked at.
pub fn places(now: &Now<'_>, query: &str, below: u64, block: u32) -> Result<Places> {
    let folded = fold(query);
    let words: Vec<&str> = folded.split_whitespace().take(12).collect();
    let mut places = Places {
        found: Vec::new(),
        down_to: 0,
        looked_at: 0,
    };
    if words.is_empty() {
        return Ok(places);
    }
    let low = |lowest: Option<u64>, many: usize| match many < block as usize {
        true => 0,
        false => lowest.unwrap_or(0),
    };
    places.found = now.all(
        "SELECT rowid AS id FROM search_word WHERE search_word MATCH :query AND rowid < :below
          ORDER BY rowid DESC LIMIT :block",
        &[
            (":query", &format!("{}*", quoted(&words))),
            (":below", &below),
            (":block", &block),
        ],
        |row| row.get("id"),
    )?;
    places.down_to = low(places.found.last().copied(), places.found.len());
    places.looked_at = places.found.len() as u64;
    if let Some(longest) = inside_others(&words) {
        let (mut lowest, mut many) = (None, 0);
        now.each(
            "WITH found AS (
                 SELECT rowid AS id FROM search_part WHERE body LIKE :part AND rowid < :below
                  ORDER BY rowid DESC LIMIT :block)
             SELECT search.id, body FROM found JOIN search USING (id) ORDER BY search.id DESC",
            &[
                (":part", &like(longest)),
                (":below", &below),
                (":block", &block),
            ],
            |row| {
                let (id, body): (u64, String) = (row.get("id")?, row.get("body")?);
                (lowest, many) = (Some(id), many + 1);
                if words.iter().all(|word| body.contains(word)) {
                    places.found.push(id);
                }
                Ok(())
            },
        )?;
        places.down_to = places.down_to.max(low(lowest, many));
        places.looked_at = places.looked_at.max(many as u64); // mostly the same ones
    }
    places.found.retain(|id| *id >= places.down_to);
    places.found.sort_unstable_by(|a, b| b.cmp(a));
    places.found.dedup();
    Ok(places)
}

/// Words as one question to the index of words.
fn quoted(words: &[&str]) -> String {
    let quoted = words.iter().map(|word| word.replace('"', "\"\""));
    let quoted: Vec<String> = quoted.map(|word| format!("\"{word}\"")).collect();
    quoted.join(" ")
}

/// The word that goes through the index of parts, if all are long enough to be found inside others.
fn inside_others<'w>(words: &[&'w str]) -> Option<&'w str> {
    let partial = words.iter().all(|word| word.chars().count() >= 3);
    let longest = words
        .iter()
        .max_by_key(|word| word.chars().count())
        .copied();
    longest.filter(|_| partial)
}

fn like(word: &str) -> String {
    format!("%{}%", word.replace(['%', '_'], " ").trim())
}

/// The same, without what is not within the reach of the one who looks.
pub fn find_within_reach(
    now: &Now<'_>,
    query: &str,
    kind: Option<&str>,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<Hit>> {
    let mut within = Vec::new();
    let mut before = before;
    // Bounded: a member who may see little finds what is within reach among the newest matches.
    for _ in 0..ROUNDS {
        let found = find(now, query, kind, before, limit)?;
        let full = found.len() == limit as usize;
        before = found.last().map(|hit| hit.seq);
        for hit in found {
            if is_within_reach(now, hit.object)? {
                within.push(hit);
            }
        }
        if !full || within.len() >= limit as usize {
            break;
        }
    }
    within.truncate(limit as usize);
    Ok(within)
}

/// Most pages of matches that are gone through to find one page within reach.
const ROUNDS: usize = 8;

fn is_within_reach(now: &Now<'_>, object: Object) -> Result<bool> {
    match object {
        Object::Conversation(id) => inbox::is_within_reach(now, id),
        Object::Ticket(id) => tickets::list::is_within_reach(now, id),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => Ok(true),
    }
}

/// Behind every event. A bound that is always there lets the index begin where it is.
const END: u64 = i64::MAX as u64;

/// How many of the newest matches are looked at before a kind narrows them.
const LOOKED_AT: u32 = 2_000;

fn whole_words(
    now: &Now<'_>,
    query: &str,
    kind: Option<&str>,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<Hit>> {
    let query = format!("{query}*");
    now.all(
        "WITH found AS (
             SELECT rowid AS id FROM search_word
              WHERE search_word MATCH :query AND rowid < :before
              ORDER BY rowid DESC LIMIT :looked_at)
         SELECT search.id, kind, object, at FROM found JOIN search USING (id)
          WHERE (:kind IS NULL OR kind = :kind) ORDER BY search.id DESC LIMIT :limit",
        &[
            (":query", &query),
            (":before", &before.unwrap_or(END)),
            (":looked_at", &LOOKED_AT),
            (":kind", &kind),
            (":limit", &limit),
        ],
        read,
    )
}

fn parts(
    now: &Now<'_>,
    words: &[&str],
    longest: &str,
    kind: Option<&str>,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<Hit>> {
    // The others are looked for in what the longest finds.
    let found = now.all(
        "WITH found AS (
             SELECT rowid AS id FROM search_part
              WHERE body LIKE :part AND rowid < :before
              ORDER BY rowid DESC LIMIT :looked_at)
         SELECT search.id, kind, object, at, body FROM found JOIN search USING (id)
          WHERE (:kind IS NULL OR kind = :kind) ORDER BY search.id DESC",
        &[
            (":part", &like(longest)),
            (":before", &before.unwrap_or(END)),
            (":looked_at", &LOOKED_AT),
            (":kind", &kind),
        ],
        |row| Ok((read(row)?, row.get::<String>("body")?)),
    )?;
    let holds_all = |body: &str| words.iter().all(|word| body.contains(word));
    let hits = found
        .into_iter()
        .filter(|(_, body)| holds_all(body))
        .map(|(hit, _)| hit);
    Ok(hits.take(limit as usize).collect())
}

fn read(row: &Row<'_>) -> Result<Hit> {
    let object: String = row.get("object")?;
    Ok(Hit {
        kind: row.get("kind")?,
        object: object
            .parse()
            .map_err(|error: String| Error::fault(error))?,
        seq: row.get("id")?,
        at: row.get("at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn what_people_mix_up_is_made_one() {
        for (text, folded) in [
            ("Café", "cafe"),
            ("IŞIK ışık", "isik isik"),
            ("Straße", "strasse"),
            ("أحمد", "احمد"),
            ("مُحَمَّد", "محمد"),
            ("ﬁn", "fin"),
            ("شکریہ", "شكريه"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }
}
