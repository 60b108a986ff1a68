//! The instances of a bus: each runs as a task of its own, so that a throttled tenant or a broken setting slows nobody
//! else (E2).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::workflows::{self, Wires, Workflows};
use crate::actions::actor::Actor;
use crate::actions::guard::{InstancePolicy, Policies};
use crate::actions::job::Desk;
use crate::actions::power;
use crate::actions::seams::Seams;
use crate::actions::subject::Subject;
use crate::config::{Audience, Folder, InstanceSettings};
use crate::entra::{EntraError, Purpose, TokenSource};
use crate::graph::{Budget, Graph, GraphError, Lane};
use crate::inventory::runner::{Command, Runner, Status};
use crate::inventory::scan::{Progress, Scanner};
use crate::inventory::{Condition, ConditionError, Shape, ShapeError};
use crate::model::{InstanceId, InstanceName, OperatorId, ServerId, Timestamp};
use crate::observe::{Clock, Metrics};
use crate::store::{InstanceRow, NewInstance, Store, StoreError};
use crate::workflow::{Dues, Fuse};

/// Commands waiting for an instance at most.
const COMMANDS: usize = 16;

/// Why an instance does not run.
#[derive(Debug, Clone)]
pub struct Trouble {
    pub code: String,
    pub problem: String,
    pub advice: String,
}

