//! Rows of the lists that NetBox has beside its devices, as far as this adapter asks: what has a name and a slug, device
//! types, custom fields. Pure.

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::targets::TargetFault;

/// Longest slug, characters.
const SLUG_LONGEST: usize = 100;
/// The object type of devices, as custom fields name it.
pub(super) const DEVICE_TYPE: &str = "dcim.device";

/// A page of a list.
#[derive(Debug)]
pub(super) struct RowsPage {
    pub rows: Vec<Value>,
    /// Rows of the whole list, as it counts now.
    pub total: u64,
}

/// A list is `{"count":…,"results":[…]}`; anything else is none.
pub(super) fn read_list(answer: Value) -> Result<RowsPage, TargetFault> {
    let unreadable = || TargetFault::Unreadable {
        problem: "a list of NetBox has no rows".to_owned(),
    };
    let Value::Object(mut list) = answer else {
        return Err(unreadable());
    };
    let total = list.get("count").and_then(Value::as_u64);
    match list.remove("results") {
        Some(Value::Array(rows)) => Ok(RowsPage {
            total: total.unwrap_or(rows.len() as u64),
            rows,
        }),
        _ => Err(unreadable()),
    }
}

pub(super) fn id_of(row: &Value) -> Option<u64> {
    row.get("id")?.as_u64()
}

/// The text of a member; `None` where it is empty.
pub(super) fn text_of(row: &Value, member: &str) -> Option<String> {
    let text = row.get(member)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The value of a choice: `{"value":"active","label":"Active"}`, or the bare value.
pub(super) fn choice_of(row: &Value, member: &str) -> Option<String> {
    let choice = row.get(member)?;
    text_of(choice, "value").or_else(|| text_of(row, member))
}

/// Whether two names are one: people do not tell case, and a second row that differs by it alone helps nobody.
pub(super) fn is_same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// What has a name and a slug: a site, a role, a tag, a platform, a manufacturer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SlugRow {
    pub id: u64,
    pub name: String,
    pub slug: String,
}

pub(super) fn read_named(row: &Value) -> Option<SlugRow> {
    Some(SlugRow {
        id: id_of(row)?,
        name: text_of(row, "name")?,
        slug: text_of(row, "slug").unwrap_or_default(),
    })
}

/// A device type: its model is told apart within its manufacturer alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeviceTypeRow {
    pub id: u64,
    pub model: String,
    pub slug: String,
    pub manufacturer: u64,
}

pub(super) fn read_type(row: &Value) -> Option<DeviceTypeRow> {
    Some(DeviceTypeRow {
        id: id_of(row)?,
        model: text_of(row, "model")?,
        slug: text_of(row, "slug").unwrap_or_default(),
        manufacturer: row.get("manufacturer").and_then(id_of)?,
    })
}

/// A custom field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeviceField {
    pub name: String,
    pub label: String,
    /// `text`, `integer`, `boolean` …
    pub kind: String,
    /// Whether devices have it; a field of other objects only takes the name.
    pub is_of_devices: bool,
    pub is_unique: bool,
}

pub(super) fn read_field(row: &Value) -> Option<DeviceField> {
    let name = text_of(row, "name")?;
    let types = row.get("object_types").and_then(Value::as_array);
    Some(DeviceField {
        label: text_of(row, "label").unwrap_or_else(|| name.clone()),
        kind: choice_of(row, "type").unwrap_or_default(),
        is_of_devices: types.is_some_and(|types| types.iter().any(|kind| kind == DEVICE_TYPE)),
        is_unique: row.get("unique").and_then(Value::as_bool).unwrap_or(false),
        name,
    })
}

/// Small letters, digits and `-`, as NetBox makes slugs. A name with nothing of that gets a number of its own.
pub(super) fn make_slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            letter if letter.is_ascii_alphanumeric() || letter == '_' => slug.push(letter),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => (),
        }
    }
    let cut: String = slug.chars().take(SLUG_LONGEST).collect();
    match cut.trim_end_matches('-') {
        "" => format!("n-{:016x}", xxh3_64(name.as_bytes())),
        slug => slug.to_owned(),
    }
}

/// The same for a name whose slug another one has.
pub(super) fn make_other_slug(name: &str) -> String {
    let tail = format!("-{:08x}", xxh3_64(name.as_bytes()) as u32);
    let room = SLUG_LONGEST - tail.len();
    let begin: String = make_slug(name).chars().take(room).collect();
    format!("{}{tail}", begin.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_has_rows_and_counts_all_of_them() {
        let part = read_list(json!({"count": 7, "next": null, "results": [{"id": 1}]})).unwrap();
        assert_eq!((part.rows.len(), part.total), (1, 7));
        // By cursor, nothing is counted.
        let part = read_list(json!({"count": null, "results": [{"id": 1}]})).unwrap();
        assert_eq!(part.total, 1);
        for other in [json!([]), json!({}), json!({"results": {}}), Value::Null] {
            assert!(read_list(other).is_err());
        }
    }

    #[test]
    fn a_slug_is_what_netbox_takes_for_one() {
        for (name, slug) in [
            ("Dell Inc.", "dell-inc"),
            ("LENOVO", "lenovo"),
            ("  A & B / C ", "a-b-c"),
            ("Größe 9", "gr-e-9"),
            ("iPhone 15 Pro (A)", "iphone-15-pro-a"),
        ] {
            assert_eq!(make_slug(name), slug, "{name}");
        }
        let signs = make_slug("漢字");
        assert!(signs.starts_with("n-") && signs != make_slug("漢"), "{signs}");
        let long = "x".repeat(300);
        assert_eq!(make_slug(&long).len(), SLUG_LONGEST);
        assert_eq!(make_other_slug(&long).len(), SLUG_LONGEST);
        assert_ne!(make_other_slug("Dell Inc."), make_other_slug("Dell, Inc."));
    }

    #[test]
    fn a_custom_field_of_other_objects_is_none_of_devices() {
        let row = |types: Value| json!({"id": 1, "name": "rack_id", "type": {"value": "text", "label": "Text"}, "object_types": types});
        let field = read_field(&row(json!(["dcim.rack", "dcim.device"]))).unwrap();
        assert_eq!(
            (field.kind.as_str(), field.label.as_str(), field.is_of_devices),
            ("text", "rack_id", true)
        );
        assert!(!read_field(&row(json!(["dcim.rack"]))).unwrap().is_of_devices);
    }
}
