//! Installing products over the API: the template as a form, answers judged, checks run step by step, installations
//! carried out in the background and watched. The wizard itself is [`crate::bus::wizard`]; nothing is decided here.
//!
//! A client can't say that a check has passed. The bus remembers over which answers it saw one pass ([`Proofs`]), and an
//! installation whose answers are others has to be checked again, or goes on anyway, which stands in the trail.

mod act;
mod body;
mod carry;
mod change;
mod form;
mod runs;
mod view;

use std::sync::Arc;

use axum::http::StatusCode;

use super::Sics;
use super::problem::Problem;
use crate::bus::Fault;
use crate::bus::install::{InstallError, Installer, Offer, OfferFault, Offers};
use crate::bus::wizard::Proofs;

pub use act::{run, run_for_installed};
pub use body::{ActBody, AnswersBody, ChangeBody, InstallBody};
pub use carry::{install, list, remove, show};
pub use change::{answers, change};
pub use form::{schema, template, validate};
pub use runs::{RunsBody, next};
pub use view::{InstallationView, InstallationsView, ValidateView};

/// What stands behind these routes.
#[derive(Clone)]
pub struct Installing {
    pub installer: Arc<Installer>,
    pub offers: Arc<dyn Offers>,
    pub proofs: Arc<Proofs>,
}

impl Installing {
    pub fn new(installer: Arc<Installer>, offers: Arc<dyn Offers>) -> Installing {
        Installing {
            installer,
            offers,
            proofs: Arc::default(),
        }
    }
}

/// The product of this id.
pub(super) fn offer(sics: &Sics, product: &str) -> Result<Arc<Offer>, Problem> {
    let found = sics.installing().offers.offer(product).map_err(faulty)?;
    found.ok_or_else(|| Problem::unknown("product", product))
}

fn faulty(error: OfferFault) -> Problem {
    let findings = match &error {
        OfferFault::Findings { findings, .. } => serde_json::to_value(findings).unwrap_or_default(),
        OfferFault::Missing(_) => serde_json::Value::Array(Vec::new()),
    };
    Problem::conflict(
        "brokenProduct",
        error.to_string(),
        "Add a package of the product that fits this bus.",
    )
    .with("findings", findings)
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        if let Some(effect) = &fault.effect {
            return Problem::confirmation_needed(effect);
        }
        let status = match (fault.key.is_some(), fault.code.as_str()) {
            (true, _) => StatusCode::UNPROCESSABLE_ENTITY,
            (false, "unknown" | "noInstance" | "unknownAction") => StatusCode::NOT_FOUND,
            (false, _) => StatusCode::CONFLICT,
        };
        let told = Problem::new(status, fault.code, fault.problem, fault.advice);
        match fault.key {
            Some(key) => told.with("key", key),
            None => told,
        }
    }
}

impl From<InstallError> for Problem {
    fn from(error: InstallError) -> Problem {
        let detail = error.to_string();
        match error {
            InstallError::Store(error) => error.into(),
            InstallError::Fault(fault) => fault.into(),
            InstallError::Stands { .. } => {
                Problem::conflict("notInstalled", detail, "Look at the list of installations.")
            }
        }
    }
}
