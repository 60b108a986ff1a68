//! `RetireWithNotice`: whom it leaves alone, and what it tells.

use chrono::TimeDelta;
use intune_connector::workflow::WorkflowFailpoints;
use serde_json::{Value, json};

use super::lab::{Lab, Left};

async fn items(lab: &Lab, run: i64) -> Vec<(String, String)> {
    let steps = lab.steps(run).await;
    let all = steps
        .iter()
        .find(|step| step.path == "devices")
        .expect("the loop has begun");
    let items = all.outputs.as_ref().expect("the loop has ended")["items"]
        .as_array()
        .unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    items
        .iter()
        .map(|item| (text(&item["label"]), text(&item["outcome"])))
        .collect()
}

fn outcome<'a>(items: &'a [(String, String)], id: &str) -> &'a str {
    &items
        .iter()
        .find(|(label, _)| label.contains(id))
        .expect("the device is listed")
        .1
}

#[tokio::test]
async fn devices_that_cannot_be_notified_stop_there_and_are_listed() {
    let lab = Lab::new().await;
    let (phone, laptop) = (lab.shop.phone().await, lab.shop.laptop().await);
    lab.scan().await;
    let run = lab
        .begin(
            "RetireWithNotice",
            json!({"filter": "deviceName.startsWith('DEV-')"}),
            false,
        )
        .await;
    let row = lab.run(run).await;
    assert_eq!(
        (row.state.name(), row.outcome.as_deref()),
        ("succeeded", Some("done")),
        "{:?}",
        row.message
    );
    let items = items(&lab, run).await;
    assert_eq!(outcome(&items, &phone), "retired");
    assert_eq!(outcome(&items, &laptop), "cannotBeNotified");
    assert_eq!(
        (lab.shop.effects(&phone, "retire"), lab.shop.all_effects(&laptop)),
        (1, 0)
    );
    let file = lab
        .shop
        .desk
        .folder
        .path()
        .join(format!("workflows-output/retire-with-notice-{run}.json"));
    let listed: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
}

/// Carries the run as far as the wait, changes something, and lets it end.
async fn changed_meanwhile(change: impl AsyncFn(&Lab, &str), expected: &str) {
    left_alone("deviceCategoryDisplayName != 'keep'", change, expected).await;
}

/// The same with another condition; what the report says of the device.
async fn left_alone(condition: &str, change: impl AsyncFn(&Lab, &str), expected: &str) -> String {
    let lab = Lab::new().await;
    let (id, _) = lab.phone().await;
    let filter = format!("id == '{id}' && {condition}");
    let run = lab
        .begin("RetireWithNotice", json!({"filter": filter, "notice": "2d"}), false)
        .await;
    let began = lab.shop.rig.shelf.clock.now();
    // The engine dies when the notice is written down: before that, and again behind it, nothing is retired.
    let mut point = 1;
    while !lab.steps(run).await.iter().any(|step| step.path.ends_with(".notice")) {
        let left = lab
            .carry(run, WorkflowFailpoints::failing_at(point), lab.registry())
            .await;
        assert!(matches!(left, Left::Died), "it ended before the notice: {left:?}");
        point += 1;
    }
    assert_eq!(lab.shop.effects(&id, "retire"), 0);
    change(&lab, &id).await;
    lab.run(run).await;
    assert!(
        lab.shop.rig.shelf.clock.now() - began >= TimeDelta::days(2),
        "it has waited"
    );
    let items = items(&lab, run).await;
    assert_eq!(outcome(&items, &id), expected);
    assert_eq!(lab.shop.effects(&id, "retire"), 0);
    let steps = lab.steps(run).await;
    let outputs = steps.iter().map(|step| format!("{:?}", step.outputs));
    outputs.collect()
}

#[tokio::test]
async fn e10_a_filter_that_can_not_judge_a_device_in_a_run_is_told_as_that() {
    let nameless = async |lab: &Lab, id: &str| {
        let properties = json!({"properties": {"deviceName": ""}});
        lab.shop
            .rig
            .control("PATCH", &format!("devices/{id}"), properties)
            .await;
    };
    let told = left_alone("deviceName.startsWith('DEV')", nameless, "failed").await;
    assert!(
        told.contains("could not evaluate device") && told.contains("empty"),
        "{told}"
    );
}

#[tokio::test]
async fn a_device_that_is_not_to_be_retired_any_more_is_spared() {
    let change = async |lab: &Lab, id: &str| {
        let properties = json!({"properties": {"deviceCategoryDisplayName": "keep"}});
        lab.shop
            .rig
            .control("PATCH", &format!("devices/{id}"), properties)
            .await;
    };
    changed_meanwhile(change, "spared").await;
}

#[tokio::test]
async fn a2_a_device_that_another_person_has_now_is_not_retired() {
    let change = async |lab: &Lab, id: &str| {
        let properties = json!({"properties": {"userPrincipalName": "another@example.org"}});
        lab.shop
            .rig
            .control("PATCH", &format!("devices/{id}"), properties)
            .await;
    };
    changed_meanwhile(change, "notTheSame").await;
}

#[tokio::test]
async fn a_device_that_has_gone_meanwhile_is_told_so() {
    changed_meanwhile(async |lab: &Lab, id: &str| lab.shop.rig.remove(id).await, "gone").await;
}

#[tokio::test]
async fn more_devices_than_the_bound_are_left_alone_altogether() {
    let lab = Lab::new().await;
    for _ in 0..11 {
        lab.shop.phone().await;
    }
    lab.scan().await;
    let run = lab.begin("RetireWithNotice", json!({"filter": "true"}), false).await;
    let row = lab.run(run).await;
    assert_eq!((row.state.name(), row.outcome.as_deref()), ("failed", Some("tooMany")));
    assert!(lab.jobs(run).await.is_empty());
}

#[tokio::test]
async fn a_dry_run_goes_the_whole_way_and_does_nothing() {
    let lab = Lab::new().await;
    let (id, filter) = lab.phone().await;
    let before = lab.shop.rig.shelf.clock.now();
    let run = lab.begin("RetireWithNotice", json!({"filter": filter}), true).await;
    let row = lab.run(run).await;
    assert_eq!(
        (row.state.name(), row.outcome.as_deref()),
        ("succeeded", Some("done")),
        "{:?}",
        row.message
    );
    assert_eq!(outcome(&items(&lab, run).await, &id), "retired");
    assert_eq!(lab.shop.all_effects(&id), 0);
    assert!(lab.jobs(run).await.is_empty());
    assert_eq!(lab.shop.rig.shelf.clock.now(), before, "it waits for nothing");
    assert!(!lab.shop.desk.folder.path().join("workflows-output").exists());
}
