//! `operators recover`: an administrator made or reset on the host, while no bus runs. Whoever may read the data folder
//! can do everything with it anyway; this is the way that leaves an entry in the audit trail.

use std::path::Path;

use secrecy::SecretString;

use crate::config::{DataFolder, SettingsError};
use crate::observe::Clock;
use crate::sics::auth::password::{self, PasswordError};
use crate::sics::{LOCAL_OPERATOR, is_operator_name};
use crate::store::{AdministratorRecovery, OpenError, OperatorKind, Store, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    #[error("{0:?} is not a valid operator name")]
    Name(String),
    #[error("{LOCAL_OPERATOR} is reserved for commands on this machine")]
    Local,
    #[error("{name} is the account of a {}", operator_kind_name(*.kind))]
    NobodysName { name: String, kind: OperatorKind },
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("there is no store in this folder")]
    NoStore,
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn operator_kind_name(kind: OperatorKind) -> &'static str {
    match kind {
        OperatorKind::Person => "person",
        OperatorKind::Server => "management server",
    }
}

/// What is refused whatever the password is, so that nobody types one for nothing.
pub fn check_recovery(folder: &Path, name: &str) -> Result<(), RecoverError> {
    if !is_operator_name(name) {
        return Err(RecoverError::Name(name.chars().take(80).collect()));
    }
    if name.eq_ignore_ascii_case(LOCAL_OPERATOR) {
        return Err(RecoverError::Local);
    }
    // A wrong path is not to become a new data folder.
    if !crate::store::store_exists(folder) {
        return Err(RecoverError::NoStore);
    }
    Ok(())
}

/// Holds the folder's lock for as long as it takes; refused while a bus does.
pub async fn recover_administrator(
    folder: &Path,
    name: &str,
    password: &SecretString,
    clock: Clock,
) -> Result<AdministratorRecovery, RecoverError> {
    check_recovery(folder, name)?;
    let hash = password::hash(password)?;
    let folder = DataFolder::open(folder)?;
    let mark_file = folder.mark_file()?;
    let store = Store::open_with_mark(
        folder.path(),
        mark_file.as_deref(),
        clock,
        folder.secret_key().derive_key("audit"),
    )?;
    match store
        .recover_administrator(name.to_owned(), hash, recovery_notice)
        .await?
    {
        AdministratorRecovery::NobodysName(kind) => Err(RecoverError::NobodysName {
            name: name.to_owned(),
            kind,
        }),
        done => Ok(done),
    }
}

/// What everybody who signs in is told.
fn recovery_notice(account: &str, recovered: AdministratorRecovery) -> String {
    let what = match recovered {
        AdministratorRecovery::Reset { .. } => "got a new password and all rights, and has no second factor",
        AdministratorRecovery::Made | AdministratorRecovery::NobodysName(_) => "was created with all rights",
    };
    format!("account {account} {what} with `operators recover`, run by the owner of the data folder")
}
