//! The first start with places in sealed text (E7): what an earlier version sealed is sealed anew, for the instance and
//! the key, or the row, where it stands. Files first, each as the old or the new one; then all rows and the note that it
//! was done, in one transaction. A crash in between loses nothing: what is sealed anew already is passed over when it is
//! done again. After that, text of the earlier version is refused wherever it turns up.

use crate::config::DataFolder;
use crate::model::InstanceName;
use crate::store::{Store, StoreError};

pub(crate) async fn reseal_secrets(folder: &DataFolder, store: &Store) -> Result<(), StoreError> {
    let waiting = store.list_instances_to_reseal().await?;
    if waiting.as_ref().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    let there = match folder.list_instances() {
        Ok(there) => there,
        Err(error) => {
            tracing::error!(error = %error, "cannot list the instances of the data folder; secrets that an earlier version sealed will be resealed at the next start");
            return Ok(());
        }
    };
    let wanted = |name: &InstanceName| waiting.as_ref().is_none_or(|waiting| waiting.contains(name));
    let pending: Vec<InstanceName> = there
        .into_iter()
        .filter(|name| wanted(name) && !reseal_instance_file(folder, name))
        .collect();
    if waiting.is_some() {
        return store.set_instances_to_reseal(pending).await;
    }
    let key = folder.secret_key().clone();
    let resealed = store
        .reseal_rows(pending, move |place, text| key.reseal_old(place, text))
        .await?;
    if resealed.count > 0 {
        tracing::info!(
            count = resealed.count,
            "secrets of jobs, actions and installations were resealed, each for its own row"
        );
    }
    if resealed.unopened > 0 {
        tracing::warn!(
            count = resealed.unopened,
            "secrets of jobs, actions or installations cannot be opened with this secret.key and are unusable"
        );
    }
    Ok(())
}

/// Whether nothing is left to do in an instance's file.
fn reseal_instance_file(folder: &DataFolder, name: &InstanceName) -> bool {
    match folder.reseal_instance(name) {
        Ok((count, errors)) => {
            if count > 0 {
                tracing::info!(instance.name = %name, count, "secrets were resealed, each for this instance and its setting");
            }
            for setting_error in errors {
                tracing::warn!(instance.name = %name, error = %setting_error, "cannot open a sealed secret");
            }
            true
        }
        Err(error) => {
            tracing::warn!(instance.name = %name, error = %error, "secrets that an earlier version sealed will be resealed once the settings file can be read and written");
            false
        }
    }
}
