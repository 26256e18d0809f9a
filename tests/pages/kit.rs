//! A desk with one member of each role, a number, a conversation and a ticket, served by the
//! product's own program; and clients that are signed in as any of them.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use trailbox::{
    channels::whatsapp,
    desk::{self, channels, intake, members, sessions, tickets},
    domain::{
        actor::{Actor, Door, Who},
        event::Origin,
        id::{ChannelId, ConversationId, MemberId, Seq},
        member::Role,
    },
    error::Result,
    ledger::{Chance, Clock, Company, Home, Ledger, Opening},
    web::visit,
};

/// A served desk.
pub struct Desk {
    origin: String,
    server: Option<Child>,
    folder: TempDir,
    agent: ureq::Agent,
    /// How many events it had before it was served.
    pub events: u64,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Where to go next.
    pub location: String,
    /// The page.
    pub body: String,
}

impl Desk {
    /// Made in process, then served.
    pub fn open() -> Desk {
        let folder = tempfile::tempdir().expect("a folder for the desk");
        let events = furnish(&Home::at(folder.path())).expect("a furnished desk");
        let mut server = Command::new(env!("CARGO_BIN_EXE_trailbox"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        let mut lines = BufReader::new(server.stdout.take().expect("a piped stdout")).lines();
        let origin = lines.by_ref().find_map(|line| {
            let line = line.expect("the server speaks text");
            let at = line.find("http://")?;
            Some(line[at..].trim_end_matches('/').to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        Desk {
            origin: origin.expect("the server says where it answers"),
            server: Some(server),
            folder,
            agent: ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(30)))
                .http_status_as_error(false)
                .max_redirects(0)
                .build()
                .new_agent(),
            events,
        }
    }

    /// Asks for a page, as somebody of this role or as nobody.
    pub fn get(&self, path: &str, who: Option<Role>) -> Answer {
        let request = self.agent.get(format!("{}{path}", self.origin));
        let request = match who {
            Some(role) => request.header("cookie", cookie(role)),
            None => request,
        };
        answer(request.call())
    }

    /// Posts a form with the session's token, as somebody of this role or as nobody.
    pub fn post(&self, path: &str, fields: &[(&str, &str)], who: Option<Role>) -> Answer {
        let csrf = who
            .map(|role| visit::csrf(&token(role)))
            .unwrap_or_default();
        self.post_as_is(path, &[fields, &[("csrf", &csrf)]].concat(), who)
    }

    /// Posts exactly these fields.
    pub fn post_as_is(&self, path: &str, fields: &[(&str, &str)], who: Option<Role>) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.origin));
        let request = request.header("origin", &self.origin);
        let request = match who {
            Some(role) => request.header("cookie", cookie(role)),
            None => request,
        };
        answer(request.send_form(fields.iter().copied()))
    }

    /// Asks for a page on a connection of its own and reads so many bytes of the answer, head and
    /// all, before it hangs up.
    pub fn breaks_off(&self, path: &str, headers: &str, role: Role, bytes: usize) -> Vec<u8> {
        let address = self.origin.trim_start_matches("http://");
        let mut line = TcpStream::connect(address).expect("a connection");
        let (cookie, close) = (cookie(role), "connection: close");
        let asked = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n{headers}{close}\r\n\r\n"
        );
        line.write_all(asked.as_bytes()).expect("the desk listens");
        let mut read = Vec::new();
        line.take(bytes as u64)
            .read_to_end(&mut read)
            .expect("an answer");
        read
    }

    /// Stops the server in good order; gives the names of the events it recorded.
    pub fn close(mut self) -> Vec<String> {
        self.stop();
        let ledger = Ledger::open(
            &Home::at(self.folder.path()),
            Company::Alone,
            opening(&mut |_| {}),
        );
        let ledger = ledger.expect("the desk opens again");
        let shell = Who::shell();
        let now = ledger.now(&shell).expect("a present");
        let places = self.events..now.next_seq().0;
        let events = places.map(|seq| desk::audit::get(&now, Seq(seq)).expect("an event"));
        events.map(|event| event.entry.event).collect()
    }

    fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let number = server.id().to_string();
            let _ = Command::new("kill").args(["-TERM", &number]).status();
            let _ = server.wait();
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The session's token of a role's member: 43 characters, no secret.
fn token(role: Role) -> String {
    format!("{:-<43}", format!("session-of-{role}"))
}

