//! Decisions on their way into the history of their devices. No decision waits for that: it is put down here, and written
//! together with others a moment later. One that comes out as before is put down again after ten minutes only, one that
//! comes out otherwise at once.
//!
//! What is kept of a reason says nothing of a person and of no app that is installed: its code, the policy and setting,
//! and sentences that are known to be of that kind. If the process dies, the decisions of the last second are lost.

use std::collections::HashMap;
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use crate::contract::{ComplianceDecision, DecisionReason};
use crate::model::{ComplianceOutcome, DeviceId, InstanceId, Timestamp};
use crate::store::{NewDecision, Store, StoreError};

/// The same outcome is put down again after this time.
const REPEATED_AFTER: TimeDelta = TimeDelta::minutes(10);
/// Decisions that wait to be written.
const WAITING_MAX: usize = 1_000;
/// Decisions that are kept in mind, so that they are not put down again.
const RECENT_MAX: usize = 10_000;
/// Reasons of one decision; of more, their number is kept.
const REASONS_MAX: usize = 10;
/// Longest reason, in characters.
const REASON_CHARS: usize = 200;
/// Codes whose sentence stays the same as long as the reason does, and holds nothing but what settings and Intune say.
const PLAIN_REASONS: [&str; 4] = ["complianceState", "gracePeriod", "requiredAppMissing", "decisionPolicy"];

/// Shared by the decision services of all instances.
#[derive(Default)]
pub struct DecisionHistory {
    state: Mutex<WaitingDecisions>,
}

#[derive(Default)]
struct WaitingDecisions {
    /// By instance, device and node.
    recent: HashMap<(InstanceId, DeviceId, String), RecentDecision>,
    waiting: Vec<NewDecision>,
    left_out: u64,
}

#[derive(Debug, Clone, Copy)]
struct RecentDecision {
    outcome: ComplianceOutcome,
    at: Timestamp,
}

impl DecisionHistory {
    pub(super) fn record_decision(&self, instance: InstanceId, decision: &ComplianceDecision, now: Timestamp) {
        let Some(device) = decision.device_id else { return };
        let mut state = self.lock_state();
        let key = (instance, device, decision.node.clone());
        if !is_due(state.recent.get(&key), decision.outcome, now) {
            return;
        }
        if state.waiting.len() >= WAITING_MAX {
            state.left_out += 1;
            return;
        }
        state.make_room(now);
        let outcome = decision.outcome;
        state.recent.insert(key, RecentDecision { outcome, at: now });
        state.waiting.push(NewDecision {
            instance,
            device,
            node: decision.node.clone(),
            outcome,
            reasons: shorten_reasons(&decision.reasons),
            at: now,
        });
    }

    /// Writes what waits.
    pub async fn save_waiting(&self, store: &Store) -> Result<(), StoreError> {
        let (waiting, left_out) = {
            let mut state = self.lock_state();
            (take(&mut state.waiting), take(&mut state.left_out))
        };
        if left_out > 0 {
            tracing::warn!(
                count = left_out,
                "too many decisions at once: so many are missing from the history of their devices"
            );
        }
        if waiting.is_empty() {
            return Ok(());
        }
        store.record_decisions(waiting).await
    }

    fn lock_state(&self) -> MutexGuard<'_, WaitingDecisions> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WaitingDecisions {
    /// What is forgotten here is put down once more than it would have to be.
    fn make_room(&mut self, now: Timestamp) {
        if self.recent.len() < RECENT_MAX {
            return;
        }
        self.recent.retain(|_, recent| !is_old(recent, now));
        if self.recent.len() >= RECENT_MAX {
            self.recent.clear();
        }
    }
}

/// Whether a decision is put down: it is the first, comes out otherwise, or the one before is old.
fn is_due(before: Option<&RecentDecision>, outcome: ComplianceOutcome, now: Timestamp) -> bool {
    before.is_none_or(|recent| recent.outcome != outcome || is_old(recent, now))
}

/// One that seems to come from the future is old: the clock was set back (E3).
fn is_old(recent: &RecentDecision, now: Timestamp) -> bool {
    now - recent.at >= REPEATED_AFTER || now < recent.at
}

fn shorten_reasons(reasons: &[DecisionReason]) -> Vec<String> {
    let mut short: Vec<String> = reasons.iter().take(REASONS_MAX).map(shorten_reason).collect();
    if reasons.len() > REASONS_MAX {
        short.push(format!("{} more", reasons.len() - REASONS_MAX));
    }
    short
}

