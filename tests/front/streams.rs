//! T12–T14: live streams in numbers, streams nobody reads, streams whose client vanished.

use crate::kit::{Client, Server, address, dial_from, dial_with};
use crate::timing::{Bystander, Timed, measure, slack, within};
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::task::{LocalSet, spawn_local};

#[test]
fn t12_five_hundred_streams_hear_at_once() {
    measure(five_hundred_streams);
}

fn five_hundred_streams() -> Timed {
    let server = Server::start();
    server.get("/_test/page/2000");
    let threads = server.status("Threads");
    let published: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let delays: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let (to, marks, seen) = (server.address, published.clone(), delays.clone());
    let (ready, is_ready) = std::sync::mpsc::channel();
    let listeners = std::thread::spawn(move || {
        let runtime = { tokio::runtime::Builder::new_current_thread() }
            .enable_all()
            .build()
            .unwrap();
        LocalSet::new().block_on(&runtime, async {
            let listeners: Vec<_> = (0..500)
                .map(|number| {
                    let (marks, seen, ready) = (marks.clone(), seen.clone(), ready.clone());
                    spawn_local(listen(address(number / 4), to, marks, seen, ready))
                })
                .collect();
            for listener in listeners {
                listener.await.unwrap().unwrap();
            }
        });
    });
    for _ in 0..500 {
        is_ready.recv().unwrap();
    }
    let bystander = Bystander::start(server.address);
    let mut publisher = Client::new(server.address);
    for _ in 0..50 {
        published.lock().unwrap().push(Instant::now());
        publisher.get("/_test/publish/1?topic=a");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(
        server.status("Threads") <= threads + 1,
        "streams have threads"
    );
    publisher.get("/_test/publish/1?topic=end");
    listeners.join().unwrap();
    let others = bystander.check("T12", Duration::from_millis(50));
    let mut delays = delays.lock().unwrap().clone();
    delays.sort();
    assert_eq!(delays.len(), 500 * 50, "some event was lost");
    let p99 = delays[delays.len() * 99 / 100];
    println!(
        "T12: p50 {:?}, p99 {p99:?}, worst {:?}",
        delays[12500],
        delays.last()
    );
    others?;
    within("T12: the p99 of delivery", p99, Duration::from_millis(100))
}

async fn listen(
    from: IpAddr,
    to: SocketAddr,
    published: Arc<Mutex<Vec<Instant>>>,
    delays: Arc<Mutex<Vec<Duration>>>,
    ready: std::sync::mpsc::Sender<()>,
) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    let mut stream = socket.connect(to).await?;
    stream
        .write_all(b"GET /_test/live?topic=a&topic=end HTTP/1.1\r\nHost: a\r\n\r\n")
        .await?;
    let (mut text, mut piece, mut said) = (String::new(), [0; 4096], false);
    loop {
        let read = stream.read(&mut piece).await?;
        text.push_str(&String::from_utf8_lossy(&piece[..read]));
        if !said && text.contains("retry: ") {
            said = true;
            ready.send(()).unwrap();
        }
        while let Some((frame, rest)) = text.split_once("\n\n") {
            let seq = frame.lines().find_map(|line| line.strip_prefix("id: "));
            let seq: Option<usize> = seq.and_then(|seq| seq.parse().ok());
            if frame.contains("\"end\"") {
                return Ok(());
            }
            if let Some(seq) = seq {
                let since = published.lock().unwrap()[seq - 1];
                delays.lock().unwrap().push(since.elapsed());
            }
            text = rest.to_owned();
        }
    }
}

#[test]
fn t13_a_stream_nobody_reads_is_dropped_and_the_others_lose_nothing() {
    measure(|| {
        streams_nobody_reads();
        Ok(())
    });
}

