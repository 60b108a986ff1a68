//! What waits for a second person before it loosens the guard (A7): found in a file, or asked for by somebody. It is
//! judged and made in one transaction, so that whatever was tightened meanwhile stays tight.

use super::blocked_actions::{BlockedActions, query_blocked_actions};
use super::facts;
use super::policy::set_policy;
use crate::model::{
    AccountControl, GuardScope, InstanceName, OperatorId, PolicyRelaxation, RelaxationState, Timestamp,
};
use crate::store::columns::{find_index, read_operator, read_optional_time, read_time, read_word};
use crate::store::sql_values::to_millis;
use crate::store::{
    AccountChangeFacts, OperatorRow, Store, StoreError, WakeTarget, accounts, controls, orders, runs, store_rollback,
};
use openssl::sha::sha256;
use rusqlite::{Connection, OptionalExtension, params};

/// Rows listed at most.
const LISTED: u32 = 500;

/// A change that waits for a second operator.
#[derive(Debug, Clone, PartialEq)]
pub struct RelaxationRow {
    pub id: i64,
    pub relaxation: PolicyRelaxation,
    /// `None`: found in a file.
    pub asked_by: Option<OperatorId>,
    pub asked_at: Timestamp,
    pub state: RelaxationState,
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<Timestamp>,
}

impl RelaxationRow {
    /// Of all that is shown of it, so that whoever agrees says to what (A10). It never changes: what is asked for anew is
    /// another row.
    pub fn digest(&self) -> String {
        let asked_by = self.asked_by.map_or(0, |id| id.0);
        let text = format!(
            "{}\n{}\n{asked_by}\n{}",
            self.id,
            self.relaxation.to_stored_text(),
            to_millis(self.asked_at)
        );
        hex::encode(sha256(text.as_bytes()))
    }
}

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

pub(crate) fn request_relaxation(
    connection: &Connection,
    what: &PolicyRelaxation,
    asked_by: Option<OperatorId>,
    now: Timestamp,
) -> Result<RelaxationRow, StoreError> {
    for row in query_relaxations(connection, true)? {
        let (is_same, by_file) = (row.relaxation == *what, row.asked_by.is_none());
        if !row.relaxation.has_same_subject(what) {
            continue;
        }
        if is_same && (row.asked_by == asked_by || asked_by.is_none()) {
            return Ok(row);
        }
        if row.asked_by == asked_by || (is_same && by_file) {
            set_state(connection, row.id, RelaxationState::Overtaken)?;
        }
    }
    connection.execute(
        "INSERT INTO loosening (scope, change, asked_by, asked_at, state) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            what.guard_scope().to_text(),
            what.to_stored_text(),
            asked_by.map(|id| id.0),
            to_millis(now),
            RelaxationState::Waiting.name()
        ],
    )?;
    load_relaxation(connection, connection.last_insert_rowid())
}

fn set_state(connection: &Connection, id: i64, state: RelaxationState) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE loosening SET state = ?2 WHERE id = ?1",
        params![id, state.name()],
    )?;
    Ok(())
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

/// What waits and is meant by `which` waits no more.
pub(crate) fn supersede_relaxations(
    connection: &Connection,
    which: impl Fn(&RelaxationRow) -> bool,
) -> Result<(), StoreError> {
    for row in query_relaxations(connection, true)?.iter().filter(|row| which(row)) {
        set_state(connection, row.id, RelaxationState::Overtaken)?;
    }
    Ok(())
}

pub(super) fn relaxation_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<RelaxationRow> {
    let (scope, text): (String, String) = (row.get("scope")?, row.get("change")?);
    let place = find_index(row, "change")?;
    let unknown = || {
        let known = std::io::Error::other(format!(
            "a change waiting in {scope} is of a kind that this version does not know"
        ));
        rusqlite::Error::FromSqlConversionFailure(place, rusqlite::types::Type::Text, Box::new(known))
    };
    Ok(RelaxationRow {
        id: row.get("id")?,
        relaxation: PolicyRelaxation::from_stored_text(&scope, &text).ok_or_else(unknown)?,
        asked_by: read_operator(row, "asked_by")?,
        asked_at: read_time(row, "asked_at")?,
        state: read_word(row, "state")?,
        decided_by: read_operator(row, "decided_by")?,
        decided_at: read_optional_time(row, "decided_at")?,
    })
}

pub(super) const COLUMNS: &str =
    "SELECT id, scope, change, asked_by, asked_at, state, decided_by, decided_at FROM loosening";

fn load_relaxation(connection: &Connection, id: i64) -> Result<RelaxationRow, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    statement
        .query_row([id], relaxation_from_row)
        .optional()?
        .ok_or_else(|| StoreError::Unknown {
            what: "change",
            name: id.to_string(),
        })
}

fn query_relaxations(connection: &Connection, waiting_only: bool) -> Result<Vec<RelaxationRow>, StoreError> {
    let waiting = RelaxationState::Waiting.name();
    let mut statement = connection.prepare_cached(&format!(
        "{COLUMNS} WHERE ?1 IS NULL OR state = ?1 ORDER BY id DESC LIMIT {LISTED}"
    ))?;
    let rows = statement.query_map([waiting_only.then_some(waiting)], relaxation_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
