//! The crash campaign of targets: a churning fleet is written into inventories of all kinds at once, and everything is killed
//! with SIGKILL: the running bus at every named point before and after each call and each commit and at moments of chance,
//! the database and the web server of OCS, PostgreSQL, the stand-ins of Snipe-IT, NetBox, GLPI and ServiceNow; the disk of files
//! goes away; answers get lost besides. Judged at the other sides themselves: each equals what the mapping says, no record twice,
//! nothing taken by two hits, nothing overwritten that is not the target's, nothing deleted that was not made here; and then the
//! unchanged fleet costs nothing.
//!
//! The bus is this very program, started again as a child ([`child`]); tenant, inventories and judge live in the parent. A
//! judge that never complains proves nothing: before the campaign it sees two short ones, each with one deliberate mistake
//! ([`mistake`]). If one of them is not caught, the run is void.
//!
//! `KILLS` says how often; 30 is one lane.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "../support/accounts.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod accounts;
mod bus;
mod child;
#[path = "../support/csv_reader.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod csv_reader;
#[path = "../support/cut_line.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod cut_line;
#[path = "../support/free_port.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod free_port;
#[path = "../support/glpi/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod glpi;
#[path = "../support/inventories/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod inventories;
mod judge;
mod judge_theirs;
mod kills;
mod lane;
#[path = "../support/local_server.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod local_server;
mod mistake;
#[path = "../support/net_box/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod net_box;
#[path = "../support/ocs_configuration.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod ocs_configuration;
#[path = "../support/ocs_server.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod ocs_server;
#[path = "../support/postgres_server.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod postgres_server;
#[path = "../support/servicenow/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod servicenow;
#[path = "../support/skips.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod skips;
#[path = "../support/snipe_it/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod snipe_it;
#[path = "../support/target_bodies.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod target_bodies;
#[path = "../support/wait.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod wait;
mod world;

use std::process::ExitCode;
use std::time::Instant;

use futures_util::StreamExt;

use bus::Program;
use inventories::InventoryKind;
use kills::Killed;
use lane::{Outcome, Plan};
use mistake::Mistake;

/// Kills of one lane: one tenant, one data folder, one inventory of each kind.
const KILLS_OF_LANE: usize = 30;
/// Lanes at the same time.
const LANES: usize = 2;
const DEVICES: usize = 300;
const CAMPAIGN_KINDS: [InventoryKind; 7] = InventoryKind::ALL;
/// Of a control.
const FEW_DEVICES: usize = 40;
/// Complaints that are printed.
const SHOWN: usize = 10;
const PROGRAM: Program = Program { arguments: &[] };

fn main() -> ExitCode {
    if let Some(child) = child::Child::from_environment() {
        return child.run();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    // A task of its own: it may block.
    let ended = runtime.block_on(async { tokio::spawn(run()).await });
    ended.unwrap()
}

async fn run() -> ExitCode {
    let kills = std::env::var("KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(KILLS_OF_LANE);
    println!("crash campaign of targets (KILLS={kills})");
    let began = Instant::now();
    let mut caught = Vec::new();
    for mistake in Mistake::ALL {
        caught.push(is_caught(mistake).await);
    }
    let mut outcome = Outcome::default();
    // Each in a task of its own: it may block.
    let mut lanes = futures_util::stream::iter(plans(kills))
        .map(|plan| tokio::spawn(lane::run_plan(plan)))
        .buffer_unordered(LANES);
    while let Some(ended) = lanes.next().await {
        outcome.add(ended.unwrap());
    }
    for (what, count) in &outcome.met {
        println!("  {count:>4}  {what}");
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
        "kills: {}, lost answers: {}, devices: {}, records: {}, complaints: {}, in {} s, verdict: {verdict}",
        outcome.kills(),
        outcome.lost,
        outcome.devices,
        outcome.records,
        outcome.complaints.len(),
        began.elapsed().as_secs()
    );
    if verdict == "ok" {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn plans(kills: usize) -> Vec<Plan> {
    let all = lane::schedule_kills(kills);
    let lanes = all.chunks(KILLS_OF_LANE).enumerate();
    lanes
        .map(|(number, kills)| Plan {
            name: format!("lane {}", number + 1),
            seed: 7 + number as u64,
            devices: DEVICES,
            kills: kills.to_vec(),
            kinds: CAMPAIGN_KINDS.to_vec(),
            mistake: None,
            program: PROGRAM,
        })
        .collect()
}

/// Whether the judge complains of a bus with this mistake.
async fn is_caught(mistake: Mistake) -> bool {
    let plan = Plan {
        name: mistake.name().to_owned(),
        seed: 7,
        devices: FEW_DEVICES,
        kills: vec![Killed::BusAt(mistake.point())],
        kinds: vec![InventoryKind::SnipeIt],
        mistake: Some(mistake),
        program: PROGRAM,
    };
    let complaints = tokio::spawn(lane::run_plan(plan)).await.unwrap().complaints;
    let caught = complaints
        .iter()
        .find(|complaint| complaint.contains(mistake.complaint()));
    match caught {
        Some(complaint) => println!("control {}: {complaint}", mistake.name()),
        None => println!("control {}: not caught ({complaints:?})", mistake.name()),
    }
    caught.is_some()
}
