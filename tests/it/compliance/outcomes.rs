//! What Intune says, and what comes of it, in both modes.

use serde_json::{Value, json};

use super::{DEVICE, EXCEPTION, FOREIGN, Gate, MODES, codes};

#[tokio::test]
async fn pn06_all_eight_outcomes_in_both_modes() {
    let gate = Gate::both(&[]).await;
    for (state, outcome, label) in [
        ("compliant", "COMPLIANT", "Compliant"),
        ("noncompliant", "NONCOMPLIANT", "Not Compliant"),
        ("inGracePeriod", "INGRACEPERIOD", "In Grace Period"),
        ("configManager", "CONFIGMANAGER", "Config Manager"),
        ("conflict", "CONFLICT", "Conflict"),
        ("error", "ERROR", "Error"),
        ("unknown", "UNKNOWN", "Status Unknown"),
        ("Compliant", "UNKNOWN", "Status Unknown"),
        ("somethingNew", "UNKNOWN", "Status Unknown"),
    ] {
        gate.change(DEVICE, json!({"complianceState": state})).await;
        for mode in MODES {
            let decision = gate.fresh(mode).await;
            assert_eq!(decision["outcome"], outcome, "{mode} {state}: {decision}");
            assert_eq!(decision["label"], label);
            assert_eq!(decision["deviceId"], DEVICE);
            assert_eq!(decision["source"], "live");
            assert_eq!(decision["isManaged"], true, "{decision}");
            assert_eq!(decision["isCompliant"], outcome == "COMPLIANT");
            assert!(
                decision["sharedState"].as_object().unwrap().is_empty(),
                "nothing is saved unasked"
            );
        }
    }
    gate.forget().await;
    for mode in MODES {
        let nobody = gate.decide(json!({"node": mode})).await;
        assert_eq!(
            (&nobody["outcome"], &nobody["label"]),
            (&json!("NOID"), &json!("No Id"))
        );
        assert_eq!((&nobody["source"], &nobody["deviceId"]), (&Value::Null, &Value::Null));
    }
    assert_eq!(gate.asked(), Vec::<String>::new(), "nobody is asked without an id");
}

#[tokio::test]
async fn pn06_a_device_without_a_state_is_an_error_in_both_modes() {
    let gate = Gate::both(&[]).await;
    for (properties, leave_out) in [
        (json!({"complianceState": null}), json!([])),
        (json!({"complianceState": 7}), json!([])),
        (json!({}), json!(["complianceState"])),
    ] {
        let body = json!({"properties": properties, "leaveOut": leave_out});
        gate.control("PUT", &format!("devices/{DEVICE}"), body).await;
        for mode in MODES {
            let decision = gate.fresh(mode).await;
            assert_eq!(decision["outcome"], "ERROR", "{decision}");
            assert_eq!(codes(&decision), ["noComplianceState"]);
            assert!(decision["sharedState"][EXCEPTION].is_string(), "PN-07: {decision}");
        }
    }
}

#[tokio::test]
async fn pn16_a_device_that_intune_does_not_know_is_an_error_with_a_clear_reason_or_an_outcome_of_its_own() {
    let gate = Gate::both(&[
        ("node.apart.not_found_apart", "yes"),
        ("node.old.save_properties", "yes"),
    ])
    .await;
    for (node, outcome) in [("own", "ERROR"), ("old", "ERROR"), ("apart", "NOTFOUND")] {
        let decision = gate.decide(json!({"node": node, "deviceId": FOREIGN})).await;
        assert_eq!(decision["outcome"], outcome, "{decision}");
        assert_eq!(codes(&decision), ["deviceNotFound"]);
        assert!(
            decision["reasons"][0]["text"]
                .as_str()
                .unwrap()
                .contains("device not found in Intune")
        );
        // M20: a gateway's client reads one sentence, not Graph's whole answer.
        if node != "old" {
            assert_eq!(
                decision["reasons"][0]["text"], "device not found in Intune",
                "{decision}"
            );
        }
        assert_eq!(decision["isManaged"], false);
        assert!(decision["sharedState"][EXCEPTION].is_string());
        // The original takes the body of the refusal for the device, and saves it.
        let saved = decision["sharedState"]["INTUNE_error"].as_str();
        assert_eq!(
            saved.is_some_and(|text| text.contains("\"code\"")),
            node == "old",
            "{decision}"
        );
    }
}

#[tokio::test]
async fn the_reasons_of_a_bad_outcome_name_policies_and_settings() {
    let gate = Gate::both(&[("node.why.time_budget_ms", "60000")]).await;
    gate.change(DEVICE, json!({"complianceState": "noncompliant"})).await;
    let policies = json!([
        {"displayName": "Windows baseline", "state": "nonCompliant", "settings": [
            {"setting": "Windows10CompliancePolicy.BitLockerEnabled", "state": "nonCompliant"},
            {"setting": "Windows10CompliancePolicy.OsMinimumVersion", "state": "compliant"},
        ]},
        {"displayName": "Antivirus", "state": "compliant", "settings": []},
    ]);
    gate.control(
        "PUT",
        &format!("devices/{DEVICE}/policies"),
        json!({"policies": policies}),
    )
    .await;
    for inline in [true, false] {
        gate.control("PATCH", "tuning", json!({"policiesWithSettings": inline}))
            .await;
        let decision = gate.fresh("why").await;
        assert_eq!(
            codes(&decision),
            ["policyNotMet", "settingNotMet"],
            "inline {inline}: {decision}"
        );
        assert_eq!(decision["reasons"][0]["policy"], "Windows baseline");
        assert_eq!(decision["reasons"][0]["state"], "nonCompliant");
        let setting = decision["reasons"][1]["setting"].as_str().unwrap();
        assert!(setting.contains("BitLocker"), "{decision}");
    }
    gate.forget().await;
    let plain = gate.fresh("own").await;
    assert_eq!(codes(&plain), ["complianceState"], "switched off");
    assert_eq!(gate.asked().len(), 1);

    gate.fault(
        json!({"fault": {"kind": "status", "status": 403}, "path": "*deviceCompliancePolicyStates*", "times": 0}),
    )
    .await;
    let unknown = gate.fresh("why").await;
    assert_eq!(
        unknown["outcome"], "NONCOMPLIANT",
        "reasons that can't be read do not spoil the outcome"
    );
    assert_eq!(codes(&unknown), ["reasonsUnknown"]);
}

#[tokio::test]
async fn a_decision_can_be_explained_step_by_step() {
    let gate = Gate::new(&[
        ("node.own.policy_1", "CONFLICT: operatingSystem == \"none of these\""),
        ("node.own.time_budget_ms", "60000"),
    ])
    .await;
    let question = json!({"header": {"X-Intune": format!("CN={DEVICE}")}, "options": {"explain": true}});
    let told = gate.decide(question).await;
    let steps: Vec<String> = told["explained"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            format!(
                "{}: {}",
                step["step"].as_str().unwrap(),
                step["found"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        steps,
        [
            "id: looked for in header",
            "complianceState: compliant: COMPLIANT",
            "policy_1: does not match"
        ]
    );
    assert!(
        gate.decide(json!({"deviceId": DEVICE}))
            .await
            .get("explained")
            .is_none()
    );
}
