//! What a customer typed, made safe to show: WhatsApp's own marks (`*bold*`, `_italic_`,
//! `~struck~`, `` `code` `` and three backticks) and links. Everything else is escaped. The only
//! door through which message text becomes HTML.

use crate::domain::id::{MemberId, Object};
use crate::domain::mention::{self, Handle};
use linkify::{LinkFinder, LinkKind};

/// **Limit:** marks inside marks, so that hostile text cannot nest without end.
const DEPTH: usize = 4;

enum Token<'t> {
    Char(char),
    /// A link: never split by a mark.
    Link {
        text: &'t str,
        email: bool,
    },
    /// Somebody mentioned: never split by a mark.
    Mention(&'t str),
}

/// The text as HTML of phrasing content; line breaks stay line feeds.
pub fn to_html(text: &str) -> String {
    to_html_with(text, &[])
}

/// The same, with these words marked where they stand behind an `@`.
pub fn to_html_with(text: &str, mentioned: &[String]) -> String {
    let handles: Vec<Handle> = mentioned
        .iter()
        .map(|word| Handle {
            object: Object::Member(MemberId(0)), // only the place is asked for
            word: word.clone(),
        })
        .collect();
    let mut html = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("```") {
        let Some((mono, tail)) = after.split_once("```").filter(|(mono, _)| !mono.is_empty())
        else {
            break;
        };
        marks(&tokens(before, &handles), DEPTH, &mut html);
        html.push_str("<code>");
        escape(mono, &mut html);
        html.push_str("</code>");
        rest = tail;
    }
    marks(&tokens(rest, &handles), DEPTH, &mut html);
    html
}

/// Plain words as HTML: escaped, with links; marks stay as they are typed.
pub fn links(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 4);
    marks(&tokens(text, &[]), 0, &mut html);
    html
}

/// The text with what stands between U+E000 and U+E001 marked as found.
pub fn marked(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    let mut open = false;
    for c in text.chars() {
        match c {
            '\u{E000}' if !open => html.push_str("<mark>"),
            '\u{E001}' if open => html.push_str("</mark>"),
            '\u{E000}' | '\u{E001}' => continue,
            c => {
                escape_char(c, &mut html);
                continue;
            }
        }
        open = !open;
    }
    if open {
        html.push_str("</mark>");
    }
    html
}

/// Appends the text with the five characters of HTML escaped.
pub fn escape(text: &str, html: &mut String) {
    text.chars().for_each(|c| escape_char(c, html));
}

fn escape_char(c: char, html: &mut String) {
    match c {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        '"' => html.push_str("&quot;"),
        '\'' => html.push_str("&#39;"),
        c => html.push(c),
    }
}

fn tokens<'t>(text: &'t str, handles: &[Handle]) -> Vec<Token<'t>> {
    let mut tokens = Vec::with_capacity(text.len());
    let mut from = 0;
    for found in mention::find(text, handles) {
        linked(text.get(from..found.from).unwrap_or_default(), &mut tokens);
        tokens.extend(text.get(found.from..found.to).map(Token::Mention));
        from = found.to;
    }
    linked(text.get(from..).unwrap_or_default(), &mut tokens);
    tokens
}

fn linked<'t>(text: &'t str, tokens: &mut Vec<Token<'t>>) {
    for span in LinkFinder::new().spans(text) {
        match span.kind() {
            Some(kind) if is_web_link(span.as_str(), kind) => {
                let email = matches!(kind, LinkKind::Email);
                tokens.push(Token::Link {
                    text: span.as_str(),
                    email,
                });
            }
            _ => tokens.extend(span.as_str().chars().map(Token::Char)),
        }
    }
}

/// Links of other schemes (`javascript:`, `file:`) stay text.
fn is_web_link(text: &str, kind: &LinkKind) -> bool {
    let scheme = text
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(kind, LinkKind::Email) || matches!(scheme.as_deref(), Some("http" | "https"))
}

fn marks(tokens: &[Token<'_>], depth: usize, html: &mut String) {
    let mut at = 0;
    // Where a mark has no closing partner, there is none for any later one of its kind either.
    let mut hopeless: Vec<char> = Vec::new();
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Link { text, email } => link(text, *email, html),
            Token::Mention(name) => {
                html.push_str("<mark class=\"mention\">");
                escape(name, html);
                html.push_str("</mark>");
            }
            Token::Char('\n') => {
                hopeless.clear();
                html.push('\n');
            }
            Token::Char(c) => match tag(*c).filter(|_| depth > 0 && !hopeless.contains(c)) {
                Some(tag) if opens(tokens, at) => match closing(tokens, at, *c) {
                    Some(end) => {
                        // `closing` answers with a place after `at`, inside the slice.
                        let inner = tokens.get(at + 1..end).unwrap_or_default();
                        html.push_str(&format!("<{tag}>"));
                        marks(inner, if *c == '`' { 0 } else { depth - 1 }, html);
                        html.push_str(&format!("</{tag}>"));
                        at = end;
                    }
                    None => {
                        hopeless.push(*c);
                        html.push(*c);
                    }
                },
                _ => escape_char(*c, html),
            },
        }
        at += 1;
    }
}

