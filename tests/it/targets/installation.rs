//! Targets as products: installed by the wizard's answers, changed, moved and removed. What is over there stays there.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{FilledTarget, assert_written};
use crate::support::inventories::{Inventory, InventoryKind};
use crate::support::target_bodies::{INSTANCE, merge};
use crate::support::targets::TargetScene;
use crate::support::wait::found;

for_each_kind![
    what_a_kind_can_do_is_told_and_so_is_what_it_was_proven_on,
    wrong_answers_are_told_at_their_fields,
];

for_each_served_kind![
    people_are_told_before_a_target_can_sign_in_no_more,
    people_are_told_of_a_target_that_is_stopped_too,
    an_installation_brings_an_account_and_a_server_and_its_removal_takes_them_and_leaves_the_records,
    e7_another_address_asks_for_the_secret_again_and_for_a_look,
];

/// The secret of each kind, by its field.
fn secret_field(kind: InventoryKind) -> Option<&'static str> {
    match kind {
        InventoryKind::Ocs | InventoryKind::File => None,
        InventoryKind::SnipeIt | InventoryKind::NetBox => Some("token"),
        InventoryKind::PostgreSql | InventoryKind::ServiceNow => Some("password"),
        InventoryKind::Glpi => Some("client_secret"),
    }
}

async fn an_installation_brings_an_account_and_a_server_and_its_removal_takes_them_and_leaves_the_records(
    kind: InventoryKind,
) {
    let Some(mut filled) = FilledTarget::open(kind).await else {
        return;
    };
    let target = filled.target.clone();
    let scene = &filled.scene;
    let server = scene.get(&format!("/sics/v1/servers/{target}")).await;
    assert_eq!(server["accepted"], true, "{server}");
    let account = scene.get(&format!("/sics/v1/operators/{target}")).await;
    assert_eq!(account["kind"], "server", "{account}");
    // Nothing secret is shown, wherever the target is.
    if let Some(field) = secret_field(kind) {
        let secret = filled.inventory.answers(json!({}))[field].as_str().unwrap().to_owned();
        for path in [
            format!("/sics/v1/installations/{target}"),
            format!("/sics/v1/installations/{target}/answers"),
            format!("/sics/v1/targets/{target}"),
            "/sics/v1/audit?limit=200".to_owned(),
        ] {
            assert!(!scene.get(&path).await.to_string().contains(&secret), "{path}");
        }
    }
    let records = filled.inventory.records().await;
    let path = format!("/sics/v1/installations/{target}");
    let (status, shown) = scene.ask(Method::DELETE, &path, json!({})).await;
    assert_eq!(
        (status.as_u16(), &shown["count"]),
        (409, &json!(filled.laptops.len())),
        "{shown}"
    );
    scene.uninstall(&target).await;
    for gone in [
        format!("/sics/v1/servers/{target}"),
        format!("/sics/v1/operators/{target}"),
    ] {
        found("it is gone", async || {
            let (status, seen) = scene.ask(Method::GET, &gone, json!({})).await;
            (status.as_u16() == 404).then_some(()).ok_or(seen)
        })
        .await;
    }
    assert_eq!(filled.inventory.records().await, records);
    filled
        .scene
        .patch(&filled.laptops[0].id, json!({"deviceName": "AFTERWARDS"}))
        .await;
    filled.scene.scan().await;
    assert_eq!(filled.inventory.records().await, records);
    // Installed again, it finds its records by what they have, and makes none.
    filled.target = filled.scene.install(&filled.inventory, json!({})).await;
    assert_ne!(filled.target, target, "a number is given once");
    filled.scene.agree_until_settled(&filled.target).await;
    filled.laptops[0].name = "AFTERWARDS".to_owned();
    assert_written(&filled.inventory, &filled.laptops).await;
    assert_eq!(filled.inventory.records().await.len(), records.len());
    filled.stop().await;
}

/// Answers that name another inventory of the same kind.
fn place_of(other: &Inventory) -> Value {
    let answers = other.answers(json!({}));
    match other.kind() {
        InventoryKind::PostgreSql => {
            json!({"port": answers["port"], "database": answers["database"], "user": answers["user"]})
        }
        InventoryKind::Ocs => json!({"url": answers["url"], "rest_url": answers["rest_url"]}),
        InventoryKind::SnipeIt | InventoryKind::NetBox | InventoryKind::ServiceNow => json!({"url": answers["url"]}),
        InventoryKind::Glpi => json!({"url": answers["url"], "password": answers["password"]}),
        InventoryKind::File => json!({"place": answers["place"]}),
    }
}

