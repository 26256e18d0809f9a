//! The main story, as the people of a desk live it: a customer writes, an agent takes, notes,
//! answers, waits for the courier, closes with a note; a lead reads the trail and exports it.
//! At a desk and on a phone, with nothing on the console and nothing asked elsewhere.

use crate::desk::{Desk, INES, PASSWORD};
use crate::driver::{Browser, DESKTOP, PHONE};

/// Signs in through the page, as a person does.
pub fn sign_in(browser: &Browser, desk: &Desk, email: &str) {
    browser.open(&format!("{}/login", desk.origin));
    look(browser, desk);
    browser.fill(&browser.role("textbox", "E-mail"), email);
    browser.fill(&browser.find("input[type=password]"), PASSWORD);
    browser.follow(|| browser.role("button", "Sign in"));
    assert!(browser.url().ends_with("/inbox"), "{}", browser.url());
    look(browser, desk);
}

/// What must hold on every page at every size.
fn look(browser: &Browser, desk: &Desk) {
    browser.inspect(&desk.origin);
    browser.inspect_width();
    browser.inspect_access();
}

/// A visitor of one size, who looks at every page that comes up.
pub struct Person<'a> {
    pub browser: Browser,
    pub desk: &'a Desk,
    pub name: &'static str,
}

impl Person<'_> {
    pub fn sit(&self, (size, scheme): Setting) {
        self.browser.resize(size);
        self.browser.prefer(scheme);
    }

    /// Looks at the page, and keeps a picture of it.
    pub fn see(&self, what: &str) {
        look(&self.browser, self.desk);
        self.browser.screenshot(&format!("{}-{what}", self.name));
    }

    pub fn press(&self, button: &str) {
        self.browser
            .click_found(|| self.browser.role("button", button));
    }

    /// Presses a button that leads to a page.
    pub fn go(&self, button: &str) {
        self.browser.follow(|| self.browser.role("button", button));
    }

    pub fn open_menu(&self, css: &str) {
        self.browser.click_found(|| self.browser.find_shown(css));
    }

    pub fn follow(&self, css: &str) {
        self.browser.follow(|| self.browser.find_shown(css));
    }

    pub fn fill(&self, css: &str, text: &str) {
        self.browser
            .fill_found(|| self.browser.find_shown(css), text);
    }

    /// Sets a date field, whatever order the browser's language types it in.
    pub fn set_date(&self, css: &str, date: &str) {
        let field = self.browser.find_shown(css);
        self.browser.script(
            "arguments[0].value = arguments[1];
             arguments[0].dispatchEvent(new Event('input', {bubbles: true}));",
            serde_json::json!([field, date]),
        );
    }

    /// Chooses in a list, by value or by words.
    pub fn choose(&self, css: &str, what: &str) {
        let field = self.browser.find_shown(css);
        let found = self.browser.script(
            "const option = [...arguments[0].options]
                 .find((one) => one.value === arguments[1] || one.text === arguments[1]);
             if (!option) return false;
             arguments[0].value = option.value;
             arguments[0].dispatchEvent(new Event('change', {bubbles: true}));
             return true;",
            serde_json::json!([field, what]),
        );
        assert_eq!(found, serde_json::json!(true), "{what} can be chosen");
    }

    pub fn write(&self, mode: &str, text: &str, button: &str) {
        self.open_menu(&format!("[data-mode={mode}]"));
        self.fill("#f-text", text);
        self.press(button);
        self.browser.sees(text);
    }
}

