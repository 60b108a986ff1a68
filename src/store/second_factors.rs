//! Second factors: sealed seeds, the step of the newest code that was used, and hashes of recovery codes.

use rusqlite::{Connection, OptionalExtension, params};

use super::sql_values::to_millis;
use super::{Store, StoreError};
use crate::model::OperatorId;

/// What a code is checked by. The seed is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactorRow {
    pub sealed: String,
    /// Steps up to this one are used up.
    pub used_step: i64,
}

/// One that its owner has shown a code of.
pub struct NewSecondFactor {
    pub operator: OperatorId,
    pub sealed: String,
    /// Of the code that was shown.
    pub used_step: i64,
    pub recovery_codes: Vec<[u8; 32]>,
}

/// With its recovery codes; false where there is none.
pub(super) fn delete_second_factor(connection: &Connection, operator: OperatorId) -> Result<bool, StoreError> {
    let removed = connection.execute("DELETE FROM second_factor WHERE operator = ?1", [operator.0])?;
    Ok(removed > 0)
}

impl Store {
    pub async fn find_second_factor(&self, operator: OperatorId) -> Result<Option<SecondFactorRow>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT sealed, used_step FROM second_factor WHERE operator = ?1")?;
            let found = statement.query_row([operator.0], |row| {
                Ok(SecondFactorRow {
                    sealed: row.get("sealed")?,
                    used_step: row.get("used_step")?,
                })
            });
            Ok(found.optional()?)
        })
        .await
    }

    /// False: the account has one already.
    pub async fn add_second_factor(&self, new: NewSecondFactor) -> Result<bool, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            let added = connection.execute(
                "INSERT OR IGNORE INTO second_factor (operator, sealed, since, used_step) VALUES (?1, ?2, ?3, ?4)",
                params![new.operator.0, new.sealed, now, new.used_step],
            )?;
            if added == 0 {
                return Ok(false);
            }
            for code in &new.recovery_codes {
                connection.execute(
                    "INSERT INTO recovery_code (operator, sha256) VALUES (?1, ?2)",
                    params![new.operator.0, code],
                )?;
            }
            Ok(true)
        })
        .await
    }

    /// By its owner. False: there is none.
    pub async fn remove_second_factor(&self, operator: OperatorId) -> Result<bool, StoreError> {
        self.write(move |connection| delete_second_factor(connection, operator))
            .await
    }

    /// Uses up the code of a step; false where that one or a later one was used already.
    pub async fn use_code_step(&self, operator: OperatorId, step: i64) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let used = connection.execute(
                "UPDATE second_factor SET used_step = ?2 WHERE operator = ?1 AND used_step < ?2",
                params![operator.0, step],
            )?;
            Ok(used > 0)
        })
        .await
    }

    /// Uses a recovery code up; how many are left. `None`: it is none of the account's.
    pub async fn use_recovery_code(&self, operator: OperatorId, sha256: [u8; 32]) -> Result<Option<u64>, StoreError> {
        self.write(move |connection| {
            let used = connection.execute(
                "DELETE FROM recovery_code WHERE operator = ?1 AND sha256 = ?2",
                params![operator.0, sha256],
            )?;
            if used == 0 {
                return Ok(None);
            }
            let left: i64 = connection
                .prepare_cached("SELECT count(*) FROM recovery_code WHERE operator = ?1")?
                .query_row([operator.0], |row| row.get(0))?;
            Ok(Some(left.cast_unsigned()))
        })
        .await
    }
}
