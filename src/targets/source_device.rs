//! A device as the feed tells it, with what decisions ask of it.

use serde_json::{Map, Value};

use crate::inventory;
use crate::model::{DeviceId, InstanceId, InstanceName, TextForm, Timestamp, find_unprintable, parse_time};

/// Longest serial number and user name that is looked for. Longer ones are no mistake of a person.
const LOOKED_FOR_MAX: usize = 256;

/// Which device of which instance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeviceKey {
    pub instance: InstanceId,
    pub device: DeviceId,
}

/// A device to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceDevice {
    pub key: DeviceKey,
    pub instance_name: InstanceName,
    /// The device that this one has replaced; that one has gone.
    pub replaces: Option<DeviceId>,
    /// The same hardware under an older id that Intune still lists.
    pub same_as: Option<DeviceId>,
    pub changed_at: Timestamp,
    /// The device as the API shows it. A field that the target does not receive is not here; an empty one is null.
    pub values: Map<String, Value>,
    pub primary_user: PrimaryUser,
}

/// Whom Intune has as the primary user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrimaryUser {
    /// Nobody has asked, or the target does not receive it.
    NotRead,
    Nobody,
    /// User principal name.
    Person(String),
}

impl PrimaryUser {
    /// As the field `primaryUser` of a device has it.
    pub fn from_field(field: &Value) -> PrimaryUser {
        let Some(user) = field.as_object() else {
            return PrimaryUser::NotRead;
        };
        let name = user.get("userPrincipalName").and_then(Value::as_str).map(str::trim);
        match name.filter(|name| !name.is_empty()) {
            Some(name) => PrimaryUser::Person(name.to_owned()),
            None => PrimaryUser::Nobody,
        }
    }
}

impl SourceDevice {
    /// The text of a field, trimmed; `None` where it is empty or no text.
    pub fn text(&self, field: &str) -> Option<&str> {
        let text = self.values.get(field)?.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The serial number, if it can tell this device from any other.
    pub fn usable_serial(&self) -> Option<&str> {
        let serial = self.text("serialNumber").filter(|serial| is_fit_for_search(serial))?;
        inventory::usable_serial(serial).map(|_| serial)
    }

    pub fn last_sync(&self) -> Option<Timestamp> {
        parse_time(self.text("lastSyncDateTime")?)
    }

    /// Who has it: the primary user; where that was not read, the one who enrolled it.
    pub fn user(&self) -> Option<&str> {
        let user = match &self.primary_user {
            PrimaryUser::Person(name) => Some(name.as_str()),
            PrimaryUser::Nobody => None,
            PrimaryUser::NotRead => self.text("userPrincipalName"),
        };
        user.filter(|user| is_fit_for_search(user))
    }
}

/// Whether the other side may be asked for it: what cannot be seen, and what is endless, finds the wrong thing.
fn is_fit_for_search(text: &str) -> bool {
    text.chars().count() <= LOOKED_FOR_MAX && find_unprintable(text, TextForm::OneLine).is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::targets::samples_for_tests::device_with;

    #[test]
    fn s7_a_junk_serial_is_none() {
        for (serial, usable) in [
            (json!("PF0TEST1"), Some("PF0TEST1")),
            (json!("  pf0test1\n"), Some("pf0test1")),
            (json!("To be filled by O.E.M."), None),
            (json!("0000000"), None),
            (json!(""), None),
            (json!(1_234_567), None),
            (Value::Null, None),
            (json!("PF0\u{202e}TEST1"), None),
            (json!("PF0\u{0}TEST1"), None),
            (json!(format!("PF0{}", "17".repeat(200))), None),
        ] {
            let device = device_with(json!({"serialNumber": serial}));
            assert_eq!(device.usable_serial(), usable, "{serial}");
        }
        assert_eq!(device_with(json!({})).usable_serial(), None);
    }

    #[test]
    fn the_primary_user_goes_before_the_one_who_enrolled_it() {
        let mut device = device_with(json!({"userPrincipalName": " anna@example.com "}));
        assert_eq!(device.user(), Some("anna@example.com"));
        device.primary_user = PrimaryUser::from_field(&json!({"id": "7", "userPrincipalName": " ben@example.com "}));
        assert_eq!(device.user(), Some("ben@example.com"));
        device.primary_user = PrimaryUser::from_field(&json!({"id": null, "userPrincipalName": null}));
        assert_eq!(device.user(), None, "it was taken from whoever had it");
        device.primary_user = PrimaryUser::from_field(&Value::Null);
        assert_eq!(device.user(), Some("anna@example.com"));
        device.primary_user = PrimaryUser::Person("ben\u{7}@example.com".to_owned());
        assert_eq!(device.user(), None, "nobody is looked for by what cannot be seen");
        assert_eq!(device_with(json!({"userPrincipalName": ""})).user(), None);
    }

    #[test]
    fn the_last_check_in_is_a_time_or_nothing() {
        let at = |text: &str| device_with(json!({"lastSyncDateTime": text})).last_sync();
        assert_eq!(at("2026-11-19T23:17:06Z"), parse_time("2026-11-19T23:17:06Z"));
        assert_eq!(at("yesterday"), None);
        assert_eq!(device_with(json!({"lastSyncDateTime": null})).last_sync(), None);
    }
}
