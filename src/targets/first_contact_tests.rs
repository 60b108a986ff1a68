use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::targets::samples_for_tests::{device_id, device_key, field_values, record};

/// Device 1 of instance 1; nothing is over there, and it has no serial number.
struct Contact {
    by_device: Vec<TargetRecord>,
    by_serial: Option<Vec<TargetRecord>>,
    links: Vec<(&'static str, DeviceKey)>,
    intended: bool,
    merges_by_name: bool,
}

impl Contact {
    fn new() -> Contact {
        Contact {
            by_device: Vec::new(),
            by_serial: None,
            links: Vec::new(),
            intended: false,
            merges_by_name: false,
        }
    }

    fn decide(&self) -> FirstContact {
        let linked = |id: &RecordId| {
            self.links
                .iter()
                .find(|(record, _)| *record == id.0)
                .map(|(_, key)| *key)
        };
        decide_first_contact(ContactInput {
            by_device: &self.by_device,
            by_serial: self.by_serial.as_deref(),
            linked: &linked,
            key: device_key(1, 1),
            intended: self.intended,
            merges_by_name: self.merges_by_name,
        })
    }
}

fn ours(id: &str) -> TargetRecord {
    record(id, Some(device_id(1)))
}

fn theirs(id: &str) -> TargetRecord {
    record(id, None)
}

fn in_state(record: TargetRecord, state: RecordState) -> TargetRecord {
    TargetRecord { state, ..record }
}

fn link(id: &str, origin: LinkOrigin) -> FirstContact {
    FirstContact::Link {
        record: RecordId(id.to_owned()),
        origin,
        restore: false,
        values: FieldValues::new(),
    }
}

fn aside(reason: SetAsideReason) -> FirstContact {
    FirstContact::SetAside(reason)
}

#[test]
fn nothing_over_there_makes_a_record() {
    let mut contact = Contact::new();
    assert_eq!(contact.decide(), FirstContact::Create);
    contact.by_serial = Some(Vec::new());
    assert_eq!(contact.decide(), FirstContact::Create);
    contact.intended = true;
    assert_eq!(
        contact.decide(),
        FirstContact::Create,
        "it was begun and did not happen"
    );
}

#[test]
fn our_id_goes_before_the_serial_number() {
    let contact = Contact {
        by_device: vec![ours("7")],
        by_serial: Some(vec![theirs("8"), theirs("9")]),
        ..Contact::new()
    };
    assert_eq!(contact.decide(), link("7", LinkOrigin::Adopted));
}

#[test]
fn a_begun_create_that_finds_our_id_was_ours() {
    let mut contact = Contact {
        by_device: vec![ours("7")],
        by_serial: Some(vec![ours("7")]),
        intended: true,
        ..Contact::new()
    };
    assert_eq!(contact.decide(), link("7", LinkOrigin::Created));
    contact.by_device.clear();
    contact.by_serial = Some(vec![theirs("8")]);
    assert_eq!(
        contact.decide(),
        link("8", LinkOrigin::Adopted),
        "a serial number does not show who made it"
    );
}

#[test]
fn a_record_of_another_device_is_no_hit_by_id() {
    let contact = Contact {
        by_device: vec![record("7", Some(device_id(2)))],
        ..Contact::new()
    };
    assert_eq!(contact.decide(), FirstContact::Create);
}

#[test]
fn exactly_one_record_with_the_serial_number_is_adopted() {
    let mut found = theirs("8");
    found.values = field_values(json!({"name": "old name"}));
    let mut contact = Contact {
        by_serial: Some(vec![found]),
        ..Contact::new()
    };
    assert_eq!(
        contact.decide(),
        FirstContact::Link {
            record: RecordId("8".to_owned()),
            origin: LinkOrigin::Adopted,
            restore: false,
            values: field_values(json!({"name": "old name"})),
        }
    );
    contact.by_serial = Some(vec![theirs("8"), theirs("8")]);
    assert_eq!(
        contact.decide(),
        link("8", LinkOrigin::Adopted),
        "the same one told twice is one"
    );
}

#[test]
fn two_hits_are_never_guessed_at() {
    let mut contact = Contact {
        by_serial: Some(vec![theirs("8"), theirs("9")]),
        ..Contact::new()
    };
    assert_eq!(contact.decide(), aside(SetAsideReason::SerialTwice));
    contact.by_serial = Some(vec![theirs("8"), in_state(theirs("9"), RecordState::Retired)]);
    assert_eq!(contact.decide(), aside(SetAsideReason::SerialTwice));
    contact.by_device = vec![ours("6"), ours("7")];
    assert_eq!(contact.decide(), aside(SetAsideReason::IdTwice));
    contact.intended = true;
    assert_eq!(
        contact.decide(),
        aside(SetAsideReason::IdTwice),
        "made twice, and nobody knows which to keep"
    );
}

#[test]
fn the_trash_counts_only_if_there_is_nothing_else() {
    let trashed = |id| in_state(theirs(id), RecordState::Deleted);
    let mut contact = Contact {
        by_serial: Some(vec![trashed("1"), theirs("8"), trashed("9")]),
        ..Contact::new()
    };
    assert_eq!(contact.decide(), link("8", LinkOrigin::Adopted));
    contact.by_serial = Some(vec![trashed("1"), trashed("9")]);
    assert_eq!(contact.decide(), aside(SetAsideReason::SerialTwice));
}

#[test]
fn back_again_is_the_same_record() {
    for state in [RecordState::Retired, RecordState::Deleted] {
        let by_id = Contact {
            by_device: vec![in_state(ours("7"), state)],
            ..Contact::new()
        };
        let by_serial = Contact {
            by_serial: Some(vec![in_state(theirs("7"), state)]),
            ..Contact::new()
        };
        for contact in [by_id, by_serial] {
            let expected = FirstContact::Link {
                record: RecordId("7".to_owned()),
                origin: LinkOrigin::Adopted,
                restore: true,
                values: FieldValues::new(),
            };
            assert_eq!(contact.decide(), expected, "{state:?}");
        }
    }
}

#[test]
fn what_would_be_merged_by_its_name_is_set_aside() {
    let mut contact = Contact {
        merges_by_name: true,
        ..Contact::new()
    };
    assert_eq!(contact.decide(), aside(SetAsideReason::MergedByName));
    contact.by_serial = Some(Vec::new());
    assert_eq!(contact.decide(), aside(SetAsideReason::MergedByName));
    contact.by_serial = Some(vec![theirs("8")]);
    assert_eq!(
        contact.decide(),
        link("8", LinkOrigin::Adopted),
        "nothing is made, so nothing is merged"
    );
    contact.by_device = vec![ours("7")];
    assert_eq!(contact.decide(), link("7", LinkOrigin::Adopted));
}

#[test]
fn a_record_of_another_device_of_the_same_instance_is_not_taken_from_it() {
    for (by_device, by_serial) in [(vec![ours("7")], None), (Vec::new(), Some(vec![theirs("7")]))] {
        let mut contact = Contact {
            by_device,
            by_serial,
            links: vec![("7", device_key(1, 2))],
            ..Contact::new()
        };
        assert_eq!(contact.decide(), aside(SetAsideReason::LinkedElsewhere));
        contact.links = vec![("7", device_key(1, 1))];
        assert_eq!(contact.decide(), link("7", LinkOrigin::Adopted), "it is its own");
        contact.links = vec![("7", device_key(2, 2))];
        assert_eq!(
            contact.decide(),
            link("7", LinkOrigin::Adopted),
            "shared with another instance"
        );
        contact.links = vec![("7", device_key(2, 1))];
        assert_eq!(
            contact.decide(),
            link("7", LinkOrigin::Adopted),
            "two instances of one tenant"
        );
    }
}

#[test]
fn what_another_synchronisation_keeps_is_not_adopted_unless_it_carries_our_id() {
    let synced = |record: TargetRecord| TargetRecord {
        synced_by_others: true,
        ..record
    };
    let mut contact = Contact {
        by_serial: Some(vec![synced(theirs("8"))]),
        ..Contact::new()
    };
    assert_eq!(contact.decide(), aside(SetAsideReason::SyncedByOthers));
    contact.by_device = vec![synced(ours("7"))];
    assert_eq!(contact.decide(), link("7", LinkOrigin::Adopted));
}

prop_compose! {
    fn any_record()(id in 0..4_u8, device in proptest::option::of(1..3_u128), state in 0..3_u8, synced in any::<bool>())
        -> TargetRecord
    {
        let states = [RecordState::Active, RecordState::Retired, RecordState::Deleted];
        TargetRecord {
            state: states[usize::from(state)],
            synced_by_others: synced,
            ..record(&id.to_string(), device.map(device_id))
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_over_there_a_link_is_never_one_of_two_and_never_taken(
        by_device in proptest::collection::vec(any_record(), 0..4),
        by_serial in proptest::option::of(proptest::collection::vec(any_record(), 0..4)),
        owner in proptest::option::of((1..3_i64, 1..3_u128)),
        intended in any::<bool>(),
        merges_by_name in any::<bool>(),
    ) {
        let owner = owner.map(|(instance, device)| device_key(instance, device));
        let links = owner.map(|key| ("0", key)).into_iter().collect();
        let contact = Contact { by_device, by_serial, links, intended, merges_by_name };
        match contact.decide() {
            FirstContact::Link { record, origin, .. } => {
                let all: Vec<&TargetRecord> =
                    contact.by_device.iter().chain(contact.by_serial.iter().flatten()).collect();
                prop_assert!(all.iter().any(|hit| hit.id == record));
                let by_id = contact.by_device.iter().any(|hit| hit.id == record);
                let others = if by_id { &contact.by_device } else { contact.by_serial.as_ref().expect("a hit") };
                let is_double = |hit: &&TargetRecord| {
                    hit.id != record
                        && hit.state != RecordState::Deleted
                        && (!by_id || hit.device.is_none_or(|device| device == device_id(1)))
                };
                prop_assert!(!others.iter().any(|hit| is_double(&hit)));
                prop_assert!(origin == LinkOrigin::Adopted || intended);
                let taken = record.0 == "0" && owner.is_some_and(|key| key == device_key(1, 2));
                prop_assert!(!taken);
            }
            FirstContact::Create => prop_assert!(!merges_by_name),
            FirstContact::SetAside(_) => {}
        }
    }
}
