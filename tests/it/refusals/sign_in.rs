//! Entra refuses.

use chrono::TimeDelta;
use intune_connector::entra::{TokenPurpose, TokenSource};
use intune_connector::observe::Clock;
use serde_json::json;

use super::{TOKEN, decided, refused, storm};
use crate::compliance::Gate;
use crate::support::scripted::{Scripted, answer, token};
use crate::whole::INSTANCE;

/// A gate whose token has just ended.
async fn signed_out() -> Gate {
    let gate = Gate::both(&[]).await;
    gate.advance(TimeDelta::hours(2));
    gate.forget().await;
    gate
}

#[tokio::test]
async fn st_1_e9_a_throttled_sign_in_is_asked_for_once_however_many_sign_in() {
    let gate = signed_out().await;
    let fault = json!({"kind": "entraError", "code": 90055, "retryAfter": {"seconds": 600}});
    gate.fault(json!({"fault": fault, "path": TOKEN, "times": 0})).await;
    let answers = storm(&gate, 25).await;
    assert!(answers.iter().all(|answer| answer["outcome"] == "ERROR"), "{answers:?}");
    assert_eq!(gate.signed_in(), 1);
    assert_eq!(refused(&gate).await, [("signIn".to_owned(), "AADSTS90055".to_owned())]);
    let told = answers.last().unwrap().to_string();
    assert!(
        told.contains("no requests before") && told.contains("AADSTS90055"),
        "{told}"
    );

    gate.heal().await;
    gate.advance(TimeDelta::seconds(599));
    assert_eq!((decided(&gate).await.as_str(), gate.signed_in()), ("ERROR", 1));
    gate.advance(TimeDelta::seconds(2));
    assert_eq!((decided(&gate).await.as_str(), gate.signed_in()), ("COMPLIANT", 2));
    assert_eq!(refused(&gate).await, []);
}

#[tokio::test]
async fn st_1_e9_an_expired_secret_is_asked_for_rarely_and_heals_within_a_minute() {
    let gate = signed_out().await;
    let fault = json!({"kind": "entraError", "code": 7000222});
    gate.fault(json!({"fault": fault, "path": TOKEN, "times": 0})).await;
    storm(&gate, 25).await;
    assert!(gate.signed_in() <= 3, "{}", gate.signed_in());
    assert_eq!(
        refused(&gate).await,
        [("signIn".to_owned(), "AADSTS7000222".to_owned())]
    );
    let mut most = 0;
    for _ in 0..30 {
        let before = gate.signed_in();
        gate.advance(TimeDelta::seconds(60));
        decided(&gate).await;
        most = most.max(gate.signed_in() - before);
    }
    assert!(most <= 2, "{most} sign-ins in a minute");
    gate.heal().await;
    gate.advance(TimeDelta::seconds(60));
    assert_eq!(decided(&gate).await, "COMPLIANT");
}

#[tokio::test]
async fn e9_a_changed_setting_asks_again_at_once() {
    let gate = signed_out().await;
    let fault = json!({"kind": "entraError", "code": 7000222});
    gate.fault(json!({"fault": fault, "path": TOKEN, "times": 0})).await;
    for _ in 0..8 {
        decided(&gate).await;
        gate.advance(TimeDelta::seconds(60));
    }
    decided(&gate).await;
    gate.heal().await;
    let path = format!("/sics/v1/instances/{INSTANCE}");
    gate.good(reqwest::Method::PATCH, &path, json!({"page_size": "900"}))
        .await;
    assert_eq!(decided(&gate).await, "COMPLIANT");
}

#[tokio::test]
async fn e9_verify_says_until_when_and_sends_nothing() {
    let gate = signed_out().await;
    let fault = json!({"kind": "entraError", "code": 90055, "retryAfter": {"seconds": 600}});
    gate.fault(json!({"fault": fault, "path": TOKEN, "times": 0})).await;
    decided(&gate).await;
    let told = gate.post("/sics/v1/verify", json!({"instance": INSTANCE})).await;
    let steps = told["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["step"] == "token").unwrap();
    assert_eq!(
        (&step["state"], &step["cause"]),
        (&json!("failed"), &json!("AADSTS90055"))
    );
    assert!(
        step["detail"].as_str().unwrap().contains("no requests before"),
        "{step}"
    );
    assert_eq!(gate.signed_in(), 1);
}

#[tokio::test]
async fn e9_a_token_that_is_still_valid_stays_in_use() {
    let server = Scripted::start(|n, _| match n {
        0 => token("old", 3600),
        _ => answer(429, &[("Retry-After", "86400")], b"{}"),
    })
    .await;
    let settings = server.settings(&[]);
    let clock = Clock::manual(intune_connector::model::parse_time("2026-11-20T12:00:00Z").unwrap());
    let (one, other) = (
        TokenSource::new(&settings, TokenPurpose::Scan, clock.clone()).unwrap(),
        TokenSource::new(&settings, TokenPurpose::Actions, clock.clone()).unwrap(),
    );
    one.obtain_token().await.unwrap();
    clock.advance(TimeDelta::minutes(56));
    for source in [&one, &other, &one] {
        assert_eq!(source.obtain_token().await.unwrap().secret(), "old");
    }
    assert_eq!(server.heard().len(), 2, "the renewal is refused once, for both");
    clock.advance(TimeDelta::minutes(5));
    let error = other.obtain_token().await.unwrap_err();
    assert_eq!(error.code(), "signInThrottled");
    assert!(
        error.to_string().contains("2026-11-20T13:56:00Z"),
        "believed for an hour: {error}"
    );
    assert_eq!(server.heard().len(), 2);
    clock.advance(TimeDelta::minutes(56));
    one.obtain_token().await.unwrap_err();
    other.obtain_token().await.unwrap_err();
    assert_eq!(server.heard().len(), 3, "then one asks again, once");
}

#[tokio::test]
async fn e9_retry_after_as_a_date_is_kept_to() {
    let server = Scripted::start(|_, _| {
        let dates = [
            ("Date", "Fri, 20 Nov 2026 12:00:00 GMT"),
            ("Retry-After", "Fri, 20 Nov 2026 12:10:00 GMT"),
        ];
        answer(503, &dates, b"{}")
    })
    .await;
    let clock = Clock::manual(intune_connector::model::parse_time("2026-11-20T12:00:00Z").unwrap());
    let source = TokenSource::new(&server.settings(&[]), TokenPurpose::Scan, clock.clone()).unwrap();
    source.obtain_token().await.unwrap_err();
    clock.advance(TimeDelta::seconds(599));
    let error = source.obtain_token().await.unwrap_err().to_string();
    assert!(error.contains("2026-11-20T12:10:00Z"), "{error}");
    assert_eq!(server.heard().len(), 1);
}
