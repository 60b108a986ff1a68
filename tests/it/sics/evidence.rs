//! Evidence of a period: a signed file that is checked without the bus.

use std::io::{Cursor, Read, Write};

use chrono::TimeDelta;
use intune_connector::bus::package::PublicKey;
use intune_connector::model::{RightScope, Timestamp};
use intune_connector::sics::evidence::check::{CheckedEvidence, EvidenceFault, check_evidence};
use intune_connector::store::OperatorKind;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::bus::{Bus, PASSWORD, problem, status};
use super::jobs::office::{JOBS, Office, refs};
use crate::orders::shop::{ORDERS, Shop};

const EVIDENCE: &str = "/sics/v1/evidence";
const KEY: &str = "/sics/v1/evidence/key";

async fn taken(request: RequestBuilder, from: Timestamp, until: Option<Timestamp>) -> Vec<u8> {
    let until = until.map(|until| ("until", until.to_rfc3339()));
    let response = request
        .query(&[("from", from.to_rfc3339())])
        .query(&until.into_iter().collect::<Vec<_>>())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/zip");
    let length = response.content_length().unwrap();
    let bytes = response.bytes().await.unwrap().to_vec();
    assert_eq!(bytes.len() as u64, length);
    bytes
}

fn check(bytes: &[u8]) -> Result<CheckedEvidence, EvidenceFault> {
    check_evidence(Cursor::new(bytes), None)
}

fn files_of(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        files.push((name, content));
    }
    files
}

fn content_of(bytes: &[u8], wanted: &str) -> Vec<u8> {
    let files = files_of(bytes).into_iter();
    let found = files
        .filter(|(name, _)| name == wanted)
        .map(|(_, content)| content)
        .next();
    found.unwrap_or_else(|| panic!("there is no {wanted}"))
}

/// The rows of a table, each by the names of its columns.
fn table(bytes: &[u8], name: &str) -> Vec<Value> {
    let content = content_of(bytes, name);
    let mut reader = csv::Reader::from_reader(content.as_slice());
    let head = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        let cells = head.iter().zip(record.iter());
        cells.map(|(column, cell)| (column.to_owned(), json!(cell))).collect()
    };
    reader
        .records()
        .map(|record| Value::Object(row(record.unwrap())))
        .collect()
}

