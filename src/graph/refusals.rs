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
        let mut patience = self.limits().retry.longest_asked;
        loop {
            let held = match self
                .inner
                .refusals
                .request_pass(*family, kind, self.asking, self.clock())
            {
                Ok(pass) => return Ok(pass),
                Err(held) => held,
            };
            let left = held.remaining_now(self.clock());
            // Without a time it says what the next request would say, too.
            if left > patience || !(held.timed || left.is_zero()) {
                return Err(GraphProblem::LeftAlone(held).into());
            }
            let pause = left.min(LOOK_EVERY);
            tokio::time::sleep(pause).await;
            patience = patience.saturating_sub(pause);
        }
    }

    /// What an answer that was none leaves behind for everybody who asks after it.
    pub(super) fn record_refusal(
        &self,
        pass: RequestPass,
        error: &GraphError,
        asked: RetryAfter,
        decision: RetryDecision,
    ) {
        let asked = match asked {
            RetryAfter::After(asked) => Some(asked),
            RetryAfter::None => None,
        };
        let wait = match decision {
            RetryDecision::Wait(wait) => Some(wait),
            RetryDecision::GiveUp => asked,
        };
        match error.status() {
            Some(429) => drop(pass.mark_refused(wait, error.refusal_cause())),
            Some(500..) if asked.is_some_and(|asked| !asked.is_zero()) => {
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
