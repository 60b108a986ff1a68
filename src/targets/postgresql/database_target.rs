//! A target whose other side is a PostgreSQL database.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, MutexGuard, mpsc};

use super::columns::{DEVICE_COLUMNS, OWN_COLUMNS, TableColumn, planned_columns};
use super::fault::DatabaseFailure;
use super::migrate::{add_columns, check_version, prepare_tables};
use super::postgresql_profile;
use super::read::{find_by_device, find_by_id, list_page};
use super::session::{DatabaseAddress, DatabaseSession};
use super::translate::translate_revert;
use super::verify::verify_database;
use crate::contract::CheckStep;
use crate::targets::request_pace::RequestPace;
use crate::targets::{
    FieldValues, KindProfile, PlannedWrite, RecordId, RecordPage, RecordSearch, TargetAdapter, TargetFault,
    TargetField, TargetFuture, TargetRecord, WriteDone,
};

/// Longest name of a column, bytes.
const NAME_MAX: usize = 63;

pub(super) struct PostgreSqlTarget {
    pub(super) address: DatabaseAddress,
    pub(super) pace: RequestPace,
    /// One connection, one call at a time.
    session: Mutex<Option<DatabaseSession>>,
}

/// The connection, for one call.
pub(super) struct SessionGuard<'a>(MutexGuard<'a, Option<DatabaseSession>>);

impl SessionGuard<'_> {
    pub(super) fn session(&mut self) -> &mut DatabaseSession {
        self.0
            .as_mut()
            .expect("it was opened, and no call came after one that closed it")
    }

    /// The connection for another call, after one that went well.
    fn check(self, result: Result<(), DatabaseFailure>) -> Result<Self, DatabaseFailure> {
        match result {
            Ok(()) => Ok(self),
            Err(failure) => self.finish(Err(failure)),
        }
    }

    /// The end of a call. A connection that is of no use any more is closed.
    pub(super) fn finish<T>(mut self, result: Result<T, DatabaseFailure>) -> Result<T, DatabaseFailure> {
        if let Err(failure) = &result
            && (failure.ends_session || failure.doubts_tables)
        {
            *self.0 = None;
        }
        result
    }
}

impl PostgreSqlTarget {
    pub(super) fn new(address: DatabaseAddress, pace: RequestPace) -> PostgreSqlTarget {
        PostgreSqlTarget {
            address,
            pace,
            session: Mutex::new(None),
        }
    }

    /// Opens the connection where there is none that can be used.
    pub(super) async fn take_session(&self) -> Result<SessionGuard<'_>, DatabaseFailure> {
        let mut guard = self.session.lock().await;
        if !guard.as_ref().is_some_and(DatabaseSession::is_usable) {
            // First the old one: a server may allow no second connection.
            *guard = None;
            *guard = Some(DatabaseSession::open(&self.address).await?);
        }
        Ok(SessionGuard(guard))
    }

    /// For a look, which makes no tables.
    async fn take_reader(&self) -> Result<SessionGuard<'_>, DatabaseFailure> {
        self.pace.acquire().await;
        let mut guard = self.take_session().await?;
        check_version(guard.session().version)?;
        Ok(guard)
    }

    /// The columns of the tables, which are made where they are missing.
    pub(super) async fn prepare_columns(&self) -> Result<Vec<TableColumn>, DatabaseFailure> {
        let mut guard = self.take_session().await?;
        let prepared = prepare_tables(guard.session(), &self.address).await;
        let columns = guard.session().columns.clone();
        guard.finish(prepared.map(|()| columns))
    }

    /// The columns as they are by now.
    pub(super) async fn reread_columns(&self) -> Result<Vec<TableColumn>, DatabaseFailure> {
        let mut guard = self.take_session().await?;
        let read = guard.session().read_tables(&self.address.own.schema).await;
        let columns = guard.session().columns.clone();
        guard.finish(read.map(|()| columns))
    }

    async fn list_columns(&self) -> Result<Vec<TargetField>, DatabaseFailure> {
        let mut guard = self.take_reader().await?;
        // Somebody may have added one a moment ago.
        let looked = guard.session().read_tables(&self.address.own.schema).await;
        let mut guard = guard.check(looked)?;
        let session = guard.session();
        let columns = if session.version == 0 {
            planned_columns()
        } else {
            session.columns.clone()
        };
        let fields = columns.iter().filter(|column| !column.is_own()).map(describe_column);
        Ok(fields.collect())
    }

    async fn make_columns(&self, names: &[String]) -> Result<Vec<String>, DatabaseFailure> {
        let is_there = |columns: &[TableColumn], name: &str| columns.iter().any(|column| column.name == name);
        let columns = self.prepare_columns().await?;
        let wanted: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| is_column_name(name) && !is_there(&columns, name))
            .collect();
        let mut guard = self.take_session().await?;
        let added = if wanted.is_empty() {
            Ok(())
        } else {
            self.pace.acquire().await;
            add_columns(guard.session(), &self.address, &wanted).await
        };
        let now = guard.session().columns.clone();
        guard.finish(added)?;
        let missing = names
            .iter()
            .filter(|name| !is_there(&now, name) || OWN_COLUMNS.contains(&name.as_str()));
        Ok(missing.cloned().collect())
    }

    async fn put_values(&self, id: &RecordId, values: &FieldValues) -> Result<(), DatabaseFailure> {
        let columns = self.prepare_columns().await?;
        let row = translate_revert(id, values, &columns)?;
        match self.write_round(&[row]).await?.pop() {
            Some((_, Err(fault))) => Err(fault.into()),
            _ => Ok(()),
        }
    }
}

