//! The bus itself: connection test, notices, readiness.

use chrono::{DateTime, Utc};
use connector_core::model::{OperatorKind, Right, RightScope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AttentionView, BrokenGlassView, HeldRoleView, InstanceState, NodeHealth, OpenSnapshotReason, RelaxationView,
};

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    pub product: String,
    pub version: String,
    /// Version of this API.
    pub api: u32,
    pub operator: String,
    pub kind: OperatorKind,
    /// `password` or `token`.
    pub signed_in_by: String,
    /// Rights as granted.
    pub granted: Vec<Right>,
    /// Every single right that these include.
    pub rights: Vec<String>,
    pub scope: RightScope,
    /// Roles, each with where it holds.
    pub roles: Vec<HeldRoleView>,
    /// Names of the visible instances.
    pub instances: Vec<String>,
    /// Ids of the management servers that this operator announced, within the scope.
    pub servers: Vec<String>,
    /// The clock of the bus.
    pub clock: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticesView {
    /// Tasks whose outcome a person must record, within the caller's scope; first devices that are gone.
    pub needs_operator: Vec<AttentionView>,
    /// Newest first.
    pub notices: Vec<NoticeView>,
    /// What waits for a second person, as far as it concerns the caller.
    pub waiting: Vec<RelaxationView>,
    /// Emergency actions that no second person has reviewed yet, within the caller's scope.
    pub broken_glass: Vec<BrokenGlassView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NoticeView {
    pub at: DateTime<Utc>,
    /// Shown until then.
    pub until: DateTime<Utc>,
    pub text: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReadyView {
    pub ready: bool,
    pub store: StoreHealth,
    /// Instances that the caller may see; empty without a sign-in.
    pub instances: Vec<InstanceHealth>,
    /// Compliance nodes that were queried, or cannot be; empty without a sign-in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<DecisionHealth>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreHealth {
    pub writable: bool,
    /// Code of what prevents writing, or `lowDiskSpace`.
    pub cause: Option<String>,
    /// When a store rollback was found: the store was restored, replaced by hand, or missing. Reported until an
    /// operator switches off the kill switch that this switched on. The bus works: management servers start with
    /// snapshots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub went_back_at: Option<DateTime<Utc>>,
    /// What happened; only after a sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub went_back: Option<String>,
    /// What the last check of the whole file found; only after a sign-in. The cause is `storeDamaged`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DecisionHealth {
    pub instance: String,
    pub node: String,
    /// Source of the last answer: live, or the inventory because Graph does not respond.
    pub standing: NodeHealth,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceHealth {
    pub instance: String,
    pub state: InstanceState,
    pub cause: Option<String>,
    /// The fleet is proven complete, and every record of it could be read.
    pub complete: bool,
    /// Why snapshots of this instance are open (F4).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open_because: Vec<OpenSnapshotReason>,
    /// Records and properties that could not be read.
    pub unread: u64,
}
