//! The program as it is delivered, in its real parts: processes that are started, killed and
//! started again, real sockets, real disks, and opposite it the strict emulator made apart from
//! this repository. The tests run one after the other, because they measure time.

mod bad;
mod browser;
mod choices;
mod corpus;
mod cti;
mod emulator;
mod hard;
mod human;
mod kit;
mod mail;
mod robots;
mod witness;
