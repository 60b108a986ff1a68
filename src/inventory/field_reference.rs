//! Which fields a device has, for people and machines: generated from the one table, so it is never out of date. Keys that
//! Microsoft adds are kept unchanged and are listed here only when the table has them.

use super::fields::nearest_property;
use super::properties::{DeviceProperty, ID, PropertyKind, PropertySource, TABLE, find_property};
use super::property_meanings::find_meaning;
use crate::contract::{FieldKind, FieldSource, FieldView};

/// What most inventories want to see, as columns of a table.
pub const USUAL_COLUMNS: &str = "deviceName,deviceClass,operatingSystem,osVersion,manufacturer,model,serialNumber,\
userPrincipalName,userDisplayName,managedDeviceOwnerType,complianceState,enrolledDateTime,lastSyncDateTime,\
azureADDeviceId,imei,wiFiMacAddress";

impl From<&DeviceProperty> for FieldView {
    fn from(property: &DeviceProperty) -> FieldView {
        FieldView {
            name: property.name.to_owned(),
            meaning: find_meaning(property.name).unwrap_or_default().to_owned(),
            holds: match property.kind {
                PropertyKind::Text => FieldKind::Text,
                PropertyKind::Date => FieldKind::Date,
                PropertyKind::Number => FieldKind::Number,
                PropertyKind::Boolean => FieldKind::Boolean,
                PropertyKind::Enum => FieldKind::Word,
                PropertyKind::Complex => FieldKind::Object,
            },
            source: match property.owner {
                PropertySource::List | PropertySource::Never => FieldSource::List,
                PropertySource::Get => FieldSource::Single,
                PropertySource::Users => FieldSource::Users,
                PropertySource::Own => FieldSource::Connector,
            },
            personal: property.personal,
            moves: property.volatile || !property.moving.is_empty(),
            beta: property.beta,
        }
    }
}

/// Every field that is ever reported, in the order of the table.
pub fn list_fields() -> Vec<FieldView> {
    TABLE
        .iter()
        .filter(|property| property.is_readable())
        .map(FieldView::from)
        .collect()
}

/// Whether a device may have a field of this name; else the nearest one that it may have.
pub fn check_field_name(name: &str) -> Result<(), Option<&'static str>> {
    find_field(name).map(|_| ())
}

/// The row of this field in the table of properties; else the nearest name of one that a device may have.
pub fn find_field(name: &str) -> Result<usize, Option<&'static str>> {
    find_property(name, ID)
        .filter(|index| TABLE[*index].is_readable())
        .ok_or_else(|| nearest_property(name))
}

/// What stands between names that a comma has to separate.
const OTHER_SEPARATORS: [char; 4] = [';', '|', ' ', '\t'];

/// A list whose names are separated by something else than commas, as it has to be written.
pub fn write_with_commas(names: &str) -> Option<String> {
    let parts = names.split(OTHER_SEPARATORS).filter(|part| !part.is_empty());
    let parts: Vec<&str> = parts.collect();
    (parts.len() > 1).then(|| parts.join(","))
}

/// As a page for people.
pub fn reference_page() -> String {
    let mut text = String::from(
        "# Fields of a device\n\nThe contents of `device` in a change, in `devices show`, and in conditions and columns. A field \
         without a value is\n`null`. Dates are RFC 3339 in UTC, in whole seconds; in conditions they compare as \
         dates, and `now` is the time of\nevaluation. *Single*: available only after a read of the single device, some time \
         after a scan; *users*: after a read of the device's users. *Beta*: passed on\nif Microsoft sends it, but never requested. Other keys that Microsoft sends are \
         kept as they are.\n`intune-connector devices fields` prints this list, `GET /sics/v1/fields` returns it as \
         JSON.\n\n\
         | field | type | source | personal | volatile | beta | meaning |\n|---|---|---|---|---|---|---|\n",
    );
    let yes = |is: bool| if is { "yes" } else { "" };
    for field in list_fields() {
        text.push_str(&format!(
            "| `{}` | {} | {} | {} | {} | {} | {} |\n",
            field.name,
            field.holds.name(),
            field.source.name(),
            yes(field.personal),
            yes(field.moves),
            yes(field.beta),
            field.meaning
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mi_6_a_field_that_does_not_exist_is_led_to_one_that_does() {
        assert_eq!(check_field_name("deviceName"), Ok(()));
        assert_eq!(check_field_name("deviceClass"), Ok(()));
        assert_eq!(check_field_name("devicename"), Err(Some("deviceName")));
        assert_eq!(check_field_name("nosuch"), Err(None));
    }

    #[test]
    fn wn_62_a_list_without_commas_is_told_as_one() {
        let written = |names| write_with_commas(names).unwrap_or_default();
        assert_eq!(written("deviceName;serialNumber"), "deviceName,serialNumber");
        assert_eq!(written("deviceName | model"), "deviceName,model");
        assert_eq!(written("deviceName model"), "deviceName,model");
        for one in ["", "deviceName", "deviceName;"] {
            assert_eq!(write_with_commas(one), None, "{one:?}");
        }
    }

    #[test]
    fn e1_no_list_of_fields_names_a_secret() {
        let fields = list_fields();
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        assert!(names.contains(&"serialNumber") && names.len() > 70, "{names:?}");
        for secret in ["activationLockBypassCode", "remoteAssistanceSessionUrl"] {
            assert!(!names.contains(&secret) && !reference_page().contains(secret));
            assert!(check_field_name(secret).is_err());
        }
    }
}
