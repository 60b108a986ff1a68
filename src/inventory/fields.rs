//! Names of fields as people write them in settings: chosen, refused, or led to the right one.

use super::condition::ConditionError;
use super::properties::{PRIMARY_USER, PropertyMask, TABLE, find_property, mask_where, property_bit};
use crate::config::{DeviceSettings, FieldChoice, PrimaryUserMode};

/// Most rules for device classes.
pub const CLASS_RULES_MAX: usize = 32;

/// What is wrong with the settings of fields, filter or classes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    #[error("unknown field {given:?}{}", nearest_hint(.nearest))]
    UnknownField {
        given: String,
        nearest: Option<&'static str>,
    },
    #[error("the field {given:?} is never read: it holds a secret or belongs to the actions")]
    NeverRead { given: &'static str },
    #[error("the field {given:?} exists only in Graph's beta, which is not read")]
    OnlyInBeta { given: &'static str },
    #[error("{place} uses {given:?}, which is not part of device lists")]
    NotInLists { place: String, given: &'static str },
    #[error("a class rule cannot use deviceClass, which it sets itself")]
    ClassOfItself,
    #[error("invalid class name {given:?}: a letter, then letters, digits, '-' or '_', at most 32 characters")]
    ClassName { given: String },
    #[error("more than {CLASS_RULES_MAX} class rules")]
    TooManyClasses,
    #[error("{place}: {source}")]
    Condition {
        place: String,
        #[source]
        source: ConditionError,
    },
}

/// Fewer letters may be the begin of anything.
const BEGIN_MIN: usize = 4;

fn nearest_hint(nearest: &Option<&'static str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean {name:?}?"))
}

/// The properties that are let through.
pub fn chosen_properties(fields: &FieldChoice) -> Result<PropertyMask, ProjectionError> {
    match fields {
        FieldChoice::All => Ok(mask_where(|property| property.is_readable())),
        FieldChoice::Only(names) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            named_properties(&names)
        }
    }
}

/// What a setting switches off as a whole, whatever fields are chosen.
pub fn unread_properties(settings: &DeviceSettings) -> PropertyMask {
    if settings.primary_user == PrimaryUserMode::Off {
        property_bit(PRIMARY_USER)
    } else {
        0
    }
}

/// The properties of these names; the first that can't be named is told.
pub fn named_properties(names: &[&str]) -> Result<PropertyMask, ProjectionError> {
    names
        .iter()
        .try_fold(0, |mask, name| Ok(mask | property_bit(find_field(name)?)))
}

/// Row of a field that settings may name.
fn find_field(name: &str) -> Result<usize, ProjectionError> {
    let Some(index) = find_property(name, 0) else {
        return Err(ProjectionError::UnknownField {
            given: name.chars().take(80).collect(),
            nearest: nearest_property(name),
        });
    };
    let property = &TABLE[index];
    if !property.is_readable() {
        Err(ProjectionError::NeverRead { given: property.name })
    } else if property.beta {
        Err(ProjectionError::OnlyInBeta { given: property.name })
    } else {
        Ok(index)
    }
}

/// As `$select` wants them.
pub fn select_names(mask: PropertyMask) -> String {
    let names: Vec<&str> = TABLE
        .iter()
        .enumerate()
        .filter(|(index, _)| mask & property_bit(*index) != 0)
        .map(|(_, property)| property.name)
        .collect();
    names.join(",")
}

/// What tables and changes call the property `id`.
const ID_ELSEWHERE: &str = "deviceId";

/// The readable property whose name is nearest to what somebody wrote, if any is near.
pub fn nearest_property(name: &str) -> Option<&'static str> {
    if name.eq_ignore_ascii_case(ID_ELSEWHERE) {
        return Some("id");
    }
    let readable = TABLE.iter().filter(|property| property.is_readable());
    let names = readable.map(|property| property.name);
    crate::model::nearest_name(name, names.clone()).or_else(|| only_one_begun(name, names))
}

/// The one that what was written is the begin of, as `serial` is of `serialNumber`.
fn only_one_begun(begin: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let is_begun = |name: &&str| {
        let same = name.get(..begin.len());
        begin.len() >= BEGIN_MIN && same.is_some_and(|same| same.eq_ignore_ascii_case(begin))
    };
    let mut begun = names.filter(is_begun);
    let first = begun.next()?;
    begun.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_led_to_the_right_one() {
        assert_eq!(nearest_property("devicename"), Some("deviceName"));
        assert_eq!(nearest_property("serialNumer"), Some("serialNumber"));
        assert_eq!(nearest_property("operating_system"), Some("operatingSystem"));
        assert_eq!(nearest_property("colourOfTheCase"), None);
        assert_eq!(nearest_property("serial"), Some("serialNumber"));
        assert_eq!(nearest_property("user"), None, "several begin so");
    }

    #[test]
    fn wn_62_the_head_of_a_table_leads_to_the_field() {
        for head in ["deviceId", "deviceID", "deviceid"] {
            assert_eq!(nearest_property(head), Some("id"), "{head}");
        }
        assert!(find_property("id", 0).is_some(), "there is such a field");
    }

    #[test]
    fn e1_nobody_is_led_to_a_secret() {
        for name in ["activationLockBypassCode", "remoteAssistanceSessionUrl"] {
            assert_ne!(nearest_property(name), Some(name));
        }
    }
}
