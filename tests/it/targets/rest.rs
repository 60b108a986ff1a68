//! When a target rests: outside its window, when the other side asks it to wait, and at the pace of its settings.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{FilledTarget, assert_written};
use crate::support::inventories::snipe_side::SnipeSide;
use crate::support::inventories::{Inventory, InventoryKind};
use crate::support::snipe_it::{FaultRule, SnipeFault};
use crate::support::targets::TargetScene;

for_each_kind![nothing_is_written_outside_the_window_and_everything_within_it];

/// At half past one in the afternoon.
async fn nothing_is_written_outside_the_window_and_everything_within_it(kind: InventoryKind) {
    let window = json!({"writing_more": true, "write_window": "22:00-23:00", "zone": "Europe/Berlin"});
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    let laptops = scene.put_laptops(12).await;
    scene.scan().await;
    let target = scene.install(&inventory, window).await;
    for _ in 0..5 {
        // To 19:33 in Berlin.
        scene.advance(TimeDelta::minutes(48));
        scene.scan().await;
        assert!(inventory.records().await.is_empty());
    }
    let seen = scene.target(&target).await;
    assert_eq!((&seen["linked"], &seen["behind"]), (&json!(0), &json!(12)), "{seen}");
    scene.advance(TimeDelta::minutes(150));
    scene.settled(&target).await;
    assert_written(&inventory, &laptops).await;
    // Behind its end, nothing goes out again.
    scene.advance(TimeDelta::hours(2));
    let turns = inventory.turns();
    scene
        .patch(&laptops[0].id, json!({"osVersion": "10.0.26100.3333"}))
        .await;
    scene.scan().await;
    scene.advance(TimeDelta::hours(1));
    scene.scan().await;
    assert_eq!(scene.target(&target).await["behind"], 1);
    assert_eq!(inventory.turns(), turns);
    scene.stop().await;
}

fn side(inventory: &Inventory) -> &SnipeSide {
    match inventory {
        Inventory::SnipeIt(side) => side,
        _ => panic!("another kind"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_with_a_time_is_waited_for() {
    rest_after_429(Some(3)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_without_a_time_is_not_hammered_at() {
    rest_after_429(None).await;
}

async fn rest_after_429(asked: Option<u64>) {
    let Some(filled) = FilledTarget::open(InventoryKind::SnipeIt).await else {
        return;
    };
    let server = &side(&filled.inventory).server;
    server.fail(FaultRule::once("PATCH hardware/{id}", SnipeFault::Throttled(asked)));
    let before = server.count("PATCH hardware/{id}");
    for laptop in &filled.laptops[..3] {
        let changed = json!({"osVersion": "10.0.26100.2222"});
        filled.scene.patch(&laptop.id, changed).await;
    }
    filled.scene.scan().await;
    let paused = |seen: &Value| !seen["paused"].is_null();
    let seen = filled.scene.until_target(&filled.target, "it rests", paused).await;
    assert_eq!(seen["paused"]["code"], "throttled", "{seen}");
    let until: DateTime<Utc> = seen["paused"]["until"].as_str().unwrap().parse().unwrap();
    let rest = until - filled.scene.clock.now();
    let longest = TimeDelta::seconds(asked.map_or(10, |seconds| seconds as i64 + 1));
    assert!(rest > TimeDelta::zero() && rest <= longest, "{rest}");
    let sent = server.count("PATCH hardware/{id}");
    assert_eq!(sent, before + 1, "nothing more is sent meanwhile");
    // The answer says that its minute is used up, too.
    filled.scene.passing_settled(&filled.target).await;
    assert_eq!(server.count("PATCH hardware/{id}"), before + 4);
    assert_written(&filled.inventory, &filled.laptops).await;
    filled.stop().await;
}
