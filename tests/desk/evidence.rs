//! Bundles of evidence: what goes in, what a stranger finds in them, and that nothing can be changed
//! in one without being found.

use crate::kit::Kit;
use crate::story::busy_desk;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use trailbox::desk::evidence::Which;
use trailbox::desk::packs;
use trailbox::domain::actor::Who;
use trailbox::domain::event::pack::PackEvent;
use trailbox::domain::event::{AuditEvent, Event};
use trailbox::domain::id::{Object, Seq};
use trailbox::domain::member::Role;
use trailbox::error::Result;
use trailbox::evidence::{self, Code, Given, Made, Package, Verdict, Wanted, What};
use trailbox::ledger::Now;
use trailbox::ledger::note::{Pen, Verifier};
use trailbox::ledger::verify::Anchor;

pub fn taken(kit: &Kit, what: What, withhold: &[&str], out: &Path) -> Made {
    let withhold: BTreeSet<String> = withhold.iter().map(|field| (*field).to_owned()).collect();
    let wanted = Wanted { what, withhold };
    let package = Package::at(out).unwrap();
    evidence::make(
        &kit.ledger,
        &Who::shell(),
        &wanted,
        package,
        &mut |_, _, _| {},
    )
    .unwrap()
}

pub fn case(name: &str) -> What {
    What::Case(name.parse::<Object>().unwrap())
}

fn chosen(kit: &Kit, question: &str) -> What {
    let zone = trailbox::domain::calendar::Zone::utc();
    let asked = kit.ask(|now| trailbox::desk::audit::asked::ask(now, question, &zone));
    let asked = asked.unwrap();
    assert!(asked.mistakes.is_empty(), "{:?}", asked.mistakes);
    What::Filter(Box::new(asked.filter), asked.text)
}

pub fn checked(path: &Path, vkey: &Verifier, anchors: Vec<Anchor>) -> Verdict {
    let given = Given {
        vkey: Some(vkey.clone()),
        anchors,
        progress: &|_| {},
    };
    let verdict = evidence::verify(path, &given).unwrap();
    let mut printed = Vec::new();
    verdict.print(&mut printed).unwrap();
    assert_eq!(verdict.exit_code() == 0, verdict.is_clean());
    verdict
}

fn codes(verdict: &Verdict) -> Vec<Code> {
    let mut codes: Vec<Code> = verdict.findings.iter().map(|found| found.code).collect();
    codes.sort();
    codes.dedup();
    codes
}

#[test]
fn every_kind_of_bundle_is_accepted_as_folder_and_as_zip() {
    let kit = busy_desk(500);
    let vkey = kit.ledger.verifier().clone();
    let folder = TempDir::new().unwrap();
    let wishes = [
        ("full", What::All),
        ("ticket", case("T-1001")),
        ("conversation", case("C-1")),
        ("contact", case("K-1")),
        ("filter", chosen(&kit, "event:article")),
        ("one", chosen(&kit, "event:desk.opened")),
    ];
    for (name, what) in wishes {
        for ending in ["", ".zip"] {
            let path = folder.path().join(format!("{name}{ending}"));
            let before = kit.events();
            let made = taken(&kit, what.clone(), &[], &path);
            let verdict = checked(&path, &vkey, Vec::new());
            assert!(verdict.is_clean(), "{name}: {:?}", verdict.findings);
            assert_eq!(verdict.entries, made.entries);
            let published = made.size == before || made.size == before + 1;
            assert!(
                published,
                "a checkpoint of the present is published with it"
            );
            assert_eq!(kit.events(), made.size + 1, "and the export recorded");
            let told = kit.ask(|now| trailbox::desk::audit::newest(now, "audit.evidence_exported"));
            let told = told.unwrap().unwrap().event;
            let Event::Audit(AuditEvent::EvidenceExported {
                entries, digest, ..
            }) = told
            else {
                panic!("{told:?}");
            };
            assert_eq!((entries, digest), (made.entries, made.digest));
        }
    }
    let verdict = checked(&folder.path().join("full"), &vkey, Vec::new());
    assert!(verdict.files > 0 && verdict.disclosed > 200, "{verdict:?}");
    assert_eq!(verdict.withheld.keys().collect::<Vec<_>>(), ["secret"]);
    for entry in fs::read_dir(folder.path().join("full")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = fs::read_to_string(path).unwrap();
            assert!(!text.contains("secret-"), "secrets never leave the desk");
        }
    }
}

