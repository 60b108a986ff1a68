//! Kills: of the bus at a named point or at a moment of chance, and of what stands on the other side. Things happen in the
//! tenant all the while, answers get lost, and somebody agrees to what is asked.

use std::fmt;
use std::time::{Duration, Instant};

use intune_connector::targets::TargetFailpoint;

use super::inventories::Inventory;
use super::lane::Lane;
use super::world;

/// Happenings before a kill.
const HAPPENINGS: usize = 6;
/// Longest life before a kill of chance, and longest absence of another side.
const LIFE_MS: usize = 900;
const AWAY_MS: usize = 500;
/// Kills before which an answer gets lost, in a hundred.
const LOSSES: usize = 30;
const LOOK: Duration = Duration::from_millis(50);
/// A point that is not come by within this never is.
const POINT_LIMIT: Duration = Duration::from_secs(90);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Killed {
    Bus,
    BusAt(TargetFailpoint),
    OcsDatabase,
    /// Database and web server.
    Ocs,
    PostgreSql,
    /// All of them, one after the other; the disk of files as well.
    StandIns,
}

impl fmt::Display for Killed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Killed::BusAt(point) => write!(f, "bus at {point:?}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Each point of the work once, and a kill of chance before and behind each: of the stand-ins, and of the bus.
#[allow(dead_code, reason = "the test has this one, the campaign kills more often")]
pub fn schedule_points() -> Vec<Killed> {
    let chances = [Killed::StandIns, Killed::Bus].into_iter().cycle();
    let points = TargetFailpoint::ALL.into_iter().map(Killed::BusAt);
    let turns = chances.zip(points).flat_map(|(chance, point)| [chance, point]);
    turns.chain([Killed::StandIns]).collect()
}

/// Brings something about and kills; false where the bus never came by the point.
pub async fn kill_once(lane: &mut Lane, killed: Killed) -> bool {
    let happened = world::let_happen(&lane.sim.simulated, &mut lane.dice, HAPPENINGS);
    lane.known.extend(happened);
    lose_an_answer(lane);
    if let Killed::BusAt(point) = killed {
        return kill_at(lane, point).await;
    }
    if !lane.bus.is_running() {
        lane.bus.spawn(None);
        lane.bus.up().await;
    }
    let kind = if lane.dice.below(3) == 0 { "incremental" } else { "full" };
    lane.ask_for_scan(kind).await;
    let life = lane.dice.below(LIFE_MS);
    live(lane, life).await;
    match killed {
        Killed::Bus => lane.bus.kill().await,
        other => kill_other_side(lane, other).await,
    }
    true
}

fn lose_an_answer(lane: &mut Lane) {
    if lane.sides.is_empty() || lane.dice.below(100) >= LOSSES {
        return;
    }
    let side = lane.dice.below(lane.sides.len());
    let passing = lane.dice.below(4) as u64;
    lane.sides[side].inventory.lose_later_answer(passing);
}

async fn live(lane: &Lane, time_ms: usize) {
    let until = Instant::now() + Duration::from_millis(time_ms as u64);
    while Instant::now() < until {
        lane.agree().await;
        tokio::time::sleep(LOOK).await;
    }
}

async fn kill_at(lane: &mut Lane, point: TargetFailpoint) -> bool {
    lane.bus.kill().await;
    lane.bus.spawn(Some(point));
    lane.bus.up().await;
    let began = Instant::now();
    let mut looks = 0;
    while began.elapsed() < POINT_LIMIT {
        if lane.bus.stands_still() {
            lane.bus.kill().await;
            return true;
        }
        if looks % 40 == 0 {
            let happened = world::let_happen_for_certain(&lane.sim.simulated);
            lane.known.extend(happened);
            lane.ask_for_scan("full").await;
        }
        looks += 1;
        lane.agree().await;
        tokio::time::sleep(LOOK).await;
    }
    lane.bus.kill().await;
    false
}

/// The bus goes on meanwhile, and finds nobody.
async fn kill_other_side(lane: &mut Lane, killed: Killed) {
    let away = Duration::from_millis(lane.dice.below(AWAY_MS) as u64);
    for side in &mut lane.sides {
        match (killed, &mut side.inventory) {
            (Killed::OcsDatabase, Inventory::Ocs(ocs)) => {
                ocs.kill_database();
                tokio::time::sleep(away).await;
                ocs.start_again();
            }
            (Killed::Ocs, Inventory::Ocs(ocs)) => {
                ocs.kill();
                tokio::time::sleep(away).await;
                ocs.start_again();
            }
            (Killed::PostgreSql, Inventory::PostgreSql(postgres)) => {
                postgres.kill();
                tokio::time::sleep(away).await;
                postgres.start_again();
            }
            (Killed::StandIns, Inventory::SnipeIt(snipe)) => {
                snipe.server.kill().await;
                tokio::time::sleep(away).await;
                snipe.server.restart().await;
            }
            (Killed::StandIns, Inventory::NetBox(net_box)) => {
                net_box.server.kill().await;
                tokio::time::sleep(away).await;
                net_box.server.restart().await;
            }
            (Killed::StandIns, Inventory::Glpi(glpi)) => {
                glpi.server.kill().await;
                tokio::time::sleep(away).await;
                glpi.server.restart().await;
            }
            (Killed::StandIns, Inventory::ServiceNow(now)) => {
                now.server.kill().await;
                tokio::time::sleep(away).await;
                now.server.restart().await;
            }
            // What files have instead of a server is their disk.
            (Killed::StandIns, Inventory::File(file)) => {
                file.cut();
                tokio::time::sleep(away).await;
                file.mend();
            }
            _ => {}
        }
    }
}
