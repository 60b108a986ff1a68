//! Pages of a scan: their devices, the changes and the scan's progress commit in one transaction (F2).
//!
//! What becomes of a device is decided by a pure function that the flow hands in; this room only looks up, asks and
//! writes. If the process dies before the commit, the pages are read again; after it, the scan goes on behind them.
//! Some pages go together: what they have in common (the seen rows, the scan's row, the leaves of the indexes) is written
//! once. They are asked for one after the other while the transaction is open, so they are never in memory together.
//!
//! `look_up`: what is known of a page's devices before they are parsed. `device_writer`: one device judged and written,
//! `held_device`: as it stood before. `same_hardware`: the same hardware under another id; `hardware_index`: where to look
//! for it. `enrich`: what single GETs add; `device_users`: what the users of a device add. `commit`: all of it together; what
//! a change moved goes into the history with it ([`super::history`]).

mod commit;
mod device_users;
mod device_writer;
mod enrich;
mod hardware_index;
mod held_device;
mod look_up;
mod same_hardware;
mod stored_body;

use std::sync::{Arc, PoisonError};

use rusqlite::Connection;

pub use device_users::{DueDevice, UsersReading};
pub(super) use device_writer::find_row;
pub(crate) use hardware_index::HardwareIndex;
pub use look_up::{DeviceRowLookup, LookedUpDevice};
pub(crate) use stored_body::StoredBody;

/// By which the rows of an Entra device id are looked up.
pub(crate) fn entra_mark(instance: crate::model::InstanceId, entra: &str) -> Option<i64> {
    same_hardware::hardware_mark(instance, same_hardware::HardwareIdKind::Entra, Some(entra))
}

use super::write_marks::WriteConcern;
use super::{Store, StoreError};
use crate::model::{
    BitSet, BodyDifference, DeviceBody, DeviceVerdict, IncomingDevice, InstanceId, RejectedRecord, Row, ScanId,
    ScanSummary, StoredDevice, Timestamp,
};

/// Decides what becomes of a device: what is stored (if anything), what was read, when, and the time now.
pub type DecideDevice =
    Arc<dyn Fn(Option<&StoredDevice>, &IncomingDevice, Timestamp, Timestamp) -> DeviceVerdict + Send + Sync>;
/// Joins what LIST owns with what a GET learned.
pub type MergeEnrichment = Arc<dyn Fn(&str, Option<&str>) -> String + Send + Sync>;
/// Says what differs between a device's body as it was, with what a GET had learned of it, and as it is.
pub type CompareBodies = Arc<dyn Fn(&DeviceBody, Option<&str>, &DeviceBody) -> BodyDifference + Send + Sync>;

/// Where a device may be found in the store: a hint that saves looking, no promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowHint {
    At(Row),
    /// It was not there when its page was looked up, and no page on its way holds it.
    Nowhere,
    Unsure,
}

/// A device on its way to the writer.
#[derive(Debug, Clone)]
pub struct PendingDevice {
    pub row_hint: RowHint,
    pub incoming: IncomingDevice,
}

impl From<IncomingDevice> for PendingDevice {
    fn from(incoming: IncomingDevice) -> Self {
        PendingDevice {
            row_hint: RowHint::Unsure,
            incoming,
        }
    }
}

/// A record that could not be read (S8), or a property of one.
#[derive(Debug, Clone)]
pub struct RejectedPageRecord {
    pub record: RejectedRecord,
    /// What a record without an id is known by: a hash of its bytes.
    pub content_hash: [u8; 16],
}

/// What one page brought.
#[derive(Debug, Clone)]
pub struct PageRead {
    /// When Graph answered; an older read never overwrites a newer one (S4).
    pub read_at: Timestamp,
    /// Devices whose bytes are the same as before: seen, and nothing else.
    pub unchanged: Vec<Row>,
    /// Those of them which an earlier scan had doubted.
    pub no_longer_doubted: Vec<Row>,
    pub pending: Vec<PendingDevice>,
    pub rejected: Vec<RejectedPageRecord>,
}

/// One page of a list, and what comes behind it.
#[derive(Debug)]
pub struct ListPage {
    pub read: PageRead,
    pub continuation: ScanContinuation,
}

/// Where a walk stands behind a page.
#[derive(Debug, Clone)]
pub struct ScanContinuation {
    /// Graph's clock when it sent the page.
    pub date: Timestamp,
    /// Requests that the page took.
    pub requests: u64,
    pub link: Option<String>,
    /// Hashes of the links followed so far.
    pub links: Vec<u64>,
    /// It was the list's last page.
    pub last: bool,
}

/// Pages that follow each other, and where the scan stands before the first of them. The writer's transaction asks for
/// one after the other, so only one of them is in memory here.
pub struct PageCommit<P> {
    pub scan: ScanId,
    pub instance: InstanceId,
    pub pages: P,
    pub seen: BitSet,
    pub summary: ScanSummary,
    pub decide: DecideDevice,
    pub merge: MergeEnrichment,
    pub compare: CompareBodies,
}

/// What a commit leaves: where the scan stands, the rows seen so far, and the pages that were not asked for.
pub struct PageCommitOutcome<P> {
    pub summary: ScanSummary,
    pub seen: BitSet,
    pub pages: P,
}

/// What became of the devices of some pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageCounts {
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub left_out: u64,
    /// Known devices that filter or rule leave out now; they wait for the end of the scan (S2).
    pub held: u64,
}

impl PageCounts {
    fn count_verdict(&mut self, verdict: DeviceVerdict) {
        match verdict {
            DeviceVerdict::New => self.new += 1,
            DeviceVerdict::Changed => self.changed += 1,
            DeviceVerdict::Stale | DeviceVerdict::Unchanged | DeviceVerdict::VolatileOnly => self.unchanged += 1,
            DeviceVerdict::LeftOut => {
                self.held += 1;
                self.left_out += 1;
            }
            DeviceVerdict::KeptOut => self.left_out += 1,
        }
    }
}

impl Store {
    /// An operation on devices of an instance that looks for hardware, or says where it is.
    pub(super) async fn write_with_hardware_index<T, F>(
        &self,
        instance: InstanceId,
        operation: F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &mut HardwareIndex) -> Result<T, StoreError> + Send + 'static,
    {
        let hardware_index = self.inner.hardware_index.clone();
        self.write_concerning(WriteConcern::Instance(instance), [], move |connection| {
            let mut hardware_index = hardware_index.lock().unwrap_or_else(PoisonError::into_inner);
            let done = hardware_index
                .ensure_loaded(connection)
                .and_then(|()| operation(connection, &mut hardware_index));
            if done.is_err() {
                hardware_index.reset();
            }
            done
        })
        .await
    }
}