fn cookie(role: Role) -> String {
    format!("{}={}", visit::COOKIE_PLAIN, token(role))
}

fn answer(response: std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = response.expect("the desk answers");
    let location = response.headers().get("location");
    let location = location.and_then(|value| value.to_str().ok());
    let location = location.unwrap_or_default().to_owned();
    Answer {
        status: response.status().as_u16(),
        location,
        body: response.body_mut().read_to_string().unwrap_or_default(),
    }
}

fn opening(progress: &mut dyn FnMut(u64)) -> Opening<'_> {
    Opening {
        apply: desk::apply,
        follow: desk::follow,
        clock: Clock::System,
        chance: Chance::System,
        progress,
    }
}

/// Members M-1 to M-6 in the order of their roles, H-1, C-1 with one message, T-1001.
fn furnish(home: &Home) -> Result<u64> {
    let ledger = Ledger::create(home, "Corner Shop", opening(&mut |_| {}))?;
    let shell = Who::shell();
    for role in Role::ALL {
        ledger.record(&shell, move |now| {
            let (name, email) = (format!("One {role}"), format!("{role}@example.org"));
            members::add(now, &name, &email, role, None)
        })?;
    }
    for (id, role) in (1..).zip(Role::ALL) {
        ledger.record(&shell, move |now| {
            let session = visit::session_id(&token(role));
            sessions::log_in(now, MemberId(id), session, Origin::default())
        })?;
    }
    ledger.record(&shell, |now| channels::add(now, number()))?;
    let channel = ChannelId(1);
    let provider = Who::of(Actor::Provider { id: channel }, Door::Webhook, None);
    let body = include_bytes!("../fixtures/whatsapp/message-text.json").to_vec();
    let updates = whatsapp::parse::parse(&body, ledger.clock().now());
    let kept = ledger.record(&provider, move |now| {
        channels::keep_payload(now, channel, "0".repeat(64), body)
    })?;
    let payload = kept.facts.first().map_or(Seq(0), |(seq, _)| *seq);
    let updates = updates.unwrap_or_default();
    let count = updates.len() as u64;
    for update in updates {
        ledger.record(&provider, move |now| {
            intake::receive(now, channel, payload, &update)
        })?;
    }
    ledger.record(&provider, move |now| {
        channels::payload_read(now, payload, count)
    })?;
    let owner = Actor::Member {
        id: MemberId(1),
        name: "One owner".to_owned(),
        role: Role::Owner,
    };
    ledger.record(&Who::of(owner, Door::Web, None), |now| {
        let wanted = tickets::Wanted {
            conversation: Some(ConversationId(1)),
            title: "Parcel late".to_owned(),
            kind: "other".to_owned(),
            ..tickets::Wanted::default()
        };
        tickets::open(now, wanted)
    })?;
    ledger.close()?;
    drop(ledger); // it holds the folder's lock
    let ledger = Ledger::open(home, Company::Alone, opening(&mut |_| {}))?;
    let events = ledger.now(&shell)?.next_seq().0;
    ledger.close()?;
    Ok(events)
}

fn number() -> channels::Wanted {
    channels::Wanted {
        name: "main".to_owned(),
        title: "Shop on WhatsApp".to_owned(),
        config: channels::Config {
            phone_number_id: "100000000000001".to_owned(),
            waba_id: "200000000000001".to_owned(),
            display_number: "15550100000".to_owned(),
            base_url: "http://127.0.0.1:9".to_owned(),
            version: "v23.0".to_owned(),
        },
        secret: channels::Secret {
            token: "token".to_owned(),
            app_secret: "app secret".to_owned(),
            verify_token: "verify token".to_owned(),
        },
        group: None,
    }
}
