//! The hands at work against a provider of our own: what it refuses today is done tomorrow.

use crate::kit::{Kit, article_of, payload};
use rusqlite::Connection;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use trailbox::desk::channels::{self, Wanted};
use trailbox::desk::{articles, deliveries};
use trailbox::domain::actor::Who;
use trailbox::domain::id::{ArticleId, ChannelId};
use trailbox::domain::member::Role;
use trailbox::jobs::Jobs;

const EXPIRED: &str = r#"{"error": {"code": 190, "message": "the token has expired"}}"#;

/// A provider that answers as it is told, and remembers the paths and words it was asked.
struct Provider {
    server: Arc<tiny_http::Server>,
    asked: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Provider {
    fn new(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> Self {
        let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (ear, heard) = (Arc::clone(&server), Arc::clone(&asked));
        let thread = std::thread::spawn(move || {
            for mut request in ear.incoming_requests() {
                let mut said = request.url().to_owned();
                request.as_reader().read_to_string(&mut said).unwrap();
                let (status, body) = answer(&said);
                heard.lock().unwrap().push(said);
                let body = tiny_http::Response::from_string(body).with_status_code(status);
                let _ = request.respond(body); // who asked may be gone
            }
        });
        Provider {
            server,
            asked,
            thread: Some(thread),
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.server_addr())
    }

    /// Given a channel whose provider this is.
    fn serves(&self, kit: &Kit, channel: ChannelId) {
        let present = kit.ask(|now| channels::get(now, channel)).unwrap();
        let mut wanted = Wanted {
            title: present.title,
            config: present.config,
            ..Wanted::default()
        };
        wanted.config.base_url = self.url();
        wanted.name = present.name;
        kit.done(&Who::shell(), move |now| {
            channels::change(now, channel, wanted)
        });
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // the test has ended
        }
    }
}

/// Waits until the hands have done something.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn state(kit: &Kit, channel: ChannelId) -> String {
    kit.ask(|now| channels::get(now, channel)).unwrap().state
}

#[test]
fn a_file_waits_until_the_channel_is_mended() {
    let kit = Kit::new();
    let channel = kit.channel("shop");
    let mended = Arc::new(AtomicBool::new(false));
    let works = Arc::clone(&mended);
    let provider = Provider::new(move |_| match works.load(Ordering::SeqCst) {
        true => (404, r#"{"error": {"code": 131052}}"#.to_owned()),
        false => (401, EXPIRED.to_owned()),
    });
    provider.serves(&kit, channel);
    let article = article_of(&kit.hears(channel, &payload("message-image"))).unwrap();
    let media = || {
        let sql = "SELECT state FROM media WHERE article = :article";
        kit.ask(|now| now.value::<String>(sql, &[(":article", &article)]))
            .unwrap()
    };
    let jobs = Jobs::start(&kit.ledger).unwrap();
    until("the channel stops", || state(&kit, channel) == "stopped");
    assert_eq!(media(), "waiting", "the file is not given up");
    assert!(
        kit.ask(|now| deliveries::media_due(now, 9))
            .unwrap()
            .is_empty()
    );
    let asked = provider.asked.lock().unwrap().len();
    mended.store(true, Ordering::SeqCst);
    kit.done(&Who::shell(), move |now| channels::enable(now, channel));
    until("it is asked for again", || {
        provider.asked.lock().unwrap().len() > asked
    });
    until("it is not there any more", || media() == "failed");
    jobs.stop();
}

#[test]
fn many_who_wait_on_a_held_channel_keep_nobody_else_waiting() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let (busy, quiet) = (kit.channel("busy"), kit.channel("quiet"));
    let write = |channel, number: &str| {
        let talk = kit.writes(channel, number, "hello?");
        let reply = kit.reply(talk, "here I am");
        kit.done(&ada, move |now| articles::reply(now, reply));
    };
    (0..4).for_each(|n| write(busy, &format!("44770090030{n}")));
    write(quiet, "447700900400");
    kit.later(1);
    let due = |held: &[ChannelId]| {
        let due = kit.ask(|now| deliveries::due(now, held, 3)).unwrap();
        due.iter().map(|one| one.channel).collect::<Vec<_>>()
    };
    assert_eq!(due(&[]), [busy, busy, busy]);
    assert_eq!(due(&[busy]), [quiet]);
    assert!(due(&[busy, quiet]).is_empty());
}

#[test]
fn what_came_of_a_message_is_recorded_once_the_desk_can_write_again() {
    let kit = Kit::new();
    let ada = kit.member("Ada", Role::Agent);
    let channel = kit.channel("shop");
    // The disk is taken away while the provider has the message.
    let lock = Arc::new(Mutex::new(None));
    let (taken, path) = (Arc::clone(&lock), kit.home().database());
    let provider = Provider::new(move |said| {
        if said.contains("here I am") {
            let other = Connection::open(&path).unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            *taken.lock().unwrap() = Some(other);
        }
        (200, r#"{"messages": [{"id": "wamid.TAKEN"}]}"#.to_owned())
    });
    provider.serves(&kit, channel);
    let talk = kit.writes(channel, "447700900200", "hello?");
    let reply = kit.reply(talk, "here I am");
    let article = article_of(&kit.done(&ada, move |now| articles::reply(now, reply)));
    let article = ArticleId::from(article.unwrap());
    let jobs = Jobs::start(&kit.ledger).unwrap();
    let delivery = || kit.ask(|now| deliveries::get(now, article)).unwrap();
    until("the desk cannot write", || kit.ledger.trouble().is_some());
    assert_eq!(delivery().state, "sending");
    let other = lock.lock().unwrap().take().unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    until("it is recorded", || delivery().state == "accepted");
    let sent = provider.asked.lock().unwrap();
    let sent = sent.iter().filter(|said| said.contains("here I am"));
    assert_eq!(
        (sent.count(), delivery().attempts),
        (1, 1),
        "it is sent once"
    );
    jobs.stop();
}
