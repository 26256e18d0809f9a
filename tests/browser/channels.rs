//! A shift with all three: a customer on WhatsApp whom the bot meets, one who writes e-mail, one who
//! rings. The bot hands over, a note is yellow, a letter has its signature, the clock counts, waits
//! for the courier and goes on with the customer's word; at the end all of it stands in the trail.

use crate::desk::{Desk, INES};
use crate::driver::{Browser, DESKTOP};
use crate::post::Post;
use crate::story::{Person, sign_in};

const LETTER: &str = "From: Ana Ruiz <ana@mail.example>\nTo: help@shop.example\n\
    Subject: The lamp is broken\nMessage-ID: <lamp@mail.example>\n\nThe shade is cracked.\n";

fn person<'a>(desk: &'a Desk, email: &str, name: &'static str) -> Person<'a> {
    let person = Person {
        browser: Browser::start(),
        desk,
        name,
    };
    person.sit((DESKTOP, "light"));
    sign_in(&person.browser, desk, email);
    person
}

/// The owner: the bot meets new customers, the desk is open around the clock.
fn sets_up(desk: &Desk) {
    let olga = person(desk, "olga@example.org", "channels-owner");
    olga.browser.open(&format!("{}/settings/bot", desk.origin));
    olga.open_menu("input[name=channel]");
    olga.go("Save");
    olga.browser
        .open(&format!("{}/settings/calendars/1", desk.origin));
    for day in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
        olga.fill(&format!("input[name={day}]"), "00:00-24:00");
    }
    olga.follow("form[action='/settings/calendars/1'] .button--main");
    olga.see("calendar");
}

/// WhatsApp: the bot speaks first; whoever takes over silences it.
fn takes_over_from_the_bot(maya: &Person<'_>) {
    let desk = maya.desk;
    desk.provider.say(INES, "Where is my parcel?");
    maya.browser.wait_until("the bot to greet", || {
        (!desk.provider.sent().is_empty()).then_some(())
    });
    maya.browser
        .open(&format!("{}/conversations/C-1", desk.origin));
    maya.browser.sees("The bot answers here.");
    maya.see("bot");
    maya.go("Take over");
    maya.write("note", "Second parcel this month, be kind.", "Add note");
    let yellow = maya.browser.find_shown(".article--note .bubble");
    assert!(maya.browser.text(&yellow).contains("be kind"));
    maya.write("reply", "I am asking the courier right now.", "Send");
    maya.see("taken");
}

/// A ticket with the conversation: its clock counts, pauses, and goes on with the customer's word.
fn waits_for_the_courier(maya: &Person<'_>) {
    let desk = maya.desk;
    maya.press("More actions");
    maya.open_menu("details:has(> form[action$='/tickets']) > summary");
    maya.fill("input[name=title]", "Parcel late");
    maya.go("Open ticket");
    maya.browser
        .open(&format!("{}/tickets/T-1001", desk.origin));
    let line = || maya.browser.text(&maya.browser.find_shown(".sla"));
    assert!(
        line().contains("left") && !line().contains("paused"),
        "{}",
        line()
    );
    maya.press("Status");
    maya.open_menu("input[value=awaiting_courier]");
    maya.fill("input[name=awaiting]", "Example Parcels");
    maya.fill("input[name=reference]", "EP-5521");
    maya.set_date("input[name=expected]", "2030-01-15");
    maya.go("Set status");
    assert!(line().contains("paused"), "{}", line());
    maya.see("awaiting");
    desk.provider.say(INES, "It has come just now!");
    maya.browser.wait_until("the clock to go on", || {
        maya.browser
            .open(&format!("{}/tickets/T-1001", desk.origin));
        (!line().contains("paused")).then_some(())
    });
    maya.see("resumed");
    resolves(maya, "T-1001", "The courier had the wrong floor.");
}

fn resolves(maya: &Person<'_>, ticket: &str, how: &str) {
    let at = format!("{}/tickets/{ticket}", maya.desk.origin);
    maya.browser.open(&at);
    maya.press("Status");
    maya.open_menu("input[value=resolved]");
    maya.fill("textarea[name=resolution]", how);
    maya.go("Set status");
    maya.browser.sees(how);
    maya.press("Status");
    maya.open_menu("input[value=closed]");
    maya.go("Set status");
    maya.browser.wait_until("the ticket to be closed", || {
        maya.browser.has_role("button", "Reopen").then_some(())
    });
}

