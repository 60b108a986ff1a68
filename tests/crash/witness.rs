//! What one server was ever told, kept over its own crashes: what was told once was committed, so nothing older may
//! come after it, whatever has crashed in between.

use std::collections::BTreeMap;

use intune_connector::model::{ChangeKind, FeedChange};
use serde_json::Value;

use super::churn::revision_of;
use super::judge::{Breach, Judge};
use super::view::View;

pub struct Witness {
    server: String,
    judge: Judge,
    told: BTreeMap<String, Told>,
    /// The last place told since the server last asked without a cursor.
    line: Option<i64>,
}

#[derive(Default)]
struct Told {
    seq: i64,
    revision: u64,
    gone: bool,
}

impl Witness {
    pub fn new(server: &str, judge: Judge) -> Witness {
        Witness {
            server: server.to_owned(),
            judge,
            told: BTreeMap::new(),
            line: None,
        }
    }

    /// The server goes on from what it has acknowledged: places begin anew.
    pub fn starts_over(&mut self) {
        self.line = None;
    }

    /// The folder of the bus was put back: what it told before, it may not know any more.
    pub fn forgets(&mut self) {
        self.told.clear();
        self.line = None;
    }

    /// Applies a change to the view and complains about whatever is wrong with it.
    pub fn apply(&mut self, view: &mut View, change: &FeedChange) {
        self.judge.read_one();
        match change.kind {
            ChangeKind::SnapshotBegin => self.line = None,
            // Told again to a server that had kept the end and whose acknowledgement did not arrive.
            ChangeKind::SnapshotEnd if !view.in_snapshot(change.instance.as_str()) => return,
            ChangeKind::SnapshotEnd => {
                let before: Vec<String> = view.devices.keys().map(|(_, id)| id.clone()).collect();
                self.take(view, change);
                let now: Vec<&String> = view.devices.keys().map(|(_, id)| id).collect();
                for id in before.iter().filter(|id| !now.contains(id) && self.judge.exists(id)) {
                    self.complain(Breach::WrongGone, format!("{id} was not in the snapshot, and exists"));
                }
                return;
            }
            ChangeKind::Upsert | ChangeKind::Gone => self.device(change),
        }
        self.take(view, change);
    }

    fn take(&self, view: &mut View, change: &FeedChange) {
        if let Err(complaint) = view.take(change) {
            self.complain(Breach::OutOfOrder, complaint);
        }
    }

    fn device(&mut self, change: &FeedChange) {
        let (Some(id), Some(seq)) = (change.device_id.map(|id| id.to_string()), change.seq.map(|seq| seq.0)) else {
            return self.complain(Breach::Refused, format!("a change without device or place: {change:?}"));
        };
        let mut wrong = Vec::new();
        if let Some(line) = self.line.replace(seq).filter(|line| *line >= seq) {
            wrong.push((Breach::OutOfOrder, format!("place {seq} ({id}) was told after {line}")));
        }
        let told = self.told.entry(id.clone()).or_default();
        if seq < told.seq {
            wrong.push((
                Breach::OutOfOrder,
                format!("{id} was told at place {seq} after place {}", told.seq),
            ));
        }
        match change.kind {
            ChangeKind::Gone if self.judge.exists(&id) => {
                wrong.push((
                    Breach::WrongGone,
                    format!("{id} was told gone ({:?}) and exists", change.reason),
                ));
            }
            ChangeKind::Upsert if told.gone => {
                wrong.push((Breach::CameBack, format!("{id} was told gone and came back")))
            }
            _ => (),
        }
        told.gone |= change.kind == ChangeKind::Gone;
        if let Some(body) = &change.device {
            let device: Value = serde_json::from_str(body.get()).unwrap();
            let revision = revision_of(&device);
            if revision < told.revision {
                let text = format!("{id} was told with revision {revision} after {}", told.revision);
                wrong.push((Breach::OutOfOrder, text));
            }
            told.revision = told.revision.max(revision);
        }
        told.seq = told.seq.max(seq);
        wrong.into_iter().for_each(|(breach, text)| self.complain(breach, text));
    }

    pub fn complain(&self, breach: Breach, text: String) {
        self.judge.complain(breach, format!("{}: {text}", self.server));
    }
}
