//! The usual course of a job, verb by verb.

use chrono::TimeDelta;
use intune_connector::model::{ChangeKind, DeviceBody, FeedChange, GoneReason, TaskState};
use serde_json::{Value, json};

use crate::support::workshop::Workshop;

fn told(view: &intune_connector::store::JobWithTasks) -> Vec<&'static str> {
    view.tasks[0].1.iter().map(|step| step.state.name()).collect()
}

#[tokio::test]
async fn a_synchronisation_is_handed_over_and_done_when_the_device_has_checked_in() {
    let shop = Workshop::new().await;
    let laptop = shop.laptop().await;
    shop.rig.full().await;
    let job = shop.send("sync", &[&laptop], json!({})).await;
    shop.work().await;
    assert_eq!(shop.state(job).await, TaskState::HandedOver);
    assert_eq!(shop.effects(&laptop, "syncDevice"), 1);
    shop.settle(TimeDelta::seconds(30), 10).await;
    let view = shop.job(job).await;
    assert_eq!(told(&view).last(), Some(&"done"), "{:?}", told(&view));
    assert_eq!(shop.effects(&laptop, "syncDevice"), 1);
}

#[tokio::test]
async fn a6_a_lock_is_done_when_the_device_says_so_and_its_unlock_code_is_sealed() {
    let shop = Workshop::new().await;
    let mac = shop.mac().await;
    shop.rig.full().await;
    let job = shop.send("remoteLock", &[&mac], json!({})).await;
    shop.settle(TimeDelta::seconds(30), 10).await;
    let view = shop.job(job).await;
    assert_eq!(told(&view).last(), Some(&"done"), "{:?}", told(&view));
    let secrets = shop.desk.store.list_action_secrets(view.tasks[0].0.id).await.unwrap();
    assert_eq!(secrets.len(), 1);
    assert_eq!(secrets[0].kind, "unlockPin");
    assert!(secrets[0].sealed.starts_with("sealed:"), "E1");
}

#[tokio::test]
async fn a_wipe_is_done_when_the_device_has_gone_and_its_servers_are_told_why() {
    let shop = Workshop::new().await;
    let (laptop, other) = (shop.laptop().await, shop.laptop().await);
    shop.rig.full().await;
    let reader = shop.rig.shelf.server("reader").await;
    let before = shop.rig.shelf.read(&reader, None, 1_000).await;
    let of_laptop = |change: &&FeedChange<DeviceBody>| change.device_id.is_some_and(|id| id.to_string() == laptop);
    assert!(
        before.changes.iter().any(|change| of_laptop(&change)),
        "it knows the device"
    );
    let job = shop.send("wipe", &[&laptop], json!({})).await;
    shop.settle(TimeDelta::seconds(30), 12).await;
    let view = shop.job(job).await;
    assert_eq!(told(&view).last(), Some(&"done"), "{:?}", told(&view));
    assert_eq!((shop.effects(&laptop, "wipe"), shop.effects(&other, "wipe")), (1, 0));
    let after = shop.rig.shelf.read(&reader, Some(&before.cursor), 1_000).await;
    let told: Vec<_> = after.changes.iter().filter(of_laptop).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (told[0].kind, told[0].reason),
        (ChangeKind::Gone, Some(GoneReason::ByJob))
    );
}

#[tokio::test]
async fn a_notification_ends_as_handed_over_and_not_traceable() {
    let shop = Workshop::new().await;
    let phone = shop.phone().await;
    shop.rig.full().await;
    let text = json!({"notificationTitle": "Hello", "notificationBody": "Please restart"});
    let job = shop.send("notify", &[&phone], text).await;
    shop.work().await;
    assert_eq!(shop.state(job).await, TaskState::HandedOverNotTraceable);
}

