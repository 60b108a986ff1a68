//! `compliance decide|explain|nodes`, with the real program.

use serde_json::json;

use crate::cli::{Tenant, beside};
use crate::support::program::{Bus, User};

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_decide_explain_and_list() {
    let user = User::new();
    let tenant = Tenant::new(&user, 3).await;
    let id = super::DEVICE;
    let body = json!({"properties": {"complianceState": "inGracePeriod"}});
    let url = format!("{}/simulator/devices/{id}", tenant.sim.base);
    let put = reqwest::Client::new().put(url).json(&body).send().await.unwrap();
    assert!(put.status().is_success());
    let args = tenant.args.clone();
    beside(move || {
        let data = user.path("data");
        let bus = Bus::start(&user, &data);
        let data = data.display().to_string();
        user.says(&format!(
            "instances add {args} --servers * --set node.gate.time_budget_ms=60000 --data {data}"
        ))
        .good();
        let decided = user
            .says(&format!("compliance decide --device CN={id} --data {data}"))
            .good();
        assert!(decided.starts_with("In Grace Period  (INGRACEPERIOD)\n"), "{decided}");
        let explained = user
            .says(&format!(
                "compliance explain --header x-intune=CN={id},OU=x --node gate --data {data}"
            ))
            .good();
        assert!(explained.contains("looked for in header"), "{explained}");
        let read = user
            .says(&format!("compliance decide --device {id} --json --data {data}"))
            .json();
        assert_eq!(
            (&read["outcome"], &read["deviceId"]),
            (&json!("INGRACEPERIOD"), &json!(id))
        );
        let nodes = user.says(&format!("compliance nodes --data {data}")).good();
        assert!(nodes.contains("gate") && nodes.contains("header x-intune"), "{nodes}");
        let wrong = user.says(&format!("compliance decide --device {id} --node nowhere --data {data}"));
        assert_ne!(wrong.code, 0);
        assert!(wrong.err.contains("unknownNode"), "{wrong:?}");
        assert_eq!(bus.stop(), 0);
    })
    .await;
}
