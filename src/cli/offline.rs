//! A folder on which no bus runs, opened by the command itself: the same bus without scans, on a loopback port of its
//! own, under the same lock. Two commands, or a command and a bus, never work on one folder at the same time.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::client::Client;
use super::connection::local_client;
use super::failure::{Exit, Failure, chain};
use crate::app::{self, Options, Running, StartError};
use crate::observe::Clock;
use crate::store::OpenError;

pub struct Open(Running);

impl Open {
    pub async fn close(self) {
        self.0.stop().await;
    }
}

pub async fn open(folder: &Path) -> Result<(Open, Client), Failure> {
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
