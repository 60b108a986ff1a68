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
//! `inventory`'s business. Nothing is kept on disk; who wants to go on after a crash keeps [`ListWalk::next_link`] and
//! [`ListWalk::seen_links`].
//!
//! What changes something goes out once, whatever comes back: an [`ActionRequest`] by [`GraphClient::send_action`], an
//! [`OrderRequest`] by [`GraphClient::send_order_write`]. Orders count and are refused by what they ask for: apps, directory,
//! reports, devices ([`RequestFamily`]).

mod action_request;
pub mod backoff;
mod batch;
pub mod budget;
mod client;
mod error;
mod error_reason;
mod fast_split;
mod http_response;
mod link;
mod order_request;
mod page;
mod query;
mod raw_request;
mod read;
mod refusals;
mod resource;
mod walk;
mod write_attempt;
mod write_request;

pub use action_request::ActionRequest;
pub use backoff::RetryBounds;
pub use batch::{BatchReadings, MAX_BATCH};
pub use budget::{BudgetGauge, BudgetLane, RateBudget, RequestAccess, RequestFamily};
pub use client::{GraphClient, GraphLimits};
pub use error::{GraphError, GraphProblem, RequestIds};
pub use fast_split::UnprovenPage;
pub use order_request::OrderRequest;
pub use page::GraphPage;
pub use query::{ListQuery, encode_literal, encode_segment};
pub use read::{EndpointVersion, ObjectReading};
pub use walk::ListWalk;
pub use write_attempt::{ActionPermit, OrderPermit, WriteOutcome};
