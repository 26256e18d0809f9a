//! Times that are bounded: what others wait for meanwhile, and measuring again where the machine below
//! took the processor away.

use crate::kit::Client;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often a time is measured at most.
const MEASUREMENTS: usize = 3;

/// What was too late, and by how much.
#[derive(Debug)]
pub struct Late(String);

/// Whether the times held. Everything that is no time fails at once instead.
pub type Timed = Result<(), Late>;

/// Times are bounded this much looser than the house demands.
pub fn slack() -> u32 {
    if std::env::var_os("TRAILBOX_STRICT").is_some() {
        1
    } else {
        5
    }
}

/// Late if something took longer than it may.
pub fn within(what: &str, took: Duration, bound: Duration) -> Timed {
    if took < bound * slack() {
        Ok(())
    } else {
        Err(Late(format!("{what} took {took:?} and may take {bound:?}")))
    }
}

/// Measures alone. What was late is measured again only if the machine below took a hundredth of a
/// processor away meanwhile: such a figure is the host's. The bounds stay as they are.
pub fn measure(attempt: impl Fn() -> Timed) {
    static MEASURING: Mutex<()> = Mutex::new(());
    let _alone = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    for number in 1..=MEASUREMENTS {
        let (begun, before) = (Instant::now(), stolen());
        let Err(Late(what)) = attempt() else { return };
        let (elapsed, lost) = (begun.elapsed(), stolen() - before);
        assert!(
            number < MEASUREMENTS && lost * 100 > elapsed,
            "{what} ({lost:?} of {elapsed:?} were taken away)"
        );
        println!("{what}; measured again: {lost:?} of {elapsed:?} were taken away");
    }
}

/// Processor time the machine below gave to others so far: `steal` of proc_stat(5), in hundredths
/// of a second.
fn stolen() -> Duration {
    let text = std::fs::read_to_string("/proc/stat").unwrap();
    let total = text.lines().next().unwrap();
    let hundredths = total.split_whitespace().nth(8).unwrap();
    Duration::from_millis(hundredths.parse::<u64>().unwrap() * 10)
}

/// Somebody else, who uses the desk meanwhile: one page every few milliseconds, mostly over a kept
/// connection, every tenth over a new one.
pub struct Bystander {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<std::io::Result<Vec<Duration>>>,
    among: bool,
}

impl Bystander {
    /// One whose address is nobody else's.
    pub fn start(to: SocketAddr) -> Self {
        Bystander::with(to, false)
    }

    /// One at the address of the attackers. Where the machine stands still a connection that has
    /// not spoken yet is shed as one of theirs; that counts as late.
    pub fn among(to: SocketAddr) -> Self {
        Bystander::with(to, true)
    }

    fn with(to: SocketAddr, among: bool) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut times = Vec::new();
            let mut client = Client::new(to);
            while !stopped.load(Ordering::Relaxed) {
                let begun = Instant::now();
                if times.len() % 10 == 9 {
                    client = Client::new(to);
                }
                let answer = client.ask("GET", "/_test/page/2000", "", b"")?;
                assert_eq!((answer.status, answer.body.len()), (200, 2000));
                times.push(begun.elapsed());
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(times)
        });
        Bystander {
            stop,
            thread,
            among,
        }
    }

    /// Stops, prints what was seen, and bounds the slowest of a hundred.
    pub fn check(self, what: &str, bound: Duration) -> Timed {
        self.stop.store(true, Ordering::Relaxed);
        let seen = self.thread.join().expect("a bystander got a wrong answer");
        let mut times = match seen {
            Ok(times) => times,
            Err(error) if self.among && error.kind() == ErrorKind::ConnectionReset => {
                return Err(Late(format!("{what}: a bystander was shed")));
            }
            Err(error) => panic!("{what}: a bystander got no answer: {error}"),
        };
        times.sort();
        let at = |part: usize| times[(times.len() * part / 1000).min(times.len() - 1)];
        println!(
            "{what}: others' p50 {:?}, p99 {:?}, worst {:?} of {}",
            at(500),
            at(990),
            at(1000),
            times.len()
        );
        within(&format!("{what}: the p99 of others"), at(990), bound)
    }
}
