//! The two forms in which nearly all verbs speak to Graph.

use serde_json::Value;

use super::action_spec::{ActionCall, ApiVersion, CallMethod};
use crate::model::DeviceId;

/// `POST …/{id}/{action}`.
pub(super) fn post_action(id: DeviceId, action: &str, version: ApiVersion, body: Option<Value>) -> ActionCall {
    ActionCall {
        version,
        method: CallMethod::Post,
        path: format!("/deviceManagement/managedDevices/{id}/{action}"),
        body,
    }
}

/// `PATCH …/{id}` with one property.
pub(super) fn patch_property(id: DeviceId, property: &str, value: Value, version: ApiVersion) -> ActionCall {
    ActionCall {
        version,
        method: CallMethod::Patch,
        path: format!("/deviceManagement/managedDevices/{id}"),
        body: Some(Value::Object([(property.to_owned(), value)].into_iter().collect())),
    }
}
