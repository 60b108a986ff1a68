//! The history of a device over the API: each part by the right that its own list needs, page by page.

use chrono::TimeDelta;
use intune_connector::model::{ComplianceOutcome, RightScope};
use intune_connector::store::{NewDecision, OperatorKind};
use serde_json::{Value, json};

use super::office::{Office, refs};
use crate::sics::bus::{problem, status};

/// A laptop that was synchronised, renamed and judged; the path of its history.
async fn lived() -> (Office, String) {
    let office = Office::new().await;
    let ids = office.laptops(1).await;
    office.job("sync", &refs(&ids), json!({})).await;
    office.settle().await;
    for name in ["RENAMED", "AGAIN"] {
        rename(&office, &ids[0], name).await;
    }
    let shelf = &office.shop.rig.shelf;
    let judged = NewDecision {
        instance: shelf.instance_id(),
        device: ids[0].parse().unwrap(),
        node: "gate".into(),
        outcome: ComplianceOutcome::NonCompliant,
        reasons: vec!["complianceState: Intune reports noncompliant".into()],
        at: shelf.clock.now(),
    };
    shelf.store.record_decisions(vec![judged]).await.unwrap();
    let path = format!("/sics/v1/devices/{}/{}/history", shelf.instance.name, ids[0]);
    (office, path)
}

async fn rename(office: &Office, id: &str, name: &str) {
    let rig = &office.shop.rig;
    let body = json!({"properties": {"deviceName": name}});
    rig.control("PATCH", &format!("devices/{id}"), body).await;
    rig.full().await;
}

fn count(view: &Value, part: &str) -> usize {
    view[part].as_array().unwrap().len()
}

#[tokio::test]
async fn each_part_of_a_history_is_shown_by_the_right_that_its_own_list_needs() {
    let (office, path) = lived().await;
    let all = status(office.get(&office.admin, &path), 200).await;
    let named = |after: &str| {
        let mut changes = all["changes"].as_array().unwrap().iter();
        changes.any(|change| change["field"] == "deviceName" && change["after"] == after)
    };
    assert!(named("RENAMED") && named("AGAIN"), "{all}");
    assert_eq!(all["identities"][0]["deviceName"], "RENAMED", "{all}");
    assert_eq!(all["identities"][0]["reason"], "renamed");
    let task = &all["tasks"][0];
    assert_eq!(
        (&task["action"], &task["state"], &task["askedBy"]),
        (&json!("sync"), &json!("done"), &json!("acmp")),
        "{all}"
    );
    assert_eq!(all["decisions"][0]["outcome"], "NONCOMPLIANT");
    assert_eq!((&all["missingRights"], &all["days"]), (&json!([]), &json!(90)));

    let rights: [(&str, &[&str], usize, usize, Value); 4] = [
        (
            "reader",
            &["Devices_Read"],
            0,
            0,
            json!(["Jobs_Read", "Compliance_Read"]),
        ),
        (
            "sender",
            &["Devices_Read", "Jobs_Send"],
            0,
            0,
            json!(["Jobs_Read", "Compliance_Read"]),
        ),
        (
            "approver",
            &["Devices_Read", "Jobs_Approve"],
            1,
            0,
            json!(["Compliance_Read"]),
        ),
        (
            "judge",
            &["Devices_Read", "Compliance_Read"],
            0,
            1,
            json!(["Jobs_Read"]),
        ),
    ];
    for (name, rights, tasks, decisions, missing) in rights {
        let token = office.account(name, OperatorKind::Server, rights, false).await;
        let shown = status(office.get(&token, &path), 200).await;
        assert_eq!(count(&shown, "changes"), count(&all, "changes"), "{name}");
        assert_eq!(
            (count(&shown, "tasks"), count(&shown, "decisions")),
            (tasks, decisions),
            "{name}"
        );
        assert_eq!(shown["missingRights"], missing, "{name}");
    }
    assert_eq!(problem(office.get(&office.acmp, &path), 403).await, "missingRight");
    let elsewhere = RightScope {
        instances: Some(vec!["IntuneConnector_99".parse().unwrap()]),
        servers: None,
    };
    let kind = OperatorKind::Server;
    let stranger = office.account_in("stranger", kind, &["*"], false, elsewhere).await;
    assert_eq!(problem(office.get(&stranger, &path), 403).await, "outOfScope");
}

#[tokio::test]
async fn who_sent_a_job_sees_it_in_the_history_of_its_device() {
    let (office, path) = lived().await;
    let rights = ["Devices_Read", "Jobs_Send", "Actions_*"];
    let own = office.account("own", OperatorKind::Server, &rights, false).await;
    let device = path.split('/').nth(5).unwrap();
    let body = json!({"action": "sync", "devices": [{"id": device}]});
    status(office.post(&own, "/sics/v1/jobs", body), 202).await;
    let shown = status(office.get(&own, &path), 200).await;
    assert_eq!(count(&shown, "tasks"), 1, "{shown}");
    assert_eq!(shown["tasks"][0]["askedBy"], "own");
    let all = status(office.get(&office.admin, &path), 200).await;
    assert_eq!(count(&all, "tasks"), 2, "newest first: {all}");
    assert_eq!(all["tasks"][0]["askedBy"], "own");
    let first = status(office.get(&office.admin, &format!("{path}?limit=1")), 200).await;
    assert_eq!((count(&first, "tasks"), &first["moreTasks"]), (1, &json!(true)));
}

#[tokio::test]
async fn a_history_is_read_page_by_page_and_outlives_its_device() {
    let (office, path) = lived().await;
    let all = status(office.get(&office.admin, &path), 200).await;
    assert_eq!(all["before"], Value::Null);
    let (mut seen, mut query) = (Vec::new(), "?limit=1".to_owned());
    loop {
        let page = status(office.get(&office.admin, &format!("{path}{query}")), 200).await;
        let is_first = seen.is_empty();
        seen.extend(page["changes"].as_array().unwrap().clone());
        assert_eq!(count(&page, "identities") > 0, is_first, "{page}");
        assert_eq!(count(&page, "decisions") > 0, is_first, "{page}");
        match page["before"].as_i64() {
            Some(before) => query = format!("?limit=1&before={before}"),
            None => break,
        }
    }
    assert_eq!(Value::Array(seen), all["changes"]);
    for (query, code) in [
        ("?limit=0", "wrongLimit"),
        ("?limit=501", "wrongLimit"),
        ("?before=x", "wrongQuery"),
    ] {
        assert_eq!(
            problem(office.get(&office.admin, &format!("{path}{query}")), 400).await,
            code
        );
    }

    let device = path.split('/').nth(5).unwrap().to_owned();
    office.laptops(3).await;
    office.shop.rig.remove(&device).await;
    office.shop.rig.advance(TimeDelta::minutes(1));
    office.shop.rig.full().await;
    let gone = status(office.get(&office.admin, &path), 200).await;
    assert_eq!(
        (&gone["goneReason"], &gone["changes"]),
        (&json!("deleted"), &all["changes"])
    );
    let nobody = path.replace(&device, "0d0d0d0d-0000-4000-8000-0000000000ff");
    assert_eq!(problem(office.get(&office.admin, &nobody), 404).await, "unknown");
}
