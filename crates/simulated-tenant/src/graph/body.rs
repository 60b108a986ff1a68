//! The body of an action: exactly the parameters that the schema of this version knows, of the right types.

use serde_json::Value;

use super::{Version, strict_json};
use crate::remote::{Kind, Param, Params};

/// The parameters, or what is wrong with them. No body is an empty one, which for a wipe is the most thorough.
pub(super) fn parameters(body: &[u8], known: &[Param], version: Version) -> Result<Params, String> {
    let given = if body.trim_ascii().is_empty() {
        Params::new()
    } else {
        match strict_json::parse(body)? {
            Value::Object(given) => without_annotations(given)?,
            _ => return Err("The body is not an object.".to_owned()),
        }
    };
    let known = || known.iter().filter(|param| !param.beta || version == Version::Beta);
    for (name, value) in &given {
        let Some(param) = known().find(|param| param.name == name) else {
            return Err(format!(
                "The parameter '{name}' in the request payload is not a valid parameter."
            ));
        };
        if !value.is_null() && !param.kind.takes(value) {
            return Err(format!("The value of the parameter '{name}' is not valid."));
        }
    }
    let is_given = |param: &Param| match (given.get(param.name), param.kind) {
        (None | Some(Value::Null), _) => false,
        (Some(value), Kind::Text(_)) => value.as_str().is_some_and(|text| !text.trim().is_empty()),
        _ => true,
    };
    match known().find(|param| param.required && !is_given(param)) {
        Some(param) => Err(format!("The parameter '{}' is required.", param.name)),
        None => Ok(given),
    }
}

/// `@odata.type` may stand in every body, as in Microsoft's own samples; it is a name, and no parameter.
fn without_annotations(given: Params) -> Result<Params, String> {
    let (annotations, given): (Params, Params) = given.into_iter().partition(|(name, _)| name.contains("@odata."));
    let is_type = |(name, value): (&String, &Value)| name.ends_with("@odata.type") && value.is_string();
    match annotations.iter().find(|annotation| !is_type(*annotation)) {
        Some((name, _)) => Err(format!("The annotation '{name}' in the request payload is not valid.")),
        None => Ok(given),
    }
}
