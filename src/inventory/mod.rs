//! Flow 1: what is in the tenant reaches every management server.
//!
//! ```text
//! due → scan → Graph page → device → change → feed  ⇒ (pull or stream)  server → acknowledgement
//! ```
//!
//! In the order of the way: [`scan_runner`] knows when (at which pace, [`scan_pace`]; before its schedule, [`count_watch`]), [`scan`] walks the tenant, [`page_reader`] takes a page apart, [`projection`]
//! makes devices of records, [`change_decision`] decides what became of each, [`missing_devices`] and [`deletion_proof`] what is missing, [`fleet_proof`] whether
//! the fleet is whole, [`deletion_brake`] and [`fleet_confirmation`] what waits for an operator, [`audience`] who receives what, [`feed`] what a server is told, [`field_changes`] what the history of a device keeps. [`enrich`] and [`primary_user`] are the slow passes beside it,
//! [`activity`] what workflows may call, [`device_index`] what lists of devices are answered from, [`reports`] what people ask of a whole fleet. Decisions
//! ([`change_decision`], [`field_changes`], [`missing_devices`], [`fleet_proof`], [`count_watch`], [`scan_pace`], [`projection`]) are pure; files that do IO hold no policy.

pub mod activity;
pub mod activity_signatures;
pub mod audience;
pub mod change_decision;
pub mod condition;
pub mod count_watch;
pub mod deletion_brake;
mod deletion_proof;
pub mod device_class;
pub mod device_index;
pub mod enrich;
mod enrichment_projection;
mod enrolled_count;
mod fast_parse;
pub mod feed;
mod feed_builder;
pub mod field_changes;
pub mod field_reference;
mod field_values;
pub mod fields;
pub mod fleet_confirmation;
pub mod fleet_proof;
mod identity;
mod instance_look;
mod instance_scanner;
pub mod missing_devices;
mod normal_value;
pub mod normalise;
mod page_permit;
mod page_reader;
mod page_stream;
mod personal_filter;
mod pipeline;
pub mod primary_user;
pub mod projection;
pub mod properties;
mod property_meanings;
mod record_slots;
pub mod refresh;
pub mod reports;
pub mod scan;
mod scan_error;
mod scan_metrics;
pub mod scan_pace;
mod scan_retry;
pub mod scan_runner;
mod serial_number;
pub mod server_filter;
mod users_refusal;
mod value_repair;

pub use condition::{ConditionError, DeviceCondition, FILTER_ADVICE, UnjudgedDevices, check_words};
pub use field_values::{FieldValues, export_kind};
pub use identity::identity_from_json;
pub use projection::{DeviceProjection, ProjectionError, RecordError};
pub use serial_number::usable_serial;
