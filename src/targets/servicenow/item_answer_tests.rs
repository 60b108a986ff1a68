use serde_json::json;

use super::*;

const ONE: &str = "5137153cc611227c000bbd1bd8cd2007";
const OTHER: &str = "6137153cc611227c000bbd1bd8cd2007";

fn record(id: &str) -> RecordId {
    RecordId(id.to_owned())
}

fn attempt(result: &str, attributes: &[&str], info: &str) -> Value {
    json!({"attemptResult": result, "identifierName": "Hardware Rule", "attributes": attributes, "info": info})
}

fn item(operation: &str, id: &str, attempts: Vec<Value>) -> Value {
    json!({
        "className": "cmdb_ci_computer", "operation": operation, "sysId": id, "identificationAttempts": attempts,
        "inputIndices": [0], "errorCount": 0,
    })
}

fn judge(item: Value, aim: &ItemAim, is_trial: bool) -> Result<Option<RecordId>, TargetFault> {
    let answer = json!({"result": {"items": [item]}});
    let told = read_items(&answer, 1).unwrap();
    judge_item(told[0].as_ref().unwrap(), aim, is_trial)
}

fn failing(code: &str, text: &str) -> Value {
    json!({
        "operation": "INSERT_AS_INCOMPLETE", "sysId": "Unknown", "errorCount": 1, "inputIndices": [0],
        "errors": [{"error": code, "message": text}],
    })
}

#[test]
fn answers_are_told_by_the_places_of_their_items() {
    let mut second = item("INSERT", ONE, Vec::new());
    second["inputIndices"] = json!([2]);
    let mut both = item("UPDATE", OTHER, Vec::new());
    both["inputIndices"] = json!([0, 1]);
    let answer = json!({"result": {"items": [second, both]}});
    let told = read_items(&answer, 4).unwrap();
    let ids: Vec<Option<RecordId>> = told.into_iter().map(|told| told.and_then(|told| told.record)).collect();
    assert_eq!(ids, [Some(record(OTHER)), Some(record(OTHER)), Some(record(ONE)), None]);
    let listed = json!({"result": [{"items": [item("INSERT", ONE, Vec::new())]}]});
    assert!(read_items(&listed, 1).unwrap()[0].is_some());
    assert!(read_items(&json!({"result": {}}), 1).is_err() && read_items(&json!({}), 1).is_err());
}

#[test]
fn one_that_was_to_be_made_is_made_or_bears_our_key_or_was_merged() {
    let made = judge(
        item("INSERT", ONE, vec![attempt("NO_MATCH", &["name"], "")]),
        &ItemAim::Make,
        false,
    );
    assert_eq!(made, Ok(Some(record(ONE))));
    let ours = item(
        "NO_CHANGE",
        ONE,
        vec![attempt("MATCHED", &[], "sys_object_source MATCHED")],
    );
    assert_eq!(judge(ours, &ItemAim::Make, false), Ok(Some(record(ONE))));
    let merged = item("UPDATE", OTHER, vec![attempt("MATCHED", &["name"], "")]);
    let refused = judge(merged, &ItemAim::Make, true).unwrap_err();
    assert_eq!(refused.code(), "refused");
    assert!(
        refused.to_string().contains(OTHER) && refused.to_string().contains("name"),
        "{refused}"
    );
    let trial = item("INSERT", "Unknown", Vec::new());
    assert_eq!(judge(trial.clone(), &ItemAim::Make, true), Ok(None));
    assert_eq!(judge(trial, &ItemAim::Make, false).unwrap_err().code(), "refused");
}

#[test]
fn one_that_was_to_be_changed_is_itself_or_another_or_not_there() {
    for aim in [ItemAim::Change(record(ONE)), ItemAim::Retire(record(ONE))] {
        for operation in ["UPDATE", "NO_CHANGE", "UPDATE_WITH_UPGRADE"] {
            let done = judge(item(operation, ONE, Vec::new()), &aim, false);
            assert_eq!(done, Ok(Some(record(ONE))), "{operation}");
        }
        assert_eq!(
            judge(item("INSERT", OTHER, Vec::new()), &aim, false),
            Err(TargetFault::NotThere)
        );
        let another = judge(item("UPDATE", OTHER, Vec::new()), &aim, false).unwrap_err();
        assert_eq!(another.code(), "refused");
    }
}

#[test]
fn an_error_is_about_the_record_or_about_the_whole_side() {
    let source = "In payload invalid data source [X] exist. You need to provide a valid choice value";
    let gone = format!("Found invalid sys_id in payload. No record with sys_id [{ONE}] exist in table [cmdb_ci]");
    for (code, text, expected) in [
        ("INVALID_INPUT_DATA", source, "misconfigured"),
        ("INVALID_INPUT_DATA", gone.as_str(), "notThere"),
        ("INSERT_NOT_ALLOWED_FOR_SOURCE", "no", "misconfigured"),
        ("IDENTIFICATION_RULE_MISSING", "no", "misconfigured"),
        ("LOCK_TIMEOUT", "no", "unavailable"),
        ("MULTI_MATCH", "two", "refused"),
        ("MULTIPLE_DUPLICATE_RECORDS", "two", "refused"),
        ("REQUIRED_ATTRIBUTE_EMPTY", "no", "refused"),
        ("SOMETHING_NEW", "no", "refused"),
    ] {
        let fault = judge(failing(code, text), &ItemAim::Change(record(ONE)), false).unwrap_err();
        assert_eq!(fault.code(), expected, "{code}");
    }
}

#[test]
fn a_partial_payload_is_no_ci_and_values_are_not_quoted() {
    let text = "In payload missing minimum set of input values. Add these input values in payload item '{\"name\":\"canary\"}'";
    let partial = json!({
        "operation": "INSERT_AS_PARTIAL", "sysId": "Unknown", "inputIndices": [0], "errors": [],
        "warnings": [{"error": "MISSING_MATCHING_ATTRIBUTES", "message": text}],
    });
    let told = read_items(&json!({"result": {"items": [partial.clone()]}}), 1).unwrap();
    assert!(told[0].as_ref().unwrap().lacks_match());
    let fault = judge(partial, &ItemAim::Make, false).unwrap_err();
    assert_eq!(fault.code(), "refused");
    let shown = fault.to_string();
    assert!(
        shown.contains("MISSING_MATCHING_ATTRIBUTES") && !shown.contains("canary"),
        "{shown}"
    );
    let silent = json!({"operation": "DELETE", "sysId": "Unknown", "inputIndices": [0]});
    assert!(
        judge(silent, &ItemAim::Make, false)
            .unwrap_err()
            .to_string()
            .contains("DELETE")
    );
}
