//! The instances of a bus and what was installed beside them, under one supervisor: each is a task of its own, so that
//! a throttled tenant or a broken setting slows nobody else (E2).
//!
//! An instance is a settings file ([`core::Core::prepare`] reads it into a slot) and a member of the supervisor, which
//! starts what the slot says ([`connector`]). What else an installation is made of (its workflow engine) stands in the
//! store alone.

mod accounts;
mod build;
mod connector;
mod core;
mod engine_kind;
mod members;
mod slot;
mod turns;
mod wiring;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

pub use build::{BuildError, audience, scanner};
pub use connector::CONNECTOR;
pub(super) use members::new_members;
pub use slot::Slot;

use self::core::Core;
use crate::actions::seams::Seams;
use crate::app::Refusals;
use crate::bus::supervisor::{Kind, Limits, StartType, Supervisor, SupervisorError, Trouble};
use crate::bus::{Catalogue, Package};
use crate::config::Folder;
use crate::inventory::runner::Command;
use crate::model::{InstanceId, InstanceName, OperatorId, Timestamp};
use crate::observe::{Clock, Metrics};
use crate::store::{Store, StoreError};
use crate::workflow::{Dues, Handle};

pub struct Instances {
    pub folder: Arc<Folder>,
    pub store: Store,
    pub clock: Clock,
    pub metrics: Metrics,
    pub catalogue: Arc<Catalogue>,
    pub supervisor: Arc<Supervisor>,
    pub refusals: Arc<Refusals>,
    /// What an instance without a package belongs to.
    pub(super) built_in: Arc<Package>,
    core: Arc<Core>,
    /// Who changes an instance holds its turn.
    pub(super) turns: turns::Turns,
}

/// What instances are made of.
pub struct Ground {
    pub folder: Arc<Folder>,
    pub store: Store,
    pub clock: Clock,
    pub refusals: Arc<Refusals>,
    pub metrics: Metrics,
    /// Off where commands work on a folder without a bus.
    pub runs: bool,
    pub ticks: watch::Receiver<u64>,
    pub seams: Seams,
    pub catalogue: Arc<Catalogue>,
    pub built_in: Arc<Package>,
}

/// The kinds of microservices that this program can run.
pub const KINDS: [&str; 2] = [CONNECTOR, crate::bus::manifest::WORKFLOW_ENGINE];

impl Instances {
    pub fn new(ground: Ground) -> Self {
        let core = Arc::new(Core {
            folder: ground.folder.clone(),
            store: ground.store.clone(),
            clock: ground.clock.clone(),
            refusals: ground.refusals.clone(),
            metrics: ground.metrics.clone(),
            ticks: ground.ticks.clone(),
            policies: Arc::default(),
            seams: ground.seams,
            slots: slot::Slots::default(),
            catalogue: ground.catalogue.clone(),
            wiring: wiring::Wiring::default(),
        });
        let kinds: Vec<Arc<dyn Kind>> = vec![
            Arc::new(connector::ConnectorKind(core.clone())),
            Arc::new(engine_kind::EngineKind(core.clone())),
        ];
        let clock = ground.clock.clone();
        let supervisor = Supervisor::new(kinds, clock, ground.ticks, Limits::default(), ground.runs);
        let accounts = Arc::new(accounts::StoreAccounts(ground.store.clone()));
        Instances {
            folder: ground.folder,
            store: ground.store,
            clock: ground.clock,
            refusals: ground.refusals,
            metrics: ground.metrics,
            catalogue: ground.catalogue,
            supervisor: Arc::new(supervisor.with_accounts(accounts)),
            built_in: ground.built_in,
            core,
            turns: turns::Turns::default(),
        }
    }

