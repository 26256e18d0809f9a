//! What the demonstration and the tests need of the outside world, played inside this process.

pub mod graph;
