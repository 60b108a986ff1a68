//! What is to be done about one device, before anything of it is done: the same for the worker, which does it, and for a
//! preview, which only tells it.

use super::page_links::KnownLink;
use crate::contract::{FieldMode, LinkOrigin, LinkPhase, RecordMatch, SetAsideReason, WriteClass};
use crate::model::Timestamp;
use crate::store::TargetWritten;
use crate::targets::{
    CompiledMapping, DeviceKey, FieldValues, LinkState, PlannedWrite, RecordId, SourceDevice, TargetFault,
    TargetRecord, ValueTrouble,
};

/// What is to be done about one device.
#[derive(Debug)]
pub(in crate::targets) struct DevicePlanned {
    pub step: DeviceStep,
    /// The device whose link becomes this one's, before anything else.
    pub moved_from: Option<DeviceKey>,
    /// The record of that device, of whose making nobody was told, and which was found now: it is kept before the link is moved.
    pub found_before: Option<KnownLink>,
    /// The record of its link is not there any more: the link is forgotten, before anything else.
    pub forgets_link: bool,
    /// By what a record was found that was not linked.
    pub found_by: Option<RecordMatch>,
    /// Fields that could not be made.
    pub troubles: Vec<ValueTrouble>,
}

#[derive(Debug)]
pub(in crate::targets) enum DeviceStep {
    /// Nothing is sent. A link may have been made, or have learned something.
    Settled(Option<Box<LinkDraft>>),
    Write(Box<RecordStep>),
    SetAside(Box<AsidePlan>),
}

/// One write, and what the link is once the other side has confirmed it.
#[derive(Debug, Clone)]
pub(in crate::targets) struct RecordStep {
    pub write: PlannedWrite,
    pub class: WriteClass,
    pub draft: LinkDraft,
    /// Nobody was asked for the user: it is only told. Before it is sent, it is planned anew.
    pub is_untold_user: bool,
}

/// A link as it is to be kept.
#[derive(Debug, Clone)]
pub(in crate::targets) struct LinkDraft {
    pub key: DeviceKey,
    /// `None`: the other side gives one.
    pub record: Option<RecordId>,
    pub origin: LinkOrigin,
    pub phase: LinkPhase,
    pub fingerprint: Option<[u8; 16]>,
    /// What stands over there before the write.
    pub known: FieldValues,
    pub user: Option<String>,
    /// As the tenant calls them, in lower case; without a user, who was looked for in vain.
    pub user_name: Option<String>,
    /// When whoever was looked for in vain was looked for last.
    pub user_sought_at: Option<Timestamp>,
    pub last_sync: Option<Timestamp>,
    /// `None`: the device is gone, and its name and serial number stay as they were.
    pub names: Option<(Option<String>, Option<String>)>,
    /// Its record was made by a write of which nobody was told how it ended: what that wrote. It counts from now on.
    pub made: Option<FieldValues>,
    /// How the record stands is known by this, whatever became of writes before.
    pub is_certain: bool,
    /// No link leads to the record yet: it was found over there.
    pub found: Option<FoundRecord>,
}

/// A record that no link leads to yet, as its link is kept before it is written.
#[derive(Debug, Clone)]
pub(in crate::targets) struct FoundRecord {
    /// Whom it is assigned to, where that was our making; as the other side calls them.
    pub user: Option<String>,
}

/// Why a person has to decide, with what they need for it.
#[derive(Debug)]
pub(in crate::targets) struct AsidePlan {
    pub reason: SetAsideReason,
    pub records: Vec<TargetRecord>,
    pub problem: Option<String>,
}

impl DevicePlanned {
    pub(super) fn new(step: DeviceStep) -> DevicePlanned {
        DevicePlanned {
            step,
            moved_from: None,
            found_before: None,
            forgets_link: false,
            found_by: None,
            troubles: Vec::new(),
        }
    }

    pub(super) fn refused(fault: &TargetFault) -> DevicePlanned {
        DevicePlanned::new(DeviceStep::SetAside(Box::new(AsidePlan {
            reason: SetAsideReason::Refused,
            records: Vec::new(),
            problem: Some(fault.to_string()),
        })))
    }

