//! What a caller has begun comes to its end though the caller hangs up.

use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::fault::Release;

use super::{INSTANCE, Whole, until};
use crate::support::hang_up::Call;
use crate::support::wait::PATIENCE;

async fn state_of_instance(whole: &Whole) -> Value {
    let told = whole.get("/sics/v1/supervisors").await;
    let members = told["supervisors"][0]["members"].as_array().unwrap().iter();
    let found = members.clone().find(|member| member["name"] == INSTANCE);
    found.map(|member| member["state"].clone()).unwrap_or_default()
}

async fn acts(whole: &Whole) -> Vec<String> {
    let rows = whole.bus().store.list_audit_entries(0, 1_000).await.unwrap();
    rows.into_iter().map(|row| row.action).collect()
}

#[tokio::test]
async fn e5_a_change_of_settings_is_brought_to_its_end_though_its_caller_hangs_up() {
    let whole = Whole::new(12, &[("verbs", "sync")]).await;
    whole.completed("full", 1).await;
    // A call to the tenant that is under way: the instance does not stop before it has its answer.
    let rule = json!({"fault": {"kind": "hold", "stage": "before"}, "path": "*/syncDevice", "times": 1});
    whole.fault(rule).await;
    let device = whole.get("/sics/v1/devices?limit=1").await["devices"][0].clone();
    let target = json!({"id": device["device"]["id"], "seq": device["seq"]});
    let job = json!({"action": "sync", "devices": [target], "expectDevices": 1, "reason": "it is tried"});
    whole.post("/sics/v1/jobs", job).await;
    let holds = whole.sim.simulated.faults().holds();
    assert_eq!(holds.wait(1, PATIENCE).await.len(), 1, "the call is under way");

    let (local, path) = (&whole.bus().local, format!("/sics/v1/instances/{INSTANCE}"));
    let address = local.url.strip_prefix("http://").unwrap().parse().unwrap();
    let change = json!({"jitter_s": 7});
    let call = Call::send(address, "PATCH", &path, &local.token, &change).await;
    until("the instance is being stopped", async || {
        state_of_instance(&whole).await == "stopping"
    })
    .await;
    call.hang_up().await;
    assert_eq!(holds.release(None, Release::Go), 1);

    until("the change is in the trail as done", async || {
        acts(&whole).await.iter().any(|act| act == "instance.changed")
    })
    .await;
    until("the instance runs again", async || {
        state_of_instance(&whole).await == "running"
    })
    .await;
    let shown = whole.good(Method::GET, &path, json!({})).await;
    assert_eq!(shown["settings"]["jitter_s"], "7", "{shown}");
}
