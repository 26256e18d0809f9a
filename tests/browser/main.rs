//! The desk as a person meets it: in a browser, with a mouse, a keyboard, a phone.

mod desk;
mod driver;
mod inspect;
mod rig;
mod rounds;
mod story;
