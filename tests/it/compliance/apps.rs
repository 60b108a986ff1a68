//! Installed apps: saved, judged by, and what happens where they can't be read.

use serde_json::{Value, json};

use super::{DEVICE, EXCEPTION, Gate, codes};

const APPS: &str = "*/detectedApps*";
const TEXT: &str = "INTUNE_INSTALLED_APPS";

fn names(count: usize) -> Value {
    (0..count).map(|n| json!(format!("App {n:03}"))).collect()
}

#[tokio::test]
async fn pn10_pn11_apps_are_saved_whole_and_the_original_reads_the_first_page() {
    let gate = Gate::both(&[("node.own.save_apps", "yes"), ("node.old.save_apps", "yes")]).await;
    gate.control("PATCH", "tuning", json!({"appsPageSize": 20})).await;
    gate.apps(DEVICE, names(45)).await;
    for (mode, count) in [("own", 45), ("old", 20)] {
        let decision = gate.fresh(mode).await;
        assert_eq!(decision["outcome"], "COMPLIANT", "{decision}");
        let text = decision["sharedState"][TEXT].as_str().unwrap();
        let list = text.strip_prefix('[').unwrap().strip_suffix(']').unwrap();
        assert_eq!(list.split(", ").count(), count, "{text}");
        let json = decision["sharedState"]["INTUNE_INSTALLED_APPS_JSON"].as_str();
        let read: Option<Vec<Value>> = json.map(|json| serde_json::from_str(json).unwrap());
        assert_eq!(read.map(|apps| apps.len()), (mode == "own").then_some(45));
    }
}

#[tokio::test]
async fn pn11_the_version_of_graph_is_a_setting() {
    let gate = Gate::both(&[
        ("node.own.save_apps", "yes"),
        ("node.own.apps_version", "v1.0"),
        ("node.old.save_apps", "yes"),
    ])
    .await;
    gate.apps(DEVICE, json!(["Teams"])).await;
    let refused = gate.fresh("own").await;
    assert_eq!(refused["outcome"], "ERROR", "v1.0 does not know apps here: {refused}");
    gate.control("PATCH", "tuning", json!({"detectedAppsOnV1": true})).await;
    gate.forget().await;
    assert_eq!(gate.fresh("own").await["sharedState"][TEXT], "[Teams]");
    assert!(gate.asked()[1].starts_with("/v1.0/"), "{:?}", gate.asked());
    gate.forget().await;
    assert_eq!(gate.fresh("old").await["sharedState"][TEXT], "[Teams]");
    assert!(gate.asked()[1].starts_with("/beta/"), "{:?}", gate.asked());
}

#[tokio::test]
async fn pn12_apps_that_can_not_be_read_are_an_error_unless_they_are_optional() {
    let gate = Gate::both(&[
        ("node.own.save_apps", "yes"),
        ("node.old.save_apps", "yes"),
        ("node.lax.save_apps", "yes"),
        ("node.lax.apps_optional", "yes"),
        ("node.lax.time_budget_ms", "60000"),
    ])
    .await;
    gate.fault(json!({"fault": {"kind": "status", "status": 403}, "path": APPS, "times": 0}))
        .await;
    for (node, outcome) in [("own", "ERROR"), ("old", "ERROR"), ("lax", "COMPLIANT")] {
        let decision = gate.fresh(node).await;
        assert_eq!(decision["outcome"], outcome, "{decision}");
        assert_eq!(codes(&decision), ["appsUnread"]);
        assert_eq!(decision["sharedState"][EXCEPTION].is_string(), outcome == "ERROR");
        assert!(decision["sharedState"].get(TEXT).is_none());
    }
    gate.heal().await;
    // A right that was missing is asked for again after five seconds (E9).
    gate.advance(chrono::TimeDelta::seconds(6));
    gate.apps(DEVICE, json!(["Teams"])).await;
    let after = gate.decide(json!({"node": "lax", "deviceId": DEVICE})).await;
    assert_eq!(after["sharedState"][TEXT], "[Teams]", "half a reading is not kept");
}

#[tokio::test]
async fn pn24_forbidden_and_required_apps_are_judged_and_told() {
    let gate = Gate::new(&[
        ("node.strict.forbidden_apps", "Torrent; Chess, Deluxe"),
        ("node.strict.required_apps", "Defender"),
        ("node.strict.time_budget_ms", "60000"),
    ])
    .await;
    for (apps, outcome, expected, present) in [
        (json!(["Defender", "Teams"]), "COMPLIANT", vec![], "no"),
        (
            json!(["Defender", "torrent"]),
            "NONCOMPLIANT",
            vec!["forbiddenApp"],
            "yes",
        ),
        (
            json!(["Defender", "Chess, Deluxe"]),
            "NONCOMPLIANT",
            vec!["forbiddenApp"],
            "yes",
        ),
        (json!(["Teams"]), "NONCOMPLIANT", vec!["requiredAppMissing"], "no"),
        (
            json!(["Torrent"]),
            "NONCOMPLIANT",
            vec!["forbiddenApp", "requiredAppMissing"],
            "yes",
        ),
    ] {
        gate.apps(DEVICE, apps.clone()).await;
        let decision = gate.fresh("strict").await;
        assert_eq!(decision["outcome"], outcome, "{apps}: {decision}");
        assert_eq!(codes(&decision), expected, "{apps}");
        assert_eq!(decision["sharedState"], json!({"blackListedAppPresent": present}));
    }
    gate.fault(json!({"fault": {"kind": "status", "status": 403}, "path": APPS, "times": 0}))
        .await;
    assert_eq!(
        gate.fresh("strict").await["outcome"],
        "ERROR",
        "what judges has to be known"
    );
}

/// Names of Windows apps carry version, architecture and language; both lists know, and what can't be judged is told.
#[tokio::test]
async fn st_5_apps_are_judged_by_pattern_and_by_name_with_their_additions() {
    let gate = Gate::both(&[
        ("node.plain.forbidden_apps", "TeamViewer"),
        ("node.star.forbidden_apps", "TeamViewer*"),
        ("node.wants.required_apps", "Mozilla Firefox"),
        ("node.wanted.required_apps", "Mozilla*"),
    ])
    .await;
    let outcomes = async |installed: Value| {
        gate.apps(DEVICE, installed).await;
        let mut all = Vec::new();
        for node in ["plain", "star", "wants", "wanted"] {
            all.push(gate.fresh(node).await["outcome"].as_str().unwrap() == "COMPLIANT");
        }
        all
    };
    for (installed, wanted) in [
        (
            json!(["TeamViewer 15.2 (64-bit)", "Mozilla Firefox (x64 de)"]),
            [false, false, true, true],
        ),
        (
            json!(["TEAMVIEWER\u{a0}15", "mozilla  firefox 128.0"]),
            [false, false, true, true],
        ),
        (
            json!(["TeamViewer Host", "Mozilla Maintenance Service"]),
            [true, false, false, true],
        ),
        (json!(["TeamViewers", "Firefox"]), [true, false, false, false]),
        (json!(["My TeamViewer 15"]), [true, true, false, false]),
    ] {
        assert_eq!(outcomes(installed.clone()).await, wanted, "{installed}");
    }
    gate.apps(DEVICE, json!(["TeamViewer 15.2 (64-bit)"])).await;
    let decision = gate.fresh("star").await;
    let text = decision["reasons"][0]["text"].as_str().unwrap();
    assert_eq!(
        text,
        "TeamViewer 15.2 (64-bit) is installed, and TeamViewer* is forbidden"
    );
}
