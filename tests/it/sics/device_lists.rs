//! Lists of devices: filters by column, search, any order, counts, pages; while devices change.

use std::time::Duration;

use intune_connector::inventory::device_index::DeviceIndexBounds;
use intune_connector::model::{DeviceBody, GoneReason, IncomingDevice, Timestamp, VolatileFields, format_time};
use intune_connector::sics::SicsLimits;
use serde_json::{Value, json};

use super::bus::{Bus, status};
use crate::support::shelf::{device, id};

/// Check-ins are read before each list, not once a second.
pub fn limits() -> SicsLimits {
    SicsLimits {
        device_index: DeviceIndexBounds {
            check_ins_every: Duration::ZERO,
            ..SicsLimits::default().device_index
        },
        ..SicsLimits::default()
    }
}

fn at(seconds: i64) -> String {
    format_time(Timestamp::from_timestamp(seconds, 0).unwrap())
}

/// One with these fields, whose last check-in was at this second.
pub fn with_fields(n: u128, name: &str, fields: Value, sync_s: i64) -> IncomingDevice {
    let mut body = json!({"id": id(n), "deviceName": name, "lastSyncDateTime": at(sync_s)});
    let object = body.as_object_mut().unwrap();
    object.extend(fields.as_object().unwrap().clone());
    // A check-in alone is no other fingerprint.
    let known = format!("{name} {fields}");
    let fingerprint = xxhash_rust::xxh3::xxh3_128(known.as_bytes()).to_le_bytes();
    IncomingDevice {
        fingerprint,
        raw_hash: fingerprint,
        volatile_fields: VolatileFields {
            last_sync_s: sync_s,
            others: 0,
        },
        body: DeviceBody::from_json(&body.to_string()),
        ..device(n, name)
    }
}

/// Five devices that differ in everything.
pub fn fleet() -> Vec<IncomingDevice> {
    let rows = [
        (
            "LAP-Zoe",
            "S-30",
            "zoe@contoso.example",
            "Windows",
            "compliant",
            "company",
            "Latitude",
            500,
        ),
        (
            "phone-anna",
            "S-10",
            "anna@contoso.example",
            "iOS",
            "noncompliant",
            "personal",
            "iPhone 15",
            300,
        ),
        (
            "LAP-anna",
            "T-20",
            "Anna@contoso.example",
            "Windows",
            "inGracePeriod",
            "company",
            "XPS",
            400,
        ),
        (
            "mac-ben",
            "T-40",
            "ben@contoso.example",
            "macOS",
            "compliant",
            "company",
            "MacBook",
            100,
        ),
        ("kiosk", "U-50", "", "Toaster OS", "unknown", "company", "Kiosk", 200),
    ];
    let devices = rows.iter().zip(1..).map(|(row, n)| {
        let (name, serial, user, platform, compliance, owner, model, sync_s) = *row;
        let fields = json!({
            "managedDeviceOwnerType": owner, "operatingSystem": platform, "complianceState": compliance,
            "azureADDeviceId": format!("0e0e0e0e-0000-4000-8000-00000000000{n}"), "userPrincipalName": user,
            "model": model, "serialNumber": serial, "freeStorageSpaceInBytes": 1_000 - sync_s,
            "notes": format!("Desk {n} of \"floor\" 9"),
        });
        with_fields(n, name, fields, sync_s)
    });
    devices.collect()
}

pub async fn filled(limits: SicsLimits) -> Bus {
    let bus = Bus::with(limits).await;
    bus.shelf.full(fleet()).await;
    bus
}

pub fn names(answer: &Value) -> Vec<String> {
    let devices = answer["devices"].as_array().unwrap().iter();
    let names = devices.map(|row| row["device"]["deviceName"].as_str().unwrap().to_owned());
    names.collect()
}

pub async fn list(bus: &Bus, query: &[(&str, &str)]) -> Value {
    status(bus.get(&bus.admin, "/sics/v1/devices").query(query), 200).await
}

