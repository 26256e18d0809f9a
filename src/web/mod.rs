//! The face: HTTP in, pages and JSON out. The front guards the door, the site maps addresses to
//! handlers, the exchange is what a handler sees of a request and says in return. No rule and no
//! SQL lives here.

pub mod access;
pub mod app;
pub mod assets;
pub mod audit;
pub mod bulk;
pub mod calls;
pub mod case;
pub mod contacts;
pub mod conversations;
pub mod exchange;
pub mod exports;
pub mod files;
pub mod filters;
pub mod front;
pub mod help;
pub mod inbox;
pub mod letters;
pub mod links;
pub mod message_text;
pub mod names;
pub mod notifications;
pub mod packs;
pub mod passwords;
pub mod past;
pub mod print;
pub mod privacy;
pub mod refused;
pub mod render;
#[cfg(test)]
mod samples;
pub mod search;
pub mod sentences;
pub mod settings;
pub mod shell;
pub mod signin;
pub mod site;
pub mod sla;
pub mod snippet;
pub mod text;
pub mod thread;
pub mod tickets;
pub mod times;
pub mod views;
pub mod visit;
pub mod webhooks;
