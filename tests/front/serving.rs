//! T11, T15, T19, T23, and what every client may expect: ranges, compression, forms, uploads.

use crate::kit::{Client, Server, address, dial_from};
use crate::timing::{Timed, measure, within};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

#[test]
fn t11_a_burst_right_after_the_start_is_answered() {
    measure(bursts);
}

fn bursts() -> Timed {
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let server = Server::start();
        let gate = Arc::new(Barrier::new(64));
        let clients: Vec<_> = (0..64)
            .map(|_| {
                let (gate, to) = (gate.clone(), server.address);
                std::thread::spawn(move || {
                    gate.wait();
                    let begun = Instant::now();
                    let mut client = Client::new(to);
                    for _ in 0..3 {
                        assert_eq!(client.get("/_test/json").status, 200);
                    }
                    begun.elapsed()
                })
            })
            .collect();
        for client in clients {
            slowest = slowest.max(client.join().unwrap());
        }
    }
    println!("T11: the slowest of 20 × 64 took {slowest:?}");
    within("the slowest of a burst", slowest, Duration::from_secs(1))
}

#[test]
fn t15_a_panic_costs_one_answer() {
    let server = Server::start();
    let mut incidents = std::collections::HashSet::new();
    let mut client = Client::new(server.address);
    for _ in 0..100 {
        let answer = client.get("/_test/panic");
        assert_eq!(answer.status, 500);
        let text = answer.text();
        let number = text
            .split("<strong>")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap();
        assert!(incidents.insert(number.to_owned()), "{number} twice");
        assert!(!text.contains("asked to panic"));
        assert_eq!(client.get("/_test/json").status, 200);
    }
    assert_eq!(server.status("Threads"), Server::start().status("Threads"));
}

#[test]
fn t19_a_page_takes_no_time_on_a_kept_connection() {
    measure(kept_connection);
}

fn kept_connection() -> Timed {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let mut times: Vec<Duration> = (0..100)
        .map(|_| {
            let begun = Instant::now();
            assert_eq!(client.get("/_test/page/20000").body.len(), 20000);
            begun.elapsed()
        })
        .collect();
    times.sort();
    println!("T19: p50 {:?}, p99 {:?}", times[50], times[98]);
    within("half of the pages", times[50], Duration::from_millis(5))
}

#[test]
fn t23_a_full_queue_is_said_at_once_and_empties() {
    measure(full_queue);
}

fn full_queue() -> Timed {
    let server = Server::start();
    let connect = |number| Client::over(dial_from(address(number), server.address).unwrap());
    let mut busy: Vec<_> = (0..32).map(|number| connect(number / 8)).collect();
    for client in &mut busy {
        client.send("GET", "/_test/sleep/3000", "", b"").unwrap();
    }
    std::thread::sleep(Duration::from_millis(300));
    let mut queued: Vec<_> = (0..512).map(|number| connect(10 + number / 64)).collect();
    for client in &mut queued {
        client.send("GET", "/_test/json", "", b"").unwrap();
    }
    std::thread::sleep(Duration::from_millis(300));
    for number in 0..20 {
        let begun = Instant::now();
        let answer = connect(40 + number).get("/_test/json");
        assert_eq!(answer.status, 503, "{}", answer.head);
        assert_eq!(answer.header("retry-after"), Some("2"));
        within("being told", begun.elapsed(), Duration::from_millis(100))?;
    }
    for client in busy.iter_mut().chain(&mut queued) {
        assert_eq!(client.hear(false).unwrap().status, 200);
    }
    assert_eq!(server.get("/_test/json").status, 200);
    Ok(())
}

#[test]
fn every_answer_carries_the_security_headers() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let paths = [
        "/_test/json",
        "/_test/panic",
        "/_test/file/10",
        "/no/such",
        "/_test/say?value=/",
    ];
    for path in paths {
        let answer = client.get(path);
        check_security(&answer.head);
        assert!(answer.header("server").is_none() && answer.header("date").is_some());
    }
    for bytes in [
        "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n",
        "PATCH / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        check_security(&crate::kit::say(server.address, bytes.as_bytes()));
    }
    let allowed = crate::kit::say(server.address, b"PATCH / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(allowed.contains("\r\nallow: GET, HEAD, POST, PUT, DELETE\r\n"));
}