/// How big the window is and whether it is light or dark around it.
pub type Setting = ((u32, u32), &'static str);

fn story(setting: Setting, name: &'static str) {
    let desk = Desk::open();
    let maya = Person {
        browser: Browser::start(),
        desk: &desk,
        name,
    };
    maya.sit(setting);
    sign_in(&maya.browser, &desk, "maya@example.org");
    desk.provider.say(INES, "Where is my parcel?");

    // The customer's message waits in the queue of those nobody has taken.
    if setting.0 == PHONE {
        maya.open_menu(".list__queues summary");
    }
    maya.follow("a[href='/inbox?queue=unassigned']");
    maya.browser.sees("Where is my parcel?");
    maya.see("unassigned");
    maya.open_menu("a.row");
    maya.browser.find_shown(".timeline");
    maya.see("conversation");
    maya.go("Take");
    assert!(!maya.browser.has_role("button", "Take"));

    maya.write("note", "Second time this month, be kind.", "Add note");
    maya.write("reply", "I am asking the courier right now.", "Send");
    maya.browser.wait_until("the provider to have it", || {
        let sent = desk.provider.sent();
        (sent.len() == 1).then_some(())
    });
    maya.see("answered");

    // A ticket with the conversation attached goes through its own flow.
    maya.press("More actions");
    maya.open_menu("form[action$='/tickets'], details:has(> form[action$='/tickets']) > summary");
    maya.fill("input[name=title]", "Parcel late");
    maya.go("Open ticket");
    maya.browser.sees("T-1001");
    maya.browser
        .open(&format!("{}/tickets/T-1001", desk.origin));
    maya.browser.sees("Parcel late");
    maya.see("ticket");
    maya.press("Status");
    maya.open_menu("input[value=awaiting_courier]");
    maya.fill("input[name=awaiting]", "Example Parcels");
    maya.fill("input[name=reference]", "EP-5521");
    maya.set_date("input[name=expected]", "2030-01-15");
    maya.go("Set status");
    maya.browser.sees("EP-5521");
    maya.see("awaiting");
    maya.press("Status");
    maya.open_menu("input[value=resolved]");
    maya.fill(
        "textarea[name=resolution]",
        "The courier had the wrong floor.",
    );
    maya.go("Set status");
    maya.browser.sees("The courier had the wrong floor.");
    maya.press("Status");
    maya.open_menu("input[value=closed]");
    maya.go("Set status");
    maya.browser.wait_until("the ticket to be closed", || {
        maya.browser.has_role("button", "Reopen").then_some(())
    });
    maya.see("closed");

    read_the_trail(&desk, setting, name);
}

/// The lead narrows the trail to the ticket, looks at one event, and takes the events along.
fn read_the_trail(desk: &Desk, setting: Setting, name: &'static str) {
    let lea = Person {
        browser: Browser::start(),
        desk,
        name,
    };
    let folder = tempfile::tempdir().expect("a folder for the download");
    lea.sit(setting);
    lea.browser.download_to(folder.path());
    sign_in(&lea.browser, desk, "lea@example.org");
    lea.browser.open(&format!("{}/audit", desk.origin));
    lea.see("audit");
    lea.fill("#f-q", "ticket:T-1001");
    lea.go("Ask");
    lea.browser.wait_until("the filtered trail", || {
        lea.browser.url().contains("T-1001").then_some(())
    });
    lea.browser.sees("Awaiting courier");
    lea.see("audit-ticket");
    lea.open_menu(".page__head .menu summary");
    lea.press("Table (CSV)");
    let csv = lea.browser.wait_until("the downloaded file", || {
        let mut files = std::fs::read_dir(folder.path()).ok()?.flatten();
        let done = files.find(|file| file.path().extension().is_some_and(|end| end == "csv"))?;
        std::fs::read_to_string(done.path()).ok()
    });
    let statuses = csv.matches("ticket.status_changed").count();
    assert_eq!(statuses, 3, "{csv}");
    lea.browser
        .open(&format!("{}/audit?event=audit.exported", desk.origin));
    let rows = csv::Reader::from_reader(csv.as_bytes()).records().count();
    let told = format!("Lea Lead exported {rows} events as CSV");
    lea.browser.sees(&told);
    lea.see("audit-exported");
}

#[test]
fn a_message_becomes_an_answered_audited_conversation_at_a_desk() {
    story((DESKTOP, "light"), "desk");
}

#[test]
fn a_message_becomes_an_answered_audited_conversation_on_a_phone() {
    story((PHONE, "dark"), "phone");
}
