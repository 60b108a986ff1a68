//! What people complained of in other programs that bring devices into inventories (BR-1 to BR-19): each has a test that
//! bears its number, and `docs/ITEMS-TARGETS.md` says what happens here.

mod checklist;
mod doubles;
mod life;
mod requests;

use crate::support::inventories::snipe_side::SnipeSide;
use crate::support::inventories::{Inventory, InventoryKind};
use crate::support::targets::TargetScene;

/// A Snipe-IT as people have one, and a tenant whose fleet is about to come.
async fn prepare() -> (TargetScene, Inventory) {
    let inventory = Inventory::open(InventoryKind::SnipeIt).await.unwrap();
    (TargetScene::new().await, inventory)
}

fn side(inventory: &Inventory) -> &SnipeSide {
    match inventory {
        Inventory::SnipeIt(side) => side,
        _ => panic!("another kind"),
    }
}

/// The serial number that the laptop of this number gets.
fn serial(scene: &TargetScene, number: usize) -> String {
    format!("SN{}{number:04}", scene.mark)
}

/// Requests of kinds that write, since the counts were forgotten.
fn count_writes(side: &SnipeSide) -> usize {
    side.server.with_state(|state| {
        let counts = state.counts.iter();
        counts
            .filter(|(kind, _)| !kind.starts_with("GET "))
            .map(|(_, count)| count)
            .sum()
    })
}
