//! The bus itself: connection test, notices, readiness.

use std::time::Duration;

use chrono::{DateTime, Utc};
use connector_core::model::{InstanceName, OperatorKind, Right, RightScope, word_enum};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AttentionView, BrokenGlassView, HeldRoleView, InstanceState, NodeHealth, OpenSnapshotReason, RelaxationView,
    SessionView,
};

word_enum! {
    /// Which end of a list comes first.
    pub enum SortOrder {
        /// The smallest or the oldest.
        Ascending "asc",
        /// The largest or the newest.
        Descending "desc",
    }
}

/// Longest silence of a stream of events while the bus runs: then a comment comes, the heartbeat.
pub const STREAM_HEARTBEAT: Duration = Duration::from_secs(15);

/// Who the caller is, what they may do and see, and what time the bus has.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    /// Name of the program: `intune-connector`.
    pub product: String,
    /// Version of the program.
    pub version: String,
    /// Version of this API.
    pub api: u32,
    /// Name of the operator that signed in.
    pub operator: String,
    /// A person or a machine.
    pub kind: OperatorKind,
    /// How the caller signed in.
    pub signed_in_by: SignInKind,
    /// The session that this request belongs to; null: it has none.
    pub session: Option<SessionView>,
    /// Whether the account has a second factor.
    pub second_factor: bool,
    /// Somebody else set the password: the caller must set another one before anything else.
    pub password_change_needed: bool,
    /// Rights as granted.
    pub granted: Vec<Right>,
    /// Every single right that these include.
    pub rights: Vec<String>,
    /// Where the granted rights apply.
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

/// How a caller signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SignInKind {
    /// With name and password.
    Password,
    /// With an API token.
    Token,
    /// With the token of a session.
    Session,
}

/// What people have to know or decide.
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
    /// Management servers that could not process changes, within the caller's scope.
    #[serde(default)]
    pub unprocessed: Vec<UnprocessedNotice>,
}

/// A management server that could not process changes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnprocessedNotice {
    /// Id of the server.
    pub server: String,
    /// How many changes.
    pub changes: u64,
    /// When it reported the last of them.
    pub latest_at: DateTime<Utc>,
}

/// One notice.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NoticeView {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// Shown until then.
    pub until: DateTime<Utc>,
    /// What happened, for people.
    pub text: String,
}

/// Whether the process runs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct AliveView {
    /// Always true: a process that does not run does not answer.
    pub alive: bool,
}

/// Whether the bus takes work.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReadyView {
    /// The store accepts writes and has room. If false, the answer has status 503.
    pub ready: bool,
    /// How the store is.
    pub store: StoreHealth,
    /// Instances that the caller may see; empty without a sign-in.
    pub instances: Vec<InstanceHealth>,
    /// Compliance nodes that were queried, or cannot be; empty without a sign-in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<DecisionHealth>,
}

/// How the store is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreHealth {
    /// Whether a test write succeeded.
    pub writable: bool,
    /// Code of what prevents writing, `storeDamaged`, or `lowDiskSpace`; null: nothing.
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

/// How a compliance node is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DecisionHealth {
    /// Name of the instance that has the node.
    pub instance: InstanceName,
    /// Name of the node.
    pub node: String,
    /// Source of the last answer: live, or the inventory because Graph does not respond.
    pub standing: NodeHealth,
}

/// How an instance is, in short.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceHealth {
    /// Name of the instance.
    pub instance: InstanceName,
    /// Coarse state.
    pub state: InstanceState,
    /// Short stable code of what is wrong; null: nothing.
    pub cause: Option<String>,
    /// The fleet is proven complete, and every record of it could be read.
    pub complete: bool,
    /// Why snapshots of this instance are open (F4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_because: Vec<OpenSnapshotReason>,
    /// Records and properties that could not be read.
    pub unread: u64,
}
