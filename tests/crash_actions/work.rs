//! What is asked for: jobs over devices of all platforms. No verb whose repetition does harm is asked for twice of one
//! device, so whatever it did twice is one task's second effect.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use intune_connector::actions::specs::{ActionParameters, ActionSpec};
use intune_connector::actions::subject::Subject;
use intune_connector::model::{ActionDanger, ActionKind, JobId};
use serde_json::{Value, json};
use simulated_tenant::world::Dice;
use uuid::Uuid;

use super::bus::INSTANCE;
use super::wire::Known;

/// Devices of one job, at most.
const TOGETHER: usize = 3;
/// How far ahead devices of one job are looked for.
const AHEAD: usize = 40;

const ALL: &[ActionKind] = &[
    ActionKind::RemoteLock,
    ActionKind::Reboot,
    ActionKind::Notify,
    ActionKind::ResetPasscode,
    ActionKind::Locate,
    ActionKind::ShutDown,
    ActionKind::RotateBitLockerKeys,
    ActionKind::DefenderScan,
    ActionKind::EditNotes,
    ActionKind::Retire,
    ActionKind::Wipe,
    ActionKind::Delete,
];

/// A job as it was handed in.
pub struct Handed {
    pub raw: Value,
    pub verb: ActionKind,
    pub devices: Vec<Uuid>,
    /// Once the bus has acknowledged it.
    pub receipt: Option<JobId>,
    /// Rightly: a device that it names has gone meanwhile.
    pub is_refused: bool,
}

pub struct Work {
    open: VecDeque<(ActionKind, Uuid)>,
    /// A wipe is asked for right behind their retire.
    overtaken: BTreeSet<Uuid>,
    seqs: BTreeMap<Uuid, i64>,
    /// Devices that can be asked to check in.
    can_sync: Vec<Uuid>,
    dice: Dice,
    pub handed: BTreeMap<String, Handed>,
}

impl Work {
    /// `only`: these verbs and no others, for a control.
    pub fn plan(devices: &[Value], known: &[Known], only: &[ActionKind], mut dice: Dice) -> Work {
        let seqs: BTreeMap<Uuid, i64> = known.iter().map(|known| (known.id, known.seq)).collect();
        let mut overtaken = BTreeSet::new();
        let mut turns: Vec<(usize, u64, ActionKind, Uuid)> = Vec::new();
        let mut can_sync = Vec::new();
        for device in devices {
            let Some(subject) = Subject::from_device(device).filter(|subject| seqs.contains_key(&subject.id.0)) else {
                continue;
            };
            let verbs = ALL.iter().filter(|verb| only.is_empty() || only.contains(verb));
            let fits =
                |verb: &&ActionKind| (ActionSpec::for_action(**verb).fits)(&subject, &parameters(**verb)).is_ok();
            if fits(&&ActionKind::Sync) {
                can_sync.push(subject.id.0);
            }
            let (last, mut first): (Vec<ActionKind>, Vec<ActionKind>) = verbs
                .filter(fits)
                .copied()
                .partition(|verb| verb.danger() == ActionDanger::Destructive);
            for place in (1..first.len()).rev() {
                first.swap(place, dice.below(place + 1));
            }
            // One way to lose it, or a retire that a wipe overtakes; some devices stay.
            match last.as_slice() {
                [] => (),
                both if dice.per_mille(250)
                    && both.contains(&ActionKind::Retire)
                    && both.contains(&ActionKind::Wipe) =>
                {
                    let place = dice.below(first.len() + 1);
                    first.insert(place, ActionKind::Retire);
                    overtaken.insert(subject.id.0);
                }
                some if dice.per_mille(750) => {
                    let place = dice.below(first.len() + 1);
                    first.insert(place, *dice.pick(some));
                }
                _ => (),
            }
            let placed = first.into_iter().enumerate();
            turns.extend(placed.map(|(turn, verb)| (turn, dice.roll(), verb, subject.id.0)));
        }
        turns.sort_unstable();
        Work {
            open: turns.into_iter().map(|(_, _, verb, id)| (verb, id)).collect(),
            overtaken,
            seqs,
            can_sync,
            dice,
            handed: BTreeMap::new(),
        }
    }

