//! Prepared messages: what places a template has, whether given values fit them, and how the
//! whole reads with the values put in. How a provider lists and sends them is the channel's.

use super::message::{Media, MediaKind, Parameter, Place, Template};
use crate::error::{Refusal, Result};
use serde::{Deserialize, Serialize};

/// A template as the provider keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateSpec {
    /// Its number at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// Its name; the same in each language.
    pub name: String,
    /// Its language (`en_US`).
    pub language: String,
    /// `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED`, ….
    pub status: String,
    /// `UTILITY`, `MARKETING`, `AUTHENTICATION`.
    pub category: String,
    /// What stands above the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The text, with places such as `{{1}}` or `{{visit_date}}`.
    pub body: String,
    /// What stands below the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// The buttons, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
    /// Values the author gave as examples, by place and name (or number).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Parameter>,
    /// What it holds that this version cannot fill in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsupported: Option<String>,
}

/// What stands above the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "header", rename_all = "snake_case")]
pub enum Header {
    /// Words, with at most one place.
    Text {
        /// The words.
        text: String,
    },
    /// A file, given anew each time.
    Media {
        /// Of this sort.
        media: MediaKind,
    },
}

/// A button.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Button {
    /// What it does.
    pub action: ButtonAction,
    /// What stands on it.
    pub text: String,
    /// The link or the number behind it; a link may end in a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// What a button does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonAction {
    /// Sends its text back.
    #[default]
    Reply,
    /// Opens a page.
    Link,
    /// Calls a number.
    Phone,
    /// Copies a code.
    Code,
    /// Something that needs no value from us.
    Other,
}

/// A value that has to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Where it goes.
    pub place: Place,
    /// The button's position, counted from 0; 0 elsewhere.
    pub button: u8,
    /// Its name, or its number as text.
    pub name: String,
    /// What the author gave as example.
    pub example: Option<String>,
}

/// The longest value. **Unit:** characters.
pub const VALUE_MAX_CHARS: usize = 1_024;

impl TemplateSpec {
    /// Why it cannot be sent; none if it can.
    pub fn hindrance(&self) -> Option<String> {
        if self.status != "APPROVED" {
            return Some(format!(
                "the template {name} is {state}",
                name = self.name,
                state = self.status.to_lowercase()
            ));
        }
        let what = self.unsupported.as_ref()?;
        Some(format!(
            "the template {name} holds a {what}, which cannot be filled in here",
            name = self.name
        ))
    }

