//! The brake: a wrong mapping stops at 20 records; what a day does beyond what is ordinary waits as one question; consent is
//! to exactly what was asked.

use std::ops::Range;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{FilledTarget, assert_written};
use crate::support::inventories::{InventoryKind, SeenRecord, SeenState};
use crate::support::target_acts::CANARY;
use crate::support::target_bodies::expression_row;
use crate::support::targets::Laptop;
use crate::support::wait::found;

for_each_kind![
    a_wrong_mapping_stops_at_twenty_records,
    a_day_writes_what_is_ordinary_and_the_rest_is_one_question,
    what_an_ordinary_day_does_is_learned,
    many_that_go_at_once_wait_while_others_are_written,
    a_mapping_that_can_not_be_used_is_refused_with_its_place,
];

/// Another name for every device.
pub(super) fn name_wrongly(kind: InventoryKind) -> impl FnOnce(&mut Value) {
    let wrong = expression_row(kind.name_field(), "'WRONG-' + deviceName", "own");
    move |mapping: &mut Value| {
        let fields = mapping["fields"].as_array_mut().unwrap();
        let row = fields.iter_mut().find(|row| row["field"] == wrong["field"]).unwrap();
        *row = wrong;
    }
}

pub(super) fn count_wrong(records: &[SeenRecord]) -> usize {
    records
        .iter()
        .filter(|record| record.name.starts_with("WRONG-"))
        .count()
}

/// Has so many laptops from the front change something that the target keeps.
async fn change_names(filled: &mut FilledTarget, which: Range<usize>, end: &str) {
    for laptop in &mut filled.laptops[which] {
        laptop.name.push_str(end);
        let renamed = json!({"deviceName": laptop.name});
        filled.scene.patch(&laptop.id, renamed).await;
    }
    filled.scene.scan().await;
}

async fn a_wrong_mapping_stops_at_twenty_records(kind: InventoryKind) {
    let Some(filled) = FilledTarget::with_answers(kind, 60, json!({})).await else {
        return;
    };
    let told = filled.scene.change_mapping(&filled.target, name_wrongly(kind)).await;
    assert_eq!(told["consented"], false, "{told}");
    let question = filled.scene.question(&filled.target).await;
    assert_eq!(
        (&question["canary"], &question["counts"]["change"], &question["total"]),
        (&json!(true), &json!(40), &json!(40)),
        "{question}"
    );
    assert_eq!(question["written"].as_array().unwrap().len() as u64, CANARY);
    let shown = &question["written"][0]["changes"];
    let named = shown
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["field"] == kind.name_field());
    let named = named.unwrap_or_else(|| panic!("{shown}"));
    let (before, after) = (named["before"].as_str().unwrap(), named["after"].as_str().unwrap());
    assert_eq!(after, format!("WRONG-{before}"));
    for _ in 0..2 {
        filled.scene.advance(TimeDelta::days(1));
        filled.scene.scan().await;
    }
    assert_eq!(count_wrong(&filled.inventory.records().await) as u64, CANARY);
    // Corrected, nobody has to agree to anything: the records are as they were.
    let text = {
        let mut mapping = filled.scene.mapping(&filled.target).await;
        let right = json!({"field": kind.name_field(), "from": "deviceName", "mode": "own"});
        let fields = mapping["fields"].as_array_mut().unwrap();
        let row = fields.iter_mut().find(|row| row["field"] == right["field"]).unwrap();
        *row = right;
        mapping.to_string()
    };
    filled.scene.set_mapping(&filled.target, &text).await;
    let consent = format!("/sics/v1/targets/{}/consent", filled.target);
    let late = json!({"digest": question["digest"]});
    assert_eq!(
        filled.scene.refused(Method::POST, &consent, late).await,
        "questionChanged",
        "it was asked by another mapping"
    );
    filled.scene.agree_until_settled(&filled.target).await;
    assert_written(&filled.inventory, &filled.laptops).await;
    filled.stop().await;
}

