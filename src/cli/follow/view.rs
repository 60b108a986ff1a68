//! What a management server knows: the changes it was told, applied one by one. Pure, so that the command, the
//! demonstration, the crash tests and the benchmark are judged by the same code.
//!
//! It keeps the promises of the feed from the reader's side: what it held when a snapshot began and did not see before
//! the snapshot ended has gone, unless the end names it as set aside (F4); a change that comes twice does nothing the second time, so it may be told again
//! after a crash; a change older than what is held is not applied but counted, because the feed promises that this
//! never happens.
//!
//! A view can be written as changes whose replay makes the view again ([`FleetReplica::to_changes`]); that is how it
//! survives a restart, with an open snapshot too.

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_128;

use crate::model::{ChangeKind, DeviceId, FeedChange, GoneReason, InstanceName, Seq};

/// What a server keeps of a device; most need less than the whole.
pub trait RetainedDevice: Sized {
    fn from_body(device: Option<&RawValue>) -> Self;
}

/// Keeps nothing but that the device is there.
impl RetainedDevice for () {
    fn from_body(_: Option<&RawValue>) -> Self {}
}

/// Keeps the whole device.
impl RetainedDevice for Option<Box<RawValue>> {
    fn from_body(device: Option<&RawValue>) -> Self {
        device.map(ToOwned::to_owned)
    }
}

/// Keeps a hash: enough to compare fleets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceDigest(pub u128);

impl RetainedDevice for DeviceDigest {
    fn from_body(device: Option<&RawValue>) -> Self {
        DeviceDigest(xxh3_128(device.map_or("", RawValue::get).as_bytes()))
    }
}

/// What became of the view by one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeEffect {
    Added(DeviceId),
    Changed(DeviceId),
    /// Told again; nothing moved.
    Known(DeviceId),
    /// `None`: it was not in a snapshot any more.
    Gone(DeviceId, Option<GoneReason>),
    SnapshotBegan,
    SnapshotEnded,
    /// Older than what is held: not applied. The feed promises that it never happens.
    OutOfOrder(DeviceId),
    /// A change that lacks what its kind needs: not applied.
    Incomplete,
}

#[derive(Debug)]
struct ReplicaDevice<K> {
    seq: Seq,
    /// Not told since the open snapshot began.
    unseen: bool,
    payload: K,
}

#[derive(Debug)]
struct ReplicaFleet<K> {
    devices: HashMap<DeviceId, ReplicaDevice<K>>,
    snapshot_open: bool,
}

impl<K> Default for ReplicaFleet<K> {
    fn default() -> Self {
        ReplicaFleet {
            devices: HashMap::new(),
            snapshot_open: false,
        }
    }
}

/// A management server's picture of all fleets it is told of.
#[derive(Debug)]
pub struct FleetReplica<K = ()> {
    fleets: BTreeMap<InstanceName, ReplicaFleet<K>>,
    out_of_order: u64,
}

impl<K> Default for FleetReplica<K> {
    fn default() -> Self {
        FleetReplica {
            fleets: BTreeMap::new(),
            out_of_order: 0,
        }
    }
}

impl<K: RetainedDevice> FleetReplica<K> {
    /// Applies one change; the effects in their order. Only the end of a snapshot has more than one.
    pub fn apply_change(&mut self, change: &FeedChange) -> Vec<ChangeEffect> {
        if !self.fleets.contains_key(&change.instance) {
            self.fleets.insert(change.instance.clone(), ReplicaFleet::default());
        }
        let fleet = self
            .fleets
            .get_mut(&change.instance)
            .expect("it was put there just now");
        let effects = match (change.kind, change.device_id) {
            (ChangeKind::Upsert, Some(id)) => vec![fleet.upsert_device(id, change)],
            (ChangeKind::Gone, Some(id)) => fleet.remove_device(id, change).into_iter().collect(),
            (ChangeKind::SnapshotBegin, _) => vec![fleet.begin_snapshot()],
            (ChangeKind::SnapshotEnd, _) => fleet.end_snapshot(&change.set_aside),
            (ChangeKind::Upsert | ChangeKind::Gone, None) => vec![ChangeEffect::Incomplete],
        };
        self.out_of_order += effects
            .iter()
            .filter(|effect| matches!(effect, ChangeEffect::OutOfOrder(_)))
            .count() as u64;
        effects
    }
}

