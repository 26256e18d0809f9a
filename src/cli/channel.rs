//! `trailbox channel …`: connected mouths and ears.

use super::{Data, Listing, say};
use crate::desk::calls::lines;
use crate::desk::channels::{self, Channel as Found, Config, Secret, Wanted};
use crate::domain::actor::Who;
use crate::error::{Refusal, Result};
use crate::jobs::providers::Providers;
use crate::ledger::{Company, Now};
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// What can be done with channels.
#[derive(Debug, Subcommand)]
pub enum Channel {
    /// Connect a channel
    #[command(subcommand)]
    Add(Add),
    /// List all channels
    List(Listing),
    /// Try a channel's connection
    Test(Named),
    /// Switch a channel off
    Disable(Disable),
    /// Switch a channel on again
    Enable(Named),
}

/// The kinds of channel.
#[derive(Debug, Subcommand)]
pub enum Add {
    /// Connect a WhatsApp number through Meta's Cloud API
    Whatsapp(Box<Whatsapp>),
    /// Connect a mailbox: read over IMAP, answered over SMTP
    Email(Box<super::mailbox::Email>),
    /// Connect a phone line whose phone system tells of its calls
    Phone(Box<Phone>),
}

/// `channel add phone`
#[derive(Debug, Args)]
pub struct Phone {
    #[command(flatten)]
    data: Data,
    /// The channel's name in the hook's address: lower-case letters, digits, hyphens
    name: String,
    /// The channel's name for people
    #[arg(long, default_value = "")]
    title: String,
    /// The line's number
    #[arg(long, default_value = "")]
    number: String,
    /// The country it stands in, two letters; the number's if not given
    #[arg(long, default_value = "")]
    country: String,
    /// The address a browser dials by, with {number} in it or a colon at its end
    #[arg(long, default_value = "tel:")]
    dial: String,
    /// The token the phone system shows; made if not given
    #[arg(
        long,
        env = "TRAILBOX_CTI_TOKEN",
        hide_env_values = true,
        default_value = ""
    )]
    cti_token: String,
}

/// `channel add whatsapp`
#[derive(Debug, Args)]
pub struct Whatsapp {
    #[command(flatten)]
    data: Data,
    /// The channel's name in the webhook's address: lower-case letters, digits, hyphens
    name: String,
    /// The channel's name for people
    #[arg(long, default_value = "")]
    title: String,
    /// Phone number id, from WhatsApp Manager
    #[arg(long)]
    phone_number_id: String,
    /// WhatsApp business account id
    #[arg(long)]
    waba_id: String,
    /// The number as people dial it
    #[arg(long, default_value = "")]
    display_number: String,
    /// Access token
    #[arg(long, env = "TRAILBOX_WHATSAPP_TOKEN", hide_env_values = true)]
    token: String,
    /// App secret: the key of the webhook's signatures
    #[arg(long, env = "TRAILBOX_WHATSAPP_APP_SECRET", hide_env_values = true)]
    app_secret: String,
    /// What Meta says back when the webhook is set up; made up by you
    #[arg(long, env = "TRAILBOX_WHATSAPP_VERIFY_TOKEN", hide_env_values = true)]
    verify_token: String,
    /// Where the API is
    #[arg(long, default_value = "https://graph.facebook.com")]
    base_url: String,
    /// Version of the API
    #[arg(long, default_value = "v23.0")]
    api_version: String,
}

/// A channel by name.
#[derive(Debug, Args)]
pub struct Named {
    #[command(flatten)]
    data: Data,
    /// The channel's name
    name: String,
}

/// `channel disable`
#[derive(Debug, Args)]
pub struct Disable {
    #[command(flatten)]
    data: Data,
    /// The channel's name
    name: String,
    /// Why
    #[arg(long)]
    reason: String,
}

impl Channel {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Channel::Add(Add::Whatsapp(command)) => command.run(),
            Channel::Add(Add::Email(command)) => command.run(),
            Channel::Add(Add::Phone(command)) => command.run(),
            Channel::List(listing) => list(&listing),
            Channel::Test(command) => command.test(),
            Channel::Disable(command) => command.run(),
            Channel::Enable(command) => command.enable(),
        }
    }
}

