//! Checkpoints kept elsewhere: witnesses, mail, the exchange of the key, verifying from one on.

use crate::kit::{Kit, opening, verified};
use crate::story::busy_desk;
use crate::tamper::Copy;
use rusqlite::Connection;
use trailbox::desk::evidence::Means;
use trailbox::desk::{self, audit, checkpoints, evidence, members, settings};
use trailbox::domain::actor::Who;
use trailbox::domain::checkpoint::Contradiction;
use trailbox::domain::member::Role;
use trailbox::domain::moment::HOUR_MS;
use trailbox::error::Error;
use trailbox::ledger::cosign::{Cosignature, Seal};
use trailbox::ledger::note::Checkpoint;
use trailbox::ledger::verify::{Anchor, Code, Depth, Options, Report, Since, verify};
use trailbox::ledger::{Company, Home, Ledger};

pub fn seal() -> Seal {
    Seal::new("witness.example/w1", &[7; 32]).unwrap()
}

fn size_of(note: &str) -> u64 {
    Checkpoint::parse(note).unwrap().size
}

fn cosign(kit: &Kit, note: &str, at_s: u64) -> Cosignature {
    let line = seal().cosign(note, at_s).unwrap();
    let (size, cosignature) = (size_of(note), Cosignature { at_s, line });
    let told = cosignature.clone();
    kit.done(&Who::shell(), move |now| {
        checkpoints::cosigned(now, size, "witness.example/w1", &told)
    });
    cosignature
}

#[test]
fn what_a_witness_signed_is_known_to_be_elsewhere() {
    let kit = Kit::new();
    assert_eq!(kit.ask(evidence::outside).unwrap(), None);
    let note = kit.ledger.publish_checkpoint().unwrap();
    let signed = cosign(&kit, &note, 1_795_316_400);
    let size = size_of(&note);
    let outside = kit.ask(evidence::outside).unwrap().unwrap();
    let by = Means::Witness("witness.example/w1".to_owned());
    assert_eq!((outside.size, outside.by), (size, by));
    let whole = kit.ask(|now| checkpoints::with_signatures(now, size, &note));
    let whole = whole.unwrap();
    assert_eq!(whole, format!("{note}{}\n", signed.line));
    assert!(seal().cosigner().open(&whole).is_ok());
    assert!(kit.ledger.verifier().open(&whole).is_ok());
    // Told again, it is no news; and no news is nothing that happened.
    let again = kit.wish(&Who::shell(), move |now| {
        checkpoints::cosigned(now, size, "witness.example/w1", &signed)
    });
    assert!(again.unwrap().facts.is_empty());
    let happened = |size| kit.ask(|now| checkpoints::happened_since(now, size));
    assert!(!happened(size).unwrap());
    kit.member("Mar", Role::Lead);
    assert!(happened(size).unwrap());
}

#[test]
fn a_time_that_no_clock_shows_is_not_taken_from_a_witness() {
    let kit = Kit::new();
    let note = kit.ledger.publish_checkpoint().unwrap();
    let (size, at_s) = (size_of(&note), 1_795_316_400_000); // milliseconds
    let line = seal().cosign(&note, at_s).unwrap();
    let refusal = kit.refused(&Who::shell(), move |now| {
        checkpoints::cosigned(now, size, "witness.example/w1", &Cosignature { at_s, line })
    });
    assert!(
        refusal.text.contains("after the year 9999"),
        "{}",
        refusal.text
    );
}

#[test]
fn a_contradiction_stands_until_the_witness_signs_again() {
    let kit = Kit::new();
    let note = kit.ledger.publish_checkpoint().unwrap();
    let size = size_of(&note);
    let refused = |how, known| {
        let wish = kit.wish(&Who::shell(), move |now| {
            checkpoints::contradicted(now, size, "witness.example/w1", how, known)
        });
        wish.unwrap().facts.len()
    };
    assert_eq!(refused(Contradiction::RolledBack, 99), 1);
    assert_eq!(refused(Contradiction::RolledBack, 99), 0, "told once");
    assert_eq!(refused(Contradiction::Forked, 99), 1);
    let standing = kit.ask(checkpoints::standing).unwrap();
    assert_eq!(standing.len(), 1);
    assert_eq!(
        (standing[0].how, standing[0].known),
        (Contradiction::Forked, 99)
    );
    cosign(&kit, &note, 1);
    assert!(kit.ask(checkpoints::standing).unwrap().is_empty());
}

