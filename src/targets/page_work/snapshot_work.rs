//! Snapshots of the feed: every device that one has is marked, and at its end the records of those that it lacked are treated
//! as of devices that are gone, behind the same gate as all writes.
//!
//! What the end mark names as set aside was not told and is not gone; a device that is set aside *here* was told, so it is
//! marked like all others.

use super::TargetPass;
use crate::model::{DeviceId, InstanceId, InstanceName};
use crate::store::{TargetKey, UnseenLinks};
use crate::targets::DeviceKey;
use crate::targets::feed_reader::DeviceSight;
use crate::targets::gone_work::explain_absences;
use crate::targets::work_error::WorkError;

/// Links that are looked at together.
const BATCH: usize = 500;

impl TargetPass<'_> {
    /// Which snapshots are open, from an earlier pass or an earlier start.
    pub(in crate::targets) async fn load_snapshots(&mut self) -> Result<(), WorkError> {
        let rows = self.context.store.load_target_progress(self.context.target).await?;
        let open = rows.into_iter().filter(|row| row.open);
        self.snapshots = open.map(|row| (row.instance, row.snapshot)).collect();
        Ok(())
    }

    /// The open snapshot of its instance; 0: none.
    pub(super) fn snapshot_of(&self, key: DeviceKey) -> i64 {
        self.snapshots.get(&key.instance).copied().unwrap_or(0)
    }

    pub(super) async fn begin_snapshot(&mut self, instance: InstanceId) -> Result<(), WorkError> {
        self.settle_writes().await?;
        self.mark_seen().await?;
        let (store, target) = (&self.context.store, self.context.target);
        let number = store.begin_target_snapshot(target, instance).await?;
        self.snapshots.insert(instance, number);
        Ok(())
    }

    /// Which devices the open snapshots had.
    pub(super) async fn mark_seen(&mut self) -> Result<(), WorkError> {
        let seen = std::mem::take(&mut self.seen);
        let marked = seen.into_iter().filter_map(|key| {
            let number = self.snapshots.get(&key.instance)?;
            Some(((key.instance, key.device), *number))
        });
        let marked: Vec<(TargetKey, i64)> = marked.collect();
        if !marked.is_empty() {
            self.context.store.mark_target_seen(self.context.target, marked).await?;
        }
        Ok(())
    }

    /// `kept`: not told, and not gone.
    pub(super) async fn end_snapshot(
        &mut self,
        instance: InstanceId,
        name: &InstanceName,
        kept: &[DeviceId],
    ) -> Result<(), WorkError> {
        self.settle_writes().await?;
        self.mark_seen().await?;
        // Without its begin nobody knows what it had.
        let Some(snapshot) = self.snapshots.get(&instance).copied() else {
            return Ok(());
        };
        let held_before = self.held.len();
        let (store, target) = (&self.context.store, self.context.target);
        let mut after = None;
        loop {
            let unseen = UnseenLinks {
                target,
                instance,
                snapshot,
                after,
                limit: BATCH,
            };
            let links = store.list_unseen_links_after(unseen).await?;
            let is_last = links.len() < BATCH;
            after = links.last().map(|link| link.device);
            let missing: Vec<DeviceId> = links
                .iter()
                .map(|link| link.device)
                .filter(|device| !kept.contains(device))
                .collect();
            self.work_missing(instance, name, missing).await?;
            if is_last {
                break;
            }
        }
        // What the snapshot does not tell: of whom they wait for may have gone as well.
        let mut waiting = store.list_waiting_links(target, instance).await?;
        waiting.retain(|device| !kept.contains(device));
        self.work_missing(instance, name, waiting).await?;
        self.clear_absent_asides(instance, kept).await?;
        if self.held.len() == held_before {
            store.end_target_snapshot(target, instance).await?;
            self.snapshots.remove(&instance);
        }
        Ok(())
    }

    async fn work_missing(
        &mut self,
        instance: InstanceId,
        name: &InstanceName,
        devices: Vec<DeviceId>,
    ) -> Result<(), WorkError> {
        for (device, absence) in explain_absences(self.context, &self.view, instance, devices).await? {
            self.work_gone(DeviceKey { instance, device }, name, absence).await?;
        }
        self.settle_writes().await
    }

    /// Nobody has to decide about devices that are not there any more, or that a filter leaves out.
    async fn clear_absent_asides(&mut self, instance: InstanceId, kept: &[DeviceId]) -> Result<(), WorkError> {
        let (store, target) = (&self.context.store, self.context.target);
        for row in store.list_target_aside(target, false).await? {
            if row.instance != instance || kept.contains(&row.device) {
                continue;
            }
            let device = row.device;
            let sight = self
                .view
                .find_device(self.context, DeviceKey { instance, device })
                .await?;
            if matches!(sight, DeviceSight::NotHere) {
                store.clear_target_aside(target, row.key()).await?;
            }
        }
        Ok(())
    }
}
