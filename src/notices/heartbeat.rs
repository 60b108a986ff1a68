//! The heartbeat: an address outside is pinged as long as scans are fresh and the store takes writes. Where the ping stays
//! away, whoever waits for it knows that the bus is dead, or does not do its work.
//!
//! Before the ping, what was found is written into the store: that is the proof that the store takes writes. An outage of
//! Microsoft's is no fault of the bus, so the ping goes on through it; the notice of that kind tells of it.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::condition::OpenCondition;
use super::post_sender::ping_address;
use crate::config::{SealContext, SealError, SecretKey};
use crate::contract::{HeartbeatState, NoticeKind};
use crate::model::Timestamp;
use crate::observe::Clock;
use crate::store::{HeartbeatRow, Store};

/// A store that does not answer within this time takes no writes.
const PATIENCE: Duration = Duration::from_secs(5);
/// Codes with which nothing is pinged.
const FAULTS: [&str; 5] = [
    "scansOverdue",
    "instanceMisconfigured",
    "busNotRunning",
    "storeNotWritable",
    "storeDamaged",
];

/// JSON in the store. The address is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatSettings {
    /// The host of the address, for people.
    pub host: String,
    pub every_seconds: u32,
    pub allow_private: bool,
    /// Further certificate authorities, PEM.
    pub authorities: Option<String>,
}

/// By the open conditions. Whether the store takes writes shows when this is written there.
pub fn decide_heartbeat(open: &[OpenCondition]) -> HeartbeatState {
    let is_fault = |condition: &OpenCondition| {
        FAULTS.contains(&condition.code.as_str()) && condition.kind != NoticeKind::MicrosoftOutage
    };
    if open.iter().any(is_fault) {
        HeartbeatState::Withheld
    } else if open
        .iter()
        .any(|condition| condition.kind == NoticeKind::MicrosoftOutage)
    {
        HeartbeatState::MicrosoftOutage
    } else {
        HeartbeatState::Good
    }
}

/// Whether it is time for another look. A clock that was set back keeps nobody waiting.
pub(super) fn is_due(row: &HeartbeatRow, settings: &HeartbeatSettings, now: Timestamp) -> bool {
    let pause = chrono::TimeDelta::seconds(settings.every_seconds.into());
    row.checked_at
        .is_none_or(|checked| now - checked >= pause || checked > now)
}

pub(super) fn open_address(key: &SecretKey, sealed: &str) -> Result<SecretString, SealError> {
    let opened = key.open_sealed(SealContext::Heartbeat, sealed)?;
    let text = std::str::from_utf8(opened.expose_secret()).map_err(|_| SealError::Damaged)?;
    Ok(SecretString::from(text))
}

/// One look, and the ping where there is one. `open`: `None` where the conditions could not be read. An error where the store
/// takes no writes.
pub(super) async fn beat_once(
    store: &Store,
    key: &SecretKey,
    clock: &Clock,
    row: &HeartbeatRow,
    settings: &HeartbeatSettings,
    open: Option<&[OpenCondition]>,
) -> Result<(), String> {
    let state = open.map_or(HeartbeatState::Withheld, decide_heartbeat);
    if !record_state(store, state, row.last_error.clone()).await {
        return Err("the store takes no writes".to_owned());
    }
    if state == HeartbeatState::Withheld {
        return Ok(());
    }
    let error = match open_address(key, &row.sealed) {
        Ok(address) => {
            let authorities = settings.authorities.as_ref();
            ping_address(&address, settings.allow_private, authorities, clock.now()).await
        }
        Err(error) => Some(format!("failed to {error}")),
    };
    if error != row.last_error {
        if let Some(error) = &error {
            tracing::warn!(error, "the ping of the heartbeat did not arrive");
        }
        record_state(store, state, error).await;
    }
    Ok(())
}

/// Whether the store has taken it.
async fn record_state(store: &Store, state: HeartbeatState, last_error: Option<String>) -> bool {
    let written = tokio::time::timeout(PATIENCE, store.record_heartbeat(state, last_error)).await;
    matches!(written, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::AttentionSeverity;
    use crate::notices::{ConditionText, find_kind};

    fn condition(code: &str, severity: AttentionSeverity) -> OpenCondition {
        let text = || ConditionText {
            message: String::new(),
            advice: String::new(),
        };
        OpenCondition {
            kind: find_kind(code, severity).unwrap(),
            code: code.to_owned(),
            severity,
            subject: "IntuneConnector_1".to_owned(),
            since: None,
            fix: "/".to_owned(),
            english: text(),
            german: text(),
        }
    }

    #[test]
    fn a_fault_of_ours_stops_the_ping_and_an_outage_of_microsofts_does_not() {
        let (act, watch) = (AttentionSeverity::Act, AttentionSeverity::Watch);
        for (conditions, state) in [
            (vec![], HeartbeatState::Good),
            (
                vec![condition("credentialEnding", act), condition("killSwitchOn", act)],
                HeartbeatState::Good,
            ),
            (vec![condition("scansOverdue", watch)], HeartbeatState::MicrosoftOutage),
            (vec![condition("scansOverdue", act)], HeartbeatState::Withheld),
            (
                vec![condition("scansOverdue", watch), condition("storeDamaged", act)],
                HeartbeatState::Withheld,
            ),
            (vec![condition("instanceMisconfigured", act)], HeartbeatState::Withheld),
        ] {
            assert_eq!(decide_heartbeat(&conditions), state, "{conditions:?}");
        }
    }
}
