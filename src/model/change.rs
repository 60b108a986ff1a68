//! One change as management servers receive it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{DeviceId, InstanceName, Seq};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    Upsert,
    Gone,
    SnapshotBegin,
    SnapshotEnd,
}

/// Why a device is no longer there (F5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GoneReason {
    /// Intune answered 404 for it.
    Deleted,
    /// A filter, or the rule for personal devices, leaves it out now.
    Filtered,
    /// The same hardware enrolled again under another id.
    Replaced,
    /// The server was taken out of the instance's audience.
    Unassigned,
    /// The instance was removed.
    InstanceRemoved,
    /// A job of this connector removed it.
    ByJob,
}

impl GoneReason {
    pub const ALL: [GoneReason; 6] = [
        GoneReason::Deleted,
        GoneReason::Filtered,
        GoneReason::Replaced,
        GoneReason::Unassigned,
        GoneReason::InstanceRemoved,
        GoneReason::ByJob,
    ];
}

/// The order in a list of these is the order in which to apply them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    pub instance: InstanceName,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seq: Option<Seq>,
    pub kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<GoneReason>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device_id: Option<DeviceId>,
    /// RFC 3339, when the connector noticed the change.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub changed_at: Option<String>,
    /// The device that this one has replaced; that one has gone (S7).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaces: Option<DeviceId>,
    /// The same hardware under an older id that Intune still lists (S7).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub same_as: Option<DeviceId>,
    /// Graph's property names, normalised; the bytes as stored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device: Option<Box<RawValue>>,
}

impl Change {
    /// One that says nothing but its kind.
    pub fn mark(instance: &InstanceName, kind: Kind) -> Change {
        Change {
            instance: instance.clone(),
            seq: None,
            kind,
            reason: None,
            device_id: None,
            changed_at: None,
            replaces: None,
            same_as: None,
            device: None,
        }
    }
}
