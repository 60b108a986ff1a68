//! Exports of devices: CSV, JSON and XLSX, read back.

use std::io::{Cursor, Read};

use intune_connector::sics::SicsLimits;
use serde_json::{Value, json};

use super::bus::{Bus, problem};
use super::device_lists::{fleet, with_fields};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn filled() -> Bus {
    let bus = Bus::new().await;
    let odd = json!({
        "operatingSystem": "Windows", "serialNumber": "=1+1", "totalStorageSpaceInBytes": 255_404_802_048_i64,
        "isEncrypted": true, "configurationManagerClientEnabledFeatures": {"inventory": false},
        "enrolledDateTime": "2026-11-28T12:00:00Z",
    });
    let mut devices = fleet();
    devices.push(with_fields(6, "odd; \"one\", Ä", odd, 600));
    bus.shelf.full(devices).await;
    bus
}

struct Exported {
    media_type: String,
    disposition: String,
    unjudged: Option<String>,
    bytes: Vec<u8>,
}

async fn export(bus: &Bus, accept: &str, query: &[(&str, &str)]) -> Exported {
    let request = bus.get(&bus.admin, "/sics/v1/devices/export").query(query);
    let response = request.header("accept", accept).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    let (media_type, disposition) = (header("content-type").unwrap(), header("content-disposition").unwrap());
    let unjudged = header("unjudged-devices");
    Exported {
        media_type,
        disposition,
        unjudged,
        bytes: response.bytes().await.unwrap().to_vec(),
    }
}

fn read_csv(exported: &Exported, separator: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).delimiter(separator);
    let mut reader = reader.from_reader(exported.bytes.as_slice());
    let records = reader.records().map(|record| record.unwrap());
    records
        .map(|record| record.iter().map(str::to_owned).collect())
        .collect()
}

#[tokio::test]
async fn csv_has_all_that_match_and_no_formula() {
    let bus = filled().await;
    let exported = export(&bus, "text/csv", &[("sort", "deviceName"), ("order", "desc")]).await;
    assert_eq!(exported.media_type, "text/csv");
    assert_eq!(exported.disposition, "attachment; filename=\"devices.csv\"");
    assert_eq!(exported.unjudged, None);
    let rows = read_csv(&exported, b',');
    assert_eq!(rows[0][..3], ["instance", "deviceId", "deviceName"]);
    let names: Vec<&str> = rows[1..].iter().map(|row| row[2].as_str()).collect();
    let expected = [
        "phone-anna",
        "odd; \"one\", Ä",
        "mac-ben",
        "LAP-Zoe",
        "LAP-anna",
        "kiosk",
    ];
    assert_eq!(names, expected);
    assert!(rows[1..].iter().all(|row| row[0] == bus.shelf.instance.name.as_str()));

    let columns = "serialNumber,totalStorageSpaceInBytes,isEncrypted,lastSyncDateTime,notes,\
                   configurationManagerClientEnabledFeatures";
    let query = [
        ("name", "odd"),
        ("columns", columns),
        ("separator", ";"),
        ("decimal", ","),
    ];
    let rows = read_csv(&export(&bus, "text/csv", &query).await, b';');
    assert_eq!(rows[0].join(","), columns);
    let expected = [
        "'=1+1",
        "255404802048",
        "true",
        "1970-01-01T00:10:00Z",
        "",
        "{\"inventory\":false}",
    ];
    assert_eq!(rows[1..], [expected.map(str::to_owned).to_vec()]);
    let rows = read_csv(
        &export(&bus, "*/*", &[("separator", "tab"), ("platform", "Linux")]).await,
        b'\t',
    );
    assert_eq!(rows.len(), 1, "the heads alone: {rows:?}");
}

#[tokio::test]
async fn json_is_one_list_of_objects_with_values_as_they_are() {
    let bus = filled().await;
    let columns = "deviceId,deviceName,totalStorageSpaceInBytes,configurationManagerClientEnabledFeatures,model";
    let query = [("columns", columns), ("sort", "model"), ("platform", "Windows")];
    let exported = export(&bus, "application/json", &query).await;
    assert_eq!(exported.disposition, "attachment; filename=\"devices.json\"");
    let list: Value = serde_json::from_slice(&exported.bytes).unwrap();
    let names: Vec<&Value> = list.as_array().unwrap().iter().map(|row| &row["deviceName"]).collect();
    assert_eq!(
        names,
        ["odd; \"one\", Ä", "LAP-Zoe", "LAP-anna"],
        "no model stands first"
    );
    let odd = json!({
        "deviceId": crate::support::shelf::id(6), "deviceName": "odd; \"one\", Ä",
        "totalStorageSpaceInBytes": 255_404_802_048_i64,
        "configurationManagerClientEnabledFeatures": {"inventory": false}, "model": null,
    });
    assert_eq!(list[0], odd);
    let none = export(&bus, "application/json", &[("platform", "Linux")]).await;
    assert_eq!(serde_json::from_slice::<Value>(&none.bytes).unwrap(), json!([]));
}

