//! mbox files by the delivered program: threads found whatever the order, taken once, with their ids
//! and times; cut files and what is no letter are told of and leave nothing behind.

use super::kit;
use std::path::Path;
use std::process::Command;
use trailbox::desk::{audit, conversations, letters, timeline};
use trailbox::domain::actor::{Door, Who};
use trailbox::domain::conversation::Status;
use trailbox::domain::id::{ConversationId, Object, Seq};
use trailbox::domain::moment::Moment;
use trailbox::ledger::{Clock, Company, Home, Ledger};

/// Two threads, the answers in front of what they answer, one escaped line, a letter of the desk to
/// itself, and one that is none.
const SHELF: &str = "\
From maya@shop.example Tue Apr  2 10:00:00 2019
From: Maya <maya@shop.example>
To: Ana <ana@mail.example>
Subject: Re: lamp
Date: Tue, 2 Apr 2019 10:00:00 +0000
Message-ID: <two@shop.example>
In-Reply-To: <one@mail.example>

It is on its way.
>From us with love.

From ana@mail.example Tue Apr  2 09:00:00 2019
From: Ana <ana@mail.example>
To: support@shop.example
Subject: lamp
Date: Tue, 2 Apr 2019 11:00:00 +0200
Message-ID: <one@mail.example>

Where is it?

From bo@mail.example Wed Apr  3 09:00:00 2019
From: Bo <bo@mail.example>
To: support@shop.example
Subject: chair
Message-ID: <three@mail.example>

Is it blue?

From support@shop.example Wed Apr  3 09:30:00 2019
From: support@shop.example
To: maya@shop.example
Subject: lunch
Date: Wed, 3 Apr 2019 09:30:00 +0000
Message-ID: <four@shop.example>

When?

From - Wed Apr  3 09:40:00 2019
X-Nothing: at all

Hm.

From ana@mail.example Thu Apr  4 09:00:00 2019
From: Ana <ana@mail.example>
To: support@shop.example
Subject: Re: lamp
Date: Thu, 4 Apr 2019 09:00:00 +0000
Message-ID: <five@mail.example>
References: <one@mail.example> <two@shop.example>

It came.
";

struct Shop(tempfile::TempDir);

impl Shop {
    fn new() -> Self {
        let shop = Shop(tempfile::tempdir().unwrap());
        let mut words = vec!["init", "--non-interactive", "--name", "Noor & Mar"];
        words.extend(["--owner", "Otti", "--email", "otti@desk.example"]);
        assert!(shop.run(&words).0);
        let mut words = vec!["channel", "add", "email", "support"];
        words.extend(["--address", "support@shop.example", "--password", "secret"]);
        words.extend(["--imap-host", "127.0.0.1", "--smtp-host", "127.0.0.1"]);
        let (good, said) = shop.run(&words);
        assert!(good, "{said}");
        shop
    }

    fn run(&self, words: &[&str]) -> (bool, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_trailbox"))
            .args(words)
            .arg("--data")
            .arg(self.0.path().join("desk"))
            .env("TRAILBOX_PASSWORD", "long words are better")
            .output()
            .unwrap();
        let text = [out.stdout, out.stderr].concat();
        (out.status.success(), String::from_utf8(text).unwrap())
    }

    fn import(&self, text: &str, more: &[&str]) -> (bool, String) {
        let path = self.0.path().join("shelf.mbox");
        std::fs::write(&path, text).unwrap();
        let mut words = vec!["import", "mbox", "--channel", "support"];
        words.extend(["--us", "maya@shop.example"]);
        words.extend(more);
        words.push(path.to_str().unwrap());
        self.run(&words)
    }

    fn ledger(&self) -> Ledger {
        let home = Home::at(Path::new(&self.0.path().join("desk")));
        let mut silent = |_| {};
        let opening = kit::opening(&Clock::System, 1, &mut silent);
        Ledger::open(&home, Company::Beside, opening).unwrap()
    }

    fn events(&self) -> u64 {
        let ledger = self.ledger();
        let size = ledger.now(&Who::shell()).unwrap().next_seq().0;
        ledger.close().unwrap();
        size
    }
}

