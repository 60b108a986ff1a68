//! A device that is there: its planned step is taken up. What may be written is queued, what may not waits, and what has to
//! do with another device of the batch is planned again when that one is written.

use super::held_writes::{HeldWait, WaitingDevice};
use super::redo::Redo;
use super::{QueuedLink, QueuedWrite, TargetPass};
use crate::contract::WriteClass;
use crate::model::{ChangeKind, DeviceBody, FeedChange, parse_time};
use crate::targets::aside_rows::new_aside;
use crate::targets::device_work::{DevicePlanned, DeviceStep, PlanReason, RecordStep};
use crate::targets::work_error::WorkError;
use crate::targets::write_gate::WritePermission;
use crate::targets::{DeviceKey, SourceDevice};

/// Whether a planned step was taken up.
pub(super) enum Applied {
    Done,
    /// Another device of the batch has the same record: it is written first, and this one planned again.
    Waits,
}

impl TargetPass<'_> {
    pub(super) async fn work_told_device(&mut self, source: SourceDevice) -> Result<(), WorkError> {
        self.seen.insert(source.key);
        let aside = self.asides.get(&(source.key.instance, source.key.device));
        // Ignored for good; or decided a moment ago, which the next pass carries out with the newest state.
        if aside.is_some_and(|row| row.decision.is_some()) {
            return Ok(());
        }
        match self.waiting.find_device(source.key, source.changed_at) {
            Some(HeldWait::Decision) => return Ok(()),
            Some(HeldWait::Consent(class, record)) if self.gate.would_hold(source.key, *class) => {
                self.held.insert((source.key, *class), record.clone());
                return Ok(());
            }
            Some(HeldWait::Consent(..)) | None => {}
        }
        let (key, replaced) = (source.key, source.replaces);
        self.work_device(source, PlanReason::Ordinary).await?;
        match replaced {
            Some(_) => self.work_left_behind(key).await,
            None => Ok(()),
        }
    }

    /// A device that meets the other side for the first time, and of which nothing is remembered.
    pub(super) fn is_new(&self, change: &FeedChange<DeviceBody>) -> bool {
        let instance = self.view.instance_id(&change.instance);
        let (Some(instance), Some(device), ChangeKind::Upsert) = (instance, change.device_id, change.kind) else {
            return false;
        };
        let key = DeviceKey { instance, device };
        let changed_at = change.changed_at.as_deref().and_then(parse_time);
        let is_waiting = changed_at.is_some_and(|at| self.waiting.find_device(key, at).is_some());
        self.memory.links.has_no_record(key) && !is_waiting
    }

    /// Plans one device and takes it up; what has to do with it is written first.
    pub(in crate::targets) async fn work_device(
        &mut self,
        source: SourceDevice,
        reason: PlanReason<'_>,
    ) -> Result<(), WorkError> {
        // Of one that enrolled again, any of the ids before may wait to be written.
        let may_inherit = source.replaces.is_some() && self.memory.links.has_no_record(source.key);
        if may_inherit || self.queue.concerns_device(&source) {
            self.settle_writes().await?;
        }
        let permission = match reason {
            PlanReason::Ordinary => None,
            // Somebody wants exactly this.
            PlanReason::Resend | PlanReason::Adopt(_) | PlanReason::Create => Some(WritePermission::Decided),
        };
        let mut planned = self.plan_ordered(&source, reason).await?;
        if may_inherit && planned.is_making() && self.has_begun_before(&source).await? && self.wait_for_makings().await
        {
            planned = self.plan_ordered(&source, reason).await?;
        }
        if matches!(self.take_up(&source, planned, permission, 0).await?, Applied::Waits) {
            self.settle_writes().await?;
            let again = self.plan_ordered(&source, reason).await?;
            self.take_up(&source, again, permission, 0).await?;
        }
        self.send_full_batch().await
    }

    /// Whether the device that it replaces has a record, perhaps: its making was begun.
    async fn has_begun_before(&self, source: &SourceDevice) -> Result<bool, WorkError> {
        let Some(device) = source.replaces else {
            return Ok(false);
        };
        let older = DeviceKey { device, ..source.key };
        let link = self.memory.links.find_link(self.context, older).await?;
        Ok(link.is_some_and(|link| !link.has_record()))
    }

    async fn plan_ordered(
        &mut self,
        source: &SourceDevice,
        reason: PlanReason<'_>,
    ) -> Result<DevicePlanned, WorkError> {
        let mut planner = match reason {
            PlanReason::Ordinary => self.planner(),
            PlanReason::Resend | PlanReason::Adopt(_) | PlanReason::Create => self.planner_of_admitted(),
        };
        planner.plan_device(source, reason).await
    }

    /// `permission`: by which it was let through before; `None`: the gate is asked.
    pub(super) async fn take_up(
        &mut self,
        source: &SourceDevice,
        planned: DevicePlanned,
        permission: Option<WritePermission>,
        attempts: u32,
    ) -> Result<Applied, WorkError> {
        let key = source.key;
        if planned.forgets_link {
            self.forget_link(key).await?;
        }
        if let Some(found) = &planned.found_before {
            // It counts as made with the link of this device.
            self.keep_made_record(found, None).await?;
        }
        if let Some(from) = planned.moved_from {
            self.take_over_link(source, from).await?;
        }
        match planned.step {
            DeviceStep::Settled(None) => self.clear_aside(key).await?,
            DeviceStep::Settled(Some(draft)) => {
                let record = draft.record.clone();
                if record.is_some_and(|record| self.queue.concerns_record(&record)) {
                    return Ok(Applied::Waits);
                }
                if draft.made.is_some() && permission.is_none() {
                    // It was let through by an earlier pass, which could not count it.
                    self.gate.admit_write(key, WriteClass::Create);
                }
                let written = draft.into_linked(self.snapshot_of(key));
                let troubles = planned.troubles;
                self.queue.push_link(QueuedLink { written, troubles });
            }
            DeviceStep::SetAside(plan) => {
                tracing::info!(instance.name = %self.context.name, device.id = %key.device, reason = plan.reason.name(),
                    "a device is set aside: a person has to decide");
                self.new_asides.push(new_aside(self.context, source, *plan));
                self.keep_waiting(source, HeldWait::Decision);
            }
            DeviceStep::Write(step) => {
                if step
                    .write
                    .record_id()
                    .is_some_and(|record| self.queue.concerns_record(record))
                {
                    return Ok(Applied::Waits);
                }
                if let Some(permission) = self.ask_gate(&step, permission) {
                    if step.is_untold_user {
                        // It was taken for one that waits, and is let through: the rest of a making counts as that.
                        self.again.push(Redo::Device {
                            source: Box::new(source.clone()),
                            class: step.class,
                            permission,
                            attempts,
                        });
                        return Ok(Applied::Done);
                    }
                    self.queue.push_write(QueuedWrite {
                        step: *step,
                        permission,
                        absence: None,
                        attempts,
                        troubles: planned.troubles,
                    });
                }
            }
        }
        Ok(Applied::Done)
    }

    /// `None`: it waits for consent.
    pub(super) fn ask_gate(
        &mut self,
        step: &RecordStep,
        permission: Option<WritePermission>,
    ) -> Option<WritePermission> {
        let (key, class) = (step.key(), step.class);
        let permission = permission.unwrap_or_else(|| self.gate.admit_write(key, class));
        if permission == WritePermission::Held {
            let record = step.write.record_id().cloned();
            if let Some(source) = step.source() {
                self.keep_waiting(source, HeldWait::Consent(class, record.clone()));
            }
            self.held.insert((key, class), record);
            return None;
        }
        Some(permission)
    }

    pub(super) fn keep_waiting(&mut self, source: &SourceDevice, wait: HeldWait) {
        let device = WaitingDevice {
            changed_at: source.changed_at,
            wait,
        };
        self.waiting.keep_device(source.key, device);
    }

    /// The record of another device becomes that of this one, whatever comes of its write. Where that waits, or fails, the
    /// link still says how the record stands: retired, let go, or not looked at since the store was put back.
    async fn take_over_link(&mut self, source: &SourceDevice, from: DeviceKey) -> Result<(), WorkError> {
        let key = source.key;
        let (older, newer) = ((from.instance, from.device), (key.instance, key.device));
        self.context
            .store
            .move_target_link(self.context.target, older, newer)
            .await?;
        self.memory.links.forget_link(from);
        self.memory.links.forget_link(key);
        Ok(())
    }

    pub(super) async fn forget_link(&mut self, key: DeviceKey) -> Result<(), WorkError> {
        let (target, instance, device) = (self.context.target, Some(key.instance), Some(key.device));
        self.context.store.forget_target_links(target, instance, device).await?;
        self.memory.links.forget_link(key);
        Ok(())
    }

    /// It is as it should be, or gone: nobody has to decide any more.
    pub(in crate::targets) async fn clear_aside(&mut self, key: DeviceKey) -> Result<(), WorkError> {
        let pair = (key.instance, key.device);
        let (store, target) = (&self.context.store, self.context.target);
        let mut is_aside = self.asides.remove(&pair).is_some();
        if !is_aside && !self.memory.links.is_of_page(key) {
            is_aside = !store.load_target_asides(target, vec![pair]).await?.is_empty();
        }
        if is_aside {
            store.clear_target_aside(target, pair).await?;
            store.set_target_link_error(target, pair, None).await?;
        }
        Ok(())
    }
}
