//! What to write of a device whose record is known. Pure.
//!
//! *Own, fill, leave.* A field that the target keeps is written where it differs from what is known to stand over there; one
//! that it fills, only while that is empty; one that is left to people, never. Nothing is read for this: the link knows what
//! was last written.
//!
//! *Unchanged costs nothing.* The fingerprint of the last write is compared first, then the values; where neither differs,
//! there is no request.
//!
//! *The first write through a link* goes out even if no value differs, where the record may not carry our id yet: it was
//! adopted, or the device re-enrolled under another one. Whoever moves a link forgets its fingerprint.

use super::mapping::CompiledMapping;
use super::source_device::SourceDevice;
use super::target_adapter::{PlannedWrite, UserChange};
use super::target_record::{FieldValues, RecordId, is_empty_value, is_same_value};
use crate::contract::{FieldMode, LinkOrigin, LinkPhase, WriteClass};
use crate::model::Timestamp;

/// What a link says, as a decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkState {
    pub record: RecordId,
    pub origin: LinkOrigin,
    pub phase: LinkPhase,
    /// [`CompiledMapping::fingerprint_device`] of the last write through it.
    pub fingerprint: Option<[u8; 16]>,
    /// What is known to stand over there.
    pub known: FieldValues,
    /// The id over there of the user who has it.
    pub user: Option<String>,
    /// The same as the tenant calls them, in lower case; `None`: that is not known, and they are looked for. Without a user it is
    /// who was looked for in vain.
    pub user_name: Option<String>,
    /// When whoever was looked for in vain was looked for last; `None`: that is not known.
    pub user_sought_at: Option<Timestamp>,
    /// When the device last checked in, as it was when it was written.
    pub last_sync: Option<Timestamp>,
}

/// What to do with a device.
#[derive(Debug, Clone, PartialEq)]
pub enum DevicePlan {
    /// The record is as it should be. A link that was let go is taken up again.
    Nothing,
    Write(PlannedWrite, WriteClass),
}

/// Of a link whose record is known. One whose create was only begun is no matter of a plan: first contact looks again.
pub fn plan_update(device: &SourceDevice, link: &LinkState, mapping: &CompiledMapping, user: UserChange) -> DevicePlan {
    if link.phase == LinkPhase::Intended {
        return DevicePlan::Nothing;
    }
    let user = settle_user(user, link.user.as_deref());
    let (wanted, _) = mapping.wanted_values(device);
    let restore = link.phase == LinkPhase::Gone;
    let fingerprint = mapping.fingerprint_device(&wanted, device, user_after(&user, link.user.as_deref()));
    if !restore && link.fingerprint == Some(fingerprint) {
        return DevicePlan::Nothing;
    }
    let lacks_id = link.fingerprint.is_none() && (link.origin == LinkOrigin::Adopted || device.replaces.is_some());
    let (values, all) = compare_values(&wanted, &link.known, mapping);
    if values.is_empty() && user == UserChange::Keep && !restore && !lacks_id {
        return DevicePlan::Nothing;
    }
    let write = PlannedWrite::Update {
        key: device.key,
        device: Box::new(device.clone()),
        record: link.record.clone(),
        values,
        all,
        restore,
        lacks_id,
        replaces: device.replaces,
        class_name: mapping.class_name(device),
        user,
    };
    let class = write.write_class();
    DevicePlan::Write(write, class)
}

/// A record for a device that has none. `wanted`: what the mapping wants for it.
pub fn plan_create(
    device: &SourceDevice,
    mapping: &CompiledMapping,
    wanted: FieldValues,
    user: UserChange,
) -> PlannedWrite {
    let mut values = wanted;
    values.retain(|_, value| !is_empty_value(Some(value)));
    PlannedWrite::Create {
        key: device.key,
        device: Box::new(device.clone()),
        values,
        class_name: mapping.class_name(device),
        user: settle_user(user, None),
    }
}

/// The change of user that is left to be made.
fn settle_user(user: UserChange, current: Option<&str>) -> UserChange {
    match user {
        UserChange::Clear if current.is_none() => UserChange::Keep,
        UserChange::Assign(id) if current == Some(id.as_str()) => UserChange::Keep,
        change => change,
    }
}

fn user_after<'a>(change: &'a UserChange, current: Option<&'a str>) -> Option<&'a str> {
    match change {
        UserChange::Keep => current,
        UserChange::Clear => None,
        UserChange::Assign(id) => Some(id),
    }
}

/// What differs, and all that the target keeps: of fields that it fills, what stands over there.
fn compare_values(wanted: &FieldValues, known: &FieldValues, mapping: &CompiledMapping) -> (FieldValues, FieldValues) {
    let (mut differing, mut all) = (FieldValues::new(), FieldValues::new());
    for (field, value) in wanted {
        let stands = known.get(field);
        let (kept, is_written) = match mapping.mode_of(field) {
            FieldMode::Own => (value, !is_same_value(Some(value), stands)),
            FieldMode::Fill => match stands.filter(|found| !is_empty_value(Some(*found))) {
                Some(filled) => (filled, false),
                None => (value, !is_empty_value(Some(value))),
            },
            FieldMode::Leave => continue,
        };
        all.insert(field.clone(), kept.clone());
        if is_written {
            differing.insert(field.clone(), value.clone());
        }
    }
    (differing, all)
}

#[cfg(test)]
#[path = "write_plan_tests.rs"]
mod tests;
