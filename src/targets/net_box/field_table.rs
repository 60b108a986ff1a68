//! The fields that every device of NetBox has, by the names that a mapping uses for them. A custom field is called by its
//! name, in which NetBox takes small letters, digits and `_` alone.

/// What a field is over there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StandardKind {
    /// Empty is null.
    NullText,
    /// Empty is `""`; null is refused.
    PlainText,
    /// One of [`STATUSES`]; it can't be empty.
    Status,
    /// By name: looked for, and made where there is none.
    Platform,
    /// Together they are the device type, which is looked for, and made where there is none.
    Manufacturer,
    Model,
    /// Our id, in the custom field of the settings.
    Link,
}

/// Our id of the device. The custom field that holds it may have another name; in a mapping it is always this one.
pub(super) const LINK_FIELD: &str = "intune_id";
pub(super) const SERIAL_FIELD: &str = "serial";

/// The values of the field `status`.
pub(super) const STATUSES: [&str; 7] = [
    "offline",
    "active",
    "planned",
    "staged",
    "failed",
    "inventory",
    "decommissioning",
];

/// Most characters of a name over there.
pub(super) const NAME_LONGEST: usize = 64;

#[derive(Debug, Clone, Copy)]
pub(super) struct StandardField {
    /// In a mapping, and of most in the API.
    pub name: &'static str,
    pub label: &'static str,
    pub kind: StandardKind,
    /// Most characters.
    pub longest: Option<usize>,
}

const fn define_field(
    name: &'static str,
    label: &'static str,
    kind: StandardKind,
    longest: Option<usize>,
) -> StandardField {
    StandardField {
        name,
        label,
        kind,
        longest,
    }
}

#[rustfmt::skip]
pub(super) static BUILT_IN: [StandardField; 10] = [
    define_field(LINK_FIELD, "Intune device id", StandardKind::Link, None),
    define_field("name", "Name", StandardKind::NullText, Some(NAME_LONGEST)),
    define_field(SERIAL_FIELD, "Serial number", StandardKind::PlainText, Some(50)),
    define_field("asset_tag", "Asset tag", StandardKind::NullText, Some(50)),
    define_field("manufacturer", "Manufacturer", StandardKind::Manufacturer, Some(100)),
    define_field("model", "Model of the device type", StandardKind::Model, Some(100)),
    define_field("platform", "Platform", StandardKind::Platform, Some(100)),
    define_field("status", "Status", StandardKind::Status, None),
    define_field("description", "Description", StandardKind::PlainText, Some(200)),
    define_field("comments", "Comments", StandardKind::PlainText, None),
];

pub(super) fn find_built_in(name: &str) -> Option<&'static StandardField> {
    BUILT_IN.iter().find(|field| field.name == name)
}

/// Most characters of a text in this field, by its name in a mapping; custom fields take any.
pub(super) fn longest_text(name: &str) -> Option<usize> {
    find_built_in(name)?.longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_name_of_its_own() {
        for (at, field) in BUILT_IN.iter().enumerate() {
            let first = BUILT_IN.iter().position(|other| other.name == field.name);
            assert_eq!(first, Some(at), "{}", field.name);
            assert_eq!(find_built_in(field.name).map(|found| found.label), Some(field.label));
        }
    }

    #[test]
    fn texts_are_as_long_as_the_columns_of_netbox() {
        for (name, longest) in [
            ("name", Some(64)),
            ("serial", Some(50)),
            ("model", Some(100)),
            ("comments", None),
            ("intune_os", None),
            (LINK_FIELD, None),
        ] {
            assert_eq!(longest_text(name), longest, "{name}");
        }
    }
}
