//! How values look: instants, spans, sizes, numbers and words, in the reader's zone and language.
//! Every filter and function a template may call is defined here.

use crate::web::shell::Reader;
use crate::web::text::{Language, fill, isolated, plural, said, translate};
use crate::web::{assets, message_text, times};
use minijinja::value::{Kwargs, Object};
use minijinja::{Environment, Error, ErrorKind, State, Value};
use std::sync::Arc;

impl Object for Reader {}

/// Adds everything a template may call.
pub fn add_to(env: &mut Environment<'_>) {
    env.add_filter("when", |state: &State, at: Value| {
        times::element(state, &at, times::Form::When)
    });
    env.add_filter("ago", |state: &State, at: Value| {
        times::element(state, &at, times::Form::Ago)
    });
    env.add_filter("clock", |state: &State, at: Value| {
        times::element(state, &at, times::Form::Clock)
    });
    env.add_filter("exact", |state: &State, at: Value| {
        times::element(state, &at, times::Form::Exact)
    });
    env.add_filter("dated", |state: &State, at: Value| {
        times::element(state, &at, times::Form::Dated)
    });
    env.add_filter("day", |state: &State, at: Value| {
        times::element(state, &at, times::Form::Day)
    });
    env.add_filter("until", times::until);
    env.add_filter("duration", |state: &State, ms: i64| {
        Ok::<_, Error>(times::span(reader(state)?.as_ref(), ms))
    });
    env.add_filter("bytes", bytes);
    env.add_filter("grouped", grouped);
    env.add_filter("initials", |name: &str| initials(name));
    env.add_filter("hue", |text: &str| hue(text));
    env.add_filter("whatsapp", |text: &str| {
        Value::from_safe_string(message_text::to_html(text))
    });
    env.add_filter("whatsapp_with", |text: &str, mentioned: Vec<String>| {
        Value::from_safe_string(message_text::to_html_with(text, &mentioned))
    });
    env.add_filter("letter", |text: &str| {
        Value::from_safe_string(message_text::links(text))
    });
    // Only for what `channels::email::html` cleaned.
    env.add_filter("cleaned", |html: String| Value::from_safe_string(html));
    // Only for pictures this program drew.
    env.add_filter("drawn", |svg: String| Value::from_safe_string(svg));
    // Only for our own Markdown out of the binary, never for what somebody wrote.
    env.add_filter("handbook", |html: String| Value::from_safe_string(html));
    env.add_filter("marked", |text: &str| {
        Value::from_safe_string(message_text::marked(text))
    });
    // A refusal, a banner or what a wish came to, with its values, in the reader's language.
    env.add_filter("said", |state: &State, sentence: &str| {
        Ok::<_, Error>(said(reader(state)?.language, sentence))
    });
    env.add_function("_", words);
    env.add_function("plural", counted_words);
    env.add_function("asset", |path: &str| assets::address(path));
    env.add_function("icon", icon);
    env.add_function("url", url);
}

/// Who reads the page that is being filled.
pub fn reader(state: &State) -> Result<Arc<Reader>, Error> {
    state
        .lookup("reader")
        .and_then(|value| value.downcast_object::<Reader>())
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "nobody reads this page"))
}

fn bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{} KB", size / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size as f64 / 1e6),
        _ => format!("{:.1} GB", size as f64 / 1e9),
    }
}

/// A whole number with a narrow space between thousands.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    if number < 0 {
        text.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202F}');
        }
        text.push(digit);
    }
    text
}

fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let first = words.first().and_then(|word| word.chars().next());
    let last = words
        .get(1..)
        .and_then(<[_]>::last)
        .and_then(|word| word.chars().next());
    first
        .into_iter()
        .chain(last)
        .flat_map(char::to_uppercase)
        .collect()
}

/// One of eight tints, always the same for the same text.
fn hue(text: &str) -> u32 {
    text.bytes().fold(7u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    }) % 8
}

/// `_("English text", name=value)`: the text in the reader's language, its names filled. If a
/// value is markup already, the rest is escaped and the whole is markup.
fn words(state: &State, english: &str, values: Kwargs) -> Result<Value, Error> {
    let language = reader(state)?.language;
    filled(language, translate(language, english), &values)
}

/// `plural("{n} message", "{n} messages", count)`.
fn counted_words(
    state: &State,
    one: &str,
    other: &str,
    n: i64,
    values: Kwargs,
) -> Result<Value, Error> {
    let language = reader(state)?.language;
    let pattern = plural(language, one, other, n).replace("{n}", &grouped(n));
    filled(language, &pattern, &values)
}

fn filled(language: Language, pattern: &str, values: &Kwargs) -> Result<Value, Error> {
    let mut names = Vec::new();
    for name in values.args() {
        names.push((name, values.get::<Value>(name)?));
    }
    let markup = names.iter().any(|(_, value)| value.is_safe());
    let escaped = |text: &str| {
        let mut html = String::with_capacity(text.len() + 8);
        message_text::escape(text, &mut html);
        html
    };
    let put = |name: &str| {
        let (_, value) = names.iter().find(|(known, _)| *known == name)?;
        let text = value.to_string();
        Some(if markup && !value.is_safe() {
            isolated(language, escaped(&text))
        } else {
            isolated(language, text)
        })
    };
    Ok(match markup {
        true => Value::from_safe_string(fill(&escaped(pattern), put)),
        false => Value::from(fill(pattern, put)),
    })
}

