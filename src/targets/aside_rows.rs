//! What is kept of a device that is set aside, so that a person can decide about it.

use super::device_work::AsidePlan;
use super::target_context::TargetContext;
use super::{RecordState, SourceDevice, TargetFault, TargetRecord};
use crate::contract::{
    AsideDetail, AsideDeviceFields, AsideRecordView, RecordState as RecordStateWord, SetAsideReason,
};
use crate::store::NewTargetAside;

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
