//! What a question in words means at this desk: names become ids, days become instants. A name that
//! nobody has is pointed at, with those that are near.

use super::filter::{Condition, Filter, Test};
use crate::desk::{channels, contacts, groups, members};
use crate::domain::actor::Actor;
use crate::domain::audit::time::Point;
use crate::domain::audit::{Key, Mistake, Place, Term, Value, parse, sets, slips};
use crate::domain::calendar::Zone;
use crate::domain::id::{Object, Seq};
use crate::error::Result;
use crate::ledger::Now;

/// The kinds of actors.
pub const KINDS: [&str; 7] = [
    "member", "bot", "rule", "contact", "token", "system", "provider",
];

/// The ways in.
pub const DOORS: [&str; 6] = ["web", "api", "webhook", "timer", "cli", "import"];

/// The parts of Trailbox that act by themselves, as the trail names them.
pub const PARTS: [&str; 8] = [
    "clock", "intake", "media", "outbox", "serve", "setup", "shell", "timer",
];

/// Most customers one name stands for.
const NAMESAKES: u32 = 20;

/// Most objects a question asks for, each of which must fit.
const AROUND: u64 = 10;

/// A question as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    /// As typed.
    pub text: String,
    /// Its conditions, as far as they can be read.
    pub terms: Vec<Term>,
    /// What they mean.
    pub filter: Filter,
    /// What cannot be understood.
    pub mistakes: Vec<Mistake>,
}

/// Reads a question as somebody in this zone means it.
pub fn ask(now: &Now<'_>, text: &str, zone: &Zone) -> Result<Asked> {
    let mut asked = Asked {
        text: text.to_owned(),
        ..Asked::default()
    };
    match parse(text) {
        Ok(terms) => asked.terms = terms,
        Err(mistakes) => asked.mistakes = mistakes,
    }
    let mut reading = Reading {
        now,
        zone,
        filter: Filter::default(),
        mistakes: Vec::new(),
    };
    for term in &asked.terms {
        reading.term(term)?;
    }
    asked.filter = reading.filter;
    asked.mistakes.extend(reading.mistakes);
    Ok(asked)
}

