//! What was accepted, counted. A retry that must not be shows here as a second effect of the same verb on the same
//! device, whatever the client was told and whatever its traces say.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::state::lock;

/// Effects kept with their requests. The counts go on beyond: a row for each device and verb.
const MAX_KEPT: usize = 200_000;

/// One request that had an effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// From 1, in the order in which they happened.
    pub number: u64,
    pub device_id: Uuid,
    /// The action's name in Graph; `delete`, `update` and `deviceCategory` for what is no action there.
    pub verb: &'static str,
    pub at: DateTime<Utc>,
    /// What it did beyond its name: a delete that wipes says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consequence: Option<&'static str>,
    /// `v1.0` or `beta`.
    pub version: &'static str,
    pub client_id: String,
    pub request_id: String,
    pub client_request_id: String,
    pub parameters: Value,
}

#[derive(Debug, Default)]
pub struct Effects(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    total: u64,
    kept: Vec<Effect>,
    counts: BTreeMap<(Uuid, &'static str), u64>,
}

impl Effects {
    /// Counts it; its number is given here.
    pub fn count(&self, mut effect: Effect) {
        let mut inner = lock(&self.0);
        inner.total += 1;
        effect.number = inner.total;
        *inner.counts.entry((effect.device_id, effect.verb)).or_default() += 1;
        if inner.kept.len() < MAX_KEPT {
            inner.kept.push(effect);
        }
    }

    /// In the order in which they happened.
    pub fn all(&self) -> Vec<Effect> {
        lock(&self.0).kept.clone()
    }

    pub fn of_device(&self, id: Uuid) -> Vec<Effect> {
        let inner = lock(&self.0);
        inner
            .kept
            .iter()
            .filter(|effect| effect.device_id == id)
            .cloned()
            .collect()
    }

    /// How often this verb took effect on this device.
    pub fn of(&self, id: Uuid, verb: &str) -> u64 {
        let inner = lock(&self.0);
        let counts = inner.counts.iter();
        counts
            .filter(|((device, name), _)| *device == id && *name == verb)
            .map(|(_, count)| count)
            .sum()
    }

    pub fn by_verb(&self) -> BTreeMap<&'static str, u64> {
        let mut totals = BTreeMap::new();
        for ((_, verb), count) in &lock(&self.0).counts {
            *totals.entry(*verb).or_default() += count;
        }
        totals
    }

    pub fn by_device(&self) -> BTreeMap<Uuid, BTreeMap<&'static str, u64>> {
        let mut devices: BTreeMap<Uuid, BTreeMap<&'static str, u64>> = BTreeMap::new();
        for ((device, verb), count) in &lock(&self.0).counts {
            devices.entry(*device).or_default().insert(verb, *count);
        }
        devices
    }

    /// Devices on which a verb took effect more than once.
    pub fn doubles(&self) -> Vec<(Uuid, &'static str, u64)> {
        let inner = lock(&self.0);
        let twice = inner.counts.iter().filter(|(_, count)| **count > 1);
        twice.map(|((device, verb), count)| (*device, *verb, *count)).collect()
    }

    pub fn clear(&self) {
        *lock(&self.0) = Inner::default();
    }
}
