//! Reports that are not about a message: templates, preferences, and the account itself.

use super::content::problems;
use super::party::Contacts;
use super::reader::{self, either, number, past, text};
use crate::domain::message::Problem;
use crate::domain::moment::Moment;
use crate::domain::update::{
    AccountNotice, News, Party, Preference, TemplateChange, TemplateProperty,
};
use serde_json::Value;

/// A value that holds no list of ours: about a template if it names one, else a notice.
pub fn read(field: &str, value: &Value) -> News {
    let template_id = text(value, "message_template_id");
    let name = text(value, "message_template_name");
    let (Some(property), true) = (property(value), template_id.is_some() || name.is_some()) else {
        let event = either(
            value,
            &["event", "alert_type", "decision", "requested_verified_name"],
        );
        let alert = value
            .get("alert_info")
            .and_then(|alert| text(alert, "alert_type"));
        return News::Notice(AccountNotice {
            field: field.to_owned(),
            event: event.or(alert),
            errors: problems(value),
            raw: reader::raw(value),
        });
    };
    let (before, after) = match property {
        TemplateProperty::Status => (None, text(value, "event")),
        TemplateProperty::Quality => (
            text(value, "previous_quality_score"),
            text(value, "new_quality_score"),
        ),
        TemplateProperty::Category => (
            text(value, "previous_category"),
            either(value, &["new_category", "correct_category"]),
        ),
        TemplateProperty::Components => (None, text(value, "message_template_element")),
    };
    let told = |object: &str, key: &str| value.get(object).and_then(|object| text(object, key));
    let reason = told("rejection_info", "reason")
        .or_else(|| told("other_info", "description"))
        .or_else(|| text(value, "reason").filter(|reason| reason != "NONE"));
    News::Template(TemplateChange {
        template_id,
        name,
        language: text(value, "message_template_language"),
        property,
        before,
        after,
        reason,
        raw: reader::raw(value),
    })
}

/// Which property of a template is reported, told by the members, since the field's name is not
/// reliable.
fn property(value: &Value) -> Option<TemplateProperty> {
    let has = |key| value.get(key).is_some();
    if has("new_quality_score") {
        Some(TemplateProperty::Quality)
    } else if has("new_category") || has("correct_category") {
        Some(TemplateProperty::Category)
    } else if has("event") {
        Some(TemplateProperty::Status)
    } else if has("message_template_element") || has("message_template_buttons") {
        Some(TemplateProperty::Components)
    } else {
        None
    }
}

/// One element of the list `user_preferences`.
pub fn read_preference(
    item: &Value,
    contacts: &Contacts,
    _: &[Problem],
    now: Moment,
) -> Option<News> {
    let party = contacts.complete(Party {
        wa_id: number(item, "wa_id"),
        user_id: text(item, "user_id"),
        parent_user_id: text(item, "parent_user_id"),
        ..Party::default()
    });
    Some(News::Preference(Preference {
        party,
        category: text(item, "category")?,
        value: text(item, "value")?,
        at: past(item, "timestamp", now),
        text: text(item, "detail").unwrap_or_default(),
    }))
}
