//! Why a scan failed.

use super::projection::ProjectionError;
use crate::graph::GraphError;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("failed to read the tenant's devices: {0}")]
    Graph(#[from] GraphError),
    #[error("failed to store the devices: {0}")]
    Store(#[from] StoreError),
    #[error("failed to apply the audience to the settings: {0}")]
    Shape(#[from] ProjectionError),
    #[error("processing of a page stopped unexpectedly")]
    Broken(#[from] tokio::task::JoinError),
}

impl ScanError {
    /// Stable, for machines.
    pub fn code(&self) -> String {
        match self {
            ScanError::Graph(error) => error.code().to_owned(),
            ScanError::Store(error) => error.code().to_owned(),
            ScanError::Shape(_) => "settings".to_owned(),
            ScanError::Broken(_) => "internal".to_owned(),
        }
    }
}
