//! What the deletion brake holds back (S2).

use connector_core::model::{DeviceId, WithheldReason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Devices whose deletion waits for confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BrakeView {
    /// Which instance it is, for people: its name, profile and tenant.
    pub title: String,
    /// How many they are.
    pub count: u64,
    /// Stands for exactly these devices; the confirmation gives it back.
    pub digest: String,
    /// The devices.
    pub devices: Vec<WithheldDeletionView>,
}

/// A device whose deletion waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WithheldDeletionView {
    /// Intune device id.
    pub id: DeviceId,
    /// `deleted`: missing from the last full list; `filtered`: a filter or the rule for personal devices excludes it.
    pub reason: WithheldReason,
    /// Name of the device; null: none.
    pub device_name: Option<String>,
    /// Serial number; null: none.
    pub serial_number: Option<String>,
    /// User principal name of its user; null: none.
    pub user_principal_name: Option<String>,
    /// Last check-in, seconds since 1970 (UTC); 0: never.
    pub last_sync_s: i64,
}

/// What a confirmation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleasedView {
    /// Reported as gone at once: a filter or rule excludes them.
    pub filtered: u64,
    /// Now read by id, one by one: only a 404 makes them gone.
    pub asked: u64,
}

/// Devices that were reported as gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GoneView {
    /// How many.
    pub gone: u64,
}
