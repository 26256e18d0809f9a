//! A dispute, from the first doubt to proof on another machine: a reviewer finds the case by words,
//! looks at it over time, pins what happened, decides, and takes the evidence out.

use crate::desk::{Desk, INES};
use crate::driver::{Browser, DESKTOP, PHONE};
use crate::story::{Person, Setting, sign_in};
use std::path::Path;
use std::process::{Command, Output};

/// The program on a machine that has nothing but it, the file and the key.
fn elsewhere(bundle: &Path, key: &str) -> Output {
    let empty = tempfile::tempdir().expect("an empty folder");
    Command::new(env!("CARGO_BIN_EXE_trailbox"))
        .args(["verify", "--vkey", key, "--bundle"])
        .arg(bundle)
        .current_dir(empty.path())
        .env_clear()
        .output()
        .expect("the program runs")
}

/// Presses a button that leads to a page, away from the edges of a small window: there stands what
/// is always in reach, and for a while the word that it went well.
fn go(person: &Person<'_>, button: &str) {
    let middle = "const one = [...document.querySelectorAll('main button')]
            .find((one) => one.textContent.trim() === arguments[0]);
        one.scrollIntoView({block: 'center', behavior: 'instant'});";
    person.browser.script(middle, serde_json::json!([button]));
    person.go(button);
}

fn settle(setting: Setting, name: &'static str) {
    let reviewer = ["member", "add", "quinn@example.org", "--name", "Quinn Ode"];
    let reviewer = [&reviewer[..], &["--role", "reviewer", "--non-interactive"]].concat();
    let desk = Desk::open_with(&[reviewer]);
    // Written down before anything happened.
    let key = desk.said(&["key", "show"]);
    let key = key.split_whitespace().next().expect("a key").to_owned();

    let maya = Person {
        browser: Browser::start(),
        desk: &desk,
        name,
    };
    maya.sit(setting);
    sign_in(&maya.browser, &desk, "maya@example.org");
    desk.provider.say(INES, "Did anybody call the courier?");
    if setting.0 == PHONE {
        maya.open_menu(".list__queues summary");
    }
    maya.follow("a[href='/inbox?queue=unassigned']");
    maya.browser.sees("Did anybody call the courier?");
    maya.open_menu("a.row");
    maya.browser.find_shown(".timeline");
    maya.go("Take");
    maya.write("reply", "The courier was called on Tuesday.", "Send");
    desk.provider.say(INES, "The courier says nobody called.");
    maya.browser.sees("The courier says nobody called.");

    let folder = tempfile::tempdir().expect("a folder for the download");
    let quinn = Person {
        browser: Browser::start(),
        desk: &desk,
        name,
    };
    quinn.sit(setting);
    quinn.browser.download_to(folder.path());
    sign_in(&quinn.browser, &desk, "quinn@example.org");
    quinn.browser.open(&format!("{}/audit", desk.origin));
    quinn.fill("#f-q", "\"called on tuesday\"");
    quinn.go("Ask");
    quinn.browser.sees("Maya Lind");
    quinn.see("dispute-found");
    quinn
        .browser
        .open(&format!("{}/conversations/C-1/case", desk.origin));
    quinn.browser.sees("Over time");
    quinn.see("dispute-case");
    quinn.follow("a[href='/packs?on=C-1']");
    quinn.fill("input[name=title]", "Was the courier called?");
    quinn.go("Open");
    quinn.browser.sees("Nothing is pinned yet.");

    // What was asked, what was promised, what is said now.
    let offered = "return [...document.querySelectorAll('.pack__offer')]
        .filter((one) => /(Inés Soto|Maya Lind) /.test(one.textContent))
        .map((one) => one.querySelector('[name=event]').value)";
    let offered = quinn.browser.script(offered, serde_json::json!([]));
    let offered: Vec<&str> = offered
        .as_array()
        .expect("events that are offered")
        .iter()
        .filter_map(serde_json::Value::as_str)
        .collect();
    assert!(offered.len() >= 3, "{offered:?}");
    for event in &offered[..3] {
        quinn.fill(".pack__form input[name=event]", event);
        go(&quinn, "Pin");
    }
    quinn.browser.sees("3 pinned events");
    for (side, who, says) in [
        (1, "The customer", "nobody called the courier"),
        (2, "Maya", "I called on Tuesday"),
    ] {
        quinn.fill(&format!("#who-{side}"), who);
        quinn.fill(&format!("#says-{side}"), says);
    }
    quinn.fill("textarea[name=finding]", "No call is in the trail.");
    go(&quinn, "Save");
    quinn.see("dispute-pack");
    quinn.choose("select[name=member]", "Maya Lind");
    go(&quinn, "Share");
    quinn.choose("select[name=outcome]", "established");
    quinn.fill("textarea[name=decision]", "We apologise and send another.");
    go(&quinn, "Decide");
    quinn.browser.sees("We apologise and send another.");
    quinn.see("dispute-decided");
    quinn.follow("a[href='/audit/evidence?pack=1']");
    quinn.see("dispute-evidence");
    let middle =
        "document.querySelector('form.card .form__foot').scrollIntoView({block: 'center'})";
    quinn.browser.script(middle, serde_json::json!([]));
    quinn.press("Take the bundle");
    let bundle = quinn.browser.wait_until("the bundle", || {
        let mut files = std::fs::read_dir(folder.path()).ok()?.flatten();
        let done = files.find(|file| file.path().extension().is_some_and(|end| end == "zip"))?;
        Some(done.path())
    });

    let checked = elsewhere(&bundle, &key);
    let said = String::from_utf8_lossy(&checked.stdout);
    assert_eq!(checked.status.code(), Some(0), "{said}");
    let mut bytes = std::fs::read(&bundle).expect("the bundle");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = folder.path().join("changed.zip");
    std::fs::write(&changed, bytes).expect("a changed bundle");
    assert_eq!(elsewhere(&changed, &key).status.code(), Some(3));

    // Those concerned read what was decided.
    maya.browser.open(&format!("{}/packs/1", desk.origin));
    maya.browser.sees("We apologise and send another.");
    maya.see("dispute-told");
}

#[test]
fn a_dispute_is_settled_and_proved_elsewhere_at_a_desk() {
    settle((DESKTOP, "light"), "desk");
}

#[test]
fn a_dispute_is_settled_and_proved_elsewhere_on_a_phone() {
    settle((PHONE, "dark"), "phone");
}
