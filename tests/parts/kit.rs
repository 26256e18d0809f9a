//! A desk of its own for each test: made, served, killed, stopped and looked into from outside.

use rusqlite::{Connection, OpenFlags};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use trailbox::channels::whatsapp::signature;

/// The app secret of every desk here.
pub const SECRET: &str = "a-secret-of-the-parts";
/// The access token.
pub const TOKEN: &str = "a-token-of-the-parts";
/// The word of the handshake.
pub const VERIFY: &str = "a-word-of-the-parts";
/// The owner's address.
pub const EMAIL: &str = "otti@desk.example";
/// The owner's password.
pub const PASSWORD: &str = "long words are better";
/// The longest a start may take. **Unit:** seconds. One is promised for a release build.
pub const START_S: u64 = 5;

static ALONE: Mutex<()> = Mutex::new(());

/// A desk in a folder, and the process that serves it.
pub struct Desk {
    folder: tempfile::TempDir,
    port: u16,
    process: Option<Child>,
    _alone: MutexGuard<'static, ()>,
}

/// A folder or file beside the repository; says so where it is not there.
pub fn shared(part: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let path = std::env::var_os("TRAILBOX_SHARED")
        .map_or_else(beside, PathBuf::from)
        .join(part);
    if !path.exists() {
        println!("not here: {}", path.display());
        return None;
    }
    Some(path)
}

/// Tries until it answers; fails after so many seconds.
pub fn wait_for<T>(what: &str, most_s: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(most_s);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {most_s} s for {what} in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An agent that hands every answer over as it is and keeps no connection.
pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(0)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}

impl Desk {
    /// Makes a desk with an owner, as the documents say.
    pub fn make() -> Desk {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let desk = Desk {
            folder: tempfile::tempdir().unwrap(),
            port,
            process: None,
            _alone: alone,
        };
        desk.granted(&[
            "init",
            "--non-interactive",
            "--name",
            "Parts",
            "--owner",
            "Otti",
            "--email",
            EMAIL,
        ]);
        desk
    }