struct Reading<'a> {
    now: &'a Now<'a>,
    zone: &'a Zone,
    filter: Filter,
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn wrong(&mut self, place: Place, text: impl Into<String>) {
        self.mistakes.push(Mistake::at(place, text));
    }

    fn term(&mut self, term: &Term) -> Result<()> {
        let Some(key) = term.key else {
            self.words(term);
            return Ok(());
        };
        match key {
            Key::After | Key::Before | Key::Until | Key::On => {
                for value in &term.values {
                    self.time(key, value);
                }
            }
            Key::Around => {
                for value in &term.values {
                    match seq(&value.text) {
                        Ok(seq) => {
                            let from = Seq(seq.0.saturating_sub(AROUND));
                            self.filter.since = self.filter.since.max(Some(from));
                            self.earlier(Seq(seq.0.saturating_add(AROUND + 1)));
                        }
                        Err(text) => self.wrong(value.place, text),
                    }
                }
            }
            Key::Was | Key::Became if term.not => {
                self.wrong(term.place, format!("{}: takes no minus", key.word()));
            }
            Key::Was => self.filter.was.extend(texts(term)),
            Key::Became => self.filter.became.extend(texts(term)),
            Key::Actor
            | Key::Kind
            | Key::Event
            | Key::Is
            | Key::About
            | Key::Ticket
            | Key::Conversation
            | Key::Customer
            | Key::Channel
            | Key::Member
            | Key::Group
            | Key::Door
            | Key::Cause
            | Key::Seq
            | Key::Changed => self.things(key, term)?,
        }
        Ok(())
    }

    fn words(&mut self, term: &Term) {
        if term.not {
            let text = "words cannot be left out; leave out what happened instead, as in -is:note";
            self.wrong(term.place, text);
            return;
        }
        for value in &term.values {
            if value.quoted {
                self.filter.phrases.push(value.text.clone());
            } else {
                let text = self.filter.text.get_or_insert_default();
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(&value.text);
            }
        }
    }

    fn earlier(&mut self, seq: Seq) {
        let known = self.filter.before.unwrap_or(seq);
        self.filter.before = Some(known.min(seq));
    }

    fn time(&mut self, key: Key, value: &Value) {
        let point = match Point::read(&value.text, self.zone, self.now.at()) {
            Ok(point) => point,
            Err(text) => return self.wrong(value.place, text),
        };
        let (from, until) = match point {
            Point::Day(from, until) => (from, until),
            Point::Instant(at) => (at, at),
            Point::Event(seq) => {
                match key {
                    Key::After => {
                        let from = Seq(seq.0.saturating_add(1));
                        self.filter.since = self.filter.since.max(Some(from));
                    }
                    Key::Before => self.earlier(seq),
                    _ => self.wrong(
                        value.place,
                        "this takes a day; around:18231 is near an event",
                    ),
                }
                return;
            }
        };
        if key == Key::On && from == until {
            return self.wrong(value.place, "on: takes a whole day, as in on:2026-11-22");
        }
        if matches!(key, Key::After | Key::On) {
            self.filter.from = self.filter.from.max(Some(from));
        }
        let end = match key {
            Key::Before => Some(from),
            Key::Until | Key::On => Some(until),
            _ => None, // after: has no end
        };
        if let Some(end) = end {
            self.filter.until = Some(self.filter.until.unwrap_or(end).min(end));
        }
    }

    fn things(&mut self, key: Key, term: &Term) -> Result<()> {
        let mut any = Vec::new();
        for value in &term.values {
            match self.tests(key, value)? {
                Ok(tests) => any.extend(tests),
                Err(text) => self.wrong(value.place, text),
            }
        }
        let not = term.not;
        self.filter.more.push(Condition { not, any });
        Ok(())
    }

    fn tests(&self, key: Key, value: &Value) -> Result<std::result::Result<Vec<Test>, String>> {
        let text = value.text.trim();
        let lower = text.to_lowercase();
        Ok(match key {
            Key::Actor => self.actor(text)?,
            Key::Kind => word("kind of actor", &lower, &KINDS).map(|kind| vec![Test::Kind(kind)]),
            Key::Door => word("door", &lower, &DOORS).map(|door| vec![Test::Door(door)]),
            Key::Event => self.event(&lower)?,
            Key::Is => {
                let names: Vec<&str> = sets::SETS.iter().map(|(name, _, _)| *name).collect();
                word("set of events", &lower, &names).map(|name| {
                    let events = sets::events(&name).unwrap_or_default();
                    let tests = events.iter().map(|event| Test::Event((*event).to_owned()));
                    tests.collect()
                })
            }
            Key::Cause => seq(text).map(|seq| vec![Test::Cause(seq)]),
            Key::Seq => seq(text).map(|seq| vec![Test::Seq(seq)]),
            Key::Changed => self.changed(&lower)?,
            Key::About => match object(text) {
                Some(object) => Ok(vec![Test::Object(object)]),
                None => Err(format!(
                    "{text} is not the name of a thing; they look like C-88, T-1042, K-17, M-3"
                )),
            },
            Key::Ticket | Key::Conversation => match (key, object(text)) {
                (Key::Ticket, Some(found @ Object::Ticket(_)))
                | (Key::Conversation, Some(found @ Object::Conversation(_))) => {
                    Ok(vec![Test::Object(found)])
                }
                _ => Err(format!(
                    "{text} is none; write it as in {example}",
                    example = key.example()
                )),
            },
            Key::Customer => self.customer(text)?,
            Key::Channel | Key::Member | Key::Group => self.named(key, text)?,
            Key::After
            | Key::Before
            | Key::Until
            | Key::On
            | Key::Around
            | Key::Was
            | Key::Became => Ok(Vec::new()),
        })
    }

    fn actor(&self, text: &str) -> Result<std::result::Result<Vec<Test>, String>> {
        if text == "me"
            && let Actor::Member { id, .. } = &self.now.who().actor
        {
            return Ok(Ok(vec![Test::Actor(id.to_string())]));
        }
        if let Some(object) = object(text) {
            return Ok(Ok(vec![Test::Actor(object.to_string())]));
        }
        if text.eq_ignore_ascii_case("bot") || text.eq_ignore_ascii_case("assistant") {
            return Ok(Ok(vec![Test::Kind("bot".to_owned())]));
        }
        let known = self.now.maybe(
            "SELECT actor FROM trail WHERE actor = :text LIMIT 1",
            &[(":text", &text)],
            |row| row.get::<String>("actor"),
        )?;
        if known.is_some() || PARTS.contains(&text) {
            return Ok(Ok(vec![Test::Actor(text.to_owned())]));
        }
        let found = self.named(Key::Member, text)?;
        Ok(found.map(|tests| {
            let ids = tests.into_iter().filter_map(|test| match test {
                Test::Object(object) => Some(Test::Actor(object.to_string())),
                _ => None, // members are objects
            });
            ids.collect()
        }))
    }

    /// What has a name: a member, a channel, a group.
    fn named(&self, key: Key, text: &str) -> Result<std::result::Result<Vec<Test>, String>> {
        let all: Vec<(Object, Vec<String>)> = match key {
            Key::Channel => channels::list(self.now)?
                .into_iter()
                .map(|channel| {
                    (
                        Object::Channel(channel.id),
                        vec![channel.name, channel.title],
                    )
                })
                .collect(),
            Key::Group => groups::list(self.now)?
                .into_iter()
                .map(|group| (Object::Group(group.id), vec![group.name]))
                .collect(),
            _ => members::list(self.now)?
                .into_iter()
                .map(|member| (Object::Member(member.id), vec![member.name, member.email]))
                .collect(),
        };
        if let Some(object) = object(text)
            && all.iter().any(|(known, _)| *known == object)
        {
            return Ok(Ok(vec![Test::Object(object)]));
        }
        let wanted = text.to_lowercase();
        let fits = |how: &dyn Fn(&str) -> bool| -> Vec<&(Object, Vec<String>)> {
            let fitting = all.iter();
            fitting
                .filter(|(_, names)| names.iter().any(|name| how(&name.to_lowercase())))
                .collect()
        };
        let mut found = fits(&|name| name == wanted);
        if found.is_empty() {
            found = fits(&|name| name.split_whitespace().any(|part| part == wanted));
        }
        if found.is_empty() {
            found = fits(&|name| name.starts_with(&wanted));
        }
        Ok(match found.as_slice() {
            [(one, _)] => Ok(vec![Test::Object(*one)]),
            [] => {
                let names = all.iter().filter_map(|(_, names)| names.first());
                let names: Vec<&str> = names.map(String::as_str).collect();
                Err(nobody(key.word(), text, &names))
            }
            several => {
                let ids: Vec<String> = several
                    .iter()
                    .map(|(id, names)| {
                        let name = names.first().map_or("", String::as_str);
                        format!("{id} ({name})")
                    })
                    .take(6)
                    .collect();
                Err(format!(
                    "{text} may be {all}; write which",
                    all = ids.join(" or ")
                ))
            }
        })
    }

    fn customer(&self, text: &str) -> Result<std::result::Result<Vec<Test>, String>> {
        if let Some(object @ Object::Contact(_)) = object(text) {
            return Ok(Ok(vec![Test::Object(object)]));
        }
        let found: Vec<Test> = contacts::search(self.now, text, None, NAMESAKES)?
            .into_iter()
            .map(|(_, contact)| Test::Object(Object::Contact(contact.id)))
            .collect();
        Ok(match found.is_empty() {
            true => Err(format!(
                "no customer is called {text}; look for the words without customer:"
            )),
            false => Ok(found),
        })
    }

    fn event(&self, text: &str) -> Result<std::result::Result<Vec<Test>, String>> {
        let text = text.trim_end_matches('*').trim_end_matches('.');
        let names = super::event_names(self.now)?;
        let area = format!("{text}.");
        let known = names
            .iter()
            .any(|name| name == text || name.starts_with(&area));
        if known || crate::domain::event::is_known(text) {
            return Ok(Ok(vec![Test::Event(text.to_owned())]));
        }
        let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
        all.extend(
            names
                .iter()
                .filter_map(|name| Some(name.split_once('.')?.0)),
        );
        all.extend(
            names
                .iter()
                .filter_map(|name| Some(name.split_once('.')?.1)),
        );
        Ok(Err(nobody("event", text, &all)))
    }

    fn changed(&self, field: &str) -> Result<std::result::Result<Vec<Test>, String>> {
        let ending = format!(".{field}_changed");
        let names = super::event_names(self.now)?;
        let mut events: Vec<&str> = names
            .iter()
            .filter(|name| name.ends_with(&ending))
            .map(String::as_str)
            .collect();
        let special = sets::CHANGES.iter().filter(|(word, _)| *word == field);
        events.extend(special.flat_map(|(_, events)| *events));
        if events.is_empty() {
            let mut fields: Vec<&str> = names
                .iter()
                .filter_map(|name| name.split_once('.')?.1.strip_suffix("_changed"))
                .collect();
            fields.extend(sets::CHANGES.iter().map(|(word, _)| *word));
            fields.sort_unstable();
            fields.dedup();
            let fields = fields.join(", ");
            return Ok(Err(format!(
                "no change of {field} was recorded here; there are {fields}"
            )));
        }
        let tests = events.into_iter();
        Ok(Ok(tests
            .map(|event| Test::Event(event.to_owned()))
            .collect()))
    }
}

