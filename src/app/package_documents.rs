//! Whether this program can install what the documents of a package say.

use std::path::Path;

use super::host::{CONNECTOR, WIZARD_ACTIONS};
use super::instances::ORDERS;
use super::workflows::known_activities;
use crate::bus::Package;
use crate::bus::install::{DocumentFindings, KnownNames, check_documents};
use crate::config::{BUS_TABLE, INSTANCE_TABLE, KeyTable, ORDER_TABLE, target_table};
use crate::contract::TargetKind;
use crate::model::nearest_name;

/// What is wrong with the template and the workflows of a package.
pub fn check_package_documents(package: &Package) -> Vec<DocumentFindings> {
    let known = KnownNames {
        actions: &WIZARD_ACTIONS,
        // Names of files are not looked at, so any folder will do.
        activities: &known_activities(Path::new("")),
        check_setting: &check_setting,
    };
    check_documents(package, &known)
}

/// Of kinds whose settings this program does not know, each is taken.
fn check_setting(kind: &str, name: &str) -> Result<(), Option<&'static str>> {
    let tables: Vec<&'static KeyTable> = match TargetKind::from_member_kind(kind) {
        Some(target) => vec![target_table(target)],
        None if kind == CONNECTOR => vec![&INSTANCE_TABLE, &BUS_TABLE],
        None if kind == ORDERS => vec![&ORDER_TABLE],
        None => return Ok(()),
    };
    if tables.iter().any(|table| table.find_key(name).is_some()) {
        return Ok(());
    }
    let known = tables.iter().flat_map(|table| table.keys.iter()).map(|key| key.name);
    Err(nearest_name(name, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wn_26_a_setting_that_nothing_takes_is_led_to_the_one_that_is_meant() {
        assert_eq!(check_setting("intune-connector", "teannt_id"), Err(Some("tenant_id")));
        assert_eq!(check_setting("intune-target-file", "file_nam"), Err(Some("file_name")));
        assert_eq!(check_setting("intune-app-orders", "nothing_of_it"), Err(None));
        for (kind, name) in [
            ("intune-connector", "tenant_id"),
            ("intune-connector", "class_3"),
            ("intune-connector", "approval_above"),
            ("intune-app-orders", "status_url"),
            ("intune-target-file", "file_name"),
            ("workflow-engine", "loud"),
        ] {
            assert_eq!(check_setting(kind, name), Ok(()), "{kind} {name}");
        }
    }
}
