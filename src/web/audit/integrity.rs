//! What vouches for the trail: the last verification and a new one, checkpoints, the key.

use super::event::line;
use super::{Elsewhere, Finding, IntegrityPage, Looked, Run};
use crate::desk::evidence::{self, Means};
use crate::desk::{self, audit, checkpoints, members};
use crate::domain::actor::Who;
use crate::domain::event::{AuditEvent, Event};
use crate::domain::moment::Moment;
use crate::error::{Doing, Refusal, Result};
use crate::ledger::note::Checkpoint;
use crate::ledger::verify::{self, Code, Depth, Options, Progress, Report, Since, Step};
use crate::ledger::{Ledger, Now};
use crate::web::app::{App, Verification, Verified, locked};
use crate::web::exchange::Response;
use crate::web::front::behind;
use crate::web::front::live::Hub;
use crate::web::signin::fingerprint;
use crate::web::visit::{Visit, badge};
use data_encoding::BASE64;
use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Checkpoints of one page.
const CHECKPOINTS: u32 = 20;

/// Open pages hear of progress at most this often.
const TOLD_EVERY: Duration = Duration::from_millis(500);

/// Up to so many events are verified before anybody could notice: they need not wait for others.
const QUICKLY_VERIFIED: u64 = 10_000;

/// `GET /audit/integrity`
pub fn show(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let head = Checkpoint::parse(&audit::head(&now)?)?;
    let before = visit.query("before").and_then(|size| size.parse().ok());
    let mut published = audit::published(&now, before, CHECKPOINTS + 1)?;
    let more = published.len() > CHECKPOINTS as usize;
    published.truncate(CHECKPOINTS as usize);
    for point in &mut published {
        point.note = checkpoints::with_signatures(&now, point.size, &point.note)?;
    }
    let last = published.last().map(|point| point.size).filter(|_| more);
    let state = locked(&visit.app.verification).clone();
    let page = IntegrityPage {
        badge: badge(visit.app, &now)?,
        run: match &state.last {
            Some(verified) => Some(run(verified)),
            None => recorded_run(&now)?,
        },
        progress: state.running,
        may_verify: true, // whoever reads the trail may verify it
        size: head.size,
        root: BASE64.encode(&head.root),
        vkey: visit.app.ledger.verifier().text(),
        fingerprint: fingerprint(visit.app),
        origin: head.origin,
        elsewhere: elsewhere(&now)?,
        trouble: visit
            .app
            .jobs
            .witness_trouble()
            .map(|trouble| (trouble.why, trouble.at)),
        earlier: earlier(&now)?,
        checkpoints: published.iter().map(line).collect::<Result<_>>()?,
        older: last.map(|size| format!("/audit/integrity?before={size}")),
    };
    visit.page(&now, "audit/integrity.html", &page)
}

fn elsewhere(now: &Now<'_>) -> Result<Vec<Elsewhere>> {
    let all = evidence::elsewhere(now)?.into_iter();
    all.map(|kept| {
        let (by, whom) = match kept.by {
            Means::Export => ("export", String::new()),
            Means::Witness(name) => ("witness", name),
            Means::Mail(member) => ("mail", members::get(now, member)?.name),
        };
        Ok(Elsewhere {
            size: kept.size,
            at: kept.at,
            by,
            whom,
        })
    })
    .collect()
}

/// The keys before this one, the newest first.
fn earlier(now: &Now<'_>) -> Result<Vec<(String, u64)>> {
    let mut rotations = audit::rotations(now)?;
    rotations.reverse();
    Ok(rotations
        .into_iter()
        .map(|rotation| (rotation.from, rotation.seq.0 + 1))
        .collect())
}

/// `POST /audit/checkpoints`: a signed statement about the present, to be kept elsewhere.
pub fn publish(visit: &Visit<'_>) -> Result<Response> {
    let note = visit.app.ledger.publish_checkpoint()?;
    let n = Checkpoint::parse(&note)?.size;
    let sentence = format!("Published a checkpoint over {n} events. Keep a copy elsewhere.");
    Ok(visit.went_well("/audit/integrity", &sentence))
}

/// `POST /audit/verification`: begins to verify; the page tells how far it is.
///
/// **Refuses:** a second one beside the first.
pub fn verify_now(visit: &Visit<'_>) -> Result<Response> {
    begin(visit.app, &visit.who, Depth::Whole)?;
    Ok(Response::redirect_303("/audit/integrity"))
}