#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error(transparent)]
    Entra(#[from] EntraError),
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Shape(#[from] ShapeError),
    #[error("the setting never_touch can't be used: {0}")]
    NeverTouch(ConditionError),
    #[error("the settings name tenant {named}, the instance belongs to tenant {owner}")]
    OtherTenant { named: String, owner: String },
}

impl BuildError {
    pub fn trouble(&self) -> Trouble {
        let (code, advice) = match self {
            BuildError::Entra(error) => (error.code(), error.advice()),
            BuildError::Graph(error) => (error.code().to_owned(), error.advice().to_owned()),
            BuildError::Shape(_) => (
                "settings".to_owned(),
                "correct the settings of devices and fields".to_owned(),
            ),
            BuildError::NeverTouch(_) => (
                "settings".to_owned(),
                "correct the condition never_touch; until then the last one that could be used holds".to_owned(),
            ),
            BuildError::OtherTenant { .. } => (
                "otherTenant".to_owned(),
                "an instance can't move to another tenant: add another instance for it".to_owned(),
            ),
        };
        Trouble {
            code,
            problem: self.to_string(),
            advice,
        }
    }
}

/// One instance as it stands.
pub struct Slot {
    pub id: InstanceId,
    pub settings: Option<Arc<InstanceSettings>>,
    pub trouble: Option<Trouble>,
    pub enabled: bool,
    /// The client of a running one: its budget, and how far a next credential has come.
    pub graph: Option<Graph>,
    pub status: watch::Receiver<Status>,
    commands: Option<mpsc::Sender<Command>>,
    task: Option<JoinHandle<()>>,
    /// The loop of its actions; told to stop, it ends behind the call that is under way.
    actions: Option<(watch::Sender<bool>, JoinHandle<()>)>,
    workflows: Option<Workflows>,
}

impl Slot {
    /// When the workflow that scans comes to it next.
    pub fn scan_due(&self, trigger: &str) -> Option<Timestamp> {
        let scanner = format!("{}_{}", workflows::SCANNER, self.id);
        self.workflows.as_ref()?.handle.due(&scanner, trigger)
    }

    /// When each trigger of each workflow comes next.
    pub fn dues(&self) -> Dues {
        self.workflows
            .as_ref()
            .map_or_else(Dues::new, |workflows| workflows.handle.dues())
    }
}

pub struct Instances {
    pub folder: Arc<Folder>,
    pub store: Store,
    pub clock: Clock,
    pub metrics: Metrics,
    /// Off where commands work on a folder without a bus.
    runs: bool,
    ticks: watch::Receiver<u64>,
    policies: Arc<Policies>,
    seams: Seams,
    slots: Mutex<BTreeMap<InstanceName, Slot>>,
}

impl Instances {
    pub fn new(
        folder: Arc<Folder>,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        runs: bool,
        ticks: watch::Receiver<u64>,
        seams: Seams,
    ) -> Self {
        Instances {
            folder,
            store,
            clock,
            metrics,
            runs,
            ticks,
            policies: Arc::default(),
            seams,
            slots: Mutex::default(),
        }
    }

    /// Starts what the folder holds. One that can't start is kept with its trouble; the others run.
    pub async fn start_all(&self) -> Result<(), StoreError> {
        let names = self.folder.instances().unwrap_or_else(|error| {
            tracing::error!(error = %error, "the instances of the data folder can't be listed");
            Vec::new()
        });
        for name in names {
            self.start(&name).await?;
        }
        for row in self.store.instances().await? {
            if row.removed_at.is_none() && !self.has(&row.name) {
                let trouble = Trouble {
                    code: "settingsMissing".into(),
                    problem: format!("the settings file of {} is missing", row.name),
                    advice: "put it back into the folder instances, or remove the instance".into(),
                };
                self.put(row.name.clone(), idle(row.id, None, Some(trouble), true));
            }
        }
        Ok(())
    }

    fn has(&self, name: &InstanceName) -> bool {
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(name)
    }

    fn put(&self, name: InstanceName, slot: Slot) {
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, slot);
    }

    /// Starts one by its settings file; it must not run.
    pub async fn start(&self, name: &InstanceName) -> Result<(), StoreError> {
        self.start_changed(name, None).await
    }

    /// The same behind a change of its settings, made by somebody: he can't agree to what they loosen (A7).
    pub async fn start_changed(&self, name: &InstanceName, by: Option<OperatorId>) -> Result<(), StoreError> {
        let settings = match self.folder.instance(name) {
            Ok(settings) => Arc::new(settings),
            Err(error) => {
                tracing::error!(instance.name = %name, error = %error, "the instance does not start: its settings are wrong");
                let trouble = Trouble {
                    code: "settings".into(),
                    problem: error.to_string(),
                    advice: error.advice.clone(),
                };
                let id = self.row(name).await?.map_or(InstanceId(0), |row| row.id);
                self.put(name.clone(), idle(id, None, Some(trouble), true));
                return Ok(());
            }
        };
        let row = self.known(name, &settings).await?;
        let built = match row.tenant_id == settings.tenant_id {
            true => self
                .adopt(&row, &settings, by)
                .await?
                .and_then(|()| self.build(row.id, &settings)),
            false => Err(BuildError::OtherTenant {
                named: settings.tenant_id.clone(),
                owner: row.tenant_id.clone(),
            }),
        };
        if built.is_ok() {
            workflows::install(&self.store, self.folder.path(), &row).await?;
        }
        let slot = match built {
            Err(error) => {
                tracing::error!(instance.name = %name, error = %error, "the instance does not start");
                idle(row.id, Some(settings), Some(error.trouble()), true)
            }
            Ok(_) if !settings.enabled => idle(row.id, Some(settings), None, false),
            Ok(_) if !self.runs => idle(row.id, Some(settings), None, true),
            Ok(scanner) => {
                let actions = self.launch_actions(&row, &settings, &scanner);
                let mut slot = self.launch(&row, settings, scanner).await?;
                match actions {
                    Ok(running) => slot.actions = Some(running),
                    // Reading goes on where only the credential of actions is wrong.
                    Err(error) => {
                        tracing::error!(instance.name = %name, error = %error, "actions of the instance do not start");
                        slot.trouble = Some(error.trouble());
                    }
                }
                slot
            }
        };
        self.put(name.clone(), slot);
        Ok(())
    }

    /// Leads what the settings wish of actions over to what holds.
    async fn adopt(
        &self,
        row: &InstanceRow,
        settings: &InstanceSettings,
        by: Option<OperatorId>,
    ) -> Result<Result<(), BuildError>, StoreError> {
        if let Some(condition) = &settings.actions.never_touch
            && let Err(error) = Condition::compile(condition)
        {
            return Ok(Err(BuildError::NeverTouch(error)));
        }
        let wished = InstancePolicy::from(&settings.actions);
        power::adopt_instance(&self.store, row, wished, by).await?;
        Ok(Ok(()))
    }

    /// The loop of actions signs in with a credential of its own where there is one (E4).
    fn launch_actions(
        &self,
        row: &InstanceRow,
        settings: &Arc<InstanceSettings>,
        scanner: &Scanner,
    ) -> Result<(watch::Sender<bool>, JoinHandle<()>), BuildError> {
        let tokens = TokenSource::new(settings, Purpose::Actions, self.clock.clone())?;
        let budget = Budget::shared(&settings.tenant_id, tokens.client_id(), settings.budget_percent);
        let graph = Graph::new(settings, tokens, budget, self.clock.clone())?.in_lane(Lane::Action);
        let actor = Actor {
            store: self.store.clone(),
            graph,
            scanner: scanner.clone(),
            instance: row.id,
            name: row.name.clone(),
            folder: self.folder.clone(),
            policies: self.policies.clone(),
            clock: self.clock.clone(),
            seams: self.seams.clone(),
        };
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(crate::actions::runner::run(actor, self.ticks.clone(), stopped));
        Ok((stop, task))
    }

    async fn launch(
        &self,
        row: &InstanceRow,
        settings: Arc<InstanceSettings>,
        scanner: Scanner,
    ) -> Result<Slot, StoreError> {
        let (tell, status) = watch::channel(Status::default());
        let (commands, received) = mpsc::channel(COMMANDS);
        let mut progress = scanner.progress.subscribe();
        let relay = tell.clone();
        let graph = scanner.graph.clone();
        let runner = Runner::new(scanner.clone(), tell).await?;
        let workflows = workflows::launch(Wires {
            desk: Desk {
                store: self.store.clone(),
                folder: self.folder.clone(),
                clock: self.clock.clone(),
            },
            scanner,
            row: row.clone(),
            commands: commands.clone(),
            status: status.clone(),
            ticks: self.ticks.clone(),
            fuse: Fuse::default(),
        });
        let ticks = self.ticks.clone();
        let graph = Some(graph);
        let task = tokio::spawn(async move {
            let follow = async {
                while progress.changed().await.is_ok() {
                    let now = *progress.borrow_and_update();
                    relay.send_modify(|status| status.progress = now);
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                () = runner.run(ticks, received) => (),
                () = follow => (),
            }
        });
        Ok(Slot {
            id: row.id,
            settings: Some(settings),
            trouble: None,
            enabled: true,
            graph,
            status,
            commands: Some(commands),
            task: Some(task),
            actions: None,
            workflows: Some(workflows),
        })
    }

    /// All that a scan needs, from settings alone.
    pub fn build(&self, id: InstanceId, settings: &Arc<InstanceSettings>) -> Result<Scanner, BuildError> {
        scanner(&self.store, &self.clock, &self.metrics, id, settings)
    }

    async fn row(&self, name: &InstanceName) -> Result<Option<InstanceRow>, StoreError> {
        Ok(self
            .store
            .instances()
            .await?
            .into_iter()
            .find(|row| row.name == *name && row.removed_at.is_none()))
    }

    /// The instance's row; one whose file was put there by hand is adopted with the number of its name.
    async fn known(&self, name: &InstanceName, settings: &InstanceSettings) -> Result<InstanceRow, StoreError> {
        let audience = audience(settings);
        if let Some(row) = self.row(name).await? {
            if row.audience != audience {
                self.store.set_audience(row.id, audience).await?;
            }
            return Ok(row);
        }
        let (prefix, number) = name.as_str().rsplit_once('_').unwrap_or((name.as_str(), ""));
        let number = number.parse().map_err(|_| StoreError::Unknown {
            what: "instance number",
            name: name.to_string(),
        })?;
        let new = NewInstance {
            prefix: prefix.to_owned(),
            tenant_id: settings.tenant_id.clone(),
            client_id: settings.client_id.clone(),
            audience,
        };
        self.store.adopt_instance(InstanceId(number), new).await
    }

    /// Stops one and forgets it; what its scan committed stands.
    pub async fn stop(&self, name: &InstanceName) {
        let slot = self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        let Some(Slot {
            commands,
            task,
            actions,
            workflows,
            ..
        }) = slot
        else {
            return;
        };
        // It hands commands to the loop of scans, which ends when nobody can any more.
        if let Some(workflows) = workflows {
            workflows.stop().await;
        }
        drop(commands);
        if let Some((stop, task)) = actions {
            stop.send_replace(true);
            let _ = task.await;
        }
        if let Some(task) = task {
            let _ = task.await;
        }
    }

    pub async fn stop_all(&self) {
        let names: Vec<_> = self
            .slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .cloned()
            .collect();
        for name in names {
            self.stop(&name).await;
        }
    }

    /// Looks at one instance; `None` where there is none of that name.
    pub fn look<T>(&self, name: &InstanceName, look: impl FnOnce(&Slot) -> T) -> Option<T> {
        self.slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .map(look)
    }

    pub fn look_at_all<T>(&self, mut look: impl FnMut(&InstanceName, &Slot) -> T) -> Vec<T> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().map(|(name, slot)| look(name, slot)).collect()
    }

    /// Where commands for a running instance go.
    pub fn commands(&self, name: &InstanceName) -> Option<mpsc::Sender<Command>> {
        self.look(name, |slot| slot.commands.clone()).flatten()
    }
}

