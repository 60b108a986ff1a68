//! Pages of a scan: their devices, the changes and the scan's progress commit in one transaction (F2).
//!
//! What becomes of a device is decided by a pure function that the flow hands in; this room only looks up, asks and
//! writes. If the process dies before the commit, the pages are read again; after it, the scan goes on behind them.
//! Pages that were read while another commit was under way go together: what they have in common (the seen rows, the
//! scan's row, the leaves of the indexes) is written once.
//!
//! `look_up`: what is known of a page's devices before they are parsed. `desk`: one device judged and written. `twin`:
//! the same hardware under another id. `learn`: what single GETs add. `commit`: all of it together.

mod commit;
mod desk;
mod learn;
mod look_up;
mod twin;

use std::sync::Arc;

pub use look_up::{Known, LookUp};

use super::{Store, StoreError};
use crate::model::{BitSet, DeviceId, Incoming, InstanceId, Row, ScanId, ScanSummary, Stored, Timestamp, Verdict};

/// Decides what becomes of a device: what is stored (if anything), what was read, and when.
pub type Decide = Arc<dyn Fn(Option<&Stored>, &Incoming, Timestamp) -> Verdict + Send + Sync>;
/// Joins what LIST owns with what a GET learned.
pub type Merge = Arc<dyn Fn(&str, Option<&str>) -> String + Send + Sync>;

/// Where a device may be found in the store: a hint that saves looking, no promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    At(Row),
    /// It was not there when its page was looked up, and no page on its way holds it.
    Nowhere,
    Unsure,
}

/// A device on its way to the writer.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub place: Place,
    pub incoming: Incoming,
}

impl From<Incoming> for Arrival {
    fn from(incoming: Incoming) -> Self {
        Arrival {
            place: Place::Unsure,
            incoming,
        }
    }
}

/// A record that could not be read (S8).
#[derive(Debug, Clone)]
pub struct SetAside {
    pub id: Option<DeviceId>,
    pub problem: String,
}

/// What one page brought.
#[derive(Debug, Clone)]
pub struct PageRead {
    /// When Graph answered; an older read never overwrites a newer one (S4).
    pub read_at: Timestamp,
    /// Devices whose bytes are the same as before: seen, and nothing else.
    pub same: Vec<Row>,
    /// Those of them which an earlier scan had doubted.
    pub cleared: Vec<Row>,
    pub arrivals: Vec<Arrival>,
    pub set_aside: Vec<SetAside>,
}

/// Pages that follow each other, in their order, and where the scan stands behind the last of them.
pub struct PageCommit {
    pub scan: ScanId,
    pub instance: InstanceId,
    pub pages: Vec<PageRead>,
    pub seen: BitSet,
    pub next_link: Option<String>,
    /// Hashes of the links followed so far.
    pub links: Vec<u64>,
    pub summary: ScanSummary,
    pub decide: Decide,
    pub merge: Merge,
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
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::New => self.new += 1,
            Verdict::Changed => self.changed += 1,
            Verdict::Stale | Verdict::Unchanged | Verdict::Vital => self.unchanged += 1,
            Verdict::LeftOut => {
                self.held += 1;
                self.left_out += 1;
            }
            Verdict::KeptOut => self.left_out += 1,
        }
    }
}

impl Store {
    /// Writes pages and where the scan stands; answers the counts and the rows seen so far.
    pub async fn commit_page(&self, page: PageCommit) -> Result<(PageCounts, ScanSummary, BitSet), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| page.write(connection, now)).await
    }

    /// A device read by itself: proof that it is there, or what a single GET learns. Nothing of a scan moves.
    pub async fn commit_reading(
        &self,
        instance: InstanceId,
        read_at: Timestamp,
        incoming: Incoming,
        decide: Decide,
        merge: Merge,
    ) -> Result<Verdict, StoreError> {
        let now = self.inner.clock.now();
        let arrival = Arrival::from(incoming);
        self.write(move |connection| commit::reading(connection, (instance, read_at, now), &arrival, &decide, &merge))
            .await
    }
}
