//! Rules that come with the product: closing after silence, with a warning before. They are written
//! like any others, stand there switched off, and can be changed.

use super::list;
use crate::desk::labels;
use crate::domain::action::Actions;
use crate::domain::event::labels::LabelEvent;
use crate::domain::event::rules::{RuleEvent, SealedDefinition};
use crate::domain::event::{Cause, Fact};
use crate::domain::label::{Colour, List};
use crate::domain::rule::{About, After, Condition, Definition, Lasting, Test};
use crate::error::{Refusal, Result};
use crate::ledger::Now;

/// The tag between warning and closing.
const TAG: &str = "closing-soon";

/// What the customer is told first.
const WARNING: &str = "Hello {{contact.first_name|there}}, is there anything else we can do for \
    you? If we do not hear from you, we close this conversation tomorrow. You can write again at \
    any time.";

/// Writes the three rules that close a silent conversation: a warning after 20 hours of silence,
/// closing a day after it, and a word from the customer ends it.
///
/// **Refuses:** if they stand there already.
pub fn auto_close(now: &Now<'_>) -> Result<Vec<Fact>> {
    let known = list(now)?;
    let next = known.iter().map(|rule| rule.id).max().unwrap_or(0) + 1;
    let mut facts: Vec<Fact> = Vec::new();
    match labels::find(now, List::Tag, TAG)? {
        None => facts.push(
            LabelEvent::Added {
                list: List::Tag,
                name: TAG.to_owned(),
                label: "Closing soon".to_owned(),
                colour: Colour::Amber,
            }
            .into(),
        ),
        Some(label) if label.retired => {
            let name = TAG.to_owned();
            facts.push(
                LabelEvent::Restored {
                    list: List::Tag,
                    name,
                }
                .into(),
            );
        }
        Some(_) => {}
    }
    let tagged = facts.len().checked_sub(1).map(Cause::Earlier);
    for (rule, (name, definition)) in (next..).zip(rules()) {
        if known.iter().any(|rule| rule.name == name) {
            let text = format!("there is a rule {name} already");
            return Err(Refusal::conflict(text).at("name").into());
        }
        let sealed = SealedDefinition {
            definition: Some(definition),
        };
        let saved = RuleEvent::Saved {
            rule,
            version: 1,
            name: name.to_owned(),
            sealed,
        };
        let mut saved = Fact::from(saved);
        saved.cause = tagged;
        facts.push(saved);
    }
    Ok(facts)
}

fn rules() -> [(&'static str, Definition); 3] {
    let tag = |test| Condition {
        field: "tag".to_owned(),
        test,
        value: TAG.to_owned(),
    };
    let silent = |hours| {
        Some(After {
            what: Lasting::Silence,
            hours,
        })
    };
    let add_tags = vec![TAG.to_owned()];
    [
        (
            "Silence: warn before closing",
            Definition {
                about: About::Conversation,
                when: Vec::new(),
                after: silent(20),
                conditions: vec![tag(Test::IsNot)],
                then: Actions {
                    add_tags: add_tags.clone(),
                    reply: [(String::new(), WARNING.to_owned())].into(),
                    ..Actions::default()
                },
            },
        ),
        (
            "Silence: close",
            Definition {
                about: About::Conversation,
                when: Vec::new(),
                after: silent(24),
                conditions: vec![tag(Test::Is)],
                then: Actions {
                    remove_tags: add_tags.clone(),
                    status: Some("closed".to_owned()),
                    outcome: Some("Closed after silence; the customer was told before".to_owned()),
                    ..Actions::default()
                },
            },
        ),
        (
            "Silence: the customer wrote again",
            Definition {
                about: About::Conversation,
                when: vec!["article.received".to_owned()],
                after: None,
                conditions: vec![tag(Test::Is)],
                then: Actions {
                    remove_tags: add_tags,
                    ..Actions::default()
                },
            },
        ),
    ]
}
