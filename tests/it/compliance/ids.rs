//! Odd ids, in both modes and both places.

use serde_json::{Value, json};

use super::{DEVICE, EXCEPTION, Gate, OTHER, codes};

/// What was given; the outcome as we mean it and as the original has it; whether we, and it, may ask Graph.
type Odd = (Value, &'static str, &'static str);

fn odd_ids() -> Vec<Odd> {
    let good = |text: String, own: &'static str, old: &'static str| (json!(text), own, old);
    vec![
        good(DEVICE.to_owned(), "COMPLIANT", "COMPLIANT"),
        good(format!("CN={DEVICE}"), "COMPLIANT", "COMPLIANT"),
        good(DEVICE.to_uppercase(), "COMPLIANT", "COMPLIANT"),
        good(format!("cn={DEVICE}"), "COMPLIANT", "ERROR"),
        good(format!("CN={DEVICE},OU=phones,O=Contoso"), "COMPLIANT", "ERROR"),
        good(format!("O=Contoso\\, Ltd.,CN={DEVICE}"), "COMPLIANT", "ERROR"),
        good(format!(" {DEVICE} "), "COMPLIANT", "ERROR"),
        good(format!("OU=CN\\={OTHER},CN={DEVICE}"), "COMPLIANT", "ERROR"),
        good(format!("CN={DEVICE},CN={OTHER}"), "ERROR", "ERROR"),
        good(format!("/O=x/CN={DEVICE}"), "ERROR", "ERROR"),
        good(format!("CN=CN={DEVICE}"), "ERROR", "COMPLIANT"),
        good(format!("{DEVICE}/detectedApps"), "ERROR", "ERROR"),
        good(format!("{OTHER}/../{DEVICE}"), "ERROR", "ERROR"),
        good(format!("{DEVICE}?$select=id"), "ERROR", "ERROR"),
        good(format!("{DEVICE}%2f.."), "ERROR", "ERROR"),
        good(format!("{DEVICE}\r\nX: y"), "ERROR", "ERROR"),
        good("../../users".to_owned(), "ERROR", "ERROR"),
        good(format!("{{{DEVICE}}}"), "ERROR", "ERROR"),
        good("PC-0001".to_owned(), "ERROR", "ERROR"),
        good("x".repeat(10_000), "ERROR", "ERROR"),
        (json!(17), "ERROR", "ERROR"),
        (json!({"id": DEVICE}), "ERROR", "ERROR"),
    ]
}

#[tokio::test]
async fn pn02_pn03_pn05_odd_ids_from_header_and_shared_state_in_both_modes() {
    let gate = Gate::both(&[
        ("node.own-state.id_from_shared_state", "yes"),
        ("node.own-state.time_budget_ms", "60000"),
        ("node.old-state.id_from_shared_state", "yes"),
        ("node.old-state.compatible", "yes"),
        ("node.old-state.time_budget_ms", "60000"),
    ])
    .await;
    for (id, own, old) in odd_ids() {
        for (node, expected) in [("own", own), ("own-state", own), ("old", old), ("old-state", old)] {
            gate.forget().await;
            let place = if node.ends_with("state") {
                "sharedState"
            } else {
                "header"
            };
            let question = json!({"node": node, place: {"x-intune": id}, "options": {"fresh": true}});
            let decision = gate.decide(question).await;
            assert_eq!(decision["outcome"], expected, "{node} {id}: {decision}");
            let asked = gate.asked();
            if expected == "COMPLIANT" {
                assert_eq!(decision["deviceId"], DEVICE, "{node} {id}");
                assert_eq!(asked.len(), 1);
                assert!(asked[0].starts_with(&format!("/v1.0/deviceManagement/managedDevices/{DEVICE}")));
            } else {
                assert_eq!(
                    asked,
                    Vec::<String>::new(),
                    "{node} {id}: an id that is none reaches no address"
                );
                assert!(decision["sharedState"][EXCEPTION].is_string(), "PN-07: {decision}");
                assert_eq!(decision["deviceId"], Value::Null);
            }
        }
    }
}

