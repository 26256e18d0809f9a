//! The composer: replying with text, a file or a template, and what stands in the way.

use super::choices;
use super::letter::{self, Wished};
use super::show::again;
use super::templates::{approved, chosen, fill_template, offered};
use super::{Composer, Unsent, Window};
use crate::channels::whatsapp::send;
use crate::desk;
use crate::desk::articles::{self, Reply, corrections};
use crate::desk::calls::lines;
use crate::desk::conversations::{self, Conversation};
use crate::desk::{bot, channels, drafts, inbox, letters, mentions, timeline};
use crate::domain::conversation::{Owner, Status};
use crate::domain::event::{Fact, File};
use crate::domain::id::{ArticleId, ConversationId, Object, Seq};
use crate::domain::member::Right;
use crate::domain::message::{Content, Media, MediaKind};
use crate::domain::moment::HOUR_MS;
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use crate::web::calls::form;
use crate::web::exchange::{Response, Upload};
use crate::web::settings::macros;
use crate::web::thread::{Quoted, view};
use crate::web::visit::Visit;
use data_encoding::BASE64URL_NOPAD;
use std::collections::BTreeMap;

/// The largest file that is sent. **Unit:** bytes. **Source:** WhatsApp Cloud API, documents.
const FILE_MAX: usize = 100 * crate::config::MIB;

/// The composer under a thread; none for those who only read, or once it is closed.
pub fn composer(
    visit: &Visit<'_>,
    now: &Now<'_>,
    present: &Conversation,
    refused: Option<(&str, &Refusal)>,
) -> Result<Option<Composer>> {
    if !visit.may(Right::Work) || present.status == Status::Closed {
        return Ok(None);
    }
    let object = Object::Conversation(present.id);
    let draft = drafts::get(now, visit.member.id, object)?;
    let writes =
        refused.filter(|(form, _)| matches!(*form, "replies" | "notes" | "template" | "calls"));
    let corrects = corrects(visit, now, object)?;
    let note = match writes {
        Some((form, _)) => form == "notes",
        None if let Some((_, note)) = &corrects => *note,
        None => match visit.query("write") {
            Some(mode) => mode == "note",
            None => draft.as_ref().is_some_and(|draft| draft.kind == "note"),
        },
    };
    let line = channels::get(now, present.channel)?.kind == lines::KIND;
    let calling = match writes {
        Some((form, _)) => form == "calls",
        None => visit.query("write") == Some("call") || line && !note,
    };
    let typed = writes.map(|_| visit.field("text").to_owned());
    let kept = typed.or(draft.as_ref().map(|draft| draft.text.clone()));
    let mut wrong = writes
        .map(|(_, refusal)| at_field(refusal))
        .unwrap_or_default();
    let (text, canned) =
        macros::inserted(visit, now, object, kept.unwrap_or_default(), &mut wrong)?;
    let at = now.at();
    let window = Window {
        open: present.window_until.is_some_and(|until| until > at),
        until: present.window_until,
        closing: present
            .window_until
            .is_some_and(|until| until.ms_since(at) < 2 * HOUR_MS),
    };
    let held = match &present.owner {
        Owner::Member { id, .. } => *id != visit.member.id && !visit.may(Right::Assign),
        Owner::Nobody | Owner::Bot => false,
    };
    let email = letter::is_email(now, present)?;
    let specs = if window.open || email {
        Vec::new()
    } else {
        approved(now, present)?
    };
    let typed_choices = writes.is_some_and(|(form, _)| form == "replies");
    let choices = (!email && !line && window.open).then(|| choices::form(visit, typed_choices));
    let moved_on = moved_on(visit, now, present, writes)?;
    let seen = match moved_on.last() {
        Some(article) => article.id,
        None => present.last_article.map_or(0, |seq| seq.0),
    };
    Ok(Some(Composer {
        action: format!("/conversations/{}", present.id),
        mode: match (calling, note || held) {
            (true, _) => "call",
            (false, true) => "note",
            (false, false) => "reply",
        },
        may_reply: !held && !line,
        bot_owns: present.owner == Owner::Bot,
        transition: match window.open && present.owner.member() == Some(visit.member.id) {
            true => bot::transition(now, present)?,
            false => None,
        },
        window: (!email && !line).then_some(window),
        letter: email
            .then(|| letter::form(visit, now, present, writes.is_some()))
            .transpose()?,
        choices,
        draft: text,
        offered: macros::offered(now)?,
        canned,
        draft_at: draft.as_ref().map(|draft| draft.at.0),
        reply_to: quoted(visit, now, present.id)?,
        corrects: corrects.map(|(old, _)| old),
        mentionable: mentionable(now)?,
        seen,
        moved_on,
        statuses: [Status::Waiting].map(super::show::status).into(),
        template: chosen(visit, &specs, writes)?,
        templates: specs.iter().map(|spec| offered(visit, spec)).collect(),
        call: if calling {
            let refusal = writes.map(|(_, refusal)| refusal);
            let contact = Some(present.contact);
            Some(form::form(visit, now, object, contact, refusal)?)
        } else {
            None
        },
        accept: if email {
            String::new()
        } else {
            send::accepted_types().collect::<Vec<_>>().join(",")
        },
        wrong,
    }))
}