    /// The values it needs, in the order in which a person fills them in.
    pub fn needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        if let Some(Header::Text { text }) = &self.header {
            needs.extend(
                places(text)
                    .into_iter()
                    .map(|name| (Place::Header, 0, name)),
            );
        }
        needs.extend(
            places(&self.body)
                .into_iter()
                .map(|name| (Place::Body, 0, name)),
        );
        for (index, button) in (0..=u8::MAX).zip(&self.buttons) {
            let target = button.target.as_deref().unwrap_or_default();
            match button.action {
                ButtonAction::Link if !places(target).is_empty() => {
                    needs.push((Place::LinkButton, index, "1".to_owned()));
                }
                ButtonAction::Code => needs.push((Place::CodeButton, index, "1".to_owned())),
                ButtonAction::Link
                | ButtonAction::Reply
                | ButtonAction::Phone
                | ButtonAction::Other => {}
            }
        }
        let example = |place: Place, button: u8, name: &str| {
            let mut examples = self.examples.iter();
            examples
                .find(|e| e.place == place && e.button == button && e.name.as_deref() == Some(name))
                .map(|example| example.value.clone())
        };
        let need = |(place, button, name): (Place, u8, String)| {
            let example = example(place, button, &name);
            Need {
                place,
                button,
                name,
                example,
            }
        };
        needs.into_iter().map(need).collect()
    }

    /// The template with the values put in: each given value belongs to one need by place, button
    /// and name (or number).
    /// **Refuses:** a template that is not approved, a value missing, too many, empty, too long
    /// or with line breaks, tabs or more than four spaces in a row, a header file of another sort.
    /// **Source:** WhatsApp Cloud API, error 132018, 2026-01.
    pub fn fill(&self, values: &[Parameter], header_media: Option<Media>) -> Result<Template> {
        if let Some(hindrance) = self.hindrance() {
            return Err(Refusal::conflict(hindrance).into());
        }
        let needs = self.needs();
        let mut parameters = Vec::with_capacity(needs.len());
        for need in &needs {
            let mut given = values.iter().filter(|value| need.is_met_by(value));
            let Some(value) = given.next() else {
                return Err(Refusal::invalid(format!("{} has no value", need.label())).into());
            };
            if given.next().is_some() {
                return Err(Refusal::invalid(format!("{} has two values", need.label())).into());
            }
            need.check(&value.value)?;
            let named = need.name.parse::<u32>().is_err();
            parameters.push(Parameter {
                place: need.place,
                button: need.button,
                name: named.then(|| need.name.clone()),
                value: value.value.clone(),
            });
        }
        let unused = values
            .iter()
            .find(|value| !needs.iter().any(|need| need.is_met_by(value)));
        if let Some(unused) = unused {
            let name = unused.name.as_deref().unwrap_or("?");
            let text = format!(
                "the template {template} has no place {name}",
                template = self.name
            );
            return Err(Refusal::invalid(text).into());
        }
        self.check_header(header_media.as_ref())?;
        let buttons = self
            .buttons
            .iter()
            .map(|button| button.text.clone())
            .collect();
        let text = self.rendered(values);
        let (name, language) = (self.name.clone(), self.language.clone());
        Ok(Template {
            name,
            language,
            parameters,
            header_media,
            text,
            buttons,
        })
    }

    /// How it reads with the values put in; places without a value stay as they are.
    pub fn rendered(&self, values: &[Parameter]) -> String {
        let put = |text: &str, place: Place| {
            let find = |name: &str| {
                let mut values = values.iter().filter(|value| value.place == place);
                values
                    .find(|value| value.name.as_deref() == Some(name))
                    .map(|v| v.value.as_str())
            };
            replaced(text, find)
        };
        let header = match &self.header {
            Some(Header::Text { text }) => put(text, Place::Header),
            Some(Header::Media { .. }) | None => String::new(),
        };
        let parts = [
            header,
            put(&self.body, Place::Body),
            self.footer.clone().unwrap_or_default(),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join("\n\n")
    }

    fn check_header(&self, given: Option<&Media>) -> Result<()> {
        let refusal = match (&self.header, given) {
            (Some(Header::Media { media }), Some(given)) if given.media == *media => return Ok(()),
            (Some(Header::Text { .. }) | None, None) => return Ok(()),
            (Some(Header::Media { media }), _) => {
                format!(
                    "the template {name} needs a {kind} in its header",
                    name = self.name,
                    kind = media.word().to_lowercase()
                )
            }
            (Some(Header::Text { .. }) | None, Some(_)) => {
                format!("the template {} has no place for a file", self.name)
            }
        };
        Err(Refusal::invalid(refusal).at("header_media").into())
    }
}

impl Need {
    /// What it is called on a form.
    pub fn label(&self) -> String {
        let number = self.name.parse::<u32>().is_ok();
        match self.place {
            Place::Header if number => format!("value {} of the heading", self.name),
            Place::Body if number => format!("value {} of the text", self.name),
            Place::Header | Place::Body => self.name.replace('_', " "),
            Place::LinkButton => format!("the end of the link on button {}", self.button + 1),
            Place::CodeButton => format!("the code on button {}", self.button + 1),
            Place::ReplyButton => format!("the answer of button {}", self.button + 1),
        }
    }

    fn is_met_by(&self, value: &Parameter) -> bool {
        self.place == value.place
            && self.button == value.button
            && value.name.as_deref().unwrap_or("1") == self.name
    }

    fn check(&self, value: &str) -> Result<()> {
        let why = if value.trim().is_empty() {
            "is empty".to_owned()
        } else if value.chars().count() > VALUE_MAX_CHARS {
            format!("is longer than {VALUE_MAX_CHARS} characters")
        } else if value.contains(['\n', '\r', '\t']) {
            "holds a line break or a tab, which WhatsApp refuses in templates".to_owned()
        } else if value.contains("     ") {
            "holds more than four spaces in a row, which WhatsApp refuses in templates".to_owned()
        } else {
            return Ok(());
        };
        Err(Refusal::invalid(format!("{} {why}", self.label())).into())
    }
}

/// The names (or numbers) of the places in a text, each once: numbers in their order, names in
/// the order of the text.
fn places(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    replaced(text, |name| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        None
    });
    // A stable sort: names keep their order, since they have no number.
    names.sort_by_key(|name| name.parse::<u32>().unwrap_or(0));
    names
}