#[test]
fn a_pack_ends_in_a_bundle_of_its_case_and_its_pins() {
    let kit = busy_desk(300);
    let vkey = kit.ledger.verifier().clone();
    let lead = kit.member("Lena", Role::Lead);
    let object: Object = "C-1".parse().unwrap();
    let opened = kit.done(&lead, move |now| packs::open(now, object, "Who called?"));
    let Event::Pack(PackEvent::Opened { pack, .. }) = opened[0].1 else {
        panic!("{opened:?}");
    };
    // One event of the case, and one that is none of it.
    let of_case = kit.ask(|now| evidence_of(now, object)).unwrap();
    let Which::These(places) = of_case else {
        panic!("a case is a list of events");
    };
    let (own, other) = (Seq(places[1]), Seq(0));
    assert!(!places.contains(&other.0));
    for event in [own, other] {
        kit.done(&lead, move |now| packs::pin(now, pack, event, "so it was"));
    }
    let words = packs::Words {
        title: "Who called?".to_owned(),
        finding: "nobody did".to_owned(),
        ..packs::Words::default()
    };
    kit.done(&lead, move |now| packs::write(now, pack, words));
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("pack");
    let made = taken(&kit, What::Pack(pack), &[], &path);
    let verdict = checked(&path, &vkey, Vec::new());
    assert!(verdict.is_clean(), "{:?}", verdict.findings);
    let ground = verdict.pack.unwrap();
    assert_eq!((ground.pack, ground.pins), (pack, vec![other.0, own.0]));
    assert_eq!(verdict.objects, ["C-1"]);
    let told = kit.ask(|now| trailbox::desk::audit::newest(now, "audit.evidence_exported"));
    let told = told.unwrap().unwrap();
    assert!(matches!(
        &told.event,
        Event::Audit(AuditEvent::EvidenceExported { pack: Some(told), object: Some(about), digest, .. })
            if *told == pack && *about == object && *digest == made.digest
    ));
    assert_eq!(told.entry.ev, 2);
    let texts = fs::read_to_string(path.join("disclosures.jsonl")).unwrap();
    assert!(texts.contains("nobody did"), "the finding is in it");
    // A pin that was never made, and one that is not there.
    let manifest = fs::read_to_string(path.join("manifest.json")).unwrap();
    let pins = format!("\"pins\":[{},{}]", other.0, own.0);
    assert!(manifest.contains(&pins), "{manifest}");
    for lie in [places[0], u64::from(u32::MAX)] {
        let lied = manifest.replace(&pins, &format!("\"pins\":[{lie}]"));
        fs::write(path.join("manifest.json"), lied).unwrap();
        assert_eq!(codes(&checked(&path, &vkey, Vec::new())), [Code::PinWrong]);
    }
    let refused = evidence::make(
        &kit.ledger,
        &Who::shell(),
        &Wanted {
            what: What::Pack(99),
            withhold: BTreeSet::new(),
        },
        Package::at(&folder.path().join("none")).unwrap(),
        &mut |_, _, _| {},
    );
    assert!(refused.is_err_and(|error| error.to_string().contains("no pack 99")));
}

fn evidence_of(now: &Now<'_>, object: Object) -> Result<Which> {
    let size = now.next_seq().0;
    trailbox::desk::evidence::of_objects(now, &[object], &[], size)
}

