//! The kill switch and what loosens the guard.

use intune_connector::store::OperatorKind;
use reqwest::Method;
use serde_json::json;

use super::office::Office;
use crate::sics::bus::{problem, status};

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
