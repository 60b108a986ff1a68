//! All that a scan of one instance needs, and what moves along with it. The scan itself is [`super::scan`].

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::watch;

use super::projection::DeviceProjection;
use super::users_refusal::UsersRefusal;
use super::{field_changes, normalise};
use crate::config::InstanceSettings;
use crate::graph::GraphClient;
use crate::model::{BitSet, FleetDoubt, InstanceId, InstanceName, ScanSummary, Timestamp};
use crate::observe::{Clock, Metrics};
use crate::store::{CompareBodies, MergeEnrichment, Store};

/// Where a scan stands, for whoever watches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScanProgress {
    pub pages: u64,
    pub devices: u64,
    pub expected: Option<u64>,
    /// The last page was read: what changes from now on is for another scan.
    pub concluding: bool,
}

/// All that a scan of one instance needs.
#[derive(Clone)]
pub struct InstanceScanner {
    pub store: Store,
    pub graph: GraphClient,
    pub projection: Arc<DeviceProjection>,
    /// Properties that others need of every device, whatever the servers receive: actions are judged by them.
    pub required_properties: Vec<String>,
    /// A list that is asked for everything does not tell `managementState`: where somebody needs that, every property is
    /// asked for by its name.
    pub selects_by_name: bool,
    pub instance: InstanceId,
    /// By which its metrics name it.
    pub name: InstanceName,
    pub settings: Arc<InstanceSettings>,
    pub clock: Clock,
    pub metrics: Metrics,
    pub progress: watch::Sender<ScanProgress>,
    /// Graph does not tell the users of devices; `None`: it does, or was not asked.
    pub users_refusal: watch::Sender<Option<UsersRefusal>>,
}

/// What moves along with the pages that are committed.
pub struct RunningScan {
    pub summary: ScanSummary,
    pub seen: BitSet,
    pub(super) missed: Arc<AtomicU64>,
    /// Check-ins before this should have been brought by an incremental (S3); `None` where there was none.
    pub(super) covered_until_s: Option<i64>,
    /// By our own clock.
    pub(super) began: Timestamp,
    /// What an earlier full scan of this epoch left open (F4).
    pub(super) doubt: Option<FleetDoubt>,
}

pub(super) fn enrichment_merger() -> MergeEnrichment {
    Arc::new(normalise::merge_enrichment)
}

pub(super) fn body_comparer() -> CompareBodies {
    Arc::new(field_changes::compare_bodies)
}
