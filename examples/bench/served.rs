//! The desk as a server of its own, asked over HTTP by clients that keep their connection, as a
//! browser does.

use crate::bare::Result;
use crate::measure::Times;
use crate::seed::TOKEN;
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use trailbox::web::visit;

/// A serving process; ended in good order when it is dropped.
pub struct Served {
    process: Child,
    /// Where it answers.
    pub address: String,
    /// From the start of the process to the first answer.
    pub up_after: Duration,
}

impl Served {
    /// Serves the desk in a folder with the program that was built beside this one.
    pub fn start(folder: &Path) -> Result<Self> {
        let began = Instant::now();
        let mut process = Command::new(program()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let address = loop {
            let line = lines.next().ok_or("the desk ended before it served")??;
            if let Some(at) = line.find("http://") {
                let rest = line.get(at..).unwrap_or_default();
                break rest.trim_end_matches('/').to_owned();
            }
        };
        thread::spawn(move || lines.for_each(drop));
        let mut served = Served {
            process,
            address,
            up_after: Duration::ZERO,
        };
        served.client().ask("/readyz")?;
        served.up_after = began.elapsed();
        Ok(served)
    }

    /// The process's number.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// A client with a connection of its own, signed in.
    pub fn client(&self) -> Client {
        Client {
            agent: ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(600)))
                .http_status_as_error(false)
                .max_redirects(0)
                .build()
                .new_agent(),
            address: self.address.clone(),
        }
    }

    /// Posts notes from so many clients at once, `each` by each; gives all times and the whole.
    pub fn notes(&self, clients: usize, each: usize) -> Result<(Times, Duration)> {
        let began = Instant::now();
        let posting: Vec<_> = (0..clients)
            .map(|n| {
                let client = self.client();
                thread::spawn(move || -> Result<Times> {
                    // Each in a conversation of its own, as people at their desks.
                    let path = format!("/conversations/C-{}/notes", n + 1);
                    Times::of(each, |_| {
                        client.post(&path, &[("text", "Looked into it again.")])
                    })
                })
            })
            .collect();
        let mut times = Times::default();
        for one in posting {
            times.join(one.join().map_err(|_| "a client broke")??);
        }
        Ok((times, began.elapsed()))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let number = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &number]).status();
        if asked.is_err() {
            self.process.kill().ok(); // it may have ended already
        }
        self.process.wait().ok(); // nothing can be done about it here
    }
}

/// Somebody who is signed in.
pub struct Client {
    agent: ureq::Agent,
    address: String,
}

impl Client {
    /// Asks for a page and reads all of it.
    pub fn ask(&self, path: &str) -> Result<String> {
        let mut answer = self
            .agent
            .get(format!("{}{path}", self.address))
            .header("cookie", format!("{}={TOKEN}", visit::COOKIE_PLAIN))
            .call()?;
        let body = answer.body_mut().read_to_string()?;
        match answer.status().as_u16() {
            200 => Ok(body),
            other => Err(format!("{path} answered {other}: {body:.300}").into()),
        }
    }

    /// Posts a form that a file is made for, waits until it is there and reads all of it. Gives its
    /// length.
    pub fn take(&self, path: &str, fields: &[(&str, &str)]) -> Result<u64> {
        let before = self.files()?;
        self.post(path, fields)?;
        let file = loop {
            let files = self.files()?;
            if let Some(new) = files.into_iter().find(|file| !before.contains(file)) {
                break new;
            }
            thread::sleep(Duration::from_millis(20));
        };
        let mut answer = self
            .agent
            .get(format!("{}{file}", self.address))
            .header("cookie", format!("{}={TOKEN}", visit::COOKIE_PLAIN))
            .call()?;
        let status = answer.status().as_u16();
        let mut body = answer.body_mut().as_reader();
        let read = std::io::copy(&mut body, &mut std::io::sink())?;
        match status {
            200 => Ok(read),
            other => Err(format!("{file} answered {other}").into()),
        }
    }

    /// The exports that can be taken.
    fn files(&self) -> Result<Vec<String>> {
        let page = self.ask("/exports")?;
        let links = page.split('"').filter(|part| {
            let id = part.strip_prefix("/exports/");
            id.is_some_and(|id| id.ends_with("/file"))
        });
        Ok(links.map(str::to_owned).collect())
    }

    /// Posts a form; anything but the usual redirect is an error.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<()> {
        let csrf = visit::csrf(TOKEN);
        let fields = fields.iter().copied().chain([("csrf", csrf.as_str())]);
        let mut answer = self
            .agent
            .post(format!("{}{path}", self.address))
            .header("cookie", format!("{}={TOKEN}", visit::COOKIE_PLAIN))
            .header("origin", &self.address)
            .send_form(fields)?;
        let body = answer.body_mut().read_to_string()?;
        match answer.status().as_u16() {
            303 => Ok(()),
            other => Err(format!("{path} answered {other}: {body:.300}").into()),
        }
    }
}

fn program() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let built = here.parent().and_then(Path::parent).ok_or("no folder")?;
    let program = built.join("trailbox");
    match program.exists() {
        true => Ok(program),
        false => Err(format!("{} is not built: cargo build first", program.display()).into()),
    }
}
