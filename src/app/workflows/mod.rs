//! The workflows of an instance: which definitions there are, what is installed of them, and the engine that runs them.
//!
//! Definitions come with the package of the product, or lie in the folder `workflows` of the data folder; a file there
//! takes the place of the product's definition of the same name. Each is installed on each instance under its name with the instance's
//! number. Enabling is consent to one text: a changed one waits beside it until somebody enables that, and the old one goes
//! on (A10, [`crate::workflow::consent`]).

mod definitions;
mod orders;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument;

use crate::actions::activity::{self as actions, OpenJobs};
use crate::actions::job::JobIntake;
use crate::compliance::DecisionService;
use crate::compliance::activity::{self as compliance, DecideCompliance};
use crate::inventory::activity as inventory;
use crate::inventory::activity_signatures::activity_signatures;
use crate::inventory::scan::InstanceScanner;
use crate::inventory::scan_pace;
use crate::inventory::scan_runner::{RunnerCommand, ScanRunnerStatus};
use crate::model::{InstanceId, InstanceName, ScanId};
use crate::observe::Clock;
use crate::schedule::{Trigger, seeded_jitter};
use crate::store::{InstanceRow, Store, StoreError};
use crate::workflow::builtin::{LogActivity, WriteFile};
use crate::workflow::{
    ActivityRegistry, EngineHandle, EngineParts, PlannedTrigger, ScheduleSource, TriggerPhase, WorkflowEngine,
    WorkflowFailpoints,
};
pub use definitions::{
    DefinitionSource, find_unusable_definitions, folder_definitions, install_definitions, package_definitions,
};
pub use orders::ORDER_WORKFLOWS;
pub(crate) use orders::launch_orders;

/// The scanner's definition; the number of the instance is put behind it.
pub const SCANNER: &str = "IntuneMobileDevices";
/// Everything a definition may call, known by name only: to check by.
pub fn known_activities(data: &Path) -> ActivityRegistry {
    let registry = ActivityRegistry::default()
        .with_activity(LogActivity)
        .with_activity(WriteFile::new(data));
    let signatures = activity_signatures().into_iter().chain(actions::activity_signatures());
    let signatures = signatures.chain([compliance::decision_signature()]);
    let signatures = signatures.chain(crate::orders::activity::activity_signatures());
    signatures.fold(registry, ActivityRegistry::with_signature)
}

