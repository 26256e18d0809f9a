//! How fast the desk is, against what this machine could do at most: every figure of speed is also
//! a ratio, because disks and processors differ. One run on one machine:
//!
//! ```text
//! cargo build --profile fast && cargo run --profile fast --example bench
//! cargo run --example bench -- --small
//! ```
//!
//! `--small` is for trying the bench itself: few conversations, and a debug build will do. Further
//! choices: `--size N` conversations in place of 10 000 and 100 000; `--only PART,PART` of append,
//! wishes, pages, filters, proofs, exports, trail; `--desk FOLDER` keeps the desk there, and takes
//! the one that stands there already. What it is doing is told on the standard error.

mod append;
mod asked;
mod bare;
mod chosen;
mod measure;
mod seed;
mod served;

use bare::{Result, Rows, next_place, read_and_hash};
use chosen::{Chosen, Part};
use measure::{Times, at_rest_within, doing, memory_mib, rate, row};
use seed::{Seeded, seed, word};
use served::Served;
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use trailbox::{
    desk,
    desk::audit::Filter,
    domain::actor::Who,
    export::{self, Format},
    ledger::{Home, Ledger, rebuild_in_place, verify},
};

fn main() -> Result<()> {
    let chosen = Chosen::read(std::env::args().skip(1))?;
    let tries = if chosen.small { 30 } else { 1_000 };
    let folder = tempfile::tempdir()?;
    for (n, &size) in chosen.sizes.iter().enumerate() {
        println!("\n{size} conversations");
        let kept = chosen.desk.as_ref().map(|desk| desk.join(size.to_string()));
        let home = Home::at(kept.unwrap_or_else(|| folder.path().join(size.to_string())));
        let desk = seed(home, size)?;
        let mut written = vec![format!("{} events", desk.events)];
        if let Some(took) = desk.took {
            let per_s = rate(usize::try_from(desk.events)?, took);
            written.push(format!("{per_s:.0} events/s"));
        }
        row("written through the one door, 200 a commit", &written);
        let notes = if chosen.small { 64 } else { 2_048 };
        // What writes is measured once: a commit costs the same on a large desk.
        if n == 0 && chosen.asks(Part::Append) {
            append::append(&desk, folder.path(), notes)?;
        }
        if n == 0 && chosen.asks(Part::Wishes) {
            wishes(&desk, folder.path(), notes)?;
        }
        if chosen.asks(Part::Pages) {
            pages(&desk, tries)?;
        }
        if chosen.asks(Part::Filters) {
            asked::filters(&desk, (tries / 10).max(10))?;
        }
        if chosen.asks(Part::Proofs) {
            asked::proofs(&desk, tries)?;
        }
        if chosen.asks(Part::Exports) {
            exports(&desk)?;
        }
        if chosen.asks(Part::Trail) {
            trail(&desk)?;
        }
    }
    Ok(())
}

/// The whole trail taken out in each form: rows a second, and how much more memory than before.
fn exports(desk: &Seeded) -> Result<()> {
    let ledger = desk.open()?;
    let own = std::process::id();
    for format in Format::ALL {
        doing(&format!("taking the trail out as {}", format.as_str()));
        // From here on the most that was held counts anew.
        fs::write("/proc/self/clear_refs", "5").ok();
        let before = memory_mib(own);
        let began = Instant::now();
        let made = export::trail(
            &ledger,
            &Who::shell(),
            &Filter::default(),
            "",
            format,
            &mut std::io::sink(),
            &mut |_, _| {},
        )?;
        let took = began.elapsed();
        let more = match (before, memory_mib(own)) {
            (Some((before, _)), Some((_, most))) => {
                format!("{} MiB more", most.saturating_sub(before))
            }
            (None, _) | (_, None) => "memory unknown".to_owned(),
        };
        row(
            &format!("export of the trail as {}", format.as_str()),
            &[
                format!("{} rows", made.rows),
                format!("{:.0} rows/s", rate(usize::try_from(made.rows)?, took)),
                more,
            ],
        );
    }
    ledger.close()?;
    drop(ledger); // it holds the folder's lock
    exports_served(desk)
}

