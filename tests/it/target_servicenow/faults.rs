//! What goes wrong on the way: lost answers, codes, limits, pages that are none, a server that is killed.

use std::time::Duration;

use intune_connector::targets::{RecordSearch, TargetFault};
use serde_json::json;

use super::rig::{ServiceNowRig, TRIAL, WRITE, code, create, device, named, update};
use crate::support::servicenow::{FaultRule, ServiceNowFault, ServiceNowOptions};

const READ: &str = "GET table/cmdb_ci_hardware";

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_told_as_such_and_found_if_it_happened() {
    for (fault, count) in [
        (ServiceNowFault::LostBefore, 0),
        (ServiceNowFault::LostAfter, 1),
        (ServiceNowFault::StatusAfter(500), 1),
        (ServiceNowFault::Status(502), 0),
        (ServiceNowFault::Page, 0),
    ] {
        let rig = ServiceNowRig::new().await;
        rig.server.fail(FaultRule::once(WRITE, fault.clone()));
        assert_eq!(code(&rig.create(1, named(1)).await), "lostAnswer", "{fault:?}");
        let found = rig
            .adapter
            .find_records(RecordSearch::Device(&device(1)))
            .await
            .unwrap();
        assert_eq!((found.len(), rig.server.list_cis().len()), (count, count), "{fault:?}");
    }
}

#[tokio::test]
async fn in_a_page_whose_answer_was_lost_changes_are_sent_again_and_creates_are_looked_for() {
    let rig = ServiceNowRig::new().await;
    let record = rig.create(1, named(1)).await.unwrap();
    rig.server.fail(FaultRule::once(WRITE, ServiceNowFault::LostAfter));
    let page = [update(1, &record, json!({"os": "Windows"})), create(2, named(2))];
    let codes: Vec<&str> = rig.write_all(&page).await.iter().map(code).collect();
    assert_eq!(codes, ["unreachable", "lostAnswer"]);
    // Sent once more all the same, the native key finds what was made.
    let results = rig.write_all(&page).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(rig.server.list_cis().len(), 2);
}

#[tokio::test]
async fn a_trial_that_fails_lets_nothing_out() {
    let rig = ServiceNowRig::new().await;
    let record = rig.create(1, named(1)).await.unwrap();
    rig.server.forget_counts();
    for fault in [
        ServiceNowFault::LostAfter,
        ServiceNowFault::Status(500),
        ServiceNowFault::Page,
    ] {
        rig.server.fail(FaultRule::once(TRIAL, fault.clone()));
        let page = [update(1, &record, json!({"os": "Windows"})), create(2, named(2))];
        let results = rig.write_all(&page).await;
        assert!(
            results
                .iter()
                .all(|result| result.is_err() && code(result) != "lostAnswer"),
            "{fault:?}: {results:?}"
        );
    }
    assert_eq!((rig.server.count(WRITE), rig.server.list_cis().len()), (0, 1));
}

#[tokio::test]
async fn throttling_is_told_with_the_time_that_either_header_asks_for() {
    let rig = ServiceNowRig::new().await;
    rig.server.fail(FaultRule::once(READ, ServiceNowFault::Throttled(None)));
    let told = rig.adapter.list_records(None).await.unwrap_err();
    assert_eq!(told, TargetFault::Throttled { retry_after: None });
    let rig = ServiceNowRig::new().await;
    rig.server
        .fail(FaultRule::once(READ, ServiceNowFault::Throttled(Some(17))));
    let told = rig.adapter.list_records(None).await.unwrap_err();
    let retry_after = Some(Duration::from_secs(17));
    assert_eq!(told, TargetFault::Throttled { retry_after });
    // By a rule of requests an hour, and without `Retry-After`: until the hour begins anew.
    let options = ServiceNowOptions {
        per_hour: Some(1),
        tells_retry: false,
        ..ServiceNowOptions::default()
    };
    let rig = ServiceNowRig::with(options, |_| ()).await;
    rig.adapter.list_records(None).await.unwrap();
    let TargetFault::Throttled {
        retry_after: Some(wait),
    } = rig.adapter.list_records(None).await.unwrap_err()
    else {
        panic!("it is throttled, with a time");
    };
    assert!(
        wait > Duration::from_secs(3_000) && wait <= Duration::from_secs(3_601),
        "{wait:?}"
    );
    let seen = (rig.server.with_state(|state| state.throttled), rig.server.count_all());
    assert_eq!(seen, (1, 2));
    // Nothing more is sent into a refusal.
    let waiting = rig.adapter.list_records(None);
    assert!(tokio::time::timeout(Duration::from_millis(300), waiting).await.is_err());
    assert_eq!(rig.server.count_all(), 2);
}

#[tokio::test]
async fn what_is_no_answer_of_servicenow_is_not_believed() {
    let rig = ServiceNowRig::new().await;
    let redirect = ServiceNowFault::Redirect("https://elsewhere.example/login?next=secret".to_owned());
    for (fault, expected) in [
        (redirect, "misconfigured"),
        (ServiceNowFault::Page, "unreadable"),
        (ServiceNowFault::Endless(40 << 20), "unreadable"),
        (ServiceNowFault::Status(401), "signIn"),
        (ServiceNowFault::Status(403), "misconfigured"),
        (ServiceNowFault::Status(404), "misconfigured"),
        (ServiceNowFault::Status(503), "unavailable"),
    ] {
        rig.server.fail(FaultRule::once(READ, fault.clone()));
        let read = rig.adapter.list_records(None).await.unwrap_err();
        assert_eq!(read.code(), expected, "{fault:?}: {read}");
        assert!(!read.to_string().contains("secret"), "{read}");
    }
    assert!(rig.adapter.list_records(None).await.is_ok());
}

#[tokio::test]
async fn a_server_that_was_killed_is_unreachable_and_then_as_it_was() {
    let mut rig = ServiceNowRig::new().await;
    let record = rig.create(1, named(1)).await.unwrap();
    rig.server.kill().await;
    assert_eq!(code(&rig.update(1, &record, json!({"os": "x"})).await), "unreachable");
    rig.server.restart().await;
    assert_eq!(code(&rig.update(1, &record, json!({"os": "x"})).await), "good");
    assert_eq!(rig.see(&record).text("os"), "x");
}

#[tokio::test]
async fn pages_behind_one_that_stopped_are_not_sent() {
    let rig = ServiceNowRig::with(ServiceNowOptions::default(), |own| own.items_per_request = 2).await;
    rig.server.fail(FaultRule::once(TRIAL, ServiceNowFault::Status(503)));
    let writes: Vec<_> = (1..=6).map(|number| create(number, named(number))).collect();
    let results = rig.write_all(&writes).await;
    assert!(
        results.iter().all(|result| code(result) == "unavailable"),
        "{results:?}"
    );
    assert_eq!((rig.server.count_all(), rig.server.list_cis().len()), (1, 0));
    assert!(rig.write_all(&writes).await.iter().all(Result::is_ok));
    assert_eq!(rig.server.count(WRITE), 3);
}
