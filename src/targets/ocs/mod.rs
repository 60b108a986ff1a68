//! The kind OCS Inventory: the fleet as computers of an OCS server, which takes inventories as its agents send them.
//!
//! ```text
//! planned write → XML (translate, fields, value_text) → POST, zlib (client) → reply (reply) → DEVICEID
//! ```
//!
//! One device is one inventory. Its DEVICEID is made of our id, so the same device is the same computer for ever, and an
//! inventory may be sent twice. OCS replaces a computer whole, so an inventory holds everything that is known of it; what people
//! keep in its administrative data stays. Nothing can be taken away from outside: a device that has gone is not sent any more.
//!
//! [`read`] asks the REST API, where one is set; [`duplicates`] knows what OCS merges, [`verify`] checks all of it. The server
//! is asked one thing at a time ([`ocs_target`]).

mod client;
mod duplicates;
mod fields;
mod ocs_target;
mod read;
mod reply;
mod translate;
mod value_text;
mod verify;

use std::sync::Arc;

use self::client::OcsClient;
use self::fields::find_ocs_field;
use self::ocs_target::OcsTarget;
use super::request_pace::RequestPace;
use super::{
    FieldMode, FieldRule, FieldSource, GoneRules, KindProfile, RetireAction, TargetAdapter, TargetFault, TargetMapping,
    WriteForm,
};
use crate::config::{KindSettings, TargetSettings};
use crate::contract::TargetKind;

static PROFILE: KindProfile = KindProfile {
    name: TargetKind::Ocs.name(),
    display_name: "OCS Inventory",
    proven_on: &["real OCS Inventory 2.11 (Debian)"],
    writes: WriteForm::Single,
    batch: 20,
    lists_records: false,
    adopts_records: false,
    assigns_users: false,
    makes_fields: false,
    offers_mapping: true,
    retire_actions: &[RetireAction::Leave],
    default_mapping: default_ocs_mapping,
    longest_text: |field| find_ocs_field(field).map(|found| found.longest),
};

/// What this kind can do.
pub fn ocs_profile() -> &'static KindProfile {
    &PROFILE
}

/// The properties that a mapping takes as they are.
const PLAIN: [(&str, &str); 12] = [
    ("HARDWARE/NAME", "deviceName"),
    ("HARDWARE/OSNAME", "operatingSystem"),
    ("HARDWARE/OSVERSION", "osVersion"),
    ("HARDWARE/USERID", "primaryUser"),
    ("BIOS/SSN", "serialNumber"),
    ("BIOS/SMANUFACTURER", "manufacturer"),
    ("BIOS/SMODEL", "model"),
    ("BIOS/TYPE", "deviceClass"),
    ("NETWORKS/WIFI", "wiFiMacAddress"),
    ("NETWORKS/ETHERNET", "ethernetMacAddress"),
    ("SIM/DEVICEID", "imei"),
    ("SIM/PHONENUMBER", "phoneNumber"),
];

/// Bytes in Intune, megabytes in OCS.
const MEGABYTES: [(&str, &str); 2] = [
    ("HARDWARE/MEMORY", "physicalMemoryInBytes"),
    ("STORAGES/DISKSIZE", "totalStorageSpaceInBytes"),
];

fn default_ocs_mapping() -> TargetMapping {
    let rule = |field: &str, source| FieldRule {
        field: field.to_owned(),
        source,
        mode: FieldMode::Own,
    };
    let plain = PLAIN.map(|(field, property)| rule(field, FieldSource::From(property.to_owned())));
    let megabytes = MEGABYTES.map(|(field, property)| {
        let expression = format!("{property} == null ? null : {property} / 1048576");
        rule(field, FieldSource::Expression(expression))
    });
    TargetMapping {
        fields: plain.into_iter().chain(megabytes).collect(),
        classes: Vec::new(),
        gone: GoneRules::default(),
    }
}

/// Nothing is asked yet.
pub fn build_adapter(settings: &TargetSettings, pace: RequestPace) -> Result<Arc<dyn TargetAdapter>, TargetFault> {
    let KindSettings::Ocs(own) = &settings.own else {
        return Err(TargetFault::Misconfigured {
            problem: "these are not the settings of an OCS target".to_owned(),
            advice: "install the target again".to_owned(),
        });
    };
    let client = OcsClient::build(settings, own, pace)?;
    Ok(Arc::new(OcsTarget::new(client, own.clone())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fields::find_ocs_field;
    use super::*;
    use crate::targets::CompiledMapping;
    use crate::targets::samples_for_tests::device_with;

    #[test]
    fn the_default_mapping_is_one_that_can_be_used() {
        let mapping = (ocs_profile().default_mapping)();
        assert!(CompiledMapping::compile(&mapping).is_ok());
        assert!(mapping.check_actions(ocs_profile().retire_actions).is_ok());
        for rule in &mapping.fields {
            assert!(find_ocs_field(&rule.field).is_some(), "{}", rule.field);
        }
    }

    #[test]
    fn bytes_become_megabytes_and_nothing_stays_nothing() {
        let mapping = CompiledMapping::compile(&(ocs_profile().default_mapping)()).unwrap();
        let device =
            device_with(json!({"physicalMemoryInBytes": 17_179_869_184_u64, "totalStorageSpaceInBytes": null}));
        let (values, troubles) = mapping.wanted_values(&device);
        assert!(troubles.is_empty(), "{troubles:?}");
        assert_eq!(values["HARDWARE/MEMORY"], json!(16384));
        assert_eq!(values["STORAGES/DISKSIZE"], json!(null));
    }

    #[test]
    fn the_profile_is_that_of_its_kind_and_takes_nothing_away() {
        assert_eq!(ocs_profile().name, TargetKind::Ocs.name());
        assert_eq!(ocs_profile().retire_actions, [RetireAction::Leave]);
    }
}
