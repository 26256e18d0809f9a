//! What the settings of a mailbox must hold, and what they are where nothing is said.

use super::Wanted;
use crate::domain::mailbox::Security;
use crate::error::{Refusal, Result};

/// Tidies the wished settings.
///
/// **Refuses:** a name, an address, a server or a certificate that is none.
pub(super) fn check(wanted: &mut Wanted) -> Result<()> {
    let name = wanted.name.trim();
    let fit =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.is_empty() || name.len() > 40 || !name.chars().all(fit) {
        let text = "a channel's name has 1 to 40 lower-case letters, digits and hyphens";
        return Err(Refusal::invalid(text).at("name").into());
    }
    wanted.name = name.to_owned();
    let config = &mut wanted.config;
    config.address = config.address.trim().to_lowercase();
    let (local, domain) = config.address.split_once('@').unwrap_or_default();
    if local.is_empty() || domain.is_empty() || config.address.contains(char::is_whitespace) {
        let text = format!("{} is not an e-mail address", config.address);
        return Err(Refusal::invalid(text).at("address").into());
    }
    let title = wanted.title.trim();
    wanted.title = if title.is_empty() {
        config.address.clone()
    } else {
        title.to_owned()
    };
    if wanted.title.chars().count() > 60 {
        return Err(Refusal::invalid("a title has at most 60 characters")
            .at("title")
            .into());
    }
    config.sender = config.sender.trim().to_owned();
    if config.folder.trim().is_empty() {
        config.folder = "INBOX".to_owned();
    }
    config.processed = config.processed.trim().to_owned();
    if config.processed == config.folder {
        let text = "read letters go to another folder than they come from";
        return Err(Refusal::invalid(text).at("processed").into());
    }
    if config.user.is_empty() {
        config.user.clone_from(&config.address);
    }
    for (field, host, port, security, usual) in [
        (
            "imap_host",
            &mut config.imap_host,
            &mut config.imap_port,
            config.imap_security,
            [993, 143],
        ),
        (
            "smtp_host",
            &mut config.smtp_host,
            &mut config.smtp_port,
            config.smtp_security,
            [465, 587],
        ),
    ] {
        *host = host.trim().to_lowercase();
        let [guarded, plain] = usual;
        if *port == 0 {
            *port = if security == Security::Tls {
                guarded
            } else {
                plain
            };
        }
        let local = matches!(host.as_str(), "" | "localhost" | "127.0.0.1" | "::1");
        if security == Security::None && !local {
            let text = format!("{host} is another machine: the line to it needs tls or starttls");
            return Err(Refusal::invalid(text).at(field).into());
        }
        if host.contains(|letter: char| letter.is_whitespace() || letter == '/' || letter == '@') {
            let text = format!("{host} is not the name of a server");
            return Err(Refusal::invalid(text).at(field).into());
        }
    }
    if config.smtp_host.is_empty() {
        let text = "name the server that sends, such as smtp.example.com";
        return Err(Refusal::invalid(text).at("smtp_host").into());
    }
    if !config.authority.is_empty() && !config.authority.contains("-----BEGIN CERTIFICATE-----") {
        let text = "an authority's certificate is PEM: it begins with -----BEGIN CERTIFICATE-----";
        return Err(Refusal::invalid(text).at("authority").into());
    }
    if config.acknowledgement.chars().count() > 4_000 {
        let text = "an acknowledgement has at most 4000 characters";
        return Err(Refusal::invalid(text).at("acknowledgement").into());
    }
    Ok(())
}
