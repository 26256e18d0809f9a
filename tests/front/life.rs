//! T20, T21: how a server dies, by force and by request.

use crate::kit::{Client, Launch, Server};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use trailbox::web::front::probe;

#[test]
fn t20_what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let launch = Launch {
        environment: vec![(probe::STORE, store.display().to_string())],
        ..Launch::default()
    };
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for round in 0..3 {
        let server = launch.start();
        let stop = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..64)
            .map(|sender| {
                let (stop, acknowledged) = (stop.clone(), acknowledged.clone());
                let to = server.address;
                std::thread::spawn(move || {
                    let mut client = Client::new(to);
                    for number in 0.. {
                        let payload = format!("{round}/{sender}/{number}");
                        match client.ask("POST", "/_test/store", "", payload.as_bytes()) {
                            Ok(answer) if answer.status == 200 => {
                                acknowledged.lock().unwrap().push(payload);
                            }
                            _ if stop.load(Ordering::SeqCst) => return,
                            other => panic!("{other:?}"),
                        }
                    }
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(500));
        stop.store(true, Ordering::SeqCst);
        server.signal("KILL");
        for sender in senders {
            sender.join().unwrap();
        }
    }
    let kept = std::fs::read_to_string(&store).unwrap();
    let kept: HashSet<&str> = kept.lines().collect();
    let acknowledged = acknowledged.lock().unwrap();
    println!(
        "T20: {} acknowledged, {} kept",
        acknowledged.len(),
        kept.len()
    );
    assert!(acknowledged.len() > 100);
    assert!(
        acknowledged
            .iter()
            .all(|payload| kept.contains(payload.as_str()))
    );
    assert_eq!(launch.start().get("/_test/json").status, 200);
}

#[test]
fn t21_a_server_told_to_stop_finishes_what_it_began() {
    let mut server = Server::start();
    let mut slow = Client::new(server.address);
    slow.send("GET", "/_test/sleep/2000", "", b"").unwrap();
    let mut upload = Client::new(server.address);
    let begun_body = "POST /_test/form HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello";
    upload.stream.write_all(begun_body.as_bytes()).unwrap();
    let mut live = Client::new(server.address);
    live.send("GET", "/_test/live?topic=a", "", b"").unwrap();
    live.hear(true).unwrap();
    let mut idle = Client::new(server.address);
    idle.get("/_test/json");
    let mut fresh = Client::new(server.address);
    std::thread::sleep(Duration::from_millis(200));
    let begun = Instant::now();
    server.signal("TERM");
    assert_eq!(until_closed(&mut idle.stream), b"");
    assert_eq!(until_closed(&mut fresh.stream), b"");
    let mut goodbye = live.take_rest();
    goodbye.extend(until_closed(&mut live.stream));
    let goodbye = String::from_utf8(goodbye).unwrap();
    assert!(goodbye.contains("event: bye\ndata: {}\n\n"), "{goodbye}");
    assert!(goodbye.contains("retry: "), "{goodbye}");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    assert!(TcpStream::connect(server.address).is_err());
    upload.stream.write_all(b"world").unwrap();
    assert_eq!(upload.hear(false).unwrap().json()["bytes"], 10);
    let answer = slow.hear(false).unwrap();
    assert_eq!(
        (answer.status, answer.header("connection")),
        (200, Some("close"))
    );
    drop((slow, upload));
    assert_eq!(server.wait(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(6),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn t21_a_second_signal_leaves_at_once() {
    let mut server = Server::start();
    let mut slow = Client::new(server.address);
    slow.send("GET", "/_test/sleep/9000", "", b"").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let begun = Instant::now();
    server.signal("INT");
    std::thread::sleep(Duration::from_millis(200));
    server.signal("INT");
    assert_eq!(server.wait(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(3));
}

/// Shuts the socket on which the workers are reached, as a fault of the system would.
fn lose_the_workers(server: &Server) {
    use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
    let sockets = std::fs::read_to_string("/proc/net/unix").unwrap();
    let listening: Vec<String> = sockets
        .lines()
        .filter(|line| line.contains("/tb-") && line.contains(" 00010000 "))
        .filter_map(|line| Some(format!("socket:[{}]", line.split_whitespace().nth(6)?)))
        .collect();
    let pid = server.child.id();
    let whole = pidfd_open(Pid::from_child(&server.child), PidfdFlags::empty()).unwrap();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(link) = std::fs::read_link(&path) else {
            continue; // closed meanwhile
        };
        if listening.contains(&link.to_string_lossy().into_owned()) {
            let number = path.file_name().unwrap().to_string_lossy().parse().unwrap();
            let fd = pidfd_getfd(&whole, number, PidfdGetfdFlags::empty()).unwrap();
            rustix::net::shutdown(&fd, rustix::net::Shutdown::Both).unwrap();
            return;
        }
    }
    panic!("the server listens on no Unix socket");
}

#[test]
fn without_its_workers_the_server_gives_up_so_that_it_is_started_again() {
    let mut server = Server::start();
    assert_eq!(server.get("/_test/json").status, 200);
    let begun = Instant::now();
    lose_the_workers(&server);
    assert_eq!(server.wait(), Some(70));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_service_manager_hears_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let launch = Launch {
        environment: vec![
            ("NOTIFY_SOCKET", path.display().to_string()),
            ("WATCHDOG_USEC", String::from("300000")),
        ],
        ..Launch::default()
    };
    let server = launch.start();
    let next = || {
        let mut text = [0; 256];
        socket
            .recv(&mut text)
            .map(|len| String::from_utf8_lossy(&text[..len]).into_owned())
    };
    assert_eq!(next().unwrap().trim(), "READY=1");
    for _ in 0..3 {
        assert_eq!(next().unwrap().trim(), "WATCHDOG=1");
    }
    // All workers busy: the watchdog goes hungry until one answers.
    let mut busy: Vec<_> = (0..32).map(|_| Client::new(server.address)).collect();
    for client in &mut busy {
        client.send("GET", "/_test/sleep/1500", "", b"").unwrap();
    }
    std::thread::sleep(Duration::from_millis(300));
    socket.set_nonblocking(true).unwrap();
    while next().is_ok() {}
    std::thread::sleep(Duration::from_millis(700));
    assert!(next().is_err(), "fed while no worker answered");
    socket.set_nonblocking(false).unwrap();
    assert_eq!(next().unwrap().trim(), "WATCHDOG=1");
    server.signal("TERM");
    while next().unwrap().trim() != "STOPPING=1" {}
}

fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard);
    heard
}
