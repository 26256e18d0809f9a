//! Statuses of tickets as a desk names them. Each is a name of its own for one of the statuses that
//! come with the product: it stands in that one's category and goes the ways it goes, and says
//! which clocks stand still, what is asked for, who may set it and what follows by itself.

use super::label::name_of;
use super::member::{Right, Role};
use super::moment::Moment;
use super::sla::{Metric, Pauses};
use super::ticket::{Category, Status};
use serde::{Deserialize, Serialize};

/// The longest name for people. **Unit:** characters.
pub const LABEL_MAX: usize = 40;
/// The longest time until the next status. **Unit:** working hours.
pub const HOURS_MAX: u32 = 2_000;

/// A status as one version of its definition says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// What members call it.
    pub label: String,
    /// What the customer is told instead; empty if the same.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub customer_label: String,
    /// The shipped status it is a name for.
    pub base: Status,
    /// The clocks that stand still meanwhile.
    #[serde(default)]
    pub pauses: Vec<Metric>,
    /// What follows by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
    /// Whether a word of the customer ends it: the ticket is in progress again.
    #[serde(default)]
    pub ends_on_word: bool,
    /// What has to be said to come here.
    #[serde(default)]
    pub asks: Vec<Ask>,
    /// Own fields that have to be filled to come here, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Who may bring a ticket here; empty for everybody who works on tickets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// The statuses it may follow, by name; empty for all the flow has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
}

/// What follows a status by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// When.
    pub when: When,
    /// To which status, by name.
    pub to: String,
}

/// When a status ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// After so many hours of the group's opening hours.
    WorkingHours(u32),
    /// When the expected date begins.
    ExpectedDate,
}

/// What has to be said to come into a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// For whom we wait.
    Whom,
    /// Their reference.
    Reference,
    /// The date it is expected.
    ExpectedOn,
    /// A note: how it was solved, or why.
    Note,
}

/// What a ticket's status stands for, pinned in the fact that set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its name; never changes.
    pub name: String,
    /// How it is called at the time.
    pub label: String,
    /// The version of its definition; 0 is as shipped.
    pub version: u32,
    /// The clocks that stand still meanwhile.
    pub pauses: Vec<Metric>,
    /// When it ends by itself, and what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Follows>,
}

/// The status that follows by itself, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follows {
    /// When.
    pub at: Moment,
    /// Which, by name.
    pub to: String,
}

impl Ask {
    /// Everything that can be asked for, with its words.
    pub const ALL: [(Ask, &'static str); 4] = [
        (Ask::Whom, "for whom it waits"),
        (Ask::Reference, "their reference"),
        (Ask::ExpectedOn, "the expected date"),
        (Ask::Note, "a note"),
    ];

    /// As forms write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Ask::Whom => "whom",
            Ask::Reference => "reference",
            Ask::ExpectedOn => "expected_on",
            Ask::Note => "note",
        }
    }
}

impl Named {
    /// What stands still, as clocks know it.
    pub fn paused(&self) -> Pauses {
        pauses(&self.pauses)
    }
}

impl Definition {
    /// A shipped status as it is until somebody defines it otherwise.
    pub fn shipped(status: Status) -> Self {
        let waits = status.category() == Category::Waiting;
        Definition {
            label: status.words().to_owned(),
            customer_label: String::new(),
            base: status,
            pauses: match waits {
                true => vec![Metric::Update, Metric::Resolution],
                false => Vec::new(),
            },
            next: (status == Status::AwaitingCourier).then(|| Next {
                when: When::ExpectedDate,
                to: Status::InProgress.as_str().to_owned(),
            }),
            ends_on_word: waits,
            asks: match status {
                Status::AwaitingCourier => vec![Ask::Whom, Ask::Reference, Ask::ExpectedOn],
                Status::Resolved => vec![Ask::Note],
                Status::New | Status::InProgress | Status::AwaitingCustomer | Status::Closed => {
                    Vec::new()
                }
            },
            fields: Vec::new(),
            roles: Vec::new(),
            from: Vec::new(),
        }
    }

