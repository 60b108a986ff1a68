//! The fields of CIs that this kind knows by itself, with the names of their columns; others are learned from a CI that is
//! there. Which fields refer to a record of another table stands here as well: IRE takes ids for them, and a mapping has names.

/// Our id of the device. The column that holds it may be another one in every ServiceNow; here it is always this name.
pub(super) const LINK_FIELD: &str = "intune_id";
/// Who has the device: written by itself, not by a mapping.
pub(super) const USER_FIELD: &str = "assigned_to";
pub(super) const NAME_FIELD: &str = "name";
pub(super) const SERIAL_FIELD: &str = "serial_number";

/// A field that every CI of a computer has.
#[derive(Debug, Clone, Copy)]
pub(super) struct CiField {
    pub name: &'static str,
    pub label: &'static str,
    /// The table that it refers to.
    pub refers_to: Option<&'static str>,
}

const fn define_plain(name: &'static str, label: &'static str) -> CiField {
    CiField {
        name,
        label,
        refers_to: None,
    }
}

const fn define_reference(name: &'static str, label: &'static str, table: &'static str) -> CiField {
    CiField {
        name,
        label,
        refers_to: Some(table),
    }
}

#[rustfmt::skip]
pub(super) static KNOWN_FIELDS: [CiField; 19] = [
    define_plain(LINK_FIELD, "Intune device id"),
    define_plain(NAME_FIELD, "Name"),
    define_plain(SERIAL_FIELD, "Serial number"),
    define_plain("asset_tag", "Asset tag"),
    define_plain("short_description", "Description"),
    define_plain("comments", "Comments"),
    define_plain("os", "Operating System"),
    define_plain("os_version", "OS Version"),
    define_plain("ram", "RAM (MB)"),
    define_plain("disk_space", "Disk space (GB)"),
    define_plain(MAC_FIELD, "MAC Address"),
    define_plain("last_discovered", "Most recent discovery"),
    define_plain("first_discovered", "First discovered"),
    define_reference("manufacturer", "Manufacturer", "core_company"),
    define_reference("model_id", "Model ID", "cmdb_model"),
    define_reference("company", "Company", "core_company"),
    define_reference("department", "Department", "cmn_department"),
    define_reference("cost_center", "Cost center", "cmn_cost_center"),
    define_reference("location", "Location", "cmn_location"),
];

pub(super) fn find_known(name: &str) -> Option<&'static CiField> {
    KNOWN_FIELDS.iter().find(|field| field.name == name)
}

/// The table that a field refers to, where its records are looked for by name.
pub(super) fn find_referred_table(name: &str) -> Option<&'static str> {
    find_known(name)?.refers_to
}

pub(super) const MAC_FIELD: &str = "mac_address";

/// Whether a text is the id of a record.
pub(super) fn is_sys_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a field holds a time, which ServiceNow writes `2026-11-30 08:00:00`, in UTC.
pub(super) fn is_time_field(name: &str) -> bool {
    matches!(name, "last_discovered" | "first_discovered" | "install_date")
}

/// Intune's twelve digits as ServiceNow wants an address of a network card; anything else as it is.
pub(super) fn lengthen_mac(text: &str) -> String {
    let is_bare = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_bare {
        return text.to_owned();
    }
    let pairs: Vec<&str> = (0..6).map(|pair| &text[pair * 2..pair * 2 + 2]).collect();
    pairs.join(":").to_ascii_lowercase()
}

/// The same as Intune writes it.
pub(super) fn shorten_mac(text: &str) -> String {
    let bare: String = text.chars().filter(|letter| *letter != ':').collect();
    let is_mac = bare.len() == 12 && text.len() == 17 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_mac {
        bare.to_ascii_uppercase()
    } else {
        text.to_owned()
    }
}

/// Most characters of a text in this field, by its name in a mapping.
pub(super) fn longest_text(name: &str) -> Option<usize> {
    (name == NAME_FIELD || name == SERIAL_FIELD).then_some(255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_name_of_its_own() {
        for (at, field) in KNOWN_FIELDS.iter().enumerate() {
            let first = KNOWN_FIELDS.iter().position(|other| other.name == field.name);
            assert_eq!(first, Some(at), "{}", field.name);
            assert!(!field.label.is_empty());
        }
        assert_eq!(find_referred_table("manufacturer"), Some("core_company"));
        assert_eq!(find_referred_table("os"), None);
        assert!(find_known(USER_FIELD).is_none(), "users are no matter of a mapping");
    }

    #[test]
    fn an_address_goes_over_with_colons_and_comes_back_without() {
        for (ours, theirs) in [
            ("AABBCCDDEE01", "aa:bb:cc:dd:ee:01"),
            ("", ""),
            ("Geräte-1234", "Geräte-1234"),
        ] {
            assert_eq!(lengthen_mac(ours), theirs);
            assert_eq!(shorten_mac(theirs), ours);
        }
    }

    #[test]
    fn an_id_has_32_hexadecimal_digits() {
        assert!(is_sys_id("5137153cc611227c000bbd1bd8cd2007"));
        for none in [
            "",
            "LENOVO",
            "5137153cc611227c000bbd1bd8cd200",
            "5137153cc611227c000bbd1bd8cd200g",
        ] {
            assert!(!is_sys_id(none), "{none}");
        }
    }
}
