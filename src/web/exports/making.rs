//! Exports in the making, and those that are kept for a while: each is made on a thread of its own
//! into a file beside the database, and taken away from there. A download that breaks off goes on
//! where it stopped, because the file stays as it is.

use crate::desk::exports::{self, Kept};
use crate::domain::actor::Who;
use crate::domain::id::MemberId;
use crate::domain::moment::{DAY_MS, Moment};
use crate::error::{Doing, Error, Fault, Refusal, RefusalKind, Result};
use crate::export::{Exported, Format};
use crate::ledger::Ledger;
use crate::ledger::chance::random;
use crate::web::app::{App, locked};
use crate::web::exchange::Response;
use crate::web::front::behind;
use crate::web::front::live::Hub;
use crate::web::visit::Visit;
use data_encoding::BASE64URL_NOPAD;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long an export is kept. **Unit:** milliseconds.
pub const KEPT_MS: i64 = DAY_MS;
/// Exports of one member that are kept at once; an older one makes room.
const KEPT_MAX: usize = 8;
/// Exports that are made at once.
const MADE_AT_ONCE: usize = 3;
/// How long a request waits for its export before it shows how far it is instead.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Open pages hear of progress at most this often.
const TOLD_EVERY: Duration = Duration::from_millis(500);

/// Is told what is being done, how much of it is done and how much there is; 0 while that is not
/// known.
pub type Told<'a> = &'a mut dyn FnMut(&str, u64, u64);

/// What kind of file an export becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Its name says first what it holds; the moment follows.
    pub what: String,
    /// How its name ends.
    pub ending: &'static str,
    /// Its media type.
    pub media_type: &'static str,
}

impl Form {
    /// A list or the trail in one of the formats of tables and lines.
    pub fn of(what: &str, format: Format) -> Self {
        Form {
            what: what.to_owned(),
            ending: format.ending(),
            media_type: format.media_type(),
        }
    }

    /// A zip file.
    pub fn zip(what: String) -> Self {
        Form {
            what,
            ending: "zip",
            media_type: "application/zip",
        }
    }
}

/// The exports that are being made, by the id of their file.
#[derive(Debug, Default)]
pub struct Making(Mutex<BTreeMap<String, Job>>);

/// An export that is being made, or that could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Who wants it.
    pub member: MemberId,
    /// It will be saved under this name.
    pub name: String,
    /// What is being done, where it takes several steps; else nothing.
    pub step: String,
    /// How many rows are done, of this step.
    pub done: u64,
    /// How many there are; 0 while that is not known.
    pub all: u64,
    /// Why it could not be made.
    pub trouble: Option<String>,
    /// Since when.
    pub at: Moment,
}

impl Making {
    /// The exports in the making, in the order they were begun.
    pub fn list(&self) -> Vec<Job> {
        let mut jobs: Vec<Job> = locked(&self.0).values().cloned().collect();
        jobs.sort_by_key(|job| job.at);
        jobs
    }

    fn begin(&self, id: &str, job: Job) -> Result<()> {
        let mut jobs = locked(&self.0);
        jobs.retain(|_, known| known.trouble.is_none() || known.member != job.member);
        let running = jobs.values().filter(|job| job.trouble.is_none()).count();
        if running >= MADE_AT_ONCE {
            let text = format!("{running} exports are being made already; wait for one of them");
            return Err(Refusal::of(RefusalKind::Conflict, text).into());
        }
        jobs.insert(id.to_owned(), job);
        Ok(())
    }

    fn tell(&self, id: &str, change: impl FnOnce(&mut Job)) {
        if let Some(job) = locked(&self.0).get_mut(id) {
            change(job);
        }
    }

    fn end(&self, id: &str) {
        locked(&self.0).remove(id);
    }

    fn makes(&self, id: &str) -> bool {
        locked(&self.0).contains_key(id)
    }
}