    pub(super) fn set_aside(reason: SetAsideReason, records: Vec<TargetRecord>) -> DevicePlanned {
        DevicePlanned::new(DeviceStep::SetAside(Box::new(AsidePlan {
            reason,
            records,
            problem: None,
        })))
    }

    /// What is written takes the place of these values, and not of what a write has left behind that nobody recorded. Of a field
    /// that is filled, it takes the place of what stands there.
    pub(super) fn keep_values_before(&mut self, recorded: &FieldValues, mapping: &CompiledMapping) {
        let DeviceStep::Write(step) = &mut self.step else {
            return;
        };
        let sent = step.sent_values().into_keys();
        for field in sent.filter(|field| mapping.mode_of(field) == FieldMode::Own) {
            if let Some(before) = recorded.get(&field) {
                step.draft.known.insert(field, before.clone());
            }
        }
    }

    /// Whether nothing was found of a record that was to be made.
    pub(in crate::targets) fn is_making(&self) -> bool {
        matches!(&self.step, DeviceStep::Write(step) if matches!(step.write, PlannedWrite::Create { .. }))
    }
}

impl LinkDraft {
    /// Of a device that is there.
    pub(super) fn of_device(source: &SourceDevice, state: &LinkState) -> LinkDraft {
        LinkDraft {
            names: Some((
                source.text("deviceName").map(str::to_owned),
                source.text("serialNumber").map(str::to_owned),
            )),
            last_sync: source.last_sync(),
            ..LinkDraft::of_link(source.key, state)
        }
    }

    /// Of a device of which nothing but its link is known.
    pub(in crate::targets) fn of_link(key: DeviceKey, state: &LinkState) -> LinkDraft {
        LinkDraft {
            key,
            record: Some(state.record.clone()),
            origin: state.origin,
            phase: LinkPhase::Active,
            fingerprint: state.fingerprint,
            known: state.known.clone(),
            user: state.user.clone(),
            user_name: state.user_name.clone(),
            user_sought_at: state.user_sought_at,
            last_sync: state.last_sync,
            names: None,
            made: None,
            is_certain: true,
            found: None,
        }
    }

    /// Nothing is written now; `snapshot` has the device.
    pub(in crate::targets) fn into_linked(mut self, snapshot: i64) -> TargetWritten {
        let made = self.made.take();
        let record = self.record.clone().unwrap_or_else(|| RecordId(String::new()));
        let linked = self.into_written(record, None, FieldValues::new(), snapshot);
        match made {
            None => linked,
            Some(after) => TargetWritten {
                class: Some(WriteClass::Create),
                // There was no record.
                before: after
                    .keys()
                    .map(|field| (field.clone(), serde_json::Value::Null))
                    .collect(),
                after,
                ..linked
            },
        }
    }

    /// The other side has confirmed these values, under this id.
    pub(in crate::targets) fn into_written(
        self,
        record: RecordId,
        class: Option<WriteClass>,
        after: FieldValues,
        snapshot: i64,
    ) -> TargetWritten {
        let before = after.keys().map(|field| {
            let value = self.known.get(field).cloned().unwrap_or(serde_json::Value::Null);
            (field.clone(), value)
        });
        let before = before.collect();
        let mut known = self.known;
        known.extend(after.clone());
        let (device_name, serial) = self.names.unwrap_or_default();
        TargetWritten {
            instance: self.key.instance,
            device: self.key.device,
            record: record.0,
            origin: self.origin,
            phase: self.phase,
            fingerprint: self.fingerprint,
            known,
            user: self.user,
            user_name: self.user_name,
            user_sought_at: self.user_sought_at,
            last_sync: self.last_sync,
            snapshot,
            device_name,
            serial,
            class,
            is_certain: self.is_certain,
            before,
            after,
        }
    }
}

impl RecordStep {
    pub(in crate::targets) fn key(&self) -> DeviceKey {
        self.draft.key
    }

