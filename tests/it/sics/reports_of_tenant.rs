//! Reports about a simulated tenant: their figures are the tenant's, on the screen and in files.

use std::collections::BTreeMap;
use std::io::Read;

use chrono::{DateTime, TimeDelta, Utc};
use intune_connector::inventory::usable_serial;
use reqwest::Method;
use serde_json::{Value, json};

use crate::whole::{INSTANCE, Whole};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A tenant with a pair of devices of one serial number, two of one name, and one with a placeholder; and a bus that has
/// read it.
async fn prepared() -> Whole {
    let mut whole = Whole::prepare(200, &[("verbs", "sync")]).await;
    let devices = tenant(&whole).await;
    let (first, second) = (&devices[3], &devices[77]);
    let serial = json!("PF2ABCDE");
    patch(&whole, first, json!({"serialNumber": serial, "deviceName": "THE-SAME"})).await;
    patch(
        &whole,
        second,
        json!({"serialNumber": serial, "deviceName": "the-same"}),
    )
    .await;
    patch(&whole, &devices[120], json!({"serialNumber": "Default string"})).await;
    patch(&whole, &devices[121], json!({"freeStorageSpaceInBytes": 1_000_000})).await;
    whole.start().await;
    whole.completed("full", 1).await;
    whole
}

async fn tenant(whole: &Whole) -> Vec<Value> {
    let all = whole.control("GET", "devices", json!({})).await;
    all["devices"].as_array().unwrap().clone()
}

async fn patch(whole: &Whole, device: &Value, properties: Value) {
    let path = format!("devices/{}", device["id"].as_str().unwrap());
    whole.control("PATCH", &path, json!({"properties": properties})).await;
}

fn text<'a>(device: &'a Value, key: &str) -> Option<&'a str> {
    device[key].as_str().filter(|text| !text.is_empty())
}

/// Year 1 is Graph's "never".
fn time(device: &Value, key: &str) -> Option<DateTime<Utc>> {
    let given = text(device, key).filter(|given| !given.starts_with("0001-"))?;
    Some(given.parse().unwrap())
}

