//! The tamper drill: a copy of the desk is changed behind the program's back in one way after the
//! other, and verification says what it finds. The desk itself is only read.

use crate::desk;
use crate::domain::actor::{Door, Who};
use crate::domain::event::DeskEvent;
use crate::error::{Doing, Result};
use crate::ledger::verify::{Anchor, Code, Finding, Hand, Options, Report, verify};
use crate::ledger::{Chance, Clock, Company, Home, Ledger, Opening, SOFTWARE};
use std::io::Write;
use std::path::Path;

/// What the drill showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    /// One line for each way.
    pub shown: Vec<Shown>,
}

/// One way of tampering, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What was done, in plain words.
    pub what: &'static str,
    /// Whether verification found it.
    pub found: bool,
    /// Where it says it is, and the code of the finding.
    pub verdict: String,
}

impl Drill {
    /// Whether everything was found.
    pub fn is_complete(&self) -> bool {
        self.shown.iter().all(|shown| shown.found)
    }
}

/// One way of tampering.
struct Way {
    what: &'static str,
    /// What somebody might want with it.
    why: &'static str,
    /// What it should be called.
    code: Code,
    /// Does it; answers whether there was something to do it to.
    with: fn(&Hand) -> Result<bool>,
}

const WAYS: [Way; 14] = [
    Way {
        what: "an event's text edited",
        why: "a hand-over happened at another hour than it did",
        code: Code::EventChanged,
        with: |hand| hand.redate(hand.events()? / 2, false).map(|()| true),
    },
    Way {
        what: "an event dropped",
        why: "something never happened",
        code: Code::EventMissing,
        with: |hand| {
            let seq = hand.events()? / 2;
            changed(hand.run(&format!("DELETE FROM event WHERE seq = {seq}")))
        },
    },
    Way {
        what: "two events exchanged",
        why: "the answer came before the complaint",
        code: Code::EventMisplaced,
        with: |hand| {
            let (a, b) = (hand.events()? / 3, hand.events()? / 2);
            changed(hand.run(&format!(
                "UPDATE event SET seq = -1 WHERE seq = {a};
                 UPDATE event SET seq = {a} WHERE seq = {b};
                 UPDATE event SET seq = {b} WHERE seq = -1"
            )))
        },
    },
    Way {
        what: "an event invented at the end, with all its digests right",
        why: "something happened that never did",
        code: Code::EventUnsigned,
        with: |hand| hand.forge().map(|()| true),
    },
    Way {
        what: "history rewritten from the middle on, with all digests made again",
        why: "as if it had always been so",
        code: Code::Rewritten,
        with: |hand| hand.redate(hand.events()? / 2, true).map(|()| true),
    },
    Way {
        what: "the last five events cut off",
        why: "today never happened",
        code: Code::Truncated,
        with: |hand| {
            let from = hand.events()?.saturating_sub(5);
            changed(hand.run(&format!(
                "DELETE FROM file WHERE seq >= {from}; DELETE FROM disclosure WHERE seq >= {from};
                 DELETE FROM event WHERE seq >= {from}"
            )))
        },
    },
    Way {
        what: "a conversation's status changed",
        why: "it was closed in time after all",
        code: Code::RowChanged,
        with: |hand| {
            changed(hand.run(
                "UPDATE conversation SET status = CASE status WHEN 'closed' THEN 'open' ELSE 'closed' END
                  WHERE id = (SELECT max(id) FROM conversation)",
            ))
        },
    },
    Way {
        what: "somebody else made the owner of a conversation",
        why: "it was never mine",
        code: Code::RowChanged,
        with: |hand| {
            changed(hand.run(
                "UPDATE conversation SET owner_kind = 'member', owner =
                        (SELECT id FROM member WHERE id IS NOT conversation.owner ORDER BY id LIMIT 1)
                  WHERE id = (SELECT id FROM conversation ORDER BY owner IS NULL, id DESC LIMIT 1)",
            ))
        },
    },
    Way {
        what: "a customer's words changed on the page",
        why: "she never complained",
        code: Code::RowChanged,
        with: |hand| {
            changed(hand.run(
                "UPDATE article SET preview = 'thank you, all is well'
                  WHERE seq = (SELECT max(seq) FROM article WHERE direction = 'in')",
            ))
        },
    },
    Way {
        what: "a customer's words changed where they are sealed",
        why: "she never complained, and the tables made to match",
        code: Code::DisclosureChanged,
        with: |hand| {
            changed(hand.run(
                "UPDATE disclosure SET text = substr(text, 1, 30) || '!' || substr(text, 31)
                  WHERE field = 'said' AND seq = (SELECT max(seq) FROM disclosure WHERE field = 'said')",
            ))
        },
    },
    Way {
        what: "the trigger that protects events dropped",
        why: "to be able to change them later",
        code: Code::ShapeChanged,
        with: |hand| {
            hand.reshape("DROP TRIGGER event_is_not_updated")
                .map(|()| true)
        },
    },
    Way {
        what: "an index added",
        why: "somebody worked in the database",
        code: Code::ShapeChanged,
        with: |hand| {
            hand.reshape("CREATE INDEX quick ON article (preview)")
                .map(|()| true)
        },
    },
    Way {
        what: "the bytes of a kept file changed",
        why: "the photo showed something else",
        code: Code::FileChanged,
        with: |hand| {
            changed(hand.run(
                "UPDATE file SET bytes = CAST(bytes || ' ' AS BLOB)
                  WHERE seq = (SELECT max(seq) FROM file)",
            ))
        },
    },
    Way {
        what: "one bit of the database file flipped",
        why: "a hex editor, or a failing disk",
        code: Code::EventChanged,
        with: |hand| hand.flip_bit().map(|()| true),
    },
];

