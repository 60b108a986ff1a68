//! What a target would write if it wrote now and nobody had to agree: the whole fleet, as a snapshot would tell it, planned as
//! the worker plans it, with an adapter that refuses writes. Nothing is kept of it.
//!
//! It ends by itself when its time is over, and answers what it has until then.

mod preview_lines;
mod refusing_adapter;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use self::preview_lines::PreviewLines;
use self::refusing_adapter::RefusingAdapter;
use super::device_work::{DevicePlanner, PlanLookups, PlanMemory, PlanReason};
use super::feed_reader::{FeedView, source_device};
use super::gone_work::{DeviceAbsence, explain_absences};
use super::target_context::TargetContext;
use super::target_worker::load_target_mapping;
use super::user_lookup::TargetUsers;
use super::work_error::{TargetLookError, WorkError};
use super::{CompiledMapping, DeviceKey, TargetMapping};
use crate::contract::{AsideDecision, TargetPreviewView};
use crate::model::{ChangeKind, DeviceBody, DeviceId, FeedChange, GoneReason, InstanceId, InstanceName};
use crate::store::UnseenLinks;

/// Links that are looked at together.
const BATCH: usize = 500;

/// By the mapping that the target works by. At most `limit` devices are told one by one; all are counted.
pub async fn preview_target(
    context: &TargetContext,
    limit: usize,
    longest: Duration,
) -> Result<TargetPreviewView, TargetLookError> {
    let mapping = load_target_mapping(context).await??;
    preview_mapping(context, &mapping, limit, longest).await
}

/// The same by this mapping, which nobody has set.
pub async fn preview_mapping(
    context: &TargetContext,
    mapping: &TargetMapping,
    limit: usize,
    longest: Duration,
) -> Result<TargetPreviewView, TargetLookError> {
    let ends_at = Instant::now() + longest;
    let mapping = CompiledMapping::compile(mapping)?.fit_kind(context.adapter.profile());
    let view = FeedView::load(context).await?.into_beginning();
    let adapter = RefusingAdapter(Arc::clone(&context.adapter));
    let assigns = context.adapter.profile().assigns_users && context.settings.assign_users;
    let mut memory = PlanMemory {
        users: TargetUsers::new(assigns),
        ..PlanMemory::default()
    };
    let mut preview = TargetPreview {
        context,
        view: &view,
        planner: DevicePlanner {
            context,
            adapter: &adapter,
            mapping: &mapping,
            memory: &mut memory,
            lookups: PlanLookups::Nobody,
        },
        seen: BTreeSet::new(),
        lines: PreviewLines::new(limit),
    };
    let is_complete = match timeout_at(ends_at, preview.read_fleet()).await {
        Ok(read) => {
            read?;
            true
        }
        Err(_) => false,
    };
    Ok(preview.lines.into_view(is_complete))
}

struct TargetPreview<'a> {
    context: &'a TargetContext,
    view: &'a FeedView,
    planner: DevicePlanner<'a>,
    seen: BTreeSet<DeviceKey>,
    lines: PreviewLines,
}

impl TargetPreview<'_> {
    async fn read_fleet(&mut self) -> Result<(), WorkError> {
        let mut cursor: Option<String> = None;
        loop {
            let batch = self.view.read_page(self.context, cursor.as_deref()).await?;
            self.read_page(batch.changes).await?;
            if !batch.has_more {
                return Ok(());
            }
            cursor = Some(batch.cursor);
        }
    }

    async fn read_page(&mut self, changes: Vec<FeedChange<DeviceBody>>) -> Result<(), WorkError> {
        let key_of = |change: &FeedChange<DeviceBody>| {
            let instance = self.view.instance_id(&change.instance)?;
            let device = change.device_id?;
            Some(DeviceKey { instance, device })
        };
        let keys: Vec<DeviceKey> = changes.iter().filter_map(key_of).collect();
        let pairs = keys.iter().map(|key| (key.instance, key.device)).collect();
        let asides = self
            .context
            .store
            .load_target_asides(self.context.target, pairs)
            .await?;
        let links = &mut self.planner.memory.links;
        links.load_page(self.context, keys.clone()).await?;
        let new = keys.into_iter().filter(|key| links.has_no_record(*key)).count();
        self.planner.prepare_index(new).await?;
        for change in changes {
            let Some(instance) = self.view.instance_id(&change.instance) else {
                continue;
            };
            let name = change.instance.clone();
            match (change.kind, change.device_id) {
                (ChangeKind::SnapshotEnd, _) => self.read_absent(instance, &name, &change.set_aside).await?,
                (ChangeKind::Gone, Some(device)) => {
                    let reason = change.reason.unwrap_or(GoneReason::Deleted);
                    self.read_gone(DeviceKey { instance, device }, &name, reason.into())
                        .await?;
                }
                (ChangeKind::Upsert, Some(device)) => {
                    let key = DeviceKey { instance, device };
                    self.seen.insert(key);
                    let aside = asides.get(&(instance, device));
                    let is_ignored = aside.is_some_and(|row| row.decision == Some(AsideDecision::Ignore));
                    if let Some(source) = source_device(key, change).filter(|_| !is_ignored) {
                        let planned = self.planner.plan_device(&source, PlanReason::Ordinary).await?;
                        let adopts = self.planner.adapter.profile().adopts_records;
                        self.lines.add_device(&source, planned, adopts);
                    }
                }
                (ChangeKind::SnapshotBegin, _) | (ChangeKind::Gone | ChangeKind::Upsert, None) => {}
            }
        }
        Ok(())
    }

    async fn read_gone(
        &mut self,
        key: DeviceKey,
        name: &InstanceName,
        absence: DeviceAbsence,
    ) -> Result<(), WorkError> {
        let planned = self.planner.plan_gone_device(key, name, absence).await?;
        self.lines.add_gone(name, planned);
        for waiting in self.planner.plan_waiting(key, absence.reason).await? {
            self.lines.add_gone(name, waiting);
        }
        Ok(())
    }

    /// Links of devices that are not in the fleet any more.
    async fn read_absent(
        &mut self,
        instance: InstanceId,
        name: &InstanceName,
        kept: &[DeviceId],
    ) -> Result<(), WorkError> {
        let mut after = None;
        loop {
            let unseen = UnseenLinks {
                target: self.context.target,
                instance,
                // No snapshot has this number: all links.
                snapshot: i64::MAX,
                after,
                limit: BATCH,
            };
            let links = self.context.store.list_unseen_links_after(unseen).await?;
            let is_last = links.len() < BATCH;
            after = links.last().map(|link| link.device);
            let linked = links.into_iter().map(|link| link.device).collect();
            self.read_missing(instance, name, (linked, kept)).await?;
            if is_last {
                break;
            }
        }
        let waiting = self
            .context
            .store
            .list_waiting_links(self.context.target, instance)
            .await?;
        self.read_missing(instance, name, (waiting, kept)).await
    }

    /// Those that the fleet lacks, but for those that are kept all the same.
    async fn read_missing(
        &mut self,
        instance: InstanceId,
        name: &InstanceName,
        (mut devices, kept): (Vec<DeviceId>, &[DeviceId]),
    ) -> Result<(), WorkError> {
        devices.retain(|device| {
            let key = DeviceKey {
                instance,
                device: *device,
            };
            !self.seen.contains(&key) && !kept.contains(device) && !self.lines.is_taken_over(key)
        });
        for (device, absence) in explain_absences(self.context, self.view, instance, devices).await? {
            self.read_gone(DeviceKey { instance, device }, name, absence).await?;
        }
        Ok(())
    }
}
