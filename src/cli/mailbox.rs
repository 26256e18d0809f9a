//! `trailbox channel add email …`: a mailbox.

use super::{Data, say};
use crate::desk::mailboxes::{self, Wanted};
use crate::domain::actor::Who;
use crate::domain::mailbox::{MailConfig, MailSecret, Security};
use crate::error::{Doing, Result};
use crate::jobs::email::token_key;
use crate::ledger::Company;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// `channel add email`
#[derive(Debug, Args)]
pub struct Email {
    #[command(flatten)]
    data: Data,
    /// The channel's name for commands: lower-case letters, digits, hyphens
    name: String,
    /// The channel's name for people; the address if none is given
    #[arg(long, default_value = "")]
    title: String,
    /// The address customers write to
    #[arg(long)]
    address: String,
    /// The name that stands before the address in answers
    #[arg(long, default_value = "")]
    sender: String,
    /// The server that keeps the mailbox; without one, letters come by `trailbox ingest email`
    #[arg(long, default_value = "")]
    imap_host: String,
    /// Its port; 993 with tls, else 143
    #[arg(long, default_value_t = 0)]
    imap_port: u16,
    /// How the line to it is guarded: tls, starttls or none
    #[arg(long, default_value = "tls")]
    imap_security: Security,
    /// The name to sign in with; the address if none is given
    #[arg(long, default_value = "")]
    user: String,
    /// The password of the mailbox
    #[arg(
        long,
        default_value = "",
        env = "TRAILBOX_EMAIL_PASSWORD",
        hide_env_values = true
    )]
    password: String,
    /// The folder that is read
    #[arg(id = "mailbox_folder", long = "folder", default_value = "INBOX")]
    mailbox_folder: String,
    /// Where read letters are moved to; without it they stay, marked as read
    #[arg(long, default_value = "")]
    processed: String,
    /// Read also what lay in the folder before
    #[arg(long)]
    read_old: bool,
    /// The server that sends
    #[arg(long)]
    smtp_host: String,
    /// Its port; 465 with tls, else 587
    #[arg(long, default_value_t = 0)]
    smtp_port: u16,
    /// How the line to it is guarded: tls, starttls or none
    #[arg(long, default_value = "starttls")]
    smtp_security: Security,
    /// The name to sign in with there, if it is another one
    #[arg(long, default_value = "")]
    smtp_user: String,
    /// The password for sending, if it is another one
    #[arg(
        long,
        default_value = "",
        env = "TRAILBOX_SMTP_PASSWORD",
        hide_env_values = true
    )]
    smtp_password: String,
    /// A file with the certificate of the servers' own authority, PEM
    #[arg(long)]
    authority: Option<PathBuf>,
    /// Ask for answers at the address with a token behind a plus sign
    #[arg(long)]
    plus_address: bool,
    /// What a customer is told at once when a new conversation begins
    #[arg(long, default_value = "")]
    acknowledgement: String,
}

impl Email {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        let authority = match &self.authority {
            Some(path) => {
                std::fs::read_to_string(path).doing(format!("reading {}", path.display()))?
            }
            None => String::new(),
        };
        let ledger = self.data.open(Company::Alone)?;
        let wanted = Wanted {
            name: self.name.clone(),
            title: self.title,
            config: MailConfig {
                address: self.address,
                sender: self.sender,
                imap_host: self.imap_host,
                imap_port: self.imap_port,
                imap_security: self.imap_security,
                user: self.user,
                folder: self.mailbox_folder,
                processed: self.processed,
                read_old: self.read_old,
                smtp_host: self.smtp_host,
                smtp_port: self.smtp_port,
                smtp_security: self.smtp_security,
                smtp_user: self.smtp_user,
                authority,
                plus_address: self.plus_address,
                acknowledgement: self.acknowledgement,
            },
            secret: MailSecret {
                password: self.password,
                smtp_password: self.smtp_password,
                token_key: token_key()?,
            },
            group: None,
        };
        ledger.record(&Who::shell(), move |now| mailboxes::add(now, wanted))?;
        say::line(&format!("connected the mailbox {}", self.name))?;
        super::close(&ledger)
    }
}
