//! Choices that are offered to a customer, to be tapped.

use super::ChoiceFrom;
use serde::{Deserialize, Serialize};

/// Words with choices to tap.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Offer {
    /// The words above the choices.
    pub text: String,
    /// As what they are shown: buttons or a list.
    pub shown: ChoiceFrom,
    /// What stands on the button that opens a list.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub opens: String,
    /// The choices, in their order.
    pub choices: Vec<Offered>,
}

/// A choice that is offered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Offered {
    /// Our own name for it, which comes back with the answer.
    pub id: String,
    /// What the customer taps.
    pub title: String,
    /// The second line of a list row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
