//! What was counted of fleets, for all who ask.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::Mutex;

use super::remembered::Making;
use crate::model::InstanceId;
use crate::store::{EndedTasks, ScanCounts};

/// The devices of one instance, or of several together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FleetCounts {
    pub devices: u64,
    pub platforms: BTreeMap<String, u64>,
    pub compliance: BTreeMap<String, u64>,
    pub ownership: BTreeMap<String, u64>,
    pub check_in_ages: BTreeMap<&'static str, u64>,
}

/// What is known of one instance.
#[derive(Debug, Clone, Default)]
pub(super) struct InstanceCounts {
    pub fleet: FleetCounts,
    /// Of the last days.
    pub scans: Vec<ScanCounts>,
}

/// What was counted, for all who ask.
#[derive(Default)]
pub(super) struct FleetCache(pub(super) Mutex<CountedFleets>);

/// When each was counted, and what was found.
#[derive(Default)]
pub(super) struct CountedFleets {
    pub instances: HashMap<InstanceId, (Making, Arc<InstanceCounts>)>,
    pub tasks: Option<(Making, Arc<Vec<EndedTasks>>)>,
}