/// What was written where it cannot be sent any more: the thread was closed, given to the bot or
/// its window shut meanwhile.
pub fn unsent(
    visit: &Visit<'_>,
    composer: Option<&Composer>,
    refused: Option<(&str, &Refusal)>,
) -> Option<Unsent> {
    let (_, refusal) = refused.filter(|(form, _)| matches!(*form, "replies" | "notes"))?;
    let text = visit.field("text").to_owned();
    let holds_it = composer.is_some_and(|composer| {
        let shut = composer.window.as_ref().is_some_and(|window| !window.open);
        composer.mode == "note" || composer.mode == "reply" && !composer.bot_owns && !shut
    });
    (!holds_it && !text.trim().is_empty()).then(|| Unsent {
        sentence: refusal.text.clone(),
        text,
    })
}

/// `POST /conversations/C-88/replies`
pub fn reply(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let wished = letter::wished(visit, id);
    let wished = match wished {
        Ok(wished) => wished,
        Err(error) => return again(visit, id, "replies", error),
    };
    let then = visit.field("status").to_owned();
    let canned = macros::named(visit.field("canned"));
    let old = super::acts::corrected(visit);
    let granted = visit.record(move |now| {
        inbox::demand_reach(now, id)?;
        let mut facts = match wished {
            Wished::Message(wished) => articles::reply(now, wished)?,
            Wished::Letter(wished) => letters::reply(now, wished)?,
        };
        if let Some(old) = old {
            facts = corrections::correct(now, old, facts)?;
        }
        facts.extend(set_status(now, id, &then, facts.len())?);
        match canned {
            Some((canned, language)) => {
                let object = Object::Conversation(id);
                desk::macros::use_words(now, canned, object, &language, facts)
            }
            None => Ok(facts),
        }
    });
    sent(visit, id, "replies", granted)
}

/// `POST /conversations/C-88/template`: shows it filled in, or sends it.
pub fn template(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let granted = fill_template(visit, id).and_then(|(content, file)| {
        if visit.field("preview") == "yes" {
            return Err(Refusal::invalid("").at("preview").into());
        }
        let wished = Reply {
            conversation: id,
            content,
            file,
            reply_to: None,
            tag: tag()?,
            seen: None,
        };
        visit.record(move |now| {
            inbox::demand_reach(now, id)?;
            articles::reply(now, wished)
        })
    });
    sent(visit, id, "template", granted)
}

fn sent(
    visit: &Visit<'_>,
    id: ConversationId,
    form: &str,
    granted: Result<crate::ledger::Receipt>,
) -> Result<Response> {
    match granted {
        Ok(_) => {
            super::acts::sent(visit, Object::Conversation(id))?;
            let back = visit.back(&format!("/conversations/{id}"));
            Ok(Response::redirect_303(&format!(
                "{}#composer",
                written(&back)
            )))
        }
        Err(error) => again(visit, id, form, error),
    }
}

/// The page to come back to without what was being written there.
pub fn written(back: &str) -> String {
    let Some((path, query)) = back.split_once('?') else {
        return back.to_owned();
    };
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| {
        !matches!(
            &**name,
            "reply_to" | "corrects" | "write" | "template" | "answer"
        )
    });
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

pub(super) fn wish_reply(visit: &Visit<'_>, id: ConversationId) -> Result<Reply> {
    let text = visit.field("text").trim().to_owned();
    let (content, file) = match visit.form.file("file") {
        Some(upload) => {
            choices::read(visit, "")?; // refused beside a file
            let (media, file) = with_file(upload)?;
            let caption = Some(text).filter(|text| !text.is_empty());
            (Content::Media(Media { caption, ..media }), Some(file))
        }
        None => match choices::read(visit, &text)? {
            Some(offer) => (offer, None),
            None => (Content::text(text), None),
        },
    };
    check(&content)?;
    let number = |name: &str| visit.field(name).parse().ok().map(Seq);
    Ok(Reply {
        conversation: id,
        content,
        file,
        reply_to: number("reply_to"),
        tag: tag()?,
        seen: number("seen").filter(|_| visit.field("confirmed") != "yes"),
    })
}

/// Refuses what the channel would refuse anyway, before anything is queued.
fn check(content: &Content) -> Result<()> {
    let nobody = crate::domain::update::Party {
        wa_id: Some("15550000000".to_owned()),
        ..Default::default()
    };
    let mut content = content.clone();
    if let Content::Media(media) = &mut content {
        send::check_upload(media)?;
        media.media_id = Some("0".to_owned()); // the rules are looked at before the upload
    }
    send::message(&nobody, &content, None, "check")
        .map(drop)
        .map_err(|error| match error {
            Error::Refusal(refusal) if refusal.field.is_none() => refusal.at("text").into(),
            other => other,
        })
}

