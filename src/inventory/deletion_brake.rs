//! What the deletion brake holds back, and its release (S2): an operator confirms exactly the devices shown, by a digest over
//! them and by their number. One more or one less in the meantime, and the confirmation is refused.

use openssl::sha::Sha256;

use crate::contract::{BrakeView, ReleasedView, WithheldDeletionView};
use crate::model::{DeviceId, InstanceId};
use crate::store::{Store, StoreError, WithheldDeletion};

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

pub async fn list_withheld_deletions(store: &Store, instance: InstanceId) -> Result<BrakeView, StoreError> {
    let devices = store.list_withheld_deletions(instance).await?;
    Ok(BrakeView {
        title: store.load_instance(instance).await?.title(),
        count: devices.len() as u64,
        digest: digest_ids(devices.iter().map(|held| held.id)),
        devices: devices.into_iter().map(WithheldDeletionView::from).collect(),
    })
}

pub async fn confirm_deletions(
    store: &Store,
    instance: InstanceId,
    shown: &str,
    count: u64,
) -> Result<ReleasedView, BrakeError> {
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
        Ok((filtered, asked)) => Ok(ReleasedView { filtered, asked }),
        Err(StoreError::SetHasChanged) => Err(BrakeError::OtherDevices),
        Err(error) => Err(error.into()),
    }
}

impl From<WithheldDeletion> for WithheldDeletionView {
    fn from(held: WithheldDeletion) -> WithheldDeletionView {
        WithheldDeletionView {
            id: held.id,
            reason: held.reason,
            device_name: held.device_name,
            serial_number: held.serial_number,
            user_principal_name: held.user_principal_name,
            last_sync_s: held.last_sync_s,
        }
    }
}

/// 16 hex digits over the ids, which come in their order.
fn digest_ids(ids: impl Iterator<Item = DeviceId>) -> String {
    let mut hash = Sha256::new();
    ids.for_each(|id| hash.update(id.0.as_bytes()));
    hex::encode(&hash.finish()[..8])
}
