//! Whether a tenant's fleet is proven whole in this epoch of the store (F4), and what is known of records that can't be
//! read (S8, E10).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::word_enums::word_enum;
use super::{DeviceId, Epoch, ScanId};

word_enum! {
    /// Why the last full scan did not prove that it saw every device.
    pub enum UnprovenReason {
        /// No full scan has completed in this epoch of the store.
        NotScanned "notScanned",
        /// The list holds no device at all.
        EmptyList "emptyList",
        /// The tenant says that it has many more devices than the list holds.
        ShortList "shortList",
        /// The list and the number of enrolled devices differ by a few.
        OtherCount "otherCount",
        /// The number of enrolled devices could not be had.
        NoCount "noCount",
        /// Devices are missing from the list, without proof that they have gone.
        Missing "missing",
        /// Devices answer when they are asked for, and do not stand in the list.
        Unlisted "unlisted",
        /// Records without a readable id: nobody knows which devices they are.
        RecordsWithoutId "recordsWithoutId",
        /// More devices were set aside than the mark of a snapshot can name.
        TooManySetAside "tooManySetAside",
        /// The second list differs from the first by more than what enrolled since or is proven gone.
        ListsDiffer "listsDiffer",
        /// All this needs is a second full scan that finds the same.
        SecondScan "secondScan",
    }
}

/// What a full scan that proved nothing left behind: the first of the two lists that are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FleetDoubt {
    pub epoch: Epoch,
    /// The scan whose list the next one is compared with.
    pub scan: ScanId,
    /// When that scan began, and when it had ended.
    pub began: DateTime<Utc>,
    pub ended: DateTime<Utc>,
    /// Full scans one after the other that proved nothing; the pause before the next one grows with them.
    pub tries: u32,
    /// Of the newest scan, which may be a later one.
    pub reasons: Vec<UnprovenReason>,
    pub listed: u64,
    pub expected: Option<u64>,
    pub missing: u64,
    pub unlisted: u64,
    pub without_id: u64,
    /// Devices by which the two lists differ.
    pub differing: u64,
}

/// How far a fleet is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FleetProof {
    /// Proven whole in this epoch: a snapshot may end.
    Proven,
    /// `None`: no full scan of this epoch has been judged yet.
    Open(Option<FleetDoubt>),
}

impl FleetProof {
    pub fn is_proven(&self) -> bool {
        *self == FleetProof::Proven
    }
}

word_enum! {
    /// Why a record, or a property of one, could not be read.
    pub enum RejectionReason {
        /// The record is no JSON object.
        NoObject "noObject",
        /// It is too long, or has too many unknown keys.
        TooLarge "tooLarge",
        /// It has no id.
        NoId "noId",
        /// Its id is no GUID.
        BadId "badId",
        /// A property has another type than Microsoft's schema says.
        WrongType "wrongType",
        /// A date that is none.
        BadDate "badDate",
        /// A value is nested too deeply, or holds broken text.
        BrokenValue "brokenValue",
        /// The instance's filter, or a rule of a device class, can't be evaluated on it.
        Condition "condition",
    }
}

/// A record that was set aside, or a property that was left out of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RejectedRecord {
    /// Intune device id; null: the record has no readable one.
    pub device_id: Option<DeviceId>,
    /// The property that was left out; null: the whole record was set aside.
    #[serde(default)]
    pub property: Option<String>,
    /// Stable code of what is wrong.
    pub reason: RejectionReason,
    /// What is wrong, in words; names fields, never values.
    pub problem: String,
}
