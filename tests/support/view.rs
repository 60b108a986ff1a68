//! A naive management server: applies changes in their order and complains about whatever breaks a promise. Written
//! apart from the product's own, or one mistake would hide another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use intune_connector::model::{ChangeKind, DeviceBody, FeedChange};

#[derive(Debug, Default, Clone)]
pub struct View {
    /// Instance and device id, to the device's name and the sequence number that told it.
    pub devices: BTreeMap<(String, String), (String, i64)>,
    /// The same devices whole, as they were told: for those who compare more than names.
    pub bodies: BTreeMap<(String, String), Arc<str>>,
    pub gone: Vec<(String, String)>,
    /// Open snapshots, with what was seen in them.
    open: BTreeMap<String, BTreeSet<String>>,
    last_seq: BTreeMap<(String, String), i64>,
}

/// A device, as it is told or as it was read.
pub trait Json {
    fn text(&self) -> String;
}

impl Json for DeviceBody {
    fn text(&self) -> String {
        self.to_json()
    }
}

impl Json for Box<serde_json::value::RawValue> {
    fn text(&self) -> String {
        self.get().to_owned()
    }
}

impl View {
    pub fn apply<D: Json>(&mut self, changes: &[FeedChange<D>]) {
        for change in changes {
            if let Err(complaint) = self.take(change) {
                panic!("{complaint}");
            }
        }
    }

    /// Applies one change, or says which promise it breaks.
    pub fn take<D: Json>(&mut self, change: &FeedChange<D>) -> Result<(), String> {
        let instance = change.instance.to_string();
        let id = || change.device_id.map(|id| id.to_string()).ok_or("it names no device");
        match change.kind {
            ChangeKind::SnapshotBegin => _ = self.open.insert(instance, BTreeSet::new()),
            ChangeKind::SnapshotEnd => {
                let seen = self.open.remove(&instance).ok_or("an end mark without a begin mark")?;
                let set_aside: BTreeSet<String> = change.set_aside.iter().map(ToString::to_string).collect();
                for id in &set_aside {
                    self.last_seq.remove(&(instance.clone(), id.clone()));
                }
                let stays =
                    |(of, id): &(String, String)| *of != instance || seen.contains(id) || set_aside.contains(id);
                self.devices.retain(|key, _| stays(key));
                self.bodies.retain(|key, _| stays(key));
            }
            ChangeKind::Upsert => self.upsert(instance, id()?, change)?,
            ChangeKind::Gone => {
                let id = id()?;
                if let Some(seen) = self.open.get_mut(&instance) {
                    seen.remove(&id);
                }
                let key = (instance, id.clone());
                self.devices.remove(&key);
                self.bodies.remove(&key);
                self.gone
                    .push((id, format!("{:?}", change.reason.ok_or("a gone without its reason")?)));
            }
        }
        Ok(())
    }

    fn upsert<D: Json>(&mut self, instance: String, id: String, change: &FeedChange<D>) -> Result<(), String> {
        let seq = change.seq.ok_or("an upsert without its place")?.0;
        let body = change.device.as_ref().ok_or("an upsert without its device")?.text();
        let device: serde_json::Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
        let name = device["deviceName"].as_str().unwrap_or_default().to_owned();
        let key = (instance.clone(), id.clone());
        let before = self.last_seq.insert(key.clone(), seq);
        if !self.open.contains_key(&instance) && before.is_some_and(|before| before > seq) {
            return Err(format!("out of order: {id}"));
        }
        if let Some(seen) = self.open.get_mut(&instance) {
            seen.insert(id);
        }
        self.bodies.insert(key.clone(), body.as_str().into());
        self.devices.insert(key, (name, seq));
        Ok(())
    }

    /// Whether a snapshot of this instance is under way.
    pub fn in_snapshot(&self, instance: &str) -> bool {
        self.open.contains_key(instance)
    }

    pub fn names(&self) -> Vec<&str> {
        self.devices.values().map(|(name, _)| name.as_str()).collect()
    }
}
