//! Words and rules. Nothing here sees a database, a socket or the clock.

pub mod id;
pub mod message;
pub mod moment;
pub mod update;
