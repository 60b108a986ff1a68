//! The decision itself: rules over facts, without any tenant.

use chrono::{DateTime, TimeDelta};
use intune_connector::compliance::{
    ComplianceVerdict, DeviceFacts, InstalledApp, InstalledApps, Node, PolicyStates, judge_compliance,
};
use intune_connector::config::NodeSettings;
use intune_connector::model::Timestamp;
use serde_json::{Value, json};

use crate::support::scripted;

fn now() -> Timestamp {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

/// A node with these settings.
fn settings(pairs: &[(&str, &str)]) -> std::sync::Arc<NodeSettings> {
    let pairs: Vec<(String, &str)> = pairs
        .iter()
        .map(|(key, value)| (format!("node.own.{key}"), *value))
        .collect();
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    scripted::settings("http://127.0.0.1:9", &pairs).nodes[0].clone()
}

fn node(pairs: &[(&str, &str)]) -> Node {
    Node::new(&settings(pairs)).unwrap()
}

fn facts(device: Value, apps: &[&str]) -> DeviceFacts {
    let apps = apps.iter().map(|name| InstalledApp {
        name: (*name).to_owned(),
        version: None,
        publisher: None,
    });
    DeviceFacts {
        device: device.as_object().unwrap().clone(),
        apps: InstalledApps::Read(apps.collect()),
        apps_without_name: 0,
        policy_states: PolicyStates::NotAsked,
        read_at: now(),
        bytes: 0,
    }
}

fn codes(judged: &ComplianceVerdict) -> Vec<&str> {
    judged.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

#[test]
fn pn25_a_device_that_did_not_check_in_for_too_long_is_unknown() {
    let node = node(&[("max_check_in_hours", "24")]);
    for (state, hours, outcome) in [
        ("compliant", 24, "COMPLIANT"),
        ("compliant", 25, "UNKNOWN"),
        ("inGracePeriod", 25, "UNKNOWN"),
        ("noncompliant", 25, "NONCOMPLIANT"),
        ("error", 25, "ERROR"),
    ] {
        let last = (now() - TimeDelta::hours(hours)).to_rfc3339();
        let judged = judge_compliance(
            &node,
            &facts(json!({"complianceState": state, "lastSyncDateTime": last}), &[]),
            now(),
        );
        assert_eq!(judged.outcome.id(), outcome, "{state} {hours}");
        assert_eq!(codes(&judged).contains(&"checkInTooOld"), hours > 24);
    }
    for never in [json!("0001-01-01T00:00:00Z"), json!(null), json!("yesterday"), json!(7)] {
        let device = json!({"complianceState": "compliant", "lastSyncDateTime": never});
        assert_eq!(
            judge_compliance(&node, &facts(device, &[]), now()).outcome.id(),
            "UNKNOWN"
        );
    }
}

#[test]
fn the_first_policy_that_holds_decides_and_one_that_fails_is_an_error() {
    let policies = [
        ("policy_2", "COMPLIANT: outcome == \"INGRACEPERIOD\" && isEncrypted"),
        (
            "policy_1",
            "NONCOMPLIANT: operatingSystem == \"Android\" && checkInHours > 2.0",
        ),
        ("policy_10", "CONFLICT: deviceName.startsWith(\"TEST\")"),
    ];
    let node = node(&policies);
    let last = (now() - TimeDelta::hours(3)).to_rfc3339();
    for (device, outcome) in [
        (
            json!({"operatingSystem": "Android", "deviceName": "TEST"}),
            "NONCOMPLIANT",
        ),
        (json!({"operatingSystem": "iOS", "deviceName": "TEST"}), "CONFLICT"),
        (json!({"operatingSystem": "iOS", "deviceName": "PC"}), "COMPLIANT"),
        (
            json!({"complianceState": "inGracePeriod", "isEncrypted": true, "deviceName": "PC"}),
            "COMPLIANT",
        ),
        (
            json!({"complianceState": "inGracePeriod", "isEncrypted": false, "deviceName": "PC"}),
            "INGRACEPERIOD",
        ),
        // No name: the condition can't be answered, and nobody gets past it.
        (json!({"operatingSystem": "iOS"}), "ERROR"),
    ] {
        let mut whole = json!({"complianceState": "compliant", "lastSyncDateTime": last});
        whole
            .as_object_mut()
            .unwrap()
            .extend(device.as_object().unwrap().clone());
        let judged = judge_compliance(&node, &facts(whole, &[]), now());
        assert_eq!(judged.outcome.id(), outcome, "{device}: {:?}", judged.reasons);
    }
}

#[test]
fn what_tightens_has_the_last_word() {
    let node = node(&[
        ("policy_1", "COMPLIANT: true"),
        ("forbidden_apps", "Torrent"),
        ("max_check_in_hours", "24"),
    ]);
    let device = |hours: i64| {
        let last = (now() - TimeDelta::hours(hours)).to_rfc3339();
        json!({"complianceState": "noncompliant", "lastSyncDateTime": last})
    };
    let judged = |hours, apps: &[&str]| judge_compliance(&node, &facts(device(hours), apps), now()).outcome.id();
    assert_eq!(judged(1, &[]), "COMPLIANT", "a policy may let in");
    assert_eq!(judged(30, &[]), "UNKNOWN");
    assert_eq!(judged(1, &["Torrent"]), "NONCOMPLIANT");
    assert_eq!(judged(30, &["Torrent"]), "NONCOMPLIANT");
}

#[test]
fn pn24_policies_can_ask_for_apps() {
    let node = node(&[("policy_1", "CONFLICT: apps.exists(app, app.startsWith(\"Tor\"))")]);
    let device = json!({"complianceState": "compliant"});
    assert_eq!(
        judge_compliance(&node, &facts(device.clone(), &["Torrent"]), now())
            .outcome
            .id(),
        "CONFLICT"
    );
    assert_eq!(
        judge_compliance(&node, &facts(device, &["Teams"]), now()).outcome.id(),
        "COMPLIANT"
    );
}

#[test]
fn a_policy_is_checked_before_it_is_used() {
    for (policy, part) in [
        ("CONFLICT: colour == \"red\"", "colour"),
        ("CONFLICT: activationLockBypassCode != null", "activationLockBypassCode"),
        ("CONFLICT: operatingSystem ==", "line 1"),
    ] {
        let error = Node::new(&settings(&[("policy_1", policy)])).unwrap_err().to_string();
        assert!(
            error.contains(part) && error.contains("policy 1 of node own"),
            "{error}"
        );
    }
}
