//! The device that a verb is aimed at, as far as platform rules and the guard look at it. Read from one JSON object,
//! stored or fresh from Graph: both have Graph's property names.

use std::fmt;

use serde_json::Value;

use crate::model::{DeviceId, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    Windows,
    IosIpados,
    MacOs,
    TvOs,
    VisionOs,
    /// Device administrator (old).
    AndroidAdministrator,
    /// Work profile on a personal device.
    AndroidByod,
    /// Corporate, with a work profile.
    AndroidCope,
    /// Fully managed.
    AndroidCobo,
    /// Dedicated.
    AndroidCosu,
    AndroidAosp,
    ChromeOs,
    Linux,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    Company,
    Personal,
    Unknown,
}

#[derive(Debug, Clone)]
pub struct Subject {
    pub id: DeviceId,
    pub device_name: Option<String>,
    pub serial_number: Option<String>,
    pub user_principal_name: Option<String>,
    pub enrolled_date_time: Option<String>,
    pub platform: Platform,
    pub ownership: Ownership,
    /// `None` where Graph did not say.
    pub is_supervised: Option<bool>,
    pub enrollment_type: Option<String>,
    pub join_type: Option<String>,
    pub management_state: Option<String>,
    pub lost_mode_state: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub os_version: Option<String>,
    pub last_sync: Option<Timestamp>,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Platform::Windows => "Windows",
            Platform::IosIpados => "iOS or iPadOS",
            Platform::MacOs => "macOS",
            Platform::TvOs => "tvOS",
            Platform::VisionOs => "visionOS",
            Platform::AndroidAdministrator => "Android (device administrator)",
            Platform::AndroidByod => "Android (personal, with a work profile)",
            Platform::AndroidCope => "Android (corporate, with a work profile)",
            Platform::AndroidCobo => "Android (fully managed)",
            Platform::AndroidCosu => "Android (dedicated)",
            Platform::AndroidAosp => "Android (AOSP)",
            Platform::ChromeOs => "ChromeOS",
            Platform::Linux => "Linux",
            Platform::Unknown => "a platform that is not known",
        })
    }
}

impl Subject {
    /// `$select` of the single GET before a disruptive or destructive call (A2): everything [`Subject::read`] looks at,
    /// and what the baseline keeps.
    pub const SELECT: &'static str = "id,deviceName,serialNumber,userPrincipalName,enrolledDateTime,operatingSystem,osVersion,managedDeviceOwnerType,isSupervised,deviceEnrollmentType,managementState,manufacturer,model,lastSyncDateTime,azureADDeviceId,azureADRegistered,deviceActionResults";

    /// From a device as Graph gives it, or as the store keeps it. `None` where it has no readable id.
    pub fn read(device: &Value) -> Option<Subject> {
        let text = |key: &str| {
            device[key]
                .as_str()
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let id = device["id"].as_str()?.parse().ok()?;
        Some(Subject {
            id,
            device_name: text("deviceName"),
            serial_number: text("serialNumber"),
            user_principal_name: text("userPrincipalName"),
            enrolled_date_time: text("enrolledDateTime"),
            platform: Platform::Unknown,
            ownership: Ownership::Unknown,
            is_supervised: device["isSupervised"].as_bool(),
            enrollment_type: text("deviceEnrollmentType"),
            join_type: text("joinType"),
            management_state: text("managementState"),
            lost_mode_state: text("lostModeState"),
            manufacturer: text("manufacturer"),
            model: text("model"),
            os_version: text("osVersion"),
            last_sync: text("lastSyncDateTime").and_then(|text| crate::model::parse_time(&text)),
        })
    }
}
