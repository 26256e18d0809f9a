//! The front under attack: each test starts a server in a process of its own and speaks to it over
//! the loopback, in bytes. Times are bounded five times looser than the house demands, unless
//! `TRAILBOX_STRICT` is set, and measured again where the machine below took the processor away; the
//! measured ones are printed.

mod abuse;
mod crowd;
mod framing;
mod kit;
mod life;
mod secure;
mod serving;
mod streams;
mod timing;
mod values;
