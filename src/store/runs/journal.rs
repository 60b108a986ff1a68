//! The steps of a run: begun, and ended.

use rusqlite::{Connection, params};
use serde_json::Value;

use crate::model::Timestamp;
use crate::store::columns::{read_json, read_optional_json, read_optional_time, read_time};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::write_marks::WriteConcern;
use crate::store::{Store, StoreError};

#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    pub path: String,
    pub attempt: u32,
    /// `None`: a choice, a loop or a pause.
    pub activity: Option<String>,
    pub inputs: Value,
    pub begun_at: Timestamp,
    /// Of a pause.
    pub due_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub outputs: Option<Value>,
    pub fault: Option<Value>,
}

/// A step that begins; one that begins again stays as it was written first.
#[derive(Debug, Clone, PartialEq)]
pub struct StepStart {
    pub path: String,
    pub attempt: u32,
    pub activity: Option<String>,
    pub inputs: Value,
    pub due_at: Option<Timestamp>,
    /// A mark that ends at once.
    pub outputs: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct StepEnd {
    pub path: String,
    pub attempt: u32,
    /// What came of it, or why not.
    pub result: Result<Value, Value>,
}

impl Store {
    /// All of them, or none.
    pub async fn begin_steps(&self, run: i64, steps: Vec<StepStart>) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let mut add = connection.prepare_cached(
                "INSERT INTO run_step (run, path, attempt, activity, inputs, begun_at, due_at, ended_at, outputs)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (run, path, attempt) DO UPDATE SET ended_at = ?8, outputs = ?9 WHERE outputs IS NULL AND ?9 IS NOT NULL",
            )?;
            for step in steps {
                add.execute(params![
                    run,
                    step.path,
                    step.attempt,
                    step.activity,
                    to_json(&step.inputs),
                    now,
                    step.due_at.map(to_millis),
                    step.outputs.is_some().then_some(now),
                    step.outputs.as_ref().map(to_json),
                ])?;
            }
            Ok(())
        })
        .await
    }

    pub async fn end_steps(&self, run: i64, ends: Vec<StepEnd>) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            for end in &ends {
                end_step(connection, run, end, now)?;
            }
            Ok(())
        })
        .await
    }

    /// In the order of their beginning.
    pub async fn list_run_steps(&self, run: i64) -> Result<Vec<StepRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT path, attempt, activity, inputs, begun_at, due_at, ended_at, outputs, fault FROM run_step
                 WHERE run = ?1 ORDER BY id",
            )?;
            let rows = statement.query_map([run], |row| {
                Ok(StepRow {
                    path: row.get("path")?,
                    attempt: row.get("attempt")?,
                    activity: row.get("activity")?,
                    inputs: read_json(row, "inputs")?,
                    begun_at: read_time(row, "begun_at")?,
                    due_at: read_optional_time(row, "due_at")?,
                    ended_at: read_optional_time(row, "ended_at")?,
                    outputs: read_optional_json(row, "outputs")?,
                    fault: read_optional_json(row, "fault")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

/// The first end of a step stands.
fn end_step(connection: &Connection, run: i64, end: &StepEnd, now: i64) -> Result<(), StoreError> {
    let (outputs, fault) = match &end.result {
        Ok(outputs) => (Some(to_json(outputs)), None),
        Err(fault) => (None, Some(to_json(fault))),
    };
    connection
        .prepare_cached(
            "UPDATE run_step SET ended_at = ?4, outputs = ?5, fault = ?6
             WHERE run = ?1 AND path = ?2 AND attempt = ?3 AND ended_at IS NULL",
        )?
        .execute(params![run, end.path, end.attempt, now, outputs, fault])?;
    Ok(())
}
