//! Several targets side by side, and several tenants behind one: each target has its own records, progress and consent; one
//! that is down delays nobody; hardware that moves from tenant to tenant keeps its record.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{FLEET, FilledTarget, assert_written};
use crate::support::inventories::{Inventory, InventoryKind, SeenState};
use crate::support::target_bodies::INSTANCE;
use crate::support::targets::TargetScene;
use crate::support::wait::found;

#[tokio::test(flavor = "multi_thread")]
async fn targets_of_all_kinds_and_two_of_one_kind_stand_side_by_side() {
    let mut scene = TargetScene::new().await;
    let mut laptops = scene.put_laptops(24).await;
    scene.scan().await;
    let mut sides = Vec::new();
    let kinds = [
        InventoryKind::SnipeIt,
        InventoryKind::SnipeIt,
        InventoryKind::PostgreSql,
        InventoryKind::PostgreSql,
        InventoryKind::Ocs,
    ];
    for kind in kinds.into_iter().chain(InventoryKind::LATER) {
        if let Some(inventory) = Inventory::open(kind).await {
            let target = scene
                .install(&inventory, json!({"profile": format!("{kind:?} {}", sides.len())}))
                .await;
            sides.push((target, inventory));
        }
    }
    for (target, inventory) in &sides {
        scene.agree_until_settled(target).await;
        assert_written(inventory, &laptops).await;
    }
    // One goes down: all others go on, and it catches up by itself.
    sides[0].1.line_mut().cut().await;
    laptops[0].name.push_str("-LATER");
    scene
        .patch(&laptops[0].id, json!({"deviceName": laptops[0].name}))
        .await;
    scene.scan().await;
    for (target, inventory) in &sides[1..] {
        scene.settled(target).await;
        assert_written(inventory, &laptops).await;
    }
    let paused = |seen: &Value| !seen["paused"].is_null();
    let seen = scene.passing_until(&sides[0].0, "it rests", paused).await;
    assert_eq!(
        (&seen["paused"]["code"], &seen["behind"]),
        (&json!("unreachable"), &json!(1)),
        "{seen}"
    );
    sides[0].1.line_mut().mend().await;
    scene.passing_settled(&sides[0].0).await;
    for (_, inventory) in &sides {
        assert_eq!(inventory.records().await.len(), laptops.len());
        assert_written(inventory, &laptops).await;
    }
    // Each has a mapping, runs and links of its own.
    let only_own = |mapping: &mut Value| mapping["gone"]["deleted"] = json!("leave");
    scene.change_mapping(&sides[0].0, only_own).await;
    let of_other = scene.mapping(&sides[1].0).await;
    assert_ne!(of_other["gone"]["deleted"], "leave");
    scene.stop().await;
}

/// Devices of the second tenant that have nothing to do with the first.
const OTHERS: usize = 3;

/// A second tenant with an instance of its own, which reads it when it is asked.
async fn add_tenant(scene: &TargetScene) -> (simulated_tenant::Running, String) {
    let options = simulated_tenant::Options {
        clock: scene.sim_clock.clone(),
        ..simulated_tenant::Options::quick(0, 11)
    };
    let sim = simulated_tenant::start(options).await.unwrap();
    let registration = &sim.registration;
    let answers = json!({
        "profile": "second", "tenant_id": registration.tenant_id, "client_id": registration.client_id,
        "secret": registration.client_secret, "servers": "*", "network": ["addresses"], "login_url": sim.base,
        "graph_url": sim.base, "rhythm": "own", "incremental": "off", "full": "0 0 1 1 *",
    });
    let body = json!({"answers": answers, "anyway": ["verify"]});
    let made = scene
        .post("/sics/v1/products/intune-connector/installations", body)
        .await;
    let name = made["name"].as_str().unwrap().to_owned();
    found("the second instance is there", async || {
        let (status, seen) = scene
            .ask(Method::GET, &format!("/sics/v1/instances/{name}"), json!({}))
            .await;
        let runs = status.is_success() && seen["state"] != "stopped";
        runs.then_some(()).ok_or(seen)
    })
    .await;
    (sim, name)
}

