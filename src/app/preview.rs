//! A scan that keeps nothing: the same code on a scratch store that is thrown away. What exists is copied into it first,
//! so that "new, changed, gone" match what a real run would find; the real store is only read.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::instances::{BuildError, build_scanner};
use super::preview_inventory::read_inventory;
use super::scratch_folder::ScratchFolder;
use crate::config::InstanceSettings;
use crate::contract::{PreviewInventory, PreviewStep};
use crate::inventory::scan::{InstanceScanner, ScanError, ScanProgress};
use crate::model::{InstanceId, InstanceName, ScanKind, ScanSummary};
use crate::observe::{Clock, Metrics};
use crate::sics::EngineError;
use crate::store::{NewInstance, OpenError, RestoreError, Store, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    #[error("failed to create the folder for a preview: {0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Copy(#[from] RestoreError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Scan(#[from] ScanError),
}

impl PreviewError {
    /// Stable, for machines.
    fn code(&self) -> String {
        match self {
            PreviewError::Build(error) => error.to_failure().code,
            PreviewError::Scan(error) => error.code(),
            PreviewError::Store(error) => error.code().to_owned(),
            PreviewError::Io(_) | PreviewError::Open(_) | PreviewError::Copy(_) => "noRoom".to_owned(),
        }
    }

    pub fn to_engine_error(&self) -> EngineError {
        EngineError::Upstream {
            code: self.code(),
            problem: self.to_string(),
            advice: self.advice(),
        }
    }

    fn advice(&self) -> String {
        match self {
            PreviewError::Build(error) => error.to_failure().advice,
            PreviewError::Scan(_) => "run intune-connector verify to see the step that fails".to_owned(),
            _ => "free some space in the folder for temporary files".to_owned(),
        }
    }
}

/// What a preview has found.
pub struct PreviewOutcome {
    pub summary: ScanSummary,
    pub inventory: PreviewInventory,
}

/// A preview on its way: watch it, then wait for it.
pub struct RunningPreview {
    pub progress: watch::Receiver<ScanProgress>,
    task: tokio::task::JoinHandle<Result<PreviewOutcome, PreviewError>>,
}

impl RunningPreview {
    pub async fn wait_for_outcome(mut self) -> Result<PreviewOutcome, PreviewError> {
        (&mut self.task)
            .await
            .map_err(|error| PreviewError::Scan(error.into()))?
    }
}

impl Drop for RunningPreview {
    /// It goes on for nobody.
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Steps that may wait for the one who asked; progress that finds no room is left out.
const STEPS: usize = 16;

/// The steps of a preview as they come. It ends when nobody listens any more.
pub(crate) fn stream_steps(mut preview: RunningPreview) -> mpsc::Receiver<PreviewStep> {
    let (sender, steps) = mpsc::channel(STEPS);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = sender.closed() => return,
                changed = preview.progress.changed() => match changed {
                    Err(_) => break,
                    Ok(()) => {
                        let ScanProgress { devices, expected, .. } = *preview.progress.borrow_and_update();
                        let _ = sender.try_send(PreviewStep::Progress { devices, expected });
                    }
                },
            }
        }
        let step = match preview.wait_for_outcome().await {
            Ok(PreviewOutcome { summary, inventory }) => {
                let _ = sender.send(PreviewStep::Inventory(Box::new(inventory))).await;
                PreviewStep::Found(Box::new(summary))
            }
            Err(error) => PreviewStep::Failed {
                code: error.code(),
                problem: error.to_string(),
                advice: error.advice(),
            },
        };
        let _ = sender.send(step).await;
    });
    steps
}

/// Seals the audit trail of a store that goes with the preview.
const SCRATCH_KEY: [u8; 32] = [0; 32];

/// What a preview works with, dropped in this order: the folder goes last.
struct PreviewResources {
    scanner: InstanceScanner,
    store: Store,
    _scratch: ScratchFolder,
}

/// Begins a full scan of the tenant that the settings name. `against`: the store and the instance whose inventory it is
/// compared with; without one everything is new.
pub async fn start_preview(
    settings: Arc<InstanceSettings>,
    against: Option<(&Store, InstanceId)>,
    clock: Clock,
) -> Result<RunningPreview, PreviewError> {
    let scratch = ScratchFolder::new()?;
    if let Some((store, _)) = against {
        let copy = scratch.data_path().join("copy.db");
        store.write_backup(&copy).await?;
        crate::store::restore_backup(scratch.data_path(), &copy, &SCRATCH_KEY)?;
    }
    let store = Store::open(scratch.data_path(), clock.clone(), SCRATCH_KEY)?;
    let id = match against {
        Some((_, id)) => id,
        None => {
            let new = NewInstance {
                prefix: "Preview".into(),
                tenant_id: settings.tenant_id.clone(),
                client_id: settings.client_id.clone(),
                audience: None,
            };
            store.add_instance(new).await?.id
        }
    };
    // Nobody sees its metrics.
    let name: InstanceName = "Preview_1".parse().expect("a valid name");
    let mut scanner = build_scanner(&store, &clock, &Metrics::new(), (id, name), &settings)?;
    scanner.apply_audience().await?;
    let progress = scanner.progress.subscribe();
    let work = PreviewResources {
        scanner,
        store,
        _scratch: scratch,
    };
    let task = tokio::spawn(async move {
        let ran = work.scanner.run(ScanKind::Full).await;
        let inventory = read_inventory(&work.store, id, &settings.devices).await;
        drop(work);
        Ok(PreviewOutcome {
            summary: ran?,
            inventory: inventory?,
        })
    });
    Ok(RunningPreview { progress, task })
}
