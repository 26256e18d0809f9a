//! How one asks the trail in words: `actor:maya event:ticket.status_changed after:2026-11-01
//! ticket:T-1042 "courier"`. What cannot be read is pointed at; nothing typed is lost. What the
//! names in it mean is for the desk to say.

pub mod sets;
pub mod time;

use std::fmt;

/// The longest question. **Unit:** characters.
pub const LENGTH_MAX: usize = 3_000;

/// Most conditions of one question.
const TERMS_MAX: usize = 30;

/// Most values of one condition.
const VALUES_MAX: usize = 200;

/// What a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// Who did it.
    Actor,
    /// What sort of actor did it.
    Kind,
    /// What happened: one event or an area.
    Event,
    /// What happened: a named set of events.
    Is,
    /// What it is about, by its id.
    About,
    /// The ticket it is about.
    Ticket,
    /// The conversation it is about.
    Conversation,
    /// The customer it is about, by id or name.
    Customer,
    /// The channel it is about, by id or name.
    Channel,
    /// The member it is about, by id or name.
    Member,
    /// The group it is about, by id or name.
    Group,
    /// From a day or instant on, or after an event.
    After,
    /// Before a day or instant, or before an event.
    Before,
    /// Up to the end of a day.
    Until,
    /// On one day.
    On,
    /// Near an event.
    Around,
    /// Exactly these events.
    Seq,
    /// Through which door it came.
    Door,
    /// Which event it directly follows from.
    Cause,
    /// Which field it changed.
    Changed,
    /// What the field was before.
    Was,
    /// What the field became.
    Became,
}

impl Key {
    /// All keys, in the order of the handbook.
    pub const ALL: [Key; 22] = [
        Key::Actor,
        Key::Kind,
        Key::Event,
        Key::Is,
        Key::About,
        Key::Ticket,
        Key::Conversation,
        Key::Customer,
        Key::Channel,
        Key::Member,
        Key::Group,
        Key::After,
        Key::Before,
        Key::Until,
        Key::On,
        Key::Around,
        Key::Seq,
        Key::Door,
        Key::Cause,
        Key::Changed,
        Key::Was,
        Key::Became,
    ];

    /// The word before the colon.
    pub fn word(self) -> &'static str {
        match self {
            Key::Actor => "actor",
            Key::Kind => "kind",
            Key::Event => "event",
            Key::Is => "is",
            Key::About => "about",
            Key::Ticket => "ticket",
            Key::Conversation => "conversation",
            Key::Customer => "customer",
            Key::Channel => "channel",
            Key::Member => "member",
            Key::Group => "group",
            Key::After => "after",
            Key::Before => "before",
            Key::Until => "until",
            Key::On => "on",
            Key::Around => "around",
            Key::Seq => "seq",
            Key::Door => "door",
            Key::Cause => "cause",
            Key::Changed => "changed",
            Key::Was => "was",
            Key::Became => "became",
        }
    }

    /// What it looks like in use.
    pub fn example(self) -> &'static str {
        match self {
            Key::Actor => "actor:maya",
            Key::Kind => "kind:bot",
            Key::Event => "event:ticket.status_changed",
            Key::Is => "is:handoff",
            Key::About => "about:C-88",
            Key::Ticket => "ticket:T-1042",
            Key::Conversation => "conversation:C-88",
            Key::Customer => "customer:K-17",
            Key::Channel => "channel:shop",
            Key::Member => "member:maya",
            Key::Group => "group:returns",
            Key::After => "after:2026-11-01",
            Key::Before => "before:2026-11-22",
            Key::Until => "until:2026-11-22",
            Key::On => "on:2026-11-22",
            Key::Around => "around:18231",
            Key::Seq => "seq:18231",
            Key::Door => "door:web",
            Key::Cause => "cause:18231",
            Key::Changed => "changed:status",
            Key::Was => "was:open",
            Key::Became => "became:closed",
        }
    }

    /// The key of a word; other words people use for it are taken too.
    fn of(word: &str) -> Option<Key> {
        let word = word.to_ascii_lowercase();
        let known = Key::ALL.into_iter().find(|key| key.word() == word);
        known.or(match word.as_str() {
            "who" | "by" => Some(Key::Actor),
            "contact" => Some(Key::Customer),
            "object" => Some(Key::About),
            "from" | "since" => Some(Key::After),
            "to" => Some(Key::Until),
            "via" => Some(Key::Door),
            _ => None, // any word may stand there
        })
    }

    /// Whether an event can meet only one value of this key: then a comma stands for nothing.
    fn takes_one(self) -> bool {
        matches!(
            self,
            Key::After | Key::Before | Key::Until | Key::On | Key::Around
        )
    }
}