fn idle(id: InstanceId, settings: Option<Arc<InstanceSettings>>, trouble: Option<Trouble>, enabled: bool) -> Slot {
    let (_, status) = watch::channel(Status::default());
    Slot {
        id,
        settings,
        trouble,
        enabled,
        graph: None,
        status,
        commands: None,
        task: None,
        actions: None,
        workflows: None,
    }
}

pub fn audience(settings: &InstanceSettings) -> Option<Vec<ServerId>> {
    match &settings.audience {
        Audience::Everybody => None,
        Audience::Servers(ids) => Some(ids.clone()),
    }
}

/// What actions are judged by has to be in the store, whatever the servers receive; where none is switched on, nothing.
fn needed(settings: &InstanceSettings) -> Vec<String> {
    let actions = &settings.actions;
    if actions.verbs.is_empty() {
        return Vec::new();
    }
    let condition = actions.never_touch.as_deref().map(Condition::compile);
    let asked = condition
        .and_then(Result::ok)
        .map(|condition| condition.property_names());
    let by_all = Subject::NEEDED.iter().copied();
    by_all
        .chain(asked.into_iter().flatten())
        .filter(|name| *name != "deviceClass")
        .map(str::to_owned)
        .collect()
}

pub fn scanner(
    store: &Store,
    clock: &Clock,
    metrics: &Metrics,
    id: InstanceId,
    settings: &Arc<InstanceSettings>,
) -> Result<Scanner, BuildError> {
    let tokens = TokenSource::new(settings, Purpose::Scan, clock.clone())?;
    let budget = Budget::shared(&settings.tenant_id, &settings.client_id, settings.budget_percent);
    let graph = Graph::new(settings, tokens, budget, clock.clone())?;
    graph.measure(metrics, &settings.tenant_id);
    let shape = Arc::new(Shape::compile(&settings.devices, &[])?);
    Ok(Scanner {
        store: store.clone(),
        graph,
        shape,
        needed: needed(settings),
        instance: id,
        settings: settings.clone(),
        clock: clock.clone(),
        metrics: metrics.clone(),
        progress: watch::Sender::new(Progress::default()),
    })
}