/// The same taken out of a serving desk: how much memory it holds while it answers.
fn exports_served(desk: &Seeded) -> Result<()> {
    for format in ["csv", "xlsx"] {
        doing(&format!(
            "taking the trail out of a serving desk as {format}"
        ));
        let served = Served::start(desk.home.folder())?;
        let client = served.client();
        client.ask("/inbox")?;
        let began = Instant::now();
        let bytes = client.take("/audit/exports", &[("q", ""), ("format", format)])?;
        let took = began.elapsed().as_secs_f64();
        let mut figures = vec![
            format!("{} MiB", bytes / 1024 / 1024),
            format!("{took:.1} s"),
        ];
        if let Some((_, most)) = memory_mib(served.process()) {
            figures.push(format!("{most} MiB resident at most"));
        }
        row(&format!("through HTTP as {format}"), &figures);
    }
    Ok(())
}

/// Durable wishes through HTTP, against the same rows in a bare loop.
fn wishes(desk: &Seeded, folder: &Path, notes: usize) -> Result<()> {
    doing("posting notes through HTTP");
    let before = folder.join("before.db");
    fs::copy(desk.home.database(), &before)?;
    let first_new = next_place(&before)?;
    let mut through = Vec::new();
    {
        let served = Served::start(desk.home.folder())?;
        served.notes(1, 8)?; // the first requests open connections and caches
        for clients in [1, 8, 32] {
            let (mut times, took) = served.notes(clients, notes / clients)?;
            through.push((clients, rate(notes, took), times.percentile_ms(99)));
        }
    }
    let rows = Rows::since(&desk.home.database(), first_new)?;
    let written = 3 * notes + 8;
    let bare = |per_commit| -> Result<f64> {
        let copy = folder.join(format!("bare-{per_commit}.db"));
        fs::copy(&before, &copy)?;
        Ok(rate(
            written,
            rows.replay(&copy, written, per_commit, true)?,
        ))
    };
    let (alone, together) = (bare(1)?, bare(32)?);
    row("bare loop, 1 a commit", &[format!("{alone:.0} notes/s")]);
    row(
        "bare loop, 32 a commit",
        &[format!("{together:.0} notes/s")],
    );
    for (clients, per_s, p99) in through {
        row(
            &format!("through HTTP, {clients} clients"),
            &[
                format!("{per_s:.0} notes/s"),
                format!("p99 {p99:.1} ms"),
                format!("{:.2} x bare 1 a commit", per_s / alone),
                format!("{:.2} x bare 32 a commit", per_s / together),
            ],
        );
    }
    Ok(())
}

/// How long a start may go on verifying before pages are measured all the same.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// Pages and search, one client at a time; start and memory of the process that serves them.
fn pages(desk: &Seeded, tries: usize) -> Result<()> {
    let served = Served::start(desk.home.folder())?;
    let up_ms = served.up_after.as_secs_f64() * 1e3;
    row("start to first answer", &[format!("{up_ms:.0} ms")]);
    let at_rest = memory_mib(served.process());
    let client = served.client();
    let page = |name: &str, address: &dyn Fn(u64) -> String| -> Result<()> {
        doing(&format!("asking for pages: {name}"));
        let mut times = Times::of(tries, |n| client.ask(&address(n as u64 * 7919)).map(drop))?;
        let (p50, p99) = (times.percentile_ms(50), times.percentile_ms(99));
        row(
            name,
            &[format!("p50 {p50:.1} ms"), format!("p99 {p99:.1} ms")],
        );
        Ok(())
    };
    let conversation = |n: u64| n % desk.conversations + 1;
    let tickets = (desk.conversations / 15).max(1);
    page("inbox, just started", &|_| "/inbox".to_owned())?;
    doing("waiting until the trail is verified, as at each start");
    if !at_rest_within(served.process(), STARTS_WITHIN) {
        println!("  the process was still at work: what follows is measured beside that");
    }
    page("inbox", &|_| "/inbox".to_owned())?;
    page("conversation", &|n| {
        format!("/conversations/C-{}", conversation(n))
    })?;
    page("ticket", &|n| format!("/tickets/T-{}", 1_001 + n % tickets))?;
    page("audit", &|_| "/audit".to_owned())?;
    page("search, two words", &|n| {
        format!("/search?q={}+{}", word(n), word(n + 5))
    })?;
    page("search, one order", &|n| {
        format!("/search?q=A-{}", 10_000 + conversation(n))
    })?;
    if let (Some((rest, _)), Some((now, most))) = (at_rest, memory_mib(served.process())) {
        row(
            "resident memory",
            &[
                format!("{rest} MiB at rest"),
                format!("{now} MiB after the pages"),
                format!("{most} MiB at most"),
            ],
        );
    }
    Ok(())
}

