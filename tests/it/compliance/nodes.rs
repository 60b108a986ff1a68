//! Nodes: which one is meant, who may ask it, and what is told of it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{DECISIONS, DEVICE, Gate, ONE, OTHER, codes};

#[tokio::test]
async fn pn01_a_node_has_the_defaults_of_the_original_and_no_node_is_one_with_defaults() {
    let gate = Gate::new(&[]).await;
    let nodes = gate.get("/sics/v1/compliance/nodes").await;
    let node = &nodes["nodes"][0];
    for (key, value) in [
        ("instance", json!("IntuneConnector_1")),
        ("node", json!("default")),
        ("standing", json!("idle")),
        ("header", json!("x-intune")),
        ("idFromSharedState", json!(false)),
        ("saveProperties", json!(false)),
        ("saveApps", json!(false)),
        ("compatible", json!(false)),
        ("passwordGrant", json!(false)),
        ("allowed", json!(["COMPLIANT"])),
        ("timeBudgetMs", json!(3000)),
        ("cacheS", json!(30)),
        ("inventoryAnswers", json!(false)),
        ("inventoryMaxMinutes", json!(60)),
        ("warnings", json!([])),
    ] {
        assert_eq!(node[key], value, "{key}: {node}");
    }
    assert_eq!(nodes["nodes"].as_array().unwrap().len(), 1);
    let decision = gate.decide(json!({"header": {"x-intune": DEVICE}})).await;
    assert_eq!(decision["node"], "default");
}

#[tokio::test]
async fn several_nodes_are_named_and_one_that_can_not_be_used_says_why() {
    let gate = Gate::new(&[
        ("node.good.time_budget_ms", "60000"),
        ("node.bad.policy_1", "CONFLICT: colourOfTheCase == \"red\""),
        ("node.off.enabled", "no"),
    ])
    .await;
    let (status, problem) = gate.refused(json!({"deviceId": DEVICE})).await;
    assert_eq!((status.as_u16(), &problem["code"]), (400, &json!("whichNode")));
    let (status, problem) = gate.refused(json!({"node": "nowhere", "deviceId": DEVICE})).await;
    assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("unknownNode")));
    for name in ["good", "GOOD", "IntuneConnector_1/good"] {
        let decision = gate.decide(json!({"node": name, "deviceId": DEVICE})).await;
        assert_eq!(
            (&decision["node"], &decision["outcome"]),
            (&json!("good"), &json!("COMPLIANT"))
        );
    }
    let bad = gate.decide(json!({"node": "bad", "deviceId": DEVICE})).await;
    assert_eq!((&bad["outcome"], codes(&bad)), (&json!("ERROR"), vec!["settings"]));
    assert!(bad["reasons"][0]["text"].as_str().unwrap().contains("colourOfTheCase"));
    let off = gate.decide(json!({"node": "off", "deviceId": DEVICE})).await;
    assert_eq!((&off["outcome"], codes(&off)), (&json!("ERROR"), vec!["nodeDisabled"]));
    let nodes = gate.get("/sics/v1/compliance/nodes").await;
    let standing = |name: &str| {
        let mut nodes = nodes["nodes"].as_array().unwrap().iter();
        nodes.find(|node| node["node"] == name).unwrap()["standing"].clone()
    };
    assert_eq!((standing("good"), standing("bad")), (json!("live"), json!("broken")));
    gate.post("/sics/v1/instances/IntuneConnector_1/stop", json!({})).await;
    let stopped = gate.decide(json!({"node": "good", "deviceId": DEVICE})).await;
    assert_eq!(
        (&stopped["outcome"], codes(&stopped)),
        (&json!("ERROR"), vec!["notRunning"])
    );
}

