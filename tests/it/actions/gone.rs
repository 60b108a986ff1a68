//! A device that Intune does not list any more: done is only what Intune says of this very action (A6).

use bytes::Bytes;
use chrono::TimeDelta;
use intune_connector::graph::{ActionRequest, EndpointVersion};
use intune_connector::model::{ChangeKind, DeviceBody, FeedChange, GoneReason, JobId, TaskState};
use serde_json::{Value, json};

use crate::support::workshop::Workshop;

/// Somebody else does something at Intune, by another way than this program's jobs. `path`: a device, and what is done to it.
pub async fn somebody_else(shop: &Workshop, method: reqwest::Method, path: &str, body: Option<Value>) {
    let graph = shop.actor().graph;
    let permit = graph.acquire_action_permit().await.unwrap();
    let (device, step) = path.split_once('/').unwrap_or((path, ""));
    let body = body.map(|body| Bytes::from(body.to_string()));
    let act = ActionRequest::for_device(device.parse().unwrap(), step, method, EndpointVersion::V1, body);
    let sent = graph.send_action(permit, &act).await;
    assert!(
        matches!(sent, intune_connector::graph::WriteOutcome::Taken { .. }),
        "{sent:?}"
    );
}

async fn somebody_deletes(shop: &Workshop, id: &str) {
    somebody_else(shop, reqwest::Method::DELETE, id, None).await;
}

async fn conduct(shop: &Workshop, conduct: Value) {
    let tuning = json!({"actions": {"conduct": conduct}});
    shop.rig.control("PATCH", "tuning", tuning).await;
}