/// Begins to verify in the background. What follows the chain alone is told and recorded only if it
/// found something.
///
/// **Refuses:** a second one beside the first.
pub fn begin(app: &App, who: &Who, depth: Depth) -> Result<()> {
    let events = app.ledger.now(who)?.next_seq().0;
    {
        let mut state = locked(&app.verification);
        if state.running.is_some() {
            return Err(Refusal::conflict("the trail is being verified already").into());
        }
        if depth == Depth::Whole {
            state.running = Some((0, events));
        }
    }
    let run = Verifying {
        ledger: app.ledger.clone(),
        hub: app.hub.clone(),
        who: who.clone(),
        state: Arc::clone(&app.verification),
        newest: events.saturating_sub(1),
        depth,
        told_at: Cell::new(Instant::now()),
    };
    let spawned = std::thread::Builder::new()
        .name("verify".to_owned())
        .spawn(move || run.go())
        .doing("starting to verify");
    if let Err(error) = spawned {
        locked(&app.verification).running = None;
        return Err(error);
    }
    Ok(())
}

/// How far the trail was verified as a whole with nothing found: a start goes on from there.
fn verified_before(now: &Now<'_>) -> Result<Option<Since>> {
    let Some(found) = audit::newest(now, "audit.verified")? else {
        return Ok(None);
    };
    let Event::Audit(AuditEvent::Verified {
        events,
        findings: 0,
        root,
        depth,
        ..
    }) = found.event
    else {
        return Ok(None);
    };
    let root = BASE64.decode(root.as_bytes()).ok();
    let root = root.and_then(|root| root.try_into().ok());
    Ok(root.filter(|_| depth == "whole").map(|root| Since {
        name: format!("the verification of event {}", found.seq),
        size: events,
        root,
    }))
}

/// A verification on a thread of its own.
struct Verifying {
    ledger: Ledger,
    hub: Hub,
    who: Who,
    state: Arc<Mutex<Verification>>,
    newest: u64,
    depth: Depth,
    told_at: Cell<Instant>,
}

impl Verifying {
    fn go(self) {
        if self.newest > QUICKLY_VERIFIED {
            behind::give_way();
        }
        let verified = self.verify();
        let mut state = locked(&self.state);
        if self.depth == Depth::Whole {
            state.running = None;
        }
        match verified {
            Ok(verified) if self.depth == Depth::Chain && verified.report.is_clean() => {}
            Ok(verified) => state.last = Some(verified),
            Err(error) => tracing::error!("verifying the trail: {error}"),
        }
        drop(state);
        self.tell();
    }

    fn verify(&self) -> Result<Verified> {
        let progress = |progress: Progress| self.progress(progress);
        let options = Options {
            depth: self.depth,
            vkey: Some(self.ledger.verifier()),
            since: match self.depth {
                Depth::Chain => verified_before(&self.ledger.now(&self.who)?)?,
                Depth::Whole => None,
            },
            progress: &progress,
            ..Options::default()
        };
        let report = verify::verify(self.ledger.home(), desk::apply, &options)?;
        let (events, root) = (report.events, report.root.clone());
        let findings = report.findings.len() as u64 + report.findings_beyond;
        let depth = match report.depth {
            Depth::Chain => "chain",
            Depth::Whole => "whole",
        };
        let took_ms = report.took_ms;
        if self.depth == Depth::Chain && report.is_clean() {
            return Ok(self.ended(report));
        }
        let receipt = self.ledger.record(&self.who, move |_| {
            Ok(audit::record_verification(
                events, findings, root, depth, took_ms,
            ))
        });
        if let Err(error) = receipt {
            // A desk that cannot write may still be verified; what came of it is shown.
            tracing::error!("recording that the trail was verified: {error}");
        }
        Ok(self.ended(report))
    }

    fn ended(&self, report: Report) -> Verified {
        Verified {
            at: self.ledger.clock().now(),
            report: Arc::new(report),
        }
    }

