//! How a content reads: on one line in a list, and as the words a search finds it by.

use super::{Call, CallDirection, CallOutcome, Content, Form, Media, MediaKind, Text};

/// The longest [`Content::preview`]. **Unit:** characters.
pub const PREVIEW_CHARS: usize = 120;

impl Content {
    /// Plain words.
    pub fn text(text: impl Into<String>) -> Self {
        Content::Text(Text { text: text.into() })
    }

    /// The file it carries, if it carries one.
    pub fn media(&self) -> Option<&Media> {
        match self {
            Content::Media(media) => Some(media),
            Content::Template(template) => template.header_media.as_ref(),
            Content::Text(_)
            | Content::Location(_)
            | Content::Contacts(_)
            | Content::Choice(_)
            | Content::Offer(_)
            | Content::Form(_)
            | Content::CallPermission(_)
            | Content::Order(_)
            | Content::Notice(_)
            | Content::Welcome
            | Content::Call(_)
            | Content::Email(_)
            | Content::Unsupported(_) => None,
        }
    }

    /// All words a person may look for, one piece a line; ids and digests are not among them.
    pub fn text_for_search(&self) -> String {
        let mut words = Vec::new();
        match self {
            Content::Text(text) => words.push(text.text.clone()),
            Content::Media(media) => {
                words.extend(
                    [&media.caption, &media.file_name]
                        .into_iter()
                        .flatten()
                        .cloned(),
                );
            }
            Content::Location(place) => {
                words.extend([&place.name, &place.address].into_iter().flatten().cloned());
            }
            Content::Contacts(cards) => cards.cards.iter().for_each(|card| {
                words.push(card.name.clone());
                words.extend(card.organisation.clone());
                words.extend(card.phones.iter().map(|phone| phone.phone.clone()));
                for lines in [&card.emails, &card.addresses, &card.urls] {
                    words.extend(lines.iter().map(|line| line.value.clone()));
                }
            }),
            Content::Choice(choice) => {
                words.push(choice.title.clone());
                words.extend(choice.description.clone());
            }
            Content::Offer(offer) => {
                words.push(offer.text.clone());
                for choice in &offer.choices {
                    words.push(choice.title.clone());
                    words.extend(choice.description.clone());
                }
            }
            Content::Form(form) => {
                words.extend(form.text.clone());
                words.extend(form.fields().into_iter().map(|(_, answer)| answer));
            }
            Content::Order(order) => {
                words.extend(order.text.clone());
                words.extend(order.items.iter().map(|item| item.product_id.clone()));
            }
            Content::Notice(notice) => words.push(notice.text.clone()),
            Content::Template(template) => words.push(template.text.clone()),
            Content::Email(email) => {
                words.extend([email.subject.clone(), email.said()]);
                words.extend(email.attachments.iter().map(|file| file.name.clone()));
            }
            Content::CallPermission(_)
            | Content::Welcome
            | Content::Call(_)
            | Content::Unsupported(_) => {}
        }
        words.retain(|word| !word.trim().is_empty());
        words.join("\n")
    }

    /// One line for lists, at most [`PREVIEW_CHARS`] characters, never empty.
    pub fn preview(&self) -> String {
        let line = match self {
            Content::Text(text) => text.text.clone(),
            Content::Media(media) => match (&media.caption, &media.file_name) {
                (Some(words), _) | (None, Some(words)) => {
                    format!("{}: {words}", media.media.word())
                }
                (None, None) => media.media.word().into(),
            },
            Content::Location(place) => match place.name.as_ref().or(place.address.as_ref()) {
                Some(name) => format!("Location: {name}"),
                None => format!("Location {}, {}", place.latitude, place.longitude),
            },
            Content::Contacts(cards) => match cards.cards.as_slice() {
                [] => "Contact card".into(),
                [card] => format!("Contact: {}", card.name),
                [card, others @ ..] => format!("Contacts: {} and {} more", card.name, others.len()),
            },
            Content::Choice(choice) => choice.title.clone(),
            Content::Offer(offer) => offer.text.clone(),
            Content::Form(form) => match &form.text {
                Some(text) => format!("Form: {text}"),
                None => "Form".into(),
            },
            Content::CallPermission(permission) if permission.granted => "May be called".into(),
            Content::CallPermission(_) => "Does not want to be called".into(),
            Content::Order(order) => match (order.items.len(), &order.text) {
                (1, None) => "Order of 1 article".into(),
                (lines, None) => format!("Order of {lines} articles"),
                (_, Some(text)) => format!("Order: {text}"),
            },
            Content::Notice(notice) => notice.text.clone(),
            Content::Welcome => "Opened the chat".into(),
            Content::Call(call) => call.sentence(),
            Content::Template(template) => template.text.clone(),
            Content::Email(email) => match email.subject.as_str() {
                "" => email.said(),
                subject => format!("{subject} · {}", email.said()),
            },
            Content::Unsupported(unsupported) => {
                let what = [&unsupported.type_name, &unsupported.reason];
                match what.into_iter().find(|text| !text.is_empty()) {
                    Some(what) => format!("Cannot be shown: {what}"),
                    None => "Cannot be shown".into(),
                }
            }
        };
        let line = one_line(&line, PREVIEW_CHARS);
        if line.is_empty() {
            "Empty message".into()
        } else {
            line
        }
    }
}

