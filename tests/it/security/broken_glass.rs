//! The broken glass (A9): in an emergency one person does something to one device alone. It passes approval, hourly
//! thresholds and the kill switch of a restore, and nothing else; everybody is told; a second person looks at it.

use chrono::TimeDelta;
use futures_util::StreamExt;
use intune_connector::actions::guard::{self, BusPolicy};
use intune_connector::model::{ActionKind, TaskState};
use intune_connector::store::{
    AddJobOutcome, IntentDecision, IntentOutcome, KillSwitchOrigin, NewBrokenGlass, OperatorKind, POLICY_BUS, Store,
    restore_backup,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::glass::{Ledger, aimed};
use crate::sics::bus::{PASSWORD, problem, status};
use crate::sics::jobs::office::{JOBS, Office, RESULTS};
use crate::support::folder::TestFolder;

const GLASS: &str = "/sics/v1/broken-glass";

/// A bus on which nothing destructive goes out without approval, and two people beside `bob`, who approves.
async fn office() -> Office {
    let office = Office::new().await;
    policy(&office.shop.desk.store, |policy| policy.approval.always = true).await;
    let rights = ["Jobs_*", "Actions_*", "Devices_Read"];
    office.account("carol", OperatorKind::Person, &rights, true).await;
    office
}

async fn policy(store: &Store, set: impl FnOnce(&mut BusPolicy)) {
    let mut policy = BusPolicy::default();
    set(&mut policy);
    store.set_policy(POLICY_BUS, json!(policy).to_string()).await.unwrap();
}

async fn body(office: &Office, verb: &str, id: &str) -> Value {
    let mut job = office.shop.body(verb, &[id], json!({})).await;
    job.as_object_mut().unwrap().remove("reason");
    json!({"name": "carol", "password": PASSWORD, "reason": "stolen in the train", "job": job})
}

/// Over the connection of somebody else: what counts is who gives name and password.
fn smash(office: &Office, body: Value) -> RequestBuilder {
    office.post(&office.acmp, GLASS, body)
}

async fn broken(office: &Office, verb: &str, id: &str) -> Value {
    status(smash(office, body(office, verb, id).await), 202).await
}

async fn open(office: &Office) -> Vec<Value> {
    let seen = status(office.get(&office.admin, "/sics/v1/audit"), 200).await;
    seen["brokenGlass"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a9_a_broken_glass_lets_one_person_wipe_one_device_and_tells_everybody() {
    let office = office().await;
    let ids = office.laptops(2).await;
    let usual = office.job("wipe", &[&ids[1]], json!({})).await;
    assert_eq!(usual["needsApproval"], true, "without it somebody else is asked");
    let stream = office.get(&office.acmp, RESULTS).header("accept", "text/event-stream");
    let stream = stream.send().await.unwrap();
    let receipt = broken(&office, "wipe", &ids[0]).await;
    assert_eq!(receipt["needsApproval"], false);
    office.settle().await;
    assert_eq!(
        (
            office.shop.effects(&ids[0], "wipe"),
            office.shop.effects(&ids[1], "wipe")
        ),
        (1, 0)
    );
    // On top of the audit trail, and in it.
    let open = open(&office).await;
    assert_eq!(open.len(), 1);
    assert_eq!(
        (
            &open[0]["by"],
            &open[0]["action"],
            &open[0]["deviceId"],
            &open[0]["reason"],
            &open[0]["job"]
        ),
        (
            &json!("carol"),
            &json!("wipe"),
            &json!(ids[0]),
            &json!("stolen in the train"),
            &receipt["job"]
        )
    );
    let trail = office.trail().await;
    let told = |line: &&String| line.starts_with("carol glass.broken") && line.contains("stolen in the train");
    assert_eq!(trail.iter().filter(told).count(), 1, "{trail:?}");
    // With the jobs, in the results of management servers, as an event of their streams, and in the metrics.
    let jobs = status(office.get(&office.admin, "/sics/v1/jobs"), 200).await;
    assert_eq!(jobs["brokenGlass"].as_array().unwrap().len(), 1, "{jobs}");
    let shown = status(
        office.get(&office.admin, &format!("/sics/v1/jobs/{}", receipt["job"])),
        200,
    )
    .await;
    assert_eq!(
        (&shown["brokenGlass"], &shown["operator"]),
        (&json!(true), &json!("carol"))
    );
    let results = status(office.get(&office.acmp, RESULTS), 200).await;
    assert_eq!(results["brokenGlass"][0]["by"], "carol", "{results}");
    let mut told = stream.bytes_stream();
    let mut text = String::new();
    while !text.contains("event: brokenGlass") {
        text.push_str(std::str::from_utf8(&told.next().await.unwrap().unwrap()).unwrap());
    }
    assert!(metrics(&office).await.contains("intune_connector_broken_glass_open 1"));
    // Everybody who signs in.
    let nobody = office.account("dora", OperatorKind::Person, &[], true).await;
    let notices = status(office.get(&nobody, "/sics/v1/notices"), 200).await;
    assert!(notices.to_string().contains("carol broke the glass"), "{notices}");
}

async fn metrics(office: &Office) -> String {
    let answer = office.get(&office.admin, "/metrics").send().await.unwrap();
    answer.text().await.unwrap()
}

#[tokio::test]
async fn a9_a_broken_glass_takes_name_and_password_of_a_person_who_may_do_it_and_a_reason() {
    let office = office().await;
    let ids = office.laptops(1).await;
    office
        .account("dora", OperatorKind::Person, &["Jobs_Send", "Actions_RemoteLock"], true)
        .await;
    let good = body(&office, "wipe", &ids[0]).await;
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    let without = |key: &str| {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(key);
        body
    };
    for (body, status, code) in [
        (with("password", json!("wrong")), 401, "signInFailed"),
        (without("password"), 400, "wrongBody"),
        (without("name"), 400, "wrongBody"),
        (with("name", json!("acmp")), 403, "notAPerson"),
        (with("name", json!("dora")), 403, "missingRight"),
        (without("reason"), 400, "wrongBody"),
        (with("reason", json!("   ")), 400, "reason"),
        (with("reason", json!("stolen\r\nFAKE LINE")), 400, "unfitText"),
        (with("reason", json!("stolen\u{202e}")), 400, "unfitText"),
        (with("reason", json!("x".repeat(501))), 400, "reason"),
    ] {
        assert_eq!(problem(smash(&office, body), status).await, code);
    }
    // A token of hers is no person either: the way in by jobs asks for an approval.
    assert_eq!(open(&office).await, Vec::<Value>::new());
    status(smash(&office, with("reason", json!("  stolen   in the train "))), 202).await;
    assert_eq!(open(&office).await[0]["reason"], "stolen in the train");
    office.settle().await;
    assert_eq!(office.shop.effects(&ids[0], "wipe"), 1);
}

#[tokio::test]
async fn a9_a_broken_glass_is_for_one_named_device_as_it_was_seen() {
    let office = office().await;
    let ids = office.laptops(2).await;
    let mut two = body(&office, "wipe", &ids[0]).await;
    two["job"] = office.shop.body("wipe", &[&ids[0], &ids[1]], json!({})).await;
    assert_eq!(problem(smash(&office, two), 409).await, "brokenGlassDevices");
    let mut by_filter = body(&office, "remoteLock", &ids[0]).await;
    by_filter["job"].as_object_mut().unwrap().remove("devices");
    let name = office.shop.rig.shelf.instance.name.to_string();
    let filter = format!("id == '{}'", ids[0]);
    (by_filter["job"]["filter"], by_filter["job"]["instance"]) = (json!(filter), json!(name));
    assert_eq!(problem(smash(&office, by_filter), 409).await, "brokenGlassDevices");
    let reboot = body(&office, "reboot", &ids[0]).await;
    assert_eq!(problem(smash(&office, reboot), 409).await, "brokenGlassAction");
    for (seq, code) in [(i64::MAX, "neverHandedOut"), (0, "seenTooOld")] {
        let mut unseen = body(&office, "wipe", &ids[0]).await;
        unseen["job"]["devices"][0]["seq"] = json!(seq);
        assert_eq!(problem(smash(&office, unseen), 409).await, code);
    }
    let mut unconfirmed = body(&office, "wipe", &ids[0]).await;
    unconfirmed["job"].as_object_mut().unwrap().remove("confirm");
    assert_eq!(problem(smash(&office, unconfirmed), 400).await, "confirm");
    assert_eq!(open(&office).await, Vec::<Value>::new(), "nothing of it broke anything");
    let phone = office.shop.phone().await;
    office.shop.rig.full().await;
    for (verb, id) in [("remoteLock", &phone), ("retire", &ids[0])] {
        broken(&office, verb, id).await;
        office.settle().await;
        assert_eq!(office.shop.effects(id, verb), 1, "{verb}");
    }
}

#[tokio::test]
async fn a9_a_broken_glass_is_not_broken_by_a_dry_run_nor_twice_by_a_repetition() {
    let office = office().await;
    let ids = office.laptops(1).await;
    let mut tried = body(&office, "wipe", &ids[0]).await;
    tried["job"]["dryRun"] = json!(true);
    let seen = status(smash(&office, tried), 200).await;
    assert_eq!(
        (&seen["job"], &seen["dryRun"][0]["would"]),
        (&Value::Null, &json!(true)),
        "{seen}"
    );
    assert_eq!(open(&office).await.len(), 0);
    let mut named = body(&office, "wipe", &ids[0]).await;
    named["job"]["id"] = json!("mine");
    let first = status(smash(&office, named.clone()), 202).await;
    let again = status(smash(&office, named.clone()), 200).await;
    assert_eq!((&again["known"], &again["job"]), (&json!(true), &first["job"]));
    assert_eq!(open(&office).await.len(), 1);
    named["reason"] = json!("another reason");
    assert_eq!(problem(smash(&office, named), 409).await, "idTaken");
}

#[tokio::test]
async fn a9_a_broken_glass_of_a_tenant_is_the_last_of_three_in_a_day() {
    let office = office().await;
    let ids = office.laptops(5).await;
    office
        .account("erin", OperatorKind::Person, &["Jobs_*", "Actions_*"], true)
        .await;
    let mut phones = Vec::new();
    for _ in 0..3 {
        phones.push(office.shop.phone().await);
    }
    office.shop.rig.full().await;
    for id in &phones {
        broken(&office, "remoteLock", id).await;
    }
    for name in ["carol", "erin"] {
        let mut fourth = body(&office, "wipe", &ids[3]).await;
        fourth["name"] = json!(name);
        assert_eq!(problem(smash(&office, fourth), 409).await, "brokenGlassLimit");
    }
    office.shop.rig.advance(TimeDelta::hours(24));
    office.shop.rig.full().await;
    broken(&office, "wipe", &ids[4]).await;
}

#[tokio::test]
async fn a9_a_broken_glass_is_off_at_once_by_a_setting_and_on_by_two() {
    let office = office().await;
    let ids = office.laptops(1).await;
    let dora = office
        .account("dora", OperatorKind::Person, &["Limits_*", "Jobs_Approve"], true)
        .await;
    let put = |on: bool| {
        let body = json!({"approval": {"brokenGlass": on}});
        office.send(Method::PUT, &dora, "/sics/v1/limits", body)
    };
    status(put(false), 200).await;
    let wanted = body(&office, "wipe", &ids[0]).await;
    assert_eq!(problem(smash(&office, wanted.clone()), 403).await, "brokenGlassOff");
    let asked = status(put(true), 202).await;
    assert_eq!(problem(smash(&office, wanted.clone()), 403).await, "brokenGlassOff");
    let path = format!("/sics/v1/loosenings/{}/approve", asked["waiting"][0]["id"]);
    let agree = json!({"name": "bob", "password": PASSWORD, "digest": asked["waiting"][0]["digest"]});
    status(office.post(&office.admin, &path, agree), 200).await;
    status(smash(&office, wanted), 202).await;
}

#[tokio::test]
async fn a9_a_broken_glass_passes_the_hour_of_others_but_no_kill_switch_that_a_person_set() {
    let office = office().await;
    let ids = office.laptops(3).await;
    policy(&office.shop.desk.store, |policy| {
        (policy.limits.per_hour, policy.limits.operator_per_hour) = (1, 1);
    })
    .await;
    office.job("wipe", &[&ids[0]], json!({})).await;
    office.settle().await;
    let refused = office.post(
        &office.acmp,
        JOBS,
        office.shop.body("wipe", &[&ids[1]], json!({})).await,
    );
    assert_eq!(problem(refused, 409).await, "limitPerHour");
    broken(&office, "wipe", &ids[1]).await;
    office.settle().await;
    assert_eq!(office.shop.effects(&ids[1], "wipe"), 1);
    let on = json!({"on": true, "reason": "look first"});
    status(office.send(Method::PUT, &office.admin, "/sics/v1/killswitch", on), 200).await;
    let stopped = body(&office, "wipe", &ids[2]).await;
    assert_eq!(problem(smash(&office, stopped), 409).await, "killSwitch");
}

#[tokio::test]
async fn a9_a_broken_glass_is_shown_until_a_second_person_has_looked() {
    let office = office().await;
    let ids = office.laptops(1).await;
    broken(&office, "wipe", &ids[0]).await;
    let glass = open(&office).await[0]["id"].as_i64().unwrap();
    let path = format!("{GLASS}/{glass}/acknowledge");
    let look = |name: &str, password: &str| {
        let body = json!({"name": name, "password": password});
        office.post(&office.admin, &path, body)
    };
    office.account("dora", OperatorKind::Person, &["Jobs_Read"], true).await;
    office.account("server", OperatorKind::Server, &["*"], true).await;
    for (name, password, status, code) in [
        ("carol", PASSWORD, 403, "ownRequest"),
        ("dora", PASSWORD, 403, "missingRight"),
        ("server", PASSWORD, 403, "notAPerson"),
        ("bob", "wrong", 401, "signInFailed"),
    ] {
        assert_eq!(problem(look(name, password), status).await, code, "{name}");
    }
    // However long it takes, and where nobody else is there: it is shown.
    office.shop.rig.advance(TimeDelta::days(3));
    assert_eq!(problem(look("carol", PASSWORD), 403).await, "ownRequest");
    assert_eq!(open(&office).await.len(), 1);
    let seen = status(look("bob", PASSWORD), 200).await;
    assert_eq!(seen["seenBy"], "bob");
    assert_eq!(problem(look("bob", PASSWORD), 409).await, "seen");
    assert_eq!(open(&office).await.len(), 0);
    let all = status(office.get(&office.admin, GLASS), 200).await;
    assert_eq!(all["brokenGlass"][0]["seenBy"], "bob");
    let trail = office.trail().await;
    assert!(
        trail.iter().any(|line| line.starts_with("bob glass.acknowledged")),
        "{trail:?}"
    );
    assert!(metrics(&office).await.contains("intune_connector_broken_glass_open 0"));
    let unknown = office.post(
        &office.admin,
        &format!("{GLASS}/77/acknowledge"),
        json!({"name": "bob", "password": PASSWORD}),
    );
    assert_eq!(problem(unknown, 404).await, "unknown");
}

#[tokio::test]
async fn a9_a_broken_glass_passes_the_kill_switch_of_a_restore_until_a_person_sets_it_too() {
    let before = Ledger::new().await;
    let backup = before.shelf.folder.path().join("backup");
    before.shelf.store.write_backup(&backup).await.unwrap();
    let elsewhere = TestFolder::new();
    restore_backup(elsewhere.path(), &backup, &[7; 32]).unwrap();
    let store = Store::open(elsewhere.path(), before.shelf.clock.clone(), [7; 32]).unwrap();
    let switches = store.list_kill_switches().await.unwrap();
    assert_eq!((switches.len(), switches[0].origin), (1, KillSwitchOrigin::Restore));
    let smash = async || {
        let (mut job, asked) = before.job(0, 0, ActionKind::Wipe, 1);
        job.broken_glass = Some(NewBrokenGlass {
            by: "alice".into(),
            reason: "stolen".into(),
            notice: guard::emergency_access::broken_glass_notice,
        });
        let judged = store
            .add_job(job, move |facts| guard::check_break_glass(facts, &asked))
            .await
            .unwrap();
        match judged {
            AddJobOutcome::Accepted { job, .. } => Ok(store.load_job(job).await.unwrap().tasks.remove(0).0),
            AddJobOutcome::Refused { refused, .. } => Err(refused.rule),
            other => panic!("{other:?}"),
        }
    };
    let go = async |task: &intune_connector::store::TaskRow| {
        let decide = std::sync::Arc::new(|facts: &intune_connector::store::IntentFacts| {
            match guard::guard_call(facts, &aimed(facts.task.device), &guard::PolicyCache::default()) {
                Ok(_) => IntentDecision::Go { baseline: json!({}) },
                Err(stop) => IntentDecision::Stop(stop),
            }
        });
        store.commit_intent(task.id, decide).await.unwrap()
    };
    let (usual, asked) = before.job(1, 0, ActionKind::Wipe, 1);
    let usual = store
        .add_job(usual, move |facts| guard::check_intake(facts, &asked))
        .await
        .unwrap();
    assert!(matches!(usual, AddJobOutcome::Refused { refused, .. } if refused.rule == "killSwitch"));
    let task = smash().await.unwrap();
    assert_eq!(go(&task).await, IntentOutcome::Committed);
    // Taken under the restore's switch; a person's stops it before it goes out.
    let task = smash().await.unwrap();
    store
        .engage_kill_switch("*".into(), "bob".into(), "look first".into())
        .await
        .unwrap();
    assert_eq!(
        store.list_kill_switches().await.unwrap()[0].origin,
        KillSwitchOrigin::Person
    );
    assert_eq!(go(&task).await, IntentOutcome::Stopped(TaskState::WaitingWindow));
    assert_eq!(smash().await.err(), Some("killSwitch"));
}
