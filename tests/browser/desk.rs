//! The product's own program as a server, with people, a number and the built-in Graph emulator as
//! the provider behind it. When it goes it is stopped in good order and its trail is verified.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Output, Stdio},
};
use tempfile::TempDir;
use trailbox::demo::graph::{Customer, Graph, Options};

/// The customer of every story.
pub const INES: &str = "4915550001001";
/// Everybody's password here.
pub const PASSWORD: &str = "a horse that counts to nine";

/// A desk that serves.
pub struct Desk {
    /// Where: `http://127.0.0.1:40000`, without a slash at its end.
    pub origin: String,
    /// The provider's side.
    pub provider: Graph,
    server: Child,
    folder: TempDir,
}

impl Desk {
    /// A new desk with an owner, the agent Maya, the lead Lea, and one WhatsApp number.
    pub fn open() -> Desk {
        Desk::open_with(&[])
    }

    /// The same, after further commands.
    pub fn open_with(more: &[Vec<&str>]) -> Desk {
        let folder = tempfile::tempdir().expect("a folder for the desk");
        let run = |words: &[&str]| succeed(&folder, words);
        run(&["init", "--non-interactive", "--name", "Corner Shop"]
            .iter()
            .chain(&["--owner", "Olga Owner", "--email", "olga@example.org"])
            .copied()
            .collect::<Vec<_>>());
        for (name, email, role) in [
            ("Maya Lind", "maya@example.org", "agent"),
            ("Lea Lead", "lea@example.org", "lead"),
        ] {
            let who = ["member", "add", email, "--name", name, "--role", role];
            run(&[&who[..], &["--non-interactive"]].concat());
        }
        let provider = Graph::start(Options::default()).expect("the built-in Graph API starts");
        let (shop, base_url) = (Options::default(), provider.base_url().to_owned());
        run(&[
            "channel",
            "add",
            "whatsapp",
            "main",
            "--title",
            "Shop on WhatsApp",
            "--phone-number-id",
            &shop.phone_number_id,
            "--waba-id",
            &shop.waba_id,
            "--display-number",
            &shop.display_number,
            "--token",
            &shop.token,
            "--app-secret",
            &shop.app_secret,
            "--verify-token",
            "verify",
            "--base-url",
            &base_url,
        ]);
        for words in more {
            run(words);
        }
        let (server, origin) = serve(&folder, &["serve"]);
        provider.post_to(format!("{origin}/hooks/whatsapp/main"));
        provider.customer(Customer::new(INES, "Inés Soto"));
        Desk {
            origin,
            provider,
            server,
            folder,
        }
    }

    /// A mail server pipes a letter in.
    pub fn ingest(&self, channel: &str, letter: &str) {
        let mut child = program(&self.folder, &["ingest", "email", channel])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program runs");
        let mut pipe = child.stdin.take().expect("a piped stdin");
        pipe.write_all(letter.replace('\n', "\r\n").as_bytes())
            .expect("the letter is taken");
        drop(pipe);
        assert!(
            child.wait().expect("it ends").success(),
            "the letter is kept"
        );
    }

    /// The demonstration's desk, small: full of everything the product can do.
    pub fn demo() -> Desk {
        let folder = tempfile::tempdir().expect("a folder for the desk");
        let data = folder.path().to_str().expect("a folder with a plain name");
        let small = ["--data", data, "--conversations", "60", "--days", "3"];
        let (server, origin) = serve(&folder, &[&["demo"], &small[..]].concat());
        Desk {
            origin,
            provider: Graph::start(Options::default()).expect("the built-in Graph API starts"),
            server,
            folder,
        }
    }
}

impl Drop for Desk {
    /// Stops the server as a service manager does, and verifies what it leaves behind.
    fn drop(&mut self) {
        let number = self.server.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &number]).status();
        let ended = self.server.wait();
        if std::thread::panicking() {
            return;
        }
        assert!(
            ended.is_ok_and(|status| status.success()),
            "the server stops well"
        );
        succeed(&self.folder, &["verify"]);
    }
}

/// Runs a command of the program on the desk's folder; it must succeed.
fn succeed(folder: &TempDir, words: &[&str]) -> Output {
    let output = program(folder, words).output().expect("the program runs");
    assert!(
        output.status.success(),
        "trailbox {}\n{}{}",
        words.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn program(folder: &TempDir, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trailbox"));
    command
        .args(words)
        .env("TRAILBOX_DATA", folder.path())
        .env("TRAILBOX_PASSWORD", PASSWORD)
        .stdin(Stdio::null());
    command
}

/// Starts the server on a port the system gives it, and reads from its first lines which.
fn serve(folder: &TempDir, words: &[&str]) -> (Child, String) {
    let mut server = program(folder, &[words, &["--listen", "127.0.0.1:0"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let mut lines = BufReader::new(server.stdout.take().expect("a piped stdout")).lines();
    let origin = lines.by_ref().find_map(|line| {
        let line = line.expect("the server speaks text");
        let at = line.find("http://")?;
        Some(line[at..].trim_end_matches('/').to_owned())
    });
    std::thread::spawn(move || lines.for_each(drop));
    (server, origin.expect("the server says where it answers"))
}

/// Another machine: the binary alone in an empty folder, without database, key or password.
pub fn elsewhere(words: &[&str]) -> Output {
    let empty = tempfile::tempdir().expect("an empty folder");
    let output = Command::new(env!("CARGO_BIN_EXE_trailbox"))
        .args(words)
        .current_dir(empty.path())
        .env_remove("TRAILBOX_DATA")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let left = std::fs::read_dir(empty.path()).map(Iterator::count);
    assert_eq!(left.ok(), Some(0), "checking leaves nothing behind");
    output
}
