//! The desk at work, in process: given facts, when wish, then facts or refusal.

mod articles;
mod assignment;
mod audit;
mod bot;
mod bulk;
mod calendar;
mod customers;
mod damage;
mod demo;
mod email;
mod house;
mod joins;
mod kit;
mod labels;
mod ledger;
mod macros;
mod museum;
mod mutation;
mod notifications;
mod pages;
mod rules;
mod sla;
mod story;
mod tamper;
mod walk;
