//! Who logs in: people and servers, their rights, their tokens. Passwords come as argon2 hashes, tokens as SHA-256.
//! A row comes with the roles that the account holds, so that whoever has it can ask what it may do.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::columns::{read_json, read_operator, read_optional_time, read_time};
use super::sql_values::{to_json, to_millis};
use super::{Store, StoreError, roles};
pub use crate::model::OperatorKind;
use crate::model::{Grant, OperatorId, ResourceRef, Right, RightScope, RoleName, Timestamp};

#[derive(Clone, PartialEq, Eq)]
pub struct OperatorRow {
    pub id: OperatorId,
    pub name: String,
    pub kind: OperatorKind,
    /// argon2, in PHC form; `None`: signs in by token only.
    pub password_hash: Option<String>,
    /// Its own rights, and where they hold; roles add to them.
    pub rights: Vec<Right>,
    pub scope: RightScope,
    pub roles: Vec<AssignedRole>,
    pub created_by: Option<OperatorId>,
    pub created_at: Timestamp,
    pub disabled: bool,
    /// Its password came from somebody else: its owner has to set another one before anything (A9).
    pub password_given: bool,
    /// Its destructive rights are suspended, and so is its say over those of others.
    pub suspended: bool,
    /// Since when its password is not enough; `None`: it has no second factor.
    pub second_factor_since: Option<Timestamp>,
}

/// A role as an account holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedRole {
    pub role: RoleName,
    /// Those that the role has now.
    pub rights: Vec<Right>,
    pub scope: RightScope,
}

impl OperatorRow {
    pub fn grants(&self) -> impl Iterator<Item = Grant<'_>> {
        let own = Grant {
            rights: &self.rights,
            scope: &self.scope,
        };
        let roles = self.roles.iter().map(|held| Grant {
            rights: &held.rights,
            scope: &held.scope,
        });
        std::iter::once(own).chain(roles)
    }

    /// The one question: whether this account has this right there. Whether it is disabled is another.
    pub fn has_right(&self, right: &str, at: ResourceRef<'_>) -> bool {
        self.grants().any(|grant| grant.allows_right(right, at))
    }

    /// Whether the right holds without any limit.
    pub fn has_right_everywhere(&self, right: &str) -> bool {
        self.grants()
            .any(|grant| grant.covers_right(right) && grant.scope.is_everywhere())
    }

    /// Whether the right holds for every instance.
    pub fn has_right_for_all_instances(&self, right: &str) -> bool {
        self.grants()
            .any(|grant| grant.covers_right(right) && grant.scope.instances.is_none())
    }

    /// Whether anything that it may do holds there.
    pub fn has_any_right_at(&self, at: ResourceRef<'_>) -> bool {
        self.grants().any(|grant| grant.applies_to(at))
    }

    /// Nothing of it holds beyond `scope` any more.
    pub fn restricted_to(mut self, scope: &RightScope) -> OperatorRow {
        self.scope = self.scope.intersect_with(scope);
        for assigned in &mut self.roles {
            assigned.scope = assigned.scope.intersect_with(scope);
        }
        self
    }
}

impl std::fmt::Debug for OperatorRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorRow")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

pub struct NewOperator {
    pub name: String,
    pub kind: OperatorKind,
    pub password_hash: Option<String>,
    pub rights: Vec<Right>,
    pub scope: RightScope,
    pub created_by: Option<OperatorId>,
}

/// `None` leaves a thing as it is.
#[derive(Default)]
pub struct OperatorChange {
    pub password_hash: Option<String>,
    pub rights: Option<Vec<Right>>,
    pub scope: Option<RightScope>,
    pub disabled: Option<bool>,
}

