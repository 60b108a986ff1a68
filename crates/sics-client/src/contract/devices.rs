//! Devices as people and machines look them up.

use chrono::{DateTime, Utc};
use connector_core::model::DeviceId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DevicesQuery {
    /// Comma-separated names; omitted: all visible instances.
    pub instance: Option<String>,
    pub search: Option<String>,
    pub filter: Option<String>,
    pub sort: Option<String>,
    pub order: Option<String>,
    pub after: Option<String>,
    pub limit: Option<usize>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DevicesView {
    pub devices: Vec<DeviceView>,
    /// For the next page; null on the last page.
    pub after: Option<String>,
    /// Devices that the filter could not evaluate, among those checked for this page: they are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unjudged: Option<UnjudgedView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceView {
    pub instance: String,
    pub device_id: DeviceId,
    /// Its position in the feed.
    pub seq: i64,
    pub changed_at: DateTime<Utc>,
    pub read_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<DeviceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<DeviceId>,
    #[schema(value_type = Object)]
    pub device: Box<RawValue>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FieldsView {
    pub fields: Vec<FieldView>,
}

/// One field of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldView {
    /// Name in Graph.
    pub name: String,
    /// `text`, `date` (RFC 3339, UTC, whole seconds), `number`, `boolean`, `word` (text of a list that Microsoft extends),
    /// `object` (or a list).
    pub holds: String,
    /// `list`: read by each scan; `single`: only by a read of the single device, some time after a scan; `connector`: set by
    /// the connector.
    pub source: String,
    /// Personal data: removed where personal devices are reduced.
    pub personal: bool,
    /// Volatile: reported at most once a day unless something else changes.
    pub moves: bool,
    /// Exists only in Graph's beta: passed on if Microsoft sends it, never requested.
    pub beta: bool,
}

/// Devices that the filter could not evaluate: how many, and the first 100.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnjudgedView {
    pub count: u64,
    pub devices: Vec<UnjudgedDevice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnjudgedDevice {
    pub device_id: Option<DeviceId>,
    pub problem: String,
}
