//! A device on its way from a Graph answer into the store, and what may become of it there.

use serde::{Deserialize, Serialize};

use super::{DeviceBody, DeviceId, RejectedRecord, Row, Timestamp};

/// Which answer a reading came from; each field is owned by one of them (S4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadSource {
    List,
    Get,
}

/// What makes a device the same one to a human: pinned by actions (A2), compared for re-enrolment (S7).
/// `None` where Graph gave nothing usable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceIdentity {
    pub serial_number: Option<String>,
    pub entra_device_id: Option<String>,
    pub enrolled_date_time: Option<String>,
    pub user_principal_name: Option<String>,
}

/// What moves by itself and is not worth a change (S5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VolatileFields {
    /// `lastSyncDateTime`, seconds since 1970; 0 where never.
    pub last_sync_s: i64,
    /// Fingerprint of the other volatile fields (free space, battery …).
    pub others: u64,
}

/// A device as it was read, normalised and judged by filter and rules; ready for the store.
#[derive(Debug, Clone)]
pub struct IncomingDevice {
    pub id: DeviceId,
    pub source: ReadSource,
    /// Hash of the record's bytes under the current settings: equal means nothing to do.
    pub raw_hash: [u8; 16],
    /// Hash of everything servers care about, without the volatile fields (S5).
    pub fingerprint: [u8; 16],
    pub volatile_fields: VolatileFields,
    pub identity: DeviceIdentity,
    /// Where filter or the rule for personal devices leaves it out: `body` is then empty and nothing but identity is kept.
    pub left_out: bool,
    /// The normalised device, with what this source owns; what the other source owns is merged in by the store
    /// (see `enrichment`).
    pub body: DeviceBody,
    /// For a GET: JSON object with the fields that only a single GET fills (S4).
    pub enrichment: Option<String>,
    /// Properties that could not be read and are nothing in `body`: told, and the device is read anew each time (E10).
    pub rejected_properties: Vec<RejectedRecord>,
}

/// The newest state the store holds of a device, as far as a decision needs it.
#[derive(Debug, Clone)]
pub struct StoredDevice {
    pub row: Row,
    pub present: bool,
    pub left_out: bool,
    pub fingerprint: [u8; 16],
    pub volatile_fields: VolatileFields,
    /// When it was last read, by whatever request (S4).
    pub read_at: Timestamp,
    /// The volatile fields as last published, and when (S5).
    pub published_volatile_fields: VolatileFields,
    pub published_at: Timestamp,
}

/// What to do with a device that was just read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceVerdict {
    /// An older read: nothing is written (S4).
    Stale,
    /// Nothing that matters moved.
    Unchanged,
    /// Only volatile fields moved, and not long enough since they were published: kept, not published (S5).
    VolatileOnly,
    /// Publish: not known before, or back.
    New,
    /// Publish: something servers care about has changed.
    Changed,
    /// Known and let through before, left out now: gone as `filtered`.
    LeftOut,
    /// Not published before and left out: kept as an identity only.
    KeptOut,
}
