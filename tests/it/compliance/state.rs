//! What a decision leaves in the shared state.

use serde_json::{Value, json};

use super::{DEVICE, EXCEPTION, Gate, MODES};

fn text<'a>(decision: &'a Value, key: &str) -> Option<&'a str> {
    decision["sharedState"][key].as_str()
}

#[tokio::test]
async fn pn08_pn09_properties_are_saved_where_that_is_switched_on_and_secrets_never() {
    let gate = Gate::both(&[("node.own.save_properties", "yes"), ("node.old.save_properties", "yes")]).await;
    let properties = json!({
        "complianceState": "compliant", "deviceName": "LAPTOP-1", "model": " ", "notes": "", "isEncrypted": true,
        "totalStorageSpaceInBytes": 512_000_000_000_i64, "subscriberCarrier": null,
        "activationLockBypassCode": "canary-bypass", "remoteAssistanceSessionUrl": "https://canary-help",
        "deviceActionResults": [{"actionName": "resetPasscode", "actionState": "done", "passcode": "canary-passcode"}],
    });
    gate.device(DEVICE, properties).await;
    for mode in MODES {
        let decision = gate.fresh(mode).await;
        assert_eq!(text(&decision, "INTUNE_deviceName"), Some("LAPTOP-1"), "{decision}");
        assert_eq!(text(&decision, "INTUNE_complianceState"), Some("compliant"));
        assert_eq!(text(&decision, "INTUNE_isEncrypted"), Some("true"));
        assert_eq!(text(&decision, "INTUNE_totalStorageSpaceInBytes"), Some("512000000000"));
        assert_eq!(text(&decision, "INTUNE_id"), Some(DEVICE));
        assert!(
            text(&decision, "INTUNE_@odata.context").is_some(),
            "PN-08: a key like others"
        );
        for missing in ["INTUNE_model", "INTUNE_notes", "INTUNE_subscriberCarrier"] {
            assert_eq!(text(&decision, missing), None, "PN-09: {missing}");
        }
        assert!(!decision.to_string().contains("canary"), "{decision}");
        assert!(!decision["sharedState"].as_object().unwrap().contains_key(EXCEPTION));
    }
    let as_original = gate.fresh("old").await;
    let results = text(&as_original, "INTUNE_deviceActionResults").unwrap();
    assert!(results.contains("resetPasscode"), "{results}");

    let unasked = gate
        .decide(json!({"node": "own", "deviceId": DEVICE, "options": {"properties": false}}))
        .await;
    assert_eq!(unasked["sharedState"], json!({}));
}

#[tokio::test]
async fn pn08_properties_are_there_even_where_the_outcome_is_an_error() {
    let gate = Gate::both(&[("node.own.save_properties", "yes"), ("node.old.save_properties", "yes")]).await;
    let body = json!({"properties": {"deviceName": "LAPTOP-1"}, "leaveOut": ["complianceState"]});
    gate.control("PUT", &format!("devices/{DEVICE}"), body).await;
    for mode in MODES {
        let decision = gate.fresh(mode).await;
        assert_eq!(decision["outcome"], "ERROR");
        assert_eq!(text(&decision, "INTUNE_deviceName"), Some("LAPTOP-1"));
        assert!(text(&decision, EXCEPTION).is_some());
    }
}

#[tokio::test]
async fn pn17_what_an_earlier_decision_left_is_cleared_first_but_not_by_the_original() {
    let gate = Gate::both(&[("node.own.save_properties", "yes"), ("node.old.save_properties", "yes")]).await;
    let before = json!({"INTUNE_complianceState": "compliant", "INTUNE_ofAnotherDevice": "x", EXCEPTION: "old",
        "username": "mia", "password": "canary-of-the-journey"});
    for (mode, removed) in [
        ("own", json!(["INTUNE_ofAnotherDevice", EXCEPTION])),
        ("old", json!([])),
    ] {
        let question = json!({"node": mode, "deviceId": DEVICE, "sharedState": before});
        let decision = gate.decide(question).await;
        assert_eq!(decision["removed"], removed, "{decision}");
        assert!(
            !decision.to_string().contains("canary"),
            "what is not ours is not repeated"
        );
    }
    // Also where nothing could be read: a stale state must not stand beside a new outcome.
    let nobody = gate.decide(json!({"node": "own", "sharedState": before})).await;
    assert_eq!(nobody["outcome"], "NOID");
    assert_eq!(
        nobody["removed"],
        json!(["INTUNE_complianceState", "INTUNE_ofAnotherDevice", EXCEPTION])
    );
}
