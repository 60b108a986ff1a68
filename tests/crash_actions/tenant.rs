//! The simulated tenant: its clock is the campaign's, its answers get lost, its devices take their time.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use intune_connector::actions::specs::{ActionParameters, ActionSpec, CallMethod};
use intune_connector::model::{ActionKind, DeviceId};
use serde_json::Value;
use simulated_tenant::fault::{Again, Fault, Moment, Nesting, Rule};
use simulated_tenant::remote::{ActionState, DELETE, Outcome, Task, Wish};
use simulated_tenant::server::{self, Options, Running};
use simulated_tenant::world::Dice;
use simulated_tenant::{Conduct, SimClock};
use uuid::Uuid;

pub struct Tenant {
    pub running: Running,
    clock: SimClock,
}

/// What the simulator knows of one verb on one device.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    pub effects: u64,
    pub states: Vec<ActionState>,
    /// Overridden by a wipe, retire or delete: nothing will ever become of it.
    pub ignored: bool,
}

impl Tenant {
    pub async fn start(devices: usize, seed: u64) -> Tenant {
        // Whole seconds, as Graph tells them.
        let clock = SimClock::manual(DateTime::from_timestamp(Utc::now().timestamp(), 0).unwrap());
        let mut options = Options::quick(devices, seed);
        options.clock = clock.clone();
        // Each start begins with a budget of its own; the published limits would throttle so many.
        options.tuning.limits.enabled = false;
        options.tuning.actions.caps.enabled = false;
        let running = server::start(options).await.unwrap();
        Tenant { running, clock }
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    pub fn tenant(&self) -> std::sync::Arc<simulated_tenant::Tenant> {
        self.running.simulated.tenants().remove(0)
    }

    /// How devices take everything from now on.
    pub fn conduct(&self, conduct: Conduct) {
        let mut tuning = (*self.running.simulated.tuning()).clone();
        tuning.actions.conduct = conduct;
        self.running.simulated.set_tuning(tuning);
    }

    /// What goes wrong by chance, in a thousand: answers lost before and after the effect, 429, devices that are slow,
    /// fail, or never answer, traces that come late.
    pub fn trouble(&self) {
        let lost = |when, effect| Fault::Reset {
            when,
            bytes: 10,
            effect,
        };
        let status = |status, effect| Fault::Status {
            status,
            code: None,
            message: None,
            body: Nesting::Once,
            effect,
        };
        let answers = [
            (lost(Moment::Before, false), 60),
            (lost(Moment::Before, true), 60),
            (lost(Moment::After, true), 60),
            (status(504, false), 30),
            (status(504, true), 30),
            (status(500, true), 30),
            (status(503, false), 20),
            (
                Fault::Throttled {
                    retry_after: Again::Seconds(1),
                },
                10,
            ),
        ];
        let conduct = |conduct| Fault::Conduct { conduct };
        let devices = [
            (
                conduct(Conduct {
                    shown_after_ms: Some(40_000),
                    ..Conduct::default()
                }),
                120,
            ),
            (
                conduct(Conduct {
                    shown_after_ms: Some(3_600_000),
                    ..Conduct::default()
                }),
                60,
            ),
            (
                conduct(Conduct {
                    shown_after_reads: Some(2),
                    ..Conduct::default()
                }),
                80,
            ),
            (
                conduct(Conduct {
                    outcome: Some(Outcome::Failed),
                    ..Conduct::default()
                }),
                60,
            ),
            (
                conduct(Conduct {
                    outcome: Some(Outcome::NotSupported),
                    ..Conduct::default()
                }),
                40,
            ),
            (
                conduct(Conduct {
                    answers: Some(false),
                    ..Conduct::default()
                }),
                60,
            ),
            (
                conduct(Conduct {
                    pending_ms: Some(120_000),
                    ..Conduct::default()
                }),
                80,
            ),
        ];
        for (fault, chance) in answers.into_iter().chain(devices) {
            for (method, path) in [
                ("POST", "*/managedDevices/*"),
                ("DELETE", "*/managedDevices/*"),
                ("PATCH", "*/managedDevices/*"),
            ] {
                self.arm(Rule {
                    fault: fault.clone(),
                    path: path.to_owned(),
                    method: Some(method.to_owned()),
                    times: 0,
                    chance,
                    ..Rule::default()
                });
            }
        }
    }

    pub fn arm(&self, rule: Rule) -> Option<u64> {
        self.running.simulated.faults().arm(rule)
    }

    /// Everything works from now on; what was held goes on, late.
    pub fn calm(&self) {
        self.running.simulated.faults().clear();
    }

    /// The whole fleet comes back and does what it was told.
    pub fn everybody_checks_in(&self) {
        let now = self.running.simulated.now();
        let tenant = self.tenant();
        let mut world = tenant.world.write().unwrap();
        let ids: Vec<Uuid> = world.behind(None).map(|(_, entry)| entry.device.id).collect();
        for id in ids {
            world.check_in(id, now);
        }
    }

    /// Somebody else deletes devices on which a wipe or retire is pending, with a trace in the audit or (by a rule that
    /// tidies up) without one.
    pub fn somebody_deletes(&self, per_mille: usize, dice: &mut Dice) {
        let now = self.running.simulated.now();
        let tuning = self.running.simulated.tuning();
        let tenant = self.tenant();
        let mut world = tenant.world.write().unwrap();
        let is_pending = |task: &&Task| task.is_open() && matches!(task.verb.name, "wipe" | "retire");
        let pending: Vec<Uuid> = world
            .docket()
            .all()
            .filter(is_pending)
            .map(|task| task.device_id)
            .collect();
        for device_id in pending {
            if world.get(device_id).is_none() || !dice.per_mille(per_mille) {
                continue;
            }
            if dice.per_mille(500) {
                world.remove(device_id);
                continue;
            }
            let wish = Wish {
                device_id,
                verb: &DELETE,
                parameters: Default::default(),
                conduct: Conduct::default(),
                by: "somebody else".to_owned(),
            };
            world.ask(wish, &tuning.actions, now).unwrap();
        }
    }

    /// The devices as they truly are.
    pub async fn devices(&self) -> Vec<Value> {
        let answer = reqwest::get(format!("{}/simulator/devices?view=get", self.running.base))
            .await
            .unwrap();
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        body["devices"].as_array().unwrap().clone()
    }

    pub fn exists(&self, device: Uuid) -> bool {
        self.tenant().world.read().unwrap().get(device).is_some()
    }

    pub fn truth(&self, device: Uuid, verb: &str) -> Truth {
        let tenant = self.tenant();
        let world = tenant.world.read().unwrap();
        let tasks: Vec<_> = world
            .docket()
            .of_device(device)
            .filter(|task| task.verb.name == verb)
            .collect();
        Truth {
            effects: tenant.effects.of(device, verb),
            states: tasks.iter().map(|task| task.state).collect(),
            ignored: tasks.iter().any(|task| task.ignored),
        }
    }

    pub fn effects(&self) -> BTreeMap<(Uuid, &'static str), u64> {
        let by_device = self.tenant().effects.by_device();
        let flat = by_device
            .into_iter()
            .flat_map(|(id, verbs)| verbs.into_iter().map(move |(verb, count)| ((id, verb), count)));
        flat.collect()
    }
}

/// What the simulator calls a verb.
pub fn word(verb: ActionKind) -> String {
    let spec = ActionSpec::for_action(verb);
    let call = (spec.call)(DeviceId(Uuid::nil()), &ActionParameters::default(), spec.version);
    match call.method {
        CallMethod::Delete => "delete".to_owned(),
        CallMethod::Patch => "update".to_owned(),
        CallMethod::Put => "deviceCategory".to_owned(),
        CallMethod::Post => call.step.to_owned(),
    }
}
