use serde_json::json;

use super::*;

const ID_LABEL: &str = "Intune ID";

fn field(label: &str, column: &str, format: &str) -> CustomField {
    CustomField {
        id: 1,
        label: label.to_owned(),
        column: column.to_owned(),
        format: format.to_owned(),
        values: Vec::new(),
    }
}

fn fields() -> Vec<CustomField> {
    vec![
        field(ID_LABEL, "_snipeit_intune_id_7", "ANY"),
        field("OS Version", "_snipeit_os_version_8", "ANY"),
        field("MAC Address", "_snipeit_mac_9", "MAC"),
        field("Encrypted", "_snipeit_encrypted_10", "BOOLEAN"),
    ]
}

fn values(value: Value) -> FieldValues {
    value.as_object().unwrap().clone().into_iter().collect()
}

fn body_of(given: Value) -> AssetBody {
    let given = values(given);
    build_body(&given, &given, &fields(), ID_LABEL).unwrap()
}

#[test]
fn fields_have_the_names_of_the_api_and_customs_their_column() {
    let body = body_of(json!({
        "name": " PC-1 ",
        "serial": "pf0test1",
        "byod": true,
        "warranty_months": "36",
        "purchase_date": "2026-11-30T10:00:00Z",
        "notes": "",
        "order_number": 4711,
        "OS Version": "10.0.26100",
        "MAC Address": "AABBCCDDEE01",
        "Encrypted": false,
    }));
    let expected = json!({
        "name": "PC-1",
        "serial": "pf0test1",
        "byod": 1,
        "warranty_months": 36,
        "purchase_date": "2026-11-30",
        "notes": null,
        "order_number": "4711",
        "_snipeit_os_version_8": "10.0.26100",
        "_snipeit_mac_9": "AA:BB:CC:DD:EE:01",
        "_snipeit_encrypted_10": "0",
    });
    assert_eq!(Value::Object(body.parts), expected);
    let mut columns = body.columns;
    columns.sort();
    assert_eq!(
        columns,
        ["_snipeit_encrypted_10", "_snipeit_mac_9", "_snipeit_os_version_8"]
    );
    assert_eq!((body.model, body.status, body.company), (None, None, None));
}

#[test]
fn hostile_names_lose_only_what_nobody_sees() {
    for (given, written) in [
        ("<b>R&D</b>", json!("<b>R&D</b>")),
        ("a\u{0}b\u{7}c", json!("abc")),
        ("  \t ", Value::Null),
        ("Annas “iPad” 木", json!("Annas “iPad” 木")),
        ("two\nlines", json!("two\nlines")),
    ] {
        assert_eq!(body_of(json!({"name": given})).parts["name"], written, "{given:?}");
    }
    // How long a name may be is known to the mapping, which compares what it has cut.
    let long = "x".repeat(300);
    assert_eq!(body_of(json!({"name": long})).parts["name"], json!(long));
}

#[test]
fn s7_a_junk_serial_is_left_empty() {
    for junk in ["To be filled by O.E.M.", "0000000", "System Serial Number", ""] {
        assert_eq!(body_of(json!({"serial": junk})).parts["serial"], Value::Null, "{junk}");
    }
}

#[test]
fn a_tag_is_never_taken_away_nor_our_id_written_by_a_mapping() {
    let body = body_of(json!({"asset_tag": "", ID_LABEL: "mine", "intune_id": "mine"}));
    assert!(body.parts.is_empty() && body.columns.is_empty());
    assert_eq!(body_of(json!({"asset_tag": "A-1"})).parts["asset_tag"], json!("A-1"));
}

#[test]
fn what_is_looked_for_comes_out_as_a_wish() {
    let body = body_of(json!({"model": "Latitude 7450", "manufacturer": "Dell", "status": "Ready", "company": null}));
    assert_eq!(
        body.model,
        Some(ModelWish {
            name: "Latitude 7450".to_owned(),
            number: None,
            manufacturer: Some("Dell".to_owned()),
        })
    );
    assert_eq!(body.status.as_deref(), Some("Ready"));
    assert_eq!(body.company, Some(None));
    assert!(body.parts.is_empty());
}

#[test]
fn a_model_is_wished_from_all_that_is_known_of_it() {
    let all = values(json!({"model": "MacBook Pro", "model_number": "A2992", "manufacturer": "Apple"}));
    let body = build_body(&values(json!({"model_number": "A3112"})), &all, &fields(), ID_LABEL).unwrap();
    let wish = body.model.unwrap();
    assert_eq!(
        (wish.name.as_str(), wish.number.as_deref()),
        ("MacBook Pro", Some("A3112"))
    );
    // Without a name there is none to look for, and none can be taken away.
    for only in [json!({"manufacturer": "Apple"}), json!({"model": null})] {
        let only = values(only);
        assert_eq!(build_body(&only, &only, &fields(), ID_LABEL).unwrap().model, None);
    }
    let unrelated = build_body(&values(json!({"name": "x"})), &all, &fields(), ID_LABEL).unwrap();
    assert_eq!(unrelated.model, None);
}

#[test]
fn a_field_that_is_not_there_stops_the_target_and_says_how_to_make_it() {
    let given = values(json!({"Colour": "red"}));
    let fault = build_body(&given, &given, &fields(), ID_LABEL).unwrap_err();
    let TargetFault::Misconfigured { problem, advice } = fault else {
        panic!("it lasts until it is mended");
    };
    assert!(problem.contains("`Colour`"), "{problem}");
    assert!(advice.contains("--make"), "{advice}");
}

#[test]
fn yes_and_no_are_understood_in_every_form() {
    for yes in [json!(true), json!("true"), json!(" Yes"), json!(1), json!("1")] {
        assert_eq!(body_of(json!({"byod": yes})).parts["byod"], json!(1), "{yes}");
    }
    for no in [json!(false), json!("personal"), json!(0), Value::Null] {
        assert_eq!(body_of(json!({"byod": no})).parts["byod"], json!(0), "{no}");
    }
    assert_eq!(
        body_of(json!({"Encrypted": null})).parts["_snipeit_encrypted_10"],
        Value::Null
    );
}
