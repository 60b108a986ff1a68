//! Actions against a simulated tenant, driven by hand: jobs handed in, rounds run, both clocks moved.

use std::sync::Arc;

use chrono::TimeDelta;
use intune_connector::actions::executor::ActionExecutor;
use intune_connector::actions::failpoints::TaskFailpoints;
use intune_connector::actions::guard::{ApprovalRule, BusPolicy, GuardLimits, InstancePolicy, policy_scope};
use intune_connector::actions::job::{JobError, JobIntake, JobReceipt, JobRequester};
use intune_connector::actions::task_runner;
use intune_connector::config::DataFolder;
use intune_connector::graph::BudgetLane;
use intune_connector::model::{ActionKind, JobId, RelaxationRequester, RelaxationRule, RightScope, TaskState};
use intune_connector::store::{JobWithTasks, NewOperator, OperatorKind, OperatorRow, POLICY_BUS, TaskRow};
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use super::rig::Rig;

pub struct Workshop {
    pub rig: Rig,
    pub desk: JobIntake,
    pub alice: OperatorRow,
    pub seams: TaskFailpoints,
    folder: Arc<DataFolder>,
    going_on: watch::Sender<bool>,
}

impl Workshop {
    /// A tenant with one device of each kind; every verb is switched on, limits and approvals are out of the way.
    pub async fn new() -> Workshop {
        let rig = Rig::new(0).await;
        let store = rig.shelf.store.clone();
        let folder = Arc::new(rig.shelf.data_folder());
        let alice = store.add_operator(person("alice")).await.unwrap();
        // Somebody is left who may manage operators, whatever a test does to her.
        let keeper = NewOperator {
            rights: vec!["Operators_*".parse().unwrap()],
            ..person("keeper")
        };
        store.add_operator(keeper).await.unwrap();
        let desk = JobIntake {
            fresh_devices: Some(Arc::new(rig.scanner().graph.in_lane(BudgetLane::Action))),
            store,
            folder: folder.clone(),
            clock: rig.shelf.clock.clone(),
        };
        let workshop = Workshop {
            rig,
            desk,
            alice,
            seams: TaskFailpoints::default(),
            folder,
            going_on: watch::Sender::new(false),
        };
        workshop.bus_policy(500, 500).await;
        workshop.instance_policy(everything()).await;
        workshop
    }

    /// The store as it was when the copy was made (a restore).
    pub fn put_back(self, copy: &std::path::Path) -> Workshop {
        let Workshop { rig, desk, .. } = self;
        drop(desk);
        let rig = rig.put_back(copy);
        let desk = JobIntake {
            fresh_devices: Some(Arc::new(rig.scanner().graph.in_lane(BudgetLane::Action))),
            store: rig.shelf.store.clone(),
            folder: self.folder.clone(),
            clock: rig.shelf.clock.clone(),
        };
        Workshop {
            rig,
            desk,
            alice: self.alice,
            seams: self.seams,
            folder: self.folder,
            going_on: self.going_on,
        }
    }

    pub async fn bus_policy(&self, limit: u64, approval_above: u64) {
        let policy = BusPolicy {
            limits: GuardLimits {
                per_job: limit,
                per_hour: limit,
                per_day: limit,
                operator_per_hour: limit,
                operator_per_day: limit,
                disruptive_per_job: 500_000,
                disruptive_per_hour: 500_000,
            },
            approval: ApprovalRule {
                needed: true,
                always: false,
                above: approval_above,
                per_hour: approval_above,
                per_day: approval_above,
                broken_glass: true,
            },
        };
        let text = serde_json::to_string(&policy).unwrap();
        self.desk.store.set_policy(POLICY_BUS, text).await.unwrap();
    }

    pub async fn instance_policy(&self, policy: InstancePolicy) {
        let scope = policy_scope(self.rig.shelf.instance.id);
        let text = serde_json::to_string(&policy).unwrap();
        self.desk.store.set_policy(&scope, text).await.unwrap();
    }

    /// Puts a device into the tenant; a scan has to bring it.
    pub async fn put(&self, properties: Value) -> String {
        let id = Uuid::new_v4().to_string();
        let mut all = json!({
            "deviceName": format!("DEV-{}", &id[..6]), "serialNumber": format!("SN{}", &id[..8]),
            "userPrincipalName": "user@example.org", "managedDeviceOwnerType": "company", "managementState": "managed",
            "enrolledDateTime": "2026-03-01T08:00:00Z",
        });
        for (key, value) in properties.as_object().unwrap() {
            all[key] = value.clone();
        }
        self.rig
            .control("PUT", &format!("devices/{id}"), json!({ "properties": all }))
            .await;
        id
    }

