//! Yes and no for gateways.

use chrono::TimeDelta;
use reqwest::{Response, header::HeaderMap};
use serde_json::{Value, json};

use super::{DEVICE, FOREIGN, Gate, ONE, OTHER};

async fn check(gate: &Gate, query: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Value) {
    let local = &gate.bus().local;
    let mut request = gate
        .http
        .get(format!("{}/sics/v1/compliance/check{query}", local.url))
        .bearer_auth(&local.token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer: Response = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    (status, headers, serde_json::from_str(&text).unwrap_or(Value::Null))
}

#[tokio::test]
async fn only_an_allowed_outcome_lets_in_and_everything_else_is_403_with_a_reason() {
    let gate = Gate::new(&[
        ("node.gate.time_budget_ms", "60000"),
        ("node.lax.time_budget_ms", "60000"),
        ("node.lax.allowed", "COMPLIANT, INGRACEPERIOD"),
    ])
    .await;
    for (state, strict, lax) in [
        ("compliant", 204, 204),
        ("inGracePeriod", 403, 204),
        ("noncompliant", 403, 403),
        ("configManager", 403, 403),
        ("conflict", 403, 403),
        ("unknown", 403, 403),
        ("error", 403, 403),
    ] {
        gate.change(DEVICE, json!({"complianceState": state})).await;
        gate.advance(TimeDelta::minutes(1));
        for (node, expected) in [("gate", strict), ("lax", lax)] {
            let subject = format!("CN={DEVICE},OU=phones");
            let (status, headers, body) = check(&gate, &format!("?node={node}"), &[("x-intune", &subject)]).await;
            assert_eq!(status, expected, "{node} {state}: {body}");
            assert_eq!(headers["x-intune-outcome"].to_str().unwrap(), outcome(state));
            if expected == 403 {
                assert_eq!(body["code"], "deviceNotAllowed");
                assert_eq!(body["outcome"], outcome(state));
                assert!(!body["advice"].as_str().unwrap().is_empty());
            }
        }
    }
}

fn outcome(state: &str) -> String {
    state.to_uppercase()
}

#[tokio::test]
async fn errors_and_questions_that_make_no_sense_let_nobody_in() {
    let gate = Gate::new(&[
        ("node.gate.time_budget_ms", "60000"),
        ("node.other.time_budget_ms", "60000"),
    ])
    .await;
    for (query, headers, reason) in [
        ("?node=gate", vec![], Some("idMissing")),
        ("?node=gate", vec![("x-intune", "")], Some("idMissing")),
        ("?node=gate", vec![("x-intune", "PC-1")], Some("idNotGuid")),
        ("?node=gate", vec![("x-intune", FOREIGN)], Some("deviceNotFound")),
        (
            "?node=gate",
            vec![("x-intune", OTHER), ("x-intune", DEVICE)],
            Some("idSeveral"),
        ),
        ("?node=nowhere", vec![("x-intune", DEVICE)], None),
        ("", vec![("x-intune", DEVICE)], None),
        ("?nodes=gate", vec![("x-intune", DEVICE)], None),
        ("?node=gate&deviceId=x", vec![("x-intune", DEVICE)], None),
    ] {
        let (status, answered, body) = check(&gate, query, &headers).await;
        assert_eq!(status, 403, "{query} {headers:?}: {body}");
        let found = answered.get("x-intune-reason").map(|value| value.to_str().unwrap());
        assert_eq!(found, reason, "{query} {headers:?}: {body}");
        assert_eq!(
            body["code"],
            if reason.is_some() {
                "deviceNotAllowed"
            } else {
                "checkNotPossible"
            }
        );
    }
    gate.fault(json!({"fault": {"kind": "status", "status": 500}, "path": ONE, "times": 0}))
        .await;
    let (status, answered, _) = check(&gate, "?node=gate", &[("x-intune", DEVICE)]).await;
    assert_eq!(
        (status, answered["x-intune-reason"].to_str().unwrap()),
        (403, "serverError")
    );
    gate.heal().await;
    let (status, _, _) = check(&gate, "?node=gate", &[("x-intune", DEVICE)]).await;
    assert_eq!(status, 204, "the failure was not kept");
}

#[tokio::test]
async fn a_graph_that_is_silent_is_403_when_the_time_is_up() {
    let gate = Gate::new(&[("node.gate.time_budget_ms", "300")]).await;
    gate.fault(json!({"fault": {"kind": "silent"}, "path": ONE, "times": 0}))
        .await;
    let (status, headers, body) = check(&gate, "", &[("x-intune", DEVICE)]).await;
    assert_eq!(status, 403, "{body}");
    assert!(["timeBudget", "timedOut"].contains(&headers["x-intune-reason"].to_str().unwrap()));
}