async fn e7_another_address_asks_for_the_secret_again_and_for_a_look(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let Some(other) = Inventory::open(kind).await else {
        return;
    };
    let path = format!("/sics/v1/installations/{}", filled.target);
    let change = |answers: Value| json!({"answers": answers, "anyway": ["verify"]});
    let place = place_of(&other);
    if let Some(field) = secret_field(kind) {
        let (status, told) = filled.scene.ask(Method::PATCH, &path, change(place.clone())).await;
        assert!(status.is_client_error(), "{told}");
        assert!(told.to_string().contains(field), "{told}");
        // Nor along another way.
        let proxy = json!({"network": ["proxy"], "proxy": "http://127.0.0.1:3128"});
        let (status, told) = filled.scene.ask(Method::PATCH, &path, change(proxy)).await;
        assert!(status.is_client_error(), "{told}");
    }
    let secret = match secret_field(kind) {
        Some(field) => json!({field: other.answers(json!({}))[field]}),
        None => json!({}),
    };
    // The links point to records of the first one: that is shown, and confirmed.
    let given = change(merge(place, secret));
    let (status, shown) = filled.scene.ask(Method::PATCH, &path, given.clone()).await;
    assert_eq!(
        (status.as_u16(), &shown["count"]),
        (409, &json!(filled.laptops.len())),
        "{shown}"
    );
    let confirmed = format!("{path}?confirm={}", shown["confirm"].as_str().unwrap());
    filled.scene.good(Method::PATCH, &confirmed, given).await;
    filled.scene.until_running(&filled.target).await;
    let seen = filled.scene.target(&filled.target).await;
    assert_eq!(seen["phase"], "canary", "{seen}");
    filled.stop().await;
}

async fn what_a_kind_can_do_is_told_and_so_is_what_it_was_proven_on(kind: InventoryKind) {
    let mut scene = TargetScene::new().await;
    let told = scene.get("/sics/v1/target-kinds").await;
    let kinds = told["kinds"].as_array().unwrap();
    let own = kinds.iter().find(|row| row["product"] == kind.product()).unwrap();
    assert_eq!(own["adopts"], kind.adopts(), "{own}");
    assert_eq!(own["writes"], if kind.is_bulk() { "bulk" } else { "single" }, "{own}");
    let proven = own["provenOn"].as_array().unwrap();
    let honest = if kind.adopts() { "stand-in" } else { "real" };
    assert!(
        !proven.is_empty() && proven.iter().all(|text| text.as_str().unwrap().starts_with(honest)),
        "{own}"
    );
    let actions = own["retireActions"].as_array().unwrap();
    let leaves = actions.first().map(|first| first == "leave");
    assert_eq!(leaves, Some(!kind.retires()), "{own}");
    scene.stop().await;
}

async fn wrong_answers_are_told_at_their_fields(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    let mut wrong = vec![
        ("instances", json!("IntuneConnector_")),
        ("write_window", json!("all day")),
    ];
    if kind != InventoryKind::File {
        wrong.push(("requests_per_minute", json!(-1)));
    }
    match kind {
        InventoryKind::PostgreSql => wrong.extend([("host", json!("")), ("schema", json!("bad\"name"))]),
        InventoryKind::Ocs => wrong.extend([("url", json!("not an address")), ("duplicate_level", json!(64))]),
        InventoryKind::SnipeIt | InventoryKind::NetBox => {
            wrong.extend([("url", json!("ftp://assets.example")), ("token", json!(""))])
        }
        InventoryKind::Glpi => wrong.extend([("url", json!("ftp://glpi.example")), ("password", json!(""))]),
        InventoryKind::ServiceNow => wrong.extend([
            ("url", json!("ftp://example.service-now.com")),
            ("password", json!("")),
            ("gone_values", json!("retired")),
        ]),
        InventoryKind::File => wrong.extend([("place", json!("/etc")), ("file_name", json!("../x"))]),
    }
    for (field, value) in wrong {
        let answers = merge(json!({"writing_more": true, "zone": "UTC"}), json!({field: value}));
        let (status, told) = scene.try_install(&inventory, answers).await;
        assert!(status.is_client_error(), "{field}: {told}");
        assert!(told.to_string().contains(field), "{field}: {told}");
    }
    assert_eq!(inventory.turns(), 0);
    let told = scene.get("/sics/v1/targets").await;
    assert_eq!(told["targets"], json!([]));
    scene.stop().await;
}

/// The day so many days from now.
pub(super) fn day_after(scene: &TargetScene, days: i64) -> String {
    let date = scene.clock.now() + TimeDelta::days(days);
    date.format("%Y-%m-%d").to_string()
}

/// What people are told of the end of what this target signs in with.
pub(super) async fn find_told_end(scene: &TargetScene, target: &str) -> Option<Value> {
    let board = scene.get("/sics/v1/attention").await;
    let items = board["items"].as_array().unwrap().clone();
    let is_it = |item: &Value| item["code"] == "targetSignInEnding" && item["subject"] == target;
    items.into_iter().find(is_it)
}

