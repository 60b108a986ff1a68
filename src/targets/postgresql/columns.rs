//! The columns of `devices`: one for each property of a device that is a single value, and what a value must look like to
//! stand in one.
//!
//! Columns that people added have whatever type they gave them ([`ColumnKind::Other`]): their values go as text, and the
//! database says whether it takes them.

use chrono::SecondsFormat;
use serde_json::Value;

use crate::model::parse_time;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Text,
    /// `timestamptz`
    Time,
    /// `bigint`
    Number,
    /// `boolean`
    Flag,
    /// Any other type.
    Other,
}

impl ColumnKind {
    /// As migrations write it.
    pub(super) fn sql_type(self) -> &'static str {
        match self {
            ColumnKind::Text | ColumnKind::Other => "text",
            ColumnKind::Time => "timestamptz",
            ColumnKind::Number => "bigint",
            ColumnKind::Flag => "boolean",
        }
    }

    /// By the name of the type, as `format_type` writes it.
    pub(super) fn from_sql_type(name: &str) -> ColumnKind {
        match name {
            "text" => ColumnKind::Text,
            "timestamp with time zone" => ColumnKind::Time,
            "bigint" => ColumnKind::Number,
            "boolean" => ColumnKind::Flag,
            _ => ColumnKind::Other,
        }
    }
}

/// A column and the property that the default mapping writes into it.
#[derive(Debug, Clone, Copy)]
pub(super) struct DeviceColumn {
    pub name: &'static str,
    pub property: &'static str,
    pub kind: ColumnKind,
    /// Moves without anybody doing anything: not worth a row of `device_changes`.
    pub volatile: bool,
}

const fn column(name: &'static str, property: &'static str, kind: ColumnKind) -> DeviceColumn {
    DeviceColumn {
        name,
        property,
        kind,
        volatile: false,
    }
}

const fn volatile(name: &'static str, property: &'static str, kind: ColumnKind) -> DeviceColumn {
    DeviceColumn {
        volatile: true,
        ..column(name, property, kind)
    }
}

use ColumnKind::{Flag, Number, Text, Time};

/// In the order in which people read them. A property that comes later gets a row here and a migration.
pub(super) const DEVICE_COLUMNS: &[DeviceColumn] = &[
    column("device_name", "deviceName", Text),
    column("serial_number", "serialNumber", Text),
    column("device_class", "deviceClass", Text),
    column("manufacturer", "manufacturer", Text),
    column("model", "model", Text),
    column("operating_system", "operatingSystem", Text),
    column("os_version", "osVersion", Text),
    column("compliance_state", "complianceState", Text),
    column("primary_user", "primaryUser", Text),
    column("user_principal_name", "userPrincipalName", Text),
    column("user_display_name", "userDisplayName", Text),
    column("email_address", "emailAddress", Text),
    column("user_id", "userId", Text),
    column("managed_device_owner_type", "managedDeviceOwnerType", Text),
    column("enrolled_date_time", "enrolledDateTime", Time),
    volatile("last_sync_date_time", "lastSyncDateTime", Time),
    column("is_encrypted", "isEncrypted", Flag),
    column("is_supervised", "isSupervised", Flag),
    column("jail_broken", "jailBroken", Text),
    column("management_agent", "managementAgent", Text),
    column("management_state", "managementState", Text),
    column("device_enrollment_type", "deviceEnrollmentType", Text),
    column("device_registration_state", "deviceRegistrationState", Text),
    column("device_category_display_name", "deviceCategoryDisplayName", Text),
    column("enrollment_profile_name", "enrollmentProfileName", Text),
    column("azure_ad_device_id", "azureADDeviceId", Text),
    column("azure_ad_registered", "azureADRegistered", Flag),
    column("managed_device_name", "managedDeviceName", Text),
    column("wifi_mac_address", "wiFiMacAddress", Text),
    column("ethernet_mac_address", "ethernetMacAddress", Text),
    column("imei", "imei", Text),
    column("meid", "meid", Text),
    column("iccid", "iccid", Text),
    column("udid", "udid", Text),
    column("phone_number", "phoneNumber", Text),
    column("subscriber_carrier", "subscriberCarrier", Text),
    column("physical_memory_in_bytes", "physicalMemoryInBytes", Number),
    column("total_storage_space_in_bytes", "totalStorageSpaceInBytes", Number),
    volatile("free_storage_space_in_bytes", "freeStorageSpaceInBytes", Number),
    column("android_security_patch_level", "androidSecurityPatchLevel", Text),
    column("partner_reported_threat_state", "partnerReportedThreatState", Text),
    column(
        "compliance_grace_period_expiration_date_time",
        "complianceGracePeriodExpirationDateTime",
        Time,
    ),
    column(
        "management_certificate_expiration_date",
        "managementCertificateExpirationDate",
        Time,
    ),
    column(
        "require_user_enrollment_approval",
        "requireUserEnrollmentApproval",
        Flag,
    ),
    column(
        "remote_assistance_session_error_details",
        "remoteAssistanceSessionErrorDetails",
        Text,
    ),
    column("eas_activated", "easActivated", Flag),
    column("eas_device_id", "easDeviceId", Text),
    column("eas_activation_date_time", "easActivationDateTime", Time),
    volatile(
        "exchange_last_successful_sync_date_time",
        "exchangeLastSuccessfulSyncDateTime",
        Time,
    ),
    column("exchange_access_state", "exchangeAccessState", Text),
    column("exchange_access_state_reason", "exchangeAccessStateReason", Text),
    column("notes", "notes", Text),
];

