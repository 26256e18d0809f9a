//! A desk and a witness, each a process of its own: what is signed, a desk put back from an old copy,
//! a history that forks, a witness that answers nothing; and the key exchanged while killed.

use crate::browser::Browser;
use crate::kit::{Desk, wait_for};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use trailbox::ledger::cosign::Cosigner;
use trailbox::ledger::note::{Checkpoint, Verifier};

/// A witness in a folder of its own.
struct Second {
    process: Child,
    url: String,
    key: String,
}

impl Second {
    fn start(folder: &std::path::Path, vkey: &str) -> Second {
        let mut process = Command::new(env!("CARGO_BIN_EXE_trailbox"))
            .args([
                "witness",
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--name",
                "second/w1",
            ])
            .args(["--vkey", vkey, "--data"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = |before: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(before).unwrap().to_owned()
        };
        let url = said("the witness listens at ");
        let key = said("its key: ");
        Second { process, url, key }
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        self.process.kill().ok(); // it may have been killed already
        self.process.wait().ok();
    }
}

fn said(output: Output) -> String {
    String::from_utf8(output.stdout).unwrap()
}

/// The verifier key of a desk that signs now.
fn vkey(desk: &Desk) -> String {
    let keys = said(desk.command(&["key", "show"]));
    let newest = keys.lines().last().unwrap();
    newest.split(' ').next().unwrap().to_owned()
}

fn number(desk: &Desk, sql: &str) -> u64 {
    desk.rows(sql)[0][0].parse().unwrap_or(0)
}

const SIGNED: &str = "SELECT max(size) FROM cosignature";
const PUBLISHED: &str = "SELECT max(size) FROM checkpoint";

fn wait_until_signed(desk: &Desk) -> u64 {
    wait_for("the witness to sign", 30, || {
        let signed = number(desk, SIGNED);
        (signed > 1 && signed == number(desk, PUBLISHED)).then_some(signed)
    })
}

fn named(desk: &Desk, witness: &Second) {
    desk.granted(&["set", "witness.url", &witness.url]);
    desk.granted(&["set", "witness.vkey", &witness.key]);
}

#[test]
fn a_second_process_signs_and_sees_a_rollback_and_a_fork() {
    let mut desk = Desk::make();
    let folder = tempfile::tempdir().unwrap();
    let witness = Second::start(folder.path(), &vkey(&desk));
    named(&desk, &witness);
    desk.granted(&["checkpoint", "make"]);
    desk.serve();
    let first = wait_until_signed(&desk);
    let note = said(desk.command(&["checkpoint", "show"]));
    let cosigner = Cosigner::parse(&witness.key).unwrap();
    assert!(cosigner.open(&note).is_ok(), "{note}");
    let point = Verifier::parse(&vkey(&desk)).unwrap().open(&note).unwrap();
    assert_eq!(point.size, first);
    desk.stop();
    let old = std::fs::read(desk.data().join("trailbox.db")).unwrap();

    // Killed between two answers, it goes on from what it signed.
    witness.kill();
    let witness = Second::start(folder.path(), &vkey(&desk));
    named(&desk, &witness);
    desk.serve();
    wait_until_signed(&desk);
    desk.stop();
    let (signed, published) = (number(&desk, SIGNED), number(&desk, PUBLISHED));
    assert_eq!(signed, published, "a stop publishes and hands it over");
    desk.granted(&["set", "desk.name", "Parts of later"]);
    desk.serve();
    let second = wait_until_signed(&desk);
    assert!(second > first);
    let kept = folder.path().join("kept.txt");
    std::fs::write(&kept, said(desk.command(&["checkpoint", "show"]))).unwrap();
    let shown = Command::new(env!("CARGO_BIN_EXE_trailbox"))
        .args(["witness", "show", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    let shown = said(shown);
    assert!(
        shown.contains(&format!(": {second} events, signed 20")),
        "{shown}"
    );
    desk.stop();
    let last = number(&desk, SIGNED);
    assert!(last > second);
    let kept = kept.to_str().unwrap();
    let against = desk.command(&["verify", "--chain", "--against", kept]);
    assert_eq!(against.status.code(), Some(0), "{}", said(against));
    let from = desk.command(&["verify", "--from", kept]);
    assert_eq!(from.status.code(), Some(0), "{}", said(from));

    // The whole file of some time ago, as a backup would be put back.
    std::fs::write(desk.data().join("trailbox.db"), old).unwrap();
    let alone = desk.command(&["verify"]);
    assert_eq!(
        alone.status.code(),
        Some(0),
        "alone it is whole: {}",
        said(alone)
    );
    let against = desk.command(&["verify", "--chain", "--against", kept]);
    assert_eq!(against.status.code(), Some(3));
    assert!(said(against).contains("truncated"));
    named(&desk, &witness);
    desk.serve();
    let told = wait_for("the witness to tell of the rollback", 30, || {
        desk.rows("SELECT how, known FROM contradiction").pop()
    });
    assert_eq!(told, ["rolled_back", &last.to_string()]);
    let mut browser = Browser::signed_in(&desk.url(""));
    let page = browser.get("/audit/integrity").unwrap().html;
    assert!(
        page.contains("signed a longer trail of this desk"),
        "{page}"
    );
    let events = "SELECT count(*) FROM trail WHERE event = 'checkpoint.contradicted'";
    assert_eq!(number(&desk, events), 1);

    // It grows beyond what the witness signed, and is another one all the same.
    desk.stop();
    for n in 0..40 {
        desk.granted(&["set", "desk.name", &format!("Parts {n}")]);
    }
    desk.granted(&["checkpoint", "make"]);
    assert!(number(&desk, PUBLISHED) > last);
    desk.serve();
    wait_for("the witness to tell of the fork", 30, || {
        let how = desk.rows("SELECT how FROM contradiction").pop()?;
        (how == ["forked"]).then_some(())
    });
    desk.stop_and_verify();
}

#[test]
fn a_witness_that_answers_nothing_or_rubbish_holds_nothing_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut desk = Desk::make();
    desk.granted(&["set", "witness.url", &url]);
    let key = "second/w1+9fcb4ae8+BKuI/QFHu3p9aNaGDR3Q3b1oGZcVwPfsgrxMnNOAXYZw";
    let refused = desk.refused(&["set", "witness.vkey", key]);
    assert!(refused.contains("hash does not fit"), "{refused}");
    let folder = tempfile::tempdir().unwrap();
    let witness = Second::start(folder.path(), &vkey(&desk));
    desk.granted(&["set", "witness.vkey", &witness.key]);
    desk.granted(&["set", "witness.wait_s", "2"]);
    desk.serve();
    let mut browser = Browser::signed_in(&desk.url(""));
    let mut says = |words: &str| {
        wait_for(words, 30, || {
            let page = browser.get("/audit/integrity").unwrap().html;
            page.contains(words).then_some(())
        });
    };
    says("the witness gave no answer");
    desk.stop();
    desk.granted(&["set", "witness.wait_s", "30"]);
    desk.serve();
    std::thread::sleep(Duration::from_millis(500)); // in the middle of the call of the start
    let begun = Instant::now();
    desk.stop_and_verify();
    let took = begun.elapsed();
    assert!(
        took < Duration::from_secs(8),
        "stopped and verified in {took:?}"
    );
    desk.granted(&["set", "witness.wait_s", "2"]);
    desk.serve();
    // This desk itself is a server, and no witness of anybody.
    desk.stop();
    desk.granted(&["set", "witness.url", &desk.url("")]);
    desk.serve();
    let mut browser = Browser::signed_in(&desk.url(""));
    wait_for("words about an answer that makes no sense", 30, || {
        let page = browser.get("/audit/integrity").unwrap().html;
        page.contains("The witness did not sign:").then_some(())
    });
    let begun = Instant::now();
    desk.stop_and_verify();
    assert!(begun.elapsed() < Duration::from_secs(25));
    assert_eq!(number(&desk, "SELECT count(*) FROM cosignature"), 0);
}

/// A server that takes mail and keeps it in a folder.
struct Sink(Child);

impl Drop for Sink {
    fn drop(&mut self) {
        self.0.kill().ok(); // it ends with the test
        self.0.wait().ok();
    }
}

#[test]
fn a_checkpoint_is_mailed_and_the_saved_mail_shows_a_rollback() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, told) = (folder.path().join("sink"), folder.path().join("port"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/smtp_sink.py");
    let sink = Command::new("python3")
        .args(["-B", script, "--port-file", told.to_str().unwrap()])
        .args(["--fault", "rcpt_4xx:times=1", "--dir"])
        .arg(&kept)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let _sink = Sink(sink);
    let port = wait_for("the mail server", 10, || {
        let port = std::fs::read_to_string(&told).ok()?;
        port.trim().parse::<u16>().ok()
    });
    let mut desk = Desk::make();
    desk.granted(&["checkpoint", "make"]);
    let old = std::fs::read(desk.data().join("trailbox.db")).unwrap();
    let port = port.to_string();
    let mailbox = [
        "channel",
        "add",
        "email",
        "desk",
        "--address",
        "desk@desk.example",
    ];
    let way = [
        "--smtp-host",
        "127.0.0.1",
        "--smtp-security",
        "none",
        "--smtp-port",
        &port,
    ];
    desk.granted(&[&mailbox[..], &way[..]].concat());
    let refused = desk.refused(&["set", "checkpoint.mail_to", "nobody@desk.example"]);
    assert!(refused.contains("no member's address"), "{refused}");
    desk.granted(&["set", "checkpoint.mail_to", crate::kit::EMAIL]);
    desk.granted(&["checkpoint", "make"]);
    desk.serve();
    // The first try is refused: that is an event, and it is tried again after an hour.
    wait_for("the mail that was refused", 30, || {
        let events = "SELECT count(*) FROM trail WHERE event = 'checkpoint.not_mailed'";
        (number(&desk, events) == 1).then_some(())
    });
    desk.stop();
    desk.granted(&["set", "checkpoint.mail_to", ""]);
    std::fs::write(desk.data().join("trailbox.db"), &old).unwrap();
    desk.granted(&[&mailbox[..], &way[..]].concat());
    desk.granted(&["set", "checkpoint.mail_to", crate::kit::EMAIL]);
    desk.granted(&["checkpoint", "make"]);
    desk.serve();
    let mail = wait_for("the mail", 30, || {
        let mut files = std::fs::read_dir(&kept)
            .ok()?
            .map(|file| file.unwrap().path());
        files.find(|path| path.extension().is_some_and(|end| end == "eml"))
    });
    desk.stop_and_verify();
    assert_eq!(
        desk.number("SELECT count(*) FROM checkpoint_mail WHERE at IS NOT NULL"),
        1
    );
    let mail = mail.to_str().unwrap();
    let against = desk.command(&["verify", "--chain", "--against", mail]);
    assert_eq!(against.status.code(), Some(0), "{}", said(against));
    let from = desk.command(&["verify", "--from", mail]);
    assert_eq!(from.status.code(), Some(0), "{}", said(from));
    // As a relay may write it anew: all of it in base64.
    let text = std::fs::read(mail).unwrap();
    let text = trailbox::channels::email::parts::take(&text, 2).unwrap();
    let coded = data_encoding::BASE64.encode(&text.bytes);
    let anew = folder.path().join("anew.eml");
    let head = "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n";
    let coding = "Content-Transfer-Encoding: base64\r\n\r\n";
    std::fs::write(&anew, format!("{head}{coding}{coded}\r\n")).unwrap();
    let against = desk.command(&["verify", "--chain", "--against", anew.to_str().unwrap()]);
    assert_eq!(against.status.code(), Some(0), "{}", said(against));
    std::fs::write(desk.data().join("trailbox.db"), old).unwrap();
    for mail in [mail, anew.to_str().unwrap()] {
        let against = desk.command(&["verify", "--chain", "--against", mail]);
        assert_eq!(against.status.code(), Some(3), "{}", said(against));
    }
}

#[test]
fn a_key_exchanged_while_killed_leaves_a_desk_that_starts() {
    let seed = 20_261_122;
    println!("seed {seed}");
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut desk = Desk::make();
    let first = vkey(&desk);
    let folder = tempfile::tempdir().unwrap();
    let before = folder.path().join("before.txt");
    std::fs::write(&before, said(desk.command(&["checkpoint", "make"]))).unwrap();
    let rounds = if std::env::var_os("TRAILBOX_LONG").is_some() {
        200
    } else {
        25
    };
    let begun = Instant::now();
    desk.granted(&["key", "rotate"]);
    let whole_us = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let mut exchanged = 0;
    for _ in 0..rounds {
        let mut process = Command::new(env!("CARGO_BIN_EXE_trailbox"))
            .args(["key", "rotate"])
            .env("TRAILBOX_DATA", desk.data())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(dice.u64(0..whole_us * 5 / 4)));
        process.kill().ok(); // it may have ended by itself
        exchanged += u32::from(process.wait().unwrap().success());
        let output = desk.command(&["verify", "--chain", "--vkey", &first]);
        assert_eq!(output.status.code(), Some(0), "{}", said(output));
        desk.granted(&["checkpoint", "make"]);
    }
    println!("{exchanged} of {rounds} ended by themselves");
    let keys = said(desk.command(&["key", "show"]));
    assert!(keys.lines().count() > 1, "{keys}");
    desk.serve();
    desk.stop_and_verify();
    let before = before.to_str().unwrap();
    for words in [
        &["checkpoint", "verify", before][..],
        &["checkpoint", "verify", "--vkey", &first, before],
        &["verify", "--vkey", &first, "--against", before],
        &["verify", "--vkey", &first, "--from", before],
    ] {
        let output = desk.command(words);
        assert_eq!(output.status.code(), Some(0), "{words:?} {}", said(output));
    }
    let key = std::fs::metadata(desk.data().join("signing.key")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&key.permissions());
    assert_eq!(mode & 0o777, 0o600);
    let note = said(desk.command(&["checkpoint", "show"]));
    assert!(Checkpoint::parse(&note).is_ok());
}