async fn pages(bus: &Bus, query: &[(&str, &str)]) -> Vec<String> {
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut query = query.to_vec();
        query.extend(after.as_deref().map(|after| ("after", after)));
        let page = list(bus, &query).await;
        seen.extend(names(&page));
        match page["after"].as_str() {
            Some(token) => after = Some(token.to_owned()),
            None => return seen,
        }
    }
}

#[tokio::test]
async fn each_filter_by_column_finds_its_devices_and_they_compose() {
    let bus = filled(limits()).await;
    type ListCase<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
    let cases: &[ListCase<'_>] = &[
        (&[("name", "lap-")], &["LAP-Zoe", "LAP-anna"]),
        (&[("serial", "s-")], &["LAP-Zoe", "phone-anna"]),
        (&[("user", "ANNA@")], &["phone-anna", "LAP-anna"]),
        (&[("platform", "ios,macOS")], &["phone-anna", "mac-ben"]),
        (&[("platform", "Toaster OS")], &["kiosk"]),
        (&[("platform", "Linux")], &[]),
        (
            &[("compliance", "compliant, inGracePeriod")],
            &["LAP-Zoe", "LAP-anna", "mac-ben"],
        ),
        (&[("ownership", "personal")], &["phone-anna"]),
        (&[("checkedInBefore", "1970-01-01T00:05:00Z")], &["mac-ben", "kiosk"]),
        (
            &[("checkedInAfter", "1970-01-01T00:05:00Z")],
            &["LAP-Zoe", "phone-anna", "LAP-anna"],
        ),
        (
            &[
                ("checkedInAfter", "1970-01-01T00:05:00Z"),
                ("checkedInBefore", "1970-01-01T00:06:40Z"),
            ],
            &["phone-anna"],
        ),
        (&[("name", "anna"), ("ownership", "company")], &["LAP-anna"]),
        (&[("name", "anna"), ("search", "xps")], &["LAP-anna"]),
        (
            &[("name", "lap"), ("filter", "complianceState == 'compliant'")],
            &["LAP-Zoe"],
        ),
        (
            &[("platform", "Windows"), ("sort", "model"), ("order", "desc")],
            &["LAP-anna", "LAP-Zoe"],
        ),
        (&[("name", ""), ("platform", ","), ("user", "ben@")], &["mac-ben"]),
    ];
    for (query, expected) in cases {
        assert_eq!(names(&list(&bus, query).await), *expected, "{query:?}");
        let instance = [("instance", bus.shelf.instance.name.as_str())];
        assert_eq!(
            names(&list(&bus, &[*query, instance.as_slice()].concat()).await),
            *expected,
            "{query:?}"
        );
    }
}

#[tokio::test]
async fn a_search_finds_parts_of_names_words_and_ids_and_of_anything_where_that_is_asked_for() {
    let bus = filled(limits()).await;
    let kiosk_id = id(5).to_string();
    for (search, expected) in [
        ("lap-a", vec!["LAP-anna"]),
        ("IPHONE", vec!["phone-anna"]),
        ("toaster", vec!["kiosk"]),
        ("t-40", vec!["mac-ben"]),
        ("ben@CONTOSO", vec!["mac-ben"]),
        ("ingrace", vec!["LAP-anna"]),
        ("0E0E0E0E-0000-4000-8000-000000000004", vec!["mac-ben"]),
        (kiosk_id.as_str(), vec!["kiosk"]),
        ("desk 2", vec![]),
        ("deviceName", vec![]),
    ] {
        assert_eq!(names(&list(&bus, &[("search", search)]).await), expected, "{search}");
    }
    for (search, expected) in [
        ("DESK 2", vec!["phone-anna"]),
        ("2 of \"floor\"", vec!["phone-anna"]),
        (
            "devicename",
            vec!["LAP-Zoe", "phone-anna", "LAP-anna", "mac-ben", "kiosk"],
        ),
    ] {
        let query = [("search", search), ("searchAll", "true")];
        assert_eq!(names(&list(&bus, &query).await), expected, "{search}");
        let with_platform = [query[0], query[1], ("platform", "iOS")];
        let expected: Vec<&str> = expected.into_iter().filter(|name| *name == "phone-anna").collect();
        assert_eq!(names(&list(&bus, &with_platform).await), expected, "{search}");
    }
}

