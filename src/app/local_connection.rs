//! How commands on the same machine reach the bus: an account of its own, with a new token at each start, left in the
//! data folder for those who may read it.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::model::RightScope;
use crate::sics::LOCAL_OPERATOR;
use crate::sics::auth::token::ApiToken;
use crate::store::{NewOperator, NewToken, OperatorKind, Store, StoreError};

/// Name of the file.
pub const LOCAL_CONNECTION: &str = "local-connection.json";

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LocalConnection {
    pub url: String,
    pub token: String,
    /// SHA-256 of the certificate, hex; where the API speaks HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Address of the web console; where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<String>,
}

impl std::fmt::Debug for LocalConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalConnection")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

pub fn connection_path(folder: &Path) -> PathBuf {
    folder.join(LOCAL_CONNECTION)
}

#[derive(Debug, thiserror::Error)]
pub enum LocalConnectionError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("failed to create a token: {0}")]
    Token(#[from] openssl::error::ErrorStack),
    #[error("failed to write the connection file for commands on this machine: {0}")]
    Io(#[from] std::io::Error),
    #[error("failed to write the file of the first set-up: {0}")]
    Setup(std::io::Error),
}

/// Gives the local account a new token; the ones before are void.
pub(crate) async fn renew_local_token(store: &Store) -> Result<String, LocalConnectionError> {
    let operator = match store.find_operator_by_name(LOCAL_OPERATOR).await? {
        Some(operator) => operator,
        None => {
            let everything = "*".parse().map_err(|_| StoreError::Unknown {
                what: "right",
                name: "*".into(),
            })?;
            let new = NewOperator {
                name: LOCAL_OPERATOR.into(),
                kind: OperatorKind::Person,
                password_hash: None,
                rights: vec![everything],
                scope: RightScope::default(),
                created_by: None,
            };
            store.add_operator(new).await?
        }
    };
    for old in store.list_tokens(operator.id).await? {
        store.remove_token(operator.id, old.id).await?;
    }
    let token = ApiToken::new()?;
    let new = NewToken {
        operator: operator.id,
        name: "this machine".into(),
        sha256: token.sha256,
        scope: RightScope::default(),
        expires_at: None,
    };
    store.add_token(new).await?;
    Ok(token.text.expose_secret().to_owned())
}

/// Leaves the way in, readable by the owner of the folder only.
pub(crate) fn write_connection(folder: &Path, connection: &LocalConnection) -> Result<(), LocalConnectionError> {
    let text = serde_json::to_vec_pretty(connection).map_err(std::io::Error::from)?;
    Ok(crate::files::replace_data_file(&connection_path(folder), &text)?)
}

/// Keeps there by what the certificate is known, each time another one takes its place; ends where there is none.
pub(crate) async fn follow_certificate(
    folder: PathBuf,
    local: LocalConnection,
    fingerprints: Option<watch::Receiver<String>>,
) {
    let Some(mut fingerprints) = fingerprints else { return };
    while fingerprints.changed().await.is_ok() {
        let renewed = LocalConnection {
            fingerprint: Some(fingerprints.borrow_and_update().clone()),
            ..local.clone()
        };
        if let Err(error) = write_connection(&folder, &renewed) {
            tracing::error!(error = %error, "commands on this machine do not know the new certificate: restart the bus");
        }
    }
}
