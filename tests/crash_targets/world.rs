//! The tenant, and what people had in their inventories before its devices came: single records, twins, junk; and users.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use simulated_tenant::world::oddities::JUNK_SERIALS;
use simulated_tenant::world::{Dice, HappeningKind};
use simulated_tenant::{NameStyle, Options, Running, Simulated};

use super::inventories::{Inventory, InventoryKind, SeenRecord};

/// Devices for which a record is there, and those for which there are two.
const SINGLES: usize = 4;
const TWINS: usize = 3;
/// Of the people, so many in a hundred are users over there.
const KNOWN_PERCENT: usize = 60;

/// What happens between two kills, in a hundred. As much appears as vanishes, so the fleet keeps its size.
const SHARES: &[(HappeningKind, u32)] = &[
    (HappeningKind::CheckIn, 10),
    (HappeningKind::Change, 25),
    (HappeningKind::Rename, 20),
    (HappeningKind::UserChanged, 12),
    (HappeningKind::UserCleared, 5),
    (HappeningKind::Appear, 10),
    (HappeningKind::Vanish, 10),
    (HappeningKind::Reenrol, 8),
];

/// A device as the tenant has it.
#[derive(Debug, Clone)]
pub struct TrueDevice {
    pub id: String,
    pub name: String,
    /// `None`: it tells no device from another.
    pub serial: Option<String>,
    /// Its id in Entra; `None`: it has none.
    pub entra: Option<String>,
    pub os_version: String,
    pub mac: String,
    pub user: Option<String>,
    pub is_windows: bool,
}

pub async fn start_tenant(devices: usize, seed: u64) -> Running {
    let mut options = Options {
        names: NameStyle::Awkward,
        ..Options::quick(devices, seed)
    };
    // Each start of a bus begins with a budget of its own; the published limits would throttle a hundred of them.
    options.tuning.limits.enabled = false;
    simulated_tenant::start(options).await.unwrap()
}

/// Everything that is there now, by id.
pub async fn read_truth(sim: &Running) -> BTreeMap<String, TrueDevice> {
    let answer = reqwest::get(format!("{}/simulator/devices", sim.base)).await.unwrap();
    let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let devices = body["devices"].as_array().unwrap().iter();
    let read = |device: &Value| {
        let text = |key: &str| device[key].as_str().unwrap_or_default().to_owned();
        let serial = text("serialNumber").trim().to_owned();
        let user = text("userPrincipalName");
        let entra = text("azureADDeviceId");
        TrueDevice {
            id: text("id"),
            name: text("deviceName"),
            serial: Some(serial).filter(|serial| is_usable(serial)),
            entra: Some(entra).filter(|entra| entra.chars().any(|digit| !"0-".contains(digit))),
            os_version: text("osVersion"),
            mac: format!("{} {}", text("wiFiMacAddress"), text("ethernetMacAddress")),
            user: Some(user).filter(|user| !user.is_empty()),
            is_windows: text("operatingSystem") == "Windows",
        }
    };
    devices.map(read).map(|device| (device.id.clone(), device)).collect()
}

/// By a list of one's own, not by that of the product.
fn is_usable(serial: &str) -> bool {
    let letters: BTreeSet<char> = serial.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let is_junk = JUNK_SERIALS.iter().any(|junk| junk.eq_ignore_ascii_case(serial));
    !is_junk && letters.len() > 1
}

/// Things happen in the tenant; answers the devices that were there at any time.
pub fn let_happen(sim: &Simulated, dice: &mut Dice, count: usize) -> Vec<String> {
    let tenant = sim.tenants().remove(0);
    let mut world = tenant.world.write().unwrap();
    let mut met = Vec::new();
    for _ in 0..count {
        let kind = SHARES[dice.weighted(SHARES.iter().map(|(_, share)| *share))].0;
        let happened = world.happen(kind, sim.now());
        met.push(happened.device_id.to_string());
    }
    met
}

/// So that every point of the work is come by: one device appears, one is renamed, one goes.
pub fn let_happen_for_certain(sim: &Simulated) -> Vec<String> {
    let tenant = sim.tenants().remove(0);
    let mut world = tenant.world.write().unwrap();
    let kinds = [HappeningKind::Appear, HappeningKind::Rename, HappeningKind::Vanish];
    let happened = kinds.map(|kind| world.happen(kind, sim.now()).device_id.to_string());
    happened.to_vec()
}

