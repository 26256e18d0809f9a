//! The pages, in process: what a member asks for in a browser, and what stands there then.

mod access;
mod audit;
mod bot;
mod case;
mod door;
mod exports;
mod guards;
mod lists;
mod notifications;
mod packs;
mod past;
mod privacy;
mod settings;
mod together;
mod views;
mod work;

use super::kit::Kit;
use std::collections::HashMap;
use trailbox::desk;
use trailbox::domain::actor::Who;
use trailbox::domain::event::{Event, MemberEvent, Origin};
use trailbox::domain::id::Seq;
use trailbox::domain::member::Role;
use trailbox::jobs::Jobs;
use trailbox::web::app::App;
use trailbox::web::exchange::{Answer, Method, Request, Response};
use trailbox::web::front::live::Hub;
use trailbox::web::passwords::Passwords;
use trailbox::web::{site, visit};

/// A desk with people in front of it.
pub struct House {
    pub kit: Kit,
    pub app: App,
}

/// A member with a browser.
pub struct Browser {
    pub who: Who,
    pub token: String,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub text: String,
    pub location: String,
}

impl House {
    pub fn new() -> Self {
        let kit = Kit::new();
        let ledger = kit.ledger.clone();
        let app = App {
            hub: Hub::new(),
            jobs: Jobs::start(&ledger).unwrap(),
            passwords: Passwords::start().unwrap(),
            public_url: Some("https://desk.example".to_owned()),
            samples: Vec::new(),
            setup_code: std::sync::Mutex::default(),
            used: std::sync::Mutex::new(HashMap::new()),
            present: std::sync::Mutex::default(),
            verification: std::sync::Arc::default(),
            making: std::sync::Arc::default(),
            started_at: ledger.clock().now(),
            ledger,
        };
        // The hands rest: what the kit hears it also reads, and nothing else moves meanwhile.
        app.jobs.stop();
        House { kit, app }
    }

    /// Given somebody of this role who is signed in.
    pub fn member(&self, name: &str, role: Role) -> Browser {
        let who = self.kit.member(name, role);
        self.sign_in(who)
    }

    /// Given another browser of the same member.
    pub fn sign_in(&self, who: Who) -> Browser {
        let token = format!("{:0>43}", self.kit.number());
        let (id, session) = (who.member().unwrap(), visit::session_id(&token));
        let origin = Origin {
            address: "127.0.0.1".to_owned(),
            agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".to_owned(),
        };
        self.kit.done(&who, move |now| {
            desk::sessions::log_in(now, id, session, origin)
        });
        Browser { who, token }
    }

    pub fn get(&self, browser: &Browser, path: &str) -> Page {
        let request = Request::new(Method::Get, path).unwrap();
        self.answer(browser, request)
    }