fn counted<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// All rows of a report, each with the names of its columns; and its totals.
async fn report(whole: &Whole, name: &str) -> (Vec<Value>, BTreeMap<String, u64>) {
    let told = whole.get(&format!("/sics/v1/reports/{name}?limit=1000")).await;
    let keys: Vec<&str> = told["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["key"].as_str().unwrap())
        .collect();
    let named = |row: &Value| -> Value {
        let cells = keys.iter().zip(row.as_array().unwrap());
        Value::Object(cells.map(|(key, cell)| ((*key).to_owned(), cell.clone())).collect())
    };
    let rows: Vec<Value> = told["rows"].as_array().unwrap().iter().map(named).collect();
    assert_eq!(told["total"], rows.len(), "{name}");
    assert_eq!(told["unreadable"], 0, "{name}");
    let totals = told["totals"].as_array().unwrap().iter();
    let totals = totals.map(|one| (one["name"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap()));
    (rows, totals.collect())
}

fn ids<'a>(rows: impl IntoIterator<Item = &'a Value>, key: &str) -> Vec<String> {
    let mut ids: Vec<String> = rows
        .into_iter()
        .map(|row| row[key].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn the_figures_of_all_reports_on_devices_are_the_tenants() {
    let mut whole = prepared().await;
    let devices = tenant(&whole).await;
    assert_eq!(devices.len(), 200);
    let platform = |device: &Value| text(device, "operatingSystem").unwrap_or("unknown").to_owned();

    let limit = whole.clock.now() - TimeDelta::days(30);
    let is_stale = |device: &&Value| {
        let seen = time(device, "lastSyncDateTime").or(time(device, "enrolledDateTime"));
        seen.is_some_and(|seen| seen < limit)
    };
    let stale: Vec<&Value> = devices.iter().filter(is_stale).collect();
    let (rows, totals) = report(&whole, "staleDevices").await;
    assert!(!stale.is_empty());
    assert_eq!(ids(&rows, "deviceId"), ids(stale.iter().copied(), "id"));
    assert_eq!(totals, counted(stale.iter().map(|device| platform(device))));
    let days: Vec<i64> = rows.iter().map(|row| row["days"].as_i64().unwrap()).collect();
    assert!(
        days.is_sorted_by(|one, other| one >= other) && days.iter().all(|days| *days >= 30),
        "{days:?}"
    );

    let state = |device: &Value| text(device, "complianceState").unwrap_or("unknown").to_owned();
    let (rows, totals) = report(&whole, "compliance").await;
    assert_eq!(totals, counted(devices.iter().map(state)));
    let is_listed = |device: &&Value| !["compliant", "configManager"].contains(&state(device).as_str());
    assert_eq!(ids(&rows, "deviceId"), ids(devices.iter().filter(is_listed), "id"));

    let version = |device: &Value| text(device, "osVersion").unwrap_or("unknown").to_owned();
    let (rows, totals) = report(&whole, "osVersions").await;
    assert_eq!(totals, counted(devices.iter().map(platform)));
    let shown: BTreeMap<(String, String), u64> = rows
        .iter()
        .map(|row| {
            let cell = |key: &str| row[key].as_str().unwrap().to_owned();
            ((cell("platform"), cell("version")), row["devices"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(
        shown,
        counted(devices.iter().map(|device| (platform(device), version(device))))
    );

    let owner = |device: &Value| match text(device, "managedDeviceOwnerType") {
        Some(known @ ("company" | "personal")) => known.to_owned(),
        _ => "unknown".to_owned(),
    };
    let (rows, totals) = report(&whole, "ownership").await;
    assert_eq!(totals, counted(devices.iter().map(owner)));
    let owned = counted(devices.iter().map(|device| (platform(device), owner(device))));
    for row in &rows {
        for kind in ["company", "personal", "unknown"] {
            let key = (row["platform"].as_str().unwrap().to_owned(), kind.to_owned());
            assert_eq!(row[kind], owned.get(&key).copied().unwrap_or(0), "{key:?}");
        }
    }
    storage_and_duplicates(&whole, &devices).await;
    whole.stop().await;
}

async fn storage_and_duplicates(whole: &Whole, devices: &[Value]) {
    let bytes = |device: &Value, key: &str| device[key].as_i64().filter(|bytes| *bytes > 0);
    let is_low = |device: &&Value| {
        let (total, free) = (
            bytes(device, "totalStorageSpaceInBytes"),
            bytes(device, "freeStorageSpaceInBytes"),
        );
        total.zip(free).is_some_and(|(total, free)| free < total / 10)
    };
    let (rows, totals) = report(whole, "storageEncryption").await;
    assert_eq!(rows.len(), 200);
    let encrypted = devices.iter().filter(|device| device["isEncrypted"] == true).count() as u64;
    let open = devices.iter().filter(|device| device["isEncrypted"] == false).count() as u64;
    let count = |name: &str| totals.get(name).copied().unwrap_or(0);
    assert_eq!((count("encrypted"), count("notEncrypted")), (encrypted, open));
    let low = ids(rows.iter().filter(|row| row["lowSpace"] == true), "deviceId");
    assert!(!low.is_empty());
    assert_eq!(low, ids(devices.iter().filter(is_low), "id"));

    let serials = counted(
        devices
            .iter()
            .filter_map(|device| usable_serial(text(device, "serialNumber")?)),
    );
    let names = counted(
        devices
            .iter()
            .filter_map(|device| Some(text(device, "deviceName")?.to_lowercase())),
    );
    let many = |counts: &BTreeMap<String, u64>| counts.values().filter(|count| **count > 1).sum::<u64>();
    let is_junk = |device: &&Value| text(device, "serialNumber").is_some_and(|serial| usable_serial(serial).is_none());
    let (rows, totals) = report(whole, "duplicates").await;
    let count = |name: &str| totals.get(name).copied().unwrap_or(0);
    assert_eq!(
        (count("sameSerial"), count("sameName"), count("junkSerial")),
        (
            many(&serials),
            many(&names),
            devices.iter().filter(is_junk).count() as u64
        )
    );
    assert!(
        count("sameSerial") >= 2 && count("sameName") >= 2 && count("junkSerial") >= 1,
        "{totals:?}"
    );
    let pair: Vec<&Value> = rows.iter().filter(|row| row["value"] == "PF2ABCDE").collect();
    assert_eq!(pair.len(), 2, "{rows:?}");
    assert!(
        pair.iter()
            .all(|row| row["kind"] == "sameSerial" && row["devices"] == 2)
    );
}

async fn download(whole: &Whole, path: &str, accept: &str) -> (reqwest::header::HeaderMap, Vec<u8>) {
    let local = &whole.bus().local;
    let request = whole.http.get(format!("{}/sics/v1/reports/{path}", local.url));
    let answer = request
        .bearer_auth(&local.token)
        .header("accept", accept)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    let headers = answer.headers().clone();
    (headers, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn a_file_has_all_rows_and_is_read_back_as_the_report() {
    let mut whole = prepared().await;
    let (rows, _) = report(&whole, "storageEncryption").await;
    for (query, separator) in [
        ("", b','),
        ("?separator=%3B&decimal=%2C", b';'),
        ("?separator=tab", b'\t'),
    ] {
        let (headers, bytes) = download(&whole, &format!("storageEncryption/export{query}"), "text/csv").await;
        assert_eq!(headers["content-type"], "text/csv");
        assert_eq!(
            headers["content-disposition"],
            "attachment; filename=\"storageEncryption.csv\""
        );
        assert_eq!(headers["content-length"], bytes.len().to_string().as_str());
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .from_reader(bytes.as_slice());
        let titles = reader.headers().unwrap().clone();
        let at = |title: &str| titles.iter().position(|known| known == title).unwrap();
        let (id, share) = (at("Device id"), at("Free (%)"));
        let read: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let read_ids: Vec<&str> = read.iter().map(|row| &row[id]).collect();
        let shown_ids: Vec<&str> = rows.iter().map(|row| row["deviceId"].as_str().unwrap()).collect();
        assert_eq!(read_ids, shown_ids, "in the same order");
        for (row, shown) in read.iter().zip(&rows) {
            let expected = match &shown["freePercent"] {
                Value::Null => String::new(),
                number => number.as_f64().unwrap().to_string(),
            };
            let expected = if query.contains("decimal") {
                expected.replace('.', ",")
            } else {
                expected
            };
            assert_eq!(&row[share], expected);
        }
    }
    let (headers, bytes) = download(&whole, "storageEncryption/export", XLSX).await;
    assert_eq!(headers["content-type"], XLSX);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut sheet = String::new();
    archive
        .by_name("xl/worksheets/sheet1.xml")
        .unwrap()
        .read_to_string(&mut sheet)
        .unwrap();
    assert_eq!(
        sheet.matches("<row ").count(),
        rows.len() + 1,
        "the titles, and each row"
    );
    for row in &rows {
        assert!(sheet.contains(row["deviceId"].as_str().unwrap()), "{row}");
    }
    let left: Vec<_> = std::fs::read_dir(whole.data().join("reports")).unwrap().collect();
    assert!(left.is_empty(), "no export is left on the disk: {left:?}");
    let trail = whole.get("/sics/v1/audit?limit=1000").await;
    let entries = trail["entries"].as_array().unwrap().iter();
    let exports = entries.filter(|entry| entry["action"] == "report.exported");
    assert_eq!(exports.count(), 4);
    whole.stop().await;
}

#[tokio::test]
async fn actions_are_told_with_who_asked_and_what_came_of_them() {
    let mut whole = prepared().await;
    let listed = whole
        .get(&format!("/sics/v1/devices?instance={INSTANCE}&limit=200"))
        .await;
    let is_windows = |row: &&Value| row["device"]["operatingSystem"] == "Windows";
    let chosen = listed["devices"].as_array().unwrap().iter().filter(is_windows);
    let chosen: Vec<&Value> = chosen.take(2).collect();
    let target = |row: &&Value| json!({"id": row["deviceId"], "seq": row["seq"]});
    let devices: Vec<Value> = chosen.iter().map(target).collect();
    let body = json!({"action": "sync", "instance": INSTANCE, "devices": devices, "reason": "inventory",
        "requestedBy": "ticket 12"});
    let sent = whole.good(Method::POST, "/sics/v1/jobs", body).await;
    let (rows, totals) = report(&whole, "actions").await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(totals.values().sum::<u64>(), 2);
    for row in &rows {
        assert_eq!((&row["job"], &row["action"]), (&sent["job"], &json!("sync")));
        assert_eq!(
            (&row["askedBy"], &row["requestedBy"]),
            (&json!("local"), &json!("ticket 12"))
        );
        assert_eq!(
            (&row["reason"], &row["approval"]),
            (&json!("inventory"), &json!("none"))
        );
        assert_eq!(row["instance"], INSTANCE);
    }
    assert_eq!(ids(&rows, "deviceId"), ids(chosen, "deviceId"));
    // What is older than the days that were asked for is left out.
    whole.advance(TimeDelta::days(3));
    let told = whole.get("/sics/v1/reports/actions?days=2").await;
    assert_eq!(told["total"], 0);
    assert_eq!(whole.get("/sics/v1/reports/actions?days=4").await["total"], 2);
    whole.stop().await;
}
