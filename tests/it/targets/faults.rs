//! What goes wrong on the way and over there: answers that get lost, a server that is away, one that refuses the sign-in or
//! a single record, and addresses that are never reached.

use reqwest::Method;
use serde_json::{Value, json};

use super::{FLEET, FilledTarget, assert_written};
use crate::support::inventories::snipe_side::SnipeSide;
use crate::support::inventories::{Inventory, InventoryKind};

use crate::support::target_bodies::merge;
use crate::support::targets::TargetScene;
use crate::support::wait::found;
use crate::support::webhook_receiver::{Reply, WebhookReceiver};

for_each_kind![
    a_server_that_goes_away_in_the_middle_and_comes_back_has_everything,
    a_bus_that_stops_in_the_middle_goes_on_where_it_was,
    a_check_says_step_by_step_what_is_there_and_writes_nothing,
];

for_each_served_kind![
    answers_that_get_lost_double_nothing,
    addresses_of_cloud_metadata_are_refused,
    a_private_address_is_refused_unless_it_is_allowed,
];

fn paused(seen: &Value) -> bool {
    !seen["paused"].is_null()
}

fn side(inventory: &Inventory) -> &SnipeSide {
    match inventory {
        Inventory::SnipeIt(side) => side,
        _ => panic!("another kind"),
    }
}

async fn answers_that_get_lost_double_nothing(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    let laptops = scene.put_laptops(12).await;
    scene.scan().await;
    // From the middle on, and again for changes.
    let passing = if kind.is_bulk() { 0 } else { 5 };
    inventory.line().lose_later_answers(inventory.write_mark(), passing, 2);
    let target = scene.install(&inventory, json!({})).await;
    scene.passing_settled(&target).await;
    let lost = inventory.line().lost();
    assert!(lost > 0, "no answer was lost");
    inventory.line().lose_answers(inventory.write_mark(), 1);
    let more = scene.put_laptops(3).await;
    scene
        .patch(&laptops[0].id, json!({"osVersion": "10.0.26100.1234"}))
        .await;
    scene.scan().await;
    scene.passing_settled(&target).await;
    assert!(inventory.line().lost() > lost, "no answer was lost");
    assert_written(&inventory, &laptops).await;
    assert_written(&inventory, &more).await;
    assert_eq!(inventory.records().await.len(), laptops.len() + more.len());
    scene.stop().await;
}

async fn a_server_that_goes_away_in_the_middle_and_comes_back_has_everything(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::open(kind).await else {
        return;
    };
    filled.inventory.cut().await;
    for laptop in &mut filled.laptops[..8] {
        laptop.name.push_str("-AWAY");
        let renamed = json!({"deviceName": laptop.name});
        filled.scene.patch(&laptop.id, renamed).await;
    }
    let new = filled.scene.put_laptop(json!({})).await;
    filled.scene.scan().await;
    let seen = filled.scene.passing_until(&filled.target, "it rests", paused).await;
    let code = match kind {
        // A folder that is not there is not made.
        InventoryKind::File => "misconfigured",
        _ => "unreachable",
    };
    assert_eq!(seen["paused"]["code"], code, "{seen}");
    for said in ["problem", "advice"] {
        assert_ne!(seen["paused"][said].as_str().unwrap_or_default(), "", "{seen}");
    }
    assert!(seen["lagSeconds"].as_u64().is_some(), "{seen}");
    // A bus that is started meanwhile says the same and waits as well.
    filled.scene.restart().await;
    filled.scene.until_running(&filled.target).await;
    filled
        .scene
        .passing_until(&filled.target, "it rests again", paused)
        .await;
    filled.mend().await;
    let seen = filled.scene.passing_settled(&filled.target).await;
    assert_eq!((&seen["paused"], &seen["behind"]), (&Value::Null, &json!(0)), "{seen}");
    assert_written(&filled.inventory, &filled.laptops).await;
    assert_written(&filled.inventory, std::slice::from_ref(&new)).await;
    assert_eq!(filled.inventory.records().await.len(), FLEET + 1);
    filled.stop().await;
}

async fn a_bus_that_stops_in_the_middle_goes_on_where_it_was(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    let laptops = scene.put_laptops(60).await;
    scene.scan().await;
    let target = scene.install(&inventory, json!({})).await;
    let question = scene.question(&target).await;
    scene.agree(&target, &question).await;
    for _ in 0..3 {
        scene.restart().await;
        scene.until_running(&target).await;
    }
    scene.settled(&target).await;
    assert_written(&inventory, &laptops).await;
    assert_eq!(inventory.records().await.len(), laptops.len());
    scene.stop().await;
}

