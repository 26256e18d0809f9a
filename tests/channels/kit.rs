//! What the tests of the channels share.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use trailbox::channels::whatsapp::parse::parse;
use trailbox::channels::whatsapp::signature;
use trailbox::domain::message::{Media, MediaKind};
use trailbox::domain::moment::Moment;
use trailbox::domain::update::{News, Party, Side, Update};

/// The instant at which everything here arrives: 2026-11-22T03:00:00Z.
pub const NOW: Moment = Moment(1_795_316_400_000);

/// Our own payloads, by name.
pub fn payloads() -> Vec<(String, Vec<u8>)> {
    json_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/whatsapp"))
}

/// The payload of the given name.
pub fn payload(name: &str) -> Vec<u8> {
    let path = format!(
        "{}/tests/fixtures/whatsapp/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read(path).unwrap()
}

/// All JSON files of a folder, by name without ending, in order.
pub fn json_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    files
        .iter()
        .map(|path| (name(path), std::fs::read(path).unwrap()))
        .collect()
}

/// A folder of the material beside the repository, or the line that says it is not there.
pub fn shared(part: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let folder = std::env::var_os("TRAILBOX_SHARED")
        .map_or_else(beside, PathBuf::from)
        .join(part);
    let there = folder.exists();
    if !there {
        println!("not here: {}", folder.display());
    }
    there.then_some(folder)
}

/// What an update says, on one line.
pub fn gist(update: &Update) -> String {
    let by = |side: Side| if side == Side::Business { " by us" } else { "" };
    match &update.news {
        News::Message(message) | News::Echo(message) => {
            let word = if matches!(update.news, News::Echo(_)) {
                "echo"
            } else {
                "message"
            };
            let context = message.context.as_ref().map_or(String::new(), |context| {
                let reply = context
                    .reply_to
                    .as_deref()
                    .map_or(String::new(), |id| format!(" re {id}"));
                let often = if context.forwarded_often {
                    " often"
                } else {
                    ""
                };
                let forwarded = if context.forwarded { " forwarded" } else { "" };
                let product = context
                    .product
                    .as_ref()
                    .map_or(String::new(), |p| format!(" about {}", p.product_id));
                format!("{reply}{forwarded}{often}{product}")
            });
            let referral = message.referral.as_ref().map_or("", |_| " from an ad");
            let group = message
                .group_id
                .as_ref()
                .map_or(String::new(), |id| format!(" in {id}"));
            let kind = serde_json::to_value(&message.content).unwrap()["kind"]
                .as_str()
                .unwrap()
                .to_owned();
            let (id, preview, party) = (
                &message.provider_id,
                message.content.preview(),
                party(&message.party),
            );
            format!("{word} {id} {party}{context}{referral}{group} {kind} {preview}")
        }
        News::Status(status) => {
            let codes: Vec<_> = status
                .errors
                .iter()
                .map(|e| format!(" {}", e.code))
                .collect();
            let group = status
                .group_id
                .as_ref()
                .map_or(String::new(), |id| format!(" in {id}"));
            let tag = status
                .tag
                .as_ref()
                .map_or(String::new(), |tag| format!(" {tag}"));
            let state = status.state.as_str();
            format!(
                "status {} {}{group} {state}{}{tag}",
                status.provider_id,
                party(&status.party),
                codes.concat()
            )
        }
        News::Reaction(r) => {
            let emoji = r.emoji.as_deref().unwrap_or("none");
            format!(
                "reaction{} {} to {} {emoji}",
                by(r.by),
                party(&r.party),
                r.target
            )
        }
        News::Edit(e) => {
            format!(
                "edit{} {} of {} {}",
                by(e.by),
                party(&e.party),
                e.target,
                e.content.preview()
            )
        }
        News::Revoke(r) => format!("revoke{} {} of {}", by(r.by), party(&r.party), r.target),
        News::Identity(i) => {
            format!(
                "identity {:?} {} -> {}",
                i.change,
                party(&i.before),
                party(&i.after)
            )
        }
        News::Preference(p) => format!("preference {} {} {}", party(&p.party), p.category, p.value),
        News::Template(t) => {
            let name = t
                .name
                .as_deref()
                .or(t.template_id.as_deref())
                .unwrap_or("?");
            let before = t.before.as_deref().unwrap_or("-");
            format!(
                "template {name} {:?} {before} -> {}",
                t.property,
                t.after.as_deref().unwrap_or("-")
            )
        }
        News::Call(c) => format!(
            "call {} {} {} {}",
            c.call_id,
            party(&c.party),
            c.step,
            c.call.sentence()
        ),
        News::Notice(n) => {
            let codes: Vec<_> = n.errors.iter().map(|e| format!(" {}", e.code)).collect();
            format!(
                "notice {} {}{}",
                n.field,
                n.event.as_deref().unwrap_or("-"),
                codes.concat()
            )
        }
        News::Unreadable(u) => format!("unreadable {}", u.why),
    }
}

