//! From the desk's timeline to the page's: articles with what became of them, changes as
//! sentences, days between.

use super::{
    Article, Card, Change, Content, Delivery, Entry, File, OrderItem, Quoted, Reaction, Referral,
    Shows, Side, Timeline, Version,
};
use crate::desk::audit::Recorded;
use crate::desk::timeline::{self, Entry as Line};
use crate::domain::event::{ContactEvent, ConversationEvent, Event, Said, TicketEvent};
use crate::domain::id::{Object, Seq, TicketId};
use crate::domain::member::Right;
use crate::domain::moment::{MINUTE_MS, Moment};
use crate::domain::{mention, message};
use crate::error::Result;
use crate::ledger::Now;
use crate::web::names::Names;
use crate::web::privacy::Removed;
use crate::web::text::Language;
use crate::web::visit::Visit;
use crate::web::{calls, sentences};

/// Articles on one page of a timeline.
const ARTICLES: u32 = 60;
/// Articles of one author within this time stand together. **Unit:** milliseconds.
const TOGETHER_MS: i64 = 5 * MINUTE_MS;
/// The kinds of entry that can be hidden, with their names.
const KINDS: [(&str, &str); 4] = [
    ("messages", "Messages"),
    ("notes", "Notes"),
    ("changes", "Changes"),
    ("views", "Views"),
];
/// What is hidden until somebody asks for it.
const HIDDEN: &str = "views";
/// The address's word for hiding nothing.
const NOTHING: &str = "nothing";

/// The timeline of a conversation or ticket as this visit asks for it.
pub fn timeline(visit: &Visit<'_>, now: &Now<'_>, object: Object) -> Result<Timeline> {
    let before = visit.query("before").and_then(|before| before.parse().ok());
    let hidden: Vec<&str> = visit.query("hide").unwrap_or(HIDDEN).split('.').collect();
    let lines = timeline::page(now, object, before, ARTICLES)?;
    let full = lines
        .iter()
        .filter(|line| matches!(line, Line::Article(_)))
        .count();
    let first = lines.first().map(Line::seq);
    let older = first.filter(|_| full == ARTICLES as usize);
    let raw = visit.may(Right::Raw);
    let language = visit.language();
    let zone = crate::web::visit::zone(&visit.member.preferences.zone);
    let mut names = Names::of_desk(now)?;
    for line in &lines {
        if let Line::Change(recorded) = line {
            names.meet_all(now, recorded)?;
        }
    }
    let mut entries: Vec<Entry> = Vec::new();
    let mut day = None;
    for line in &lines {
        let (at, entry) = match line {
            Line::Article(article) => {
                let note = article.direction == "note";
                if hidden.contains(&if note { "notes" } else { "messages" }) {
                    continue;
                }
                let mut shown = self::article(language, article, raw);
                if let Some(call) = article.call.as_ref().filter(|_| article.erased.is_none()) {
                    let card = calls::card::card(visit, now, call)?;
                    shown.content = Content::Call { call: card.into() };
                    shown.delivery = None;
                }
                (article.at, Entry::Article(shown))
            }
            Line::Change(recorded) => {
                let kind = if is_view(&recorded.event) {
                    "views"
                } else {
                    "changes"
                };
                if hidden.contains(&kind) {
                    continue;
                }
                (
                    recorded.entry.at,
                    Entry::Change(change(language, recorded, &names)),
                )
            }
        };
        let local = zone.local(at).day_number;
        if day != Some(local) {
            day = Some(local);
            entries.push(Entry::Day { at });
        }
        entries.push(entry);
    }
    group(&mut entries);
    let shows = KINDS.map(|(kind, label)| {
        let on = !hidden.contains(&kind);
        let mut hide: Vec<&str> = hidden
            .iter()
            .copied()
            .filter(|other| !other.is_empty() && *other != kind && *other != NOTHING)
            .collect();
        if on {
            hide.push(kind);
        }
        if hide.is_empty() {
            hide.push(NOTHING);
        }
        Shows {
            label,
            href: with(visit, &[("hide", &hide.join(".")), ("before", "")]),
            on,
        }
    });
    Ok(Timeline {
        entries,
        older: older.map(|seq: Seq| with(visit, &[("before", &seq.to_string())])),
        shows: shows.into(),
        topic: object.to_string(),
    })
}

