//! Machines that answer machines, over real servers: the desk acknowledges a letter, something on
//! the other side answers the acknowledgement, and so on. It comes to rest by itself.

use crate::kit::{Desk, wait_for};
use crate::mail::{Line, Servers, connect};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How long nothing may happen until it has come to rest.
const REST: Duration = Duration::from_secs(8);
/// Automatic answers one customer gets within an hour.
const ANSWERS: usize = 3;

/// Hands a letter to Postfix as any mail program does.
fn send(port: u16, from: &str, letter: &str) {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    let mut hears = |wanted: &str| {
        let mut line = String::new();
        while !line.starts_with(&format!("{wanted} ")) {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the line ended");
            assert!(line.starts_with(wanted), "{line}");
        }
    };
    hears("220");
    for (said, answer) in [
        ("EHLO robot.customer.test".to_owned(), "250"),
        (format!("MAIL FROM:<{from}>"), "250"),
        ("RCPT TO:<support@example.test>".to_owned(), "250"),
        ("DATA".to_owned(), "354"),
        (format!("{letter}\r\n."), "250"),
        ("QUIT".to_owned(), "221"),
    ] {
        stream.write_all(format!("{said}\r\n").as_bytes()).unwrap();
        hears(answer);
    }
}

/// The worst of its kind: it answers every letter, names nothing it answers, says nowhere that it is
/// a machine, and writes another subject each time.
fn rude(n: usize) -> String {
    format!(
        "From: Ana <ana@customer.test>\r\nTo: support@example.test\r\nSubject: I am away ({n})\r\n\
         Message-ID: <away-{n}@customer.test>\r\n\r\nI am away, this is no. {n}.\r\n"
    )
}

/// One that says what it is.
fn polite(n: usize) -> String {
    rude(n).replace("Subject:", "Auto-Submitted: auto-replied\r\nSubject:")
}

/// Lets a robot answer all that comes to Ana until nothing more comes; how many letters came.
fn faces(servers: &Servers, smtp: u16, first: usize, answer: fn(usize) -> String) -> usize {
    let mut ana = Line::open(servers.imap(), "ana@customer.test");
    let before = ana.count("INBOX");
    send(smtp, "ana@customer.test", &rude(first));
    wait_for("the first acknowledgement", 60, || {
        (ana.count("INBOX") > before).then_some(())
    });
    let (mut answered, mut moved) = (0, Instant::now());
    while moved.elapsed() < REST {
        let come = ana.count("INBOX") - before;
        assert!(come <= 20, "they never come to rest");
        while answered < come {
            answered += 1;
            send(smtp, "ana@customer.test", &answer(first + answered));
            moved = Instant::now();
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    answered
}

#[test]
fn two_auto_responders_facing_each_other_come_to_rest() {
    let Some(servers) = Servers::start() else {
        return;
    };
    let Some(smtp) = servers.port("MAIL_SMTP_PORT") else {
        println!("not here: Postfix, which only root can start");
        return;
    };
    let mut desk = Desk::make();
    connect(
        &desk,
        servers.imap(),
        smtp,
        &["--acknowledgement", "We got your letter."],
    );
    desk.serve();
    // One that says what it is gets one acknowledgement, and its answer none.
    assert_eq!(faces(&servers, smtp, 100, polite), 1);
    let letters = |kind: &str| desk.number(&format!("SELECT count(*) FROM article WHERE {kind}"));
    assert_eq!(letters("author_kind = 'system'"), 1);
    // One that hides it gets the rest of what one customer gets, and no more.
    assert_eq!(faces(&servers, smtp, 200, rude), ANSWERS - 1);
    assert_eq!(letters("author_kind = 'system'"), ANSWERS as u64);
    let withheld = "SELECT count(*) FROM trail WHERE event = 'email.answer_withheld'";
    assert!(desk.number(withheld) >= 1, "what was withheld is on record");
    // Every letter of theirs is there, for people to read.
    wait_for("the last letter", 30, || {
        (letters("direction = 'in'") == 2 + ANSWERS as u64).then_some(())
    });
    desk.stop_and_verify();
}
