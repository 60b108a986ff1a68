//! What becomes of a device that has no link: which record of the other side is its own. Pure.
//!
//! In this order: the record that carries our id; the one record that has its serial number, where that can tell devices
//! apart; else a new one. Two hits are never guessed at: the device is set aside, and a person decides. A record in the
//! trash counts only if there is no other: whoever cleared up doubles has decided already.
//!
//! *What we made* is known only from a create that was begun here. A record that carries our id without one (the links were
//! forgotten, or the store is older than the other side) may have been made by somebody else and adopted, so it counts as
//! adopted, and is never deleted.
//!
//! *One record, several devices.* A record that belongs to another device of the same instance is not taken from it. One
//! that belongs to a device of another instance is shared: the same hardware before and after a migration.

use super::source_device::DeviceKey;
use super::target_record::{FieldValues, RecordId, RecordState, TargetRecord};
use crate::contract::{LinkOrigin, SetAsideReason};

/// What is known at first contact.
pub struct ContactInput<'a> {
    /// Records that carry our id, whatever their state.
    pub by_device: &'a [TargetRecord],
    /// Records with its serial number; `None`: it has no usable one, or the kind adopts nothing.
    pub by_serial: Option<&'a [TargetRecord]>,
    /// The device that a record belongs to: one of the same instance, if there is one, before one of another instance.
    pub linked: &'a dyn Fn(&RecordId) -> Option<DeviceKey>,
    pub key: DeviceKey,
    /// A create was begun here, and its end is not known.
    pub intended: bool,
    /// The other side would take a new record for another one of the same name.
    pub merges_by_name: bool,
}

/// What to do with the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstContact {
    Link {
        record: RecordId,
        origin: LinkOrigin,
        /// It is retired or deleted, and comes back into use.
        restore: bool,
        /// What stands over there.
        values: FieldValues,
    },
    Create,
    SetAside(SetAsideReason),
}

pub fn decide_first_contact(input: ContactInput<'_>) -> FirstContact {
    let carries_id = |record: &&TargetRecord| record.device.is_none_or(|device| device == input.key.device);
    let by_device = find_standing(input.by_device.iter().filter(carries_id));
    match by_device.as_slice() {
        [] => {}
        [record] if is_taken(record, &input) => return FirstContact::SetAside(SetAsideReason::LinkedElsewhere),
        [record] => {
            let origin = if input.intended {
                LinkOrigin::Created
            } else {
                LinkOrigin::Adopted
            };
            return link_record(record, origin);
        }
        _ => return FirstContact::SetAside(SetAsideReason::IdTwice),
    }
    let by_serial = find_standing(input.by_serial.unwrap_or_default().iter());
    match by_serial.as_slice() {
        [] if input.merges_by_name => FirstContact::SetAside(SetAsideReason::MergedByName),
        [] => FirstContact::Create,
        [record] if is_taken(record, &input) => FirstContact::SetAside(SetAsideReason::LinkedElsewhere),
        [record] if record.synced_by_others => FirstContact::SetAside(SetAsideReason::SyncedByOthers),
        [record] => link_record(record, LinkOrigin::Adopted),
        _ => FirstContact::SetAside(SetAsideReason::SerialTwice),
    }
}

/// The hits that count, each once: those in the trash only if there are no others.
pub(super) fn find_standing<'a>(records: impl Iterator<Item = &'a TargetRecord>) -> Vec<&'a TargetRecord> {
    let mut hits: Vec<&TargetRecord> = records.collect();
    hits.sort_by(|one, other| (&one.id, one.state).cmp(&(&other.id, other.state)));
    hits.dedup_by(|one, other| one.id == other.id);
    if hits.iter().any(|record| record.state != RecordState::Deleted) {
        hits.retain(|record| record.state != RecordState::Deleted);
    }
    hits
}

/// Whether it belongs to another device of the same instance.
fn is_taken(record: &TargetRecord, input: &ContactInput<'_>) -> bool {
    let owner = (input.linked)(&record.id);
    owner.is_some_and(|owner| owner.instance == input.key.instance && owner.device != input.key.device)
}

fn link_record(record: &TargetRecord, origin: LinkOrigin) -> FirstContact {
    FirstContact::Link {
        record: record.id.clone(),
        origin,
        restore: record.state != RecordState::Active,
        values: record.values.clone(),
    }
}

#[cfg(test)]
#[path = "first_contact_tests.rs"]
mod tests;
