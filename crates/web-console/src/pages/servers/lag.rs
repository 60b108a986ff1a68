//! How far a management server is behind: in devices, and in minutes.

use chrono::{DateTime, Utc};
use sics_client::contract::{ProgressPhase, ServerView};

/// What it has not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerLag {
    /// Devices of which something waits; each device waits with its newest change alone.
    pub(super) devices: u64,
    /// Whole minutes since it last acknowledged anything; 0: nothing waits.
    pub(super) minutes: u64,
}

pub(super) fn measure_lag(view: &ServerView, now: DateTime<Utc>) -> ServerLag {
    let devices = view.instances.iter().map(|progress| progress.behind).sum();
    let since = [view.acknowledged_at, view.accepted_at].into_iter().flatten().max();
    let waited = (now - since.unwrap_or(view.announced_at)).num_minutes();
    ServerLag {
        devices,
        minutes: match devices {
            0 => 0,
            _ => u64::try_from(waited).unwrap_or_default(),
        },
    }
}

/// Key of the word for what it receives.
pub(super) fn phase_key(phase: ProgressPhase) -> &'static str {
    match phase {
        ProgressPhase::Nothing => "servers-phase-nothing",
        ProgressPhase::Snapshot => "servers-phase-snapshot",
        ProgressPhase::Live => "servers-phase-live",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::TimeDelta;
    use connector_core::model::Seq;
    use serde_json::Value;
    use sics_client::contract::{ProgressView, UnjudgedView};

    use super::*;

    pub(in super::super) fn server(behind: u64) -> ServerView {
        ServerView {
            id: "cmdb".to_owned(),
            display_name: "CMDB".to_owned(),
            accepts: Value::Null,
            owner: Some("itam".to_owned()),
            accepted: true,
            announced_at: DateTime::UNIX_EPOCH,
            accepted_at: Some(DateTime::UNIX_EPOCH),
            last_seen_at: None,
            acknowledged_at: None,
            ranges: Vec::new(),
            fields: None,
            filter: None,
            sends_jobs: false,
            webhook: None,
            instances: vec![ProgressView {
                instance: "IntuneConnector_1".parse().unwrap(),
                profile: None,
                phase: ProgressPhase::Live,
                seq: Seq(1),
                head: Seq(9),
                behind,
                complete: true,
                rejected: 0,
                unjudged: UnjudgedView::default(),
                unprocessed: 0,
            }],
        }
    }

    #[test]
    fn minutes_count_from_the_last_acknowledgement_and_only_where_something_waits() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(90);
        let lag = |view: &ServerView| {
            let lag = measure_lag(view, now);
            (lag.devices, lag.minutes)
        };
        assert_eq!(lag(&server(0)), (0, 0));
        assert_eq!(lag(&server(3)), (3, 90));
        let mut reading = server(3);
        reading.acknowledged_at = Some(now - TimeDelta::seconds(150));
        assert_eq!(lag(&reading), (3, 2));
        reading.acknowledged_at = Some(now + TimeDelta::minutes(5));
        assert_eq!(lag(&reading), (3, 0));
    }
}