    /// Every step goes through about as many rows as there are events.
    fn progress(&self, progress: Progress) {
        const STEPS: u64 = 6;
        let before = match progress.step {
            Step::File => 0,
            Step::Trail => 1,
            Step::Files => 2,
            Step::Rebuild => 3,
            Step::Compare => 4,
            Step::Search => 5,
        };
        if self.depth == Depth::Chain {
            return; // nobody waits for it
        }
        let events = progress.events.max(1);
        let done = (before * events + progress.done.min(events)) / STEPS;
        locked(&self.state).running = Some((done, events));
        if self.told_at.get().elapsed() >= TOLD_EVERY {
            self.told_at.set(Instant::now());
            self.tell();
        }
    }

    fn tell(&self) {
        self.hub.wake(&["integrity".to_owned()]);
    }
}

/// The run of this process as the page shows it.
fn run(verified: &Verified) -> Run {
    let report = &verified.report;
    Run {
        at: verified.at,
        took_ms: report.took_ms,
        events: report.events,
        steps: steps(report),
        findings: report
            .findings
            .iter()
            .map(|finding| Finding {
                code: finding.code.to_string(),
                place: finding.place.to_string(),
                meaning: finding.meaning.clone(),
                seq: finding.place.seq,
            })
            .collect(),
        good_to: report.newest_good.map(|seq| seq.0),
    }
}

/// The last run before this process began, as far as the trail tells of it.
fn recorded_run(now: &Now<'_>) -> Result<Option<Run>> {
    let newest = audit::newest(now, "audit.verified")?;
    let Some((at, seq, event)) = newest.map(|found| (found.entry.at, found.seq, found.event))
    else {
        return Ok(None);
    };
    let Event::Audit(AuditEvent::Verified {
        events,
        findings,
        took_ms,
        ..
    }) = event
    else {
        return Ok(None);
    };
    let found = Finding {
        code: "recorded".to_owned(),
        place: String::new(),
        meaning: format!("That run found {findings} things wrong. Verify again to see them."),
        seq: Some(seq.0),
    };
    Ok(Some(recorded(at, events, took_ms, findings, found)))
}

fn recorded(at: Moment, events: u64, took_ms: u64, findings: u64, found: Finding) -> Run {
    Run {
        at,
        took_ms,
        events,
        steps: Vec::new(),
        findings: if findings == 0 {
            Vec::new()
        } else {
            vec![found]
        },
        good_to: (findings == 0).then(|| events.saturating_sub(1)),
    }
}

/// What was looked at, and whether it was right.
fn steps(report: &Report) -> Vec<Looked> {
    let wrong = |step: usize| {
        report
            .findings
            .iter()
            .any(|finding| step_of(finding.code) == step)
    };
    let texts = vec![("texts", report.disclosures), ("files", report.files)];
    let checkpoints = vec![("checkpoints", report.checkpoints)];
    let names = [
        ("The file and its tables", Vec::new()),
        ("The chain of events", vec![("events", report.events)]),
        ("Signatures and checkpoints", checkpoints),
        ("Personal content and files", texts),
        ("Tables rebuilt and compared", vec![("rows", report.rows)]),
        ("Rules that never bend", Vec::new()),
    ];
    let named = names.into_iter().enumerate();
    named
        .map(|(step, (name, counts))| Looked {
            name,
            good: !wrong(step),
            counts,
        })
        .collect()
}

/// The step, by its place in the list, that a finding belongs to.
fn step_of(code: Code) -> usize {
    match code {
        Code::FileDamaged | Code::ShapeChanged => 0,
        Code::EventMissing
        | Code::EventChanged
        | Code::LeafChanged
        | Code::EventMalformed
        | Code::EventMisplaced
        | Code::LinkBroken
        | Code::TimeRanBack
        | Code::CauseAhead
        | Code::ObjectChainBroken => 1,
        Code::HeadMissing
        | Code::SignatureWrong
        | Code::Truncated
        | Code::Rewritten
        | Code::EventUnsigned
        | Code::KeyChanged
        | Code::CheckpointMissing
        | Code::CheckpointUnknown
        | Code::AnchorUnreadable => 2,
        Code::DisclosureMissing
        | Code::DisclosureChanged
        | Code::DisclosureUnknown
        | Code::ErasureBroken
        | Code::FileMissing
        | Code::FileChanged
        | Code::FileUnknown => 3,
        Code::NotApplicable
        | Code::RowMissing
        | Code::RowUnknown
        | Code::RowChanged
        | Code::SearchChanged => 4,
        Code::BotSpokeOver | Code::OutcomeMissing | Code::OwnerUnknown => 5,
    }
}
