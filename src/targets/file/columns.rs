//! Columns: what the target says of a record by itself, and what mappings write.

use crate::targets::{TargetFault, TargetField};

/// Columns that the target fills by itself: no mapping writes them.
pub(super) const OWN_COLUMNS: [&str; 6] = ["record", "instance", "deviceId", "state", "goneAt", "goneReason"];

/// What a list of devices that have gone says besides.
pub(super) const GONE_COLUMNS: [&str; 3] = ["state", "goneAt", "goneReason"];

/// Fields of the default mapping, each with the name of the property that it gets.
pub(super) const DEVICE_COLUMNS: &[&str] = &[
    "deviceName",
    "serialNumber",
    "deviceClass",
    "manufacturer",
    "model",
    "operatingSystem",
    "osVersion",
    "complianceState",
    "primaryUser",
    "userPrincipalName",
    "managedDeviceOwnerType",
    "enrolledDateTime",
    "lastSyncDateTime",
    "isEncrypted",
    "azureADDeviceId",
    "wiFiMacAddress",
    "imei",
    "physicalMemoryInBytes",
    "totalStorageSpaceInBytes",
];

/// The columns of a file of devices that have gone, or of one where they are among the others.
pub(super) fn with_gone_columns(columns: &[String]) -> Vec<String> {
    let is_missing = |column: &&str| !columns.iter().any(|known| known == *column);
    let added = GONE_COLUMNS.iter().copied().filter(is_missing).map(str::to_owned);
    columns.iter().cloned().chain(added).collect()
}

/// What a mapping may name: the columns of the file, and those of the default mapping, which are kept also where the file does
/// not show them.
pub(super) fn list_columns(columns: &[String]) -> Vec<TargetField> {
    let hidden = DEVICE_COLUMNS
        .iter()
        .filter(|name| !columns.iter().any(|known| known == **name));
    let names = columns.iter().map(String::as_str).chain(hidden.copied());
    names.map(describe_column).collect()
}

fn describe_column(name: &str) -> TargetField {
    let is_own = OWN_COLUMNS.contains(&name);
    TargetField {
        name: name.to_owned(),
        label: name.to_owned(),
        custom: !is_own && !DEVICE_COLUMNS.contains(&name),
        writable: !is_own,
        known_values: Vec::new(),
    }
}

/// Columns that stay empty until a mapping of one's own writes them.
pub(super) fn list_unfilled(columns: &[String]) -> Vec<&str> {
    let is_filled = |column: &&str| OWN_COLUMNS.contains(column) || DEVICE_COLUMNS.contains(column);
    columns
        .iter()
        .map(String::as_str)
        .filter(|column| !is_filled(column))
        .collect()
}

/// Whether a mapping may write a field of this name.
pub(super) fn check_field(columns: &[String], field: &str) -> Result<(), TargetFault> {
    if OWN_COLUMNS.contains(&field) {
        return Err(TargetFault::Misconfigured {
            problem: format!("the column {field} is filled by the target itself"),
            advice: "take it out of the mapping: intune-connector targets mapping TARGET --set FILE".to_owned(),
        });
    }
    if DEVICE_COLUMNS.contains(&field) || columns.iter().any(|column| column == field) {
        return Ok(());
    }
    Err(TargetFault::Misconfigured {
        problem: format!("the file has no column {field}"),
        advice: "add it to `columns`: intune-connector instances reconfigure TARGET".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::target_table;
    use crate::contract::TargetKind;

    fn names(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn the_usual_columns_are_those_of_the_usual_mapping() {
        let key = target_table(TargetKind::File).find_key("columns").unwrap();
        let columns: Vec<&str> = key.default.split(", ").collect();
        assert_eq!(columns[..2], ["instance", "deviceId"]);
        assert_eq!(columns[2..], *DEVICE_COLUMNS);
    }

    #[test]
    fn what_has_gone_is_told_by_columns_that_stand_once() {
        let columns = names(&["state", "deviceName"]);
        assert_eq!(
            with_gone_columns(&columns),
            names(&["state", "deviceName", "goneAt", "goneReason"])
        );
    }

    #[test]
    fn a_mapping_names_columns_that_are_there_and_none_of_the_targets_own() {
        let columns = names(&["deviceId", "Inventarnummer"]);
        assert!(check_field(&columns, "Inventarnummer").is_ok());
        assert!(check_field(&columns, "deviceName").is_ok(), "it is kept, and not shown");
        for wrong in ["deviceId", "goneAt", "Kostenstelle"] {
            assert_eq!(
                check_field(&columns, wrong).unwrap_err().code(),
                "misconfigured",
                "{wrong}"
            );
        }
        assert_eq!(list_unfilled(&columns), ["Inventarnummer"]);
        let fields = list_columns(&columns);
        assert_eq!(fields.len(), 2 + DEVICE_COLUMNS.len());
        assert!(!fields[0].writable && fields[1].custom && !fields[2].custom);
    }
}
