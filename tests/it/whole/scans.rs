//! Scans that somebody asks for, and settings that would take something away.

use reqwest::Method;
use serde_json::{Value, json};

use super::{INSTANCE, LIST, Whole};

#[tokio::test]
async fn s3_a_full_scan_that_is_asked_for_while_an_incremental_one_runs_comes_after_it() {
    let mut whole = Whole::new(12, &[("incremental", "off")]).await;
    whole.completed("full", 1).await;
    let hold = json!({"kind": "hold", "stage": "before"});
    whole.fault(json!({"fault": hold, "path": LIST, "times": 1})).await;
    let ask = async |kind: &str| {
        let body = json!({"instance": INSTANCE, "kind": kind});
        let told = whole.post("/sics/v1/scans", body).await;
        (told["kind"].clone(), told["alreadyRunning"].clone())
    };
    assert_eq!(ask("incremental").await, (json!("incremental"), json!(false)));
    whole.control("GET", "holds?count=1&waitMs=60000", json!({})).await;
    assert_eq!(
        ask("incremental").await,
        (json!("incremental"), json!(true)),
        "it joins"
    );
    assert_eq!(ask("full").await, (json!("full"), json!(false)), "it brings more");
    whole.control("POST", "holds", json!({"then": "go"})).await;
    whole.completed("full", 2).await;
    assert_eq!(whole.scans().await.len(), 3);
    whole.stop().await;
}

#[tokio::test]
async fn a_scan_that_is_asked_for_when_the_last_page_was_read_is_another_one() {
    let mut whole = Whole::new(12, &[("incremental", "off")]).await;
    whole.completed("full", 1).await;
    let hold = json!({"kind": "hold", "stage": "before"});
    let count = "/v1.0/deviceManagement/managedDeviceOverview";
    whole.fault(json!({"fault": hold, "path": count, "times": 1})).await;
    let ask = async || {
        let body = json!({"instance": INSTANCE, "kind": "full"});
        whole.post("/sics/v1/scans", body).await["alreadyRunning"].clone()
    };
    assert_eq!(ask().await, json!(false));
    whole.control("GET", "holds?count=1&waitMs=60000", json!({})).await;
    assert_eq!(
        ask().await,
        json!(false),
        "what changed since is not in the list that was read"
    );
    whole.control("POST", "holds", json!({"then": "go"})).await;
    whole.completed("full", 3).await;
    whole.stop().await;
}

#[tokio::test]
async fn f7_a_filter_that_leaves_nobody_out_does_not_hide_what_else_changes() {
    let mut whole = Whole::new(12, &[]).await;
    whole.completed("full", 1).await;
    let path = format!("/sics/v1/instances/{INSTANCE}");
    let nobody = json!({"filter": "deviceName != 'nobody'"});
    let both = json!({"filter": "deviceName != 'nobody'", "personal": "reduced"});
    let (status, told) = whole.ask(Method::PATCH, &path, both).await;
    assert_eq!(
        (status.as_u16(), &told["code"], &told["count"]),
        (409, &json!("confirmationNeeded"), &json!(12))
    );
    whole.good(Method::PATCH, &path, nobody).await;
    let some = json!({"filter": "operatingSystem == 'Windows'", "personal": "reduced"});
    let (_, told) = whole.ask(Method::PATCH, &path, some).await;
    let detail = told["detail"].as_str().unwrap_or_default();
    assert!(
        detail.contains("personal devices") && detail.contains("excludes devices"),
        "{told}"
    );
    whole.stop().await;
}

/// The changes a server is told with this token, acknowledged.
async fn told(whole: &Whole, token: &str) -> Vec<Value> {
    let url = format!("{}/sics/v1/servers/acmp/changes", whole.bus().local.url);
    let answer = whole.http.get(&url).bearer_auth(token).send().await.unwrap();
    let mut answer: Value = answer.json().await.unwrap();
    let ack = json!({"cursor": answer["cursor"]});
    let done = whole
        .http
        .post(format!("{url}/ack"))
        .bearer_auth(token)
        .json(&ack)
        .send();
    assert!(done.await.unwrap().status().is_success());
    match answer["changes"].take() {
        Value::Array(changes) => changes,
        other => panic!("no changes: {other}"),
    }
}

#[tokio::test]
async fn f7_an_account_that_may_read_less_shows_first_what_its_servers_lose() {
    let mut whole = Whole::new(12, &[]).await;
    whole.completed("full", 1).await;
    let account = "/sics/v1/operators/acmp";
    let rights = json!(["Servers_Announce", "Changes_Read"]);
    let body = json!({"name": "acmp", "kind": "server", "rights": rights});
    whole.post("/sics/v1/operators", body).await;
    let token = whole.post(&format!("{account}/tokens"), json!({"name": "own"})).await;
    let token = token["token"].as_str().unwrap().to_owned();
    let server = format!("{}/sics/v1/servers/acmp", whole.bus().local.url);
    let announced = whole.http.put(server).bearer_auth(&token);
    let announced = announced.json(&json!({"displayName": "acmp"})).send().await.unwrap();
    assert!(announced.status().is_success());
    whole.post("/sics/v1/servers/acmp/accept", json!({})).await;
    let elsewhere = json!({"scope": {"instances": ["IntuneConnector_2"]}});
    // Nobody has read anything yet, so nobody loses anything.
    whole.good(Method::PATCH, account, elsewhere.clone()).await;
    whole.good(Method::PATCH, account, json!({"scope": {}})).await;
    let upserts = told(&whole, &token).await;
    assert_eq!(upserts.iter().filter(|change| change["kind"] == "upsert").count(), 12);

    let (status, asked) = whole.ask(Method::PATCH, account, elsewhere.clone()).await;
    assert_eq!((status.as_u16(), &asked["count"]), (409, &json!(12)), "{asked}");
    assert!(told(&whole, &token).await.is_empty(), "nothing has changed");
    // The same by a role.
    let role = format!("{account}/roles/reader");
    whole
        .post(
            "/sics/v1/roles",
            json!({"name": "reader", "rights": ["Changes_Read"], "summary": ""}),
        )
        .await;
    whole.good(Method::PUT, &role, json!({})).await;
    whole.good(Method::PATCH, account, elsewhere.clone()).await;
    for (method, path, body) in [
        (Method::DELETE, role.as_str(), json!({})),
        (Method::PUT, &role, elsewhere.clone()),
        (Method::DELETE, "/sics/v1/roles/reader", json!({})),
        (
            Method::PATCH,
            "/sics/v1/roles/reader",
            json!({"rights": ["Devices_Read"]}),
        ),
    ] {
        let (status, asked) = whole.ask(method.clone(), path, body).await;
        assert_eq!(
            (status.as_u16(), &asked["count"]),
            (409, &json!(12)),
            "{method} {path}: {asked}"
        );
    }
    whole.confirmed(Method::DELETE, &role, json!({}), 12).await;
    let gone = told(&whole, &token).await;
    assert_eq!(
        gone.iter().filter(|change| change["reason"] == "unassigned").count(),
        12,
        "{gone:?}"
    );
    whole.stop().await;
}
