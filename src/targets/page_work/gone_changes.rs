//! A device that is gone: its planned step is taken up, as that of a device that is there.

use super::redo::Redo;
use super::redo_work::LOOK_PAUSE;
use super::write_work::LAST_ATTEMPT;
use super::{QueuedWrite, TargetPass};
use crate::contract::{LinkPhase, WriteClass};
use crate::model::{GoneReason, InstanceName};
use crate::store::TargetMade;
use crate::targets::device_work::{KnownLink, keep_found_link, list_made_values};
use crate::targets::gone_work::{DeviceAbsence, GonePlanned, GoneStep};
use crate::targets::question_work::local_day;
use crate::targets::work_error::WorkError;
use crate::targets::write_gate::WritePermission;
use crate::targets::{DeviceKey, FieldValues};

impl TargetPass<'_> {
    pub(super) async fn work_gone(
        &mut self,
        key: DeviceKey,
        instance: &InstanceName,
        absence: DeviceAbsence,
    ) -> Result<(), WorkError> {
        if self.queue.concerns_key(key) {
            self.settle_writes().await?;
        }
        let planned = self.plan_departure(key, instance, absence).await?;
        self.clear_aside(key).await?;
        let attempts = if absence.last.is_none() { 0 } else { LAST_ATTEMPT };
        self.take_up_gone(planned, absence, None, attempts).await?;
        self.work_waiting(key, absence.reason, None).await?;
        if let Some(device) = absence.successor {
            self.work_left_behind(DeviceKey { device, ..key }).await?;
        }
        self.send_full_batch().await
    }

    /// Somebody wants done what is to become of its record.
    pub(in crate::targets) async fn work_gone_again(
        &mut self,
        key: DeviceKey,
        instance: &InstanceName,
        absence: DeviceAbsence,
    ) -> Result<(), WorkError> {
        let planned = self.plan_departure(key, instance, absence).await?;
        let permission = Some(WritePermission::Decided);
        self.take_up_gone(planned, absence, permission, LAST_ATTEMPT).await?;
        self.work_waiting(key, absence.reason, permission).await
    }

    /// A record whose making may still be under way over there is looked for twice before it is given up.
    pub(super) async fn plan_departure(
        &mut self,
        key: DeviceKey,
        instance: &InstanceName,
        absence: DeviceAbsence,
    ) -> Result<GonePlanned, WorkError> {
        let planned = self.planner().plan_gone_device(key, instance, absence).await?;
        if matches!(planned.step, GoneStep::Forget) && self.wait_for_makings().await {
            return self.planner().plan_gone_device(key, instance, absence).await;
        }
        Ok(planned)
    }

    /// Waits until what may have been under way is over, once; false: it was waited for before.
    pub(super) async fn wait_for_makings(&mut self) -> bool {
        let is_due = !self.has_waited;
        if is_due {
            self.has_waited = true;
            tokio::time::sleep(LOOK_PAUSE).await;
        }
        is_due
    }

    /// Earlier ids of its hardware wait for it, and it has gone.
    async fn work_waiting(
        &mut self,
        gone: DeviceKey,
        reason: GoneReason,
        permission: Option<WritePermission>,
    ) -> Result<(), WorkError> {
        for planned in self.planner().plan_waiting(gone, reason).await? {
            self.take_up_gone(
                planned,
                DeviceAbsence::of_last(gone.device, reason),
                permission,
                LAST_ATTEMPT,
            )
            .await?;
        }
        Ok(())
    }

    /// A device has replaced others that have records of their own.
    pub(super) async fn work_left_behind(&mut self, successor: DeviceKey) -> Result<(), WorkError> {
        for planned in self.planner().plan_left_behind(successor).await? {
            let absence = DeviceAbsence::of_last(planned.key.device, GoneReason::Deleted);
            self.take_up_gone(planned, absence, None, LAST_ATTEMPT).await?;
        }
        Ok(())
    }

    /// `permission`: by which it was let through before; `None`: the gate is asked.
    pub(super) async fn take_up_gone(
        &mut self,
        planned: GonePlanned,
        absence: DeviceAbsence,
        permission: Option<WritePermission>,
        attempts: u32,
    ) -> Result<(), WorkError> {
        let key = planned.key;
        if let Some(found) = &planned.found {
            let made = list_made_values(self.mapping, &found.state.known);
            self.keep_made_record(found, Some(made)).await?;
            if permission.is_none() {
                // It was let through by an earlier pass, which could not count it.
                self.gate.admit_write(key, WriteClass::Create);
            }
        }
        match planned.step {
            GoneStep::Nothing => {}
            GoneStep::Forget => self.forget_link(key).await?,
            GoneStep::Settle(phase) => self.settle_phase(key, phase).await?,
            GoneStep::Write(step) => {
                let is_shared = step
                    .write
                    .record_id()
                    .is_some_and(|record| self.queue.concerns_record(record));
                if is_shared {
                    // Another device of the batch may have it from now on.
                    self.again.push(Redo::Gone {
                        key,
                        absence,
                        permission,
                        attempts,
                    });
                    return Ok(());
                }
                if let Some(permission) = self.ask_gate(&step, permission) {
                    self.queue.push_write(QueuedWrite {
                        step: *step,
                        permission,
                        absence: Some(absence),
                        attempts,
                        troubles: Vec::new(),
                    });
                }
            }
        }
        if let Some(heir) = planned.heir {
            self.again.push(Redo::Newest(heir));
        }
        Ok(())
    }

    /// A record of whose making nobody was told: whatever becomes of it, the link leads to it from now on. `made`: what that
    /// wrote, where it counts with this link. Where somebody has forgotten the link meanwhile, nothing holds that was planned
    /// by it: the pass ends, and the next one plans anew.
    pub(super) async fn keep_made_record(
        &mut self,
        found: &KnownLink,
        made: Option<FieldValues>,
    ) -> Result<(), WorkError> {
        let run = match &made {
            Some(_) => Some(self.runs.require_run(self.context).await?),
            None => None,
        };
        let written = keep_found_link(found, made);
        let confirmed = u64::from(written.class.is_some());
        let made = TargetMade {
            target: self.context.target,
            written,
            run,
            day: local_day(self.context),
        };
        let is_kept = self.context.store.keep_made_record(made).await?;
        self.memory.links.forget_link(found.key);
        self.memory.links.forget_record(&found.state.record);
        if !is_kept {
            return Err(WorkError::Changed);
        }
        self.confirmed += confirmed;
        Ok(())
    }

    async fn settle_phase(&mut self, key: DeviceKey, phase: LinkPhase) -> Result<(), WorkError> {
        let pair = (key.instance, key.device);
        let store = &self.context.store;
        store.set_target_link_phase(self.context.target, pair, phase).await?;
        self.memory.links.forget_link(key);
        Ok(())
    }
}
