//! Targets, each kind against the other side as it is: a real OCS Inventory, a real PostgreSQL, strict stand-ins of Snipe-IT,
//! NetBox, GLPI and ServiceNow, files on a disk. What stands over there is read from there, and what was asked of it is counted
//! on the line; of files, whether one was replaced.

/// A test of some kinds: `fn name(kind)` becomes a module `name` with a test for each of them.
macro_rules! test_kinds {
    ($test:ident: $($name:ident = $kind:ident),+ $(,)?) => {
        mod $test {
            use crate::support::inventories::InventoryKind;

            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$test(InventoryKind::$kind).await;
                }
            )+
        }
    };
}

/// A test of every kind: `fn name(kind)` becomes the tests `name::ocs`, `name::snipe_it`, `name::postgresql`, `name::net_box`,
/// `name::glpi`, `name::servicenow` and `name::file`.
macro_rules! for_each_kind {
    ($($test:ident),+ $(,)?) => {$(
        test_kinds!($test: ocs = Ocs, snipe_it = SnipeIt, postgresql = PostgreSql, net_box = NetBox, glpi = Glpi,
            servicenow = ServiceNow, file = File);
    )+};
}

/// The same without files, of which these tests make no sense: nothing goes over a network, so no answer gets lost and no address
/// is refused; there is no secret that another address could get; and a file is the target's alone. What others write into it is
/// lost with the next change, so nothing of it is found, kept or sent again; and the records go with the installation, so another
/// one does not go on with a file that stands there (`target_file` tests both).
macro_rules! for_each_served_kind {
    ($($test:ident),+ $(,)?) => {$(
        test_kinds!($test: ocs = Ocs, snipe_it = SnipeIt, postgresql = PostgreSql, net_box = NetBox, glpi = Glpi,
            servicenow = ServiceNow);
    )+};
}

mod brakes;
mod changes;
mod complaints;
mod contact;
mod faults;
mod first_fill;
mod fleet;
mod gone;
mod installation;
mod lost_changes;
mod lost_makings;
mod other_kind;
mod quiet_days;
mod rest;
mod reverts;
mod sharing;
mod sign_in_ends;
mod users;

use serde_json::{Value, json};

use crate::support::inventories::{Inventory, InventoryKind, SeenRecord, SeenState};
use crate::support::targets::{Laptop, TargetScene};

/// Enough that a first fill has to be agreed to; after it, an ordinary day may have 10 writes of each class.
const FLEET: usize = 24;

/// A bus with a target that has written its fleet.
struct FilledTarget {
    scene: TargetScene,
    inventory: Inventory,
    target: String,
    laptops: Vec<Laptop>,
}

impl FilledTarget {
    /// With the usual fleet; `None`: the machine has no such server.
    async fn open(kind: InventoryKind) -> Option<FilledTarget> {
        FilledTarget::with_answers(kind, FLEET, json!({})).await
    }

    async fn with_answers(kind: InventoryKind, laptops: usize, answers: Value) -> Option<FilledTarget> {
        let inventory = Inventory::open(kind).await?;
        let scene = TargetScene::new().await;
        Some(FilledTarget::fill(scene, inventory, laptops, answers).await)
    }

    async fn fill(scene: TargetScene, inventory: Inventory, laptops: usize, answers: Value) -> FilledTarget {
        let laptops = scene.put_laptops(laptops).await;
        scene.scan().await;
        let target = scene.install(&inventory, answers).await;
        scene.agree_until_settled(&target).await;
        FilledTarget {
            scene,
            inventory,
            target,
            laptops,
        }
    }

    async fn record(&self, laptop: usize) -> SeenRecord {
        self.inventory.record_of(&self.laptops[laptop].id).await
    }

    async fn scan_and_settle(&self) -> Value {
        self.scene.scan_and_settle(&self.target).await
    }

    /// What was away is there again. Of a folder, somebody says so: nothing mends a missing one by itself, so a target looks
    /// again a minute later at the earliest.
    async fn mend(&mut self) {
        self.inventory.mend().await;
        if self.inventory.kind() == InventoryKind::File {
            self.scene.nudge(&self.target).await;
        }
    }

    async fn stop(mut self) {
        self.scene.stop().await;
    }
}

/// Whether each of these laptops has exactly one record, which is in use and has its name and serial number.
async fn assert_written(inventory: &Inventory, laptops: &[Laptop]) {
    let records = inventory.records().await;
    for laptop in laptops {
        let own: Vec<&SeenRecord> = records
            .iter()
            .filter(|record| record.device.as_ref() == Some(&laptop.id))
            .collect();
        let [record] = own.as_slice() else {
            panic!("{laptop:?} has the records {own:?}");
        };
        assert_eq!(
            (&record.name, &record.serial, record.state),
            (&laptop.name, &laptop.serial, SeenState::Active),
            "{record:?}"
        );
    }
}
