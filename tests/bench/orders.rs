//! `cargo bench --bench orders`, part of `make bench`: app orders within the published limits, and what a large tenant changes.
//! Twice the same, in a tenant with as many devices as there are orders and in one with 100,000:
//!
//! - 1,000 open orders over 50 applications, placed in turns, each for another device by its name, are processed: against as
//!   many bare writes that keep to the same budget. The tenant throttles as it does by default; it must not have to. What the
//!   API looks up before it takes an order is not in it.
//! - 10,000 orders wait for their status, two intervals long: one query for each application and interval. Of the 50 reports
//!   five have a row for every device of the tenant.
//!
//! Everything is in this process, so the real thing has more of the machine. The tenants are processed at the same time,
//! because nearly all of it is waiting for the budget. Nothing here decides whether a test passes: it prints figures and says
//! where a target is missed and by how much. `BENCH_ORDERS` (50 to 1,500; ten times as many wait for their status) and
//! `BENCH_DEVICES` change the sizes.

mod bare_writes;
mod order_fleet;
mod order_scene;
mod table;

use std::time::Duration;

use bare_writes::BareWrites;
use intune_connector::graph::RateBudget;
use order_scene::{APPLICATIONS, OrderScene, WorkerRun};
use table::{fact, head, line, mib, ms};

/// Two rounds of bare writes fit into the 3,000 that are published for 150 s.
const ORDERS_MAX: usize = 1_500;
/// So many times the orders wait for their status.
const OPEN_TIMES: usize = 10;
const INTERVALS: u64 = 2;
/// All of the published limits.
const PERCENT: u8 = 100;
/// Time against bare writes within the same budget.
const PACE: f64 = 1.10;
const WRITES: f64 = 1.0;
const QUERIES: f64 = 1.0;
/// Requests in the large tenant against those in the small one.
const GROWTH: f64 = 1.10;

#[tokio::main]
async fn main() {
    let orders = number("BENCH_ORDERS", 1_000).clamp(APPLICATIONS, ORDERS_MAX) / APPLICATIONS * APPLICATIONS;
    let devices = number("BENCH_DEVICES", 100_000).max(orders);
    println!("{orders} orders over {APPLICATIONS} applications, tenants with {orders} and with {devices} devices");
    head();
    let bare = BareWrites::prepare(orders, 1).await;
    let small = OrderScene::prepare(orders, orders, 2).await;
    let large = OrderScene::prepare(devices, orders, 3).await;

    let alone = bare.send(None).await;
    let note = format!("{orders} memberships, {:.2} ms each", per_order_ms(alone, orders));
    fact("bare writes", &ms(alone), &note);
    let budget = RateBudget::unshared(PERCENT);
    let (paced, few, many) = tokio::join!(bare.send(Some(&budget)), small.process(), large.process());
    fact(
        "bare writes within the budget",
        &ms(paced),
        "as fast as orders may write",
    );
    for (run, devices) in [(few, orders), (many, devices)] {
        report_processing(&run, devices, orders, [alone, paced]);
    }
    report_growth("of processing", few, many);

    let few = measure_status(&small, orders, orders * OPEN_TIMES).await;
    let many = measure_status(&large, devices, orders * OPEN_TIMES).await;
    report_growth("for the status", few, many);
}

fn report_processing(run: &WorkerRun, devices: usize, orders: usize, [alone, paced]: [Duration; 2]) {
    let (count, requests) = (orders as f64, run.requests);
    let note = format!(
        "of bare writes within the budget; {:.1} ms an order, {:.0} times a bare write",
        per_order_ms(run.took, orders),
        ratio(run.took, alone)
    );
    line(
        &format!("processed, {devices} devices"),
        &ms(run.took),
        ratio(run.took, paced),
        PACE,
        &note,
    );
    line(
        "  membership writes an order",
        &requests.members.to_string(),
        requests.members as f64 / count,
        WRITES,
        "",
    );
    let note = format!("{:.2} an order", requests.all as f64 / count);
    fact("  requests", &requests.all.to_string(), &note);
    report_throttled(run);
}

fn report_throttled(run: &WorkerRun) {
    let throttled = run.requests.throttled;
    line("  answers 429", &throttled.to_string(), throttled as f64, 0.0, "");
}

/// Both intervals together.
async fn measure_status(scene: &OrderScene, devices: usize, open: usize) -> WorkerRun {
    scene.fill_up(open).await;
    let mut both: Option<WorkerRun> = None;
    for interval in 1..=INTERVALS {
        let run = scene.read_status(open).await;
        let reports = run.requests.reports;
        let note = format!("an application; {reports} for {open} open orders, {devices} devices");
        line(
            &format!("report queries, interval {interval}"),
            &ms(run.took),
            reports as f64 / APPLICATIONS as f64,
            QUERIES,
            &note,
        );
        report_throttled(&run);
        both = Some(both.map_or(run, |before| add_runs(before, run)));
    }
    let note = format!("with {open} orders");
    fact("  size of the store", &mib(scene.store_mib()), &note);
    both.expect("there is an interval")
}

fn add_runs(mut one: WorkerRun, other: WorkerRun) -> WorkerRun {
    one.took += other.took;
    one.requests.all += other.requests.all;
    one.requests.reports += other.requests.reports;
    one
}

/// What the large tenant changes.
fn report_growth(of: &str, few: WorkerRun, many: WorkerRun) {
    let note = format!("of those in the small tenant; time: {:.2}", ratio(many.took, few.took));
    line(
        &format!("requests {of}"),
        &many.requests.all.to_string(),
        many.requests.all as f64 / few.requests.all as f64,
        GROWTH,
        &note,
    );
}

fn per_order_ms(took: Duration, orders: usize) -> f64 {
    took.as_secs_f64() * 1_000.0 / orders as f64
}

fn ratio(took: Duration, of: Duration) -> f64 {
    took.as_secs_f64() / of.as_secs_f64()
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}
