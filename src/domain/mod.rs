//! Words and rules. Nothing here sees a database, a socket or the clock.

pub mod id;
pub mod moment;
