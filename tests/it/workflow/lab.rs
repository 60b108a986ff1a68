//! An engine over a simulated tenant, driven by hand: runs begun, calls bent, the process killed at any of its writes.

use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use intune_connector::actions::executor::ActionExecutor;
use intune_connector::actions::job::JobIntake;
use intune_connector::actions::task_runner;
use intune_connector::app::workflows::{self, DefinitionSource, LaunchContext};
use intune_connector::contract::ActivitySignature;
use intune_connector::inventory::scan::InstanceScanner;
use intune_connector::inventory::scan_runner::{RunnerCommand, ScanRunnerStatus};
use intune_connector::model::{RunState, ScanKind};
use intune_connector::store::{NewRun, RunRow, StepRow, Store};
use intune_connector::workflow::consent::DefinitionOrigin;
use intune_connector::workflow::reader::read_definition;
use intune_connector::workflow::{Activity, ActivityCall, ActivityError, ActivityRegistry, WorkflowFailpoints};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, watch};

use crate::support::wait::found;
use crate::support::workshop::Workshop;

/// Points of a fuse that never blows.
pub const MANY: i64 = 1_000_000;

pub struct Lab {
    pub shop: Workshop,
    ticks: watch::Sender<u64>,
    status: watch::Sender<ScanRunnerStatus>,
    commands: mpsc::Sender<RunnerCommand>,
    scanner: InstanceScanner,
    actor: ActionExecutor,
    going_on: watch::Receiver<bool>,
    _go_on: watch::Sender<bool>,
}

/// How a run was left.
#[derive(Debug)]
pub enum Left {
    Ended(Box<RunRow>),
    /// The engine died.
    Died,
}

impl Left {
    pub fn ended(self) -> RunRow {
        match self {
            Left::Ended(row) => *row,
            Left::Died => panic!("the engine died"),
        }
    }
}

impl Lab {
    pub async fn new() -> Lab {
        let shop = Workshop::new().await;
        let (commands, mut received) = mpsc::channel(16);
        let scanner = shop.rig.scanner();
        let actor = shop.actor();
        let scans = scanner.clone();
        tokio::spawn(async move {
            while let Some(command) = received.recv().await {
                if let RunnerCommand::Run(kind, tell) = command {
                    let ended = scans.run(kind).await;
                    let _ = tell.send(ended.map_err(|error| (error.code(), error.to_string())));
                }
            }
        });
        let (_go_on, going_on) = watch::channel(false);
        let lab = Lab {
            shop,
            scanner,
            actor,
            going_on,
            _go_on,
            ticks: watch::Sender::new(0),
            status: watch::Sender::new(ScanRunnerStatus::default()),
            commands,
        };
        lab.install().await;
        lab
    }

