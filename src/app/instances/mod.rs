//! The instances of a bus and what was installed beside them, under one supervisor: each is a task of its own, so that
//! a throttled tenant or a broken setting slows nobody else (E2).
//!
//! An instance is a settings file ([`instance_core::InstanceCore::prepare_slot`] reads it into a slot) and a member of the supervisor, which
//! starts what the slot says ([`connector`]). What else an installation is made of (its workflow engine), what takes orders
//! for apps ([`orders_kind`]), and targets ([`target_kind`]) stand in the store alone.

mod approval_answers;
mod build;
mod connector;
mod instance_core;
mod instance_locks;
mod judgement;
mod kept_settings;
mod leases;
mod members;
mod order_leases;
mod orders_kind;
mod slot;
mod target_kind;
mod target_leases;
mod workflow_engine_kind;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

pub(crate) use build::audience_servers;
pub use build::{BuildError, build_scanner};
pub(crate) use connector::CONNECTOR;
pub(crate) use judgement::{SettingFault, judge_change, judge_for_doctor, judge_settings, refuse_new_faults};
pub(super) use members::new_members;
pub(crate) use order_leases::{OrderLeases, OrderWake};
pub(crate) use orders_kind::ORDERS;
pub(crate) use slot::InstanceSlot;
pub(crate) use target_leases::{TargetLease, TargetTurn};

use self::instance_core::InstanceCore;
use crate::actions::failpoints::TaskFailpoints;
use crate::app::RefusalRegistry;
use crate::bus::supervisor::{
    MemberFailure, MicroserviceKind, StartType, Supervisor, SupervisorError, SupervisorLimits,
};
use crate::bus::{Catalogue, Package};
use crate::config::{DataFolder, OrderSettings, TargetSettings};
use crate::contract::TargetKind;
use crate::inventory::scan_runner::RunnerCommand;
use crate::model::{InstanceId, InstanceName, OperatorId, Timestamp};
use crate::observe::{Clock, Metrics};
use crate::orders::OrderFailpoints;
use crate::store::{MemberRow, Store, StoreError};
use crate::targets::{TargetContext, TargetFailpoints};
use crate::workflow::{DueTimes, EngineHandle};

pub struct Instances {
    pub folder: Arc<DataFolder>,
    pub store: Store,
    pub clock: Clock,
    pub metrics: Metrics,
    pub catalogue: Arc<Catalogue>,
    pub supervisor: Arc<Supervisor>,
    pub refusals: Arc<RefusalRegistry>,
    /// What an instance without a package belongs to.
    pub(super) built_in: Arc<Package>,
    core: Arc<InstanceCore>,
    /// Who changes an instance holds its turn.
    pub(super) locks: instance_locks::InstanceLocks,
}

/// What instances are made of.
pub struct InstanceDependencies {
    pub folder: Arc<DataFolder>,
    pub store: Store,
    pub clock: Clock,
    pub refusals: Arc<RefusalRegistry>,
    pub metrics: Metrics,
    /// Off where commands work on a folder without a bus.
    pub run_instances: bool,
    pub ticks: watch::Receiver<u64>,
    pub failpoints: TaskFailpoints,
    pub order_failpoints: OrderFailpoints,
    pub target_failpoints: TargetFailpoints,
    pub catalogue: Arc<Catalogue>,
    pub built_in: Arc<Package>,
}

/// The kinds of microservices that this program can run.
pub const KINDS: [&str; 10] = [
    CONNECTOR,
    ORDERS,
    TargetKind::Ocs.member_kind(),
    TargetKind::SnipeIt.member_kind(),
    TargetKind::PostgreSql.member_kind(),
    TargetKind::File.member_kind(),
    TargetKind::NetBox.member_kind(),
    TargetKind::Glpi.member_kind(),
    TargetKind::ServiceNow.member_kind(),
    crate::bus::manifest::WORKFLOW_ENGINE,
];