/// Columns that the target keeps for itself: no mapping writes them.
pub(super) const OWN_COLUMNS: &[&str] = &[
    "record",
    "instance",
    "device_id",
    "state",
    "gone_at",
    "gone_reason",
    "first_seen",
    "updated_at",
    "data",
];

/// A column as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableColumn {
    pub name: String,
    pub kind: ColumnKind,
}

impl TableColumn {
    pub(super) fn is_own(&self) -> bool {
        OWN_COLUMNS.contains(&self.name.as_str())
    }

    /// Whether people added it.
    pub(super) fn is_custom(&self) -> bool {
        !self.is_own() && !DEVICE_COLUMNS.iter().any(|column| column.name == self.name)
    }
}

/// The columns of a database that has no tables yet.
pub(super) fn planned_columns() -> Vec<TableColumn> {
    let planned = DEVICE_COLUMNS.iter().map(|column| TableColumn {
        name: column.name.to_owned(),
        kind: column.kind,
    });
    planned.collect()
}

/// A value as a column takes it; `None`: it cannot stand there. A text without its NULs is a whole value here: who cut them
/// tells of it.
pub(super) fn fit_value(kind: ColumnKind, value: &Value) -> Option<Value> {
    let text = match value {
        Value::Null => return Some(Value::Null),
        Value::String(text) if text.trim().is_empty() && kind != ColumnKind::Text => return Some(Value::Null),
        Value::String(text) => text.trim(),
        Value::Array(_) | Value::Object(_) => return None,
        Value::Bool(_) | Value::Number(_) => "",
    };
    match (kind, value) {
        (ColumnKind::Text, Value::String(_)) | (ColumnKind::Other, _) => Some(value.clone()),
        (ColumnKind::Text, other) => Some(Value::String(other.to_string())),
        (ColumnKind::Time, Value::String(_)) => {
            let time = parse_time(text)?;
            Some(Value::String(time.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
        }
        (ColumnKind::Number, Value::String(_)) => text.parse::<i64>().ok().map(Value::from),
        (ColumnKind::Number, Value::Number(number)) => whole_number(number).map(Value::from),
        (ColumnKind::Flag, Value::Bool(yes)) => Some(Value::Bool(*yes)),
        (ColumnKind::Flag, Value::String(_)) if text.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        (ColumnKind::Flag, Value::String(_)) if text.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        _ => None,
    }
}

/// A number that `bigint` holds, whatever its form.
fn whole_number(number: &serde_json::Number) -> Option<i64> {
    /// Above it, a double does not tell whole numbers apart.
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let double = number.as_f64().filter(|_| !number.is_u64())?;
        let is_whole = double.fract() == 0.0 && double.abs() < WHOLE_MAX;
        is_whole.then(|| format!("{double:.0}").parse().ok()).flatten()
    })
}