async fn text(shop: &Workshop, job: JobId) -> String {
    shop.task(job).await.detail.unwrap()["text"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn states(shop: &Workshop, job: JobId) -> Vec<TaskState> {
    shop.job(job).await.tasks[0].1.iter().map(|step| step.state).collect()
}

/// A wipe is pending, and somebody deletes the device's record: a stolen laptop must not count as wiped.
#[tokio::test]
async fn cr_v2_a6_what_somebodys_delete_overtook_is_not_told_as_done() {
    let shop = Workshop::new().await;
    conduct(&shop, json!({"answers": false})).await;
    let (laptop, phone, pc) = (shop.laptop().await, shop.phone().await, shop.laptop().await);
    shop.rig.full().await;
    let reader = shop.rig.shelf.server("reader").await;
    let before = shop.rig.shelf.read(&reader, None, 1_000).await;
    let jobs = [
        (shop.send("wipe", &[&laptop], json!({})).await, &laptop),
        (shop.send("retire", &[&phone], json!({})).await, &phone),
        (
            shop.send("freshStart", &[&pc], json!({"keepUserData": false})).await,
            &pc,
        ),
    ];
    shop.work().await;
    for (job, id) in &jobs {
        assert_eq!(shop.state(*job).await, TaskState::HandedOver);
        somebody_deletes(&shop, id).await;
    }
    shop.settle(TimeDelta::seconds(30), 12).await;
    for (job, id) in &jobs {
        let task = shop.task(*job).await;
        assert_eq!(task.state, TaskState::GoneUnproven, "{:?}", task.detail);
        assert_eq!(task.cause.as_deref(), Some("vanished"));
        assert!(!states(&shop, *job).await.contains(&TaskState::Done));
        assert!(task.due_at.is_some(), "it is followed: an audit may come late");
        let text = text(&shop, *job).await;
        assert!(
            text.contains("audit shows delete of") && text.contains("(done)"),
            "{text}"
        );
        // What servers are told of the device follows the same truth.
        let after = shop.rig.shelf.read(&reader, Some(&before.cursor), 1_000).await;
        let of = |change: &&FeedChange<DeviceBody>| change.device_id.is_some_and(|told| told.to_string() == **id);
        let told: Vec<_> = after.changes.iter().filter(of).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(
            (told[0].kind, told[0].reason),
            (ChangeKind::Gone, Some(GoneReason::Deleted))
        );
    }
    // A person finds out, and says so.
    let task = shop.task(jobs[0].0).await;
    let note = "resolved by bob: it is on my desk".to_owned();
    let store = &shop.desk.store;
    assert!(store.resolve_task(task.id, TaskState::Failed, note).await.unwrap());
    assert_eq!(shop.state(jobs[0].0).await, TaskState::Failed);
}

/// The record has gone, and Intune's audit says nothing, or that it is pending still.
#[tokio::test]
async fn cr_v2_a6_without_an_audit_that_says_done_a_wipe_is_not_done() {
    for (traceless, said) in [
        (json!(["audits"]), "audit does not show this action"),
        (json!([]), "shows this action as pending"),
    ] {
        let shop = Workshop::new().await;
        conduct(&shop, json!({"answers": false, "traceless": traceless})).await;
        let laptop = shop.laptop().await;
        shop.rig.full().await;
        let job = shop.send("wipe", &[&laptop], json!({})).await;
        shop.work().await;
        shop.rig.remove(&laptop).await;
        shop.settle(TimeDelta::seconds(10), 2).await;
        assert_eq!(
            shop.state(job).await,
            TaskState::HandedOver,
            "the audit may only be late"
        );
        assert_eq!(shop.task(job).await.cause.as_deref(), Some("vanished"));
        shop.settle(TimeDelta::seconds(30), 8).await;
        assert_eq!(shop.state(job).await, TaskState::GoneUnproven);
        let text = text(&shop, job).await;
        assert!(text.contains(said), "{text}");
    }
}

/// Our own retire was pending, the wipe came behind it, and the device has gone: which of the two was it?
#[tokio::test]
async fn cr_v2_a6_an_own_retire_that_may_have_won_leaves_the_wipe_unproven() {
    let shop = Workshop::new().await;
    conduct(&shop, json!({"answers": false})).await;
    let laptop = shop.laptop().await;
    shop.rig.full().await;
    let retire = shop.send("retire", &[&laptop], json!({})).await;
    shop.work().await;
    let wipe = shop.send("wipe", &[&laptop], json!({})).await;
    shop.work().await;
    assert_eq!(
        shop.state(wipe).await,
        TaskState::HandedOver,
        "a wipe may follow a retire"
    );
    shop.rig.remove(&laptop).await;
    shop.settle(TimeDelta::seconds(30), 8).await;
    for (job, other) in [(wipe, "removeCompanyData"), (retire, "factoryReset")] {
        assert_eq!(shop.state(job).await, TaskState::GoneUnproven);
        let text = text(&shop, job).await;
        assert!(text.contains(other), "{text}");
    }
}

/// A true wipe is told as done, also where a retire was pending before, and where the audit comes late.
#[tokio::test]
async fn cr_v2_a6_a_true_wipe_is_told_as_done() {
    let shop = Workshop::new().await;
    let laptop = shop.laptop().await;
    shop.rig.full().await;
    conduct(&shop, json!({"answers": false})).await;
    let retire = shop.send("retire", &[&laptop], json!({})).await;
    shop.work().await;
    conduct(&shop, json!({})).await;
    shop.rig
        .control("PATCH", "tuning", json!({"actions": {"conduct": {"answers": true}}}))
        .await;
    let wipe = shop.send("wipe", &[&laptop], json!({})).await;
    shop.settle(TimeDelta::seconds(30), 12).await;
    assert_eq!(shop.state(wipe).await, TaskState::Done);
    assert_eq!(
        shop.state(retire).await,
        TaskState::GoneUnproven,
        "nothing says that the retire reached it before the wipe"
    );

    let late = Workshop::new().await;
    let laptop = late.laptop().await;
    late.rig.full().await;
    conduct(&late, json!({"shownAfterMs": 1_200_000})).await;
    let wipe = late.send("wipe", &[&laptop], json!({})).await;
    late.settle(TimeDelta::seconds(30), 10).await;
    assert_eq!(late.state(wipe).await, TaskState::GoneUnproven);
    late.settle(TimeDelta::minutes(10), 8).await;
    assert_eq!(late.state(wipe).await, TaskState::Done);
    assert_eq!(
        states(&late, wipe).await.last_chunk(),
        Some(&[TaskState::GoneUnproven, TaskState::Done])
    );
}

/// Where the audits can't be read, nobody knows; where they can be read again, the task is told what they say.
#[tokio::test]
async fn cr_v2_a6_audits_that_can_not_be_read_prove_nothing() {
    let shop = Workshop::new().await;
    let laptop = shop.laptop().await;
    shop.rig.full().await;
    let closed = json!({"fault": {"kind": "status", "status": 403, "effect": false}, "path": "*remoteActionAudits*", "times": 0});
    shop.rig.fault(closed).await;
    let job = shop.send("wipe", &[&laptop], json!({})).await;
    shop.settle(TimeDelta::seconds(30), 12).await;
    assert_eq!(shop.state(job).await, TaskState::GoneUnproven);
    let text = text(&shop, job).await;
    assert!(text.contains("audit could not be read"), "{text}");
    shop.rig.heal().await;
    shop.settle(TimeDelta::minutes(10), 4).await;
    assert_eq!(shop.state(job).await, TaskState::Done);
}