/// Whether an event only says that somebody looked.
fn is_view(event: &Event) -> bool {
    match event {
        Event::Conversation(event) => matches!(event, ConversationEvent::Viewed { .. }),
        Event::Ticket(event) => matches!(event, TicketEvent::Viewed { .. }),
        Event::Contact(event) => matches!(event, ContactEvent::Viewed { .. }),
        Event::Access(_) | Event::Export(_) => true,
        Event::Article(_)
        | Event::Desk(_)
        | Event::Member(_)
        | Event::Group(_)
        | Event::Channel(_)
        | Event::Label(_)
        | Event::View(_)
        | Event::Pack(_)
        | Event::Privacy(_)
        | Event::Webhook(_)
        | Event::Status(_)
        | Event::Field(_)
        | Event::Rule(_)
        | Event::Bot(_)
        | Event::Sla(_)
        | Event::Call(_)
        | Event::Commitment(_)
        | Event::Import(_)
        | Event::Assignment(_)
        | Event::Notification(_)
        | Event::Bulk(_)
        | Event::Macro(_)
        | Event::Audit(_)
        | Event::Checkpoint(_)
        | Event::Email(_) => false,
    }
}

/// The address of this page with some of its query changed; an empty value takes a name out.
pub fn with(visit: &Visit<'_>, changes: &[(&str, &str)]) -> String {
    let here = visit.here();
    let here = here.split_once('#').map_or(&*here, |(page, _)| page);
    let (path, asked) = here.split_once('?').unwrap_or((here, ""));
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(asked.as_bytes()) {
        if !changes.iter().any(|(changed, _)| *changed == name) {
            query.append_pair(&name, &value);
        }
    }
    for (name, value) in changes.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// A change as a sentence that links to its event.
pub fn change(language: Language, recorded: &Recorded, names: &Names) -> Change {
    Change {
        seq: recorded.seq.0,
        at: recorded.entry.at,
        actor_kind: recorded.entry.actor.kind().to_owned(),
        sentence: sentences::told(language, recorded, &|object| names.get(object)),
        icon: sentences::icon(&recorded.event),
        tone: sentences::tone(&recorded.event),
    }
}

/// An article of the desk as a bubble.
pub fn article(language: Language, article: &timeline::Article, raw: bool) -> Article {
    let said = article.said.as_ref();
    let context = said.and_then(|said| said.context.as_ref());
    let newest = article
        .revisions
        .iter()
        .rev()
        .find_map(|revision| revision.said.as_ref())
        .or(article.said.as_ref());
    Article {
        id: article.seq.0,
        at: article.at,
        side: match article.direction.as_str() {
            "in" => Side::Them,
            "note" => Side::Note,
            _ => Side::Us, // the one direction that is left
        },
        author: article.author.clone().unwrap_or_else(|| unnamed(article)),
        author_kind: article.author_kind.clone(),
        follows: false,
        channel: None,
        content: match (newest, &article.erased) {
            (Some(said), _) => content(article, said),
            (None, Some(erased)) => Content::Removed {
                removed: Removed::of(language, erased),
            },
            (None, None) => Content::Unsupported {
                what: "it has no content".to_owned(),
            },
        },
        quoted: article.quoted.as_ref().map(|quoted| Quoted {
            id: quoted.seq.map(|seq| seq.0),
            author: quoted.author.clone().unwrap_or_default(),
            text: quoted.preview.clone().unwrap_or_default(),
        }),
        corrects: article.corrects.as_ref().map(|old| Quoted {
            id: old.seq.map(|seq| seq.0),
            author: old.author.clone().unwrap_or_default(),
            text: old.preview.clone().unwrap_or_default(),
        }),
        corrected_by: article.corrected_by.iter().map(|seq| seq.0).collect(),
        split_into: article.split_into.iter().map(TicketId::to_string).collect(),
        mentions: mention::handles(&article.mentions)
            .into_iter()
            .map(|handle| handle.word)
            .collect(),
        forwarded: context.and_then(|context| {
            if context.forwarded_often {
                Some("often")
            } else {
                context.forwarded.then_some("once")
            }
        }),
        referral: said.and_then(|said| said.referral.as_ref()).map(referral),
        reactions: article
            .reactions
            .iter()
            .map(|(author, emoji)| Reaction {
                emoji: emoji.clone(),
                author: author.clone(),
            })
            .collect(),
        before: versions(article),
        taken_back_at: article
            .revisions
            .iter()
            .find(|revision| revision.kind == "revoked")
            .map(|revision| revision.at),
        delivery: article
            .delivery
            .as_ref()
            .map(|state| delivery(article.at, state)),
        quotable: article.provider_id.is_some() && article.direction != "note",
        correctable: article.direction != "in" && article.author_kind != "contact",
        raw: article
            .payload
            .filter(|_| raw)
            .map(|seq| format!("/payloads/{seq}")),
    }
}

fn unnamed(article: &timeline::Article) -> String {
    match article.author_kind.as_str() {
        "bot" => "Assistant",
        "system" if article.kind == "email" && article.direction == "in" => "The mail server",
        "system" if article.kind == "email" => "Automatic answer",
        "system" => "From the phone",
        _ => "Customer", // a customer who told no name
    }
    .to_owned()
}

fn content(article: &timeline::Article, said: &Said) -> Content {
    match &said.content {
        message::Content::Text(text) => Content::Text {
            text: text.text.clone(),
        },
        message::Content::Media(media) => self::media(article, media),
        message::Content::Location(place) => {
            match (place.latitude.parse(), place.longitude.parse()) {
                (Ok(latitude), Ok(longitude)) => Content::Location {
                    name: place.name.clone(),
                    address: place.address.clone(),
                    latitude,
                    longitude,
                },
                _ => Content::Unsupported {
                    what: said.content.preview(),
                }, // not a place on earth
            }
        }
        message::Content::Contacts(cards) => Content::Contacts {
            cards: cards.cards.iter().map(card).collect(),
        },
        message::Content::Choice(choice) => Content::Choice {
            title: choice.title.clone(),
            description: choice.description.clone(),
        },
        message::Content::Offer(offer) => Content::Offer {
            text: offer.text.clone(),
            opens: Some(offer.opens.clone()).filter(|_| offer.shown == message::ChoiceFrom::List),
            choices: offer
                .choices
                .iter()
                .map(|choice| (choice.title.clone(), choice.description.clone()))
                .collect(),
        },
        message::Content::Form(form) => Content::Form {
            fields: form.fields(),
        },
        message::Content::Order(order) => self::order(order),
        message::Content::Template(template) => Content::Template {
            name: template.name.clone(),
            language: template.language.clone(),
            text: template.text.clone(),
            heading: template
                .header_media
                .as_ref()
                .map(|heading| Box::new(media(article, heading))),
        },
        message::Content::Email(email) => Content::Letter {
            letter: super::letter::letter(article.seq, email),
        },
        message::Content::Unsupported(_) => Content::Unsupported {
            what: said.content.preview(),
        },
        message::Content::CallPermission(_)
        | message::Content::Notice(_)
        | message::Content::Welcome
        | message::Content::Call(_) => Content::System {
            text: said.content.preview(),
        },
    }
}

fn media(article: &timeline::Article, media: &message::Media) -> Content {
    Content::Media {
        media: match media.media {
            message::MediaKind::Image => "image",
            message::MediaKind::Video => "video",
            message::MediaKind::Audio => "audio",
            message::MediaKind::Voice => "voice",
            message::MediaKind::Document => "document",
            message::MediaKind::Sticker => "sticker",
        },
        file: file(article, media),
        caption: media.caption.clone(),
    }
}

fn file(article: &timeline::Article, media: &message::Media) -> File {
    let kept = article.media.as_ref();
    let state = match kept.map(|kept| kept.state.as_str()) {
        Some("fetched") => "ready",
        Some("waiting") => "fetching",
        _ => "failed", // failed, or there never was an id to fetch it by
    };
    let name = kept
        .and_then(|kept| kept.name.clone())
        .or_else(|| media.file_name.clone());
    File {
        href: (state == "ready").then(|| format!("/files/{}", article.seq)),
        name: name.unwrap_or_else(|| media.media.word().to_owned()),
        media_type: kept
            .and_then(|kept| kept.media_type.clone())
            .unwrap_or_else(|| media.mime.clone()),
        size_bytes: kept.and_then(|kept| kept.size_bytes).or(media.size_bytes),
        state,
        reason: kept.and_then(|kept| kept.trouble.clone()),
    }
}

fn card(card: &message::Card) -> Card {
    let phones = card.phones.iter().map(|phone| phone.phone.clone());
    let lines = [&card.emails, &card.addresses, &card.urls];
    let lines = lines.into_iter().flatten().map(|line| line.value.clone());
    Card {
        name: card.name.clone(),
        organisation: card.organisation.clone(),
        ways: phones.chain(lines).collect(),
    }
}

fn order(order: &message::Order) -> Content {
    let items = order
        .items
        .iter()
        .map(|item| OrderItem {
            product: item.product_id.clone(),
            quantity: item.quantity.clone(),
            price: format!("{} {}", item.unit_price, item.currency)
                .trim()
                .to_owned(),
        })
        .collect();
    let text = order.text.clone().filter(|text| !text.is_empty());
    Content::Order {
        text,
        items,
        total: None,
    }
}

fn referral(referral: &message::Referral) -> Referral {
    let web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    Referral {
        source: referral.source.clone().unwrap_or_default(),
        headline: referral.headline.clone().unwrap_or_default(),
        body: referral.text.clone().unwrap_or_default(),
        href: referral.url.clone().filter(web),
    }
}

/// What an edited article said before, oldest first.
fn versions(article: &timeline::Article) -> Vec<Version> {
    let edits = article
        .revisions
        .iter()
        .filter(|revision| revision.kind == "edited");
    let mut text = article
        .said
        .as_ref()
        .map(|said| said.content.text_for_search());
    edits
        .map(|edit| {
            let later = edit
                .said
                .as_ref()
                .map(|said| said.content.text_for_search());
            let before = std::mem::replace(&mut text, later).unwrap_or_default();
            Version {
                until: edit.at,
                text: before,
            }
        })
        .collect()
}

fn delivery(at: Moment, state: &timeline::State) -> Delivery {
    let word = match state.word.as_str() {
        "accepted" | "sent" => "sent",
        "delivered" => "delivered",
        "read" | "played" => "read",
        "failed" => "failed",
        _ => "queued", // queued, sending, or waiting for a sign
    };
    Delivery {
        state: word,
        at,
        reason: state.trouble.clone(),
        may_retry: word == "failed",
    }
}

/// Articles of one author that follow each other closely stand together.
fn group(entries: &mut [Entry]) {
    let mut last: Option<(Side, String, Moment)> = None;
    for entry in entries {
        match entry {
            Entry::Article(article) => {
                article.follows = last.as_ref().is_some_and(|(side, author, at)| {
                    *side == article.side
                        && *author == article.author
                        && article.at.ms_since(*at) < TOGETHER_MS
                });
                last = Some((article.side, article.author.clone(), article.at));
            }
            Entry::Day { .. } | Entry::Change(_) => last = None,
        }
    }
}
