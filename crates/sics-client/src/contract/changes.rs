//! The feed: what a management server reads and acknowledges.

use connector_core::model::FeedChange;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which changes, and how long to wait for them.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ChangesQuery {
    /// `cursor` of the page before, exactly as received; omitted: continues from what was acknowledged. One that no
    /// longer fits is refused with 410 `cursorOutdated`: then read without a cursor.
    pub cursor: Option<String>,
    /// Most changes of the page: 1 to 5,000 (`max_changes` of the bus); 500 if omitted.
    #[param(minimum = 1)]
    pub limit: Option<usize>,
    /// How long to wait if there are no changes, milliseconds: at most 60,000 (`max_wait_ms` of the bus); 0 if omitted.
    pub wait_ms: Option<u64>,
}

/// What a management server has stored.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AckBody {
    /// The server has stored everything up to this cursor.
    pub cursor: String,
}

/// Whether an acknowledgement was news.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct AckView {
    /// False: this position, or a later one, was already acknowledged.
    pub moved: bool,
}

/// A page of changes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangesView {
    /// In the order in which to apply them.
    pub changes: Vec<FeedChange>,
    /// Where to continue, and what to acknowledge.
    pub cursor: String,
    /// More changes are available now.
    pub more: bool,
}
