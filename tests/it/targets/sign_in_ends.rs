//! The end of what a target signs in with, where the other side says it: NetBox tells it of a token to the user of the token.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::installation::{day_after, find_told_end};
use crate::support::inventories::Inventory;
use crate::support::inventories::net_box_side::NetBoxSide;
use crate::support::net_box::{NetBoxOptions, NetBoxVersion};
use crate::support::targets::{Laptop, TargetScene};
use crate::support::wait::found;

/// How a stand-in of NetBox counts that it is asked for tokens.
const TOKENS: &str = "GET users/tokens";

fn side(inventory: &Inventory) -> &NetBoxSide {
    match inventory {
        Inventory::NetBox(side) => side,
        _ => panic!("another kind"),
    }
}

/// A NetBox whose token ends at noon of this day.
async fn open_ending(day: &str, denied: &[&str]) -> Inventory {
    let options = NetBoxOptions {
        token_expires: Some(format!("{day}T12:00:00Z")),
        denied: denied.iter().map(|kind| (*kind).to_owned()).collect(),
        ..NetBoxOptions::of_version(NetBoxVersion::V46)
    };
    Inventory::NetBox(NetBoxSide::with_options(options).await)
}

async fn until_told(scene: &TargetScene, target: &str, day: &str) {
    found("it is told", async || {
        let item = find_told_end(scene, target).await;
        let message = item.as_ref().and_then(|item| item["message"].as_str());
        let is_told = message.is_some_and(|message| message.contains(day));
        is_told.then_some(()).ok_or(item)
    })
    .await;
}

/// The target writes a change, so a pass has gone by.
async fn write_change(scene: &TargetScene, target: &str, laptop: &Laptop, version: &str) {
    scene.patch(&laptop.id, json!({ "osVersion": version })).await;
    scene.scan_and_settle(target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn netbox_says_when_its_token_ends_and_is_asked_once_a_day() {
    let mut scene = TargetScene::new().await;
    let (near, far) = (day_after(&scene, 5), day_after(&scene, 90));
    let inventory = open_ending(&near, &[]).await;
    let server = &side(&inventory).server;
    let laptop = scene.put_laptop(json!({})).await;
    scene.scan().await;
    let target = scene.install(&inventory, json!({ "sign_in_expires_on": far })).await;
    scene.settled(&target).await;
    // What NetBox says goes before what somebody has typed.
    until_told(&scene, &target, &near).await;
    // One is of the check of the wizard, where that was made.
    let asked = server.count(TOKENS);
    write_change(&scene, &target, &laptop, "10.0.26100.1111").await;
    scene.restart().await;
    scene.until_running(&target).await;
    write_change(&scene, &target, &laptop, "10.0.26100.2222").await;
    assert_eq!(server.count(TOKENS), asked, "it is known, also to another process");
    scene.advance(TimeDelta::days(1));
    write_change(&scene, &target, &laptop, "10.0.26100.3333").await;
    write_change(&scene, &target, &laptop, "10.0.26100.4444").await;
    assert_eq!(server.count(TOKENS), asked + 1, "once on another day");
    // Of one that is stopped it is still known, and each check asks.
    scene
        .post(&format!("/sics/v1/instances/{target}/stop"), json!({}))
        .await;
    scene
        .until_target(&target, "it is stopped", |seen| seen["running"] == false)
        .await;
    server.with_state(|state| state.options.token_expires = Some(format!("{}T12:00:00Z", day_after(&scene, 3))));
    let checked = scene.verify(&target).await;
    let steps = checked["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["step"] == "signInEnd").unwrap();
    let nearer = day_after(&scene, 3);
    assert!(step["detail"].as_str().unwrap().contains(&nearer), "{checked}");
    assert_eq!(server.count(TOKENS), asked + 2);
    until_told(&scene, &target, &nearer).await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_netbox_does_not_say_when_its_token_ends_the_typed_day_counts() {
    let mut scene = TargetScene::new().await;
    let (near, far) = (day_after(&scene, 5), day_after(&scene, 90));
    let inventory = open_ending(&far, &[TOKENS]).await;
    let target = scene.install(&inventory, json!({ "sign_in_expires_on": near })).await;
    let checked = scene.verify(&target).await;
    let steps = checked["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["step"] == "signInEnd").unwrap();
    assert_eq!(step["state"], "ok", "{checked}");
    until_told(&scene, &target, &near).await;
    let seen = scene.target(&target).await;
    assert_eq!(seen["paused"], Value::Null, "nobody rests for it: {seen}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_a_token_is_not_told_of_the_next_one() {
    let mut scene = TargetScene::new().await;
    let near = day_after(&scene, 5);
    let inventory = open_ending(&near, &[]).await;
    let target = scene.install(&inventory, json!({})).await;
    until_told(&scene, &target, &near).await;
    let next = "nbt_ZyXwVu987654.0123456789abcdefghijklmnopqrstuvwxyzABCD";
    side(&inventory).server.with_state(|state| {
        state.options.token = next.to_owned();
        state.options.token_expires = None;
    });
    let path = format!("/sics/v1/installations/{target}");
    let change = json!({"answers": {"token": next}, "anyway": ["verify"]});
    scene.good(Method::PATCH, &path, change).await;
    found("it is over", async || {
        let told = find_told_end(&scene, &target).await;
        told.map_or(Ok(()), Err)
    })
    .await;
    scene.stop().await;
}