fn packed(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A wipe of four laptops that `bob` has approved, whose reason is a formula.
async fn approved_wipe(office: &Office) {
    office.shop.bus_policy(500, 3).await;
    let ids = office.laptops(4).await;
    let mut body = office.shop.body("wipe", &refs(&ids), json!({})).await;
    body["reason"] = json!("=1+1");
    let receipt = status(office.post(&office.acmp, JOBS, body), 202).await;
    let path = format!("/sics/v1/jobs/{}", receipt["job"]);
    let digest = status(office.get(&office.admin, &path), 200).await["approvalDigest"].clone();
    let body = json!({"name": "bob", "password": PASSWORD, "digest": digest});
    status(office.post(&office.admin, &format!("{path}/approve"), body), 200).await;
}

/// A time behind all that was done, and one before it.
fn period_of(office: &Office) -> (Timestamp, Timestamp) {
    let clock = &office.shop.rig.shelf.clock;
    clock.advance(TimeDelta::minutes(1));
    (clock.now() - TimeDelta::days(30), clock.now())
}

#[tokio::test]
async fn evidence_tells_who_asked_who_agreed_and_what_was_done_and_leaves_nothing_behind() {
    let office = Office::new().await;
    approved_wipe(&office).await;
    let role = json!({"name": "lookers", "rights": ["Devices_Read"]});
    status(office.post(&office.admin, "/sics/v1/roles", role), 201).await;
    let (from, until) = period_of(&office);
    let bytes = taken(office.get(&office.admin, EVIDENCE), from, Some(until)).await;

    let checked = check(&bytes).unwrap();
    let document = &checked.document;
    assert_eq!((document.made_by.as_str(), document.devices_named), ("admin", true));
    assert!(document.trail.whole, "{document:?}");
    let kept = office.shop.desk.store.list_audit_entries(0, 1_000).await.unwrap();
    let told = kept.iter().take_while(|entry| entry.action != "evidence.made");
    assert_eq!(document.entries.count, told.count() as u64);
    let lines = String::from_utf8(content_of(&bytes, "audit.ndjson")).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first, json!(kept[0]));

    let approvals = table(&bytes, "approvals.csv");
    assert_eq!(approvals.len(), 1);
    for (column, expected) in [
        ("action", "wipe"),
        ("danger", "destructive"),
        ("devices", "4"),
        ("server", "cmdb"),
        ("askedBy", "acmp"),
        ("approval", "approved"),
        ("decidedBy", "bob"),
        ("reason", "'=1+1"),
    ] {
        assert_eq!(approvals[0][column], expected, "{column}");
    }
    let actions = table(&bytes, "actions.csv");
    assert_eq!((actions.len(), document.rows["actions.csv"]), (4, 4));
    for action in &actions {
        assert_eq!(
            (&action["askedBy"], &action["approvedBy"]),
            (&json!("acmp"), &json!("bob"))
        );
        assert!(!action["deviceName"].as_str().unwrap().is_empty(), "{action}");
        assert_eq!(action["brokenGlass"], "no");
    }
    let accounts = table(&bytes, "accounts.csv");
    let added = accounts.iter().find(|row| row["action"] == "role.added").unwrap();
    assert_eq!(
        (&added["actor"], &added["subject"]),
        (&json!("admin"), &json!("lookers"))
    );
    assert!(
        accounts.iter().all(|row| row["action"] != "job.accepted"),
        "{accounts:?}"
    );

    let trail = office.trail().await;
    assert!(
        trail.iter().any(|line| line.starts_with("admin evidence.made audit")),
        "{trail:?}"
    );
    let left = std::fs::read_dir(office.shop.desk.folder.path()).unwrap();
    let mut left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(left.all(|name| !name.starts_with(".evidence")), "a file was left");
}

#[tokio::test]
async fn evidence_is_signed_by_the_key_of_the_bus_and_refused_as_soon_as_anything_is_changed() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let from = bus.shelf.clock.now();
    let bytes = taken(bus.get(&bus.admin, EVIDENCE), from - TimeDelta::days(1), None).await;
    // Nothing lies before the period's end: the clock stands still.
    assert_eq!(check(&bytes).unwrap().document.entries.count, 0);
    bus.shelf.clock.advance(TimeDelta::hours(1));
    let bytes = taken(bus.get(&bus.admin, EVIDENCE), from, None).await;

    let told = status(bus.get(&bus.admin, KEY), 200).await;
    let key = PublicKey::from_pem("key", told["pem"].as_str().unwrap().as_bytes()).unwrap();
    assert_eq!(told["fingerprint"], key.fingerprint);
    let checked = check_evidence(Cursor::new(&bytes), Some(&key)).unwrap();
    assert_eq!(checked.fingerprint, key.fingerprint);
    assert!(checked.document.entries.count >= 4, "{checked:?}");
    let other = Bus::new().await;
    let foreign = status(other.get(&other.admin, KEY), 200).await;
    let foreign = PublicKey::from_pem("key", foreign["pem"].as_str().unwrap().as_bytes()).unwrap();
    let refused = check_evidence(Cursor::new(&bytes), Some(&foreign)).unwrap_err();
    assert!(matches!(refused, EvidenceFault::OtherKey { .. }), "{refused}");

    // One byte of each file.
    let files = files_of(&bytes);
    for place in 0..files.len() {
        let mut changed = files.clone();
        let (name, content) = &mut changed[place];
        if content.is_empty() {
            continue;
        }
        let middle = content.len() / 3;
        content[middle] ^= 1;
        let name = name.clone();
        assert!(check(&packed(&changed)).is_err(), "{name} was changed");
    }
    // A row of the trail, with its hash in the list put right.
    let mut shortened = files.clone();
    let (_, lines) = shortened.iter_mut().find(|(name, _)| name == "audit.ndjson").unwrap();
    let end = lines.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let (before, after) = (hash(lines), hash(&lines[end..]));
    lines.drain(..end);
    let refused = check(&packed(&shortened)).unwrap_err();
    assert!(
        matches!(&refused, EvidenceFault::Changed(name) if name == "audit.ndjson"),
        "{refused}"
    );
    let (_, manifest) = shortened.iter_mut().find(|(name, _)| name == "MANIFEST").unwrap();
    let text = String::from_utf8(manifest.clone()).unwrap();
    assert!(text.contains(&before), "{text}");
    *manifest = text.replace(&before, &after).into_bytes();
    let refused = check(&packed(&shortened)).unwrap_err();
    assert!(matches!(refused, EvidenceFault::Forged), "{refused}");
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(openssl::sha::sha256(bytes))
}