#[test]
fn settings_of_the_witness_and_of_the_mail_are_checked() {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    kit.member("Sana", Role::Agent);
    let set = |key: &'static str, value: &str| {
        let value = value.to_owned();
        kit.wish(&lead, move |now| settings::set(now, key, &value))
    };
    for (key, value) in [
        ("witness.url", "http://witness.example"),
        ("witness.url", "witness"),
        ("witness.vkey", "not a key"),
        ("witness.wait_s", "0"),
        ("checkpoint.mail_to", "nobody@example.org"),
        ("checkpoint.mail_to", "sana@noor.example"),
        ("checkpoint.mail_hour", "24"),
    ] {
        assert!(
            matches!(set(key, value), Err(Error::Refusal(_))),
            "{key} {value}"
        );
    }
    let key = kit.ledger.verifier().text();
    assert!(
        set("witness.vkey", &key).is_err(),
        "the key of a desk is none of a witness"
    );
    assert_eq!(kit.ask(checkpoints::witness).unwrap(), None);
    set("witness.url", "https://witness.example/").unwrap();
    set("witness.vkey", &seal().cosigner().text()).unwrap();
    let witness = kit.ask(checkpoints::witness).unwrap().unwrap();
    assert_eq!(
        (&*witness.url, witness.wait_s),
        ("https://witness.example", 10)
    );
    let mar = kit.ask(members::list).unwrap();
    let mar = mar.iter().find(|member| member.name == "Mar").unwrap();
    set("checkpoint.mail_to", &mar.email).unwrap();
    let kept = kit
        .ask(|now| settings::text(now, "checkpoint.mail_to"))
        .unwrap();
    assert_eq!(
        kept,
        mar.id.to_string(),
        "an id, no address, stands in the trail"
    );
    let shown = kit
        .ask(|now| settings::shown(now, "checkpoint.mail_to"))
        .unwrap();
    assert_eq!(shown, mar.email);
    set("checkpoint.mail_to", "").unwrap();
    set("witness.url", "").unwrap();
    assert_eq!(kit.ask(checkpoints::witness).unwrap(), None);
}

#[test]
fn a_checkpoint_is_due_once_a_day_in_which_something_happened() {
    let kit = Kit::new(); // its clock begins at three in the night
    let lead = kit.member("Mar", Role::Lead);
    let mar = kit.ask(members::list).unwrap()[0].clone();
    let due = || kit.ask(checkpoints::due).unwrap();
    kit.ledger.publish_checkpoint().unwrap();
    assert_eq!(due(), None, "nobody is named");
    let (key, to) = ("checkpoint.mail_to", mar.email.clone());
    kit.done(&lead, move |now| settings::set(now, key, &to));
    let first = due().unwrap();
    assert_eq!(first.to, std::slice::from_ref(&mar));
    let came = |size: u64, came: Result<(), String>| {
        let (member, channel) = (mar.id, Some(trailbox::domain::id::ChannelId(1)));
        kit.done(&Who::shell(), move |_| {
            Ok(checkpoints::mailed(size, member, channel, came))
        });
    };
    came(first.size, Err("the mailbox is full".to_owned()));
    assert_eq!(due(), None, "tried a moment ago");
    kit.later(HOUR_MS);
    assert_eq!(due().unwrap().size, first.size, "tried again");
    came(first.size, Ok(()));
    let outside = kit.ask(evidence::outside).unwrap().unwrap();
    assert_eq!(
        (outside.size, outside.by),
        (first.size, Means::Mail(mar.id))
    );
    kit.later(HOUR_MS);
    assert_eq!(due(), None, "once a day");
    kit.later(24 * HOUR_MS);
    let note = kit.ledger.publish_checkpoint().unwrap();
    // Setting the receiver happened after the first checkpoint.
    assert_eq!(due().unwrap().size, size_of(&note));
    came(size_of(&note), Ok(()));
    kit.later(24 * HOUR_MS);
    kit.ledger.publish_checkpoint().unwrap();
    assert_eq!(due(), None, "nothing happened since");
    kit.member("Sana", Role::Agent);
    assert!(due().is_some());
}

