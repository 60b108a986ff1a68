//! How an application is prepared in the tenant, and removed from it: each step is kept as soon as it is taken.

use rusqlite::params;

use super::applications::delete_application;
use super::order_rows::list_application_rows;
use super::{ApplicationLinks, ApplicationRow, StepFailure};
use crate::contract::ApplicationState;
use crate::model::{InstanceId, Timestamp};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::{Store, StoreError, WakeTarget};

impl Store {
    /// Applications of which something is to be created or removed now, the longest due first.
    pub async fn due_applications(
        &self,
        instance: InstanceId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ApplicationRow>, StoreError> {
        self.read(move |connection| {
            list_application_rows(
                connection,
                "a.instance = ?1 AND a.next_attempt_at <= ?2 ORDER BY a.next_attempt_at, a.key LIMIT ?3",
                params![instance.0, to_millis(now), limit as i64],
            )
        })
        .await
    }

    /// After each single step, so that a crash finds what was made.
    pub async fn record_application_links(&self, key: i64, links: ApplicationLinks) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            connection.execute(
                "UPDATE application SET links = ?2, changed_at = ?3 WHERE key = ?1",
                params![key, to_json(&links), now],
            )?;
            Ok(())
        })
        .await
    }

    /// Everything is there: it can be ordered. False where it is being removed meanwhile, or is gone.
    pub async fn complete_application(&self, key: i64) -> Result<bool, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let changed = connection.execute(
                "UPDATE application SET state = ?2, failure = NULL, attempts = 0, next_attempt_at = NULL, changed_at = ?3
                 WHERE key = ?1 AND state <> ?4",
                params![
                    key,
                    ApplicationState::CreationSucceeded.name(),
                    now,
                    ApplicationState::Removing.name()
                ],
            )?;
            Ok(changed > 0)
        })
        .await
    }

    /// An attempt failed; one that is being removed stays so. `None`: no other attempt follows by itself.
    pub async fn fail_application(
        &self,
        key: i64,
        failure: StepFailure,
        next_attempt_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.record_attempt(key, Some(ApplicationState::Failed), failure, next_attempt_at)
            .await
    }

    /// An attempt came too early, and another one follows by itself: the state stays, with what is waited for.
    pub async fn delay_application(
        &self,
        key: i64,
        failure: StepFailure,
        next_attempt_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.record_attempt(key, None, failure, Some(next_attempt_at)).await
    }

    async fn record_attempt(
        &self,
        key: i64,
        state: Option<ApplicationState>,
        failure: StepFailure,
        next_attempt_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            connection.execute(
                "UPDATE application SET state = CASE WHEN state = ?6 THEN state ELSE coalesce(?2, state) END, failure = ?3,
                     attempts = attempts + 1, next_attempt_at = ?4, changed_at = ?5 WHERE key = ?1",
                params![
                    key,
                    state.map(ApplicationState::name),
                    to_json(&failure),
                    next_attempt_at.map(to_millis),
                    now,
                    ApplicationState::Removing.name(),
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// Its groups and assignments are gone, and so is the application. False where it was gone before.
    pub async fn finish_application_removal(&self, key: i64) -> Result<bool, StoreError> {
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            delete_application(connection, key)
        })
        .await
    }
}
