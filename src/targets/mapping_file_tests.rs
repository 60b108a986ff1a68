use serde_json::json;

use super::*;
use crate::contract::FieldMode;
use crate::targets::samples_for_tests::sample_mapping;

fn refused(text: &str) -> String {
    read_mapping(text).expect_err(text).to_string()
}

/// One row of `fields`, beside a good one.
fn row_refused(row: Value) -> String {
    let good = json!({"field": "name", "from": "deviceName", "mode": "own"});
    refused(&json!({"fields": [good, row]}).to_string())
}

#[test]
fn a_file_is_read_as_it_was_written() {
    let mapping = sample_mapping();
    assert_eq!(read_mapping(&mapping.to_text()), Ok(mapping.clone()));
    let by_windows = format!("\u{feff}{}", mapping.to_text().replace('\n', "\r\n"));
    assert_eq!(read_mapping(&by_windows), Ok(mapping));
}

#[test]
fn the_file_looks_as_the_documents_say() {
    let text = sample_mapping().to_text();
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        document["fields"][2],
        json!({"field": "memory", "expression": "physicalMemoryInBytes / 1048576", "mode": "own"})
    );
    assert_eq!(document["fields"][3]["value"], "Intune");
    assert_eq!(document["classes"][0], json!({"class": "computer", "name": "Laptop"}));
    assert_eq!(
        document["gone"],
        json!({"deleted": "retire", "wiped": "stock", "retired": "retire"})
    );
    assert!(text.ends_with("}\n"));
}

#[test]
fn what_is_not_said_is_left_untouched() {
    let mapping = read_mapping(r#"{"fields": [], "gone": {"wiped": "stock"}}"#).expect("a mapping");
    assert_eq!(mapping.gone.wiped, RetireAction::Stock);
    assert_eq!(mapping.gone.deleted, RetireAction::Leave);
    let mapping =
        read_mapping(r#"{"fields": [{"field": " tag ", "value": "x", "mode": "leave"}]}"#).expect("a mapping");
    assert_eq!(mapping.gone, GoneRules::default());
    assert_eq!(
        (mapping.fields[0].field.as_str(), mapping.fields[0].mode),
        ("tag", FieldMode::Leave)
    );
}

#[test]
fn an_error_names_the_row_and_the_member() {
    for (row, told) in [
        (
            json!({"field": "os", "mode": "own"}),
            "fields, row 2 (os): its source is missing",
        ),
        (
            json!({"field": "os", "from": "osVersion", "value": "x", "mode": "own"}),
            "fields, row 2 (os): it has more than one source",
        ),
        (
            json!({"field": "os", "from": "osVersion"}),
            "fields, row 2 (os): mode is missing",
        ),
        (
            json!({"field": "os", "from": "osVersion", "mode": "owns"}),
            "fields, row 2 (os): mode: unknown word \"owns\"; expected own, fill, leave",
        ),
        (
            json!({"field": "os", "form": "osVersion", "mode": "own"}),
            "fields, row 2 (os): unknown member \"form\"; did you mean \"from\"?",
        ),
        (
            json!({"field": "os", "value": 7, "mode": "own"}),
            "fields, row 2 (os): value: expected a text in quotes",
        ),
        (
            json!({"field": "os", "from": null, "mode": "own"}),
            "fields, row 2 (os): from: expected a text in quotes",
        ),
        (
            json!({"field": "os", "expression": " ", "mode": "own"}),
            "fields, row 2 (os): expression: it is empty",
        ),
        (
            json!({"from": "osVersion", "mode": "own"}),
            "fields, row 2: field is missing",
        ),
        (
            json!({"field": 3, "from": "osVersion", "mode": "own"}),
            "fields, row 2: field: expected a text in quotes",
        ),
        (
            json!({"field": "name", "from": "osVersion", "mode": "own"}),
            "fields, row 2 (name): field: given twice",
        ),
        (json!("os"), "fields, row 2: expected an object in { }"),
    ] {
        let found = row_refused(row.clone());
        assert!(found.starts_with(told), "{row}: {found}");
    }
}

#[test]
fn an_error_outside_of_the_fields_names_its_place_too() {
    for (text, told) in [
        ("", "the mapping: not JSON; the fault is in line 1"),
        ("{\n \"fields\": [}", "the mapping: not JSON; the fault is in line 2"),
        ("[]", "the mapping: expected an object in { }"),
        ("{}", "the mapping: fields is missing"),
        (r#"{"fields": {}}"#, "fields: expected a list in [ ]"),
        (
            r#"{"fields": [], "feilds": []}"#,
            "the mapping: unknown member \"feilds\"; did you mean \"fields\"?",
        ),
        (
            r#"{"fields": [{"field": "a", "field": "b", "value": "x", "mode": "own"}]}"#,
            "the mapping: fields.field: given twice",
        ),
        (
            r#"{"fields": [], "classes": [{"class": "2nd class", "name": "x"}]}"#,
            "classes, row 1 (2nd class): class: not the name of a device class",
        ),
        (
            r#"{"fields": [], "classes": [{"class": "phone"}]}"#,
            "classes, row 1 (phone): name is missing",
        ),
        (
            r#"{"fields": [], "classes": [{"class": "phone", "name": "a"}, {"class": "phone", "name": "b"}]}"#,
            "classes, row 2 (phone): class: given twice",
        ),
        (
            r#"{"fields": [], "gone": {"deleted": "purge"}}"#,
            "gone: deleted: unknown word \"purge\"; expected leave, retire, stock, delete",
        ),
        (
            r#"{"fields": [], "gone": {"filtered": "retire"}}"#,
            "gone: unknown member \"filtered\"",
        ),
    ] {
        let found = refused(text);
        assert!(found.starts_with(told), "{text}: {found}");
    }
}

#[test]
fn hostile_files_are_refused_and_shown_harmlessly() {
    let found = row_refused(json!({"field": "a\u{202e}b", "value": "x", "mode": "own"}));
    assert_eq!(
        found,
        "fields, row 2 (a\\u202eb): field: contains the invisible character U+202E"
    );
    let found = row_refused(json!({"field": "os", "value": "a\nb", "mode": "own"}));
    assert_eq!(found, "fields, row 2 (os): value: contains a line break");
    let long = "x".repeat(NAME_MAX + 1);
    let found = row_refused(json!({"field": long, "value": "x", "mode": "own"}));
    assert!(
        found.ends_with("field: longer than 200 characters") && found.len() < 150,
        "{found}"
    );
    let long = "x".repeat(VALUE_MAX + 1);
    let found = row_refused(json!({"field": "os", "value": long, "mode": "own"}));
    assert_eq!(found, "fields, row 2 (os): value: longer than 1000 characters");

    let rows: Vec<Value> = (0..=FIELDS_MAX)
        .map(|number| json!({"field": number.to_string(), "value": "x", "mode": "own"}))
        .collect();
    assert_eq!(
        refused(&json!({ "fields": rows }).to_string()),
        "fields: more than 500 rows"
    );
    let large = format!("{{\"fields\": []{}}}", " ".repeat(FILE_MAX_BYTES));
    assert_eq!(refused(&large), "the mapping: larger than 256 KiB");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(refused(&deep).starts_with("the mapping: not JSON"));
}

#[test]
fn an_error_has_a_code_and_a_cure() {
    let error = read_mapping("{").expect_err("no JSON");
    assert_eq!(error.code(), "mappingFile");
    assert!(error.advice().contains("intune-connector targets mapping"));
}
