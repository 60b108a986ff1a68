//! What a preview found: every device is counted, the first ones are told one by one. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::contract::{PreviewItem, PreviewOutcome, RecordChangeView, SetAsideReason, TargetPreviewView, WriteClass};
use crate::inventory::usable_serial;
use crate::model::InstanceName;
use crate::targets::device_work::{DevicePlanned, DeviceStep, RecordStep};
use crate::targets::gone_work::{GonePlanned, GoneStep};
use crate::targets::{DeviceKey, SourceDevice};

#[derive(Debug, Default)]
pub(super) struct PreviewLines {
    view: TargetPreviewView,
    limit: usize,
    /// Serial numbers of records that would be made: a second device with one of them would find the first one's.
    made: BTreeSet<String>,
    /// Devices whose records would become those of others.
    taken_over: BTreeSet<DeviceKey>,
    /// Devices whose records would be retired.
    retired: BTreeSet<DeviceKey>,
}

impl PreviewLines {
    pub(super) fn new(limit: usize) -> PreviewLines {
        PreviewLines {
            limit,
            ..PreviewLines::default()
        }
    }

    pub(super) fn into_view(self, complete: bool) -> TargetPreviewView {
        TargetPreviewView { complete, ..self.view }
    }

    pub(super) fn is_taken_over(&self, key: DeviceKey) -> bool {
        self.taken_over.contains(&key)
    }

    /// `adopts`: whether the kind finds records by serial number.
    pub(super) fn add_device(&mut self, source: &SourceDevice, planned: DevicePlanned, adopts: bool) {
        self.taken_over.extend(planned.moved_from);
        let found_by = planned.found_by;
        let item = PreviewItem {
            instance: source.instance_name.clone(),
            device_id: source.key.device,
            device_name: source.text("deviceName").map(str::to_owned),
            outcome: PreviewOutcome::SetAside,
            record: None,
            found_by,
            reason: None,
            changes: Vec::new(),
        };
        match planned.step {
            DeviceStep::Settled(draft) => {
                let record = draft.and_then(|draft| draft.record);
                if found_by.is_none() {
                    self.view.unchanged += 1;
                } else {
                    self.push(PreviewItem {
                        outcome: PreviewOutcome::Adopt,
                        record: record.map(|record| record.0),
                        ..item
                    });
                }
            }
            DeviceStep::SetAside(plan) => {
                let one = match plan.records.as_slice() {
                    [record] => Some(record.id.0.clone()),
                    _ => None,
                };
                self.push(PreviewItem {
                    reason: Some(plan.reason),
                    record: one,
                    ..item
                });
            }
            DeviceStep::Write(step) => {
                let serial = source.usable_serial().and_then(usable_serial).filter(|_| adopts);
                let is_new = step.class == WriteClass::Create;
                if is_new && serial.is_some_and(|serial| !self.made.insert(serial)) {
                    self.push(PreviewItem {
                        reason: Some(SetAsideReason::LinkedElsewhere),
                        ..item
                    });
                    return;
                }
                let outcome = match step.class {
                    WriteClass::Create => PreviewOutcome::Create,
                    _ if found_by.is_some() => PreviewOutcome::Adopt,
                    WriteClass::Change => PreviewOutcome::Change,
                    WriteClass::Move => PreviewOutcome::Move,
                    WriteClass::Retire => PreviewOutcome::Retire,
                };
                self.push(PreviewItem {
                    outcome,
                    record: step.write.record_id().map(|record| record.0.clone()),
                    changes: list_changes(&step),
                    ..item
                });
            }
        }
    }

    pub(super) fn add_gone(&mut self, instance: &InstanceName, planned: GonePlanned) {
        let GoneStep::Write(step) = planned.step else { return };
        if !self.retired.insert(planned.key) {
            return;
        }
        self.push(PreviewItem {
            instance: instance.clone(),
            device_id: planned.key.device,
            device_name: None,
            outcome: PreviewOutcome::Retire,
            record: step.write.record_id().map(|record| record.0.clone()),
            found_by: None,
            reason: None,
            changes: Vec::new(),
        });
    }

    fn push(&mut self, item: PreviewItem) {
        let view = &mut self.view;
        let count = match item.outcome {
            PreviewOutcome::Create => &mut view.creates,
            PreviewOutcome::Adopt => &mut view.adoptions,
            PreviewOutcome::Change | PreviewOutcome::Move => &mut view.changes,
            PreviewOutcome::Retire => &mut view.retirements,
            PreviewOutcome::SetAside => &mut view.set_aside,
        };
        *count += 1;
        if view.items.len() < self.limit {
            view.items.push(item);
        }
    }
}

/// Field by field, what stands over there and what would.
fn list_changes(step: &RecordStep) -> Vec<RecordChangeView> {
    let values = step.sent_values();
    let change = |(field, after): (String, Value)| RecordChangeView {
        before: step.draft.known.get(&field).cloned().unwrap_or(Value::Null),
        field,
        after,
    };
    values.into_iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::RecordMatch;
    use crate::targets::device_work::LinkDraft;
    use crate::targets::samples_for_tests::{device_key, device_with, field_values, link_to};
    use crate::targets::{PlannedWrite, UserChange};

    fn planned(step: DeviceStep, found_by: Option<RecordMatch>) -> DevicePlanned {
        DevicePlanned {
            step,
            moved_from: None,
            found_before: None,
            forgets_link: false,
            found_by,
            troubles: Vec::new(),
        }
    }

    fn made(serial: &str, number: u128) -> (SourceDevice, DevicePlanned) {
        let mut device = device_with(json!({"deviceName": "PC", "serialNumber": serial}));
        device.key = device_key(1, number);
        let step = RecordStep {
            is_untold_user: false,
            class: WriteClass::Create,
            draft: LinkDraft::of_link(device.key, &link_to("")),
            write: PlannedWrite::Create {
                key: device.key,
                device: Box::new(device.clone()),
                values: field_values(json!({"name": "PC"})),
                class_name: String::new(),
                user: UserChange::Keep,
            },
        };
        (device, planned(DeviceStep::Write(Box::new(step)), None))
    }

    #[test]
    fn every_device_is_counted_and_the_first_are_told() {
        let mut lines = PreviewLines::new(2);
        for number in 0..4 {
            let (device, planned) = made(&format!("PF0TEST{number}"), number);
            lines.add_device(&device, planned, true);
        }
        let device = device_with(json!({}));
        lines.add_device(&device, planned(DeviceStep::Settled(None), None), true);
        let view = lines.into_view(true);
        assert_eq!((view.creates, view.unchanged, view.items.len()), (4, 1, 2));
        assert_eq!(view.items[0].changes[0].after, json!("PC"));
        assert!(view.complete);
    }

    #[test]
    fn a_second_device_with_a_serial_number_would_be_set_aside() {
        let mut lines = PreviewLines::new(10);
        for number in 0..2 {
            let (device, planned) = made("PF0TEST1", number);
            lines.add_device(&device, planned, true);
        }
        let view = lines.into_view(false);
        assert_eq!((view.creates, view.set_aside), (1, 1));
        assert_eq!(view.items[1].reason, Some(SetAsideReason::LinkedElsewhere));
    }
}
