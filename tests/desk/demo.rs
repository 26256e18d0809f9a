//! The demo: the same seed tells the same story, every wish in it is granted, and nothing but a
//! demo is ever removed.

use crate::kit::verified;
use std::path::Path;
use trailbox::demo::{self, Story};
use trailbox::domain::moment::Moment;
use trailbox::ledger::Home;

/// A Sunday morning.
const END: &str = "2026-11-22T04:10:00Z";

fn story(days: u32, conversations: u32) -> Story {
    let end = Moment::parse(END).unwrap();
    Story {
        seed: 7,
        days,
        conversations,
        end,
    }
}

fn made(folder: &Path, story: &Story) -> Home {
    let home = Home::at(folder);
    let played = demo::make(&home, story, &mut |_| {}).unwrap();
    assert_eq!(played.refused, 0, "a story in order has no refusal");
    home
}

#[test]
fn probe() {
    let folder = tempfile::tempdir().unwrap();
    let t = std::time::Instant::now();
    let home = made(folder.path(), &story(35, 300));
    eprintln!(
        "{:?} {}",
        t.elapsed(),
        std::fs::metadata(home.database()).unwrap().len()
    );
    let report = verified(&home);
    let mut text = Vec::new();
    report.print(&mut text).unwrap();
    eprintln!("{}", String::from_utf8_lossy(&text));
    assert!(report.is_clean());
    std::process::Command::new("cp")
        .args(["-r"])
        .arg(folder.path())
        .arg("/tmp/demoprobe")
        .status()
        .unwrap();
}
