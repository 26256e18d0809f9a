//! `report.html` in a real browser from disk: good ones check themselves, changed ones refuse, none
//! asks anybody for anything, fifty thousand events take seconds, and it prints.

use crate::driver::Browser;
use crate::{small_desk, taken};
use data_encoding::BASE64;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use trailbox::desk::{audit, packs};
use trailbox::domain::actor::Who;
use trailbox::domain::id::{Object, Seq};
use trailbox::domain::member::Role;
use trailbox::evidence::What;

/// How many changed reports have to be refused.
const MUTANTS: usize = 200;

/// Opens a report; answers what it says of itself, and its text.
fn opened(browser: &Browser, path: &Path) -> (String, String) {
    browser.open(&format!("file://{}", path.display()));
    let begun = Instant::now();
    loop {
        let said = browser.script(
            // Without what is said to be unproved, and the words under the code.
            "for (const one of document.querySelectorAll('#qr figcaption, .about dd:last-child')) {
                one.textContent = '';
             }
             // What lies below the window is not laid out, and has no text until it is.
             for (const one of document.querySelectorAll('.chunk')) {
                one.style.contentVisibility = 'visible';
             }
             return [document.documentElement.dataset.verdict, document.body.innerText]",
            json!([]),
        );
        let verdict = said[0].as_str().unwrap_or("none").to_owned();
        // A script that the policy stops never says more than this.
        let waited = begun.elapsed() > Duration::from_millis(400);
        let silent = verdict == "unchecked" && waited && !checks(browser);
        if verdict != "unchecked" || silent || begun.elapsed() > Duration::from_secs(60) {
            return (verdict, said[1].as_str().unwrap_or_default().to_owned());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether the page's script began: it leaves nothing behind in the page's own names, so the clock
/// decides; a page under test holds few events.
fn checks(browser: &Browser) -> bool {
    let state = browser.script("return performance.now()", json!([]));
    state.as_f64().unwrap_or_default() < 1_500.0
}

#[test]
fn a_pack_stands_first_and_what_is_pinned_to_it_is_checked() {
    let kit = small_desk(150);
    let lead = kit.member("Lena", Role::Lead);
    let case: Object = "T-1001".parse().unwrap();
    kit.done(&lead, move |now| packs::open(now, case, "Who called?"));
    let pinned = Seq(6);
    kit.done(&lead, move |now| {
        packs::pin(now, 1, pinned, "his own words")
    });
    let words = packs::Words {
        title: "Who called?".to_owned(),
        finding: "nobody did".to_owned(),
        ..packs::Words::default()
    };
    kit.done(&lead, move |now| packs::write(now, 1, words));
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("pack");
    taken(&kit, What::Pack(1), &bundle);
    let path = bundle.join("report.html");
    let browser = Browser::start();
    let (verdict, text) = opened(&browser, &path);
    assert_eq!(verdict, "good", "{text}");
    for words in ["Pack P-1", "nobody did", "1 pinned event", "his own words"] {
        assert!(text.contains(words), "no {words}: {text}");
    }
    let page = fs::read_to_string(&path).unwrap();
    let other = page.replace("\"pins\":[6]", "\"pins\":[8]");
    assert_ne!(page, other);
    fs::write(&path, other).unwrap();
    let (verdict, text) = opened(&browser, &path);
    assert_eq!(verdict, "bad", "{text}");
}

#[test]
fn a_part_names_its_last_events_and_two_keys_may_have_signed() {
    let kit = small_desk(150);
    kit.ledger.rotate_key(&Who::shell()).unwrap();
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("case");
    taken(&kit, What::Case("C-1".parse().unwrap()), &bundle);
    let note = fs::read_to_string(bundle.join("checkpoint")).unwrap();
    assert_eq!(note.matches("\n\u{2014} ").count(), 2, "{note}");
    let path = bundle.join("report.html");
    let browser = Browser::start();
    let (verdict, text) = opened(&browser, &path);
    assert_eq!(verdict, "good", "{text}");
    let words = "That none follows the last one is not proved.";
    assert!(
        text.contains("(C-1: event ") && text.contains(words),
        "{text}"
    );
    let page = fs::read_to_string(&path).unwrap();
    let (_, last) = note.trim_end().rsplit_once(' ').unwrap();
    let (begins, ends) = last.split_at(20);
    let changed = if ends.starts_with('A') { "B" } else { "A" };
    let other = page.replace(last, &format!("{begins}{changed}{}", &ends[1..]));
    assert_ne!(page, other);
    fs::write(&path, other).unwrap();
    let (verdict, text) = opened(&browser, &path);
    assert_eq!(verdict, "bad", "{text}");
}

#[test]
fn a_report_checks_itself_and_refuses_what_was_changed() {
    let kit = small_desk(300);
    let folder = TempDir::new().unwrap();
    let browser = Browser::start();
    let mut good = Vec::new();
    let case = What::Case("T-1001".parse::<Object>().unwrap());
    for (name, what) in [("full", What::All), ("case", case)] {
        let bundle = folder.path().join(name);
        taken(&kit, what, &bundle);
        let path = bundle.join("report.html");
        let (verdict, text) = opened(&browser, &path);
        assert_eq!(verdict, "good", "{name}: {text}");
        assert!(text.contains("Checked here") && text.contains("The checkpoint"));
        let asked = "return performance.getEntriesByType('resource').length";
        assert_eq!(
            browser.script(asked, json!([])),
            0,
            "it asked for something"
        );
        good.push((path, text));
    }
    for (width, height) in [(8.27, 11.69), (8.5, 11.0)] {
        let paper = json!({"paperWidth": width, "paperHeight": height, "preferCSSPageSize": false});
        let printed = browser.devtools("Page.printToPDF", paper);
        let pdf = BASE64
            .decode(printed["data"].as_str().unwrap().as_bytes())
            .unwrap();
        assert!(pdf.starts_with(b"%PDF") && pdf.len() > 20_000);
    }
    let seed = 11;
    println!("seed {seed}");
    let mut dice = fastrand::Rng::with_seed(seed);
    let mutant = folder.path().join("mutant.html");
    let (mut refused, mut same) = (0, 0);
    while refused < MUTANTS {
        let (path, text) = dice.choice(&good).unwrap();
        let mut bytes = fs::read(path).unwrap();
        let page = String::from_utf8(bytes.clone()).unwrap();
        // Two of three in what is embedded, the others anywhere.
        let from = page.find("<script type=\"application/json\"").unwrap();
        let to = page.rfind("<script>").unwrap();
        let anywhere = dice.u8(0..3) == 0;
        let range = if anywhere { 0..bytes.len() } else { from..to };
        let at = dice.usize(range);
        bytes[at] ^= 1 << dice.u8(0..7);
        fs::write(&mutant, &bytes).unwrap();
        let (verdict, said) = opened(&browser, &mutant);
        match verdict.as_str() {
            "good" => {
                // What frames the evidence may differ; what it says may not.
                assert_eq!(
                    &said, text,
                    "byte {at} changed what an accepted report says"
                );
                same += 1;
            }
            _ => refused += 1,
        }
    }
    println!("{refused} refused, {same} say the same");
    assert!(same <= MUTANTS / 2, "{same} of {}", refused + same);
}

#[test]
fn fifty_thousand_events_are_checked_in_seconds() {
    let kit = small_desk(150);
    while kit.events() < 49_900 {
        kit.wish(&Who::shell(), |_| {
            let one = || audit::record_verification(9, 0, "root".to_owned(), "chain", 12);
            Ok((0..250).flat_map(|_| one()).collect())
        })
        .unwrap();
    }
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("bundle");
    let size = kit.events();
    taken(&kit, What::All, &bundle);
    let browser = Browser::start();
    let begun = Instant::now();
    browser.open(&format!("file://{}", bundle.join("report.html").display()));
    let verdict = loop {
        let said = browser.script("return document.documentElement.dataset.verdict", json!([]));
        match said {
            Value::String(verdict) if verdict != "unchecked" => break verdict,
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
        assert!(begun.elapsed().as_secs() < 60, "it does not end");
    };
    let took = begun.elapsed();
    println!("{size} events in {took:?}");
    assert_eq!(verdict, "good");
    assert!(took.as_secs() < 10, "{size} events took {took:?}");
}
