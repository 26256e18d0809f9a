//! Words and rules. Nothing here sees a database, a socket or the clock.

pub mod action;
pub mod actor;
pub mod assignment;
pub mod attribute;
pub mod audit;
pub mod bot;
pub mod calendar;
pub mod conversation;
pub mod event;
pub mod id;
pub mod label;
pub mod letter;
pub mod mailbox;
pub mod member;
pub mod mention;
pub mod message;
pub mod moment;
pub mod notification;
pub mod phone;
pub mod rule;
pub mod sending;
pub mod sla;
pub mod template;
pub mod ticket;
pub mod update;
pub mod variable;
