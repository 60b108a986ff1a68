//! Writes that were planned and not sent yet. Pure.
//!
//! Devices of one batch are planned before any of it is written. So a device that has to do with another one of the batch
//! (the same id in another instance, the same serial number, the id that it replaces, the same record) waits until that one is
//! written, and is planned then.

use std::collections::BTreeSet;

use crate::inventory::usable_serial;
use crate::model::DeviceId;
use crate::store::TargetWritten;
use crate::targets::device_work::RecordStep;
use crate::targets::gone_work::DeviceAbsence;
use crate::targets::write_gate::WritePermission;
use crate::targets::{DeviceKey, RecordId, SourceDevice, ValueTrouble};

/// A write that may be sent.
#[derive(Debug)]
pub(in crate::targets) struct QueuedWrite {
    pub step: RecordStep,
    pub permission: WritePermission,
    /// Of a device that is gone: why, should it be planned again.
    pub absence: Option<DeviceAbsence>,
    /// How often it was sent in vain.
    pub attempts: u32,
    pub troubles: Vec<ValueTrouble>,
}

/// A link that is kept without a write.
#[derive(Debug)]
pub(in crate::targets) struct QueuedLink {
    pub written: TargetWritten,
    pub troubles: Vec<ValueTrouble>,
}

#[derive(Debug, Default)]
pub(in crate::targets) struct WriteQueue {
    pub writes: Vec<QueuedWrite>,
    pub links: Vec<QueuedLink>,
    keys: BTreeSet<DeviceKey>,
    devices: BTreeSet<DeviceId>,
    records: BTreeSet<RecordId>,
    serials: BTreeSet<String>,
}

impl WriteQueue {
    pub(super) fn push_write(&mut self, write: QueuedWrite) {
        self.add_key(write.step.key());
        self.records.extend(write.step.write.record_id().cloned());
        let serial = write.step.source().and_then(SourceDevice::usable_serial);
        self.serials.extend(serial.and_then(usable_serial));
        self.writes.push(write);
    }

    pub(super) fn push_link(&mut self, link: QueuedLink) {
        let written = &link.written;
        self.add_key(DeviceKey {
            instance: written.instance,
            device: written.device,
        });
        self.records.insert(RecordId(written.record.clone()));
        self.serials.extend(written.serial.as_deref().and_then(usable_serial));
        self.links.push(link);
    }

    fn add_key(&mut self, key: DeviceKey) {
        self.keys.insert(key);
        self.devices.insert(key.device);
    }

    /// Whether a device has to do with one that waits here. Two instances that read one tenant tell the same device.
    pub(super) fn concerns_device(&self, source: &SourceDevice) -> bool {
        let of_instance = |device| DeviceKey { device, ..source.key };
        let related = [source.replaces, source.same_as];
        let mut keys = related.into_iter().flatten().map(of_instance);
        self.devices.contains(&source.key.device)
            || keys.any(|key| self.keys.contains(&key))
            || source
                .usable_serial()
                .and_then(usable_serial)
                .is_some_and(|serial| self.serials.contains(&serial))
    }

    pub(super) fn concerns_key(&self, key: DeviceKey) -> bool {
        self.keys.contains(&key)
    }

    pub(super) fn concerns_record(&self, record: &RecordId) -> bool {
        self.records.contains(record)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.links.is_empty()
    }

    /// All of it, in order.
    pub(super) fn take_all(&mut self) -> WriteQueue {
        std::mem::take(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::WriteClass;
    use crate::targets::samples_for_tests::{device_id, device_key, device_with, link_to};
    use crate::targets::{FieldValues, PlannedWrite, UserChange};

    fn queue() -> WriteQueue {
        let device = device_with(json!({"serialNumber": "PF0TEST1"}));
        let mut queue = WriteQueue::default();
        queue.push_write(QueuedWrite {
            step: RecordStep {
                is_untold_user: false,
                class: WriteClass::Change,
                draft: crate::targets::device_work::LinkDraft::of_link(device.key, &link_to("7")),
                write: PlannedWrite::Update {
                    key: device.key,
                    record: RecordId("7".to_owned()),
                    device: Box::new(device),
                    values: FieldValues::new(),
                    all: FieldValues::new(),
                    restore: false,
                    lacks_id: false,
                    replaces: None,
                    class_name: String::new(),
                    user: UserChange::Keep,
                },
            },
            permission: WritePermission::Ordinary,
            absence: None,
            attempts: 0,
            troubles: Vec::new(),
        });
        queue
    }

    #[test]
    fn devices_of_one_batch_have_nothing_to_do_with_each_other() {
        let queue = queue();
        let mut other = device_with(json!({"serialNumber": "PF0TEST2"}));
        other.key = device_key(1, 2);
        assert!(!queue.concerns_device(&other));
        other.replaces = Some(device_id(1));
        assert!(queue.concerns_device(&other), "it takes its record over");
        other.replaces = None;
        other.values = device_with(json!({"serialNumber": " pf0test1"})).values;
        assert!(queue.concerns_device(&other), "the same serial number");
        let mut elsewhere = device_with(json!({}));
        elsewhere.key = device_key(2, 1);
        assert!(
            queue.concerns_device(&elsewhere),
            "another instance reads the same tenant"
        );
        assert!(queue.concerns_record(&RecordId("7".to_owned())));
        assert!(queue.concerns_key(device_key(1, 1)) && !queue.concerns_key(device_key(2, 1)));
    }

    #[test]
    fn what_is_taken_is_waited_for_no_more() {
        let mut queue = queue();
        let taken = queue.take_all();
        assert_eq!(taken.writes.len(), 1);
        assert!(queue.is_empty() && !queue.concerns_key(device_key(1, 1)));
    }
}
