//! `cargo bench --bench targets`, part of `make bench`: how fast a running bus writes new devices into other inventories, against
//! a plain loop of the same requests. For OCS Inventory and for PostgreSQL, each a real server of Debian's packages:
//!
//! - The bus has read 10,000 devices (`BENCH_DEVICES`) and 20 more; a target is installed and writes its first 20. From consent
//!   to the rest on, what it asks is recorded, to the last answer. Then an equally empty inventory is asked for the same, with the
//!   same bodies, by a bare client: one request after the other, each as soon as the one before is answered. Both go over such a
//!   line. What came before consent is asked there too, and not timed.
//! - Meanwhile the memory of the bus: the most of the whole time against the most of its first tenth.
//! - Then nothing changes: a full scan, and everything told to the target once more. And one device in a hundred changes.
//!
//! A target writes by a person's consent, so this bench gives it. Nothing here decides whether a test passes: it prints figures
//! and says where a target of the table is missed and by how much. A server that this machine lacks is left out, and told.
#![allow(clippy::unwrap_used, reason = "a bench that can't go on has failed")]

#[path = "../support/accounts.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod accounts;
#[path = "../support/free_port.rs"]
mod free_port;
#[path = "../support/local_server.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod local_server;
#[path = "../support/ocs_configuration.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod ocs_configuration;
#[path = "../support/ocs_server.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod ocs_server;
#[path = "../support/postgres_server.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod postgres_server;
mod process_use;
mod recorded_requests;
#[path = "../support/skips.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod skips;
mod table;
mod target_bus;
mod target_line;
mod target_side;
#[path = "../support/wait.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod wait;

use std::time::{Duration, Instant};

use process_use::{MemoryWatch, most_between};
use simulated_tenant::server::Options;
use table::{fact, head, line, mib, ms};
use target_bus::TargetBus;
use target_line::TargetLine;
use target_side::{Side, SideKind};

/// Records that a target writes before somebody looks at them.
const CANARY: u64 = 20;
/// Time against a plain loop: 90 % of its pace.
const PACE: f64 = 1.0 / 0.9;
/// The most memory against that of the first tenth of the time.
const GROWTH: f64 = 1.10;
/// Requests for a device, or a page of them, that has changed.
const REQUESTS: f64 = 1.0;
/// Of the instance: it scans when it is asked, and as fast as it may.
const SETTINGS: [&str; 6] = [
    "budget_percent=100",
    "enrich=off",
    "primary_user=off",
    "incremental=off",
    "full=every 24h",
    "jitter_s=0",
];
/// What is not to be asked at all has so long to be asked all the same.
const QUIET: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    let devices = number("BENCH_DEVICES", 10_000).max(200);
    println!("{devices} new devices into an inventory, by consent");
    head();
    for kind in [SideKind::Ocs, SideKind::PostgreSql] {
        if let Some(side) = Side::start(kind) {
            measure(kind, side, devices).await;
        }
    }
}

async fn measure(kind: SideKind, side: Side, devices: u64) {
    let fleet = usize::try_from(devices + CANARY).unwrap_or(usize::MAX);
    let bus = TargetBus::start(Options::quick(fleet, 1), &SETTINGS, |_| ()).await;
    let to_bus = TargetLine::open(side.address(), kind.protocol()).await;
    let target = bus.install(kind.product(), side.answers(to_bus.address)).await;

    let question = bus.question(&target).await;
    let before = to_bus.count();
    let memory = MemoryWatch::start(bus.pid());
    let began = Instant::now();
    bus.consent(&target, &question).await;
    let (settled, asked) = bus.settle(&target).await;
    let ended = to_bus.last_answer().expect("it was asked");
    let seen = memory.end();
    let took = ended.duration_since(began);
    let requests = to_bus.requests();
    let records = side.count_records();
    let note = format!(
        "{} asked for consent to {}; {} linked, {} set aside, {records} records, {} requests",
        kind.name(),
        question["total"],
        settled["linked"],
        settled["setAside"],
        requests.len() - before,
    );
    fact(&format!("{}, by the bus", kind.name()), &ms(took), &note);
    if asked > 0 {
        fact("  further questions", &asked.to_string(), "agreed to at once");
    }
    let first = most_between(&seen, began, began + took / 10);
    let most = most_between(&seen, began, ended);
    line(
        "  memory of the bus",
        &mib(most),
        most / first,
        GROWTH,
        "of its first tenth",
    );
    measure_quiet(kind, &bus, &to_bus, &target, devices).await;
    drop((bus, to_bus));

    let bare_side = side.make_bare();
    let to_bare = TargetLine::open(bare_side.address(), kind.protocol()).await;
    let client = bare_side.connect(to_bare.address).await;
    let (earlier, timed) = requests.split_at(before);
    // What it tried out at its start may have failed there as well.
    let _ = client.send_all(earlier).await;
    let (bare, sent) = client.send_all(timed).await;
    let bare_records = bare_side.count_records();
    let verdict = match sent {
        Ok(()) if bare_records == records => String::new(),
        Ok(()) => format!("; NOT THE SAME: {bare_records} records"),
        Err(problem) => format!("; NOT THE SAME: {problem}"),
    };
    let per_second = |time: Duration| records as f64 / time.as_secs_f64();
    fact(&format!("{}, a plain loop", kind.name()), &ms(bare), &verdict);
    let note = format!(
        "of the plain loop; {:.1} devices a second, it {:.1}",
        per_second(took),
        per_second(bare)
    );
    let what = format!("{}, new devices", kind.name());
    line(&what, &ms(took), ratio(took, bare), PACE, &note);
}

/// What costs nothing, and what little.
async fn measure_quiet(kind: SideKind, bus: &TargetBus, to_bus: &TargetLine, target: &str, devices: u64) {
    let none = |what: &str, requests: usize| line(what, &requests.to_string(), requests as f64, 0.0, "requests");
    let before = to_bus.count();
    bus.scan().await;
    tokio::time::sleep(QUIET).await;
    bus.settle(target).await;
    none("  unchanged, a full scan", to_bus.count() - before);

    let before = to_bus.count();
    bus.tell_again(target).await;
    tokio::time::sleep(QUIET).await;
    bus.settle(target).await;
    none("  unchanged, told once more", to_bus.count() - before);

    let before = to_bus.count();
    bus.change(devices / 100).await;
    let changed = bus.scan().await;
    tokio::time::sleep(QUIET).await;
    bus.settle(target).await;
    let requests = to_bus.count() - before;
    let pages = changed.div_ceil(kind.page()).max(1);
    let note = format!("requests for each of {pages} pages; {changed} devices changed");
    line(
        "  1 % changed",
        &requests.to_string(),
        requests as f64 / pages as f64,
        REQUESTS,
        &note,
    );
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
