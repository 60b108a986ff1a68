//! What Intune shows as pending though nobody here sent it (A6): said before anything goes out over it.

use chrono::TimeDelta;
use intune_connector::actions::guard::{ApprovalSignIn, blocked_actions};
use intune_connector::actions::job::JobRequester;
use intune_connector::actions::policy_changes;
use intune_connector::model::TaskState;
use intune_connector::store::OperatorChange;
use serde_json::{Value, json};

use super::gone::somebody_else;
use crate::support::workshop::{Workshop, asker};

async fn posted(shop: &Workshop, id: &str, action: &str, body: Option<Value>) {
    somebody_else(shop, reqwest::Method::POST, &format!("{id}/{action}"), body).await;
}

/// Ordered in the portal; or sent from here before the store was put back, which forgets it (D1).
#[tokio::test]
async fn st_4_cr_d1_nothing_goes_out_over_what_others_have_pending() {
    let shop = Workshop::new().await;
    shop.rig
        .control("PATCH", "tuning", json!({"actions": {"conduct": {"answers": false}}}))
        .await;
    let full = json!({"keepEnrollmentData": false, "keepUserData": false, "persistEsimDataPlan": false});
    let cases = [
        ("wipe", Some(full.clone()), "wipe", "wipe"),
        ("wipe", Some(full), "retire", "wipe"),
        ("retire", None, "retire", "retire"),
        ("retire", None, "freshStart", "retire"),
        ("remoteLock", None, "remoteLock", "remoteLock"),
        ("remoteLock", None, "wipe", "remoteLock"),
    ];
    let mut devices = Vec::new();
    for (theirs, ..) in &cases {
        devices.push(match *theirs {
            "remoteLock" => shop.mac().await,
            _ => shop.laptop().await,
        });
    }
    shop.rig.full().await;
    for ((theirs, body, ours, told), id) in cases.into_iter().zip(&devices) {
        posted(&shop, id, theirs, body).await;
        let parameters = match ours {
            "freshStart" => json!({"keepUserData": true}),
            _ => json!({}),
        };
        let before = shop.all_effects(id);
        let job = shop.send(ours, &[id], parameters).await;
        shop.work().await;
        let task = shop.task(job).await;
        assert_eq!(
            (task.state, task.cause.as_deref()),
            (TaskState::Refused, Some("pendingAtIntune")),
            "{ours} over {theirs}: {:?}",
            task.detail
        );
        let detail = task.detail.unwrap();
        assert!(
            detail["text"].as_str().unwrap().contains(&format!("a {told} of ")),
            "{detail}"
        );
        assert!(detail["instead"].as_str().unwrap().contains("goOn"), "{detail}");
        assert_eq!(shop.all_effects(id), before, "{ours} over {theirs}");
    }
}

#[tokio::test]
async fn st_4_the_job_says_whether_to_wait_or_to_go_on() {
    let shop = Workshop::new().await;
    let (going, waiting, escalated) = (shop.mac().await, shop.mac().await, shop.laptop().await);
    shop.rig.full().await;
    shop.rig
        .control("PATCH", "tuning", json!({"actions": {"conduct": {"answers": false}}}))
        .await;
    for id in [&going, &waiting] {
        posted(&shop, id, "rebootNow", None).await;
    }
    posted(&shop, &escalated, "retire", None).await;
    let send = async |id: &str, when: &str| {
        let mut body = shop.body("wipe", &[id], json!({})).await;
        body["whenPending"] = when.into();
        shop.try_send(body).await.unwrap().job.unwrap()
    };
    let (goes, waits) = (send(&going, "goOn").await, send(&waiting, "wait").await);
    let escalates = shop.send("wipe", &[&escalated], json!({})).await;
    shop.work().await;
    assert_eq!(shop.state(goes).await, TaskState::HandedOver);
    assert_eq!(
        shop.state(escalates).await,
        TaskState::HandedOver,
        "a wipe may follow a retire"
    );
    let task = shop.task(waits).await;
    assert_eq!(
        (task.state, task.cause.as_deref()),
        (TaskState::WaitingWindow, Some("pendingAtIntune"))
    );
    assert_eq!(shop.effects(&waiting, "wipe"), 0);
    shop.rig
        .control("POST", "devices/check-in", json!({"ids": [waiting]}))
        .await;
    shop.settle(TimeDelta::minutes(6), 1).await;
    assert_eq!(shop.effects(&waiting, "wipe"), 1, "nothing is pending any more");
    let mut wrong = shop.body("wipe", &[&going], json!({})).await;
    wrong["whenPending"] = "perhaps".into();
    assert_eq!(shop.try_send(wrong).await.unwrap_err().code(), "body");
}

