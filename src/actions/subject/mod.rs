//! The device that a verb is aimed at, as far as platform rules and the guard look at it. Read from one JSON object,
//! stored or fresh from Graph: both have Graph's property names. The stored one is normalised, so "never" is null there
//! and year 1 here; both read the same.

mod platform;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use platform::Platform;

use crate::inventory::identity_from_json;
use crate::model::{DeviceId, DeviceIdentity, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    Company,
    Personal,
    Unknown,
}

/// Whether commands of Intune reach a device, by its `managementAgent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enrollment {
    /// Or nothing speaks against it.
    Intune,
    /// Microsoft says that it is not; by what it is managed.
    Elsewhere(String),
    /// Nobody says.
    Unknown(String),
}

#[derive(Debug, Clone)]
pub struct Subject {
    pub id: DeviceId,
    pub device_name: Option<String>,
    /// As Intune tells it, junk and all: for people. What a device is recognised by is [`Subject::identity`].
    pub serial_number: Option<String>,
    pub user_principal_name: Option<String>,
    pub enrolled_date_time: Option<String>,
    pub platform: Platform,
    pub operating_system: Option<String>,
    pub os_version: Option<String>,
    pub ownership: Ownership,
    /// `None` where Graph did not say.
    pub is_supervised: Option<bool>,
    pub is_encrypted: Option<bool>,
    pub enrollment_type: Option<String>,
    /// beta only.
    pub join_type: Option<String>,
    pub management_agent: Option<String>,
    pub management_state: Option<String>,
    /// beta only.
    pub lost_mode_state: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub last_sync: Option<Timestamp>,
    identity: DeviceIdentity,
}

/// What [`Subject::SELECT`] asks for beside `id` and `deviceActionResults`; all of v1.0.
macro_rules! needed {
    ($($name:literal),*) => {
        impl Subject {
            /// Properties that the store has to keep of every device for jobs to be judged by, whatever fields are
            /// chosen.
            pub const NEEDED: &'static [&'static str] = &[$($name),*];

            /// `$select` of the single GET before a disruptive or destructive call (A2): everything [`Subject::from_device`]
            /// looks at, and what the baseline keeps. Only v1.0 names: a name that a version does not know is a 400.
            pub const SELECT: &'static str = concat!("id", $(",", $name),*, ",deviceActionResults");
        }
    };
}

needed! {
    "deviceName", "serialNumber", "userPrincipalName", "enrolledDateTime", "operatingSystem", "osVersion",
    "managedDeviceOwnerType", "isSupervised", "isEncrypted", "deviceEnrollmentType", "managementAgent",
    "managementState", "manufacturer", "model", "lastSyncDateTime", "azureADDeviceId"
}

impl Subject {
    /// From a device as Graph gives it, or as the store keeps it. `None` where it has no readable id.
    pub fn from_device(device: &Value) -> Option<Subject> {
        let text = |key: &str| text_field(device, key);
        let id = device["id"].as_str()?.parse().ok()?;
        Some(Subject {
            id,
            device_name: text("deviceName"),
            serial_number: text("serialNumber"),
            user_principal_name: text("userPrincipalName"),
            enrolled_date_time: text("enrolledDateTime"),
            platform: Platform::from_device(device),
            operating_system: text("operatingSystem"),
            os_version: text("osVersion"),
            ownership: read_ownership(device),
            is_supervised: device["isSupervised"].as_bool(),
            is_encrypted: device["isEncrypted"].as_bool(),
            enrollment_type: text("deviceEnrollmentType"),
            join_type: text("joinType"),
            management_agent: text("managementAgent"),
            management_state: text("managementState"),
            lost_mode_state: text("lostModeState"),
            manufacturer: text("manufacturer"),
            model: text("model"),
            last_sync: text("lastSyncDateTime")
                .filter(|time| !time.starts_with("0001-"))
                .and_then(|time| crate::model::parse_time(&time)),
            identity: identity_from_json(device),
        })
    }

    /// What the pin compares (A2), drawn exactly as the inventory draws it.
    pub fn identity(&self) -> DeviceIdentity {
        self.identity.clone()
    }

    /// Microsoft Defender for Endpoint hands settings to devices that are not enrolled (Microsoft, "security settings
    /// management"). Of Exchange ActiveSync and Configuration Manager alone no source says what a command does.
    pub fn enrollment(&self) -> Enrollment {
        let agent = self.management_agent.as_deref().unwrap_or_default();
        let description = format!("managementAgent {agent}");
        match agent.to_ascii_lowercase().as_str() {
            "mssense" => Enrollment::Elsewhere(description),
            "eas" | "configurationmanagerclient" => Enrollment::Unknown(description),
            _ => Enrollment::Intune,
        }
    }

    /// The first number of the operating system's version.
    pub fn os_major(&self) -> Option<u32> {
        let version = self.os_version.as_deref()?;
        version.split('.').next()?.trim().parse().ok()
    }

    /// Whether the enrolment is one of these; `None` where Graph did not say.
    pub fn is_enrolled_by(&self, types: &[&str]) -> Option<bool> {
        let value = self.enrollment_type.as_deref().filter(|value| *value != "unknown")?;
        Some(types.iter().any(|name| name.eq_ignore_ascii_case(value)))
    }

    /// By Apple's Automated Device Enrolment.
    pub fn is_apple_automated(&self) -> Option<bool> {
        self.is_enrolled_by(&["appleBulkWithUser", "appleBulkWithoutUser"])
    }

    pub fn is_made_by(&self, maker: &str) -> bool {
        let value = self.manufacturer.as_deref().unwrap_or_default();
        value.to_ascii_lowercase().starts_with(maker)
    }
}

fn text_field(device: &Value, key: &str) -> Option<String> {
    let value = device[key].as_str().map(str::trim);
    value.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// beta calls it `ownerType`. Where the two differ, the careful one counts.
fn read_ownership(device: &Value) -> Ownership {
    let mut found = Ownership::Unknown;
    for key in ["managedDeviceOwnerType", "ownerType"] {
        match text_field(device, key)
            .map(|owner| owner.to_ascii_lowercase())
            .as_deref()
        {
            Some("personal") => return Ownership::Personal,
            Some("company") => found = Ownership::Company,
            _ => {}
        }
    }
    found
}
