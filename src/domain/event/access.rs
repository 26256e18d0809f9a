//! Facts about who looked at what, beside the views of threads, tickets and customers.

use crate::domain::id::{ArticleId, ConversationId, Object};
use serde::{Deserialize, Serialize};

/// Facts about access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessEvent {
    /// A member searched.
    Searched {
        /// Where: `desk` or `audit`.
        place: String,
        /// How much was found on the first page.
        found: u64,
        /// For what.
        #[serde(default)]
        sealed: SealedQuestion,
    },
    /// A member opened the file of an article.
    FileOpened {
        /// Which article.
        article: ArticleId,
        /// Where it was said; none for a note on a ticket or customer.
        #[serde(default)]
        conversation: Option<ConversationId>,
    },
    /// A member looked without showing that they are there and without marking anything as seen.
    Observed {
        /// At what.
        object: Object,
    },
}

/// What is sealed in a search.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedQuestion {
    /// The words; none once erased.
    #[serde(default)]
    pub question: Option<String>,
}

impl SealedQuestion {
    /// These words under seal; no words are none.
    pub fn of(question: &str) -> Self {
        let question = (!question.is_empty()).then(|| question.to_owned());
        SealedQuestion { question }
    }
}

impl AccessEvent {
    /// The objects whose chains this event continues.
    pub fn objects(&self) -> Vec<Object> {
        match self {
            AccessEvent::Searched { .. } => Vec::new(),
            AccessEvent::FileOpened { conversation, .. } => conversation
                .iter()
                .map(|conversation| Object::Conversation(*conversation))
                .collect(),
            AccessEvent::Observed { object } => vec![*object],
        }
    }
}
