//! The course of a check against hosts that do not answer.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::*;
use crate::config::InstanceDraft;

/// Of a tenant whose hosts are at these addresses.
fn settings(login: &str, graph: &str) -> Arc<InstanceSettings> {
    let pairs = [
        ("tenant_id", "7e0a0000-0000-4000-8000-000000000001"),
        ("client_id", "c11e0000-0000-4000-8000-000000000001"),
        ("secret", "not~a~secret"),
        ("servers", "*"),
        ("login_url", login),
        ("graph_url", graph),
    ];
    let pairs = pairs.into_iter().map(|(key, value)| (key.to_owned(), json!(value)));
    let draft = InstanceDraft::from_json(&Value::Object(pairs.collect())).unwrap();
    Arc::new(draft.build_settings().unwrap())
}

async fn check(settings: Arc<InstanceSettings>) -> Vec<VerifyStep> {
    let mut coming = start_check_within(settings, None, Clock::system(), Duration::from_millis(300));
    let mut steps = Vec::new();
    while let Some(step) = coming.recv().await {
        steps.push(step);
    }
    steps
}

fn told(steps: &[VerifyStep]) -> Vec<(&str, VerifyStepState, Option<&str>)> {
    let told = steps
        .iter()
        .map(|step| (step.step.as_str(), step.state, step.cause.as_deref()));
    told.collect()
}

#[tokio::test]
async fn n4_a_host_that_swallows_connections_is_given_up_and_what_follows_is_skipped() {
    use VerifyStepState::{Failed, Ok, Skipped};
    assert_eq!(probe::HOST_LIMIT, Duration::from_secs(10));
    // Nobody accepts: the connection is there, and nothing ever comes.
    let silent = [
        TcpListener::bind("127.0.0.1:0").unwrap(),
        TcpListener::bind("127.0.0.1:0").unwrap(),
    ];
    let [login, graph] = silent
        .each_ref()
        .map(|one| format!("https://{}", one.local_addr().unwrap()));
    let steps = check(settings(&login, &graph)).await;
    assert_eq!(
        told(&steps),
        [
            ("name", Ok, None),
            ("proxy", Skipped, None),
            ("tls", Failed, Some("timedOut")),
            ("name", Ok, None),
            ("proxy", Skipped, None),
            ("tls", Failed, Some("timedOut")),
            ("token", Skipped, None),
            ("right", Skipped, None),
            ("device", Skipped, None),
            ("count", Skipped, None),
            ("node", Skipped, None),
            ("audits", Skipped, None),
        ],
        "{steps:?}"
    );
    for (at, label) in [(2, "sign-in host; "), (5, "Graph host; ")] {
        let detail = &steps[at].detail;
        assert!(
            detail.starts_with(label) && detail.ends_with("no answer in time (limit: 1 s)"),
            "{detail}"
        );
    }
    for step in &steps[6..11] {
        assert!(
            step.detail.ends_with("not tried, because step `tls 127.0.0.1` failed"),
            "{step:?}"
        );
    }
}

#[tokio::test]
async fn n4_a_name_that_can_not_be_found_is_one_failure_and_one_host_is_looked_at_once() {
    use VerifyStepState::{Failed, Skipped};
    let steps = check(settings("https://no-such-host.invalid", "https://no-such-host.invalid")).await;
    let failed: Vec<&VerifyStep> = steps.iter().filter(|step| step.state == Failed).collect();
    assert_eq!(failed.len(), 1, "{steps:?}");
    assert_eq!(failed[0].step, "name");
    assert!(
        failed[0].detail.starts_with("host of sign-in and Graph; "),
        "{:?}",
        failed[0]
    );
    let tls = steps.iter().find(|step| step.step == "tls").unwrap();
    assert_eq!(
        (tls.state, tls.detail.as_str()),
        (Skipped, "not tried, because step `name no-such-host.invalid` failed")
    );
}

#[tokio::test]
async fn n4_what_is_wrong_on_this_machine_is_found_without_a_host() {
    let mut settings = Arc::unwrap_or_clone(settings("http://127.0.0.1:9", "http://127.0.0.1:9"));
    settings.credential.kind = crate::config::CredentialKind::Secret(String::new().into());
    let steps = check(Arc::new(settings)).await;
    let failed: Vec<&str> = steps.iter().filter_map(|step| step.cause.as_deref()).collect();
    assert_eq!(failed, ["connectionRefused", "secretEmpty"], "{steps:?}");
}
