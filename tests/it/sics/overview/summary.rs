//! The fleets in numbers: those of the tenant, within the caller's scope.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use intune_connector::model::{RightScope, ScanKind};
use serde_json::{Value, json};

use super::{account, asked_by};
use crate::sics::bus::{Bus, problem, status};
use crate::support::folder::TestFolder;
use crate::support::shelf::{Shelf, device};
use crate::support::wait::found;
use crate::whole::{INSTANCE, LIST, Whole};

const SUMMARY: &str = "/sics/v1/summary";

type Counts = BTreeMap<String, u64>;

/// As the summary tells them.
fn told(summary: &Value, list: &str) -> Counts {
    let rows = summary[list].as_array().unwrap().iter();
    rows.map(|row| (row["name"].as_str().unwrap().to_owned(), row["count"].as_u64().unwrap()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn tally(names: impl Iterator<Item = String>) -> Counts {
    let mut counts = Counts::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts
}

fn age(device: &Value, now: DateTime<Utc>) -> String {
    let synced: Option<DateTime<Utc>> = device["lastSyncDateTime"].as_str().and_then(|text| text.parse().ok());
    let days = synced.map_or(i64::MAX, |synced| (now - synced).num_days());
    let ages = [(1, "today"), (7, "week"), (30, "month"), (90, "quarter")];
    let found = ages.iter().find(|(end, _)| days < *end);
    found.map_or("older", |(_, name)| name).to_owned()
}

/// The summary, once it says so.
async fn summary_where(whole: &Whole, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    found(what, async || {
        let summary = whole.get(SUMMARY).await;
        if holds(&summary) { Ok(summary) } else { Err(summary) }
    })
    .await
}

#[tokio::test]
async fn the_numbers_are_those_of_the_tenant() {
    let mut whole = Whole::new(60, &[("incremental", "off"), ("secret_expires_on", "2026-10-01")]).await;
    whole.completed("full", 1).await;
    let summary = summary_where(&whole, "all are counted", |summary| summary["devices"] == 60).await;
    let truth = whole.control("GET", "devices", json!({})).await;
    let devices = truth["devices"].as_array().unwrap();
    for (list, property) in [
        ("byPlatform", "operatingSystem"),
        ("byCompliance", "complianceState"),
        ("byOwnership", "managedDeviceOwnerType"),
    ] {
        let value = |device: &Value| {
            device[property]
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let names = devices
            .iter()
            .map(|device| value(device).unwrap_or_else(|| "unknown".to_owned()));
        assert_eq!(told(&summary, list), tally(names), "{list}");
    }
    let now = whole.clock.now();
    let ages = tally(devices.iter().map(|device| age(device, now)));
    assert_eq!(told(&summary, "byCheckInAge"), ages);
    let names: Vec<&Value> = summary["byCheckInAge"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["name"])
        .collect();
    assert_eq!(names, ["today", "week", "month", "quarter", "older"]);

    let days = summary["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!(days[29]["date"], now.date_naive().to_string());
    assert_eq!((&days[29]["added"], &days[29]["gone"]), (&json!(60), &json!(0)));
    assert!(days[..29].iter().all(|day| day["added"] == 0));

    let credential = &summary["credentials"][0];
    assert_eq!(
        (&credential["instance"], &credential["kind"]),
        (&json!(INSTANCE), &json!("scan"))
    );
    let days_left = credential["daysLeft"].as_i64().unwrap();
    assert!((8..=10).contains(&days_left), "{credential}");
    let budget = &summary["budgets"][0];
    assert_eq!(
        (&budget["instance"], &budget["slowedUntil"]),
        (&json!(INSTANCE), &Value::Null)
    );
    whole.stop().await;
}

#[tokio::test]
async fn what_runs_shows_as_long_as_it_does_and_what_ended_stands_on_its_day() {
    let mut whole = Whole::new(12, &[("incremental", "off"), ("verbs", "sync, retire")]).await;
    whole.completed("full", 1).await;
    let hold = json!({"kind": "hold", "stage": "before"});
    whole.fault(json!({"fault": hold, "path": LIST, "times": 1})).await;
    whole
        .post("/sics/v1/scans", json!({"instance": INSTANCE, "kind": "full"}))
        .await;
    whole.control("GET", "holds?count=1&waitMs=60000", json!({})).await;
    let scans = |summary: &Value| -> usize {
        let rows = summary["running"].as_array().unwrap().iter();
        rows.filter(|row| row["kind"] == "scan" && row["subject"] == INSTANCE)
            .count()
    };
    let summary = summary_where(&whole, "the scan shows", |summary| scans(summary) == 1).await;
    assert_eq!(summary["running"][0]["title"], "full");
    whole.control("POST", "holds", json!({"then": "go"})).await;
    whole.completed("full", 2).await;
    summary_where(&whole, "the scan has ended", |summary| scans(summary) == 0).await;

    let listed = whole.get("/sics/v1/devices?limit=4").await;
    let rows = listed["devices"].as_array().unwrap().iter();
    let targets: Vec<Value> = rows
        .map(|row| json!({"id": row["device"]["id"], "seq": row["seq"]}))
        .collect();
    let body =
        json!({"action": "retire", "devices": targets, "expectDevices": 4, "confirm": "retire", "reason": "sold"});
    let sent = whole.post("/sics/v1/jobs", body).await;
    whole
        .post(&format!("/sics/v1/jobs/{}/cancel", sent["job"]), json!({}))
        .await;
    let ended = |summary: &Value| summary["days"][29]["actions"] == 4;
    let summary = summary_where(&whole, "what was cancelled has ended today", ended).await;
    assert_eq!(
        summary["days"][29]["actionsFailed"], 0,
        "it was taken back; it did not fail"
    );
    whole.stop().await;
}

#[tokio::test]
async fn who_sees_no_instance_is_told_no_number_and_who_has_no_right_nothing() {
    let mut whole = Whole::new(12, &[("secret_expires_on", "2026-10-01")]).await;
    whole.completed("full", 1).await;
    let elsewhere = account(
        &whole,
        "elsewhere",
        &["Devices_Read", "Instances_Read"],
        Some(&["IntuneConnector_2"]),
    )
    .await;
    let (status, summary) = asked_by(&whole, &elsewhere, SUMMARY).await;
    assert_eq!((status, &summary["devices"]), (200, &json!(0)), "{summary}");
    for list in ["byPlatform", "running", "credentials", "budgets"] {
        assert_eq!(summary[list], json!([]), "{list}");
    }
    assert!(
        summary["days"]
            .as_array()
            .unwrap()
            .iter()
            .all(|day| day["added"] == 0 && day["actions"] == 0)
    );
    let counts = account(&whole, "counts", &["Devices_Read"], None).await;
    let (status, summary) = asked_by(&whole, &counts, SUMMARY).await;
    assert_eq!((status, &summary["devices"]), (200, &json!(12)), "{summary}");
    assert_eq!(
        summary["credentials"],
        json!([]),
        "that takes the right to see instances"
    );
    let nobody = account(&whole, "nobody", &["Servers_Announce"], None).await;
    assert_eq!(asked_by(&whole, &nobody, SUMMARY).await.0, 403);
    whole.stop().await;
}

/// The same store, with another instance to put devices into.
async fn with_another_instance(shelf: &Shelf) -> Shelf {
    Shelf {
        folder: TestFolder::new(),
        clock: shelf.clock.clone(),
        store: shelf.store.clone(),
        instance: shelf.another_instance().await,
    }
}

#[tokio::test]
async fn several_instances_are_added_up_as_far_as_the_caller_sees_them() {
    let bus = Bus::new().await;
    let other = with_another_instance(&bus.shelf).await;
    bus.shelf
        .full((1..=3).map(|n| device(n, &format!("A{n}"))).collect())
        .await;
    other
        .full((11..=12).map(|n| device(n, &format!("B{n}"))).collect())
        .await;
    let scope = RightScope {
        instances: Some(vec![other.instance.name.clone()]),
        servers: None,
    };
    let limited = bus.operator("limited", &["Devices_Read"], scope).await;
    for (token, devices) in [(&bus.admin, 5), (&limited, 2)] {
        let summary = status(bus.get(token, SUMMARY), 200).await;
        assert_eq!(summary["devices"], devices);
        assert_eq!(
            summary["byPlatform"],
            json!([{"name": "Windows", "count": devices}]),
            "{summary}"
        );
        assert_eq!(summary["days"][29]["added"], devices, "{summary}");
    }
    assert_eq!(problem(bus.get(&bus.acmp, SUMMARY), 403).await, "missingRight");
    bus.stop().await;
}

#[tokio::test]
async fn what_each_day_brought_is_known_for_a_month_however_many_scans_there_were() {
    let bus = Bus::new().await;
    let (shelf, instance) = (&bus.shelf, bus.shelf.instance_id());
    shelf.full((1..=5).map(|n| device(n, &format!("A{n}"))).collect()).await;
    for _ in 0..210 {
        shelf.begin(ScanKind::Incremental).await;
    }
    let kept = shelf.store.list_scans(instance, 1_000).await.unwrap();
    assert_eq!(kept.len(), 211, "of each its numbers");
    assert_eq!(kept[210].new, 5);
    let summary = status(bus.get(&bus.admin, SUMMARY), 200).await;
    assert_eq!(summary["days"][29]["added"], 5, "{summary}");

    shelf.clock.advance(TimeDelta::days(32));
    shelf.begin(ScanKind::Incremental).await;
    let kept = shelf.store.list_scans(instance, 1_000).await.unwrap();
    assert_eq!(kept.len(), 200, "what is older than a month has gone");
    bus.stop().await;
}
