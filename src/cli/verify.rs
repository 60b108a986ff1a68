//! `verify`: the connection check, step by step. With settings given it runs in this process and needs no bus; with an
//! instance the running bus does it, and looks at the management servers too.

use std::sync::Arc;

use clap::Args;
use sics_client::operation;

use super::connection::{ConnectArgs, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::output;
use super::shell_words::format_command;
use super::steps::StepReport;
use super::tenant_args::TenantArgs;
use crate::app;
use crate::app::{BuildError, judge_change};
use crate::config::InstanceSettings;
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
    let verdict = steps.finish_report()?;
    let given = std::env::args_os()
        .skip(2)
        .map(|word| word.to_string_lossy().into_owned());
    match verdict.failed.len() {
        0 if args.json => Ok(()),
        0 => output::print_line(format!(
            "\n{}; next: {}",
            verdict.sentence(),
            following_command(args.instance.is_some(), given)
        )),
        failed => {
            let fix = if failed == 1 {
                "apply the fix shown below the step"
            } else {
                "apply the fixes shown below the steps, the first one first"
            };
            let again = format_command(["intune-connector", "verify"], given);
            Err(CommandFailure::new(
                ExitReason::Failed,
                verdict.sentence(),
                format!("{fix}, then check again: {again}"),
            ))
        }
    }
}

impl VerifyArgs {
    /// Whether it checks a tenant by settings, in this process.
    pub(crate) fn is_for_tenant(&self) -> bool {
        self.instance.is_none()
    }
}

/// What comes after a check that passed, with the options that it was given.
fn following_command(is_instance: bool, given: impl Iterator<Item = String>) -> String {
    let given = given.filter(|word| word != "--json");
    if is_instance {
        format_command(["intune-connector", "scan"], given)
    } else {
        format_command(["intune-connector", "scan", "--dry-run"], given)
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
    tenant.check_token_file()?;
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
    for step in list_unusable(&settings) {
        steps.show_step(step)?;
    }
    let mut events = app::verify::start_check(settings, None, Clock::system());
    while let Some(step) = events.recv().await {
        steps.show_step(step)?;
    }
    Ok(())
}

/// Settings with which an instance would not start. A credential has steps of its own.
fn list_unusable(settings: &InstanceSettings) -> Vec<VerifyStep> {
    let faults = judge_change(None, settings).new.into_iter();
    let of_rules = faults.filter(|fault| !matches!(fault.error, BuildError::Entra(_)));
    of_rules
        .map(|fault| {
            let advice = fault.error.advice();
            let failure = fault.error.to_failure();
            VerifyStep {
                step: "settings".to_owned(),
                subject: fault.key,
                state: VerifyStepState::Failed,
                detail: failure.problem,
                cause: Some(failure.code),
                cure: Some(advice),
                took_ms: 0,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n4_the_next_command_has_the_options_of_the_check() {
        let given = |line: &'static str| line.split(' ').map(str::to_owned);
        assert_eq!(
            following_command(false, given("--tenant t --client c --secret-file f --json")),
            "intune-connector scan --dry-run --tenant t --client c --secret-file f"
        );
        assert_eq!(
            following_command(true, given("--instance IntuneConnector_1 --data bus")),
            "intune-connector scan --instance IntuneConnector_1 --data bus"
        );
    }
}
