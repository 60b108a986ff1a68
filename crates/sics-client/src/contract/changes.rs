//! The feed: what a management server reads and acknowledges.

use connector_core::model::FeedChange;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ChangesQuery {
    pub cursor: Option<String>,
    pub limit: Option<usize>,
    pub wait_ms: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AckBody {
    /// The server has stored everything up to this cursor.
    pub cursor: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AckView {
    /// False: this position, or a later one, was already acknowledged.
    pub moved: bool,
}

/// A page of changes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ChangesView {
    /// In the order in which to apply them.
    #[schema(value_type = Vec<Object>)]
    pub changes: Vec<FeedChange>,
    /// Where to continue, and what to acknowledge.
    pub cursor: String,
    /// More changes are available now.
    pub more: bool,
}
