//! Flow 1: what is in the tenant reaches every management server.
//!
//! ```text
//! due → scan → Graph page → device → change → feed  ⇒ (pull or stream)  server → acknowledgement
//! ```
//!
//! In the order of the way: [`runner`] knows when, [`scan`] walks the tenant, [`page`] takes a page apart, [`shape`]
//! makes devices of records, [`change`] decides what became of each, [`gone`] and [`proof`] what is missing, [`proven`] whether
//! the fleet is whole, [`brake`] and [`wholeness`] what waits for an operator, [`audience`] who receives what, [`feed`] what a server is told. [`enrich`] is the slow pass beside it,
//! [`activity`] what workflows may call. Decisions
//! ([`change`], [`gone`], [`proven`], [`shape`]) are pure; files that do IO hold no policy.

pub mod activity;
pub mod audience;
pub mod brake;
pub mod change;
pub mod class;
pub mod condition;
pub mod enrich;
pub mod feed;
pub mod fields;
pub mod gone;
mod identity;
pub mod lens;
mod mend;
pub mod normalise;
mod page;
mod personal;
mod pipeline;
mod proof;
pub mod properties;
pub mod proven;
mod quick;
mod record;
pub mod reference;
mod refit;
pub mod refresh;
pub mod runner;
pub mod scan;
mod serial;
pub mod shape;
mod stream;
mod value;
pub mod wholeness;

pub use condition::{Condition, ConditionError, Unjudged, UnjudgedDevice, UnjudgedView};
pub use identity::identity_of;
pub use serial::usable_serial;
pub use shape::{RecordError, Shape, ShapeError};
