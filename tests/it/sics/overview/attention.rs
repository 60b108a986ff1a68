//! What needs somebody shows, and goes when it is mended; and who may not know of it does not hear of it.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{account, asked_by};
use crate::support::wait::found;
use crate::whole::{INSTANCE, LIST, Whole, until};

const ATTENTION: &str = "/sics/v1/attention";

fn find_item<'a>(told: &'a Value, code: &str) -> Option<&'a Value> {
    let mut items = told["items"].as_array().unwrap().iter();
    items.find(|item| item["code"] == code)
}

/// The item of this code, once there is one. It says what to do, and where.
async fn item(whole: &Whole, code: &str) -> Value {
    let item = found(code, async || {
        let told = whole.get(ATTENTION).await;
        find_item(&told, code).cloned().ok_or(told)
    })
    .await;
    for text in ["message", "advice", "fix", "subject", "subjectKind"] {
        assert!(!item[text].as_str().unwrap().is_empty(), "{text}: {item}");
    }
    item
}

async fn mended(whole: &Whole, code: &str) {
    found(&format!("{code} is mended"), async || {
        let told = whole.get(ATTENTION).await;
        match find_item(&told, code) {
            None => Ok(()),
            Some(item) => Err(item.clone()),
        }
    })
    .await;
}

/// Waits until the light of an instance or a server is this one; answers its cause.
async fn lit(whole: &Whole, list: &str, name: &str, light: &str) -> Value {
    found(&format!("the light of {name} is {light}"), async || {
        let told = whole.get(ATTENTION).await;
        let mut rows = told[list].as_array().unwrap().iter();
        let row = rows.find(|row| row["name"] == name && row["light"] == light);
        row.map(|row| row["cause"].clone()).ok_or(told)
    })
    .await
}

/// Time passes until nothing is said of it any more: whoever was refused tries again.
async fn mended_in_time(whole: &Whole, code: &str) {
    until(&format!("{code} is mended"), async || {
        whole.advance(TimeDelta::seconds(60));
        find_item(&whole.get(ATTENTION).await, code).is_none()
    })
    .await;
}

#[tokio::test]
async fn s2_a_brake_shows_until_it_is_released() {
    let mut whole = Whole::new(30, &[("incremental", "off")]).await;
    whole.completed("full", 1).await;
    assert_eq!(lit(&whole, "instances", INSTANCE, "good").await, Value::Null);
    let all = whole.control("GET", "devices", json!({})).await;
    for device in &all["devices"].as_array().unwrap()[..12] {
        let path = format!("devices/{}", device["id"].as_str().unwrap());
        whole.control("DELETE", &path, json!({})).await;
    }
    let scan = json!({"instance": INSTANCE, "kind": "full"});
    whole.post("/sics/v1/scans", scan).await;
    let told = item(&whole, "brakeOn").await;
    assert_eq!(
        (&told["severity"], &told["subject"], &told["fix"]),
        (
            &json!("act"),
            &json!(INSTANCE),
            &json!("/microservices/IntuneConnector_1/brake")
        )
    );
    assert_eq!(told["arguments"]["count"], "12", "{told}");
    lit(&whole, "instances", INSTANCE, "bad").await;

    let held = whole.get(&format!("/sics/v1/instances/{INSTANCE}/brake")).await;
    let body = json!({"digest": held["digest"], "count": held["count"]});
    whole
        .post(&format!("/sics/v1/instances/{INSTANCE}/confirm-gone"), body)
        .await;
    mended(&whole, "brakeOn").await;
    whole.stop().await;
}

#[tokio::test]
async fn a_server_shows_until_it_is_accepted() {
    let mut whole = Whole::new(12, &[]).await;
    whole.completed("full", 1).await;
    let desk = account(&whole, "desk", &["Servers_Announce", "Changes_Read"], None).await;
    let url = format!("{}/sics/v1/servers/cmdb", whole.bus().local.url);
    let announced = whole.http.put(url).bearer_auth(&desk);
    let announced = announced.json(&json!({"displayName": "cmdb"})).send().await.unwrap();
    assert!(announced.status().is_success(), "{announced:?}");
    let told = item(&whole, "serverToAccept").await;
    assert_eq!(
        (&told["severity"], &told["subject"], &told["fix"]),
        (&json!("act"), &json!("cmdb"), &json!("/servers/cmdb"))
    );
    assert_eq!(lit(&whole, "servers", "cmdb", "off").await, "serverToAccept");
    // Its own account sees it, another one without the right does not.
    let nobody = account(&whole, "nobody", &["Devices_Read"], None).await;
    for (token, seen) in [(&desk, true), (&nobody, false)] {
        let (status, told) = asked_by(&whole, token, ATTENTION).await;
        assert_eq!(
            (status, find_item(&told, "serverToAccept").is_some()),
            (200, seen),
            "{told}"
        );
        assert_eq!(told["servers"].as_array().unwrap().len(), usize::from(seen));
        assert_eq!(told["instances"], json!([]), "{told}");
    }
    whole.post("/sics/v1/servers/cmdb/accept", json!({})).await;
    mended(&whole, "serverToAccept").await;
    assert_eq!(lit(&whole, "servers", "cmdb", "good").await, Value::Null);

    // It does not come for more than a day.
    whole.advance(TimeDelta::hours(25));
    let told = item(&whole, "serverSilent").await;
    assert_eq!(told["subject"], "cmdb");
    whole.stop().await;
}

