//! A naive management server: applies changes in their order and complains about whatever breaks a promise. Written
//! apart from the product's own, or one mistake would hide another.

use std::collections::{BTreeMap, BTreeSet};

use intune_connector::model::{Change, Kind};

#[derive(Debug, Default)]
pub struct View {
    /// Instance and device id, to the device's name and the sequence number that told it.
    pub devices: BTreeMap<(String, String), (String, i64)>,
    pub gone: Vec<(String, String)>,
    /// Open snapshots, with what was seen in them.
    open: BTreeMap<String, BTreeSet<String>>,
    last_seq: BTreeMap<(String, String), i64>,
}

impl View {
    pub fn apply(&mut self, changes: &[Change]) {
        changes.iter().for_each(|change| self.one(change));
    }

    fn one(&mut self, change: &Change) {
        let instance = change.instance.to_string();
        match change.kind {
            Kind::SnapshotBegin => _ = self.open.insert(instance, BTreeSet::new()),
            Kind::SnapshotEnd => {
                let seen = self.open.remove(&instance).expect("an end mark has a begin mark");
                self.devices.retain(|(of, id), _| *of != instance || seen.contains(id));
            }
            Kind::Upsert => {
                let id = change.device_id.expect("an upsert names its device").to_string();
                let seq = change.seq.expect("an upsert has its place").0;
                let body: serde_json::Value = serde_json::from_str(change.device.as_ref().unwrap().get()).unwrap();
                let name = body["deviceName"].as_str().unwrap_or_default().to_owned();
                let key = (instance.clone(), id.clone());
                let before = self.last_seq.insert(key.clone(), seq);
                assert!(
                    self.open.contains_key(&instance) || before.is_none_or(|before| before <= seq),
                    "out of order: {id}"
                );
                if let Some(seen) = self.open.get_mut(&instance) {
                    seen.insert(id);
                }
                self.devices.insert(key, (name, seq));
            }
            Kind::Gone => {
                let id = change.device_id.expect("a gone names its device").to_string();
                if let Some(seen) = self.open.get_mut(&instance) {
                    seen.remove(&id);
                }
                self.devices.remove(&(instance, id.clone()));
                self.gone
                    .push((id, format!("{:?}", change.reason.expect("a gone has its reason"))));
            }
        }
    }

    pub fn names(&self) -> Vec<&str> {
        self.devices.values().map(|(name, _)| name.as_str()).collect()
    }
}
