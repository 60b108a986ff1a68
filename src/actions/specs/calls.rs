//! The two forms in which nearly all verbs speak to Graph.

use serde_json::Value;

use super::action_spec::{ActionCall, ApiVersion, CallMethod};
use crate::model::DeviceId;

/// `POST …/{id}/{action}`.
pub(super) fn post_action(id: DeviceId, action: &'static str, version: ApiVersion, body: Option<Value>) -> ActionCall {
    ActionCall {
        device: id,
        version,
        method: CallMethod::Post,
        step: action,
        body,
    }
}

/// `PATCH …/{id}` with one property.
pub(super) fn patch_property(id: DeviceId, property: &str, value: Value, version: ApiVersion) -> ActionCall {
    ActionCall {
        device: id,
        version,
        method: CallMethod::Patch,
        step: "",
        body: Some(Value::Object([(property.to_owned(), value)].into_iter().collect())),
    }
}
