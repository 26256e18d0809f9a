//! Facts about labels: the lists of tags and types.

use crate::domain::label::{Colour, List};
use serde::{Deserialize, Serialize};

/// Facts about labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelEvent {
    /// A list got a new word.
    Added {
        /// Which list.
        list: List,
        /// The word's name; never changes.
        name: String,
        /// How it is called.
        label: String,
        /// Its colour.
        colour: Colour,
    },
    /// It is called or coloured otherwise.
    Changed {
        /// Which list.
        list: List,
        /// The word's name.
        name: String,
        /// How it was called.
        from: String,
        /// How it is called.
        label: String,
        /// Its colour.
        colour: Colour,
    },
    /// It is not offered any more; what carries it keeps it.
    Retired {
        /// Which list.
        list: List,
        /// The word's name.
        name: String,
    },
    /// It is offered again.
    Restored {
        /// Which list.
        list: List,
        /// The word's name.
        name: String,
    },
}
