//! What a test sets on a device, by Graph's property names. What life may change later goes into the device's own
//! fields; everything else, of whatever type, lies beside them and wins, so a test can send any nonsense.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Device, Ticks, World};

impl World {
    /// Makes the device `id` what `properties` say, inventing the rest; an existing one is replaced.
    pub fn put_with(&mut self, id: Uuid, properties: &Map<String, Value>, now: Ticks) {
        let os = properties.get("operatingSystem").and_then(Value::as_str);
        let mut device = self.invent(os, now);
        device.id = id;
        device.set = None;
        device.left_out = None;
        apply(&mut device, properties);
        self.put(device);
    }

    /// Sets these properties and leaves the others; false where there is no such device.
    pub fn patch(&mut self, id: Uuid, properties: &Map<String, Value>) -> bool {
        self.change(id, |device| apply(device, properties))
    }

    /// Properties that are to be missing from every answer about this device.
    pub fn leave_out(&mut self, id: Uuid, properties: Vec<String>) -> bool {
        self.change(id, |device| device.left_out = Some(properties.into()))
    }
}

fn apply(device: &mut Device, properties: &Map<String, Value>) {
    for (property, value) in properties {
        device.forget(&[property]);
        if !apply_own(device, property, value) {
            device
                .set
                .get_or_insert_default()
                .insert(property.clone(), value.clone());
        }
    }
}

/// True where one of the device's own fields took the value.
fn apply_own(device: &mut Device, property: &str, value: &Value) -> bool {
    match (property, value) {
        ("deviceName", Value::String(name)) => device.name = name.as_str().into(),
        // The key of the order is a text; the answer shows what was set.
        ("deviceName", _) => {
            device.name = "".into();
            return false;
        }
        ("serialNumber", Value::String(serial)) => device.serial = serial.as_str().into(),
        ("osVersion", Value::String(version)) => device.os_version = version.clone().into(),
        ("complianceState", Value::String(state)) => device.compliance = state.clone().into(),
        ("lastSyncDateTime", Value::String(at)) => match Ticks::parse(at) {
            Some(at) => device.last_sync = at,
            None => return false,
        },
        ("enrolledDateTime", Value::String(at)) => match Ticks::parse(at) {
            Some(at) => device.enrolled = at,
            None => return false,
        },
        ("managedDeviceOwnerType" | "ownerType", Value::String(owner)) => match owner.as_str() {
            "company" => device.company = true,
            "personal" => device.company = false,
            _ => return false,
        },
        ("freeStorageSpaceInBytes", Value::Number(bytes)) => match bytes.as_i64() {
            Some(bytes) => device.free_bytes = bytes,
            None => return false,
        },
        ("azureADDeviceId", Value::String(id)) => match Uuid::parse_str(id) {
            Ok(id) => device.entra = Some(id),
            Err(_) => return false,
        },
        _ => return false,
    }
    true
}
