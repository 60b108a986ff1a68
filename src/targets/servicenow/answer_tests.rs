use serde_json::json;

use super::*;

fn answer(status: u16, body: &Value) -> RawAnswer {
    RawAnswer {
        status,
        body: body.to_string().into_bytes(),
        ..RawAnswer::default()
    }
}

fn code_of(status: u16, effect: CallEffect) -> &'static str {
    let body = json!({"error": {"message": "canary", "detail": "more"}, "status": "failure"});
    match judge_answer(&answer(status, &body), effect) {
        Err(CallTrouble::Fault(fault)) => fault.code(),
        Err(CallTrouble::Forbidden) => "forbidden",
        Err(CallTrouble::NotFound(_)) => "notFound",
        Ok(_) => "good",
    }
}

#[test]
fn each_code_says_what_becomes_of_the_write() {
    for (status, read, create) in [
        (200, "good", "good"),
        (302, "misconfigured", "misconfigured"),
        (400, "misconfigured", "misconfigured"),
        (401, "signIn", "signIn"),
        (403, "forbidden", "forbidden"),
        (404, "notFound", "notFound"),
        (413, "unavailable", "unavailable"),
        (429, "throttled", "throttled"),
        (500, "unavailable", "lostAnswer"),
        (502, "unavailable", "lostAnswer"),
        (503, "unavailable", "unavailable"),
        (418, "unreadable", "unreadable"),
    ] {
        assert_eq!(code_of(status, CallEffect::Repeat), read, "{status}");
        assert_eq!(code_of(status, CallEffect::Create), create, "{status}");
    }
}

#[test]
fn a_page_of_html_is_no_answer_and_a_write_that_gets_one_is_looked_for() {
    let page = RawAnswer {
        status: 200,
        body: b"<html>Your instance is hibernating</html>".to_vec(),
        ..RawAnswer::default()
    };
    for (effect, code) in [(CallEffect::Repeat, "unreadable"), (CallEffect::Create, "lostAnswer")] {
        let Err(CallTrouble::Fault(fault)) = judge_answer(&page, effect) else {
            panic!("it is none");
        };
        assert_eq!(fault.code(), code);
    }
}

#[test]
fn a_server_that_fails_is_not_quoted() {
    let body = json!({"error": {"message": "canary-value", "detail": "stack"}});
    let Err(CallTrouble::Fault(fault)) = judge_answer(&answer(500, &body), CallEffect::Repeat) else {
        panic!("it failed");
    };
    assert!(!fault.to_string().contains("canary"), "{fault}");
    let Err(CallTrouble::Fault(fault)) = judge_answer(&answer(401, &body), CallEffect::Repeat) else {
        panic!("it is refused");
    };
    assert!(fault.to_string().contains("canary-value: stack"), "{fault}");
    let oauth = json!({"error": "access_denied", "error_description": "no client"});
    assert_eq!(tell_error(Some(&oauth)), "access_denied: no client");
}

#[test]
fn a_reset_is_counted_by_the_clock_over_there() {
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    let wait = |sent_at| wait_until_reset("1000", sent_at, at(400));
    assert_eq!(wait(Some(at(970))), Some(Duration::from_secs(30)));
    assert_eq!(wait(None), Some(Duration::from_secs(600)));
    assert_eq!(wait(Some(at(2_000))), Some(Duration::ZERO));
    assert_eq!(wait_until_reset("soon", None, at(0)), None);
}
