//! A folder on which no bus runs, opened by the command itself: the same bus without scans, on a loopback port of its
//! own, under the same lock. Two commands, or a command and a bus, never work on one folder at the same time.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::connection::build_local_client;
use super::failure::{CommandFailure, ExitReason, error_chain};
use super::output;
use crate::app::{self, RunningBus, StartError, StartOptions};
use crate::config::DataFolder;
use crate::observe::Clock;
use crate::store::OpenError;
use sics_client::SicsClient;

pub struct OfflineBus(RunningBus);

impl OfflineBus {
    pub async fn close(self) {
        self.0.stop().await;
    }
}

/// Opens a data folder for a command that works on it: from here on this process makes files for its owner alone,
/// whatever its umask, and what others could enter is closed and told.
pub(crate) fn prepare_data_folder(folder: &Path) -> Result<DataFolder, CommandFailure> {
    keep_files_private();
    let folder = DataFolder::open(folder)?;
    for told in folder.permission_fixes() {
        output::eprint_line(format!("warning: {told}"));
    }
    Ok(folder)
}

pub(crate) fn keep_files_private() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

impl OfflineBus {
    /// The bus without scans that this process is, for what no request may ask (E6).
    pub fn running_bus(&self) -> &RunningBus {
        &self.0
    }
}

pub(crate) async fn start_offline_bus(folder: &Path) -> Result<(OfflineBus, SicsClient), CommandFailure> {
    prepare_data_folder(folder)?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = StartOptions {
        run_instances: false,
        listen: Some(listen),
        clock: Clock::system(),
        failpoints: Default::default(),
        order_failpoints: Default::default(),
    };
    let running = app::start_bus(folder, options)
        .await
        .map_err(|error| start_failure(&error))?;
    match build_local_client(&running.local).await {
        Ok(client) => Ok((OfflineBus(running), client)),
        Err(failure) => {
            running.stop().await;
            Err(failure)
        }
    }
}

/// Why the bus did not start, for whoever started it.
pub(crate) fn start_failure(error: &StartError) -> CommandFailure {
    match error {
        StartError::Settings(error) => error.clone().into(),
        StartError::Open(OpenError::InUse { folder }) => CommandFailure::new(
            ExitReason::Busy,
            format!("another process uses {}", folder.display()),
            "run the command while the bus runs, or stop the other process",
        ),
        StartError::Listen { address, source } => CommandFailure::general_error(
            format!("failed to listen on {address}: {source}"),
            "check what listens there, or choose another address with `listen` in bus.ini",
        ),
        other => CommandFailure::general_error(
            format!("failed to start the bus: {}", error_chain(other)),
            "find the cause: intune-connector doctor --data DIR",
        ),
    }
}
