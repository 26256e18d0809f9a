//! Mailboxes that are exchanged or numbered anew: what came since is read, what is older stays, and
//! only what was read is put away.

use crate::kit::Kit;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use trailbox::desk::mailboxes::{self, Wanted};
use trailbox::domain::actor::Who;
use trailbox::domain::event::Said;
use trailbox::domain::id::ChannelId;
use trailbox::domain::mailbox::{MailConfig, MailSecret, Security};
use trailbox::domain::message::Content;
use trailbox::jobs::Jobs;

/// Before the desk began, and the day on which it does.
const OLD: &str = "2026-11-02";
const TODAY: &str = "2026-11-22";

/// A letter in a mailbox: its number, the day it came, what it says.
type Lying = (u32, &'static str, &'static str);

#[derive(Default)]
struct Mailbox {
    validity: u32,
    letters: Vec<Lying>,
    put_away: Vec<u32>,
}

/// A server with a mailbox for each user. What says `huge` is too large to be fetched.
struct Server {
    port: u16,
    users: Arc<Mutex<HashMap<String, Mailbox>>>,
}

impl Server {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let users: Arc<Mutex<HashMap<String, Mailbox>>> = Arc::default();
        let ours = Arc::clone(&users);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let ours = Arc::clone(&ours);
                std::thread::spawn(move || serve(stream.unwrap(), &ours));
            }
        });
        Server { port, users }
    }

    fn lies(&self, user: &str, validity: u32, letters: &[Lying]) {
        let mut users = self.users.lock().unwrap();
        let mailbox = users.entry(user.to_owned()).or_default();
        if mailbox.validity != validity {
            *mailbox = Mailbox::default();
        }
        mailbox.validity = validity;
        mailbox.letters.extend(letters);
    }

    fn put_away(&self, user: &str) -> Vec<u32> {
        self.users.lock().unwrap()[user].put_away.clone()
    }
}

fn serve(mut stream: TcpStream, users: &Mutex<HashMap<String, Mailbox>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut user = String::new();
    let mut answer = "* OK ours\r\n".to_owned();
    while stream.write_all(answer.as_bytes()).is_ok() {
        let Some(Ok(line)) = lines.next() else {
            return;
        };
        let (tag, asked) = line.split_once(' ').unwrap();
        let word = |n: usize| asked.split(' ').nth(n).unwrap_or_default();
        let mut users = users.lock().unwrap();
        if word(0) == "LOGIN" {
            user = word(1).trim_matches('"').to_owned();
        }
        let mailbox = users.entry(user.clone()).or_default();
        let told = match (word(0), word(1)) {
            ("CAPABILITY", _) => "* CAPABILITY IMAP4rev1 MOVE\r\n".to_owned(),
            ("LIST", _) => "* LIST () \"/\" Done\r\n".to_owned(),
            ("SELECT", _) => {
                let next = mailbox.letters.iter().map(|(uid, ..)| uid + 1).max();
                let (validity, next) = (mailbox.validity, next.unwrap_or(1));
                format!("* OK [UIDVALIDITY {validity}] x\r\n* OK [UIDNEXT {next}] x\r\n")
            }
            ("UID", "SEARCH") => format!("* SEARCH{}\r\n", mailbox.found(word(2), word(3))),
            ("UID", "FETCH") => mailbox.letter(word(2), asked),
            ("UID", "MOVE") => {
                let set: Vec<u32> = word(2).split(',').map(|uid| uid.parse().unwrap()).collect();
                mailbox.letters.retain(|(uid, ..)| !set.contains(uid));
                mailbox.put_away.extend(set);
                String::new()
            }
            _ => String::new(),
        };
        answer = format!("{told}{tag} OK done\r\n");
    }
}

impl Mailbox {
    fn found(&self, how: &str, what: &str) -> String {
        let letters = self.letters.iter();
        let fit = letters.filter(|(uid, day, _)| match how {
            "UID" => *uid >= what.trim_end_matches(":*").parse().unwrap(),
            "SINCE" => {
                let (date, rest) = what.split_once('-').unwrap();
                assert!(rest == "Nov-2026", "{what}");
                *day >= format!("2026-11-{date:0>2}").as_str()
            }
            other => panic!("{other}"),
        });
        fit.map(|(uid, ..)| format!(" {uid}")).collect()
    }

    fn letter(&self, uid: &str, asked: &str) -> String {
        let number: u32 = uid.parse().unwrap();
        let Some((.., said)) = self.letters.iter().find(|(uid, ..)| *uid == number) else {
            return String::new();
        };
        if asked.contains("RFC822.SIZE") {
            let size = if *said == "huge" { 999_999_999 } else { 99 };
            return format!("* 1 FETCH (UID {uid} RFC822.SIZE {size})\r\n");
        }
        let raw = format!(
            "From: ana@mail.example\r\nMessage-ID: <{said}@mail.example>\r\n\
             Subject: {said}\r\n\r\n{said}\r\n"
        );
        let size = raw.len();
        format!("* 1 FETCH (UID {uid} BODY[] {{{size}}}\r\n{raw})\r\n")
    }
}

