//! Hard runs: many customers at once, with everything the provider does on its bad days, while a
//! member answers; and the same with the desk killed again and again.

use crate::browser::Browser;
use crate::emulator::Emulator;
use crate::kit::{Desk, START_S, wait_for};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

struct Run {
    conversations: u64,
    messages_each: u64,
    rate: u64,
    replies: u64,
    kills: u32,
}

const BAD_DAY: [&str; 26] = [
    "--fault",
    "hook_dup:p=0.1",
    "--fault",
    "hook_reorder:p=0.2",
    "--fault",
    "hook_forge:p=0.05",
    "--fault",
    "hook_nosig:p=0.01",
    "--fault",
    "api_http:p=0.02,status=503,on=any",
    "--fault",
    "api_http:p=0.02,status=503,on=messages",
    "--fault",
    "api_close:p=0.05,when=after,on=messages",
    "--batch",
    "50",
    "--auto-reply",
    "0.5",
    "--retry-delays",
    RETRIES,
    "--sent-delay",
    "0.05",
    "--read-delay",
    "0.5",
    "--seed",
    "7",
];
const RETRIES: &str = "0,0.1,0.2,0.3,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,\
                       0.5,0.5,0.5,0.5,0.5,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1";

/// How many seconds a message whose answer was lost waits for a sign.
const DOUBT_S: &str = "12";

#[test]
fn the_desk_keeps_up_with_a_hard_run() {
    let long = std::env::var_os("TRAILBOX_LONG").is_some();
    hard(&Run {
        conversations: if long { 1_000 } else { 500 },
        messages_each: 10,
        rate: 100,
        replies: 200,
        kills: 0,
    });
}

#[test]
fn nothing_acknowledged_is_lost_when_killed() {
    let long = std::env::var_os("TRAILBOX_LONG").is_some();
    hard(&Run {
        conversations: 500,
        messages_each: 10,
        rate: if long { 12 } else { 50 },
        replies: 80,
        kills: if long { 200 } else { 20 },
    });
}

fn hard(run: &Run) {
    let mut desk = Desk::make();
    let Some(emulator) = Emulator::start(&desk.hook(), &BAD_DAY) else {
        return;
    };
    desk.connect(&emulator.base_url);
    desk.granted(&["set", "outbox.doubt_s", DOUBT_S]);
    desk.serve();
    let shaken = emulator.order("verify", json!({}));
    assert_eq!(shaken["verified"], true, "{shaken}");

    let browser = Browser::signed_in(&desk.url("")); // before the first kill
    let began = Instant::now();
    let load = emulator.order(
        "load",
        json!({"conversations": run.conversations, "rate": run.rate, "gap": 1.0,
               "messages": [run.messages_each, run.messages_each]}),
    );
    let load = format!("load?id={}", load["id"].as_str().unwrap());
    let planned = run.conversations * run.messages_each;
    let all_s = planned / run.rate;
    let over = AtomicBool::new(false);
    let (said, starts) = std::thread::scope(|scope| {
        let answering = scope.spawn(|| answer(browser, run, all_s, &over));
        let starts = kill_again_and_again(&mut desk, run.kills, all_s);
        wait_for("all customers to have written", all_s + 60, || {
            (emulator.look(&load)["loads"][0]["done"] == true).then_some(())
        });
        let said = answering.join().unwrap();
        over.store(true, Ordering::Relaxed);
        (said, starts)
    });
    let report = emulator.look(&load)["loads"][0].clone();
    assert_eq!(report["emitted"], planned, "{report}");
    settle(&desk, &emulator);
    let took_s = began.elapsed().as_secs();

    every_message_is_there_once(&desk, &emulator);
    every_reply_went_out_once(&desk, &emulator, &said);
    let webhooks = emulator.look("stats")["webhooks"].clone();
    for fault in ["hook_forge", "hook_nosig"] {
        assert_eq!(
            webhooks[format!("{fault}_accepted")],
            Value::Null,
            "{webhooks}"
        );
        assert!(
            webhooks[format!("{fault}_refused")].as_u64() > Some(0),
            "{webhooks}"
        );
    }
    let slowest = starts.iter().max().copied().unwrap_or_default();
    assert!(
        slowest <= Duration::from_secs(START_S),
        "started in {starts:?}"
    );
    desk.stop_and_verify();
    println!(
        "{planned} messages in {} conversations, {} replies, {} kills: {took_s} s; the slowest \
         start after a kill took {} ms",
        run.conversations,
        said.len(),
        run.kills,
        slowest.as_millis()
    );
}