#[tokio::test]
async fn each_sort_goes_both_ways_across_pages() {
    let bus = filled(limits()).await;
    let sorts: &[(&str, [&str; 5])] = &[
        ("deviceName", ["kiosk", "LAP-anna", "LAP-Zoe", "mac-ben", "phone-anna"]),
        (
            "serialNumber",
            ["phone-anna", "LAP-Zoe", "LAP-anna", "mac-ben", "kiosk"],
        ),
        (
            "userPrincipalName",
            ["kiosk", "phone-anna", "LAP-anna", "mac-ben", "LAP-Zoe"],
        ),
        (
            "operatingSystem",
            ["phone-anna", "mac-ben", "kiosk", "LAP-Zoe", "LAP-anna"],
        ),
        (
            "complianceState",
            ["LAP-Zoe", "mac-ben", "LAP-anna", "phone-anna", "kiosk"],
        ),
        (
            "managedDeviceOwnerType",
            ["LAP-Zoe", "LAP-anna", "mac-ben", "kiosk", "phone-anna"],
        ),
        (
            "lastSyncDateTime",
            ["mac-ben", "kiosk", "phone-anna", "LAP-anna", "LAP-Zoe"],
        ),
        ("changedAt", ["LAP-Zoe", "phone-anna", "LAP-anna", "mac-ben", "kiosk"]),
        // Not in the index.
        ("model", ["phone-anna", "kiosk", "LAP-Zoe", "mac-ben", "LAP-anna"]),
        (
            "freeStorageSpaceInBytes",
            ["LAP-Zoe", "LAP-anna", "phone-anna", "kiosk", "mac-ben"],
        ),
        ("isEncrypted", ["LAP-Zoe", "phone-anna", "LAP-anna", "mac-ben", "kiosk"]),
    ];
    for (sort, expected) in sorts {
        let mut backwards = expected.to_vec();
        backwards.reverse();
        for (order, expected) in [("asc", expected.to_vec()), ("desc", backwards)] {
            let sorted = [("sort", *sort), ("order", order)];
            assert_eq!(
                pages(&bus, &[sorted[0], sorted[1], ("limit", "2")]).await,
                expected,
                "{sorted:?}"
            );
            let query = [sorted[0], sorted[1], ("offset", "1"), ("limit", "3"), ("count", "true")];
            let page = list(&bus, &query).await;
            assert_eq!(names(&page), expected[1..4], "{sorted:?}");
            assert_eq!(
                (&page["matching"], &page["total"]),
                (&json!(5), &json!(5)),
                "{sorted:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_page_goes_on_behind_its_place_while_devices_come_change_and_go() {
    let bus = filled(limits()).await;
    for sort in ["deviceName", "serialNumber", "lastSyncDateTime", "model"] {
        bus.shelf.full(fleet()).await;
        let query = [("sort", sort), ("limit", "2")];
        let first = list(&bus, &query).await;
        let seen = names(&first);
        let rest = pages(&bus, &[("sort", sort), ("limit", "9")]).await.split_off(2);
        // What the page ended at changes, another one goes, and a new one comes to the end.
        let last = fleet()
            .iter()
            .position(|device| device.body.to_json().contains(&seen[1]))
            .unwrap() as u128
            + 1;
        let gone = fleet()
            .iter()
            .position(|device| device.body.to_json().contains(&rest[1]))
            .unwrap() as u128
            + 1;
        let late = json!({"serialNumber": "zzz", "model": "zzz", "operatingSystem": "Windows"});
        bus.shelf
            .put(vec![with_fields(
                last,
                "000",
                json!({"model": "000", "serialNumber": "000"}),
                1,
            )])
            .await;
        bus.shelf.put(vec![with_fields(9, "zzz", late, 999)]).await;
        bus.shelf.bury(&[gone], GoneReason::Deleted).await;
        let after = first["after"].as_str().unwrap();
        let second = list(&bus, &[query[0], ("after", after), ("count", "true")]).await;
        assert_eq!(names(&second), [&rest[0], &rest[2], "zzz"], "{sort}: {seen:?} {rest:?}");
        assert_eq!(
            (&second["matching"], &second["after"]),
            (&json!(5), &Value::Null),
            "{sort}"
        );
        bus.shelf.bury(&[9], GoneReason::Deleted).await;
    }
}

#[tokio::test]
async fn what_was_written_is_in_the_next_list() {
    let bus = filled(limits()).await;
    let named = [("name", "phone-anna"), ("count", "true")];
    assert_eq!(list(&bus, &named).await["matching"], 1);
    let moved = with_fields(2, "phone-berta", json!({"operatingSystem": "iOS"}), 300);
    bus.shelf.put(vec![moved]).await;
    assert_eq!(list(&bus, &named).await["matching"], 0);
    assert_eq!(names(&list(&bus, &[("name", "berta")]).await), ["phone-berta"]);
    bus.shelf.bury(&[2], GoneReason::Deleted).await;
    let left = list(&bus, &[("sort", "deviceName"), ("count", "true")]).await;
    assert_eq!((left["total"].as_u64(), names(&left).len()), (Some(4), 4));
    bus.shelf
        .put(vec![with_fields(
            2,
            "phone-cara",
            json!({"operatingSystem": "iOS"}),
            300,
        )])
        .await;
    assert_eq!(
        names(&list(&bus, &[("search", "cara")]).await),
        ["phone-cara"],
        "it has come back"
    );
}

/// A check-in alone is no change: it is told nobody, and lists know it all the same.
#[tokio::test]
async fn a_check_in_without_a_change_is_sorted_filtered_and_shown() {
    let bus = filled(limits()).await;
    let newest = [("sort", "lastSyncDateTime"), ("order", "desc"), ("limit", "1")];
    let first = list(&bus, &newest).await;
    assert_eq!(names(&first), ["LAP-Zoe"]);
    let seq_before = list(&bus, &[("name", "mac-ben")]).await["devices"][0]["seq"].clone();
    let mut checked_in = fleet();
    checked_in[3].volatile_fields.last_sync_s = 900;
    checked_in[3].raw_hash = [9; 16];
    bus.shelf.full(checked_in).await;
    let page = list(&bus, &newest).await;
    assert_eq!(names(&page), ["mac-ben"]);
    assert_eq!(page["devices"][0]["device"]["lastSyncDateTime"], json!(at(900)));
    assert_eq!(page["devices"][0]["seq"], seq_before, "no change");
    let after = [("checkedInAfter", "1970-01-01T00:15:00Z")];
    assert_eq!(names(&list(&bus, &after).await), ["mac-ben"]);
    // A condition judges what is shown: in the order of the store, and where bodies are looked at.
    let newer = ("filter", r#"lastSyncDateTime >= timestamp("1970-01-01T00:15:00Z")"#);
    assert_eq!(names(&list(&bus, &[newer]).await), ["mac-ben"]);
    assert_eq!(names(&list(&bus, &[newer, ("sort", "model")]).await), ["mac-ben"]);
    let older = (
        "filter",
        r#"deviceName == "mac-ben" && lastSyncDateTime < timestamp("1970-01-01T00:15:00Z")"#,
    );
    assert_eq!(names(&list(&bus, &[older]).await), [""; 0]);
    let one = format!("/sics/v1/devices/{}/{}", bus.shelf.instance.name, id(4));
    let one = status(bus.get(&bus.admin, &one), 200).await;
    assert_eq!(one["device"]["lastSyncDateTime"], json!(at(900)));
}
