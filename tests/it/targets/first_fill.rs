//! The first fill of an inventory: 20 records, a look, consent to exactly the rest.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use super::assert_written;
use crate::support::inventories::{Inventory, InventoryKind};
use crate::support::target_acts::CANARY;
use crate::support::targets::TargetScene;

for_each_kind![
    the_first_twenty_records_are_written_and_the_rest_waits_for_consent_to_exactly_it,
    a_preview_says_what_would_be_made_and_writes_nothing,
    a_question_outlives_the_bus_and_a_newer_one_leaves_the_older_to_be_answered,
];

async fn the_first_twenty_records_are_written_and_the_rest_waits_for_consent_to_exactly_it(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    let laptops = scene.put_laptops(45).await;
    scene.scan().await;
    let target = scene.install(&inventory, json!({})).await;
    let question = scene.question(&target).await;
    assert_eq!(question["canary"], true, "{question}");
    assert_eq!(
        (&question["total"], &question["counts"]["create"]),
        (&json!(25), &json!(25)),
        "{question}"
    );
    let shown = question["written"].as_array().unwrap();
    assert_eq!(shown.len() as u64, CANARY, "{question}");
    let records = inventory.records().await;
    assert_eq!(records.len() as u64, CANARY);
    for written in shown {
        let record = inventory.record_of(written["deviceId"].as_str().unwrap()).await;
        assert_eq!(written["deviceName"], record.name, "{written}");
        let laptop = laptops.iter().find(|laptop| laptop.name == record.name).unwrap();
        assert_eq!(record.serial, laptop.serial);
    }
    // Nobody has looked: the next day changes nothing, nor does consent to something else.
    for _ in 0..3 {
        scene.advance(TimeDelta::days(1));
        scene.scan().await;
        let seen = scene.target(&target).await;
        assert_eq!(
            (&seen["question"]["digest"], &seen["linked"]),
            (&question["digest"], &json!(CANARY)),
            "{seen}"
        );
    }
    assert_eq!(inventory.records().await.len() as u64, CANARY);
    let consent = format!("/sics/v1/targets/{target}/consent");
    let wrong = json!({"digest": "0".repeat(64)});
    assert_eq!(scene.refused(Method::POST, &consent, wrong).await, "questionChanged");

    scene.agree(&target, &question).await;
    let seen = scene.settled(&target).await;
    assert_eq!(
        (&seen["phase"], &seen["linked"], &seen["created"]),
        (&json!("open"), &json!(45), &json!(45)),
        "{seen}"
    );
    assert_eq!(inventory.records().await.len(), 45);
    assert_written(&inventory, &laptops).await;
    // Agreed to once more, nothing is written once more.
    scene.agree(&target, &question).await;
    scene.settled(&target).await;
    assert_eq!(inventory.records().await.len(), 45);
    scene.stop().await;
}

async fn a_preview_says_what_would_be_made_and_writes_nothing(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    // Written only at night: so the target is there, and has written nothing.
    let window = json!({"writing_more": true, "write_window": "01:00-01:05", "zone": "UTC"});
    let laptops = scene.put_laptops(6).await;
    scene.scan().await;
    let target = scene.install(&inventory, window).await;
    let preview = scene.preview(&target).await;
    assert_eq!(
        (
            &preview["creates"],
            &preview["changes"],
            &preview["retirements"],
            &preview["complete"]
        ),
        (&json!(6), &json!(0), &json!(0), &json!(true)),
        "{preview}"
    );
    for laptop in &laptops {
        let items = preview["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["deviceId"] == laptop.id.as_str());
        let item = item.unwrap_or_else(|| panic!("{laptop:?} is not shown: {preview}"));
        assert_eq!(item["outcome"], "create", "{item}");
        let changes = item["changes"].as_array().unwrap();
        let named = changes.iter().find(|change| change["field"] == kind.name_field());
        assert_eq!(
            named.map(|change| &change["after"]),
            Some(&json!(laptop.name)),
            "{item}"
        );
    }
    assert!(inventory.records().await.is_empty());
    scene.stop().await;
}

async fn a_question_outlives_the_bus_and_a_newer_one_leaves_the_older_to_be_answered(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    let mut laptops = scene.put_laptops(30).await;
    scene.scan().await;
    let target = scene.install(&inventory, json!({})).await;
    let first = scene.question(&target).await;
    scene.restart().await;
    scene.until_running(&target).await;
    assert_eq!(scene.question(&target).await["digest"], first["digest"]);
    // The fleet has grown meanwhile: what is asked grows with it.
    let more = scene.put_laptops(5).await;
    scene.scan().await;
    scene.nudge(&target).await;
    let second = scene
        .passing_until(&target, "a newer question is asked", |seen| {
            !seen["question"].is_null() && seen["question"]["digest"] != first["digest"]
        })
        .await;
    assert_eq!(second["question"]["total"], 15, "{second}");
    // Whoever read the first one agrees to what stood in it; five more are what any day does.
    scene.agree(&target, &first).await;
    scene
        .passing_until(&target, "the first question's records are written", |seen| {
            seen["linked"] == 35 && seen["question"].is_null()
        })
        .await;
    laptops.extend(more);
    assert_written(&inventory, &laptops).await;
    assert_eq!(inventory.records().await.len(), 35);
    scene.stop().await;
}
