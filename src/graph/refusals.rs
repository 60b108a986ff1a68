//! Leave to ask: what a refusal that holds means for the next request, and what an answer leaves behind for all others
//! (E9). How long it holds is decided in [`crate::refusal`].

use std::time::Duration;

use super::backoff::{RetryAfter, RetryDecision};
use super::client::GraphClient;
use super::error::{GraphError, GraphProblem};
use super::resource::GraphResource;
use crate::refusal::RequestPass;

/// While a refusal holds that is waited for, it is looked at again this often: its time may be over by the wall clock.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl GraphClient {
    /// Waits while a refusal holds that is over soon; one that is not is told instead.
    pub(super) async fn await_pass(&self, resource: &GraphResource) -> Result<RequestPass, GraphError> {
        let GraphResource { family, kind } = resource;
        let mut wait_budget = self.limits().retry.longest_requested_wait;
        loop {
            let refusal = match self
                .inner
                .refusals
                .request_pass(*family, kind, self.refusal_check, self.clock())
            {
                Ok(pass) => return Ok(pass),
                Err(refusal) => refusal,
            };
            let remaining = refusal.remaining_now(self.clock());
            // Without a time it says what the next request would say, too.
            if remaining > wait_budget || !(refusal.timed || remaining.is_zero()) {
                return Err(GraphProblem::LeftAlone(refusal).into());
            }
            let pause = remaining.min(LOOK_EVERY);
            tokio::time::sleep(pause).await;
            wait_budget = wait_budget.saturating_sub(pause);
        }
    }

    /// What an answer that was none leaves behind for everybody who asks after it.
    pub(super) fn record_refusal(
        &self,
        pass: RequestPass,
        error: &GraphError,
        retry_after: RetryAfter,
        decision: RetryDecision,
    ) {
        let retry_after = match retry_after {
            RetryAfter::After(retry_after) => Some(retry_after),
            RetryAfter::None => None,
        };
        let wait = match decision {
            RetryDecision::Wait(wait) => Some(wait),
            RetryDecision::GiveUp => retry_after,
        };
        match error.status() {
            Some(429) => drop(pass.mark_refused(wait, error.refusal_cause())),
            Some(500..) if retry_after.is_some_and(|retry_after| !retry_after.is_zero()) => {
                drop(pass.mark_refused(wait, error.refusal_cause()))
            }
            Some(401 | 403) => drop(pass.mark_part_refused(error.refusal_cause())),
            // No word about asking again: a device that is not known, a question that is wrong.
            Some(400..500) => pass.mark_answered(),
            _ => drop(pass),
        }
    }

    /// A part of an answer was throttled.
    pub(super) fn record_throttling(&self, wait: Duration, error: &GraphError) {
        let family = GraphResource::from_url(self.lane, &self.link_base().v1_url("/$batch")).family;
        self.inner
            .refusals
            .record_refusal(family, wait, error.refusal_cause(), self.clock());
    }
}
