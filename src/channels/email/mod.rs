//! E-mail. What arrives: [`parse()`] reads it, with [`html`] for its formatted version, [`quotes`]
//! for what is new in it, [`automatic`] and [`bounce`] for what no person wrote, [`token`] for
//! where it belongs. What is sent: [`compose`] writes it down, [`smtp`] hands it over. [`imap`]
//! reads mailboxes.

pub mod automatic;
pub mod bounce;
pub mod compose;
pub mod html;
pub mod imap;
pub mod line;
pub mod parse;
pub mod parts;
pub mod quotes;
pub mod smtp;
pub mod text;
pub mod token;

pub use parse::{Mail, parse};
