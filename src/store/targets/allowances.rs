//! Writes that people agreed to and that are not made yet. Each is allowed once.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::TargetKey;
use super::columns::{read_device, read_instance, read_word};
use super::question_row::TargetQuestionRow;
use crate::contract::WriteClass;
use crate::model::InstanceId;
use crate::store::sql_values::device_key;
use crate::store::{Store, StoreError};

impl Store {
    /// All of them: as many as people agreed to. Of a page: [`Self::find_target_allowances`].
    pub async fn list_target_allowances(
        &self,
        target: InstanceId,
    ) -> Result<BTreeSet<(TargetKey, WriteClass)>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT instance, device, class FROM target_allowance WHERE target = ?1")?;
            let rows = statement.query_map([target.0], |row| {
                let key = (read_instance(row, "instance")?, read_device(row, "device")?);
                Ok((key, read_word(row, "class")?))
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Those of these writes that people agreed to and that are not made yet.
    pub async fn find_target_allowances(
        &self,
        target: InstanceId,
        writes: Vec<(TargetKey, WriteClass)>,
    ) -> Result<BTreeSet<(TargetKey, WriteClass)>, StoreError> {
        self.read(move |connection| {
            let moment = connection.unchecked_transaction()?;
            let mut statement = moment.prepare_cached(
                "SELECT 1 FROM target_allowance WHERE target = ?1 AND instance = ?2 AND device = ?3 AND class = ?4",
            )?;
            let mut found = BTreeSet::new();
            for (key, class) in writes {
                if statement.exists(params![target.0, key.0.0, device_key(&key.1), class.name()])? {
                    found.insert((key, class));
                }
            }
            Ok(found)
        })
        .await
    }
}

/// All writes of a question from now on.
pub(super) fn allow_items(connection: &Connection, question: &TargetQuestionRow) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR IGNORE INTO target_allowance (target, instance, device, class)
         SELECT ?2, instance, device, class FROM target_question_item WHERE question = ?1",
        params![question.id, question.target.0],
    )?;
    Ok(())
}

/// Whether anything of it is still to be written.
pub(super) fn has_allowances(connection: &Connection, question: &TargetQuestionRow) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM target_question_item i JOIN target_allowance a ON a.target = ?2 AND a.instance = i.instance
             AND a.device = i.device AND a.class = i.class WHERE i.question = ?1 LIMIT 1",
    )?;
    Ok(statement.exists(params![question.id, question.target.0])?)
}

/// Takes back an allowance that a write used up. False where there was none.
pub(super) fn use_allowance(
    connection: &Connection,
    target: InstanceId,
    (instance, device): TargetKey,
    class: WriteClass,
) -> Result<bool, StoreError> {
    let used = connection
        .prepare_cached(
            "DELETE FROM target_allowance WHERE target = ?1 AND instance = ?2 AND device = ?3 AND class = ?4",
        )?
        .execute(params![target.0, instance.0, device_key(&device), class.name()])?;
    Ok(used > 0)
}

/// Of one target, or of all. Answers how many.
pub(super) fn drop_allowances(connection: &Connection, target: Option<InstanceId>) -> Result<u64, StoreError> {
    let dropped = connection.execute(
        "DELETE FROM target_allowance WHERE ?1 IS NULL OR target = ?1",
        [target.map(|target| target.0)],
    )?;
    Ok(dropped as u64)
}
