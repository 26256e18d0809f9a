//! Trailbox: a support desk in one binary, with a tamper-evident audit trail under all of it.
//!
//! ```text
//!  webhook        click         clock        command line       four ways in,
//!     \             |             |              /
//!      ledger.record(who, |now| desk::tickets::take(now, id, reason))        one door
//!                           |
//!         one transaction:  decide   read the present: facts or a refusal    cannot write
//!                           append   each fact: seq, at, actor, bytes, leaf
//!                           apply    the fact's rows in derived tables       cannot think
//!                           follow   what else happens because of them, in the same commit
//!                           |
//!                        commit ──► live: wake(seq) ──► open pages fetch themselves again
//!                           └─────► jobs::outbox sends what is queued, records what came of it
//! ```
//!
//! # What always holds
//!
//! * State changes only through [`ledger::Ledger::record`]. A fact and its effect commit together
//!   or not at all; a refused wish leaves nothing behind.
//! * The fact tables are only added to. Every other table follows from them: `trailbox rebuild`
//!   makes them again, `trailbox verify` makes them beside the live ones and compares.
//! * What is acknowledged is on disk: a webhook's 200, a form's 303.
//! * Nothing is sent inside a transaction. The outbox records an attempt before it makes it.
//! * Order is the place in the trail (`seq`), never a clock.
//! * Content and contact details stand in disclosures; the entries only commit to them.
//!
//! # The rooms, and who may use whom
//!
//! ```text
//!         web   cli   jobs   export   evidence   demo     may use everything below
//!            \    |     |    /
//!             desk      channels              do not know each other
//!               |          |
//!             ledger       |                  is told how to apply: `desk::apply`
//!                \         |
//!                 domain ──┘                  std, serde, time; jiff in calendar alone,
//!                                             phonenumber in phone alone
//! ```
//!
//! `witness` stands on another machine, on `ledger` alone: it knows checkpoints and no desk.
//!
//! One word names an area in every room: `domain/ticket`, `desk/tickets`, `web/tickets`,
//! `web/templates/tickets/`. To find anything, know one word.
//!
//! # Three walks
//!
//! *A customer writes.* `web::webhooks::receive` checks the signature over the raw bytes and
//! records `channel.payload_received` with the bytes; the provider gets its 200. `jobs` reads
//! the payload with `channels::whatsapp::parse`, and for each update records what
//! `desk::intake::receive` decides: customer met, conversation started or reopened, article
//! received. A known provider id gives no facts.
//!
//! *An agent answers.* `web::conversations::compose::reply` reads the form and wishes
//! `desk::articles::reply`: is the thread mine, is the window open, has it moved on? The fact
//! `article.queued` makes a row of the outbox. `jobs` records the attempt, asks the provider, and
//! records what came of it; statuses come back as payloads.
//!
//! *A lead doubts.* `/audit` asks `desk::audit`, an event page shows the exact bytes, and
//! `ledger::verify` follows the chain, checks every signature, makes the derived tables again and
//! names table, row and column of what does not fit.
//!
//! # Adding a capability
//!
//! A fact in [`domain::event`] → a table in `schema.sql` → decide, apply, ask in `desk/<area>` →
//! a line in [`web::site`], a handler, a template → a test of the same name. The compiler leads
//! through the first three stops, the house tests (`tests/desk/house.rs`) through the rest.

pub mod channels;
pub mod cli;
pub mod config;
pub mod demo;
pub mod desk;
pub mod domain;
pub mod error;
pub mod evidence;
pub mod export;
pub mod jobs;
pub mod ledger;
pub mod web;
pub mod witness;