/// Answers that lead elsewhere.
fn lead_to(kind: InventoryKind, address: &str) -> Value {
    match kind {
        InventoryKind::PostgreSql => json!({"host": address, "port": 5432}),
        InventoryKind::Ocs => json!({
            "url": format!("http://{address}/ocsinventory"), "rest_url": format!("http://{address}/ocsapi/v1"),
        }),
        InventoryKind::SnipeIt | InventoryKind::NetBox | InventoryKind::Glpi | InventoryKind::ServiceNow => {
            json!({"url": format!("http://{address}/")})
        }
        InventoryKind::File => panic!("files have no address"),
    }
}

async fn addresses_of_cloud_metadata_are_refused(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    for address in ["169.254.169.254", "169.254.0.1"] {
        let (status, told) = scene.try_install(&inventory, lead_to(kind, address)).await;
        if kind != InventoryKind::PostgreSql {
            assert_eq!(status.as_u16(), 422, "{address}: {told}");
            continue;
        }
        // The name of a host is judged where it is connected to.
        assert!(status.is_success(), "{told}");
        let target = told["name"].as_str().unwrap().to_owned();
        scene.until_running(&target).await;
        scene.put_laptops(1).await;
        scene.scan().await;
        let seen = scene.passing_until(&target, "it rests", paused).await;
        assert_eq!(seen["paused"]["code"], "misconfigured", "{seen}");
    }
    scene.stop().await;
}

async fn a_private_address_is_refused_unless_it_is_allowed(kind: InventoryKind) {
    let Some(inventory) = Inventory::open(kind).await else {
        return;
    };
    let mut scene = TargetScene::new().await;
    // Everything that the tests have is on this machine.
    let private = json!({"allow_private_addresses": false});
    let (status, told) = scene.try_install(&inventory, private.clone()).await;
    assert_eq!(status.as_u16(), 422, "{told}");
    if kind != InventoryKind::PostgreSql {
        // It is no matter of encryption alone.
        let address = inventory.line().address;
        let encrypted = json!({"url": format!("https://{address}/"), "rest_url": format!("https://{address}/")});
        let (status, told) = scene.try_install(&inventory, merge(private, encrypted)).await;
        assert_eq!(status.as_u16(), 422, "{told}");
    }
    assert_eq!(inventory.line().turns(), 0, "nobody was asked");
    scene.stop().await;
}

