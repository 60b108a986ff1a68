//! What is planned again within a pass: a record that is not there any more, a write whose answer was lost, a device that
//! fills a record from now on because another one has gone.

use std::time::Duration;

use super::TargetPass;
use super::device_changes::Applied;
use super::redo::Redo;
use super::write_work::SentWrite;
use crate::contract::WriteClass;
use crate::model::GoneReason;
use crate::targets::device_work::{DevicePlanned, DeviceStep, PlanReason};
use crate::targets::feed_reader::DeviceSight;
use crate::targets::work_error::WorkError;
use crate::targets::write_gate::WritePermission;
use crate::targets::{DeviceKey, PlannedWrite, SourceDevice};

/// Between two looks for a record whose making may still be under way over there.
pub(super) const LOOK_PAUSE: Duration = Duration::from_secs(2);

impl TargetPass<'_> {
    /// Who was to fill a record when an earlier pass was interrupted.
    pub(in crate::targets) async fn work_unwritten_heirs(&mut self) -> Result<(), WorkError> {
        let heirs = self.context.store.list_unwritten_heirs(self.context.target).await?;
        let newest = heirs
            .into_iter()
            .map(|(instance, device)| Redo::Newest(DeviceKey { instance, device }));
        self.again.extend(newest);
        self.settle_writes().await
    }

    pub(super) fn push_again(&mut self, write: PlannedWrite, sent: &SentWrite) {
        let attempts = sent.attempts + 1;
        self.memory.links.forget_link(sent.draft.key);
        // It was listed before this write, which may have made a record.
        self.memory.index = None;
        self.has_waited = false;
        self.again.push(match (write.into_source(), sent.absence) {
            (Some(source), _) => Redo::Device {
                source,
                class: sent.class,
                permission: sent.permission,
                attempts,
            },
            (None, absence) => Redo::Gone {
                key: sent.draft.key,
                absence: absence.unwrap_or(GoneReason::Deleted.into()),
                permission: Some(sent.permission),
                attempts,
            },
        });
    }

    /// `has_waited`: what may still have been under way when this round began is over.
    pub(super) async fn plan_again(&mut self, redo: Redo, has_waited: &mut bool) -> Result<(), WorkError> {
        match redo {
            Redo::Device {
                source,
                class,
                permission,
                attempts,
            } => {
                let planned = self.look_again(&source, class, has_waited).await?;
                // What is another kind of write now was not let through; what is found to be done was.
                let is_let_through = has_class(&planned, class) || matches!(planned.step, DeviceStep::Settled(_));
                let permission = is_let_through.then_some(permission);
                if let Applied::Waits = self.take_up(&source, planned, permission, attempts).await? {
                    self.again.push(Redo::Device {
                        source,
                        class,
                        permission: permission.unwrap_or(WritePermission::Ordinary),
                        attempts,
                    });
                }
            }
            Redo::Gone {
                key,
                absence,
                permission,
                attempts,
            } => {
                if let Some(name) = self.view.instance_name(key.instance).cloned() {
                    let planned = self.plan_departure(key, &name, absence).await?;
                    self.take_up_gone(planned, absence, permission, attempts).await?;
                }
            }
            Redo::Newest(key) => {
                if let DeviceSight::There(source) = self.view.find_device(self.context, key).await? {
                    let planned = self.planner().plan_device(&source, PlanReason::Ordinary).await?;
                    if let Applied::Waits = self.take_up(&source, planned, None, 0).await? {
                        self.again.push(Redo::Newest(key));
                    }
                }
            }
        }
        Ok(())
    }

    /// A record whose making may still be under way over there is looked for twice before it is made again.
    async fn look_again(
        &mut self,
        source: &SourceDevice,
        class: WriteClass,
        has_waited: &mut bool,
    ) -> Result<DevicePlanned, WorkError> {
        let planned = self
            .planner_of_admitted()
            .plan_device(source, PlanReason::Ordinary)
            .await?;
        if class != WriteClass::Create || !planned.is_making() || *has_waited {
            return Ok(planned);
        }
        *has_waited = true;
        tokio::time::sleep(LOOK_PAUSE).await;
        self.planner_of_admitted()
            .plan_device(source, PlanReason::Ordinary)
            .await
    }
}

fn has_class(planned: &DevicePlanned, class: WriteClass) -> bool {
    matches!(&planned.step, DeviceStep::Write(step) if step.class == class)
}
