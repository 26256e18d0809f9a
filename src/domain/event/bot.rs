//! Facts about the bot: where it begins, what it decided in each turn, what it said about itself.

use crate::domain::id::{ArticleId, ChannelId, ConversationId, Object};
use serde::{Deserialize, Serialize};

/// Facts about the bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BotEvent {
    /// New conversations of a channel begin with it from now on, or no longer.
    Switched {
        /// Which channel.
        channel: ChannelId,
        /// Whether they did before.
        from: bool,
        /// Whether they do now.
        to: bool,
    },
    /// It looked at what a customer wrote, and this is what it made of it. The actor names its
    /// version, the cause the message.
    Decided {
        /// Where.
        conversation: ConversationId,
        /// The newest message it looked at.
        article: ArticleId,
        /// The check that fired, as [`crate::domain::bot::Check`] writes it.
        check: String,
        /// `answer`, `give_up` or `silent`.
        action: String,
        /// The language it speaks with this customer.
        language: String,
        /// Its how manieth turn here, from 1.
        turn: u32,
        /// Turns in a row that brought nothing.
        stuck: u32,
        /// Whether it has been told what the matter is.
        matter: bool,
        /// What it took down.
        #[serde(default)]
        sealed: SealedOrder,
    },
    /// It told the customer that it is a machine; the text is the message's.
    Disclosed {
        /// Where.
        conversation: ConversationId,
        /// The message that says so.
        article: ArticleId,
        /// The language it was said in.
        language: String,
    },
}

/// What is sealed where the bot takes something down.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedOrder {
    /// The order number; none before it is told and once it is erased.
    #[serde(default)]
    pub order: Option<String>,
}

impl BotEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            BotEvent::Switched { channel, .. } => vec![Object::Channel(*channel)],
            BotEvent::Decided { conversation, .. } | BotEvent::Disclosed { conversation, .. } => {
                vec![Object::Conversation(*conversation)]
            }
        }
    }
}
