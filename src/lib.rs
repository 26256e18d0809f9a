//! Trailbox: a support desk in one binary, with a tamper-evident audit trail under all of it.

pub mod channels;
pub mod cli;
pub mod config;
pub mod demo;
pub mod desk;
pub mod domain;
pub mod error;
pub mod export;
pub mod jobs;
pub mod ledger;
pub mod web;
