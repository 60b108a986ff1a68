//! The mapping that people gave a target; without one it works by the default of its kind.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::read_time;
use super::state::restart_canary;
use crate::model::{InstanceId, OperatorId, Timestamp};
use crate::store::orders::load_operator_name;
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetMappingRow {
    pub target: InstanceId,
    /// A JSON document.
    pub text: String,
    /// SHA-256 of it.
    pub digest: String,
    pub changed_by: OperatorId,
    /// As the account was called then.
    pub changed_by_name: String,
    pub changed_at: Timestamp,
}

impl Store {
    /// `None`: the default of the kind.
    pub async fn load_target_mapping(&self, target: InstanceId) -> Result<Option<TargetMappingRow>, StoreError> {
        self.read(move |connection| find_mapping(connection, target)).await
    }

    /// One with another digest has the target begin again with its first records; what waits for consent, and consent that
    /// was given, is void.
    pub async fn save_target_mapping(
        &self,
        target: InstanceId,
        text: String,
        digest: String,
        by: OperatorId,
    ) -> Result<TargetMappingRow, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            let before = find_mapping(connection, target)?;
            let new = TargetMappingRow {
                target,
                text,
                digest,
                changed_by: by,
                changed_by_name: load_operator_name(connection, by)?,
                changed_at: now,
            };
            connection.execute(
                "INSERT INTO target_mapping (target, text, digest, changed_by, changed_by_name, changed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (target) DO UPDATE SET text = excluded.text, digest = excluded.digest,
                     changed_by = excluded.changed_by, changed_by_name = excluded.changed_by_name,
                     changed_at = excluded.changed_at",
                params![
                    target.0,
                    new.text,
                    new.digest,
                    by.0,
                    new.changed_by_name,
                    to_millis(now)
                ],
            )?;
            if before.is_none_or(|before| before.digest != new.digest) {
                restart_canary(connection, target)?;
            }
            Ok(new)
        })
        .await
    }

    /// As [`Self::save_target_mapping`] with another one. False where it works by the default already.
    pub async fn remove_target_mapping(&self, target: InstanceId) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let removed = connection.execute("DELETE FROM target_mapping WHERE target = ?1", [target.0])?;
            if removed > 0 {
                restart_canary(connection, target)?;
            }
            Ok(removed > 0)
        })
        .await
    }
}

fn find_mapping(connection: &Connection, target: InstanceId) -> Result<Option<TargetMappingRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT text, digest, changed_by, changed_by_name, changed_at FROM target_mapping WHERE target = ?1",
    )?;
    let found = statement.query_row([target.0], |row| {
        Ok(TargetMappingRow {
            target,
            text: row.get("text")?,
            digest: row.get("digest")?,
            changed_by: OperatorId(row.get("changed_by")?),
            changed_by_name: row.get("changed_by_name")?,
            changed_at: read_time(row, "changed_at")?,
        })
    });
    Ok(found.optional()?)
}