/// Replies here and there while messages come in; each text, and whether the desk said yes.
fn answer(
    mut browser: Browser,
    run: &Run,
    all_s: u64,
    over: &AtomicBool,
) -> BTreeMap<String, bool> {
    let mut said = BTreeMap::new();
    let pause = Duration::from_millis(all_s * 1_000 / run.replies / 2);
    let (mut number, mut tried) = (0, 0);
    let end = Instant::now() + Duration::from_secs(all_s + 60);
    while number < run.replies && Instant::now() < end && !over.load(Ordering::Relaxed) {
        std::thread::sleep(pause);
        // Among those that have begun by now; each gets at most a few.
        tried += 1;
        let conversation = tried * 7 % (run.conversations / 4) + 1;
        let text = format!("reply number {tried} to C-{conversation}");
        match browser.reply(conversation, &text) {
            Some(page) if page.status == 303 => {
                said.insert(text, true);
                number += 1;
            }
            Some(page) if page.status == 404 => {} // not begun yet
            Some(page) => {
                assert_ne!(page.status, 500, "{}", page.html);
                said.insert(text, false);
                number += 1;
            }
            None => {
                assert!(run.kills > 0, "a reply got no answer");
                said.insert(text, false); // it may have been taken or not
            }
        }
    }
    let taken = said.values().filter(|taken| **taken).count() as u64;
    // Where it is killed every other second, on a slow machine, most get no answer.
    let enough = taken * 2 > run.replies || (run.kills > 20 && taken > 0);
    assert!(enough, "only {taken} replies were taken");
    said
}

fn kill_again_and_again(desk: &mut Desk, kills: u32, all_s: u64) -> Vec<Duration> {
    let mut starts = Vec::new();
    for kill in 1..=kills {
        std::thread::sleep(Duration::from_millis(
            all_s * 1_000 / u64::from(kills) * 3 / 4,
        ));
        desk.kill();
        if kill % 20 == 0 {
            // No false alarm either, on a desk as a power cut leaves it.
            let verified = desk.command(&["verify"]);
            assert_eq!(verified.status.code(), Some(0), "{verified:?}");
        }
        starts.push(desk.serve());
    }
    starts
}

/// Waits until nothing is on its way any more, on either side.
fn settle(desk: &Desk, emulator: &Emulator) {
    for round in 0.. {
        emulator.order("drain", json!({"timeout": 120}));
        wait_for("the desk to have done everything", 120, || {
            let open = "SELECT (SELECT count(*) FROM payload WHERE state = 'waiting')
                + (SELECT count(*) FROM media WHERE state = 'waiting')
                + (SELECT count(*) FROM delivery WHERE state IN ('queued', 'sending', 'unknown'))";
            (desk.number(open) == 0).then_some(())
        });
        let quiet = emulator.look("stats");
        if quiet["webhooks_open"] == 0 && quiet["timer_pending"] == 0 {
            return;
        }
        assert!(round < 20, "the emulator does not come to rest: {quiet}");
    }
}

fn every_message_is_there_once(desk: &Desk, emulator: &Emulator) {
    let ledger = emulator.look("ledger");
    let mut written = BTreeMap::new();
    let mut reactions = 0;
    for message in ledger["inbound"].as_array().unwrap() {
        assert!(
            message["acked"].as_u64() > Some(0),
            "not acknowledged: {message}"
        );
        let kind = message["type"].as_str().unwrap();
        if kind == "reaction" {
            reactions += 1;
        } else {
            written.insert(message["id"].as_str().unwrap().to_owned(), kind.to_owned());
        }
    }
    let rows = desk.rows("SELECT provider_id, kind FROM article WHERE direction = 'in'");
    assert_eq!(rows.len(), written.len(), "as many articles as messages");
    for row in rows {
        let kind = if row[1] == "voice" { "audio" } else { &row[1] };
        assert_eq!(written.remove(&row[0]).as_deref(), Some(kind), "{row:?}");
    }
    assert!(written.is_empty(), "lost: {written:?}");
    let kept = desk.number("SELECT count(*) FROM reaction");
    assert_eq!(kept, reactions, "as many reactions");
    let unreadable = desk.rows("SELECT seq, trouble FROM payload WHERE state <> 'read'");
    assert!(unreadable.is_empty(), "{unreadable:?}");
    let missing = desk.rows("SELECT article, trouble FROM media WHERE state <> 'fetched'");
    assert!(missing.is_empty(), "{missing:?}");
    let reported: BTreeSet<String> = desk
        .rows("SELECT DISTINCT provider_id || '/' || state FROM report")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    for status in ledger["statuses_acked"].as_object().unwrap().keys() {
        assert!(reported.contains(status), "a status is lost: {status}");
    }
}

fn every_reply_went_out_once(desk: &Desk, emulator: &Emulator, said: &BTreeMap<String, bool>) {
    let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in emulator.look("messages")["data"].as_array().unwrap() {
        let text = message["body"]["text"]["body"].as_str().unwrap().to_owned();
        let id = message["id"].as_str().unwrap().to_owned();
        sent.entry(text).or_default().push(id);
    }
    for (text, taken) in said {
        let times = sent.get(text).map_or(0, Vec::len);
        let right = if *taken { times == 1 } else { times <= 1 };
        assert!(right, "{text} (taken: {taken}) went out {times} times");
    }
    let rows = desk.rows(
        "SELECT coalesce(preview, ''), coalesce(provider_id, ''), state
           FROM delivery JOIN article ON article.seq = delivery.article",
    );
    assert_eq!(rows.len(), sent.len(), "as many replies as went out");
    for row in rows {
        assert_eq!(row[2], "accepted", "{row:?}");
        assert_eq!(sent.get(&row[0]), Some(&vec![row[1].clone()]), "{row:?}");
    }
}
