use serde_json::json;

use super::super::columns::{ColumnKind, planned_columns};
use super::*;
use crate::model::{GoneReason, parse_time};
use crate::targets::samples_for_tests::{device_key, device_with, field_values};

fn create(values: Value) -> PlannedWrite {
    let device = Box::new(device_with(
        json!({"id": "x", "deviceName": "PC\u{0}1", "list": ["a\u{0}"]}),
    ));
    PlannedWrite::Create {
        key: device.key,
        device,
        values: field_values(values),
        class_name: String::new(),
        user: UserChange::Assign("anna@example.com".into()),
    }
}

fn update(record: &str, values: Value, restore: bool) -> PlannedWrite {
    let device = Box::new(device_with(json!({"deviceName": "PC1"})));
    PlannedWrite::Update {
        key: device.key,
        device,
        record: RecordId(record.into()),
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
        record: RecordId(record.into()),
        action,
        reason: GoneReason::ByJob,
        at: parse_time("2026-11-21T08:00:00Z").unwrap(),
    }
}

fn row(write: &PlannedWrite) -> PageRow {
    translate_write(3, write, &planned_columns()).unwrap()
}

#[test]
fn a_new_device_goes_with_its_columns_its_user_and_the_whole_of_it_without_nul_bytes() {
    let row = row(&create(json!({
        "device_name": "PC\u{0}1", "enrolled_date_time": "2026-01-01T00:00:00Z", "is_encrypted": true,
        "total_storage_space_in_bytes": 5, "model": null,
    })));
    assert_eq!(
        Value::Object(row.json),
        json!({
            "op": "create", "instance": "IntuneConnector_1", "device": "00000000-0000-0000-0000-000000000001",
            "data": {"id": "x", "deviceName": "PC1", "list": ["a"]}, "state": "active",
            "user_change": "assign", "user_name": "anna@example.com", "n": 3,
            "fields": {"device_name": "PC1", "enrolled_date_time": "2026-01-01T00:00:00Z", "is_encrypted": true,
                "model": null, "total_storage_space_in_bytes": 5},
        })
    );
    assert!(row.needs_record);
    assert_eq!(row.columns.len(), 5);
}

#[test]
fn a_change_names_only_what_differs_and_the_state_only_where_the_record_comes_back() {
    let told = |restore| Value::Object(row(&update("7", json!({"device_name": "PC2"}), restore)).json);
    assert_eq!(told(false)["record"], json!(7));
    assert_eq!(told(false)["fields"], json!({"device_name": "PC2"}));
    assert_eq!(told(false).get("state"), None);
    assert_eq!(told(false).get("user_change"), None);
    assert_eq!(told(true)["state"], "active");
}

#[test]
fn gone_is_a_state_unless_the_record_is_to_be_deleted() {
    let told = |action| Value::Object(row(&retire("7", action)).json);
    assert_eq!(
        told(RetireAction::Retire),
        json!({"record": 7, "op": "retire", "state": "retired", "at": "2026-11-21T08:00:00Z", "reason": "byJob",
            "user_change": "clear", "n": 3, "fields": {}})
    );
    assert_eq!(told(RetireAction::Stock)["state"], "stock");
    assert_eq!(
        told(RetireAction::Delete),
        json!({"record": 7, "op": "delete", "n": 3, "fields": {}})
    );
    assert!(!row(&retire("7", RetireAction::Delete)).needs_record);
}

#[test]
fn what_a_column_cannot_hold_refuses_one_write_and_a_column_that_is_missing_stops_all() {
    let fault = |values| translate_write(0, &create(values), &planned_columns()).unwrap_err();
    let refused = fault(json!({"enrolled_date_time": "canary"}));
    assert!(
        refused.concerns_record() && !format!("{refused:?}").contains("canary"),
        "{refused:?}"
    );
    let TargetFault::Refused { field, .. } = refused else {
        panic!()
    };
    assert_eq!(field.as_deref(), Some("enrolled_date_time"));
    for missing in ["cost_centre", "record", "data", "instance", "state"] {
        assert!(fault(json!({missing: "x"})).is_lasting(), "{missing}");
    }
    let mut columns = planned_columns();
    columns.push(TableColumn {
        name: "cost_centre".into(),
        kind: ColumnKind::Other,
    });
    assert!(translate_write(0, &create(json!({"cost_centre": "x"})), &columns).is_ok());
}

#[test]
fn a_record_that_is_no_number_is_not_there() {
    let fault = translate_write(0, &update("INTUNE-1", json!({}), false), &planned_columns()).unwrap_err();
    assert_eq!(fault, TargetFault::NotThere);
}

#[test]
fn two_writes_of_one_record_and_too_many_bytes_go_one_after_the_other() {
    let rows = [
        retire("7", RetireAction::Retire),
        retire("8", RetireAction::Retire),
        update("7", json!({}), true),
    ];
    let rounds = split_rounds(rows.iter().map(row).collect());
    assert_eq!(rounds.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
    let huge = "x".repeat(PAGE_BYTES / 2);
    let rows: Vec<PageRow> = ["1", "2", "3"]
        .map(|record| row(&update(record, json!({"notes": huge}), false)))
        .into();
    assert_eq!(split_rounds(rows).len(), 3);
    assert!(split_rounds(Vec::new()).is_empty());
}

#[test]
fn a_page_names_each_column_once() {
    let rows = [
        row(&update("7", json!({"device_name": "a", "model": "b"}), false)),
        row(&update("8", json!({"model": "c"}), false)),
    ];
    let (columns, page) = describe_page(&rows);
    assert_eq!(columns.into_iter().collect::<Vec<_>>(), ["device_name", "model"]);
    let page: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(page.as_array().unwrap().len(), 2);
}

#[test]
fn values_that_are_put_back_touch_nothing_else() {
    let row = translate_revert(
        &RecordId("7".into()),
        &field_values(json!({"device_name": null, "model": "old"})),
        &planned_columns(),
    );
    assert_eq!(
        Value::Object(row.unwrap().json),
        json!({"op": "update", "record": 7, "n": 0, "fields": {"device_name": null, "model": "old"}})
    );
}
