//! The crash campaign of app orders: the running bus is killed with SIGKILL at every named point before and after each
//! call and each commit, with each fault of Graph beside it. Judged at the simulated tenant: exactly one final status of each
//! order, memberships right and never in both groups, no group made twice, and nothing of other people's touched.
//!
//! The bus is this very program, started again as a child ([`child`]); tenant, caller and judge live in the parent and
//! survive every kill, and so does the clock. A judge that never complains proves nothing: before the campaign it sees four
//! short ones, each with one deliberate mistake ([`mistake`]). If one of them is not caught, the run is void.
//!
//! `KILLS` says how often: 29 is every point once without a fault; from then on each fault in turn.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod bus;
mod child;
mod judge;
mod lane;
mod mistake;
#[path = "../support/order_bodies.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod order_bodies;
#[path = "../support/order_tenant.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod order_tenant;
mod provoke;

use std::process::ExitCode;
use std::time::Instant;

use futures_util::StreamExt;
use intune_connector::orders::OrderFailpoint;
use serde_json::{Value, json};

use bus::Program;
use lane::{Outcome, Plan};
use mistake::Mistake;

/// Kills where nothing else is asked for: every point once.
const KILLS: usize = OrderFailpoint::ALL.len();
/// Kills of one lane: one tenant, one data folder.
const KILLS_OF_LANE: usize = 10;
/// Lanes at the same time.
const LANES: usize = 4;
/// Complaints that are printed.
const SHOWN: usize = 10;
const PROGRAM: Program = Program { arguments: &[] };

fn main() -> ExitCode {
    if let Some(child) = child::Child::from_environment() {
        return child.run();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run())
}

async fn run() -> ExitCode {
    let kills = std::env::var("KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(KILLS);
    println!("crash campaign of app orders (KILLS={kills})");
    let began = Instant::now();
    let caught: Vec<bool> = futures_util::stream::iter(Mistake::ALL)
        .map(is_caught)
        .buffered(LANES)
        .collect()
        .await;
    let mut outcome = Outcome::default();
    let mut lanes = futures_util::stream::iter(plans(kills))
        .map(lane::run_plan)
        .buffer_unordered(LANES);
    while let Some(ended) = lanes.next().await {
        outcome.add(ended);
    }
    for (point, count) in &outcome.met {
        println!("  {count:>4}  {point}");
    }
    for complaint in outcome.complaints.iter().take(SHOWN) {
        println!("complaint: {complaint}");
    }
    let verdict = match (caught.iter().all(|caught| *caught), outcome.complaints.is_empty()) {
        (true, true) => "ok",
        (false, _) => "void: a control was not caught",
        (true, false) => "failed",
    };
    println!(
        "kills: {}, applications: {}, orders: {}, complaints: {}, in {} s, verdict: {verdict}",
        outcome.kills,
        outcome.applications,
        outcome.orders,
        outcome.complaints.len(),
        began.elapsed().as_secs()
    );
    if verdict == "ok" {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Every point with every fault, in turn, cut into lanes.
fn plans(kills: usize) -> Vec<Plan> {
    let all = faults()
        .into_iter()
        .flat_map(|fault| OrderFailpoint::ALL.map(|point| (fault.clone(), point)));
    let all: Vec<(Option<Value>, OrderFailpoint)> = all.collect();
    let wanted: Vec<_> = all.iter().cycle().take(kills).collect();
    let mut plans: Vec<Plan> = Vec::new();
    for (fault, point) in wanted {
        let goes_on = plans
            .last()
            .is_some_and(|plan| plan.fault == *fault && plan.points.len() < KILLS_OF_LANE);
        if !goes_on {
            plans.push(Plan {
                name: format!("lane {}", plans.len() + 1),
                points: Vec::new(),
                mistake: None,
                program: PROGRAM,
                fault: fault.clone(),
            });
        }
        plans.last_mut().unwrap().points.push(*point);
    }
    plans
}

/// None, and then each that may meet any request, by chance.
fn faults() -> Vec<Option<Value>> {
    let by_chance = |fault: Value| Some(json!({"fault": fault, "path": "/v1.0/*", "times": 0, "chance": 100}));
    vec![
        None,
        by_chance(json!({"kind": "throttled", "retryAfter": {"seconds": 1}})),
        by_chance(json!({"kind": "throttled"})),
        by_chance(json!({"kind": "status", "status": 500})),
        by_chance(json!({"kind": "status", "status": 503})),
        by_chance(json!({"kind": "status", "status": 504, "effect": true})),
        by_chance(json!({"kind": "reset", "when": "before", "effect": true})),
        // Of a member: it is there, or not there yet, whatever it is.
        Some(json!({
            "fault": {"kind": "status", "status": 404, "effect": true, "body": "plain"},
            "path": "/v1.0/groups/*/members/*", "times": 0, "chance": 300,
        })),
    ]
}

/// Whether the judge complains of a bus with this mistake.
async fn is_caught(mistake: Mistake) -> bool {
    let plan = Plan {
        name: mistake.name().to_owned(),
        points: vec![mistake.point()],
        mistake: Some(mistake),
        program: PROGRAM,
        fault: None,
    };
    let complaints = lane::run_plan(plan).await.complaints;
    let caught = complaints
        .iter()
        .find(|complaint| complaint.contains(mistake.complaint()));
    match caught {
        Some(complaint) => println!("control {}: {complaint}", mistake.name()),
        None => println!("control {}: not caught ({complaints:?})", mistake.name()),
    }
    caught.is_some()
}
