//! Decisions in the history of their device.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{DEVICE, FOREIGN, Gate};
use crate::support::wait::found;
use crate::whole::INSTANCE;

/// The decisions in the history of the usual device, once there are so many.
async fn decisions(gate: &Gate, count: usize) -> Vec<Value> {
    found(&format!("{count} decisions are in the history"), async || {
        let history = gate.get(&format!("/sics/v1/devices/{INSTANCE}/{DEVICE}/history")).await;
        let decisions = history["decisions"].as_array().unwrap().clone();
        if decisions.len() == count {
            Ok(decisions)
        } else {
            Err(history)
        }
    })
    .await
}

#[tokio::test]
async fn a_decision_stands_in_the_history_of_its_device_with_why_and_once_while_it_stays_the_same() {
    let mut gate = Gate::new(&[("node.own.time_budget_ms", "60000")]).await;
    for _ in 0..3 {
        assert_eq!(gate.fresh("own").await["outcome"], "COMPLIANT");
        gate.advance(TimeDelta::minutes(4));
    }
    let first = decisions(&gate, 1).await.remove(0);
    assert_eq!(
        (&first["outcome"], &first["node"]),
        (&json!("COMPLIANT"), &json!("own"))
    );
    assert_eq!(first["reasons"], json!([]));

    gate.change(DEVICE, json!({"complianceState": "noncompliant"})).await;
    assert_eq!(gate.fresh("own").await["outcome"], "NONCOMPLIANT");
    let both = decisions(&gate, 2).await;
    assert_eq!(both[0]["outcome"], "NONCOMPLIANT", "newest first");
    assert_ne!(both[0]["reasons"], json!([]), "{both:?}");
    assert_eq!(both[1]["at"], first["at"]);

    // The last one of a bus that stops is not lost, and one about a device of nobody leaves nothing.
    gate.change(DEVICE, json!({"complianceState": "conflict"})).await;
    gate.decide(json!({"node": "own", "deviceId": FOREIGN})).await;
    gate.fresh("own").await;
    gate.stop().await;
    gate.start().await;
    assert_eq!(decisions(&gate, 3).await[0]["outcome"], "CONFLICT");
    let foreign = format!("/sics/v1/devices/{INSTANCE}/{FOREIGN}/history");
    let (status, _) = gate.ask(Method::GET, &foreign, json!({})).await;
    assert_eq!(status.as_u16(), 404);
    gate.stop().await;
}
