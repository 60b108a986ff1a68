//! Each report over a few devices written here by hand.

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::contract::ReportColumnKind;
use crate::model::{
    ActionKind, ApprovalState, DeviceId, InstanceId, JobId, OperatorId, TaskState, Timestamp, format_time, parse_time,
};

fn now() -> Timestamp {
    parse_time("2026-11-20T12:00:00Z").unwrap()
}

fn days_ago(days: i64) -> Timestamp {
    now() - TimeDelta::days(days)
}

fn id(number: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(number))
}

fn device(number: u128, seen_days_ago: Option<i64>, body: Value) -> ReportedDevice {
    ReportedDevice {
        instance: InstanceId(1),
        id: id(number),
        changed_at: days_ago(1),
        last_sync_s: seen_days_ago.map_or(0, |days| days_ago(days).timestamp()),
        body: body.to_string(),
    }
}

fn prepare(name: &str, days: Option<u32>, sees_job: Option<JobFilter>) -> (&'static ReportDefinition, ReportContext) {
    let definition = find_report(name).unwrap();
    let instance = |number: i64| (InstanceId(number), format!("IntuneConnector_{number}").parse().unwrap());
    let request = ReportRequest {
        instances: vec![instance(1), instance(2)],
        days,
        sees_job,
        now: now(),
    };
    (definition, ReportContext::new(definition, request))
}

/// The table with its cells as the API says them, each row with the names of its columns.
fn tabulate(name: &str, days: Option<u32>, devices: Vec<ReportedDevice>) -> (Vec<Value>, Value, u64) {
    let (definition, context) = prepare(name, days, None);
    let ReportSource::Devices(build) = definition.source else {
        panic!("{name} is about devices")
    };
    let table = tabulate_devices(build, &mut devices.into_iter(), &context);
    (named_rows(definition, &table), totals(&table), table.unreadable)
}

fn named_rows(definition: &ReportDefinition, table: &ReportTable) -> Vec<Value> {
    let named = |row: &[ReportCell]| -> Value {
        assert_eq!(row.len(), definition.columns.len(), "{}", definition.name);
        let cells = definition.columns.iter().zip(row);
        let cells = cells.map(|(column, cell)| (column.key.to_owned(), cell.to_json()));
        Value::Object(cells.collect())
    };
    table.rows.iter().map(|row| named(row)).collect()
}

fn totals(table: &ReportTable) -> Value {
    let counts = table.totals.iter().map(|one| (one.name.clone(), json!(one.count)));
    Value::Object(counts.collect())
}

fn column(rows: &[Value], key: &str) -> Vec<Value> {
    rows.iter().map(|row| row[key].clone()).collect()
}

#[test]
fn every_report_has_a_name_of_its_own_and_columns_that_say_what_they_hold() {
    let names: std::collections::BTreeSet<&str> = list_reports().iter().map(|report| report.name).collect();
    assert_eq!(names.len(), 7);
    for report in list_reports() {
        // It stands in names of files before a hyphen.
        assert!(
            report.name.chars().all(|letter| letter.is_ascii_alphanumeric()),
            "{}",
            report.name
        );
        let keys: std::collections::BTreeSet<&str> = report.columns.iter().map(|column| column.key).collect();
        assert_eq!(keys.len(), report.columns.len(), "{}", report.name);
        assert!(report.columns.iter().all(|column| !column.title.is_empty()));
        assert!(
            crate::model::RIGHTS
                .iter()
                .any(|(right, _)| *right == report.required_right())
        );
    }
    assert!(find_report("nosuch").is_none());
}

#[test]
fn stale_devices_are_those_that_have_been_silent_the_longest_first() {
    let enrolled = |days: i64| json!({"deviceName": "N", "enrolledDateTime": format_time(days_ago(days))});
    let devices = || {
        vec![
            device(1, Some(10), json!({"deviceName": "A", "operatingSystem": "iOS"})),
            device(
                2,
                Some(31),
                json!({"deviceName": "B", "operatingSystem": "Windows", "userPrincipalName": "b@x.example"}),
            ),
            device(3, Some(90), json!({"deviceName": "C", "operatingSystem": "Windows"})),
            device(4, None, enrolled(40)),
            device(5, None, enrolled(3)),
            device(6, None, json!({"deviceName": "nobody knows"})),
        ]
    };
    let (rows, totals, _) = tabulate("staleDevices", None, devices());
    assert_eq!(column(&rows, "deviceName"), ["C", "N", "B"]);
    assert_eq!(column(&rows, "days"), [json!(90), json!(40), json!(31)]);
    assert_eq!(column(&rows, "lastCheckIn")[1], Value::Null);
    assert_eq!(
        (&rows[2]["user"], &rows[2]["instance"]),
        (&json!("b@x.example"), &json!("IntuneConnector_1"))
    );
    assert_eq!(totals, json!({"Windows": 2, "unknown": 1}));
    let (rows, ..) = tabulate("staleDevices", Some(5), devices());
    assert_eq!(rows.len(), 4);
}

