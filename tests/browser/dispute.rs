//! "He said the courier was called on Tuesday, she says nobody did": a QA lead finds the case by
//! words, pins what happened, hears both sides, decides and takes the evidence out; whom it concerns
//! is told and answers; a second machine with the binary and the key that was written down checks it.

use crate::desk::{Desk, INES, elsewhere};
use crate::driver::{Browser, DESKTOP, PHONE};
use crate::story::{Person, Setting, sign_in};
use serde_json::json;
use std::path::{Path, PathBuf};

const CALLED: &str = "I called the courier on Tuesday, it comes tomorrow.";
const NOBODY: &str = "Nobody called anybody. I rang them myself.";

fn person<'a>(desk: &'a Desk, who: &str, name: &'static str, setting: Setting) -> Person<'a> {
    let person = Person {
        browser: Browser::start(),
        desk,
        name,
    };
    person.sit(setting);
    sign_in(&person.browser, desk, who);
    person
}

/// What there is to argue about: what she wrote, what the customer answered, and a note.
fn it_happens(maya: &Person<'_>) {
    let desk = maya.desk;
    desk.provider.say(INES, "Where is my parcel?");
    let thread = format!("{}/conversations/C-1", desk.origin);
    let queue = format!("{}/inbox?queue=unassigned", desk.origin);
    maya.browser.wait_until("the message to be there", || {
        maya.browser.open(&queue);
        let found = maya.browser.all("a.row").len();
        (found == 1).then_some(())
    });
    maya.browser.open(&thread);
    maya.go("Take");
    maya.press("More actions");
    maya.open_menu("form[action$='/tickets'], details:has(> form[action$='/tickets']) > summary");
    maya.fill("input[name=title]", "Parcel late");
    maya.go("Open ticket");
    maya.browser.open(&thread);
    maya.write("reply", CALLED, "Send");
    desk.provider.say(INES, NOBODY);
    maya.browser.sees(NOBODY);
    maya.write("note", "I did call, at ten, the depot in Faro.", "Add note");
}

/// Finds the case by the words that were said, and opens it over time.
fn finds_the_case(quinn: &Person<'_>) {
    quinn.browser.open(&format!("{}/audit", quinn.desk.origin));
    quinn.fill("#f-q", "\"courier on Tuesday\"");
    quinn.go("Ask");
    quinn.browser.sees(CALLED);
    quinn.see("found");
    quinn.follow("a[href='/tickets/T-1001']");
    quinn.follow(".thread__actions a[href='/tickets/T-1001/case']");
    quinn.browser.sees(NOBODY);
    quinn.see("case");
}

/// Opens a pack right there and pins three events, two of them articles.
fn pins_what_happened(quinn: &Person<'_>) {
    quinn.press("Settle a dispute");
    quinn.fill("input[name=title]", "Was the courier called on Tuesday?");
    quinn.go("Open a pack");
    for (n, words) in [CALLED, NOBODY, "opened T-1001 from C-1"]
        .iter()
        .enumerate()
    {
        let name = quinn.browser.script(
            "const line = [...document.querySelectorAll('.told__line')]
                 .find((one) => one.textContent.includes(arguments[0]));
             return line?.querySelector('button')?.getAttribute('aria-label') ?? ''",
            json!([words]),
        );
        let name = name.as_str().unwrap_or_default().to_owned();
        assert!(name.starts_with("Pin #"), "{words}: {name:?}");
        quinn.go(&name);
        let pinned = quinn.browser.all(".told__line--pinned").len();
        assert_eq!(pinned, n + 1, "{words}");
    }
    quinn.see("pinned");
}

/// What each side says, the finding, the decision; and Maya is to see it.
fn decides(quinn: &Person<'_>) {
    quinn
        .browser
        .follow(|| quinn.browser.role("link", "Write and decide"));
    quinn.see("pack");
    let sides = [
        ("Maya", "I called the depot on Tuesday at ten."),
        ("Inés Soto", "Nobody called."),
    ];
    for (n, (who, says)) in sides.iter().enumerate() {
        quinn.fill(&format!("#who-{}", n + 1), who);
        quinn.fill(&format!("#says-{}", n + 1), says);
    }
    quinn.fill("#f-finding", "No call is in the trail before Wednesday.");
    quinn.go("Save");
    quinn.choose("#f-member", "Maya Lind");
    quinn.go("Share");
    quinn.browser.sees("Maya Lind");
}

/// She is told, reads what is pinned, and says her part.
fn answers(maya: &Person<'_>) {
    let list = format!("{}/notifications", maya.desk.origin);
    maya.browser.wait_until("Maya to be told", || {
        maya.browser.open(&list);
        maya.browser
            .page_text()
            .contains("shared P-1 with Maya Lind")
            .then_some(())
    });
    maya.see("told");
    maya.browser.follow(|| {
        let mut forms = maya.browser.all("form.notice").into_iter();
        let shared = forms.find(|form| maya.browser.text(form).contains("shared P-1"));
        let number = maya.browser.script(
            "return [...document.querySelectorAll('form.notice')]
                 .findIndex((one) => one.textContent.includes('shared P-1'))",
            json!([]),
        );
        assert!(shared.is_some());
        let at = number.as_u64().unwrap_or_default() as usize;
        maya.browser.all("form.notice .button").swap_remove(at)
    });
    assert!(
        maya.browser.url().ends_with("/packs/1"),
        "{}",
        maya.browser.url()
    );
    maya.browser
        .sees("No call is in the trail before Wednesday.");
    maya.fill("#f-answer", "I used my own telephone; it rang at ten.");
    maya.go("Answer");
    maya.browser.sees("I used my own telephone");
    maya.see("answered");
}

