//! Webhooks on their way to the desk: one after the other in order of their time, signed over the
//! bytes sent, again until they are answered with 200.

use super::Shared;
use crate::channels::whatsapp::signature;
use crate::domain::moment::Moment;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer to a webhook is waited for.
const ANSWER: Duration = Duration::from_secs(10);
/// How long to sleep at most before looking at the clock, which may be moved.
const NAP: Duration = Duration::from_millis(50);

/// The webhooks that wait.
pub struct Hooks {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    url: Option<String>,
    /// By time and, at the same time, by order of arrival.
    waiting: BTreeMap<(Moment, u64), Hook>,
    next: u64,
    under_way: bool,
    acked: usize,
    given_up: usize,
    repeat: usize,
}

struct Hook {
    body: Vec<u8>,
    attempts: usize,
}

impl Hooks {
    pub fn new(url: Option<String>) -> Self {
        Hooks {
            queue: Mutex::new(Queue {
                url,
                ..Queue::default()
            }),
            changed: Condvar::new(),
        }
    }

    pub fn post_to(&self, url: String) {
        self.queue().url = Some(url);
        self.wake();
    }

    /// Posts the body at the given instant.
    pub fn push(&self, at: Moment, body: Vec<u8>) {
        let mut queue = self.queue();
        if queue.repeat > 0 {
            queue.repeat -= 1;
            queue.add(
                at,
                Hook {
                    body: body.clone(),
                    attempts: 0,
                },
            );
        }
        queue.add(at, Hook { body, attempts: 0 });
        drop(queue);
        self.wake();
    }

    pub fn counts(&self) -> (usize, usize) {
        let queue = self.queue();
        (queue.acked, queue.given_up)
    }

    pub fn repeat(&self, count: usize) {
        self.queue().repeat += count;
    }

    pub fn wake(&self) {
        self.changed.notify_all();
    }

    /// Waits until nothing waits any more.
    pub fn drain(&self, within: Duration) -> bool {
        let end = Instant::now() + within;
        let mut queue = self.queue();
        while !queue.waiting.is_empty() || queue.under_way {
            if Instant::now() >= end {
                return false;
            }
            queue = self.nap(queue);
        }
        true
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn nap<'a>(&'a self, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        self.changed
            .wait_timeout(queue, NAP)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

impl Queue {
    fn add(&mut self, at: Moment, hook: Hook) {
        self.waiting.insert((at, self.next), hook);
        self.next += 1;
    }

    /// The first webhook whose time has come, and where it goes.
    fn due(&mut self, now: Moment) -> Option<(String, Hook)> {
        let url = self.url.clone()?;
        let first = self
            .waiting
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        let hook = first.remove();
        self.under_way = true;
        Some((url, hook))
    }
}

/// Posts what is due until the emulator stops.
pub fn run(shared: &Shared) {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        // A kept connection to a desk that is being stopped would be waited on in vain.
        .max_idle_connections(0)
        .timeout_global(Some(ANSWER))
        .user_agent("facebookexternalua")
        .build();
    let agent: ureq::Agent = config.into();
    while !shared.stops() {
        let mut queue = shared.hooks.queue();
        let Some((url, mut hook)) = queue.due(shared.now()) else {
            drop(shared.hooks.nap(queue));
            continue;
        };
        drop(queue);
        let call = agent.post(&url).content_type("application/json").header(
            signature::HEADER,
            signature::sign(&shared.options.app_secret, &hook.body),
        );
        let taken = call
            .send(&hook.body[..])
            .is_ok_and(|answer| answer.status() == 200);
        let mut queue = shared.hooks.queue();
        queue.under_way = false;
        if taken {
            queue.acked += 1;
        } else if let Some(wait_ms) = shared.options.retry_ms.get(hook.attempts) {
            hook.attempts += 1;
            let again_at = shared.now().plus_ms(*wait_ms);
            queue.add(again_at, hook);
        } else {
            queue.given_up += 1;
        }
        drop(queue);
        shared.hooks.wake();
    }
}

/// The bytes as Meta writes them: non-ASCII characters as `\uXXXX` and `/` as `\/`.
pub fn wire(body: &Value) -> Vec<u8> {
    let mut out = String::new();
    for c in body.to_string().chars() {
        match c {
            '/' => out.push_str("\\/"),
            c if c.is_ascii() => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn the_wire_form_is_ascii_and_says_the_same() {
        let body = json!({"text": "¿5/6? 🙂"});
        let wire = super::wire(&body);
        assert_eq!(wire, br#"{"text":"\u00bf5\/6? \ud83d\ude42"}"#);
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&wire).unwrap(),
            body
        );
    }
}
