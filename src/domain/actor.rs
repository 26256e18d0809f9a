//! Who acts, for whom, and through which door.

use super::id::{ChannelId, ContactId, MemberId};
use super::member::Role;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who did it. Staff are written with name and role at the time; customers by id alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A person who works here.
    Member {
        /// Which one.
        id: MemberId,
        /// The name at the time.
        name: String,
        /// The role at the time.
        role: Role,
    },
    /// The assistant, by its version.
    Bot {
        /// Which version spoke.
        version: String,
    },
    /// An automation rule, by its version.
    Rule {
        /// Which rule.
        id: String,
        /// Which version of it.
        version: u32,
    },
    /// A customer.
    Contact {
        /// Which one.
        id: ContactId,
    },
    /// An API token.
    Token {
        /// Which one.
        id: String,
    },
    /// A provider speaking for itself, through one of our channels.
    Provider {
        /// The channel it spoke through.
        id: ChannelId,
    },
    /// Trailbox itself: timers, start-up, the operator at the shell.
    System {
        /// Which part: `timer`, `outbox`, `intake`, `shell`, `setup`, …
        id: String,
    },
}

/// Through which door a wish came, and in which request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Via {
    /// The door.
    pub door: Door,
    /// The request's id, where a request was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// The ways in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// A page.
    Web,
    /// The API.
    Api,
    /// A provider's call.
    Webhook,
    /// The clock.
    Timer,
    /// A command at the shell.
    Cli,
    /// An import of foreign records.
    Import,
}

/// Everything the trail writes about the one who wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Who acts.
    pub actor: Actor,
    /// For whom, if for another.
    pub acts_for: Option<Actor>,
    /// Through which door.
    pub via: Via,
}

impl Who {
    /// Trailbox itself, through the given door.
    pub fn system(part: &str, door: Door) -> Self {
        Who {
            actor: Actor::System {
                id: part.to_owned(),
            },
            acts_for: None,
            via: Via {
                door,
                request: None,
            },
        }
    }

    /// The operator at the shell.
    pub fn shell() -> Self {
        Who::system("shell", Door::Cli)
    }

    /// The given actor, through the given door, in the given request.
    pub fn of(actor: Actor, door: Door, request: Option<String>) -> Self {
        Who {
            actor,
            acts_for: None,
            via: Via { door, request },
        }
    }

    /// The member who acts, if one does.
    pub fn member(&self) -> Option<MemberId> {
        self.actor.member()
    }
}

/// Written with its members in the order of their names, as everything in an entry is; a derived
/// form would put the kind first.
impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(None)?;
        match self {
            Actor::Member { id, .. } => map.serialize_entry("id", id)?,
            Actor::Contact { id } => map.serialize_entry("id", id)?,
            Actor::Provider { id } => map.serialize_entry("id", id)?,
            Actor::Rule { id, .. } | Actor::Token { id } | Actor::System { id } => {
                map.serialize_entry("id", id)?;
            }
            Actor::Bot { .. } => {}
        }
        map.serialize_entry("kind", self.kind())?;
        match self {
            Actor::Member { name, role, .. } => {
                map.serialize_entry("name", name)?;
                map.serialize_entry("role", role)?;
            }
            Actor::Bot { version } => map.serialize_entry("version", version)?,
            Actor::Rule { version, .. } => map.serialize_entry("version", version)?,
            Actor::Contact { .. }
            | Actor::Provider { .. }
            | Actor::Token { .. }
            | Actor::System { .. } => {}
        }
        map.end()
    }
}

impl Actor {
    /// The kind as the trail writes it.
    pub fn kind(&self) -> &'static str {
        match self {
            Actor::Member { .. } => "member",
            Actor::Bot { .. } => "bot",
            Actor::Rule { .. } => "rule",
            Actor::Contact { .. } => "contact",
            Actor::Token { .. } => "token",
            Actor::Provider { .. } => "provider",
            Actor::System { .. } => "system",
        }
    }

    /// The id as the trail writes it: `M-3`, `K-17`, `timer`, …
    pub fn id(&self) -> String {
        match self {
            Actor::Member { id, .. } => id.to_string(),
            Actor::Bot { version } => version.clone(),
            Actor::Rule { id, .. } | Actor::Token { id } | Actor::System { id } => id.clone(),
            Actor::Contact { id } => id.to_string(),
            Actor::Provider { id } => id.to_string(),
        }
    }

    /// The member, if it is one.
    pub fn member(&self) -> Option<MemberId> {
        match self {
            Actor::Member { id, .. } => Some(*id),
            Actor::Bot { .. }
            | Actor::Rule { .. }
            | Actor::Contact { .. }
            | Actor::Token { .. }
            | Actor::Provider { .. }
            | Actor::System { .. } => None,
        }
    }
}

impl Door {
    /// The door as the trail writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Door::Web => "web",
            Door::Api => "api",
            Door::Webhook => "webhook",
            Door::Timer => "timer",
            Door::Cli => "cli",
            Door::Import => "import",
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_written_in_the_order_of_names_and_read_back() {
        let all = [
            Actor::Member {
                id: MemberId(3),
                name: "Ada".into(),
                role: Role::Agent,
            },
            Actor::Bot {
                version: "7".into(),
            },
            Actor::Rule {
                id: "r".into(),
                version: 2,
            },
            Actor::Contact { id: ContactId(17) },
            Actor::Token { id: "t".into() },
            Actor::Provider { id: ChannelId(1) },
            Actor::System { id: "timer".into() },
        ];
        for actor in all {
            let text = serde_json::to_string(&actor).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value.to_string(), text, "a map of values is in order");
            assert_eq!(serde_json::from_str::<Actor>(&text).unwrap(), actor);
        }
    }
}
