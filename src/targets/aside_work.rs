//! Devices that a person has to decide about: what is kept of them so that a person can, and what becomes of a decision.
//!
//! Being set aside is durable before the change is acknowledged, so the cursor goes on. A decision is carried out with the
//! newest state of the device, which is read from the store.

use super::device_work::{AsidePlan, PlanReason};
use super::feed_reader::DeviceSight;
use super::gone_work::explain_absences;
use super::page_work::TargetPass;
use super::target_context::TargetContext;
use super::work_error::WorkError;
use super::{DeviceKey, RecordId, RecordState, SourceDevice, TargetFault, TargetRecord};
use crate::contract::{
    AsideDecision, AsideDetail, AsideDeviceFields, AsideRecordView, RecordState as RecordStateWord, SetAsideReason,
};
use crate::store::{NewTargetAside, TargetAsideRow, TargetProblem};

/// Records that are kept with one device.
const RECORDS_MAX: usize = 20;

/// As it is kept.
pub(super) fn new_aside(context: &TargetContext, source: &SourceDevice, plan: AsidePlan) -> NewTargetAside {
    NewTargetAside {
        target: context.target,
        instance: source.key.instance,
        device: source.key.device,
        reason: plan.reason,
        detail: AsideDetail {
            device: device_fields(source),
            records: plan.records.iter().take(RECORDS_MAX).map(record_view).collect(),
            problem: plan.problem,
        },
    }
}

/// The other side refused this device.
pub(super) fn refused_aside(context: &TargetContext, source: &SourceDevice, fault: &TargetFault) -> NewTargetAside {
    let plan = AsidePlan {
        reason: SetAsideReason::Refused,
        records: Vec::new(),
        problem: Some(fault.to_string()),
    };
    new_aside(context, source, plan)
}

/// A fault as it is kept with a link or a target.
pub(super) fn fault_problem(context: &TargetContext, fault: &TargetFault) -> TargetProblem {
    TargetProblem {
        code: fault.code().to_owned(),
        message: fault.to_string(),
        advice: name_target(&fault.advice(), context),
        at: context.clock.now(),
    }
}

/// Advice of all targets, as a command for this one.
pub(super) fn name_target(advice: &str, context: &TargetContext) -> String {
    advice.replace("TARGET", context.name.as_str())
}

fn device_fields(source: &SourceDevice) -> AsideDeviceFields {
    let text = |field: &str| source.text(field).map(str::to_owned);
    AsideDeviceFields {
        device_name: text("deviceName"),
        serial_number: text("serialNumber"),
        manufacturer: text("manufacturer"),
        model: text("model"),
        operating_system: text("operatingSystem"),
        user: source.user().map(str::to_owned),
        last_sync: source.last_sync(),
    }
}

fn record_view(record: &TargetRecord) -> AsideRecordView {
    AsideRecordView {
        record: record.id.0.clone(),
        device_id: record.device,
        name: record.name.clone(),
        serial_number: record.serial.clone(),
        state: match record.state {
            RecordState::Active => RecordStateWord::Active,
            RecordState::Retired => RecordStateWord::Retired,
            RecordState::Deleted => RecordStateWord::Deleted,
        },
        user: record.user.clone(),
        synced_by_others: record.synced_by_others,
    }
}

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::targets::samples_for_tests::{device_with, record};

    #[test]
    fn what_tells_a_device_from_others_is_kept_and_nothing_else() {
        let device = device_with(json!({
            "deviceName": "PC", "serialNumber": "PF0TEST1", "userPrincipalName": "anna@example.com",
            "phoneNumber": "+49 30 1234567", "lastSyncDateTime": "2026-03-01T08:00:00Z",
        }));
        let fields = device_fields(&device);
        assert_eq!(fields.device_name.as_deref(), Some("PC"));
        assert_eq!(fields.user.as_deref(), Some("anna@example.com"));
        let kept = serde_json::to_string(&fields).unwrap();
        assert!(!kept.contains("1234567"), "{kept}");
    }

    #[test]
    fn both_records_are_shown() {
        let mut retired = record("8", None);
        retired.state = RecordState::Retired;
        let views: Vec<AsideRecordView> = [record("7", None), retired].iter().map(record_view).collect();
        let states: Vec<RecordStateWord> = views.iter().map(|view| view.state).collect();
        assert_eq!(states, [RecordStateWord::Active, RecordStateWord::Retired]);
    }
}
