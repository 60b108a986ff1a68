//! Looking up by user, and the attributes.

use serde_json::json;

use super::{DEVICE, Gate, OTHER, codes};

const MIA: &str = "mia@contoso.example";

#[tokio::test]
async fn pn23_a_users_devices_are_looked_for_where_there_is_no_id() {
    let gate = Gate::both(&[
        ("node.best.several_devices", "best"),
        ("node.best.time_budget_ms", "60000"),
        ("node.one.several_devices", "refuse"),
        ("node.one.time_budget_ms", "60000"),
    ])
    .await;
    let none = gate.decide(json!({"node": "own", "userPrincipalName": MIA})).await;
    assert_eq!(
        (&none["outcome"], codes(&none)),
        (&json!("NOID"), vec!["userWithoutDevice"])
    );
    assert_eq!(
        (&none["isManaged"], &none["isCompliant"]),
        (&json!(false), &json!(false))
    );

    gate.change(DEVICE, json!({"userPrincipalName": MIA})).await;
    let ask = async |node: &str| gate.decide(json!({"node": node, "userPrincipalName": MIA})).await;
    for node in ["own", "best", "one"] {
        let found = ask(node).await;
        assert_eq!(found["outcome"], "COMPLIANT", "{found}");
        assert_eq!(found["deviceId"], DEVICE);
        assert_eq!(
            (&found["isManaged"], &found["isCompliant"]),
            (&json!(true), &json!(true))
        );
    }
    gate.device(
        OTHER,
        json!({"userPrincipalName": MIA, "complianceState": "noncompliant"}),
    )
    .await;
    for (node, outcome) in [("own", "NONCOMPLIANT"), ("best", "COMPLIANT"), ("one", "ERROR")] {
        let found = ask(node).await;
        assert_eq!(found["outcome"], outcome, "{node}: {found}");
    }
    let by_id = json!({"node": "own", "deviceId": DEVICE, "userPrincipalName": "somebody@else.example"});
    assert_eq!(
        gate.decide(by_id).await["outcome"],
        "COMPLIANT",
        "an id goes before a user"
    );
    let original = ask("old").await;
    assert_eq!(original["outcome"], "NOID", "the original knows no users");
}

#[tokio::test]
async fn pn23_a_users_name_can_not_widen_the_question() {
    let gate = Gate::both(&[]).await;
    gate.change(DEVICE, json!({"userPrincipalName": "o'hara@contoso.example"}))
        .await;
    let found = gate
        .decide(json!({"node": "own", "userPrincipalName": "O'Hara@contoso.example"}))
        .await;
    assert_eq!(found["deviceId"], DEVICE, "{found}");
    for name in [
        "x' or userPrincipalName ne 'x",
        "' or complianceState eq 'compliant",
        "x&$top=1",
        "a\u{0}b",
        "*",
    ] {
        let decision = gate.decide(json!({"node": "own", "userPrincipalName": name})).await;
        assert!(
            ["NOID", "ERROR"].contains(&decision["outcome"].as_str().unwrap()),
            "{name:?}: {decision}"
        );
    }
}