/// A file that was chosen, as it is sent, with the bytes that are kept.
pub(super) fn with_file(upload: &Upload) -> Result<(Media, File)> {
    let bytes = upload.read(FILE_MAX)?;
    let mime = crate::jobs::media_type(&bytes);
    let refuse = || {
        let text = format!("WhatsApp does not take files of the type {mime}");
        Refusal::invalid(text).at("file")
    };
    let kind = send::media_kind(&mime).ok_or_else(refuse)?;
    let media = Media {
        media: kind,
        mime: mime.clone(),
        file_name: (kind == MediaKind::Document).then(|| upload.name.clone()),
        size_bytes: Some(bytes.len() as u64),
        ..Media::default()
    };
    let file = File {
        field: "media",
        media_type: mime,
        bytes,
    };
    Ok((media, file))
}

fn set_status(now: &Now<'_>, id: ConversationId, to: &str, before: usize) -> Result<Vec<Fact>> {
    if to.is_empty() {
        return Ok(Vec::new());
    }
    let to: Status = to
        .parse()
        .map_err(|error: String| Refusal::invalid(error).at("status"))?;
    let present = conversations::get(now, id)?;
    if present.status == to || to != Status::Waiting {
        return Ok(Vec::new());
    }
    // Sending opens a new conversation first; the status follows from the message.
    let from = if present.status == Status::New {
        Conversation {
            status: Status::Open,
            ..present
        }
    } else {
        present
    };
    let cause = crate::domain::event::Cause::Earlier(before.saturating_sub(1));
    Ok(vec![conversations::status(&from, to).because(cause)])
}

/// The message of this thread that is answered.
fn quoted(visit: &Visit<'_>, now: &Now<'_>, id: ConversationId) -> Result<Option<Quoted>> {
    let wanted = visit
        .query("reply_to")
        .or_else(|| visit.form.get("reply_to"));
    let Some(seq) = wanted.and_then(|seq| seq.parse().ok()) else {
        return Ok(None);
    };
    let found = timeline::article(now, ArticleId::from(Seq(seq)))?
        .filter(|article| article.conversation == Some(id) && article.direction != "note");
    Ok(found.map(|article| Quoted {
        id: Some(article.seq.0),
        author: article.author.clone().unwrap_or_default(),
        text: article
            .said
            .as_ref()
            .map(|said| said.content.preview())
            .unwrap_or_default(),
    }))
}

/// The article of this thread that is to be set right, and whether it is a note.
pub fn corrects(
    visit: &Visit<'_>,
    now: &Now<'_>,
    object: Object,
) -> Result<Option<(Quoted, bool)>> {
    let wanted = visit
        .query("corrects")
        .or_else(|| visit.form.get("corrects"));
    let Some(seq) = wanted.and_then(|seq| seq.parse().ok()) else {
        return Ok(None);
    };
    let found = timeline::article(now, Seq(seq))?.filter(|article| {
        let here = match object {
            Object::Ticket(id) => article.ticket == Some(id),
            _ => article.conversation.map(Object::Conversation) == Some(object),
        };
        here && article.direction != "in"
    });
    Ok(found.map(|article| {
        let text = article.said.as_ref().map(|said| said.content.preview());
        let old = Quoted {
            id: Some(article.seq.0),
            author: article.author.clone().unwrap_or_default(),
            text: text.unwrap_or_default(),
        };
        (old, article.direction == "note")
    }))
}

/// The names the composer offers behind an `@`.
pub fn mentionable(now: &Now<'_>) -> Result<Vec<String>> {
    let people = mentions::people(now)?.into_iter();
    Ok(people.map(|(_, name)| name).collect())
}

/// What came in between, when a reply was stopped by it.
fn moved_on(
    visit: &Visit<'_>,
    now: &Now<'_>,
    present: &Conversation,
    writes: Option<(&str, &Refusal)>,
) -> Result<Vec<crate::web::thread::Article>> {
    let stopped = writes.is_some_and(|(_, refusal)| refusal.field == Some("seen"));
    if !stopped {
        return Ok(Vec::new());
    }
    let seen = Seq(visit.field("seen").parse().unwrap_or_default());
    let newer = timeline::since(now, Object::Conversation(present.id), seen, 20)?;
    let language = visit.language();
    Ok(newer
        .iter()
        .filter_map(|entry| match entry {
            timeline::Entry::Article(article) => Some(view::article(language, article, false)),
            timeline::Entry::Change(_) => None,
        })
        .collect())
}

fn at_field(refusal: &Refusal) -> BTreeMap<String, String> {
    match refusal.field {
        Some("seen" | "preview") => BTreeMap::new(), // shown by the composer itself
        field => BTreeMap::from([(field.unwrap_or_default().to_owned(), refusal.text.clone())]),
    }
}

/// A mark of our own for a message: random, so that nobody can guess another's.
fn tag() -> Result<String> {
    Ok(BASE64URL_NOPAD.encode(&crate::ledger::chance::random::<16>()?))
}
