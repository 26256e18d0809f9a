//! Verifiers nobody here wrote, against what this program writes: Go's own note and tlog packages,
//! aics-tlog of PyPI, @noble/ed25519 and @sigstore/verify of npm, the crates signed_note and
//! ct-merkle. Good bundles are accepted by all of them, changed ones by none. What they need is
//! fetched into `target/verifiers`; what cannot be had fails the test.

mod cosigned;
#[path = "../browser/driver.rs"]
#[allow(dead_code)] // the reports need the half of it
mod driver;
#[path = "../desk/kit.rs"]
mod kit;
mod paper;
mod report;
mod sheet;

use data_encoding::BASE64;
use kit::Kit;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use trailbox::desk::audit::asked;
use trailbox::desk::tickets::Wanted as Wished;
use trailbox::domain::actor::Who;
use trailbox::domain::calendar::Zone;
use trailbox::domain::id::Object;
use trailbox::domain::member::Role;
use trailbox::evidence::{self, Given, Package, Wanted, What};

/// How many exports are made.
const EXPORTS: usize = 200;
/// How many changed ones our own verifier is shown, in all.
const MUTANTS: usize = 2_000;
/// How many changed ones the others are shown, in all.
const SAMPLE: usize = 200;

#[test]
fn everybody_accepts_what_we_write_and_nobody_what_was_changed() {
    let seed = 20_261_122;
    println!("seed {seed}");
    let mut dice = fastrand::Rng::with_seed(seed);
    let kit = small_desk(150);
    let good = TempDir::new().unwrap();
    for n in 0..EXPORTS {
        taken(
            &kit,
            random(&kit, &mut dice),
            &good.path().join(format!("{n:03}")),
        );
    }
    let bad = TempDir::new().unwrap();
    let vkey = kit.ledger.verifier().text();
    for top in [&good, &bad] {
        fs::write(top.path().join("vkey"), format!("{vkey}\n")).unwrap();
    }
    let (mut tried, mut missed) = (0, Vec::new());
    while tried < MUTANTS {
        let from = good.path().join(format!("{:03}", dice.usize(0..EXPORTS)));
        let into = bad.path().join(format!("{tried:04}"));
        copied(&from, &into);
        let Some(what) = changed(&into, &mut dice) else {
            fs::remove_dir_all(&into).unwrap();
            continue;
        };
        if accepted(&kit, &into) {
            missed.push(format!("{}: {what}", into.display()));
        }
        if tried >= SAMPLE {
            fs::remove_dir_all(&into).unwrap();
        }
        tried += 1;
    }
    assert!(missed.is_empty(), "{missed:#?}");
    for n in 0..EXPORTS {
        assert!(accepted(&kit, &good.path().join(format!("{n:03}"))), "{n}");
    }
    for verifier in [go(), python(), node(), crates()] {
        let said = verifier.says(good.path());
        let wrong: Vec<&String> = said
            .iter()
            .filter(|it| !it.starts_with("accepted"))
            .collect();
        assert!(
            wrong.is_empty() && said.len() == EXPORTS,
            "{}: {wrong:#?}",
            verifier.name
        );
        let said = verifier.says(bad.path());
        let wrong: Vec<&String> = said
            .iter()
            .filter(|it| !it.starts_with("refused"))
            .collect();
        // Node's packages cannot compute a root: what was changed in a whole trail they do not see.
        let blind = |it: &&&String| {
            let name = it.trim_start_matches("accepted ");
            verifier.name == "node" && !bad.path().join(name).join("proofs.json").exists()
        };
        let wrong: Vec<_> = wrong.iter().filter(|it| !blind(it)).collect();
        assert!(
            wrong.is_empty() && said.len() == SAMPLE,
            "{}: {wrong:#?}",
            verifier.name
        );
        println!(
            "{}: {EXPORTS} accepted, {SAMPLE} changed ones refused",
            verifier.name
        );
    }
}

/// A desk with at least so many events: customers write, are answered, one case is opened.
fn small_desk(events: u64) -> Kit {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    let channel = kit.channel("shop");
    let first = kit.writes(
        channel,
        "34600111222",
        "¿Dónde está mi pedido? 🙂 مرحبا </script>",
    );
    let wanted = Wished {
        conversation: Some(first),
        title: "A lamp arrived broken".to_owned(),
        ..Wished::default()
    };
    kit.ticket(&lead, wanted);
    let mut round = 0;
    while kit.events() < events {
        round += 1;
        kit.later(60_000);
        let number = format!("346002{:05}", round % 7);
        kit.writes(channel, &number, &format!("message no. {round}"));
        if round % 20 == 0 {
            kit.ledger.publish_checkpoint().unwrap();
        }
    }
    kit
}