#[test]
fn compliance_counts_every_state_and_lists_what_is_not_compliant() {
    let state = |state: &str| json!({"deviceName": state, "complianceState": state});
    let mut grace = state("inGracePeriod");
    grace["complianceGracePeriodExpirationDateTime"] = json!("2026-11-25T00:00:00Z");
    let (rows, totals, _) = tabulate(
        "compliance",
        None,
        vec![
            device(1, Some(1), state("noncompliant")),
            device(2, Some(1), state("compliant")),
            device(3, Some(1), grace),
            device(4, Some(1), state("compliant")),
            device(5, Some(1), state("configManager")),
            device(6, Some(1), json!({"deviceName": "silent", "complianceState": null})),
        ],
    );
    assert_eq!(column(&rows, "state"), ["inGracePeriod", "noncompliant", "unknown"]);
    assert_eq!(rows[0]["graceUntil"], "2026-11-25T00:00:00Z");
    assert_eq!(rows[0]["unchangedSince"], format_time(days_ago(1)));
    assert_eq!(
        totals,
        json!({"compliant": 2, "configManager": 1, "inGracePeriod": 1, "noncompliant": 1, "unknown": 1})
    );
}

#[test]
fn versions_are_counted_by_platform_with_their_share() {
    let of = |platform: &str, version: &str| json!({"operatingSystem": platform, "osVersion": version});
    let (rows, totals, _) = tabulate(
        "osVersions",
        None,
        vec![
            device(1, Some(9), of("Windows", "10.0.9")),
            device(2, Some(2), of("Windows", "10.0.10")),
            device(3, Some(5), of("Windows", "10.0.9")),
            device(4, None, of("iOS", "26.1")),
            device(5, None, json!({})),
        ],
    );
    assert_eq!(column(&rows, "platform"), ["Windows", "Windows", "iOS", "unknown"]);
    assert_eq!(column(&rows, "version"), ["10.0.10", "10.0.9", "26.1", "unknown"]);
    assert_eq!(column(&rows, "devices"), [1, 2, 1, 1]);
    assert_eq!(column(&rows, "share"), [33.3, 66.7, 100.0, 100.0]);
    assert_eq!(column(&rows, "newest"), [true, false, true, false]);
    assert_eq!(rows[1]["lastCheckIn"], format_time(days_ago(5)));
    assert_eq!(totals, json!({"Windows": 3, "iOS": 1, "unknown": 1}));
}

#[test]
fn ownership_is_counted_by_platform_and_what_is_new_is_unknown() {
    let of = |platform: &str, owner: &str| json!({"operatingSystem": platform, "managedDeviceOwnerType": owner});
    let (rows, totals, _) = tabulate(
        "ownership",
        None,
        vec![
            device(1, None, of("Windows", "company")),
            device(2, None, of("Windows", "personal")),
            device(3, None, of("Windows", "company")),
            device(4, None, of("Android", "sharedByAll")),
        ],
    );
    assert_eq!(
        rows,
        [
            json!({"platform": "Android", "company": 0, "personal": 0, "unknown": 1, "devices": 1}),
            json!({"platform": "Windows", "company": 2, "personal": 1, "unknown": 0, "devices": 3}),
        ]
    );
    assert_eq!(totals, json!({"company": 2, "personal": 1, "unknown": 1}));
}

#[test]
fn storage_shows_first_what_is_nearly_full_and_then_what_is_not_encrypted() {
    let of = |name: &str, total: i64, free: i64, encrypted: Option<bool>| json!({"deviceName": name, "totalStorageSpaceInBytes": total, "freeStorageSpaceInBytes": free, "isEncrypted": encrypted});
    let (rows, totals, _) = tabulate(
        "storageEncryption",
        None,
        vec![
            device(1, None, of("fine", 1_000, 500, Some(true))),
            device(2, None, of("full", 1_000, 99, Some(true))),
            device(3, None, of("open", 1_000, 100, Some(false))),
            device(4, None, of("untold", 1_000, 0, None)),
            device(
                5,
                None,
                json!({"deviceName": "odd", "totalStorageSpaceInBytes": "much", "isEncrypted": "yes"}),
            ),
        ],
    );
    assert_eq!(column(&rows, "deviceName"), ["full", "open", "fine", "odd", "untold"]);
    assert_eq!(
        column(&rows, "lowSpace"),
        [json!(true), json!(false), json!(false), Value::Null, Value::Null]
    );
    assert_eq!(
        (&rows[0]["freePercent"], &rows[0]["freeBytes"]),
        (&json!(9.9), &json!(99))
    );
    assert_eq!(rows[4]["freeBytes"], Value::Null);
    assert_eq!(
        totals,
        json!({"encrypted": 2, "encryptionUnknown": 2, "lowSpace": 1, "notEncrypted": 1})
    );
}