fn report(home: &Home, options: Options<'_>) -> Report {
    verify(home, desk::apply, &options).unwrap()
}

fn codes(report: &Report) -> Vec<Code> {
    report.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn the_key_is_exchanged_and_both_sides_of_it_verify() {
    let mut kit = Kit::new();
    let who = Who::shell();
    kit.member("Mar", Role::Lead);
    let old = kit.ledger.verifier();
    let before = kit.ledger.publish_checkpoint().unwrap();
    let new = kit.ledger.rotate_key(&who).unwrap();
    assert_ne!(old, new);
    assert_eq!(kit.ledger.verifier(), new);
    let meeting = kit.ask(audit::head).unwrap();
    assert!(old.open(&meeting).is_ok() && new.open(&meeting).is_ok());
    let again = kit.ledger.publish_checkpoint().unwrap();
    assert_eq!(again, meeting, "what was published is not signed anew");
    kit.member("Sana", Role::Agent);
    let after = kit.ledger.publish_checkpoint().unwrap();
    assert!(new.open(&after).is_ok() && old.open(&after).is_err());
    let third = kit.ledger.rotate_key(&who).unwrap();
    kit.reopen();
    assert_eq!(kit.ledger.verifier(), third, "it signs after a start");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(kit.home().key_file())
            .unwrap()
            .permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    for pinned in [None, Some(old.clone()), Some(new.clone()), Some(third)] {
        let anchors = [
            ("before", &before),
            ("after", &after),
            ("meeting", &meeting),
        ];
        let anchors = anchors.map(|(name, note)| Anchor::read(name, note).unwrap());
        let options = Options {
            vkey: pinned,
            anchors: anchors.to_vec(),
            ..Options::default()
        };
        let report = report(kit.home(), options);
        assert!(report.is_clean(), "{report:?}");
    }
    let stranger = trailbox::ledger::note::Pen::new(old.name(), &[9; 32]).verifier();
    let vkey = Some(stranger);
    let options = Options {
        vkey,
        ..Options::default()
    };
    assert!(codes(&report(kit.home(), options)).contains(&Code::KeyChanged));
    // The old key signs nothing after the exchange, and its checkpoint cannot go.
    let copy = Copy::of(kit.home());
    let db = Connection::open(copy.database()).unwrap();
    let size = size_of(&meeting);
    db.execute_batch("DROP TRIGGER checkpoint_is_not_deleted")
        .unwrap();
    db.execute("DELETE FROM checkpoint WHERE size = ?1", [size as i64])
        .unwrap();
    drop(db);
    assert!(codes(&verified(&copy.home())).contains(&Code::CheckpointMissing));
    let copy = Copy::of(kit.home());
    let db = Connection::open(copy.database()).unwrap();
    db.execute_batch("DROP TRIGGER checkpoint_is_not_updated")
        .unwrap();
    let root = Checkpoint::parse(&meeting).unwrap().root;
    let lone: Vec<&str> = meeting.split_inclusive('\n').collect();
    let lone = [&lone[..4], &lone[5..]].concat().concat();
    assert!(
        new.open(&lone).is_ok() && old.open(&lone).is_err(),
        "{root:?}"
    );
    db.execute(
        "UPDATE checkpoint SET note = ?2 WHERE size = ?1",
        (size as i64, lone),
    )
    .unwrap();
    drop(db);
    assert!(codes(&verified(&copy.home())).contains(&Code::SignatureWrong));
}

#[test]
fn an_exchange_that_was_cut_off_anywhere_leaves_a_desk_that_opens() {
    let mut kit = Kit::new();
    let who = Who::shell();
    let home = kit.home().clone();
    // Before the commit: a key that was never used lies there.
    std::fs::write(home.next_key_file(), "bm90IGEga2V5\n").unwrap();
    kit.reopen();
    let old_key = std::fs::read(home.key_file()).unwrap();
    let old = kit.ledger.verifier();
    let new = kit.ledger.rotate_key(&who).unwrap();
    // After the commit, before the file: both lie there.
    let put_back = || {
        std::fs::rename(home.key_file(), home.next_key_file()).unwrap();
        std::fs::write(home.key_file(), &old_key).unwrap();
    };
    put_back();
    let report = verified(&home);
    assert!(report.is_clean(), "{report:?}");
    let told = report
        .remarks
        .iter()
        .any(|remark| remark.contains("the next start ends it"));
    assert!(told, "{report:?}");
    let beside = Ledger::open(&home, Company::Beside, opening(&kit.clock, 5, &mut |_| {}));
    let beside = beside.unwrap();
    assert_eq!(beside.verifier(), new);
    beside.close().unwrap();
    assert!(
        home.next_key_file().exists(),
        "a command beside ends nothing"
    );
    kit.reopen();
    assert_eq!(kit.ledger.verifier(), new);
    assert!(!home.next_key_file().exists());
    // Still running when its file was put back: the next exchange loses no key.
    put_back();
    let third = kit.ledger.rotate_key(&who).unwrap();
    assert!(third != new && third != old);
    trailbox::ledger::rebuild_in_place(&Copy::of(&home).home(), desk::apply, &mut |_| {}).unwrap();
    kit.reopen();
    // The index that tells which key signs was edited: the events are asked, and a rebuild mends it.
    let copy = Copy::of(&home);
    let db = Connection::open(copy.database()).unwrap();
    let sql = "DELETE FROM trail WHERE event = 'desk.key_rotated'";
    assert_eq!(db.execute(sql, []).unwrap(), 2);
    drop(db);
    trailbox::ledger::rebuild_in_place(&copy.home(), desk::apply, &mut |_| {}).unwrap();
    assert!(verified(&copy.home()).is_clean());
    // With the old key alone it is not the desk's.
    let copy = Copy::of(&home);
    std::fs::write(copy.home().key_file(), &old_key).unwrap();
    assert!(codes(&verified(&copy.home())).contains(&Code::KeyChanged));
    let open = Ledger::open(
        &copy.home(),
        Company::Alone,
        opening(&kit.clock, 6, &mut |_| {}),
    );
    let refused = open.err().unwrap().to_string();
    assert!(
        refused.contains("does not belong to this desk"),
        "{refused}"
    );
}

#[test]
fn a_process_beside_does_not_go_on_with_the_old_key() {
    let kit = Kit::new();
    let beside = Ledger::open(
        kit.home(),
        Company::Beside,
        opening(&kit.clock, 5, &mut |_| {}),
    );
    let beside = beside.unwrap();
    kit.ledger.rotate_key(&Who::shell()).unwrap();
    let refused = beside.publish_checkpoint().unwrap_err().to_string();
    assert!(refused.contains("exchanged meanwhile"), "{refused}");
    beside.close().unwrap();
}

#[test]
fn the_whole_file_of_an_older_day_shows_against_what_was_kept() {
    let kit = Kit::new();
    kit.member("Mar", Role::Lead);
    kit.ledger.publish_checkpoint().unwrap();
    let old = Copy::of(kit.home());
    kit.member("Sana", Role::Agent);
    let kept = kit.ledger.publish_checkpoint().unwrap();
    let root = data_encoding::BASE64.encode(&Checkpoint::parse(&kept).unwrap().root);
    let signed = format!("{kept}{}\n", seal().cosign(&kept, 5).unwrap());
    assert!(verified(&old.home()).is_clean(), "alone it is whole");
    let other = trailbox::ledger::note::Pen::new("other/00000000", &[9; 32]);
    for (text, code) in [
        (kept.clone(), Code::Truncated),
        (signed, Code::Truncated),
        (
            format!("From: a\nX-Audit-Root: {root}\n\nhello"),
            Code::Rewritten,
        ),
        (other.sign(4, &[1; 32]), Code::AnchorUnreadable),
        (kept.replace("\u{2014}", "-"), Code::AnchorUnreadable),
    ] {
        let Ok(anchor) = Anchor::read("kept", &text) else {
            assert!(!text.contains("\u{2014}"), "{text}");
            continue;
        };
        let anchors = vec![anchor];
        let options = Options {
            anchors,
            ..Options::default()
        };
        assert_eq!(codes(&report(&old.home(), options)), [code], "{text}");
    }
    // It grows again, over the size that was kept: another history of that length.
    let grown = Ledger::open(
        &old.home(),
        Company::Alone,
        opening(&kit.clock, 8, &mut |_| {}),
    );
    let grown = grown.unwrap();
    for name in ["Ada", "Ben", "Cem"] {
        let wish = move |now: &trailbox::ledger::Now<'_>| {
            members::add(
                now,
                name,
                &format!("{name}@noor.example"),
                Role::Agent,
                None,
            )
        };
        grown.record(&Who::shell(), wish).unwrap();
    }
    grown.close().unwrap();
    let anchors = vec![Anchor::read("kept", &kept).unwrap()];
    let options = Options {
        anchors,
        ..Options::default()
    };
    assert_eq!(codes(&report(&old.home(), options)), [Code::Rewritten]);
}