pub struct NewToken {
    pub operator: OperatorId,
    pub name: String,
    pub sha256: [u8; 32],
    /// Where it holds, within where its account's rights do.
    pub scope: RightScope,
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRow {
    pub id: i64,
    pub operator: OperatorId,
    pub name: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub scope: RightScope,
}

pub(super) const COLUMNS: &str =
    "o.id, o.name, o.kind, o.password_hash, o.rights, o.scope, o.created_by, o.created_at, o.disabled,
     o.password_given, o.suspended_at IS NOT NULL AS suspended,
     (SELECT f.since FROM second_factor f WHERE f.operator = o.id) AS second_factor_since";

/// Of a row `t`; no name is one of an account's columns.
const TOKEN_COLUMNS: &str = "t.id AS token_id, t.operator, t.name AS token_name, t.created_at AS token_created_at,
     t.expires_at, t.scope AS token_scope";

pub(super) fn operator_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<OperatorRow> {
    Ok(OperatorRow {
        id: OperatorId(row.get("id")?),
        name: row.get("name")?,
        kind: read_json(row, "kind")?,
        password_hash: row.get("password_hash")?,
        rights: read_json(row, "rights")?,
        scope: read_json(row, "scope")?,
        roles: Vec::new(),
        created_by: read_operator(row, "created_by")?,
        created_at: read_time(row, "created_at")?,
        disabled: row.get("disabled")?,
        password_given: row.get("password_given")?,
        suspended: row.get("suspended")?,
        second_factor_since: read_optional_time(row, "second_factor_since")?,
    })
}

fn token_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        id: row.get("token_id")?,
        operator: OperatorId(row.get("operator")?),
        name: row.get("token_name")?,
        created_at: read_time(row, "token_created_at")?,
        expires_at: read_optional_time(row, "expires_at")?,
        scope: read_json(row, "token_scope")?,
    })
}

fn load_operator(connection: &Connection, id: OperatorId) -> Result<OperatorRow, StoreError> {
    find_operator(connection, id)?.ok_or_else(|| StoreError::Unknown {
        what: "operator",
        name: id.to_string(),
    })
}

/// Everybody, by name.
pub(super) fn list_operators(connection: &Connection) -> Result<Vec<OperatorRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM operator o ORDER BY o.name"))?;
    let rows = statement.query_map([], operator_from_row)?;
    let rows: Result<Vec<OperatorRow>, _> = rows.collect();
    let mut held = roles::list_assigned_roles(connection, None)?;
    let with = |mut row: OperatorRow| {
        row.roles = held.remove(&row.id).unwrap_or_default();
        row
    };
    Ok(rows?.into_iter().map(with).collect())
}

pub(super) fn attach_roles(
    connection: &Connection,
    row: Option<OperatorRow>,
) -> Result<Option<OperatorRow>, StoreError> {
    let Some(mut row) = row else { return Ok(None) };
    row.roles = roles::list_assigned_roles(connection, Some(row.id))?
        .remove(&row.id)
        .unwrap_or_default();
    Ok(Some(row))
}

pub(super) fn find_operator(connection: &Connection, id: OperatorId) -> Result<Option<OperatorRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM operator o WHERE o.id = ?1"))?;
    attach_roles(connection, statement.query_row([id.0], operator_from_row).optional()?)
}

/// Names are unique without regard to upper and lower case.
pub(super) fn insert(connection: &Connection, new: &NewOperator, now: Timestamp) -> Result<OperatorRow, StoreError> {
    let taken = connection
        .prepare_cached("SELECT 1 FROM operator WHERE name = ?1")?
        .exists([&new.name])?;
    if taken {
        return Err(StoreError::Exists {
            what: "operator",
            name: new.name.clone(),
        });
    }
    connection.execute(
        "INSERT INTO operator (name, kind, password_hash, rights, scope, created_by, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            new.name,
            to_json(&new.kind),
            new.password_hash,
            to_json(&new.rights),
            to_json(&new.scope),
            new.created_by.map(|id| id.0),
            to_millis(now)
        ],
    )?;
    load_operator(connection, OperatorId(connection.last_insert_rowid()))
}

pub(super) fn update_operator(
    connection: &Connection,
    id: OperatorId,
    change: &OperatorChange,
) -> Result<(), StoreError> {
    load_operator(connection, id)?;
    let guard = roles::AdministratorGuard::from_current(connection)?;
    connection.execute(
        "UPDATE operator SET password_hash = coalesce(?2, password_hash), rights = coalesce(?3, rights),
             scope = coalesce(?4, scope), disabled = coalesce(?5, disabled) WHERE id = ?1",
        params![
            id.0,
            change.password_hash,
            change.rights.as_ref().map(to_json),
            change.scope.as_ref().map(to_json),
            change.disabled
        ],
    )?;
    guard.check_one_left(connection)
}

/// Whether its owner has to set a password of their own first.
pub(super) fn set_password_given(connection: &Connection, id: OperatorId, given: bool) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE operator SET password_given = ?2 WHERE id = ?1",
        params![id.0, given],
    )?;
    Ok(())
}

/// Whoever knew the old password may have made them.
pub(super) fn delete_tokens(connection: &Connection, id: OperatorId) -> Result<(), StoreError> {
    connection.execute("DELETE FROM token WHERE operator = ?1", [id.0])?;
    Ok(())
}

