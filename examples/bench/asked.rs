//! What is asked of a large trail: questions in words, and proofs out of its tree.

use crate::bare::Result;
use crate::measure::{Times, doing, row};
use crate::seed::{BEGINNING, Seeded, word};
use crate::served::Served;
use std::time::Instant;
use trailbox::{
    desk::proofs::Prover,
    domain::{actor::Who, moment::Moment},
};

/// Questions in words, as people ask them; each a page of its events with their count.
pub fn filters(desk: &Seeded, tries: usize) -> Result<()> {
    let served = Served::start(desk.home.folder())?;
    let client = served.client();
    client.ask("/audit")?;
    let end = BEGINNING + i64::try_from(desk.conversations)? * 20_000;
    let day = |tenths: i64| -> String {
        let at = Moment(BEGINNING + (end - BEGINNING) / 10 * tenths);
        at.to_string().chars().take(10).collect()
    };
    let (from, to) = (day(4), day(5));
    let middle = desk.conversations / 2;
    for question in [
        "actor:maya".to_owned(),
        "kind:provider".to_owned(),
        "event:article.received".to_owned(),
        "event:conversation".to_owned(),
        "event:article".to_owned(),
        "door:web".to_owned(),
        "channel:main".to_owned(),
        format!("conversation:C-{middle}"),
        format!("customer:K-{middle}"),
        format!("ticket:T-{}", 1_001 + desk.conversations / 30),
        format!("after:{from} before:{to}"),
        word(1).to_owned(),
        format!("{} {}", word(1), word(6)),
        format!("\"{} {}\"", word(7), word(4)),
        "actor:maya event:article.noted".to_owned(),
        "channel:main event:article.received".to_owned(),
        "kind:provider -event:article.received".to_owned(),
        format!("actor:maya after:{from}"),
        format!("event:article.received {}", word(2)),
        format!("actor:maya channel:main after:{from} event:article"),
        format!("actor:maya event:article.received {}", word(2)),
        "became:open".to_owned(),
        "is:handoff actor:maya".to_owned(),
        "actor:maya kind:provider".to_owned(),
    ] {
        doing(&format!("asking the trail: {question}"));
        let mut counted = String::new();
        let mut times = Times::of(tries, |n| -> Result<()> {
            // The first page and later ones alike.
            let before = desk.events - (n as u64 * 7_919) % (desk.events / 2 + 1);
            let q: String = form_urlencoded::byte_serialize(question.as_bytes()).collect();
            let page = client.ask(&format!("/audit?q={q}&before={before}"))?;
            counted = count(&page).unwrap_or_else(|| "no count".to_owned());
            Ok(())
        })?;
        let (p50, p99) = (times.percentile_ms(50), times.percentile_ms(99));
        let figures = [
            format!("p50 {p50:.1} ms"),
            format!("p99 {p99:.1} ms"),
            counted,
        ];
        row(&question, &figures);
    }
    Ok(())
}

/// The count a page shows.
fn count(page: &str) -> Option<String> {
    let before = page.split(" events</p>").next()?;
    let found = before.rsplit('>').next()?;
    (before.len() < page.len()).then(|| format!("{found} events"))
}

/// Proofs that an event is in the tree, and that an older tree is the beginning of this one.
pub fn proofs(desk: &Seeded, tries: usize) -> Result<()> {
    doing("proving");
    let ledger = desk.open()?;
    let who = Who::shell();
    let size = ledger.now(&who)?.next_seq().0;
    let place = |n: usize| (n as u64 * 7_919_777) % size;
    // Each from the beginning, as one request does it.
    let mut inclusion = Times::of(tries, |n| -> Result<()> {
        let now = ledger.now(&who)?;
        Prover::new(&now, size)?.inclusion(place(n)).map(drop)?;
        Ok(())
    })?;
    let mut consistency = Times::of(tries, |n| -> Result<()> {
        let now = ledger.now(&who)?;
        Prover::new(&now, size)?
            .consistency(place(n).max(1))
            .map(drop)?;
        Ok(())
    })?;
    for (name, times) in [
        ("inclusion proof", &mut inclusion),
        ("consistency proof", &mut consistency),
    ] {
        let (p50, p99) = (times.percentile_ms(50), times.percentile_ms(99));
        row(
            name,
            &[format!("p50 {p50:.2} ms"), format!("p99 {p99:.2} ms")],
        );
    }
    let now = ledger.now(&who)?;
    let mut prover = Prover::new(&now, size)?;
    let began = Instant::now();
    let many = size.min(10_000);
    for seq in size - many..size {
        prover.inclusion(seq)?;
    }
    let each = began.elapsed().as_secs_f64() * 1e6 / many as f64;
    row(
        "inclusion proofs of neighbours",
        &[format!("{each:.1} µs each")],
    );
    drop(now);
    ledger.close()?;
    Ok(())
}