impl Instances {
    pub fn new(dependencies: InstanceDependencies) -> Self {
        let core = Arc::new(InstanceCore {
            folder: dependencies.folder.clone(),
            store: dependencies.store.clone(),
            clock: dependencies.clock.clone(),
            refusals: dependencies.refusals.clone(),
            metrics: dependencies.metrics.clone(),
            ticks: dependencies.ticks.clone(),
            policies: Arc::default(),
            failpoints: dependencies.failpoints,
            order_failpoints: dependencies.order_failpoints,
            target_failpoints: dependencies.target_failpoints,
            slots: slot::InstanceSlots::default(),
            catalogue: dependencies.catalogue.clone(),
            leases: leases::LeaseRegistry::default(),
            decision_history: Arc::default(),
        });
        let mut kinds: Vec<Arc<dyn MicroserviceKind>> = vec![
            Arc::new(connector::ConnectorKind(core.clone())),
            Arc::new(orders_kind::OrdersKind(core.clone())),
            Arc::new(workflow_engine_kind::WorkflowEngineKind(core.clone())),
        ];
        for kind in TargetKind::ALL.iter().copied() {
            let core = core.clone();
            kinds.push(Arc::new(target_kind::TargetMemberKind { core, kind }));
        }
        let clock = dependencies.clock.clone();
        let supervisor = Supervisor::new(
            kinds,
            clock,
            dependencies.ticks,
            SupervisorLimits::default(),
            dependencies.run_instances,
        );
        Instances {
            folder: dependencies.folder,
            store: dependencies.store,
            clock: dependencies.clock,
            refusals: dependencies.refusals,
            metrics: dependencies.metrics,
            catalogue: dependencies.catalogue,
            supervisor: Arc::new(supervisor),
            built_in: dependencies.built_in,
            core,
            locks: instance_locks::InstanceLocks::default(),
        }
    }

    /// Starts what is installed and starts with the bus. One that can't start is kept with its trouble; the others run.
    pub async fn start_all(&self) -> Result<(), StoreError> {
        self.store_product_roles().await?;
        if self.supervisor.is_running()
            && let Err(error) = self.catalogue.store_built_in()
        {
            tracing::error!(error = %error, "failed to store the built-in products in the catalogue");
        }
        let names = self.folder.list_instances().unwrap_or_else(|error| {
            tracing::error!(error = %error, "cannot list the instances of the data folder");
            Vec::new()
        });
        for name in names {
            self.prepare_member(&name, None).await?;
        }
        for row in self.store.list_instances().await? {
            if row.removed_at.is_none() && !self.core.slots.has_slot(&row.name) {
                let failure = MemberFailure::new(
                    "settingsMissing",
                    format!("the settings file of {} is missing", row.name),
                    "restore it in the folder instances, or remove the instance",
                );
                self.core.slots.set_slot(
                    row.name.clone(),
                    InstanceSlot::new_idle(row.id, None, Some(failure), true),
                );
                self.register_member(&row.name).await?;
            }
        }
        self.end_removed_targets().await?;
        self.register_other_members().await?;
        if self.supervisor.is_running() {
            self.supervisor.start_automatic().await;
        }
        Ok(())
    }

    /// Reads its settings, and makes it a member of the supervisor with what they say.
    pub(super) async fn prepare_member(&self, name: &InstanceName, by: Option<OperatorId>) -> Result<(), StoreError> {
        self.core.prepare_slot(name, by).await?;
        self.register_member(name).await
    }

    /// Starts one by its settings file, as its start type says; it must not run.
    pub async fn start(&self, name: &InstanceName) -> Result<(), StoreError> {
        self.start_changed(name, None).await
    }

    /// The same behind a change of its settings, made by somebody: they can't agree to what these loosen (A7).
    pub async fn start_changed(&self, name: &InstanceName, by: Option<OperatorId>) -> Result<(), StoreError> {
        self.prepare_member(name, by).await?;
        if let Some(settings) = self.read_slot(name, |slot| slot.settings.clone()).flatten() {
            self.refusals.forget_untimed(&settings);
        }
        let status = self.supervisor.status_of(name.as_str());
        if status.is_some_and(|status| status.start_type == StartType::Automatic) {
            self.launch_member(name).await;
        }
        Ok(())
    }

