//! The real program is killed while it posts, each time as soon as a message has come: somewhere between its receipt, its
//! acknowledgement and the next one. In the end the receiver holds the tenant.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::HeaderMap;
use intune_connector::app::{LocalConnection, local_connection_path};
use intune_connector::config::{DataFolder, InstanceDraft};
use serde_json::{Value, json};
use simulated_tenant::world::HappeningKind;
use simulated_tenant::{Options, Running};

use super::webhooks::{Held, storing};
use crate::support::program::{Bus, User};
use crate::support::target_bodies::{INSTANCE, instance_pairs};
use crate::support::wait::until;
use crate::support::webhook_receiver::{ReceivedMessage, WebhookReceiver};

/// `make campaign` says how many; without it this many.
const KILLS: usize = 30;
/// Several pages.
const DEVICES: usize = 230;
/// Looks between two questions for a scan.
const LOOKS: usize = 50;

async fn start_tenant() -> Running {
    let mut options = Options::quick(DEVICES, 7);
    // Each start of a bus begins with a budget of its own.
    options.tuning.limits.enabled = false;
    simulated_tenant::start(options).await.unwrap()
}

/// One device appears, some are renamed, one goes.
fn let_happen(sim: &Running) {
    let tenant = sim.simulated.tenants().remove(0);
    let mut world = tenant.world.write().unwrap();
    for kind in [
        HappeningKind::Appear,
        HappeningKind::Rename,
        HappeningKind::Rename,
        HappeningKind::Vanish,
    ] {
        world.happen(kind, sim.simulated.now());
    }
}

/// Name by id.
async fn read_truth(sim: &Running) -> BTreeMap<String, String> {
    let answer = reqwest::get(format!("{}/simulator/devices", sim.base)).await.unwrap();
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let text = |device: &Value, key: &str| device[key].as_str().unwrap_or_default().to_owned();
    let devices = body["devices"].as_array().unwrap().iter();
    devices
        .map(|device| (text(device, "id"), text(device, "deviceName")))
        .collect()
}

async fn ask_for_scan(data: &Path) {
    let bytes = std::fs::read(local_connection_path(data)).unwrap();
    let local: LocalConnection = serde_json::from_slice(&bytes).unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http
        .post(format!("{}/sics/v1/scans", local.url))
        .bearer_auth(&local.token);
    // One that runs already is as good.
    let _ = request
        .json(&json!({"instance": INSTANCE, "kind": "full"}))
        .send()
        .await;
}

/// Asks for scans until a message behind the first `before` has come: one that ran when something happened has passed it.
async fn until_posted(receiver: &WebhookReceiver, data: &Path, before: usize) {
    let looks = AtomicUsize::new(0);
    until("a message has come", async || {
        if looks.fetch_add(1, Ordering::SeqCst).is_multiple_of(LOOKS) {
            ask_for_scan(data).await;
        }
        receiver.count_received() > before
    })
    .await;
}

fn held_names(held: &Held) -> BTreeMap<String, String> {
    let devices = held.view.devices.iter();
    devices.map(|((_, id), (name, _))| (id.clone(), name.clone())).collect()
}

/// By the library of Standard Webhooks, with the time as well.
fn verify(message: &ReceivedMessage, key: &str) {
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", message.id.parse().unwrap());
    headers.insert("webhook-timestamp", message.sent_at.to_string().parse().unwrap());
    headers.insert("webhook-signature", message.signatures.join(" ").parse().unwrap());
    let library = standardwebhooks::Webhook::new(key).unwrap();
    library.verify(message.body.as_bytes(), &headers).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn f4_who_lives_on_webhooks_alone_equals_the_tenant_however_often_the_bus_is_killed() {
    let sim = start_tenant().await;
    let user = User::new();
    let data = user.path("data");
    let settings = DataFolder::open(&data).unwrap();
    let draft = InstanceDraft::from_pairs(instance_pairs(&sim, &user.path(""))).unwrap();
    settings.write_instance(&INSTANCE.parse().unwrap(), &draft).unwrap();
    drop(settings);
    let (receiver, held) = storing(|_, _| None).await;

    let bus = Bus::start(&user, &data);
    user.says("servers announce cmdb --data data").good();
    user.says("servers accept cmdb --data data").good();
    let url = receiver.url("127.0.0.1", "/hook");
    let set = format!("servers webhook cmdb --post-to {url} --allow-private-addresses --json --data data");
    let key = user.says(&set).json()["key"].as_str().unwrap().to_owned();
    assert!(
        user.says("servers webhook cmdb --test --data data")
            .good()
            .contains("has taken")
    );
    drop(bus);

    let kills = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok());
    for _ in 0..kills.unwrap_or(KILLS) {
        let before = receiver.count_received();
        let bus = Bus::start(&user, &data);
        let_happen(&sim);
        until_posted(&receiver, &data, before).await;
        // SIGKILL: no goodbye, no last commit.
        drop(bus);
    }
    let bus = Bus::start(&user, &data);
    let truth = read_truth(&sim).await;
    let looks = AtomicUsize::new(0);
    until("the receiver holds the tenant", async || {
        if looks.fetch_add(1, Ordering::SeqCst).is_multiple_of(LOOKS) {
            ask_for_scan(&data).await;
        }
        held_names(&held.lock().unwrap()) == truth
    })
    .await;
    let told = user.says("servers --data data").good();
    assert!(told.contains("are posted to"), "{told}");
    drop(bus);
    let received = receiver.received();
    received.iter().rev().take(3).for_each(|message| verify(message, &key));
}
