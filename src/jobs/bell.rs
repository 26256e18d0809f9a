//! A bell: one thread waits, others ring; once closed it never waits again.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// See the module.
pub struct Bell {
    state: Mutex<State>,
    rung: Condvar,
}

impl Default for Bell {
    fn default() -> Self {
        Bell::new()
    }
}

#[derive(Default)]
struct State {
    rung: bool,
    closed: bool,
}

impl Bell {
    /// A silent bell.
    pub fn new() -> Self {
        Bell {
            state: Mutex::default(),
            rung: Condvar::new(),
        }
    }

    /// Wakes the one who waits, or the next one who would.
    pub fn ring(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .rung = true;
        self.rung.notify_one();
    }

    /// Waits until rung, at most as long as given. False once closed.
    pub fn wait(&self, most: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .rung
            .wait_timeout_while(state, most, |state| !state.rung && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        let mut state = waited.0;
        state.rung = false;
        !state.closed
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .closed
    }

    /// Ends all waiting.
    pub fn close(&self) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .closed = true;
        self.rung.notify_all();
    }
}
