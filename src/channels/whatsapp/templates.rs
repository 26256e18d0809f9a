//! Meta's list of templates: one page of it read into [`TemplateSpec`]s. What cannot be filled in
//! here is listed too and says so, so that nobody looks for it in vain.

use super::reader::{either, list, text};
use crate::domain::message::{MediaKind, Parameter, Place};
use crate::domain::template::{Button, ButtonAction, Header, TemplateSpec};
use serde_json::Value;

/// One page of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The templates on it.
    pub templates: Vec<TemplateSpec>,
    /// Where the next page begins; none on the last one.
    pub after: Option<String>,
}

/// Reads one page; entries without a name are left out.
pub fn page(answer: &Value) -> Page {
    let entries = list(answer, "data").unwrap_or_default();
    let more = answer.pointer("/paging/next").is_some_and(Value::is_string);
    let after = answer
        .pointer("/paging/cursors")
        .and_then(|cursors| text(cursors, "after"));
    Page {
        templates: entries.iter().filter_map(template).collect(),
        after: after.filter(|_| more),
    }
}

fn template(entry: &Value) -> Option<TemplateSpec> {
    let mut spec = TemplateSpec {
        template_id: text(entry, "id"),
        name: text(entry, "name")?,
        language: text(entry, "language")?,
        status: text(entry, "status").unwrap_or_default().to_uppercase(),
        category: text(entry, "category").unwrap_or_default().to_uppercase(),
        ..TemplateSpec::default()
    };
    for component in list(entry, "components").unwrap_or_default() {
        let kind = text(component, "type").unwrap_or_default().to_uppercase();
        match kind.as_str() {
            "HEADER" => header(component, &mut spec),
            "BODY" => {
                spec.body = text(component, "text").unwrap_or_default();
                examples(component, "body_text", Place::Body, &mut spec);
            }
            "FOOTER" => spec.footer = text(component, "text"),
            "BUTTONS" => {
                for one in list(component, "buttons").unwrap_or_default() {
                    button(one, &mut spec);
                }
            }
            _ => spec.unsupported = Some(kind.to_lowercase().replace('_', " ")),
        }
    }
    Some(spec)
}

fn header(component: &Value, spec: &mut TemplateSpec) {
    let format = text(component, "format").unwrap_or_else(|| "TEXT".to_owned());
    let media = match format.as_str() {
        "TEXT" => {
            let text = text(component, "text").unwrap_or_default();
            spec.header = Some(Header::Text { text });
            return examples(component, "header_text", Place::Header, spec);
        }
        "IMAGE" => MediaKind::Image,
        "VIDEO" => MediaKind::Video,
        "DOCUMENT" => MediaKind::Document,
        other => {
            spec.unsupported = Some(format!("{} header", other.to_lowercase()));
            return;
        }
    };
    spec.header = Some(Header::Media { media });
}

fn button(one: &Value, spec: &mut TemplateSpec) {
    let kind = text(one, "type").unwrap_or_default().to_uppercase();
    let action = match kind.as_str() {
        "QUICK_REPLY" => ButtonAction::Reply,
        "URL" => ButtonAction::Link,
        "PHONE_NUMBER" | "VOICE_CALL" => ButtonAction::Phone,
        "COPY_CODE" => ButtonAction::Code,
        "REQUEST_CONTACT_INFO" => ButtonAction::Other,
        _ => {
            spec.unsupported = Some(format!("{} button", kind.to_lowercase().replace('_', " ")));
            ButtonAction::Other
        }
    };
    let index = u8::try_from(spec.buttons.len()).unwrap_or(u8::MAX);
    if let Some(value) = one.get("example").and_then(first) {
        let place = match action {
            ButtonAction::Code => Place::CodeButton,
            ButtonAction::Reply
            | ButtonAction::Link
            | ButtonAction::Phone
            | ButtonAction::Other => Place::LinkButton,
        };
        spec.examples.push(Parameter {
            place,
            button: index,
            name: Some("1".into()),
            value,
        });
    }
    let target = either(one, &["url", "phone_number"]);
    let text = text(one, "text").unwrap_or_default();
    spec.buttons.push(Button {
        action,
        text,
        target,
    });
}

