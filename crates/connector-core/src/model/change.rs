//! One change as management servers receive it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::word_enums::word_enum;
use super::{DeviceBody, DeviceId, InstanceName, Seq};

/// What a change says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// Store this device: it is new, or this is its newest state.
    Upsert,
    /// Delete this device.
    Gone,
    /// A snapshot of the instance begins: all its devices follow.
    SnapshotBegin,
    /// The snapshot ends: delete every device of the instance that was not in it, except those in `setAside`.
    SnapshotEnd,
}

word_enum! {
    /// Why a device is no longer there (F5).
    pub enum GoneReason {
        /// Intune answered 404 for it.
        Deleted "deleted",
        /// A filter, or the rule for personal devices, leaves it out now.
        Filtered "filtered",
        /// The same hardware enrolled again under another id.
        Replaced "replaced",
        /// The server was taken out of the instance's audience.
        Unassigned "unassigned",
        /// The instance was removed.
        InstanceRemoved "instanceRemoved",
        /// A job of this connector removed it.
        ByJob "byJob",
    }
}

impl GoneReason {
    /// Whether the same hardware may come back under another id (S7): it went from Intune itself.
    pub const fn may_reenroll(self) -> bool {
        match self {
            GoneReason::Deleted | GoneReason::Replaced | GoneReason::ByJob => true,
            GoneReason::Filtered | GoneReason::Unassigned | GoneReason::InstanceRemoved => false,
        }
    }
}

/// One change of the feed. The order in a list of these is the order in which to apply them.
// `D` is the device: JSON where a change is read, [`DeviceBody`] where it is told.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Change, bound = "", example = json!({
    "instance": "IntuneConnector_1", "seq": 4711, "kind": "upsert", "deviceId": "7809c88c-0000-4000-8000-000000000001",
    "changedAt": "2026-11-21T08:00:00Z", "device": super::schemas::device_example()
}))]
pub struct FeedChange<D = Box<RawValue>> {
    /// Name of the instance that it belongs to.
    pub instance: InstanceName,
    /// Its position in the feed; absent at the marks of a snapshot, and where a server is taken out of an audience.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seq: Option<Seq>,
    /// What it says.
    pub kind: ChangeKind,
    /// Why the device has gone; only with `gone`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<GoneReason>,
    /// Intune device id; absent at the marks of a snapshot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device_id: Option<DeviceId>,
    /// When the connector noticed the change; absent where `seq` is absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(format = DateTime)]
    pub changed_at: Option<String>,
    /// The device that this one has replaced; that one has gone (S7).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaces: Option<DeviceId>,
    /// The same hardware under an older id that Intune still lists (S7).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub same_as: Option<DeviceId>,
    /// At the end of a snapshot: devices whose records could not be read. They are not told, and they have not gone: a
    /// server keeps what it holds of them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub set_aside: Vec<DeviceId>,
    /// The device, whole; only with `upsert`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = Option<super::schemas::DeviceDocument>)]
    pub device: Option<D>,
}

impl<D> FeedChange<D> {
    /// With nothing but what every change has.
    pub fn with_kind(instance: &InstanceName, kind: ChangeKind) -> FeedChange<D> {
        FeedChange {
            instance: instance.clone(),
            seq: None,
            kind,
            reason: None,
            device_id: None,
            changed_at: None,
            replaces: None,
            same_as: None,
            set_aside: Vec::new(),
            device: None,
        }
    }
}

impl FeedChange<DeviceBody> {
    /// As JSON, behind what is there. The device goes from its kept form to its place, and is nowhere else in between.
    pub fn write_json(self, text: &mut Vec<u8>) {
        let change = FeedChange::<()> {
            instance: self.instance,
            seq: self.seq,
            kind: self.kind,
            reason: self.reason,
            device_id: self.device_id,
            changed_at: self.changed_at,
            replaces: self.replaces,
            same_as: self.same_as,
            set_aside: self.set_aside,
            device: None,
        };
        serde_json::to_writer(&mut *text, &change).expect("a change has only plain fields");
        if let Some(device) = self.device {
            text.pop();
            text.extend_from_slice(b",\"device\":");
            device.write_json(text);
            text.push(b'}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_as_it_was_written() {
        let instance: InstanceName = "IntuneConnector_1".parse().unwrap();
        let device = r#"{"id":"7809c88c-0000-4000-8000-000000000001","deviceName":"Ä","model":null}"#;
        let told = FeedChange {
            seq: Some(Seq(7)),
            changed_at: Some("2026-11-21T00:00:00Z".to_owned()),
            device: Some(DeviceBody::from_json(device)),
            ..FeedChange::with_kind(&instance, ChangeKind::Upsert)
        };
        let mut text = Vec::new();
        told.write_json(&mut text);
        let read: FeedChange = serde_json::from_slice(&text).unwrap();
        assert_eq!((read.seq, read.kind), (Some(Seq(7)), ChangeKind::Upsert));
        assert_eq!(read.device.unwrap().get(), device);
        assert_eq!(read.changed_at.as_deref(), Some("2026-11-21T00:00:00Z"));
        text.clear();
        FeedChange::<DeviceBody>::with_kind(&instance, ChangeKind::SnapshotEnd).write_json(&mut text);
        assert_eq!(text, br#"{"instance":"IntuneConnector_1","kind":"snapshotEnd"}"#);
        let id: DeviceId = "7809c88c-0000-4000-8000-000000000001".parse().unwrap();
        let end = FeedChange::<DeviceBody> {
            set_aside: vec![id],
            ..FeedChange::with_kind(&instance, ChangeKind::SnapshotEnd)
        };
        text.clear();
        end.write_json(&mut text);
        assert_eq!(serde_json::from_slice::<FeedChange>(&text).unwrap().set_aside, [id]);
    }
}