    /// Nothing but repeatable verbs is left.
    pub fn is_used_up(&self) -> bool {
        self.open.is_empty()
    }

    /// A new job. There is always one: those that can be asked to check in can be asked again and again.
    pub fn next(&mut self) -> Value {
        let Some((verb, first)) = self.open.pop_front() else {
            return self.sync();
        };
        let mut devices = vec![first];
        let wanted = 1 + self.dice.below(TOGETHER);
        let mut place = 0;
        while devices.len() < wanted && place < self.open.len().min(AHEAD) {
            match self.open[place] {
                (other, id) if other == verb && !devices.contains(&id) => {
                    devices.push(id);
                    self.open.remove(place);
                }
                _ => place += 1,
            }
        }
        if verb == ActionKind::Retire {
            let overtaken = devices.iter().filter(|id| self.overtaken.contains(id));
            overtaken.for_each(|id| self.open.push_front((ActionKind::Wipe, *id)));
        }
        self.hand(verb, devices)
    }

    pub fn sync(&mut self) -> Value {
        let id = *self.dice.pick(&self.can_sync);
        self.hand(ActionKind::Sync, vec![id])
    }

    fn hand(&mut self, verb: ActionKind, devices: Vec<Uuid>) -> Value {
        let name = format!("job-{:05}", self.handed.len() + 1);
        let raw = json!({
            "id": name, "instance": INSTANCE, "action": verb.name(), "devices": self.name_devices(&devices),
            "parameters": parameters(verb).0, "confirm": verb.name(), "expectDevices": devices.len(),
            "reason": "crash campaign",
        });
        let handed = Handed {
            raw: raw.clone(),
            verb,
            devices,
            receipt: None,
            is_refused: false,
        };
        self.handed.insert(name, handed);
        raw
    }

    fn name_devices(&self, devices: &[Uuid]) -> Vec<Value> {
        let named = devices.iter().map(|id| json!({"id": id, "seq": self.seqs[id]}));
        named.collect()
    }

    /// Devices are shown with other numbers from now on.
    pub fn see_devices(&mut self, known: &[Known]) {
        self.seqs.extend(known.iter().map(|known| (known.id, known.seq)));
    }

    /// A job that was handed in, for the same devices as they are shown now.
    pub fn as_seen_now(&self, name: &str) -> Value {
        let handed = &self.handed[name];
        let mut job = handed.raw.clone();
        job["devices"] = self.name_devices(&handed.devices).into();
        job
    }

    /// Handed in and never acknowledged: a caller sends those again.
    pub fn unacknowledged(&self) -> Vec<Value> {
        let open = self
            .handed
            .values()
            .filter(|handed| handed.receipt.is_none() && !handed.is_refused);
        open.map(|handed| handed.raw.clone()).collect()
    }

    /// One that was acknowledged before.
    pub fn any_acknowledged(&mut self) -> Option<Value> {
        let known: Vec<&Handed> = self.handed.values().filter(|handed| handed.receipt.is_some()).collect();
        if known.is_empty() {
            None
        } else {
            Some(self.dice.pick(&known).raw.clone())
        }
    }
}

fn parameters(verb: ActionKind) -> ActionParameters {
    let value = match verb {
        ActionKind::Notify => json!({"notificationTitle": "Crash", "notificationBody": "A campaign"}),
        ActionKind::DefenderScan => json!({"quickScan": true}),
        ActionKind::EditNotes => json!({"notes": "seen by the campaign"}),
        _ => json!({}),
    };
    match value {
        Value::Object(map) => ActionParameters(map),
        _ => ActionParameters::default(),
    }
}
