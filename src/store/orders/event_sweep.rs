//! Events of orders that ended long ago are forgotten, but for the first and the last of each: a few orders in one
//! transaction, so that nobody waits for it. The orders stay, with their ids, which never expire.
//!
//! *The low-water mark*: at positions up to it, events may be missing. Whoever has read less than that is told so, because
//! something between what they have read and the mark may be gone.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError};

/// Orders in one transaction.
const BATCH: usize = 200;
/// In `meta`.
const MARK: &str = "order_low_water";

impl Store {
    /// Answers how many events went. If the process dies on the way, the rest goes with the next sweep.
    pub async fn sweep_order_events(&self, kept_days: u32) -> Result<u64, StoreError> {
        let before = to_millis(self.inner.clock.now() - TimeDelta::days(i64::from(kept_days)));
        let mut swept = 0;
        loop {
            let (orders, events) = self.write(move |connection| sweep_batch(connection, before)).await?;
            swept += events;
            if orders < BATCH {
                return Ok(swept);
            }
        }
    }

    /// Up to this position, events may be missing; 0: none is.
    pub async fn order_low_water(&self) -> Result<i64, StoreError> {
        self.read(read_mark).await
    }
}

fn read_mark(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    let mark: Option<i64> = statement.query_row([MARK], |row| row.get(0)).optional()?;
    Ok(mark.unwrap_or(0))
}

/// How many orders were looked at, and how many events went.
fn sweep_batch(connection: &Connection, before: i64) -> Result<(usize, u64), StoreError> {
    let mut aged = connection.prepare_cached(
        "SELECT key FROM app_order WHERE events_swept = 0 AND ended_at IS NOT NULL AND ended_at < ?1
         ORDER BY ended_at LIMIT ?2",
    )?;
    let keys = aged
        .query_map(params![before, BATCH as i64], |row| row.get::<_, i64>(0))?
        .collect::<Result<Vec<_>, _>>()?;
    let between = "order_key = ?1 AND position > (SELECT min(position) FROM order_event WHERE order_key = ?1)
         AND position < (SELECT max(position) FROM order_event WHERE order_key = ?1)";
    let mut newest = connection.prepare_cached(&format!("SELECT max(position) FROM order_event WHERE {between}"))?;
    let mut delete = connection.prepare_cached(&format!("DELETE FROM order_event WHERE {between}"))?;
    let mut keep = connection.prepare_cached("UPDATE app_order SET events_swept = 1 WHERE key = ?1")?;
    let (mut mark, mut events) = (read_mark(connection)?, 0);
    for key in &keys {
        let last: Option<i64> = newest.query_row([key], |row| row.get(0))?;
        mark = mark.max(last.unwrap_or(0));
        events += delete.execute([key])? as u64;
        keep.execute([key])?;
    }
    if events > 0 {
        connection.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
            params![MARK, mark],
        )?;
    }
    Ok((keys.len(), events))
}
