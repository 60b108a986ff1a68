//! What a person decides about targets: whether writes above what an ordinary day does may go on, and which record belongs
//! to a device that is set aside.

use chrono::{DateTime, Utc};
use connector_core::model::{DeviceId, InstanceName, word_enum};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{RecordChangeView, RecordState, SetAsideReason, WriteClass};

/// Numbers of writes, by what they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WriteCounts {
    /// Records that are made.
    #[serde(default)]
    pub create: u64,
    /// Records of which fields change.
    #[serde(default)]
    pub change: u64,
    /// Records that are retired, stocked or deleted.
    #[serde(default)]
    pub retire: u64,
    /// Records that are brought back into use.
    #[serde(default, rename = "move")]
    pub moved: u64,
}

impl WriteCounts {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.create + self.change + self.retire + self.moved
    }

    /// Counts some more.
    pub fn add_writes(&mut self, class: WriteClass, count: u64) {
        match class {
            WriteClass::Create => self.create += count,
            WriteClass::Change => self.change += count,
            WriteClass::Retire => self.retire += count,
            WriteClass::Move => self.moved += count,
        }
    }

    /// Those of one class.
    pub const fn of_class(&self, class: WriteClass) -> u64 {
        match class {
            WriteClass::Create => self.create,
            WriteClass::Change => self.change,
            WriteClass::Retire => self.retire,
            WriteClass::Move => self.moved,
        }
    }
}

/// Planned writes that wait for consent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuestionView {
    /// SHA-256 of the mapping and of all planned writes; consent is given to it.
    pub digest: String,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// Whether the mapping is new, and its first records were written for a look.
    pub canary: bool,
    /// How many writes of each class.
    pub counts: WriteCounts,
    /// The first 100, within the caller's instances; `GET …/question/items` has all.
    pub items: Vec<QuestionItemView>,
    /// Number of all.
    pub total: u64,
    /// Where the mapping is new: the records that were written with it, within the caller's instances.
    pub written: Vec<WrittenView>,
}

/// A planned write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuestionItemView {
    /// Name of the instance.
    pub instance: InstanceName,
    /// Intune device id.
    pub device_id: DeviceId,
    /// Name of the device; null: it has none, or it is gone.
    pub device_name: Option<String>,
    /// What the write does.
    pub class: WriteClass,
    /// Id of the record over there; null: it is made.
    pub record: Option<String>,
}

/// Which of the planned writes to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct QuestionItemsQuery {
    /// Most writes in the answer: 1 to 500; 100 if omitted.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next` of the page read last.
    pub after: Option<String>,
}

/// A page of the planned writes that wait for consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuestionItemsView {
    /// `digest` of the question that asks for them.
    pub digest: String,
    /// Within the caller's instances, in the order of instance, device id and class.
    pub items: Vec<QuestionItemView>,
    /// Number of all that the question asks for.
    pub total: u64,
    /// `after` of the next page; null on the last page.
    pub next: Option<String>,
}

/// A write that the other side confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WrittenView {
    /// Name of the instance.
    pub instance: InstanceName,
    /// Intune device id.
    pub device_id: DeviceId,
    /// Name of the device; null: it has none, or it is gone.
    pub device_name: Option<String>,
    /// Id of the record over there.
    pub record: String,
    /// What the write did.
    pub class: WriteClass,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Field by field.
    pub changes: Vec<RecordChangeView>,
}

/// Consent to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetConsentBody {
    /// `digest` of the question as it was shown.
    pub digest: String,
}

word_enum! {
    /// What is done with a device that was set aside.
    pub enum AsideDecision {
        /// A record that is there becomes its record.
        Adopt "adopt",
        /// It gets a new record.
        Create "create",
        /// It gets none.
        Ignore "ignore",
    }
}

/// The devices that a target has set aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AsideDevicesView {
    /// The first 500, the longest waiting first; those that are decided and not yet written as well.
    pub devices: Vec<AsideDeviceView>,
    /// Number of all within the caller's instances.
    pub total: u64,
}

/// A device for which a person has to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AsideDeviceView {
    /// Name of the instance.
    pub instance: InstanceName,
    /// Intune device id.
    pub device_id: DeviceId,
    /// Name of the device; null: it has none.
    pub device_name: Option<String>,
    /// Why it was set aside.
    pub reason: SetAsideReason,
    /// When it was set aside.
    pub at: DateTime<Utc>,
    /// What tells it from others.
    pub device: AsideDeviceFields,
    /// The records over there that may be its.
    pub records: Vec<AsideRecordView>,
    /// What the other side or the mapping said; null: nothing.
    pub problem: Option<String>,
    /// What a person decided; null: nobody has.
    pub decision: Option<AsideDecision>,
    /// The record that it was decided to have; null: none was named.
    pub decided_record: Option<String>,
    /// Name of the account that decided; null: nobody has.
    pub decided_by: Option<String>,
    /// When it was decided; null: it was not.
    pub decided_at: Option<DateTime<Utc>>,
}

/// What is kept of a device that was set aside, as JSON in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AsideDetail {
    /// What tells the device from others.
    pub device: AsideDeviceFields,
    /// The records over there that may be its.
    pub records: Vec<AsideRecordView>,
    /// What the other side or the mapping said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What tells a device that was set aside from others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AsideDeviceFields {
    /// Name of the device; null: it has none.
    pub device_name: Option<String>,
    /// Its serial number; null: it has none.
    pub serial_number: Option<String>,
    /// Its manufacturer; null: not known.
    pub manufacturer: Option<String>,
    /// Its model; null: not known.
    pub model: Option<String>,
    /// Its operating system; null: not known.
    pub operating_system: Option<String>,
    /// User principal name of its user; null: it has none.
    pub user: Option<String>,
    /// Its last check-in; null: not known.
    pub last_sync: Option<DateTime<Utc>>,
}

/// A record over there that may belong to a device that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AsideRecordView {
    /// Id of the record over there.
    pub record: String,
    /// The Intune device id that it has; null: none.
    pub device_id: Option<DeviceId>,
    /// Its name; null: it has none, or it is that of a device beyond the caller's instances.
    pub name: Option<String>,
    /// Its serial number; null as `name`.
    pub serial_number: Option<String>,
    /// Whether it is in use.
    pub state: RecordState,
    /// The user that it is assigned to; null as `name`.
    pub user: Option<String>,
    /// Whether another synchronisation over there keeps it.
    pub synced_by_others: bool,
}

/// Decides about a device that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AsideDecisionBody {
    /// What is done with it.
    pub decision: AsideDecision,
    /// The record that it gets, one of those that are shown; only to adopt one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}
