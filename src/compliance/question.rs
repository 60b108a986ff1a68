//! Where in a question the device id is.

use serde_json::Value;

use super::device_id::{self, DeviceIdError};
use crate::config::NodeSettings;
use crate::contract::Question;
use crate::model::{DeviceId, is_unprintable};

/// Whom a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DecisionLookup {
    Device(DeviceId),
    User(String),
}

/// Longest name of a user that is looked for.
const USER_MAX_CHARS: usize = 256;

/// Whom a question is about. The text says where the id was found, for people.
pub(super) fn find_lookup(
    question: &Question,
    node: &NodeSettings,
) -> (&'static str, Result<DecisionLookup, DeviceIdError>) {
    let (place, found) = find_device_id(question, node);
    let found = match found {
        // The original knows no users.
        Err(DeviceIdError::Missing) if !node.compatible => find_user(question),
        found => found.map(DecisionLookup::Device),
    };
    (place, found)
}

fn find_device_id(question: &Question, node: &NodeSettings) -> (&'static str, Result<DeviceId, DeviceIdError>) {
    if let Some(id) = &question.device_id {
        return ("deviceId", parse_id(node, id, id.is_empty()));
    }
    if node.id_from_shared_state {
        let value = question.shared_state.as_ref().and_then(|state| state.get(&node.header));
        return ("sharedState", parse_shared_state_id(node, value));
    }
    let headers = question.header.iter().flatten();
    let mine = headers.filter(|(name, _)| name.eq_ignore_ascii_case(&node.header));
    let mut values: Vec<&str> = Vec::new();
    for (_, value) in mine {
        match value {
            Value::String(text) => values.push(text),
            Value::Array(several) if several.iter().all(Value::is_string) => {
                values.extend(several.iter().filter_map(Value::as_str));
            }
            Value::Null => {}
            _ => return ("header", Err(DeviceIdError::NotText)),
        }
    }
    ("header", parse_header_id(node, &values))
}

fn find_user(question: &Question) -> Result<DecisionLookup, DeviceIdError> {
    let name = question.user_principal_name.as_deref().unwrap_or_default().trim();
    match name {
        "" => Err(DeviceIdError::Missing),
        name if name.chars().count() > USER_MAX_CHARS || name.chars().any(is_unprintable) => {
            Err(DeviceIdError::NotText)
        }
        name => Ok(DecisionLookup::User(name.to_owned())),
    }
}

/// A header that came twice is refused where it says two things: one of them may be the client's own.
fn parse_header_id(node: &NodeSettings, values: &[&str]) -> Result<DeviceId, DeviceIdError> {
    let Some(first) = values.first() else {
        return Err(DeviceIdError::Missing);
    };
    // An empty header is not missing to the original: it asks for the device without a name, and fails.
    let found = parse_id(node, first, false);
    let differs = values[1..].iter().any(|other| parse_id(node, other, false) != found);
    if differs && !node.compatible {
        return Err(DeviceIdError::Several);
    }
    found
}

fn parse_shared_state_id(node: &NodeSettings, value: Option<&Value>) -> Result<DeviceId, DeviceIdError> {
    match value {
        None | Some(Value::Null) => Err(DeviceIdError::Missing),
        Some(Value::String(text)) => parse_id(node, text, text.is_empty()),
        Some(_) => Err(DeviceIdError::NotText),
    }
}

/// `missing`: the original takes this for no id.
fn parse_id(node: &NodeSettings, text: &str, missing: bool) -> Result<DeviceId, DeviceIdError> {
    if !node.compatible {
        device_id::parse_device_id(text)
    } else if missing {
        Err(DeviceIdError::Missing)
    } else {
        device_id::parse_as_original(text)
    }
}
