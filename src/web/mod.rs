//! The face: HTTP in, pages and JSON out. The front guards the door, the exchange is what a handler
//! The face: pages, fragments and what they are made of. No SQL and no rule lives here.
//! sees of a request and says in return. No rule and no SQL lives here.
pub mod assets;
pub mod audit;
pub mod conversations;
pub mod exchange;
pub mod filters;
pub mod front;
pub mod inbox;
pub mod message_text;
pub mod render;
#[cfg(test)]
mod samples;
pub mod shell;
pub mod text;
pub mod thread;
pub mod tickets;