impl Whatsapp {
    fn run(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Alone)?;
        let wanted = Wanted {
            name: self.name.clone(),
            title: self.title,
            config: Config {
                phone_number_id: self.phone_number_id,
                waba_id: self.waba_id,
                display_number: self.display_number,
                base_url: self.base_url,
                version: self.api_version,
            },
            secret: Secret {
                token: self.token,
                app_secret: self.app_secret,
                verify_token: self.verify_token,
            },
            group: None,
        };
        ledger.record(&Who::shell(), move |now| channels::add(now, wanted))?;
        say::line(&format!("connected the channel {}", self.name))?;
        let hook = format!("/hooks/whatsapp/{}", self.name);
        say::line(&format!(
            "give Meta this callback URL: https://YOUR-ADDRESS{hook}"
        ))?;
        super::close(&ledger)
    }
}

impl Phone {
    fn run(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Alone)?;
        let made = self.cti_token.is_empty();
        let token = if made {
            let word = crate::ledger::chance::random::<24>()?;
            data_encoding::BASE64URL_NOPAD.encode(&word)
        } else {
            self.cti_token
        };
        let wanted = lines::Wanted {
            name: self.name.clone(),
            title: self.title,
            number: self.number,
            country: self.country,
            dial: self.dial,
            token: token.clone(),
            group: None,
        };
        ledger.record(&Who::shell(), move |now| lines::add(now, wanted))?;
        say::line(&format!("connected the phone line {}", self.name))?;
        let shown = if made { token.as_str() } else { "TOKEN" };
        say::line(&format!(
            "let the phone system post to https://YOUR-ADDRESS/hooks/cti/{}?token={shown}",
            self.name
        ))?;
        super::close(&ledger)
    }
}

fn list(listing: &Listing) -> Result<ExitCode> {
    let ledger = listing.data.open(Company::Beside)?;
    let who = Who::shell();
    let all = channels::list(&ledger.now(&who)?)?;
    if listing.json {
        for channel in &all {
            let line = serde_json::json!({
                "id": channel.id.to_string(),
                "kind": channel.kind,
                "name": channel.name,
                "title": channel.title,
                "state": channel.state,
                "trouble": channel.trouble,
                "config": channel.config,
            });
            say::line(&line.to_string())?;
        }
    } else {
        let row = |channel: &Found| {
            vec![
                channel.name.clone(),
                channel.kind.clone(),
                channel.title.clone(),
                channel.state.clone(),
                channel.trouble.clone().unwrap_or_default(),
            ]
        };
        let rows = all.iter().map(row).collect();
        say::table(&["name", "kind", "title", "state", "trouble"], rows)?;
    }
    super::close(&ledger)
}

impl Named {
    fn test(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Alone)?;
        let who = Who::shell();
        let id = find(&ledger.now(&who)?, &self.name)?.id;
        let (works, text) = Providers::new(ledger.clone()).test(&who, id)?;
        ledger.close()?;
        if works {
            say::line(&text)?;
            return Ok(ExitCode::SUCCESS);
        }
        Err(Refusal::conflict(format!("channel {} does not work: {text}", self.name)).into())
    }

    fn enable(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Alone)?;
        let name = self.name.clone();
        ledger.record(&Who::shell(), move |now| {
            channels::enable(now, find(now, &name)?.id)
        })?;
        say::line(&format!("channel {} is active", self.name))?;
        super::close(&ledger)
    }
}

impl Disable {
    fn run(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Alone)?;
        let (name, reason) = (self.name.clone(), self.reason);
        ledger.record(&Who::shell(), move |now| {
            channels::disable(now, find(now, &name)?.id, &reason)
        })?;
        say::line(&format!("channel {} is disabled", self.name))?;
        super::close(&ledger)
    }
}

fn find(now: &Now<'_>, name: &str) -> Result<Found> {
    channels::by_name(now, name)?
        .ok_or_else(|| Refusal::not_found(format!("there is no channel {name}")).into())
}