fn closes(maya: &Person<'_>, conversation: &str, issue: &str) {
    let at = format!("{}/conversations/{conversation}", maya.desk.origin);
    maya.browser.open(&at);
    maya.press("Close");
    maya.fill("textarea[name=issue]", issue);
    maya.fill("textarea[name=outcome]", "Solved.");
    maya.go("Confirm and close");
    maya.browser.sees("Closed");
}

/// E-mail: the answer goes out with the signature that stands greyed in the composer.
fn answers_a_letter(maya: &Person<'_>, post: &Post) {
    let desk = maya.desk;
    maya.browser
        .open(&format!("{}/settings/signatures", desk.origin));
    maya.fill(
        "form[action$='/mine'] textarea",
        "Maya from the Corner Shop",
    );
    maya.go("Save");
    desk.ingest("help", LETTER);
    maya.browser.wait_until("the letter", || {
        maya.browser
            .open(&format!("{}/inbox?queue=unassigned", desk.origin));
        maya.browser.page_text().contains("Ana Ruiz").then_some(())
    });
    maya.browser
        .open(&format!("{}/conversations/C-2", desk.origin));
    maya.go("Take");
    maya.browser.sees("Maya from the Corner Shop");
    maya.see("letter");
    maya.write("reply", "A new shade is on its way.", "Send");
    let sent = maya
        .browser
        .wait_until("the letter to go out", || post.letters().pop());
    assert!(sent.contains("A new shade is on its way."), "{sent}");
    assert!(
        sent.contains("--") && sent.contains("Maya from the Corner Shop"),
        "{sent}"
    );
    assert!(sent.contains("In-Reply-To: <lamp@mail.example>"), "{sent}");
    maya.press("More actions");
    maya.open_menu("details:has(> form[action$='/tickets']) > summary");
    maya.fill("input[name=title]", "Lamp broken");
    maya.go("Open ticket");
    resolves(maya, "T-1002", "Sent a new shade.");
    closes(maya, "C-2", "A cracked shade.");
}

/// A call: noted by hand, with what was promised.
fn notes_a_call(maya: &Person<'_>) {
    maya.browser
        .open(&format!("{}/calls/new", maya.desk.origin));
    maya.fill("input[name=name]", "Bo Berg");
    maya.fill("input[name=number]", "+4915550001077");
    maya.fill("input[name=reason]", "The chair wobbles");
    maya.fill("textarea[name=key_points]", "one leg is short");
    maya.see("call");
    maya.go("Open ticket with this call");
    maya.browser.sees("The chair wobbles");
    maya.browser.sees("one leg is short");
    resolves(maya, "T-1003", "Sent a new leg.");
}

#[test]
fn a_call_a_letter_and_a_chat_from_the_first_word_to_the_trail() {
    let post = Post::open();
    let port = post.port.to_string();
    let mut mailbox = vec![
        "channel",
        "add",
        "email",
        "help",
        "--title",
        "Shop by e-mail",
    ];
    mailbox.extend(["--address", "help@shop.example", "--smtp-host", "127.0.0.1"]);
    mailbox.extend(["--smtp-port", &port, "--smtp-security", "none"]);
    let desk = Desk::open_with(&[mailbox]);
    sets_up(&desk);
    let maya = person(&desk, "maya@example.org", "channels");
    takes_over_from_the_bot(&maya);
    waits_for_the_courier(&maya);
    closes(&maya, "C-1", "A late parcel.");
    answers_a_letter(&maya, &post);
    notes_a_call(&maya);

    let lea = person(&desk, "lea@example.org", "channels-trail");
    for (case, sentences) in [
        (
            "T-1001",
            &[
                "Awaiting courier",
                "Parcel late",
                "the customer wrote",
                "wrong floor",
            ][..],
        ),
        ("C-1", &["summarised C-1", "A late parcel."][..]),
        ("T-1002", &["Lamp broken", "Sent a new shade."][..]),
        ("C-2", &["summarised C-2"][..]),
        ("T-1003", &["Sent a new leg."][..]),
    ] {
        lea.browser
            .open(&format!("{}/audit?object={case}", desk.origin));
        let text = lea.browser.page_text();
        for sentence in sentences {
            assert!(text.contains(sentence), "{case}: no {sentence:?} in {text}");
        }
    }
    lea.see("trail");
    lea.browser
        .open(&format!("{}/conversations/C-1/case", desk.origin));
    lea.browser.sees("Maya Lind");
    lea.see("case");
}
