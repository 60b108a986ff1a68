//! While Graph does not answer: what a scan read last, where a node allows it. Never for long, never silently, and never
//! a good outcome while an action is in progress that makes the device untrustworthy.

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::facts::{DeviceFacts, InstalledApps, PolicyStates};
use super::node::Node;
use crate::config::InstanceSettings;
use crate::model::{DeviceId, InstanceId, Timestamp};
use crate::store::{Store, StoreError};

/// A reading that seems to come from the future by less than this is one of now.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(60);

/// States of management in which a device is on its way out.
const LEAVING: [&str; 7] = [
    "retirePending",
    "retireIssued",
    "wipePending",
    "wipeIssued",
    "deletePending",
    "discovered",
    "unhealthy",
];

/// Properties that the inventory has to hold where it may stand in, whatever management servers receive.
pub fn needed_properties(settings: &InstanceSettings) -> Vec<String> {
    let nodes = settings.nodes.iter().filter(|node| node.inventory_answers);
    let compiled = nodes.filter_map(|node| Node::new(node).ok());
    let mut names: Vec<String> = compiled.flat_map(|node| node.needed_properties()).collect();
    names.sort();
    names.dedup();
    names
}

/// What is known, and what is open against the device.
pub(crate) struct InventoryFacts {
    pub facts: DeviceFacts,
    pub threat: Option<String>,
}

/// `None`: the device is not known, or was read too long ago.
pub(crate) async fn read_inventory_facts(
    store: &Store,
    (instance, tenant): (InstanceId, &str),
    id: DeviceId,
    max_age: TimeDelta,
    now: Timestamp,
) -> Result<Option<InventoryFacts>, StoreError> {
    let Some(row) = store.find_device(instance, id).await? else {
        return Ok(None);
    };
    let age = now - row.read_at;
    if age > max_age || age < -CLOCKS_DIFFER {
        return Ok(None);
    }
    let Ok(device) = serde_json::from_str::<Map<String, Value>>(row.body.get()) else {
        return Ok(None);
    };
    let open = store.find_threat_action(tenant.to_owned(), id).await?;
    let threat = open.or_else(|| leaving_threat(&device));
    let bytes = row.body.get().len();
    let facts = DeviceFacts {
        device,
        apps: InstalledApps::NotAsked,
        apps_without_name: 0,
        policy_states: PolicyStates::NotAsked,
        read_at: row.read_at,
        bytes,
    };
    Ok(Some(InventoryFacts { facts, threat }))
}

/// Where the inventory does not tell how the device is managed, nobody knows that all is well.
fn leaving_threat(device: &Map<String, Value>) -> Option<String> {
    match device.get("managementState").and_then(Value::as_str) {
        None => Some("an unknown management state".to_owned()),
        Some(state) if LEAVING.contains(&state) => Some(state.to_owned()),
        Some(_) => None,
    }
}
