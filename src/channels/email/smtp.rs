//! Handing a letter to the server that sends it: every receiver on its own, so that one bad
//! address does not lose the rest.
//!
//! **Source:** RFC 5321; RFC 3463 for the statuses.

use crate::domain::letter::status_words;
use crate::domain::mailbox::{MailConfig, MailSecret, Security};
use crate::domain::sending::{Class, Refused, SendOutcome};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use std::time::Duration;

/// How long a step may take. **Unit:** seconds.
const STEP: Duration = Duration::from_secs(60);

/// What came of handing over a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Of the letter as a whole.
    pub outcome: SendOutcome,
    /// Receivers the server refused, while it took the letter for others.
    pub refused: Vec<RefusedReceiver>,
}

impl From<SendOutcome> for Handed {
    fn from(outcome: SendOutcome) -> Self {
        let refused = Vec::new();
        Handed { outcome, refused }
    }
}

/// A receiver the server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedReceiver {
    /// Who.
    pub address: String,
    /// The server's number.
    pub code: i64,
    /// In plain words.
    pub text: String,
}

impl RefusedReceiver {
    /// Whether the server asks to come again for this one.
    pub fn may_be_taken_later(&self) -> bool {
        (400..500).contains(&self.code)
    }
}

/// Hands a letter over; `id` is what it will be known by.
pub fn send(
    config: &MailConfig,
    secret: &MailSecret,
    to: &[String],
    raw: &[u8],
    id: &str,
) -> Handed {
    let mut refused = Vec::new();
    let outcome = match hand_over(config, secret, to, raw, &mut refused) {
        Ok(()) => SendOutcome::Accepted {
            provider_id: id.to_owned(),
            wa_id: None,
            user_id: None,
        },
        Err(outcome) => outcome,
    };
    Handed { outcome, refused }
}

/// Connects, signs in, asks whether letters of ours are taken, and leaves again.
pub fn test(config: &MailConfig, secret: &MailSecret) -> Result<(), String> {
    match begin(config, secret) {
        Ok(mut line) => {
            let _ = line.quit(); // nothing was handed over that could be lost
            Ok(())
        }
        Err(SendOutcome::Refused(refused)) => Err(refused.text),
        Err(SendOutcome::NotSent { why } | SendOutcome::Unknown { why }) => Err(why),
        Err(SendOutcome::Accepted { .. }) => Ok(()),
    }
}

fn hand_over(
    config: &MailConfig,
    secret: &MailSecret,
    to: &[String],
    raw: &[u8],
    refused: &mut Vec<RefusedReceiver>,
) -> Result<(), SendOutcome> {
    let mut line = begin(config, secret)?;
    let mut taken = 0;
    let mut first: Option<SendOutcome> = None;
    for one in to {
        let told = match address(one) {
            Ok(receiver) => line.command(Rcpt::new(receiver, Vec::new())),
            Err(why) => {
                refused.push(RefusedReceiver {
                    address: one.clone(),
                    code: 0,
                    text: why.clone(),
                });
                first.get_or_insert_with(|| fix(why));
                continue;
            }
        };
        match told {
            Ok(_) => taken += 1,
            Err(error) if error.is_response() || error.status().is_some() => {
                let outcome = failed(&error);
                if let SendOutcome::Refused(why) = &outcome {
                    if why.class == Class::StopChannel {
                        line.abort(); // it is about us, not about this receiver
                        return Err(outcome);
                    }
                    refused.push(RefusedReceiver {
                        address: one.clone(),
                        code: why.code,
                        text: why.text.clone(),
                    });
                }
                // A receiver that may be taken later decides for a letter nobody was taken for.
                match (&first, &outcome) {
                    (None, _) => first = Some(outcome),
                    (Some(_), SendOutcome::Refused(why)) if why.class == Class::RetryDays => {
                        first = Some(outcome);
                    }
                    (Some(_), _) => {}
                }
            }
            Err(error) => return Err(failed(&error)),
        }
    }
    if taken == 0 {
        refused.clear(); // the letter as a whole tells it
        line.abort();
        return Err(first.unwrap_or_else(|| fix("it names no receiver".to_owned())));
    }
    line.command(Data).map_err(|error| failed(&error))?;
    if let Err(error) = line.message(raw) {
        // From here on it may have been taken: the same letter again has the same name.
        return Err(match error.status() {
            Some(_) => failed(&error),
            None => SendOutcome::Unknown {
                why: "the line was cut while the letter was handed over".to_owned(),
            },
        });
    }
    let _ = line.quit(); // it has been taken; whether the goodbye is heard does not matter
    Ok(())
}

/// A line on which a letter of ours has begun.
fn begin(config: &MailConfig, secret: &MailSecret) -> Result<SmtpConnection, SendOutcome> {
    let from = address(&config.address).map_err(fix)?;
    let mut line = connect(config, secret)?;
    line.command(Mail::new(Some(from), Vec::new()))
        .map_err(|error| failed(&error))?;
    Ok(line)
}

