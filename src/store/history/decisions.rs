//! Compliance decisions about devices. One that comes out as the one before it, at the same node, makes no row of its own:
//! the row says since when, and when for the last time. So there are as many rows as outcomes have changed, and of each
//! device the newest only.

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{ComplianceOutcome, DeviceId, InstanceId, Timestamp};
use crate::store::columns::{read_json, read_time, read_word};
use crate::store::sql_values::{device_key, to_json, to_millis};
use crate::store::{Store, StoreError};

/// Rows of one device; older ones go.
const KEPT: i64 = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDecision {
    pub instance: InstanceId,
    pub device: DeviceId,
    pub node: String,
    pub outcome: ComplianceOutcome,
    /// Short, nothing of a person in it.
    pub reasons: Vec<String>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    pub node: String,
    pub outcome: ComplianceOutcome,
    pub reasons: Vec<String>,
    /// When it came out so for the first time, and for the last time.
    pub at: Timestamp,
    pub until: Timestamp,
}

impl Store {
    /// Only of devices that the inventory has: whoever may ask can ask about any id.
    pub async fn record_decisions(&self, decisions: Vec<NewDecision>) -> Result<(), StoreError> {
        self.write(move |connection| {
            decisions
                .iter()
                .try_for_each(|decision| write_decision(connection, decision))
        })
        .await
    }

    /// Newest first.
    pub async fn list_device_decisions(
        &self,
        instance: InstanceId,
        device: DeviceId,
        limit: usize,
    ) -> Result<Vec<DecisionRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT node, outcome, reasons, at, until FROM device_decision
                 WHERE instance = ?1 AND device_id = ?2 ORDER BY at DESC, node LIMIT ?3",
            )?;
            let rows = statement.query_map(params![instance.0, device_key(&device), limit as i64], |row| {
                Ok(DecisionRow {
                    node: row.get("node")?,
                    outcome: read_word(row, "outcome")?,
                    reasons: read_json(row, "reasons")?,
                    at: read_time(row, "at")?,
                    until: read_time(row, "until")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

fn write_decision(connection: &Connection, decision: &NewDecision) -> Result<(), StoreError> {
    let (outcome, reasons) = (decision.outcome.id(), to_json(&decision.reasons));
    let device = device_key(&decision.device);
    let (instance, at) = (decision.instance.0, to_millis(decision.at));
    let newest: Option<(i64, String, String)> = connection
        .prepare_cached(
            "SELECT at, outcome, reasons FROM device_decision
             WHERE instance = ?1 AND device_id = ?2 AND node = ?3 ORDER BY at DESC LIMIT 1",
        )?
        .query_row(params![instance, device, decision.node], |row| {
            Ok((row.get("at")?, row.get("outcome")?, row.get("reasons")?))
        })
        .optional()?;
    if let Some((since, known, because)) = &newest
        && (known.as_str(), because.as_str()) == (outcome, reasons.as_str())
    {
        connection
            .prepare_cached(
                "UPDATE device_decision SET until = max(until, ?4)
                 WHERE instance = ?1 AND device_id = ?2 AND node = ?3 AND at = ?5",
            )?
            .execute(params![instance, device, decision.node, at, since])?;
        return Ok(());
    }
    // A clock that stands still or was set back does not make it older than the one before.
    let at = newest.map_or(at, |(since, ..)| at.max(since + 1));
    connection
        .prepare_cached(
            "INSERT INTO device_decision (instance, device_id, at, node, until, outcome, reasons)
             SELECT ?1, ?2, ?3, ?4, ?3, ?5, ?6 WHERE EXISTS (SELECT 1 FROM device d JOIN instance i ON i.id = d.instance
                 WHERE d.instance = ?1 AND d.device_id = ?2 AND d.state = 1 AND i.history_days > 0)",
        )?
        .execute(params![instance, device, at, decision.node, outcome, reasons])?;
    connection
        .prepare_cached(
            "DELETE FROM device_decision WHERE instance = ?1 AND device_id = ?2 AND at < (
                 SELECT at FROM device_decision WHERE instance = ?1 AND device_id = ?2
                 ORDER BY at DESC LIMIT 1 OFFSET ?3)",
        )?
        .execute(params![instance, device, KEPT - 1])?;
    Ok(())
}
