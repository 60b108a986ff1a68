//! `cargo bench --bench actions`, part of `make bench`: a harmless job for a whole fleet runs at the budget without ever
//! being throttled. The simulated tenant enforces the published limits (200 writes in 20 s for an application); the
//! budget is set to all of them.
//!
//! Its time is real time, because the budget's is: 2,000 synchronisations take 180 s (`BENCH_SYNCS` for fewer). The
//! first 200 go at once, as they may; the rate is that of those behind them. Nothing here decides whether a test passes.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use intune_connector::app;
use intune_connector::config::{DataFolder, InstanceDraft};
use intune_connector::observe::Clock;
use serde_json::{Value, json};
use simulated_tenant::server::{self, Options, Running};

const INSTANCE: &str = "IntuneConnector_1";
/// Published: writes of one application in a window.
const WRITES: usize = 200;
const WINDOW_S: f64 = 20.0;
const LEAST_PERCENT: f64 = 95.0;
const LOOK: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() {
    let wanted = std::env::var("BENCH_SYNCS").ok().and_then(|text| text.parse().ok());
    let syncs: usize = wanted.unwrap_or(2_000).max(3 * WRITES);
    let tenant = tenant(syncs).await;
    let folder = tempfile::tempdir().expect("a folder");
    prepare(folder.path(), &tenant);
    let options = app::StartOptions {
        run_instances: true,
        listen: None,
        clock: Clock::system(),
        failpoints: intune_connector::actions::failpoints::TaskFailpoints::default(),
        order_failpoints: Default::default(),
        target_failpoints: Default::default(),
    };
    let bus = app::start_bus(folder.path(), options).await.expect("the bus starts");
    let name = INSTANCE.parse().expect("it is a name");
    while bus
        .instances
        .read_slot(&name, |slot| slot.status.borrow().last_full.is_none())
        != Some(false)
    {
        tokio::time::sleep(LOOK).await;
    }
    let began = Instant::now();
    let job = json!({"action": "sync", "instance": INSTANCE, "filter": "true"});
    let asked = reqwest::Client::new()
        .post(format!("{}/sics/v1/jobs", bus.local.url))
        .bearer_auth(&bus.local.token)
        .json(&job);
    let answer = asked.send().await.expect("the bus answers");
    let accepted_ms = began.elapsed().as_millis();
    assert!(answer.status().is_success(), "{:?}", answer.text().await);
    println!("a job for {syncs} devices was accepted in {accepted_ms} ms");
    let arrived = arrivals(&tenant, syncs).await;
    report(&tenant, &arrived, began.elapsed());
    bus.stop().await;
    tenant.stop().await;
}

/// A fleet that can be asked to check in, and that does.
async fn tenant(devices: usize) -> Running {
    let tenant = server::start(Options::quick(0, 1)).await.expect("the simulator starts");
    let made = reqwest::Client::new()
        .post(format!("{}/simulator/devices", tenant.base))
        .json(&json!({"count": devices, "operatingSystem": "Windows"}));
    let made = made.send().await.expect("the simulator answers");
    assert!(made.status().is_success(), "{:?}", made.text().await);
    tenant
}

fn prepare(folder: &Path, tenant: &Running) {
    let settings = DataFolder::open(folder).expect("the data folder");
    let secret = folder.join("secret.txt");
    std::fs::write(&secret, &tenant.registration.client_secret).expect("the secret is written");
    std::fs::write(settings.bus_ini_path(), "[sics]\nlisten = 127.0.0.1:0\n").expect("bus.ini");
    let draft = InstanceDraft::from_pairs([
        ("tenant_id", tenant.registration.tenant_id.as_str()),
        ("client_id", &tenant.registration.client_id),
        ("secret_file", &secret.to_string_lossy()),
        ("login_url", &tenant.base),
        ("graph_url", &tenant.base),
        ("servers", "*"),
        ("incremental", "off"),
        ("full", "every 24h"),
        ("enrich", "off"),
        ("primary_user", "off"),
        ("budget_percent", "100"),
        ("verbs", "sync"),
    ]);
    let name = INSTANCE.parse().expect("it is a name");
    let draft = draft.expect("the settings are right");
    settings
        .write_instance(&name, &draft)
        .expect("the settings are written");
}

/// When each call reached the tenant. Gives up where nothing comes any more.
async fn arrivals(tenant: &Running, wanted: usize) -> Vec<DateTime<Utc>> {
    let mut newest = (0, Instant::now());
    loop {
        let effects = tenant.simulated.effects(None);
        if effects.len() >= wanted || newest.1.elapsed() > PATIENCE {
            return effects.iter().map(|effect| effect.at).collect();
        }
        if effects.len() > newest.0 {
            newest = (effects.len(), Instant::now());
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn report(tenant: &Running, arrived: &[DateTime<Utc>], took: Duration) {
    let seconds = |from: DateTime<Utc>, to: DateTime<Utc>| (to - from).num_milliseconds() as f64 / 1_000.0;
    let behind = &arrived[WRITES.min(arrived.len())..];
    let (Some(first), Some(last)) = (arrived.get(WRITES - 1), behind.last()) else {
        println!("only {} calls arrived   MISSED", arrived.len());
        return;
    };
    let rate = behind.len() as f64 / seconds(*first, *last);
    let percent = rate / (WRITES as f64 / WINDOW_S) * 100.0;
    let verdict = |good: bool| if good { "ok" } else { "MISSED" };
    println!(
        "{} syncs in {:.1} s; behind the first {WRITES}: {rate:.2} a second, {percent:.1} % of the published limit \
         (at least {LEAST_PERCENT})   {}",
        arrived.len(),
        took.as_secs_f64(),
        verdict(percent >= LEAST_PERCENT)
    );
    let counters = json!(tenant.simulated.log().counters());
    let throttled = &counters["byStatus"]["429"];
    println!(
        "answers 429: {}   {}",
        throttled.as_u64().unwrap_or(0),
        verdict(*throttled == Value::Null)
    );
    let most = arrived.iter().enumerate().map(|(place, at)| {
        let inside = arrived[..=place].iter().rev();
        inside.take_while(|earlier| seconds(**earlier, *at) < WINDOW_S).count()
    });
    println!(
        "most in any {WINDOW_S} s, wherever they begin: {}",
        most.max().unwrap_or(0)
    );
}
