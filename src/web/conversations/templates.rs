//! Templates in the composer: which are offered, the form of the one chosen, what it says filled.

use super::compose::with_file;
use super::{Heading, Parameter, TemplateForm, TemplateName};
use crate::channels::whatsapp::send;
use crate::desk::channels;
use crate::desk::conversations::{self, Conversation};
use crate::domain::event::File;
use crate::domain::id::ConversationId;
use crate::domain::message::Parameter as Value;
use crate::domain::message::{Content, Media};
use crate::domain::template::{Header, TemplateSpec};
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use crate::web::thread::view;
use crate::web::visit::Visit;

/// Those that may be sent on the channel of a conversation.
pub(super) fn approved(now: &Now<'_>, present: &Conversation) -> Result<Vec<TemplateSpec>> {
    let known = channels::templates(now, present.channel)?;
    let specs = known
        .into_iter()
        .map(|template| serde_json::from_value(template.body))
        .collect::<std::result::Result<Vec<TemplateSpec>, _>>()?;
    Ok(specs
        .into_iter()
        .filter(|spec| spec.hindrance().is_none())
        .collect())
}

/// A template in the list.
pub(super) fn offered(visit: &Visit<'_>, spec: &TemplateSpec) -> TemplateName {
    let key = format!("{}.{}", spec.name, spec.language);
    TemplateName {
        name: spec.name.clone(),
        language: spec.language.clone(),
        category: spec.category.to_lowercase(),
        text: spec.body.clone(),
        href: view::with(visit, &[("template", &key)]),
    }
}

/// The form of the one that was chosen.
pub(super) fn chosen(
    visit: &Visit<'_>,
    specs: &[TemplateSpec],
    writes: Option<(&str, &Refusal)>,
) -> Result<Option<TemplateForm>> {
    let key = match writes {
        Some(("template", _)) => {
            format!("{}.{}", visit.field("template"), visit.field("language"))
        }
        _ => visit.query("template").unwrap_or_default().to_owned(),
    };
    let spec = specs
        .iter()
        .find(|spec| format!("{}.{}", spec.name, spec.language) == key);
    Ok(spec.map(|spec| {
        let values = values(visit, spec);
        TemplateForm {
            name: spec.name.clone(),
            language: spec.language.clone(),
            preview: spec.rendered(&values),
            heading: heading(spec),
            parameters: spec
                .needs()
                .iter()
                .map(|need| {
                    let key = need.label();
                    let value = visit.field(&format!("p.{key}")).to_owned();
                    let example = need.example.clone().unwrap_or_default();
                    Parameter {
                        key,
                        value,
                        example,
                    }
                })
                .collect(),
        }
    }))
}

fn values(visit: &Visit<'_>, spec: &TemplateSpec) -> Vec<Value> {
    spec.needs()
        .into_iter()
        .filter(|need| !visit.field(&format!("p.{}", need.label())).is_empty())
        .map(|need| Value {
            place: need.place,
            button: need.button,
            value: visit
                .field(&format!("p.{}", need.label()))
                .trim()
                .to_owned(),
            name: Some(need.name),
        })
        .collect()
}

fn heading(spec: &TemplateSpec) -> Option<Heading> {
    let Some(Header::Media { media }) = &spec.header else {
        return None;
    };
    Some(Heading {
        word: media.word(),
        accept: send::types_of(*media).collect::<Vec<_>>().join(","),
    })
}

/// What a filled form says, and the file that goes with it.
pub(super) fn fill_template(
    visit: &Visit<'_>,
    id: ConversationId,
) -> Result<(Content, Option<File>)> {
    let now = visit.now()?;
    let present = conversations::open(&now, id)?;
    let key = (visit.field("template"), visit.field("language"));
    let specs = approved(&now, &present)?;
    let spec = specs
        .iter()
        .find(|spec| (spec.name.as_str(), spec.language.as_str()) == key);
    let spec = spec.ok_or_else(|| {
        Refusal::conflict(format!("the template {} is not approved any more", key.0)).at("text")
    })?;
    let (media, file) = match (&spec.header, visit.form.file("file")) {
        (Some(Header::Media { .. }), Some(upload)) => {
            let (media, file) = with_file(upload)?;
            send::check_upload(&media)?;
            (Some(media), Some(file))
        }
        // A preview shows the words; the file is asked for when it is sent.
        (Some(Header::Media { media }), None) if visit.field("preview") == "yes" => {
            let media = Media {
                media: *media,
                ..Media::default()
            };
            (Some(media), None)
        }
        (Some(_) | None, _) => (None, None),
    };
    let filled = spec.fill(&values(visit, spec), media);
    let filled = filled.map_err(|error| match error {
        Error::Refusal(refusal) if refusal.field == Some("header_media") => {
            refusal.at("file").into()
        }
        other => other,
    })?;
    Ok((Content::Template(filled), file))
}