fn wanted(server: &Server, user: &str) -> Wanted {
    Wanted {
        name: "support".to_owned(),
        title: "Support".to_owned(),
        config: MailConfig {
            address: "support@shop.example".to_owned(),
            imap_host: "127.0.0.1".to_owned(),
            imap_port: server.port,
            imap_security: Security::None,
            user: user.to_owned(),
            folder: "INBOX".to_owned(),
            processed: "Done".to_owned(),
            smtp_host: "127.0.0.1".to_owned(),
            smtp_port: 1,
            smtp_security: Security::None,
            ..MailConfig::default()
        },
        secret: MailSecret {
            password: "secret".to_owned(),
            token_key: "a key".to_owned(),
            ..MailSecret::default()
        },
        group: None,
    }
}

/// When the hands have read the mailbox up to a letter: the subjects the desk knows.
fn reads(kit: &Kit, channel: ChannelId, up_to: (u32, u32)) -> Vec<String> {
    let jobs = Jobs::start(&kit.ledger).unwrap();
    let began = Instant::now();
    let waiting = "SELECT count(*) FROM payload WHERE state = 'waiting'";
    loop {
        let place = kit.ask(|now| mailboxes::place(now, channel)).unwrap();
        let left: u64 = kit.ask(|now| now.value(waiting, &[])).unwrap();
        if (place.validity, place.last) == up_to && left == 0 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{place:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
    jobs.stop();
    let sql = "SELECT content FROM article WHERE kind = 'email' ORDER BY seq";
    let all: Vec<Said> = kit
        .ask(|now| now.all(sql, &[], |row| row.json("content")))
        .unwrap();
    let subject = |said: Said| match said.content {
        Content::Email(email) => email.subject,
        other => panic!("{other:?}"),
    };
    all.into_iter().map(subject).collect()
}

fn connected(kit: &Kit, server: &Server) -> ChannelId {
    let wanted = wanted(server, "one");
    kit.done(&Who::shell(), move |now| mailboxes::add(now, wanted));
    let found = kit.ask(|now| mailboxes::of_address(now, "support@shop.example"));
    found.unwrap().unwrap()
}

#[test]
fn another_mailbox_is_begun_anew_and_keeps_what_is_not_the_desks() {
    let kit = Kit::new();
    let server = Server::new();
    server.lies("one", 7, &[(1, OLD, "ancient"), (5, OLD, "older")]);
    let channel = connected(&kit, &server);
    assert!(reads(&kit, channel, (7, 5)).is_empty());
    server.lies("one", 7, &[(6, TODAY, "first"), (7, TODAY, "huge")]);
    assert_eq!(reads(&kit, channel, (7, 7)), ["first"]);
    assert_eq!(reads(&kit, channel, (7, 7)), ["first"]);
    assert_eq!(server.put_away("one"), [6], "what was passed over stays");

    // The same life by chance, and letters whose numbers the old mailbox was beyond.
    server.lies(
        "two",
        7,
        &[
            (1, OLD, "not ours"),
            (3, TODAY, "second"),
            (4, TODAY, "third"),
        ],
    );
    let other = wanted(&server, "two");
    kit.done(&Who::shell(), move |now| {
        mailboxes::change(now, channel, other)
    });
    assert_eq!(reads(&kit, channel, (7, 4)), ["first", "second", "third"]);
    server.lies("two", 7, &[(5, TODAY, "fourth")]);
    assert_eq!(reads(&kit, channel, (7, 5))[3..], ["fourth"]);
    assert_eq!(server.put_away("two"), [3, 4, 5]);
}

#[test]
fn a_new_life_of_a_folder_brings_no_letters_from_before_the_desk() {
    let kit = Kit::new();
    let server = Server::new();
    server.lies("one", 7, &[(1, OLD, "ancient")]);
    let channel = connected(&kit, &server);
    reads(&kit, channel, (7, 1));
    server.lies("one", 7, &[(2, TODAY, "first")]);
    assert_eq!(reads(&kit, channel, (7, 2)), ["first"]);
    let anew = [
        (1, TODAY, "second"),
        (2, OLD, "ancient"),
        (3, TODAY, "first"),
    ];
    server.lies("one", 8, &anew);
    assert_eq!(reads(&kit, channel, (8, 3)), ["first", "second"]);
    assert_eq!(server.put_away("one"), [1, 3]);
    // Later on whatever is laid there is read, as before.
    server.lies("one", 8, &[(4, OLD, "found in the spam")]);
    assert_eq!(reads(&kit, channel, (8, 4))[2..], ["found in the spam"]);
}
