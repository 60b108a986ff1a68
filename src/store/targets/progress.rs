//! Snapshots of the feed: which devices one had, and which links it lacked.
//!
//! Each snapshot of an instance has a number, kept with the links of the devices that it had. A page that is read again
//! marks the same devices again; a snapshot that begins again gets a new number, and with it all of its devices.

use rusqlite::params;

use super::columns::read_instance;
use super::link_rows::list_link_rows;
use super::{TargetKey, TargetLinkRow};
use crate::contract::LinkPhase;
use crate::model::{DeviceId, InstanceId};
use crate::store::sql_values::device_key;
use crate::store::sql_words::quote_matching;
use crate::store::write_marks::WriteConcern;
use crate::store::{Store, StoreError};

/// How far a target is with the snapshots of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetProgressRow {
    pub instance: InstanceId,
    /// Number of the last one that began.
    pub snapshot: i64,
    /// It has not ended.
    pub open: bool,
}

/// Links whose devices a snapshot lacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnseenLinks {
    pub target: InstanceId,
    pub instance: InstanceId,
    pub snapshot: i64,
    /// Only devices behind this one.
    pub after: Option<DeviceId>,
    pub limit: usize,
}

impl Store {
    pub async fn begin_target_snapshot(&self, target: InstanceId, instance: InstanceId) -> Result<i64, StoreError> {
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let mut statement = connection.prepare_cached(
                "INSERT INTO target_progress (target, instance, snapshot, open) VALUES (?1, ?2, 1, 1)
                 ON CONFLICT (target, instance) DO UPDATE SET snapshot = snapshot + 1, open = 1 RETURNING snapshot",
            )?;
            Ok(statement.query_row(params![target.0, instance.0], |row| row.get("snapshot"))?)
        })
        .await
    }

    /// Each device with the number of the snapshot that has it. Devices without a link are passed over.
    pub async fn mark_target_seen(&self, target: InstanceId, seen: Vec<(TargetKey, i64)>) -> Result<(), StoreError> {
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE target_link SET snapshot = ?4
                 WHERE target = ?1 AND instance = ?2 AND device = ?3 AND snapshot < ?4",
            )?;
            for ((instance, device), snapshot) in seen {
                statement.execute(params![target.0, instance.0, device_key(&device), snapshot])?;
            }
            Ok(())
        })
        .await
    }

    pub async fn end_target_snapshot(&self, target: InstanceId, instance: InstanceId) -> Result<(), StoreError> {
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            connection.execute(
                "UPDATE target_progress SET open = 0 WHERE target = ?1 AND instance = ?2",
                params![target.0, instance.0],
            )?;
            Ok(())
        })
        .await
    }

    /// By instance.
    pub async fn load_target_progress(&self, target: InstanceId) -> Result<Vec<TargetProgressRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT instance, snapshot, open FROM target_progress WHERE target = ?1 ORDER BY instance",
            )?;
            let rows = statement.query_map([target.0], |row| {
                Ok(TargetProgressRow {
                    instance: read_instance(row, "instance")?,
                    snapshot: row.get("snapshot")?,
                    open: row.get("open")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Links that are kept up to date, being made, or perhaps brought back, and whose devices the snapshot lacked. Whoever
    /// handles them in such a way that they stay as they are goes on with [`Self::list_unseen_links_after`].
    pub async fn list_unseen_links(
        &self,
        target: InstanceId,
        instance: InstanceId,
        snapshot: i64,
        limit: usize,
    ) -> Result<Vec<TargetLinkRow>, StoreError> {
        let from_first = UnseenLinks {
            target,
            instance,
            snapshot,
            after: None,
            limit,
        };
        self.list_unseen_links_after(from_first).await
    }

    /// In the order of the ids of devices.
    pub async fn list_unseen_links_after(&self, unseen: UnseenLinks) -> Result<Vec<TargetLinkRow>, StoreError> {
        let epoch = self.epoch();
        self.read(move |connection| {
            let living = quote_matching(|phase: LinkPhase| matches!(phase, LinkPhase::Intended | LinkPhase::Active));
            let gone = LinkPhase::Gone.name();
            // No id is smaller than nothing.
            let after = unseen
                .after
                .map_or_else(Vec::new, |device| device_key(&device).to_vec());
            list_link_rows(
                connection,
                epoch,
                &format!(
                    "WHERE target = ?1 AND instance = ?2 AND device > ?3 AND snapshot < ?4
                         AND (phase IN {living} OR phase = '{gone}' AND unanswered = 1)
                     ORDER BY device LIMIT ?5"
                ),
                params![
                    unseen.target.0,
                    unseen.instance.0,
                    after,
                    unseen.snapshot,
                    unseen.limit as i64
                ],
            )
        })
        .await
    }
}