/// The secret of the tenant's application.
async fn set_secret(whole: &Whole, secret: &str) {
    let registration = &whole.sim.registration;
    let path = format!("apps/{}/{}", registration.tenant_id, registration.client_id);
    let app = json!({"roles": ["DeviceManagementManagedDevices.Read.All"], "secrets": [{"value": secret}]});
    whole.control("PUT", &path, app).await;
}

#[tokio::test]
async fn a_wrong_secret_shows_until_somebody_enters_the_right_one() {
    let mut whole = Whole::prepare(12, &[("incremental", "off")]).await;
    set_secret(&whole, "another one").await;
    whole.start().await;
    let told = item(&whole, "signInRefused").await;
    assert_eq!(
        (&told["severity"], &told["fix"]),
        (&json!("act"), &json!("/microservices/IntuneConnector_1/settings"))
    );
    assert_eq!(told["arguments"]["cause"], "AADSTS7000215", "{told}");
    assert!(!told["since"].is_null(), "{told}");
    assert_eq!(lit(&whole, "instances", INSTANCE, "bad").await, "signInRefused");
    set_secret(&whole, &whole.sim.registration.client_secret).await;
    mended_in_time(&whole, "signInRefused").await;
    whole.completed("full", 1).await;
    whole.stop().await;
}

#[tokio::test]
async fn an_outage_of_microsofts_is_no_task_for_anybody() {
    let mut whole = Whole::prepare(12, &[("incremental", "off")]).await;
    let throttled = json!({"kind": "throttled", "retryAfter": {"seconds": 600}});
    whole.fault(json!({"fault": throttled, "path": LIST, "times": 0})).await;
    whole.start().await;
    let told = item(&whole, "microsoftOutage").await;
    assert_eq!(told["severity"], "watch", "{told}");
    let told = whole.get(ATTENTION).await;
    let is_instances = |item: &&Value| item["subjectKind"] == "instance" && item["severity"] == "act";
    let tasks: Vec<&Value> = told["items"].as_array().unwrap().iter().filter(is_instances).collect();
    assert!(tasks.is_empty(), "{tasks:?}");
    assert_eq!(lit(&whole, "instances", INSTANCE, "warning").await, "microsoftOutage");
    whole.heal().await;
    mended_in_time(&whole, "microsoftOutage").await;
    whole.stop().await;
}

#[tokio::test]
async fn a7_what_waits_for_a_second_person_shows_until_it_is_decided() {
    let mut whole = Whole::new(12, &[("verbs", "sync, retire")]).await;
    whole.completed("full", 1).await;
    let listed = whole.get("/sics/v1/devices?limit=4").await;
    let rows = listed["devices"].as_array().unwrap().iter();
    let targets: Vec<Value> = rows
        .map(|row| json!({"id": row["device"]["id"], "seq": row["seq"]}))
        .collect();
    let body =
        json!({"action": "retire", "devices": targets, "expectDevices": 4, "confirm": "retire", "reason": "sold"});
    let job = whole.post("/sics/v1/jobs", body).await["job"].clone();
    let told = item(&whole, "jobWaitsForApproval").await;
    assert_eq!(
        (&told["severity"], &told["fix"]),
        (&json!("act"), &json!(format!("/jobs/{job}")))
    );
    assert_eq!(told["arguments"]["devices"], "4 devices", "{told}");
    // Who sees another instance only sees no job of this one.
    let elsewhere = account(&whole, "elsewhere", &["Jobs_Read"], Some(&["IntuneConnector_2"])).await;
    let (_, theirs) = asked_by(&whole, &elsewhere, ATTENTION).await;
    assert!(find_item(&theirs, "jobWaitsForApproval").is_none(), "{theirs}");
    whole.post(&format!("/sics/v1/jobs/{job}/cancel"), json!({})).await;
    mended(&whole, "jobWaitsForApproval").await;

    for (on, code, severity, fix) in [
        (true, "killSwitchOn", "watch", "/killswitch"),
        (false, "looseningWaits", "act", "/approvals"),
    ] {
        let body = json!({"on": on, "reason": "a drill"});
        whole.good(Method::PUT, "/sics/v1/killswitch", body).await;
        let told = item(&whole, code).await;
        assert_eq!(
            (&told["severity"], &told["fix"]),
            (&json!(severity), &json!(fix)),
            "{told}"
        );
    }
    assert!(
        find_item(&whole.get(ATTENTION).await, "killSwitchOn").is_some(),
        "it is still on"
    );
    whole.stop().await;
}