/// A picture of the sprite; with `label` it has a name of its own, without it is decoration.
fn icon(state: &State, name: &str, values: Kwargs) -> Result<Value, Error> {
    let label: Option<&str> = values.get("label")?;
    let class: Option<&str> = values.get("class")?;
    values.assert_all_used()?;
    let mut html = String::from("<svg class=\"icon");
    if let Some(class) = class {
        html.push(' ');
        message_text::escape(class, &mut html);
    }
    match label {
        Some(label) => {
            html.push_str("\" role=\"img\" aria-label=\"");
            message_text::escape(translate(reader(state)?.language, label), &mut html);
            html.push_str("\">");
        }
        None => html.push_str("\" aria-hidden=\"true\">"),
    }
    html.push_str(&format!(
        "<use href=\"{}#",
        assets::address("icons/sprite.svg")
    ));
    message_text::escape(name, &mut html);
    html.push_str("\"/></svg>");
    Ok(Value::from_safe_string(html))
}

/// `url("/audit", query, actor=x, cursor=none)`: an address with its query; what is none or empty
/// is left out, and what is named here goes before what the map holds.
fn url(path: &str, query: Option<Value>, values: Kwargs) -> Result<String, Error> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_none() && !value.is_undefined() && value.len() != Some(0) {
            pairs.push((name.to_owned(), value.to_string()));
        }
    };
    let named: Vec<&str> = values.args().collect();
    if let Some(query) = query.filter(|query| !query.is_none()) {
        for key in query.try_iter()? {
            let name = key.as_str().unwrap_or_default().to_owned();
            if !named.contains(&name.as_str()) {
                put(&name, query.get_item(&key)?);
            }
        }
    }
    for name in named {
        put(name, values.get(name)?);
    }
    if pairs.is_empty() {
        return Ok(path.to_owned());
    }
    let encoded = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    Ok(format!("{path}?{encoded}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Zone;
    use crate::domain::moment::Moment;
    use crate::web::render;
    use crate::web::shell::Shell;

    fn check(source: &str, expected: &str) {
        let reader = Reader {
            language: Language::English,
            zone: Zone::named("Asia/Karachi").unwrap(),
            now: Moment::parse("2026-11-22T04:20:00.000Z").unwrap(),
        };
        let shell = Shell::outside("Noor & Mar", "/inbox", reader);
        let shown = render::source(source, &shell, &()).unwrap();
        assert_eq!(shown, expected, "{source}");
    }

    #[test]
    fn instants_are_local_relative_and_exact_on_hover() {
        check(
            "{{ '2026-11-22T04:04:51.007Z'|when }}",
            "<time datetime=\"2026-11-22T04:04:51.007Z\" data-relative title=\"Sunday 22 November \
             2026, 09:04:51 (Asia/Karachi, UTC+05:00)\">15 min</time>",
        );
        for (at, form, shown) in [
            ("2026-11-22T04:19:30.000Z", "when", ">now<"),
            ("2026-11-21T22:20:00.000Z", "when", ">6 h<"),
            ("2026-11-19T22:20:00.000Z", "when", ">20 Nov<"),
            ("2025-05-19T22:20:00.000Z", "when", ">20 May 2025<"),
            ("2026-11-21T22:20:00.000Z", "clock", ">03:20<"),
            ("2026-11-21T22:20:00.000Z", "day", ">Today<"),
            ("2026-11-21T12:20:00.000Z", "day", ">Yesterday<"),
            ("2026-11-18T22:20:00.000Z", "day", ">Thursday 19 Nov<"),
        ] {
            check(
                &format!("{{{{ '{shown}' in ('{at}'|{form}|string) }}}}"),
                "True",
            );
        }
        check("{{ none|when }}", "–");
    }

    #[test]
    fn spans_sizes_and_numbers_are_short() {
        check(
            "{{ 42000|duration }} {{ 4800000|duration }}",
            "42 s 1 h 20 min",
        );
        check(
            "{{ 183600000|duration }} {{ 3600000|duration }}",
            "2 d 3 h 1 h",
        );
        check(
            "{{ 512|bytes }} {{ 48200|bytes }} {{ 2400000|bytes }}",
            "512 B 48 KB 2.4 MB",
        );
        check("{{ 18231|grouped }} {{ 42|grouped }}", "18\u{202F}231 42");
        check("{{ 'Sana Malik'|initials }}{{ 'huda'|initials }}", "SMH");
    }

    #[test]
    fn words_are_filled_and_escaped_once() {
        check("{{ _('{who} wrote', who='<b>') }}", "&lt;b&gt; wrote");
        check(
            "{{ _('{a} & {b}', a='<'|whatsapp, b='<') }}",
            "&lt; &amp; &lt;",
        );
        check(
            "{{ plural('{n} message', '{n} messages', 1) }}",
            "1 message",
        );
        check(
            "{{ plural('{n} message', '{n} messages', 1200) }}",
            "1\u{202F}200 messages",
        );
    }

    #[test]
    fn addresses_leave_out_what_is_empty() {
        check(
            "{{ url('/audit', {'actor': 'M-1', 'q': ''}, page=none) }}",
            "/audit?actor=M-1",
        );
        check(
            "{{ url('/audit', {'actor': 'M-1'}, actor='a b&') }}",
            "/audit?actor=a+b%26",
        );
        check("{{ url('/audit') }}", "/audit");
    }
}
