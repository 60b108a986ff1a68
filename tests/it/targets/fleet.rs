//! A whole fleet, churning, with targets of OCS, Snipe-IT and PostgreSQL at once: 2,000 devices with every oddity of the
//! simulated tenant, and thirty kills; one of 300 in NetBox, GLPI, ServiceNow and files, killed at each point of the work; and a
//! control for each mistake that the judge has to find. The parts are those of the campaign in `tests/crash_targets`, which
//! kills more often.
#![allow(dead_code, reason = "the campaign uses more of its parts")]

#[path = "../../crash_targets/bus.rs"]
mod bus;
#[path = "../../crash_targets/child.rs"]
mod child;
#[path = "../../crash_targets/judge.rs"]
mod judge;
#[path = "../../crash_targets/judge_theirs.rs"]
mod judge_theirs;
#[path = "../../crash_targets/kills.rs"]
mod kills;
#[path = "../../crash_targets/lane.rs"]
mod lane;
#[path = "../../crash_targets/mistake.rs"]
mod mistake;
#[path = "../../crash_targets/world.rs"]
mod world;

use crate::support::inventories::InventoryKind;
use crate::support::{inventories, target_bodies};
use bus::Program;
use kills::Killed;
use lane::{Outcome, Plan};
use mistake::Mistake;

/// This very program, with the one test that is a bus.
const PROGRAM: Program = Program {
    arguments: &["targets::fleet::a_bus_to_be_killed", "--exact", "--nocapture"],
};
const SEED: u64 = 2_026;
const KILLS: usize = 30;

/// Plays the bus where it is started as one, and does nothing else.
#[test]
fn a_bus_to_be_killed() {
    if let Some(child) = child::Child::from_environment() {
        child.run();
    }
}

async fn run(name: &str, devices: usize, kills: Vec<Killed>, mistake: Option<Mistake>) -> Outcome {
    let kinds = match mistake {
        None => InventoryKind::PLAYED.to_vec(),
        Some(_) => vec![InventoryKind::SnipeIt],
    };
    run_kinds(name, devices, kills, kinds, mistake).await
}

async fn run_kinds(
    name: &str,
    devices: usize,
    kills: Vec<Killed>,
    kinds: Vec<InventoryKind>,
    mistake: Option<Mistake>,
) -> Outcome {
    let plan = Plan {
        name: name.to_owned(),
        seed: SEED,
        devices,
        kills,
        kinds,
        mistake,
        program: PROGRAM,
    };
    // In a task of its own: it may block.
    tokio::spawn(lane::run_plan(plan)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_thousand_devices_with_every_oddity_are_right_over_there_whatever_is_killed() {
    let outcome = run("2,000", 2_000, lane::schedule_kills(KILLS), None).await;
    assert!(outcome.complaints.is_empty(), "{:#?}", outcome.complaints);
    assert_eq!(outcome.kills(), KILLS as u64, "{:?}", outcome.met);
    assert!(
        outcome.devices > 1_900 && outcome.records > outcome.devices,
        "{}",
        outcome.records
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_fleet_in_netbox_glpi_servicenow_and_files_is_right_whatever_is_killed() {
    let kills = kills::schedule_points();
    let (count, kinds) = (kills.len() as u64, InventoryKind::LATER.to_vec());
    let outcome = run_kinds("later kinds", 300, kills, kinds, None).await;
    assert!(outcome.complaints.is_empty(), "{:#?}", outcome.complaints);
    assert_eq!(outcome.kills(), count, "{:?}", outcome.met);
    assert!(
        outcome.devices > 250 && outcome.records > 3 * outcome.devices,
        "{} devices, {} records",
        outcome.devices,
        outcome.records
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_deliberate_mistake_is_found() {
    for mistake in Mistake::ALL {
        let kills = vec![Killed::BusAt(mistake.point())];
        let outcome = run(mistake.name(), 40, kills, Some(mistake)).await;
        let said = |complaint: &String| complaint.contains(mistake.complaint());
        assert!(
            outcome.complaints.iter().any(said),
            "{} is not found: {:?}",
            mistake.name(),
            outcome.complaints
        );
    }
}
