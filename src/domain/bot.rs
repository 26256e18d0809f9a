//! The bot in its first form: what it makes of a customer's messages, and what it says. It asks for
//! the order number and what the matter is, says that it is a machine, offers a person, and gives
//! up. Whether it may speak at all is decided in the desk, by who owns the conversation.

pub mod language;
pub mod words;

use language::{Tongue, guess};
use std::sync::LazyLock;
use words::{Phrases, words};

/// The version of the rules and phrases below; every turn names it. It grows with each change.
pub const VERSION: &str = "1";

/// Turns without progress after which it gives up.
pub const STUCK_MAX: u32 = 2;

/// Turns after which it gives up in any case: two machines must not talk for ever.
pub const TURNS_MAX: u32 = 6;

/// Most messages of a customer it looks at in one turn.
pub const MESSAGES_MAX: u32 = 20;

/// Fewest words, beside an order number, that tell what the matter is.
const MATTER_WORDS: usize = 3;

/// One message of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Its kind: `text`, `image`, …
    pub kind: String,
    /// Its words, or its caption.
    pub text: String,
}

/// What is known of a conversation before a turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Turns so far.
    pub turns: u32,
    /// Turns in a row that brought nothing.
    pub stuck: u32,
    /// The language it speaks with this customer, once guessed.
    pub tongue: Option<Tongue>,
    /// The order, once told.
    pub order: Option<String>,
    /// Whether it has been told what the matter is.
    pub matter: bool,
}

/// Why a turn went as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The customer asks for a person.
    AskedForPerson,
    /// A picture, a voice, a place: something it cannot read.
    Media,
    /// Nobody is there; said with honest hours.
    OutOfHours,
    /// Order and matter are known: a person can go on.
    Collected,
    /// An order number was told.
    OrderNumber,
    /// Nothing new was told.
    NoProgress,
    /// It has spoken often enough.
    TooManyTurns,
    /// The channel does not let us write freely any more.
    WindowClosed,
    /// The first words of a conversation.
    Greeting,
}

/// A turn as it should go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Why.
    pub check: Check,
    /// The language it speaks.
    pub tongue: Tongue,
    /// What to say; empty if nothing can be said.
    pub say: String,
    /// Whether it gives the conversation up to a person.
    pub gives_up: bool,
    /// What is known after it.
    pub known: Known,
}

/// What a turn needs to know of the desk.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// The desk's name.
    pub shop: &'a str,
    /// How order numbers look: see [`find_order`].
    pub pattern: &'a str,
    /// The language where none can be guessed.
    pub tongue: Tongue,
    /// When the team is back, in words; none while it is there or its hours are not known.
    pub back: Option<&'a str>,
    /// Whether free text may be sent.
    pub may_write: bool,
}

impl Check {
    /// All of them.
    pub const ALL: [Check; 9] = [
        Check::AskedForPerson,
        Check::Media,
        Check::OutOfHours,
        Check::Collected,
        Check::OrderNumber,
        Check::NoProgress,
        Check::TooManyTurns,
        Check::WindowClosed,
        Check::Greeting,
    ];

    /// The check as the trail writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Check::AskedForPerson => "asked_for_person",
            Check::Media => "media",
            Check::OutOfHours => "out_of_hours",
            Check::Collected => "collected",
            Check::OrderNumber => "order_number",
            Check::NoProgress => "no_progress",
            Check::TooManyTurns => "too_many_turns",
            Check::WindowClosed => "window_closed",
            Check::Greeting => "greeting",
        }
    }

    /// The check as people read it.
    pub fn words(self) -> &'static str {
        match self {
            Check::AskedForPerson => "the customer asked for a person",
            Check::Media => "the customer sent something the bot cannot read",
            Check::OutOfHours => "nobody is there at this hour",
            Check::Collected => "the order number and the matter are known",
            Check::OrderNumber => "the order number was told",
            Check::NoProgress => "the message brought nothing new",
            Check::TooManyTurns => "the bot has spoken often enough",
            Check::WindowClosed => "the time for free text is over",
            Check::Greeting => "the conversation begins",
        }
    }

    /// The check of this word.
    pub fn of(word: &str) -> Option<Self> {
        Check::ALL.into_iter().find(|check| check.as_str() == word)
    }
}

