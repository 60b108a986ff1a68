//! Kills the bus at moments of chance. This is the one place of the tests where time itself is the point: the moments
//! are drawn from the seed, and what they meet is up to the machine.

use std::time::{Duration, Instant};

use serde_json::json;
use simulated_tenant::world::Dice;

use super::api::Api;
use super::bus::{Bus, INSTANCE, LOOK, RunningBus};
use super::control::Sabotage;
use super::judge::{Breach, Judge};
use super::situations::Situations;

/// Mostly the bus lives for so long …
pub const SHORT_MS: usize = 150;
/// … and now and then for so long, so that scans complete and ticks come.
const LONG_MS: usize = 1_500;
/// Kills during the start, in a thousand.
const DURING_START: usize = 150;
const LONG_LIVED: usize = 100;
/// Starts after which a full scan is asked for, in a thousand.
const FULL_SCANS: usize = 350;

pub struct Killer {
    pub dice: Dice,
    pub judge: Judge,
    /// What comes about besides; `None`: nothing but kills.
    pub situations: Option<Situations>,
}

impl Killer {
    /// Kills so many times; true unless the bus failed by itself, after which there is no point in going on.
    pub async fn kill(&mut self, bus: &mut Bus, kills: u64) -> bool {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        let mut start_ms = SHORT_MS;
        for kill in 1..=kills {
            if let Err(problem) = self.once(kill, bus, &http, &mut start_ms).await {
                let text = format!("before kill {kill}: {problem}");
                self.judge.complain(Breach::Bus, text);
                return false;
            }
            bus.kill();
        }
        true
    }

    async fn once(
        &mut self,
        kill: u64,
        bus: &mut Bus,
        http: &reqwest::Client,
        start_ms: &mut usize,
    ) -> Result<(), String> {
        if let Some(situations) = &mut self.situations {
            situations.before_start(kill, bus).await?;
        }
        bus.spawn();
        let began = Instant::now();
        let must_come_up = self.situations.is_some() && Situations::must_come_up(kill);
        if self.dice.per_mille(DURING_START) && !must_come_up {
            return live(bus, self.dice.below(*start_ms)).await;
        }
        let way = bus.up().await?;
        *start_ms = usize::try_from(began.elapsed().as_millis()).unwrap_or(SHORT_MS).max(1);
        // A full scan would find what this saboteur loses.
        let full_scans = bus.sabotage != Some(Sabotage::ProgressAhead);
        if full_scans && self.dice.per_mille(FULL_SCANS) {
            tokio::spawn(ask_for_full_scan(http.clone(), way.clone()));
        }
        if let Some(situations) = &mut self.situations {
            situations.behind_start(kill, bus, &Api::new(way.connection)).await?;
        }
        let most = if self.dice.per_mille(LONG_LIVED) {
            LONG_MS
        } else {
            SHORT_MS
        };
        live(bus, self.dice.below(most)).await
    }
}

/// Lets it live for so long, unless it ends by itself.
pub async fn live(bus: &mut Bus, time_ms: usize) -> Result<(), String> {
    let until = Instant::now() + Duration::from_millis(time_ms as u64);
    while Instant::now() < until {
        bus.lives()?;
        tokio::time::sleep(LOOK.min(until.saturating_duration_since(Instant::now()))).await;
    }
    bus.lives()
}

/// Whatever becomes of it: the bus may die before it answers.
async fn ask_for_full_scan(http: reqwest::Client, way: RunningBus) {
    let body = json!({"instance": INSTANCE, "kind": "full"});
    let _ = http
        .post(format!("{}/sics/v1/scans", way.url))
        .bearer_auth(&way.token)
        .json(&body)
        .send()
        .await;
}