#[tokio::test]
async fn pn04_empty_and_missing_ids_are_no_id_but_an_empty_header_is_an_error_to_the_original() {
    let gate = Gate::both(&[("node.state.id_from_shared_state", "yes")]).await;
    for (question, own, old) in [
        (json!({}), "NOID", "NOID"),
        (json!({"header": {}}), "NOID", "NOID"),
        (json!({"header": {"x-intune": []}}), "NOID", "NOID"),
        (json!({"header": {"x-intune": null}}), "NOID", "NOID"),
        (json!({"header": {"other": DEVICE}}), "NOID", "NOID"),
        (json!({"header": {"x-intune": ""}}), "NOID", "ERROR"),
        (json!({"header": {"x-intune": "  "}}), "NOID", "ERROR"),
        (json!({"header": {"x-intune": "CN="}}), "NOID", "ERROR"),
        (json!({"deviceId": ""}), "NOID", "NOID"),
        // Not looked for there.
        (json!({"sharedState": {"x-intune": DEVICE}}), "NOID", "NOID"),
    ] {
        for (node, expected) in [("own", own), ("old", old)] {
            let mut question = question.clone();
            question["node"] = json!(node);
            let decision = gate.decide(question.clone()).await;
            assert_eq!(decision["outcome"], expected, "{question}: {decision}");
            assert_eq!(
                codes(&decision),
                [if expected == "NOID" { "idMissing" } else { "idNotGuid" }]
            );
        }
    }
    for state in [json!({}), json!({"x-intune": ""}), json!({"x-intune": null})] {
        let decision = gate.decide(json!({"node": "state", "sharedState": state})).await;
        assert_eq!(decision["outcome"], "NOID");
    }
    assert_eq!(gate.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn pn02_a_header_that_says_two_things_is_refused_and_the_original_takes_the_first() {
    let gate = Gate::both(&[]).await;
    gate.device(OTHER, json!({"complianceState": "noncompliant"})).await;
    let twice = |first: &str, second: &str| json!({"X-INTUNE": [first, second]});
    for (header, own, old) in [
        (twice(DEVICE, OTHER), "ERROR", "COMPLIANT"),
        (twice(OTHER, DEVICE), "ERROR", "NONCOMPLIANT"),
        (twice(DEVICE, DEVICE), "COMPLIANT", "COMPLIANT"),
        (json!({"x-intune": DEVICE, "X-Intune": OTHER}), "ERROR", "COMPLIANT"),
    ] {
        for (node, expected) in [("own", own), ("old", old)] {
            let decision = gate.decide(json!({"node": node, "header": header})).await;
            assert_eq!(decision["outcome"], expected, "{node} {header}: {decision}");
        }
    }
}

#[tokio::test]
async fn pn02_the_name_of_the_header_or_key_is_a_setting() {
    let gate = Gate::new(&[
        ("node.own.header", "X-Client-Device"),
        ("node.own.time_budget_ms", "60000"),
    ])
    .await;
    let found = gate
        .decide(json!({"header": {"x-client-device": DEVICE, "x-intune": OTHER}}))
        .await;
    assert_eq!(
        (&found["outcome"], &found["deviceId"]),
        (&json!("COMPLIANT"), &json!(DEVICE))
    );
}

/// A certificate with the Entra device id: closed as before, and it is said what was handed over, and what to do.
#[tokio::test]
async fn st_17_an_entra_device_id_is_recognised_and_stays_closed() {
    let gate = Gate::both(&[("node.apart.not_found_apart", "yes")]).await;
    let closed = async |node: &str, id: &str| {
        let decision = gate
            .decide(json!({"node": node, "header": {"x-intune": format!("CN={id}")}}))
            .await;
        assert_ne!(decision["isCompliant"], true, "{decision}");
        assert_eq!(decision["isManaged"], false, "{decision}");
        decision
    };
    let unknown = closed("own", super::FOREIGN).await;
    assert_eq!(codes(&unknown), ["deviceNotFound"], "nobody's Entra device id");
    gate.change(DEVICE, json!({"azureADDeviceId": super::FOREIGN})).await;
    for (node, outcome) in [("own", "ERROR"), ("apart", "NOTFOUND")] {
        let decision = closed(node, super::FOREIGN).await;
        assert_eq!(decision["outcome"], outcome);
        assert_eq!(codes(&decision), ["deviceNotFound", "entraDeviceId"], "{decision}");
        let text = decision["reasons"][1]["text"].as_str().unwrap();
        assert!(text.contains(DEVICE) && text.contains("CN={{DeviceId}}"), "{text}");
    }
}

/// The inventory knows it without a word to Graph.
#[tokio::test]
async fn st_17_the_inventory_knows_a_device_by_its_entra_id() {
    let shop = crate::support::workshop::Workshop::new().await;
    let (entra, other) = (
        "6f3f1c1e-0000-4000-8000-00000000000a",
        "6f3f1c1e-0000-4000-8000-00000000000b",
    );
    let id = shop
        .put(json!({"operatingSystem": "Windows", "osVersion": "10.0.26100.1", "azureADDeviceId": entra}))
        .await;
    shop.rig.full().await;
    let instance = shop.rig.shelf.instance.id;
    let store = &shop.desk.store;
    let found = store
        .find_device_by_entra_id(instance, entra.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(found.map(|id| id.to_string()), Some(id.clone()));
    assert_eq!(
        store
            .find_device_by_entra_id(instance, other.parse().unwrap())
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        store
            .find_device_by_entra_id(instance, id.parse().unwrap())
            .await
            .unwrap(),
        None
    );
}
