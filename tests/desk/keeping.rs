//! Holds and retention from the shell: what they print, as text and as JSON, and what they refuse.

use serde_json::Value;
use std::process::{Command, Output};
use trailbox::demo::{self, Story};
use trailbox::domain::moment::Moment;
use trailbox::ledger::Home;

struct Shell {
    folder: std::path::PathBuf,
    _kept: tempfile::TempDir,
}

impl Shell {
    /// A small desk of long ago.
    fn new() -> Shell {
        let kept = tempfile::tempdir().unwrap();
        let folder = kept.path().join("desk");
        let story = Story {
            seed: 7,
            days: 2,
            conversations: 1,
            end: Moment::parse("2025-06-01T04:10:00Z").unwrap(),
        };
        demo::make(&Home::at(&folder), &story, &mut |_| {}).unwrap();
        Shell {
            folder,
            _kept: kept,
        }
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_trailbox"))
            .args(words)
            .arg("--data")
            .arg(&self.folder)
            .output()
            .unwrap()
    }

    fn says(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{words:?}: {said}");
        said
    }

    fn json(&self, words: &[&str]) -> Vec<Value> {
        let output = self.run(&[words, &["--json"]].concat());
        assert!(output.status.success(), "{words:?}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn refuses(&self, words: &[&str], code: i32, says: &str) {
        let output = self.run(words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        assert!(said.contains(says), "{words:?}: {said}");
    }
}

#[test]
fn holds_are_placed_listed_and_released_from_the_shell() {
    let shell = Shell::new();
    assert!(shell.json(&["hold", "list"]).is_empty());
    let placed = shell.json(&["hold", "place", "C-1", "--reason", "a claim"]);
    assert_eq!(placed[0]["object"], "C-1");
    assert_eq!(placed[0]["done"], "placed");
    let listed = shell.json(&["hold", "list"]);
    assert_eq!(listed[0]["event"], placed[0]["event"]);
    assert_eq!(listed[0]["reason"], "a claim");
    assert!(shell.says(&["hold", "list"]).contains("a claim"));
    let place = ["hold", "place", "C-1", "--reason", "again"];
    shell.refuses(&place, 1, "C-1 is under a hold already");
    shell.refuses(
        &["hold", "place", "C-999", "--reason", "x"],
        1,
        "there is no C-999",
    );
    shell.refuses(&["hold", "place", "M-1", "--reason", "x"], 1, "no customer");
    shell.refuses(&["hold", "place", "C-1"], 2, "--reason");
    shell.refuses(&["hold", "release", "K-1", "--reason", "x"], 1, "no hold");
    shell.says(&["hold", "release", "C-1", "--reason", "settled"]);
    assert!(shell.json(&["hold", "list"]).is_empty());
    shell.says(&["verify"]);
}

#[test]
fn retention_is_set_tried_and_run_from_the_shell() {
    let shell = Shell::new();
    let rules = shell.json(&["retention", "list"]);
    assert_eq!(rules.len(), 9);
    let set = shell.json(&["retention", "set", "payloads", "30"]);
    assert_eq!(
        (&set[0]["days"], &set[0]["version"]),
        (&30.into(), &2.into())
    );
    assert!(shell.says(&["retention", "list"]).contains("30 days"));
    shell.refuses(&["retention", "set", "packs", "30"], 1, "no retention rule");
    shell.refuses(&["retention", "set", "poems", "30"], 1, "poems");
    shell.refuses(&["retention", "set", "notes", "0"], 1, "1 to 36500");
    shell.refuses(
        &["retention", "set", "notes", "soon"],
        1,
        "soon is not a number",
    );
    // The dry run tells, and changes nothing; neither does a run without --yes.
    let due = shell.json(&["retention", "dry-run"]);
    assert_eq!(due.len(), 2, "only what a rule is set for: {due:?}");
    let count =
        |due: &[Value]| -> u64 { due.iter().map(|rule| rule["due"].as_u64().unwrap()).sum() };
    assert!(count(&due) >= 2, "{due:?}");
    let told = shell.says(&["retention", "run"]);
    assert!(told.contains("nothing was erased"), "{told}");
    assert_eq!(shell.json(&["retention", "dry-run"]), due);
    let ran = shell.json(&["retention", "run", "--yes"]);
    assert_eq!(ran[0]["erased"], count(&due));
    assert_eq!(count(&shell.json(&["retention", "dry-run"])), 0);
    for kind in ["payloads", "origins"] {
        shell.says(&["retention", "set", kind, "forever"]);
    }
    assert!(shell.json(&["retention", "dry-run"]).is_empty());
    shell.says(&["verify"]);
}

#[test]
fn shells_complete_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = completions(shell);
        for word in ["retention", "completions", "against", "public-url"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let tried = format!(
        "{}\nCOMP_WORDS=(trailbox checkpoint ma); COMP_CWORD=2
         _trailbox trailbox ma checkpoint; echo \"${{COMPREPLY[@]}}\"",
        completions("bash")
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), tried).unwrap();
    let output = Command::new("bash").arg(file.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "make");
    let unknown = Command::new(env!("CARGO_BIN_EXE_trailbox"))
        .args(["completions", "tcsh"])
        .output()
        .unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("possible values: bash"));
}

fn completions(shell: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_trailbox"))
        .args(["completions", shell])
        .output()
        .unwrap();
    assert!(output.status.success(), "{shell}");
    String::from_utf8(output.stdout).unwrap()
}
