//! What becomes of a decision about a device that was set aside ([`super::aside_rows`]), and of what people want again.
//!
//! Being set aside is durable before the change is acknowledged, so the cursor goes on. A decision is carried out with the
//! newest state of the device, which is read from the store.

use super::device_work::PlanReason;
use super::feed_reader::DeviceSight;
use super::gone_work::explain_absences;
use super::page_work::TargetPass;
use super::work_error::WorkError;
use super::{DeviceKey, RecordId};
use crate::contract::AsideDecision;
use crate::store::TargetAsideRow;

/// What somebody decided about a device that was set aside.
fn order_of(row: &TargetAsideRow) -> Option<DecidedOrder> {
    match row.decision? {
        AsideDecision::Adopt => row.decided_record.clone().map(RecordId).map(DecidedOrder::Adopt),
        AsideDecision::Create => Some(DecidedOrder::Create),
        AsideDecision::Ignore => None,
    }
}

enum DecidedOrder {
    Adopt(RecordId),
    Create,
}

impl TargetPass<'_> {
    /// Carries out what people decided, and writes what they want written again.
    pub(super) async fn work_decided(&mut self) -> Result<(), WorkError> {
        let target = self.context.target;
        for row in self.context.store.list_decided_aside(target).await? {
            let key = DeviceKey {
                instance: row.instance,
                device: row.device,
            };
            let Some(order) = order_of(&row) else { continue };
            let reason = match &order {
                DecidedOrder::Adopt(record) => PlanReason::Adopt(record),
                DecidedOrder::Create => PlanReason::Create,
            };
            // One that was not carried out is still there for the next pass.
            self.work_newest(key, reason).await?;
        }
        // Each waits until it is written, whatever stops this.
        for resend in self.context.store.list_target_resends(target).await? {
            let (instance, device) = resend.key;
            let key = DeviceKey { instance, device };
            let is_done = self.work_newest(key, PlanReason::Resend).await?;
            if is_done {
                self.context.store.end_target_resend(resend.id).await?;
            }
        }
        self.settle_writes().await
    }

    /// Writes the newest state of a device; whoever asked for it has agreed to the write. False: its state is not known at the
    /// moment.
    async fn work_newest(&mut self, key: DeviceKey, reason: PlanReason<'_>) -> Result<bool, WorkError> {
        match self.view.find_device(self.context, key).await? {
            DeviceSight::There(source) => self.work_device(*source, reason).await?,
            DeviceSight::NotHere => {
                self.clear_aside(key).await?;
                if matches!(reason, PlanReason::Resend) {
                    self.work_absent(key).await?;
                }
            }
            DeviceSight::Unknown => return Ok(false),
        }
        self.settle_writes().await?;
        Ok(true)
    }

    /// The other side may have refused what was to become of its record when the device went.
    async fn work_absent(&mut self, key: DeviceKey) -> Result<(), WorkError> {
        let Some(instance) = self.view.instance_name(key.instance).cloned() else {
            return Ok(());
        };
        let absences = explain_absences(self.context, &self.view, key.instance, vec![key.device]).await?;
        for (_, absence) in absences {
            self.work_gone_again(key, &instance, absence).await?;
        }
        Ok(())
    }
}