/// One condition as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What it looks at; none for words to be found.
    pub key: Option<Key>,
    /// Whether it must not hold.
    pub not: bool,
    /// The values of which one must fit; of words to be found, all.
    pub values: Vec<Value>,
    /// Where it stands.
    pub place: Place,
}

/// One value as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Without quotation marks.
    pub text: String,
    /// Whether it stood in quotation marks.
    pub quoted: bool,
    /// Where it stands.
    pub place: Place,
}

/// A stretch of what was typed. **Unit:** characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The first.
    pub from: usize,
    /// One past the last.
    pub to: usize,
}

/// Something that cannot be understood: where, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands.
    pub place: Place,
    /// One sentence, lower case, without full stop.
    pub text: String,
}

impl Mistake {
    /// A mistake at a place.
    pub fn at(place: Place, text: impl Into<String>) -> Self {
        Mistake {
            place,
            text: text.into(),
        }
    }

    /// A line that points at it, to stand under what was typed in letters of one width.
    pub fn pointer(&self) -> String {
        let wide = self.place.to.saturating_sub(self.place.from).max(1);
        format!("{}{}", " ".repeat(self.place.from), "^".repeat(wide))
    }
}

/// Reads a question.
///
/// **Limit:** [`LENGTH_MAX`] characters, 30 conditions, 200 values each.
pub fn parse(text: &str) -> Result<Vec<Term>, Vec<Mistake>> {
    let mut reader = Reader {
        letters: text.chars().collect(),
        at: 0,
        mistakes: Vec::new(),
    };
    if reader.letters.len() > LENGTH_MAX {
        let place = Place {
            from: LENGTH_MAX,
            to: reader.letters.len(),
        };
        let text = format!("a question has at most {LENGTH_MAX} characters");
        return Err(vec![Mistake::at(place, text)]);
    }
    let terms = reader.terms();
    match reader.mistakes.is_empty() {
        true => Ok(terms),
        false => Err(reader.mistakes),
    }
}

struct Reader {
    letters: Vec<char>,
    at: usize,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn wrong(&mut self, from: usize, text: impl Into<String>) {
        let place = Place { from, to: self.at };
        self.mistakes.push(Mistake::at(place, text));
    }

    fn terms(&mut self) -> Vec<Term> {
        let mut terms: Vec<Term> = Vec::new();
        while let Some(letter) = self.peek() {
            if letter.is_whitespace() {
                self.at += 1;
                continue;
            }
            let from = self.at;
            let read = self.term();
            if terms.len() == TERMS_MAX && read.is_some() {
                self.at = self.letters.len();
                self.wrong(from, format!("at most {TERMS_MAX} conditions at once"));
            }
            terms.extend(read);
        }
        terms
    }

    fn term(&mut self) -> Option<Term> {
        let from = self.at;
        let next = self.letters.get(self.at + 1);
        let not = self.peek() == Some('-') && next.is_some_and(|next| !next.is_whitespace());
        if not {
            self.at += 1;
        }
        let key = self.key(from).ok()?;
        let mut values = Vec::new();
        loop {
            let value = self.value(key)?;
            values.push(value);
            if key.is_none() || self.peek() != Some(',') {
                break;
            }
            self.at += 1;
        }
        let place = Place { from, to: self.at };
        if let Some(key) = key {
            let shown = key.word();
            if values.len() > VALUES_MAX {
                self.wrong(from, format!("{shown}: takes at most {VALUES_MAX} values"));
            } else if key.takes_one() && (values.len() > 1 || not) {
                let text = format!(
                    "{shown}: takes one value and no minus: {example}",
                    example = key.example()
                );
                self.wrong(from, text);
            }
        }
        Some(Term {
            key,
            not,
            values,
            place,
        })
    }