#[tokio::test]
async fn a_spreadsheet_has_dates_numbers_and_texts_that_are_no_formulas() {
    let bus = filled().await;
    let columns = "deviceName,serialNumber,totalStorageSpaceInBytes,isEncrypted,enrolledDateTime";
    let exported = export(&bus, XLSX, &[("columns", columns), ("sort", "deviceName")]).await;
    assert_eq!(exported.media_type, XLSX);
    assert_eq!(exported.disposition, "attachment; filename=\"devices.xlsx\"");
    let mut archive = zip::ZipArchive::new(Cursor::new(exported.bytes)).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let sheet = part("xl/worksheets/sheet1.xml");
    assert_eq!(sheet.matches("<row ").count(), 7, "{sheet}");
    for text in ["deviceName", "LAP-Zoe", "=1+1", "odd; \"one\", Ä"] {
        assert!(sheet.contains(&format!(">{text}<")), "{text}: {sheet}");
    }
    assert!(!sheet.contains("<f>"), "no formula: {sheet}");
    assert!(
        sheet.contains("<v>255404802048</v>") && sheet.contains("<v>46354.5</v>"),
        "{sheet}"
    );
    assert!(
        part("xl/styles.xml").contains("yyyy-mm-dd hh:mm:ss"),
        "that number is a date"
    );
    // Nothing of it stays on the disk.
    let left = std::fs::read_dir(bus.shelf.folder.path()).unwrap();
    let left: Vec<String> = left
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        !left.iter().any(|name| name.contains("part") || name.contains("tmp")),
        "{left:?}"
    );
}

#[tokio::test]
async fn an_export_is_recorded_and_tells_what_is_not_in_it() {
    let bus = filled().await;
    let query = [("filter", "timestamp(serialNumber) < now"), ("user", "anna@")];
    let exported = export(&bus, "text/csv", &query).await;
    assert_eq!(exported.unjudged.as_deref(), Some("2"));
    assert_eq!(read_csv(&exported, b',').len(), 1);
    export(&bus, XLSX, &[]).await;
    let rows = bus.shelf.store.list_audit_entries(0, 100).await.unwrap();
    let exports: Vec<_> = rows.iter().filter(|row| row.action == "devices.exported").collect();
    assert_eq!(exports.len(), 2);
    assert!(exports.iter().all(|row| row.actor == "admin"), "{exports:?}");
    let details: Vec<Value> = exports
        .iter()
        .map(|row| serde_json::to_value(&row.detail).unwrap())
        .collect();
    assert_eq!((&details[0]["devices"], &details[1]["devices"]), (&json!(0), &json!(6)));
    assert_eq!(details[0]["chosenBy"], json!(["filter", "user"]));
    assert!(!details[0].to_string().contains("anna"), "{details:?}");
}

#[tokio::test]
async fn wrong_exports_are_refused() {
    let bus = filled().await;
    let ask = |query: &[(&str, &str)]| bus.get(&bus.admin, "/sics/v1/devices/export").query(query);
    for (query, code) in [
        ([("columns", "devicename")], "wrongColumn"),
        ([("columns", "activationLockBypassCode")], "wrongColumn"),
        ([("separator", "|")], "wrongValue"),
        ([("decimal", "x")], "wrongValue"),
        ([("platform", "Windos")], "wrongValue"),
        ([("sort", "colour")], "wrongSort"),
        ([("limit", "5")], "wrongQuery"),
    ] {
        assert_eq!(problem(ask(&query), 400).await, code, "{query:?}");
    }
    let other = ask(&[]).header("accept", "application/pdf");
    assert_eq!(problem(other, 406).await, "wrongFormat");
    let none = SicsLimits {
        concurrent_exports: 0,
        ..SicsLimits::default()
    };
    let busy = Bus::with(none).await;
    let refused = busy.get(&busy.admin, "/sics/v1/devices/export");
    assert_eq!(problem(refused, 429).await, "tooManyExports");
}