#[tokio::test]
async fn n4_a_verb_that_the_device_cannot_do_is_refused_before_the_job_with_what_can_be_done_instead() {
    let shop = Workshop::new().await;
    let laptop = shop.laptop().await;
    shop.rig.full().await;
    // A job that works on none of its devices is not taken.
    let body = shop.body("remoteLock", &[&laptop], json!({})).await;
    let refused = shop.try_send(body).await.unwrap_err();
    assert_eq!(refused.code(), "unfit", "{refused}");
    assert!(refused.to_string().contains(&laptop), "{refused}");
    assert!(refused.advice().starts_with("Instead: "), "{}", refused.advice());

    // Where one of them can, the others are told at once, and refused before the call.
    let mac = shop.mac().await;
    shop.rig.full().await;
    let body = shop.body("remoteLock", &[&laptop, &mac], json!({})).await;
    let receipt = shop.try_send(body).await.unwrap();
    assert_eq!(receipt.unfit.count, 1, "{:?}", receipt.unfit);
    let told = &receipt.unfit.devices[0];
    assert_eq!(
        (told.device_id.to_string(), told.rule.as_str()),
        (laptop.clone(), "platform")
    );
    shop.work().await;
    let tasks = shop.job(receipt.job.unwrap()).await.tasks;
    let (task, _) = tasks.iter().find(|(task, _)| task.device == told.device_id).unwrap();
    assert_eq!(task.state, TaskState::Refused);
    let instead = task.detail.as_ref().and_then(|detail| detail["instead"].as_str());
    assert!(
        instead.is_some() && instead == told.instead.as_deref(),
        "{:?}",
        task.detail
    );
    assert_eq!(shop.effects(&laptop, "remoteLock"), 0);
    assert_eq!(shop.effects(&mac, "remoteLock"), 1);
}

#[tokio::test]
async fn n4_a_device_that_has_changed_since_the_last_scan_is_judged_by_what_intune_says() {
    let shop = Workshop::new().await;
    let laptop = shop
        .put(json!({
            "operatingSystem": "Windows", "osVersion": "10.0.26100.1", "deviceEnrollmentType": "windowsAzureADJoin",
            "managedDeviceOwnerType": "personal",
        }))
        .await;
    shop.rig.full().await;
    let body = shop.body("wipe", &[&laptop], json!({})).await;
    let refused = shop.try_send(body.clone()).await.unwrap_err();
    assert_eq!(refused.code(), "unfit", "{refused}");
    // Somebody does what the refusal says, and no scan has seen it yet.
    let company = json!({"properties": {"managedDeviceOwnerType": "company"}});
    shop.rig.control("PATCH", &format!("devices/{laptop}"), company).await;
    let receipt = shop.try_send(body).await.unwrap();
    assert_eq!((receipt.unfit.count, receipt.already_accepted), (0, false));
    shop.work().await;
    assert_eq!(shop.effects(&laptop, "wipe"), 1);
}

#[tokio::test]
async fn n8_a_dry_run_judges_a_device_once_by_what_intune_says_now() {
    let shop = Workshop::new().await;
    let laptop = shop
        .put(json!({
            "operatingSystem": "Windows", "osVersion": "10.0.26100.1", "deviceEnrollmentType": "windowsAzureADJoin",
            "managedDeviceOwnerType": "personal",
        }))
        .await;
    shop.rig.full().await;
    let mut body = shop.body("wipe", &[&laptop], json!({})).await;
    body["dryRun"] = json!(true);
    for (owner, would) in [("personal", false), ("company", true), ("personal", false)] {
        let change = json!({"properties": {"managedDeviceOwnerType": owner}});
        shop.rig.control("PATCH", &format!("devices/{laptop}"), change).await;
        let receipt = shop.try_send(body.clone()).await.unwrap();
        let told = &receipt.dry_run.as_ref().unwrap()[0];
        assert_eq!((told.fresh, told.would), (true, would), "{owner}: {told:?}");
        assert_eq!(receipt.unfit.count, u64::from(!would), "{owner}: {:?}", receipt.unfit);
    }
}

#[tokio::test]
async fn ic_20_a_403_names_the_permission_and_what_tells_whether_it_is_granted() {
    let shop = Workshop::new().await;
    let laptop = shop.laptop().await;
    shop.rig.full().await;
    let fault = json!({"kind": "status", "status": 403, "effect": false});
    shop.rig
        .fault(json!({"fault": fault, "path": format!("*{laptop}/rebootNow"), "times": 0}))
        .await;
    let job = shop.send("reboot", &[&laptop], json!({})).await;
    shop.work().await;
    let task = shop.task(job).await;
    assert_eq!(task.state, TaskState::Failed);
    let text = task.detail.as_ref().and_then(|detail| detail["text"].as_str()).unwrap();
    assert!(
        text.contains("DeviceManagementManagedDevices.PrivilegedOperations.All")
            && text.contains("intune-connector verify --instance"),
        "{text}"
    );
}

