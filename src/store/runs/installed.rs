//! What is installed of which definition, on which instance.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::model::{InstanceId, OperatorId, Timestamp};
use crate::store::jobs::json_column as read_json;
use crate::store::rows::{json, ms, time};
use crate::store::{Store, StoreError};

#[derive(Debug, Clone, PartialEq)]
pub struct NewDefinition {
    pub hash: String,
    pub name: String,
    pub version: String,
    pub text: String,
    /// What can be told without reading it: `summary`, `onDemand`, `parameters`, `schedules`, `danger`.
    pub about: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowRow {
    pub id: i64,
    pub instance: InstanceId,
    /// With the number of its instance.
    pub name: String,
    /// Of the definition that new runs begin with.
    pub hash: String,
    /// As that definition calls itself.
    pub definition: String,
    pub version: String,
    pub about: Value,
    pub enabled: bool,
    /// `None`: the installation itself.
    pub enabled_by: Option<OperatorId>,
    pub changed_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowChange {
    pub hash: String,
    pub enabled: bool,
    pub enabled_by: Option<OperatorId>,
}

const COLUMNS: &str = "SELECT w.id, w.instance, w.name, w.hash, d.name, d.version, d.about, w.enabled,
    w.enabled_by, w.changed_at
    FROM workflow w JOIN definition d ON d.hash = w.hash
        AND NOT EXISTS (SELECT 1 FROM instance i WHERE i.id = w.instance AND i.removed_at IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM installation s WHERE s.number = w.instance AND s.state = 'removed')";

fn workflow(row: &rusqlite::Row<'_>) -> rusqlite::Result<WorkflowRow> {
    Ok(WorkflowRow {
        id: row.get(0)?,
        instance: InstanceId(row.get(1)?),
        name: row.get(2)?,
        hash: row.get(3)?,
        definition: row.get(4)?,
        version: row.get(5)?,
        about: read_json(row, 6)?.unwrap_or_default(),
        enabled: row.get(7)?,
        enabled_by: row.get::<_, Option<i64>>(8)?.map(OperatorId),
        changed_at: time(row.get(9)?),
    })
}

impl Store {
    /// Keeps a definition; the same text is kept once.
    pub async fn keep_definition(&self, definition: NewDefinition) -> Result<(), StoreError> {
        let now = ms(self.inner.clock.now());
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO definition (hash, name, version, text, about, added_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (hash) DO NOTHING",
                )?
                .execute(params![
                    definition.hash,
                    definition.name,
                    definition.version,
                    definition.text,
                    json(&definition.about),
                    now
                ])?;
            Ok(())
        })
        .await
    }

    pub async fn definition_text(&self, hash: &str) -> Result<Option<String>, StoreError> {
        let hash = hash.to_owned();
        self.read(move |connection| {
            let mut ask = connection.prepare_cached("SELECT text FROM definition WHERE hash = ?1")?;
            Ok(ask.query_row([hash], |row| row.get(0)).optional()?)
        })
        .await
    }

    /// All that is installed, by name; of one instance or of all.
    pub async fn workflows(&self, instance: Option<InstanceId>) -> Result<Vec<WorkflowRow>, StoreError> {
        self.read(move |connection| {
            let mut ask = connection.prepare_cached(&format!(
                "{COLUMNS} WHERE ?1 IS NULL OR w.instance = ?1 ORDER BY w.instance, w.name"
            ))?;
            let rows = ask.query_map([instance.map(|id| id.0)], workflow)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn workflow_named(&self, name: &str) -> Result<Option<WorkflowRow>, StoreError> {
        let name = name.to_owned();
        self.read(move |connection| {
            let mut ask = connection.prepare_cached(&format!("{COLUMNS} WHERE w.name = ?1"))?;
            Ok(ask.query_row([name], workflow).optional()?)
        })
        .await
    }

    /// Puts one beside the others; one of that name stays as it is. Answers whether it is new.
    pub async fn install_workflow(
        &self,
        instance: InstanceId,
        name: String,
        as_it_is: WorkflowChange,
    ) -> Result<bool, StoreError> {
        let now = ms(self.inner.clock.now());
        self.write(move |connection| {
            let count = connection
                .prepare_cached(
                    "INSERT INTO workflow (instance, name, hash, enabled, enabled_by, changed_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO NOTHING",
                )?
                .execute(params![
                    instance.0,
                    name,
                    as_it_is.hash,
                    as_it_is.enabled,
                    as_it_is.enabled_by.map(|id| id.0),
                    now
                ])?;
            Ok(count > 0)
        })
        .await
    }

    pub async fn change_workflow(&self, id: i64, to: WorkflowChange) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| change(connection, id, &to, now)).await?;
        self.wake_runs();
        Ok(())
    }

    /// When each trigger last started a run.
    pub async fn trigger_times(&self, workflow: i64) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.read(move |connection| {
            let mut ask =
                connection.prepare_cached("SELECT name, last_at FROM workflow_trigger WHERE workflow = ?1")?;
            let rows = ask.query_map([workflow], |row| Ok((row.get(0)?, time(row.get(1)?))))?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

fn change(connection: &Connection, id: i64, to: &WorkflowChange, now: Timestamp) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE workflow SET hash = ?2, enabled = ?3, enabled_by = ?4, changed_at = ?5 WHERE id = ?1",
        params![id, to.hash, to.enabled, to.enabled_by.map(|id| id.0), ms(now)],
    )?;
    Ok(())
}

/// A second operator agreed to a definition (A7). In whose name its triggers act from then on is who asked; found in a
/// file, it stays whose it was.
pub fn agreed(
    connection: &Connection,
    workflow: i64,
    hash: &str,
    asked_by: Option<OperatorId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let before: Option<i64> = connection
        .query_row("SELECT enabled_by FROM workflow WHERE id = ?1", [workflow], |row| {
            row.get(0)
        })
        .optional()?
        .flatten();
    let to = WorkflowChange {
        hash: hash.to_owned(),
        enabled: true,
        enabled_by: asked_by.or(before.map(OperatorId)),
    };
    change(connection, workflow, &to, now)
}
