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

/// One line of the result.
pub fn row(name: &str, figures: &[String]) {
    println!("  {name:<44} {}", figures.join("   "));
}

/// Tells what is being measured, beside the results: some of it takes minutes.
pub fn doing(what: &str) {
    eprintln!("    … {what}");
}
