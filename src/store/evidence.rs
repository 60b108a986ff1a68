//! What a period is documented by: all of one moment, and a row at a time, so that a year takes no more memory than a day.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::access_facts::list_account_names;
use super::audit::{START, entry_from_row, verify_chain};
use super::audit_witness::AuditWitness;
use super::columns::{read_instance, read_word};
use super::evidence_period::{EvidencePeriod, RowVisitor};
use super::jobs::{self, BrokenGlass, JobRow, RelaxationRow, TaskRow};
use super::orders::{OrderRow, visit_orders};
use super::sql_values::to_millis;
use super::{Store, StoreError};
use crate::contract::{AuditEntryView, AuditVerdictView, EvidenceEntriesView};
use crate::model::{InstanceId, InstanceName, OperatorId, Timestamp};

/// Reads one moment of the store.
pub struct EvidenceReader<'c> {
    connection: &'c Connection,
    audit_key: &'c [u8],
    period: EvidencePeriod,
}

impl Store {
    /// Runs `work` on one moment of the store, in a thread that may wait for a disk.
    pub async fn read_evidence<T: Send + 'static>(
        &self,
        period: EvidencePeriod,
        work: impl FnOnce(&EvidenceReader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let key = self.inner.audit_key;
        self.read(move |connection| {
            let _moment = connection.unchecked_transaction()?;
            work(&EvidenceReader {
                connection,
                audit_key: &key,
                period,
            })
        })
        .await
    }
}

impl EvidenceReader<'_> {
    /// Verifies the whole trail, as [`Store::verify_audit_trail`] does.
    pub fn verify_trail(&self, witnesses: Vec<AuditWitness>) -> Result<AuditVerdictView, StoreError> {
        verify_chain(self.connection, self.audit_key, witnesses)
    }

    /// The entries of the trail from the first one at or after the begin to the last one before the end, in their order;
    /// answers which these are. One whose details are no JSON is told as it stands: somebody has changed it.
    pub fn visit_entries(&self, visit: RowVisitor<'_, AuditEntryView>) -> Result<EvidenceEntriesView, StoreError> {
        let (first, last) = self.find_entry_range()?;
        let mut entries = EvidenceEntriesView::behind(&self.find_chain_before(first)?);
        let mut statement = self.connection.prepare(
            "SELECT id, at, actor, action, subject, detail, chain FROM audit WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
        )?;
        let mut rows = statement.query(params![first, last])?;
        while let Some(row) = rows.next()? {
            let (entry, detail) = entry_from_row(row)?;
            let detail = serde_json::from_str(&detail).unwrap_or(Value::String(detail));
            entries.add_entry(entry.id, &entry.chain);
            visit(AuditEntryView { detail, ..entry })?;
        }
        Ok(entries)
    }

    /// Jobs that needed a second person, with their number of devices.
    pub fn visit_approvals(&self, visit: RowVisitor<'_, (JobRow, u64)>) -> Result<(), StoreError> {
        jobs::visit_approvals(self.connection, self.period, visit)
    }

    /// Tasks with their jobs.
    pub fn visit_tasks(&self, visit: RowVisitor<'_, (TaskRow, JobRow)>) -> Result<(), StoreError> {
        jobs::visit_tasks(self.connection, self.period, visit)
    }

    /// Requests to loosen the guard or to change accounts.
    pub fn visit_relaxations(&self, visit: RowVisitor<'_, RelaxationRow>) -> Result<(), StoreError> {
        jobs::visit_relaxations(self.connection, self.period, visit)
    }

    /// Emergencies.
    pub fn visit_broken_glass(&self, visit: RowVisitor<'_, BrokenGlass>) -> Result<(), StoreError> {
        jobs::visit_broken_glass(self.connection, self.period, visit)
    }

    /// Orders of applications.
    pub fn visit_orders(&self, visit: RowVisitor<'_, OrderRow>) -> Result<(), StoreError> {
        visit_orders(self.connection, self.period, visit)
    }

    /// Names of accounts by number, those that were removed too.
    pub fn list_account_names(&self) -> Result<BTreeMap<OperatorId, String>, StoreError> {
        list_account_names(self.connection)
    }

    /// Names of instances by number, those that were removed too.
    pub fn list_instance_names(&self) -> Result<BTreeMap<InstanceId, InstanceName>, StoreError> {
        let mut statement = self.connection.prepare("SELECT id, name FROM instance")?;
        let rows = statement.query_map([], |row| Ok((read_instance(row, "id")?, read_word(row, "name")?)))?;
        rows.map(|row| row.map_err(StoreError::from)).collect()
    }

    /// Numbers of the first and the last entry; the first behind the last: there is none.
    fn find_entry_range(&self) -> Result<(i64, i64), StoreError> {
        let found = |sql: &str, at: Timestamp| {
            self.connection
                .query_row(sql, [to_millis(at)], |row| row.get::<_, Option<i64>>(0))
        };
        let first = found("SELECT min(id) FROM audit WHERE at >= ?1", self.period.from)?;
        let last = found("SELECT max(id) FROM audit WHERE at < ?1", self.period.until)?;
        Ok((first.unwrap_or(i64::MAX), last.unwrap_or(0)))
    }

    fn find_chain_before(&self, id: i64) -> Result<String, StoreError> {
        let found: Option<Vec<u8>> = self
            .connection
            .query_row(
                "SELECT chain FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT 1",
                [id],
                |row| row.get(0),
            )
            .optional()?;
        Ok(hex::encode(found.unwrap_or_else(|| START.to_vec())))
    }
}
