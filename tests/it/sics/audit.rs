//! The audit trail and backups over the API.

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
async fn a_backup_is_written_while_the_bus_runs_and_never_over_a_file() {
    let bus = Bus::new().await;
    let file = bus.shelf.folder.path().join("backup.db");
    let ask = |file: &str| bus.post(&bus.admin, "/sics/v1/backup", json!({"file": file}));
    let written = status(ask(file.to_str().unwrap()), 201).await;
    assert!(written["bytes"].as_u64().unwrap() > 0 && file.exists());
    assert_eq!(problem(ask(file.to_str().unwrap()), 400).await, "wrongFile");
    assert_eq!(problem(ask("relative.db"), 400).await, "wrongFile");
}
