//! How the API shows what the store holds: field names as on the wire.

use std::collections::BTreeMap;

use crate::contract::{
    HeldRoleView, OperatorView, ProgressPhase, ProgressView, ServerView, ServerWebhookView, TokenView, UnjudgedView,
};
use crate::model::{FeedPhase, InstanceId, InstanceName, OperatorId, Seq, Timestamp};
use crate::store::{AssignedRole, InstanceRow, OperatorRow, ServerRow, TokenRow};

/// How one server stands to one instance that it receives.
pub(crate) struct Standing {
    pub instance: InstanceRow,
    pub pending_changes: u64,
    pub rejected: u64,
    pub unjudged: UnjudgedView,
    /// Changes that the server could not process.
    pub unprocessed: u64,
}

/// `instances`: those that it receives.
pub(crate) fn server_view(
    row: &ServerRow,
    owner: Option<&OperatorRow>,
    webhook: Option<ServerWebhookView>,
    instances: Vec<Standing>,
    head: Seq,
) -> ServerView {
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
        webhook,
        instances: instances
            .into_iter()
            .map(|instance| progress_view(row, instance, head))
            .collect(),
    }
}

fn progress_view(server: &ServerRow, standing: Standing, head: Seq) -> ProgressView {
    let position = server.positions.get(&standing.instance.id);
    let is_live = position.is_some_and(|position| position.phase == FeedPhase::Live);
    ProgressView {
        instance: standing.instance.name,
        profile: standing.instance.profile,
        phase: match position.map(|position| position.phase) {
            None | Some(FeedPhase::Leaving { .. }) => ProgressPhase::Nothing,
            Some(FeedPhase::Live) => ProgressPhase::Live,
            Some(FeedPhase::Snapshot { .. }) => ProgressPhase::Snapshot,
        },
        seq: position.map_or(Seq(0), |position| position.seq),
        head,
        behind: standing.pending_changes,
        complete: is_live
            && [
                standing.pending_changes,
                standing.rejected,
                standing.unjudged.count,
                standing.unprocessed,
            ]
            .iter()
            .all(|count| *count == 0),
        rejected: standing.rejected,
        unjudged: standing.unjudged,
        unprocessed: standing.unprocessed,
    }
}

impl From<&AssignedRole> for HeldRoleView {
    fn from(held: &AssignedRole) -> Self {
        HeldRoleView {
            role: held.role.to_string(),
            scope: held.scope.clone(),
        }
    }
}

/// `names`: of all operators; `signed_in`: when each signed in last.
pub(crate) fn operator_view(
    row: &OperatorRow,
    names: &BTreeMap<OperatorId, String>,
    signed_in: &BTreeMap<OperatorId, Timestamp>,
) -> OperatorView {
    OperatorView {
        name: row.name.clone(),
        kind: row.kind,
        rights: row.rights.clone(),
        scope: row.scope.clone(),
        roles: row.roles.iter().map(HeldRoleView::from).collect(),
        disabled: row.disabled,
        has_password: row.password_hash.is_some(),
        created_at: row.created_at,
        created_by: row.created_by.and_then(|id| names.get(&id).cloned()),
        password_given: row.password_given,
        second_factor: row.second_factor_since.is_some(),
        last_sign_in_at: signed_in.get(&row.id).copied(),
        suspended: row.suspended,
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