async fn a_day_writes_what_is_ordinary_and_the_rest_is_one_question(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::open(kind).await else {
        return;
    };
    let before = filled.laptops.clone();
    change_names(&mut filled, 0..15, "-X").await;
    let question = filled.scene.question(&filled.target).await;
    assert_eq!(
        (&question["canary"], &question["counts"]["change"], &question["total"]),
        (&json!(false), &json!(5), &json!(5)),
        "{question}"
    );
    let records = filled.inventory.records().await;
    let changed = |laptop: &&Laptop| records.iter().any(|record| record.name == laptop.name);
    assert_eq!(filled.laptops[..15].iter().filter(changed).count(), 10);
    let asked: Vec<&str> = question["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["deviceId"].as_str().unwrap())
        .collect();
    for laptop in &before {
        let stays = asked.contains(&laptop.id.as_str());
        let now = filled.inventory.record_of(&laptop.id).await;
        assert!(!stays || now.name == laptop.name, "{now:?}");
    }
    // Other classes have their own measure: a new device is made.
    let new = filled.scene.put_laptop(json!({})).await;
    filled.scene.scan().await;
    filled.scene.nudge(&filled.target).await;
    let path = format!("/sics/v1/targets/{}", filled.target);
    found("the new device is made", async || {
        let seen = filled.scene.get(&path).await;
        (seen["created"] == before.len() + 1).then_some(()).ok_or(seen)
    })
    .await;
    assert_written(&filled.inventory, std::slice::from_ref(&new)).await;
    filled.scene.agree_until_settled(&filled.target).await;
    assert_written(&filled.inventory, &filled.laptops).await;
    // The next day begins anew.
    filled.scene.advance(TimeDelta::days(1));
    change_names(&mut filled, 0..10, "-Y").await;
    filled.scene.settled(&filled.target).await;
    assert_written(&filled.inventory, &filled.laptops).await;
    filled.stop().await;
}

async fn what_an_ordinary_day_does_is_learned(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::open(kind).await else {
        return;
    };
    for day in 0..4 {
        filled.scene.advance(TimeDelta::days(1));
        change_names(&mut filled, 0..10, &format!("-{day}")).await;
        filled.scene.settled(&filled.target).await;
    }
    filled.scene.advance(TimeDelta::days(1));
    change_names(&mut filled, 0..20, "-Z").await;
    let seen = filled.scene.settled(&filled.target).await;
    assert_eq!(seen["phase"], "open", "{seen}");
    assert_written(&filled.inventory, &filled.laptops).await;
    // More than twice the ordinary is asked for all the same.
    change_names(&mut filled, 0..5, "-Q").await;
    let question = filled.scene.question(&filled.target).await;
    assert_eq!(question["counts"]["change"], 5, "{question}");
    filled.stop().await;
}

async fn many_that_go_at_once_wait_while_others_are_written(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::with_answers(kind, 40, json!({})).await else {
        return;
    };
    for laptop in &filled.laptops[..16] {
        filled.scene.remove(&laptop.id).await;
    }
    change_names(&mut filled, 30..33, "-X").await;
    if !kind.retires() {
        // Nothing is done over there, so nothing is asked.
        filled.scene.settled(&filled.target).await;
        assert_written(&filled.inventory, &filled.laptops[16..]).await;
        return filled.stop().await;
    }
    let question = filled.scene.question(&filled.target).await;
    assert_eq!(question["counts"]["retire"], 6, "{question}");
    let retired = |records: &[SeenRecord]| {
        let gone = records.iter().filter(|record| record.state == SeenState::Retired);
        gone.count()
    };
    assert_eq!(retired(&filled.inventory.records().await), 10);
    assert_written(&filled.inventory, &filled.laptops[16..]).await;
    filled.scene.agree(&filled.target, &question).await;
    filled.scene.settled(&filled.target).await;
    assert_eq!(retired(&filled.inventory.records().await), 16);
    filled.stop().await;
}

async fn a_mapping_that_can_not_be_used_is_refused_with_its_place(kind: InventoryKind) {
    let Some(filled) = FilledTarget::open(kind).await else {
        return;
    };
    let path = format!("/sics/v1/targets/{}/mapping", filled.target);
    let good = filled.scene.mapping(&filled.target).await;
    let field = kind.name_field();
    let rows = [
        json!({"field": field, "from": "devicename", "mode": "own"}),
        json!({"field": field, "expression": "deviceName +", "mode": "own"}),
        json!({"field": field, "expression": "[1, 2]", "mode": "own"}),
        json!({"field": field, "from": "deviceName", "mode": "always"}),
    ];
    for row in rows {
        let mut wrong = good.clone();
        wrong["fields"] = json!([row]);
        let body = json!({"text": wrong.to_string()});
        let (status, told) = filled.scene.ask(Method::PUT, &path, body).await;
        assert_eq!(status.as_u16(), 422, "{row}: {told}");
        assert!(
            told["where"].as_str().is_some_and(|place| !place.is_empty()),
            "{row}: {told}"
        );
    }
    let mut unable = good.clone();
    unable["gone"]["deleted"] = json!("vaporise");
    let body = json!({"text": unable.to_string()});
    assert_eq!(filled.scene.ask(Method::PUT, &path, body).await.0.as_u16(), 422);
    assert_eq!(filled.scene.mapping(&filled.target).await, good);
    filled.stop().await;
}
