//! Approvals, rejections, resolutions: by whom, and by whom not.

use intune_connector::model::TaskState;
use intune_connector::store::{OperatorKind, TaskTransition};
use reqwest::Method;
use serde_json::{Value, json};

use super::office::{JOBS, Office, refs};
use crate::sics::bus::{PASSWORD, problem, status};

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
async fn a7_only_a_person_of_his_own_approves_and_only_what_he_has_seen() {
    let office = Office::new().await;
    let (path, digest) = waiting(&office).await;
    office
        .account("reader", OperatorKind::Person, &["Jobs_Read"], true)
        .await;
    let approve = |name: &str, password: &str, digest: &Value| {
        let body = json!({"name": name, "password": password, "digest": digest});
        office.post(&office.admin, &format!("{path}/approve"), body)
    };
    let rows = [
        (approve("bob", "wrong", &digest), 401, "signInFailed"),
        (approve("nobody", PASSWORD, &digest), 401, "signInFailed"),
        (approve("acmp", PASSWORD, &digest), 403, "notAPerson"),
        (approve("reader", PASSWORD, &digest), 403, "missingRight"),
        (approve("bob", PASSWORD, &json!("00".repeat(32))), 409, "digest"),
        (approve("bob", PASSWORD, &json!("no hex")), 409, "digest"),
    ];
    for (request, status, code) in rows {
        assert_eq!(problem(request, status).await, code);
    }
    let without = office.post(&office.admin, &format!("{path}/approve"), json!({"digest": digest}));
    assert_eq!(problem(without, 400).await, "wrongBody");
    let approved = status(approve("bob", PASSWORD, &digest), 200).await;
    assert_eq!(approved["states"], json!({"accepted": 4}));
    assert_eq!(problem(approve("bob", PASSWORD, &digest), 409).await, "decided");
    let trail = office.trail().await;
    let line = trail.iter().find(|line| line.contains("job.approved")).unwrap();
    assert!(
        line.starts_with("bob ") && line.contains("admin"),
        "who, and over whose connection: {line}"
    );
}

#[tokio::test]
async fn a7_the_requester_does_not_approve_his_own_job() {
    let office = Office::new().await;
    let ids = office.laptops(4).await;
    office.shop.bus_policy(500, 3).await;
    let carol = office
        .account("carol", OperatorKind::Person, &["Jobs_*", "Actions_*"], true)
        .await;
    let body = office.shop.body("wipe", &refs(&ids), json!({})).await;
    let receipt = status(office.post(&carol, "/sics/v1/jobs", body), 202).await;
    let path = format!("/sics/v1/jobs/{}", receipt["job"]);
    let digest = status(office.get(&carol, &path), 200).await["approvalDigest"].clone();
    let body = json!({"name": "carol", "password": PASSWORD, "digest": digest});
    let own = office.post(&carol, &format!("{path}/approve"), body);
    assert_eq!(problem(own, 403).await, "ownRequest");
}

#[tokio::test]
async fn e2_guessing_at_an_approvers_password_is_slowed_like_any_sign_in() {
    let office = Office::new().await;
    let (path, digest) = waiting(&office).await;
    let body = json!({"name": "bob", "password": "wrong", "digest": digest});
    let mut codes = Vec::new();
    for _ in 0..12 {
        let answer = office.post(&office.admin, &format!("{path}/approve"), body.clone());
        codes.push(answer.send().await.unwrap().status().as_u16());
    }
    assert_eq!((codes[0], codes[11]), (401, 429), "{codes:?}");
}

#[tokio::test]
async fn a_rejected_job_is_refused_on_every_device_and_its_sender_is_told() {
    let office = Office::new().await;
    let (path, _) = waiting(&office).await;
    let nobody = office
        .account("nobody", OperatorKind::Person, &["Jobs_Read"], false)
        .await;
    let no = office.post(&nobody, &format!("{path}/reject"), json!({}));
    assert_eq!(problem(no, 403).await, "missingRight");
    let rejected = status(office.post(&office.admin, &format!("{path}/reject"), json!({})), 200).await;
    assert_eq!(
        (&rejected["approval"], &rejected["states"]),
        (&json!("rejected"), &json!({"refused": 4}))
    );
    let told = office.results(0).await;
    assert_eq!(
        told.iter()
            .filter(|result| result["cause"] == "rejected" && result["last"] == true)
            .count(),
        4
    );
    let again = office.post(&office.admin, &format!("{path}/reject"), json!({}));
    assert_eq!(problem(again, 409).await, "decided");
}

