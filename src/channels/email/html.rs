//! Formatted mail: cleaned for showing, and turned into plain words. What a sender writes never
//! runs, never covers the page, never calls home unless somebody asks for the pictures.

use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The longest formatted body that is cleaned. **Unit:** bytes.
pub const HTML_MAX: usize = 2 * 1024 * 1024;
/// Tags that are read at most; what opens ten thousand of them is no letter.
const TAGS_MAX: usize = 10_000;

/// What becomes of the pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// Those that came along are shown, those from elsewhere are not asked for.
    OwnOnly,
    /// All are shown: the sender learns that the mail was opened.
    All,
}

/// A formatted body, safe to show, and whether it wanted pictures from elsewhere. `own` tells
/// where a picture that came along is served, by its content id.
pub fn clean(html: &str, pictures: Pictures, own: &HashMap<String, String>) -> (String, bool) {
    let html = cut(html);
    let remote = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&remote);
    let own = own.clone();
    let mut builder = builder();
    builder.attribute_filter(move |element, attribute, value| {
        if (element, attribute) != ("img", "src") {
            // Nothing leads to pages of this desk: an address without scheme is dropped.
            let address = matches!(attribute, "href" | "src" | "cite" | "background");
            return (!address || has_scheme(value)).then_some(Cow::Borrowed(value));
        }
        if let Some(id) = strip_scheme(value, "cid:") {
            let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
            return own
                .get(id.trim_matches(['<', '>']))
                .map(|href| Cow::Owned(href.clone()));
        }
        flag.store(true, Ordering::Relaxed);
        let safe =
            strip_scheme(value, "https:").is_some() || strip_scheme(value, "http:").is_some();
        (safe && pictures == Pictures::All).then_some(Cow::Borrowed(value))
    });
    let cleaned = builder.clean(html).to_string();
    (cleaned, remote.load(Ordering::Relaxed))
}

/// The plain words of a formatted body; what stands in quotes gets `> ` before each line.
pub fn words(html: &str) -> String {
    let mut builder = builder();
    builder.rm_tags(["img"]);
    builder.add_allowed_classes(
        "div",
        [
            "gmail_quote",
            "yahoo_quoted",
            "moz-cite-prefix",
            "OutlookMessageHeader",
        ],
    );
    let cleaned = builder.clean(cut(html)).to_string();
    let mut writer = Words::default();
    let mut rest = cleaned.as_str();
    while let Some(open) = rest.find('<') {
        let (text, from) = rest.split_at(open);
        writer.text(text);
        let Some(end) = from.find('>') else {
            rest = "";
            break;
        };
        let (tag, after) = from.split_at(end + 1);
        writer.tag(tag);
        rest = after;
    }
    writer.text(rest);
    writer.finish()
}

fn builder() -> Builder<'static> {
    let mut builder = Builder::default();
    builder
        .rm_tags([
            "map", "area", "article", "aside", "header", "footer", "nav", "hgroup",
        ])
        .add_tags(["font", "big"])
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "cid"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer nofollow"))
        .clean_content_tags(HashSet::from([
            "script", "style", "title", "head", "template", "textarea", "select", "svg", "math",
            "object", "iframe",
        ]))
        .strip_comments(true);
    builder
}

/// The part of a body that is read.
fn cut(text: &str) -> &str {
    let tags = text.match_indices('<').nth(TAGS_MAX);
    let mut end = tags.map_or(text.len(), |(at, _)| at).min(HTML_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default() // the loop found a boundary
}

fn has_scheme(url: &str) -> bool {
    ["https:", "http:", "mailto:", "tel:"]
        .iter()
        .any(|scheme| strip_scheme(url, scheme).is_some())
}

fn strip_scheme<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    let url = url.trim_start();
    let head = url.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme)
        .then(|| url.get(scheme.len()..).unwrap_or_default())
}

/// Writes cleaned markup down as plain lines.
#[derive(Default)]
struct Words {
    out: String,
    line: String,
    quotes: usize,
    /// Which of the open `div`s are quotes.
    divs: Vec<bool>,
    pre: usize,
    link: Option<(String, usize)>,
}

impl Words {
    fn text(&mut self, text: &str) {
        let text = unescape(text);
        if self.pre > 0 {
            for (n, part) in text.split('\n').enumerate() {
                if n > 0 {
                    self.end_line();
                }
                self.line.push_str(part);
            }
            return;
        }
        for letter in text.chars() {
            let space = letter.is_whitespace();
            if !space {
                self.line.push(letter);
            } else if !self.line.is_empty() && !self.line.ends_with(' ') {
                self.line.push(' ');
            }
        }
    }

