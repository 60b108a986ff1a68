//! How the store is read and written: one writer for all, and as many readers at a time as there are places.

use std::sync::PoisonError;

use rusqlite::Connection;

use super::error::StoreError;
use super::write_marks::WriteConcern;
use super::{Store, StoreState, WakeTarget, accounts_version, open, sql_values};

impl Store {
    pub(super) async fn write<T, F>(&self, operation: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.write_concerning(WriteConcern::Everybody, [], operation).await
    }

    /// The same, and lets those look again whom it concerns, at once rather than with the next tick. What changed nothing
    /// wakes nobody: who was woken would ask for the same again, and so on without end.
    pub(super) async fn write_and_wake<const N: usize, T, F>(
        &self,
        whom: [WakeTarget; N],
        operation: F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.write_concerning(WriteConcern::Everybody, whom, operation).await
    }

    /// The same of an operation that does not concern everybody ([`super::write_marks`]).
    pub(super) async fn write_concerning<const N: usize, T, F>(
        &self,
        concern: WriteConcern,
        whom: [WakeTarget; N],
        operation: F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let StoreState {
            head,
            tasks,
            runs,
            orders,
            ..
        } = &*self.inner;
        let (head, tasks, runs, orders) = (head.clone(), tasks.clone(), runs.clone(), orders.clone());
        let write_marks = self.inner.write_marks.clone();
        let wake = move || {
            // First: who is woken takes the mark before looking.
            write_marks.count_write(concern);
            for waiting in whom {
                match waiting {
                    // It has not moved; who waits for changes looks again all the same.
                    WakeTarget::Changes => head.send_modify(|_| ()),
                    WakeTarget::Tasks => tasks.send_modify(|count| *count += 1),
                    WakeTarget::Runs => runs.send_modify(|count| *count += 1),
                    WakeTarget::Orders => orders.send_modify(|count| *count += 1),
                }
            }
        };
        let (judged, recorders) = (self.accounts_version, self.recorders.clone());
        let (audit_key, at_ms) = (self.inner.audit_key, sql_values::to_millis(self.inner.clock.now()));
        let checked = move |connection: &Connection| {
            accounts_version::check_unchanged(connection, judged)?;
            let answer = operation(connection)?;
            let recorded = recorders.append(connection, &audit_key, at_ms, &answer)?;
            Ok((answer, recorded))
        };
        let (answer, recorded) = self.inner.writer.run(checked, wake).await?;
        for entry in recorded {
            tracing::info!(
                operator = entry.actor,
                action = entry.action,
                subject = entry.subject,
                "done"
            );
        }
        Ok(answer)
    }

    pub(super) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let _place = self
            .inner
            .free_readers
            .acquire()
            .await
            .map_err(|_| StoreError::Closed)?;
        let inner = self.inner.clone();
        let result = tokio::task::spawn_blocking(move || {
            let pooled = inner.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match pooled {
                Some(connection) => connection,
                None => open::open_reader(&inner.folder)?,
            };
            let result = query(&connection);
            inner
                .readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            result
        });
        let result = result.await.map_err(|_| StoreError::Closed)?;
        if let Err(StoreError::Damaged(error)) = &result {
            self.report_damage(error);
        }
        result
    }
}