    /// Starts what is ready. Why it does not run stands in its slot and with the supervisor.
    async fn launch_member(&self, name: &InstanceName) {
        match self.supervisor.start_member(name.as_str()).await {
            Ok(_) | Err(SupervisorError::NotRunning) => (),
            Err(error) => tracing::error!(instance.name = %name, error = %error, "failed to start the instance"),
        }
    }

    /// Stops one; what its scan committed stands.
    pub async fn stop(&self, name: &InstanceName) {
        // One that the supervisor does not know does not run.
        let _ = self.supervisor.stop_member(name.as_str()).await;
        self.core.slots.change_slot(name, InstanceSlot::clear_runtime);
    }

    pub async fn stop_all(&self) {
        self.supervisor.stop_all().await;
    }

    /// Looks at one instance; `None` where there is none of that name.
    pub fn read_slot<T>(&self, name: &InstanceName, read: impl FnOnce(&InstanceSlot) -> T) -> Option<T> {
        self.core.slots.read_slot(name, read)
    }

    pub fn read_all_slots<T>(&self, read: impl FnMut(&InstanceName, &InstanceSlot) -> T) -> Vec<T> {
        self.core.slots.read_all_slots(read)
    }

    /// Installations of app orders that run.
    pub(in crate::app) fn order_leases(&self) -> &OrderLeases {
        &self.core.leases.orders
    }

    /// Of an installation of app orders; `None`: they can't be used, which its start tells.
    pub(in crate::app) fn read_order_settings(&self, member: &MemberRow) -> Option<Arc<OrderSettings>> {
        orders_kind::read_order_settings(&self.core, member).ok().map(Arc::new)
    }

    /// A target that runs; `None`: it does not.
    pub(in crate::app) fn find_running_target(&self, target: InstanceId) -> Option<TargetLease> {
        self.core.leases.targets.find_running(target)
    }

    /// Of a target, also of one that does not run; `None`: they can't be used, which its start tells.
    pub(in crate::app) fn read_target_settings(&self, member: &MemberRow) -> Option<Arc<TargetSettings>> {
        target_kind::read_target_settings(&self.core, member).ok().map(Arc::new)
    }

    /// Waits until nobody writes for this target.
    pub(in crate::app) async fn take_target_turn(&self, name: &InstanceName) -> TargetTurn {
        self.core.leases.targets.take_turn(name).await
    }

    /// The member that is a target; `None`: the installation is of another product.
    pub(in crate::app) async fn find_target_row(&self, target: InstanceId) -> Result<Option<MemberRow>, StoreError> {
        self.core.find_target_row(target).await
    }

    /// What a target would work with if it ran now; why it can't, as its start tells.
    pub(in crate::app) fn build_target(&self, member: &MemberRow) -> Result<TargetContext, MemberFailure> {
        self.core.build_target(member)
    }

    /// Account and management server of a target that is being installed.
    pub(in crate::app) async fn register_target(&self, target: InstanceId) -> Result<(), MemberFailure> {
        self.core.register_installed(target).await
    }

    /// When the workflow that scans comes to it next.
    pub fn next_scan_at(&self, id: InstanceId, trigger: &str) -> Option<Timestamp> {
        let scanner = format!("{}_{id}", super::workflows::SCANNER);
        self.core
            .leases
            .read_engine(id, |engine| engine.due_time(&scanner, trigger))
            .flatten()
    }

    /// When each trigger of each workflow comes next.
    pub fn due_times(&self) -> DueTimes {
        self.core
            .leases
            .read_all_engines(EngineHandle::due_times)
            .into_iter()
            .flatten()
            .collect()
    }

    /// Writes the decisions that wait into the history of their devices. What can't be written is told, and lost.
    pub(crate) async fn save_decisions(&self) {
        if let Err(error) = self.core.decision_history.save_waiting(&self.store).await {
            tracing::warn!(error = %error, "failed to save compliance decisions: they are missing from the history of their devices");
        }
    }

    /// Where commands for a running instance go.
    pub fn command_sender(&self, name: &InstanceName) -> Option<mpsc::Sender<RunnerCommand>> {
        self.read_slot(name, |slot| slot.commands.clone()).flatten()
    }
}