/// Makes an export, records it and leads to its file; one that takes longer leads to the page that
/// shows how far it is.
///
/// **Refuses:** more than three of the desk at once, and what the export refuses.
pub fn take(
    visit: &Visit<'_>,
    form: Form,
    make: impl FnOnce(&Ledger, &Who, &File, Told<'_>) -> Result<Exported> + Send + 'static,
) -> Result<Response> {
    let app = visit.app;
    sweep(app)?;
    let at = app.ledger.clock().now();
    let stamp = at.to_string();
    let stamp: String = stamp.chars().take(16).filter(|c| *c != ':').collect();
    let id = BASE64URL_NOPAD.encode(&random::<16>()?);
    let job = Job {
        member: visit.member.id,
        name: format!("{}-{stamp}.{}", form.what, form.ending),
        step: String::new(),
        done: 0,
        all: 0,
        trouble: None,
        at,
    };
    let work = Work {
        ledger: app.ledger.clone(),
        hub: app.hub.clone(),
        making: Arc::clone(&app.making),
        who: visit.who.clone(),
        id: id.clone(),
        media_type: form.media_type,
        job: job.clone(),
    };
    app.making.begin(&id, job)?;
    let (told, done) = channel();
    let spawned = std::thread::Builder::new()
        .name("export".to_owned())
        .spawn(move || {
            behind::give_way();
            let made = work.go(make);
            told.send(made).ok(); // nobody waits any more for one that took long
        })
        .doing("starting the thread export");
    if let Err(error) = spawned {
        app.making.end(&id);
        return Err(error);
    }
    match done.recv_timeout(PATIENCE) {
        Ok(Ok(())) => Ok(Response::redirect_303(&format!("/exports/{id}/file"))),
        Ok(Err(error)) => {
            app.making.end(&id);
            Err(error)
        }
        Err(RecvTimeoutError::Timeout) => Ok(Response::redirect_303("/exports")),
        Err(RecvTimeoutError::Disconnected) => {
            app.making.end(&id);
            Err(Error::fault("making an export ended in a panic"))
        }
    }
}

/// What the thread of one export has at hand.
struct Work {
    ledger: Ledger,
    hub: Hub,
    making: Arc<Making>,
    who: Who,
    id: String,
    media_type: &'static str,
    job: Job,
}

impl Work {
    fn go(
        &self,
        make: impl FnOnce(&Ledger, &Who, &File, Told<'_>) -> Result<Exported>,
    ) -> Result<()> {
        let made = self.make(make);
        match &made {
            Ok(()) => self.making.end(&self.id),
            Err(error) => {
                fs::remove_file(self.path()).ok(); // there may be none yet
                let trouble = match error {
                    Error::Refusal(refusal) => refusal.text.clone(),
                    Error::Fault(fault) => {
                        tracing::error!("making the export {}: {fault}", self.job.name);
                        "something went wrong here; the log says what".to_owned()
                    }
                };
                self.making
                    .tell(&self.id, |job| job.trouble = Some(trouble));
            }
        }
        self.publish();
        made
    }

    fn make(
        &self,
        make: impl FnOnce(&Ledger, &Who, &File, Told<'_>) -> Result<Exported>,
    ) -> Result<()> {
        let file = self.ledger.home().make_export(&self.id)?;
        let mut told_at = Instant::now();
        let made = make(&self.ledger, &self.who, &file, &mut |step, done, all| {
            self.making.tell(&self.id, |job| {
                (job.done, job.all) = (done, all);
                if job.step != step {
                    step.clone_into(&mut job.step);
                }
            });
            if told_at.elapsed() >= TOLD_EVERY {
                told_at = Instant::now();
                self.publish();
            }
        })?;
        let size_bytes = file.metadata().doing("measuring an export")?.len();
        let made_at = self.ledger.clock().now();
        let kept = Kept {
            id: self.id.clone(),
            export: made.seq,
            member: self.job.member,
            name: self.job.name.clone(),
            media_type: self.media_type.to_owned(),
            digest: made.digest,
            size_bytes,
            made_at,
            until: made_at.plus_ms(KEPT_MS),
        };
        exports::keep(&self.ledger, &kept)
    }

    fn path(&self) -> PathBuf {
        self.ledger.home().exports().join(&self.id)
    }

    fn publish(&self) {
        self.hub.wake(&["exports".to_owned()]);
    }
}

/// The kept export of an id whose time is not up.
///
/// **Refuses:** one that is not kept, or not any more.
pub fn find(app: &App, who: &Who, id: &str) -> Result<(Kept, File)> {
    let gone = || {
        Refusal::not_found(
            "this export is not kept any more; it is for a day, and nothing is once something was \
             erased: make it again",
        )
    };
    let now = app.ledger.now(who)?;
    let kept = exports::kept(&now)?.into_iter().find(|kept| kept.id == id);
    let kept = kept.filter(|kept| now.at() < kept.until).ok_or_else(gone)?;
    match File::open(app.ledger.home().exports().join(&kept.id)) {
        Ok(file) => Ok((kept, file)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(gone().into()),
        Err(error) => Err(Fault::from(error).into()),
    }
}

/// Removes what is kept no longer: exports whose time is up, those beyond a member's share, and
/// files that nobody knows.
pub fn sweep(app: &App) -> Result<()> {
    let who = Who::system("timer", crate::domain::actor::Door::Timer);
    let now = app.ledger.now(&who)?;
    let (known, at) = (exports::kept(&now)?, now.at());
    drop(now);
    let folder = app.ledger.home().exports();
    let mut stay: BTreeMap<String, MemberId> = BTreeMap::new();
    for kept in known {
        let of_member = stay.values().filter(|member| **member == kept.member);
        let file = folder.join(&kept.id);
        if at < kept.until && of_member.count() < KEPT_MAX && file.exists() {
            stay.insert(kept.id, kept.member);
            continue;
        }
        exports::drop_kept(&app.ledger, &kept.id)?;
    }
    let files = match fs::read_dir(&folder) {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).doing("looking through kept exports"),
    };
    for file in files {
        let file = file.doing("looking through kept exports")?;
        let name = file.file_name().to_string_lossy().into_owned();
        if !stay.contains_key(&name) && !app.making.makes(&name) {
            fs::remove_file(file.path()).doing("removing an export")?;
        }
    }
    Ok(())
}
