//! What the instances behind the API answer instead of what was asked for.

use futures_util::future::BoxFuture;

use crate::bus::CatalogueError;
use crate::inventory::deletion_brake::BrakeError;
use crate::model::{ConfirmableEffect, InstanceName};
use crate::store::StoreError;

pub type EngineFuture<'a, T> = BoxFuture<'a, Result<T, EngineError>>;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("instance {0} does not exist")]
    UnknownInstance(InstanceName),
    /// This takes devices away from management servers: confirm how many (F7).
    #[error("{0}")]
    ConfirmationNeeded(ConfirmableEffect),
    #[error(transparent)]
    Brake(#[from] BrakeError),
    /// Not possible in the current state (disabled, already running …).
    #[error("{problem}")]
    Conflict {
        code: &'static str,
        problem: String,
        advice: String,
    },
    /// The settings are wrong.
    #[error("{problem}")]
    Settings {
        key: String,
        problem: String,
        advice: String,
    },
    /// Entra or Graph did not carry out the request.
    #[error("{problem}")]
    Upstream {
        code: String,
        problem: String,
        advice: String,
    },
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("failed to work on the data folder: {0}")]
    Io(#[from] std::io::Error),
}