fn connect(config: &MailConfig, secret: &MailSecret) -> Result<SmtpConnection, SendOutcome> {
    let hello = ClientId::default();
    let parameters = || -> Result<TlsParameters, SendOutcome> {
        let mut builder = TlsParameters::builder(config.smtp_host.clone());
        if !config.authority.is_empty() {
            let certificate = Certificate::from_pem(config.authority.as_bytes());
            let stop = |error: Error| stop(0, format!("the authority's certificate: {error}"));
            builder = builder.add_root_certificate(certificate.map_err(stop)?);
        }
        builder
            .build()
            .map_err(|error| stop(0, format!("TLS cannot be set up: {error}")))
    };
    let tls = match config.smtp_security {
        Security::Tls => Some(parameters()?),
        Security::Starttls | Security::None => None,
    };
    let server = (config.smtp_host.as_str(), config.smtp_port);
    let mut line = SmtpConnection::connect(server, Some(STEP), &hello, tls.as_ref(), None)
        .map_err(|error| failed(&error))?;
    if config.smtp_security == Security::Starttls {
        if !line.can_starttls() {
            line.abort();
            return Err(stop(0, "the server offers no STARTTLS".to_owned()));
        }
        line.starttls(&parameters()?, &hello)
            .map_err(|error| failed(&error))?;
    }
    sign_in(&mut line, config, secret)?;
    Ok(line)
}

/// Signs in with the words for sending, else with those for reading. A server that offers no
/// sign-in takes letters from its own house without one, unless it says otherwise.
fn sign_in(
    line: &mut SmtpConnection,
    config: &MailConfig,
    secret: &MailSecret,
) -> Result<(), SendOutcome> {
    let or = |own: &str, other: &str| (if own.is_empty() { other } else { own }).to_owned();
    let user = or(&config.smtp_user, &config.user);
    let password = or(&secret.smtp_password, &secret.password);
    if user.is_empty() || password.is_empty() {
        return Ok(());
    }
    let offers = |mechanism| line.server_info().supports_auth_mechanism(mechanism);
    if !offers(Mechanism::Plain) && !offers(Mechanism::Login) {
        let wanted = !config.smtp_user.is_empty() || !secret.smtp_password.is_empty();
        if wanted || offers(Mechanism::Xoauth2) {
            let text = "the sending server offers no sign-in with user and password on this line";
            return Err(stop(0, text.to_owned()));
        }
        return Ok(());
    }
    let credentials = Credentials::new(user, password);
    line.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
        .map_err(|error| match error.is_permanent() {
            true => stop(
                code(&error),
                "the sending server refuses the user or the password".to_owned(),
            ),
            false => failed(&error),
        })?;
    Ok(())
}

fn address(text: &str) -> Result<Address, String> {
    text.parse()
        .map_err(|_| "an address is not one letters can be sent to".to_owned())
}

fn code(error: &Error) -> i64 {
    error
        .status()
        .and_then(|code| code.to_string().parse().ok())
        .unwrap_or_default()
}

/// What a refusal comes to. 530 is about us, whatever it was said to.
///
/// **Source:** RFC 4954, section 6; RFC 3207, section 4.
fn failed(error: &Error) -> SendOutcome {
    let code = code(error);
    let told = error.to_string();
    if code == 530 {
        let encrypts = told.to_uppercase().contains("STARTTLS");
        let text = match encrypts {
            true => "the sending server takes letters on an encrypted line only",
            false => "the sending server wants a sign-in before it takes letters",
        };
        return stop(code, text.to_owned());
    }
    let status = told
        .split(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
        .find(|word| word.matches('.').count() == 2 && word.starts_with(['4', '5']));
    let words = match (status, code) {
        (Some(status), _) => format!("{} ({code} {status})", status_words(status)),
        (None, 0) => {
            return SendOutcome::Refused(Refused {
                code: 0,
                class: Class::RetryDays,
                text: if error.is_timeout() {
                    "the sending server does not answer".to_owned()
                } else {
                    "the sending server cannot be reached".to_owned()
                },
                details: told,
            });
        }
        (None, _) => format!("the sending server refused it ({code})"),
    };
    let class = if error.is_transient() {
        Class::RetryDays
    } else {
        Class::NeverContact
    };
    SendOutcome::Refused(Refused {
        code,
        class,
        text: words,
        details: told,
    })
}

fn fix(text: String) -> SendOutcome {
    SendOutcome::Refused(Refused {
        code: 0,
        class: Class::FixContent,
        text,
        details: String::new(),
    })
}

fn stop(code: i64, text: String) -> SendOutcome {
    SendOutcome::Refused(Refused {
        code,
        class: Class::StopChannel,
        text,
        details: String::new(),
    })
}
