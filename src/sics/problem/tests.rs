use super::*;
use crate::store::StoreError;

#[tokio::test]
async fn a_problem_has_code_and_advice_and_its_media_type() {
    let response =
        ApiProblem::confirmation_needed(&ConfirmableEffect::from_content("server acmp is removed", 7, &"acmp"))
            .into_response();
    assert_eq!(response.status(), StatusCode::CONFLICT);
    assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
    let bytes = axum::body::to_bytes(response.into_body(), 10_000)
        .await
        .expect("a body");
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(body["code"], "confirmationNeeded");
    assert_eq!(body["count"], 7);
    assert_eq!(body["status"], 409);
    assert!(body["advice"].as_str().expect("advice").contains("?confirm=7-"));
}

#[tokio::test]
async fn a_wait_is_told_in_the_header_and_in_the_body_alike() {
    for (problem, seconds) in [
        (ApiProblem::from(StoreError::Closed), 5),
        (ApiProblem::bad_request("x", "x", "x").with_retry_after(30), 30),
    ] {
        let response = problem.into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], seconds.to_string());
        let bytes = axum::body::to_bytes(response.into_body(), 10_000)
            .await
            .expect("a body");
        let read: crate::contract::Problem = serde_json::from_slice(&bytes).expect("a problem");
        assert_eq!(read.retry_after, Some(seconds));
    }
    let without = ApiProblem::not_found("server", "cmdb").into_response();
    let bytes = axum::body::to_bytes(without.into_body(), 10_000).await.expect("a body");
    assert!(!String::from_utf8_lossy(&bytes).contains("retryAfter"));
}

#[test]
fn e1_what_went_wrong_inside_is_not_told_outside() {
    let error = StoreError::Content {
        what: "a scan",
        value: "inner matters".into(),
    };
    let problem = ApiProblem::from(error);
    assert!(!format!("{problem:?}").contains("inner matters"));
}