    /// The values that the write sends.
    pub(in crate::targets) fn sent_values(&self) -> FieldValues {
        match &self.write {
            PlannedWrite::Create { values, .. } | PlannedWrite::Update { values, .. } => values.clone(),
            PlannedWrite::Retire { .. } => FieldValues::new(),
        }
    }

    /// The device that is written; `None`: it is gone.
    pub(in crate::targets) fn source(&self) -> Option<&SourceDevice> {
        match &self.write {
            PlannedWrite::Create { device, .. } | PlannedWrite::Update { device, .. } => Some(device),
            PlannedWrite::Retire { .. } => None,
        }
    }
}

/// A link through which nothing was written yet.
pub(super) fn found_link(record: &TargetRecord, origin: LinkOrigin) -> LinkState {
    LinkState {
        record: record.id.clone(),
        origin,
        phase: match record.state {
            crate::targets::RecordState::Active => LinkPhase::Active,
            crate::targets::RecordState::Retired | crate::targets::RecordState::Deleted => LinkPhase::Gone,
        },
        fingerprint: None,
        known: record.values.clone(),
        user: record.user.clone(),
        user_name: None,
        user_sought_at: None,
        last_sync: None,
    }
}

/// The link of another device, as it is for the one that takes its record over.
pub(super) fn inherited_link(link: &KnownLink) -> LinkState {
    LinkState {
        fingerprint: None,
        ..link.state.clone()
    }
}

/// A link that was let go, or of which nothing is known for sure, taken up again.
pub(super) fn returned_link(link: &KnownLink) -> LinkState {
    LinkState {
        phase: match link.state.phase {
            LinkPhase::Gone => LinkPhase::Gone,
            LinkPhase::Intended | LinkPhase::Active | LinkPhase::Released => LinkPhase::Active,
        },
        ..inherited_link(link)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::targets::samples_for_tests::{device_with, field_values, link_to};

    #[test]
    fn what_was_there_before_is_kept_of_what_is_written_and_of_nothing_else() {
        let device = device_with(json!({"deviceName": "PC", "serialNumber": "PF0TEST1"}));
        let mut state = link_to("7");
        state.known = field_values(json!({"name": "OLD", "notes": "theirs"}));
        let draft = LinkDraft::of_device(&device, &state);
        let after = field_values(json!({"name": "PC", "serial": "PF0TEST1"}));
        let written = draft.into_written(RecordId("8".into()), Some(WriteClass::Change), after.clone(), 3);
        assert_eq!(written.before, field_values(json!({"name": "OLD", "serial": null})));
        assert_eq!(written.after, after);
        assert_eq!(
            written.known,
            field_values(json!({"name": "PC", "serial": "PF0TEST1", "notes": "theirs"}))
        );
        assert_eq!((written.record.as_str(), written.snapshot), ("8", 3));
        assert_eq!(written.device_name.as_deref(), Some("PC"));
    }

    #[test]
    fn a_record_of_which_nobody_was_told_that_it_was_made_counts_as_made_once_it_is_found() {
        let device = device_with(json!({"deviceName": "PC"}));
        let mut state = link_to("7");
        state.known = field_values(json!({"name": "PC", "status": "theirs"}));
        let mut draft = LinkDraft::of_device(&device, &state);
        assert_eq!(draft.clone().into_linked(0).class, None);
        draft.made = Some(field_values(json!({"name": "PC"})));
        let written = draft.into_linked(3);
        assert_eq!(written.class, Some(WriteClass::Create));
        assert_eq!(written.before, field_values(json!({"name": null})));
        assert_eq!(written.after, field_values(json!({"name": "PC"})));
        assert_eq!((written.known, written.snapshot), (state.known, 3));
    }

    #[test]
    fn of_a_device_that_is_gone_the_names_stay_as_they_were() {
        let device = device_with(json!({}));
        let draft = LinkDraft::of_link(device.key, &link_to("7"));
        let written = draft.into_linked(0);
        assert_eq!(
            (written.record.as_str(), written.device_name, written.class),
            ("7", None, None)
        );
    }
}
