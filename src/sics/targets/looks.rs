//! What a look at the other side costs is not spent without bound (E8): one look at each target at a time, and none lasts
//! longer than a request may.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::provider::TargetInstance;
use crate::model::InstanceId;
use crate::sics::engine_error::EngineError;
use crate::sics::keyed_permits::try_acquire_permit;
use crate::sics::problem::ApiProblem;

/// When a look answers what it has.
pub(super) const LOOK_LONGEST: Duration = Duration::from_secs(55);
/// How much later it is given up: whoever looks ends by itself before that.
const GRACE: Duration = Duration::from_secs(10);
/// When a caller that was refused a look asks again, seconds.
const RETRY_AFTER_S: u64 = 10;

/// Looks that are under way, by target.
#[derive(Default)]
pub(in crate::sics) struct TargetLooks(Mutex<HashMap<InstanceId, Arc<Semaphore>>>);

impl TargetLooks {
    /// A place for a look, for as long as it takes.
    pub(super) fn begin_look(&self, target: &TargetInstance) -> Result<OwnedSemaphorePermit, ApiProblem> {
        try_acquire_permit(&self.0, &target.id, 1).ok_or_else(|| {
            ApiProblem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "targetBusy",
                format!("somebody is already looking at {} or putting back a run", target.name),
                "Wait until that ends: each look costs the other side requests.",
            )
            .with_retry_after(RETRY_AFTER_S)
        })
    }
}

/// A look that does not end in time is given up.
pub(super) async fn bound_look<T>(
    target: &TargetInstance,
    look: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, ApiProblem> {
    give_up_after(LOOK_LONGEST + GRACE, target, look).await
}

async fn give_up_after<T>(
    longest: Duration,
    target: &TargetInstance,
    look: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, ApiProblem> {
    match tokio::time::timeout(longest, look).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(ApiProblem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "targetSilent",
            format!("{} did not answer in time", target.name),
            format!("Check the other side: intune-connector targets verify {}", target.name),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::tests::sample_target;
    use super::*;

    #[test]
    fn e8_one_look_at_a_target_at_a_time() {
        let looks = TargetLooks::default();
        let first = looks.begin_look(&sample_target(3)).unwrap();
        assert_eq!(looks.begin_look(&sample_target(3)).unwrap_err().code(), "targetBusy");
        assert!(looks.begin_look(&sample_target(4)).is_ok(), "another target");
        drop(first);
        assert!(looks.begin_look(&sample_target(3)).is_ok());
    }

    #[tokio::test]
    async fn e8_a_look_that_never_ends_is_given_up() {
        let never = std::future::pending::<Result<(), EngineError>>();
        let given_up = give_up_after(Duration::from_millis(10), &sample_target(3), never).await;
        assert_eq!(given_up.unwrap_err().code(), "targetSilent");
    }
}
