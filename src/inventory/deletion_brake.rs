//! What the deletion brake holds back, and its release (S2): an operator confirms exactly the devices shown, by a digest over
//! them and by their number. One more or one less in the meantime, and the confirmation is refused.

use openssl::sha::Sha256;
use serde::Serialize;

use crate::model::{DeviceId, InstanceId};
use crate::store::{Store, StoreError, WithheldDeletion};

/// What an operator is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WithheldDeletions {
    pub count: u64,
    /// Stands for exactly these devices; given back with the confirmation.
    pub digest: String,
    pub devices: Vec<WithheldDeletion>,
}

/// What a confirmation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleasedDeletions {
    /// Told gone at once: they are left out by filter or rule.
    pub filtered: u64,
    /// Now asked for by id, one by one: only a 404 makes them gone.
    pub asked: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum BrakeError {
    #[error("no deletions are waiting for confirmation")]
    NothingWaits,
    #[error("{given} confirmed, but {waiting} devices are waiting: list them again")]
    OtherCount { given: u64, waiting: u64 },
    #[error("the waiting devices are no longer those that were shown: list them again")]
    OtherDevices,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub async fn list_withheld_deletions(store: &Store, instance: InstanceId) -> Result<WithheldDeletions, StoreError> {
    let devices = store.list_withheld_deletions(instance).await?;
    Ok(WithheldDeletions {
        count: devices.len() as u64,
        digest: digest_ids(devices.iter().map(|held| held.id)),
        devices,
    })
}

pub async fn confirm_deletions(
    store: &Store,
    instance: InstanceId,
    shown: &str,
    count: u64,
) -> Result<ReleasedDeletions, BrakeError> {
    let waiting = list_withheld_deletions(store, instance).await?;
    if waiting.count == 0 {
        return Err(BrakeError::NothingWaits);
    }
    if waiting.count != count {
        return Err(BrakeError::OtherCount {
            given: count,
            waiting: waiting.count,
        });
    }
    if waiting.digest != shown {
        return Err(BrakeError::OtherDevices);
    }
    let ids = waiting.devices.iter().map(|held| held.id).collect();
    match store.confirm_withheld(instance, ids).await {
        Ok((filtered, asked)) => Ok(ReleasedDeletions { filtered, asked }),
        Err(StoreError::SetHasChanged) => Err(BrakeError::OtherDevices),
        Err(error) => Err(error.into()),
    }
}

/// 16 hex digits over the ids, which come in their order.
fn digest_ids(ids: impl Iterator<Item = DeviceId>) -> String {
    let mut hash = Sha256::new();
    ids.for_each(|id| hash.update(id.0.as_bytes()));
    hex::encode(&hash.finish()[..8])
}
