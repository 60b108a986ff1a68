//! Installing products over the API: the template as a form, answers judged, checks run step by step, installations
//! carried out in the background and watched. The wizard itself is [`crate::bus::wizard`]; nothing is decided here.
//!
//! A client can't say that a check has passed. The bus remembers over which answers it saw one pass
//! ([`crate::bus::wizard::PassedChecks`]), and an installation whose answers are others has to be checked again, or goes on
//! anyway, which stands in the trail.

mod context;
mod form;
mod installations;
mod next_runs;
mod reconfigure;
mod registrations;
mod view;
mod wizard_actions;

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::json;

use super::Sics;
use super::problem::ApiProblem;
use crate::bus::install::{InstallError, InstallableProduct, ProductError};
use crate::bus::{DesiredSettings, HostError};
use crate::contract::Diagnosis;
use crate::model::Language;

pub use context::InstallContext;
pub(crate) use form::{show_schema, show_template, validate_answers};
pub(crate) use installations::{install_product, list_installations, remove, show_installation};
pub(crate) use next_runs::next;
pub(crate) use reconfigure::{change_installation, show_answers};
pub(crate) use registrations::{
    begin_registration, begin_renewal, check_registration, check_renewal, show_registration, show_renewal,
};
pub(crate) use wizard_actions::{run, run_installed_action};

/// The product of this id.
pub(super) fn find_installable_product(sics: &Sics, product: &str) -> Result<Arc<InstallableProduct>, ApiProblem> {
    let found = sics
        .install_context()
        .product_source
        .newest_product(product)
        .map_err(broken_product_problem)?;
    found.ok_or_else(|| ApiProblem::not_found("product", product))
}

/// With a registration that was answered as what it stands for. Before this nothing else is done with settings.
pub(super) async fn resolve_registration(
    sics: &Sics,
    wanted: DesiredSettings,
    number: Option<i64>,
    language: Language,
) -> Result<DesiredSettings, ApiProblem> {
    let host = sics.install_context().installer.host();
    let resolved = host.resolve_registration(wanted, number).await;
    resolved.map_err(|finding| view::invalid_answers_problem(&[finding], language))
}

fn broken_product_problem(error: ProductError) -> ApiProblem {
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

impl From<HostError> for ApiProblem {
    fn from(fault: HostError) -> ApiProblem {
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
    fn from(error: InstallError) -> ApiProblem {
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