#[test]
fn duplicates_share_a_serial_number_a_placeholder_or_a_name() {
    let of = |name: &str, serial: &str| json!({"deviceName": name, "serialNumber": serial});
    let mut twice = device(1, None, of("PC-1", "ABC1234"));
    twice.instance = InstanceId(2);
    let (rows, totals, _) = tabulate(
        "duplicates",
        None,
        vec![
            device(1, None, of("PC-1", "ABC1234")),
            twice,
            device(2, None, of("PC-2", " abc1234 ")),
            device(3, None, of("pc-1", "To be filled by O.E.M.")),
            device(4, None, of("PC-4", "XYZ9876")),
            device(5, None, json!({"deviceName": "", "serialNumber": null})),
        ],
    );
    let shown: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row["kind"].as_str().unwrap(), row["deviceName"].as_str().unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            ("sameSerial", "PC-1"),
            ("sameSerial", "PC-2"),
            ("junkSerial", "pc-1"),
            ("sameName", "PC-1"),
            ("sameName", "pc-1"),
        ]
    );
    assert_eq!(column(&rows, "devices"), [2, 2, 1, 2, 2]);
    assert_eq!(rows[0]["value"], "ABC1234");
    assert_eq!(totals, json!({"sameName": 2, "sameSerial": 2, "junkSerial": 1}));
}

#[test]
fn what_can_not_be_read_is_counted_and_stands_nowhere() {
    let mut broken = device(1, Some(90), json!({}));
    broken.body = "no JSON".to_owned();
    let (rows, totals, unreadable) = tabulate("staleDevices", None, vec![broken]);
    assert_eq!((rows.len(), totals, unreadable), (0, json!({}), 1));
}

fn task(job: i64, source: &str, state: TaskState) -> WalkedTask {
    WalkedTask {
        job: JobId(job),
        instance: InstanceId(1),
        action: ActionKind::Wipe,
        source: source.to_owned(),
        operator: OperatorId(7),
        about: json!({"requestedBy": "ticket 12"}).to_string(),
        created_at: days_ago(2),
        approval: ApprovalState::Approved,
        decided_by: Some(OperatorId(8)),
        decided_at: Some(days_ago(1)),
        device: id(1),
        shown: json!({"deviceName": "PC-1", "serialNumber": "ABC1234"}).to_string(),
        state,
        cause: None,
        sent_at: None,
        updated_at: days_ago(1),
    }
}

#[test]
fn actions_say_who_asked_who_agreed_and_what_came_of_it() {
    let only_here: JobFilter = std::sync::Arc::new(|_, server| server.is_none_or(|id| id.as_str() == "cmdb"));
    let (definition, prepared) = prepare("actions", None, Some(only_here));
    let context = prepared.with_operators([(OperatorId(7), "anna".to_owned())].into_iter());
    let ReportSource::Jobs(build) = definition.source else {
        panic!("it is about jobs")
    };
    let tasks = vec![
        task(3, "server:cmdb", TaskState::Issuing),
        task(2, "server:other", TaskState::Done),
        task(1, "operator:7", TaskState::Done),
    ];
    let table = tabulate_tasks(build, &mut tasks.into_iter(), &context);
    let rows = named_rows(definition, &table);
    assert_eq!(column(&rows, "job"), [3, 1], "what may not be seen is left out");
    assert_eq!(column(&rows, "outcome"), ["accepted", "done"]);
    assert_eq!(column(&rows, "server"), [json!("cmdb"), Value::Null]);
    assert_eq!(
        (&rows[0]["askedBy"], &rows[0]["decidedBy"]),
        (&json!("anna"), &Value::Null)
    );
    assert_eq!(
        (&rows[0]["requestedBy"], &rows[0]["reason"]),
        (&json!("ticket 12"), &Value::Null)
    );
    assert_eq!(totals(&table), json!({"accepted": 1, "done": 1}));
}

#[test]
fn cells_hold_what_their_column_says() {
    let devices = vec![
        device(
            1,
            Some(90),
            json!({"deviceName": "A", "serialNumber": "ABC1234", "operatingSystem": "iOS", "osVersion": "26.1",
            "complianceState": "noncompliant", "isEncrypted": true, "totalStorageSpaceInBytes": 1_000,
            "freeStorageSpaceInBytes": 10, "enrolledDateTime": "2025-01-01T00:00:00Z"}),
        ),
        device(2, Some(90), json!({"deviceName": "A", "serialNumber": "ABC1234"})),
    ];
    for report in list_reports()
        .iter()
        .filter(|report| matches!(report.source, ReportSource::Devices(_)))
    {
        let (rows, ..) = tabulate(report.name, None, devices.clone());
        assert!(!rows.is_empty(), "{}", report.name);
        for row in &rows {
            for column in report.columns {
                let value = &row[column.key];
                let fits = value.is_null()
                    || match column.kind {
                        ReportColumnKind::Text => value.is_string(),
                        ReportColumnKind::Number => value.is_number(),
                        ReportColumnKind::Time => value.as_str().and_then(parse_time).is_some(),
                        ReportColumnKind::Flag => value.is_boolean(),
                    };
                assert!(fits, "{}.{}: {value}", report.name, column.key);
            }
        }
    }
}