    pub fn post(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &visit::csrf(&browser.token));
        form.extend_pairs(fields);
        let request = Request::new(Method::Post, path)
            .unwrap()
            .with_header("content-type", "application/x-www-form-urlencoded")
            .with_body(form.finish());
        self.answer(browser, request)
    }

    /// A form that is answered with a file of its own: that file.
    pub fn taken(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
        let known = self.kept_files(browser);
        let page = self.post(browser, path, fields);
        assert_eq!(page.status, 303, "{path}: {}", gist(&page.text));
        if page.location.ends_with("/file") {
            return self.get(browser, &page.location);
        }
        // It took longer than a page waits: it is among the kept ones as soon as it is made.
        assert_eq!(page.location, "/exports");
        for _ in 0..600 {
            let files = self.kept_files(browser);
            if let Some(file) = files.iter().find(|file| !known.contains(file)) {
                return self.get(browser, file);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{path}: not made within a minute");
    }

    /// The addresses of the files that `/exports` lists.
    fn kept_files(&self, browser: &Browser) -> Vec<String> {
        let page = self.shows(browser, "/exports");
        let links = page.split("href=\"").skip(1);
        let links = links.filter_map(|rest| rest.split('"').next());
        links
            .filter(|href| href.starts_with("/exports/") && href.ends_with("/file"))
            .map(str::to_owned)
            .collect()
    }

    /// A form with a file named `file`.
    pub fn upload(
        &self,
        browser: &Browser,
        path: &str,
        fields: &[(&str, &str)],
        (name, bytes): (&str, &[u8]),
    ) -> Page {
        let mut body = Vec::new();
        let csrf = visit::csrf(&browser.token);
        for (field, value) in [("csrf", csrf.as_str())].iter().chain(fields) {
            let head = format!("--b\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n");
            body.extend_from_slice(format!("{head}{value}\r\n").as_bytes());
        }
        let head = format!("name=\"file\"; filename=\"{name}\"\r\n\r\n");
        body.extend_from_slice(b"--b\r\nContent-Disposition: form-data; ");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let request = Request::new(Method::Post, path)
            .unwrap()
            .with_header("content-type", "multipart/form-data; boundary=b")
            .with_body(body);
        self.answer(browser, request)
    }

    fn answer(&self, browser: &Browser, request: Request) -> Page {
        Page::of(self.answered(browser, request))
    }

    /// The answer as it is, with its headers.
    pub fn answered(&self, browser: &Browser, mut request: Request) -> Response {
        self.kit.later(11);
        request.id = "r-test".to_owned();
        let request = request
            .with_header("host", "desk.example")
            .with_header("cookie", format!("trailbox={}", browser.token));
        site::answer(&self.app, &request)
    }

    /// Then the form was taken, and the browser is sent to a page.
    pub fn done(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> String {
        let page = self.post(browser, path, fields);
        assert_eq!(page.status, 303, "{path}: {}", gist(&page.text));
        page.location
    }

    /// Then the page is there.
    pub fn shows(&self, browser: &Browser, path: &str) -> String {
        let page = self.get(browser, path);
        assert_eq!(
            page.status,
            200,
            "{path}: {} {}",
            page.location,
            gist(&page.text)
        );
        page.text
    }

    /// Then the form comes back with a sentence, and nothing was recorded.
    pub fn again(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Page {
        let before = self.kit.events();
        let page = self.post(browser, path, fields);
        assert!(
            matches!(page.status, 409 | 422),
            "{path}: {} {}",
            page.status,
            gist(&page.text)
        );
        assert_eq!(
            self.kit.events(),
            before,
            "{path}: a refused form left facts"
        );
        page
    }

    /// Then it is refused by a page that names the right, and that is the only thing recorded.
    pub fn refused(&self, browser: &Browser, method: Method, path: &str) {
        let before = self.kit.events();
        let page = match method {
            Method::Post => self.post(browser, path, &[]),
            _ => self.get(browser, path),
        };
        assert_eq!(page.status, 403, "{path}: {}", gist(&page.text));
        assert!(page.text.contains("does not have the right to"), "{path}");
        let recorded = self.since(before);
        assert!(
            matches!(
                recorded.as_slice(),
                [Event::Member(MemberEvent::AccessRefused { wish, .. })]
                    if wish == &format!("{method} {path}")
            ),
            "{path}: {recorded:?}"
        );
    }

    /// The events from a place on.
    pub fn since(&self, from: u64) -> Vec<Event> {
        let ask = |now: &trailbox::ledger::Now<'_>| {
            (from..now.next_seq().0)
                .map(|seq| Ok(desk::audit::get(now, Seq(seq))?.event))
                .collect()
        };
        self.kit.ask(ask).unwrap()
    }
}

impl Page {
    pub fn of(response: Response) -> Self {
        let header = |name: &str| {
            let mut headers = response.headers().iter();
            headers
                .find(|(have, _)| have.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
        };
        let location = header("location").unwrap_or_default();
        let text = match &response.body {
            Answer::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Answer::File(file) => {
                let mut bytes = Vec::new();
                std::io::Read::read_to_end(&mut file.open().unwrap(), &mut bytes).unwrap();
                String::from_utf8_lossy(&bytes).into_owned()
            }
            Answer::Empty | Answer::Live(_) => String::new(),
        };
        Page {
            status: response.status,
            text,
            location,
        }
    }

    /// Then these words stand on it.
    pub fn says(&self, words: &str) {
        assert!(
            self.text.contains(words),
            "no {words:?} in {}",
            gist(&self.text)
        );
    }
}

/// The words of a page, without its elements and its frame.
pub fn gist(html: &str) -> String {
    let main = html.split_once("<main").map_or(html, |(_, main)| main);
    let words = main.split('<').filter_map(|piece| piece.split_once('>'));
    let words = words.flat_map(|(_, text)| text.split_whitespace());
    words.take(250).collect::<Vec<_>>().join(" ")
}
