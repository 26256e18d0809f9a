//! The handbook: Markdown pages from `web/help`, turned into HTML once per request.

use crate::error::{Refusal, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use crate::web::{render, shell::Shell};
use pulldown_cmark::{Event, Options, Parser, html};
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
    let parser = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        event => event,
    });
    let mut out = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut out, parser);
    out
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
    fn raw_html_in_a_page_is_text() {
        assert!(!to_html("a <script>x</script> b").contains("<script>"));
    }
}
