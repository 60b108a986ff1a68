//! The verdict on what is other people's: whom a record is assigned to, records that they had before, fields that they write by
//! hand, records that nobody may delete.

use std::collections::BTreeSet;

use super::inventories::postgres_side::PostgresSide;
use super::inventories::{Inventory, InventoryKind, SeenRecord, SeenState};
use super::judge::View;
use super::lane::{Lane, Side};
use super::world::TrueDevice;

/// Records that somebody changes by hand in the middle of it all.
const EDITED: usize = 4;
/// A column that people added.
const CURATED_COLUMN: &str = "cost_centre";

/// What somebody wrote by hand into a field that is not the target's; of a file, which is all the target's, into one that it
/// puts right.
#[derive(Debug, Clone)]
pub struct HandEdit {
    pub kind: InventoryKind,
    pub record: String,
    pub field: &'static str,
    pub value: String,
}

/// Records that a device fills.
async fn list_filled(side: &Side) -> Vec<SeenRecord> {
    let mut records = side.inventory.records().await;
    records.retain(|record| record.device.is_some() && record.state == SeenState::Active);
    records
}

/// Whether each inventory has enough records that somebody can change by hand.
pub async fn can_edit(lane: &Lane) -> bool {
    for side in &lane.sides {
        if side.inventory.kind() != InventoryKind::Ocs && list_filled(side).await.len() < EDITED {
            return false;
        }
    }
    true
}

/// Somebody changes fields that no mapping names.
pub async fn edit_by_hand(lane: &Lane) -> Vec<HandEdit> {
    let mut edits = Vec::new();
    for side in &lane.sides {
        let kind = side.inventory.kind();
        let records = list_filled(side).await;
        let field = match &side.inventory {
            Inventory::SnipeIt(_) => "notes",
            Inventory::NetBox(_) => "comments",
            Inventory::Glpi(_) => "comment",
            Inventory::ServiceNow(_) => "comments",
            Inventory::File(_) => "manufacturer",
            Inventory::PostgreSql(postgres) => {
                add_column(postgres).await;
                CURATED_COLUMN
            }
            Inventory::Ocs(_) => continue,
        };
        assert!(records.len() >= EDITED, "{kind:?} has nothing that can be edited");
        for (number, record) in records.iter().take(EDITED).enumerate() {
            let value = format!("by hand {number}");
            side.inventory.edit(&record.id, field, &value).await;
            edits.push(HandEdit {
                kind,
                record: record.id.clone(),
                field,
                value,
            });
        }
    }
    edits
}

async fn add_column(postgres: &PostgresSide) {
    let sql = format!("ALTER TABLE IF EXISTS intune.devices ADD COLUMN IF NOT EXISTS {CURATED_COLUMN} text");
    postgres.run(&sql).await;
}

/// Records of kinds in which nothing may be deleted, as they stand now: OCS merges computers by itself, and Snipe-IT's target
/// is told to delete. A row that was being made as the bus was killed is made again, or never was where its device has gone
/// meanwhile; so of files, it is those of the list of what has gone.
pub async fn list_lasting(lane: &Lane) -> BTreeSet<(InventoryKind, String)> {
    let mut lasting = BTreeSet::new();
    for side in &lane.sides {
        let kind = side.inventory.kind();
        if matches!(kind, InventoryKind::Ocs | InventoryKind::SnipeIt) {
            continue;
        }
        let mut records = side.inventory.records().await;
        records.retain(|record| kind != InventoryKind::File || record.state == SeenState::Retired);
        lasting.extend(records.into_iter().map(|record| (kind, record.id)));
    }
    lasting
}

/// Fields of records that people had before, which no target writes.
fn curated_fields(kind: InventoryKind) -> &'static [&'static str] {
    match kind {
        InventoryKind::SnipeIt => &["asset_tag", "notes", "order_number", "model"],
        InventoryKind::NetBox => &["comments", "model", "site"],
        InventoryKind::Glpi => &["comment"],
        InventoryKind::ServiceNow => &["asset_tag", "comments", "cost_center"],
        InventoryKind::Ocs | InventoryKind::PostgreSql | InventoryKind::File => &[],
    }
}

