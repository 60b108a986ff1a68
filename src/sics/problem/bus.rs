//! What the catalogue does not take, and what cannot be installed.

use axum::http::StatusCode;
use serde_json::json;

use super::ApiProblem;
use crate::bus::install::{InstallError, ProductError};
use crate::bus::{CatalogueError, HostError};
use crate::contract::Diagnosis;

impl From<CatalogueError> for ApiProblem {
    fn from(error: CatalogueError) -> Self {
        let (code, detail, advice) = (error.code(), error.to_string(), error.advice());
        let status = match &error {
            CatalogueError::Unknown(_) | CatalogueError::UnknownKey(_) => StatusCode::NOT_FOUND,
            CatalogueError::Downgrade { .. }
            | CatalogueError::OtherContent { .. }
            | CatalogueError::KeptId { .. }
            | CatalogueError::Full => StatusCode::CONFLICT,
            CatalogueError::Io { .. } => return ApiProblem::internal(code, &error),
            CatalogueError::Package(_) | CatalogueError::Unfit(_) | CatalogueError::Documents(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        ApiProblem::new(status, code, detail, advice)
    }
}

impl From<ProductError> for ApiProblem {
    fn from(error: ProductError) -> Self {
        let findings: Vec<Diagnosis> = match &error {
            ProductError::Findings { findings, .. } => findings.iter().map(Diagnosis::from).collect(),
            ProductError::Missing(_) => Vec::new(),
        };
        ApiProblem::conflict(
            "brokenProduct",
            error.to_string(),
            "Add a package of the product that is compatible with this bus.",
        )
        .with_member("findings", json!(findings))
    }
}

impl From<HostError> for ApiProblem {
    fn from(fault: HostError) -> Self {
        if let Some(effect) = &fault.effect {
            return ApiProblem::confirmation_needed(effect);
        }
        let status = match (fault.key.is_some(), fault.code.as_str()) {
            (true, _) => StatusCode::UNPROCESSABLE_ENTITY,
            (false, "unknown" | "noInstance" | "unknownAction") => StatusCode::NOT_FOUND,
            (false, _) => StatusCode::CONFLICT,
        };
        let problem = ApiProblem::new(status, fault.code, fault.problem, fault.advice);
        match fault.key {
            Some(key) => problem.with_member("key", key),
            None => problem,
        }
    }
}

impl From<InstallError> for ApiProblem {
    fn from(error: InstallError) -> Self {
        let detail = error.to_string();
        match error {
            InstallError::Store(error) => error.into(),
            InstallError::Fault(fault) => fault.into(),
            InstallError::Stands { .. } => {
                ApiProblem::conflict("notInstalled", detail, "Check the list of installations.")
            }
        }
    }
}
