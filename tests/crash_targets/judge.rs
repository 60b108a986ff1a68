//! The verdict: what stands in each inventory against what is in the tenant. It reads the other sides by ways of its own, and
//! knows of the bus only which devices wait for a person.

use std::collections::{BTreeMap, BTreeSet};

use super::inventories::{InventoryKind, SeenRecord, SeenState};
use super::lane::{Lane, Side};
use super::world::{self, TrueDevice};

/// By device.
pub type Truth = BTreeMap<String, TrueDevice>;

pub async fn find_complaints(lane: &Lane) -> Vec<String> {
    let truth = world::read_truth(&lane.sim).await;
    let mut complaints = Vec::new();
    for side in &lane.sides {
        let records = side.inventory.records().await;
        let waiting = list_waiting(lane, side).await;
        let view = View {
            lane,
            side,
            truth: &truth,
            records: &records,
            waiting: &waiting,
        };
        complaints.extend(view.judge_records());
        complaints.extend(view.judge_users());
        complaints.extend(view.judge_theirs());
    }
    complaints
}

/// Devices that wait for a person, and those that may share a record.
pub async fn find_open_devices(lane: &Lane, side: &Side) -> BTreeSet<String> {
    let truth = world::read_truth(&lane.sim).await;
    let mut open = list_waiting(lane, side).await;
    let view = View {
        lane,
        side,
        truth: &truth,
        records: &[],
        waiting: &BTreeSet::new(),
    };
    let shared = truth.values().filter(|device| !view.list_twins(device).is_empty());
    open.extend(shared.map(|device| device.id.clone()));
    open
}

/// Devices for which somebody has to decide.
async fn list_waiting(lane: &Lane, side: &Side) -> BTreeSet<String> {
    let path = format!("/sics/v1/targets/{}/set-aside", side.target);
    let told = lane.bus.get(&path).await.unwrap_or_default();
    let devices = told["devices"].as_array().into_iter().flatten();
    devices
        .filter_map(|row| row["deviceId"].as_str().map(str::to_owned))
        .collect()
}

/// One inventory, and what it is judged by.
pub struct View<'a> {
    pub lane: &'a Lane,
    pub side: &'a Side,
    pub truth: &'a Truth,
    pub records: &'a [SeenRecord],
    pub waiting: &'a BTreeSet<String>,
}