#[tokio::test]
async fn a2_a_device_that_was_enrolled_anew_is_not_the_one_that_was_seen() {
    let shop = Workshop::new().await;
    for (changed, to) in [
        ("userPrincipalName", "somebody.else@example.org"),
        ("serialNumber", "ANOTHER-SERIAL"),
        ("enrolledDateTime", "2026-09-21T13:00:00Z"),
    ] {
        let laptop = shop.laptop().await;
        shop.rig.full().await;
        let job = shop.send("wipe", &[&laptop], json!({})).await;
        let path = format!("devices/{laptop}");
        shop.rig
            .control("PATCH", &path, json!({"properties": {changed: to}}))
            .await;
        shop.work().await;
        let task = shop.task(job).await;
        assert_eq!(
            (task.state, task.cause.as_deref()),
            (TaskState::Refused, Some("identityChanged")),
            "{changed}"
        );
        assert_eq!(shop.effects(&laptop, "wipe"), 0, "{changed}");
    }

    // The same hardware under a new id: what was aimed at is not there any more.
    let laptop = shop.laptop().await;
    shop.rig.full().await;
    let job = shop.send("wipe", &[&laptop], json!({})).await;
    shop.rig.remove(&laptop).await;
    let anew = shop.laptop().await;
    shop.work().await;
    assert_eq!(shop.state(job).await, TaskState::DeviceGone);
    assert_eq!((shop.effects(&laptop, "wipe"), shop.effects(&anew, "wipe")), (0, 0));
}

#[tokio::test]
async fn a6_what_no_device_answers_is_still_pending_after_48_hours_and_done_when_it_answers() {
    let shop = Workshop::new().await;
    let phone = shop.phone().await;
    shop.rig.full().await;
    shop.rig
        .control("PATCH", "tuning", json!({"actions": {"conduct": {"answers": false}}}))
        .await;
    let job = shop.send("retire", &[&phone], json!({})).await;
    shop.settle(TimeDelta::hours(1), 50).await;
    assert_eq!(shop.state(job).await, TaskState::StillPending);
    shop.rig
        .control("POST", "devices/check-in", json!({"ids": [phone]}))
        .await;
    shop.settle(TimeDelta::hours(6), 4).await;
    let view = shop.job(job).await;
    assert_eq!(told(&view).last(), Some(&"done"), "{:?}", told(&view));
    assert_eq!(shop.effects(&phone, "retire"), 1);
}

#[tokio::test]
async fn microsofts_second_administrator_is_waited_for_and_the_same_request_goes_out_with_his_code() {
    let shop = Workshop::new().await;
    let laptop = shop.laptop().await;
    shop.rig.full().await;
    shop.rig
        .control("PUT", "approvals/policy", json!({"verbs": ["wipe"], "status": 403}))
        .await;
    let job = shop.send("wipe", &[&laptop], json!({})).await;
    shop.work().await;
    assert_eq!(shop.state(job).await, TaskState::WaitingTenantApproval);
    let waiting: Value = shop.rig.control("GET", "approvals", json!({})).await;
    let code = shop.task(job).await.approval_code.unwrap();
    assert!(waiting.to_string().contains(&code), "{waiting}");
    shop.rig
        .control("POST", &format!("approvals/{code}"), json!({"decision": "approve"}))
        .await;
    shop.settle(TimeDelta::seconds(30), 14).await;
    let view = shop.job(job).await;
    assert_eq!(told(&view).last(), Some(&"done"), "{:?}", told(&view));
    assert_eq!(shop.effects(&laptop, "wipe"), 1);
}

#[tokio::test]
async fn a5_a_deletion_that_wipes_wants_the_right_to_wipe() {
    let mut shop = Workshop::new().await;
    let kiosk = shop.android("androidEnterpriseDedicatedDevice").await;
    shop.rig.full().await;
    shop.alice.rights = ["Jobs_Send", "Actions_Delete"]
        .map(|right| right.parse().unwrap())
        .to_vec();
    let change = intune_connector::store::OperatorChange {
        rights: Some(shop.alice.rights.clone()),
        ..Default::default()
    };
    shop.desk.store.change_operator(shop.alice.id, change).await.unwrap();
    let body = shop.body("delete", &[&kiosk], json!({})).await;
    let refused = shop.try_send(body).await.unwrap_err();
    assert_eq!(refused.code(), "missingRight", "{refused}");
    assert!(refused.to_string().contains("Actions_Wipe"), "{refused}");
}
