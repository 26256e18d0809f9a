//! The process and those who watch over it: signals, systemd's notifications, and giving up in a
//! way that makes a service manager start again.

use super::backend::Backend;
use crate::error::{Doing, Error, Result};
use sd_notify::NotifyState;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

/// The exit code after a failure from which only a new start helps. **Source:** sysexits.h,
/// EX_SOFTWARE.
pub const EXIT_GIVE_UP: i32 = 70;

/// The signals that ask the process to stop, heard from its making on.
pub struct StopSignals {
    signals: Signals,
}

impl StopSignals {
    /// Hears SIGTERM, SIGINT and SIGHUP from now on. Made before the first request is answered:
    /// until then a signal ends the process at once, and whoever sees the desk serve may ask it to
    /// stop.
    pub fn hear() -> Result<Self> {
        let signals = Signals::new([SIGTERM, SIGINT, SIGHUP]);
        let signals = signals.doing("listening for signals")?;
        Ok(StopSignals { signals })
    }

    /// Waits for a signal and answers its name. From then on a second one ends the process at
    /// once: what was acknowledged is on disk already.
    pub fn wait(mut self) -> Result<&'static str> {
        let first = self.signals.forever().next();
        let first = first.ok_or_else(|| Error::fault("the signals ended"))?;
        let second = move || {
            if let Some(signal) = self.signals.forever().next() {
                tracing::warn!(signal, "a second signal: leaving at once");
                std::process::exit(128 + signal);
            }
        };
        thread::Builder::new()
            .name(String::from("signals"))
            .spawn(second)?;
        Ok(match first {
            SIGINT => "SIGINT",
            SIGHUP => "SIGHUP",
            _ => "SIGTERM",
        })
    }
}

/// Ends the process because a part of it is lost that cannot be made again while it runs.
pub(super) fn give_up(why: &str) -> ! {
    tracing::error!(why, "giving up");
    std::process::exit(EXIT_GIVE_UP);
}

/// Tells the service manager that the server answers.
pub(super) fn say_ready() {
    say(NotifyState::Ready);
}

/// Tells the service manager that the server stops.
pub(super) fn say_stopping() {
    say(NotifyState::Stopping);
}

fn say(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// Feeds the service manager's watchdog, each time only after a worker has answered a request.
pub(super) async fn feed_watchdog(backend: Rc<Backend>) {
    let Some(patience) = sd_notify::watchdog_enabled() else {
        return;
    };
    let pace = (patience / 3).max(Duration::from_millis(10));
    loop {
        tokio::time::sleep(pace).await;
        if backend.is_alive().await {
            say(NotifyState::Watchdog);
        }
    }
}
