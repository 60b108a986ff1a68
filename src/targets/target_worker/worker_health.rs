//! What keeps a target, as people are told it: the reason, since when, and when it is tried again.

use std::time::Duration;

use chrono::TimeDelta;

use crate::model::Timestamp;
use crate::store::{StoreError, TargetPause, TargetProblem, TargetStateChange};
use crate::targets::target_context::TargetContext;
use crate::targets::told_problem::name_target;

/// Of one worker.
#[derive(Debug, Default)]
pub(super) struct WorkerHealth {
    /// Pauses in a row.
    failed: u32,
    /// What keeps it, with its code.
    paused: Option<(String, Timestamp)>,
}

impl WorkerHealth {
    /// A pause of an earlier start goes on: since when it lasts is known.
    pub(super) async fn load(context: &TargetContext) -> Result<WorkerHealth, StoreError> {
        let state = context.store.load_target_state(context.target).await?;
        Ok(WorkerHealth {
            failed: 0,
            paused: state.pause.map(|pause| (pause.code, pause.since)),
        })
    }

    pub(super) fn count_failed(&self) -> u32 {
        self.failed
    }

    /// Nothing keeps it any more.
    pub(super) async fn note_progress(&mut self, context: &TargetContext) -> Result<(), StoreError> {
        self.failed = 0;
        let Some((code, since)) = self.paused.take() else {
            return Ok(());
        };
        tracing::info!(instance.name = %context.name, code, since = %since, "the target works again");
        let change = TargetStateChange {
            pause: Some(None),
            ..TargetStateChange::default()
        };
        context.store.save_target_state(context.target, change).await?;
        Ok(())
    }

    pub(super) async fn tell_pause(
        &mut self,
        context: &TargetContext,
        (code, problem, advice): (&str, String, String),
        pause: Duration,
    ) -> Result<(), StoreError> {
        self.failed = self.failed.saturating_add(1);
        let now = context.clock.now();
        let advice = name_target(&advice, context);
        let known = self.paused.take().filter(|(known, _)| known == code);
        if known.is_none() {
            tracing::warn!(instance.name = %context.name, code, problem, advice, "the target pauses");
        }
        let since = known.map_or(now, |(_, since)| since);
        self.paused = Some((code.to_owned(), since));
        let change = TargetStateChange {
            pause: Some(Some(TargetPause {
                code: code.to_owned(),
                problem: problem.clone(),
                advice: advice.clone(),
                since,
                until: Some(now + TimeDelta::from_std(pause).unwrap_or_default()),
            })),
            last_error: Some(Some(TargetProblem {
                code: code.to_owned(),
                message: problem,
                advice,
                at: now,
            })),
            ..TargetStateChange::default()
        };
        context.store.save_target_state(context.target, change).await?;
        Ok(())
    }

    /// Outside of the hours in which it may write. No fault.
    pub(super) async fn tell_closed(&mut self, context: &TargetContext) -> Result<(), StoreError> {
        /// As it is told.
        const CODE: &str = "writeWindow";
        let now = context.clock.now();
        let local = now.with_timezone(&context.settings.zone);
        let opens = context.settings.write_window.map(|window| window.next_opening(local));
        if self.paused.as_ref().is_some_and(|(code, _)| code == CODE) {
            return Ok(());
        }
        self.paused = Some((CODE.to_owned(), now));
        let change = TargetStateChange {
            pause: Some(Some(TargetPause {
                code: CODE.to_owned(),
                problem: "it is outside of its write window".to_owned(),
                advice: format!(
                    "no action needed; to change the window: intune-connector instances reconfigure {}",
                    context.name
                ),
                since: now,
                until: opens.map(|opens| opens.to_utc()),
            })),
            ..TargetStateChange::default()
        };
        context.store.save_target_state(context.target, change).await?;
        Ok(())
    }

    pub(super) async fn count_requests(&self, context: &TargetContext, requests: u64) -> Result<(), StoreError> {
        if requests == 0 {
            return Ok(());
        }
        let change = TargetStateChange {
            requests,
            ..TargetStateChange::default()
        };
        context.store.save_target_state(context.target, change).await?;
        Ok(())
    }
}
