//! The workflows of an instance: which definitions there are, what is installed of them, and the engine that runs them.
//!
//! Definitions come with the package of the product, or lie in the folder `workflows` of the data folder; a file there
//! takes the place of the product's definition of the same name. Each is installed on each instance under its name with the instance's
//! number. Enabling is consent to one text: a changed one waits beside it until somebody enables that, and the old one goes
//! on (A10, [`crate::workflow::consent`]).

mod installed;

use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument;

use crate::actions::activity::{self as actions, Followed};
use crate::actions::job::Desk;
use crate::compliance::Office;
use crate::compliance::activity::{self as compliance, DecideCompliance};
use crate::inventory::activity as inventory;
use crate::inventory::runner::{self, Command, Status};
use crate::inventory::scan::Scanner;
use crate::model::{InstanceId, InstanceName};
use crate::observe::Clock;
use crate::schedule::jitter;
use crate::store::{InstanceRow, Store, StoreError};
use crate::workflow::builtin::{Log, WriteFile};
use crate::workflow::{Engine, Fuse, Handle, Host, Parts, Planned, Registry};
pub use installed::{SourceText, install, own, shipped};

/// The scanner's definition; the number of the instance is put behind it.
pub const SCANNER: &str = "IntuneMobileDevices";
/// Everything a definition may call, known by name only: to check by.
pub fn known(data: &Path) -> Registry {
    let registry = Registry::default().with(Log).with(WriteFile::new(data));
    let signatures = inventory::signatures().into_iter().chain(actions::signatures());
    let signatures = signatures.chain([compliance::signature()]);
    signatures.fold(registry, Registry::knowing)
}

/// A running engine; told to stop, it drops what it waits for.
pub struct Workflows {
    pub handle: Handle,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Workflows {
    /// Comes back when it has ended by itself: it broke off.
    pub async fn over(&mut self) -> Result<(), JoinError> {
        (&mut self.task).await
    }

    /// Whether it has ended by itself.
    pub fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = self.task.await;
    }
}

/// What an engine is made of.
pub struct Wires {
    pub desk: Desk,
    pub scanner: Scanner,
    pub row: InstanceRow,
    pub commands: mpsc::Sender<Command>,
    pub status: watch::Receiver<Status>,
    pub ticks: watch::Receiver<u64>,
    pub fuse: Fuse,
    /// Decides about devices; without it no definition can ask.
    pub office: Option<Arc<Office>>,
}

/// The activities of an instance.
pub fn registry(wires: &Wires) -> Registry {
    let Wires { desk, scanner, row, .. } = wires;
    let followed = Followed::new(desk.store.clone(), row.id, wires.ticks.clone());
    let registry = Registry::default()
        .with(Log)
        .with(WriteFile::new(desk.folder.path()))
        .with(inventory::Scan {
            commands: wires.commands.clone(),
        })
        .with(inventory::ListDevices {
            scanner: scanner.clone(),
        })
        .with(inventory::GetDevice {
            scanner: scanner.clone(),
        })
        .with(inventory::Publish {
            scanner: scanner.clone(),
        });
    let registry = match &wires.office {
        Some(office) => registry.with(DecideCompliance { office: office.clone() }),
        None => registry,
    };
    actions::register(registry, desk, (row.id, row.name.clone()), &followed)
}

pub fn launch(wires: Wires) -> Workflows {
    let registry = registry(&wires);
    launch_with(wires, registry)
}

/// The same with other activities.
pub fn launch_with(wires: Wires, registry: Registry) -> Workflows {
    let host = Settings {
        scanner: wires.scanner.clone(),
        status: wires.status.clone(),
    };
    let parts = Parts {
        store: wires.desk.store.clone(),
        clock: wires.desk.clock.clone(),
        instance: wires.row.id,
        name: wires.row.name.clone(),
        registry,
        host: Arc::new(host),
        fuse: wires.fuse.clone(),
    };
    started(parts, wires.ticks)
}

/// Where nothing but the activities of the engine itself is there: no tenant, no devices.
pub fn launch_alone(
    store: Store,
    clock: Clock,
    data: &Path,
    number: InstanceId,
    name: InstanceName,
    ticks: watch::Receiver<u64>,
) -> Workflows {
    let parts = Parts {
        store,
        clock,
        instance: number,
        name,
        registry: Registry::default().with(Log).with(WriteFile::new(data)),
        host: Arc::new(NoSettings),
        fuse: Fuse::default(),
    };
    started(parts, ticks)
}

fn started(parts: Parts, ticks: watch::Receiver<u64>) -> Workflows {
    let engine = Engine::new(parts);
    let (stop, stopped) = watch::channel(false);
    Workflows {
        handle: engine.handle(),
        stop,
        task: tokio::spawn(engine.run(ticks, stopped).in_current_span()),
    }
}

/// No definition may ask settings for its schedule.
struct NoSettings;

impl Host for NoSettings {
    fn planned<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Planned>, StoreError>> {
        async { Ok(None) }.boxed()
    }
}

/// The schedule as the settings of an instance have it.
struct Settings {
    scanner: Scanner,
    status: watch::Receiver<Status>,
}

impl Host for Settings {
    fn planned<'a>(&'a self, setting: &'a str) -> BoxFuture<'a, Result<Option<Planned>, StoreError>> {
        async move {
            let scan = &self.scanner.settings.scan;
            let devices = match (setting, &scan.full) {
                ("full", None) => self.scanner.store.device_count(self.scanner.instance).await?,
                _ => 0,
            };
            let status = self.status.borrow();
            let planned = runner::planned(setting, &status, scan, devices);
            Ok(planned.map(|(trigger, last)| Planned {
                trigger,
                zone: scan.zone,
                late: late(self.scanner.instance, scan.jitter_s),
                last,
                not_before: status.paused_until,
            }))
        }
        .boxed()
    }
}

fn late(instance: InstanceId, jitter_s: u64) -> TimeDelta {
    jitter(&instance.to_string(), jitter_s)
}
