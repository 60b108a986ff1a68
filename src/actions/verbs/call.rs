//! The two forms in which nearly all verbs speak to Graph.

use serde_json::Value;

use super::spec::{ApiVersion, Call, Method};
use crate::model::DeviceId;

/// `POST …/{id}/{action}`.
pub(super) fn post(id: DeviceId, action: &str, version: ApiVersion, body: Option<Value>) -> Call {
    Call {
        version,
        method: Method::Post,
        path: format!("/deviceManagement/managedDevices/{id}/{action}"),
        body,
    }
}

/// `PATCH …/{id}` with one property.
pub(super) fn patch(id: DeviceId, property: &str, value: Value, version: ApiVersion) -> Call {
    Call {
        version,
        method: Method::Patch,
        path: format!("/deviceManagement/managedDevices/{id}"),
        body: Some(Value::Object([(property.to_owned(), value)].into_iter().collect())),
    }
}
