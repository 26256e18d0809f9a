//! T8–T10: clients that never read, that ask without end, that leave no descriptors.

use crate::kit::{Client, Launch, Server, address, dial_from, dial_with};
use crate::timing::{Bystander, Timed, measure, slack};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn t08_slow_readers_cost_neither_time_nor_memory() {
    measure(slow_readers);
}

fn slow_readers() -> Timed {
    let server = Server::start();
    server.get("/_test/page/1000000");
    let before = server.rss_kib();
    let bystander = Bystander::start(server.address);
    let mut readers: Vec<TcpStream> = Vec::new();
    for number in 0..2000 {
        let mut stream = dial_with(address(number / 16), server.address, Some(4096)).unwrap();
        let path = ["page/250000", "file/8000000", "page/1000000"][number % 3];
        let request = format!("GET /_test/{path} HTTP/1.1\r\nHost: a\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        readers.push(stream);
        // At a pace the workers can keep up with: those told 503 would merely be idle.
        std::thread::sleep(Duration::from_millis(2));
    }
    let begun = Instant::now();
    assert!(server.sockets() > 1500);
    let mut most = 0;
    let within = Duration::from_secs(21) * slack();
    loop {
        most = most.max(server.rss_kib() - before);
        let ahead = server.sockets();
        if ahead < 250 {
            break;
        }
        assert!(begun.elapsed() < within, "{ahead} sockets after {within:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    println!(
        "T8: memory {most:+} KiB, all gone after {:?}",
        begun.elapsed()
    );
    let others = bystander.check("T8", Duration::from_millis(50));
    assert!(most <= 128 * 1024, "{most} KiB");
    others
}

#[test]
fn t09_one_connection_cannot_queue_up_without_end() {
    measure(one_connection_without_end);
}

fn one_connection_without_end() -> Timed {
    let server = Server::start();
    for _ in 0..50 {
        server.get("/_test/page/2000");
    }
    let before = server.rss_kib();
    let bystander = Bystander::start(server.address);
    let mut stream = dial_from(address(1), server.address).unwrap();
    stream.set_nonblocking(true).unwrap();
    let requests = b"GET /_test/page/2000 HTTP/1.1\r\nHost: a\r\n\r\n".repeat(400_000);
    let (mut sent, begun, mut most) = (0, Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(4) && sent < requests.len() {
        match stream.write(&requests[sent..]) {
            Ok(bytes) => sent += bytes,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(_) => break,
        }
        most = most.max(server.rss_kib() - before);
    }
    println!("T9: {sent} bytes taken, memory {most:+} KiB");
    let others = bystander.check("T9", Duration::from_millis(50));
    assert!(most <= 4 * 1024, "{most} KiB");
    others
}

#[test]
fn t10_a_lack_of_descriptors_passes() {
    let launch = Launch {
        descriptors: Some(256),
        ..Launch::default()
    };
    let server = launch.start();
    for _ in 0..3 {
        let crowd: Vec<_> = (0..600)
            .map(|number| dial_from(address(number / 8), server.address))
            .collect();
        let answer = Client::new(server.address).get("/_test/json");
        assert_eq!(answer.status, 200);
        drop(crowd);
    }
    let mut last = Client::new(server.address);
    assert_eq!(last.get("/_test/file/100000").body.len(), 100_000);
    let mut nothing = [0; 1];
    last.stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    assert!(last.stream.read(&mut nothing).is_err());
}
