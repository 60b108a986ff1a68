//! The other side as the flow knows it: one trait, which each kind implements in a folder of its own.
//!
//! *Adapters decide nothing.* What is found is told as it is, two hits as two; what is to be written comes whole. They
//! translate, send, and say how it ended. An adapter keeps the pace of requests, bounds every answer, follows no redirect,
//! and fits values to what the other side takes (lengths, signs).
//!
//! *Everything may be called again* with the same arguments after a crash, but for a create: after
//! [`TargetFault::LostAnswer`] of one, the flow looks with [`TargetAdapter::find_records`] first. An update or a retirement
//! that has happened already is done.

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use super::source_device::{DeviceKey, SourceDevice};
use super::target_fault::TargetFault;
use super::target_kind::KindProfile;
use super::target_record::{FieldValues, RecordId, RecordPage, TargetField, TargetRecord};
use crate::contract::{CheckStep, RetireAction, WriteClass};
use crate::model::{DeviceId, GoneReason, Timestamp};

pub type TargetFuture<'a, T> = BoxFuture<'a, Result<T, TargetFault>>;

/// How records of a device are looked for.
#[derive(Debug, Clone, Copy)]
pub enum RecordSearch<'a> {
    /// By our id over there, also retired and deleted ones.
    Device(&'a SourceDevice),
    /// By a usable serial number.
    Serial(&'a str),
}

/// What becomes of the user of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UserChange {
    /// As it is.
    Keep,
    /// Nobody has it any more.
    Clear,
    /// By the id over there.
    Assign(String),
}

/// One thing to be done over there.
#[derive(Debug, Clone, PartialEq)]
pub enum PlannedWrite {
    Create {
        key: DeviceKey,
        device: Box<SourceDevice>,
        /// Those that are not empty.
        values: FieldValues,
        /// Category, role or type; empty: the kind's default.
        class_name: String,
        user: UserChange,
    },
    Update {
        key: DeviceKey,
        device: Box<SourceDevice>,
        record: RecordId,
        /// Only what differs. It may be empty: our id over there, the state or the user is what is written.
        values: FieldValues,
        /// Everything that the target keeps, for kinds that send a record whole.
        all: FieldValues,
        /// Whether the record was retired or deleted and comes back into use first.
        restore: bool,
        /// Whether the record may not carry our id over there yet: nothing was written through its link, or that was put back.
        lacks_id: bool,
        /// The device that had this record before under another id.
        replaces: Option<DeviceId>,
        /// As for a create: of what is made for the record now, such as a model. What its record has already stays, or a
        /// category that people chose would move.
        class_name: String,
        user: UserChange,
    },
    Retire {
        key: DeviceKey,
        record: RecordId,
        action: RetireAction,
        reason: GoneReason,
        at: Timestamp,
    },
}

impl PlannedWrite {
    /// The device that it is about.
    pub fn device_key(&self) -> DeviceKey {
        match self {
            PlannedWrite::Create { key, .. } | PlannedWrite::Update { key, .. } | PlannedWrite::Retire { key, .. } => {
                *key
            }
        }
    }

    /// The record that it is about, where there is one already.
    pub fn record_id(&self) -> Option<&RecordId> {
        match self {
            PlannedWrite::Create { .. } => None,
            PlannedWrite::Update { record, .. } | PlannedWrite::Retire { record, .. } => Some(record),
        }
    }

    /// Whom it leaves as the user of the record, as the other side calls them, with an empty text for nobody; `None`: it leaves
    /// whoever has it.
    pub fn left_user(&self) -> Option<&str> {
        match self {
            PlannedWrite::Create { user, .. } | PlannedWrite::Update { user, .. } => match user {
                UserChange::Assign(name) => Some(name),
                UserChange::Clear => Some(""),
                UserChange::Keep => None,
            },
            PlannedWrite::Retire { .. } => Some(""),
        }
    }

    /// The device of the write; `None`: it is gone.
    pub(super) fn into_source(self) -> Option<Box<SourceDevice>> {
        match self {
            PlannedWrite::Create { device, .. } | PlannedWrite::Update { device, .. } => Some(device),
            PlannedWrite::Retire { .. } => None,
        }
    }

    /// How it is counted.
    pub fn write_class(&self) -> WriteClass {
        match self {
            PlannedWrite::Create { .. } => WriteClass::Create,
            PlannedWrite::Update { restore: true, .. } => WriteClass::Move,
            PlannedWrite::Update { .. } => WriteClass::Change,
            PlannedWrite::Retire { .. } => WriteClass::Retire,
        }
    }
}

/// A write that the other side has confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteDone {
    /// The record's id now; some products give a new one.
    pub record: RecordId,
}

