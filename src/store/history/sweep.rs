//! What is older than an instance keeps it is forgotten: a few rows in one transaction, so that nobody waits for it.

use chrono::TimeDelta;
use rusqlite::params;

use crate::model::{InstanceId, Timestamp};
use crate::store::columns::read_instance;
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError};

/// Changes, or devices, in one transaction.
const BATCH: i64 = 500;

/// The tables that are kept by device, each with the time by which its rows age.
const BY_DEVICE: [(&str, &str); 2] = [("former_device", "gone_at"), ("device_decision", "until")];

/// Everything before this time goes.
#[derive(Clone, Copy)]
struct Cutoff {
    instance: InstanceId,
    before: i64,
}

impl Store {
    /// All of what instances hold that were removed, or that keep no history any more. Answers how many rows went. If the
    /// process dies on the way, the rest goes with the next sweep.
    pub async fn sweep_history(&self) -> Result<u64, StoreError> {
        let mut swept = 0;
        for cutoff in self.list_cutoffs(self.inner.clock.now()).await? {
            swept += self.sweep_changes(cutoff).await?;
            for table in BY_DEVICE {
                swept += self.sweep_table(table, cutoff).await?;
            }
        }
        Ok(swept)
    }

    async fn list_cutoffs(&self, now: Timestamp) -> Result<Vec<Cutoff>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT id, iif(removed_at IS NULL, history_days, 0) AS days FROM instance")?;
            let rows = statement.query_map([], |row| {
                let days: u32 = row.get("days")?;
                let oldest = now - TimeDelta::days(i64::from(days));
                Ok(Cutoff {
                    instance: read_instance(row, "id")?,
                    before: if days == 0 { i64::MAX } else { to_millis(oldest) },
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// From the oldest on: they are looked for beside the writer, which only deletes.
    async fn sweep_changes(&self, cutoff: Cutoff) -> Result<u64, StoreError> {
        let (mut swept, mut after) = (0, 0);
        loop {
            let aged: Vec<i64> = self
                .read(move |connection| {
                    let mut statement = connection.prepare_cached(
                        "SELECT seq FROM device_change WHERE seq > ?1 AND instance = ?2 AND at < ?3 ORDER BY seq LIMIT ?4",
                    )?;
                    let parameters = params![after, cutoff.instance.0, cutoff.before, BATCH];
                    let rows = statement.query_map(parameters, |row| row.get::<_, i64>(0))?;
                    rows.map(|row| row.map_err(StoreError::from)).collect()
                })
                .await?;
            let Some(last) = aged.last() else { return Ok(swept) };
            after = *last;
            swept += self
                .write(move |connection| {
                    let mut statement = connection.prepare_cached("DELETE FROM device_change WHERE seq = ?1")?;
                    let mut deleted = 0;
                    for seq in aged {
                        deleted += statement.execute([seq])? as u64;
                    }
                    Ok(deleted)
                })
                .await?;
        }
    }

    /// The same along the ids of devices.
    async fn sweep_table(
        &self,
        (table, time): (&'static str, &'static str),
        cutoff: Cutoff,
    ) -> Result<u64, StoreError> {
        let (mut swept, mut after) = (0, Vec::new());
        loop {
            let behind = std::mem::take(&mut after);
            let aged: Vec<Vec<u8>> = self
                .read(move |connection| {
                    let mut statement = connection.prepare_cached(&format!(
                        "SELECT DISTINCT device_id FROM {table} WHERE instance = ?1 AND device_id > ?2 AND {time} < ?3
                         ORDER BY device_id LIMIT ?4"
                    ))?;
                    let parameters = params![cutoff.instance.0, behind, cutoff.before, BATCH];
                    let rows = statement.query_map(parameters, |row| row.get::<_, Vec<u8>>(0))?;
                    rows.map(|row| row.map_err(StoreError::from)).collect()
                })
                .await?;
            let Some(last) = aged.last() else { return Ok(swept) };
            after = last.clone();
            swept += self
                .write(move |connection| {
                    let mut statement = connection.prepare_cached(&format!(
                        "DELETE FROM {table} WHERE instance = ?1 AND device_id = ?2 AND {time} < ?3"
                    ))?;
                    let mut deleted = 0;
                    for device in aged {
                        deleted += statement.execute(params![cutoff.instance.0, device, cutoff.before])? as u64;
                    }
                    Ok(deleted)
                })
                .await?;
        }
    }
}
