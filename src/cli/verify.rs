//! `verify`: the connection check, step by step. With settings given it runs in this process and needs no bus; with an
//! instance the running bus does it, and looks at the management servers too.

use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::connection::{ConnectArgs, with_bus};
use super::failure::{Exit, Failure};
use super::steps::{Steps, events};
use super::tenant_args::TenantArgs;
use crate::app;
use crate::model::InstanceName;
use crate::observe::Clock;

/// Check the connection to a tenant, step by step, with cause and cure
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector verify --tenant ID --client ID --secret-file F
  intune-connector verify --tenant ID --client ID --pfx F --pfx-password-file F --proxy http://proxy.example:3128
  intune-connector verify --instance IntuneConnector_1 --data DIR")]
pub struct VerifyArgs {
    /// An instance of the bus; without it the tenant given is checked
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// JSON for machines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    tenant: TenantArgs,
}

pub async fn run(args: VerifyArgs) -> Result<(), Failure> {
    let mut steps = Steps::new(args.json);
    match &args.instance {
        Some(_) if !args.tenant.is_empty() => {
            return Err(Failure::usage(
                "an instance has its settings",
                "leave out either --instance or the settings",
            ));
        }
        Some(name) => of_instance(&args.connect, name, &mut steps).await?,
        None => of_settings(&args.tenant, &mut steps).await?,
    }
    let failed = steps.finish()?;
    match failed {
        0 => Ok(()),
        1 => Err(Failure::new(
            Exit::Failed,
            "one step failed",
            "its cure stands beside it",
        )),
        more => Err(Failure::new(
            Exit::Failed,
            format!("{more} steps failed"),
            "mend the first one first; each has its cure beside it",
        )),
    }
}

async fn of_instance(connect: &ConnectArgs, name: &InstanceName, steps: &mut Steps) -> Result<(), Failure> {
    with_bus(connect, async |bus| {
        let body = json!({ "instance": name });
        let answer = bus
            .client
            .stream(reqwest::Method::POST, "/verify", "text/event-stream", Some(&body))
            .await?;
        events(answer, |step: Value| steps.show(&step)).await
    })
    .await
}

async fn of_settings(tenant: &TenantArgs, steps: &mut Steps) -> Result<(), Failure> {
    let settings = match tenant.draft()?.settings() {
        Ok(settings) => Arc::new(settings),
        Err(error) => {
            // The first finding, where people look for it.
            steps.show(&json!({
                "step": "settings", "subject": error.key, "state": "failed", "detail": error.problem,
                "cause": "settings", "cure": error.advice, "tookMs": 0,
            }))?;
            return Err(error.into());
        }
    };
    let mut coming = app::verify::start(settings, None, Clock::system());
    while let Some(step) = coming.recv().await {
        let step = serde_json::to_value(&step).map_err(|error| Failure::failed(error.to_string(), ""))?;
        steps.show(&step)?;
    }
    Ok(())
}
