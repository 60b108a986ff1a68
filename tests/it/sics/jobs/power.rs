//! The kill switch and what loosens the guard.

use intune_connector::store::OperatorKind;
use reqwest::Method;
use serde_json::{Value, json};

use super::office::Office;
use crate::sics::bus::{PASSWORD, problem, status};

const SWITCH: &str = "/sics/v1/killswitch";

#[tokio::test]
async fn any_person_stops_everything_at_once_and_sees_what_intune_has_already() {
    let office = Office::new().await;
    let ids = office.laptops(2).await;
    office
        .shop
        .rig
        .control("PATCH", "tuning", json!({"actions": {"conduct": {"answers": false}}}))
        .await;
    let sent = office.job("wipe", &[&ids[0]], json!({})).await;
    office.shop.work().await;
    let waiting = office.job("reboot", &[&ids[1]], json!({})).await;
    let carol = office.account("carol", OperatorKind::Person, &[], false).await;
    let on = json!({"on": true, "reason": "somebody wipes devices"});
    let answer = status(office.send(Method::PUT, &carol, SWITCH, on.clone()), 200).await;
    assert_eq!(
        (&answer["on"][0]["tenant"], &answer["on"][0]["by"]),
        (&json!("*"), &json!("carol"))
    );
    assert_eq!(answer["underWay"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(
        (&answer["underWay"][0]["job"], &answer["underWay"][0]["deviceId"]),
        (&sent["job"], &json!(ids[0]))
    );
    office.settle().await;
    assert_eq!(office.shop.effects(&ids[1], "rebootNow"), 0);
    let shown = status(
        office.get(&office.admin, &format!("/sics/v1/jobs/{}", waiting["job"])),
        200,
    )
    .await;
    assert_eq!(shown["tasks"][0]["cause"], "killSwitch");
    let trail = office.trail().await;
    assert!(
        trail.iter().any(|line| line.starts_with("carol killSwitch.on *")),
        "{trail:?}"
    );
    let off = office.send(Method::PUT, &carol, SWITCH, json!({"on": false}));
    assert_eq!(problem(off, 403).await, "missingRight");
}

#[tokio::test]
async fn wrong_orders_to_the_kill_switch_are_told() {
    let office = Office::new().await;
    let put = |token: &str, body| office.send(Method::PUT, token, SWITCH, body);
    assert_eq!(problem(put(&office.admin, json!({"on": true})), 400).await, "reason");
    assert_eq!(problem(put(&office.admin, json!({"on": false})), 409).await, "notOn");
    let other = json!({"on": true, "reason": "x", "tenant": "nobodys"});
    assert_eq!(problem(put(&office.admin, other), 404).await, "unknown");
    let server = put(&office.acmp, json!({"on": true, "reason": "x"}));
    assert_eq!(problem(server, 403).await, "missingRight");
}

#[tokio::test]
async fn a7_what_tightens_holds_at_once_and_what_loosens_waits_for_a_second_person() {
    let office = Office::new().await;
    office.shop.bus_policy(10, 3).await;
    let carol = office
        .account("carol", OperatorKind::Person, &["Limits_*", "Jobs_Approve"], true)
        .await;
    let put = |body: Value| office.send(Method::PUT, &carol, "/sics/v1/limits", body);
    let seen = status(put(json!({"limits": {"perJob": 5}, "approval": {"above": 1}})), 200).await;
    assert_eq!(
        (&seen["limits"]["perJob"], &seen["approval"]["above"]),
        (&json!(5), &json!(1))
    );
    assert_eq!(seen["limits"]["perHour"], 10, "what is left out stays");
    let seen = status(put(json!({"limits": {"perJob": 50}})), 202).await;
    assert_eq!(seen["limits"]["perJob"], 5, "nothing is looser yet");
    let waiting = &seen["waiting"][0];
    assert_eq!(waiting["askedBy"], "carol");
    assert!(!waiting["change"]["sentence"].as_str().unwrap().is_empty(), "{waiting}");
    let path = format!("/sics/v1/loosenings/{}/approve", waiting["id"]);
    let agree = |name: &str| {
        office.post(
            &carol,
            &path,
            json!({"name": name, "password": PASSWORD, "digest": waiting["digest"]}),
        )
    };
    let blind = json!({"name": "bob", "password": PASSWORD, "digest": "00"});
    assert_eq!(problem(office.post(&carol, &path, blind), 409).await, "digest");
    assert_eq!(problem(agree("carol"), 403).await, "ownRequest");
    assert_eq!(problem(agree("acmp"), 403).await, "notAPerson");
    let wrong = office.post(
        &office.admin,
        &path,
        json!({"name": "bob", "password": "wrong", "digest": "00"}),
    );
    assert_eq!(problem(wrong, 401).await, "signInFailed");
    assert_eq!(status(agree("bob"), 200).await["state"], "approved");
    assert_eq!(problem(agree("bob"), 409).await, "notWaiting");
    let seen = status(office.get(&carol, "/sics/v1/limits"), 200).await;
    assert_eq!((&seen["limits"]["perJob"], &seen["waiting"]), (&json!(50), &json!([])));
    assert_eq!(problem(put(json!({"limits": {"perJob": 501}})), 422).await, "settings");
    assert_eq!(problem(put(json!({"limits": {"perYear": 1}})), 400).await, "wrongBody");
    assert_eq!(problem(agree_to(&office, 77).await, 404).await, "unknown");
}

/// As it is shown now.
async fn agree_to(office: &Office, id: i64) -> reqwest::RequestBuilder {
    let limits = status(office.get(&office.admin, "/sics/v1/limits"), 200).await;
    let rows = limits["waiting"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == id);
    let digest = row.map_or(json!("00"), |row| row["digest"].clone());
    let body = json!({"name": "bob", "password": PASSWORD, "digest": digest});
    office.post(&office.admin, &format!("/sics/v1/loosenings/{id}/approve"), body)
}

#[tokio::test]
async fn a7_off_is_asked_for_and_holds_when_a_second_person_agrees_or_not_at_all() {
    let office = Office::new().await;
    let on = json!({"on": true, "reason": "look first"});
    status(office.send(Method::PUT, &office.admin, SWITCH, on), 200).await;
    let ask = || office.send(Method::PUT, &office.admin, SWITCH, json!({"on": false}));
    let asked = status(ask(), 202).await;
    assert_eq!(asked["on"].as_array().unwrap().len(), 1, "it is still on");
    let id = &asked["waiting"][0]["id"];
    let body = json!({"name": "bob", "password": PASSWORD});
    let reject = office.post(&office.admin, &format!("/sics/v1/loosenings/{id}/reject"), body.clone());
    assert_eq!(status(reject, 200).await["state"], "rejected");
    let asked = status(ask(), 202).await;
    let id = asked["waiting"][0]["id"].as_i64().unwrap();
    status(agree_to(&office, id).await, 200).await;
    let seen = status(office.get(&office.admin, SWITCH), 200).await;
    assert_eq!((&seen["on"], &seen["waiting"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a7_a_suspension_is_lifted_by_two() {
    let office = Office::new().await;
    let lift = || office.post(&office.admin, "/sics/v1/operators/acmp/lift-suspension", json!({}));
    assert_eq!(problem(lift(), 409).await, "notSuspended");
    office.shop.bus_policy(1, 500).await;
    let ids = office.laptops(4).await;
    let far = office.shop.body("wipe", &super::office::refs(&ids), json!({})).await;
    assert_eq!(
        problem(office.post(&office.acmp, super::office::JOBS, far), 409).await,
        "limitPerJob"
    );
    let asked = status(lift(), 202).await;
    let suspended = || async {
        let listed = status(office.get(&office.admin, "/sics/v1/jobs"), 200).await;
        listed["suspended"].as_array().unwrap().len()
    };
    assert_eq!(suspended().await, 1);
    status(agree_to(&office, asked["id"].as_i64().unwrap()).await, 200).await;
    assert_eq!(suspended().await, 0);
}