#[tokio::test]
async fn a_task_that_needs_an_operator_is_resolved_with_what_he_says() {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    let receipt = office.job("sync", &refs(&ids), json!({})).await;
    let path = format!("/sics/v1/jobs/{}", receipt["job"]);
    let shown = status(office.get(&office.admin, &path), 200).await;
    let task = shown["tasks"][0]["task"].clone();
    let resolve = |state: &str, note: &str| {
        let body = json!({"task": task, "state": state, "note": note});
        office.post(&office.admin, &format!("{path}/resolve"), body)
    };
    assert_eq!(problem(resolve("done", "it lies here"), 409).await, "needsNobody");
    let store = &office.shop.desk.store;
    let row = store
        .load_job(intune_connector::model::JobId(receipt["job"].as_i64().unwrap()))
        .await
        .unwrap();
    let needs = TaskTransition {
        state: TaskState::NeedsOperator,
        cause: Some("silence".into()),
        detail: Some(json!({"text": "no answer came"})),
        due_at: None,
        approval_code: None,
        sent_at: None,
        throttled: 0,
        read_backs: 6,
    };
    let id = row.tasks[0].0.id;
    assert!(store.transition_task(id, TaskState::Accepted, needs).await.unwrap());
    assert_eq!(problem(resolve("accepted", "x"), 400).await, "wrongState");
    assert_eq!(problem(resolve("done", " "), 400).await, "note");
    let resolved = status(resolve("done", "it lies here"), 200).await;
    assert_eq!(resolved["states"], json!({"done": 1}));
    let told = office.results(0).await;
    let last = told.last().unwrap();
    assert_eq!((&last["state"], &last["cause"]), (&json!("done"), &json!("resolved")));
    assert_eq!(last["detail"]["evidence"]["text"], "no answer came");
}

/// What has gone and may not have been reached comes first, wherever people look; it leaves when a person has said what
/// became of it.
#[tokio::test]
async fn cr_v2_what_has_gone_unproven_is_what_an_operator_sees_first() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    let receipt = office.job("sync", &refs(&ids), json!({})).await;
    let path = format!("/sics/v1/jobs/{}", receipt["job"]);
    let store = &office.shop.desk.store;
    let job = intune_connector::model::JobId(receipt["job"].as_i64().unwrap());
    let rows = store.load_job(job).await.unwrap().tasks;
    for ((task, _), state) in rows.iter().zip([TaskState::NeedsOperator, TaskState::GoneUnproven]) {
        let needs = TaskTransition {
            state,
            cause: Some("vanished".into()),
            detail: Some(json!({"text": "nobody knows"})),
            due_at: None,
            approval_code: None,
            sent_at: None,
            throttled: 0,
            read_backs: 6,
        };
        assert!(
            store
                .transition_task(task.id, TaskState::Accepted, needs)
                .await
                .unwrap()
        );
    }
    let erin = office
        .account("erin", OperatorKind::Person, &["Jobs_Read"], false)
        .await;
    let first = async || {
        let jobs = status(office.get(&office.admin, "/sics/v1/jobs"), 200).await;
        let notices = status(office.get(&erin, "/sics/v1/notices"), 200).await;
        assert_eq!(jobs["needsOperator"], notices["needsOperator"]);
        jobs["needsOperator"].as_array().unwrap().clone()
    };
    let told = first().await;
    assert_eq!(
        (told.len(), &told[0]["state"], &told[1]["state"]),
        (2, &json!("goneUnproven"), &json!("needsOperator"))
    );
    assert_eq!(told[0]["deviceId"], json!(rows[1].0.device.to_string()));
    assert_eq!(
        (&told[0]["job"], &told[0]["text"]),
        (&receipt["job"], &json!("nobody knows"))
    );
    let stranger = office
        .account("dora", OperatorKind::Person, &["Jobs_Send"], false)
        .await;
    let theirs = status(office.get(&stranger, "/sics/v1/notices"), 200).await;
    assert_eq!(theirs["needsOperator"], json!([]), "it is nobody else's");
    let body = json!({"task": told[0]["task"], "state": "done", "note": "it lies here, empty"});
    status(office.post(&office.admin, &format!("{path}/resolve"), body), 200).await;
    assert_eq!(first().await.len(), 1);
}

#[tokio::test]
async fn a_job_of_somebody_else_is_cancelled_by_those_who_may() {
    let office = Office::new().await;
    let (path, _) = waiting(&office).await;
    let carol = office
        .account("carol", OperatorKind::Person, &["Jobs_Send"], false)
        .await;
    let no = office.post(&carol, &format!("{path}/cancel"), json!({}));
    assert_eq!(problem(no, 404).await, "unknown");
    let done = status(office.post(&office.admin, &format!("{path}/cancel"), json!({})), 200).await;
    assert_eq!(done, json!({"cancelled": 4, "left": 0}));
    let foreign = office.send(Method::DELETE, &carol, &format!("{JOBS}/x"), json!({}));
    assert_eq!(problem(foreign, 403).await, "notYours");
}