    /// What comes with the product, and what lies in the data folder.
    pub async fn install(&self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
        let mut texts = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "xml") {
                texts.push(DefinitionSource {
                    text: std::fs::read_to_string(&path).unwrap(),
                    origin: DefinitionOrigin::Program,
                    file: Some(path),
                });
            }
        }
        let data = self.shop.desk.folder.path();
        texts.extend(workflows::folder_definitions(data));
        let instance = self.shop.rig.shelf.instance.id;
        workflows::install_definitions(self.store(), data, instance, texts, None)
            .await
            .unwrap();
    }

    pub fn store(&self) -> &Store {
        &self.shop.desk.store
    }

    fn wires(&self, fuse: WorkflowFailpoints) -> LaunchContext {
        let JobIntake {
            store, folder, clock, ..
        } = &self.shop.desk;
        LaunchContext {
            decision_service: None,
            intake: JobIntake {
                fresh_devices: None,
                store: store.clone(),
                folder: folder.clone(),
                clock: clock.clone(),
            },
            scanner: self.scanner.clone(),
            row: self.shop.rig.shelf.instance.clone(),
            commands: self.commands.clone(),
            status: self.status.subscribe(),
            ticks: self.ticks.subscribe(),
            failpoints: fuse,
        }
    }

    pub fn registry(&self) -> ActivityRegistry {
        workflows::build_registry(&self.wires(WorkflowFailpoints::default()))
    }

    /// Begins a run in alice's name.
    pub async fn begin(&self, name: &str, given: Value, dry_run: bool) -> i64 {
        let row = self
            .store()
            .find_workflow_by_name(&format!("{name}_1"))
            .await
            .unwrap()
            .unwrap();
        let text = self.store().find_definition_text(&row.hash).await.unwrap().unwrap();
        let definition = read_definition(text.as_bytes()).0.unwrap();
        let new = NewRun {
            workflow: row.id,
            instance: row.instance,
            hash: row.hash,
            cause: "demand".into(),
            operator: Some(self.shop.alice.id),
            parameters: Value::Object(definition.with_defaults(given.as_object().unwrap().clone())),
            dry_run,
        };
        self.store().begin_run(new).await.unwrap().unwrap()
    }

    /// Carries a run on until it has ended or the engine has died. Time passes only where nothing else is to be done.
    pub async fn carry(&self, run: i64, fuse: WorkflowFailpoints, registry: ActivityRegistry) -> Left {
        let engine = workflows::launch_with_registry(self.wires(fuse.clone()), registry);
        let left = found("the run has ended", async || {
            let row = self.store().run(run).await.unwrap().unwrap();
            if engine.has_ended() {
                return Ok(Left::Died);
            }
            if row.state != RunState::Running {
                return Ok(Left::Ended(Box::new(row)));
            }
            self.go_on(run).await;
            Err(self.steps(run).await)
        })
        .await;
        engine.stop().await;
        // An engine that dies behind its last write may be seen between the two.
        if fuse.has_failed() { Left::Died } else { left }
    }

    async fn go_on(&self, run: i64) {
        while task_runner::run_due_tasks(&self.actor, &self.going_on).await.unwrap() > 0 {}
        let steps = self.steps(run).await;
        let open: Vec<&StepRow> = steps
            .iter()
            .filter(|step| step.ended_at.is_none() && !is_frame(step))
            .collect();
        let now = self.shop.rig.shelf.clock.now();
        let instance = self.shop.rig.shelf.instance.id;
        let due = open.iter().map(|step| step.due_at).collect::<Option<Vec<_>>>();
        if let Some(first) = due.and_then(|due| due.into_iter().min()) {
            self.shop.rig.advance((first - now).max(TimeDelta::zero()));
        } else if !self.store().list_open_jobs(instance).await.unwrap().is_empty() {
            self.shop.rig.advance(TimeDelta::minutes(5));
        }
        self.ticks.send_modify(|tick| *tick += 1);
    }

    /// An engine that goes on by itself; [`Lab::tick`] lets it look at the clock.
    pub fn launch(&self) -> workflows::RunningEngine {
        workflows::launch_with_registry(self.wires(WorkflowFailpoints::default()), self.registry())
    }

    pub fn tick(&self) {
        self.ticks.send_modify(|tick| *tick += 1);
    }

    pub async fn run(&self, run: i64) -> RunRow {
        self.carry(run, WorkflowFailpoints::default(), self.registry())
            .await
            .ended()
    }

    pub async fn steps(&self, run: i64) -> Vec<StepRow> {
        self.store().list_run_steps(run).await.unwrap()
    }

    /// What a run came to, without what differs from run to run.
    pub async fn came_to(&self, run: i64) -> (RunState, Option<String>, Vec<(String, u32, bool)>) {
        let row = self.store().run(run).await.unwrap().unwrap();
        let steps = self.steps(run).await.into_iter();
        let mut steps: Vec<_> = steps
            .map(|step| (step.path, step.attempt, step.fault.is_none()))
            .collect();
        steps.sort();
        (row.state, row.outcome, steps)
    }

    /// Jobs that a run made: their names.
    pub async fn jobs(&self, run: i64) -> Vec<String> {
        let all = self.store().list_jobs(intune_connector::store::JobQuery {
            limit: 1_000,
            ..Default::default()
        });
        let names = all.await.unwrap().into_iter().map(|(job, _)| job.name);
        names.filter(|name| name.starts_with(&format!("run-{run}."))).collect()
    }

    pub async fn scan(&self) {
        self.shop.rig.advance(TimeDelta::minutes(1));
        self.scanner.run(ScanKind::Full).await.unwrap();
    }

    /// A device in the tenant, known here: its id and a filter that finds it alone.
    pub async fn phone(&self) -> (String, String) {
        let id = self.shop.phone().await;
        self.scan().await;
        let filter = format!("id == '{id}'");
        (id, filter)
    }
}

/// A loop or a wait for a condition: open as long as something within it is.
fn is_frame(step: &StepRow) -> bool {
    step.activity.is_none() && step.due_at.is_none()
}

/// An activity with something in its way.
pub struct Bent {
    inner: Arc<dyn Activity>,
    way: Arc<dyn Way>,
}

pub trait Way: Send + Sync + 'static {
    fn call<'a>(
        &'a self,
        inner: &'a dyn Activity,
        call: ActivityCall,
    ) -> BoxFuture<'a, Result<Map<String, Value>, ActivityError>>;
}

impl Activity for Bent {
    fn signature(&self) -> ActivitySignature {
        self.inner.signature()
    }

    fn call(&self, call: ActivityCall) -> BoxFuture<'_, Result<Map<String, Value>, ActivityError>> {
        self.way.call(self.inner.as_ref(), call)
    }
}

/// The same activities, each with that in its way.
pub fn bent(registry: &ActivityRegistry, way: Arc<dyn Way>) -> ActivityRegistry {
    let names: Vec<&str> = registry.names().collect();
    // One that is only described here has nothing to be called.
    let callable = names.into_iter().filter_map(|name| registry.get(name));
    callable.fold(ActivityRegistry::default(), |all, inner| {
        let way = way.clone();
        all.with_activity(Bent { inner, way })
    })
}