fn taken(kit: &Kit, what: What, out: &Path) {
    let wanted = Wanted {
        what,
        withhold: BTreeSet::new(),
    };
    let package = Package::at(out).unwrap();
    let who = Who::shell();
    evidence::make(&kit.ledger, &who, &wanted, package, &mut |_, _, _| {}).unwrap();
}

/// A case, a selection, now and then the whole trail.
fn random(kit: &Kit, dice: &mut fastrand::Rng) -> What {
    let questions = [
        "kind:contact",
        "event:article",
        "kind:member",
        "event:conversation",
        "about:C-1",
        "event:audit",
        "event:desk.opened",
        "kind:system",
    ];
    let cases = ["T-1001", "C-1", "C-2", "K-1", "K-3"];
    match dice.u8(0..10) {
        0 => What::All,
        1..=4 => What::Case(dice.choice(cases).unwrap().parse::<Object>().unwrap()),
        _ => {
            let question = dice.choice(questions).unwrap();
            let asked = kit
                .ask(|now| asked::ask(now, question, &Zone::utc()))
                .unwrap();
            assert!(asked.mistakes.is_empty(), "{:?}", asked.mistakes);
            What::Filter(Box::new(asked.filter), asked.text)
        }
    }
}

fn accepted(kit: &Kit, bundle: &Path) -> bool {
    let given = Given {
        vkey: Some(kit.ledger.verifier().clone()),
        anchors: Vec::new(),
        progress: &|_| {},
    };
    evidence::verify(bundle, &given).unwrap().is_clean()
}

fn copied(from: &Path, into: &Path) {
    fs::create_dir_all(into).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = into.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

/// Changes what all verifiers look at: events, proofs, the checkpoint. Tells what, if anything.
fn changed(bundle: &Path, dice: &mut fastrand::Rng) -> Option<String> {
    let read = |name: &str| fs::read(bundle.join(name)).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(bundle.join(name), bytes).unwrap();
    match dice.u8(0..6) {
        0 => {
            let mut entries = read("entries.jsonl");
            let at = dice.usize(0..entries.len());
            entries[at] ^= 1 << dice.u8(0..7);
            write("entries.jsonl", &entries);
            Some(format!("a bit of the events, byte {at}"))
        }
        1 => {
            let entries = read("entries.jsonl");
            let mut lines: Vec<&[u8]> = entries.split_inclusive(|byte| *byte == b'\n').collect();
            let at = dice.usize(0..lines.len());
            let other = dice.usize(0..lines.len());
            match dice.bool() {
                true => drop(lines.remove(at)),
                false if at != other => lines.swap(at, other),
                false => return None,
            }
            write("entries.jsonl", &lines.concat());
            Some(format!("line {at} of the events"))
        }
        2 | 3 => {
            let path = bundle.join("proofs.json");
            let mut proofs: Value = serde_json::from_slice(&fs::read(&path).ok()?).unwrap();
            let list = proofs["inclusion"].as_array_mut().unwrap();
            let one = dice.usize(0..list.len());
            let one = &mut list[one];
            match dice.u8(0..3) {
                0 => one["index"] = json!(one["index"].as_u64().unwrap() + 1),
                1 => drop(one["proof"].as_array_mut().unwrap().pop()?),
                _ => {
                    let steps = one["proof"].as_array_mut().unwrap();
                    let step = dice.usize(0..steps.len().max(1));
                    let text = steps.get(step)?.as_str().unwrap();
                    let mut hash = BASE64.decode(text.as_bytes()).unwrap();
                    hash[dice.usize(0..32)] ^= 1 << dice.u8(0..8);
                    steps[step] = json!(BASE64.encode(&hash));
                }
            }
            let written = format!(
                "{{\"v\":1,\"inclusion\":{},\"consistency\":{}}}",
                proofs["inclusion"], proofs["consistency"]
            );
            fs::write(path, written).unwrap();
            Some("a proof".to_owned())
        }
        4 => {
            let note = String::from_utf8(read("checkpoint")).unwrap();
            let size = note.lines().nth(1).unwrap();
            let other: u64 = size.parse::<u64>().unwrap() + dice.u64(1..9);
            let forged = note.replacen(&format!("\n{size}\n"), &format!("\n{other}\n"), 1);
            write("checkpoint", forged.as_bytes());
            Some("the size that was signed".to_owned())
        }
        _ => {
            let note = String::from_utf8(read("checkpoint")).unwrap();
            let (text, stamp) = note.trim_end().rsplit_once(' ').unwrap();
            let mut stamp = BASE64.decode(stamp.as_bytes()).unwrap();
            let at = dice.usize(4..stamp.len());
            stamp[at] ^= 1 << dice.u8(0..8);
            let forged = format!("{text} {}\n", BASE64.encode(&stamp));
            write("checkpoint", forged.as_bytes());
            Some("the signature".to_owned())
        }
    }
}

/// Somebody else's verifier.
struct Verifier {
    name: &'static str,
    command: Vec<String>,
    env: Vec<(&'static str, String)>,
    after: Vec<String>,
}

impl Verifier {
    /// What it says of each bundle below a folder, in their order.
    fn says(&self, top: &Path) -> Vec<String> {
        let (program, arguments) = self.command.split_first().unwrap();
        let mut command = Command::new(program);
        command.args(arguments).arg(top).args(&self.after);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        run(&mut command).lines().map(str::to_owned).collect()
    }
}

/// Runs a program that must succeed; answers what it printed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?} cannot be run: {error}; tests/run installs it")
    });
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn here(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifiers");
    path.join(name).display().to_string()
}

