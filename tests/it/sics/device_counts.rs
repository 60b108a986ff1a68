//! Lists of devices: counts, whose devices are seen, wrong questions, many at the same time; and the index behind them.

use std::collections::BTreeSet;
use std::time::Duration;

use intune_connector::inventory::device_index::{DeviceIndexBounds, LiveDeviceIndex};
use serde_json::{Value, json};

use super::bus::{problem, status};
use super::device_lists::{filled, fleet, limits, list, names};
use crate::support::shelf::Shelf;
use crate::support::wait::until;

#[tokio::test]
async fn counts_come_with_devices_or_alone() {
    let bus = filled(limits()).await;
    let without = list(&bus, &[("sort", "deviceName")]).await;
    assert!(
        without.get("matching").is_none() && without.get("total").is_none(),
        "{without}"
    );
    for (query, matching) in [
        (vec![("platform", "Windows")], 2),
        (vec![("filter", "freeStorageSpaceInBytes > 600")], 3),
        (vec![("filter", "freeStorageSpaceInBytes > 600"), ("name", "mac")], 1),
        (vec![("search", "floor"), ("searchAll", "true")], 5),
        (vec![], 5),
    ] {
        let mut alone = query.clone();
        alone.extend([("count", "true"), ("limit", "0")]);
        let counted = list(&bus, &alone).await;
        assert_eq!(
            (&counted["matching"], &counted["total"]),
            (&json!(matching), &json!(5)),
            "{query:?}"
        );
        assert_eq!(
            (&counted["devices"], &counted["after"]),
            (&json!([]), &Value::Null),
            "{query:?}"
        );
    }
    let beyond = list(&bus, &[("offset", "9"), ("count", "true")]).await;
    assert_eq!((names(&beyond).len(), &beyond["matching"]), (0, &json!(5)));
}

#[tokio::test]
async fn devices_that_a_filter_can_not_judge_are_told_with_the_counts() {
    let bus = filled(limits()).await;
    let query = [
        ("filter", "timestamp(deviceName) < now"),
        ("count", "true"),
        ("sort", "model"),
    ];
    let page = list(&bus, &query).await;
    assert_eq!((&page["matching"], &page["total"]), (&json!(0), &json!(5)));
    assert_eq!(page["unjudged"]["count"], 5);
}

#[tokio::test]
async fn nobody_sees_or_counts_the_devices_of_another_instance() {
    let bus = filled(limits()).await;
    let other = bus.shelf.another_instance().await;
    let scope = intune_connector::model::RightScope {
        instances: Some(vec![other.name.clone()]),
        servers: None,
    };
    let reader = bus.operator("reader", &["Devices_Read"], scope).await;
    for query in [
        "?count=true",
        "?count=true&sort=model",
        "?count=true&filter=true",
        "?count=true&search=anna",
    ] {
        let seen = status(bus.get(&reader, &format!("/sics/v1/devices{query}")), 200).await;
        assert_eq!(
            (names(&seen).len(), &seen["matching"], &seen["total"]),
            (0, &json!(0), &json!(0)),
            "{query}"
        );
    }
    let refused = bus
        .get(&reader, "/sics/v1/devices?platform=Amiga")
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 400);
    assert!(!refused.text().await.unwrap().contains("Toaster"), "a word of theirs");
}

#[tokio::test]
async fn wrong_values_are_refused_with_those_that_are_possible() {
    let bus = filled(limits()).await;
    let page = list(&bus, &[("sort", "serialNumber"), ("limit", "1")]).await;
    let after = page["after"].as_str().unwrap();
    type WrongCase<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: &[WrongCase<'_>] = &[
        (&[("platform", "Windos")], "wrongValue", "Toaster OS"),
        (&[("compliance", "compliant,bad")], "wrongValue", "inGracePeriod"),
        (&[("ownership", "mine")], "wrongValue", "personal"),
        (&[("ownership", "mine"), ("sort", "model")], "wrongValue", "personal"),
        (&[("checkedInBefore", "yesterday")], "wrongTime", "RFC 3339"),
        (&[("checkedInAfter", "2026-11-28")], "wrongTime", "RFC 3339"),
        (&[("sort", "devicename")], "wrongSort", "Did you mean deviceName?"),
        (&[("limit", "0")], "wrongLimit", "count=true"),
        (
            &[("offset", "1"), ("after", after), ("sort", "serialNumber")],
            "wrongOffset",
            "one of them",
        ),
        (&[("after", after), ("sort", "deviceName")], "wrongAfter", "same sort"),
        (
            &[("after", after), ("sort", "serialNumber"), ("order", "desc")],
            "wrongAfter",
            "same sort",
        ),
        (&[("offset", "-1")], "wrongQuery", "openapi.json"),
        (&[("count", "maybe")], "wrongQuery", "openapi.json"),
    ];
    for (query, code, words) in cases {
        let refused = bus
            .get(&bus.admin, "/sics/v1/devices")
            .query(query)
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), 400, "{query:?}");
        let text = refused.text().await.unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["code"], *code, "{query:?}: {text}");
        assert!(body["advice"].as_str().unwrap().contains(*words), "{query:?}: {text}");
    }
    let long = "x".repeat(1_001);
    for name in ["search", "name", "serial", "user", "platform"] {
        let request = bus.get(&bus.admin, "/sics/v1/devices").query(&[(name, long.as_str())]);
        assert_eq!(problem(request, 400).await, "tooLong", "{name}");
    }
}

#[tokio::test]
async fn many_ask_at_the_same_time_and_get_the_same() {
    let bus = filled(limits()).await;
    let asked = (0..24).map(|n| {
        let sort = ["deviceName", "model", "lastSyncDateTime"][n % 3];
        let request = bus.get(&bus.admin, &format!("/sics/v1/devices?sort={sort}&count=true"));
        async move { (sort, status(request, 200).await) }
    });
    let answers = futures_util::future::join_all(asked).await;
    for sort in ["deviceName", "model", "lastSyncDateTime"] {
        let of_sort = answers.iter().filter(|(asked, _)| *asked == sort);
        let orders: BTreeSet<String> = of_sort.map(|(_, page)| format!("{:?}", names(page))).collect();
        assert_eq!(orders.len(), 1, "{sort}: {orders:?}");
    }
}

#[tokio::test]
async fn the_index_goes_when_nobody_asks_and_comes_back() {
    let shelf = Shelf::new().await;
    shelf.full(fleet()).await;
    let live = LiveDeviceIndex::new(DeviceIndexBounds {
        idle: Duration::from_millis(50),
        check_ins_every: Duration::ZERO,
    });
    assert!(!live.is_loaded().await, "nobody has asked yet");
    for _ in 0..2 {
        let index = live.load_current(&shelf.store).await.unwrap();
        assert_eq!(index.read().unwrap().len(), 5);
        drop(index);
        until("the index is dropped", || async { !live.is_loaded().await }).await;
    }
}