#[tokio::test]
async fn only_the_entries_of_the_period_are_in_it_and_each_is_known_by_its_number() {
    let bus = Bus::new().await;
    let began = bus.shelf.clock.now();
    let add = async |name: &str| {
        let body = json!({"name": name, "rights": ["Devices_Read"]});
        status(bus.post(&bus.admin, "/sics/v1/roles", body), 201).await;
        bus.shelf.clock.advance(TimeDelta::days(1));
    };
    for name in ["first", "second", "third"] {
        add(name).await;
    }
    let day = |n: i64| began + TimeDelta::days(n);
    let second = taken(bus.get(&bus.admin, EVIDENCE), day(1), Some(day(2))).await;
    let names: Vec<Value> = table(&second, "accounts.csv")
        .iter()
        .map(|row| row["subject"].clone())
        .collect();
    assert_eq!(names, [json!("second")]);
    let told = check(&second).unwrap().document;
    let kept = bus.shelf.store.list_audit_entries(0, 100).await.unwrap();
    let entry = kept.iter().find(|entry| entry.subject == "second").unwrap();
    let before = kept.iter().find(|before| before.id + 1 == entry.id).unwrap();
    assert_eq!(
        (told.entries.first, told.entries.last),
        (Some(entry.id), Some(entry.id))
    );
    assert_eq!(
        (&told.entries.head_before, &told.entries.head),
        (&before.chain, &entry.chain)
    );
    assert_eq!((told.from, told.until), (day(1), day(2)));
    // The whole trail was verified all the same.
    assert_eq!((told.trail.whole, told.trail.entries >= 4), (true, true));
    let turned = bus
        .get(&bus.admin, EVIDENCE)
        .query(&[("from", day(2).to_rfc3339()), ("until", day(1).to_rfc3339())]);
    assert_eq!(problem(turned, 400).await, "wrongPeriod");
    assert_eq!(problem(bus.get(&bus.admin, EVIDENCE), 400).await, "wrongQuery");
}

#[tokio::test]
async fn a_broken_trail_makes_evidence_that_says_so() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let raw = rusqlite::Connection::open(bus.shelf.folder.path().join("bus.db")).unwrap();
    let changed = raw
        .execute("UPDATE audit SET subject = 'other' WHERE id = 2", [])
        .unwrap();
    assert_eq!(changed, 1);
    bus.shelf.clock.advance(TimeDelta::hours(1));
    let from = bus.shelf.clock.now() - TimeDelta::days(1);
    let bytes = taken(bus.get(&bus.admin, EVIDENCE), from, None).await;
    let trail = check(&bytes).unwrap().document.trail;
    assert_eq!((trail.whole, trail.broken_at), (false, Some(2)));
}