/// Opening, verifying and rebuilding, against reading and hashing the same bytes.
fn trail(desk: &Seeded) -> Result<()> {
    let began = Instant::now();
    let ledger = desk.open()?;
    let opened = began.elapsed();
    let since = near_the_end(&ledger)?;
    ledger.close()?;
    drop(ledger); // it holds the folder's lock
    let (entries, bare) = read_and_hash(&desk.home.database())?;
    let bare_s = bare.as_secs_f64();
    row(
        "bare read and hash",
        &[format!("{:.0} entries/s", rate(entries, bare))],
    );
    let ratio = |took: Duration| format!("{:.1} x bare", took.as_secs_f64() / bare_s);

    let began = Instant::now();
    let step = std::cell::Cell::new(None);
    let told = |progress: verify::Progress| {
        if step.replace(Some(progress.step)) != Some(progress.step) {
            doing(&format!("verifying: {}", progress.step.words()));
        }
    };
    let options = verify::Options {
        progress: &told,
        ..verify::Options::default()
    };
    let report = verify::verify(&desk.home, desk::apply, &options)?;
    let took = began.elapsed();
    if !report.findings.is_empty() {
        return Err(format!("verify found {:?}", report.findings).into());
    }
    row(
        "verify, all seven steps",
        &[format!("{:.0} events/s", rate(entries, took)), ratio(took)],
    );
    for (name, since) in [
        ("verify, chain alone (--chain)", None),
        ("verify, the last 1 000 events (--from)", Some(since)),
    ] {
        let began = Instant::now();
        let options = verify::Options {
            depth: verify::Depth::Chain,
            since,
            ..verify::Options::default()
        };
        let report = verify::verify(&desk.home, desk::apply, &options)?;
        let took = began.elapsed();
        if !report.findings.is_empty() {
            return Err(format!("verify found {:?}", report.findings).into());
        }
        let read = report.events - report.read_from;
        row(
            name,
            &[
                format!("{read} events read"),
                format!("{:.1} ms", took.as_secs_f64() * 1e3),
                ratio(took),
            ],
        );
    }
    let began = Instant::now();
    doing("rebuilding");
    rebuild_in_place(&desk.home, desk::apply, &mut |done| {
        if done > 0 && done.is_multiple_of(100_000) {
            doing(&format!("rebuilding: {done} events"));
        }
    })?;
    let took = began.elapsed();
    row(
        "rebuild",
        &[format!("{:.0} events/s", rate(entries, took)), ratio(took)],
    );
    row(
        "opening the ledger",
        &[format!("{:.1} ms", opened.as_secs_f64() * 1e3)],
    );
    Ok(())
}

/// A checkpoint a thousand events before the end, as somebody may have kept it.
fn near_the_end(ledger: &Ledger) -> Result<verify::Since> {
    let who = Who::shell();
    let now = ledger.now(&who)?;
    let size = now.next_seq().0.saturating_sub(1_000);
    Ok(verify::Since {
        name: String::from("kept"),
        size,
        root: desk::proofs::Prover::new(&now, size)?.root(size)?,
    })
}