#[tokio::test]
async fn a_question_that_can_not_be_read_is_refused_and_never_repeated() {
    let gate = Gate::new(&[]).await;
    for question in [
        json!({"device": DEVICE}),
        json!({"deviceId": 7}),
        json!({"header": "canary"}),
        json!({"options": {"faster": true}}),
        json!([]),
    ] {
        let (status, problem) = gate.refused(question.clone()).await;
        assert_eq!(status.as_u16(), 400, "{question}");
        assert!(!problem.to_string().contains("canary"), "{problem}");
    }
}

async fn operator(gate: &Gate, name: &str, rights: Value, scope: Value) -> String {
    let body = json!({"name": name, "kind": "server", "rights": rights, "scope": scope});
    gate.post("/sics/v1/operators", body).await;
    let token = gate
        .post(&format!("/sics/v1/operators/{name}/tokens"), json!({"name": "t"}))
        .await;
    token["token"].as_str().unwrap().to_owned()
}

async fn ask_as(gate: &Gate, token: &str, method: Method, path: &str) -> (u16, Value) {
    let url = format!("{}{path}", gate.bus().local.url);
    let request = gate
        .http
        .request(method, url)
        .bearer_auth(token)
        .json(&json!({"deviceId": DEVICE}));
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn deciding_has_a_right_of_its_own_and_a_node_belongs_to_its_instance() {
    let gate = Gate::new(&[]).await;
    let gateway = operator(&gate, "gateway", json!(["Compliance_Decide"]), json!({})).await;
    let reader = operator(&gate, "reader", json!(["Devices_Read", "Compliance_Read"]), json!({})).await;
    let elsewhere = json!({"instances": ["IntuneConnector_7"]});
    let stranger = operator(&gate, "stranger", json!(["Compliance_*"]), elsewhere).await;
    let nodes = "/sics/v1/compliance/nodes";
    let (status, decision) = ask_as(&gate, &gateway, Method::POST, DECISIONS).await;
    assert_eq!((status, &decision["outcome"]), (200, &json!("COMPLIANT")), "{decision}");
    assert_eq!(ask_as(&gate, &gateway, Method::GET, nodes).await.0, 403);
    let (status, problem) = ask_as(&gate, &reader, Method::POST, DECISIONS).await;
    assert_eq!((status, &problem["code"]), (403, &json!("missingRight")));
    assert_eq!(ask_as(&gate, &reader, Method::GET, nodes).await.0, 200);
    let (status, problem) = ask_as(&gate, &stranger, Method::POST, DECISIONS).await;
    assert_eq!((status, &problem["code"]), (404, &json!("noNodes")), "{problem}");
    let seen = ask_as(&gate, &stranger, Method::GET, nodes).await.1;
    assert_eq!(seen["nodes"], json!([]));
}

#[tokio::test]
async fn pn22_the_connection_check_tries_each_node() {
    let gate = Gate::new(&[
        ("node.good.save_apps", "yes"),
        ("node.good.time_budget_ms", "60000"),
        ("node.bad.policy_1", "CONFLICT: colourOfTheCase == \"red\""),
    ])
    .await;
    gate.device(OTHER, json!({})).await;
    let steps = async || {
        let told = gate
            .post("/sics/v1/verify", json!({"instance": "IntuneConnector_1"}))
            .await;
        let steps = told["steps"].as_array().unwrap().clone();
        let of_nodes = steps.iter().filter(|step| step["step"] == "node");
        let of_nodes: Vec<(String, String)> = of_nodes
            .map(|step| {
                (
                    step["subject"].as_str().unwrap().into(),
                    step["state"].as_str().unwrap().into(),
                )
            })
            .collect();
        assert!(
            ["token", "right", "device"]
                .iter()
                .all(|name| steps.iter().any(|step| step["step"] == *name))
        );
        of_nodes
    };
    let expected = |good: &str| {
        vec![
            ("good".to_owned(), good.to_owned()),
            ("bad".to_owned(), "failed".to_owned()),
        ]
    };
    assert_eq!(steps().await, expected("ok"));
    gate.fault(json!({"fault": {"kind": "status", "status": 403}, "path": ONE, "times": 0}))
        .await;
    assert_eq!(steps().await, expected("failed"));
}
