//! The demo: the same seed tells the same story, every wish in it is granted, and nothing but a
//! demo is ever removed.

use crate::kit::{opening, verified};
use std::path::Path;
use trailbox::demo::folder::{self, Found};
use trailbox::demo::{self, Story};
use trailbox::desk::{conversations, members, search, tickets};
use trailbox::domain::actor::Who;
use trailbox::domain::conversation::Status;
use trailbox::domain::moment::Moment;
use trailbox::ledger::{Clock, Company, Home, Ledger};
use trailbox::web::passwords::Passwords;

/// A Sunday morning in Lahore.
const END: &str = "2026-11-22T04:10:00Z";

fn story(seed: u64, days: u32, conversations: u32) -> Story {
    let end = Moment::parse(END).unwrap();
    Story {
        seed,
        days,
        conversations,
        end,
    }
}

fn made(folder: &Path, story: &Story) -> Home {
    let home = Home::at(folder);
    let played = demo::make(&home, story, &mut |_| {}).unwrap();
    assert_eq!(played.refused, [""; 0], "a story in order has no refusal");
    home
}

fn reopened(home: &Home) -> Ledger {
    let clock = Clock::hand(Moment::parse(END).unwrap());
    Ledger::open(home, Company::Alone, opening(&clock, 1, &mut |_| {})).unwrap()
}

#[test]
fn the_same_seed_tells_the_same_story_to_the_last_byte() {
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let root = |place: usize, seed: u64| {
        let report = verified(&made(folders[place].path(), &story(seed, 6, 20)));
        assert!(report.is_clean());
        report.root.clone()
    };
    let first = root(0, 7);
    assert_eq!(first, root(1, 7));
    assert_ne!(first, root(2, 8));
}

