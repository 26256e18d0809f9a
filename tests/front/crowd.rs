//! T6, T7, T24: crowds of hostile slow clients, and everything at once for long.

use crate::kit::{Client, Server, address};
use crate::timing::{Bystander, Timed, measure};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::{LocalSet, spawn_local};

/// What an attacker does.
#[derive(Clone, Copy, Debug)]
enum Manner {
    SlowHead,
    SlowBody,
    SlowRead,
    Idle,
}

/// The address of the nth attacker.
type From = fn(usize) -> IpAddr;

/// A crowd in a thread of its own: as soon as one is cut off, it comes back.
struct Crowd {
    stop: Arc<AtomicBool>,
    connections: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Crowd {
    /// Each comes back after the pause.
    fn start(to: SocketAddr, size: usize, manner: Manner, from: From, pause: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(AtomicU64::new(0));
        let (stopped, count) = (stop.clone(), connections.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            LocalSet::new().block_on(&runtime, async {
                for number in 0..size {
                    let count = count.clone();
                    spawn_local(async move {
                        tokio::time::sleep(pause * number as u32 / size as u32).await;
                        loop {
                            count.fetch_add(1, Ordering::Relaxed);
                            // Cut off, refused, out of ports: it comes back all the same.
                            let _ = attack(from(number), to, manner).await;
                            tokio::time::sleep(pause).await;
                        }
                    });
                }
                while !stopped.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
        });
        Crowd {
            stop,
            connections,
            thread,
        }
    }

    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.connections.load(Ordering::Relaxed)
    }
}

async fn attack(from: IpAddr, to: SocketAddr, manner: Manner) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    socket.bind(SocketAddr::new(from, 0))?;
    let mut stream = socket.connect(to).await?;
    let begin = match manner {
        Manner::SlowHead => "GET /_test/json HTTP/1.1\r\nHost: a\r\nX-a: ",
        Manner::SlowBody => {
            "POST /_test/form HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nname="
        }
        Manner::SlowRead => "GET /_test/file/8000000 HTTP/1.1\r\nHost: a\r\n\r\n",
        Manner::Idle => "",
    };
    stream.write_all(begin.as_bytes()).await?;
    loop {
        match manner {
            Manner::SlowHead | Manner::SlowBody => drip(&mut stream).await?,
            Manner::SlowRead => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if stream.read(&mut [0; 32]).await? == 0 {
                    return Ok(());
                }
            }
            Manner::Idle => {
                stream.read_u8().await?;
            }
        }
    }
}

/// Sends a byte each second until it is cut off.
async fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut nothing = [0; 1];
    let heard = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut nothing)).await;
    match heard {
        Ok(Ok(1..)) | Err(_) => stream.write_all(b"a").await,
        Ok(Ok(0)) => Err(std::io::ErrorKind::UnexpectedEof.into()),
        Ok(Err(error)) => Err(error),
    }
}

/// The tool this follows opens each connection once; ours come back after a while.
const PAUSE: Duration = Duration::from_secs(2);

fn one(_: usize) -> IpAddr {
    IpAddr::from([127, 9, 9, 9])
}

fn bystanders_own(_: usize) -> IpAddr {
    IpAddr::from([127, 0, 0, 1])
}

#[test]
fn t06_five_thousand_slow_clients_disturb_nobody() {
    for manner in [Manner::SlowHead, Manner::SlowBody, Manner::Idle] {
        // They come back at some 8 000 a second.
        let ways: [(_, From, _); 2] = [("one address", one, 600), ("5000", address, 100)];
        for (which, from, pause_ms) in ways {
            let what = format!("T6: {manner:?} from {which}");
            measure(|| slow_clients(&what, manner, from, Duration::from_millis(pause_ms)));
        }
    }
}

fn slow_clients(what: &str, manner: Manner, from: From, pause: Duration) -> Timed {
    let server = Server::start();
    server.get("/_test/page/2000");
    let (before, threads) = (server.rss_kib(), server.status("Threads"));
    let bystander = Bystander::start(server.address);
    let crowd = Crowd::start(server.address, 5000, manner, from, pause);
    let begun = Instant::now();
    let mut most = 0;
    while begun.elapsed() < Duration::from_secs(4) {
        std::thread::sleep(Duration::from_millis(100));
        most = most.max(server.rss_kib() - before);
    }
    let others = bystander.check(what, Duration::from_millis(50));
    let open = server.sockets();
    let connections = crowd.stop();
    println!("{what}: {connections} connections, {open} open, memory {most:+} KiB");
    assert!(server.status("Threads") <= threads + 4);
    assert!(most <= 32 * 1024, "{what}: {most} KiB");
    others
}

#[test]
fn t07_a_thousand_of_each_kind_from_the_same_address() {
    for manner in [Manner::SlowHead, Manner::SlowBody, Manner::SlowRead] {
        measure(|| {
            let server = Server::start();
            let bystander = Bystander::among(server.address);
            let crowd = Crowd::start(server.address, 1000, manner, bystanders_own, PAUSE);
            std::thread::sleep(Duration::from_secs(3));
            let others = bystander.check(&format!("T7: {manner:?}"), Duration::from_millis(50));
            crowd.stop();
            others
        });
    }
}

/// Some seconds always; `TRAILBOX_SOAK_S` makes it the half hour of the long tests.
#[test]
fn t24_a_mixed_soak_leaves_nothing_behind() {
    measure(|| {
        mixed_soak();
        Ok(())
    });
}

fn mixed_soak() {
    let seconds = std::env::var("TRAILBOX_SOAK_S")
        .ok()
        .and_then(|text| text.parse().ok());
    let seconds = Duration::from_secs(seconds.unwrap_or(5));
    let server = Server::start();
    assert_eq!(Client::new(server.address).get("/_test/page/1").status, 200);
    let at_rest = server.sockets();
    let round = |server: &Server| {
        let crowds = [Manner::SlowHead, Manner::SlowBody, Manner::SlowRead]
            .map(|manner| Crowd::start(server.address, 100, manner, address, Duration::ZERO));
        let mut client = Client::new(server.address);
        for number in 0..30 {
            assert_eq!(client.get("/_test/page/20000").status, 200);
            assert_eq!(client.get("/_test/panic").status, 500);
            let sent = client
                .ask("POST", "/_test/upload", "", &vec![7; 100_000])
                .unwrap();
            assert_eq!(sent.status, 200);
            let mut live = Client::new(server.address);
            live.send("GET", "/_test/live?topic=a", "", b"").unwrap();
            assert_eq!(live.hear(true).unwrap().status, 200);
            client.get(&format!("/_test/publish/{number}?topic=a"));
        }
        for crowd in crowds {
            crowd.stop();
        }
        server.wait_for("closing", Duration::from_secs(30), || {
            server.sockets() <= at_rest + 8
        });
        (server.rss_kib(), server.status("Threads"), server.sockets())
    };
    // What a first round leaves is what the allocator keeps.
    round(&server);
    let first = round(&server);
    let begun = Instant::now();
    let mut last = first;
    let mut rounds = 0;
    while begun.elapsed() < seconds {
        last = round(&server);
        rounds += 1;
    }
    println!(
        "T24: {rounds} rounds in {:?}: {first:?} → {last:?}",
        begun.elapsed()
    );
    assert!(
        last.0 - first.0 <= 8 * 1024,
        "memory grows: {} → {} KiB",
        first.0,
        last.0
    );
    assert!(
        last.1 <= first.1 + 4 && last.2 <= first.2 + 8,
        "{first:?} → {last:?}"
    );
}
