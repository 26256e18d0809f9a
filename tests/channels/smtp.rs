//! Handing letters over, against a server of our own that says what it is told to.

use data_encoding::BASE64;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use trailbox::channels::email::smtp::{self, Handed};
use trailbox::domain::mailbox::{MailConfig, MailSecret, Security};
use trailbox::domain::sending::{Class, Refused, SendOutcome};

/// A server for one visit at a time: each line is answered by the first pair whose beginning it
/// has, everything else with 250.
struct Server {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answers: &'static [(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let ear = Arc::clone(&heard);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                stream.write_all(b"220 ours\r\n").unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let mut body = false;
                for line in lines.map_while(Result::ok) {
                    if body && line != "." {
                        continue;
                    }
                    let found = answers.iter().find(|(start, _)| line.starts_with(start));
                    let answer = match (line.as_str(), found) {
                        (".", None) => "250 taken",
                        (_, Some((_, answer))) => answer,
                        ("DATA", None) => "354 go on",
                        ("QUIT", None) => "221 bye",
                        (_, None) => "250 fine",
                    };
                    body = answer.starts_with("354");
                    ear.lock().unwrap().push(line);
                    let told = format!("{answer}\r\n");
                    if stream.write_all(told.as_bytes()).is_err() {
                        break; // the visitor has hung up
                    }
                }
            }
        });
        Server { port, heard }
    }

    fn config(&self) -> MailConfig {
        MailConfig {
            address: "desk@x.test".to_owned(),
            user: "desk".to_owned(),
            smtp_host: "127.0.0.1".to_owned(),
            smtp_port: self.port,
            smtp_security: Security::None,
            ..MailConfig::default()
        }
    }

    fn takes(&self, to: &[&str]) -> Handed {
        let to: Vec<String> = to.iter().map(|one| (*one).to_owned()).collect();
        smtp::send(
            &self.config(),
            &password(),
            &to,
            b"Subject: x\r\n\r\nx",
            "id",
        )
    }

    fn heard(&self, what: &str) -> bool {
        self.heard.lock().unwrap().iter().any(|line| line == what)
    }
}

fn password() -> MailSecret {
    MailSecret {
        password: "secret".to_owned(),
        ..MailSecret::default()
    }
}

fn refused(handed: &Handed) -> &Refused {
    match &handed.outcome {
        SendOutcome::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_is_signed_in_to_in_the_way_it_offers() {
    const LOGIN: &[(&str, &str)] = &[
        ("EHLO", "250-ours\r\n250 AUTH LOGIN"),
        ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
        ("ZGVzaw==", "334 UGFzc3dvcmQ6"),
        ("c2VjcmV0", "235 welcome"),
    ];
    let server = Server::new(LOGIN);
    let handed = server.takes(&["ana@y.test"]);
    assert!(
        matches!(handed.outcome, SendOutcome::Accepted { .. }),
        "{handed:?}"
    );
    assert!(
        server.heard(&BASE64.encode(b"secret")),
        "it was signed in to"
    );

    const TOKENS: &[(&str, &str)] = &[("EHLO", "250-ours\r\n250 AUTH XOAUTH2")];
    let handed = Server::new(TOKENS).takes(&["ana@y.test"]);
    assert_eq!(refused(&handed).class, Class::StopChannel, "{handed:?}");

    // A relay of the house asks nobody, unless a password for it was set.
    let relay = Server::new(&[]);
    assert!(matches!(
        relay.takes(&["ana@y.test"]).outcome,
        SendOutcome::Accepted { .. }
    ));
    let set = MailSecret {
        smtp_password: "for it".to_owned(),
        ..password()
    };
    assert!(smtp::test(&relay.config(), &password()).is_ok());
    assert!(smtp::test(&relay.config(), &set).is_err());
}

#[test]
fn a_server_that_wants_a_sign_in_stops_the_mailbox_and_not_the_letter() {
    const AT_MAIL: &[(&str, &str)] = &[("MAIL", "530 5.7.0 authentication required")];
    const AT_RCPT: &[(&str, &str)] = &[("RCPT", "530 5.7.0 Must issue a STARTTLS command first")];
    for (answers, word) in [(AT_MAIL, "sign-in"), (AT_RCPT, "encrypted")] {
        let server = Server::new(answers);
        let handed = server.takes(&["ana@y.test", "bo@y.test"]);
        let why = refused(&handed);
        assert_eq!((why.class, why.code), (Class::StopChannel, 530));
        assert!(
            why.text.contains(word) && handed.refused.is_empty(),
            "{handed:?}"
        );
    }
    let told = smtp::test(&Server::new(AT_MAIL).config(), &password());
    assert!(told.unwrap_err().contains("sign-in"));
    // What it says to one receiver is about that receiver.
    const ONE: &[(&str, &str)] = &[("RCPT TO:<bo", "550 5.1.1 nobody")];
    let handed = Server::new(ONE).takes(&["ana@y.test", "bo@y.test"]);
    assert!(matches!(handed.outcome, SendOutcome::Accepted { .. }));
    assert_eq!((handed.refused.len(), handed.refused[0].code), (1, 550));
}