impl MediaKind {
    /// What it is called on screen.
    pub fn word(self) -> &'static str {
        match self {
            MediaKind::Image => "Photo",
            MediaKind::Video => "Video",
            MediaKind::Audio => "Audio",
            MediaKind::Voice => "Voice message",
            MediaKind::Document => "Document",
            MediaKind::Sticker => "Sticker",
        }
    }
}

impl Form {
    /// The answers as pairs of question and answer; empty if they are not a JSON object. The
    /// provider's own token is left out.
    pub fn fields(&self) -> Vec<(String, String)> {
        let Ok(serde_json::Value::Object(answers)) = serde_json::from_str(&self.answers) else {
            return Vec::new();
        };
        let answers = answers.into_iter().filter(|(name, _)| name != "flow_token");
        answers
            .map(|(name, value)| match value {
                serde_json::Value::String(text) => (name, text),
                value => (name, value.to_string()),
            })
            .collect()
    }
}

impl Call {
    /// What happened, in a few words.
    pub fn sentence(&self) -> String {
        let whose = match self.direction {
            CallDirection::In => "Call",
            CallDirection::Out => "Our call",
        };
        match (self.outcome, self.duration_s) {
            (CallOutcome::Missed, _) => match self.direction {
                CallDirection::In => "Missed call".into(),
                CallDirection::Out => "Our call was not answered".into(),
            },
            (CallOutcome::Open, _) => whose.into(),
            (CallOutcome::Answered, Some(s)) => format!("{whose} of {} min {} s", s / 60, s % 60),
            (CallOutcome::Answered, None) => format!("{whose}, answered"),
            (CallOutcome::Rejected, _) => format!("{whose}, rejected"),
            (CallOutcome::Failed, _) => format!("{whose}, failed"),
        }
    }
}

/// The text on one line: runs of white space and control characters become one space, and what
/// is longer than `chars` characters ends in an ellipsis.
pub fn one_line(text: &str, chars: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            gap = count > 0;
            continue;
        }
        let needed = if gap { 2 } else { 1 };
        if count + needed > chars {
            if count >= chars {
                line.pop();
            }
            line.push('…');
            return line;
        }
        if gap {
            line.push(' ');
        }
        line.push(c);
        count += needed;
        gap = false;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{super::Order, *};

    fn media(kind: MediaKind, caption: Option<&str>, file_name: Option<&str>) -> Content {
        Content::Media(Media {
            media: kind,
            media_id: Some("771".into()),
            caption: caption.map(Into::into),
            file_name: file_name.map(Into::into),
            ..Media::default()
        })
    }

    #[test]
    fn a_preview_is_one_line_that_is_never_empty() {
        let call = Call {
            outcome: CallOutcome::Missed,
            ..Call::default()
        };
        for (content, preview) in [
            (Content::text("Hello\n  there\u{7}!"), "Hello there !"),
            (Content::text(" \n "), "Empty message"),
            (media(MediaKind::Image, None, None), "Photo"),
            (media(MediaKind::Voice, None, None), "Voice message"),
            (
                media(MediaKind::Document, None, Some("bill.pdf")),
                "Document: bill.pdf",
            ),
            (
                media(MediaKind::Video, Some("broken"), Some("a.mp4")),
                "Video: broken",
            ),
            (Content::Call(call), "Missed call"),
            (Content::Welcome, "Opened the chat"),
            (Content::Order(Order::default()), "Order of 0 articles"),
        ] {
            assert_eq!(content.preview(), preview);
        }
    }

    #[test]
    fn a_long_line_is_cut_at_the_limit() {
        for (text, chars, line) in [
            ("abcde", 5, "abcde"),
            ("abcdef", 5, "abcd…"),
            ("abcd ef", 5, "abcd…"),
            ("ab  cd", 5, "ab cd"),
            ("", 5, ""),
        ] {
            assert_eq!(one_line(text, chars), line);
        }
        assert_eq!(
            Content::text("ü".repeat(500)).preview().chars().count(),
            PREVIEW_CHARS
        );
    }

    #[test]
    fn what_a_person_may_look_for_is_found() {
        let form = Content::Form(Form {
            answers: r#"{"city":"Lyon","stars":4,"flow_token":"secret"}"#.into(),
            ..Form::default()
        });
        assert_eq!(form.text_for_search(), "Lyon\n4");
        let file = media(MediaKind::Document, Some("my bill"), Some("bill.pdf"));
        assert_eq!(file.text_for_search(), "my bill\nbill.pdf");
    }

    #[test]
    fn contents_are_written_short_and_read_back() {
        let content = media(MediaKind::Image, Some("the parcel"), None);
        let json = serde_json::to_string(&content).unwrap();
        assert_eq!(
            json,
            r#"{"kind":"media","media":"image","media_id":"771","caption":"the parcel"}"#
        );
        assert_eq!(serde_json::from_str::<Content>(&json).unwrap(), content);
        for json in [
            r#"{"kind":"welcome"}"#,
            r#"{"kind":"order"}"#,
            r#"{"kind":"call"}"#,
        ] {
            serde_json::from_str::<Content>(json).unwrap();
        }
    }
}
