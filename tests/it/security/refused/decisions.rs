//! Approvals and repeated requests: one decision, one job, whoever is quickest.

use intune_connector::store::OperatorKind;
use reqwest::Method;
use serde_json::{Value, json};

use crate::sics::bus::{PASSWORD, problem, status};
use crate::sics::jobs::office::{JOBS, Office, refs};

/// A wipe of four that waits: its path and its digest.
async fn waiting(office: &Office) -> (String, Value) {
    office.shop.bus_policy(500, 3).await;
    let ids = office.laptops(4).await;
    let receipt = office.job("wipe", &refs(&ids), json!({})).await;
    let path = format!("/sics/v1/jobs/{}", receipt["job"]);
    let shown = status(office.get(&office.admin, &path), 200).await;
    assert_eq!(shown["approval"], "waiting");
    (path, shown["approvalDigest"].clone())
}

#[tokio::test]
async fn what_was_rejected_is_not_approved_afterwards_and_no_server_approves() {
    let office = Office::new().await;
    let (path, digest) = waiting(&office).await;
    let approve = |name: &str| {
        let body = json!({"name": name, "password": PASSWORD, "digest": digest});
        office.post(&office.acmp, &format!("{path}/approve"), body)
    };
    assert_eq!(problem(approve("acmp"), 403).await, "notAPerson");
    status(office.post(&office.admin, &format!("{path}/reject"), json!({})), 200).await;
    assert_eq!(problem(approve("bob"), 409).await, "decided");
    let on = office.send(
        Method::PUT,
        &office.acmp,
        "/sics/v1/killswitch",
        json!({"on": true, "reason": "x"}),
    );
    assert_eq!(problem(on, 403).await, "missingRight");
    office.settle().await;
    let shown = status(office.get(&office.admin, &path), 200).await;
    assert_eq!(shown["states"], json!({"refused": 4}));
}

/// Five equal approvals, another person's, and a cancel, all at once: one decision holds, and nothing is sent twice.
#[tokio::test]
async fn of_many_approvals_at_once_one_counts_and_each_device_is_wiped_at_most_once() {
    let office = Office::new().await;
    let (path, digest) = waiting(&office).await;
    office.account("dora", OperatorKind::Person, &["Jobs_*"], true).await;
    let body = |name: &str| json!({"name": name, "password": PASSWORD, "digest": digest});
    let approvals = ["bob", "bob", "bob", "bob", "bob", "dora"];
    let asked = approvals.map(|name| {
        office
            .post(&office.admin, &format!("{path}/approve"), body(name))
            .send()
    });
    let cancelled = office.post(&office.admin, &format!("{path}/cancel"), json!({})).send();
    let (answers, cancelled) = futures_util::future::join(futures_util::future::join_all(asked), cancelled).await;
    let codes: Vec<u16> = answers
        .into_iter()
        .map(|answer| answer.unwrap().status().as_u16())
        .collect();
    let good = codes.iter().filter(|code| **code == 200).count();
    assert!(
        good <= 1 && codes.iter().all(|code| matches!(code, 200 | 409)),
        "{codes:?}"
    );
    assert_eq!(cancelled.unwrap().status(), 200);
    office.settle().await;
    let shown = status(office.get(&office.admin, &path), 200).await;
    for task in shown["tasks"].as_array().unwrap() {
        let id = task["deviceId"].as_str().unwrap();
        assert!(office.shop.effects(id, "wipe") <= 1, "{shown}");
    }
    let trail = office.trail().await;
    assert_eq!(
        trail.iter().filter(|line| line.contains(" job.approved ")).count(),
        good,
        "{trail:?}"
    );
}

#[tokio::test]
async fn ten_equal_requests_at_once_are_one_job_and_other_content_is_a_conflict() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    let body = office.shop.body("wipe", &[&ids[0]], json!({})).await;
    let send = |body: &Value| {
        office
            .post(&office.acmp, JOBS, body.clone())
            .header("idempotency-key", "one-key")
    };
    let asked = (0..10).map(|_| send(&body).send());
    let mut jobs = Vec::new();
    for answer in futures_util::future::join_all(asked).await {
        let answer = answer.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        jobs.push(answer.json::<Value>().await.unwrap()["job"].as_i64().unwrap());
    }
    jobs.dedup();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    let other = office.shop.body("wipe", &[&ids[1]], json!({})).await;
    assert_eq!(problem(send(&other), 409).await, "idTaken");
    office.settle().await;
    assert_eq!(
        (
            office.shop.effects(&ids[0], "wipe"),
            office.shop.effects(&ids[1], "wipe")
        ),
        (1, 0)
    );
}

/// Over the API, from one account at once: never more than the hour lets through.
#[tokio::test]
async fn parallel_wipes_never_pass_the_limit_of_an_hour() {
    let office = Office::new().await;
    office.shop.bus_policy(3, 500).await;
    let ids = office.laptops(12).await;
    let mut bodies = Vec::new();
    for id in &ids {
        bodies.push(office.shop.body("wipe", &[id], json!({})).await);
    }
    let asked = bodies
        .into_iter()
        .map(|body| office.post(&office.acmp, JOBS, body).send());
    let mut taken = 0;
    for answer in futures_util::future::join_all(asked).await {
        taken += usize::from(answer.unwrap().status().is_success());
    }
    assert!(taken <= 3, "{taken}");
    office.settle().await;
    let wiped: u64 = ids.iter().map(|id| office.shop.effects(id, "wipe")).sum();
    assert!(wiped <= 3, "{wiped}");
}