/// The text with each `{{name}}` replaced by what `value` answers; where it answers nothing, the
/// place stays. Values are not searched for places.
fn replaced<'a>(text: &str, mut value: impl FnMut(&str) -> Option<&'a str>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, behind)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            continue;
        };
        let name = name.trim();
        let proper =
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match value(name).filter(|_| proper) {
            Some(value) => out.push_str(value),
            None => out.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(place: Place, name: &str, value: &str) -> Parameter {
        Parameter {
            place,
            button: 0,
            name: Some(name.into()),
            value: value.into(),
        }
    }

    fn spec() -> TemplateSpec {
        TemplateSpec {
            name: "parcel".into(),
            language: "en".into(),
            status: "APPROVED".into(),
            header: Some(Header::Text {
                text: "News for {{1}}".into(),
            }),
            body: "Parcel {{2}} for {{1}}, again {{2}}.".into(),
            footer: Some("The shop".into()),
            buttons: vec![
                Button {
                    text: "Thanks".into(),
                    ..Button::default()
                },
                Button {
                    action: ButtonAction::Link,
                    text: "Track".into(),
                    target: Some("https://shop.example/{{1}}".into()),
                },
            ],
            ..TemplateSpec::default()
        }
    }

    fn values() -> Vec<Parameter> {
        let link = Parameter {
            button: 1,
            ..value(Place::LinkButton, "1", "AB-7")
        };
        vec![
            value(Place::Body, "2", "AB-7 {{1}}"),
            value(Place::Header, "1", "Ana"),
            value(Place::Body, "1", "Ana"),
            link,
        ]
    }

    #[test]
    fn a_filled_template_reads_as_the_customer_will_read_it() {
        let filled = spec().fill(&values(), None).unwrap();
        assert_eq!(
            filled.text,
            "News for Ana\n\nParcel AB-7 {{1}} for Ana, again AB-7 {{1}}.\n\nThe shop"
        );
        let order: Vec<_> = filled
            .parameters
            .iter()
            .map(|p| (p.place, p.value.as_str()))
            .collect();
        let body = Place::Body;
        assert_eq!(
            order,
            [
                (Place::Header, "Ana"),
                (body, "Ana"),
                (body, "AB-7 {{1}}"),
                (Place::LinkButton, "AB-7")
            ]
        );
        assert_eq!(filled.buttons, ["Thanks", "Track"]);
    }

    #[test]
    fn named_places_are_filled_by_name() {
        let named = TemplateSpec {
            body: "Dear {{name}}, on {{day}}. {{ name }}!".into(),
            header: None,
            buttons: Vec::new(),
            ..spec()
        };
        let labels: Vec<_> = named.needs().iter().map(Need::label).collect();
        assert_eq!(labels, ["name", "day"]);
        let given = [
            value(Place::Body, "day", "Monday"),
            value(Place::Body, "name", "Bo"),
        ];
        let filled = named.fill(&given, None).unwrap();
        assert_eq!(filled.text, "Dear Bo, on Monday. Bo!\n\nThe shop");
        assert_eq!(filled.parameters[0].name.as_deref(), Some("name"));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        let picture = Media {
            media: MediaKind::Image,
            ..Media::default()
        };
        let with = |at: usize, text: &str| {
            let mut values = values();
            values[at].value = text.into();
            values
        };
        for (values, media, sentence) in [
            (
                values()[1..].to_vec(),
                None,
                "value 2 of the text has no value",
            ),
            (with(2, " "), None, "value 1 of the text is empty"),
            (
                with(2, "a\nb"),
                None,
                "value 1 of the text holds a line break or a tab",
            ),
            (
                with(2, "a     b"),
                None,
                "value 1 of the text holds more than four spaces",
            ),
            (
                with(3, &"x".repeat(2_000)),
                None,
                "the end of the link on button 2 is longer",
            ),
            ([values(), values()].concat(), None, "has two values"),
            (values(), Some(picture), "has no place for a file"),
        ] {
            let refusal = spec().fill(&values, media).unwrap_err().to_string();
            assert!(refusal.contains(sentence), "{refusal} / {sentence}");
        }
        let mut extra = values();
        extra.push(value(Place::Body, "9", "x"));
        assert!(
            spec()
                .fill(&extra, None)
                .unwrap_err()
                .to_string()
                .contains("no place 9")
        );
        let paused = TemplateSpec {
            status: "PAUSED".into(),
            ..spec()
        };
        assert_eq!(
            paused
                .fill(&values(), None)
                .unwrap_err()
                .refusal()
                .unwrap()
                .status(),
            409
        );
    }

    #[test]
    fn broken_places_stay_as_they_are() {
        for text in ["{{", "{{}}", "a {{1", "}} {{", "{{a-b}}"] {
            assert_eq!(replaced(text, |_| Some("X")), text);
        }
    }
}
