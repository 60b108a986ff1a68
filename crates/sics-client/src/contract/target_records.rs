//! What a target knows of the records of the other side: links between devices and records, what would be written, what
//! was written, and what was put back.

use chrono::{DateTime, Utc};
use connector_core::model::{DeviceId, InstanceName, word_enum};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{LinkOrigin, LinkPhase, ListSeparator, SetAsideReason, WriteCounts};

word_enum! {
    /// Whether a record of the other side is in use.
    pub enum RecordState {
        /// It is in use.
        Active "active",
        /// It is there and no longer in use.
        Retired "retired",
        /// It is in the wastebasket of the other side.
        Deleted "deleted",
    }
}

word_enum! {
    /// By what a record was found.
    pub enum RecordMatch {
        /// By the Intune device id that it has.
        DeviceId "deviceId",
        /// By its serial number.
        SerialNumber "serialNumber",
    }
}

word_enum! {
    /// What would be done with a device.
    pub enum PreviewOutcome {
        /// It gets a new record.
        Create "create",
        /// It gets a record that is there.
        Adopt "adopt",
        /// Fields of its record change.
        Change "change",
        /// Its record is retired, stocked or deleted.
        Retire "retire",
        /// Its record is brought back into use.
        Move "move",
        /// A person has to decide.
        SetAside "setAside",
    }
}

/// Which part of a preview to read.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TargetPreviewQuery {
    /// Most devices in the answer: 1 to 500; 100 if omitted. All are counted.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// What a target would write, if it wrote now and nobody had to agree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetPreviewView {
    /// Devices that get a new record.
    pub creates: u64,
    /// Devices that get a record that is there.
    pub adoptions: u64,
    /// Records of which fields change, or that are brought back into use.
    pub changes: u64,
    /// Records that are retired, stocked or deleted.
    pub retirements: u64,
    /// Devices for which a person has to decide.
    pub set_aside: u64,
    /// Devices whose record is as it should be.
    pub unchanged: u64,
    /// The first of those that are not unchanged, within the caller's instances.
    pub items: Vec<PreviewItem>,
    /// False: it took too long, and was ended before the last device.
    pub complete: bool,
}

/// What would be done with one device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewItem {
    /// Name of the instance.
    pub instance: InstanceName,
    /// Intune device id.
    pub device_id: DeviceId,
    /// Name of the device; null: it has none, or it is gone.
    pub device_name: Option<String>,
    /// What would be done.
    pub outcome: PreviewOutcome,
    /// Id of the record over there; null: it has none, or there are several.
    pub record: Option<String>,
    /// By what the record was found; null: it is its record already, or there is none.
    pub found_by: Option<RecordMatch>,
    /// Why a person has to decide; null: nobody has to.
    pub reason: Option<SetAsideReason>,
    /// Field by field.
    pub changes: Vec<RecordChangeView>,
}

/// A field of a record before and after a write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordChangeView {
    /// Name of the field over there.
    pub field: String,
    /// Its value until then; null: it had none.
    pub before: Value,
    /// Its value from then on; null: it has none.
    pub after: Value,
}

/// Which links to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TargetLinksQuery {
    /// Only devices of the instance of this name.
    pub instance: Option<InstanceName>,
    /// Only links whose device id, name, serial number, record or user contains this text, upper and lower case alike.
    pub search: Option<String>,
    /// Only links that stand there.
    #[param(inline)]
    pub phase: Option<LinkPhase>,
    /// Only links to records that come from there.
    #[param(inline)]
    pub origin: Option<LinkOrigin>,
    /// True: only links whose last write failed.
    pub failing: Option<bool>,
    /// Most links in the answer: 1 to 500; 100 if omitted.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next` of the page read last.
    pub after: Option<String>,
}

/// Which links to export, and how.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TargetLinksExportQuery {
    /// Only devices of the instance of this name.
    pub instance: Option<InstanceName>,
    /// What stands between two columns; `comma` if omitted.
    #[param(inline)]
    pub separator: Option<ListSeparator>,
}

/// A page of links.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TargetLinksView {
    /// Those that match, within the caller's instances, in the order of instance and device id.
    pub links: Vec<TargetLinkView>,
    /// Number of all that match.
    pub total: u64,
    /// `after` of the next page; null on the last page.
    pub next: Option<String>,
}

/// Which record over there belongs to a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetLinkView {
    /// Name of the instance.
    pub instance: InstanceName,
    /// Intune device id.
    pub device_id: DeviceId,
    /// Name of the device; null: it has none, or it is gone.
    pub device_name: Option<String>,
    /// Its serial number; null as `deviceName`.
    pub serial_number: Option<String>,
    /// Id of the record over there; null: it is being made.
    pub record: Option<String>,
    /// Where the record comes from.
    pub origin: LinkOrigin,
    /// Where the link stands.
    pub phase: LinkPhase,
    /// The user that the record is assigned to, as the other side calls them; null: nobody.
    pub user: Option<String>,
    /// When the link was made.
    pub created_at: DateTime<Utc>,
    /// When the other side last confirmed a write; null: never.
    pub written_at: Option<DateTime<Utc>>,
    /// Why the last write failed; null: it did not.
    pub last_error: Option<LinkErrorView>,
}

/// Why a record could not be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkErrorView {
    /// Short and stable.
    pub code: String,
    /// What went wrong, one sentence.
    pub message: String,
    /// What to do about it.
    pub advice: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Which links to forget.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ForgetLinksBody {
    /// Name of an instance; omitted: of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// Intune device id; omitted: of all devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<DeviceId>,
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinksForgotten {
    /// Number of links.
    pub forgotten: u64,
}

/// A device that is written again, whether it has changed or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResendTargetBody {
    /// Name of the instance.
    pub instance: InstanceName,
    /// Intune device id.
    pub device_id: DeviceId,
}

word_enum! {
    /// What a run is for.
    pub enum TargetRunKind {
        /// It writes what changed.
        Normal "normal",
        /// It writes the first records after a change of the mapping.
        Canary "canary",
        /// It puts back what another run wrote.
        Revert "revert",
    }
}

/// The runs of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TargetRunsView {
    /// The newest 100, newest first.
    pub runs: Vec<TargetRunView>,
}

/// One stretch of work whose writes can be put back together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetRunView {
    /// Its number.
    pub run: i64,
    /// What it is for.
    pub kind: TargetRunKind,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; null: it has not.
    pub ended_at: Option<DateTime<Utc>>,
    /// SHA-256 of the mapping that it wrote by.
    pub mapping_digest: String,
    /// What it wrote.
    pub counts: WriteCounts,
    /// Number of the run that it puts back; null: none.
    pub reverts: Option<i64>,
    /// Number of the newest run that put this one back; null: none did.
    pub reverted_by: Option<i64>,
}

/// What became of the records of a run that was put back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevertView {
    /// Fields that have their value from before again.
    pub put_back: u64,
    /// Records that these fields are of.
    pub records: u64,
    /// Fields that somebody changed since, or that could not be put back: they stay as they are.
    pub left: Vec<LeftFieldView>,
    /// False: it took too long, and was ended before the last record; the same request goes on.
    pub complete: bool,
}

/// A field that was not put back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftFieldView {
    /// Name of the instance.
    pub instance: InstanceName,
    /// Intune device id.
    pub device_id: DeviceId,
    /// Id of the record over there.
    pub record: String,
    /// Name of the field over there; null: the whole record.
    pub field: Option<String>,
    /// The value that the run wrote.
    pub ours: Value,
    /// The value that it has now.
    pub now: Value,
    /// Why it was not put back, one sentence.
    pub reason: String,
}