/// A sender that is told nothing of a restore sends the same again, with the same id: the store does not know it any more.
#[tokio::test]
async fn st_4_cr_d1_the_same_job_sent_again_after_a_restore_wipes_nothing_a_second_time() {
    let shop = Workshop::new().await;
    let mac = shop.mac().await;
    shop.rig.full().await;
    shop.rig
        .control("PATCH", "tuning", json!({"actions": {"conduct": {"answers": false}}}))
        .await;
    let keeper = shop.desk.store.find_operator_by_name("keeper").await.unwrap().unwrap();
    let everything = OperatorChange {
        rights: Some(vec!["*".parse().unwrap()]),
        ..OperatorChange::default()
    };
    shop.desk.store.change_operator(keeper.id, everything).await.unwrap();
    let copy = shop.rig.copy().await;
    let body = shop.body("wipe", &[&mac], json!({})).await;
    let send = async |shop: &Workshop| {
        let who = JobRequester {
            operator: shop.alice.clone(),
            server: None,
        };
        shop.desk
            .submit_job(&who, body.clone(), Some("change-4711".into()))
            .await
    };
    let first = send(&shop).await.unwrap().job.unwrap();
    shop.work().await;
    assert_eq!(
        (shop.state(first).await, shop.effects(&mac, "wipe")),
        (TaskState::HandedOver, 1)
    );
    assert!(
        send(&shop).await.unwrap().already_accepted,
        "before the restore it is known"
    );

    let shop = shop.put_back(&copy);
    let refused = send(&shop).await.unwrap_err();
    assert_eq!(refused.code(), "killSwitch", "{refused:?}");
    shop.work().await;
    let store = &shop.desk.store;
    let asked = policy_changes::request_kill_switch_off(store, "*", asker(&shop.alice))
        .await
        .unwrap()
        .unwrap();
    let held = store.find_blocked_actions("*".into()).await.unwrap();
    let shown = blocked_actions::release_digest(&asked.digest(), Some(&held));
    let agreed =
        policy_changes::approve_relaxation(store, asked.id, &keeper, ApprovalSignIn::OwnPassword, Some(shown)).await;
    agreed.unwrap();
    let again = send(&shop).await.unwrap();
    assert!(!again.already_accepted, "the store does not know it any more");
    shop.work().await;
    let task = shop.task(again.job.unwrap()).await;
    assert_eq!(
        (task.state, task.cause.as_deref()),
        (TaskState::Refused, Some("pendingAtIntune")),
        "{:?}",
        task.detail
    );
    assert_eq!(shop.effects(&mac, "wipe"), 1);
}

/// What is open here is known: a lock, then a wipe, is an everyday thing.
#[tokio::test]
async fn st_4_what_was_sent_from_here_stops_nothing() {
    let shop = Workshop::new().await;
    let mac = shop.mac().await;
    shop.rig.full().await;
    shop.rig
        .control("PATCH", "tuning", json!({"actions": {"conduct": {"answers": false}}}))
        .await;
    let lock = shop.send("remoteLock", &[&mac], json!({})).await;
    shop.work().await;
    let wipe = shop.send("wipe", &[&mac], json!({})).await;
    shop.work().await;
    assert!(shop.state(lock).await.is_under_way());
    assert_eq!(
        shop.state(wipe).await,
        TaskState::HandedOver,
        "{:?}",
        shop.task(wipe).await.detail
    );
}

/// The inventory tells a managementState; devices that Intune does not manage itself are promised nothing.
#[tokio::test]
async fn st_4_the_dry_run_says_what_is_pending_and_promises_nothing_where_intune_does_not_manage() {
    let shop = Workshop::new().await;
    let windows = |more: Value| {
        let mut kind = json!({"operatingSystem": "Windows", "osVersion": "10.0.26100.1", "deviceEnrollmentType": "windowsAzureADJoin"});
        for (key, value) in more.as_object().unwrap() {
            kind[key] = value.clone();
        }
        kind
    };
    let mut devices = Vec::new();
    for more in [
        json!({"managementState": "wipePending"}),
        json!({"managementState": "retirePending"}),
        json!({"managementAgent": "msSense"}),
        json!({"managementAgent": "eas"}),
        json!({"managementAgent": "configurationManagerClient"}),
        json!({"managementAgent": "configurationManagerClientMdm"}),
    ] {
        devices.push(shop.put(windows(more)).await);
    }
    shop.rig.full().await;
    let ids: Vec<&str> = devices.iter().map(String::as_str).collect();
    let mut body = shop.body("wipe", &ids, json!({})).await;
    body["dryRun"] = true.into();
    let would = shop.try_send(body.clone()).await.unwrap().dry_run.unwrap();
    assert_eq!(
        (would[0].would, would[0].rule.as_deref()),
        (false, Some("pendingAtIntune"))
    );
    assert!(
        would[0]
            .reason
            .as_deref()
            .unwrap()
            .contains("managementState wipePending")
    );
    assert!(
        would[1].would && would[1].effect.contains("managementState retirePending"),
        "{}",
        would[1].effect
    );
    for (at, promised, said) in [
        (2, false, "is not enrolled in Intune (managementAgent msSense)"),
        (3, true, "is not known"),
        (4, true, "is not known"),
        (5, true, "everything is erased"),
    ] {
        let effect = &would[at].effect;
        assert!(effect.contains(said), "{effect}");
        assert_eq!(effect.contains("everything is erased"), promised, "{effect}");
        assert!(at != 3 || !effect.starts_with("everything"), "{effect}");
    }
    body["whenPending"] = "goOn".into();
    let would = shop.try_send(body).await.unwrap().dry_run.unwrap();
    assert!(
        would[0].would
            && would[0]
                .effect
                .contains("it is sent although Intune shows pending actions"),
        "{}",
        would[0].effect
    );
}