    /// What the customer is told of it.
    pub fn for_customer(&self) -> &str {
        match self.customer_label.as_str() {
            "" => &self.label,
            label => label,
        }
    }

    /// Refuses what cannot be; the field comes with the sentence. What it names is looked up in the
    /// desk.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        for (field, text) in [
            ("label", &self.label),
            ("customer_label", &self.customer_label),
        ] {
            let least = usize::from(field == "label");
            let length = text.trim().chars().count();
            if length < least || length > LABEL_MAX {
                return Err((field, format!("a name has 1 to {LABEL_MAX} characters")));
            }
        }
        let waits = self.base.category() == Category::Waiting;
        if self.ends_on_word && !waits {
            let text = "only waiting ends with a word of the customer";
            return Err(("ends_on_word", text.to_owned()));
        }
        let about_wait = |ask: &Ask| *ask != Ask::Note;
        if !waits && self.asks.iter().any(about_wait) {
            let text = "whom, reference and date are asked for by a status that waits";
            return Err(("asks", text.to_owned()));
        }
        match &self.next {
            Some(Next {
                when: When::WorkingHours(hours),
                ..
            }) if !(1..=HOURS_MAX).contains(hours) => {
                let text = format!("write 1 to {HOURS_MAX} working hours");
                return Err(("next", text));
            }
            Some(Next {
                when: When::ExpectedDate,
                ..
            }) if !self.asks.contains(&Ask::ExpectedOn) => {
                let text = "it can only end on the expected date if it asks for one";
                return Err(("next", text.to_owned()));
            }
            Some(_) | None => {}
        }
        if let Some(role) = self.roles.iter().find(|role| !role.has(Right::Work)) {
            let text = format!("nobody works on tickets as {}", role.as_str());
            return Err(("roles", text));
        }
        Ok(())
    }
}

/// Clocks by name, as they stand still together.
pub fn pauses(metrics: &[Metric]) -> Pauses {
    Pauses {
        first_response: metrics.contains(&Metric::FirstResponse),
        next_response: metrics.contains(&Metric::NextResponse),
        update: metrics.contains(&Metric::Update),
        resolution: metrics.contains(&Metric::Resolution),
    }
}

/// The name a status gets from what it is called first: small letters, words joined by `_`.
///
/// **Refuses:** what leaves no name.
pub fn name_from(label: &str) -> Result<String, String> {
    let name: String = name_of(label)
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    let name = name.trim_matches('_').to_owned();
    match name.is_empty() {
        true => Err(format!("{label} cannot be the name of a status")),
        false => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shipped_status_stands_as_it_always_did() {
        for status in Status::ALL {
            let shipped = Definition::shipped(status);
            assert_eq!(shipped.check(), Ok(()));
            let waits = match status.category() {
                Category::Waiting => Pauses::waiting(),
                Category::New | Category::Open | Category::Done | Category::Final => {
                    Pauses::default()
                }
            };
            assert_eq!(pauses(&shipped.pauses), waits);
        }
    }

    #[test]
    fn a_definition_that_cannot_be_says_where() {
        let good = Definition::shipped(Status::AwaitingCustomer);
        let wrong = |change: &dyn Fn(&mut Definition)| {
            let mut bad = good.clone();
            change(&mut bad);
            bad.check().unwrap_err().0
        };
        assert_eq!(wrong(&|bad| bad.label = " ".to_owned()), "label");
        assert_eq!(wrong(&|bad| bad.base = Status::InProgress), "ends_on_word");
        assert_eq!(wrong(&|bad| bad.roles = vec![Role::Auditor]), "roles");
        let next = |when| {
            Some(Next {
                when,
                to: "in_progress".to_owned(),
            })
        };
        assert_eq!(wrong(&|bad| bad.next = next(When::WorkingHours(0))), "next");
        assert_eq!(wrong(&|bad| bad.next = next(When::ExpectedDate)), "next");
        assert_eq!(
            name_from("Waiting: the Lab!"),
            Ok("waiting__the-lab".replace('-', "_"))
        );
        assert!(name_from("!!").is_err());
    }
}
