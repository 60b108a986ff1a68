//! What only the owner of the data folder may set, while no bus runs on it: which file of this machine holds the assertion
//! of a workload identity. No request names one (E6).

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Instances;
use crate::bus::supervisor::StartType;
use crate::config::{CredentialUse, DataFolder, InstanceDraft, SettingsError};
use crate::entra::{CredentialError, read_token_file};
use crate::model::InstanceName;
use crate::observe::Clock;
use crate::sics::{EngineError, LOCAL_OPERATOR};
use crate::store::{AuditEntry, OpenError, Store, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    #[error("there is no store in this folder")]
    NoStore,
    #[error("{0} does not exist")]
    Unknown(InstanceName),
    #[error(transparent)]
    File(#[from] CredentialError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The key of the settings file.
fn token_file_key(of: CredentialUse) -> &'static str {
    match of {
        CredentialUse::Main => "token_file",
        CredentialUse::Next => "next_token_file",
        CredentialUse::Actions => "actions_token_file",
    }
}

/// The file takes the place of the credential that the instance has for this. Holds the folder's lock for as long as it
/// takes; refused while a bus does. Answers the path as it stands in the settings now.
pub async fn set_token_file(
    folder: &Path,
    name: &InstanceName,
    of: CredentialUse,
    file: &Path,
    clock: Clock,
) -> Result<PathBuf, TokenFileError> {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    read_token_file(&file)?;
    // A wrong path is not to become a new data folder.
    if !crate::store::store_exists(folder) {
        return Err(TokenFileError::NoStore);
    }
    let folder = DataFolder::open(folder)?;
    let mark_file = folder.mark_file()?;
    let store = Store::open_with_mark(
        folder.path(),
        mark_file.as_deref(),
        clock,
        folder.secret_key().derive_key("audit"),
    )?;
    if !folder.instance_ini_path(name).is_file() {
        return Err(TokenFileError::Unknown(name.clone()));
    }
    let shown = file.display().to_string();
    let draft = InstanceDraft::from_pairs([(token_file_key(of), shown.as_str())])?;
    store
        .record_audit_entry(begun_entry("instance.tokenFileSet", name.as_str()))
        .await?;
    folder.change_instance(name, &draft)?;
    let detail = json!({"key": token_file_key(of), "file": shown});
    store
        .record_audit_entry(owner_entry("instance.tokenFileSet", name.as_str(), detail))
        .await?;
    Ok(file)
}

/// What the owner of the folder did, for the audit trail.
fn owner_entry(action: &'static str, subject: &str, detail: Value) -> AuditEntry {
    AuditEntry {
        actor: "host".to_owned(),
        action,
        subject: subject.to_owned(),
        detail,
    }
}

/// What they are about to do: the settings are no part of the store, so the intent is written down first, and what came of
/// it behind.
fn begun_entry(action: &'static str, subject: &str) -> AuditEntry {
    owner_entry("act.begun", subject, json!({ "action": action }))
}

impl Instances {
    /// Keeps a new instance for whoever owns the data folder: what no request may name stands in it too (E6).
    pub async fn add_as_owner(
        &self,
        draft: &InstanceDraft,
        start_type: StartType,
        starts: bool,
    ) -> Result<InstanceName, EngineError> {
        let local = self.store.find_operator_by_name(LOCAL_OPERATOR).await?;
        let local = local.ok_or_else(|| StoreError::Unknown {
            what: "operator",
            name: LOCAL_OPERATOR.to_owned(),
        })?;
        let begun = begun_entry("instance.added", "instance");
        self.store.record_audit_entry(begun).await?;
        let name = self.create_from_draft(draft, local.id, start_type, starts).await?;
        let added = owner_entry("instance.added", name.as_str(), json!({"keys": draft.key_names()}));
        self.store.record_audit_entry(added).await?;
        Ok(name)
    }
}