    fn tag(&mut self, tag: &str) {
        let inner = tag.trim_start_matches('<').trim_end_matches('>');
        let closing = inner.starts_with('/');
        let name: String = inner
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        match (name.as_str(), closing) {
            ("br", _) => self.end_line(),
            ("blockquote", false) => self.quote(1),
            ("blockquote", true) => self.quote(-1),
            ("div", false) => {
                let quote = inner.contains("gmail_quote") || inner.contains("yahoo_quoted");
                self.divs.push(quote);
                if quote {
                    self.quote(1);
                } else {
                    self.end_block();
                }
            }
            ("div", true) => {
                if self.divs.pop().unwrap_or(false) {
                    self.quote(-1);
                } else {
                    self.end_block();
                }
            }
            ("p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "table", _) => {
                self.end_block();
                self.blank();
            }
            ("li", false) => {
                self.end_block();
                self.line.push_str("• ");
            }
            ("tr", false) | ("li", true) => self.end_block(),
            ("td" | "th", true) if !self.line.is_empty() => self.line.push_str("  "),
            ("hr", _) => {
                self.end_block();
                self.line.push_str("---");
                self.end_line();
            }
            ("pre", false) => {
                self.end_block();
                self.pre += 1;
            }
            ("pre", true) => {
                self.end_block();
                self.pre = self.pre.saturating_sub(1);
            }
            ("a", false) => {
                let href = inner
                    .split("href=\"")
                    .nth(1)
                    .and_then(|rest| rest.split('"').next());
                let href = href.map(|href| unescape(href).into_owned());
                self.link = href.map(|href| (href, self.line.len()));
            }
            ("a", true) => self.end_link(),
            _ => {} // words inside, nothing around them
        }
    }

    fn end_link(&mut self) {
        let Some((href, start)) = self.link.take() else {
            return;
        };
        let words = self.line.get(start..).unwrap_or_default().trim();
        let bare = href
            .trim_start_matches("mailto:")
            .trim_start_matches("tel:");
        let same = |a: &str, b: &str| {
            let plain = |text: &str| {
                let text = text
                    .trim_start_matches("https://")
                    .trim_start_matches("http://");
                text.trim_end_matches('/').to_lowercase()
            };
            plain(a) == plain(b)
        };
        if !words.is_empty() && !same(words, bare) && href.len() <= 300 {
            self.line.push_str(&format!(" ({bare})"));
        }
    }

    fn quote(&mut self, step: isize) {
        self.end_block();
        self.quotes = self.quotes.saturating_add_signed(step);
    }

    fn end_block(&mut self) {
        if !self.line.trim().is_empty() {
            self.end_line();
        }
        self.line.clear();
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        (0..self.quotes.min(9)).for_each(|_| self.out.push('>'));
        if self.quotes > 0 {
            self.out.push(' ');
        }
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") && self.quotes == 0 {
            self.out.push('\n');
        }
    }

    fn finish(mut self) -> String {
        self.end_block();
        self.out.trim().to_owned()
    }
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    // What the cleaner writes out knows only these.
    let text = text
        .replace("&nbsp;", "\u{A0}")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    Cow::Owned(text.replace("&quot;", "\"").replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::{Pictures, clean, words};
    use std::collections::HashMap;

    #[test]
    fn nothing_that_runs_covers_or_calls_home_is_left() {
        let own = HashMap::from([("pic@1".to_owned(), "/here".to_owned())]);
        for (html, keeps, never) in [
            ("<script>alert(1)</script>hi", "hi", "alert"),
            (
                "<p onclick=x style='position:fixed'>hi</p>",
                "<p>hi</p>",
                "style",
            ),
            ("<a href='javascript:alert(1)'>x</a>", "x", "javascript"),
            ("<a href='data:text/html,x'>x</a>", "x", "data:"),
            (
                "<img src='https://t.test/p.gif' alt=logo>",
                "alt=\"logo\"",
                "t.test",
            ),
            ("<img src=\"cid:pic@1\">", "src=\"/here\"", "cid:"),
            ("<img src='cid:other'>", "<img>", "cid:"),
            ("<form action=/x><input name=a>ok</form>", "ok", "form"),
            ("<svg><script>x</script></svg>ok", "ok", "svg"),
            ("<style>*{display:none}</style>ok", "ok", "display"),
            ("<iframe src=//x></iframe>ok", "ok", "iframe"),
            (
                "<base href=//x><meta http-equiv=refresh content=0>ok",
                "ok",
                "meta",
            ),
        ] {
            let (cleaned, _) = clean(html, Pictures::OwnOnly, &own);
            assert!(cleaned.contains(keeps), "{html} became {cleaned}");
            assert!(!cleaned.contains(never), "{html} became {cleaned}");
        }
        let image = "<img src='https://t.test/p.gif'>";
        assert!(clean(image, Pictures::OwnOnly, &own).1);
        assert!(clean(image, Pictures::All, &own).0.contains("t.test"));
    }

    #[test]
    fn words_keep_lines_lists_links_and_quotes() {
        let html = "<p>Hello <b>Ana</b>,</p><ul><li>one<li>two</ul>\
            <p>see <a href=\"https://x.test/a\">here</a> &amp; <a href=\"https://x.test/\">x.test</a></p>\
            <blockquote><p>old<br>older</p></blockquote>new";
        assert_eq!(
            words(html),
            "Hello Ana,\n\n• one\n• two\n\nsee here (https://x.test/a) & x.test\n\n> old\n> older\nnew"
        );
    }

    #[test]
    fn what_opens_tags_without_end_is_cut() {
        let begun = std::time::Instant::now();
        words(&"<div>".repeat(1_000_000));
        assert!(begun.elapsed().as_secs() < 120, "{:?}", begun.elapsed());
    }
}
