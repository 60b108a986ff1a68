//! `cargo bench --bench webhooks`, part of `make bench`: 10,000 changes (`BENCH_DEVICES`) are posted to the webhooks of two
//! management servers, first to them alone, then beside a third one whose address takes connections and never answers. The two
//! should not notice: nobody waits for a receiver that is dead (E2).
//!
//! Each round is a snapshot of the whole fleet, in messages of at most 100 devices that are signed, posted, counted and
//! acknowledged one after the other; the best of three counts. Nothing here decides whether a test passes.

#[allow(dead_code, reason = "shared with other benches")]
mod bus;
mod table;
#[allow(dead_code, reason = "shared with other benches")]
mod tenant;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use bus::Bus;
use serde::Deserialize;
use serde_json::{Value, json};
use table::{fact, head, line, mib, ms};
use tenant::Tenant;
use tokio::net::TcpListener;

/// By how much longer the two may take beside the dead one.
const SLOWER: f64 = 1.1;
const ROUNDS: usize = 3;
const HEALTHY: [&str; 2] = ["one", "two"];
const LOOK: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Deserialize)]
struct PostedBody {
    data: PostedData,
}

#[derive(Deserialize)]
struct PostedData {
    #[serde(default)]
    changes: Vec<PostedChange>,
}

#[derive(Deserialize)]
struct PostedChange {
    kind: String,
}

/// Takes every message, and counts the devices that it was told.
struct CountingReceiver {
    url: String,
    devices: Arc<AtomicU64>,
}

impl CountingReceiver {
    async fn start() -> CountingReceiver {
        let devices = Arc::<AtomicU64>::default();
        let counted = devices.clone();
        let take = move |body: Bytes| {
            let counted = counted.clone();
            async move {
                let posted: PostedBody = serde_json::from_slice(&body).expect("a message");
                let told = posted.data.changes.iter().filter(|change| change.kind == "upsert");
                counted.fetch_add(told.count() as u64, Ordering::SeqCst);
                StatusCode::NO_CONTENT
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let router = Router::new().fallback(take);
        tokio::spawn(async move { axum::serve(listener, router).await });
        CountingReceiver {
            url: format!("http://{address}/hook"),
            devices,
        }
    }

    fn count(&self) -> u64 {
        self.devices.load(Ordering::SeqCst)
    }
}

#[tokio::main]
async fn main() {
    let wanted = std::env::var("BENCH_DEVICES").ok().and_then(|text| text.parse().ok());
    let devices: u64 = wanted.unwrap_or(10_000);
    println!("{devices} changes by webhook to each of two receivers");
    head();
    let tenant = Tenant::start(devices).await;
    let bus = Bus::start(&tenant).await;
    bus.wait_for_first_scan().await;
    let mut receivers = Vec::new();
    for server in HEALTHY {
        let receiver = CountingReceiver::start().await;
        set_webhook(&bus, server, &receiver.url).await;
        receivers.push(receiver);
    }
    until_told(&receivers, devices).await;
    let alone = measure(&bus, &receivers, devices).await;
    let pace = devices as f64 / alone.as_secs_f64();
    fact(
        "two receivers",
        &ms(alone),
        &format!("{pace:.0} changes a second to each"),
    );

    // The machine takes its connections, and nobody ever answers.
    let dead = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = dead.local_addr().expect("it is bound");
    set_webhook(&bus, "dead", &format!("http://{address}/hook")).await;
    let beside = measure(&bus, &receivers, devices).await;
    let ratio = beside.as_secs_f64() / alone.as_secs_f64();
    line(
        "the same beside a dead one",
        &ms(beside),
        ratio,
        SLOWER,
        "of two receivers",
    );
    fact("peak memory of the bus", &mib(bus.peak_mib()), "");
}

async fn set_webhook(bus: &Bus, server: &str, url: &str) {
    let path = format!("/sics/v1/servers/{server}");
    bus.send("PUT", &path, json!({"displayName": server})).await;
    bus.send("POST", &format!("{path}/accept"), Value::Null).await;
    let webhook = json!({"url": url, "allowPrivateAddresses": true});
    bus.send("PUT", &format!("{path}/webhook"), webhook).await;
}

/// The best of the rounds: until each receiver was told the whole fleet once more.
async fn measure(bus: &Bus, receivers: &[CountingReceiver], devices: u64) -> Duration {
    let mut best = PATIENCE;
    for _ in 0..ROUNDS {
        let told = receivers[0].count().max(receivers[1].count());
        let began = Instant::now();
        for server in HEALTHY {
            bus.send("POST", &format!("/sics/v1/servers/{server}/resync"), json!({}))
                .await;
        }
        until_told(receivers, told + devices).await;
        best = best.min(began.elapsed());
    }
    best
}

async fn until_told(receivers: &[CountingReceiver], devices: u64) {
    let began = Instant::now();
    while receivers.iter().any(|receiver| receiver.count() < devices) {
        assert!(began.elapsed() < PATIENCE, "not everything was posted");
        tokio::time::sleep(LOOK).await;
    }
}
