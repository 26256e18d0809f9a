//! The channels against payloads of our own writing, against the emulator inside the binary and,
//! where they lie beside the repository, against a corpus and a stricter emulator made elsewhere.

mod email;
mod kit;
mod line;
mod parse;
mod send;
mod smtp;
mod strict;
