//! While Graph does not answer.

use chrono::TimeDelta;
use intune_connector::model::DeviceId;
use serde_json::{Value, json};

use super::{DEVICE, FOREIGN, Gate, ONE, codes};

const NODES: [(&str, &str); 5] = [
    ("node.own.time_budget_ms", "60000"),
    ("node.stale.time_budget_ms", "60000"),
    ("node.stale.inventory_answers", "yes"),
    ("node.stale.reasons", "no"),
    ("verbs", "wipe, retire, enableLostMode, disableLostMode"),
];

async fn outage(gate: &Gate) {
    gate.fault(json!({"fault": {"kind": "status", "status": 503}, "path": ONE, "times": 0}))
        .await;
}

async fn standing(gate: &Gate, node: &str) -> Value {
    // Readiness is remembered for two seconds.
    gate.advance(TimeDelta::seconds(3));
    let ready = gate.get("/readyz").await;
    let all = ready["decisions"].as_array().cloned().unwrap_or_default();
    let found = all.into_iter().find(|one| one["node"] == node);
    found.map_or(Value::Null, |one| one["standing"].clone())
}

#[tokio::test]
async fn the_inventory_answers_only_where_it_may_and_is_marked_in_answer_readiness_and_metric() {
    let gate = Gate::new(&NODES).await;
    assert_eq!(gate.fresh("stale").await["source"], "live");
    assert_eq!(standing(&gate, "stale").await, "live");
    outage(&gate).await;
    gate.advance(TimeDelta::minutes(10));
    let closed = gate.fresh("own").await;
    assert_eq!(closed["outcome"], "ERROR", "off by default: {closed}");
    let stale = gate.fresh("stale").await;
    assert_eq!(
        (&stale["outcome"], &stale["source"]),
        (&json!("COMPLIANT"), &json!("inventory")),
        "{stale}"
    );
    assert_eq!(codes(&stale), ["fromInventory"]);
    let age_ms = stale["ageMs"].as_u64().unwrap();
    assert!((600_000..=700_000).contains(&age_ms), "{age_ms}");
    assert_eq!(standing(&gate, "stale").await, "inventory");
    assert_eq!(standing(&gate, "own").await, "failing");
    let metrics = gate.get("/metrics").await.as_str().unwrap().to_owned();
    for line in [
        "intune_connector_decisions_stale{instance=\"IntuneConnector_1\"} 1",
        "intune_connector_decisions_total{instance=\"IntuneConnector_1\",outcome=\"COMPLIANT\",source=\"inventory\"} 1",
        "intune_connector_decisions_total{instance=\"IntuneConnector_1\",outcome=\"COMPLIANT\",source=\"live\"} 1",
        "intune_connector_decisions_total{instance=\"IntuneConnector_1\",outcome=\"ERROR\",source=\"none\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    let unknown = gate.decide(json!({"node": "stale", "deviceId": FOREIGN})).await;
    assert_eq!(unknown["outcome"], "ERROR", "nothing is known of it");
    gate.heal().await;
    assert_eq!(gate.fresh("stale").await["source"], "live");
    assert_eq!(standing(&gate, "stale").await, "live");
}

#[tokio::test]
async fn it_answers_for_an_hour_after_it_was_read_and_not_where_graph_has_answered() {
    let gate = Gate::new(&NODES).await;
    // Graph's no is an answer.
    for status in [401, 403, 404] {
        gate.fault(json!({"fault": {"kind": "status", "status": status}, "path": ONE, "times": 0}))
            .await;
        let decision = gate.fresh("stale").await;
        assert_eq!(
            (&decision["outcome"], &decision["source"]),
            (&json!("ERROR"), &Value::Null),
            "{status}"
        );
        gate.heal().await;
    }
    outage(&gate).await;
    let read_at = gate.get(&format!("/sics/v1/devices/IntuneConnector_1/{DEVICE}")).await["readAt"].clone();
    let read_at = chrono::DateTime::parse_from_rfc3339(read_at.as_str().unwrap())
        .unwrap()
        .to_utc();
    gate.advance(read_at + TimeDelta::minutes(60) - gate.clock.now());
    assert_eq!(gate.fresh("stale").await["source"], "inventory");
    gate.advance(TimeDelta::milliseconds(1));
    let late = gate.fresh("stale").await;
    assert_eq!(
        (&late["outcome"], &late["source"]),
        (&json!("ERROR"), &Value::Null),
        "{late}"
    );
}

#[tokio::test]
async fn a_device_that_is_being_wiped_retired_or_lost_is_never_compliant_from_the_inventory() {
    let gate = Gate::new(&NODES).await;
    outage(&gate).await;
    let id: DeviceId = DEVICE.parse().unwrap();
    let tenant = gate.sim.registration.tenant_id.clone();
    assert_eq!(
        gate.bus().store.find_threat_action(tenant.clone(), id).await.unwrap(),
        None
    );
    let device = gate.get(&format!("/sics/v1/devices/IntuneConnector_1/{DEVICE}")).await;
    let job = json!({"id": "w-1", "instance": "IntuneConnector_1", "action": "retire", "confirm": "retire",
        "reason": "lost", "expectDevices": 1, "devices": [{"id": DEVICE, "seq": device["seq"]}]});
    gate.post("/sics/v1/jobs", job).await;
    assert_eq!(
        gate.bus()
            .store
            .find_threat_action(tenant, id)
            .await
            .unwrap()
            .as_deref(),
        Some("retire")
    );
    let decision = gate.fresh("stale").await;
    assert_eq!(
        (&decision["outcome"], &decision["source"]),
        (&json!("UNKNOWN"), &json!("inventory")),
        "{decision}"
    );
    assert!(codes(&decision).contains(&"openAction"), "{decision}");
}

#[tokio::test]
async fn a_device_on_its_way_out_by_the_portal_is_never_compliant_from_the_inventory() {
    for state in ["wipePending", "retireIssued", "deletePending"] {
        let mut gate = Gate::new(&NODES).await;
        gate.change(DEVICE, json!({"managementState": state})).await;
        gate.post(
            "/sics/v1/scans",
            json!({"instance": "IntuneConnector_1", "kind": "full"}),
        )
        .await;
        gate.completed("full", 2).await;
        outage(&gate).await;
        let decision = gate.fresh("stale").await;
        assert_eq!(
            (&decision["outcome"], &decision["source"]),
            (&json!("UNKNOWN"), &json!("inventory")),
            "{decision}"
        );
        assert!(codes(&decision).contains(&"openAction"), "{decision}");
        gate.stop().await;
    }
}