impl View<'_> {
    pub fn judge_users(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for device in self.truth.values() {
            for record in self.records_of(&device.id) {
                complaints.extend(self.judge_user(device, record));
            }
        }
        complaints
    }

    fn judge_user(&self, device: &TrueDevice, record: &SeenRecord) -> Option<String> {
        let is_known = |user: &String| self.side.seeds.people.contains(user);
        let is_text = match self.kind() {
            InventoryKind::Ocs => return None,
            InventoryKind::SnipeIt | InventoryKind::Glpi | InventoryKind::ServiceNow => false,
            InventoryKind::PostgreSql | InventoryKind::NetBox | InventoryKind::File => true,
        };
        let expected = device.user.clone().filter(|user| is_text || is_known(user));
        let is_same = if is_text {
            let text = |user: &Option<String>| user.clone().unwrap_or_default().to_lowercase();
            text(&record.user) == text(&expected)
        } else {
            record.user == expected
        };
        let is_right = is_same || self.waits_for_name(device) || !self.list_twins(device).is_empty();
        (!is_right).then(|| {
            let (has, should) = (&record.user, &expected);
            self.complain(format!("{} is assigned to {has:?}, not to {should:?}", device.id))
        })
    }

    pub fn judge_theirs(&self) -> Vec<String> {
        let mut complaints = self.judge_seeds();
        complaints.extend(self.judge_edits());
        complaints.extend(self.judge_lasting());
        complaints
    }

    fn find(&self, id: &str) -> Option<&SeenRecord> {
        self.records.iter().find(|record| record.id == id)
    }

    fn judge_seeds(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for before in &self.side.seeds.untouchable {
            match self.find(&before.id) {
                Some(now) if now.device.is_some() => complaints.push(self.complain(format!(
                    "record {} was taken although two records had its serial number",
                    before.id
                ))),
                Some(now) if now == before => {}
                now => complaints.push(self.complain(format!("record {} of somebody else is {now:?}", before.id))),
            }
        }
        for (before, device) in &self.side.seeds.singles {
            let Some(now) = self.find(&before.id).filter(|now| now.state != SeenState::Deleted) else {
                complaints.push(self.complain(format!("record {} was not made here, and is gone", before.id)));
                continue;
            };
            for field in curated_fields(self.kind()) {
                if now.values.get(*field) != before.values.get(*field) && !self.is_edited(&now.id, field) {
                    complaints.push(self.complain(format!("{field} of record {} was overwritten", now.id)));
                }
            }
            if !self.is_taken_over(now, device) {
                complaints.push(self.complain(format!("record {} was not taken over by {device}", now.id)));
            }
        }
        complaints
    }

    /// By this device, or by a later enrolment of the same hardware.
    fn is_taken_over(&self, record: &SeenRecord, device: &str) -> bool {
        let Some(device) = self.truth.get(device) else {
            return true;
        };
        let twins = self.list_twins(device);
        let mut owners = std::iter::once(device).chain(twins);
        self.waits_for_name(device) || owners.any(|owner| record.device.as_ref() == Some(&owner.id))
    }

    fn is_edited(&self, record: &str, field: &str) -> bool {
        let mut edits = self.lane.edits.iter();
        edits.any(|edit| edit.kind == self.kind() && edit.record == record && edit.field == field)
    }

    /// What people wrote stays; in a file, it was put right.
    fn judge_edits(&self) -> Vec<String> {
        let stays = self.kind().reads_edits();
        let edits = self.lane.edits.iter().filter(|edit| edit.kind == self.kind());
        let wrong = edits.filter_map(|edit| {
            let now = self.find(&edit.record)?.values.get(edit.field);
            ((now == Some(&edit.value)) != stays).then(|| {
                self.complain(format!(
                    "{} of {} was {:?}, and is {now:?}",
                    edit.field, edit.record, edit.value
                ))
            })
        });
        wrong.collect()
    }

    fn judge_lasting(&self) -> Vec<String> {
        let own = self.lane.lasting.iter().filter(|(kind, _)| *kind == self.kind());
        let lost = own.filter(|(_, id)| self.find(id).is_none_or(|record| record.state == SeenState::Deleted));
        lost.map(|(_, id)| self.complain(format!("record {id} was deleted, which nobody allowed")))
            .collect()
    }
}
