//! The fields that every asset of Snipe-IT has, by the names that a mapping uses for them. Custom fields are called by their
//! label, because their columns have a number that differs from one Snipe-IT to the next: so a mapping goes from a test
//! system to the real one.

/// What a field is over there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BuiltInKind {
    Text,
    Flag,
    /// A whole number.
    Count,
    Date,
    /// By name: looked for among the models, and made where there is none.
    Model,
    ModelNumber,
    Manufacturer,
    /// By name; never made.
    Status,
    Company,
    /// Our id, in the custom field of the settings.
    Link,
}

/// Our id of the device. The custom field that holds it has another name in every Snipe-IT; here it is always this one.
pub(super) const LINK_FIELD: &str = "intune_id";

#[derive(Debug, Clone, Copy)]
pub(super) struct BuiltInField {
    /// In a mapping, and of most in the API.
    pub name: &'static str,
    pub label: &'static str,
    pub kind: BuiltInKind,
}

const fn define_field(name: &'static str, label: &'static str, kind: BuiltInKind) -> BuiltInField {
    BuiltInField { name, label, kind }
}

#[rustfmt::skip]
pub(super) static BUILT_IN: [BuiltInField; 14] = [
    define_field(LINK_FIELD, "Intune device id", BuiltInKind::Link),
    define_field("name", "Asset Name", BuiltInKind::Text),
    define_field("serial", "Serial", BuiltInKind::Text),
    define_field("asset_tag", "Asset Tag", BuiltInKind::Text),
    define_field("model", "Model", BuiltInKind::Model),
    define_field("model_number", "Model No.", BuiltInKind::ModelNumber),
    define_field("manufacturer", "Manufacturer", BuiltInKind::Manufacturer),
    define_field("status", "Status", BuiltInKind::Status),
    define_field("company", "Company", BuiltInKind::Company),
    define_field("notes", "Notes", BuiltInKind::Text),
    define_field("order_number", "Order Number", BuiltInKind::Text),
    define_field("byod", "BYOD", BuiltInKind::Flag),
    define_field("warranty_months", "Warranty", BuiltInKind::Count),
    define_field("purchase_date", "Purchase Date", BuiltInKind::Date),
];

pub(super) fn find_built_in(name: &str) -> Option<&'static BuiltInField> {
    BUILT_IN.iter().find(|field| field.name == name)
}

/// Most characters of a text in this field, by its name in a mapping. Labels and companies are never made, so nothing is cut
/// of their names.
pub(super) fn longest_text(name: &str) -> Option<usize> {
    /// Of the columns of its tables; custom fields are held to it as well.
    const LONGEST: usize = 255;
    match find_built_in(name) {
        Some(field) if field.name == "notes" => None,
        Some(field) => match field.kind {
            BuiltInKind::Text | BuiltInKind::Model | BuiltInKind::ModelNumber | BuiltInKind::Manufacturer => {
                Some(LONGEST)
            }
            BuiltInKind::Flag
            | BuiltInKind::Count
            | BuiltInKind::Date
            | BuiltInKind::Status
            | BuiltInKind::Company
            | BuiltInKind::Link => None,
        },
        None => Some(LONGEST),
    }
}

/// A custom field of this format takes `AA:BB:CC:DD:EE:FF` alone. A list names the format, the answer to a create its rule.
pub(super) fn is_mac_format(format: &str) -> bool {
    format == "MAC" || format.starts_with("regex:/^[a-fA-F0-9]{2}:[a-fA-F0-9]{2}:")
}

/// Intune's twelve digits with the colons that such a field asks for; anything else as it is.
pub(super) fn lengthen_mac(text: &str) -> String {
    let is_bare = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_bare {
        return text.to_owned();
    }
    let pairs: Vec<&str> = (0..6).map(|pair| &text[pair * 2..pair * 2 + 2]).collect();
    pairs.join(":")
}

/// The same without colons, as Intune writes it.
pub(super) fn shorten_mac(text: &str) -> String {
    let bare: String = text.chars().filter(|letter| *letter != ':').collect();
    let is_mac = bare.len() == 12 && text.len() == 17 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_mac { bare.to_uppercase() } else { text.to_owned() }
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
        assert!(
            find_built_in("Serial").is_none(),
            "labels of custom fields begin where these end"
        );
    }

    #[test]
    fn texts_are_as_long_as_the_columns_of_their_tables() {
        for (name, longest) in [
            ("name", Some(255)),
            ("model", Some(255)),
            ("OS Version", Some(255)),
            ("notes", None),
            ("status", None),
            (LINK_FIELD, None),
        ] {
            assert_eq!(longest_text(name), longest, "{name}");
        }
    }

    #[test]
    fn a_mac_address_goes_over_with_colons_and_comes_back_without() {
        for (ours, theirs) in [
            ("AABBCCDDEE01", "AA:BB:CC:DD:EE:01"),
            ("", ""),
            ("AABBCCDDEE", "AABBCCDDEE"),
            ("AABBCCDDEEGG", "AABBCCDDEEGG"),
        ] {
            assert_eq!(lengthen_mac(ours), theirs);
            assert_eq!(shorten_mac(theirs), ours);
        }
        assert_eq!(lengthen_mac("Geräte-1234"), "Geräte-1234", "no cut inside a letter");
        assert_eq!(shorten_mac("aa:bb:cc:dd:ee:01"), "AABBCCDDEE01");
        assert!(is_mac_format("MAC") && !is_mac_format("ANY"));
    }
}