#[test]
fn withheld_fields_are_left_out_and_counted() {
    let kit = busy_desk(300);
    let vkey = kit.ledger.verifier().clone();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bundle");
    let made = taken(&kit, case("C-1"), &["said", "media"], &path);
    assert!(made.withheld > 0);
    let verdict = checked(&path, &vkey, Vec::new());
    assert!(verdict.is_clean(), "{:?}", verdict.findings);
    assert_eq!(verdict.withheld.values().sum::<u64>(), made.withheld);
    assert!(verdict.withheld.contains_key("said"));
    let texts = fs::read_to_string(path.join("disclosures.jsonl")).unwrap();
    assert!(!texts.contains("\\\"said\\\""));
    let manifest = fs::read_to_string(path.join("manifest.json")).unwrap();
    assert!(manifest.contains("\"withheld\":true"));
    let readme = fs::read_to_string(path.join("README.txt")).unwrap();
    assert!(readme.contains("WITHHELD"));
    // A claim to the contrary is found.
    let lie = manifest.replace("\"withheld\":true", "\"withheld\":false");
    fs::write(path.join("manifest.json"), lie).unwrap();
    assert_eq!(
        codes(&checked(&path, &vkey, Vec::new())),
        [Code::ManifestWrong]
    );
}

#[test]
fn what_is_not_there_makes_no_bundle() {
    let kit = Kit::new();
    let folder = TempDir::new().unwrap();
    let before = folder.path().join("there");
    fs::create_dir(&before).unwrap();
    assert!(Package::at(&before).is_err());
    for what in [case("T-77"), case("M-1"), chosen(&kit, "actor:K-99")] {
        let wanted = Wanted {
            what,
            withhold: BTreeSet::new(),
        };
        let package = Package::at(&folder.path().join("bundle.zip")).unwrap();
        let made = evidence::make(
            &kit.ledger,
            &Who::shell(),
            &wanted,
            package,
            &mut |_, _, _| {},
        );
        assert!(made.unwrap_err().refusal().is_some());
        assert!(!folder.path().join("bundle.zip").exists());
    }
}

