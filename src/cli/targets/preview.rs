//! `targets preview` and `targets verify`: what would be written, and whether the other side can be reached. Both write
//! nothing.

use std::path::PathBuf;

use clap::Args;
use sics_client::SicsClient;

use super::mapping::read_mapping;
use super::words::describe_changes;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output::{self, TableColumn, format_name, format_value};
use crate::cli::steps::format_step;
use crate::contract::{
    CheckStepState, PreviewItem, PreviewOutcome, RecordMatch, TargetCheckView, TargetMappingBody, TargetPreviewQuery,
    TargetPreviewView,
};
use crate::model::format_count;

#[derive(Debug, Args)]
pub(super) struct PreviewArgs {
    /// Name of the target
    #[arg(value_name = "TARGET")]
    target: String,
    /// By the mapping that this file has, without setting it
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Maximum number of devices that are shown; all are counted
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
}

impl PreviewArgs {
    /// The mapping that is tried; `None`: the one that the target works by.
    pub(super) fn read_mapping(&self) -> Result<Option<String>, CommandFailure> {
        self.mapping.as_deref().map(read_mapping).transpose()
    }
}

/// `mapping`: what [`PreviewArgs::read_mapping`] has read.
pub(super) async fn preview_target(
    client: &SicsClient,
    args: &PreviewArgs,
    mapping: Option<String>,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let query = TargetPreviewQuery {
        limit: Some(args.limit),
    };
    let preview = match mapping {
        Some(text) => {
            let body = TargetMappingBody { text: Some(text) };
            client.preview_target_mapping(&args.target, &query, &body).await?
        }
        None => client.preview_target(&args.target, &query).await?,
    };
    output::print_answer(&preview, as_json, || print_preview(&preview))?;
    if !preview.complete {
        output::eprint_line("the preview took too long and is not complete: the numbers are of a part of the devices");
    }
    Ok(())
}

fn print_preview(preview: &TargetPreviewView) -> Result<(), CommandFailure> {
    output::print_record(&[
        ("would be created", preview.creates.to_string()),
        ("would be adopted", preview.adoptions.to_string()),
        ("would be changed", preview.changes.to_string()),
        ("would be retired", preview.retirements.to_string()),
        ("would be set aside", preview.set_aside.to_string()),
        ("unchanged", preview.unchanged.to_string()),
    ])?;
    let columns: [TableColumn<PreviewItem>; 4] = [
        ("DEVICE", |item| format_name(&item.device_name)),
        ("WOULD BE", |item| describe_outcome(item.outcome).to_owned()),
        ("RECORD", |item| format_value(&item.record)),
        ("DETAILS", describe_item),
    ];
    output::print_section(&columns, &preview.items)
}

fn describe_outcome(outcome: PreviewOutcome) -> &'static str {
    match outcome {
        PreviewOutcome::Create => "created",
        PreviewOutcome::Adopt => "adopted",
        PreviewOutcome::Change => "changed",
        PreviewOutcome::Retire => "retired",
        PreviewOutcome::Move => "brought back",
        PreviewOutcome::SetAside => "set aside",
    }
}

/// By what it was found, why a person has to decide, and field by field.
fn describe_item(item: &PreviewItem) -> String {
    let found = item.found_by.map(|found| match found {
        RecordMatch::DeviceId => "found by its Intune device id".to_owned(),
        RecordMatch::SerialNumber => "found by its serial number".to_owned(),
    });
    let reason = item
        .reason
        .map(|reason| super::words::describe_reason(reason).to_owned());
    let changes = Some(describe_changes(&item.changes)).filter(|_| !item.changes.is_empty());
    let parts: Vec<String> = [found, reason, changes].into_iter().flatten().collect();
    if parts.is_empty() {
        "-".to_owned()
    } else {
        parts.join("; ")
    }
}

pub(super) async fn verify_target(client: &SicsClient, target: &str, as_json: bool) -> Result<(), CommandFailure> {
    let checked = client.verify_target(target).await?;
    output::print_answer(&checked, as_json, || {
        checked
            .steps
            .iter()
            .try_for_each(|step| output::print_line(format_step(step)))
    })?;
    require_passed(target, &checked)
}

/// A check that found something ends with a code that scripts see.
fn require_passed(target: &str, checked: &TargetCheckView) -> Result<(), CommandFailure> {
    let failed = checked.steps.iter().filter(|step| step.state == CheckStepState::Failed);
    let again = format!("intune-connector targets verify {target}");
    match failed.count() as u64 {
        0 if checked.complete => Ok(()),
        0 => Err(CommandFailure::new(
            ExitReason::Failed,
            "the check took too long and was ended before its last step",
            format!("check again: {again}"),
        )),
        failed => Err(CommandFailure::new(
            ExitReason::Failed,
            format!("{} failed", format_count(failed, "step")),
            format!("apply the fix shown below the step, then check again: {again}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::CheckStep;

    fn step(state: CheckStepState) -> CheckStep {
        CheckStep {
            step: "token".to_owned(),
            subject: "inventory.example".to_owned(),
            state,
            detail: "refused".to_owned(),
            cause: None,
            cure: None,
            field: None,
            took_ms: 1,
        }
    }

    #[test]
    fn a_check_that_found_something_or_was_cut_fails() {
        let checked = |state, complete| TargetCheckView {
            steps: vec![step(state)],
            complete,
        };
        assert!(require_passed("t", &checked(CheckStepState::Ok, true)).is_ok());
        assert!(require_passed("t", &checked(CheckStepState::Note, true)).is_ok());
        let failed = require_passed("t", &checked(CheckStepState::Failed, true)).unwrap_err();
        assert_eq!(failed.message, "1 step failed");
        let cut = require_passed("t", &checked(CheckStepState::Ok, false)).unwrap_err();
        assert!(cut.message.contains("too long"), "{cut}");
    }
}
