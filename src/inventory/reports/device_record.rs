//! What reports read of a stored device.

use chrono::DateTime;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::model::{DeviceId, InstanceId, Timestamp, parse_time};
use crate::store::ReportedDevice;

/// Stands where a device does not say what it is.
pub(super) const UNKNOWN: &str = "unknown";

#[derive(Debug, Clone)]
pub(super) struct DeviceRecord {
    pub instance: InstanceId,
    pub device_id: DeviceId,
    /// When the connector noticed its last change.
    pub changed_at: Timestamp,
    /// `None`: never, as far as Intune says.
    pub last_check_in: Option<Timestamp>,
    pub enrolled_at: Option<Timestamp>,
    pub grace_until: Option<Timestamp>,
    pub name: Option<String>,
    pub serial_number: Option<String>,
    /// Sign-in name.
    pub user: Option<String>,
    /// As Intune writes it.
    pub operating_system: Option<String>,
    pub os_version: Option<String>,
    pub compliance_state: Option<String>,
    pub owner_type: Option<String>,
    pub is_encrypted: Option<bool>,
    pub total_bytes: Option<i64>,
    pub free_bytes: Option<i64>,
}

/// The fields as they stand in the JSON. A value of another kind than is expected is kept by the store, and is none here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredFields<'a> {
    #[serde(borrow)]
    device_name: Option<&'a RawValue>,
    #[serde(borrow)]
    serial_number: Option<&'a RawValue>,
    #[serde(borrow)]
    user_principal_name: Option<&'a RawValue>,
    #[serde(borrow)]
    operating_system: Option<&'a RawValue>,
    #[serde(borrow)]
    os_version: Option<&'a RawValue>,
    #[serde(borrow)]
    compliance_state: Option<&'a RawValue>,
    #[serde(borrow)]
    managed_device_owner_type: Option<&'a RawValue>,
    #[serde(borrow)]
    enrolled_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    compliance_grace_period_expiration_date_time: Option<&'a RawValue>,
    #[serde(borrow)]
    is_encrypted: Option<&'a RawValue>,
    #[serde(borrow)]
    total_storage_space_in_bytes: Option<&'a RawValue>,
    #[serde(borrow)]
    free_storage_space_in_bytes: Option<&'a RawValue>,
}

impl DeviceRecord {
    /// `None` where the body is no JSON object.
    pub(super) fn from_walked(walked: &ReportedDevice) -> Option<DeviceRecord> {
        let fields: StoredFields<'_> = serde_json::from_str(&walked.body).ok()?;
        Some(DeviceRecord {
            instance: walked.instance,
            device_id: walked.id,
            changed_at: walked.changed_at,
            last_check_in: DateTime::from_timestamp(walked.last_sync_s, 0).filter(|_| walked.last_sync_s > 0),
            enrolled_at: read_time(fields.enrolled_date_time),
            grace_until: read_time(fields.compliance_grace_period_expiration_date_time),
            name: read_text(fields.device_name),
            serial_number: read_text(fields.serial_number),
            user: read_text(fields.user_principal_name),
            operating_system: read_text(fields.operating_system),
            os_version: read_text(fields.os_version),
            compliance_state: read_text(fields.compliance_state),
            owner_type: read_text(fields.managed_device_owner_type),
            is_encrypted: read_value(fields.is_encrypted),
            total_bytes: read_value(fields.total_storage_space_in_bytes),
            free_bytes: read_value(fields.free_storage_space_in_bytes),
        })
    }

    /// For counts.
    pub(super) fn platform(&self) -> &str {
        self.operating_system.as_deref().unwrap_or(UNKNOWN)
    }

    /// By which rows are put in order: the name without regard to case, then the id.
    pub(super) fn sort_key(&self) -> (String, DeviceId) {
        let name = self.name.as_deref().unwrap_or_default();
        (name.to_lowercase(), self.device_id)
    }
}

fn read_value<T: DeserializeOwned>(raw: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

fn read_text(raw: Option<&RawValue>) -> Option<String> {
    read_value::<String>(raw).filter(|text| !text.is_empty())
}

fn read_time(raw: Option<&RawValue>) -> Option<Timestamp> {
    parse_time(&read_value::<String>(raw)?)
}
