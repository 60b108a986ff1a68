//! A definition on this machine, looked at without a bus: a line a finding, as compilers write them.

use std::path::Path;

use crate::app::workflows;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;
use crate::contract::{ActivitiesView, CheckView, Diagnosis};
use crate::files::{FileReadError, TEXT_MAX, read_file};
use crate::workflow::{advise_definition, compile_document};
use crate::xml::XmlFinding;

pub(crate) fn check_definition(file: &Path, as_json: bool) -> Result<(), CommandFailure> {
    let bytes = read_file(file, TEXT_MAX).map_err(|error| match error {
        FileReadError::Io(error) => CommandFailure::file_error("read", file, &error),
        other => CommandFailure::usage_error(format!("{} {other}", file.display()), other.advice()),
    })?;
    // Names of files are not looked at, so any folder will do.
    let registry = workflows::known_activities(Path::new(""));
    let (findings, good) = match compile_document(&bytes, &registry) {
        Ok(definition) => {
            let danger = definition.highest_danger(&registry);
            (Vec::new(), Some((definition, danger)))
        }
        Err(findings) => (findings, None),
    };
    let advice = good
        .as_ref()
        .map(|(definition, _)| advise_definition(definition, &registry));
    let advice = advice.unwrap_or_default();
    match (as_json, &good) {
        (true, _) => {
            let checked = good.as_ref();
            output::print_json(&CheckView {
                good: checked.is_some(),
                name: checked.map(|(definition, _)| definition.name.clone()),
                version: checked.map(|(definition, _)| definition.version.clone()),
                hash: hex::encode(openssl::sha::sha256(&bytes)),
                danger: checked.map(|(_, danger)| *danger),
                findings: findings.iter().map(Diagnosis::from).collect(),
                advice: advice.iter().map(Diagnosis::from).collect(),
            })?;
        }
        (false, Some((definition, _))) => {
            advice
                .iter()
                .try_for_each(|finding| output::print_line(format!("{} (advice)", format_finding(file, finding))))?;
            let (name, version) = (&definition.name, &definition.version);
            output::print_line(format!("{}: {name} version {version} can run", file.display()))?;
        }
        (false, None) => findings
            .iter()
            .try_for_each(|finding| output::print_line(format_finding(file, finding)))?,
    }
    match findings.len() {
        0 => Ok(()),
        1 => Err(CommandFailure::new(
            ExitReason::Failed,
            "one problem found",
            "correct it, then check again",
        )),
        more => Err(CommandFailure::new(
            ExitReason::Failed,
            format!("{more} problems found"),
            "correct them, then check again",
        )),
    }
}

/// The activities of this program: those of every bus of this version.
pub(crate) fn list_known_activities() -> ActivitiesView {
    let registry = workflows::known_activities(Path::new(""));
    ActivitiesView {
        activities: registry.signatures().cloned().collect(),
    }
}

fn format_finding(file: &Path, finding: &XmlFinding) -> String {
    let at = finding.at;
    let text = format!(
        "{}:{}:{}: {}; {}",
        file.display(),
        at.line,
        at.column,
        finding.problem,
        finding.advice
    );
    output::to_one_line(&text)
}
