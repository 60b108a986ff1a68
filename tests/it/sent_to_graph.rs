//! What the connector sends, against the table of facts drawn from Microsoft's schema.

use std::collections::BTreeSet;

use serde_json::Value;
use simulated_tenant::LogEntry;

use crate::support::rig::{LIST, Rig};

fn facts() -> Value {
    serde_json::from_str(include_str!("../fixtures/graph-facts.json")).unwrap()
}

/// A query's options, decoded.
fn options(entry: &LogEntry) -> Vec<(String, String)> {
    let url = url::Url::parse(&format!("http://x/?{}", entry.query)).unwrap();
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn check(option: &str, value: &str, properties: &Value) {
    match option {
        "$select" => {
            for name in value.split(',') {
                assert!(
                    name == "id" || properties.get(name).is_some(),
                    "there is no property {name}"
                );
            }
        }
        "$filter" => {
            let at = value
                .strip_prefix("lastSyncDateTime gt ")
                .unwrap_or_else(|| panic!("not documented: {value}"));
            assert!(chrono::DateTime::parse_from_rfc3339(at).is_ok(), "{at}");
        }
        "$top" => assert!(value.parse::<u32>().unwrap() <= 1000, "{value}"),
        "$skiptoken" => {}
        other => panic!("{other} is sent, which Intune does not document"),
    }
}

#[tokio::test]
async fn scans_send_only_what_the_schema_and_the_documentation_know() {
    let rig = Rig::new(35).await;
    rig.full().await;
    rig.incremental().await;
    let properties = &facts()["v1.0"]["types"]["managedDevice"];
    let sent = rig.sim.simulated.log().entries(0, usize::MAX);
    let mut paths = BTreeSet::new();
    for entry in sent.iter().filter(|entry| entry.path.starts_with("/v1.0/")) {
        paths.insert(format!("{} {}", entry.method, entry.path));
        let own_id = entry.client_request_id.as_deref().unwrap_or_default();
        assert!(
            uuid::Uuid::parse_str(own_id).is_ok(),
            "{own_id:?} is no id of the request's own"
        );
        for (option, value) in options(entry) {
            check(&option, &value, properties);
        }
    }
    assert!(paths.contains(&format!("GET {LIST}")));
    let read_only = paths
        .iter()
        .all(|path| path.starts_with("GET ") || path == "POST /v1.0/$batch");
    assert!(read_only, "a scan writes nothing: {paths:?}");
    let beta = sent.iter().filter(|entry| entry.path.starts_with("/beta/")).count();
    assert_eq!(beta, 0, "the list and the counts are v1.0");
}

#[tokio::test]
async fn an_incremental_scan_of_a_few_asks_for_one_page() {
    let rig = Rig::new(95).await;
    rig.full().await;
    rig.advance(chrono::TimeDelta::hours(10));
    rig.full().await;
    rig.advance(chrono::TimeDelta::minutes(30));
    rig.control("POST", "devices/check-in", serde_json::json!({"count": 1}))
        .await;
    rig.sim.simulated.log().clear();
    let scan = rig.incremental().await;
    let lists = rig
        .sim
        .simulated
        .log()
        .counters()
        .by_path
        .get(&format!("GET {LIST}"))
        .copied();
    assert_eq!((scan.seen, lists), (1, Some(1)));
}
