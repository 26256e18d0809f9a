//! What the address of the explorer asks for, as a filter, as chips, and as the address without one
//! of its conditions.

use crate::desk::audit::{Filter, parse_object};
use crate::domain::calendar::Zone;
use crate::domain::id::Seq;
use crate::domain::moment::DAY_MS;
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// The fields of the form, in the order of its chips.
pub const FIELDS: [&str; 10] = [
    "q", "actor", "kind", "event", "object", "contact", "ticket", "channel", "from", "to",
];

/// The kinds of actors.
pub const KINDS: [&str; 7] = [
    "member", "bot", "rule", "contact", "token", "system", "provider",
];

/// What was asked for, and what of it cannot be read.
#[derive(Debug, Default)]
pub struct Asked {
    /// By field, as typed.
    pub fields: BTreeMap<&'static str, String>,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
    /// What can be read of it.
    pub filter: Filter,
}

impl Asked {
    /// Reads the fields; days are those of the reader's zone.
    pub fn read<'a>(value: impl Fn(&str) -> Option<&'a str>, zone: &Zone) -> Result<Self> {
        let mut asked = Asked::default();
        for field in FIELDS {
            let text = value(field).unwrap_or_default().trim();
            if text.is_empty() {
                continue;
            }
            asked.fields.insert(field, text.to_owned());
            match asked.narrow(field, text, zone) {
                Ok(()) => {}
                Err(Error::Refusal(refusal)) => {
                    asked.wrong.insert(field.to_owned(), refusal.text);
                }
                Err(fault) => return Err(fault),
            }
        }
        if asked.filter.objects.len() > 3 {
            let text = "at most three things at once".to_owned();
            asked.wrong.insert("object".to_owned(), text);
        }
        Ok(asked)
    }

    fn narrow(&mut self, field: &str, text: &str, zone: &Zone) -> Result<()> {
        use crate::error::Refusal;
        let filter = &mut self.filter;
        match field {
            "q" => filter.text = Some(text.to_owned()),
            "actor" => filter.actor = Some(text.to_owned()),
            "kind" if KINDS.contains(&text) => filter.actor_kind = Some(text.to_owned()),
            "kind" => {
                return Err(Refusal::invalid(format!("{text} is not a kind of actor")).into());
            }
            "event" => filter.event = Some(text.to_owned()),
            "from" => filter.from = Some(zone.day_start(text).map_err(Refusal::invalid)?),
            // The whole of that day: until the next one begins, whatever the clock does in between.
            "to" => {
                let noon = zone.instant(&format!("{text}T12:00"));
                let day = noon.map_err(|_| {
                    Refusal::invalid(format!("{text} is not a date like 2026-11-22"))
                })?;
                let next = zone.local(day.plus_ms(DAY_MS));
                let next = format!("{:04}-{:02}-{:02}", next.year, next.month, next.day);
                filter.until = Some(zone.day_start(&next).map_err(Refusal::invalid)?);
            }
            // `object`, `contact`, `ticket`, `channel`: names of objects, one or several.
            _ => {
                for name in text.split([' ', ',']).filter(|name| !name.is_empty()) {
                    filter.objects.push(parse_object(name)?);
                }
            }
        }
        Ok(())
    }

    /// The conditions as they stand in an address, without one of them.
    pub fn query(&self, without: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for field in FIELDS.into_iter().filter(|field| Some(*field) != without) {
            if let Some(value) = self.fields.get(field) {
                query.append_pair(field, value);
            }
        }
        query.finish()
    }

    /// The address of the explorer with these conditions.
    pub fn address(&self, without: Option<&str>, before: Option<Seq>) -> String {
        let mut query = self.query(without);
        if let Some(before) = before {
            let joint = if query.is_empty() { "" } else { "&" };
            query = format!("{query}{joint}before={before}");
        }
        if query.is_empty() {
            "/audit".to_owned()
        } else {
            format!("/audit?{query}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &'static str)], zone: &str) -> Asked {
        let value = |field: &str| {
            let found = pairs.iter().find(|(name, _)| *name == field);
            found.map(|(_, value)| *value)
        };
        Asked::read(value, &Zone::named(zone).unwrap()).unwrap()
    }

    #[test]
    fn days_are_those_of_the_reader_and_whole() {
        let asked = read(
            &[("from", "2026-11-20"), ("to", "2026-11-20")],
            "Asia/Karachi",
        );
        let (from, until) = (asked.filter.from.unwrap(), asked.filter.until.unwrap());
        assert_eq!(from.to_string(), "2026-11-19T19:00:00.000Z");
        assert_eq!(until.to_string(), "2026-11-20T19:00:00.000Z");
        // A day of 25 hours.
        let asked = read(&[("to", "2026-10-25")], "Europe/Madrid");
        let until = asked.filter.until.unwrap();
        assert_eq!(until.to_string(), "2026-10-25T23:00:00.000Z");
    }

    #[test]
    fn what_cannot_be_read_is_named_and_kept() {
        let asked = read(
            &[
                ("object", "X-1"),
                ("kind", "robot"),
                ("from", "yesterday"),
                ("actor", "M-3"),
            ],
            "UTC",
        );
        assert_eq!(asked.wrong.len(), 3, "{:?}", asked.wrong);
        assert_eq!(asked.fields["object"], "X-1");
        assert_eq!(asked.filter.actor.as_deref(), Some("M-3"));
        let four = read(&[("object", "C-1 C-2, C-3 T-1")], "UTC");
        assert!(four.wrong.contains_key("object"));
    }

    #[test]
    fn the_address_leaves_out_what_it_is_told_to() {
        let asked = read(&[("q", "late parcel"), ("kind", "bot")], "UTC");
        assert_eq!(asked.address(Some("q"), None), "/audit?kind=bot");
        let older = asked.address(None, Some(Seq(7)));
        assert_eq!(older, "/audit?q=late+parcel&kind=bot&before=7");
        assert_eq!(read(&[], "UTC").address(None, None), "/audit");
    }
}
