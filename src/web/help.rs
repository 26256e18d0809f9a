//! The handbook: Markdown pages from `web/help`, turned into HTML once per request.

use crate::error::{Refusal, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use crate::web::{message_text, render, shell::Shell};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
use rust_embed::RustEmbed;
use serde::Serialize;

#[derive(RustEmbed)]
#[folder = "web/help"]
struct Pages;

/// `help/show.html`
#[derive(Debug, Clone, Serialize)]
pub struct HelpPage {
    /// The word in the address.
    pub slug: String,
    /// Its first heading.
    pub title: String,
    /// All pages in reading order: word and title.
    pub pages: Vec<(String, String)>,
    /// The text as HTML. Ours, from the binary; raw HTML in it is shown as text.
    pub body: String,
}

/// `GET /help` and `GET /help/inbox`
pub fn page(visit: &Visit<'_>, slug: Option<&str>) -> Result<Response> {
    let now = visit.now()?;
    let html = show(&visit.shell(&now)?, slug)?;
    Ok(Response::html(html).with_header("cache-control", "no-store"))
}

/// The page of this word, or the first one. **Refuses:** a word no page has.
pub fn show(shell: &Shell, slug: Option<&str>) -> Result<String> {
    let pages = titles();
    let slug = match slug {
        Some(slug) => slug.to_owned(),
        None => pages
            .first()
            .map(|(slug, _)| slug.clone())
            .unwrap_or_default(),
    };
    let Some((_, title)) = pages.iter().find(|(known, _)| *known == slug) else {
        return Err(Refusal::not_found(format!("the handbook has no page {slug}")).into());
    };
    let view = HelpPage {
        title: title.clone(),
        body: to_html(&text(&slug)),
        slug,
        pages,
    };
    render::page("help/show.html", shell, &view)
}

/// The words and titles of all pages, in reading order: files are named `10-inbox.md`.
pub fn titles() -> Vec<(String, String)> {
    let mut names: Vec<String> = Pages::iter().map(|name| name.into_owned()).collect();
    names.sort();
    names
        .iter()
        .map(|name| {
            let slug = slug(name).to_owned();
            let title = text(&slug)
                .lines()
                .find_map(|line| line.strip_prefix("# ").map(str::to_owned));
            (slug.clone(), title.unwrap_or(slug))
        })
        .collect()
}

fn slug(name: &str) -> &str {
    let stem = name.strip_suffix(".md").unwrap_or(name);
    stem.split_once('-').map_or(stem, |(_, slug)| slug)
}

fn text(wanted: &str) -> String {
    Pages::iter()
        .find(|name| slug(name) == wanted)
        .and_then(|name| Pages::get(&name))
        .map(|file| String::from_utf8_lossy(&file.data).into_owned())
        .unwrap_or_default()
}

fn to_html(markdown: &str) -> String {
    let (mut heading, mut in_heading) = (String::new(), false);
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES).flat_map(|event| {
        let mut around = (None, None);
        match &event {
            Event::Start(Tag::Heading { .. }) => (heading, in_heading) = (String::new(), true),
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Text(text) | Event::Code(text) if in_heading => heading.push_str(text),
            Event::Start(Tag::Table(_)) => around.0 = Some(Event::Html(boxed(&heading).into())),
            Event::End(TagEnd::Table) => around.1 = Some(Event::Html("</div>\n".into())),
            _ => {} // stands as it is
        }
        let event = match event {
            Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
            event => event,
        };
        around.0.into_iter().chain([event]).chain(around.1)
    });
    let mut out = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut out, parser);
    out
}

/// What a wide table is scrolled in, with the keys as well, by the name of the heading above it.
fn boxed(heading: &str) -> String {
    let mut label = String::new();
    message_text::escape(heading, &mut label);
    format!("<div class=\"table__box\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_a_title_and_a_word_of_its_own() {
        let pages = titles();
        assert!(!pages.is_empty());
        for (slug, title) in &pages {
            assert_ne!(slug, title, "{slug} has no heading");
            assert_eq!(pages.iter().filter(|(other, _)| other == slug).count(), 1);
        }
    }

    #[test]
    fn a_table_scrolls_in_a_box_with_a_name() {
        let html = to_html("## What \"it\" is\n\n| a | b |\n|---|---|\n| 1 | 2 |\n");
        let start = "aria-label=\"What &quot;it&quot; is\"><table>";
        assert!(html.contains(start), "{html}");
        assert!(html.contains("</table>\n</div>"), "{html}");
    }

    #[test]
    fn raw_html_in_a_page_is_text() {
        assert!(!to_html("a <script>x</script> b").contains("<script>"));
    }
}
