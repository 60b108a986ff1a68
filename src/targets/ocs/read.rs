//! Computers as the REST API of OCS tells them, as records.
//!
//! Its list of all computers asks the database thirty times for each, and tells of computers that have gone; so it is never
//! asked. One computer is searched for by its DEVICEID, and read section by section.

use serde_json::{Map, Value};

use super::client::OcsClient;
use super::fields::{FIELDS, FieldForm, OcsField, OcsSection};
use super::translate::{find_device, make_record_id, plain_device_id};
use crate::targets::{FieldValues, RecordId, RecordState, TargetFault, TargetRecord};

/// Rows of one DEVICEID that are read; two already are too many.
const ROWS_MAX: usize = 3;
/// What the API is asked for, a request each; every answer has the hardware besides.
const TABLES: [&str; 4] = ["bios", "networks", "storages", "sim"];

/// One row of OCS with what belongs to it.
type ComputerParts = Map<String, Value>;

/// The computers of a DEVICEID: one, none, or several by a mistake of OCS. `None`: there is no REST API.
pub(super) async fn find_computers(
    client: &OcsClient,
    device_id: &str,
) -> Result<Option<Vec<TargetRecord>>, TargetFault> {
    let query = [("DEVICEID", device_id)];
    let Some(found) = client.read_json(&["computers", "search"], &query).await? else {
        return Ok(None);
    };
    let mut records = Vec::new();
    for (row, number) in read_row_numbers(&found)?.into_iter().take(ROWS_MAX).enumerate() {
        let mut parts = ComputerParts::new();
        for table in TABLES {
            let answer = client.read_json(&["computer", &number, table], &[]).await?;
            merge_parts(&mut parts, answer, &number);
        }
        // It may have gone between two questions.
        if parts.contains_key("hardware") {
            records.push(read_computer(&parts, device_id, row, &number));
        }
    }
    Ok(Some(records))
}

/// The computer of a record.
pub(super) async fn read_computer_record(
    client: &OcsClient,
    id: &RecordId,
) -> Result<Option<TargetRecord>, TargetFault> {
    let found = find_computers(client, plain_device_id(id)).await?;
    let Some(records) = found else {
        return Err(TargetFault::Misconfigured {
            problem: "computers of OCS can be read by its REST API only, and none is set".to_owned(),
            advice: "set `rest_url`, such as https://ocs.example/ocsapi/v1".to_owned(),
        });
    };
    Ok(records.into_iter().find(|record| record.id == *id))
}