/// Shows the drill on a copy of the desk in a folder.
///
/// **Refuses:** a folder without a desk.
pub fn drill(data_folder: &Path, out: &mut dyn Write) -> Result<Drill> {
    let home = Home::at(data_folder);
    if !home.is_inhabited() {
        let text = format!("there is no desk in {}", data_folder.display());
        return Err(crate::error::Refusal::not_found(text).into());
    }
    let copy = Hand::in_copy_of(&home)?;
    let before = look(&copy, Vec::new())?;
    writeln!(
        out,
        "A copy of this desk with {} events. Before anything is done to it, verification says: {}.\n",
        before.events,
        match before.is_clean() {
            true => "clean",
            false => "not clean, so what follows stands beside what is wrong already",
        }
    )?;
    let mut shown = Vec::new();
    for way in &WAYS {
        let hand = copy.again()?;
        write!(
            out,
            "{:>2}. {}\n    ({})\n",
            shown.len() + 1,
            way.what,
            way.why
        )?;
        out.flush()?;
        if !(way.with)(&hand).doing(way.what)? {
            writeln!(out, "    this desk has nothing of that kind yet\n")?;
            continue;
        }
        let report = look(&hand, Vec::new())?;
        shown.push(tell(way.what, way.code, &before, &report, out)?);
    }
    shown.push(put_back(&copy, &before, shown.len() + 1, out)?);
    let drill = Drill { shown };
    table(&drill, out)?;
    Ok(drill)
}

/// An old copy put back: nothing in it is wrong, and only what was kept elsewhere shows it.
fn put_back(copy: &Hand, before: &Report, number: usize, out: &mut dyn Write) -> Result<Shown> {
    let what = "yesterday's copy of the whole database put back";
    writeln!(
        out,
        "{number:>2}. {what}\n    (everything since then never happened)"
    )?;
    let newer = copy.again()?;
    let opening = Opening {
        apply: desk::apply,
        follow: desk::follow,
        clock: Clock::System,
        chance: Chance::System,
        progress: &mut |_| {},
    };
    let ledger = Ledger::open(&newer.home(), Company::Alone, opening)?;
    let started = DeskEvent::Started {
        software: SOFTWARE.to_owned(),
    };
    ledger.record(&Who::system("drill", Door::Cli), |_| {
        Ok(vec![started.into()])
    })?;
    let kept = ledger.publish_checkpoint()?;
    ledger.close()?;
    let alone = look(copy, Vec::new())?;
    let word = if alone.findings.len() == before.findings.len() {
        "nothing: an old copy is whole in itself"
    } else {
        "something else"
    };
    writeln!(out, "    verify alone says {word}")?;
    writeln!(out, "    verify against a checkpoint kept in a mail:")?;
    let anchor = Anchor::read("the checkpoint in the mail", &kept)?;
    let report = look(copy, vec![anchor])?;
    tell(what, Code::Truncated, before, &report, out)
}

fn look(hand: &Hand, anchors: Vec<Anchor>) -> Result<Report> {
    let options = Options {
        anchors,
        ..Options::default()
    };
    verify(&hand.home(), desk::apply, &options)
}

/// Says what was found, the finding that names the deed first.
fn tell(
    what: &'static str,
    code: Code,
    before: &Report,
    report: &Report,
    out: &mut dyn Write,
) -> Result<Shown> {
    let new: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| {
            !before
                .findings
                .iter()
                .any(|known| known.place == finding.place)
        })
        .collect();
    let named = new
        .iter()
        .find(|finding| finding.code == code)
        .or(new.first());
    let Some(finding) = named else {
        writeln!(out, "    FOUND NOTHING\n")?;
        return Ok(Shown {
            what,
            found: false,
            verdict: "nothing".to_owned(),
        });
    };
    writeln!(out, "    → {}: {}", finding.place, finding.meaning)?;
    let more = new.len() as u64 + report.findings_beyond - 1;
    if more > 0 {
        let word = if more == 1 { "finding" } else { "findings" };
        writeln!(out, "      and {more} more {word} that go with it")?;
    }
    writeln!(out)?;
    Ok(Shown {
        what,
        found: true,
        verdict: format!("{} ({})", finding.place, finding.code),
    })
}

fn table(drill: &Drill, out: &mut dyn Write) -> Result<()> {
    let width = drill
        .shown
        .iter()
        .map(|shown| shown.what.chars().count())
        .max();
    let width = width.unwrap_or_default();
    writeln!(out, "{:width$}  found  where", "what was done")?;
    for shown in &drill.shown {
        let found = if shown.found { "yes" } else { "NO" };
        writeln!(out, "{:width$}  {found:5}  {}", shown.what, shown.verdict)?;
    }
    let found = drill.shown.iter().filter(|shown| shown.found).count();
    writeln!(
        out,
        "\n{found} of {} found. The desk itself was only read.",
        drill.shown.len()
    )?;
    Ok(())
}

fn changed(rows: Result<usize>) -> Result<bool> {
    rows.map(|rows| rows > 0)
}
