//! What a first look counts: devices one by one, what scans found, and tasks by the day on which they ended. What the
//! numbers mean is for rooms above.

use chrono::NaiveDate;
use rusqlite::params;

use super::columns::{read_count, read_instance, read_time, read_word};
use super::sql_values::{from_millis, to_millis};
use super::{Store, StoreError, damage, sql_words};
use crate::model::{DeviceBody, InstanceId, TaskState, Timestamp};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// By places: names would be compared for each device of a fleet.
const FOLDED: &str = "SELECT b.packed, b.sum, d.last_sync FROM device d LEFT JOIN body b ON b.row = d.row
     WHERE +d.instance = ?1 AND d.state = 1";
mod folded {
    pub(super) const PACKED: usize = 0;
    pub(super) const SUM: usize = 1;
    pub(super) const LAST_SYNC: usize = 2;
}

/// What one scan found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanCounts {
    /// When it last wrote anything.
    pub at: Timestamp,
    pub added: u64,
    pub changed: u64,
    pub gone: u64,
}

/// Tasks of an instance that came to one end on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedTasks {
    pub instance: InstanceId,
    /// In UTC.
    pub day: NaiveDate,
    pub state: TaskState,
    pub count: u64,
}

impl Store {
    /// Goes once over the devices of an instance that are there now. `visit` gets the JSON of each, empty where it can't be
    /// read, and its last check-in in seconds since 1970 (0: never).
    pub async fn fold_devices<T: Send + 'static>(
        &self,
        instance: InstanceId,
        start: T,
        visit: impl Fn(&mut T, &str, i64) + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(FOLDED)?;
            let mut rows = statement.query([instance.0])?;
            let (mut answer, mut json) = (start, Vec::new());
            while let Some(row) = rows.next()? {
                json.clear();
                let packed: Option<String> = row.get(folded::PACKED)?;
                let body = packed.map(DeviceBody::from_packed).unwrap_or_default();
                if damage::matches_checksum(&body, row.get(folded::SUM)?) {
                    body.write_json(&mut json);
                }
                let text = std::str::from_utf8(&json).unwrap_or_default();
                visit(&mut answer, text, row.get(folded::LAST_SYNC)?);
            }
            Ok(answer)
        })
        .await
    }

    /// What the scans of an instance found that wrote anything since then, in no order.
    pub async fn list_scan_counts(
        &self,
        instance: InstanceId,
        since: Timestamp,
    ) -> Result<Vec<ScanCounts>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT updated_at, coalesce(json_extract(summary, '$.new'), 0) AS added,
                     coalesce(json_extract(summary, '$.changed'), 0) AS changed,
                     coalesce(json_extract(summary, '$.gone'), 0) AS gone
                 FROM scan WHERE instance = ?1 AND updated_at >= ?2",
            )?;
            let rows = statement.query_map(params![instance.0, to_millis(since)], |row| {
                Ok(ScanCounts {
                    at: read_time(row, "updated_at")?,
                    added: read_count(row, "added")?,
                    changed: read_count(row, "changed")?,
                    gone: read_count(row, "gone")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Tasks that ended since then, of all instances; results are kept that long at least.
    pub async fn list_ended_tasks(&self, since: Timestamp) -> Result<Vec<EndedTasks>, StoreError> {
        self.read(move |connection| {
            // From the newest backwards to the first that is older: what ended long ago is not walked through.
            let mut statement = connection.prepare_cached(&format!(
                "SELECT t.instance, r.at / {DAY_MS} AS day, r.state, count(*) AS tasks
                 FROM transition r JOIN task t ON t.id = r.task
                 WHERE r.id > coalesce((SELECT id FROM transition WHERE at < ?1 ORDER BY id DESC LIMIT 1), 0)
                   AND r.state IN {} GROUP BY 1, 2, 3",
                sql_words::quote_matching(TaskState::is_end)
            ))?;
            let rows = statement.query_map([to_millis(since)], |row| {
                Ok(EndedTasks {
                    instance: read_instance(row, "instance")?,
                    day: from_millis(row.get::<_, i64>("day")?.saturating_mul(DAY_MS)).date_naive(),
                    state: read_word(row, "state")?,
                    count: read_count(row, "tasks")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}
