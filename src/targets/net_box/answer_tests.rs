use serde_json::json;

use super::*;

fn answer(status: u16, body: &str) -> WireAnswer {
    WireAnswer {
        status,
        body: body.as_bytes().to_vec(),
        ..WireAnswer::default()
    }
}

fn code(status: u16, body: &str, effect: SendEffect) -> &'static str {
    match judge_answer(&answer(status, body), effect) {
        Ok(_) => "good",
        Err(NetBoxTrouble::Fault(fault)) => fault.code(),
        Err(NetBoxTrouble::Crashed(_)) => "crashed",
        Err(NetBoxTrouble::Said(_)) => "said",
        Err(NetBoxTrouble::Forbidden) => "forbidden",
        Err(NetBoxTrouble::Missing) => "missing",
        Err(NetBoxTrouble::Changed) => "changed",
    }
}

#[test]
fn each_code_has_its_meaning() {
    use SendEffect::{Create, Read, Repeat};
    for (status, body, effect, expected) in [
        (200, "[]", Repeat, "good"),
        (204, "", Repeat, "good"),
        (201, "<html>", Create, "lostAnswer"),
        (200, "<html>", Read, "unreadable"),
        (302, "", Read, "misconfigured"),
        (400, r#"{"status":["nope is not a valid choice."]}"#, Create, "said"),
        (400, "<h1>Bad Request (400)</h1>", Read, "misconfigured"),
        (401, "", Read, "signIn"),
        (403, r#"{"detail":"Invalid token"}"#, Read, "forbidden"),
        (404, r#"{"detail":"Not found."}"#, Read, "missing"),
        (404, "<html>", Read, "misconfigured"),
        (409, r#"{"detail":"Unable to delete object."}"#, Repeat, "said"),
        (412, r#"{"detail":"Precondition failed."}"#, Repeat, "changed"),
        (413, "", Repeat, "said"),
        (429, "", Read, "throttled"),
        (500, "{}", Create, "crashed"),
        (502, "", Create, "lostAnswer"),
        (502, "", Repeat, "unavailable"),
        (503, "", Create, "unavailable"),
        (418, "", Read, "unreadable"),
    ] {
        assert_eq!(code(status, body, effect), expected, "{status} {body}");
    }
}

#[test]
fn a_server_that_fails_is_not_quoted() {
    let raw = answer(500, r#"{"error":"INSERT … 'canary'","exception":"DataError"}"#);
    let Err(NetBoxTrouble::Crashed(fault)) = judge_answer(&raw, SendEffect::Repeat) else {
        panic!("it fails");
    };
    assert!(!fault.to_string().contains("canary"), "{fault}");
}

#[test]
fn a_complaint_names_its_fields_in_whatever_form_it_comes() {
    let row = json!({"status": ["nope is not a valid choice."]});
    for form in [
        row.clone(),
        json!([{}, row.clone()]),
        json!({"detail": "1 of 2 objects failed validation.", "errors": [{"index": 1, "errors": row}]}),
    ] {
        let complaint = read_complaint(&form);
        assert_eq!(complaint.fields, ["status"], "{form}");
        assert_eq!(complaint.text, "status: nope is not a valid choice.");
    }
    let taken = read_complaint(&json!({"__all__": ["Device name must be unique per site."]}));
    assert!(taken.may_mean_name());
    let TargetFault::Refused { problem, field } = taken.into_refusal() else {
        panic!("it is refused");
    };
    assert_eq!(
        (problem.as_str(), field),
        ("Device name must be unique per site.", None)
    );
    assert!(!read_complaint(&json!({"serial": ["too long"]})).may_mean_name());
}
