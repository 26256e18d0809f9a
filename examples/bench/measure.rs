//! What is measured: how long each of many tries took, and how much memory a process holds.

use std::time::{Duration, Instant};

/// Many tries of one thing.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Tries something so many times.
    pub fn of<E>(tries: usize, mut one: impl FnMut(usize) -> Result<(), E>) -> Result<Self, E> {
        let mut times = Times::default();
        for n in 0..tries {
            let began = Instant::now();
            one(n)?;
            times.0.push(began.elapsed());
        }
        Ok(times)
    }

    /// Adds what another thread measured.
    pub fn join(&mut self, other: Times) {
        self.0.extend(other.0);
    }

    /// The time that this share of the tries stayed under. **Unit:** milliseconds.
    pub fn percentile_ms(&mut self, percent: usize) -> f64 {
        self.0.sort();
        let last = self.0.len().saturating_sub(1);
        let place = (self.0.len() * percent / 100).min(last);
        self.0
            .get(place)
            .map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }
}

/// How many a second.
pub fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(1e-9)
}

/// Memory a process holds now and held at most. **Unit:** MiB.
pub fn memory_mib(process: u32) -> Option<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kib = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    Some((kib("VmRSS:")? / 1024, kib("VmHWM:")? / 1024))
}

/// Waits until a process has rested for a second; answers whether it did in time. Where there is no
/// `/proc` nobody can tell.
pub fn at_rest_within(process: u32, patience: Duration) -> bool {
    const REST: Duration = Duration::from_secs(1);
    let until = Instant::now() + patience;
    let mut before = ticks_used(process);
    while before.is_some() && Instant::now() < until {
        std::thread::sleep(REST);
        let now = ticks_used(process);
        // A hundred ticks are a second of work: a few go into what a desk does each second.
        if now
            .zip(before)
            .is_some_and(|(now, before)| now - before <= 5)
        {
            return true;
        }
        before = now;
    }
    false
}

/// Work of a process so far. **Unit:** clock ticks, hundredths of a second.
fn ticks_used(process: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name, in parentheses, may hold blanks; user and system time are the 12th and 13th behind.
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

/// One line of the result.
pub fn row(name: &str, figures: &[String]) {
    println!("  {name:<44} {}", figures.join("   "));
}

/// Tells what is being measured, beside the results: some of it takes minutes.
pub fn doing(what: &str) {
    eprintln!("    … {what}");
}