    /// The key before a colon, if a word with a colon stands here.
    fn key(&mut self, from: usize) -> Result<Option<Key>, ()> {
        let rest = self.letters.get(self.at..).unwrap_or_default();
        let word: String = rest
            .iter()
            .take_while(|letter| letter.is_ascii_alphabetic())
            .collect();
        if word.is_empty() || rest.get(word.len()) != Some(&':') {
            return Ok(None);
        }
        self.at += word.len() + 1;
        if let Some(key) = Key::of(&word) {
            return Ok(Some(key));
        }
        let end = self.at - 1;
        self.skip();
        let place = Place { from, to: end };
        let text = match nearest(&word) {
            Some(key) => format!("there is no {word}: here; did you mean {key}:?"),
            None => {
                format!("there is no {word}: here; to find these words put quotation marks around")
            }
        };
        self.mistakes.push(Mistake::at(place, text));
        Err(())
    }

    /// Goes on to the next condition.
    fn skip(&mut self) {
        let mut quoted = false;
        while let Some(letter) = self.peek() {
            quoted ^= letter == '"';
            if letter.is_whitespace() && !quoted {
                break;
            }
            self.at += 1;
        }
    }

    fn value(&mut self, key: Option<Key>) -> Option<Value> {
        let from = self.at;
        if self.peek() == Some('"') {
            return self.quoted();
        }
        let mut text = String::new();
        while let Some(letter) = self.peek() {
            if letter.is_whitespace() || (key.is_some() && letter == ',') {
                break;
            }
            text.push(letter);
            self.at += 1;
        }
        let place = Place { from, to: self.at };
        if let (true, Some(key)) = (text.is_empty(), key) {
            let sentence = format!(
                "{key}: needs a value, as in {example}",
                key = key.word(),
                example = key.example()
            );
            self.mistakes.push(Mistake::at(place, sentence));
            return None;
        }
        Some(Value {
            text,
            quoted: false,
            place,
        })
    }

    fn quoted(&mut self) -> Option<Value> {
        let from = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(letter) = self.peek() {
            self.at += 1;
            if letter == '"' {
                let place = Place { from, to: self.at };
                if text.trim().is_empty() {
                    self.wrong(from, "nothing stands between these quotation marks");
                    return None;
                }
                return Some(Value {
                    text,
                    quoted: true,
                    place,
                });
            }
            text.push(letter);
        }
        let text = "this quotation mark is never closed; add one where the words end";
        self.mistakes
            .push(Mistake::at(Place { from, to: from + 1 }, text));
        None
    }
}

/// The known word that was most likely meant: one slip of the finger away.
fn nearest(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let near = |key: &Key| {
        let distance = slips(&word, key.word());
        (distance <= 2 && distance < key.word().len().min(word.len())).then_some((distance, *key))
    };
    let found = Key::ALL.iter().filter_map(near).min_by_key(|(d, _)| *d);
    found.map(|(_, key)| key.word())
}

/// How many letters have to be added, dropped or changed to make one word of another.
pub fn slips(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let change = cell(&row, j) + usize::from(x != *y);
            let best = change.min(cell(&row, j + 1) + 1).min(cell(&next, j) + 1);
            next.push(best);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// A condition as it is typed, for adding to a question.
pub fn written(key: Key, value: &str) -> String {
    let value = Value {
        text: value.replace('"', " "),
        quoted: value.contains(|c: char| c.is_whitespace() || c == ',' || c == '"'),
        place: Place::default(),
    };
    format!("{}:{value}", key.word())
}

/// Conditions as one question.
pub fn joined<'a>(terms: impl Iterator<Item = &'a Term>) -> String {
    let all: Vec<String> = terms.map(Term::to_string).collect();
    all.join(" ")
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quoted {
            true => write!(f, "\"{}\"", self.text),
            false => f.write_str(&self.text),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.not {
            f.write_str("-")?;
        }
        if let Some(key) = self.key {
            write!(f, "{}:", key.word())?;
        }
        for (n, value) in self.values.iter().enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma}{value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