/// What the other side says of the end of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInEnd {
    At(Timestamp),
    Never,
    /// It does not know it, does not tell it, or does not answer.
    Untold,
}

/// One installation of one kind.
pub trait TargetAdapter: Send + Sync + 'static {
    fn profile(&self) -> &KindProfile;

    /// Whether the other side would merge this device by its name alone (then it is set aside).
    fn merges_by_name(&self, device: &SourceDevice) -> bool {
        let _ = device;
        false
    }

    /// Before the first device of a worker, within the write window. A kind that keeps the other side itself puts right there
    /// what does not depend on devices. `records`: how many the target has by its links. Asks nothing of other kinds.
    fn begin_work(&self, records: u64) -> TargetFuture<'_, ()> {
        let _ = records;
        Box::pin(std::future::ready(Ok(())))
    }

    /// Many calls that write one record each begin, as in a revert. Until [`Self::end_series`], a kind whose writes cost as much
    /// as a page of them may keep each durably, and show all of them at the end.
    fn begin_series(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn end_series(&self) -> TargetFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// The fields over there that a mapping may name.
    fn list_fields(&self) -> TargetFuture<'_, Vec<TargetField>>;

    /// Whether a mapping may name this field, as far as it is known without asking the other side, and making it would not help.
    fn check_field(&self, name: &str) -> Result<(), TargetFault> {
        let _ = name;
        Ok(())
    }

    /// Makes custom fields that the mapping names and the other side lacks, where the profile says that it can. Answers
    /// those that are still missing, for their owner to make.
    fn make_fields<'a>(&'a self, names: &'a [String]) -> TargetFuture<'a, Vec<String>>;

    /// Records of this device at first contact: by our id (also retired and deleted ones), or by serial number. All of them.
    fn find_records<'a>(&'a self, search: RecordSearch<'a>) -> TargetFuture<'a, Vec<TargetRecord>>;

    /// A page of all records; the first one for `None`. Where the profile says that it can.
    fn list_records(&self, page: Option<String>) -> TargetFuture<'_, RecordPage>;

    /// `None`: it is not there.
    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>>;

    /// The values of a record as they stand now; `None`: it is not there. For a kind that reads them for fewer requests than the
    /// whole record.
    fn read_values<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<FieldValues>> {
        Box::pin(async move {
            let record = self.read_record(id).await?;
            Ok(record.map(|record| record.values))
        })
    }

    /// The id over there of the user with this e-mail address or name, if there is exactly one.
    fn find_user<'a>(&'a self, user: &'a str) -> TargetFuture<'a, Option<String>>;

    /// One result for each write, in order. An error of the whole call stands in each result that it concerns.
    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>>;

    /// Values of one record put back, for a revert.
    fn put_back<'a>(&'a self, id: &'a RecordId, values: &'a FieldValues) -> TargetFuture<'a, ()>;

    /// When what it signs in with ends, by one request. Asked where the settings have a mark of the secret.
    fn read_sign_in_end(&self) -> BoxFuture<'_, SignInEnd> {
        Box::pin(std::future::ready(SignInEnd::Untold))
    }

    /// Steps of `verify`, sent as they end.
    fn verify_connection<'a>(&'a self, steps: mpsc::Sender<CheckStep>) -> BoxFuture<'a, ()>;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::targets::samples_for_tests::{device_key, device_with};

    #[test]
    fn a_write_is_counted_by_what_it_does() {
        let device = Box::new(device_with(json!({})));
        let record = RecordId("7".to_owned());
        let update = |restore| PlannedWrite::Update {
            key: device.key,
            device: device.clone(),
            record: record.clone(),
            values: FieldValues::new(),
            all: FieldValues::new(),
            restore,
            lacks_id: false,
            replaces: None,
            class_name: String::new(),
            user: UserChange::Keep,
        };
        let create = PlannedWrite::Create {
            key: device.key,
            device: device.clone(),
            values: FieldValues::new(),
            class_name: String::new(),
            user: UserChange::Keep,
        };
        let retire = PlannedWrite::Retire {
            key: device_key(1, 1),
            record: record.clone(),
            action: RetireAction::Stock,
            reason: GoneReason::Deleted,
            at: device.changed_at,
        };
        for (write, class, has_record) in [
            (create, WriteClass::Create, false),
            (update(false), WriteClass::Change, true),
            (update(true), WriteClass::Move, true),
            (retire, WriteClass::Retire, true),
        ] {
            assert_eq!(write.write_class(), class);
            assert_eq!(write.record_id().is_some(), has_record);
            assert_eq!(write.device_key(), device_key(1, 1));
        }
    }
}