    pub async fn laptop(&self) -> String {
        let kind = json!({"operatingSystem": "Windows", "osVersion": "10.0.26100.1", "deviceEnrollmentType": "windowsAzureADJoin"});
        self.put(kind).await
    }

    pub async fn mac(&self) -> String {
        let kind = json!({"operatingSystem": "macOS", "osVersion": "15.1", "deviceEnrollmentType": "appleBulkWithUser", "isSupervised": true});
        self.put(kind).await
    }

    pub async fn phone(&self) -> String {
        let kind = json!({"operatingSystem": "iOS", "osVersion": "18.1", "deviceEnrollmentType": "appleBulkWithUser", "isSupervised": true});
        self.put(kind).await
    }

    pub async fn android(&self, enrollment: &str) -> String {
        let kind = json!({"operatingSystem": "Android", "osVersion": "15", "deviceEnrollmentType": enrollment});
        self.put(kind).await
    }

    /// A job as it should be sent: confirmed, counted, each device pinned by the newest sequence number.
    pub async fn body(&self, verb: &str, ids: &[&str], parameters: Value) -> Value {
        let mut devices = Vec::new();
        for id in ids {
            let row = self
                .desk
                .store
                .find_device(self.rig.shelf.instance.id, id.parse().unwrap())
                .await
                .unwrap();
            let seq = row.map_or(0, |row| row.seq.0);
            devices.push(json!({"id": id, "seq": seq}));
        }
        json!({
            "action": verb, "devices": devices, "expectDevices": ids.len(), "confirm": verb, "parameters": parameters,
            "reason": "a test",
        })
    }

    pub async fn try_send(&self, body: Value) -> Result<JobReceipt, JobError> {
        let requester = JobRequester {
            operator: self.alice.clone(),
            server: None,
        };
        self.desk.submit_job(&requester, body, None).await
    }

    pub async fn send(&self, verb: &str, ids: &[&str], parameters: Value) -> JobId {
        let body = self.body(verb, ids, parameters).await;
        self.try_send(body).await.unwrap().job.unwrap()
    }

    pub fn actor(&self) -> ActionExecutor {
        let scanner = self.rig.scanner();
        ActionExecutor {
            store: self.desk.store.clone(),
            graph: scanner.graph.in_lane(BudgetLane::Action),
            instance: scanner.instance,
            name: self.rig.shelf.instance.name.clone(),
            scanner,
            folder: self.folder.clone(),
            policies: Arc::default(),
            clock: self.rig.shelf.clock.clone(),
            failpoints: self.seams.clone(),
        }
    }

    /// Carries out all that is due now.
    pub async fn work(&self) {
        let actor = self.actor();
        task_runner::recover_intents(&actor).await.unwrap();
        while task_runner::run_due_tasks(&actor, &self.going_on.subscribe())
            .await
            .unwrap()
            > 0
        {}
    }

    /// One look at what is due.
    pub async fn round(&self) {
        task_runner::run_due_tasks(&self.actor(), &self.going_on.subscribe())
            .await
            .unwrap();
    }

    /// Lets time pass in steps and works, until nothing more is to be expected within `steps`.
    pub async fn settle(&self, step: TimeDelta, steps: usize) {
        self.work().await;
        for _ in 0..steps {
            self.rig.advance(step);
            self.work().await;
        }
    }

    pub async fn job(&self, id: JobId) -> JobWithTasks {
        self.desk.store.load_job(id).await.unwrap()
    }

    /// The only task of a job.
    pub async fn task(&self, id: JobId) -> TaskRow {
        self.job(id).await.tasks.remove(0).0
    }

    pub async fn state(&self, id: JobId) -> TaskState {
        self.task(id).await.state
    }

    /// Of whatever verb.
    pub fn all_effects(&self, id: &str) -> u64 {
        self.rig.sim.simulated.effects(Some(id.parse().unwrap())).len() as u64
    }

    pub fn effects(&self, id: &str, verb: &str) -> u64 {
        self.rig.sim.simulated.effects_of(id.parse().unwrap(), verb)
    }
}

/// All verbs on, nothing protected.
pub fn everything() -> InstancePolicy {
    InstancePolicy {
        verbs: ActionKind::ALL.iter().copied().collect(),
        ..InstancePolicy::default()
    }
}

/// As an operation whose row says that it can loosen the guard has it.
pub fn asker(by: &OperatorRow) -> RelaxationRequester {
    RelaxationRequester::from_operation(by.id, RelaxationRule::ByContent).unwrap()
}

pub fn person(name: &str) -> NewOperator {
    NewOperator {
        name: name.into(),
        kind: OperatorKind::Person,
        password_hash: Some("$argon2id$".into()),
        rights: vec!["*".parse().unwrap()],
        scope: RightScope::default(),
        created_by: None,
    }
}
