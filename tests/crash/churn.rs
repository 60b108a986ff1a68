//! The tenant lives on while the bus dies: devices change, are renamed, re-enrol, appear, vanish, check in.
//!
//! Every device that changes is given the next number of one count over the whole tenant, in a property that servers
//! receive. So the judge knows, apart from the product's own sequence numbers, whether a server was told of an older
//! state after a newer one.

use std::time::Duration;

use serde_json::{Map, Value};
use simulated_tenant::world::{Dice, HappeningKind, Ticks};
use simulated_tenant::{Simulated, Tenant};
use tokio::sync::watch;

/// The property that carries the count.
pub const REVISION: &str = "subscriberCarrier";
/// Between two happenings, at most.
const PAUSE_MS: usize = 20;

/// Devices that are changed at once.
const BURST: usize = 20;

/// Shares in a hundred. As much appears as vanishes, so the fleet keeps its size.
const SHARES: &[(HappeningKind, u32)] = &[
    (HappeningKind::CheckIn, 10),
    (HappeningKind::Change, 45),
    (HappeningKind::Rename, 23),
    (HappeningKind::UserChanged, 8),
    (HappeningKind::UserCleared, 4),
    (HappeningKind::Appear, 4),
    (HappeningKind::Vanish, 4),
    (HappeningKind::Reenrol, 2),
];

pub async fn run(simulated: Simulated, mut dice: Dice, mut stop: watch::Receiver<bool>) -> u64 {
    let tenant = simulated.tenants().remove(0);
    let mut revision = 0;
    while !*stop.borrow() {
        happen(&tenant, &mut dice, &mut revision, simulated.now());
        let pause = Duration::from_millis(dice.below(PAUSE_MS) as u64);
        tokio::select! {
            () = tokio::time::sleep(pause) => (),
            _ = stop.changed() => (),
        }
    }
    revision
}

/// Some devices change for certain.
pub fn burst(simulated: &Simulated, revision: &mut u64) {
    let tenant = simulated.tenants().remove(0);
    for _ in 0..BURST {
        change(&tenant, HappeningKind::Rename, revision, simulated.now());
    }
}

fn happen(tenant: &Tenant, dice: &mut Dice, revision: &mut u64, now: Ticks) {
    let kind = SHARES[dice.weighted(SHARES.iter().map(|(_, share)| *share))].0;
    change(tenant, kind, revision, now);
}

fn change(tenant: &Tenant, kind: HappeningKind, revision: &mut u64, now: Ticks) {
    let mut world = tenant.world.write().unwrap();
    let happened = world.happen(kind, now);
    if !matches!(kind, HappeningKind::CheckIn | HappeningKind::Vanish) {
        *revision += 1;
        let number = Value::String(format!("revision {revision}"));
        world.patch(happened.device_id, &Map::from_iter([(REVISION.to_owned(), number)]));
    }
}

/// The count that a device carries; 0 for one that nothing has happened to yet.
pub fn revision_of(device: &Value) -> u64 {
    let text = device[REVISION]
        .as_str()
        .and_then(|text| text.strip_prefix("revision "));
    text.and_then(|number| number.parse().ok()).unwrap_or(0)
}
