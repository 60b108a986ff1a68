//! Reports that are written by schedule, by a bus whose clock the test moves.

use std::path::PathBuf;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::wait::found;
use crate::whole::{INSTANCE, Whole};

const SCHEDULE: &str = "/sics/v1/reports/ownership/schedule";

/// The schedule, once its file was written after `before`.
async fn written(whole: &Whole, before: &Value) -> Value {
    found("the report was written", async || {
        let told = whole.get("/sics/v1/reports").await;
        let row = told["schedules"][0].clone();
        if row["writtenAt"].is_string() && row["writtenAt"] != *before {
            Ok(row)
        } else {
            Err(row)
        }
    })
    .await
}

fn file_of(whole: &Whole, row: &Value) -> PathBuf {
    whole.data().join(row["file"].as_str().unwrap())
}

#[tokio::test]
async fn a_report_is_written_by_schedule_at_its_time_and_replaces_the_one_before() {
    let mut whole = Whole::new(30, &[]).await;
    whole.completed("full", 1).await;
    let body = json!({"schedule": "every 6h", "instance": INSTANCE, "separator": ";"});
    let set = whole.good(Method::PUT, SCHEDULE, body).await;
    assert_eq!(set["file"], format!("reports/ownership-{INSTANCE}.csv"));
    let first = written(&whole, &Value::Null).await;
    let file = file_of(&whole, &first);
    let text = std::fs::read_to_string(&file).unwrap();
    let rows = text.lines().count() as u64 - 1;
    assert!(
        text.starts_with("Platform;Company-owned;Personal;Unknown;Devices\n"),
        "{text}"
    );
    assert_eq!((first["rows"].as_u64(), &first["failure"]), (Some(rows), &Value::Null));
    let devices: u64 = text
        .lines()
        .skip(1)
        .map(|line| line.rsplit(';').next().unwrap().parse::<u64>().unwrap())
        .sum();
    assert_eq!(devices, 30, "{text}");
    let next = whole.get("/sics/v1/reports").await["schedules"][0]["nextAt"].clone();
    let next: chrono::DateTime<chrono::Utc> = next.as_str().unwrap().parse().unwrap();
    assert_eq!(next, whole.clock.now() + TimeDelta::hours(6));

    std::fs::write(&file, "the one before").unwrap();
    whole.advance(TimeDelta::hours(6));
    let second = written(&whole, &first["writtenAt"]).await;
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("Platform;"));
    assert_ne!(second["writtenAt"], first["writtenAt"]);

    let removed = format!("{SCHEDULE}?instance={INSTANCE}");
    whole.good(Method::DELETE, &removed, json!({})).await;
    assert_eq!(whole.get("/sics/v1/reports").await["schedules"], json!([]));
    assert!(file.is_file(), "what was written stays");
    whole.stop().await;
}

#[tokio::test]
async fn a_report_that_can_not_be_written_is_told_to_everybody_and_the_bus_goes_on() {
    let mut whole = Whole::new(5, &[]).await;
    whole.completed("full", 1).await;
    std::fs::write(whole.data().join("reports"), "a file in place of the folder").unwrap();
    whole
        .good(Method::PUT, SCHEDULE, json!({"schedule": "every 6h", "format": "xlsx"}))
        .await;
    let failed = found("the failure is told", async || {
        let row = whole.get("/sics/v1/reports").await["schedules"][0].clone();
        if row["failure"].is_string() { Ok(row) } else { Err(row) }
    })
    .await;
    assert_eq!(failed["writtenAt"], Value::Null);
    let notices = whole.get("/sics/v1/notices").await;
    let told = notices["notices"].as_array().unwrap().iter();
    let told: Vec<&str> = told.filter_map(|notice| notice["text"].as_str()).collect();
    assert!(
        told.iter().any(|text| text.contains("the report ownership")),
        "{told:?}"
    );
    std::fs::remove_file(whole.data().join("reports")).unwrap();
    whole.advance(TimeDelta::hours(6));
    let row = written(&whole, &Value::Null).await;
    assert_eq!(row["failure"], Value::Null);
    assert!(std::fs::read(file_of(&whole, &row)).unwrap().starts_with(b"PK"));
    whole.stop().await;
}
