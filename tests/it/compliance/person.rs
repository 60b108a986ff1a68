//! PN-13: a node that stands in for the original may sign in as a user, by his password; nothing else does.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{DEVICE, Gate, codes};
use crate::whole::Whole;

const USER: &str = "reader@contoso.example";
const PASSWORD: &str = "canary päss wörd";
const RIGHT: &str = "DeviceManagementManagedDevices.Read.All";

/// Two nodes: one signs in as the user, one as the instance.
async fn gate(standing: &str) -> Gate {
    let mut gate = Gate(Whole::prepare(0, &[]).await);
    let file = gate.data().join("password.txt");
    std::fs::write(&file, PASSWORD).unwrap();
    let file = file.to_string_lossy().into_owned();
    let ini = gate.data().join("instances/IntuneConnector_1.ini");
    let text = std::fs::read_to_string(&ini).unwrap();
    let nodes = format!(
        "\n[node old]\ncompatible = yes\npassword_grant = yes\nuser_name = {USER}\nuser_password_file = {file}\n\
         time_budget_ms = 60000\n\n[node own]\ntime_budget_ms = 60000\n"
    );
    std::fs::write(&ini, text + &nodes).unwrap();
    let registration = gate.sim.registration.clone();
    let (tenant, client) = (&registration.tenant_id, &registration.client_id);
    let app = json!({"roles": [RIGHT], "delegated": [RIGHT], "secrets": [{"value": registration.client_secret}]});
    gate.control("PUT", &format!("apps/{tenant}/{client}"), app).await;
    let account = json!({"password": PASSWORD, "standing": standing});
    gate.control("PUT", &format!("accounts/{tenant}/{USER}"), account).await;
    gate.device(DEVICE, json!({"complianceState": "compliant"})).await;
    gate.start().await;
    gate.completed("full", 1).await;
    gate.forget().await;
    gate
}

#[tokio::test]
async fn pn13_pn14_the_users_token_serves_his_node_alone_and_once_for_many_decisions() {
    let gate = gate("good").await;
    for _ in 0..3 {
        for node in ["old", "own"] {
            let decision = gate.fresh(node).await;
            assert_eq!(decision["outcome"], "COMPLIANT", "{decision}");
        }
    }
    assert_eq!(gate.signed_in(), 1, "the instance has its token already");
    let nodes = gate.get("/sics/v1/compliance/nodes").await;
    let warned = |name: &str| {
        let mut nodes = nodes["nodes"].as_array().unwrap().iter();
        let node = nodes.find(|node| node["node"] == name).unwrap();
        node["warnings"].to_string().contains("Microsoft advises against")
    };
    assert!(warned("old") && !warned("own"), "{nodes}");
    assert!(!nodes.to_string().contains("canary"));
    let told = gate
        .post("/sics/v1/verify", json!({"instance": "IntuneConnector_1"}))
        .await;
    let steps = told["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["subject"] == "old").unwrap();
    assert_eq!(step["state"], "ok", "{step}");
    assert!(step["detail"].as_str().unwrap().contains("WARNING"), "{step}");
    let kept = std::fs::read_to_string(gate.data().join("instances/IntuneConnector_1.ini")).unwrap();
    assert!(
        kept.contains("user_password = sealed:") && !kept.contains("canary"),
        "{kept}"
    );
}

#[tokio::test]
async fn pn07_a_user_who_can_not_sign_in_is_an_error_of_his_node_alone() {
    let gate = gate("mfa").await;
    let decision = gate.fresh("old").await;
    assert_eq!(decision["outcome"], "ERROR", "{decision}");
    assert_eq!(codes(&decision), ["AADSTS50076"]);
    assert!(!decision.to_string().contains("canary"), "{decision}");
    gate.advance(TimeDelta::minutes(1));
    assert_eq!(gate.fresh("own").await["outcome"], "COMPLIANT");
    assert_eq!(gate.fresh("old").await["source"], Value::Null);
}
