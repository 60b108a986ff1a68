//! What the API shows of what the store holds: field names as on the wire.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::inventory::UnjudgedView;
use crate::model::{FeedPhase, InstanceId, InstanceName, OperatorId, Right, RightScope, Seq};
use crate::store::{AssignedRole, InstanceRow, OperatorKind, OperatorRow, ServerRow, TokenRow};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerView {
    pub id: String,
    pub display_name: String,
    /// What it says it accepts; kept as given.
    pub accepts: Value,
    /// Name of the operator that announced it first: the only one that may use it.
    pub owner: Option<String>,
    /// False: somebody has to accept it before it receives anything.
    pub accepted: bool,
    pub announced_at: DateTime<Utc>,
    pub accepted_at: Option<DateTime<Utc>>,
    pub last_seen_at: Option<DateTime<Utc>>,
    /// When it last acknowledged something new.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Where it may come from; empty means from anywhere.
    pub ranges: Vec<String>,
    /// The fields it receives; null means all.
    pub fields: Option<Vec<String>>,
    /// CEL: the devices it receives.
    pub filter: Option<String>,
    /// Whether it may send jobs.
    pub sends_jobs: bool,
    /// How far it has acknowledged, per instance that it receives.
    pub instances: Vec<ProgressView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProgressView {
    pub instance: String,
    /// `live`, `snapshot`, or `nothing`: it has acknowledged nothing yet, or begins anew.
    pub phase: &'static str,
    /// The place in the feed it has acknowledged.
    pub seq: i64,
    /// The newest place in the feed of the whole bus.
    pub head: i64,
    /// Changes of this instance that it has not acknowledged yet, before its own filter is looked at.
    pub behind: u64,
    /// Whether it holds all that it is meant to: it has acknowledged everything, every record of the instance could be
    /// read, and its filter could judge every device.
    pub complete: bool,
    /// Records of the instance that could not be read and were set aside: it is told nothing of them and keeps what it
    /// has. Which they are stands in the instance's status.
    pub rejected: u64,
    /// Devices that its filter can't judge: it is told nothing of them and keeps what it has, so what it holds of this
    /// instance is not complete.
    pub unjudged: UnjudgedView,
}

/// How one server stands to one instance that it receives.
pub(crate) struct Standing {
    pub instance: InstanceRow,
    pub pending_changes: u64,
    pub rejected: u64,
    pub unjudged: UnjudgedView,
}

impl ServerView {
    /// `instances`: those that it receives.
    pub(crate) fn from_row(row: &ServerRow, owner: Option<&OperatorRow>, instances: Vec<Standing>, head: Seq) -> Self {
        ServerView {
            id: row.id.to_string(),
            display_name: row.display_name.clone(),
            accepts: row.accepts.clone(),
            owner: owner.map(|owner| owner.name.clone()),
            accepted: row.accepted,
            announced_at: row.announced_at,
            accepted_at: row.accepted_at,
            last_seen_at: row.last_seen_at,
            acknowledged_at: row.acknowledged_at,
            ranges: row.ranges.iter().map(ToString::to_string).collect(),
            fields: row.fields.clone(),
            filter: row.filter.clone(),
            sends_jobs: row.sends_jobs,
            instances: instances
                .into_iter()
                .map(|instance| progress_view(row, instance, head))
                .collect(),
        }
    }
}

fn progress_view(server: &ServerRow, standing: Standing, head: Seq) -> ProgressView {
    let position = server.positions.get(&standing.instance.id);
    let is_live = position.is_some_and(|position| position.phase == FeedPhase::Live);
    ProgressView {
        instance: standing.instance.name.to_string(),
        phase: match position.map(|position| position.phase) {
            None | Some(FeedPhase::Leaving { .. }) => "nothing",
            Some(FeedPhase::Live) => "live",
            Some(FeedPhase::Snapshot { .. }) => "snapshot",
        },
        seq: position.map_or(0, |position| position.seq.0),
        head: head.0,
        behind: standing.pending_changes,
        complete: is_live && standing.pending_changes == 0 && standing.rejected == 0 && standing.unjudged.count == 0,
        rejected: standing.rejected,
        unjudged: standing.unjudged,
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OperatorView {
    pub name: String,
    #[schema(value_type = String)]
    pub kind: OperatorKind,
    /// `Devices_Read`, `Servers_*`, `*` …
    #[schema(value_type = Vec<String>)]
    pub rights: Vec<Right>,
    #[schema(value_type = ScopeView)]
    pub scope: RightScope,
    /// Their rights come on top, each where it holds.
    pub roles: Vec<HeldRoleView>,
    pub disabled: bool,
    /// False: signs in by token only.
    pub has_password: bool,
    pub created_at: DateTime<Utc>,
    /// Name of the operator that made it.
    pub created_by: Option<String>,
    /// The password came from somebody else: its owner has to set another one before anything.
    pub password_given: bool,
}

/// Where rights hold; what is left out holds everywhere.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScopeView {
    /// Names of instances.
    pub instances: Option<Vec<String>>,
    /// Ids of management servers.
    pub servers: Option<Vec<String>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldRoleView {
    pub role: String,
    #[schema(value_type = ScopeView)]
    pub scope: RightScope,
}

impl HeldRoleView {
    pub(crate) fn from_held_role(held: &AssignedRole) -> Self {
        HeldRoleView {
            role: held.role.to_string(),
            scope: held.scope.clone(),
        }
    }
}

impl OperatorView {
    pub(crate) fn from_row(row: &OperatorRow, names: &BTreeMap<OperatorId, String>) -> Self {
        OperatorView {
            name: row.name.clone(),
            kind: row.kind,
            rights: row.rights.clone(),
            scope: row.scope.clone(),
            roles: row.roles.iter().map(HeldRoleView::from_held_role).collect(),
            disabled: row.disabled,
            has_password: row.password_hash.is_some(),
            created_at: row.created_at,
            created_by: row.created_by.and_then(|id| names.get(&id).cloned()),
            password_given: row.password_given,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenView {
    pub id: i64,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    #[schema(value_type = ScopeView)]
    pub scope: RightScope,
    /// Only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl From<TokenRow> for TokenView {
    fn from(row: TokenRow) -> Self {
        TokenView {
            id: row.id,
            name: row.name,
            created_at: row.created_at,
            expires_at: row.expires_at,
            scope: row.scope,
            token: None,
        }
    }
}

/// Names of instances by number.
pub(crate) fn instance_names(instances: &[InstanceRow]) -> BTreeMap<InstanceId, InstanceName> {
    instances.iter().map(|row| (row.id, row.name.clone())).collect()
}
