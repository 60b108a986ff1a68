use serde_json::json;

use super::*;

fn answer(status: u16, body: &Value) -> RawAnswer {
    RawAnswer {
        status,
        body: body.to_string().into_bytes(),
        ..RawAnswer::default()
    }
}

fn fault(raw: &RawAnswer, effect: CallEffect) -> TargetFault {
    match judge_answer(raw, effect) {
        Err(ApiTrouble::Fault(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

fn complaint(body: &Value) -> ApiComplaint {
    match judge_answer(&answer(200, body), CallEffect::Repeat) {
        Err(ApiTrouble::Said(complaint)) => complaint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_error_may_come_as_http_200() {
    let said = complaint(&json!({"status": "error", "messages": "Asset does not exist.", "payload": null}));
    assert_eq!(said.text, "Asset does not exist.");
    assert!(said.fields.is_empty());
    let said = complaint(&json!({
        "status": "error",
        "messages": {"asset_tag": ["The asset tag field is required."], "model_id": "Wrong."},
        "payload": null,
    }));
    assert_eq!(said.text, "The asset tag field is required. Wrong.");
    assert!(said.names_field("asset_tag") && said.names_field("model_id") && !said.names_field("serial"));
    let TargetFault::Refused { field, .. } = said.into_refusal() else {
        panic!("it concerns one record");
    };
    assert_eq!(field.as_deref(), Some("asset_tag"));
    assert_eq!(complaint(&json!({"status": "error", "messages": null})).text, "");
}

#[test]
fn what_is_good_is_handed_on_whole() {
    for body in [
        json!({"status": "success", "messages": "Asset created.", "payload": {"id": 7}}),
        json!({"total": 0, "rows": []}),
        // A row may have a status of its own.
        json!({"id": 7, "status_label": {"id": 1}, "status": "ready"}),
    ] {
        assert_eq!(judge_answer(&answer(200, &body), CallEffect::Create).unwrap(), body);
    }
}

#[test]
fn true_codes_mean_what_they_say() {
    let empty = json!({});
    let unauthorised = answer(401, &json!({"error": "Unauthorized or unauthenticated."}));
    let TargetFault::SignIn { problem, .. } = fault(&unauthorised, CallEffect::Read) else {
        panic!("401 is about the token");
    };
    assert!(problem.contains("Unauthorized or unauthenticated."), "{problem}");
    assert!(matches!(
        judge_answer(&answer(403, &empty), CallEffect::Repeat),
        Err(ApiTrouble::Forbidden)
    ));
    assert!(matches!(
        fault(&answer(404, &empty), CallEffect::Read),
        TargetFault::Misconfigured { .. }
    ));
    assert!(matches!(
        fault(&answer(413, &empty), CallEffect::Repeat),
        TargetFault::Refused { .. }
    ));
    assert!(matches!(
        fault(&answer(418, &empty), CallEffect::Read),
        TargetFault::Unreadable { .. }
    ));
}

#[test]
fn an_address_that_is_wrong_never_looks_like_a_record_that_is_gone() {
    for status in [301, 302, 404, 410, 500, 502] {
        let found = fault(&answer(status, &json!({})), CallEffect::Repeat);
        assert!(!matches!(found, TargetFault::NotThere), "{status}");
    }
}

#[test]
fn throttling_is_told_with_or_without_a_time() {
    let mut throttled = answer(
        429,
        &json!({"status": "error", "messages": "Too many requests", "payload": null}),
    );
    assert!(matches!(
        fault(&throttled, CallEffect::Create),
        TargetFault::Throttled { retry_after: None }
    ));
    throttled.retry_after = Some(Duration::from_secs(17));
    let asked = Some(Duration::from_secs(17));
    assert!(
        matches!(fault(&throttled, CallEffect::Create), TargetFault::Throttled { retry_after } if retry_after == asked)
    );
    throttled.status = 503;
    assert!(
        matches!(fault(&throttled, CallEffect::Read), TargetFault::Throttled { retry_after } if retry_after == asked)
    );
}

#[test]
fn an_older_version_hides_a_code_in_a_405() {
    let hidden = |messages: Value| answer(405, &json!({"status": "error", "messages": messages, "payload": null}));
    assert!(matches!(
        fault(&hidden(json!(429)), CallEffect::Read),
        TargetFault::Throttled { .. }
    ));
    assert!(matches!(
        fault(&hidden(json!("503")), CallEffect::Create),
        TargetFault::Unavailable { .. }
    ));
    for plain in [json!("Method not allowed"), json!(null), json!(7), json!(70_000)] {
        let found = fault(&hidden(plain.clone()), CallEffect::Read);
        assert!(matches!(found, TargetFault::Unreadable { .. }), "{plain}");
    }
}

#[test]
fn a_create_that_ends_in_an_error_of_the_server_may_have_happened() {
    for status in [500, 502, 504] {
        let broken = answer(status, &json!({"message": "Server Error"}));
        assert!(matches!(
            fault(&broken, CallEffect::Create),
            TargetFault::LostAnswer { .. }
        ));
        assert!(matches!(
            fault(&broken, CallEffect::Repeat),
            TargetFault::Unavailable { .. }
        ));
        assert!(matches!(
            fault(&broken, CallEffect::Read),
            TargetFault::Unavailable { .. }
        ));
    }
    // Under maintenance nothing is done.
    assert!(matches!(
        fault(&answer(503, &json!({})), CallEffect::Create),
        TargetFault::Unavailable { .. }
    ));
}

#[test]
fn what_a_server_shows_of_its_failure_is_not_told() {
    let shown = answer(
        500,
        &json!({"message": "SQLSTATE[22001] (SQL: insert into `assets` values (canary))"}),
    );
    for effect in [CallEffect::Create, CallEffect::Repeat, CallEffect::Read] {
        let found = fault(&shown, effect);
        assert!(!format!("{found:?}").contains("canary"), "{found:?}");
    }
}

#[test]
fn what_is_no_json_is_not_believed() {
    let mut page = RawAnswer {
        status: 200,
        body: b"<html>sign in</html>".to_vec(),
        ..RawAnswer::default()
    };
    assert!(matches!(fault(&page, CallEffect::Read), TargetFault::Unreadable { .. }));
    assert!(matches!(
        fault(&page, CallEffect::Create),
        TargetFault::LostAnswer { .. }
    ));
    page.body = b"{\"total\":0,\"rows\":[]}".to_vec();
    page.is_cut = true;
    assert!(matches!(fault(&page, CallEffect::Read), TargetFault::Unreadable { .. }));
}

#[test]
fn a_redirect_is_not_followed_but_told() {
    let mut redirect = answer(302, &json!({}));
    redirect.location = Some("https://assets.example/login".to_owned());
    let TargetFault::Misconfigured { problem, .. } = fault(&redirect, CallEffect::Read) else {
        panic!("the address is wrong");
    };
    assert!(problem.contains("https://assets.example/login"), "{problem}");
}

#[test]
fn a_validation_of_the_framework_names_its_fields() {
    let invalid = answer(
        422,
        &json!({"message": "The given data was invalid.", "errors": {"serial": ["Too long."]}}),
    );
    match judge_answer(&invalid, CallEffect::Create) {
        Err(ApiTrouble::Said(said)) => {
            assert_eq!((said.text.as_str(), said.names_field("serial")), ("Too long.", true))
        }
        other => panic!("{other:?}"),
    }
    let bad_json = answer(422, &json!({"message": "Syntax error"}));
    assert!(matches!(
        fault(&bad_json, CallEffect::Create),
        TargetFault::Unreadable { .. }
    ));
}

#[test]
fn what_is_told_is_one_line_of_plain_text() {
    let long = format!("R&amp;D\n  {}", "x".repeat(1_000));
    let said = complaint(&json!({"status": "error", "messages": long}));
    assert!(said.text.starts_with("R&D x"), "{}", said.text);
    assert_eq!(said.text.chars().count(), TOLD_MAX);
}
