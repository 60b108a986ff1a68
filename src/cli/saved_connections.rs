//! Named connections that `login` keeps in the user's configuration folder, readable by the user only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::failure::{CommandFailure, ExitReason};
use crate::files::shell_word;
use crate::model::{Timestamp, format_time};

/// Version of the file; another one is refused.
const VERSION: u32 = 1;
const ENV_FOLDER: &str = "INTUNE_CONNECTOR_CONFIG";

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SavedConnection {
    pub url: String,
    pub user: String,
    pub token: String,
    /// When the token ends; none: never, as a version before this one made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The pinned certificate, DER as hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// `login --plain-http` was given for this address.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain_http: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConnectionsFile {
    version: u32,
    /// Taken where none is named.
    pub default: Option<String>,
    pub connections: BTreeMap<String, SavedConnection>,
}

impl Default for ConnectionsFile {
    fn default() -> Self {
        ConnectionsFile {
            version: VERSION,
            default: None,
            connections: BTreeMap::new(),
        }
    }
}

/// The folder for what belongs to the user: `INTUNE_CONNECTOR_CONFIG`, else as the XDG rules say.
pub(crate) fn user_config_folder() -> Result<PathBuf, CommandFailure> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(own) = set(ENV_FOLDER) {
        return Ok(own);
    }
    let config = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    config.map(|config| config.join("intune-connector")).ok_or_else(|| {
        CommandFailure::usage_error(
            "cannot find your settings folder",
            format!("set HOME, or set {ENV_FOLDER} to a folder of yours"),
        )
    })
}

impl SavedConnection {
    /// Whether its token still holds; what is over by this machine's clock is not sent.
    pub(crate) fn require_valid(&self, name: &str, now: Timestamp) -> Result<(), CommandFailure> {
        let Some(end) = self.expires_at.filter(|end| *end <= now) else {
            return Ok(());
        };
        let word = |text: &str| shell_word(Path::new(text));
        Err(CommandFailure::new(
            ExitReason::Refused,
            format!("the sign-in saved as {name} ended at {}", format_time(end)),
            format!(
                "sign in again: intune-connector login {} --user {} --name {}",
                word(&self.url),
                word(&self.user),
                word(name)
            ),
        ))
    }
}

impl ConnectionsFile {
    pub(crate) fn load(folder: &Path) -> Result<ConnectionsFile, CommandFailure> {
        let path = folder.join("connections.json");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ConnectionsFile::default()),
            Err(error) => return Err(CommandFailure::file_error("read", &path, &error)),
        };
        let unusable = |why: String| {
            CommandFailure::usage_error(
                format!("cannot use {}: {why}", path.display()),
                "remove it and sign in again: intune-connector login URL --user NAME",
            )
        };
        // Not the parser's own words: they may repeat what stands there.
        let read: ConnectionsFile = serde_json::from_slice(&bytes)
            .map_err(|error| unusable(format!("line {}, column {} is invalid", error.line(), error.column())))?;
        match read.version {
            VERSION => Ok(read),
            other => Err(unusable(format!(
                "it has version {other}, but this program supports {VERSION}"
            ))),
        }
    }

    pub(crate) fn save(&self, folder: &Path) -> Result<(), CommandFailure> {
        crate::files::create_data_folder(folder).map_err(|error| CommandFailure::file_error("make", folder, &error))?;
        let path = folder.join("connections.json");
        let text = serde_json::to_vec_pretty(self).expect("strings become JSON");
        crate::files::replace_data_file(&path, &text)
            .map_err(|error| CommandFailure::file_error("write", &path, &error))
    }
}