/// A folder for what is fetched.
fn fetched(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/verifiers");
    let path = path.join(name);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Debian's golang-go and golang-golang-x-mod-dev, which need no network.
fn go() -> Verifier {
    go_program("check")
}

fn go_program(name: &str) -> Verifier {
    let folder = fetched("go");
    let program = folder.join(name);
    let mut build = Command::new("go");
    build
        .args(["build", "-o"])
        .arg(&program)
        .arg(here(&format!("{name}.go")));
    build
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode");
    build
        .env("GOCACHE", folder.join("cache"))
        .env("GOFLAGS", "");
    run(&mut build);
    Verifier {
        name: "go",
        command: vec![program.display().to_string()],
        env: Vec::new(),
        after: Vec::new(),
    }
}

/// Python with its own folder of packages. aics-tlog asks for 3.12, but nothing of it that is used
/// here needs more than the 3.11 of Debian 12.
fn python() -> Verifier {
    let folder = fetched("python");
    let program = folder.join("bin/python");
    if !folder.join("bin/aics-tlog").exists() && !installed(&program) {
        let venv = ["-m", "venv", "--clear"];
        run(Command::new("python3").args(venv).arg(&folder));
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--ignore-requires-python",
        ];
        run(Command::new(&program).args(install).arg("aics-tlog==0.2.1"));
    }
    Verifier {
        name: "python",
        command: vec![program.display().to_string(), here("check.py")],
        env: Vec::new(),
        after: Vec::new(),
    }
}

fn installed(program: &Path) -> bool {
    let output = Command::new(program)
        .args(["-c", "import aics_tlog"])
        .output();
    output.is_ok_and(|output| output.status.success())
}

fn node() -> Verifier {
    let folder = fetched("node");
    let packages = ["@noble/ed25519@3.2.0", "@sigstore/verify@3.1.1"];
    if !folder.join("node_modules/@sigstore/verify").exists() {
        let mut install = Command::new("npm");
        install.args([
            "install",
            "--no-audit",
            "--no-fund",
            "--no-save",
            "--silent",
            "--prefix",
        ]);
        run(install.arg(&folder).args(packages));
    }
    Verifier {
        name: "node",
        command: vec!["node".to_owned(), here("check.mjs")],
        env: Vec::new(),
        after: vec![folder.display().to_string()],
    }
}

/// The crates are built apart, so that they are no part of the product's own tree.
fn crates() -> Verifier {
    let folder = fetched("crates");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::copy(here("check.rs"), folder.join("src/main.rs")).unwrap();
    let manifest = "[package]\nname = \"second-opinions\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                    [dependencies]\nbase64 = \"0.21\"\nct-merkle = \"=0.3.0\"\nserde_json = \"1\"\n\
                    sha2 = \"0.11\"\nsigned_note = \"=0.2.0\"\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--manifest-path"]);
    build
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", folder.join("target"));
    run(&mut build);
    Verifier {
        name: "crates",
        command: vec![
            folder
                .join("target/debug/second-opinions")
                .display()
                .to_string(),
        ],
        env: Vec::new(),
        after: Vec::new(),
    }
}
