//! What became of each installation, at the end of the command.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::wizard_args::WizardArgs;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;
use crate::contract::{CheckStep, Diagnosis, InstallationView};
use crate::model::{InstallationState, format_count};

/// An installation that came to its end, a good or a bad one.
pub(crate) struct InstallResult {
    pub name: String,
    pub ok: bool,
    pub report: InstallReport,
}

/// The same for machines: what was found, done and not done.
#[derive(Debug, Default, Serialize)]
pub(crate) struct InstallReport {
    /// Section of the answers file; empty where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// What is wrong with the answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Diagnosis>,
    /// The steps of each check that was run, by its name.
    #[serde(flatten)]
    pub checks: BTreeMap<String, Vec<CheckStep>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation: Option<InstallationView>,
    /// The last step of the preview, which runs before the installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<CheckStep>,
    /// Why the bus refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Diagnosis>,
}

impl InstallResult {
    /// By the state in which the installation ended; none: it was not begun.
    pub(crate) fn from_report(report: InstallReport) -> InstallResult {
        let installation = report.installation.as_ref();
        InstallResult {
            name: installation.map_or_else(String::new, |view| view.name.clone()),
            ok: installation.is_some_and(|view| view.state == InstallationState::Installed),
            report,
        }
    }
}

pub(crate) fn report_results(results: Vec<InstallResult>, wizard_args: &WizardArgs) -> Result<(), CommandFailure> {
    let bad = results.iter().filter(|one| !one.ok).count();
    if wizard_args.json {
        let all: Vec<&InstallReport> = results.iter().map(|one| &one.report).collect();
        output::print_json(&json!({"ok": bad == 0, "installations": all}))?;
    } else {
        for one in results.iter().filter(|one| one.ok) {
            output::print_line(&one.name)?;
        }
    }
    match bad {
        0 => Ok(()),
        _ => Err(CommandFailure::new(
            ExitReason::Failed,
            format!("{bad} of {} failed", format_count(results.len() as u64, "installation")),
            "see the errors above",
        )),
    }
}