fn texts(term: &Term) -> impl Iterator<Item = String> + '_ {
    term.values.iter().map(|value| value.text.clone())
}

fn object(text: &str) -> Option<Object> {
    text.to_uppercase().parse().ok()
}

fn seq(text: &str) -> std::result::Result<Seq, String> {
    text.trim_start_matches('#').parse()
}

/// A word of a closed list.
fn word(what: &str, text: &str, all: &[&str]) -> std::result::Result<String, String> {
    match all.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "{text} is not a {what}; there are {all}",
            all = all.join(", ")
        )),
    }
}

/// What nobody is called, with the nearest name, else some of them.
fn nobody(what: &str, text: &str, names: &[&str]) -> String {
    let wanted = text.to_lowercase();
    let distance = |name: &str| {
        let whole = slips(&wanted, &name.to_lowercase());
        let parts = name
            .split_whitespace()
            .map(|part| slips(&wanted, &part.to_lowercase()));
        parts.min().unwrap_or(whole).min(whole)
    };
    let nearest = names.iter().min_by_key(|name| distance(name));
    match nearest {
        Some(near) if distance(near) <= 2.max(wanted.chars().count() / 4) => {
            format!("there is no {what} {text}; did you mean {near}?")
        }
        _ => {
            let some: Vec<&str> = names.iter().copied().take(8).collect();
            format!(
                "there is no {what} {text}; there are {all}",
                all = some.join(", ")
            )
        }
    }
}
