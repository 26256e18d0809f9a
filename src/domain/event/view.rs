//! Facts about views that were kept: what somebody asked a list for, with a name.

use crate::domain::id::MemberId;
use serde::{Deserialize, Serialize};

/// Facts about views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewEvent {
    /// A view was kept, or kept again under its name.
    Saved {
        /// Which.
        view: u64,
        /// The list it is a view of: `audit`, `inbox`, `tickets`.
        list: String,
        /// Whose own it is; none if everybody who may see the list has it.
        #[serde(default)]
        owner: Option<MemberId>,
        /// Name and question may name customers.
        #[serde(default)]
        sealed: SealedView,
    },
    /// It is not kept any more.
    Removed {
        /// Which.
        view: u64,
    },
}

/// What is sealed in a view.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedView {
    /// How it is called, and what it asks for.
    #[serde(default)]
    pub asks: Option<Asks>,
}

/// What a view asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asks {
    /// How it is called.
    pub name: String,
    /// The query of its address.
    pub query: String,
}
