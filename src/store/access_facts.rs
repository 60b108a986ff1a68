//! What is known of who may do what: the accounts as they are, and what the audit trail and the requests tell of how
//! they came to be so.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::Value;

use super::columns::read_time;
use super::jobs::list_approved_account_changes;
use super::operators::{OperatorRow, list_operators};
use super::roles::{RoleRow, query_roles};
use super::sessions::query_last_sign_ins;
use super::sql_values::parse_json;
use super::{RelaxationRow, Store, StoreError};
use crate::model::{OperatorId, Timestamp};

/// All of one moment.
#[derive(Debug, Clone)]
pub struct AccessFacts {
    pub operators: Vec<OperatorRow>,
    /// Those of operators and products.
    pub roles: Vec<RoleRow>,
    /// Entries of the trail about accounts and roles, oldest first.
    pub entries: Vec<AccessEntryRow>,
    /// Changes of accounts that a second person agreed to, oldest first.
    pub approved: Vec<RelaxationRow>,
    /// When each account signed in last, as far as that was written down: to the hour.
    pub last_sign_ins: BTreeMap<OperatorId, Timestamp>,
    /// Of all accounts, those that were removed too.
    pub account_names: BTreeMap<OperatorId, String>,
}

/// An entry of the audit trail about an account or a role.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessEntryRow {
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub detail: Value,
}

/// What changes accounts and roles, in the audit trail.
const ACTIONS: &str = "('operator.added', 'operator.changed', 'operator.removed', 'operator.recovered', 'role.given',
    'role.taken', 'role.added', 'role.changed', 'role.removed')";

impl Store {
    /// Walks the whole audit trail.
    pub async fn read_access_facts(&self) -> Result<AccessFacts, StoreError> {
        self.read(|connection| {
            let _moment = connection.unchecked_transaction()?;
            Ok(AccessFacts {
                operators: list_operators(connection)?,
                roles: query_roles(connection)?,
                entries: list_access_entries(connection)?,
                approved: list_approved_account_changes(connection)?,
                last_sign_ins: query_last_sign_ins(connection)?,
                account_names: list_account_names(connection)?,
            })
        })
        .await
    }
}

fn list_access_entries(connection: &Connection) -> Result<Vec<AccessEntryRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT at, actor, action, subject, detail FROM audit WHERE action IN {ACTIONS} ORDER BY id"
    ))?;
    let rows = statement.query_map([], |row| {
        let entry = AccessEntryRow {
            at: read_time(row, "at")?,
            actor: row.get("actor")?,
            action: row.get("action")?,
            subject: row.get("subject")?,
            detail: Value::Null,
        };
        Ok((entry, row.get::<_, String>("detail")?))
    })?;
    rows.map(|row| {
        let (entry, detail) = row?;
        Ok(AccessEntryRow {
            detail: parse_json("an audit entry", &detail)?,
            ..entry
        })
    })
    .collect()
}

/// Names by number; no number is given out twice.
pub(super) fn list_account_names(connection: &Connection) -> Result<BTreeMap<OperatorId, String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id, name FROM former_operator UNION ALL SELECT id, name FROM operator")?;
    let rows = statement.query_map([], |row| Ok((OperatorId(row.get("id")?), row.get("name")?)))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
