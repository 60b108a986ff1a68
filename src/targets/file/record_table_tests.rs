use serde_json::json;

use super::*;
use crate::model::{GoneReason, parse_time};
use crate::targets::UserChange;
use crate::targets::samples_for_tests::{device_id, device_key, device_with, field_values};

fn source(number: u128) -> Box<SourceDevice> {
    let mut device = device_with(json!({}));
    device.key = device_key(1, number);
    Box::new(device)
}

fn create(number: u128, values: Value) -> PlannedWrite {
    let device = source(number);
    PlannedWrite::Create {
        key: device.key,
        device,
        values: field_values(values),
        class_name: String::new(),
        user: UserChange::Keep,
    }
}

fn update(number: u128, record: &str, values: Value, restore: bool) -> PlannedWrite {
    let device = source(number);
    PlannedWrite::Update {
        key: device.key,
        device,
        record: RecordId(record.to_owned()),
        values: field_values(values),
        all: FieldValues::new(),
        restore,
        lacks_id: false,
        replaces: None,
        class_name: String::new(),
        user: UserChange::Keep,
    }
}

fn retire(record: &str, action: RetireAction) -> PlannedWrite {
    PlannedWrite::Retire {
        key: device_key(1, 1),
        record: RecordId(record.to_owned()),
        action,
        reason: GoneReason::Deleted,
        at: parse_time("2026-11-22T08:00:00Z").unwrap(),
    }
}

fn id(number: u128) -> String {
    device_id(number).to_string()
}

fn apply(table: &RecordTable, writes: &[PlannedWrite]) -> AppliedWrites {
    table.apply_writes(writes, &["Inventarnummer".to_owned()])
}

fn two() -> RecordTable {
    let writes = [
        create(1, json!({"deviceName": "PC-1", "serialNumber": "S1"})),
        create(2, json!({"deviceName": "PC-2", "imei": null})),
    ];
    apply(&RecordTable::default(), &writes).table
}

const ACTIVE: TouchedRows = TouchedRows {
    active: true,
    gone: false,
};

#[test]
fn what_is_made_twice_is_there_once_and_what_is_unchanged_touches_nothing() {
    let table = two();
    assert_eq!(table.records().count(), 2);
    let first = table.find_by_device(device_id(1)).unwrap();
    assert_eq!(
        (first.id.clone(), first.instance.as_str()),
        (id(1), "IntuneConnector_1")
    );
    assert!(
        !table.find_by_device(device_id(2)).unwrap().values.contains_key("imei"),
        "nothing is nothing"
    );
    let again = apply(
        &table,
        &[create(1, json!({"deviceName": "PC-1", "serialNumber": "S1"}))],
    );
    assert_eq!((again.touched, &again.table), (TouchedRows::default(), &table));
    let again = apply(&table, &[update(1, &id(1), json!({"deviceName": "PC-1"}), false)]);
    assert!(!again.touched.is_any());
    let changed = apply(
        &table,
        &[update(
            1,
            &id(1),
            json!({"deviceName": "NEW", "serialNumber": null}),
            false,
        )],
    );
    assert_eq!(changed.touched, ACTIVE);
    let record = changed.table.find_by_id(&RecordId(id(1))).unwrap().to_record();
    assert_eq!((record.name.as_deref(), record.serial), (Some("NEW"), None));
    assert_eq!(
        table.find_by_device(device_id(1)).unwrap().values["deviceName"],
        "PC-1",
        "the old table is as it was"
    );
}

#[test]
fn gone_is_a_state_and_back_again_is_the_same_record() {
    let table = two();
    let gone = apply(&table, &[retire(&id(1), RetireAction::Stock)]);
    assert!(gone.touched.active && gone.touched.gone);
    let record = gone.table.find_by_device(device_id(1)).unwrap();
    assert_eq!(
        (record.state, record.gone_reason.as_deref()),
        (FileState::Stock, Some("deleted"))
    );
    assert_eq!(record.gone_at.as_deref(), Some("2026-11-22T08:00:00Z"));
    let back = apply(&gone.table, &[update(1, &id(1), json!({}), true)]);
    assert_eq!(back.table, table);
    let left = apply(&table, &[retire(&id(1), RetireAction::Leave)]);
    assert!(!left.touched.is_any() && left.results[0].is_ok());
    let deleted = apply(&table, &[retire(&id(1), RetireAction::Delete)]);
    assert_eq!((deleted.touched, deleted.table.records().count()), (ACTIVE, 1));
    let twice = apply(
        &deleted.table,
        &[
            retire(&id(1), RetireAction::Delete),
            retire(&id(1), RetireAction::Retire),
        ],
    );
    assert!(twice.results[0].is_ok());
    assert_eq!(twice.results[1], Err(TargetFault::NotThere));
}

#[test]
fn a_device_that_comes_back_under_another_id_keeps_its_record() {
    let moved = apply(&two(), &[update(9, &id(1), json!({}), false)]).table;
    assert!(moved.find_by_device(device_id(1)).is_none());
    assert_eq!(moved.find_by_device(device_id(9)).unwrap().id, id(1));
    // The id of the record is taken, should the first device ever come back beside it.
    let both = apply(&moved, &[create(1, json!({}))]);
    assert_eq!(both.results[0].as_ref().unwrap().record.0, format!("{}-2", id(1)));
    assert_eq!(both.table.records().count(), 3);
}

#[test]
fn what_no_column_holds_is_refused_and_the_rest_of_the_page_goes_on() {
    let writes = [
        create(1, json!({"Kostenstelle": "7"})),
        create(2, json!({"state": "mine"})),
        create(3, json!({"Inventarnummer": "7"})),
        update(4, "nobody", json!({}), false),
    ];
    let applied = apply(&RecordTable::default(), &writes);
    let codes = applied
        .results
        .iter()
        .map(|result| result.as_ref().map_or_else(TargetFault::code, |_| "done"));
    assert_eq!(
        codes.collect::<Vec<_>>(),
        ["misconfigured", "misconfigured", "done", "notThere"]
    );
    assert_eq!(applied.table.records().count(), 1);
}

#[test]
fn values_are_put_back_and_a_record_that_is_gone_is_not() {
    let table = two();
    let values = field_values(json!({"deviceName": "OLD", "serialNumber": null}));
    let (back, touched) = table.put_back(&RecordId(id(1)), &values).unwrap();
    assert_eq!(touched, ACTIVE);
    let record = back.find_by_device(device_id(1)).unwrap();
    assert_eq!((record.values.len(), &record.values["deviceName"]), (1, &json!("OLD")));
    assert!(table.put_back(&RecordId("nobody".into()), &values).is_none());
}
