//! The crash campaign of actions: the running bus is killed with SIGKILL at every named point before and after each
//! commit and each call, in the middle of calls, and at moments of chance, while wipes, retires, locks and syncs are
//! under way on devices of all platforms, answers get lost before and after the effect, and effects and their traces
//! come late. The simulator counts the effects.
//!
//! The bus is this very program, started again as a child ([`child`]): the product's own code, with the seams that
//! `app::Options` has. Tenant, caller and judge live in the parent and survive every kill; so does the clock, which is
//! the campaign's own, so that days pass in a second and nothing depends on the speed of the machine.
//!
//! Some lanes end otherwise: the store, or its folder, is put back to before calls that were made, or is taken away
//! ([`put_back`]). Nothing may go out a second time then, whatever their senders send again.
//!
//! A judge that never complains proves nothing. So before the campaign the same judge sees seven short ones, each with
//! one deliberate mistake ([`mistake`]; the seventh is a bus that can't notice that it was put back). If one of them is not
//! caught, the run is void.
//!
//! `KILLS` says how often (200), `SEED` repeats the decisions of an earlier run (what the scheduler of the machine
//! decides can't be repeated).
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod bus;
mod child;
mod control;
#[path = "../support/disk_copy.rs"]
mod disk_copy;
mod judge;
mod lane;
mod mistake;
mod moment;
mod point;
mod put_back;
mod settle;
mod tenant;
mod wire;
mod work;

use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt;
use simulated_tenant::world::Dice;

use lane::{Outcome, Plan};
use mistake::Mistake;
use put_back::Loss;

/// Kills where nothing else is asked for.
const KILLS: u64 = 200;
/// Kills of one lane: one tenant with its fleet, one data folder.
const KILLS_OF_LANE: u64 = 50;
/// Of a lane whose folder is put back then.
const KILLS_BEFORE_LOSS: u64 = 5;
/// Lanes at the same time.
const LANES: usize = 4;
const DEVICES: usize = 60;
/// How often somebody else deletes a device on which a wipe or retire is pending, a kill: in a thousand.
const DELETES_PER_MILLE: usize = 60;
/// Complaints that are printed.
const SHOWN: usize = 10;

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
    let kills = number("KILLS").unwrap_or(KILLS);
    let seed = number("SEED").unwrap_or_else(|| {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |since| since.as_millis() as u64 % 1_000_000_007)
    });
    println!("crash campaign of actions with seed {seed} (SEED={seed} KILLS={kills} repeats its decisions)");
    let began = Instant::now();
    let (mut passed, mut failed) = (0, 0);
    let mut count = |good: bool| if good { passed += 1 } else { failed += 1 };
    let product_is_clean = control::product_is_clean();
    let shown = if product_is_clean { "none" } else { "FOUND" };
    println!("deliberate mistakes in the product's binary: {shown}");
    count(product_is_clean);
    let caught: Vec<bool> = futures_util::stream::iter(Mistake::ALL)
        .map(|mistake| control::is_caught(mistake, seed))
        .buffered(LANES)
        .collect()
        .await;
    let caught: Vec<bool> = caught
        .into_iter()
        .chain([control::unnoticed_is_caught(seed).await])
        .collect();
    caught.iter().for_each(|caught| count(*caught));
    let outcome = campaign(kills, seed).await;
    let clean = outcome.complaints.is_empty();
    count(clean);
    show(&outcome);
    let verdict = match (caught.iter().all(|caught| *caught), clean) {
        (true, true) => "ok",
        (false, _) => "void: a control was not caught",
        (true, false) => "failed",
    };
    println!(
        "kills: {}, jobs: {}, tasks: {}, effects: {}, in {} s, verdict: {verdict}",
        outcome.kills,
        outcome.jobs,
        outcome.tasks,
        outcome.effects,
        began.elapsed().as_secs()
    );
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Lanes of so many kills each, several at a time.
async fn campaign(kills: u64, seed: u64) -> Outcome {
    let lanes = kills.div_ceil(KILLS_OF_LANE);
    let plans = (0..lanes).map(|lane| {
        let count = KILLS_OF_LANE.min(kills - lane * KILLS_OF_LANE);
        // Each lane has its own; the first one that of the run.
        let seed = seed.wrapping_add(lane.wrapping_mul(1_000_003));
        Plan {
            name: format!("lane {} of {lanes} (SEED={seed} KILLS={count} runs it alone)", lane + 1),
            seed,
            devices: DEVICES,
            mistake: None,
            verbs: &[],
            kills: moment::kills(count, &mut Dice::apart(seed, 3)),
            deletes_per_mille: DELETES_PER_MILLE,
            conduct: None,
            loss: None,
        }
    });
    // As many go back as one in four of those lanes, each in every way.
    let goes_back = (0..kills.div_ceil(KILLS_OF_LANE * 4)).flat_map(|turn| {
        let seed = seed.wrapping_add(turn.wrapping_mul(1_000_003)).wrapping_add(7);
        Loss::ALL.into_iter().map(move |loss| Plan {
            name: loss.name().to_owned(),
            seed,
            devices: DEVICES,
            mistake: None,
            verbs: &[],
            kills: moment::kills(KILLS_BEFORE_LOSS, &mut Dice::apart(seed, 3)),
            deletes_per_mille: 0,
            conduct: None,
            loss: Some(loss),
        })
    });
    let plans: Vec<Plan> = plans.chain(goes_back).collect();
    let mut all = Outcome::default();
    let mut lanes = futures_util::stream::iter(plans).map(lane::run).buffer_unordered(LANES);
    while let Some(outcome) = lanes.next().await {
        all.add(outcome);
    }
    all
}

fn show(outcome: &Outcome) {
    for (place, count) in &outcome.met {
        println!("  killed {place}: {count}");
    }
    for (state, count) in &outcome.ends {
        println!("  tasks told {state}: {count}");
    }
    for complaint in outcome.complaints.iter().take(SHOWN) {
        println!("  {:?}: {}", complaint.breach, complaint.text);
    }
    if outcome.complaints.len() > SHOWN {
        println!("  and {} more", outcome.complaints.len() - SHOWN);
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
