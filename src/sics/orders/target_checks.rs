//! What a look at the tenant costs is not spent without bound (E8): an account has two looks under way at most, and what a
//! look said holds for half a minute, for whoever asks the same again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use chrono::TimeDelta;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::provider::TargetCheck;
use crate::contract::{OrderKind, OrderTargetKind};
use crate::model::{OperatorId, Timestamp};
use crate::sics::auth::Caller;
use crate::sics::keyed_permits::try_acquire_permit;
use crate::sics::problem::ApiProblem;
use crate::store::ApplicationRow;

/// Looks of one account at the same time.
const AT_ONCE: usize = 2;
/// When a caller that was refused a look asks again, seconds.
const RETRY_AFTER_S: u64 = 2;
/// How long a judgement holds.
const KEPT: TimeDelta = TimeDelta::seconds(30);
/// Judgements that are kept.
const KEPT_MOST: usize = 1_000;

/// What was looked at. An application that was changed since is another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CheckSubject {
    application: i64,
    changed_at: Timestamp,
    kind: OrderKind,
    target_kind: OrderTargetKind,
    target: String,
}

impl CheckSubject {
    pub(super) fn new(
        application: &ApplicationRow,
        kind: OrderKind,
        target_kind: OrderTargetKind,
        target: &str,
    ) -> CheckSubject {
        CheckSubject {
            application: application.key,
            changed_at: application.changed_at,
            kind,
            target_kind,
            target: target.to_owned(),
        }
    }
}

/// Looks at tenants that are under way, and what the last ones said.
#[derive(Default)]
pub(in crate::sics) struct TargetChecks {
    permits: Mutex<HashMap<OperatorId, Arc<Semaphore>>>,
    judgements: Mutex<HashMap<CheckSubject, (Timestamp, TargetCheck)>>,
}

impl TargetChecks {
    /// A place for a look, for as long as it takes.
    pub(super) fn acquire_permit(&self, caller: &Caller) -> Result<OwnedSemaphorePermit, ApiProblem> {
        try_acquire_permit(&self.permits, &caller.operator.id, AT_ONCE).ok_or_else(|| {
            ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyOrders",
                format!(
                    "{AT_ONCE} orders of operator {} are already being checked",
                    caller.name()
                ),
                "Place orders one after the other: each is checked in the tenant before it is taken.",
            )
            .with_retry_after(RETRY_AFTER_S)
        })
    }

    /// What a look said a moment ago. A clock that was set back makes nothing hold longer.
    pub(super) fn find_judgement(&self, subject: &CheckSubject, now: Timestamp) -> Option<TargetCheck> {
        let judgements = self.judgements.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, check) = judgements.get(subject)?;
        is_fresh(*at, now).then(|| check.clone())
    }

    /// Where it was not possible to look, there is nothing to keep. The oldest goes where there is no room.
    pub(super) fn keep_judgement(&self, subject: CheckSubject, check: &TargetCheck, now: Timestamp) {
        if matches!(check, TargetCheck::NotChecked(_)) {
            return;
        }
        let mut judgements = self.judgements.lock().unwrap_or_else(PoisonError::into_inner);
        if judgements.len() >= KEPT_MOST {
            judgements.retain(|_, (at, _)| is_fresh(*at, now));
        }
        if judgements.len() >= KEPT_MOST
            && let Some(oldest) = judgements
                .iter()
                .min_by_key(|(_, (at, _))| *at)
                .map(|(subject, _)| subject.clone())
        {
            judgements.remove(&oldest);
        }
        judgements.insert(subject, (now, check.clone()));
    }
}

fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    (now - at).abs() < KEPT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;

    fn time(seconds: i64) -> Timestamp {
        parse_time("2026-11-21T12:00:00Z").unwrap() + TimeDelta::seconds(seconds)
    }

    fn subject(target: &str) -> CheckSubject {
        CheckSubject {
            application: 1,
            changed_at: time(0),
            kind: OrderKind::Install,
            target_kind: OrderTargetKind::Device,
            target: target.to_owned(),
        }
    }

    fn warning() -> TargetCheck {
        TargetCheck::Warn(vec!["The device is co-managed.".to_owned()])
    }

    #[test]
    fn e8_a_judgement_holds_for_half_a_minute_and_for_the_same_question_only() {
        let checks = TargetChecks::default();
        checks.keep_judgement(subject("PC-1"), &warning(), time(0));
        assert_eq!(checks.find_judgement(&subject("PC-1"), time(29)), Some(warning()));
        assert_eq!(checks.find_judgement(&subject("PC-1"), time(30)), None);
        assert_eq!(
            checks.find_judgement(&subject("PC-1"), time(-30)),
            None,
            "the clock was set back"
        );
        for other in [
            subject("PC-2"),
            CheckSubject {
                application: 2,
                ..subject("PC-1")
            },
            CheckSubject {
                changed_at: time(1),
                ..subject("PC-1")
            },
            CheckSubject {
                kind: OrderKind::Uninstall,
                ..subject("PC-1")
            },
            CheckSubject {
                target_kind: OrderTargetKind::User,
                ..subject("PC-1")
            },
        ] {
            assert_eq!(checks.find_judgement(&other, time(1)), None, "{other:?}");
        }
        checks.keep_judgement(subject("PC-3"), &TargetCheck::NotChecked("away".into()), time(0));
        assert_eq!(checks.find_judgement(&subject("PC-3"), time(1)), None);
    }

    #[test]
    fn e8_judgements_are_bounded_and_the_oldest_goes() {
        let checks = TargetChecks::default();
        checks.keep_judgement(subject("first"), &TargetCheck::Fits, time(0));
        for number in 0..KEPT_MOST + 10 {
            checks.keep_judgement(subject(&format!("PC-{number}")), &TargetCheck::Fits, time(1));
        }
        assert_eq!(checks.judgements.lock().unwrap().len(), KEPT_MOST);
        assert_eq!(checks.find_judgement(&subject("first"), time(1)), None);
    }
}
