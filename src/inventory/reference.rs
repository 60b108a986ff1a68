//! Which fields a device has, for people and machines: drawn from the one table, so that it can't be out of date. Keys that
//! Microsoft adds are kept as they come and stand here only when the table has them.

use serde::Serialize;

use super::fields::nearest;
use super::properties::{ID, Kind, Owner, Property, TABLE, find};

/// One field as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldView {
    /// As Graph calls it.
    pub name: &'static str,
    /// `text`, `date` (RFC 3339, UTC, whole seconds), `number`, `boolean`, `word` (text of a list that Microsoft extends),
    /// `object` (or a list).
    pub holds: &'static str,
    /// `list`: each scan brings it; `single`: only a read of the one device does, some time after a scan; `connector`: made
    /// here.
    pub source: &'static str,
    /// It tells of a person, and goes where personal devices are reduced.
    pub personal: bool,
    /// It moves by itself, and is told at most once a day unless something else changes.
    pub moves: bool,
    /// Known to Graph's beta only: told where it comes, asked for by nobody.
    pub beta: bool,
}

impl FieldView {
    fn of(property: &Property) -> FieldView {
        FieldView {
            name: property.name,
            holds: match property.kind {
                Kind::Text => "text",
                Kind::Date => "date",
                Kind::Number => "number",
                Kind::Boolean => "boolean",
                Kind::Enum => "word",
                Kind::Complex => "object",
            },
            source: match property.owner {
                Owner::List | Owner::Never => "list",
                Owner::Get => "single",
                Owner::Own => "connector",
            },
            personal: property.personal,
            moves: property.volatile || !property.moving.is_empty(),
            beta: property.beta,
        }
    }
}

/// Every field that is ever told, in the order of the table.
pub fn fields() -> Vec<FieldView> {
    TABLE
        .iter()
        .filter(|property| property.is_readable())
        .map(FieldView::of)
        .collect()
}

/// Whether a device may have a field of this name; else the nearest one that it may have.
pub fn check_field(name: &str) -> Result<(), Option<&'static str>> {
    match find(name, ID).filter(|index| TABLE[*index].is_readable()) {
        Some(_) => Ok(()),
        None => Err(nearest(name)),
    }
}

/// As a page for people.
pub fn page() -> String {
    let mut text = String::from(
        "# Fields of a device\n\nWhat `device` holds in a change, in `devices show`, and in conditions and columns. A field \
         that a device does not tell is\n`null`. Dates are RFC 3339 in UTC, to whole seconds; in conditions they compare as \
         dates, and `now` is the moment of\nthe question. *Single*: only a read of the one device brings it, some time after a \
         scan. *Beta*: told where it comes,\nasked for by nobody. Other keys that Microsoft sends are kept as they are. \
         `intune-connector devices fields` prints this list,\n`GET /sics/v1/fields` gives it to machines.\n\n\
         | field | holds | source | tells of a person | moves by itself | beta |\n|---|---|---|---|---|---|\n",
    );
    let yes = |is: bool| if is { "yes" } else { "" };
    for field in fields() {
        text.push_str(&format!(
            "| `{}` | {} | {} | {} | {} | {} |\n",
            field.name,
            field.holds,
            field.source,
            yes(field.personal),
            yes(field.moves),
            yes(field.beta)
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mi_6_a_field_that_does_not_exist_is_led_to_one_that_does() {
        assert_eq!(check_field("deviceName"), Ok(()));
        assert_eq!(check_field("deviceClass"), Ok(()));
        assert_eq!(check_field("devicename"), Err(Some("deviceName")));
        assert_eq!(check_field("nosuch"), Err(None));
    }

    #[test]
    fn e1_no_list_of_fields_names_a_secret() {
        let names: Vec<&str> = fields().iter().map(|field| field.name).collect();
        assert!(names.contains(&"serialNumber") && names.len() > 70, "{names:?}");
        for secret in ["activationLockBypassCode", "remoteAssistanceSessionUrl"] {
            assert!(!names.contains(&secret) && !page().contains(secret));
            assert!(check_field(secret).is_err());
        }
    }
}
