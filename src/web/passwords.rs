//! Passwords: digested with argon2id on a few threads of their own, so that signing in cannot
//! occupy the request threads.

use crate::error::{Doing, Error, Fault, Refusal, Result};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How many passwords are digested at once; each takes about 19 MB while it lasts.
const THREADS: usize = 2;
/// How many may wait.
const QUEUE: usize = 32;
/// The shortest password. **Unit:** characters.
pub const PASSWORD_MIN: usize = 10;
/// The longest. **Unit:** bytes.
pub const PASSWORD_MAX: usize = 200;

/// The threads that digest passwords.
pub struct Passwords {
    jobs: SyncSender<Job>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Passwords {
    /// Starts the threads.
    pub fn start() -> Result<Self> {
        let (jobs, queue) = mpsc::sync_channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for n in 0..THREADS {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name(format!("password-{n}"))
                .spawn(move || work(&queue))
                .doing("starting a password thread")?;
        }
        Ok(Passwords { jobs })
    }

    /// The digest to store for a password.
    ///
    /// **Refuses:** one that is too short or too long.
    pub fn digest(&self, password: &str) -> Result<String> {
        check(password)?;
        let password = password.to_owned();
        self.run(move || digest(&password))?
    }

    /// Whether a password fits a digest. Without a digest one is computed all the same, so that
    /// an unknown account takes as long as a known one.
    pub fn fits(&self, password: &str, stored: Option<String>) -> Result<bool> {
        if password.len() > PASSWORD_MAX {
            return Ok(false);
        }
        let password = password.to_owned();
        self.run(move || match stored {
            Some(stored) => fits(&password, &stored),
            None => digest(&password).map(|_| false),
        })?
    }

    fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        let job: Job = Box::new(move || {
            answer.send(job()).ok(); // the asker may have gone
        });
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::from(Refusal::of(
                crate::error::RefusalKind::TooMany,
                "too many people are signing in right now; try again in a moment",
            )),
            TrySendError::Disconnected(_) => Error::fault("the password threads have ended"),
        })?;
        answered
            .recv()
            .map_err(|_| Error::fault("a password thread ended"))
    }
}

/// Refuses a password that is too short or too long.
pub fn check(password: &str) -> Result<()> {
    if password.chars().count() < PASSWORD_MIN {
        let text = format!("a password has at least {PASSWORD_MIN} characters");
        return Err(Refusal::invalid(text).at("password").into());
    }
    if password.len() > PASSWORD_MAX {
        let text = format!("a password has at most {PASSWORD_MAX} bytes");
        return Err(Refusal::invalid(text).at("password").into());
    }
    Ok(())
}

/// The digest of a password, for commands at the shell.
pub fn digest(password: &str) -> Result<String> {
    let salt = crate::ledger::chance::random::<16>()?;
    let digest = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| Fault::new(format!("digesting a password: {error}")))?;
    Ok(digest.to_string())
}

fn fits(password: &str, stored: &str) -> Result<bool> {
    let stored = PasswordHash::new(stored)
        .map_err(|error| Fault::new(format!("a stored password digest: {error}")))?;
    Ok(Argon2::default()
        .verify_password(password.as_bytes(), &stored)
        .is_ok())
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}
