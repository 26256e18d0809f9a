//! Mouths and ears: how outside services are read and spoken to. A channel turns what arrives
//! into [`crate::domain::update::Update`]s and what is to be sent into a request; it never decides
//! anything and sees neither the database nor the web pages.

pub mod cti;
pub mod email;
pub mod import;
pub mod webhook;
pub mod whatsapp;
pub mod witness;
