//! The connection check against the running bus.

use serde_json::{Value, json};

use super::{INSTANCE, Whole};

async fn steps(whole: &Whole) -> Vec<Value> {
    let told = whole.post("/sics/v1/verify", json!({"instance": INSTANCE})).await;
    told["steps"].as_array().unwrap().clone()
}

fn step<'a>(steps: &'a [Value], name: &str) -> &'a Value {
    steps.iter().find(|step| step["step"] == name).unwrap()
}

#[tokio::test]
async fn a_secret_that_was_revoked_within_the_hour_shows_at_once() {
    let whole = Whole::new(12, &[]).await;
    whole.completed("full", 1).await;
    let before = steps(&whole).await;
    assert!(before.iter().all(|step| step["state"] != "failed"), "{before:?}");

    let registration = &whole.sim.registration;
    let path = format!("apps/{}/{}", registration.tenant_id, registration.client_id);
    let other = json!({"roles": ["DeviceManagementManagedDevices.Read.All"], "secrets": [{"value": "another one"}]});
    whole.control("PUT", &path, other).await;
    let after = steps(&whole).await;
    let token = step(&after, "token");
    assert_eq!(
        (&token["state"], &token["cause"]),
        (&json!("failed"), &json!("AADSTS7000215"))
    );
    for name in ["right", "device", "count"] {
        assert_eq!(step(&after, name)["state"], "skipped", "{after:?}");
    }
}
