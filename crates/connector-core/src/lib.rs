//! The foundation of the connector: the terms of the product as types, schedules, XML, conditions, files, the clock,
//! log and metrics. It knows no tenant, no store and no settings.
//!
//! The other modules use [`model`]; among each other, only `observe` uses `files`.

#![deny(unreachable_pub)]

pub mod condition;
pub mod files;
pub mod model;
pub mod observe;
pub mod schedule;
pub mod xml;
