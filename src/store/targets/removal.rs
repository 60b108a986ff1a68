//! What is forgotten: all of a target whose installation is removed, and what was written long ago. A few rows in one
//! transaction, so that nobody waits for it; if the process dies on the way, the rest goes when it is done again.

use rusqlite::{Connection, params};

use super::QuestionState;
use crate::model::{InstanceId, Timestamp};
use crate::store::sql_values::to_millis;
use crate::store::sql_words::quote_matching;
use crate::store::{Store, StoreError};

/// Rows in one transaction.
const BATCH: i64 = 5_000;

/// Tables with what else there is of a target.
const OTHERS: [&str; 9] = [
    "target_resend",
    "target_allowance",
    "target_set_aside",
    "target_run",
    "target_question",
    "target_day",
    "target_progress",
    "target_mapping",
    "target_state",
];

impl Store {
    /// All rows of a target whose installation is removed; what it wrote stays over there. Answers how many rows went. Its
    /// account and server: [`Self::remove_target_server`].
    pub async fn remove_target(&self, target: InstanceId) -> Result<u64, StoreError> {
        let mut removed = self.forget_target_links(target, None, None).await?;
        loop {
            let deleted = self.write(move |connection| delete_writes(connection, target)).await?;
            removed += deleted;
            if deleted < BATCH.unsigned_abs() {
                break;
            }
        }
        removed += self.write(move |connection| delete_others(connection, target)).await?;
        Ok(removed)
    }

    /// Writes before this time, with what was there before them; and runs, days and questions that ended before it. Answers
    /// how many writes went.
    pub async fn sweep_target_writes(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut swept = 0;
        loop {
            let deleted = self.write(move |connection| sweep_batch(connection, before)).await?;
            swept += deleted;
            if deleted < BATCH.unsigned_abs() {
                break;
            }
        }
        self.write(move |connection| sweep_empty(connection, before)).await?;
        Ok(swept)
    }
}

fn delete_writes(connection: &Connection, target: InstanceId) -> Result<u64, StoreError> {
    let deleted = connection
        .prepare_cached(
            "DELETE FROM target_write WHERE id IN
                 (SELECT w.id FROM target_run r JOIN target_write w ON w.run = r.id WHERE r.target = ?1 LIMIT ?2)",
        )?
        .execute(params![target.0, BATCH])?;
    Ok(deleted as u64)
}

fn delete_others(connection: &Connection, target: InstanceId) -> Result<u64, StoreError> {
    let mut deleted = connection.execute(
        "DELETE FROM target_question_item WHERE question IN (SELECT id FROM target_question WHERE target = ?1)",
        [target.0],
    )?;
    for table in OTHERS {
        deleted += connection.execute(&format!("DELETE FROM {table} WHERE target = ?1"), [target.0])?;
    }
    Ok(deleted as u64)
}

fn sweep_batch(connection: &Connection, before: Timestamp) -> Result<u64, StoreError> {
    let deleted = connection
        .prepare_cached(
            "DELETE FROM target_write WHERE id IN (SELECT id FROM target_write WHERE at < ?1 ORDER BY at LIMIT ?2)",
        )?
        .execute(params![to_millis(before), BATCH])?;
    Ok(deleted as u64)
}

fn sweep_empty(connection: &Connection, before: Timestamp) -> Result<(), StoreError> {
    let millis = to_millis(before);
    connection.execute(
        "DELETE FROM target_run WHERE ended_at < ?1
             AND NOT EXISTS (SELECT 1 FROM target_write w WHERE w.run = target_run.id)",
        [millis],
    )?;
    connection.execute(
        "DELETE FROM target_day WHERE day < ?1",
        [before.date_naive().to_string()],
    )?;
    let ended = quote_matching(QuestionState::is_ended);
    connection.execute(
        &format!(
            "DELETE FROM target_question_item WHERE question IN (SELECT id FROM target_question WHERE state IN {ended})"
        ),
        [],
    )?;
    connection.execute(
        &format!("DELETE FROM target_question WHERE asked_at < ?1 AND state IN {ended}"),
        [millis],
    )?;
    Ok(())
}
