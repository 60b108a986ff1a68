//! What a bus leaves in its folder for commands on this machine, and the client that it gives.

use std::path::Path;

use secrecy::SecretString;
use sics_client::{ClientAuth, SicsClient};
use url::Url;

use super::certificate_pin;
use super::failure::{CommandFailure, ExitReason};
use super::pinned_client::build_owner_client;
use crate::app::{LocalConnection, local_connection_path};
use crate::files::{mode_open_to_others, read_file};

/// Longest file in which a bus says how it is reached, bytes.
const LOCAL_CONNECTION_MAX: u64 = 64 << 10;

/// What a bus left in its folder for commands on this machine; `None`: nothing.
pub(super) fn read_local_connection(folder: &Path) -> Result<Option<LocalConnection>, CommandFailure> {
    let path = local_connection_path(folder);
    let bytes = match read_file(&path, LOCAL_CONNECTION_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(CommandFailure::file_error("read", &path, &error.into())),
    };
    // Secrets go where it says: it counts only where nobody but its owner could have written it.
    if let Ok(Some(mode)) = mode_open_to_others(&path) {
        return Err(CommandFailure::general_error(
            format!("other users can access {} (mode {mode:o})", path.display()),
            "restart the bus, which writes the file again",
        ));
    }
    let Ok(local) = serde_json::from_slice::<LocalConnection>(&bytes) else {
        return Err(CommandFailure::general_error(
            format!("{} was not written by a bus of this version", path.display()),
            "restart the bus; use the same version of command and bus",
        ));
    };
    Ok(Some(local))
}

/// The bus that left its token in the folder, if it still answers.
pub(super) async fn find_running_bus(folder: &Path) -> Result<Option<SicsClient>, CommandFailure> {
    let Some(local) = read_local_connection(folder)? else {
        return Ok(None);
    };
    let client = build_local_client(&local).await;
    let alive = match client {
        Ok(client) => client
            .test_connection()
            .await
            .map(|_| client)
            .map_err(CommandFailure::from),
        Err(failure) => Err(failure),
    };
    match alive {
        Ok(client) => Ok(Some(client)),
        // It was left by a bus that is no longer there, or its port is another's now: the lock decides.
        Err(failure) if matches!(failure.exit, ExitReason::Unreachable | ExitReason::Refused) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The client for what a bus left in its folder.
pub(super) async fn build_local_client(local: &LocalConnection) -> Result<SicsClient, CommandFailure> {
    let url = parse_saved_url(&local.url)?;
    let pinned = match &local.fingerprint {
        Some(text) => {
            let fingerprint = text
                .parse()
                .map_err(|error: String| CommandFailure::general_error(error, "restart the bus"))?;
            Some(certificate_pin::fetch_pinned_certificate(&url, fingerprint).await?)
        }
        None => None,
    };
    let auth = ClientAuth::Token(SecretString::from(local.token.as_str()));
    build_owner_client(&url, auth, pinned.as_deref())
}

/// The address of a bus as it was kept.
pub(super) fn parse_saved_url(text: &str) -> Result<Url, CommandFailure> {
    Url::parse(text).map_err(|error| {
        CommandFailure::general_error(
            format!("the saved address {text} is invalid: {error}"),
            "sign in again: intune-connector login URL --user NAME",
        )
    })
}
