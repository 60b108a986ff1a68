//! `scan --dry-run`: the same code as a scan, on a store that is thrown away. With settings it needs neither bus nor
//! folder; with an instance of a folder it is told against what that instance holds.

use std::sync::Arc;

use super::connection::{ConnectArgs, folder};
use super::failure::{Exit, Failure, chain};
use super::offline::not_started;
use super::tenant_args::TenantArgs;
use super::{out, scan};
use crate::app::{self, Preview, PreviewError};
use crate::config::Folder;
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
            let began = app::preview(settings, None, Clock::system()).await;
            show(began.map_err(|error| failed(&error))?, as_json).await
        }
        Some(_) if !tenant.is_empty() => Err(Failure::usage(
            "an instance has its settings",
            "leave out either --instance or the settings",
        )),
        Some(name) => of_instance(connect, name, as_json).await,
    }
}

async fn of_instance(connect: &ConnectArgs, name: &InstanceName, as_json: bool) -> Result<(), Failure> {
    let Some(path) = &folder(connect) else {
        return Err(Failure::usage(
            "a preview of an instance works on its data folder",
            "--data DIR",
        ));
    };
    let settings = Arc::new(Folder::open(path)?.instance(name)?);
    let options = app::Options {
        instances: false,
        listen: Some(([127, 0, 0, 1], 0).into()),
        clock: Clock::system(),
        seams: Default::default(),
    };
    let running = app::start(path, options).await.map_err(|error| {
        let mut failure = not_started(&error);
        if failure.exit == Exit::Busy {
            failure.advice =
                "stop the bus for this, or preview with the tenant's settings: scan --dry-run --settings FILE".into();
        }
        failure
    })?;
    let previewed = async {
        let rows = running
            .store
            .instances()
            .await
            .map_err(|error| Failure::failed(chain(&error), ""))?;
        let row = rows.iter().find(|row| row.name == *name && row.removed_at.is_none());
        let against = row.map(|row| (&running.store, row.id));
        let began = app::preview(settings, against, Clock::system()).await;
        show(began.map_err(|error| failed(&error))?, as_json).await
    }
    .await;
    running.stop().await;
    previewed
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
    match as_json {
        true => out::json(&found)?,
        false => out::line(scan::sentence(&found))?,
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
