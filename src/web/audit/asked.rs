//! What the address of the explorer asks for: the question, however it was given, the columns, the
//! grouping; and the address with something of it changed.

use crate::desk::audit::asked::{self, Asked};
use crate::domain::audit::{Key, joined, written};
use crate::domain::calendar::Zone;
use crate::error::Result;
use crate::ledger::Now;

/// Fields an address or form may hold beside the question, each a condition of its own.
const FIELDS: [(&str, Key); 13] = [
    ("actor", Key::Actor),
    ("kind", Key::Kind),
    ("event", Key::Event),
    ("is", Key::Is),
    ("object", Key::About),
    ("contact", Key::Customer),
    ("ticket", Key::Ticket),
    ("conversation", Key::Conversation),
    ("channel", Key::Channel),
    ("member", Key::Member),
    ("door", Key::Door),
    ("from", Key::After),
    ("to", Key::Until),
];

/// The columns of the table, in order, with their names.
pub const COLUMNS: [(&str, &str); 9] = [
    ("seq", "Event"),
    ("time", "Time"),
    ("who", "Who"),
    ("what", "What"),
    ("name", "Name of the event"),
    ("about", "About"),
    ("cause", "Because of"),
    ("door", "Through"),
    ("hash", "Hash"),
];

/// Columns of a new reader.
const USUAL: &str = "seq.time.who.what.name.about.cause";

/// How rows are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// One after the other.
    #[default]
    None,
    /// Under their days.
    Day,
    /// Counted by who acted.
    Actor,
    /// Counted by ticket and conversation.
    Case,
}

impl Grouping {
    /// All, with their names.
    pub const ALL: [(Grouping, &'static str, &'static str); 4] = [
        (Grouping::None, "", "Ungrouped"),
        (Grouping::Day, "day", "By day"),
        (Grouping::Actor, "actor", "By who acted"),
        (Grouping::Case, "case", "By case"),
    ];

    fn of(word: &str) -> Self {
        let found = Grouping::ALL.iter().find(|(_, known, _)| *known == word);
        found.map_or(Grouping::None, |(grouping, _, _)| *grouping)
    }

    /// The word in an address.
    pub fn word(self) -> &'static str {
        let found = Grouping::ALL.iter().find(|(known, _, _)| *known == self);
        found.map_or("", |(_, word, _)| word)
    }
}

/// Everything an address of the explorer asks for.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The question and what it means.
    pub asked: Asked,
    /// The columns shown, as the address writes them.
    pub columns: String,
    /// How rows are put together.
    pub grouping: Grouping,
    /// Whether the list stands still while the desk goes on.
    pub still: bool,
}

impl Wanted {
    /// Reads what was asked for: `values` finds all values of a name.
    pub fn read<'q>(
        now: &Now<'_>,
        values: impl Fn(&str) -> Vec<&'q str>,
        zone: &Zone,
    ) -> Result<Self> {
        let one = |name: &str| values(name).into_iter().next().unwrap_or_default().trim();
        let mut question = one("q").to_owned();
        for (field, key) in FIELDS {
            let parts = one(field).split([' ', ',']);
            // A name may have spaces; ids and words do not.
            let parts: Vec<&str> = match key {
                Key::About | Key::Ticket => parts.filter(|part| !part.is_empty()).collect(),
                _ => Some(one(field))
                    .filter(|value| !value.is_empty())
                    .into_iter()
                    .collect(),
            };
            for part in parts {
                if !question.is_empty() {
                    question.push(' ');
                }
                question.push_str(&written(key, part));
            }
        }
        let chosen = values("col").join(".");
        let columns = match (chosen.is_empty(), one("cols")) {
            (false, _) => chosen,
            (true, "") => USUAL.to_owned(),
            (true, columns) => columns.to_owned(),
        };
        let chosen = |id: &str| columns.split('.').any(|column| column == id);
        let columns = COLUMNS.iter().map(|(id, _)| *id);
        let columns: Vec<&str> = columns.filter(|id| chosen(id)).collect();
        Ok(Wanted {
            asked: asked::ask(now, &question, zone)?,
            columns: columns.join("."),
            grouping: Grouping::of(one("group")),
            still: one("live") == "no",
        })
    }

    /// The question of an address.
    pub fn of_query(now: &Now<'_>, query: &[(String, String)], zone: &Zone) -> Result<Self> {
        let values = |name: &str| {
            let found = query.iter().filter(|(known, _)| known == name);
            found.map(|(_, value)| value.as_str()).collect()
        };
        Wanted::read(now, values, zone)
    }

    /// Whether a column is shown.
    pub fn shows(&self, column: &str) -> bool {
        self.columns.split('.').any(|shown| shown == column)
    }

    /// The question without one of its conditions.
    pub fn without(&self, place: usize) -> String {
        let terms = self.asked.terms.iter().enumerate();
        joined(terms.filter(|(n, _)| *n != place).map(|(_, term)| term))
    }

    /// The question with one more condition.
    pub fn with(&self, key: Key, value: &str) -> String {
        let more = written(key, value);
        match self.asked.text.is_empty() {
            true => more,
            false => format!("{} {more}", self.asked.text),
        }
    }

    /// The query of an address that asks this question in the present form.
    pub fn query(&self, question: &str) -> String {
        self.query_as(question, self.grouping)
    }

    /// The query of an address that asks this question, grouped otherwise.
    pub fn query_as(&self, question: &str, grouping: Grouping) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !question.is_empty() {
            query.append_pair("q", question);
        }
        if self.columns != USUAL {
            query.append_pair("cols", &self.columns);
        }
        if grouping != Grouping::None {
            query.append_pair("group", grouping.word());
        }
        if self.still {
            query.append_pair("live", "no");
        }
        query.finish()
    }

    /// The address of the explorer with this question.
    pub fn address(&self, question: &str) -> String {
        address(&self.query(question))
    }
}

/// The address of the explorer with a query.
pub fn address(query: &str) -> String {
    match query.is_empty() {
        true => "/audit".to_owned(),
        false => format!("/audit?{query}"),
    }
}