    /// Starts what is installed and starts with the bus. One that can't start is kept with its trouble; the others run.
    pub async fn start_all(&self) -> Result<(), StoreError> {
        self.offer_roles().await?;
        if self.supervisor.is_running()
            && let Err(error) = self.catalogue.keep_built_in()
        {
            tracing::error!(error = %error, "the product of the program could not be kept beside others");
        }
        let names = self.folder.instances().unwrap_or_else(|error| {
            tracing::error!(error = %error, "the instances of the data folder can't be listed");
            Vec::new()
        });
        for name in names {
            self.ready(&name, None).await?;
        }
        for row in self.store.instances().await? {
            if row.removed_at.is_none() && !self.core.slots.has(&row.name) {
                let trouble = Trouble::new(
                    "settingsMissing",
                    format!("the settings file of {} is missing", row.name),
                    "put it back into the folder instances, or remove the instance",
                );
                self.core
                    .slots
                    .put(row.name.clone(), Slot::idle(row.id, None, Some(trouble), true));
                self.member(&row.name).await?;
            }
        }
        self.others().await?;
        if self.supervisor.is_running() {
            self.supervisor.start_automatic().await;
        }
        Ok(())
    }

    /// Reads its settings, and makes it a member of the supervisor with what they say.
    pub(super) async fn ready(&self, name: &InstanceName, by: Option<OperatorId>) -> Result<(), StoreError> {
        self.core.prepare(name, by).await?;
        self.member(name).await
    }

    /// Starts one by its settings file, as its start type says; it must not run.
    pub async fn start(&self, name: &InstanceName) -> Result<(), StoreError> {
        self.start_changed(name, None).await
    }

    /// The same behind a change of its settings, made by somebody: he can't agree to what they loosen (A7).
    pub async fn start_changed(&self, name: &InstanceName, by: Option<OperatorId>) -> Result<(), StoreError> {
        self.ready(name, by).await?;
        if let Some(settings) = self.look(name, |slot| slot.settings.clone()).flatten() {
            self.refusals.changed(&settings);
        }
        let status = self.supervisor.status_of(name.as_str());
        if status.is_some_and(|status| status.start_type == StartType::Automatic) {
            self.launch(name).await;
        }
        Ok(())
    }

    /// Starts what is ready. Why it does not run stands in its slot and with the supervisor.
    async fn launch(&self, name: &InstanceName) {
        match self.supervisor.start(name.as_str()).await {
            Ok(_) | Err(SupervisorError::NotRunning) => (),
            Err(error) => tracing::error!(instance.name = %name, error = %error, "the instance is not started"),
        }
    }

    /// Stops one; what its scan committed stands.
    pub async fn stop(&self, name: &InstanceName) {
        // One that the supervisor does not know does not run.
        let _ = self.supervisor.stop(name.as_str()).await;
        self.core.slots.change(name, Slot::rest);
    }

    pub async fn stop_all(&self) {
        self.supervisor.stop_all().await;
    }

    /// Looks at one instance; `None` where there is none of that name.
    pub fn look<T>(&self, name: &InstanceName, look: impl FnOnce(&Slot) -> T) -> Option<T> {
        self.core.slots.look(name, look)
    }

    pub fn look_at_all<T>(&self, look: impl FnMut(&InstanceName, &Slot) -> T) -> Vec<T> {
        self.core.slots.look_at_all(look)
    }

    /// When the workflow that scans comes to it next.
    pub fn scan_due(&self, id: InstanceId, trigger: &str) -> Option<Timestamp> {
        let scanner = format!("{}_{id}", super::workflows::SCANNER);
        self.core
            .wiring
            .engine(id, |engine| engine.due(&scanner, trigger))
            .flatten()
    }

    /// When each trigger of each workflow comes next.
    pub fn dues(&self) -> Dues {
        self.core
            .wiring
            .all_engines(Handle::dues)
            .into_iter()
            .flatten()
            .collect()
    }

    /// Where commands for a running instance go.
    pub fn commands(&self, name: &InstanceName) -> Option<mpsc::Sender<Command>> {
        self.look(name, |slot| slot.commands.clone()).flatten()
    }
}