/// `[[12],[13]]`, or `[{"ID":12}]`; null or nothing where there is none.
fn read_row_numbers(answer: &Value) -> Result<Vec<String>, TargetFault> {
    let unreadable = || TargetFault::Unreadable {
        problem: "the search of the REST API of OCS is not a list of numbers".to_owned(),
    };
    let rows = match answer {
        Value::Null => return Ok(Vec::new()),
        Value::Array(rows) => rows,
        _ => return Err(unreadable()),
    };
    let number = |row: &Value| {
        let cell = row.get(0).or_else(|| row.get("ID")).unwrap_or(row);
        let text = cell
            .as_str()
            .map(str::to_owned)
            .or_else(|| cell.as_u64().map(|n| n.to_string()));
        text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    rows.iter().map(|row| number(row).ok_or_else(unreadable)).collect()
}

/// The answer of one section: `{"12": {"hardware": {…}, "bios": [{…}]}}`.
fn merge_parts(parts: &mut ComputerParts, answer: Option<Value>, number: &str) {
    let computer = answer.and_then(|mut answer| answer.get_mut(number).map(Value::take));
    if let Some(Value::Object(found)) = computer {
        parts.extend(found);
    }
}

fn read_computer(parts: &ComputerParts, device_id: &str, row: usize, number: &str) -> TargetRecord {
    let mut values = FieldValues::new();
    for field in FIELDS {
        values.insert(field.name.to_owned(), read_value(parts, field));
    }
    let text = |name: &str| values.get(name).and_then(Value::as_str).map(str::to_owned);
    TargetRecord {
        id: make_record_id(device_id, row, number),
        device: find_device(device_id),
        serial: text("BIOS/SSN"),
        name: text("HARDWARE/NAME"),
        state: RecordState::Active,
        user: None,
        values,
        synced_by_others: false,
    }
}

/// Null where nothing is known; OCS writes 0 and an address of zeros for that. An address is as Intune writes it.
fn read_value(parts: &ComputerParts, field: &OcsField) -> Value {
    let Some(row) = find_section(parts, field.section) else {
        return Value::Null;
    };
    let value = row.get(field.element).cloned().unwrap_or(Value::Null);
    let is_zero = |text: &str| text.bytes().all(|byte| matches!(byte, b'0' | b':'));
    match (&value, field.form) {
        (Value::String(text), _) if text.is_empty() => Value::Null,
        (Value::String(text), FieldForm::Mac | FieldForm::Number) if is_zero(text) => Value::Null,
        (Value::String(text), FieldForm::Mac) => text.replace(':', "").into(),
        (Value::Number(number), FieldForm::Number) if number.as_u64() == Some(0) => Value::Null,
        _ => value,
    }
}

fn find_section(parts: &ComputerParts, section: OcsSection) -> Option<&Map<String, Value>> {
    let rows = match parts.get(section.table())? {
        Value::Object(row) => return Some(row),
        Value::Array(rows) => rows,
        _ => return None,
    };
    let fits = |row: &&Map<String, Value>| match section.row_type() {
        Some(wanted) => row.get("TYPE").and_then(Value::as_str) == Some(wanted),
        None => true,
    };
    rows.iter().filter_map(Value::as_object).find(fits)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::targets::samples_for_tests::device_id;

    const ID: &str = "INTUNE-00000000-0000-0000-0000-000000000001-2026-01-02-03-04-05";

    #[test]
    fn row_numbers_are_read_in_each_form_that_versions_write() {
        for (answer, numbers) in [
            (json!([[12], [13]]), vec!["12", "13"]),
            (json!([["12"]]), vec!["12"]),
            (json!([{"ID": 12}]), vec!["12"]),
            (json!([]), vec![]),
            (Value::Null, vec![]),
        ] {
            assert_eq!(read_row_numbers(&answer).unwrap(), numbers, "{answer}");
        }
        for wrong in [json!({"a": 1}), json!([["1/../2"]]), json!([[null]]), json!("12")] {
            assert!(read_row_numbers(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_computer_is_read_as_a_mapping_writes_it() {
        let mut parts = ComputerParts::new();
        for answer in [
            json!({"12": {"hardware": {"NAME": "PC", "MEMORY": 0, "OSNAME": null}, "bios": [{"SSN": "PF0TEST1", "SMODEL": ""}]}}),
            json!({"12": {"networks": [{"MACADDR": "00:AA:BB:CC:DD:EF", "TYPE": "Ethernet"},
                {"MACADDR": "00:00:00:00:00:00", "TYPE": "Wifi"}]}}),
            json!({"12": {"storages": [{"DISKSIZE": 512_000}], "sim": []}}),
            json!({"13": {"hardware": {"NAME": "another"}}}),
            Value::Null,
        ] {
            merge_parts(&mut parts, Some(answer), "12");
        }
        let record = read_computer(&parts, ID, 0, "12");
        assert_eq!(record.id.0, ID);
        assert_eq!(record.device, Some(device_id(1)));
        assert_eq!(
            (record.name.as_deref(), record.serial.as_deref()),
            (Some("PC"), Some("PF0TEST1"))
        );
        for (field, value) in [
            ("HARDWARE/MEMORY", Value::Null),
            ("HARDWARE/OSNAME", Value::Null),
            ("BIOS/SMODEL", Value::Null),
            ("NETWORKS/WIFI", Value::Null),
            ("NETWORKS/ETHERNET", json!("00AABBCCDDEF")),
            ("STORAGES/DISKSIZE", json!(512_000)),
            ("SIM/DEVICEID", Value::Null),
        ] {
            assert_eq!(record.values[field], value, "{field}");
        }
    }
}
