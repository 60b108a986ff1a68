//! F8: what no server receives is neither asked for nor stored, and F7: who changes that sees how many it concerns.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{INSTANCE, LIST, Whole, until};

/// What the last list asked for; `None` is everything.
fn selected(whole: &Whole) -> Option<BTreeSet<String>> {
    let lists = whole.lists();
    let query = &lists.last().unwrap().query;
    let url = url::Url::parse(&format!("http://x/?{query}")).unwrap();
    let select = url.query_pairs().find(|(name, _)| name == "$select")?.1.into_owned();
    Some(select.split(',').map(str::to_owned).collect())
}

/// The names of all that the store holds of all devices.
async fn stored(whole: &Whole) -> BTreeSet<String> {
    let told = whole
        .get(&format!("/sics/v1/devices?instance={INSTANCE}&limit=1000"))
        .await;
    let devices = told["devices"].as_array().unwrap();
    assert!(!devices.is_empty());
    devices
        .iter()
        .flat_map(|row| row["device"].as_object().unwrap().keys().cloned())
        .collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

async fn limit(whole: &Whole, server: &str, limits: Value) -> (u16, Value) {
    let path = format!("/sics/v1/servers/{server}");
    let (status, answer) = whole.ask(Method::PATCH, &path, limits.clone()).await;
    if status != 409 {
        return (status.as_u16(), answer);
    }
    let confirm = answer["confirm"].as_str().unwrap();
    let confirmed = whole
        .ask(Method::PATCH, &format!("{path}?confirm={confirm}"), limits)
        .await;
    assert!(confirmed.0.is_success(), "{confirmed:?}");
    (409, answer)
}

async fn read(whole: &Whole, server: &str) -> Vec<Value> {
    let told = whole
        .get(&format!("/sics/v1/servers/{server}/changes?limit=1000"))
        .await;
    told["changes"].as_array().unwrap().clone()
}

#[tokio::test]
async fn f8_what_nobody_receives_is_neither_asked_for_nor_stored_and_what_somebody_does_is_at_once() {
    let whole = Whole::new(25, &[]).await;
    whole.completed("full", 1).await;
    assert_eq!(selected(&whole), None, "nobody has said what they want");
    assert!(stored(&whole).await.len() > 40);

    // The only server wants two fields and judges by a third.
    let limits = json!({"fields": ["deviceName", "osVersion"], "filter": "operatingSystem != 'none'"});
    whole.server("cmdb", limits).await;
    whole.completed("full", 2).await;
    let needed = names(&[
        "id",
        "azureADDeviceId",
        "deviceName",
        "enrolledDateTime",
        "lastSyncDateTime",
        "managedDeviceOwnerType",
        "model",
        "operatingSystem",
        "osVersion",
        "serialNumber",
        "userPrincipalName",
    ]);
    assert_eq!(
        selected(&whole),
        Some(needed.clone()),
        "and what identity, class and scan need"
    );
    assert_eq!(
        stored(&whole).await,
        names(&["id", "deviceName", "osVersion", "operatingSystem", "deviceClass"])
    );
    let told = read(&whole, "cmdb").await;
    let upsert = told.iter().find(|change| change["kind"] == "upsert").unwrap();
    let seen: BTreeSet<String> = upsert["device"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(seen, names(&["id", "deviceName", "osVersion", "deviceClass"]));

    // Another one wants more: a full scan is due at once.
    whole
        .server("itam", json!({"fields": ["totalStorageSpaceInBytes"]}))
        .await;
    whole.completed("full", 3).await;
    assert!(stored(&whole).await.contains("totalStorageSpaceInBytes"));
    let devices = whole.get(&format!("/sics/v1/instances/{INSTANCE}")).await["status"]["devices"].clone();

    // Its limits are taken away: count first, then everything.
    let (status, shown) = limit(&whole, "itam", json!({"fields": null})).await;
    assert_eq!((status, &shown["count"]), (409, &devices));
    whole.completed("full", 4).await;
    assert_eq!(selected(&whole), None);
    assert!(stored(&whole).await.len() > 40);

    // It is removed: what only it received goes.
    let devices = devices.as_u64().unwrap();
    whole
        .confirmed(Method::DELETE, "/sics/v1/servers/itam", json!({}), devices)
        .await;
    whole.completed("full", 5).await;
    assert_eq!(selected(&whole), Some(needed));
    assert!(!stored(&whole).await.contains("totalStorageSpaceInBytes"));
}

#[tokio::test]
async fn f8_the_fields_of_the_instance_bound_those_of_the_servers() {
    let whole = Whole::new(12, &[("fields", "deviceName, serialNumber")]).await;
    whole.completed("full", 1).await;
    whole
        .server("cmdb", json!({"fields": ["deviceName", "osVersion"]}))
        .await;
    whole.completed("full", 2).await;
    assert!(!selected(&whole).unwrap().contains("osVersion"));
    assert_eq!(stored(&whole).await, names(&["id", "deviceName", "deviceClass"]));
}

#[tokio::test]
async fn f8_what_actions_are_judged_by_is_kept_where_actions_are_switched_on() {
    let whole = Whole::new(12, &[("verbs", "sync"), ("never_touch", "notes == 'leave it alone'")]).await;
    whole.completed("full", 1).await;
    whole.server("cmdb", json!({"fields": ["deviceName"]})).await;
    whole.completed("full", 2).await;
    let stored = stored(&whole).await;
    for needed in ["deviceName", "serialNumber", "operatingSystem", "isSupervised", "notes"] {
        assert!(stored.contains(needed), "{needed}: {stored:?}");
    }
    assert!(!stored.contains("phoneNumber"), "{stored:?}");
    let told = read(&whole, "cmdb").await;
    let upsert = told.iter().find(|change| change["kind"] == "upsert").unwrap();
    assert_eq!(upsert["device"].as_object().unwrap().len(), 3, "{upsert}");
}

#[tokio::test]
async fn f8_a_filter_over_what_is_not_stored_waits_for_the_scan_that_brings_it_and_takes_nothing_away() {
    let whole = Whole::new(25, &[]).await;
    whole.completed("full", 1).await;
    whole.server("cmdb", json!({"fields": ["deviceName"]})).await;
    whole.completed("full", 2).await;
    let held = read(&whole, "cmdb").await;
    let upserts = held.iter().filter(|change| change["kind"] == "upsert").count();
    assert_eq!(upserts, 25);

    // Every device passes, but that can't be seen before a scan has read what the filter asks for; and it can't now.
    whole
        .fault(json!({"fault": {"kind": "status", "status": 403}, "path": LIST, "times": 0}))
        .await;
    let scans = whole.scans().await.len();
    let (status, shown) = limit(&whole, "cmdb", json!({"filter": "operatingSystem != null"})).await;
    assert_eq!(
        (status, shown["count"].as_u64()),
        (409, Some(25)),
        "nobody can tell yet: all of them"
    );
    until("a scan has failed", async || {
        let now = whole.scans().await;
        now.len() > scans && now[0]["cause"].is_string()
    })
    .await;
    let told = read(&whole, "cmdb").await;
    assert!(told.iter().all(|change| change["kind"] == "snapshotBegin"), "{told:?}");

    whole.heal().await;
    whole.advance(TimeDelta::minutes(20));
    whole.completed("full", 3).await;
    until("the snapshot is told to its end", async || {
        let told = read(&whole, "cmdb").await;
        let kinds = |kind: &str| told.iter().filter(|change| change["kind"] == kind).count();
        assert_eq!(kinds("gone"), 0, "{told:?}");
        kinds("snapshotEnd") == 1 && kinds("upsert") == 25
    })
    .await;
}

#[tokio::test]
async fn f8_what_a_single_get_learned_goes_when_nobody_receives_it_and_is_asked_for_again_when_somebody_does() {
    let whole = Whole::new(12, &[("enrich", "new")]).await;
    whole.completed("full", 1).await;
    whole
        .server("cmdb", json!({"fields": ["deviceName", "ethernetMacAddress"]}))
        .await;
    whole.completed("full", 2).await;
    let batches = || {
        let log = whole.sim.simulated.log().entries(0, usize::MAX);
        log.iter().filter(|entry| entry.path.ends_with("/$batch")).count()
    };
    until("the fleet is enriched", async || {
        batches() > 0 && learned(&whole).await > 0
    })
    .await;

    limit(&whole, "cmdb", json!({"fields": ["deviceName"]})).await;
    whole.completed("full", 3).await;
    assert!(!stored(&whole).await.contains("ethernetMacAddress"));
    let before = batches();
    limit(&whole, "cmdb", json!({"fields": ["deviceName", "ethernetMacAddress"]})).await;
    whole.completed("full", 4).await;
    until("it is asked for again", async || {
        batches() > before && learned(&whole).await > 0
    })
    .await;
}

/// Devices of which a single GET has told something.
async fn learned(whole: &Whole) -> usize {
    let told = whole
        .get(&format!("/sics/v1/devices?instance={INSTANCE}&limit=1000"))
        .await;
    let devices = told["devices"].as_array().unwrap();
    devices
        .iter()
        .filter(|row| row["device"]["ethernetMacAddress"].is_string())
        .count()
}