/// A running engine; told to stop, it drops what it waits for.
pub struct RunningEngine {
    pub handle: EngineHandle,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl RunningEngine {
    /// Comes back when it has ended by itself: it broke off.
    pub async fn wait_for_end(&mut self) -> Result<(), JoinError> {
        (&mut self.task).await
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = self.task.await;
    }
}

/// What an engine is made of.
pub struct LaunchContext {
    pub intake: JobIntake,
    pub scanner: InstanceScanner,
    pub row: InstanceRow,
    pub commands: mpsc::Sender<RunnerCommand>,
    pub status: watch::Receiver<ScanRunnerStatus>,
    pub ticks: watch::Receiver<u64>,
    pub failpoints: WorkflowFailpoints,
    /// Decides about devices; without it no definition can ask.
    pub decision_service: Option<Arc<DecisionService>>,
}

/// The activities of an instance.
pub fn build_registry(context: &LaunchContext) -> ActivityRegistry {
    let LaunchContext {
        intake: desk,
        scanner,
        row,
        ..
    } = context;
    let open_jobs = OpenJobs::new(desk.store.clone(), row.id, context.ticks.clone());
    let registry = ActivityRegistry::default()
        .with_activity(LogActivity)
        .with_activity(WriteFile::new(desk.folder.path()))
        .with_activity(inventory::ScanActivity {
            commands: context.commands.clone(),
        })
        .with_activity(inventory::ListDevicesActivity {
            scanner: scanner.clone(),
        })
        .with_activity(inventory::GetDeviceActivity {
            scanner: scanner.clone(),
        })
        .with_activity(inventory::PublishActivity {
            scanner: scanner.clone(),
        });
    let registry = match &context.decision_service {
        Some(service) => registry.with_activity(DecideCompliance {
            decision_service: service.clone(),
        }),
        None => registry,
    };
    actions::register_activities(registry, desk, (row.id, row.name.clone()), &open_jobs)
}

pub fn launch_engine(context: LaunchContext) -> RunningEngine {
    let registry = build_registry(&context);
    launch_with_registry(context, registry)
}

/// The same with other activities.
pub fn launch_with_registry(context: LaunchContext, registry: ActivityRegistry) -> RunningEngine {
    let host = ScanScheduleSource {
        scanner: context.scanner.clone(),
        status: context.status.clone(),
        counted: Mutex::default(),
    };
    let parts = EngineParts {
        store: context.intake.store.clone(),
        clock: context.intake.clock.clone(),
        instance: context.row.id,
        name: context.row.name.clone(),
        registry,
        schedule_source: Arc::new(host),
        failpoints: context.failpoints.clone(),
    };
    spawn_engine(parts, context.ticks)
}

/// Where nothing but the activities of the engine itself is there: no tenant, no devices.
pub fn launch_standalone(
    store: Store,
    clock: Clock,
    data: &Path,
    number: InstanceId,
    name: InstanceName,
    ticks: watch::Receiver<u64>,
) -> RunningEngine {
    let parts = EngineParts {
        store,
        clock,
        instance: number,
        name,
        registry: ActivityRegistry::default()
            .with_activity(LogActivity)
            .with_activity(WriteFile::new(data)),
        schedule_source: Arc::new(NoScheduleSource),
        failpoints: WorkflowFailpoints::default(),
    };
    spawn_engine(parts, ticks)
}

fn spawn_engine(parts: EngineParts, ticks: watch::Receiver<u64>) -> RunningEngine {
    let engine = WorkflowEngine::new(parts);
    let (stop, stopped) = watch::channel(false);
    RunningEngine {
        handle: engine.handle(),
        stop,
        task: tokio::spawn(engine.run(ticks, stopped).in_current_span()),
    }
}

/// No definition may ask settings for its schedule.
struct NoScheduleSource;

impl ScheduleSource for NoScheduleSource {
    fn planned_trigger<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<PlannedTrigger>, StoreError>> {
        async { Ok(None) }.boxed()
    }
}

/// The schedule as the settings of an instance have it.
struct ScanScheduleSource {
    scanner: InstanceScanner,
    status: watch::Receiver<ScanRunnerStatus>,
    counted: Mutex<Option<CountedFleet>>,
}

/// How many devices there were behind these scans, a full one and an incremental one.
#[derive(Clone, Copy)]
struct CountedFleet {
    scans: [Option<ScanId>; 2],
    devices: u64,
}

impl ScanScheduleSource {
    /// Counted anew when a scan has ended: it is asked for with every tick.
    async fn count_devices(&self) -> Result<u64, StoreError> {
        let scans = {
            let status = self.status.borrow();
            [&status.last_full, &status.last_incremental].map(|scan| scan.as_ref().map(|scan| scan.id))
        };
        let known = *self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.filter(|known| known.scans == scans) {
            return Ok(known.devices);
        }
        let devices = self.scanner.store.count_devices(self.scanner.instance).await?;
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some(CountedFleet { scans, devices });
        Ok(devices)
    }
}

impl ScheduleSource for ScanScheduleSource {
    fn planned_trigger<'a>(&'a self, setting: &'a str) -> BoxFuture<'a, Result<Option<PlannedTrigger>, StoreError>> {
        async move {
            let scan = &self.scanner.settings.scan;
            let devices = match (setting, &scan.full) {
                ("full", None) => self.count_devices().await?,
                _ => 0,
            };
            let status = self.status.borrow();
            let planned = scan_pace::planned_scan(setting, &status, scan, devices);
            let instance = self.scanner.instance;
            Ok(planned.map(|(trigger, last)| PlannedTrigger {
                // A full scan for once much sooner than set would be of no use.
                phase: (setting == "incremental")
                    .then(|| scan_phase(instance, &trigger, scan.jitter_s))
                    .flatten(),
                trigger,
                zone: scan.zone,
                late: start_jitter(instance, scan.jitter_s),
                last,
                not_before: status.paused_until,
            }))
        }
        .boxed()
    }
}

fn start_jitter(instance: InstanceId, jitter_s: u64) -> TimeDelta {
    seeded_jitter(&instance.to_string(), jitter_s)
}

/// The moment of an interval at which this instance scans; `None` where scans come as set, whoever else scans then.
fn scan_phase(instance: InstanceId, trigger: &Trigger, jitter_s: u64) -> Option<TriggerPhase> {
    let Trigger::EverySeconds(seconds) = trigger else {
        return None;
    };
    let apart = TimeDelta::seconds(i64::try_from(jitter_s).ok()?);
    (jitter_s > 0).then(|| TriggerPhase {
        at: seeded_jitter(&instance.to_string(), seconds.saturating_sub(1)),
        apart,
    })
}
