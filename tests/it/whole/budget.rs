//! The budget of requests, as the gauges show it.

use serde_json::json;

use super::{Whole, until};

const ACTING: &str = "c11e0000-0000-4000-8000-0000000000aa";

#[tokio::test]
async fn a_credential_of_actions_has_a_budget_of_its_own_and_its_own_gauge() {
    let own = [
        ("verbs", "sync"),
        ("actions_client_id", ACTING),
        ("actions_secret", "acting~1"),
    ];
    let mut whole = Whole::prepare(3, &own).await;
    let tenant = whole.sim.registration.tenant_id.clone();
    let scanning = whole.sim.registration.client_id.clone();
    let app = json!({"roles": ["DeviceManagementManagedDevices.Read.All"], "secrets": [{"value": "acting~1"}]});
    whole.control("PUT", &format!("apps/{tenant}/{ACTING}"), app).await;
    whole.start().await;
    whole.completed("full", 1).await;
    // Gauges are drawn at the start, and then each quarter of a minute.
    whole.stop().await;
    whole.start().await;
    until("the gauges of both are drawn", async || {
        let metrics = whole.get("/metrics").await;
        let metrics = metrics.as_str().unwrap();
        let has = |client: &str, kind: &str| {
            ["used", "limit"].iter().all(|what| {
                let line = format!("graph_budget_{what}{{tenant=\"{tenant}\",client=\"{client}\",kind=\"{kind}\"}} ");
                metrics.contains(&line)
            })
        };
        [scanning.as_str(), ACTING]
            .iter()
            .all(|client| has(client, "any") && has(client, "write"))
    })
    .await;
}
