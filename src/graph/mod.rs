//! Microsoft Graph: the one room that speaks it.
//!
//! ```text
//! question → token → budget → request → head → body (limited) → page or object     (again, where that makes sense)
//! ```
//!
//! What it promises: the token goes to the configured host and nowhere else, by no redirect and no link ([`link`]); a
//! link goes back byte for byte; no answer is larger, no walk longer, no request slower than its limit; a walk ends
//! well only at its last page ([`walk`], S1); a device has gone only by HTTP 404 ([`GraphError::is_not_found`]); the
//! published limits are kept away from ([`budget`]); reads are tried again a bounded number of times ([`backoff`]); a
//! refusal is remembered, and nothing is sent before its time is over ([`crate::refusal`], E9).
//! Every exchange has two ids, ours and Graph's, in its log line and in its error.
//!
//! What comes is open: enums are strings, keys optional, unknown keys kept; records stay bytes here, what they mean is
//! `inventory`'s business. Nothing is kept on disk; who wants to go on after a crash keeps [`Walk::link`] and
//! [`Walk::seen_links`].
//!
//! What changes something goes out by [`Graph::act`], once, whatever comes back.

mod act;
mod answer;
pub mod backoff;
mod batch;
pub mod budget;
mod client;
mod error;
mod exact;
mod leave;
mod link;
mod page;
mod query;
mod read;
mod reason;
mod resource;
mod rough;
mod walk;

pub use act::{Act, Permit, Sent};
pub use backoff::Bounds;
pub use batch::MAX_BATCH;
pub use budget::{Access, Budget, Gauge, Lane};
pub use client::{Graph, Limits};
pub use error::{GraphError, Ids, Problem};
pub use page::Page;
pub use query::ListQuery;
pub use read::{Reading, Version};
pub use rough::Rough;
pub use walk::Walk;
