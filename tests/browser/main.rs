//! The desk as a person meets it: in a browser, with a mouse, a keyboard, a phone.

mod channels;
mod desk;
mod dispute;
mod driver;
mod inspect;
mod post;
mod rig;
mod rounds;
mod story;
mod together;
