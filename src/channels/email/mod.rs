//! E-mail. What arrives: [`parse`] reads it, with [`html`] for its formatted version, [`quotes`]
//! for what is new in it, [`automatic`] and [`bounce`] for what no person wrote, [`token`] for
//! where it belongs.

pub mod automatic;
pub mod bounce;
pub mod html;
pub mod parse;
pub mod parts;
pub mod quotes;
pub mod text;
pub mod token;

pub use parse::{Mail, parse};
