//! What an e-mail channel is connected to: a mailbox that is read and a server that sends.

use serde::{Deserialize, Serialize};

/// The settings of an e-mail channel; nothing secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MailConfig {
    /// The address customers write to, and answers come from.
    pub address: String,
    /// The name that stands before it.
    pub sender: String,
    /// The server that keeps the mailbox; empty if letters are piped in.
    pub imap_host: String,
    /// Its port.
    pub imap_port: u16,
    /// How the line to it is guarded.
    pub imap_security: Security,
    /// The name to sign in with.
    pub user: String,
    /// The folder that is read.
    pub folder: String,
    /// Where read letters are moved to; empty leaves them in place, marked as read.
    pub processed: String,
    /// Letters that lay there before the desk was connected are read as well.
    pub read_old: bool,
    /// The server that takes letters.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
    /// How the line to it is guarded.
    pub smtp_security: Security,
    /// The name to sign in with there, if it is another one.
    pub smtp_user: String,
    /// Certificates of the servers' own authority, PEM, if no public one vouches for them.
    pub authority: String,
    /// Answers are asked for at the address with a token behind a plus sign.
    pub plus_address: bool,
    /// What a customer is told at once when a new conversation begins; empty tells nothing.
    pub acknowledgement: String,
}

/// How the line to a mail server is guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte.
    #[default]
    Tls,
    /// TLS after a plain greeting (STARTTLS).
    Starttls,
    /// Not at all: to a server on the same machine only.
    None,
}

/// What an e-mail channel must keep to itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MailSecret {
    /// The password of the mailbox.
    pub password: String,
    /// The password for sending, if it is another one.
    pub smtp_password: String,
    /// The key of our tokens.
    pub token_key: String,
}

impl Security {
    /// As written in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Security::Tls => "tls",
            Security::Starttls => "starttls",
            Security::None => "none",
        }
    }
}

impl std::str::FromStr for Security {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" | "tls" => Ok(Security::Tls),
            "starttls" => Ok(Security::Starttls),
            "none" => Ok(Security::None),
            other => Err(format!("{other} is not tls, starttls or none")),
        }
    }
}

impl MailConfig {
    /// The part of the address after the @.
    pub fn domain(&self) -> &str {
        self.address
            .rsplit_once('@')
            .map_or("", |(_, domain)| domain)
    }
}