async fn put_into(scene: &TargetScene, sim: &simulated_tenant::Running, id: &str, properties: Value) {
    let url = format!("{}/simulator/devices/{id}", sim.base);
    let body = json!({ "properties": properties });
    let answer = scene.http.put(url).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hardware_that_moves_to_another_tenant_keeps_its_asset_and_is_retired_when_the_last_link_goes() {
    let inventory = Inventory::open(InventoryKind::SnipeIt).await.unwrap();
    let scene = TargetScene::new().await;
    let filled = FilledTarget::fill(scene, inventory, FLEET, json!({})).await;
    let before = filled.record(0).await;
    let (sim, second) = add_tenant(&filled.scene).await;
    let moved = Uuid::new_v4().to_string();
    filled.scene.advance(TimeDelta::minutes(10));
    let later = filled.scene.sim_clock.now().to_rfc3339();
    put_into(
        &filled.scene,
        &sim,
        &moved,
        json!({
            "deviceName": "MOVED", "serialNumber": filled.laptops[0].serial, "operatingSystem": "Windows",
            "lastSyncDateTime": later,
        }),
    )
    .await;
    // Others beside it: a tenant whose only device is missing is not believed.
    for _ in 0..OTHERS {
        let phone = json!({"operatingSystem": "iOS"});
        put_into(&filled.scene, &sim, &Uuid::new_v4().to_string(), phone).await;
    }
    filled.scene.scan_instance(&second).await;
    filled.scene.agree_until_settled(&filled.target).await;
    let shared = filled.inventory.records().await;
    assert_eq!(shared.len(), FLEET + OTHERS, "the same hardware has one asset");
    let record = shared.iter().find(|record| record.id == before.id).unwrap();
    assert_eq!(record.name, "MOVED", "who checked in last owns the fields");
    // The old tenant still tells of it, and does not win by talking last.
    filled
        .scene
        .patch(
            &filled.laptops[0].id,
            json!({"osVersion": "10.0.26100.1111", "lastSyncDateTime": "2026-09-01T08:00:00Z"}),
        )
        .await;
    filled.scan_and_settle().await;
    let find = async || {
        let records = filled.inventory.records().await;
        records.into_iter().find(|record| record.id == before.id).unwrap()
    };
    assert_eq!(find().await.name, "MOVED");
    // It leaves the old one: the other still has it. Then it leaves both.
    filled.scene.remove(&filled.laptops[0].id).await;
    filled.scan_and_settle().await;
    assert_eq!(find().await.state, SeenState::Active);
    let url = format!("{}/simulator/devices/{moved}", sim.base);
    assert!(
        filled
            .scene
            .http
            .delete(url)
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    filled.scene.scan_instance(&second).await;
    filled.scene.agree_until_settled(&filled.target).await;
    assert_eq!(find().await.state, SeenState::Retired);
    filled.stop().await;
    sim.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_writes_only_the_instances_of_its_settings() {
    for kind in InventoryKind::ALL {
        let Some(inventory) = Inventory::open(kind).await else {
            continue;
        };
        let mut scene = TargetScene::new().await;
        let (sim, second) = add_tenant(&scene).await;
        put_into(
            &scene,
            &sim,
            &Uuid::new_v4().to_string(),
            json!({"operatingSystem": "Windows"}),
        )
        .await;
        let laptops = scene.put_laptops(5).await;
        scene.scan().await;
        scene.scan_instance(&second).await;
        let target = scene.install(&inventory, json!({"instances": INSTANCE})).await;
        scene.agree_until_settled(&target).await;
        assert_written(&inventory, &laptops).await;
        assert_eq!(inventory.records().await.len(), laptops.len(), "{kind:?}");
        scene.stop().await;
        sim.stop().await;
    }
}
