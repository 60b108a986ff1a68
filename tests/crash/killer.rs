//! Kills the bus at moments of chance. This is the one place of the tests where time itself is the point: the moments
//! are drawn from the seed, and what they meet is up to the machine.

use std::time::{Duration, Instant};

use intune_connector::app::LocalConnection;
use serde_json::json;
use simulated_tenant::world::Dice;

use super::bus::{Bus, INSTANCE, LOOK};
use super::control::Sabotage;
use super::judge::{Breach, Judge};

/// Mostly the bus lives for so long …
const SHORT_MS: usize = 150;
/// … and now and then for so long, so that scans complete and ticks come.
const LONG_MS: usize = 1_500;
/// Kills during the start, in a thousand.
const DURING_START: usize = 150;
const LONG_LIVED: usize = 100;
/// Starts after which a full scan is asked for, in a thousand.
const FULL_SCANS: usize = 350;

/// Kills so many times; true unless the bus failed by itself, after which there is no point in going on.
pub async fn kill(bus: &mut Bus, kills: u64, mut dice: Dice, judge: &Judge) -> bool {
    let http = reqwest::Client::builder()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let mut start_ms = SHORT_MS;
    // A full scan would find what this saboteur loses.
    let full_scans = bus.sabotage != Some(Sabotage::ProgressAhead);
    for kill in 1..=kills {
        bus.spawn();
        let began = Instant::now();
        let lived = match dice.per_mille(DURING_START) {
            true => live(bus, dice.below(start_ms)).await,
            false => match bus.up().await {
                Ok(way) => {
                    start_ms = usize::try_from(began.elapsed().as_millis()).unwrap_or(SHORT_MS).max(1);
                    if full_scans && dice.per_mille(FULL_SCANS) {
                        tokio::spawn(ask_for_full_scan(http.clone(), way));
                    }
                    let most = if dice.per_mille(LONG_LIVED) { LONG_MS } else { SHORT_MS };
                    live(bus, dice.below(most)).await
                }
                Err(problem) => Err(problem),
            },
        };
        if let Err(problem) = lived {
            judge.complain(Breach::Bus, format!("before kill {kill}: {problem}"));
            return false;
        }
        bus.kill();
    }
    true
}

/// Lets it live for so long, unless it ends by itself.
async fn live(bus: &mut Bus, time_ms: usize) -> Result<(), String> {
    let until = Instant::now() + Duration::from_millis(time_ms as u64);
    while Instant::now() < until {
        bus.lives()?;
        tokio::time::sleep(LOOK.min(until.saturating_duration_since(Instant::now()))).await;
    }
    bus.lives()
}

/// Whatever becomes of it: the bus may die before it answers.
async fn ask_for_full_scan(http: reqwest::Client, way: LocalConnection) {
    let body = json!({"instance": INSTANCE, "kind": "full"});
    let _ = http
        .post(format!("{}/sics/v1/scans", way.url))
        .bearer_auth(&way.token)
        .json(&body)
        .send()
        .await;
}
