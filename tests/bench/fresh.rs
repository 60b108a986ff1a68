//! `cargo bench --bench fresh`, part of `make bench`: how soon a change in a tenant of 10,000 devices (`BENCH_DEVICES`) stands in an
//! inventory, and what that costs in requests. The inventory is a real PostgreSQL, asked by SQL; the bus is a release build with the
//! default schedule.
//!
//! *Clocks.* Hours pass in minutes: the clocks of the bus's machine (`tests/support/machine_clock.rs`) and of the tenant are set
//! forward five seconds at a time, and then no further until nothing is due and everything is written; that happens in real time and
//! counts. So what is told of ages is at most five seconds and a look at the clock more than it would be.
//!
//! - A quiet hour: requests to Graph a minute.
//! - Three hours (`BENCH_HOURS`) in which about every two minutes a device changes and checks in, and about every 25 one is removed:
//!   how old that was when it stood in the inventory.
//!
//! What is read beside the lists (primary users, and what only single requests tell) is switched off: it costs requests for devices
//! that are new or have changed, and is not what a change waits for. Nothing here decides whether a test passes.
#![allow(clippy::unwrap_used, reason = "a bench that can't go on has failed")]

#[path = "../support/accounts.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod accounts;
#[path = "../support/free_port.rs"]
mod free_port;
mod fresh_scene;
#[path = "../support/local_server.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod local_server;
#[path = "../support/machine_clock.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod machine_clock;
#[path = "../support/postgres_server.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod postgres_server;
#[path = "../support/skips.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod skips;
#[allow(dead_code, reason = "shared with other benches")]
mod table;
mod target_bus;
#[path = "../support/wait.rs"]
#[allow(dead_code, reason = "shared with tests")]
mod wait;

use chrono::TimeDelta;
use fresh_scene::{FreshScene, Rhythm};
use table::{fact, head, line};

const CHANGE_MOST: TimeDelta = TimeDelta::minutes(2);
const REMOVAL_MOST: TimeDelta = TimeDelta::minutes(15);
/// Requests a minute of a quiet tenant.
const REQUESTS: f64 = 1.5;
const QUIET: TimeDelta = TimeDelta::hours(1);
/// At any moment, whatever the schedule does.
const CHANGES: Rhythm = Rhythm {
    every: TimeDelta::seconds(110),
    within: TimeDelta::seconds(110),
};
/// Each by itself.
const REMOVALS: Rhythm = Rhythm {
    every: TimeDelta::minutes(25),
    within: TimeDelta::minutes(12),
};

#[tokio::main]
async fn main() {
    let devices = number("BENCH_DEVICES", 10_000);
    let hours = number("BENCH_HOURS", 3).max(1);
    println!("a tenant of {devices} devices and a PostgreSQL, {hours} hours of changes");
    head();
    let Some(mut scene) = FreshScene::start(devices).await else {
        return;
    };
    let before = scene.count_requests();
    scene.pass(QUIET).await;
    let quiet = scene.count_requests() - before;
    report_requests("requests in a quiet hour", quiet, QUIET);

    let before = scene.count_requests();
    let time = TimeDelta::hours(i64::try_from(hours).unwrap_or(1));
    scene.live(time, CHANGES, REMOVALS).await;
    // What happened last has its time as well.
    scene.pass(REMOVAL_MOST * 2).await;
    let requests = scene.count_requests() - before;
    let note = format!(
        "{:.2} a minute",
        requests as f64 / (time + REMOVAL_MOST * 2).num_minutes() as f64
    );
    fact("  requests with changes", &requests.to_string(), &note);
    report_ages("changes, in the median", scene.change_ages(), 0.5, CHANGE_MOST);
    report_ages("removals, the slowest", scene.removal_ages(), 1.0, REMOVAL_MOST);
    let missing = scene.count_open();
    line(
        "never told",
        &missing.to_string(),
        missing as f64,
        0.0,
        "changes and removals",
    );
}

fn report_requests(what: &str, requests: u64, time: TimeDelta) {
    let a_minute = requests as f64 / time.num_minutes() as f64;
    let note = format!("of {REQUESTS} a minute; {a_minute:.2}");
    line(what, &requests.to_string(), a_minute / REQUESTS, 1.0, &note);
}

/// The age that so many of all do not exceed.
fn report_ages(what: &str, mut ages: Vec<TimeDelta>, share: f64, most: TimeDelta) {
    ages.sort();
    let at = |share: f64| ages.get(((ages.len() as f64 * share) as usize).min(ages.len().saturating_sub(1)));
    let (Some(age), Some(middle), Some(late), Some(slowest)) = (at(share), at(0.5), at(0.95), at(1.0)) else {
        return fact(what, "none", "nothing was told");
    };
    let note = format!(
        "of {}; {} of them, median {}, 95 % {}, slowest {}",
        seconds(&most),
        ages.len(),
        seconds(middle),
        seconds(late),
        seconds(slowest)
    );
    let ratio = age.num_milliseconds() as f64 / most.num_milliseconds() as f64;
    line(what, &seconds(age), ratio, 1.0, &note);
}

fn seconds(time: &TimeDelta) -> String {
    format!("{} s", time.num_seconds())
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}
