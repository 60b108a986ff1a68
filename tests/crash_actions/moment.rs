//! Where kills meet the bus: drawn from the seed, before anything runs.

use simulated_tenant::fault::Stage;
use simulated_tenant::world::Dice;

use super::bus::Stop;
use super::point;

/// A bus that is killed at a moment of chance lives so long, at most.
const LIFE_MS: usize = 150;
/// And where it may not be up yet.
const START_MS: usize = 300;

/// Where a kill meets the bus.
#[derive(Debug, Clone)]
pub enum Moment {
    /// At a point of its own.
    Point(Stop),
    /// While a call is under way, held by the tenant before or after its effect.
    InCall(Stage),
    /// Whenever; so many milliseconds after it is up.
    Chance(u64),
    /// So many milliseconds after its start, up or not.
    InStart(u64),
}

/// The kills of a lane: every named point and both halves of a call in turn, and as many at moments of chance.
pub fn kills(count: u64, dice: &mut Dice) -> Vec<Moment> {
    let points = point::all();
    let named = points.len() + 2;
    let mut turn = dice.below(named);
    let draw = |_| {
        if dice.per_mille(400) {
            return if dice.per_mille(200) {
                Moment::InStart(dice.below(START_MS) as u64)
            } else {
                Moment::Chance(dice.below(LIFE_MS) as u64)
            };
        }
        turn = (turn + 1) % named;
        match points.get(turn) {
            Some(point) => Moment::Point(Stop {
                point: point.clone(),
                nth: 1 + dice.below(3) as u32,
            }),
            None if turn == points.len() => Moment::InCall(Stage::Before),
            None => Moment::InCall(Stage::After),
        }
    };
    (0..count).map(draw).collect()
}