/// What the bot does about the newest messages of a customer.
pub fn turn(desk: Desk<'_>, known: &Known, heard: &[Heard]) -> Turn {
    let text = heard
        .iter()
        .map(|message| message.text.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    let mut after = known.clone();
    after.turns += 1;
    let found = find_order(desk.pattern, &text);
    let fresh = found.is_some() && found != after.order;
    after.order = found.or(after.order);
    after.tongue = known.tongue.or_else(|| guess(&text));
    let told = tells_matter(desk.pattern, &text);
    let progress = fresh || (told && !known.matter && known.turns > 0);
    after.matter |= told;
    let tongue = after.tongue.unwrap_or(desk.tongue);
    let check = check(desk, known, &after, heard, &text, progress);
    after.stuck = match (check, progress) {
        (Check::NoProgress, _) => known.stuck + 1,
        (_, true) => 0,
        (_, false) => known.stuck,
    };
    let gives_up = match check {
        Check::NoProgress => after.stuck >= STUCK_MAX,
        Check::OrderNumber | Check::Greeting => false,
        Check::AskedForPerson
        | Check::Media
        | Check::OutOfHours
        | Check::Collected
        | Check::TooManyTurns
        | Check::WindowClosed => true,
    };
    let say = if check == Check::WindowClosed {
        String::new()
    } else {
        wording(desk, tongue, known, &after, check, gives_up)
    };
    Turn {
        check,
        tongue,
        say,
        gives_up,
        known: after,
    }
}

/// The checks in their order: the first that fires decides. Further ones (safety words, complaints,
/// answers from knowledge) take their place in this list.
fn check(
    desk: Desk<'_>,
    known: &Known,
    after: &Known,
    heard: &[Heard],
    text: &str,
    progress: bool,
) -> Check {
    if !desk.may_write {
        Check::WindowClosed
    } else if asks_for_person(text) {
        Check::AskedForPerson
    } else if heard.iter().any(|message| is_media(&message.kind)) {
        Check::Media
    } else if desk.back.is_some() {
        Check::OutOfHours
    } else if after.order.is_some() && after.matter {
        Check::Collected
    } else if after.turns > TURNS_MAX {
        Check::TooManyTurns
    } else if known.turns == 0 {
        Check::Greeting
    } else if progress && after.order.is_some() {
        Check::OrderNumber
    } else {
        Check::NoProgress
    }
}

fn is_media(kind: &str) -> bool {
    !matches!(kind, "text" | "choice" | "sticker" | "welcome" | "notice")
}

fn wording(
    desk: Desk<'_>,
    tongue: Tongue,
    known: &Known,
    after: &Known,
    check: Check,
    gives_up: bool,
) -> String {
    let say = |name: &str| phrase(tongue, name);
    let mut parts: Vec<String> = Vec::new();
    if known.turns == 0 {
        parts.push(say("greet"));
    }
    let noted = after.order != known.order;
    if noted {
        parts.push(say("noted"));
    }
    match check {
        Check::AskedForPerson | Check::Collected => parts.push(say("handed")),
        Check::Media => parts.push(say("unread")),
        Check::OutOfHours => parts.push(say("closed")),
        Check::TooManyTurns => parts.push(say("stuck")),
        Check::NoProgress if gives_up => parts.push(say("stuck")),
        Check::Greeting if noted => parts.extend([say("about"), say("offer")]),
        Check::Greeting => parts.extend([say("ask"), say("offer")]),
        Check::OrderNumber => parts.push(say("about")),
        Check::NoProgress if after.order.is_some() => parts.extend([say("about"), say("offer")]),
        Check::NoProgress => parts.extend([say("again"), say("offer")]),
        Check::WindowClosed => {}
    }
    let order = after.order.clone().unwrap_or_default();
    let pattern = example(desk.pattern);
    let word = phrase(tongue, "word");
    let values = [
        ("{shop}", desk.shop),
        ("{order}", &order),
        ("{pattern}", &pattern),
        ("{when}", desk.back.unwrap_or_default()),
        ("{word}", &word),
    ];
    filled(&parts.join(" "), &values)
}

/// What a person who takes over may send first, in the customer's language.
pub fn transition(tongue: Tongue, shop: &str, name: &str) -> String {
    filled(
        &phrase(tongue, "transition"),
        &[("{shop}", shop), ("{name}", name)],
    )
}

/// Puts values into a text, each once and none into another.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = values.iter().find(|(name, _)| {
            name.strip_prefix('{')
                .is_some_and(|name| after.starts_with(name))
        });
        match value {
            Some((name, value)) => {
                filled.push_str(value);
                rest = after.get(name.len() - 1..).unwrap_or_default(); // the brace is gone already
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

static PERSON: LazyLock<Phrases> = LazyLock::new(|| Phrases::read(include_str!("bot/person.tsv")));

/// Whether a message asks for a person: by one of the known phrases, or by the word the bot offers
/// and hardly anything else.
pub fn asks_for_person(text: &str) -> bool {
    let said = words(text);
    let offered = |word: &String| {
        Tongue::ALL
            .into_iter()
            .any(|tongue| words(&phrase(tongue, "word")).first() == Some(word))
    };
    PERSON.found_in(&said) || (said.len() <= 2 && said.iter().any(offered))
}

/// One of the bot's phrases.
fn phrase(tongue: Tongue, name: &str) -> String {
    let section = format!("[{}]", tongue.code());
    let mut lines = include_str!("bot/phrases.txt").lines();
    lines.by_ref().find(|line| *line == section);
    let found = lines
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.split_once(" = ").filter(|(key, _)| *key == name));
    found.map(|(_, text)| text.to_owned()).unwrap_or_default()
}

/// An order number in a text. A pattern has `#` for a digit, `?` for a letter, and stands for
/// itself otherwise; several are separated by commas. The number stands alone among letters.
pub fn find_order(pattern: &str, text: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    masks(pattern).find_map(|mask| {
        let mask: Vec<char> = mask.chars().collect();
        let starts = 0..(letters.len() + 1).saturating_sub(mask.len());
        starts.into_iter().find_map(|start| {
            let found = letters.get(start..start + mask.len())?;
            let before = start.checked_sub(1).and_then(|place| letters.get(place));
            let after = letters.get(start + mask.len());
            let alone = [before, after]
                .into_iter()
                .flatten()
                .all(|letter| !letter.is_alphanumeric());
            let fits = mask.iter().zip(found).all(|(mask, letter)| match mask {
                '#' => letter.is_ascii_digit(),
                '?' => letter.is_ascii_alphabetic(),
                mask => mask.eq_ignore_ascii_case(letter),
            });
            let whole = || found.iter().collect::<String>().to_uppercase();
            (alone && fits).then(whole)
        })
    })
}

fn masks(pattern: &str) -> impl Iterator<Item = &str> {
    pattern
        .split(',')
        .map(str::trim)
        .filter(|mask| !mask.is_empty())
}

/// Refuses a pattern that no number could fit.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    let digits = |mask: &str| mask.chars().filter(|letter| *letter == '#').count() >= 2;
    if masks(pattern).next().is_none() || !masks(pattern).all(digits) {
        return Err(format!(
            "{pattern} is not a pattern of order numbers: write # for each digit (two or more), ? \
             for a letter, such as NM-#####"
        ));
    }
    Ok(())
}

