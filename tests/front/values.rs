//! T16–T18: values in headers, spellings of a path, and who a client claims to be.

use crate::kit::{Client, Launch, Server, address, dial_from, say, statuses};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use std::io::{Read, Write};
use std::time::Duration;

#[test]
fn t16_no_value_starts_a_second_header() {
    let server = Server::start();
    let values: [&[u8]; 9] = [
        b"a\r\nset-cookie: evil=1",
        b"a\nx-evil: 1",
        b"a\rb",
        b"a\0b",
        b"\r\n\r\n<script>",
        "café — 写".as_bytes(),
        b"\xff\xfe",
        b"\x1b[31m",
        b"a\"; filename=evil",
    ];
    for value in values {
        let path = format!(
            "/_test/say?value={}",
            percent_encode(value, NON_ALPHANUMERIC)
        );
        let answer = server.get(&path);
        assert_eq!(answer.status, 303, "{value:?}");
        assert_eq!(answer.header("x-evil"), None);
        assert_eq!(answer.header("location").map(|to| &to[..1]), Some("/"));
        let cookies = answer.head.to_lowercase().matches("\nset-cookie:").count();
        assert!(
            cookies <= 1 && !answer.head.contains("\nset-cookie: evil"),
            "{}",
            answer.head
        );
        assert!(answer.head.is_ascii() && answer.body.is_empty());
    }
    // And inwards: bytes above ASCII in a header reach the handler as text.
    let mut client = Client::new(server.address);
    let answer = client
        .ask("GET", "/_test/echo", "X-Note: caf\u{e9}\r\n", b"")
        .unwrap();
    assert_eq!(answer.json()["headers"]["x-note"], "caf%C3%A9");
}

#[test]
fn t17_a_path_has_one_spelling() {
    let server = Server::start();
    let calls = server.calls();
    for path in [
        "/../etc/passwd",
        "/assets/../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets/..%2f..%2fetc/passwd",
        "/assets/%2E./x",
        "/assets/%00",
        "/assets/app.css%00.png",
        "//etc/passwd",
        "/assets//app.css",
        "/assets/%ff",
        "/assets/%",
        "/assets/%zz",
        "/assets/..\\x",
        "/assets/%5c..",
    ] {
        let heard = say(
            server.address,
            format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes(),
        );
        assert!(
            matches!(statuses(&heard)[..], [400 | 404]),
            "{path}: {heard}"
        );
    }
    assert_eq!(server.calls(), calls);
    let echo = server.get("/_test/%65cho/?x=%2e%2e").json();
    assert_eq!(echo["path"], "/_test/echo");
}

#[test]
fn t18_nobody_is_who_they_merely_claim_to_be() {
    let server = Server::start();
    let forged = "X-Forwarded-For: 10.9.8.7\r\nX-Forwarded-Proto: https\r\nForwarded: for=10.9.8.7\r\n\
        X-Trailbox-Peer: 10.9.8.7\r\nX-Trailbox-Secure: 1\r\nX-Trailbox-Key: x\r\n\
        X-Trailbox-Greeting: 1\r\nX-Trailbox-Id: ../x\r\nConnection: keep-alive, X-Note\r\n\
        X-Note: 1\r\n";
    let echo = Client::new(server.address)
        .ask("GET", "/_test/echo", forged, b"")
        .unwrap()
        .json();
    assert_eq!(
        (&echo["peer"], &echo["secure"]),
        (&"127.0.0.1".into(), &false.into())
    );
    assert_eq!(echo["headers"], serde_json::json!({ "host": "test" }));
    // The cap of one address holds whatever it claims.
    let mut held = Vec::new();
    for number in 0..200 {
        let mut stream = dial_from(address(1), server.address).unwrap();
        let head = format!("GET / HTTP/1.1\r\nX-Forwarded-For: 10.0.0.{number}\r\n");
        let _ = stream.write_all(head.as_bytes());
        held.push(stream);
    }
    std::thread::sleep(Duration::from_millis(300));
    let open = held.iter().filter(|stream| still_open(stream)).count();
    assert!(
        (100..=128).contains(&open),
        "{open} connections of one address"
    );
    // A proxy that is trusted is believed, and only its last word.
    let server = Launch::trusting("127.0.0.1").start();
    let chain = "X-Forwarded-For: 6.6.6.6, 10.9.8.7, 127.0.0.1\r\nX-Forwarded-Proto: https\r\n";
    let echo = Client::new(server.address)
        .ask("GET", "/_test/echo", chain, b"")
        .unwrap()
        .json();
    assert_eq!(
        (&echo["peer"], &echo["secure"]),
        (&"10.9.8.7".into(), &true.into())
    );
    let stranger = dial_from(address(1), server.address).unwrap();
    let echo = Client::over(stranger)
        .ask("GET", "/_test/echo", chain, b"")
        .unwrap()
        .json();
    assert_eq!(
        (&echo["peer"], &echo["secure"]),
        (&address(1).to_string().into(), &false.into())
    );
}

fn still_open(mut stream: &std::net::TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let read = stream.read(&mut [0; 1]);
    read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}