impl View<'_> {
    pub fn kind(&self) -> InventoryKind {
        self.side.inventory.kind()
    }

    pub fn complain(&self, text: impl std::fmt::Display) -> String {
        format!("{}: {text}", self.side.target)
    }

    pub fn records_of(&self, device: &str) -> Vec<&SeenRecord> {
        let own = self.records.iter();
        own.filter(|record| record.device.as_deref() == Some(device) && record.state != SeenState::Deleted)
            .collect()
    }

    /// Devices that are the same hardware, as far as this inventory can tell: they may share a record.
    pub fn list_twins(&self, device: &TrueDevice) -> Vec<&TrueDevice> {
        let is_same_text =
            |one: &Option<String>, other: &Option<String>| one.is_some() && one.as_deref() == other.as_deref();
        let is_same = |other: &&TrueDevice| {
            if other.id == device.id {
                return false;
            }
            let has_serial = is_same_text(&device.serial, &other.serial);
            match self.kind() {
                // By the id of Entra, the target knows a device that enrolled again and is still listed under its older id.
                InventoryKind::SnipeIt | InventoryKind::NetBox | InventoryKind::Glpi | InventoryKind::ServiceNow => {
                    has_serial || is_same_text(&device.entra, &other.entra)
                }
                // The server itself merges what has the same name, number and address.
                InventoryKind::Ocs => has_serial && other.mac == device.mac,
                InventoryKind::PostgreSql | InventoryKind::File => false,
            }
        };
        self.truth.values().filter(is_same).collect()
    }

    fn judge_records(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for device in self.truth.values() {
            complaints.extend(self.judge_device(device));
        }
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for record in self.records.iter().filter(|record| record.state == SeenState::Active) {
            let Some(device) = record.device.as_deref() else {
                continue;
            };
            *seen.entry(device).or_default() += 1;
            if !self.lane.known.contains(device) {
                complaints.push(self.complain(format!("record {} is of {device}, which never was", record.id)));
            }
            let stays = self.kind() == InventoryKind::Ocs || self.truth.contains_key(device);
            if !stays {
                complaints.push(self.complain(format!("record {} of {device} is in use, and that is gone", record.id)));
            }
        }
        let doubled = seen.into_iter().filter(|(_, count)| *count > 1);
        complaints.extend(doubled.map(|(device, count)| self.complain(format!("{device} has {count} records in use"))));
        complaints
    }

    /// Whether a person has to decide because another record has its name: it is not written meanwhile.
    pub fn waits_for_name(&self, device: &TrueDevice) -> bool {
        self.kind().sets_names_aside() && self.waiting.contains(&device.id)
    }

    fn judge_device(&self, device: &TrueDevice) -> Vec<String> {
        let records = self.records_of(&device.id);
        let Some(record) = records.first() else {
            let twins = self.list_twins(device);
            let is_shared = twins.iter().any(|twin| !self.records_of(&twin.id).is_empty());
            let is_right = is_shared || self.waiting.contains(&device.id);
            return if is_right {
                Vec::new()
            } else {
                vec![self.complain(format!("{} ({:?}) has no record", device.id, device.name))]
            };
        };
        let mut complaints = Vec::new();
        if record.state != SeenState::Active {
            complaints.push(self.complain(format!("the record of {} is not in use", device.id)));
        }
        if self.waits_for_name(device) {
            return complaints;
        }
        let mut compare = |what: &str, is: &str, should: &str| {
            if plain_text(self.kind(), is) != plain_text(self.kind(), should) {
                complaints.push(self.complain(format!("{what} of {} is {is:?}, not {should:?}", device.id)));
            }
        };
        let (is_called, should_be_called) = match self.kind() {
            InventoryKind::NetBox => (strip_end(&record.name, &device.id), cut_name(&device.name)),
            _ => (record.name.as_str(), device.name.clone()),
        };
        compare("the name", is_called, &should_be_called);
        let version = record
            .values
            .get(self.kind().version_field())
            .map(String::as_str)
            .unwrap_or_default();
        compare("the version", version, &device.os_version);
        let serial = device.serial.as_deref().unwrap_or_default();
        let is_told = device.serial.is_some() || self.kind().makes_fields();
        if is_told && !record.serial.trim().eq_ignore_ascii_case(serial) {
            complaints.push(self.complain(format!("the serial number of {} is {:?}", device.id, record.serial)));
        }
        complaints
    }
}

/// The name of a device of NetBox without the end of its id, which the second one with a name gets.
fn strip_end<'a>(name: &'a str, device: &str) -> &'a str {
    let end = format!(" ({})", &device[device.len() - 4..]);
    name.strip_suffix(end.as_str()).unwrap_or(name)
}

/// As long as a name may be in NetBox.
fn cut_name(name: &str) -> String {
    name.chars().take(64).collect()
}

/// A text as an inventory can hold it: a target writes a blank for a control character, and OCS keeps no signs beyond the first
/// plane, and none that its filter takes for an attack.
fn plain_text(kind: InventoryKind, text: &str) -> String {
    let is_kept = |letter: &char| match kind {
        InventoryKind::Ocs => letter.is_alphanumeric() && u32::from(*letter) < 0x1_0000,
        InventoryKind::SnipeIt
        | InventoryKind::PostgreSql
        | InventoryKind::NetBox
        | InventoryKind::Glpi
        | InventoryKind::ServiceNow
        | InventoryKind::File => true,
    };
    let blank = |letter: char| if letter.is_control() { ' ' } else { letter };
    let kept: String = text.chars().filter(is_kept).map(blank).collect();
    kept.trim().to_owned()
}