async fn people_are_told_before_a_target_can_sign_in_no_more(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    let near = day_after(&scene, 5);
    let target = scene.install(&inventory, json!({"sign_in_expires_on": near})).await;
    let told = || find_told_end(&scene, &target);
    let item = found("it is told", async || told().await.ok_or("nothing is told")).await;
    let message = item["message"].as_str().unwrap();
    assert!(message.contains(&near) && message.contains(&target), "{item}");
    let far = day_after(&scene, 60);
    scene.reconfigure(&target, json!({"sign_in_expires_on": far})).await;
    found("it is over", async || told().await.map_or(Ok(()), Err)).await;
    scene.stop().await;
}

/// The day is typed while it is stopped, so that nothing of the time before is told.
async fn people_are_told_of_a_target_that_is_stopped_too(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    let target = scene.install(&inventory, json!({})).await;
    scene
        .post(&format!("/sics/v1/instances/{target}/stop"), json!({}))
        .await;
    scene
        .until_target(&target, "it is stopped", |seen| seen["running"] == false)
        .await;
    let near = day_after(&scene, 5);
    let change = json!({"answers": {"sign_in_expires_on": near}, "anyway": ["verify"]});
    let path = format!("/sics/v1/installations/{target}");
    scene.good(Method::PATCH, &path, change).await;
    let told = || find_told_end(&scene, &target);
    let item = found("it is told", async || told().await.ok_or("nothing is told")).await;
    assert!(item["message"].as_str().unwrap().contains(&near), "{item}");
    assert_eq!(scene.target(&target).await["running"], false);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_names_its_servers_is_told_to_a_target_that_lacks_its_devices() {
    let inventory = Inventory::open(InventoryKind::SnipeIt).await.unwrap();
    let filled = FilledTarget::fill(TargetScene::new().await, inventory, 5, json!({})).await;
    let path = format!("/sics/v1/instances/{INSTANCE}");
    let elsewhere = json!({"servers": "cmdb"});
    let (status, shown) = filled.scene.ask(Method::PATCH, &path, elsewhere.clone()).await;
    if !status.is_success() {
        let confirmed = format!("{path}?confirm={}", shown["confirm"].as_str().unwrap());
        filled.scene.good(Method::PATCH, &confirmed, elsewhere).await;
    }
    let checked = filled.scene.verify(&filled.target).await;
    assert!(checked.to_string().contains(INSTANCE), "{checked}");
    // Its devices are not this target's any more; over there nothing happens.
    found("the devices are let go", async || {
        let links = filled.scene.links(&filled.target).await;
        let is_let_go = |link: &Value| link["phase"] == "released";
        links.values().all(is_let_go).then_some(()).ok_or(links)
    })
    .await;
    assert_written(&filled.inventory, &filled.laptops).await;
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_the_other_side_lacks_are_told_and_made_on_request() {
    for kind in [InventoryKind::SnipeIt, InventoryKind::PostgreSql, InventoryKind::NetBox] {
        let Some(filled) = FilledTarget::open(kind).await else {
            continue;
        };
        let path = format!("/sics/v1/targets/{}/fields", filled.target);
        let before = filled.scene.get(&path).await;
        assert_eq!(before["missing"], json!([]), "{before}");
        let names = before["fields"].as_array().unwrap();
        assert!(names.iter().any(|field| field["name"] == kind.name_field()), "{before}");
        let row = json!({"field": "cost_centre", "value": "4711", "mode": "fill"});
        filled
            .scene
            .change_mapping(&filled.target, |mapping| {
                mapping["fields"].as_array_mut().unwrap().push(row)
            })
            .await;
        let lacking = filled.scene.get(&path).await;
        assert_eq!(lacking["missing"], json!(["cost_centre"]), "{lacking}");
        let paused = |seen: &Value| seen["paused"]["code"] == "misconfigured";
        let seen = filled
            .scene
            .passing_until(&filled.target, "it says what is missing", paused)
            .await;
        assert!(
            seen["paused"]["problem"].as_str().unwrap().contains("cost_centre"),
            "{seen}"
        );
        let made = filled.scene.make_fields(&filled.target).await;
        assert_eq!(made["missing"], json!([]), "{made}");
        filled.scene.agree_until_settled(&filled.target).await;
        let records = filled.inventory.records().await;
        let has_it = |value: Option<&String>| value.map(String::as_str) == Some("4711");
        assert!(
            records.iter().all(|record| has_it(record.values.get("cost_centre"))),
            "{kind:?}"
        );
        filled.stop().await;
    }
}
