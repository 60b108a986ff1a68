//! `verify`: the connection check, step by step. With settings given it runs in this process and needs no bus; with an
//! instance the running bus does it, and looks at the management servers too.

use std::sync::Arc;

use clap::Args;
use sics_client::operation;

use super::connection::{ConnectArgs, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::steps::StepReport;
use super::tenant_args::TenantArgs;
use crate::app;
use crate::contract::{VerifyBody, VerifyStep, VerifyStepState};
use crate::model::InstanceName;
use crate::observe::Clock;

/// Check the connection to a tenant, step by step, with causes and fixes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector verify --tenant ID --client ID --secret-file F
  intune-connector verify --tenant ID --client ID --pfx F --pfx-password-file F --proxy http://proxy.example:3128
  intune-connector verify --instance IntuneConnector_1 --data DIR")]
pub struct VerifyArgs {
    /// Instance of the bus to check; default: the tenant given
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    tenant: TenantArgs,
}

pub(crate) async fn run(args: VerifyArgs) -> Result<(), CommandFailure> {
    let mut steps = StepReport::new(args.json);
    match &args.instance {
        Some(_) if !args.tenant.is_empty() => {
            return Err(CommandFailure::usage_error(
                "--instance cannot be combined with settings: an instance has its own",
                "omit either --instance or the settings",
            ));
        }
        Some(name) => verify_instance(&args.connect, name, &mut steps).await?,
        None => verify_settings(&args.tenant, &mut steps).await?,
    }
    let failed = steps.finish_report()?;
    match failed {
        0 => Ok(()),
        1 => Err(CommandFailure::new(
            ExitReason::Failed,
            "one step failed",
            "apply the fix shown below it",
        )),
        more => Err(CommandFailure::new(
            ExitReason::Failed,
            format!("{more} steps failed"),
            "start with the first one; the fix is shown below each step",
        )),
    }
}

async fn verify_instance(
    connect: &ConnectArgs,
    name: &InstanceName,
    steps: &mut StepReport,
) -> Result<(), CommandFailure> {
    with_bus(connect, async |bus| {
        let body = VerifyBody {
            instance: Some(name.clone()),
            draft: None,
        };
        let mut answer = bus
            .client
            .stream_events(&operation::verify(), &[], &(), Some(&body))
            .await?;
        while let Some(step) = answer.next().await? {
            steps.show_step(step)?;
        }
        Ok(())
    })
    .await
}

async fn verify_settings(tenant: &TenantArgs, steps: &mut StepReport) -> Result<(), CommandFailure> {
    let settings = match tenant.build_draft()?.build_settings() {
        Ok(settings) => Arc::new(settings),
        Err(error) => {
            // The first finding, where people look for it.
            steps.show_step(VerifyStep {
                step: "settings".to_owned(),
                subject: error.key.clone(),
                state: VerifyStepState::Failed,
                detail: error.problem.clone(),
                cause: Some("settings".to_owned()),
                cure: Some(error.advice.clone()),
                took_ms: 0,
            })?;
            return Err(error.into());
        }
    };
    let mut events = app::verify::start_check(settings, None, Clock::system());
    while let Some(step) = events.recv().await {
        steps.show_step(step)?;
    }
    Ok(())
}