fn tag(mark: char) -> Option<&'static str> {
    match mark {
        '*' => Some("strong"),
        '_' => Some("em"),
        '~' => Some("s"),
        '`' => Some("code"),
        _ => None,
    }
}

/// A mark opens at the edge of a word and before something that is not a space.
fn opens(tokens: &[Token<'_>], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    !is_word(before) && !is_space(tokens.get(at + 1))
}

/// The nearest place on the same line where the mark closes, with something in between.
fn closing(tokens: &[Token<'_>], at: usize, mark: char) -> Option<usize> {
    let mut end = at + 2;
    while let Some(token) = tokens.get(end) {
        match token {
            Token::Char('\n') => return None,
            Token::Char(c)
                if *c == mark
                    && !is_space(tokens.get(end - 1))
                    && !is_word(tokens.get(end + 1)) =>
            {
                return Some(end);
            }
            _ => end += 1,
        }
    }
    None
}

fn is_word(token: Option<&Token<'_>>) -> bool {
    match token {
        Some(Token::Char(c)) => c.is_alphanumeric(),
        Some(Token::Link { .. } | Token::Mention(_)) => true,
        None => false,
    }
}

fn is_space(token: Option<&Token<'_>>) -> bool {
    match token {
        Some(Token::Char(c)) => c.is_whitespace(),
        Some(Token::Link { .. } | Token::Mention(_)) => false,
        None => true,
    }
}

fn link(text: &str, email: bool, html: &mut String) {
    html.push_str("<a rel=\"noopener noreferrer nofollow\" target=\"_blank\" href=\"");
    if email {
        html.push_str("mailto:");
    }
    escape(text, html);
    html.push_str("\">");
    escape(text, html);
    html.push_str("</a>");
}

#[cfg(test)]
mod tests {
    use super::{marked, to_html, to_html_with};

    #[test]
    fn the_marks_of_whatsapp_become_elements() {
        for (text, html) in [
            (
                "*bold* _it_ ~no~ `x`",
                "<strong>bold</strong> <em>it</em> <s>no</s> <code>x</code>",
            ),
            ("*bold _both_*", "<strong>bold <em>both</em></strong>"),
            ("```*raw*\n<b>```!", "<code>*raw*\n&lt;b&gt;</code>!"),
            ("```open", "```open"),
            ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
            ("* not * bold*", "* not * bold*"),
            ("*two\nlines*", "*two\nlines*"),
            ("**", "**"),
            ("*آرڈر* کہاں ہے", "<strong>آرڈر</strong> کہاں ہے"),
        ] {
            assert_eq!(to_html(text), html, "{text}");
        }
    }

    #[test]
    fn nothing_a_customer_types_becomes_markup() {
        let html = to_html("<script>alert('x')</script> *<img src=x onerror=\"y\">*");
        assert!(
            !html.contains("<script") && !html.contains("<img"),
            "{html}"
        );
        let html = to_html("javascript://x/%0aalert(1) https://e.test/\"><b>x");
        assert!(
            !html.contains("href=\"javascript") && !html.contains("<b>"),
            "{html}"
        );
    }

    #[test]
    fn mentions_are_marked_and_nothing_else_is() {
        let known = ["maya_lind".to_owned(), "<b>".to_owned()];
        assert_eq!(
            to_html_with("*ask @Maya_Lind* @ana @<b>", &known),
            "<strong>ask <mark class=\"mention\">@Maya_Lind</mark></strong> @ana \
             <mark class=\"mention\">@&lt;b&gt;</mark>"
        );
        assert_eq!(to_html("@Maya_Lind"), "@Maya_Lind");
    }

    #[test]
    fn links_keep_their_underscores() {
        let html = to_html("see https://shop.test/a_b_c?x=1&y=2 or help@shop.test");
        assert!(
            html.contains("href=\"https://shop.test/a_b_c?x=1&amp;y=2\""),
            "{html}"
        );
        assert!(html.contains("href=\"mailto:help@shop.test\""), "{html}");
    }

    #[test]
    fn a_line_of_nothing_but_marks_takes_no_time() {
        let text = "*a _b ~c `".repeat(400);
        assert!(to_html(&text).len() >= text.len());
    }

    #[test]
    fn found_words_are_marked_and_the_rest_is_escaped() {
        assert_eq!(
            marked("a \u{E000}<b>\u{E001} c"),
            "a <mark>&lt;b&gt;</mark> c"
        );
        assert_eq!(marked("\u{E001}x\u{E000}y"), "x<mark>y</mark>");
    }
}