fn check_security(head: &str) {
    let head = head.to_ascii_lowercase();
    for header in [
        "content-security-policy: default-src 'none'; script-src 'self';",
        "x-content-type-options: nosniff",
        "referrer-policy: same-origin",
        "cross-origin-opener-policy: same-origin",
        "permissions-policy: ",
        "cache-control: no-store",
    ] {
        assert_eq!(
            head.matches(&format!("\n{header}")).count(),
            1,
            "{header} in {head}"
        );
    }
}

#[test]
fn a_client_gets_what_it_asks_for() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let gzip = client
        .ask("GET", "/_test/page/5000", "Accept-Encoding: gzip\r\n", b"")
        .unwrap();
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    let mut page = String::new();
    flate2::read::GzDecoder::new(&gzip.body[..])
        .read_to_string(&mut page)
        .unwrap();
    assert_eq!(page.len(), 5000);
    let head = client.ask("HEAD", "/_test/page/5000", "", b"").unwrap();
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("5000"))
    );
    let head = client.ask("HEAD", "/_test/file/9000000", "", b"").unwrap();
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("9000000"))
    );
    let file = client.get("/_test/file/9000000");
    assert_eq!((file.status, file.body.len()), (200, 9_000_000));
    let large = client.get("/_test/page/3000000");
    assert_eq!((large.status, large.body.len()), (200, 3_000_000));
    let part = client
        .ask("GET", "/_test/file/9000000", "Range: bytes=-5\r\n", b"")
        .unwrap();
    assert_eq!((part.status, part.body.len()), (206, 5));
    assert_eq!(
        part.header("content-range"),
        Some("bytes 8999995-8999999/9000000")
    );
    let none = client
        .ask("GET", "/_test/file/10", "Range: bytes=10-\r\n", b"")
        .unwrap();
    assert_eq!(
        (none.status, none.header("content-range")),
        (416, Some("bytes */10"))
    );
    let known = "If-None-Match: \"/\"\r\n";
    assert_eq!(
        client
            .ask("GET", "/_test/say?value=/", known, b"")
            .unwrap()
            .status,
        303
    );
    assert_eq!(client.get("/_test/json").status, 200);
}

#[test]
fn bodies_arrive_whole_in_memory_or_in_a_file() {
    let server = Server::start();
    let mut client = Client::new(server.address);
    let cases = [
        ("/_test/form", 1 << 20, false),
        ("/_test/hook", 4 << 20, false),
        ("/_test/upload", 30 << 20, true),
    ];
    for (path, size, spooled) in cases {
        let bytes: Vec<u8> = (0..size)
            .map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
        let echo = client.ask("POST", path, "", &bytes).unwrap().json();
        assert_eq!(echo["bytes"], size, "{path}");
        assert_eq!(
            (&echo["sha256"], &echo["spooled"]),
            (&digest.into(), &spooled.into())
        );
    }
    let waits = "Expect: 100-continue\r\nContent-Length: 5\r\n";
    client.send("POST", "/_test/form", waits, b"").unwrap();
    assert_eq!(client.hear(true).unwrap().status, 100);
    client.stream.write_all(b"hello").unwrap();
    assert_eq!(client.hear(false).unwrap().json()["bytes"], 5);
    let chunked = "Transfer-Encoding: chunked\r\n";
    client.send("POST", "/_test/upload", chunked, b"").unwrap();
    for piece in ["3\r\nhel\r\n", "2\r\nlo\r\n", "0\r\n\r\n"] {
        client.stream.write_all(piece.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(30));
    }
    assert_eq!(client.hear(false).unwrap().json()["bytes"], 5);
    // One byte too many in chunks.
    client.send("POST", "/_test/form", chunked, b"").unwrap();
    let _ = client.stream.write_all(b"100001\r\n");
    assert_eq!(client.hear(false).unwrap().status, 413);
    let memory = server.rss_kib();
    assert!(memory < 120_000, "{memory} KiB");
}
