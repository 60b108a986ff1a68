//! The audit trail and backups over the API.

use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Bus, problem, status};

#[tokio::test]
async fn e5_the_trail_is_paged_verified_and_exported() {
    let bus = Bus::new().await;
    bus.server("cmdb").await;
    let mut seen = Vec::new();
    let mut after = 0;
    loop {
        let page = status(
            bus.get(&bus.admin, &format!("/sics/v1/audit?limit=1&after={after}")),
            200,
        )
        .await;
        seen.extend(
            page["entries"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["action"].as_str().unwrap().to_owned()),
        );
        match page["after"].as_i64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(seen, ["signIn", "server.announced", "signIn", "server.accepted"]);
    let newest = status(bus.get(&bus.admin, "/sics/v1/audit?limit=2&newest=true"), 200).await;
    let actions = newest["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["action"]);
    assert_eq!(
        actions.collect::<Vec<_>>(),
        ["signIn", "server.accepted"],
        "the newest, oldest first"
    );
    assert_eq!(newest["after"], json!(null));
    let verdict = status(bus.get(&bus.admin, "/sics/v1/audit/verify"), 200).await;
    assert_eq!((&verdict["entries"], &verdict["brokenAt"]), (&json!(4), &json!(null)));
    let export = bus.get(&bus.admin, "/sics/v1/audit/export").send().await.unwrap();
    assert_eq!(export.headers()["content-type"], "application/x-ndjson");
    let text = export.text().await.unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((text.lines().count(), &last["action"]), (5, &json!("audit.exported")));
    assert_eq!(
        problem(bus.get(&bus.admin, "/sics/v1/audit?limit=1001"), 400).await,
        "wrongLimit"
    );
}

#[tokio::test]
async fn a_backup_is_the_answer_while_the_bus_runs_and_no_path_is_taken() {
    let bus = Bus::new().await;
    let taken = bus
        .open_request(Method::POST, "/sics/v1/backup")
        .bearer_auth(&bus.admin);
    let taken = taken.send().await.unwrap();
    assert_eq!(
        (
            taken.status().as_u16(),
            taken.headers()["content-type"].to_str().unwrap()
        ),
        (200, "application/vnd.sqlite3")
    );
    let bytes = taken.bytes().await.unwrap();
    assert!(bytes.starts_with(b"SQLite format 3\0"));
    let file = bus.shelf.folder.path().join("backup.db");
    for body in [json!({"file": file}), json!({"file": "relative.db"}), json!([])] {
        let ask = bus.post(&bus.admin, "/sics/v1/backup", body);
        assert_eq!(problem(ask, 400).await, "pathsAreNotTaken");
    }
    assert!(!file.exists());
    // What others commit while it is being sent is no part of it, and holds nobody up.
    let sending = bus
        .open_request(Method::POST, "/sics/v1/backup")
        .bearer_auth(&bus.admin);
    let sending = sending.send().await.unwrap();
    bus.server("cmdb").await;
    let length = sending.content_length().unwrap();
    assert_eq!(sending.bytes().await.unwrap().len() as u64, length);
}
