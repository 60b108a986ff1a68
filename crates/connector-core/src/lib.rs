//! What all rooms of the connector stand on: the words of the product as types, schedules, XML, conditions, files, the
//! clock, log and metrics. It knows no tenant, no store and no settings.
//!
//! [`model`] stands below the others; they know each other only as `observe` → `files`.

#![deny(unreachable_pub)]

pub mod condition;
pub mod files;
pub mod model;
pub mod observe;
pub mod schedule;
pub mod xml;