#[tokio::test]
async fn evidence_is_for_who_may_export_the_trail_and_names_devices_for_who_may_see_them() {
    let office = Office::new().await;
    approved_wipe(&office).await;
    let reader = office
        .account("reader", OperatorKind::Server, &["Audit_Read"], false)
        .await;
    let (from, _) = period_of(&office);
    let asked = office.get(&reader, EVIDENCE).query(&[("from", from.to_rfc3339())]);
    assert_eq!(problem(asked, 403).await, "missingRight");
    status(office.get(&reader, KEY), 200).await;
    let scope = RightScope {
        instances: Some(vec!["IntuneConnector_1".parse().unwrap()]),
        servers: None,
    };
    let limited = office
        .account_in("limited", OperatorKind::Server, &["Audit_*"], false, scope)
        .await;
    for path in [EVIDENCE, KEY] {
        let asked = office.get(&limited, path).query(&[("from", from.to_rfc3339())]);
        assert_eq!(problem(asked, 403).await, "outOfScope", "{path}");
    }
    let exporter = office
        .account("exporter", OperatorKind::Server, &["Audit_*"], false)
        .await;
    let bytes = taken(office.get(&exporter, EVIDENCE), from, None).await;
    assert!(!check(&bytes).unwrap().document.devices_named);
    let actions = table(&bytes, "actions.csv");
    assert_eq!(actions.len(), 4);
    for action in actions {
        assert_eq!(
            (&action["deviceName"], &action["serialNumber"]),
            (&json!(""), &json!(""))
        );
        assert!(!action["deviceId"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn evidence_tells_who_ordered_what_who_decided_and_how_it_ended() {
    let shop = Shop::with_zip(json!({"approval": "operator", "reshoppable": true})).await;
    shop.person("anna", &["Orders_Approve", "Orders_Read"]).await;
    for id in ["1", "2", "3"] {
        status(shop.order(&shop.admin, id, json!({})), 201).await;
    }
    let from = shop.shelf.clock.now();
    shop.shelf.clock.advance(TimeDelta::hours(1));
    status(shop.approve("anna", "1"), 200).await;
    // As the answer of the approval address does.
    let rejected = shop
        .shelf
        .store
        .decide_order("2".to_owned(), false, None, None, Vec::new());
    assert!(matches!(rejected.await.unwrap(), Some(Ok(_))));
    shop.shelf.clock.advance(TimeDelta::hours(1));
    let bytes = taken(shop.get(&shop.admin, EVIDENCE), from, None).await;
    assert_eq!(check(&bytes).unwrap().document.rows["orders.csv"], 3);
    let orders = table(&bytes, "orders.csv");
    let cells =
        |row: &Value| ["order", "target", "placedBy", "decidedBy", "state", "status"].map(|column| row[column].clone());
    let told: Vec<_> = orders.iter().map(cells).collect();
    assert_eq!(
        told,
        [
            ["1", "PC-1", "admin", "anna", "accepted", ""].map(|cell| json!(cell)),
            ["2", "PC-2", "admin", "approval address", "rejected", "0"].map(|cell| json!(cell)),
            ["3", "PC-3", "admin", "", "waitingForApproval", ""].map(|cell| json!(cell)),
        ]
    );
    assert_eq!(
        (&orders[0]["instance"], &orders[0]["type"], &orders[0]["approval"]),
        (&json!("IntuneAppOrders_3"), &json!("install"), &json!("operator"))
    );
    // What happened later is no part of a period; whoever may not see devices reads no targets.
    let later = shop.shelf.clock.now();
    shop.shelf.clock.advance(TimeDelta::hours(1));
    let reject = shop.by("anna", reqwest::Method::POST, &format!("{ORDERS}/3/reject"), json!({}));
    status(reject, 200).await;
    shop.shelf.clock.advance(TimeDelta::hours(1));
    let exporter = shop.operator("exporter", &["Audit_*"], RightScope::default()).await;
    let bytes = taken(shop.get(&exporter, EVIDENCE), later, None).await;
    let orders = table(&bytes, "orders.csv");
    assert_eq!(orders.len(), 1, "{orders:?}");
    assert_eq!(
        (&orders[0]["order"], &orders[0]["target"], &orders[0]["decidedBy"]),
        (&json!("3"), &json!(""), &json!("anna"))
    );
}
