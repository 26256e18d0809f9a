//! Two people in one thread: each sees the other, a send is stopped by what came in between, what is
//! being typed is not overwritten, and no answer is lost.

use crate::desk::{Desk, INES};
use crate::driver::{Browser, DESKTOP, key};
use crate::story::{Person, sign_in};
use serde_json::json;

fn person<'a>(desk: &'a Desk, email: &str, name: &'static str) -> Person<'a> {
    let person = Person {
        browser: Browser::start(),
        desk,
        name,
    };
    person.sit((DESKTOP, "light"));
    sign_in(&person.browser, desk, email);
    person
        .browser
        .open(&format!("{}/conversations/C-1", desk.origin));
    person
}

fn typed(person: &Person<'_>) -> String {
    let field = person.browser.find_shown("#f-text");
    let value = person.browser.property(&field, "value");
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn two_people_in_one_thread_lose_nothing_of_each_other() {
    let desk = Desk::open();
    desk.provider.say(INES, "Where is my parcel?");
    let maya = person(&desk, "maya@example.org", "together-maya");
    let lea = person(&desk, "lea@example.org", "together-lea");
    // Each sees that the other is here, and that she writes.
    maya.browser.sees("Lea Lead is here");
    lea.browser.sees("Maya Lind is here");
    maya.fill("#f-text", "I am asking the");
    lea.browser.sees("Maya Lind is writing");
    lea.see("writing");

    // The lead answers first. What the agent types stays, whatever arrives meanwhile.
    lea.fill("#f-text", "Lea here: the courier has it.");
    lea.press("Send");
    lea.browser.sees("Lea here: the courier has it.");
    maya.browser.wait_until("the answer to arrive", || {
        maya.browser
            .page_text()
            .contains("Lea here: the courier has it.")
            .then_some(())
    });
    assert_eq!(typed(&maya), "I am asking the");
    desk.provider.say(INES, "And my second one?");
    lea.browser.sees("And my second one?");

    // A lead took it by answering: the agent's send says so, and her words are not lost.
    maya.press("Send");
    maya.browser.wait_until("the send to be stopped", || {
        let text = maya.browser.page_text();
        (text.contains("moved on") || text.contains("held by Lea Lead")).then_some(())
    });
    assert_eq!(typed(&maya), "I am asking the");
    maya.browser.forget_console(); // the answer 409 is the guard's
    maya.see("stopped");
    assert_eq!(desk.provider.sent().len(), 1, "nothing went out unseen");

    // Handed over, she reads what is new and sends all the same.
    lea.browser
        .open(&format!("{}/conversations/C-1", desk.origin));
    lea.open_menu("details:has(textarea[name=reason]) > summary");
    lea.choose("select[name=owner]", "Maya Lind");
    lea.fill(
        "details[open] textarea[name=reason]",
        "she knows the courier",
    );
    lea.follow("details[open] form[action$='/owner'] .button--main");
    maya.browser
        .open(&format!("{}/conversations/C-1", desk.origin));
    assert_eq!(typed(&maya), "I am asking the", "the draft came back");
    maya.browser.sees("And my second one?");
    desk.provider.say(INES, "Hello??");
    lea.browser.sees("Hello??");
    maya.fill("#f-text", "I am asking the courier about both.");
    maya.press("Send");
    maya.browser.wait_until("both answers to be out", || {
        if maya.browser.has_role("button", "Send all the same") {
            maya.press("Send all the same");
        }
        (desk.provider.sent().len() == 2).then_some(())
    });
    lea.browser.sees("I am asking the courier about both.");
    let page = lea.browser.page_text();
    for said in [
        "Lea here: the courier has it.",
        "And my second one?",
        "Hello??",
    ] {
        assert!(page.contains(said), "no {said:?} in {page}");
    }
    maya.browser.forget_console();
    maya.see("both");

    // One person, two windows: the draft that was kept first stays, the other window says so.
    let other = person(&desk, "maya@example.org", "together-second");
    maya.fill("#f-text", "kept first");
    maya.open_menu("a[data-mode=note]");
    maya.browser.wait_until("the draft to be kept", || {
        maya.browser
            .page_text()
            .contains("Draft kept")
            .then_some(())
    });
    other.fill("#f-text", "written elsewhere");
    other.open_menu("a[data-mode=note]");
    other.browser.sees("another window of yours wrote here");
    maya.browser.reload();
    assert_eq!(typed(&maya), "kept first");
}

#[test]
fn a_page_shows_what_came_while_it_could_not_hear() {
    let desk = Desk::open();
    desk.provider.say(INES, "Where is my parcel?");
    let lea = person(&desk, "lea@example.org", "deaf-lea");
    let maya = person(&desk, "maya@example.org", "deaf-maya");
    let line_cut = |cut: bool| {
        let line = json!({
            "offline": cut, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        maya.browser
            .devtools("Network.emulateNetworkConditions", line);
    };

    // The page is there, its stream not yet.
    let late = "const ask = navigator.locks.request.bind(navigator.locks);
        navigator.locks.request = (...words) => setTimeout(() => ask(...words), 3000);";
    maya.browser.on_every_page(late);
    maya.browser.reload();
    desk.provider.say(INES, "It was due on Monday.");
    lea.browser.sees("It was due on Monday.");
    maya.browser.sees("It was due on Monday.");

    // The line is cut before the stream heard anything, and again after it did.
    for said in ["Is anybody there?", "It came. Thank you!"] {
        maya.browser.devtools("Network.enable", json!({}));
        line_cut(true);
        desk.provider.say(INES, said);
        lea.browser.sees(said);
        assert!(!maya.browser.page_text().contains(said));
        line_cut(false);
        maya.browser.sees(said);
        maya.browser.forget_console(); // what could not be fetched meanwhile
    }

    // A stream that was answered with an error is opened again.
    let refused = "const Real = EventSource; let first = true;
        window.EventSource = class extends Real {
          constructor(url) { super(first ? '/no/such/stream' : url); first = false; }
        };";
    maya.browser.on_every_page(refused);
    maya.browser.reload();
    desk.provider.say(INES, "One more thing.");
    maya.browser.sees("One more thing.");
    maya.browser.forget_console(); // the refused stream
}

#[test]
fn what_is_begun_on_a_page_survives_what_arrives() {
    let desk = Desk::open();
    desk.provider.say(INES, "Where is my parcel?");
    let maya = person(&desk, "maya@example.org", "begun-maya");
    let page = &maya.browser;
    // Neither the caret nor the pointer stays where something was begun.
    let elsewhere = || page.click(&page.find("#search"));
    maya.go("Take");

    // A note is begun; what arrives makes no reply of it.
    page.click(&page.find_shown("a[data-mode=note]"));
    elsewhere();
    desk.provider.say(INES, "Hello?");
    page.sees("Hello?");
    maya.fill("#f-text", "INTERNAL: she is right");
    page.keys(&[key::CONTROL, key::ENTER]);
    page.wait_until("the note to stand there", || {
        let notes = page.all(".timeline .article--note");
        (!notes.is_empty()).then_some(())
    });
    assert!(desk.provider.sent().is_empty(), "a note went out");

    // A conversation is ticked; it stays so while its list changes.
    for n in 0..30 {
        desk.provider
            .say(&format!("49155500020{n:02}"), "Good morning");
    }
    page.open(&format!("{}/inbox?queue=all", desk.origin));
    let box_of = |id: &str| page.find(&format!("input[name=object][value={id}]"));
    page.click(&box_of("C-1"));
    elsewhere();
    desk.provider.say(INES, "Still there?");
    page.sees("Still there?");
    assert_eq!(page.property(&box_of("C-1"), "checked"), true);

    // However many threads were looked at, the one that is open is heard.
    for n in 2..=31 {
        let id = format!("C-{n}");
        let click = "[...document.querySelectorAll('a[data-pane-link]')].find((link) =>
            new URL(link.href).searchParams.get('open') === arguments[0]).click()";
        page.script(click, json!([id]));
        page.wait_until("the thread to open", || {
            let open = page.all(&format!(".thread[data-thread={id}]"));
            (!open.is_empty()).then_some(())
        });
    }
    elsewhere();
    desk.provider.say("4915550002029", "Are you awake?");
    // A long page is read by itself: the driver's reading takes it seconds.
    page.wait_until("the message to stand there", || {
        let read = "return document.body.innerText.includes('Are you awake?')";
        (page.script(read, json!([])) == true).then_some(())
    });
}
