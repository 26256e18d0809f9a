//! The strict emulator as a process of its own; it ends with the test.

use crate::kit::{SECRET, TOKEN, VERIFY, shared, wait_for};
use serde_json::Value;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// See the module.
pub struct Emulator {
    process: Child,
    agent: ureq::Agent,
    /// Where its API is.
    pub base_url: String,
}

impl Emulator {
    /// Starts it, if it lies at hand.
    pub fn start(hook: &str, more: &[&str]) -> Option<Emulator> {
        let script = shared("emulators/whatsapp_graph.py")?;
        if Command::new("python3").arg("--version").output().is_err() {
            println!("not here: python3");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let port_file = folder.path().join("port");
        let process = Command::new("python3")
            .arg(script)
            .args(["serve", "--port", "0", "--webhook-url", hook])
            .args(["--token", TOKEN, "--app-secret", SECRET])
            .args(["--verify-token", VERIFY, "--port-file"])
            .arg(&port_file)
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port: u16 = wait_for("the strict emulator", 20, || {
            let text = std::fs::read_to_string(&port_file).ok()?;
            text.trim().parse().ok()
        });
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(150)))
            .build()
            .into();
        Some(Emulator {
            process,
            agent,
            base_url: format!("http://127.0.0.1:{port}"),
        })
    }

    /// Tells it to do something.
    pub fn order(&self, what: &str, body: Value) -> Value {
        let url = format!("{}/_emu/{what}", self.base_url);
        let mut answer = self.agent.post(&url).send_json(body).unwrap();
        answer.body_mut().read_json().unwrap()
    }

    /// Looks at what it knows.
    pub fn look(&self, what: &str) -> Value {
        let url = format!("{}/_emu/{what}", self.base_url);
        let mut answer = self.agent.get(&url).call().unwrap();
        let body = answer.body_mut().with_config().limit(64 << 20);
        body.read_json().unwrap()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.process.kill().ok(); // it may have ended by itself
        self.process.wait().ok();
    }
}