impl<K> FleetReplica<K> {
    /// Devices held, of all instances.
    pub fn len(&self) -> usize {
        self.fleets.values().map(|fleet| fleet.devices.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Changes that were older than what was held; 0 unless the feed broke its promise.
    pub fn out_of_order_count(&self) -> u64 {
        self.out_of_order
    }

    /// Whether a snapshot is under way: devices may be held that have gone.
    pub fn is_snapshot_open(&self) -> bool {
        self.fleets.values().any(|fleet| fleet.snapshot_open)
    }

    pub fn instance_names(&self) -> impl Iterator<Item = &InstanceName> {
        self.fleets.keys()
    }

    /// The devices of one instance, in no order.
    pub fn instance_devices(&self, instance: &InstanceName) -> impl Iterator<Item = (DeviceId, &K)> {
        let fleet = self.fleets.get(instance);
        fleet
            .into_iter()
            .flat_map(|fleet| fleet.devices.iter().map(|(id, held)| (*id, &held.payload)))
    }

    pub fn get(&self, instance: &InstanceName, id: DeviceId) -> Option<&K> {
        self.fleets.get(instance)?.devices.get(&id).map(|held| &held.payload)
    }

    /// Changes whose replay makes this view: what was held before an open snapshot, its begin mark, what was seen since.
    pub fn to_changes<'a, F>(&'a self, body: F) -> impl Iterator<Item = FeedChange> + 'a
    where
        F: Fn(&K) -> Option<Box<RawValue>> + Copy + 'a,
    {
        self.fleets.iter().flat_map(move |(name, fleet)| {
            let device_changes = move |unseen: bool| {
                let held = fleet.devices.iter().filter(move |(_, held)| held.unseen == unseen);
                held.map(move |(id, held)| FeedChange {
                    seq: Some(held.seq),
                    device_id: Some(*id),
                    device: body(&held.payload),
                    ..FeedChange::with_kind(name, ChangeKind::Upsert)
                })
            };
            let begin = fleet
                .snapshot_open
                .then(|| FeedChange::with_kind(name, ChangeKind::SnapshotBegin));
            device_changes(true).chain(begin).chain(device_changes(false))
        })
    }
}

impl<K: RetainedDevice> ReplicaFleet<K> {
    fn upsert_device(&mut self, id: DeviceId, change: &FeedChange) -> ChangeEffect {
        let seq = change.seq.unwrap_or_default();
        let kept = || K::from_body(change.device.as_deref());
        let Some(known) = self.devices.get_mut(&id) else {
            self.devices.insert(
                id,
                ReplicaDevice {
                    seq,
                    unseen: false,
                    payload: kept(),
                },
            );
            return ChangeEffect::Added(id);
        };
        // What was held before the snapshot may have numbers of an older life of the store.
        if !known.unseen && seq < known.seq {
            return ChangeEffect::OutOfOrder(id);
        }
        let is_repeat = seq == known.seq && !known.unseen;
        *known = ReplicaDevice {
            seq,
            unseen: false,
            payload: kept(),
        };
        if is_repeat {
            ChangeEffect::Known(id)
        } else {
            ChangeEffect::Changed(id)
        }
    }

    fn remove_device(&mut self, id: DeviceId, change: &FeedChange) -> Option<ChangeEffect> {
        let known = self.devices.get(&id)?;
        if !known.unseen && change.seq.is_some_and(|seq| seq < known.seq) {
            return Some(ChangeEffect::OutOfOrder(id));
        }
        self.devices.remove(&id);
        Some(ChangeEffect::Gone(id, change.reason))
    }

    fn begin_snapshot(&mut self) -> ChangeEffect {
        self.snapshot_open = true;
        for held in self.devices.values_mut() {
            held.unseen = true;
        }
        ChangeEffect::SnapshotBegan
    }

    fn end_snapshot(&mut self, set_aside: &[DeviceId]) -> Vec<ChangeEffect> {
        if !std::mem::take(&mut self.snapshot_open) {
            return Vec::new();
        }
        for id in set_aside {
            if let Some(held) = self.devices.get_mut(id).filter(|held| held.unseen) {
                // Held from before: whatever is told of it next is newer, even by the numbers of another life of the store.
                (held.unseen, held.seq) = (false, Seq::default());
            }
        }
        let mut unseen: Vec<DeviceId> = self
            .devices
            .iter()
            .filter(|(_, held)| held.unseen)
            .map(|(id, _)| *id)
            .collect();
        unseen.sort_unstable();
        let mut effects: Vec<ChangeEffect> = Vec::with_capacity(unseen.len() + 1);
        for id in unseen {
            self.devices.remove(&id);
            effects.push(ChangeEffect::Gone(id, None));
        }
        effects.push(ChangeEffect::SnapshotEnded);
        effects
    }
}
