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

use super::Sics;
use super::problem::ApiProblem;
use crate::bus::DesiredSettings;
use crate::bus::install::InstallableProduct;
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
    let found = sics.install_context().product_source.newest_product(product)?;
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
