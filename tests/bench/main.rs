//! `make bench`: speed and memory as ratios to a bare walk, measured in one run. Simulator, bus and readers are separate
//! processes; the bare walk fetches the same pages, splits them into devices, hashes each and keeps nothing.
//!
//! Nothing here decides whether a test passes: it prints figures and says where a target is missed and by how much.
//! `BENCH_DEVICES` and `BENCH_LARGE` change the sizes.

#[allow(dead_code, reason = "shared with other benches")]
mod bus;
mod lists;
mod reader;
mod table;
mod tenant;

use std::time::Duration;

use bus::{Bus, Scan};
use table::{fact, line, mib, ms};
use tenant::Tenant;

/// What the ratios should not exceed.
const FIRST: f64 = 3.5;
const UNCHANGED: f64 = 2.0;
const MOVED: f64 = 3.0;
const ONE_READER: f64 = 1.0;
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
    println!("{devices} devices in pages of 1,000, {} cores", cores());
    table::head();
    let peak = flow(devices).await;
    if large > devices {
        memory(large, peak).await;
    }
}

async fn flow(devices: u64) -> f64 {
    let tenant = Tenant::start(devices).await;
    let bare = tenant.bare_walks().await;
    fact("bare walk", &ms(bare), "the best of five");
    let report = |what: &str, scan: &Scan, bare: Duration, most: f64| {
        let note = format!("{} requests", scan.requests);
        line(what, &ms(scan.took), ratio(scan.took, bare), most, &note);
    };

    let bus = Bus::start(&tenant).await;
    let first = bus.wait_for_first_scan().await;
    report("first scan, durable", &first, bare, FIRST);
    report("full scan, nothing changed", &bus.full_scan().await, bare, UNCHANGED);
    // Before the check-ins move: an incremental scan brings what checked in since the scan before.
    tenant.change(devices / 100).await;
    let incremental = bus.incremental_scan().await;
    fact(
        "incremental scan, 1 % changed",
        &ms(incremental.took),
        &format!(
            "{} requests, {} seen, {} changed",
            incremental.requests, incremental.seen, incremental.changed
        ),
    );
    tenant.move_every_check_in().await;
    // Pages come from the simulator's memory for everybody: a walk has to make it render them anew.
    let bare = tenant.bare_walks().await;
    fact("bare walk over these", &ms(bare), "the best of five");
    report("full scan, every check-in moved", &bus.full_scan().await, bare, MOVED);

    let one = bus.readers(1).await;
    line(
        "one server reads all",
        &ms(one),
        ratio(one, first.took),
        ONE_READER,
        "of the first scan",
    );
    let five = bus.readers(5).await;
    line(
        "five servers at once",
        &ms(five),
        ratio(five, one),
        FIVE_READERS,
        "times one",
    );
    let peak = bus.peak_mib();
    line("peak memory of the bus", &mib(peak), peak / PEAK_MIB, 1.0, "of 64 MiB");
    lists::measure(&bus).await;
    peak
}

/// The same steps with a larger fleet: what counts is how little more memory they take.
async fn memory(devices: u64, before: f64) {
    let tenant = Tenant::start(devices).await;
    let bus = Bus::start(&tenant).await;
    bus.wait_for_first_scan().await;
    bus.full_scan().await;
    tenant.move_every_check_in().await;
    bus.full_scan().await;
    bus.readers(1).await;
    bus.readers(5).await;
    let peak = bus.peak_mib();
    let what = format!("peak memory at {devices}");
    line(&what, &mib(peak), peak / before, GROWTH, "of the peak before");
}

fn ratio(took: Duration, of: Duration) -> f64 {
    took.as_secs_f64() / of.as_secs_f64()
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
