//! Ways in for who has none yet: the first person of a store, and links that the owner of the data folder makes.

use rusqlite::{Connection, OptionalExtension, params};

use super::operators::{self, NewOperator, OperatorKind, OperatorRow};
use super::sql_values::to_millis;
use super::{Store, StoreError, controls, roles};
use crate::model::{LOCAL_OPERATOR, OperatorId, RightScope, RoleName, Timestamp};

/// A link that signs in once.
pub struct NewSignInLink {
    pub operator: OperatorId,
    pub sha256: [u8; 32],
    pub ends_at: Timestamp,
}

/// Whether there is a person besides the account of the commands on this machine.
fn has_person(connection: &Connection) -> Result<bool, StoreError> {
    let rows = operators::list_operators(connection)?;
    Ok(rows
        .iter()
        .any(|row| row.kind == OperatorKind::Person && row.name != LOCAL_OPERATOR))
}

/// Whose link it is, as long as it holds.
fn find_link_owner(
    connection: &Connection,
    sha256: [u8; 32],
    now: Timestamp,
) -> Result<Option<OperatorRow>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT operator FROM sign_in_link WHERE sha256 = ?1 AND ends_at > ?2")?;
    let found: Option<i64> = statement
        .query_row(params![sha256, to_millis(now)], |row| row.get(0))
        .optional()?;
    match found {
        Some(id) => operators::find_operator(connection, OperatorId(id)),
        None => Ok(None),
    }
}

impl Store {
    /// Whether nobody but commands on this machine could sign in: the store has no account of a person.
    pub async fn needs_first_person(&self) -> Result<bool, StoreError> {
        self.read(|connection| Ok(!has_person(connection)?)).await
    }

    /// The first person, with a role that holds everywhere; everybody is told the notice. `None`: somebody was there before.
    pub async fn add_first_person(
        &self,
        name: String,
        password_hash: String,
        role: RoleName,
        notice: String,
    ) -> Result<Option<OperatorRow>, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            if has_person(connection)? {
                return Ok(None);
            }
            let new = NewOperator {
                name,
                kind: OperatorKind::Person,
                password_hash: Some(password_hash),
                rights: Vec::new(),
                scope: RightScope::default(),
                created_by: None,
            };
            let row = operators::insert(connection, &new, now)?;
            roles::assign_role(connection, row.id, &role, &RightScope::default())?;
            controls::insert_notice(connection, &notice, now)?;
            operators::find_operator(connection, row.id)
        })
        .await
    }

    /// Keeps a link; everybody is told.
    pub async fn add_sign_in_link(&self, new: NewSignInLink, notice: String) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            connection.execute("DELETE FROM sign_in_link WHERE ends_at <= ?1", [to_millis(now)])?;
            connection.execute(
                "INSERT INTO sign_in_link (sha256, operator, ends_at) VALUES (?1, ?2, ?3)",
                params![new.sha256, new.operator.0, to_millis(new.ends_at)],
            )?;
            controls::insert_notice(connection, &notice, now)
        })
        .await
    }

    /// Whose link it is; it stays. For whoever has nothing to write yet.
    pub async fn find_sign_in_link(&self, sha256: [u8; 32]) -> Result<Option<OperatorRow>, StoreError> {
        let now = self.inner.clock.now();
        self.read(move |connection| find_link_owner(connection, sha256, now))
            .await
    }

    /// Uses a link up. `None`: it is used, or over.
    pub async fn use_sign_in_link(&self, sha256: [u8; 32]) -> Result<Option<OperatorRow>, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            let owner = find_link_owner(connection, sha256, now)?;
            connection.execute("DELETE FROM sign_in_link WHERE sha256 = ?1", params![sha256])?;
            Ok(owner)
        })
        .await
    }
}
