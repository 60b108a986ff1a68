//! Live decisions.

use serde_json::json;

use super::{DEVICE, Gate};

#[tokio::test]
async fn a_device_is_asked_for_and_its_state_is_the_outcome() {
    let gate = Gate::new(&[]).await;
    let decision = gate.decide(json!({"deviceId": DEVICE})).await;
    assert_eq!(decision["outcome"], "COMPLIANT", "{decision}");
    assert_eq!(decision["label"], "Compliant");
    assert_eq!(decision["deviceId"], DEVICE);
    assert_eq!(decision["source"], "live");
    assert_eq!(decision["ageMs"], 0);
    assert_eq!(decision["node"], "default");
    assert_eq!(gate.asked(), [format!("/v1.0/deviceManagement/managedDevices/{DEVICE}")]);
}
