//! Changes of orders, as a shop reads them in their order.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{OrderKind, OrderState};

/// Something that happened to an order, as whoever follows all orders is told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderChange {
    /// Where to continue after it. Opaque.
    pub position: String,
    /// The sender's id of the order.
    pub order: String,
    /// Id of the application.
    pub application: String,
    /// What is ordered.
    #[serde(rename = "type")]
    pub kind: OrderKind,
    /// What happened, short and stable: `placed`, `approved`, `addedToGroup` …
    pub event: String,
    /// Where the order stands.
    pub state: OrderState,
    /// 1: done; 0: ended otherwise; null: it has not ended.
    pub status: Option<u8>,
    /// How it ended, one sentence for people; null: it has not ended, or nothing is to be said.
    pub message: Option<String>,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened, one sentence, by language: `en`, `de`.
    pub texts: BTreeMap<String, String>,
}

/// What happened to orders, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderChangesView {
    /// In the order in which it happened.
    pub changes: Vec<OrderChange>,
    /// `after` of the next request, also if there are no changes.
    pub next: String,
    /// There are more changes now.
    pub more: bool,
}

/// Which changes of orders to read, and how long to wait for them.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OrderChangesQuery {
    /// Changes behind this position, as the bus issued it; omitted or `0`: from the beginning.
    pub after: Option<String>,
    /// Most changes in the answer: 1 to 500; 100 if omitted.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// How long to wait if there are no changes, seconds: 0 to 60; 0 if omitted.
    #[param(maximum = 60)]
    pub wait_s: Option<u32>,
}
