//! `scan --dry-run`: the same code as a scan, on a store that is thrown away. With settings it needs neither bus nor
//! folder; with an instance it is told against what that instance holds, while its bus runs or not. Cut off, it takes
//! the inventory that it has read so far with it.

use std::sync::Arc;

use sics_client::operation;

use super::connection::{BusConnection, ConnectArgs, has_any_bus, with_bus};
use super::failure::{CommandFailure, error_chain};
use super::instance_choice::choose_instance;
use super::preview_text::print_preview;
use super::signals::run_until_stopped;
use super::tenant_args::TenantArgs;
use super::{output, scan};
use crate::app::{self, BuildError, PreviewError, PreviewOutcome, RunningPreview, judge_change};
use crate::config::InstanceSettings;
use crate::contract::{DryRunBody, PreviewStep};
use crate::model::InstanceName;
use crate::observe::Clock;

pub(crate) async fn run(
    connect: &ConnectArgs,
    instance: Option<&InstanceName>,
    tenant: &TenantArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    match instance {
        None if tenant.is_empty() && has_any_bus(connect) => preview_instance(connect, None, as_json).await,
        None => {
            let settings = Arc::new(tenant.build_draft()?.build_settings()?);
            refuse_unusable(&settings)?;
            run_until_stopped(async {
                let started = app::start_preview(settings, None, Clock::system()).await;
                show_preview(started.map_err(|error| preview_failure(&error))?, as_json).await
            })
            .await
        }
        Some(_) if !tenant.is_empty() => Err(CommandFailure::usage_error(
            "--instance cannot be combined with settings: an instance has its own",
            "omit either --instance or the settings",
        )),
        Some(name) => preview_instance(connect, Some(name), as_json).await,
    }
}

/// What `instances add` refuses. A credential shows what is wrong with it when it is used.
fn refuse_unusable(settings: &InstanceSettings) -> Result<(), CommandFailure> {
    let faults = judge_change(None, settings).new;
    let mut of_rules = faults
        .iter()
        .filter(|fault| !matches!(fault.error, BuildError::Entra(_)));
    match of_rules.next() {
        Some(fault) => Err(CommandFailure::usage_error(
            fault.error.to_string(),
            fault.error.advice(),
        )),
        None => Ok(()),
    }
}

/// By the bus, running or not: it knows the instance, its audience and what it holds.
async fn preview_instance(
    connect: &ConnectArgs,
    name: Option<&InstanceName>,
    as_json: bool,
) -> Result<(), CommandFailure> {
    with_bus(connect, async |bus| {
        let name = choose_instance(&bus.client, name).await?;
        run_until_stopped(preview_by_bus(bus, &name, as_json)).await
    })
    .await
}

async fn preview_by_bus(bus: &BusConnection, name: &InstanceName, as_json: bool) -> Result<(), CommandFailure> {
    let body = DryRunBody { instance: name.clone() };
    let mut steps = bus
        .client
        .stream_events(&operation::preview_scan(), &[], &(), Some(&body))
        .await?;
    let (bar, mut ended, mut inventory) = (scan::create_progress_bar(), None, None);
    while let Some(step) = steps.next().await? {
        match step {
            PreviewStep::Progress { devices, expected } => scan::update_progress_bar(&bar, devices, expected),
            PreviewStep::Inventory(found) => inventory = Some(*found),
            PreviewStep::Found(summary) => ended = Some(Ok(*summary)),
            PreviewStep::Failed { problem, advice, .. } => ended = Some(Err((problem, advice))),
        }
    }
    bar.finish_and_clear();
    let failure = |(problem, advice): (String, String)| {
        CommandFailure::general_error(
            format!("the preview failed: {}", output::to_one_line(&problem)),
            output::to_one_line(&advice),
        )
    };
    let found = ended.unwrap_or_else(|| Err(("it ended without a result".to_owned(), "try again".to_owned())));
    print_preview(&found.map_err(failure)?, inventory, as_json)
}

/// Watches a preview with a bar and prints what it found.
async fn show_preview(preview: RunningPreview, as_json: bool) -> Result<(), CommandFailure> {
    let bar = scan::create_progress_bar();
    let mut progress = preview.progress.clone();
    let watch = async {
        while progress.changed().await.is_ok() {
            let now = *progress.borrow_and_update();
            scan::update_progress_bar(&bar, now.devices, now.expected);
        }
        std::future::pending::<()>().await;
    };
    let found = tokio::select! {
        found = preview.wait_for_outcome() => found.map_err(|error| preview_failure(&error))?,
        () = watch => return Ok(()),
    };
    bar.finish_and_clear();
    let PreviewOutcome { summary, inventory } = found;
    print_preview(&summary, Some(inventory), as_json)
}

fn preview_failure(error: &PreviewError) -> CommandFailure {
    CommandFailure::general_error(
        format!("the preview failed: {}", error_chain(error)),
        "find the failing step: run intune-connector verify with the same settings",
    )
}
