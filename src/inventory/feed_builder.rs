//! One answer of the feed in the making: changes are pushed instance by instance, in the phase in which the server is with
//! each of them ([`super::feed`]), until as many are there as were asked for.

use super::feed::FeedError;
use super::server_filter::ServerFilter;
use crate::model::{
    ChangeKind, DeviceBody, DeviceId, FeedChange, FeedPhase, FeedPosition, FeedPositions, GoneReason, InstanceId, Seq,
};
use crate::store::{InstanceRow, Store, StoreError};

/// A snapshot has no use for devices that had gone when it began.
fn skip_gone_to(phase: FeedPhase) -> Seq {
    match phase {
        FeedPhase::Snapshot { begun_at } => begun_at,
        FeedPhase::Live | FeedPhase::Leaving { .. } => Seq(0),
    }
}

pub(super) struct FeedBatchBuilder<'a> {
    pub(super) store: &'a Store,
    pub(super) filter: ServerFilter,
    pub(super) head: Seq,
    pub(super) remaining: usize,
    pub(super) positions: FeedPositions,
    pub(super) changes: Vec<FeedChange<DeviceBody>>,
    pub(super) steps: Vec<(InstanceId, FeedPosition)>,
    pub(super) has_more: bool,
}

impl FeedBatchBuilder<'_> {
    pub(super) async fn push_changes(&mut self, instance: &InstanceRow) -> Result<(), FeedError> {
        let Some(mut at) = self.begin_position(instance) else {
            return Ok(());
        };
        // What the filter asks for is on its way into the store: until it is there, nothing is told and no mark ends.
        if self.filter.is_waiting_for(instance) {
            return Ok(());
        }
        let wanted = self.remaining;
        let rows = self
            .store
            .read_feed(instance.id, at.seq, skip_gone_to(at.phase), wanted)
            .await?;
        let drained = rows.len() < wanted;
        for row in rows.iter() {
            at.seq = row.seq;
            if let Some(change) = self.filter.visible_change(&instance.name, row, at.phase) {
                self.push(instance.id, at, change);
            }
        }
        self.positions.insert(instance.id, at);
        if !drained {
            self.remaining = 0;
            self.has_more = true;
            return Ok(());
        }
        if matches!(at.phase, FeedPhase::Snapshot { .. }) && instance.fleet.is_proven() {
            self.store.check_feed_complete(instance.id).await?;
        }
        self.push_snapshot_end(instance, at).await
    }

    /// Where reading begins: behind what was read, or with a new snapshot. `None`: there is nothing to tell.
    fn begin_position(&mut self, instance: &InstanceRow) -> Option<FeedPosition> {
        let floor = instance.tombstone_floor;
        let fits = |position: &FeedPosition| match position.phase {
            FeedPhase::Live => position.seq >= floor,
            FeedPhase::Snapshot { begun_at } => floor <= begun_at || position.seq >= floor,
            FeedPhase::Leaving { .. } => false,
        };
        if let Some(position) = self.positions.get(&instance.id).filter(|position| fits(position)) {
            return Some(*position);
        }
        if instance.removed_at.is_some() && !self.positions.contains_key(&instance.id) {
            return None;
        }
        let position = FeedPosition::begin_snapshot(self.positions.get(&instance.id).copied(), self.head);
        self.positions.insert(instance.id, position);
        self.push(
            instance.id,
            position,
            FeedChange::with_kind(&instance.name, ChangeKind::SnapshotBegin),
        );
        Some(position)
    }

    /// The end mark, where the head is reached and the fleet is proven whole (F4).
    async fn push_snapshot_end(&mut self, instance: &InstanceRow, mut at: FeedPosition) -> Result<(), FeedError> {
        let is_complete = instance.fleet.is_proven() || instance.removed_at.is_some();
        if !matches!(at.phase, FeedPhase::Snapshot { .. }) || !is_complete {
            return Ok(());
        }
        if self.remaining == 0 {
            self.has_more = true;
            return Ok(());
        }
        let set_aside = match instance.removed_at {
            None => self.kept_all_the_same(instance.id).await?,
            Some(_) => Vec::new(),
        };
        // The rows were read before: a record that can be read meanwhile is not set aside any more, and its device stands
        // in a row that this answer does not hold.
        if self.has_rows_behind(instance.id, at).await? {
            self.has_more = true;
            return Ok(());
        }
        if let FeedPhase::Snapshot { begun_at } = at.phase {
            at.seq = at.seq.max(begun_at);
        }
        at.phase = FeedPhase::Live;
        self.positions.insert(instance.id, at);
        let end = FeedChange {
            set_aside,
            ..FeedChange::with_kind(&instance.name, ChangeKind::SnapshotEnd)
        };
        self.push(instance.id, at, end);
        Ok(())
    }

    async fn has_rows_behind(&self, instance: InstanceId, at: FeedPosition) -> Result<bool, StoreError> {
        let skip_gone_to = skip_gone_to(at.phase);
        let next = self.store.read_feed(instance, at.seq, skip_gone_to, 1).await?;
        Ok(!next.is_empty())
    }

    /// Devices of which nothing is known that could be told: their records were set aside, or the filter fails on them.
    async fn kept_all_the_same(&self, instance: InstanceId) -> Result<Vec<DeviceId>, StoreError> {
        let mut ids = self.store.list_rejected_devices(instance).await?;
        let unjudged = self.filter.unjudged_ids(self.store, instance).await?;
        let unjudged: Vec<DeviceId> = unjudged.into_iter().filter(|id| !ids.contains(id)).collect();
        ids.extend(unjudged);
        Ok(ids)
    }

    pub(super) async fn push_unassigned(&mut self, instance: &InstanceRow) -> Result<(), FeedError> {
        let Some(position) = self.positions.get(&instance.id).copied() else {
            return Ok(());
        };
        if position.has_left() {
            return Ok(());
        }
        let mut at = position.begin_leaving();
        let FeedPhase::Leaving { after } = at.phase else {
            return Ok(());
        };
        let wanted = self.remaining;
        let rows = self.store.list_devices_after(instance.id, after, wanted).await?;
        let drained = rows.len() < wanted;
        for (row, id) in rows {
            at.phase = FeedPhase::Leaving { after: row };
            let change = FeedChange {
                device_id: Some(id),
                reason: Some(GoneReason::Unassigned),
                ..FeedChange::with_kind(&instance.name, ChangeKind::Gone)
            };
            self.push(instance.id, at, change);
        }
        if drained {
            at.phase = FeedPhase::Leaving {
                after: FeedPosition::LEFT,
            };
            if let Some(last) = self.steps.last_mut().filter(|last| last.0 == instance.id) {
                last.1 = at;
            }
        }
        self.positions.insert(instance.id, at);
        self.has_more |= !drained;
        Ok(())
    }

    fn push(&mut self, instance: InstanceId, at: FeedPosition, change: FeedChange<DeviceBody>) {
        self.changes.push(change);
        self.steps.push((instance, at));
        self.remaining = self.remaining.saturating_sub(1);
    }
}

#[cfg(test)]
#[path = "feed_end_tests.rs"]
mod tests;
