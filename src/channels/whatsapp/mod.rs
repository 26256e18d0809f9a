//! WhatsApp, by Meta's Cloud API. What arrives: [`signature`] proves who sent it, [`parse`] reads
//! it. What is sent: [`send`] builds it, [`client`] carries it, [`errors`] explains a refusal;
//! [`templates`] knows the prepared messages.

pub mod account;
pub mod calls;
pub mod client;
pub mod content;

pub mod errors;
pub mod parse;
pub mod party;
pub mod reader;
pub mod send;

pub mod signature;
pub mod templates;
pub mod wire;