/// A value of a column, as a mapping writes it.
pub(super) fn shown_value(kind: ColumnKind, value: Value) -> Value {
    match (kind, &value) {
        (ColumnKind::Time, Value::String(text)) => match parse_time(text) {
            Some(time) => Value::String(time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => value,
        },
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::inventory::properties::{PropertyKind, TABLE};
    use crate::targets::mapping::PRIMARY_USER;

    #[test]
    fn each_property_that_is_one_value_has_a_column_of_its_type() {
        for property in TABLE {
            let wanted = property.is_readable() && !property.beta && property.name != "id";
            let found = DEVICE_COLUMNS.iter().find(|column| column.property == property.name);
            // A mapping has its name, as text.
            let is_text = property.name == PRIMARY_USER;
            if !wanted || (property.kind == PropertyKind::Complex && !is_text) {
                assert!(found.is_none(), "{}", property.name);
                continue;
            }
            let found = found.unwrap_or_else(|| panic!("{} has no column: add it, and a migration", property.name));
            let kind = match property.kind {
                PropertyKind::Text | PropertyKind::Enum | PropertyKind::Complex => ColumnKind::Text,
                PropertyKind::Date => ColumnKind::Time,
                PropertyKind::Number => ColumnKind::Number,
                PropertyKind::Boolean => ColumnKind::Flag,
            };
            assert_eq!(
                (found.kind, found.volatile),
                (kind, property.volatile),
                "{}",
                property.name
            );
        }
    }

    #[test]
    fn names_are_plain_and_stand_once() {
        let mut seen: BTreeSet<&str> = OWN_COLUMNS.iter().copied().collect();
        for column in DEVICE_COLUMNS {
            assert!(seen.insert(column.name), "{}", column.name);
            let is_plain = column.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(is_plain && column.name.len() < 64, "{}", column.name);
        }
    }

    #[test]
    fn a_value_fits_its_column_or_is_refused() {
        use ColumnKind::Other;
        for (kind, given, fitted) in [
            (Text, json!("a"), Some(json!("a"))),
            (Text, json!(""), Some(json!(""))),
            (Text, json!(5), Some(json!("5"))),
            (Text, json!(true), Some(json!("true"))),
            (Text, json!(["a"]), None),
            (Time, json!("2026-11-19T23:17:06Z"), Some(json!("2026-11-19T23:17:06Z"))),
            (
                Time,
                json!(" 2026-11-19T23:17:06.1+01:00"),
                Some(json!("2026-11-19T22:17:06.100Z")),
            ),
            (Time, json!("yesterday"), None),
            (Time, json!(""), Some(Value::Null)),
            (Time, json!(5), None),
            (Number, json!(5), Some(json!(5))),
            (Number, json!(5.0), Some(json!(5))),
            (Number, json!("5"), Some(json!(5))),
            (Number, json!(5.5), None),
            (Number, json!(u64::MAX), None),
            (Number, json!(1e300), None),
            (Number, json!("many"), None),
            (Flag, json!(true), Some(json!(true))),
            (Flag, json!("False"), Some(json!(false))),
            (Flag, json!("perhaps"), None),
            (Flag, json!(1), None),
            (Other, json!("10.0.0.1"), Some(json!("10.0.0.1"))),
            (Other, json!(" "), Some(Value::Null)),
            (Other, json!({"a": 1}), None),
        ] {
            assert_eq!(fit_value(kind, &given), fitted, "{kind:?} {given}");
        }
        for kind in [Text, Time, Number, Flag, Other] {
            assert_eq!(fit_value(kind, &Value::Null), Some(Value::Null));
        }
    }

    #[test]
    fn a_time_is_shown_as_it_was_written() {
        for (read, shown) in [
            ("2026-11-19T23:17:06+00:00", "2026-11-19T23:17:06Z"),
            ("2026-11-19T23:17:06.5+00:00", "2026-11-19T23:17:06.500Z"),
            ("infinity", "infinity"),
        ] {
            assert_eq!(shown_value(Time, json!(read)), json!(shown));
        }
        assert_eq!(shown_value(Text, json!("x")), json!("x"));
    }
}
