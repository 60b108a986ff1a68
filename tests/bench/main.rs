//! `make bench`: speed and memory as ratios to a bare walk, measured in one run. Simulator, bus and readers are separate
//! processes; the bare walk fetches the same pages, splits them into devices, hashes each and keeps nothing.
//!
//! Nothing here decides whether a test passes: it prints figures and says where a target is missed and by how much.

mod bus;
mod reader;
mod tenant;

use std::time::Duration;

use bus::Bus;
use tenant::Tenant;

/// What the ratios should stay below.
const UNCHANGED: f64 = 2.0;
const MOVED: f64 = 3.0;
const FIRST: f64 = 3.5;
const FIVE_READERS: f64 = 3.0;
const PEAK_MIB: f64 = 64.0;
const GROWTH: f64 = 1.10;

#[tokio::main]
async fn main() {
    if let Some(work) = reader::Work::from_arguments() {
        work.run().await;
        return;
    }
    let devices = number("BENCH_DEVICES", 100_000);
    let large = number("BENCH_LARGE", devices * 4);
    println!(
        "devices: {devices} (memory also at {large}), pages of 1,000, cores: {}",
        cores()
    );
    let peak = flow(devices).await;
    if large > devices {
        memory(large, peak).await;
    }
}

async fn flow(devices: u64) -> f64 {
    let tenant = Tenant::start(devices).await;
    tenant.bare_walk().await;
    let bare = tenant.bare_walk().await.min(tenant.bare_walk().await);
    println!("bare walk                     {:>8.0} ms", ms(bare));

    let bus = Bus::start(&tenant).await;
    let first = bus.wait_for_first_scan().await;
    report("first scan, durable", first.took, bare, FIRST, first.requests);
    let unchanged = bus.full_scan().await;
    report(
        "full scan, nothing changed",
        unchanged.took,
        bare,
        UNCHANGED,
        unchanged.requests,
    );
    tenant.move_every_check_in().await;
    let moved = bus.full_scan().await;
    report("full scan, check-ins moved", moved.took, bare, MOVED, moved.requests);
    tenant.change(devices / 100).await;
    let incremental = bus.incremental_scan().await;
    println!(
        "incremental, 1 % changed      {:>8.0} ms   {} requests, {} changed",
        ms(incremental.took),
        incremental.requests,
        incremental.changed
    );

    let one = bus.readers(1).await;
    let verdict = if one <= first.took { "ok" } else { "MISSED" };
    println!(
        "one server reads all          {:>8.0} ms   {:.2} of the first scan (at most 1)   {verdict}",
        ms(one),
        one.as_secs_f64() / first.took.as_secs_f64()
    );
    let five = bus.readers(5).await;
    let ratio = five.as_secs_f64() / one.as_secs_f64();
    println!(
        "five servers at once          {:>8.0} ms   {ratio:.2} times one (at most {FIVE_READERS})   {}",
        ms(five),
        verdict_of(ratio, FIVE_READERS)
    );
    let peak = bus.peak_mib();
    println!(
        "peak memory of the bus        {peak:>8.1} MiB  (below {PEAK_MIB})   {}",
        verdict_of(peak, PEAK_MIB)
    );
    peak
}

async fn memory(devices: u64, before: f64) {
    let tenant = Tenant::start(devices).await;
    let bus = Bus::start(&tenant).await;
    bus.wait_for_first_scan().await;
    bus.full_scan().await;
    bus.readers(1).await;
    let peak = bus.peak_mib();
    let growth = peak / before;
    println!(
        "peak memory at {devices:>7}        {peak:>8.1} MiB  {growth:.2} of the peak before (at most {GROWTH})   {}",
        verdict_of(growth, GROWTH)
    );
}

fn report(what: &str, took: Duration, bare: Duration, most: f64, requests: u64) {
    let ratio = took.as_secs_f64() / bare.as_secs_f64();
    println!(
        "{what:<29} {:>8.0} ms   {ratio:.2} of a bare walk (at most {most})   {requests} requests   {}",
        ms(took),
        verdict_of(ratio, most)
    );
}

fn verdict_of(value: f64, most: f64) -> String {
    if value <= most {
        "ok".into()
    } else {
        format!("MISSED by {:.0} %", (value / most - 1.0) * 100.0)
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