fn party(party: &Party) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{}|{}|{}",
        part(&party.wa_id),
        part(&party.user_id),
        part(&party.name)
    )
}

/// A desk's ear: takes webhooks, checks the signature and keeps what they say.
pub struct Ear {
    server: Arc<tiny_http::Server>,
    heard: Arc<Mutex<Vec<Update>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ear {
    /// Listens on a free port; the first `deaf` webhooks are answered with 500 and forgotten.
    pub fn open(secret: &str, mut deaf: usize) -> Ear {
        let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (listening, kept, secret) =
            (Arc::clone(&server), Arc::clone(&heard), secret.to_owned());
        let thread = std::thread::spawn(move || {
            for mut request in listening.incoming_requests() {
                let mut raw = Vec::new();
                request.as_reader().read_to_end(&mut raw).unwrap();
                let mut headers = request.headers().iter();
                let header = headers
                    .find(|h| h.field.equiv(signature::HEADER))
                    .map(|h| h.value.to_string());
                assert!(
                    signature::verify(&secret, &raw, &header.unwrap()),
                    "a webhook is signed"
                );
                assert!(raw.is_ascii(), "a webhook is ASCII");
                let status = if deaf > 0 { 500 } else { 200 };
                if deaf > 0 {
                    deaf -= 1;
                } else {
                    let now = Moment::of_system_clock().plus_ms(60_000);
                    kept.lock().unwrap().extend(parse(&raw, now).unwrap());
                }
                request.respond(tiny_http::Response::empty(status)).unwrap();
            }
        });
        Ear {
            server,
            heard,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}/hooks/whatsapp/H-1", self.server.server_addr())
    }

    /// All updates so far.
    pub fn updates(&self) -> Vec<Update> {
        self.heard.lock().unwrap().clone()
    }

    /// The states reported for a message, in order.
    pub fn states(&self, provider_id: &str) -> Vec<String> {
        let state = |update: Update| match update.news {
            News::Status(status) if status.provider_id == provider_id => {
                let code = status
                    .errors
                    .first()
                    .map_or(String::new(), |error| format!(" {}", error.code));
                Some(format!("{}{code}", status.state.as_str()))
            }
            _ => None,
        };
        self.updates().into_iter().filter_map(state).collect()
    }

    /// Waits until what was heard fits; fails after a while.
    pub fn wait(&self, what: &str, fits: impl Fn(&[Update]) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !fits(&self.updates()) {
            assert!(
                Instant::now() < end,
                "waited for {what} in vain: {:?}",
                self.updates()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.server.unblock();
        let thread = self.thread.take().unwrap().join();
        assert!(
            thread.is_ok() || std::thread::panicking(),
            "a webhook was not as it should be"
        );
    }
}

/// A customer known by number.
pub fn by_number(number: &str) -> Party {
    Party {
        wa_id: Some(number.to_owned()),
        ..Party::default()
    }
}

/// A file to send.
pub fn media(kind: MediaKind, mime: &str, id: &str) -> Media {
    Media {
        media: kind,
        mime: mime.to_owned(),
        media_id: Some(id.to_owned()),
        ..Media::default()
    }
}