/// The files of a folder bundle.
fn files(bundle: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [bundle.to_owned(), bundle.join("files")] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Changes a file a little, somehow.
fn changed(bytes: &[u8], dice: &mut fastrand::Rng) -> Vec<u8> {
    let mut other = bytes.to_vec();
    let at = dice.usize(0..other.len());
    match dice.u8(0..6) {
        0 => other[at] ^= 1 << dice.u8(0..8),
        1 => other[at] = dice.u8(..),
        2 => drop(other.remove(at)),
        3 => other.insert(at, dice.u8(..)),
        4 => other.truncate(at),
        _ => {
            let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
            let (one, two) = (dice.usize(0..lines.len()), dice.usize(0..lines.len()));
            match dice.u8(0..3) {
                0 => lines.swap(one, two),
                1 => drop(lines.remove(one)),
                _ => lines.insert(two, lines[one]),
            }
            other = lines.concat();
        }
    }
    other
}

#[test]
fn every_change_of_a_bundle_is_found() {
    let long = std::env::var_os("TRAILBOX_LONG").is_some();
    let kit = busy_desk(400);
    let vkey = kit.ledger.verifier().clone();
    let folder = TempDir::new().unwrap();
    let seed = 7;
    println!("seed {seed}");
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut missed = Vec::new();
    let wishes = [What::All, case("T-1001"), chosen(&kit, "kind:contact")];
    for (n, what) in wishes.into_iter().enumerate() {
        let bundle = folder.path().join(n.to_string());
        taken(&kit, what, &[], &bundle);
        for round in 0..if long { 2_000 } else { 60 } {
            let path = dice.choice(files(&bundle)).unwrap();
            let bytes = fs::read(&path).unwrap();
            let other = changed(&bytes, &mut dice);
            // Who made it, when, by which filter and what for is said by the manifest alone.
            let claims = path.ends_with("manifest.json") && {
                let told = |bytes: &[u8]| {
                    let text = String::from_utf8_lossy(bytes).into_owned();
                    let mut value: serde_json::Value = serde_json::from_str(&text).ok()?;
                    for name in ["by", "made_at", "filter", "supports"] {
                        value.as_object_mut()?.remove(name);
                    }
                    Some(value)
                };
                told(&bytes).is_some() && told(&bytes) == told(&other)
            };
            if other == bytes || claims {
                continue;
            }
            fs::write(&path, &other).unwrap();
            if checked(&bundle, &vkey, Vec::new()).is_clean() {
                missed.push(format!("{n}/{round} {}", path.display()));
            }
            fs::write(&path, &bytes).unwrap();
        }
        for path in files(&bundle) {
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            if checked(&bundle, &vkey, Vec::new()).is_clean() {
                missed.push(format!("{n} without {}", path.display()));
            }
            fs::write(&path, &bytes).unwrap();
        }
        assert!(checked(&bundle, &vkey, Vec::new()).is_clean());
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_text_left_out_later_is_missed_where_others_are_withheld_as_well() {
    let kit = busy_desk(400);
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("full");
    taken(&kit, What::All, &["name"], &bundle);
    let check = || checked(&bundle, &kit.ledger.verifier(), Vec::new());
    assert!(check().is_clean());
    let path = bundle.join("disclosures.jsonl");
    let texts = fs::read_to_string(&path).unwrap();
    let said: Vec<&str> = texts.split_inclusive('\n').collect();
    let at = said
        .iter()
        .position(|line| line.contains("\\\"said\\\""))
        .unwrap();
    let rest = [&said[..at], &said[at + 1..]].concat();
    fs::write(&path, rest.concat()).unwrap();
    assert_eq!(codes(&check()), [Code::ReadableChanged]);
}

#[test]
fn a_forged_case_is_found_although_all_its_hashes_fit() {
    let kit = busy_desk(400);
    let vkey = kit.ledger.verifier().clone();
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("case");
    taken(&kit, case("T-1001"), &[], &bundle);
    let read = |name: &str| fs::read_to_string(bundle.join(name)).unwrap();
    // An event left out together with its proof and texts, and the manifest set right.
    let (entries, proofs) = (read("entries.jsonl"), read("proofs.json"));
    let mut lines: Vec<&str> = entries.split_inclusive('\n').collect();
    let gone = lines.remove(3);
    let seq: serde_json::Value = serde_json::from_str(gone).unwrap();
    let seq = seq["seq"].as_u64().unwrap();
    let mut proved: Vec<&str> = proofs.split_inclusive('\n').collect();
    proved.retain(|line| !line.starts_with(&format!("{{\"index\":{seq},")));
    let texts = read("disclosures.jsonl");
    let texts = texts.split_inclusive('\n');
    let texts: String = texts
        .filter(|line| !line.starts_with(&format!("{{\"seq\":{seq},")))
        .collect();
    let manifest = read("manifest.json");
    let count = format!("\"entries\":{}", lines.len());
    let before = format!("\"entries\":{}", lines.len() + 1);
    fs::write(bundle.join("entries.jsonl"), lines.concat()).unwrap();
    fs::write(bundle.join("proofs.json"), proved.concat()).unwrap();
    fs::write(bundle.join("disclosures.jsonl"), texts).unwrap();
    fs::write(
        bundle.join("manifest.json"),
        manifest.replace(&before, &count),
    )
    .unwrap();
    let found = codes(&checked(&bundle, &vkey, Vec::new()));
    assert!(found.contains(&Code::ObjectChainBroken), "{found:?}");
    // The same events called a selection: they are as they were signed, and no more is claimed.
    let full = folder.path().join("full");
    taken(&kit, What::All, &[], &full);
    let manifest = fs::read_to_string(full.join("manifest.json")).unwrap();
    let lie = manifest.replace("\"kind\":\"full\"", "\"kind\":\"case\"");
    fs::write(full.join("manifest.json"), lie).unwrap();
    let found = codes(&checked(&full, &vkey, Vec::new()));
    assert!(found.contains(&Code::ManifestWrong) && found.contains(&Code::ProofMissing));
}

#[test]
fn what_was_kept_elsewhere_is_held_against_a_bundle() {
    let kit = busy_desk(300);
    let vkey = kit.ledger.verifier().clone();
    let folder = TempDir::new().unwrap();
    let early = kit.ledger.publish_checkpoint().unwrap();
    let (full, part) = (folder.path().join("full"), folder.path().join("part"));
    taken(&kit, What::All, &[], &full);
    taken(&kit, case("C-1"), &[], &part);
    let late = kit.ledger.publish_checkpoint().unwrap();
    let root = |note: &str| note.lines().nth(2).unwrap().to_owned();
    let anchor = |text: &str| vec![Anchor::read("kept", text).unwrap()];
    for bundle in [&full, &part] {
        for kept in [early.clone(), root(&early)] {
            let verdict = checked(bundle, &vkey, anchor(&kept));
            assert!(verdict.is_clean(), "{:?}", verdict.findings);
        }
        let found = codes(&checked(bundle, &vkey, anchor(&late)));
        assert_eq!(found, [Code::Truncated]);
        // Rewritten: the same key, another history of the same length.
        let size: u64 = early.lines().nth(1).unwrap().parse().unwrap();
        let pen = pen(&kit);
        let found = codes(&checked(bundle, &vkey, anchor(&pen.sign(size, &[7; 32]))));
        assert_eq!(found, [Code::Rewritten]);
        // Another desk's.
        let other = Pen::new("other/00000000", &[9; 32]).sign(size, &[7; 32]);
        let found = codes(&checked(bundle, &vkey, anchor(&other)));
        assert_eq!(found, [Code::AnchorUnreadable]);
    }
    let strange = data_encoding::BASE64.encode(&[3; 32]);
    let found = codes(&checked(&full, &vkey, anchor(&strange)));
    assert_eq!(found, [Code::Rewritten]);
    let found = codes(&checked(&part, &vkey, anchor(&strange)));
    assert_eq!(found, [Code::AnchorUnproven]);
    // A bundle of another desk under our key.
    let other = Pen::new("other/00000000", &[9; 32]).verifier();
    assert!(codes(&checked(&full, &other, Vec::new())).contains(&Code::KeyChanged));
}

pub fn pen(kit: &Kit) -> Pen {
    let seed = fs::read_to_string(kit.home().key_file()).unwrap();
    let seed = data_encoding::BASE64
        .decode(seed.trim().as_bytes())
        .unwrap();
    let origin = kit.ledger.verifier().name().to_owned();
    Pen::new(origin, &seed.try_into().unwrap())
}

#[test]
fn hostile_bundles_get_a_verdict() {
    let kit = busy_desk(200);
    let vkey = kit.ledger.verifier().clone();
    let folder = TempDir::new().unwrap();
    let bundle = folder.path().join("bundle");
    taken(&kit, case("C-1"), &[], &bundle);
    let found = |path: &Path| codes(&checked(path, &vkey, Vec::new()));
    let with = |name: &str, text: &[u8]| {
        let before = fs::read(bundle.join(name)).ok();
        fs::write(bundle.join(name), text).unwrap();
        let found = found(&bundle);
        match before {
            Some(before) => fs::write(bundle.join(name), before).unwrap(),
            None => fs::remove_file(bundle.join(name)).unwrap(),
        }
        found
    };
    // Nothing, nonsense, a member twice, an unknown one.
    assert!(evidence::verify(&folder.path().join("none"), &none()).is_err());
    for name in files(&bundle) {
        let name = name
            .strip_prefix(&bundle)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        assert!(!with(&name, b"").is_empty(), "{name}");
        assert!(!with(&name, &[0xff; 300]).is_empty(), "{name}");
    }
    let manifest = fs::read_to_string(bundle.join("manifest.json")).unwrap();
    let twice = manifest.replacen('{', "{\"format\":\"trailbox-evidence/1\",", 1);
    assert_eq!(
        with("manifest.json", twice.as_bytes()),
        [Code::ManifestWrong]
    );
    let more = manifest.replacen('{', "{\"approved\":true,", 1);
    assert_eq!(
        with("manifest.json", more.as_bytes()),
        [Code::ManifestWrong]
    );
    let first = fs::read_to_string(bundle.join("entries.jsonl")).unwrap();
    let doubled = first.replacen("\"ev\":1,", "\"ev\":1,\"ev\":1,", 1);
    assert!(with("entries.jsonl", doubled.as_bytes()).contains(&Code::EventMalformed));
    // Lines and texts without end.
    let endless = vec![b'a'; 3_000_000];
    assert!(with("entries.jsonl", &endless).contains(&Code::BundleUnreadable));
    let mut proofs = b"{\"v\":1,\"inclusion\":[{\"index\":0,\"leaf\":\"".to_vec();
    proofs.extend(&endless);
    assert!(with("proofs.json", &proofs).contains(&Code::ProofWrong));
    assert!(with("manifest.json", &endless).contains(&Code::ManifestWrong));
    let nested = "[".repeat(200_000);
    assert!(with("manifest.json", nested.as_bytes()).contains(&Code::ManifestWrong));
    assert!(with("proofs.json", nested.as_bytes()).contains(&Code::ProofWrong));
    assert!(with("disclosures.jsonl", nested.as_bytes()).contains(&Code::BundleUnreadable));
    // A line of a gigabyte; the file has holes, so that it takes no room.
    let kept = fs::read(bundle.join("entries.jsonl")).unwrap();
    for name in [
        "entries.jsonl",
        "disclosures.jsonl",
        "proofs.json",
        "manifest.json",
    ] {
        let before = fs::read(bundle.join(name)).unwrap();
        let long = fs::File::options()
            .write(true)
            .open(bundle.join(name))
            .unwrap();
        long.set_len(1 << 30).unwrap();
        let begun = std::time::Instant::now();
        assert!(!found(&bundle).is_empty(), "{name}");
        assert!(
            begun.elapsed().as_secs() < 20,
            "{name}: {:?}",
            begun.elapsed()
        );
        fs::write(bundle.join(name), before).unwrap();
    }
    // Cut off anywhere.
    for name in files(&bundle) {
        let before = fs::read(&name).unwrap();
        for cut in [before.len() / 2, before.len().saturating_sub(2)] {
            fs::write(&name, &before[..cut]).unwrap();
            assert!(
                !found(&bundle).is_empty(),
                "{} cut at {cut}",
                name.display()
            );
        }
        fs::write(&name, before).unwrap();
    }
    assert_eq!(fs::read(bundle.join("entries.jsonl")).unwrap(), kept);
    // What does not belong there.
    assert_eq!(with("more.txt", b"hello"), [Code::NameRefused]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/dev/zero", bundle.join("files-more")).unwrap();
        assert_eq!(found(&bundle), [Code::NameRefused]);
        fs::remove_file(bundle.join("files-more")).unwrap();
    }
    assert!(found(&bundle).is_empty());
}

fn none() -> Given<'static> {
    Given {
        vkey: None,
        anchors: Vec::new(),
        progress: &|_| {},
    }
}

#[test]
fn hostile_zip_files_get_a_verdict() {
    let kit = busy_desk(200);
    let vkey = kit.ledger.verifier().clone();
    let folder = TempDir::new().unwrap();
    let good = folder.path().join("good.zip");
    taken(&kit, case("C-1"), &[], &good);
    let found = |path: &Path| codes(&checked(path, &vkey, Vec::new()));
    assert!(found(&good).is_empty());
    let bytes = fs::read(&good).unwrap();
    let other = folder.path().join("other.zip");
    // Cut off, not a zip file at all, and any byte changed in the compressed parts.
    for cut in [0, 1, 100, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&other, &bytes[..cut]).unwrap();
        assert!(!found(&other).is_empty(), "{cut}");
    }
    let mut dice = fastrand::Rng::with_seed(3);
    for _ in 0..60 {
        let mut flipped = bytes.clone();
        let at = dice.usize(0..flipped.len() / 2);
        flipped[at] ^= 1 << dice.u8(0..8);
        fs::write(&other, &flipped).unwrap();
        checked(&other, &vkey, Vec::new()); // a verdict, whatever it is: headers hold no evidence
    }
    // Names that lead elsewhere, and names twice.
    let zipped = |names: &[(&str, &[u8])]| {
        let mut zip = zip::ZipWriter::new(fs::File::create(&other).unwrap());
        let mut from = zip::ZipArchive::new(fs::File::open(&good).unwrap()).unwrap();
        for at in 0..from.len() {
            let mut one = from.by_index(at).unwrap();
            let mut content = Vec::new();
            one.read_to_end(&mut content).unwrap();
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(one.name().unwrap(), options).unwrap();
            zip.write_all(&content).unwrap();
        }
        for (name, content) in names {
            let options = zip::write::SimpleFileOptions::default();
            if zip.start_file(*name, options).is_ok() {
                zip.write_all(content).unwrap();
            }
        }
        zip.finish().unwrap();
        found(&other)
    };
    assert!(zipped(&[]).is_empty());
    for name in [
        "../evil",
        "/etc/passwd",
        "files/../../evil",
        "files/nothex",
        "C:\\evil",
        "dir/manifest.json",
    ] {
        assert_eq!(zipped(&[(name, b"x")]), [Code::NameRefused], "{name}");
    }
    // A bomb: hundreds of megabytes out of a few hundred kilobytes.
    let zeros = vec![0; 64 * 1024 * 1024];
    let name = format!("files/{}", "0".repeat(64));
    assert_eq!(zipped(&[(&name, &zeros)]), [Code::FileUnknown]);
    let mut zip = zip::ZipWriter::new(fs::File::create(&other).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    for name in ["manifest.json", "entries.jsonl", "report.csv"] {
        zip.start_file(name, options).unwrap();
        zip.write_all(&zeros).unwrap();
    }
    zip.finish().unwrap();
    let begun = std::time::Instant::now();
    assert!(found(&other).contains(&Code::ManifestWrong));
    assert!(begun.elapsed().as_secs() < 20);
}

#[test]
fn a_part_says_where_it_ends_and_that_nothing_proves_it() {
    let kit = busy_desk(300);
    let vkey = kit.ledger.verifier().clone();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("part");
    taken(&kit, case("C-1"), &[], &path);
    let verdict = checked(&path, &vkey, Vec::new());
    assert!(verdict.is_clean(), "{:?}", verdict.findings);
    // Taking it is an event about it, too: after the checkpoint.
    let sql = "SELECT max(seq) FROM event_object WHERE object = 'C-1' AND seq < :size";
    let size = verdict.size.unwrap();
    let last: u64 = kit.ask(|now| now.value(sql, &[(":size", &size)])).unwrap();
    let named = format!("C-1: event {last}");
    let mut printed = Vec::new();
    verdict.print(&mut printed).unwrap();
    let printed = String::from_utf8(printed).unwrap();
    let readme = fs::read_to_string(path.join("README.txt")).unwrap();
    for text in [&printed, &readme] {
        assert!(text.contains(&named), "{text}");
        assert!(text.contains("is not proved"), "{text}");
        assert!(!text.contains("whole up to"), "{text}");
    }
    let report = fs::read_to_string(path.join("report.html")).unwrap();
    assert!(report.contains("That none follows the last one is not proved."));
}
