//! What lists of devices share, and how many are made at the same time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::inventory::device_index::LiveDeviceIndex;
use crate::sics::api_limits::SicsLimits;
use crate::sics::problem::ApiProblem;

/// What lists of devices share.
pub(crate) struct DeviceListing {
    pub(super) index: LiveDeviceIndex,
    list_permits: Arc<Semaphore>,
    export_permits: Arc<Semaphore>,
    concurrent_exports: usize,
    /// Where parts of a spreadsheet lie while it is made.
    temporary_folder: PathBuf,
}

impl DeviceListing {
    pub(crate) fn new(limits: &SicsLimits, temporary_folder: &Path) -> DeviceListing {
        DeviceListing {
            index: LiveDeviceIndex::new(limits.device_index),
            list_permits: Arc::new(Semaphore::new(limits.concurrent_lists)),
            export_permits: Arc::new(Semaphore::new(limits.concurrent_exports)),
            concurrent_exports: limits.concurrent_exports,
            temporary_folder: temporary_folder.to_owned(),
        }
    }

    pub(super) fn temporary_folder(&self) -> &Path {
        &self.temporary_folder
    }

    /// A place among those who ask the index.
    pub(super) async fn acquire_list_permit(&self) -> Result<OwnedSemaphorePermit, ApiProblem> {
        let permit = self.list_permits.clone().acquire_owned().await;
        permit.map_err(|error| ApiProblem::internal("listClosed", &error))
    }

    /// A place for an export, for as long as it is sent.
    pub(super) fn acquire_export_permit(&self) -> Result<OwnedSemaphorePermit, ApiProblem> {
        self.export_permits.clone().try_acquire_owned().map_err(|_| {
            ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyExports",
                format!("{} exports of devices are already being sent", self.concurrent_exports),
                "Wait until one ends.",
            )
            .with_retry_after(10)
        })
    }
}
