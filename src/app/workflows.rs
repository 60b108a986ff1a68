//! The workflows of an instance: which definitions there are, what is installed of them, and the engine that runs them.
//!
//! Definitions come with the package of the product, or lie in the folder `workflows` of the data folder; a file there
//! takes the place of the product's definition of the same name. Each is installed on each instance under its name with the instance's
//! number. Enabling is consent to one text: a changed one waits beside it until somebody enables that, and the old one goes
//! on (A10, [`crate::workflow::consent`]).

use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument;

use crate::actions::activity::{self as actions, Followed};
use crate::actions::job::{DEFAULT_DEFINITION, Desk};
use crate::bus::Package;
use crate::bus::package::Signed;
use crate::compliance::Office;
use crate::compliance::activity::{self as compliance, DecideCompliance};
use crate::inventory::activity as inventory;
use crate::inventory::runner::{self, Command, Status};
use crate::inventory::scan::Scanner;
use crate::model::{InstanceId, InstanceName, OperatorId};
use crate::observe::Clock;
use crate::schedule::jitter;
use crate::store::{AuditEntry, FoundText, InstanceRow, Led, NewDefinition, Store, StoreError};
use crate::workflow::builtin::{Log, WriteFile};
use crate::workflow::consent::{self, Origin, Present};
use crate::workflow::{Danger, Definition, Engine, Fuse, Handle, Host, Parts, Planned, Registry, definition, hash};

/// The scanner's definition; the number of the instance is put behind it.
pub const SCANNER: &str = "IntuneMobileDevices";
/// Enabled as soon as they are installed: without them the instance does nothing.
const ENABLED: [&str; 2] = [SCANNER, DEFAULT_DEFINITION];

/// Where others are looked for, in the data folder.
const FOLDER: &str = "workflows";
/// Files that are looked at.
const FILES_MAX: usize = 200;

/// Everything a definition may call, known by name only: to check by.
pub fn known(data: &Path) -> Registry {
    let registry = Registry::default().with(Log).with(WriteFile::new(data));
    let signatures = inventory::signatures().into_iter().chain(actions::signatures());
    let signatures = signatures.chain([compliance::signature()]);
    signatures.fold(registry, Registry::knowing)
}

/// The text of a definition, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    pub text: String,
    pub origin: Origin,
}

/// The definitions of a product.
pub fn shipped(package: &Package) -> Vec<SourceText> {
    let origin = match package.signed {
        Signed::BuiltIn => Origin::Program,
        Signed::By(_) | Signed::Nobody => Origin::Package,
    };
    let files = package
        .manifest
        .workflows
        .iter()
        .filter_map(|one| package.file(one.file.name.as_str()));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    files
        .map(|bytes| SourceText {
            text: text(bytes),
            origin,
        })
        .collect()
}

/// Definitions that lie in the data folder.
pub fn own(data: &Path) -> Vec<SourceText> {
    let origin = Origin::Folder;
    let texts = files(&data.join(FOLDER)).into_iter();
    texts.map(|text| SourceText { text, origin }).collect()
}

/// Installs what there is, and leads what changed over; the last text of a name holds. `by`: who brought the texts by
/// asking for something; `None`: nobody in particular, they were found.
pub async fn install(
    store: &Store,
    data: &Path,
    number: InstanceId,
    texts: Vec<SourceText>,
    by: Option<OperatorId>,
) -> Result<(), StoreError> {
    let registry = known(data);
    let mut definitions: Vec<(Definition, SourceText)> = Vec::new();
    for source in texts {
        match definition(&source.text, &registry) {
            Ok(definition) if has_twin(&definitions, &definition.name) => tracing::error!(
                workflow = definition.name,
                "a workflow definition is left out: another one has the same name but for upper and lower case; rename it"
            ),
            Ok(definition) => {
                definitions.retain(|(known, _)| known.name != definition.name);
                definitions.push((definition, source));
            }
            Err(findings) => {
                let first = findings.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(
                    findings = findings.len(),
                    error = first,
                    advice = "intune-connector workflows check FILE lists all",
                    "a workflow definition can't be used"
                );
            }
        }
    }
    left_behind(store, number, &definitions, by).await?;
    for (definition, source) in definitions {
        lead_over(store, number, &registry, &definition, source, by).await?;
    }
    Ok(())
}