/// What people had before, by the ids of the records.
#[derive(Debug, Default)]
pub struct Seeds {
    /// As they stood, and the device that is theirs.
    pub singles: Vec<(SeenRecord, String)>,
    /// Two of one device each, and some with numbers that tell nothing; nobody may touch them.
    pub untouchable: Vec<SeenRecord>,
    /// People of the tenant who are users over there.
    pub people: Vec<String>,
}

/// Puts records of other people's into an inventory in which devices are looked for, and users.
pub async fn plant_seeds(inventory: &Inventory, truth: &BTreeMap<String, TrueDevice>, dice: &mut Dice) -> Seeds {
    if !inventory.kind().adopts() {
        return Seeds::default();
    }
    let mut by_serial: BTreeMap<&str, Vec<&TrueDevice>> = BTreeMap::new();
    for device in truth.values() {
        if let Some(serial) = &device.serial {
            by_serial.entry(serial).or_default().push(device);
        }
    }
    // Elsewhere than in Snipe-IT, computers are of another kind of record than phones.
    let fits = |device: &TrueDevice| inventory.kind() == InventoryKind::SnipeIt || device.is_windows;
    let alone: Vec<&TrueDevice> = by_serial
        .into_values()
        .filter(|devices| devices.len() == 1)
        .map(|mut devices| devices.remove(0))
        .filter(|device| fits(device))
        .take(SINGLES + TWINS)
        .collect();
    let (mut singles, mut twins, mut junk) = (Vec::new(), Vec::new(), Vec::new());
    for (number, device) in alone.iter().enumerate() {
        let serial = device.serial.as_deref().unwrap_or_default();
        let record = |name: &str| add_record(inventory, name, number, serial);
        if number < SINGLES {
            singles.push((record("single"), device.id.clone()));
        } else {
            twins.extend(["left", "right"].map(record));
        }
    }
    if let Inventory::SnipeIt(side) = inventory {
        for name in JUNK_SERIALS.iter().filter(|junk| !junk.is_empty()).take(3) {
            junk.push(side.add_asset(json!({"name": format!("theirs {name}"), "serial": name})));
        }
    }
    let people = plant_people(inventory, truth, dice);
    let records = inventory.records().await;
    let find = |id: &String| records.iter().find(|record| record.id == *id).unwrap().clone();
    Seeds {
        singles: singles.iter().map(|(id, device)| (find(id), device.clone())).collect(),
        untouchable: twins.iter().chain(&junk).map(find).collect(),
        people,
    }
}

/// A record with a serial number, and with fields that people curate; its id.
fn add_record(inventory: &Inventory, name: &str, number: usize, serial: &str) -> String {
    let curated = format!("curated {number}");
    match inventory {
        Inventory::SnipeIt(side) => side.add_asset(json!({
            "name": name, "serial": serial, "asset_tag": format!("{name}-{number}"),
            "notes": curated, "order_number": format!("PO-{number}"),
        })),
        Inventory::NetBox(side) => {
            let id = side.add_device(&format!("{name} {number}"), serial);
            side.edit(&id, "comments", &curated);
            id
        }
        Inventory::Glpi(side) => {
            let id = side.add_computer(&format!("{name} {number}"), serial);
            side.edit(&id, "comment", &curated);
            id
        }
        Inventory::ServiceNow(side) => side.add_ci(json!({
            "name": format!("{name} {number}"), "serial_number": serial, "asset_tag": format!("{name}-{number}"),
            "comments": curated, "cost_center": format!("CC-{number}"),
        })),
        Inventory::Ocs(_) | Inventory::PostgreSql(_) | Inventory::File(_) => panic!("nobody looks for it there"),
    }
}

/// Has an inventory that assigns records to users know some of the people; whom.
fn plant_people(inventory: &Inventory, truth: &BTreeMap<String, TrueDevice>, dice: &mut Dice) -> Vec<String> {
    if inventory.kind() == InventoryKind::NetBox {
        // A user is a text there.
        return Vec::new();
    }
    let mut people: Vec<&String> = truth.values().filter_map(|device| device.user.as_ref()).collect();
    people.sort();
    people.dedup();
    let mut known = Vec::new();
    for (number, person) in people.into_iter().enumerate() {
        if dice.below(100) >= KNOWN_PERCENT {
            continue;
        }
        match inventory {
            Inventory::SnipeIt(side) => side.add_user(&format!("user-{number}"), person),
            Inventory::ServiceNow(side) => side.add_user(&format!("user-{number}"), person),
            Inventory::Glpi(side) => side.add_user(person),
            _ => continue,
        }
        known.push(person.clone());
    }
    known
}
