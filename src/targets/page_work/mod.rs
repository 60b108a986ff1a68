//! One pass over the feed, from what was acknowledged to the head: what a change says is planned, and what may be written is
//! written, in the order of the changes.
//!
//! ```text
//! page → devices and their links → planned steps → gate → batch → other side → recorded → acknowledged
//! ```
//!
//! *Held writes.* What waits for consent is not written, and the page that has it is not acknowledged; reading goes on to the
//! head all the same, so that what an ordinary day does still reaches the other side, and all that waits is one question.
//! The next pass begins at the same place and finds what was written as it should be, for no request.
//!
//! *Durable first.* Links, set-aside devices and marks of a snapshot are in the store before the page is acknowledged.

mod device_changes;
mod gone_changes;
mod held_writes;
mod open_runs;
mod record_work;
mod redo;
mod redo_work;
mod snapshot_work;
mod write_queue;
mod write_work;

pub(super) use held_writes::HeldWrites;
pub(super) use open_runs::OpenRuns;
pub(super) use write_queue::{QueuedLink, QueuedWrite, WriteQueue};

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;
use tokio::time::Instant;

use super::device_work::{DevicePlanner, PageLinks, PlanLookups, PlanMemory};
use super::feed_reader::{FeedView, source_device};
use super::target_context::TargetContext;
use super::work_error::WorkError;
use super::write_gate::WriteGate;
use super::{CompiledMapping, DeviceKey, RecordId};
use crate::contract::WriteClass;
use crate::inventory::feed::OutdatedCursor;
use crate::model::{ChangeKind, DeviceBody, FeedChange, GoneReason, InstanceId};
use crate::store::{NewTargetAside, TargetAsideRow, TargetKey, TargetProblem};
use redo::Redo;

/// The pass of one worker.
pub(super) struct TargetPass<'a> {
    pub context: &'a TargetContext,
    pub stop: watch::Receiver<bool>,
    pub mapping: &'a CompiledMapping,
    pub memory: &'a mut PlanMemory,
    pub runs: &'a mut OpenRuns,
    waiting: &'a mut HeldWrites,
    pub view: FeedView,
    pub gate: WriteGate,
    /// What waits for consent, with the record that it is about.
    pub held: BTreeMap<(DeviceKey, WriteClass), Option<RecordId>>,
    /// Numbers of the snapshots that are open, by instance.
    pub snapshots: BTreeMap<InstanceId, i64>,
    asides: BTreeMap<TargetKey, TargetAsideRow>,
    queue: WriteQueue,
    again: Vec<Redo>,
    new_asides: Vec<NewTargetAside>,
    errors: Vec<(TargetKey, Option<TargetProblem>)>,
    seen: BTreeSet<DeviceKey>,
    /// What may have been under way over there when the pass began, or when an answer was lost, is over.
    has_waited: bool,
    /// Writes that the other side refused, and that are not counted yet.
    refused: u64,
    /// Writes that the other side has confirmed.
    pub confirmed: u64,
}

/// What a worker lends to a pass.
pub(super) struct PassParts<'a> {
    pub mapping: &'a CompiledMapping,
    pub memory: &'a mut PlanMemory,
    pub runs: &'a mut OpenRuns,
    pub waiting: &'a mut HeldWrites,
}

impl<'a> TargetPass<'a> {
    pub(super) fn new(
        context: &'a TargetContext,
        stop: watch::Receiver<bool>,
        parts: PassParts<'a>,
        view: FeedView,
        gate: WriteGate,
    ) -> TargetPass<'a> {
        let PassParts {
            mapping,
            memory,
            runs,
            waiting,
        } = parts;
        memory.links = PageLinks::default();
        waiting.begin_pass(Instant::now());
        TargetPass {
            context,
            stop,
            mapping,
            memory,
            runs,
            waiting,
            view,
            gate,
            held: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            asides: BTreeMap::new(),
            queue: WriteQueue::default(),
            again: Vec::new(),
            new_asides: Vec::new(),
            errors: Vec::new(),
            seen: BTreeSet::new(),
            has_waited: false,
            refused: 0,
            confirmed: 0,
        }
    }

    /// For what the gate is asked about.
    fn planner(&mut self) -> DevicePlanner<'_> {
        DevicePlanner {
            context: self.context,
            adapter: self.context.adapter.as_ref(),
            mapping: self.mapping,
            memory: self.memory,
            lookups: PlanLookups::Admitted(&self.gate),
        }
    }

    /// For what was let through already.
    fn planner_of_admitted(&mut self) -> DevicePlanner<'_> {
        DevicePlanner {
            lookups: PlanLookups::All,
            ..self.planner()
        }
    }

    /// Works the changes of one page; afterwards everything is written, or held, and durable.
    pub(super) async fn work_page(&mut self, changes: Vec<FeedChange<DeviceBody>>) -> Result<(), WorkError> {
        let worked = self.work_changes(changes).await;
        // Also after a fault.
        self.keep_asides().await?;
        worked
    }

    async fn work_changes(&mut self, changes: Vec<FeedChange<DeviceBody>>) -> Result<(), WorkError> {
        self.load_page(&changes).await?;
        let new = changes.iter().filter(|change| self.is_new(change)).count();
        self.planner().prepare_index(new).await?;
        for change in changes {
            self.work_change(change).await?;
        }
        self.settle_writes().await?;
        self.mark_seen().await
    }

    /// What is known of the devices of a page, looked up together.
    async fn load_page(&mut self, changes: &[FeedChange<DeviceBody>]) -> Result<(), WorkError> {
        let key_of = |change: &FeedChange<DeviceBody>| {
            let instance = self.view.instance_id(&change.instance)?;
            let device = change.device_id?;
            Some(DeviceKey { instance, device })
        };
        let keys: BTreeSet<DeviceKey> = changes.iter().filter_map(key_of).collect();
        let pairs = keys.iter().map(|key| (key.instance, key.device)).collect();
        let store = &self.context.store;
        self.asides = store.load_target_asides(self.context.target, pairs).await?;
        let keys = keys.into_iter().collect();
        self.memory.links.load_page(self.context, keys).await?;
        Ok(())
    }

    async fn work_change(&mut self, change: FeedChange<DeviceBody>) -> Result<(), WorkError> {
        // Made since the view was loaded: read again with the next one.
        let instance = self.view.instance_id(&change.instance);
        let instance = instance.ok_or(WorkError::Moved(OutdatedCursor::Generation))?;
        let key = change.device_id.map(|device| DeviceKey { instance, device });
        match (change.kind, key) {
            (ChangeKind::SnapshotBegin, _) => self.begin_snapshot(instance).await,
            (ChangeKind::SnapshotEnd, _) => {
                self.settle_writes().await?;
                self.mark_seen().await?;
                self.end_snapshot(instance, &change.instance, &change.set_aside).await
            }
            (ChangeKind::Gone, Some(key)) => {
                let reason = change.reason.unwrap_or(GoneReason::Deleted);
                self.work_gone(key, &change.instance, reason.into()).await
            }
            (ChangeKind::Upsert, Some(key)) => match source_device(key, change) {
                Some(source) => self.work_told_device(source).await,
                None => {
                    tracing::warn!(instance.name = %self.context.name, device.id = %key.device,
                        "a device of the feed is no JSON object; its record stays as it is");
                    self.seen.insert(key);
                    Ok(())
                }
            },
            (ChangeKind::Gone | ChangeKind::Upsert, None) => Ok(()),
        }
    }
}