/// A number as the first pattern has it: `NM-12345`.
pub fn example(pattern: &str) -> String {
    let mut digits = "1234567890".chars().cycle();
    let mut letters = "ABC".chars().cycle();
    let mask = masks(pattern).next().unwrap_or_default();
    mask.chars()
        .filter_map(|letter| match letter {
            '#' => digits.next(),
            '?' => letters.next(),
            letter => Some(letter),
        })
        .collect()
}

/// Whether a text says what the matter is: some words beside greetings and the order number.
fn tells_matter(pattern: &str, text: &str) -> bool {
    const SMALL: &str = "hello hi hey hola oi olá salam aoa assalam assalamualaikum walaikum o \
        alaikum ji good morning evening afternoon buenas buenos tardes días dias noches bom boa \
        dia tarde noite please thanks ok okay yes no my order number is السلام علیکم سلام آداب \
        مرحبا नमस्ते order";
    let small: Vec<String> = words(SMALL);
    let order = find_order(pattern, text).map(|order| words(&order));
    let beside = words(text)
        .into_iter()
        .filter(|word| !small.contains(word) && word != "0")
        .filter(|word| order.as_ref().is_none_or(|order| !order.contains(word)))
        .count();
    beside >= MATTER_WORDS
}

#[cfg(test)]
mod tests;
