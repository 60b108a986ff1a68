//! Leave to ask: what a refusal that holds means for the next request, and what an answer leaves behind for all others
//! (E9). How long it holds is decided in [`crate::refusal`].

use std::time::Duration;

use super::backoff::{Decision, RetryAfter};
use super::client::Graph;
use super::error::{GraphError, Problem};
use super::resource::Resource;
use crate::refusal::Pass;

/// While a refusal holds that is waited for, it is looked at again this often: its time may be over by the wall clock.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Graph {
    /// Waits while a refusal holds that is over soon; one that is not is told instead.
    pub(super) async fn admit(&self, resource: &Resource) -> Result<Pass, GraphError> {
        let Resource { family, kind } = resource;
        let mut patience = self.limits().retry.longest_asked;
        loop {
            let held = match self.inner.refusals.enter(*family, kind, self.asking, self.clock()) {
                Ok(pass) => return Ok(pass),
                Err(held) => held,
            };
            let left = held.left_now(self.clock());
            // Without a time it says what the next request would say, too.
            if left > patience || !(held.timed || left.is_zero()) {
                return Err(Problem::LeftAlone(held).into());
            }
            let pause = left.min(LOOK_EVERY);
            tokio::time::sleep(pause).await;
            patience = patience.saturating_sub(pause);
        }
    }

    /// What an answer that was none leaves behind for everybody who asks after it.
    pub(super) fn remember(&self, pass: Pass, error: &GraphError, asked: RetryAfter, decision: Decision) {
        let asked = match asked {
            RetryAfter::After(asked) => Some(asked),
            RetryAfter::None => None,
        };
        let wait = match decision {
            Decision::Wait(wait) => Some(wait),
            Decision::GiveUp => asked,
        };
        match error.status() {
            Some(429) => drop(pass.refused(wait, error.cause())),
            Some(500..) if asked.is_some_and(|asked| !asked.is_zero()) => drop(pass.refused(wait, error.cause())),
            Some(401 | 403) => drop(pass.refused_alone(error.cause())),
            // No word about asking again: a device that is not known, a question that is wrong.
            Some(400..500) => pass.good(),
            _ => drop(pass),
        }
    }

    /// A part of an answer was throttled.
    pub(super) fn note_throttled(&self, wait: Duration, error: &GraphError) {
        let family = Resource::of(self.lane, &self.base().v1("/$batch")).family;
        self.inner.refusals.note(family, wait, error.cause(), self.clock());
    }
}
