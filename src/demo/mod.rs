//! What the demonstration and the tests need of the outside world, played inside this process.

pub mod graph;
pub mod tamper;

/// The accounts a visitor of the demo may sign in with: name and role, e-mail address, password.
pub fn accounts() -> Vec<(String, String, String)> {
    Vec::new()
}