/// With its tokens. Its name is remembered, so that an account that is added again sheds no ties.
pub(super) fn delete_operator(connection: &Connection, id: OperatorId, now: Timestamp) -> Result<(), StoreError> {
    let row = load_operator(connection, id)?;
    let guard = roles::AdministratorGuard::from_current(connection)?;
    connection.execute(
        "INSERT INTO former_operator (id, name, removed_at) VALUES (?1, ?2, ?3)",
        params![id.0, row.name, to_millis(now)],
    )?;
    connection.execute("DELETE FROM operator WHERE id = ?1", [id.0])?;
    guard.check_one_left(connection)
}

pub(super) fn insert_token(connection: &Connection, new: &NewToken, now: Timestamp) -> Result<TokenRow, StoreError> {
    load_operator(connection, new.operator)?;
    connection.execute(
        "INSERT INTO token (operator, name, sha256, created_at, expires_at, scope)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            new.operator.0,
            new.name,
            new.sha256,
            to_millis(now),
            new.expires_at.map(to_millis),
            to_json(&new.scope)
        ],
    )?;
    let id = connection.last_insert_rowid();
    Ok(connection.query_row(
        &format!("SELECT {TOKEN_COLUMNS} FROM token t WHERE t.id = ?1"),
        [id],
        token_from_row,
    )?)
}

impl Store {
    /// Names are unique without regard to upper and lower case. For what belongs to the bus itself; what people ask for
    /// goes through [`Store::change_accounts`].
    pub async fn add_operator(&self, new: NewOperator) -> Result<OperatorRow, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| insert(connection, &new, now)).await
    }

    pub async fn list_operators(&self) -> Result<Vec<OperatorRow>, StoreError> {
        self.read(list_operators).await
    }

    pub async fn load_operator(&self, id: OperatorId) -> Result<OperatorRow, StoreError> {
        self.read(move |connection| load_operator(connection, id)).await
    }

    pub async fn find_operator_by_name(&self, name: &str) -> Result<Option<OperatorRow>, StoreError> {
        let name = name.to_owned();
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM operator o WHERE o.name = ?1"))?;
            attach_roles(connection, statement.query_row([name], operator_from_row).optional()?)
        })
        .await
    }

    /// Whether there is an account of this name, or was one that is remembered.
    pub async fn has_known_operator(&self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM operator WHERE name = ?1)
                    OR EXISTS (SELECT 1 FROM former_operator WHERE name = ?1)",
            )?;
            Ok(statement.query_row([name], |row| row.get(0))?)
        })
        .await
    }

    /// For what belongs to the bus itself, as [`Store::add_operator`].
    pub async fn change_operator(&self, id: OperatorId, change: OperatorChange) -> Result<OperatorRow, StoreError> {
        self.write(move |connection| {
            update_operator(connection, id, &change)?;
            load_operator(connection, id)
        })
        .await
    }

    /// Removes an account with its tokens. Ids are never used again, so its servers stay its own.
    pub async fn remove_operator(&self, id: OperatorId) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| delete_operator(connection, id, now)).await
    }

    /// For what belongs to the bus itself, as [`Store::add_operator`].
    pub async fn add_token(&self, new: NewToken) -> Result<TokenRow, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| insert_token(connection, &new, now)).await
    }

    /// The account and the token behind a hash, expired or disabled ones included: the caller judges.
    pub async fn find_operator_by_token(
        &self,
        sha256: [u8; 32],
    ) -> Result<Option<(OperatorRow, TokenRow)>, StoreError> {
        self.read(move |connection| {
            let mut ask = connection.prepare_cached(&format!(
                "SELECT {COLUMNS}, {TOKEN_COLUMNS} FROM token t JOIN operator o ON o.id = t.operator WHERE t.sha256 = ?1"
            ))?;
            let found = ask.query_row([sha256], |row| Ok((operator_from_row(row)?, token_from_row(row)?)));
            let Some((row, token)) = found.optional()? else {
                return Ok(None);
            };
            Ok(attach_roles(connection, Some(row))?.map(|row| (row, token)))
        })
        .await
    }

    pub async fn list_tokens(&self, operator: OperatorId) -> Result<Vec<TokenRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {TOKEN_COLUMNS} FROM token t WHERE t.operator = ?1 ORDER BY t.id"
            ))?;
            let rows = statement.query_map([operator.0], token_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// False where this operator has no such token.
    pub async fn remove_token(&self, operator: OperatorId, id: i64) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let removed = connection.execute(
                "DELETE FROM token WHERE id = ?1 AND operator = ?2",
                params![id, operator.0],
            )?;
            Ok(removed > 0)
        })
        .await
    }
}