fn since(note: &str) -> Option<Since> {
    let point = Checkpoint::parse(note).unwrap();
    Some(Since {
        name: "kept".to_owned(),
        size: point.size,
        root: point.root,
    })
}

#[test]
fn from_a_checkpoint_on_only_what_follows_is_read_and_that_is_said() {
    let kit = busy_desk(300);
    let notes = kit.ask(|now| audit::checkpoints(now, 50)).unwrap();
    let (size, pinned) = notes[notes.len() / 2].clone();
    let older = Anchor::read("older", &notes[notes.len() - 2].1).unwrap();
    let look = |home: &Home, anchors: Vec<Anchor>| {
        report(
            home,
            Options {
                depth: Depth::Chain,
                since: since(&pinned),
                anchors,
                ..Options::default()
            },
        )
    };
    let kept = vec![Anchor::read("kept", &pinned).unwrap(), older];
    let clean = look(kit.home(), kept);
    assert!(clean.is_clean(), "{clean:?}");
    assert_eq!((clean.read_from, clean.events), (size, kit.events()));
    assert!(
        clean
            .remarks
            .iter()
            .any(|remark| remark.contains("only the events from"))
    );
    // A bare root may be that of any beginning: then everything is read.
    let root = data_encoding::BASE64.encode(&Checkpoint::parse(&notes[1].1).unwrap().root);
    let whole = look(kit.home(), vec![Anchor::read("root", &root).unwrap()]);
    assert!(whole.is_clean() && whole.read_from == 0, "{whole:?}");
    let edited = |seq: u64| {
        let copy = Copy::of(kit.home());
        let db = Connection::open(copy.database()).unwrap();
        db.execute_batch("DROP TRIGGER event_is_not_updated")
            .unwrap();
        let sql = "UPDATE event SET entry = replace(entry, '\"v\":1', '\"v\":2') WHERE seq = ?1";
        assert_eq!(db.execute(sql, [seq as i64]).unwrap(), 1);
        drop(db);
        copy
    };
    let found = look(&edited(size + 3).home(), Vec::new());
    assert!(codes(&found).contains(&Code::EventChanged), "{found:?}");
    let missed = look(&edited(size - 3).home(), Vec::new());
    assert!(
        missed
            .findings
            .iter()
            .all(|one| one.code == Code::ShapeChanged),
        "as it says"
    );
    // Another root than the stored tree has: everything is read, and the place is named.
    let copy = Copy::of(kit.home());
    let db = Connection::open(copy.database()).unwrap();
    db.execute_batch("DROP TRIGGER event_is_not_updated")
        .unwrap();
    db.execute(
        "UPDATE event SET leaf = zeroblob(32) WHERE seq = ?1",
        [size as i64 - 1],
    )
    .unwrap();
    drop(db);
    let found = look(&copy.home(), Vec::new());
    assert!(codes(&found).contains(&Code::Rewritten), "{found:?}");
    assert!(codes(&found).contains(&Code::LeafChanged), "{found:?}");
}
