//! T1–T5: requests that are not what they seem.

use crate::kit::{Client, Server, say, statuses};
use crate::timing::{Timed, measure, within};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

const ROUTES: [&str; 6] = [
    "/_test/form",
    "/_test/hook",
    "/_test/upload",
    "/_test/json",
    "/login",
    "/no/such/place",
];

#[test]
fn t01_a_body_length_is_a_number_in_its_limit() {
    measure(wrong_lengths);
}

fn wrong_lengths() -> Timed {
    let server = Server::start();
    say(
        server.address,
        b"GET /_test/json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    let calls = server.calls();
    let before = server.rss_kib();
    let lengths = [
        "10000000000",
        "1000000000000",
        "9200000000000000000",
        "18000000000000000000",
        "99999999999999999999999999",
        "abc",
        "-1",
        "+5",
        "",
        "5, 5",
        "5\r\nContent-Length: 5",
        "5\r\nContent-Length: 6",
    ];
    for route in ROUTES {
        for length in lengths {
            let head =
                format!("POST {route} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
            let begun = Instant::now();
            let mut client = Client::new(server.address);
            client.stream.write_all(head.as_bytes()).unwrap();
            let answer = client.hear(false).unwrap();
            assert!(
                matches!(answer.status, 400 | 413),
                "{route} {length}: {}",
                answer.status
            );
            let what = format!("{route} {length}");
            within(&what, begun.elapsed(), Duration::from_millis(100))?;
        }
    }
    let grown = server.rss_kib() - before;
    println!("T1: memory {grown:+} KiB");
    assert!(grown <= 1024, "{grown} KiB");
    assert_eq!(server.calls(), calls);
    Ok(())
}

#[test]
fn t02_what_is_not_http_1_1_never_reaches_a_handler() {
    let server = Server::start();
    let calls = server.calls();
    let wrong: [&[u8]; 22] = [
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET / HTTP/3.0\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / index HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nx: 1\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nx: \0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nx: 1\r\n 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nx: 1\r\n\t2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n",
        b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\r\n\r\n",
    ];
    let (mut threads, mut descriptors, mut memory) = (0, 0, 0);
    for round in 0..1000 {
        let bytes = wrong[round % wrong.len()];
        let heard = say(server.address, bytes);
        let statuses = statuses(&heard);
        let refused = statuses.iter().all(|status| (400..600).contains(status));
        assert!(refused && statuses.len() <= 1, "{bytes:?}: {heard}");
        if round == 200 {
            (threads, descriptors) = (server.status("Threads"), server.sockets());
            memory = server.rss_kib();
        }
    }
    assert_eq!(server.calls(), calls);
    assert!(server.status("Threads") <= threads + 1);
    server.wait_for("closing", Duration::from_secs(5), || {
        server.sockets() <= descriptors + 2
    });
    assert!(server.rss_kib() - memory <= 1024);
}

#[test]
fn t03_no_second_request_is_smuggled_in_a_body() {
    let server = Server::start();
    let inner = "GET /_test/json HTTP/1.1\r\nHost: a\r\n\r\n";
    let post = "POST /_test/form HTTP/1.1\r\nHost: a\r\n";
    let chunked = format!("{post}Transfer-Encoding: chunked\r\n");
    let wrong = [
        format!("{chunked}Content-Length: 4\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}Content-Length: 6\r\nContent-Length: 5\r\n\r\n0\r\n\r\nG{inner}"),
        format!("{post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}Transfer-Encoding: identity\r\n\r\n{inner}"),
        format!("{post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{post}X: 1\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{chunked}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"),
        format!("{chunked}\r\n0;a=b\r\n\r\n{inner}"),
        format!("{chunked}\r\n5;x\r\nhello\r\n0\r\n\r\n{inner}"),
        format!("{chunked}\r\n0\r\nX-Trailer: 1\r\n\r\n{inner}"),
        format!("{chunked}\r\n5\r\nhelloX\r\n0\r\n\r\n{inner}"),
        format!("{chunked}\r\n5\nhello\n0\n\n{inner}"),
        format!("{chunked}\r\n-5\r\nhello\r\n0\r\n\r\n{inner}"),
        format!("{chunked}\r\n0x5\r\nhello\r\n0\r\n\r\n{inner}"),
    ];
    let calls = server.calls();
    for bytes in &wrong {
        let heard = say(server.address, bytes.as_bytes());
        let statuses = statuses(&heard);
        assert!(matches!(statuses[..], [400 | 501]), "{bytes:?}: {heard}");
    }
    assert_eq!(server.calls(), calls);
    // A chunk's size line without an end, and bodies that break off.
    let before = server.rss_kib();
    let mut stream = Client::new(server.address).stream;
    stream
        .write_all(format!("{chunked}\r\n").as_bytes())
        .unwrap();
    let zeros = vec![b'0'; 1 << 20];
    let sent = (0..200)
        .take_while(|_| stream.write_all(&zeros).is_ok())
        .count();
    assert!(sent < 100, "{sent} MiB of a chunk's size were read");
    assert!(server.rss_kib() - before <= 1024);
    for cut in ["\r\n5\r\nhel", "\r\n5", "Content-Length: 9\r\n\r\nabc"] {
        let head = if cut.starts_with('C') {
            post
        } else {
            chunked.as_str()
        };
        let mut stream = Client::new(server.address).stream;
        stream.write_all(format!("{head}{cut}").as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut heard = String::new();
        let _ = stream.read_to_string(&mut heard);
        assert!(
            statuses(&heard).iter().all(|status| *status >= 400),
            "{cut:?}: {heard}"
        );
    }
    assert_eq!(server.calls(), calls);
}

#[test]
fn t04_a_body_nobody_wants_ends_where_it_ends() {
    let server = Server::start();
    let next = "GET /_test/echo?n=2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for (head, body) in [
        ("GET /_test/page/1", "Content-Length: 5\r\n\r\nhello"),
        ("POST /_test/page/1", "Content-Length: 5\r\n\r\nhello"),
        (
            "POST /_test/page/1",
            "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ),
        (
            "DELETE /no/such",
            "Content-Length: 39\r\n\r\nGET /_test/json HTTP/1.1\r\nHost: a\r\n\r\nxx",
        ),
    ] {
        let bytes = format!("{head} HTTP/1.1\r\nHost: a\r\n{body}{next}");
        let heard = say(server.address, bytes.as_bytes());
        assert_eq!(statuses(&heard).len(), 2, "{bytes:?}: {heard}");
        assert!(
            heard.ends_with('}') && heard.contains("\"path\":\"/_test/echo\""),
            "{heard}"
        );
    }
    // One too large to be ignored is refused before it is read.
    let head = "POST /_test/page/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n";
    assert_eq!(statuses(&say(server.address, head.as_bytes())), [413]);
}

#[test]
fn t05_a_head_is_refused_after_sixteen_kibibytes() {
    let server = Server::start();
    server.calls();
    let before = server.rss_kib();
    let line = [
        b"GET / HTTP/1.1\r\nHost: a\r\nX: ".as_slice(),
        &vec![b'a'; 1 << 20],
    ]
    .concat();
    let many = [
        b"GET / HTTP/1.1\r\n".as_slice(),
        &b"a: 1\r\n".repeat(170_000),
    ]
    .concat();
    let address = [b"GET /".as_slice(), &vec![b'a'; 100_000]].concat();
    for (bytes, repeats, status) in [(line, 100, 431), (many, 12, 431), (address, 1, 414)] {
        let mut client = Client::new(server.address);
        let mut reader = Client::over(client.stream.try_clone().unwrap());
        let heard = std::thread::spawn(move || reader.hear(false).map(|answer| answer.status));
        let sent = (0..repeats)
            .take_while(|_| client.stream.write_all(&bytes).is_ok())
            .count();
        assert!(sent <= 20, "{sent} MiB of a head were read");
        assert_eq!(heard.join().unwrap().unwrap(), status);
    }
    let grown = server.rss_kib() - before;
    println!("T5: memory {grown:+} KiB");
    assert!(grown <= 1024, "{grown} KiB");
}
