//! Why snapshots of an instance are open, and how an operator ends them (F4). As with the brake, a
//! confirmation is bound to what was shown: another scan in the meantime, and it is refused.
//!
//! The number shows the cost: servers keep the devices of the list, and lose all others. An empty list of a tenant that
//! reports devices cannot be confirmed.

use openssl::sha::Sha256;

use super::fleet_proof;
use crate::contract::{FleetView, OpenSnapshotReason, SnapshotView};
use crate::model::{FleetDoubt, FleetProof, InstanceId, UnprovenReason};
use crate::store::{Store, StoreError};

/// How many records without an id are shown.
const SHOWN_MAX: u32 = 100;

/// Whether a fleet is proven whole, as the API shows it.
pub fn fleet_view(fleet: &FleetProof) -> FleetView {
    let doubt = match fleet {
        FleetProof::Proven => {
            return FleetView {
                proven: true,
                ..FleetView::default()
            };
        }
        FleetProof::Open(doubt) => doubt.as_ref(),
    };
    let reasons = doubt.map_or([UnprovenReason::NotScanned].as_slice(), |doubt| &doubt.reasons);
    FleetView {
        proven: false,
        open_because: reasons
            .iter()
            .map(|reason| OpenSnapshotReason {
                code: *reason,
                detail: fleet_proof::describe_reason(*reason, doubt),
            })
            .collect(),
        next_try: doubt.map(|doubt| doubt.ended + fleet_proof::retry_pause(doubt)),
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FleetConfirmError {
    #[error("no snapshot is waiting for confirmation: the fleet is proven whole")]
    NothingWaits,
    #[error("no full scan has completed yet: there is nothing to confirm")]
    NotScanned,
    #[error("an empty list cannot be confirmed: servers would lose all devices")]
    EmptyList,
    #[error("{given} confirmed, but the list has {listed} devices: check again")]
    OtherCount { given: u64, listed: u64 },
    #[error("the list has changed since it was shown: check again")]
    Other,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub async fn view_snapshot(store: &Store, instance: InstanceId) -> Result<SnapshotView, StoreError> {
    let row = store.load_instance(instance).await?;
    let title = row.title();
    let fleet = row.fleet;
    let (_, unread) = store.list_rejected_records(instance, SHOWN_MAX).await?;
    let problem = |row: crate::store::RejectedRecordRow| {
        let id = row
            .record
            .device_id
            .map_or("no readable id".to_owned(), |id| id.to_string());
        format!("{id}: {}", row.record.problem)
    };
    let records = unread.into_iter().filter(|row| row.record.property.is_none());
    let doubt = match &fleet {
        FleetProof::Open(Some(doubt)) => Some(doubt),
        _ => None,
    };
    Ok(SnapshotView {
        title,
        fleet: fleet_view(&fleet),
        count: doubt.map_or(0, |doubt| doubt.listed),
        digest: doubt.filter(|doubt| !is_empty(doubt)).map(digest_doubt),
        problems: records.map(problem).collect(),
    })
}

/// Ends open snapshots, if exactly what was shown still stands.
pub async fn confirm_fleet(
    store: &Store,
    instance: InstanceId,
    shown: &str,
    count: u64,
) -> Result<(), FleetConfirmError> {
    let doubt = match store.load_instance(instance).await?.fleet {
        FleetProof::Proven => return Err(FleetConfirmError::NothingWaits),
        FleetProof::Open(None) => return Err(FleetConfirmError::NotScanned),
        FleetProof::Open(Some(doubt)) => doubt,
    };
    if is_empty(&doubt) {
        return Err(FleetConfirmError::EmptyList);
    }
    if doubt.listed != count {
        return Err(FleetConfirmError::OtherCount {
            given: count,
            listed: doubt.listed,
        });
    }
    if digest_doubt(&doubt) != shown {
        return Err(FleetConfirmError::Other);
    }
    match store.confirm_fleet(instance, doubt).await {
        Err(StoreError::SetHasChanged) => Err(FleetConfirmError::Other),
        done => Ok(done?),
    }
}

fn is_empty(doubt: &FleetDoubt) -> bool {
    doubt.reasons.contains(&UnprovenReason::EmptyList)
}

/// 16 hex digits over all that the doubt says; each scan makes another one.
fn digest_doubt(doubt: &FleetDoubt) -> String {
    let text = serde_json::to_vec(doubt).expect("numbers, times and words become JSON");
    let mut hash = Sha256::new();
    hash.update(&text);
    hex::encode(&hash.finish()[..8])
}
