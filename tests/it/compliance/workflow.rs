//! `decideCompliance` in a workflow.

use serde_json::{Value, json};

use super::{DEVICE, FOREIGN, Gate};
use crate::whole::{Whole, until};

const DEFINITION: &str = "<workflow name=\"Trusted\" version=\"1\">
  <summary>Tells whether a device may be trusted.</summary>
  <onDemand/>
  <parameter name=\"device\" type=\"text\" required=\"yes\">its id</parameter>
  <outcome name=\"untrusted\" failed=\"yes\">It may not be trusted.</outcome>
  <steps>
    <call id=\"decision\" activity=\"decideCompliance\">
      <in name=\"device\">${parameters.device}</in>
    </call>
    <choose id=\"result\">
      <when if=\"decision.compliant\"><end id=\"yes\" outcome=\"done\">${decision.label}</end></when>
      <otherwise/>
    </choose>
    <end id=\"no\" outcome=\"untrusted\">${decision.outcome} ${decision.source}</end>
  </steps>
</workflow>";

async fn ended(gate: &Gate, device: &str) -> Value {
    let path = "/sics/v1/workflows/Trusted_1/runs";
    let started = gate.post(path, json!({"parameters": {"device": device}})).await;
    let run = format!("/sics/v1/runs/{}", started["run"]);
    until("the run has ended", async || {
        let run = gate.get(&run).await;
        run["run"]["endedAt"].is_string()
    })
    .await;
    gate.get(&run).await
}

#[tokio::test]
async fn a_workflow_asks_for_a_decision_and_goes_on_by_it() {
    let mut gate = Gate(Whole::prepare(0, &[("node.own.time_budget_ms", "60000")]).await);
    let folder = gate.data().join("workflows");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("trusted.xml"), DEFINITION).unwrap();
    gate.device(DEVICE, json!({"complianceState": "compliant"})).await;
    gate.start().await;
    gate.completed("full", 1).await;
    let checked = gate
        .post("/sics/v1/workflows/check", json!({"definition": DEFINITION}))
        .await;
    assert_eq!(
        (&checked["good"], &checked["danger"]),
        (&json!(true), &json!("none")),
        "{checked}"
    );
    gate.enable("Trusted_1").await;
    let trusted = ended(&gate, DEVICE).await;
    assert_eq!(trusted["run"]["state"], "succeeded", "{trusted}");
    assert!(trusted.to_string().contains("Compliant"), "{trusted}");
    let foreign = ended(&gate, FOREIGN).await;
    assert_eq!(foreign["run"]["state"], "failed", "{foreign}");
    assert!(foreign.to_string().contains("ERROR none"), "{foreign}");
}
