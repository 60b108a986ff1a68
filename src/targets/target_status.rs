//! How a target stands, for whoever tells people: what it is behind, what it has written, and what keeps it.

use super::target_context::TargetFailure;
use crate::contract::TargetPhase;
use crate::inventory::audience::is_in_audience;
use crate::model::{FeedPhase, InstanceId, Seq, ServerId, Timestamp};
use crate::store::{InstanceRow, ServerRow, Store, StoreError, TargetCounts, TargetPause, TargetProblem};

/// A target as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetStatus {
    pub phase: TargetPhase,
    /// Writes wait for consent.
    pub is_asking: bool,
    /// `None`: nothing keeps it.
    pub pause: Option<TargetPause>,
    pub last_error: Option<TargetProblem>,
    pub last_write_at: Option<Timestamp>,
    pub counts: TargetCounts,
    pub lag: FeedLag,
}

/// What the other side has not confirmed yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeedLag {
    /// Changes.
    pub behind: u64,
    /// When the oldest of them was noticed.
    pub oldest: Option<Timestamp>,
}

impl FeedLag {
    /// Age of the oldest change, seconds; `None`: there is none.
    pub fn age_seconds(&self, now: Timestamp) -> Option<u64> {
        let age = |oldest: Timestamp| (now - oldest).num_seconds().max(0).unsigned_abs();
        self.oldest.map(age)
    }
}

pub async fn read_target_status(
    store: &Store,
    target: InstanceId,
    server: &ServerId,
) -> Result<TargetStatus, TargetFailure> {
    let row = store.find_server(server.clone()).await?;
    let row = row.ok_or_else(|| TargetFailure::ServerMissing(server.clone()))?;
    let state = store.load_target_state(target).await?;
    Ok(TargetStatus {
        phase: state.phase,
        is_asking: store.find_waiting_question(target).await?.is_some(),
        pause: state.pause,
        last_error: state.last_error,
        last_write_at: state.last_write_at,
        counts: store.count_target(target).await?,
        lag: measure_lag(store, &row).await?,
    })
}

/// Over all instances that it receives.
pub async fn measure_lag(store: &Store, server: &ServerRow) -> Result<FeedLag, StoreError> {
    let owner = store.load_operator(server.owner).await?;
    let instances = store.list_instances().await?;
    let mut lag = FeedLag::default();
    for instance in instances.iter().filter(|row| is_in_audience(server, &owner, row)) {
        let behind = store
            .count_pending_changes(instance.id, server.positions.get(&instance.id).copied())
            .await?;
        if behind > 0 {
            lag.behind += behind;
            let oldest = find_oldest(store, server, instance).await?;
            lag.oldest = [lag.oldest, oldest].into_iter().flatten().min();
        }
    }
    Ok(lag)
}

async fn find_oldest(
    store: &Store,
    server: &ServerRow,
    instance: &InstanceRow,
) -> Result<Option<Timestamp>, StoreError> {
    let (after, skip_gone_to) = match server.positions.get(&instance.id) {
        Some(position) => match position.phase {
            FeedPhase::Live => (position.seq, Seq(0)),
            FeedPhase::Snapshot { begun_at } => (position.seq, begun_at),
            FeedPhase::Leaving { .. } => (Seq(0), Seq(0)),
        },
        None => (Seq(0), Seq(0)),
    };
    let rows = store.read_feed(instance.id, after, skip_gone_to, 1).await?;
    Ok(rows.first().map(|row| row.changed_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;

    #[test]
    fn the_lag_is_the_age_of_the_oldest_change_and_never_negative() {
        let at = |text: &str| parse_time(text).unwrap();
        let lag = FeedLag {
            behind: 2,
            oldest: Some(at("2026-03-01T08:00:00Z")),
        };
        assert_eq!(lag.age_seconds(at("2026-03-01T08:02:00Z")), Some(120));
        assert_eq!(
            lag.age_seconds(at("2026-03-01T07:00:00Z")),
            Some(0),
            "the clock was set back"
        );
        assert_eq!(FeedLag::default().age_seconds(at("2026-03-01T08:00:00Z")), None);
    }
}