    /// Connects the channel `shop` to a Graph API.
    pub fn connect(&self, base_url: &str) {
        self.granted(&[
            "channel",
            "add",
            "whatsapp",
            "shop",
            "--phone-number-id",
            "106540352242922",
            "--waba-id",
            "102290129340398",
            "--token",
            TOKEN,
            "--app-secret",
            SECRET,
            "--verify-token",
            VERIFY,
            "--base-url",
            base_url,
        ]);
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// An address of the served desk.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Where its webhooks go.
    pub fn hook(&self) -> String {
        self.url("/hooks/whatsapp/shop")
    }

    /// Runs a command on the desk.
    pub fn command(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_trailbox"))
            .args(words)
            .env("TRAILBOX_DATA", self.data())
            .env("TRAILBOX_PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs a command as somebody who may write nothing here, also where root runs the tests.
    pub fn by_somebody_else(&self, words: &[&str]) -> Output {
        use std::os::unix::process::CommandExt;
        let program = self.folder.path().join("program"); // where everybody may go
        std::fs::copy(env!("CARGO_BIN_EXE_trailbox"), &program).unwrap();
        let mut command = Command::new(&program);
        if rustix::process::geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
        command
            .args(words)
            .env("TRAILBOX_DATA", self.data())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs a command that must succeed.
    pub fn granted(&self, words: &[&str]) {
        let output = self.command(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
    }

    /// Runs a command that must be refused with 1; what it said.
    pub fn refused(&self, words: &[&str]) -> String {
        let output = self.command(words);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        said
    }

    /// Starts serving; answers how long it took until the desk was ready.
    pub fn serve(&mut self) -> Duration {
        self.serve_by(Command::new(env!("CARGO_BIN_EXE_trailbox")))
    }

    /// Starts serving while no file may grow beyond a size, as on a full disk.
    pub fn serve_in_little_room(&mut self, most_kib: u64) {
        // The signal of the limit is ignored, so that writing fails as it does on a full disk.
        let script = "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";
        let mut command = Command::new("bash");
        command.args(["-c", script, &most_kib.to_string()]);
        command.arg(env!("CARGO_BIN_EXE_trailbox"));
        self.serve_by(command);
    }

    fn serve_by(&mut self, mut command: Command) -> Duration {
        assert!(self.process.is_none(), "it is served already");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .unwrap();
        let listen = format!("127.0.0.1:{}", self.port);
        let began = Instant::now();
        let process = command
            .args(["serve", "--listen", &listen])
            .env("TRAILBOX_DATA", self.data())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
        let agent = agent();
        let ready = self.url("/readyz");
        wait_for("the desk to be ready", 30, || {
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "serving ended: {}", self.log());
            agent
                .get(&ready)
                .call()
                .ok()
                .filter(|it| it.status() == 200)
        });
        began.elapsed()
    }

    /// What the serving process said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Ends the serving process between two instructions, as a power cut would.
    pub fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap(); // SIGKILL
        process.wait().unwrap();
    }

    /// Asks the serving process to stop, and waits.
    pub fn stop(&mut self) -> ExitStatus {
        let mut process = self.process.take().unwrap();
        kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
        wait_for("the desk to stop", 30, || process.try_wait().unwrap())
    }

    /// Stops in good order and verifies everything.
    pub fn stop_and_verify(&mut self) {
        let status = self.stop();
        assert_eq!(status.code(), Some(0), "{}", self.log());
        let output = self.command(&["verify"]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{said}");
    }

    /// The rows of a query, each cell as text; past the program, as a second opinion.
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = Connection::open_with_flags(self.data().join("trailbox.db"), flags).unwrap();
        db.busy_timeout(Duration::from_secs(10)).unwrap();
        let mut statement = db.prepare(sql).unwrap();
        let width = statement.column_count();
        let read = |row: &rusqlite::Row<'_>| {
            let cell = |place| {
                let value: rusqlite::types::Value = row.get(place)?;
                Ok(match value {
                    rusqlite::types::Value::Null => String::new(),
                    rusqlite::types::Value::Integer(number) => number.to_string(),
                    rusqlite::types::Value::Real(number) => number.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    rusqlite::types::Value::Blob(bytes) => format!("{bytes:?}"),
                })
            };
            (0..width).map(cell).collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows = statement.query_map([], read).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// The one number a query answers.
    pub fn number(&self, sql: &str) -> u64 {
        self.rows(sql)[0][0].parse().unwrap()
    }

    /// Posts a webhook with a right signature; the status.
    pub fn post(&self, body: &[u8]) -> u16 {
        self.post_as("shop", body, Some(&signature::sign(SECRET, body)))
    }

    /// Posts a webhook; the status.
    pub fn post_as(&self, channel: &str, body: &[u8], signature: Option<&str>) -> u16 {
        let url = self.url(&format!("/hooks/whatsapp/{channel}"));
        let mut request = agent()
            .post(&url)
            .header("content-type", "application/json");
        if let Some(signature) = signature {
            request = request.header("x-hub-signature-256", signature);
        }
        request.send(body).unwrap().status().as_u16()
    }

    /// Waits until every kept payload was read.
    pub fn wait_until_read(&self) {
        wait_for("all payloads to be read", 60, || {
            let waiting = "SELECT count(*) FROM payload WHERE state = 'waiting'";
            (self.number(waiting) == 0).then_some(())
        });
    }

    /// The names in the data folder.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.data())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The files of the data folder with their bytes, but for the lock and what SQLite leaves of a
    /// reader: shared memory and an empty log.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let read = |name: String| {
            let bytes = std::fs::read(self.data().join(&name)).unwrap();
            (name, bytes)
        };
        self.names()
            .into_iter()
            .filter(|name| name != "lock" && !name.ends_with("-shm"))
            .map(read)
            .filter(|(name, bytes)| !name.ends_with("-wal") || !bytes.is_empty())
            .collect()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().ok(); // it may have ended by itself
            process.wait().ok();
        }
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let newest = lines.len().saturating_sub(30);
            println!(
                "── the desk said at the end\n{}",
                lines[newest..].join("\n")
            );
        }
    }
}