fn streams_nobody_reads() {
    let server = Server::start();
    let mut healthy = Client::new(server.address);
    let topic = "x".repeat(4000);
    healthy
        .send("GET", &format!("/_test/live?topic={topic}"), "", b"")
        .unwrap();
    healthy.hear(true).unwrap();
    let mut stuck: Vec<_> = (0..5)
        .map(|number| {
            let stream = dial_with(address(2 + number), server.address, Some(4096)).unwrap();
            let mut client = Client::over(stream);
            client
                .send("GET", &format!("/_test/live?topic={topic}"), "", b"")
                .unwrap();
            client
        })
        .collect();
    std::thread::sleep(Duration::from_millis(200));
    let reader = std::thread::spawn(move || {
        let (mut seqs, mut rest) = (Vec::new(), Vec::<u8>::new());
        while seqs.last() != Some(&4000) {
            healthy.more().unwrap();
            rest.extend(healthy.take_rest());
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                let line = String::from_utf8(line).unwrap();
                seqs.extend(
                    line.strip_prefix("id: ")
                        .and_then(|seq| seq.trim().parse::<usize>().ok()),
                );
            }
        }
        seqs
    });
    let mut publisher = Client::new(server.address);
    for _ in 0..200 {
        publisher.get("/_test/publish/20?topic=x&times=4000");
        std::thread::sleep(Duration::from_millis(5));
    }
    let seqs: Vec<usize> = reader.join().unwrap();
    assert_eq!(seqs, (1..=4000).collect::<Vec<_>>());
    let within = Duration::from_secs(20) * slack();
    for client in &mut stuck {
        let begun = Instant::now();
        client.stream.set_read_timeout(Some(within)).unwrap();
        let mut rest = Vec::new();
        // Cut off in the middle: what was on its way may still come, then the end.
        let _ = client.stream.read_to_end(&mut rest);
        assert!(begun.elapsed() < within);
        assert!(rest.len() < 16 << 20, "{} bytes", rest.len());
    }
}

#[test]
fn t14_a_stream_whose_client_vanished_is_freed() {
    let server = Server::start();
    server.get("/_test/json");
    let open = |count| move |server: &Server| server.sockets() == count;
    std::thread::sleep(Duration::from_millis(300));
    let before = server.sockets();
    let mut client = Client::over(dial_from(address(1), server.address).unwrap());
    client.send("GET", "/_test/live?topic=a", "", b"").unwrap();
    client.hear(true).unwrap();
    assert!(open(before + 1)(&server));
    vanish(&client.stream);
    let begun = Instant::now();
    let within = Duration::from_secs(37) * slack();
    server.wait_for("freeing", within, || open(before)(&server));
    println!("T14: freed after {:?}", begun.elapsed());
    // One that leaves politely is gone at once.
    let mut client = Client::over(dial_from(address(1), server.address).unwrap());
    client.send("GET", "/_test/live?topic=a", "", b"").unwrap();
    client.hear(true).unwrap();
    drop(client);
    let soon = Duration::from_secs(1) * slack();
    server.wait_for("leaving", soon, || open(before)(&server));
}

#[test]
fn a_stream_resumes_where_it_was() {
    let server = Server::start();
    let mut publisher = Client::new(server.address);
    publisher.get("/_test/publish/5?topic=a");
    publisher.get("/_test/publish/5?topic=b");
    let mut client = Client::new(server.address);
    client
        .send(
            "GET",
            "/_test/live?topic=a&topic=b",
            "Last-Event-ID: 4\r\n",
            b"",
        )
        .unwrap();
    let answer = client.hear(true).unwrap();
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let mut heard = String::new();
    while !heard.contains("id: 10\n") {
        client.more().unwrap();
        heard.push_str(&String::from_utf8(client.take_rest()).unwrap());
    }
    let ids: Vec<_> = heard
        .lines()
        .filter_map(|line| line.strip_prefix("id: "))
        .collect();
    assert_eq!(ids, ["5", "6", "7", "8", "9", "10"]);
    assert!(heard.contains("data: {\"seq\":5,\"topic\":\"a\"}\n\n"));
}

/// Makes the kernel drop whatever arrives for this socket, as if its computer had lost power: a
/// packet filter that keeps nothing.
#[expect(unsafe_code, reason = "no crate here attaches a filter to a socket")]
fn vanish(stream: &std::net::TcpStream) {
    #[repr(C)]
    struct Instruction(u16, u8, u8, u32);
    #[repr(C)]
    struct Program(u16, *const Instruction);
    unsafe extern "C" {
        fn setsockopt(fd: i32, level: i32, name: i32, value: *const Program, len: u32) -> i32;
    }
    const SOL_SOCKET: i32 = 1;
    const SO_ATTACH_FILTER: i32 = 26;
    const RETURN_NOTHING: Instruction = Instruction(6, 0, 0, 0);
    let program = Program(1, &RETURN_NOTHING);
    let size = size_of::<Program>() as u32;
    // SAFETY: the program and its one instruction live until the call returns.
    let set = unsafe {
        setsockopt(
            stream.as_raw_fd(),
            SOL_SOCKET,
            SO_ATTACH_FILTER,
            &program,
            size,
        )
    };
    assert_eq!(set, 0, "{}", std::io::Error::last_os_error());
}
