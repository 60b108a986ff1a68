//! A clock that was set back (E3). What waits for a moment of the wall clock was planned by the clock that was wrong, and
//! would wait for as long as the step was. Its row says when it was written: one that was written in what is the future
//! now is planned anew, to come as long after now as it was to come after that. Nothing is put off, and asking again
//! changes nothing.

use std::sync::atomic::Ordering;

use rusqlite::{Connection, params};

use super::sql_values::to_millis;
use super::{Store, StoreError, WakeTarget, sql_words};
use crate::model::{RunState, TaskState};

/// Clocks are corrected by less than this all the time.
const TOLERANCE_MS: i64 = 2_000;

fn reschedule_waiting(connection: &Connection, now: i64) -> Result<usize, StoreError> {
    // What waits for approval ends at the time that people were told.
    let tasks = connection
        .prepare_cached(&format!(
            "UPDATE task SET due_at = ?1 + max(due_at - updated_at, 0), updated_at = ?1
             WHERE due_at IS NOT NULL AND updated_at > ?1 + ?2 AND state NOT IN {}",
            sql_words::quote_matching(TaskState::waits_for_approval)
        ))?
        .execute([now, TOLERANCE_MS])?;
    let delays = connection
        .prepare_cached(
            "UPDATE run_step SET due_at = ?1 + max(due_at - begun_at, 0), begun_at = ?1
             WHERE run IN (SELECT id FROM run WHERE state = ?3) AND ended_at IS NULL AND due_at IS NOT NULL
               AND begun_at > ?1 + ?2",
        )?
        .execute(params![now, TOLERANCE_MS, RunState::Running.name()])?;
    Ok(tasks + delays)
}

impl Store {
    /// The same, where the clock has gone back since the last time, or nobody knows.
    pub(super) async fn check_clock_step(&self) -> Result<(), StoreError> {
        let (clock_at, now) = (&self.inner.clock_at, to_millis(self.inner.clock.now()));
        if clock_at.swap(now, Ordering::Relaxed) <= now {
            return Ok(());
        }
        let planned = self.reschedule_waiting().await;
        if planned.is_err() {
            clock_at.store(i64::MAX, Ordering::Relaxed);
        }
        planned.map(drop)
    }

    /// Plans anew what tasks and pauses of runs wait for, where the clock was set back since; answers how many.
    pub async fn reschedule_waiting(&self) -> Result<usize, StoreError> {
        let now = to_millis(self.inner.clock.now());
        let count = self
            .write_and_wake([WakeTarget::Tasks], move |connection| {
                reschedule_waiting(connection, now)
            })
            .await?;
        if count > 0 {
            tracing::warn!(count, "the clock was set back; waiting tasks and runs were rescheduled");
        }
        Ok(count)
    }
}
