//! What waits for a second person before it loosens the guard (A7): found in a file, or asked for by somebody. It is
//! judged and made in one transaction, so that whatever was tightened meanwhile stays tight.

use super::blocked_actions::{BlockedActions, query_blocked_actions};
use super::facts;
use super::policy::set_policy;
use super::relaxation_rows::{
    RelaxationRow, load_relaxation, query_relaxations, request_relaxation, supersede_relaxations,
};
use crate::model::{
    AccountControl, GuardScope, InstanceName, OperatorId, PolicyRelaxation, RelaxationState, Timestamp,
};
use crate::store::sql_values::to_millis;
use crate::store::{
    AccountChangeFacts, OperatorRow, Store, StoreError, WakeTarget, accounts, controls, orders, runs, store_rollback,
};
use rusqlite::{Connection, params};

/// Who may agree is judged on facts of the same transaction.
pub struct RelaxationFacts {
    pub now: Timestamp,
    pub row: RelaxationRow,
    /// The policy of its scope as it is now; of a change of an application, its approval.
    pub policy: Option<String>,
    /// Whose it is; `None`: the whole bus's.
    pub instance: Option<InstanceName>,
    pub approver: Option<OperatorRow>,
    /// Everybody there is.
    pub operators: Vec<OperatorRow>,
    pub controls: Vec<AccountControl>,
    /// Of a change of accounts: what would come of it; `None`: what was shown is not there any more.
    pub accounts: Option<AccountChangeFacts>,
    /// What would go out once the kill switch is off, where it is about that.
    pub blocked_actions: Option<BlockedActions>,
}

/// What becomes of a change that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelaxationDecision {
    /// It is made; with the policy that holds from then on, where it is about one, and with what is to be remembered
    /// where no untied second person has agreed.
    Approve {
        policy: Option<String>,
        controls: Vec<AccountControl>,
    },
    Reject,
}

impl Store {
    /// Asks for something looser. What one has asked for waits once; another wish of theirs for the same thing overtakes
    /// the older, and what somebody else asks for stays beside it, so that no request gets stuck in another's. Only what
    /// was found in a file becomes a person's as soon as they ask for it: they could agree to their own wish otherwise.
    pub async fn request_relaxation(
        &self,
        what: PolicyRelaxation,
        asked_by: Option<OperatorId>,
    ) -> Result<RelaxationRow, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| request_relaxation(connection, &what, asked_by, now))
            .await
    }

    pub async fn list_relaxations(&self, waiting_only: bool) -> Result<Vec<RelaxationRow>, StoreError> {
        self.read(move |connection| query_relaxations(connection, waiting_only))
            .await
    }

    /// Approves or rejects what waits, as `judge` says on facts of the same transaction. Answers the row as it stands
    /// afterwards.
    pub async fn decide_relaxation<E: Send + 'static>(
        &self,
        id: i64,
        by: OperatorId,
        judge: impl FnOnce(&RelaxationFacts) -> Result<RelaxationDecision, E> + Send + 'static,
    ) -> Result<Result<RelaxationRow, E>, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake(
            [WakeTarget::Changes, WakeTarget::Tasks, WakeTarget::Runs],
            move |connection| {
                let facts = load_relaxation_facts(connection, load_relaxation(connection, id)?, by, now)?;
                let decision = match judge(&facts) {
                    Ok(decision) => decision,
                    Err(error) => return Ok(Err(error)),
                };
                let state = match &decision {
                    RelaxationDecision::Approve { .. } => RelaxationState::Approved,
                    RelaxationDecision::Reject => RelaxationState::Rejected,
                };
                connection.execute(
                    "UPDATE loosening SET state = ?2, decided_by = ?3, decided_at = ?4 WHERE id = ?1",
                    params![id, state.name(), by.0, to_millis(now)],
                )?;
                if let RelaxationDecision::Approve { policy, controls } = decision {
                    apply_relaxation(connection, &facts.row, policy, now)?;
                    controls::insert_controls(connection, &controls, now)?;
                    // Others who wished for the same have it, or what they saw is not there any more.
                    supersede_relaxations(connection, |row| row.relaxation.has_same_subject(&facts.row.relaxation))?;
                }
                Ok(Ok(load_relaxation(connection, id)?))
            },
        )
        .await
    }
}

fn apply_relaxation(
    connection: &Connection,
    row: &RelaxationRow,
    effective: Option<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    match &row.relaxation {
        PolicyRelaxation::PolicyChange { scope, .. } => {
            if let Some(effective) = effective {
                set_policy(connection, &scope.to_text(), &effective)?;
            }
        }
        PolicyRelaxation::KillSwitchOff { tenant, .. } => {
            connection.execute("DELETE FROM kill_switch WHERE tenant = ?1", [tenant])?;
            if tenant == "*" {
                store_rollback::clear_rollback(connection)?;
            }
        }
        PolicyRelaxation::SuspensionLift { operator, .. } => {
            connection.execute(
                "UPDATE operator SET suspended_at = NULL, suspended_why = NULL WHERE id = ?1",
                [operator.0],
            )?;
            // They start anew: what tripped the wire was looked at.
            connection.execute("DELETE FROM refusal WHERE operator = ?1", [operator.0])?;
        }
        PolicyRelaxation::WorkflowChange { workflow, hash, .. } => {
            runs::enable_approved(connection, *workflow, hash, row.asked_by, now)?;
        }
        PolicyRelaxation::ApplicationChange { application, to, .. } => {
            orders::apply_approval(connection, application, to, now)?;
        }
        PolicyRelaxation::AccountChange { change, .. } => {
            if let Some(by) = row.asked_by {
                accounts::apply_change(connection, change, by, now)?;
            }
        }
    }
    Ok(())
}

fn load_relaxation_facts(
    connection: &Connection,
    row: RelaxationRow,
    by: OperatorId,
    now: Timestamp,
) -> Result<RelaxationFacts, StoreError> {
    let everybody = crate::store::operators::list_operators(connection)?;
    Ok(RelaxationFacts {
        now,
        policy: match &row.relaxation {
            PolicyRelaxation::ApplicationChange {
                instance, application, ..
            } => orders::find_approval(connection, *instance, application)?,
            PolicyRelaxation::PolicyChange { .. }
            | PolicyRelaxation::KillSwitchOff { .. }
            | PolicyRelaxation::SuspensionLift { .. }
            | PolicyRelaxation::WorkflowChange { .. }
            | PolicyRelaxation::AccountChange { .. } => {
                facts::find_policy(connection, &row.relaxation.guard_scope().to_text())?
            }
        },
        instance: match row.relaxation.guard_scope() {
            GuardScope::Bus => None,
            GuardScope::Instance(id) => facts::find_instance_name(connection, id)?,
        },
        blocked_actions: match &row.relaxation {
            PolicyRelaxation::KillSwitchOff { tenant, .. } => Some(query_blocked_actions(connection, tenant)?),
            PolicyRelaxation::PolicyChange { .. }
            | PolicyRelaxation::SuspensionLift { .. }
            | PolicyRelaxation::WorkflowChange { .. }
            | PolicyRelaxation::AccountChange { .. }
            | PolicyRelaxation::ApplicationChange { .. } => None,
        },
        approver: everybody.iter().find(|operator| operator.id == by).cloned(),
        accounts: match (&row.relaxation, row.asked_by) {
            (PolicyRelaxation::AccountChange { change, seen, .. }, Some(asker)) => {
                accounts::preview_change(connection, change, seen, asker, now)?
            }
            _ => None,
        },
        controls: controls::list_controls(connection)?,
        operators: everybody,
        row,
    })
}