/// Workflows whose definition is not there any more go on with the text that was agreed to, and are told. Everybody is
/// told once, where somebody's request has brought that about.
async fn left_behind(
    store: &Store,
    number: InstanceId,
    found: &[(Definition, SourceText)],
    by: Option<OperatorId>,
) -> Result<(), StoreError> {
    let is_found = |name: &str| {
        found
            .iter()
            .any(|(known, _)| format!("{}_{number}", known.name) == name)
    };
    let rows = store.workflows(Some(number)).await?.into_iter();
    for row in rows.filter(|row| !is_found(&row.name)) {
        let goes_on = match row.enabled {
            true => "it goes on with the text that was enabled",
            false => "it is not enabled",
        };
        tracing::warn!(
            workflow = row.name,
            goes_on,
            "the definition of the workflow is not there any more"
        );
        if by.is_some() {
            let sentence = format!(
                "the definition of the workflow {} is not there any more; {goes_on}",
                row.name
            );
            store.tell_everybody(sentence).await?;
            let detail = json!({"hash": row.hash, "enabled": row.enabled});
            note(store, ("workflow.leftBehind", &row.name), detail, by).await?;
        }
    }
    Ok(())
}

fn has_twin(definitions: &[(Definition, SourceText)], name: &str) -> bool {
    let mut known = definitions.iter().map(|(known, _)| known.name.as_str());
    known.any(|known| known != name && known.eq_ignore_ascii_case(name))
}

/// In the order of their names.
fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "xml"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = crate::config::read_text(path, crate::xml::BYTES_MAX as u64).ok()?;
        Some(text.as_str().to_owned())
    };
    paths.iter().take(FILES_MAX).filter_map(read).collect()
}

async fn lead_over(
    store: &Store,
    number: InstanceId,
    registry: &Registry,
    definition: &Definition,
    source: SourceText,
    by: Option<OperatorId>,
) -> Result<(), StoreError> {
    let name = format!("{}_{number}", definition.name);
    let digest = hex::encode(hash(&source.text));
    let (danger, origin) = (definition.danger(registry), source.origin);
    let known = store.workflow_named(&name).await?;
    if known.is_some_and(|known| known.hash == digest && known.offered.is_none()) {
        return Ok(());
    }
    let found = FoundText {
        instance: number,
        name: name.clone(),
        definition: NewDefinition {
            hash: digest.clone(),
            name: definition.name.clone(),
            version: definition.version.clone(),
            text: source.text,
            about: about(definition, danger),
        },
        starts_enabled: ENABLED.contains(&definition.name.as_str()) && danger == Danger::None,
        by,
    };
    let (enabled, asked) = (found.starts_enabled, digest.clone());
    let led = store.lead_workflow(found, move |row| {
        let present = Present {
            hash: &row.hash,
            is_enabled: row.enabled,
            has_enabler: row.enabled_by.is_some(),
            offered: row.offered.as_ref().map(|offered| offered.hash.as_str()),
        };
        consent::lead(&present, &asked, danger, origin)
    });
    let (action, detail) = match led.await? {
        Led::Stayed => return Ok(()),
        Led::Installed => ("workflow.installed", json!({"hash": digest, "enabled": enabled})),
        Led::Withdrawn => ("workflow.withdrawn", json!({"hash": digest})),
        Led::Replaced(from) => ("workflow.changed", json!({"from": from, "hash": digest})),
        Led::Offered(from) => {
            tracing::warn!(
                workflow = name,
                definition.version = definition.version,
                definition.hash = digest,
                "there is another text of the workflow; the one that was enabled goes on until somebody enables this one: \
                 intune-connector workflows enable NAME"
            );
            let told = format!(
                "the workflow {name} has another text, which runs for nobody until somebody enables it: \
                 intune-connector workflows enable {name}"
            );
            store.tell_everybody(told).await?;
            (
                "workflow.offered",
                json!({"from": from, "hash": digest, "danger": danger, "origin": origin}),
            )
        }
    };
    note(store, (action, &name), detail, by).await
}

fn about(definition: &Definition, danger: Danger) -> Value {
    let parameters: Vec<&str> = definition
        .parameters
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    let schedules: Vec<&str> = definition
        .schedules
        .iter()
        .map(|schedule| schedule.name.as_str())
        .collect();
    json!({
        "summary": definition.summary, "onDemand": definition.on_demand, "parameters": parameters,
        "schedules": schedules, "danger": danger,
    })
}

async fn note(
    store: &Store,
    (action, name): (&'static str, &str),
    detail: Value,
    by: Option<OperatorId>,
) -> Result<(), StoreError> {
    let who = match by {
        Some(id) => store
            .operator(id)
            .await
            .map_or_else(|_| id.0.to_string(), |row| row.name),
        None => "bus".to_owned(),
    };
    let entry = AuditEntry {
        actor: who,
        action,
        subject: name.to_owned(),
        detail,
    };
    store.audit(entry).await
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
