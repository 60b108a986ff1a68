//! The management server that a target is, and the account that it has. Nobody signs in as that account: it has no password,
//! and it may do nothing but read changes.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::state::keep_state;
use crate::contract::TargetKind;
use crate::model::{InstanceId, OperatorId, Right, RightScope, ServerId, Timestamp};
use crate::store::operators::{self, NewOperator, OperatorChange, OperatorKind, OperatorRow};
use crate::store::servers::{check_id_case_conflict, find_server, load_server, next_generation};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::{ServerRow, Store, StoreError, WakeTarget, change_rejects};

/// The server of a target that is installed.
#[derive(Debug, Clone)]
pub struct NewTargetServer {
    pub target: InstanceId,
    pub kind: TargetKind,
    /// Its account has the same name.
    pub server: ServerId,
    /// For people; empty: the id of the server.
    pub display_name: String,
    /// The instances that it reads.
    pub scope: RightScope,
}

impl Store {
    /// Makes both, or brings them to what is given: the name for people, the kind, and the instances that it reads. Limits
    /// that people gave the server stay, and an account that they disabled stays so. An error where the name of the account,
    /// or the id of the server, is somebody else's.
    pub async fn create_target_server(&self, new: NewTargetServer) -> Result<ServerRow, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            let owner = settle_account(connection, &new, now)?;
            settle_server(connection, &new, owner, now)?;
            keep_state(connection, new.target)?;
            load_server(connection, &new.server)
        })
        .await
    }

    /// Removes the server of a target with its account; what is gone already is no error, and what is somebody else's stays.
    pub async fn remove_target_server(&self, server: ServerId) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            let Some(account) = find_account(connection, &server)?.filter(is_own_account) else {
                return Ok(());
            };
            if find_server(connection, &server)?.is_some_and(|row| row.owner == account.id) {
                connection.execute("DELETE FROM server WHERE id = ?1", [server.as_str()])?;
                change_rejects::remove_rejects(connection, Some(&server))?;
            }
            operators::delete_operator(connection, account.id, now)
        })
        .await
    }
}

fn find_account(connection: &Connection, server: &ServerId) -> Result<Option<OperatorRow>, StoreError> {
    let id: Option<i64> = connection
        .prepare_cached("SELECT id FROM operator WHERE name = ?1")?
        .query_row([server.as_str()], |row| row.get("id"))
        .optional()?;
    id.map_or(Ok(None), |id| operators::find_operator(connection, OperatorId(id)))
}

/// Made by the bus itself, as [`settle_account`] does.
fn is_own_account(account: &OperatorRow) -> bool {
    account.kind == OperatorKind::Server && account.password_hash.is_none() && account.created_by.is_none()
}

fn settle_account(connection: &Connection, new: &NewTargetServer, now: Timestamp) -> Result<OperatorId, StoreError> {
    let right: Right = "Changes_Read".parse().expect("a right that there is");
    let rights = vec![right];
    let Some(known) = find_account(connection, &new.server)? else {
        let account = NewOperator {
            name: new.server.to_string(),
            kind: OperatorKind::Server,
            password_hash: None,
            rights,
            scope: new.scope.clone(),
            created_by: None,
        };
        return Ok(operators::insert(connection, &account, now)?.id);
    };
    if !is_own_account(&known) {
        return Err(StoreError::Exists {
            what: "operator",
            name: new.server.to_string(),
        });
    }
    // What is as it should be is left alone: each change of an account has what was judged before judged anew.
    if known.rights != rights || known.scope != new.scope {
        let change = OperatorChange {
            rights: Some(rights),
            scope: Some(new.scope.clone()),
            ..OperatorChange::default()
        };
        operators::update_operator(connection, known.id, &change)?;
    }
    Ok(known.id)
}

fn settle_server(
    connection: &Connection,
    new: &NewTargetServer,
    owner: OperatorId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let accepts = json!({ "target": new.kind.name() });
    let display_name = Some(new.display_name.as_str())
        .filter(|name| !name.is_empty())
        .unwrap_or(new.server.as_str());
    let Some(known) = find_server(connection, &new.server)? else {
        check_id_case_conflict(connection, &new.server)?;
        connection.execute(
            "INSERT INTO server (id, display_name, accepts, owner, generation, since, accepted, announced_at, accepted_at,
                 last_seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1, ?6, ?6, ?6)",
            params![
                new.server.as_str(),
                display_name,
                to_json(&accepts),
                owner.0,
                next_generation(connection, &new.server)?,
                to_millis(now)
            ],
        )?;
        return Ok(());
    };
    if known.owner != owner {
        return Err(StoreError::BelongsToAnother(new.server.to_string()));
    }
    if known.display_name != display_name || known.accepts != accepts || !known.accepted {
        connection.execute(
            "UPDATE server SET display_name = ?2, accepts = ?3, accepted = 1, accepted_at = coalesce(accepted_at, ?4)
             WHERE id = ?1",
            params![new.server.as_str(), display_name, to_json(&accepts), to_millis(now)],
        )?;
    }
    Ok(())
}