/// Reads the answer, decides, and takes the bundle out; answers the file and the key.
fn takes_it_out(quinn: &Person<'_>, folder: &Path) -> (PathBuf, String) {
    let list = format!("{}/notifications", quinn.desk.origin);
    quinn.browser.wait_until("Quinn to be told", || {
        quinn.browser.open(&list);
        quinn
            .browser
            .page_text()
            .contains("answered to P-1")
            .then_some(())
    });
    quinn
        .browser
        .open(&format!("{}/packs/1", quinn.desk.origin));
    quinn.browser.sees("I used my own telephone");
    quinn.choose("#f-outcome", "Refuted");
    quinn.fill("#f-decision", "The desk has no call; we apologise.");
    quinn.go("Decide");
    quinn.browser.sees("The desk has no call");
    quinn.see("decided");
    quinn.follow("a[href='/audit/evidence?pack=1']");
    quinn.see("evidence");
    let key = quinn.browser.find_shown(".keybox");
    let key = quinn.browser.text(&key).trim().to_owned();
    quinn.press("Take the bundle");
    let bundle = quinn.browser.wait_until("the bundle", || {
        let mut files = std::fs::read_dir(folder).ok()?.flatten();
        let done = files.find(|file| file.path().extension().is_some_and(|end| end == "zip"))?;
        Some(done.path())
    });
    (bundle, key)
}

/// The binary, an empty folder, the bundle and the key from the paper.
fn is_checked_elsewhere(bundle: &Path, key: &str, other: &str) {
    let path = bundle.to_str().expect("a plain name");
    let check = |path: &str, key: &str| {
        let output = elsewhere(&["verify", "--bundle", path, "--vkey", key]);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (output.status.code(), said)
    };
    let (code, said) = check(path, key);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("P-1"), "{said}");
    let (code, said) = check(path, other);
    assert_eq!(code, Some(3), "another desk's key: {said}");
    // One letter of what she wrote, changed in the unpacked bundle.
    let folder = tempfile::tempdir().expect("a folder");
    let file = std::fs::File::open(bundle).expect("the bundle");
    let mut zip = zip::ZipArchive::new(file).expect("a zip file");
    zip.extract(folder.path()).expect("it can be unpacked");
    let opened = folder.path().to_str().expect("a plain name");
    assert_eq!(check(opened, key).0, Some(0));
    let texts = folder.path().join("disclosures.jsonl");
    let said = std::fs::read_to_string(&texts).expect("the texts");
    let changed = said.replace(
        "called the courier on Tuesday",
        "called the courier on Thursday",
    );
    assert_ne!(said, changed, "her words are in the bundle");
    std::fs::write(&texts, changed).expect("it can be changed");
    let (code, said) = check(opened, key);
    assert_eq!(code, Some(3), "{said}");
}

/// The report in the bundle checks itself from disk.
fn reads_the_report(setting: Setting, name: &str, bundle: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = std::fs::File::open(bundle).expect("the bundle");
    let mut zip = zip::ZipArchive::new(file).expect("a zip file");
    zip.extract(folder.path()).expect("it can be unpacked");
    let browser = Browser::start();
    browser.resize(setting.0);
    browser.prefer(setting.1);
    browser.open(&format!("file://{}/report.html", folder.path().display()));
    browser.wait_until("the report to have checked itself", || {
        let said = browser.script("return document.documentElement.dataset.verdict", json!([]));
        (said == json!("good")).then_some(())
    });
    for words in ["Pack P-1", "3 pinned events", "The desk has no call"] {
        browser.sees(words);
    }
    browser.inspect("file://");
    browser.inspect_width();
    browser.inspect_access();
    browser.screenshot(&format!("{name}-report"));
}

fn dispute(setting: Setting, name: &'static str) {
    let quinn = ["member", "add", "quinn@example.org", "--name", "Quinn QA"];
    let role = ["--role", "reviewer", "--non-interactive"];
    let desk = Desk::open_with(&[[&quinn[..], &role[..]].concat()]);
    let maya = person(&desk, "maya@example.org", name, setting);
    it_happens(&maya);
    let folder = tempfile::tempdir().expect("a folder for the download");
    let quinn = person(&desk, "quinn@example.org", name, setting);
    quinn.browser.download_to(folder.path());
    finds_the_case(&quinn);
    pins_what_happened(&quinn);
    decides(&quinn);
    answers(&maya);
    let (bundle, key) = takes_it_out(&quinn, folder.path());
    let stranger = trailbox::ledger::note::Pen::new("other/00000000", &[9; 32]);
    is_checked_elsewhere(&bundle, &key, &stranger.verifier().text());
    reads_the_report(setting, name, &bundle);
}

#[test]
fn a_dispute_is_settled_and_proved_to_a_stranger_at_a_desk() {
    dispute((DESKTOP, "light"), "dispute-desk");
}

#[test]
fn a_dispute_is_settled_and_proved_to_a_stranger_on_a_phone() {
    dispute((PHONE, "dark"), "dispute-phone");
}
