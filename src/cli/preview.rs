//! `scan --dry-run`: the same code as a scan, on a store that is thrown away. With settings it needs neither bus nor
//! folder; with an instance it is told against what that instance holds, while its bus runs or not. Cut off, it takes
//! the inventory that it has read so far with it.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::connection::{Bus, ConnectArgs, with_bus};
use super::failure::{Failure, chain};
use super::steps::events;
use super::stop::unless_stopped;
use super::tenant_args::TenantArgs;
use super::{out, scan};
use crate::app::{self, Preview, PreviewError};
use crate::model::InstanceName;
use crate::observe::Clock;

pub async fn run(
    connect: &ConnectArgs,
    instance: Option<&InstanceName>,
    tenant: &TenantArgs,
    as_json: bool,
) -> Result<(), Failure> {
    match instance {
        None => {
            let settings = Arc::new(tenant.draft()?.settings()?);
            unless_stopped(async {
                let began = app::preview(settings, None, Clock::system()).await;
                show(began.map_err(|error| failed(&error))?, as_json).await
            })
            .await
        }
        Some(_) if !tenant.is_empty() => Err(Failure::usage(
            "an instance has its settings",
            "leave out either --instance or the settings",
        )),
        Some(name) => of_instance(connect, name, as_json).await,
    }
}

/// By the bus, running or not: it knows the instance, its audience and what it holds.
async fn of_instance(connect: &ConnectArgs, name: &InstanceName, as_json: bool) -> Result<(), Failure> {
    with_bus(connect, async |bus| {
        unless_stopped(by_the_bus(bus, name, as_json)).await
    })
    .await
}

async fn by_the_bus(bus: &Bus, name: &InstanceName, as_json: bool) -> Result<(), Failure> {
    let body = json!({ "instance": name });
    let answer = bus
        .client
        .stream(Method::POST, "/scans/dry-run", "text/event-stream", Some(&body))
        .await?;
    let (bar, mut ended) = (scan::bar(), None);
    events(answer, |step| {
        match &step["progress"] {
            Value::Null => ended = Some(step),
            progress => {
                let devices = progress["devices"].as_u64().unwrap_or(0);
                scan::progress(&bar, devices, progress["expected"].as_u64());
            }
        }
        Ok(())
    })
    .await?;
    bar.finish_and_clear();
    let ended = ended.unwrap_or_default();
    let text = |key: &str| out::printable(ended["failed"][key].as_str().unwrap_or_default(), 500);
    match &ended["found"] {
        Value::Null => Err(Failure::failed(
            format!("the preview failed: {}", text("problem")),
            text("advice"),
        )),
        found => tell(found, as_json),
    }
}

/// Watches a preview with a bar and prints what it found.
async fn show(preview: Preview, as_json: bool) -> Result<(), Failure> {
    let bar = scan::bar();
    let mut progress = preview.progress.clone();
    let watch = async {
        while progress.changed().await.is_ok() {
            let now = *progress.borrow_and_update();
            scan::progress(&bar, now.devices, now.expected);
        }
        std::future::pending::<()>().await;
    };
    let found = tokio::select! {
        found = preview.finish() => found.map_err(|error| failed(&error))?,
        () = watch => return Ok(()),
    };
    bar.finish_and_clear();
    let found = serde_json::to_value(&found).map_err(|error| Failure::failed(error.to_string(), ""))?;
    tell(&found, as_json)
}

fn tell(found: &Value, as_json: bool) -> Result<(), Failure> {
    match as_json {
        true => out::json(found)?,
        false => out::line(scan::sentence(found))?,
    }
    out::say("nothing was kept");
    Ok(())
}

fn failed(error: &PreviewError) -> Failure {
    Failure::failed(
        format!("the preview failed: {}", chain(error)),
        "intune-connector verify with the same settings shows the step",
    )
}
