//! A folder on which no bus runs, opened by the command itself: the same bus without scans, on a loopback port of its
//! own, under the same lock. Two commands, or a command and a bus, never work on one folder at the same time.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::client::Client;
use super::connection::local_client;
use super::failure::{Exit, Failure, chain};
use super::out;
use crate::app::{self, Options, Running, StartError};
use crate::config::Folder;
use crate::observe::Clock;
use crate::store::OpenError;

pub struct Open(Running);

impl Open {
    pub async fn close(self) {
        self.0.stop().await;
    }
}

/// Opens a data folder for a command that works on it: from here on this process makes files for its owner alone,
/// whatever its umask, and what others could enter is closed and told.
pub fn prepare(folder: &Path) -> Result<Folder, Failure> {
    keep_files_private();
    let folder = Folder::open(folder)?;
    for told in folder.told() {
        out::say(format!("warning: {told}"));
    }
    Ok(folder)
}

pub fn keep_files_private() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

impl Open {
    /// The bus without scans that this process is, for what no request may ask (E6).
    pub fn running(&self) -> &Running {
        &self.0
    }
}

pub async fn open(folder: &Path) -> Result<(Open, Client), Failure> {
    prepare(folder)?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = Options {
        instances: false,
        listen: Some(listen),
        clock: Clock::system(),
        seams: Default::default(),
    };
    let running = app::start(folder, options).await.map_err(|error| not_started(&error))?;
    match local_client(&running.local).await {
        Ok(client) => Ok((Open(running), client)),
        Err(failure) => {
            running.stop().await;
            Err(failure)
        }
    }
}

/// Why the bus did not start, for whoever started it.
pub fn not_started(error: &StartError) -> Failure {
    match error {
        StartError::Settings(error) => error.clone().into(),
        StartError::Open(OpenError::InUse { folder }) => Failure::new(
            Exit::Busy,
            format!("another process works on {}", folder.display()),
            "use the commands while the bus runs, or stop the other process",
        ),
        StartError::Listen { address, source } => Failure::failed(
            format!("failed to listen on {address}: {source}"),
            "see what listens there, or choose another address with `listen` in bus.ini",
        ),
        other => Failure::failed(
            format!("failed to start the bus: {}", chain(other)),
            "intune-connector doctor --data DIR looks for the cause",
        ),
    }
}
