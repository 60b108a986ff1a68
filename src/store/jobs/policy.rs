//! What the guard goes by: limits and approvals of the bus, actions and exceptions of each instance, as they hold.

use rusqlite::Connection;

use super::facts;
use super::relaxation_rows::{self, RelaxationRow};
use crate::model::{GuardScope, OperatorId, PolicyChange, PolicyRelaxation};
use crate::store::columns::read_instance;
use crate::store::{Store, StoreError, WakeTarget};

/// The scope of limits and approvals.
pub const POLICY_BUS: &str = "bus";

/// What a change of a policy is judged on, as it stands in the transaction that makes it.
#[derive(Debug, Clone, Default)]
pub struct PolicyFacts {
    /// What holds; `None`: nothing was ever decided there.
    pub effective: Option<String>,
    /// Tenants, in lower case, of which an instance, even one that was removed, has a policy.
    pub tenants: Vec<String>,
}

/// What becomes of a wish.
#[derive(Debug, Clone, Default)]
pub struct PolicyDecision {
    /// What holds from now on; `None`: what held before.
    pub effective: Option<String>,
    /// In force by that.
    pub in_force: Vec<PolicyChange>,
    /// Waits for a second person.
    pub pending: Vec<PolicyChange>,
    /// The keys that the wish speaks of; `None`: all. What the same asker had asked for there, and wishes no more, is
    /// taken back.
    pub requested_keys: Option<Vec<String>>,
}

impl Store {
    pub async fn find_policy(&self, scope: &str) -> Result<Option<String>, StoreError> {
        let scope = scope.to_owned();
        self.read(move |connection| facts::find_policy(connection, &scope))
            .await
    }

    pub async fn set_policy(&self, scope: &str, effective: String) -> Result<(), StoreError> {
        let scope = scope.to_owned();
        self.write(move |connection| set_policy(connection, &scope, &effective))
            .await
    }

    /// Changes a policy as `judge` says on facts of the same transaction: what tightens holds, what loosens is asked for.
    /// Answers the decision, and what waits.
    pub async fn change_policy(
        &self,
        scope: GuardScope,
        asked_by: Option<OperatorId>,
        judge: impl FnOnce(&PolicyFacts) -> PolicyDecision + Send + 'static,
    ) -> Result<(PolicyDecision, Vec<RelaxationRow>), StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Tasks], move |connection| {
            let decision = judge(&load_policy_facts(connection, &scope.to_text())?);
            if let Some(effective) = &decision.effective {
                set_policy(connection, &scope.to_text(), effective)?;
            }
            let is_asked = |key: &String| decision.pending.iter().any(|change| change.key == *key);
            let is_meant = |key: &String| decision.requested_keys.as_ref().is_none_or(|meant| meant.contains(key));
            relaxation_rows::supersede_relaxations(connection, |row| match &row.relaxation {
                PolicyRelaxation::PolicyChange { scope: of, change } => {
                    *of == scope && row.asked_by == asked_by && is_meant(&change.key) && !is_asked(&change.key)
                }
                PolicyRelaxation::KillSwitchOff { .. }
                | PolicyRelaxation::SuspensionLift { .. }
                | PolicyRelaxation::WorkflowChange { .. }
                | PolicyRelaxation::AccountChange { .. }
                | PolicyRelaxation::ApplicationChange { .. } => false,
            })?;
            let ask = |change: &PolicyChange| {
                let change = change.clone();
                relaxation_rows::request_relaxation(
                    connection,
                    &PolicyRelaxation::PolicyChange { scope, change },
                    asked_by,
                    now,
                )
            };
            let waiting = decision.pending.iter().map(ask).collect::<Result<_, _>>()?;
            Ok((decision, waiting))
        })
        .await
    }
}

fn load_policy_facts(connection: &Connection, scope: &str) -> Result<PolicyFacts, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, lower(tenant_id) AS tenant FROM instance")?;
    let rows = statement.query_map([], |row| {
        Ok((read_instance(row, "id")?, row.get::<_, String>("tenant")?))
    })?;
    let mut tenants = Vec::new();
    for row in rows {
        let (id, tenant) = row?;
        if facts::find_policy(connection, &GuardScope::Instance(id).to_text())?.is_some() {
            tenants.push(tenant);
        }
    }
    Ok(PolicyFacts {
        effective: facts::find_policy(connection, scope)?,
        tenants,
    })
}

pub(crate) fn set_policy(connection: &Connection, scope: &str, effective: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO policy (scope, effective) VALUES (?1, ?2)
             ON CONFLICT (scope) DO UPDATE SET effective = excluded.effective",
        )?
        .execute([scope, effective])?;
    Ok(())
}
