//! The devices that a preview has read: systems, ownership, fields and three examples, and what is left out by which setting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::config::{DeviceSettings, PersonalDeviceRule};
use crate::contract::{PreviewExample, PreviewInventory};
use crate::model::InstanceId;
use crate::store::{Store, StoreError};

const EXAMPLES: usize = 3;
/// What stands for a device that does not say its system or owner.
const UNKNOWN: &str = "unknown";

/// Counts the devices of an instance.
pub(super) async fn read_inventory(
    store: &Store,
    instance: InstanceId,
    settings: &DeviceSettings,
) -> Result<PreviewInventory, StoreError> {
    let counted = Arc::new(Mutex::new(InventoryCount::default()));
    let counting = Arc::clone(&counted);
    let count_body = Arc::new(move |body: &str| {
        if let Ok(device) = serde_json::from_str::<Map<String, Value>>(body) {
            counting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .add_device(&device);
        }
        false
    });
    store.count_matching_devices(instance, count_body).await?;
    let counted = std::mem::take(&mut *counted.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(PreviewInventory {
        systems: counted.systems,
        ownership: counted.ownership,
        fields: counted.fields.len() as u64,
        left_out_by: exclusion_rules(settings),
        examples: counted.examples,
    })
}

#[derive(Debug, Default)]
struct InventoryCount {
    systems: BTreeMap<String, u64>,
    ownership: BTreeMap<String, u64>,
    fields: BTreeSet<String>,
    examples: Vec<PreviewExample>,
}

impl InventoryCount {
    fn add_device(&mut self, device: &Map<String, Value>) {
        let text = |key: &str| device.get(key).and_then(Value::as_str).map(str::to_owned);
        let known = |key: &str| {
            text(key)
                .filter(|text| !text.is_empty())
                .unwrap_or_else(|| UNKNOWN.to_owned())
        };
        *self.systems.entry(known("operatingSystem")).or_default() += 1;
        *self.ownership.entry(known("managedDeviceOwnerType")).or_default() += 1;
        for (key, value) in device {
            if !value.is_null() && !self.fields.contains(key) {
                self.fields.insert(key.clone());
            }
        }
        if self.examples.len() < EXAMPLES {
            self.examples.push(PreviewExample {
                device_name: text("deviceName"),
                serial_number: text("serialNumber"),
                operating_system: text("operatingSystem"),
                os_version: text("osVersion"),
                user_principal_name: text("userPrincipalName"),
            });
        }
    }
}

/// The settings by which devices are left out, as they are written.
fn exclusion_rules(settings: &DeviceSettings) -> Vec<String> {
    let personal = settings.personal == PersonalDeviceRule::LeftOut;
    let filter = settings.filter.as_ref().map(|filter| format!("filter = {filter}"));
    personal
        .then(|| "personal = left_out".to_owned())
        .into_iter()
        .chain(filter)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n4_devices_are_counted_by_system_and_owner_and_three_are_shown() {
        let mut counted = InventoryCount::default();
        for (name, system) in [("a", "Windows"), ("b", "iOS"), ("c", "Windows"), ("d", "")] {
            let device = serde_json::json!({
                "deviceName": name, "operatingSystem": system, "managedDeviceOwnerType": "company", "notes": null,
            });
            counted.add_device(device.as_object().unwrap());
        }
        let systems: Vec<_> = counted
            .systems
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
            .collect();
        assert_eq!(systems, [("Windows", 2), ("iOS", 1), ("unknown", 1)]);
        assert_eq!(counted.ownership, BTreeMap::from([("company".to_owned(), 4)]));
        assert_eq!(counted.fields.len(), 3, "one without a value is none");
        let names: Vec<_> = counted
            .examples
            .iter()
            .filter_map(|one| one.device_name.as_deref())
            .collect();
        assert_eq!(names, ["a", "b", "c"]);
    }
}
