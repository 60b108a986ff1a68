//! Settings that are wrong are refused before anything is written, whichever key it is (B6).

use intune_connector::config::{INSTANCE_TABLE, KeyRole, SettingKey, ValueKind};
use reqwest::Method;
use serde_json::{Value, json};

use super::{INSTANCE, Whole};

/// A value that no key of this kind takes.
fn wrong_value(key: &SettingKey) -> Value {
    if key.role == KeyRole::Fixed {
        return json!("fabrikam.example");
    }
    match key.kind {
        ValueKind::Flag => json!("perhaps"),
        ValueKind::Number { .. } | ValueKind::Decimal { .. } => json!("-1"),
        ValueKind::Word(_) => json!("nonsense"),
        ValueKind::SafeUrl | ValueKind::WebhookUrl | ValueKind::InventoryUrl | ValueKind::ConsoleUrl => {
            json!("ftp://host.example")
        }
        ValueKind::ProxyUrl => json!("https://proxy.example:3128"),
        ValueKind::Path => json!("/etc/passwd"),
        ValueKind::Date => json!("soon"),
        ValueKind::Zone => json!("Mars/Olympus"),
        ValueKind::Trigger | ValueKind::TriggerOrAuto => json!("61 * * * *"),
        ValueKind::Guid | ValueKind::Guids => json!("1234"),
        ValueKind::List | ValueKind::Networks | ValueKind::Hosts | ValueKind::CertificateNames => json!("one,,two"),
        ValueKind::Audience | ValueKind::Instances => json!("*, cmdb"),
        ValueKind::WriteWindow => json!("22:00"),
        ValueKind::ClassRule => json!("no colon"),
        ValueKind::Cel => json!("deviceName = 'x'"),
        ValueKind::Verbs | ValueKind::PersonalVerbs => json!("fly"),
        ValueKind::Windows => json!("sometimes"),
        ValueKind::VerbVersions => json!("sync=v9"),
        ValueKind::Definitions | ValueKind::Folders => json!("no equals sign"),
        ValueKind::Outcomes => json!("PERHAPS"),
        ValueKind::PolicyRule => json!("PERHAPS: true"),
        ValueKind::SecretText | ValueKind::SecretBytes => json!({"not": "text"}),
        ValueKind::Text | ValueKind::Names | ValueKind::Tenant | ValueKind::Listen | ValueKind::ListenOrAuto => {
            json!("a\u{7}b")
        }
    }
}

fn written_name(key: &SettingKey) -> String {
    key.name.replace("NAME", "gate").replace("_N", "_1")
}

#[tokio::test]
async fn mi_17_the_metrics_of_a_removed_instance_vanish() {
    let whole = Whole::new(3, &[]).await;
    whole.completed("full", 1).await;
    let of_instance = async || {
        let metrics = whole.get("/metrics").await;
        let lines = metrics.as_str().unwrap().lines();
        lines
            .filter(|line| line.contains(&format!("instance=\"{INSTANCE}\"")))
            .count()
    };
    let all = whole.get("/metrics").await;
    assert!(of_instance().await > 0, "{all}");
    let path = format!("/sics/v1/instances/{INSTANCE}");
    whole.confirmed(Method::DELETE, &path, json!({}), 3).await;
    assert_eq!(of_instance().await, 0);
}

#[tokio::test]
async fn mi_17_announcing_again_without_a_name_keeps_the_name() {
    let whole = Whole::new(3, &[]).await;
    let path = "/sics/v1/servers/cmdb";
    let announce = async |body: Value| whole.good(Method::PUT, path, body).await["displayName"].clone();
    assert_eq!(announce(json!({})).await, "cmdb");
    assert_eq!(announce(json!({"displayName": "The inventory"})).await, "The inventory");
    assert_eq!(announce(json!({})).await, "The inventory");
}

#[tokio::test]
async fn b6_a_wrong_value_of_any_key_is_refused_before_it_is_written() {
    let whole = Whole::new(3, &[]).await;
    let file = whole.data().join(format!("instances/{INSTANCE}.ini"));
    // Sealed by now.
    let before = std::fs::read_to_string(&file).unwrap();
    let path = format!("/sics/v1/instances/{INSTANCE}");
    let by_kind = INSTANCE_TABLE
        .keys
        .iter()
        .map(|key| (written_name(key), wrong_value(key)));
    // Good ones by themselves, with which the instance would not start.
    let as_a_whole = [
        ("fields", "deviceName, serialNumbr"),
        ("fields", "ethernetMac"),
        ("filter", "operatingsystem == 'iOS'"),
        ("class_1", "phone: modell == 'x'"),
        ("never_touch", "operatingsystem == 1"),
        ("node.gate.policy_1", "COMPLIANT: operatingsystem == 'iOS'"),
        ("next_pfx", "bm8gcGZ4"),
        ("actions_pfx", "bm8gcGZ4"),
        ("incremental", "0 0 30 2 *"),
    ];
    let as_a_whole = as_a_whole
        .into_iter()
        .map(|(key, value)| (key.to_owned(), json!(value)));
    for (key, value) in by_kind.chain(as_a_whole) {
        let (status, problem) = whole.ask(Method::PATCH, &path, json!({key.as_str(): value})).await;
        assert!(status.is_client_error(), "{key} = {value}: {status} {problem}");
        assert!(
            !problem["advice"].as_str().unwrap_or_default().is_empty(),
            "{key} = {value}: {problem}"
        );
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            before,
            "{key} = {value} was written"
        );
    }
    let status = &whole.get("/sics/v1/instances").await["instances"][0];
    assert_ne!(status["state"], "misconfigured", "{status}");
}
