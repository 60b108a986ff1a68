//! How the API shows what the store holds: field names as on the wire.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::contract::{HeldRoleView, OperatorView, ProgressView, ServerView, TokenView, UnjudgedView};
use crate::model::{FeedPhase, InstanceId, InstanceName, OperatorId, Right, RightScope, Seq};
use crate::store::{AssignedRole, InstanceRow, OperatorKind, OperatorRow, ServerRow, TokenRow};

/// How one server stands to one instance that it receives.
pub(crate) struct Standing {
    pub instance: InstanceRow,
    pub pending_changes: u64,
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
        complete: is_live && standing.pending_changes == 0 && standing.unjudged.count == 0,
        unjudged: standing.unjudged,
    }
}

/// The scope of rights; an omitted list means everywhere.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScopeView {
    /// Names of instances.
    pub instances: Option<Vec<String>>,
    /// Ids of management servers.
    pub servers: Option<Vec<String>>,
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
