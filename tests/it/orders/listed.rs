//! Lists of applications and orders: pages, and what of them a caller reaches.

use intune_connector::contract::OrderState;
use reqwest::Method;
use serde_json::{Value, json};

use super::shop::{APPLICATIONS, HERE, ORDERS, OTHER_APP, Shop, THERE};
use super::tenant_stub::ZIP;
use crate::sics::bus::{problem, status};

const APPS: &str = "/sics/v1/apps";

fn ids(told: &Value, list: &str) -> Vec<String> {
    let rows = told[list].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_go_on_where_the_one_before_ended() {
    let shop = Shop::with_zip(json!({"reshoppable": true})).await;
    shop.link("zoom", OTHER_APP, json!({})).await;
    for id in ["a", "b", "c"] {
        status(shop.order(&shop.admin, id, json!({})), 201).await;
    }
    let first = status(shop.get(&shop.admin, &format!("{ORDERS}?limit=2")), 200).await;
    assert_eq!(
        (ids(&first, "orders"), &first["total"]),
        (vec!["c".into(), "b".into()], &json!(3))
    );
    let next = first["next"].as_str().unwrap();
    let second = status(shop.get(&shop.admin, &format!("{ORDERS}?limit=2&after={next}")), 200).await;
    assert_eq!(
        (ids(&second, "orders"), &second["next"]),
        (vec!["a".to_owned()], &Value::Null)
    );
    let elsewhere = format!("instance={THERE}");
    for (query, found) in [
        ("state=accepted", 3),
        ("open=false", 0),
        ("device=PC-b", 1),
        ("application=zoom", 0),
        ("search=pc-c", 1),
        (elsewhere.as_str(), 0),
    ] {
        let told = status(shop.get(&shop.admin, &format!("{ORDERS}?{query}")), 200).await;
        assert_eq!(told["total"], found, "{query}");
    }
    for (query, code) in [
        ("limit=0", "wrongLimit"),
        ("limit=501", "wrongLimit"),
        ("after=x", "wrongAfter"),
    ] {
        assert_eq!(
            problem(shop.get(&shop.admin, &format!("{ORDERS}?{query}")), 400).await,
            code
        );
    }
    let first = status(shop.get(&shop.admin, &format!("{APPLICATIONS}?limit=1")), 200).await;
    assert_eq!(
        (ids(&first, "applications"), &first["next"]),
        (vec!["7-zip".to_owned()], &json!("7-zip"))
    );
    let second = status(
        shop.get(&shop.admin, &format!("{APPLICATIONS}?limit=1&after=7-zip")),
        200,
    )
    .await;
    assert_eq!(
        (ids(&second, "applications"), &second["next"]),
        (vec!["zoom".to_owned()], &Value::Null)
    );
    let open = shop.shelf.store.load_order("a".into()).await.unwrap().unwrap();
    assert_eq!(open.state, OrderState::Accepted);
}

#[tokio::test]
async fn wn_50_an_application_that_never_was_is_no_filter_of_orders() {
    let shop = Shop::with_zip(json!({})).await;
    status(shop.order(&shop.admin, "1", json!({})), 201).await;
    let there = shop.account_at("there", &["Orders_*"], THERE).await;
    for (token, query) in [
        (&shop.admin, "application=nothing"),
        (&shop.admin, "application=nothing&state=done"),
        (&there, "application=7-zip"),
    ] {
        let refused = shop.get(token, &format!("{ORDERS}?{query}"));
        assert_eq!(problem(refused, 404).await, "unknown", "{query}");
    }
    // One that is there, and then has gone and left an order.
    let narrowed = format!("{ORDERS}?application=7-zip&state=done");
    assert_eq!(status(shop.get(&shop.admin, &narrowed), 200).await["total"], 0);
    let store = &shop.shelf.store;
    let row = store.load_application("7-zip".to_owned()).await.unwrap().unwrap();
    assert!(store.finish_application_removal(row.key).await.unwrap());
    assert_eq!(status(shop.get(&shop.admin, &narrowed), 200).await["total"], 0);
}

#[tokio::test]
async fn whose_rights_hold_elsewhere_finds_nothing() {
    let shop = Shop::with_zip(json!({})).await;
    status(shop.order(&shop.admin, "1", json!({})), 201).await;
    let there = shop.account_at("there", &["Orders_*", "Applications_*"], THERE).await;
    for path in [ORDERS, APPLICATIONS] {
        assert_eq!(status(shop.get(&there, path), 200).await["total"], 0, "{path}");
    }
    let changes = status(shop.get(&there, "/sics/v1/order-changes"), 200).await;
    assert_eq!(changes["changes"], json!([]));
    let mine = json!({"app": ZIP, "instance": THERE});
    for (method, path, body, status, code) in [
        (Method::GET, format!("{APPLICATIONS}/7-zip"), json!({}), 404, "unknown"),
        (
            Method::GET,
            format!("{APPLICATIONS}/7-zip/icon"),
            json!({}),
            404,
            "unknown",
        ),
        (
            Method::PUT,
            format!("{APPLICATIONS}/7-zip"),
            mine,
            409,
            "applicationTaken",
        ),
        (
            Method::POST,
            format!("{APPLICATIONS}/7-zip/retry"),
            json!({}),
            404,
            "unknown",
        ),
        (
            Method::DELETE,
            format!("{APPLICATIONS}/7-zip?clean_up=true"),
            json!({}),
            404,
            "unknown",
        ),
        (
            Method::GET,
            format!("{APPS}?instance={HERE}"),
            json!({}),
            404,
            "unknown",
        ),
        (
            Method::GET,
            format!("{ORDERS}?instance={HERE}"),
            json!({}),
            404,
            "unknown",
        ),
        (Method::GET, format!("{ORDERS}/1"), json!({}), 404, "unknown"),
        (Method::POST, format!("{ORDERS}/1/approve"), json!({}), 404, "unknown"),
        (Method::POST, format!("{ORDERS}/1/reject"), json!({}), 404, "unknown"),
        (Method::POST, format!("{ORDERS}/1/cancel"), json!({}), 404, "unknown"),
        (Method::POST, format!("{ORDERS}/1/retry"), json!({}), 404, "unknown"),
        (
            Method::GET,
            format!("/sics/v1/webhooks?instance={HERE}"),
            json!({}),
            404,
            "unknown",
        ),
    ] {
        let refused = shop.send(method.clone(), &there, &path, body);
        assert_eq!(problem(refused, status).await, code, "{method} {path}");
    }
    assert_eq!(problem(shop.order(&there, "2", json!({})), 404).await, "unknown");
    assert_eq!(problem(shop.order(&there, "1", json!({})), 409).await, "orderConflict");
    // A right there and another one here do not add up.
    let reads = shop.account_at("reads", &["Orders_Read"], HERE).await;
    status(shop.get(&reads, &format!("{ORDERS}/1")), 200).await;
    let cancel = shop.post(&reads, &format!("{ORDERS}/1/cancel"), json!({}));
    assert_eq!(problem(cancel, 403).await, "missingRight");
    let order = status(shop.get(&shop.admin, &format!("{ORDERS}/1")), 200).await;
    assert_eq!(order["state"], "accepted", "nothing of it has changed");
}