/// Examples stand as a list (once or twice nested) or, for named places, as pairs.
fn examples(component: &Value, key: &str, place: Place, spec: &mut TemplateSpec) {
    let Some(example) = component.get("example") else {
        return;
    };
    let named = list(example, &format!("{key}_named_params")).unwrap_or_default();
    for pair in named {
        let (name, value) = (text(pair, "param_name"), text(pair, "example"));
        spec.examples.extend(value.map(|value| Parameter {
            place,
            button: 0,
            name,
            value,
        }));
    }
    let values = list(example, key).unwrap_or_default();
    let values = values
        .first()
        .and_then(Value::as_array)
        .map_or(values, Vec::as_slice);
    for (number, value) in (1..).zip(values) {
        let value = super::reader::plain(value);
        let name = Some(i32::to_string(&number));
        spec.examples.extend(value.map(|value| Parameter {
            place,
            button: 0,
            name,
            value,
        }));
    }
}

fn first(example: &Value) -> Option<String> {
    super::reader::plain(example.get(0).unwrap_or(example))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_is_read_with_its_needs() {
        let answer = json!({
            "data": [
                {"id": "71", "name": "parcel", "language": "en", "status": "APPROVED", "category": "UTILITY",
                 "parameter_format": "POSITIONAL", "components": [
                    {"type": "HEADER", "format": "TEXT", "text": "For {{1}}", "example": {"header_text": ["Ana"]}},
                    {"type": "BODY", "text": "Parcel {{1}} comes {{2}}.", "example": {"body_text": [["A-1", "today"]]}},
                    {"type": "FOOTER", "text": "Bye"},
                    {"type": "BUTTONS", "buttons": [
                        {"type": "QUICK_REPLY", "text": "Good"},
                        {"type": "URL", "text": "Track", "url": "https://s.example/{{1}}", "example": ["https://s.example/A-1"]},
                        {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+447700900100"},
                        {"type": "COPY_CODE", "text": "Copy", "example": "SALE"}]}]},
                {"name": "visit", "language": "de", "status": "PAUSED", "components": [
                    {"type": "HEADER", "format": "IMAGE"},
                    {"type": "BODY", "text": "Am {{tag}}.", "example": {"body_text_named_params": [{"param_name": "tag", "example": "Montag"}]}}]},
                {"name": "shop", "language": "de", "status": "APPROVED", "components": [
                    {"type": "BODY", "text": "See"}, {"type": "BUTTONS", "buttons": [{"type": "CATALOG", "text": "All"}]}]},
                {"language": "de"}, 7],
            "paging": {"cursors": {"before": "b", "after": "next-page"}, "next": "https://graph.example/next"}});
        let page = page(&answer);
        assert_eq!(page.after.as_deref(), Some("next-page"));
        let [parcel, visit, shop] = page.templates.as_slice() else {
            panic!("{page:?}")
        };
        let needs: Vec<_> = parcel
            .needs()
            .iter()
            .map(|n| (n.label(), n.example.clone().unwrap()))
            .collect();
        let expected = [
            ("value 1 of the heading", "Ana"),
            ("value 1 of the text", "A-1"),
            ("value 2 of the text", "today"),
            ("the end of the link on button 2", "https://s.example/A-1"),
            ("the code on button 4", "SALE"),
        ];
        let needs: Vec<_> = needs
            .iter()
            .map(|(label, example)| (&**label, &**example))
            .collect();
        assert_eq!(needs, expected);
        assert_eq!(parcel.hindrance(), None);
        assert_eq!(
            visit.header,
            Some(Header::Media {
                media: MediaKind::Image
            })
        );
        assert_eq!(visit.needs()[0].example.as_deref(), Some("Montag"));
        assert_eq!(visit.hindrance().unwrap(), "the template visit is paused");
        assert!(shop.hindrance().unwrap().contains("catalog button"));
        assert_eq!(super::page(&json!({"error": 1})), Page::default());
    }
}
