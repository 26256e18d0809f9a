//! E-mail against real servers: Dovecot keeps the mailboxes, Postfix carries and bounces. Lines are
//! cut, servers and desk are killed in the middle; each letter is one article or one that is kept
//! as not to be read.

use crate::kit::{Desk, wait_for};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Letters that are sent.
const LETTERS: usize = 500;

/// The scripts of the servers.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/mail")
        .join(name)
}

fn installed(program: &str) -> bool {
    ["/usr/sbin", "/usr/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

/// Running mail servers; stopped when they go.
pub struct Servers {
    folder: tempfile::TempDir,
    env: HashMap<String, String>,
}

impl Servers {
    pub fn start() -> Option<Servers> {
        if !installed("dovecot") {
            println!("not here: dovecot (tests/run installs it)");
            return None;
        }
        let folder = tempfile::Builder::new()
            .prefix("trailbox-mail-")
            .tempdir()
            .unwrap();
        let mut servers = Servers {
            folder,
            env: HashMap::new(),
        };
        let told = servers.run(&["start", "--idle-seconds", "2"]);
        servers.env = told
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Some(servers)
    }

    fn run(&self, words: &[&str]) -> String {
        let output = Command::new("python3")
            .arg("-B")
            .arg(script("mailservers.py"))
            .args(words)
            .arg("--dir")
            .arg(self.folder.path().join("mail"))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn port(&self, name: &str) -> Option<u16> {
        self.env.get(name)?.parse().ok()
    }

    pub fn imap(&self) -> u16 {
        self.port("MAIL_IMAP_PORT").unwrap()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.run(&["stop"]);
    }
}

/// A proxy that cuts lines.
struct Flaky(Child, u16);

impl Flaky {
    fn before(port: u16, folder: &Path, chance: &str) -> Flaky {
        let told = folder.join("proxy-port");
        let child = Command::new("python3")
            .arg("-B")
            .arg(script("flaky_proxy.py"))
            .args(["--to", &format!("127.0.0.1:{port}"), "--cut-chance", chance])
            .arg("--port-file")
            .arg(&told)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let read = || std::fs::read_to_string(&told).ok()?.trim().parse().ok();
        let port = wait_for("the proxy", 10, read);
        Flaky(child, port)
    }
}

impl Drop for Flaky {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A plain line to a mailbox, to put letters there and count them.
pub struct Line(BufReader<TcpStream>, u32);

impl Line {
    pub fn open(port: u16, user: &str) -> Line {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let mut line = Line(BufReader::new(stream), 0);
        let mut greeting = String::new();
        line.0.read_line(&mut greeting).unwrap();
        line.ask(&format!("LOGIN {user} secret"), None);
        line
    }

    fn ask(&mut self, command: &str, literal: Option<&[u8]>) -> String {
        self.1 += 1;
        let tag = format!("t{}", self.1);
        let stream = self.0.get_mut();
        match literal {
            Some(bytes) => {
                let start = format!("{tag} {command} {{{}+}}\r\n", bytes.len());
                stream.write_all(start.as_bytes()).unwrap();
                stream.write_all(bytes).unwrap();
                stream.write_all(b"\r\n").unwrap();
            }
            None => stream
                .write_all(format!("{tag} {command}\r\n").as_bytes())
                .unwrap(),
        }
        let mut all = String::new();
        loop {
            let mut line = Vec::new();
            assert!(
                self.0.read_until(b'\n', &mut line).unwrap() > 0,
                "the line ended"
            );
            let line = String::from_utf8_lossy(&line).into_owned();
            if line.starts_with(&format!("{tag} ")) {
                assert!(line.contains("OK"), "{command}: {line}");
                return all;
            }
            all.push_str(&line);
        }
    }

    pub fn count(&mut self, folder: &str) -> usize {
        let told = self.ask(&format!("STATUS {folder} (MESSAGES)"), None);
        let digits = told.split("MESSAGES ").nth(1).unwrap();
        digits.split(')').next().unwrap().parse().unwrap()
    }
}

/// A letter of our own writing, as some program somewhere writes it; many are broken.
fn letter(n: usize) -> Vec<u8> {
    let head =
        format!("From: Writer {n} <writer{n}@customer.test>\r\nTo: support@example.test\r\n");
    let id = format!("Message-ID: <corpus-{n}@customer.test>\r\n");
    let text = match n % 20 {
        0 => format!("{head}{id}Subject: plain {n}\r\n\r\nwords {n}\r\n"),
        1 => format!(
            "{head}{id}Subject: =?utf-8?B?R3LDvMOfZQ==?= {n}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße {n}\r\n"
        ),
        2 => format!(
            "{head}{id}Subject: html {n}\r\nContent-Type: text/html\r\n\r\n<p>bold <b>{n}</b><script>x</script>\r\n"
        ),
        3 => format!(
            "{head}{id}Subject: both {n}\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nplain {n}\r\n--b\r\nContent-Type: text/html\r\n\r\n<i>{n}</i>\r\n--b--\r\n"
        ),
        4 => format!(
            "{head}{id}Subject: cut {n}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nthe end is missing {n}"
        ),
        5 => format!("{head}{id}Subject: bare {n}\n\nbare line ends {n}\n"),
        6 => format!(
            "{head}{id}Subject: code {n}\r\nContent-Transfer-Encoding: base64\r\n\r\n!!not base64 {n}!!\r\n"
        ),
        7 => format!("{head}Subject: nameless {n}\r\n\r\nno message id {n}\r\n"),
        8 => format!(
            "{head}Message-ID: <the-same@customer.test>\r\nSubject: shared name {n}\r\n\r\nother words {n}\r\n"
        ),
        9 => format!("no header at all, only words {n}"),
        10 => format!(
            "{head}{id}Subject: zip {n}\r\nContent-Type: application/zip; name=\"../../bomb.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsDBA==\r\n"
        ),
        11 => format!(
            "{head}{id}Subject: {}\r\n\r\nlong subject {n}\r\n",
            "x".repeat(20_000)
        ),
        12 => format!(
            "{head}{id}References: {}\r\nSubject: many {n}\r\n\r\nx {n}\r\n",
            "<r@x.test>\r\n ".repeat(2_000)
        ),
        13 => format!(
            "{head}{id}Auto-Submitted: auto-replied\r\nSubject: away {n}\r\n\r\naway {n}\r\n"
        ),
        14 => format!("{head}{id}Date: yesterday or so\r\nSubject: odd date {n}\r\n\r\nx {n}\r\n"),
        15 => format!(
            "{head}{id}Subject: tnef {n}\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
        ),
        16 => format!(
            "{head}{id}Subject: koi {n}\r\nContent-Type: text/plain; charset=koi8-r\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        ),
        17 => format!(
            "{head}{id}Subject: dolls {n}\r\n{}\r\nx",
            "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n".repeat(200)
        ),
        18 => format!("From: \r\n{id}Subject: nobody {n}\r\n\r\nno sender {n}\r\n"),
        _ => format!(
            "{head}{id}Subject: bounce {n}\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n"
        ),
    };
    let mut bytes = text.into_bytes();
    if n % 20 == 16 {
        bytes.extend([0xF0, 0xD2, 0xC9, b'\r', b'\n']);
    }
    bytes
}

pub fn connect(desk: &Desk, imap: u16, smtp: u16, more: &[&str]) {
    let (imap, smtp) = (imap.to_string(), smtp.to_string());
    let mut words = vec![
        "channel",
        "add",
        "email",
        "support",
        "--address",
        "support@example.test",
        "--imap-host",
        "127.0.0.1",
        "--imap-port",
        &imap,
        "--imap-security",
        "none",
        "--password",
        "secret",
        "--processed",
        "Processed",
        "--read-old",
        "--smtp-host",
        "127.0.0.1",
        "--smtp-port",
        &smtp,
        "--smtp-security",
        "none",
    ];
    words.extend(more);
    desk.granted(&words);
}

#[test]
fn five_hundred_letters_survive_cuts_restarts_and_kills() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let mut desk = Desk::make();
    let proxy = Flaky::before(servers.imap(), servers.folder.path(), "0.6");
    connect(&desk, proxy.1, 1, &[]);
    desk.serve();
    let mut put = Line::open(servers.imap(), "support@example.test");
    for n in 0..LETTERS {
        put.ask("APPEND INBOX", Some(&letter(n)));
        match n {
            120 | 360 => {
                desk.kill();
                desk.serve();
            }
            240 => {
                drop(put);
                servers.run(&["again"]);
                put = Line::open(servers.imap(), "support@example.test");
            }
            _ => {}
        }
    }
    let read = "SELECT count(*) FROM payload WHERE state <> 'waiting'";
    wait_for("all letters", 300, || {
        (desk.number(read) >= LETTERS as u64).then_some(())
    });
    wait_for("an empty inbox", 120, || {
        (put.count("INBOX") == 0).then_some(())
    });
    assert_eq!(put.count("Processed"), LETTERS);
    let articles =
        desk.number("SELECT count(*) FROM article WHERE kind = 'email' AND direction = 'in'");
    let unread = desk.number("SELECT count(*) FROM payload WHERE state = 'unreadable'");
    assert_eq!(desk.number("SELECT count(*) FROM payload"), LETTERS as u64);
    assert_eq!(unread, LETTERS as u64 / 20, "those without any header");
    assert_eq!(
        articles + unread,
        LETTERS as u64,
        "each is one article or one kept"
    );

    // A new life of the mailbox brings nothing twice.
    servers.run(&["wipe"]);
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    let mut put = Line::open(servers.imap(), "support@example.test");
    (0..20).for_each(|n| drop(put.ask("APPEND INBOX", Some(&letter(n)))));
    put.ask("APPEND INBOX", Some(&letter(LETTERS + 20)));
    wait_for("the new letter", 120, || {
        (desk.number(read) > LETTERS as u64).then_some(())
    });
    wait_for("an empty inbox", 120, || {
        (put.count("INBOX") == 0).then_some(())
    });
    assert_eq!(
        desk.number("SELECT count(*) FROM payload"),
        LETTERS as u64 + 1
    );
    desk.stop_and_verify();
}

#[test]
fn a_letter_of_a_hundred_megabytes_is_kept_and_listed() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let mut desk = Desk::make();
    connect(&desk, servers.imap(), 1, &[]);
    desk.serve();
    let mut raw = b"From: a@customer.test\r\nSubject: big\r\nMessage-ID: <big@customer.test>\r\n\
        Content-Type: application/octet-stream; name=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    let line = [b"QUJD".repeat(19), b"\r\n".to_vec()].concat();
    while raw.len() < 100 * 1024 * 1024 {
        raw.extend(&line);
    }
    let mut put = Line::open(servers.imap(), "support@example.test");
    put.ask("APPEND INBOX", Some(&raw));
    wait_for("the big letter", 180, || {
        (desk.number("SELECT count(*) FROM article WHERE kind = 'email'") == 1).then_some(())
    });
    let rows = desk.rows("SELECT content FROM article WHERE kind = 'email'");
    assert!(format!("{rows:?}").contains("big.bin"), "{rows:?}");
    desk.stop_and_verify();
}

#[test]
fn an_acknowledgement_goes_out_through_postfix_and_threads_come_back() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let Some(smtp) = servers.port("MAIL_SUBMISSION_PORT") else {
        println!("not here: Postfix, which only root can start");
        return;
    };
    let mut desk = Desk::make();
    let (port, imap) = (smtp.to_string(), servers.imap().to_string());
    let authority = servers.env["MAIL_CA"].clone();
    desk.granted(&[
        "channel",
        "add",
        "email",
        "support",
        "--address",
        "support@example.test",
        "--imap-host",
        "localhost",
        "--imap-port",
        &imap,
        "--imap-security",
        "starttls",
        "--password",
        "secret",
        "--smtp-host",
        "localhost",
        "--smtp-port",
        &port,
        "--smtp-security",
        "starttls",
        "--authority",
        &authority,
        "--plus-address",
        "--acknowledgement",
        "We got your letter.",
        "--read-old",
    ]);
    desk.granted(&["channel", "test", "support"]);
    desk.serve();
    let mut ana = Line::open(servers.imap(), "ana@customer.test");
    let mut support = Line::open(servers.imap(), "support@example.test");
    let first = "From: Ana <ana@customer.test>\r\nTo: support@example.test\r\nSubject: parcel\r\n\
        Message-ID: <first@customer.test>\r\n\r\nwhere is it\r\n";
    support.ask("APPEND INBOX", Some(first.as_bytes()));
    wait_for("the acknowledgement", 60, || {
        (ana.count("INBOX") == 1).then_some(())
    });
    ana.ask("SELECT INBOX", None);
    let got = ana.ask("UID FETCH 1 (BODY.PEEK[])", None);
    assert!(got.contains("In-Reply-To: <first@customer.test>"), "{got}");
    assert!(got.contains("Auto-Submitted: auto-replied") && got.contains("We got your letter."));
    let field = |name: &str| {
        let line = got.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_once(": ").unwrap().1.trim().to_owned()
    };
    let second = format!(
        "From: Ana <ana@customer.test>\r\nTo: {}\r\nSubject: Re: parcel\r\n\
         Message-ID: <second@customer.test>\r\nIn-Reply-To: {}\r\n\r\nthanks\r\n",
        field("Reply-To"),
        field("Message-ID"),
    );
    support.ask("APPEND INBOX", Some(second.as_bytes()));
    wait_for("the answer", 60, || {
        (desk.number("SELECT count(*) FROM article WHERE direction = 'in'") == 2).then_some(())
    });
    assert_eq!(desk.number("SELECT count(*) FROM conversation"), 1);
    // A writer whose address does not exist: Postfix bounces what we send there.
    let gone = "From: gone@elsewhere.test\r\nTo: support@example.test\r\nSubject: ghost\r\n\
        Message-ID: <ghost@elsewhere.test>\r\n\r\nboo\r\n";
    support.ask("APPEND INBOX", Some(gone.as_bytes()));
    wait_for("the bounce", 90, || {
        (desk.number("SELECT count(*) FROM report WHERE state = 'failed'") == 1).then_some(())
    });
    assert_eq!(desk.number("SELECT count(*) FROM conversation"), 2);
    desk.stop_and_verify();
}