/// A name that a column of somebody's own may have.
fn is_column_name(name: &str) -> bool {
    (1..=NAME_MAX).contains(&name.len())
        && !OWN_COLUMNS.contains(&name)
        && name
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | ' ' | '-'))
}

fn describe_column(column: &TableColumn) -> TargetField {
    let known = DEVICE_COLUMNS.iter().find(|known| known.name == column.name);
    TargetField {
        name: column.name.clone(),
        label: known.map_or(column.name.as_str(), |known| known.property).to_owned(),
        custom: column.is_custom(),
        writable: true,
        known_values: Vec::new(),
    }
}

impl TargetAdapter for PostgreSqlTarget {
    fn profile(&self) -> &KindProfile {
        postgresql_profile()
    }

    fn list_fields(&self) -> TargetFuture<'_, Vec<TargetField>> {
        async { Ok(self.list_columns().await?) }.boxed()
    }

    /// All other columns are there, or can be made.
    fn check_field(&self, field: &str) -> Result<(), TargetFault> {
        if !OWN_COLUMNS.contains(&field) {
            return Ok(());
        }
        Err(TargetFault::Misconfigured {
            problem: format!("the column {field} is filled by the target itself"),
            advice: "take it out of the mapping: intune-connector targets mapping TARGET --set FILE".to_owned(),
        })
    }

    fn make_fields<'a>(&'a self, names: &'a [String]) -> TargetFuture<'a, Vec<String>> {
        async { Ok(self.make_columns(names).await?) }.boxed()
    }

    fn find_records<'a>(&'a self, search: RecordSearch<'a>) -> TargetFuture<'a, Vec<TargetRecord>> {
        async move {
            let RecordSearch::Device(device) = search else {
                return Ok(Vec::new());
            };
            let mut guard = self.take_reader().await?;
            let found = find_by_device(guard.session(), &self.address, device.key.device).await;
            Ok(guard.finish(found)?)
        }
        .boxed()
    }

    fn list_records(&self, page: Option<String>) -> TargetFuture<'_, RecordPage> {
        async move {
            let mut guard = self.take_reader().await?;
            let listed = list_page(guard.session(), &self.address, page.as_deref()).await;
            Ok(guard.finish(listed)?)
        }
        .boxed()
    }

    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>> {
        async move {
            let mut guard = self.take_reader().await?;
            let found = find_by_id(guard.session(), &self.address, id).await;
            Ok(guard.finish(found)?)
        }
        .boxed()
    }

    /// A user is a name here: there is no list of them that one could be missing from.
    fn find_user<'a>(&'a self, user: &'a str) -> TargetFuture<'a, Option<String>> {
        async move { Ok(Some(user.to_owned())) }.boxed()
    }

    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>> {
        self.write_pages(writes).boxed()
    }

    fn put_back<'a>(&'a self, id: &'a RecordId, values: &'a FieldValues) -> TargetFuture<'a, ()> {
        async { Ok(self.put_values(id, values).await?) }.boxed()
    }

    fn verify_connection<'a>(&'a self, steps: mpsc::Sender<CheckStep>) -> BoxFuture<'a, ()> {
        verify_database(&self.address, steps).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::ColumnKind;
    use super::*;

    #[test]
    fn a_column_of_ones_own_has_a_plain_name_that_is_not_ours() {
        for good in ["cost_centre", "Kostenstelle 2", "größe", "a-b"] {
            assert!(is_column_name(good), "{good}");
        }
        for bad in ["", "data", "record", "a\"b", "a;b", "a\0b", &"x".repeat(64)] {
            assert!(!is_column_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_field_is_called_as_the_device_calls_it() {
        let column = |name: &str| TableColumn {
            name: name.to_owned(),
            kind: ColumnKind::Text,
        };
        let (ours, theirs) = (
            describe_column(&column("os_version")),
            describe_column(&column("cost_centre")),
        );
        assert_eq!((ours.label.as_str(), ours.custom), ("osVersion", false));
        assert_eq!((theirs.label.as_str(), theirs.custom), ("cost_centre", true));
    }
}