/// `settingNotMet: Baseline, BitLocker (error)`, `forbiddenApp`
fn shorten_reason(reason: &DecisionReason) -> String {
    let named: Vec<&str> = [&reason.policy, &reason.setting]
        .into_iter()
        .filter_map(|name| name.as_deref())
        .collect();
    let detail = if !named.is_empty() {
        let state = reason.state.iter().map(|state| format!(" ({state})"));
        named.join(", ") + &state.collect::<String>()
    } else if PLAIN_REASONS.contains(&reason.code.as_str()) {
        reason.text.clone()
    } else {
        String::new()
    };
    let whole = match detail.as_str() {
        "" => reason.code.clone(),
        detail => format!("{}: {detail}", reason.code),
    };
    whole.chars().take(REASON_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn decision(device: u128, outcome: ComplianceOutcome) -> ComplianceDecision {
        let failed = ComplianceDecision::from_failure("one".into(), "gate".into(), DecisionReason::new("code", "text"));
        ComplianceDecision {
            device_id: Some(DeviceId(uuid::Uuid::from_u128(device))),
            outcome,
            ..failed
        }
    }

    fn waiting(history: &DecisionHistory) -> Vec<(ComplianceOutcome, Timestamp)> {
        let state = history.lock_state();
        state.waiting.iter().map(|new| (new.outcome, new.at)).collect()
    }

    #[test]
    fn the_same_outcome_is_put_down_once_in_ten_minutes_and_another_one_at_once() {
        use ComplianceOutcome::{Compliant, Error};
        let history = DecisionHistory::default();
        for (minutes, outcome) in [
            (0, Compliant),
            (9, Compliant),
            (9, Error),
            (9, Error),
            (9, Compliant),
            (18, Compliant),
            (19, Compliant),
            (2, Compliant),
        ] {
            history.record_decision(InstanceId(1), &decision(7, outcome), at(minutes));
        }
        assert_eq!(
            waiting(&history),
            [
                (Compliant, at(0)),
                (Error, at(9)),
                (Compliant, at(9)),
                (Compliant, at(19)),
                (Compliant, at(2))
            ],
            "the clock was set back at last"
        );
        for (instance, device) in [(2, 7), (1, 8)] {
            history.record_decision(InstanceId(instance), &decision(device, Compliant), at(2));
        }
        assert_eq!(waiting(&history).len(), 7, "another instance, another device");
    }

    #[test]
    fn without_a_device_nothing_is_put_down_and_no_more_waits_than_there_is_room_for() {
        let history = DecisionHistory::default();
        let nobodys = ComplianceDecision {
            device_id: None,
            ..decision(1, ComplianceOutcome::NoId)
        };
        history.record_decision(InstanceId(1), &nobodys, at(0));
        assert!(waiting(&history).is_empty());
        for device in 0..WAITING_MAX as u128 + 3 {
            history.record_decision(InstanceId(1), &decision(device, ComplianceOutcome::Compliant), at(0));
        }
        assert_eq!(
            (waiting(&history).len(), history.lock_state().left_out),
            (WAITING_MAX, 3)
        );
    }

    #[test]
    fn what_is_kept_in_mind_is_bounded() {
        let history = DecisionHistory::default();
        for device in 0..RECENT_MAX as u128 + 5 {
            history.record_decision(InstanceId(1), &decision(device, ComplianceOutcome::Compliant), at(0));
            history.lock_state().waiting.clear();
        }
        assert_eq!(history.lock_state().recent.len(), 5);
    }

    #[test]
    fn pn18_what_is_kept_of_a_reason_says_nothing_of_a_person_or_an_app() {
        let reason = |code: &str, text: &str| DecisionReason::new(code, text);
        let setting = DecisionReason {
            policy: Some("Baseline".into()),
            setting: Some("BitLocker".into()),
            state: Some("error".into()),
            ..reason("settingNotMet", "setting BitLocker is error")
        };
        let many = (0..9).map(|n| reason(&format!("code{n}"), "text"));
        let mut reasons = vec![
            reason("forbiddenApp", "Dating 3 is installed"),
            setting,
            reason("gracePeriod", "the grace period ends at 2026-11-21T00:00:00Z"),
        ];
        reasons.extend(many);
        let kept = shorten_reasons(&reasons);
        assert_eq!(
            &kept[..4],
            [
                "forbiddenApp",
                "settingNotMet: Baseline, BitLocker (error)",
                "gracePeriod: the grace period ends at 2026-11-21T00:00:00Z",
                "code0"
            ]
        );
        assert_eq!((kept.len(), kept[10].as_str()), (11, "2 more"));
        let long = reason("complianceState", &"Ä".repeat(1_000));
        assert_eq!(shorten_reason(&long).chars().count(), REASON_CHARS);
    }
}
