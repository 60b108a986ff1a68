//! The connection check against the running bus.

use reqwest::Method;
use serde_json::{Value, json};

use super::{INSTANCE, Whole};

async fn steps(whole: &Whole) -> Vec<Value> {
    let told = whole.post("/sics/v1/verify", json!({"instance": INSTANCE})).await;
    told["steps"].as_array().unwrap().clone()
}

fn step<'a>(steps: &'a [Value], name: &str) -> &'a Value {
    steps.iter().find(|step| step["step"] == name).unwrap()
}

#[tokio::test]
async fn a_secret_that_was_revoked_within_the_hour_shows_at_once() {
    let whole = Whole::new(12, &[]).await;
    whole.completed("full", 1).await;
    let before = steps(&whole).await;
    assert!(before.iter().all(|step| step["state"] != "failed"), "{before:?}");

    let registration = &whole.sim.registration;
    let path = format!("apps/{}/{}", registration.tenant_id, registration.client_id);
    let other = json!({"roles": ["DeviceManagementManagedDevices.Read.All"], "secrets": [{"value": "another one"}]});
    whole.control("PUT", &path, other).await;
    let after = steps(&whole).await;
    let token = step(&after, "token");
    assert_eq!(
        (&token["state"], &token["cause"]),
        (&json!("failed"), &json!("AADSTS7000215"))
    );
    for name in ["right", "device", "count"] {
        assert_eq!(step(&after, name)["state"], "skipped", "{after:?}");
    }
}

/// A management server of an operator of its own, which it announced itself.
async fn announced(whole: &Whole, id: &str, operator: Value) {
    let name = operator["name"].as_str().unwrap().to_owned();
    whole.post("/sics/v1/operators", operator).await;
    let path = format!("/sics/v1/operators/{name}/tokens");
    let token = whole.post(&path, json!({"name": "own"})).await["token"].clone();
    let url = format!("{}/sics/v1/servers/{id}", whole.bus().local.url);
    let asked = whole.http.put(url).bearer_auth(token.as_str().unwrap());
    let answer = asked.json(&json!({"displayName": id})).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

async fn accept(whole: &Whole, id: &str) {
    whole.post(&format!("/sics/v1/servers/{id}/accept"), json!({})).await;
}

fn operator(name: &str, scope: Value) -> Value {
    json!({"name": name, "kind": "server", "rights": ["Servers_Announce", "Changes_Read"], "scope": scope})
}

/// State and cause of the step of each server.
async fn of_servers(whole: &Whole) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = steps(whole).await;
    let of_servers = steps.iter().filter(|step| step["step"] == "server");
    let mut found: Vec<_> = of_servers
        .map(|step| {
            assert_eq!(
                step["state"] == "ok",
                step["cure"].is_null(),
                "a cure for each cause: {step}"
            );
            (text(&step["subject"]), text(&step["state"]), text(&step["cause"]))
        })
        .collect();
    found.sort();
    found
}

fn told(rows: &[[&str; 3]]) -> Vec<(String, String, String)> {
    let owned = rows
        .iter()
        .map(|[id, state, cause]| (id.to_string(), state.to_string(), cause.to_string()));
    owned.collect()
}

#[tokio::test]
async fn f7_the_check_tells_of_each_server_that_is_named_why_it_receives_nothing() {
    let whole = Whole::new(3, &[("servers", "absent, elsewhere, off, ready, waiting")]).await;
    whole.completed("full", 1).await;
    let other = json!({"servers": ["elsewhere"], "instances": ["IntuneConnector_7"]});
    announced(&whole, "elsewhere", operator("of-elsewhere", other)).await;
    announced(&whole, "off", operator("of-off", json!({}))).await;
    announced(&whole, "ready", operator("of-ready", json!({"instances": [INSTANCE]}))).await;
    announced(&whole, "waiting", operator("of-waiting", json!({}))).await;
    announced(&whole, "stranger", operator("of-stranger", json!({}))).await;
    for id in ["elsewhere", "off", "ready", "stranger"] {
        accept(&whole, id).await;
    }
    let off = json!({"disabled": true});
    whole.good(Method::PATCH, "/sics/v1/operators/of-off", off).await;
    let expected = [
        ["absent", "failed", "notAnnounced"],
        ["elsewhere", "failed", "mayNotRead"],
        ["off", "failed", "operatorDisabled"],
        ["ready", "ok", ""],
        ["waiting", "failed", "notAccepted"],
    ];
    assert_eq!(of_servers(&whole).await, told(&expected));

    let steps = steps(&whole).await;
    let of = |id: &str| steps.iter().find(|step| step["subject"] == id).unwrap();
    let detail = of("ready")["detail"].as_str().unwrap();
    assert!(detail.starts_with("accepted, 3 changes behind; seen "), "{detail}");
    let cure = of("off")["cure"].as_str().unwrap();
    assert_eq!(cure, "intune-connector operators change of-off --enable");
    let detail = of("elsewhere")["detail"].as_str().unwrap();
    assert!(
        detail.contains("of-elsewhere may not read this instance; seen "),
        "{detail}"
    );

    // The list of servers judges by the same.
    let list = whole.get("/sics/v1/servers").await;
    let receiving = list["servers"].as_array().unwrap().iter();
    let receiving = receiving.filter(|server| !server["instances"].as_array().unwrap().is_empty());
    assert_eq!(receiving.map(|server| &server["id"]).collect::<Vec<_>>(), ["ready"]);
}

#[tokio::test]
async fn f7_everybody_means_those_who_may_read_and_one_that_may_not_is_no_failure() {
    let whole = Whole::new(3, &[]).await;
    let other = json!({"instances": ["IntuneConnector_7"]});
    announced(&whole, "elsewhere", operator("of-elsewhere", other)).await;
    announced(&whole, "ready", operator("of-ready", json!({}))).await;
    for id in ["elsewhere", "ready"] {
        accept(&whole, id).await;
    }
    let expected = [["elsewhere", "skipped", "mayNotRead"], ["ready", "ok", ""]];
    assert_eq!(of_servers(&whole).await, told(&expected));
}