#[test]
fn an_mbox_file_is_looked_through_taken_once_and_keeps_ids_and_times() {
    let shop = Shop::new();
    let before = shop.events();
    let (good, said) = shop.import(SHELF, &["--dry-run"]);
    assert!(good, "{said}");
    assert!(
        said.contains("4 letters in 2 threads are new, 0 are known, 2 are left out"),
        "{said}"
    );
    assert!(said.contains("no customer writes or reads") && said.contains("shelf.mbox:38"));
    assert!(said.contains("this was a dry run"));
    assert_eq!(shop.events(), before);
    let (good, said) = shop.import(SHELF, &[]);
    assert!(
        good && said.contains("imported 4 letters, 2 conversations are new"),
        "{said}"
    );
    let taken = shop.events();
    let (good, said) = shop.import(SHELF, &[]);
    assert!(good && said.contains("nothing to import"), "{said}");
    assert_eq!(shop.events(), taken);
    // A later file brings only what is new, into the thread that is there.
    let more = SHELF
        .replace("five@", "six@")
        .replace("It came.", "It is broken.");
    let (good, said) = shop.import(&more, &[]);
    assert!(
        good && said.contains("imported 1 letters, 0 conversations are new"),
        "{said}"
    );
    let ledger = shop.ledger();
    let who = Who::shell();
    let now = ledger.now(&who).unwrap();
    let talk = ConversationId(1);
    let present = conversations::get(&now, talk).unwrap();
    assert_eq!(present.status, Status::Closed);
    assert_eq!(
        present.started_at,
        Moment::parse("2019-04-02T09:00:00Z").unwrap()
    );
    let page = timeline::page(&now, Object::Conversation(talk), None, 20).unwrap();
    let articles: Vec<_> = page
        .iter()
        .filter_map(|entry| match entry {
            timeline::Entry::Article(article) => Some(article),
            timeline::Entry::Change(_) => None,
        })
        .collect();
    let ways: Vec<&str> = articles.iter().map(|one| one.direction.as_str()).collect();
    assert_eq!(ways, ["in", "out", "in", "in"]);
    assert_eq!(
        articles[0].at,
        Moment::parse("2019-04-02T09:00:00Z").unwrap()
    );
    let told = audit::get(&now, articles[0].seq).unwrap();
    assert_eq!(told.entry.via.door, Door::Import);
    assert!(
        told.entry.at > articles[0].at,
        "recorded later than it was true"
    );
    let shown = letters::newest(&now, talk, 9).unwrap();
    let ids: Vec<&str> = shown
        .iter()
        .map(|one| one.email.message_id.as_str())
        .collect();
    let wanted = [
        "six@mail.example",
        "five@mail.example",
        "two@shop.example",
        "one@mail.example",
    ];
    assert_eq!(ids, wanted);
    assert!(shown[2].email.said().contains("\nFrom us with love."));
    let raw = trailbox::desk::channels::bytes(&now, shown[3].raw, "raw").unwrap();
    assert!(
        raw.unwrap().starts_with(b"From: Ana"),
        "the original is kept"
    );
    // The letter without a date has that of the line in front of it.
    let chair = conversations::get(&now, ConversationId(2)).unwrap();
    assert_eq!(
        chair.started_at,
        Moment::parse("2019-04-03T09:00:00Z").unwrap()
    );
    assert!(audit::get(&now, Seq(taken - 1)).is_ok());
    drop(now);
    ledger.close().unwrap();
    let (good, said) = shop.run(&["verify"]);
    assert!(good, "{said}");
}

#[test]
fn cut_files_and_what_is_no_mbox_are_refused_and_leave_nothing() {
    let shop = Shop::new();
    let before = shop.events();
    let cut = &SHELF[..SHELF.len() - 5];
    for (text, sentence) in [
        (cut, "is cut off in the letter of line 43"),
        ("Subject: no envelope\n\nHi\n", "it is no mbox file"),
        ("", "there is no letter in it"),
    ] {
        let (good, said) = shop.import(text, &[]);
        assert!(!good && said.contains(sentence), "{said}");
        assert!(
            said.starts_with("trailbox: ") || said.lines().count() <= 2,
            "{said}"
        );
    }
    let (good, said) = shop.run(&["import", "mbox", "--channel", "none", "x.mbox"]);
    assert!(!good && said.contains("there is no mailbox none"), "{said}");
    assert_eq!(shop.events(), before, "a refused import left facts");
    let (good, said) = shop.import(cut, &["--up-to-last-whole"]);
    assert!(good && said.contains("imported 3 letters"), "{said}");
}