#[test]
fn five_weeks_are_whole_believable_and_end_in_a_busy_present() {
    let folder = tempfile::tempdir().unwrap();
    let home = made(folder.path(), &story(7, 35, 60));
    let report = verified(&home);
    assert!(report.is_clean());
    assert!(
        (3_000..9_000).contains(&report.events),
        "{} events",
        report.events
    );

    let ledger = reopened(&home);
    let who = Who::shell();
    let now = ledger.now(&who).unwrap();
    let count = |sql: &str| now.value::<u64>(sql, &[]).unwrap();
    let begun = count("SELECT count(*) FROM conversation");
    assert!((70..105).contains(&begun), "{begun} conversations");
    let messages = count("SELECT count(*) FROM article WHERE direction <> 'note'");
    assert!(
        (4 * begun..10 * begun).contains(&messages),
        "{messages} messages"
    );
    let unanswered = "SELECT count(*) FROM conversation WHERE status = 'new' AND owner IS NULL";
    assert!(count(unanswered) >= 4, "nobody waits");
    assert!(count("SELECT count(*) FROM media WHERE state = 'waiting'") == 0);
    let unsent = "SELECT count(*) FROM delivery WHERE state IN ('queued', 'sending')";
    assert!(count(unsent) <= 2, "{} unsent", count(unsent));

    // The agent a visitor signs in as has work before her; the one who left cannot come back.
    let sana = members::by_email(&now, "sana@noor-and-mar.example")
        .unwrap()
        .unwrap();
    let held = format!(
        "SELECT count(*) FROM conversation WHERE owner = {} AND status <> 'closed'",
        sana.id.0
    );
    assert!(count(&held) >= 3, "Sana has nothing to do");
    let out_of_reach = format!(
        "SELECT count(*) FROM conversation WHERE \"group\" IS NOT NULL AND \"group\" NOT IN
                (SELECT \"group\" FROM group_member WHERE member = {})",
        sana.id.0
    );
    assert_eq!(
        count(&out_of_reach),
        0,
        "Sana is not in the group that answers"
    );
    let danish = members::by_email(&now, "danish@noor-and-mar.example")
        .unwrap()
        .unwrap();
    assert!(!danish.active);

    // The fixed stories are there by their tags, and told to their end.
    for number in [1, 2, 3, 6, 10, 11, 13, 16, 17, 18, 20] {
        let tagged =
            format!("SELECT conversation FROM conversation_tag WHERE tag = 'story-{number:02}'");
        let found: Vec<_> = now
            .all(&tagged, &[], |row| row.get("conversation"))
            .unwrap();
        assert_eq!(found.len(), 1, "story {number}");
        let told = conversations::get(&now, found[0]).unwrap();
        assert_eq!(told.status, Status::Closed, "story {number}");
    }
    assert!(
        !search::find(&now, "RF-88213", None, None, 10)
            .unwrap()
            .is_empty()
    );
    // One promise of a call was kept, one still stands before Sana.
    assert_eq!(
        count("SELECT count(*) FROM commitment WHERE state = 'kept'"),
        1
    );
    let hers = format!(
        "SELECT count(*) FROM commitment WHERE state = 'open' AND owner = {}",
        sana.id.0
    );
    assert_eq!(count(&hers), 1);
    // A card number was erased, a claim is held, and two kinds of content are not kept for ever.
    assert_eq!(count("SELECT count(DISTINCT by_seq) FROM erased"), 1);
    assert_eq!(
        count("SELECT count(*) FROM article WHERE content IS NULL"),
        1
    );
    let cards = search::find(&now, "4111", None, None, 10).unwrap();
    assert!(cards.is_empty(), "what is erased is not found");
    let held = trailbox::desk::privacy::holds::all(&now).unwrap();
    assert_eq!(held.len(), 1);
    let rules = trailbox::desk::privacy::retention::due(&now, 10).unwrap();
    assert_eq!(rules.len(), 2);
    assert!(rules.iter().all(|due| due.targets.is_empty()), "{rules:?}");
    let unfinished = tickets::list::Filter {
        unfinished: true,
        ..tickets::list::Filter::default()
    };
    assert!(tickets::list::page(&now, &unfinished, 50).is_ok());
    drop(now);
    ledger.close().unwrap();
}

#[test]
fn a_visitor_can_sign_in_with_every_account_shown() {
    let folder = tempfile::tempdir().unwrap();
    let home = made(folder.path(), &story(7, 2, 1));
    let ledger = reopened(&home);
    let who = Who::shell();
    let now = ledger.now(&who).unwrap();
    let passwords = Passwords::start().unwrap();
    let accounts = demo::accounts();
    assert!(accounts.len() >= 2);
    for (label, email, password) in accounts {
        let member = members::by_email(&now, &email).unwrap().unwrap();
        let stored = members::password(&now, member.id).unwrap();
        assert!(passwords.fits(&password, stored).unwrap(), "{label}");
    }
    drop(now);
    ledger.close().unwrap();
}

#[test]
fn only_a_demo_is_removed_and_only_its_own_files() {
    let other = tempfile::tempdir().unwrap();
    let desk = Home::at(other.path());
    let clock = Clock::hand(Moment::parse(END).unwrap());
    let ledger = Ledger::create(&desk, "a real desk", opening(&clock, 1, &mut |_| {})).unwrap();
    ledger.close().unwrap();
    drop(ledger);
    assert!(folder::look(&desk).is_err() && folder::reset(&desk).is_err());
    assert!(demo::make(&desk, &story(7, 2, 1), &mut |_| {}).is_err());
    assert!(desk.is_inhabited() && desk.key_file().exists());

    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("demo"));
    assert_eq!(folder::look(&home).unwrap(), Found::Nothing);
    assert!(folder::reset(&home).is_err(), "there is nothing to remove");
    made(home.folder(), &story(7, 2, 1));
    assert!(matches!(folder::look(&home).unwrap(), Found::Demo(told) if told.days == 2));

    let served = reopened(&home);
    let refused = folder::reset(&home).unwrap_err().to_string();
    assert!(refused.contains("in use"), "{refused}");
    served.close().unwrap();
    drop(served);

    std::fs::write(home.folder().join("mine.txt"), "keep me").unwrap();
    folder::reset(&home).unwrap();
    let left: Vec<_> = std::fs::read_dir(home.folder()).unwrap().collect();
    assert_eq!(left.len(), 1, "somebody's own file stays");
    assert!(folder::look(&home).is_err(), "what is left is not ours");
}