async fn a_check_says_step_by_step_what_is_there_and_writes_nothing(kind: InventoryKind) {
    let Some(mut filled) = FilledTarget::open(kind).await else {
        return;
    };
    let before = filled.inventory.records().await;
    let told = filled.scene.verify(&filled.target).await;
    let steps = told["steps"].as_array().unwrap();
    assert!(told["complete"] == true && steps.len() >= 3, "{told}");
    assert!(steps.iter().all(|step| step["state"] != "failed"), "{told}");
    assert_eq!(filled.inventory.records().await, before);
    filled.inventory.cut().await;
    let told = filled.scene.verify(&filled.target).await;
    let steps = told["steps"].as_array().unwrap();
    let failed: Vec<&Value> = steps.iter().filter(|step| step["state"] == "failed").collect();
    assert!(!failed.is_empty(), "{told}");
    assert!(failed.iter().all(|step| !step["cure"].is_null()), "{told}");
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let kinds = [
        InventoryKind::SnipeIt,
        InventoryKind::Ocs,
        InventoryKind::NetBox,
        InventoryKind::Glpi,
        InventoryKind::ServiceNow,
    ];
    for kind in kinds {
        let elsewhere = WebhookReceiver::start(|_, _| Reply::Status(200)).await;
        let there = elsewhere.url("127.0.0.1", "/stolen").to_string();
        let first = WebhookReceiver::start(move |_, _| Reply::Redirect(302, there.clone())).await;
        let Some(inventory) = Inventory::open(kind).await else {
            continue;
        };
        let mut scene = TargetScene::new().await;
        let led = lead_to(kind, &first.address.to_string());
        let (status, made) = scene.try_install(&inventory, led).await;
        assert!(status.is_success(), "{made}");
        let target = made["name"].as_str().unwrap().to_owned();
        scene.until_running(&target).await;
        scene.put_laptops(2).await;
        scene.scan().await;
        scene.passing_until(&target, "it rests", paused).await;
        assert_eq!(elsewhere.connections(), 0, "{kind:?}");
        assert!(!first.received().is_empty() || first.connections() > 0);
        scene.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_refused_is_told_and_heals() {
    let Some(filled) = FilledTarget::open(InventoryKind::SnipeIt).await else {
        return;
    };
    let server = &side(&filled.inventory).server;
    let token = server.with_state(|state| std::mem::replace(&mut state.options.token, "another".to_owned()));
    filled
        .scene
        .patch(&filled.laptops[0].id, json!({"osVersion": "10.0.26100.4321"}))
        .await;
    filled.scene.scan().await;
    let seen = filled.scene.until_target(&filled.target, "it rests", paused).await;
    assert_eq!(seen["paused"]["code"], "signIn", "{seen}");
    assert!(!seen.to_string().contains(&token), "{seen}");
    // One try, and then a minute of rest: no account is locked by it.
    let tries = server.count_all();
    filled.scene.scan().await;
    assert_eq!(server.count_all(), tries);
    server.with_state(|state| state.options.token = token);
    filled.scene.nudge(&filled.target).await;
    filled.scene.passing_settled(&filled.target).await;
    let version = filled.record(0).await.values.get("OS Version").cloned();
    assert_eq!(version.as_deref(), Some("10.0.26100.4321"));
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_other_side_refuses_is_set_aside_and_the_others_go_on() {
    let Some(filled) = FilledTarget::open(InventoryKind::SnipeIt).await else {
        return;
    };
    let server = &side(&filled.inventory).server;
    // Somebody over there has made another rule for the field.
    let set_format = |format: &str| {
        server.with_state(|state| {
            let mut fields = state.tables.fields.iter_mut();
            fields.find(|field| field.name == "OS Version").unwrap().format = format.to_owned();
        });
    };
    set_format("NUMERIC");
    for (laptop, version) in [(0, "11"), (1, "10.0.26100.1000"), (2, "12")] {
        let changed = json!({"osVersion": version});
        filled.scene.patch(&filled.laptops[laptop].id, changed).await;
    }
    filled.scan_and_settle().await;
    for (laptop, version) in [(0, "11"), (1, "10.0.26100.4061"), (2, "12")] {
        let stands = filled.record(laptop).await.values.get("OS Version").cloned();
        assert_eq!(stands.as_deref(), Some(version));
    }
    let device = filled.laptops[1].id.as_str();
    let row = filled.scene.until_aside(&filled.target, device).await;
    assert_eq!(row["reason"], "refused", "{row}");
    assert_ne!(row["problem"].as_str().unwrap_or_default(), "", "{row}");
    let seen = filled.scene.target(&filled.target).await;
    assert_eq!((&seen["failing"], &seen["setAside"]), (&json!(1), &json!(1)), "{seen}");
    let link = filled.scene.link(&filled.target, device).await;
    assert_eq!(link["lastError"]["code"], "refused", "{link}");
    // When it is sent again and taken, nobody has to decide any more.
    set_format("ANY");
    filled.scene.resend(&filled.target, device).await;
    found("nothing fails any more", async || {
        let seen = filled.scene.target(&filled.target).await;
        (seen["failing"] == 0 && seen["setAside"] == 0)
            .then_some(())
            .ok_or(seen)
    })
    .await;
    let version = filled
        .inventory
        .record_of(device)
        .await
        .values
        .get("OS Version")
        .cloned();
    assert_eq!(version.as_deref(), Some("10.0.26100.1000"));
    filled.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_database_refuses_does_not_keep_its_page_from_being_written() {
    let Some(filled) = FilledTarget::open(InventoryKind::PostgreSql).await else {
        return;
    };
    let Inventory::PostgreSql(side) = &filled.inventory else {
        unreachable!()
    };
    side.run("ALTER TABLE intune.devices ADD CONSTRAINT short_names CHECK (length(device_name) < 60)")
        .await;
    let long = json!({"deviceName": "L".repeat(70)});
    filled.scene.patch(&filled.laptops[3].id, long).await;
    for laptop in [1, 2, 4, 5] {
        let changed = json!({"osVersion": "10.0.26100.1000"});
        filled.scene.patch(&filled.laptops[laptop].id, changed).await;
    }
    filled.scan_and_settle().await;
    let row = filled.scene.until_aside(&filled.target, &filled.laptops[3].id).await;
    assert_eq!(row["reason"], "refused", "{row}");
    for laptop in [1, 2, 4, 5] {
        let version = filled.record(laptop).await.values.get("os_version").cloned();
        assert_eq!(version.as_deref(), Some("10.0.26100.1000"));
    }
    let path = format!("/sics/v1/targets/{}/links?failing=true", filled.target);
    assert_eq!(filled.scene.good(Method::GET, &path, json!({})).await["total"], 1);
    filled.stop().await;
}
