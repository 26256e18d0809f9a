//! Letters to several: whoever is refused for now is tried again alone, whoever took it is not.

use crate::email::{from_ana, hears, place, wanted};
use crate::kit::Kit;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use trailbox::desk::deliveries::{self, Delivery};
use trailbox::desk::{letters, mailboxes};
use trailbox::domain::actor::Who;
use trailbox::domain::event::{ArticleEvent, Event};
use trailbox::domain::id::{ConversationId, Seq};
use trailbox::domain::member::Role;
use trailbox::domain::message::email::Mailbox;
use trailbox::domain::moment::HOUR_MS;
use trailbox::jobs::Jobs;
use trailbox::jobs::email::{Written, write};

/// A server that refuses whom it is told to, and remembers for whom it took each letter.
#[derive(Clone, Default)]
struct Server {
    refuses: Arc<Mutex<HashMap<&'static str, &'static str>>>,
    took: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Server {
    fn listens(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let here = self.clone();
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                here.serve(stream.unwrap());
            }
        });
        port
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let (mut to, mut answer) = (Vec::new(), "220 ours".to_owned());
        while stream.write_all(format!("{answer}\r\n").as_bytes()).is_ok() {
            let mut next = || lines.next().and_then(Result::ok);
            if answer.starts_with("354") {
                while next().is_some_and(|line| line != ".") {}
                self.took.lock().unwrap().push(std::mem::take(&mut to));
                answer = "250 taken".to_owned();
                continue;
            }
            let Some(line) = next() else { return };
            answer = match line.split(['<', '>']).collect::<Vec<_>>()[..] {
                ["RCPT TO:", address, ..] => match self.refuses.lock().unwrap().get(address) {
                    Some(refusal) => (*refusal).to_owned(),
                    None => {
                        to.push(address.to_owned());
                        "250 fine".to_owned()
                    }
                },
                ["DATA"] => "354 go on".to_owned(),
                _ => "250 fine".to_owned(),
            };
        }
    }

    fn refuses(&self, all: &[(&'static str, &'static str)]) {
        *self.refuses.lock().unwrap() = all.iter().copied().collect();
    }

    fn took(&self) -> Vec<Vec<String>> {
        self.took.lock().unwrap().clone()
    }
}

const ANA: &str = "ana@mail.example";
const BO: &str = "bo@mail.example";
const CY: &str = "cy@mail.example";
const LATER: &str = "451 4.3.0 come again";

/// Given a letter to three, in a desk whose mailbox sends through the server.
fn letter(kit: &Kit, server: &Server) -> (ConversationId, Seq) {
    let mut wanted = wanted("support", "");
    wanted.config.smtp_host = "127.0.0.1".to_owned();
    wanted.config.smtp_port = server.listens();
    kit.done(&Who::shell(), move |now| mailboxes::add(now, wanted));
    let channel = kit
        .ask(|now| mailboxes::of_address(now, "support@shop.example"))
        .unwrap()
        .unwrap();
    let talk = place(&hears(kit, channel, &from_ana("one", "", "parcel"))).unwrap();
    let maya = kit.member("Maya", Role::Agent);
    let facts = kit.done(&maya, move |now| {
        let to = [ANA, BO, CY].map(|address| Mailbox {
            name: String::new(),
            address: address.to_owned(),
        });
        let written = Written {
            to: to.to_vec(),
            subject: "Re: parcel".to_owned(),
            said: "it is on its way".to_owned(),
            ..Written::default()
        };
        letters::reply(now, write(now, channel, talk, written)?)
    });
    let article = facts.iter().find_map(|(seq, event)| match event {
        Event::Article(ArticleEvent::Queued { .. }) => Some(*seq),
        _ => None,
    });
    (talk, article.unwrap())
}

/// When the hands have tried so often: how the letter stands.
fn tried(kit: &Kit, article: Seq, attempts: u32) -> Delivery {
    let jobs = Jobs::start(&kit.ledger).unwrap();
    let began = Instant::now();
    let present = loop {
        let present = kit.ask(|now| deliveries::get(now, article)).unwrap();
        if present.attempts == attempts && present.state != "sending" {
            break present;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{present:?}");
        std::thread::sleep(Duration::from_millis(10));
    };
    jobs.stop();
    present
}

fn left(kit: &Kit, article: Seq) -> Option<Vec<String>> {
    kit.ask(|now| letters::receivers::left(now, article))
        .unwrap()
}

#[test]
fn who_is_refused_for_now_is_tried_again_and_nobody_gets_it_twice() {
    let kit = Kit::new();
    let server = Server::default();
    server.refuses(&[(BO, LATER), (CY, LATER)]);
    let (talk, article) = letter(&kit, &server);
    assert_eq!(left(&kit, article), None);
    let first = tried(&kit, article, 1);
    assert_eq!(
        (first.state.as_str(), server.took()),
        ("queued", vec![vec![ANA.to_owned()]])
    );
    assert_eq!(
        left(&kit, article),
        Some(vec![BO.to_owned(), CY.to_owned()])
    );
    // It keeps no other letter to the same customer waiting.
    let maya = kit.member("Mia", Role::Lead);
    let channel = first.channel;
    let next = kit.done(&maya, move |now| {
        let written = Written {
            to: vec![Mailbox {
                name: String::new(),
                address: ANA.to_owned(),
            }],
            subject: "Re: parcel".to_owned(),
            said: "it is there".to_owned(),
            ..Written::default()
        };
        let written = write(now, channel, talk, written)?;
        Ok(vec![letters::queued(talk, first.contact, channel, written)])
    });
    assert_eq!(tried(&kit, next[0].0, 1).state, "accepted");
    // Nobody else takes it: nothing is told again.
    kit.later(HOUR_MS);
    let before = kit.events();
    assert_eq!(tried(&kit, article, 2).state, "queued");
    assert_eq!(kit.events() - before, 2, "an attempt, and that it waits");
    assert_eq!(
        left(&kit, article),
        Some(vec![BO.to_owned(), CY.to_owned()])
    );
    server.refuses(&[(CY, LATER)]);
    kit.later(HOUR_MS);
    assert_eq!(tried(&kit, article, 3).state, "queued");
    assert_eq!(left(&kit, article), Some(vec![CY.to_owned()]));
    server.refuses(&[]);
    kit.later(HOUR_MS);
    assert_eq!(tried(&kit, article, 4).state, "accepted");
    let to = |one: &str| vec![one.to_owned()];
    assert_eq!(server.took(), [to(ANA), to(ANA), to(BO), to(CY)]);
}

#[test]
fn who_is_refused_in_the_end_does_not_fail_what_others_took() {
    let kit = Kit::new();
    let server = Server::default();
    server.refuses(&[(BO, LATER)]);
    let (_, article) = letter(&kit, &server);
    assert_eq!(tried(&kit, article, 1).state, "queued");
    server.refuses(&[(BO, "550 5.1.1 nobody")]);
    kit.later(HOUR_MS);
    assert_eq!(tried(&kit, article, 2).state, "accepted");
    assert_eq!(server.took(), [vec![ANA.to_owned(), CY.to_owned()]]);
    let refusals = "SELECT count(*) FROM trail WHERE event = 'email.receiver_refused'";
    assert_eq!(kit.ask(|now| now.value::<u64>(refusals, &[])).unwrap(), 2);
    assert_eq!(left(&kit, article), None);
}
