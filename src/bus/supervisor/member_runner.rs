//! The loop around one member. Starting and running are tasks of their own, so a panic in either ends there and comes
//! back as an ending like any other. Its text is not reported: it may hold anything; the panic hook has logged where.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument;

use super::member_context::MemberContext;
use super::meter::MemberMeter;
use super::restart_policy::{MemberEnding, RestartDecision, is_pause_over, next};
use super::status::last_error;
use super::{MemberFailure, MemberFuture, MemberSpec, MicroserviceKind};
use crate::contract::{LastError, LifecycleState};
use crate::model::Timestamp;
use crate::observe::Clock;

/// The status of a member, as its runner reports it.
#[derive(Debug, Clone)]
pub struct LifecycleStatus {
    pub state: LifecycleState,
    pub since: Timestamp,
    pub restarts: u32,
    pub next_start: Option<Timestamp>,
    pub last_error: Option<LastError>,
}

pub(crate) struct MemberRunner {
    pub kind: Arc<dyn MicroserviceKind>,
    pub spec: MemberSpec,
    pub clock: Clock,
    pub ticks: watch::Receiver<u64>,
    pub status: watch::Sender<LifecycleStatus>,
    pub meter: MemberMeter,
    /// Of the member: told to stop.
    pub stop: watch::Receiver<bool>,
    pub drain: TimeDelta,
}

impl MemberRunner {
    pub(crate) async fn run_until_stopped(mut self) {
        let mut failures = 0;
        loop {
            let began = self.clock.now();
            let ending = self.run_once().await;
            let after = if self.is_stopping() {
                RestartDecision::Stopped
            } else {
                next(ending, self.clock.now() - began, failures)
            };
            match after {
                RestartDecision::Stopped => return self.set_state(LifecycleState::Stopped),
                RestartDecision::Failed => return self.set_state(LifecycleState::Failed),
                RestartDecision::Again {
                    pause,
                    failures: so_far,
                } => {
                    failures = so_far;
                    if self.wait_before_restart(pause).await.is_err() {
                        return self.set_state(LifecycleState::Stopped);
                    }
                }
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    fn set_state(&self, state: LifecycleState) {
        let since = self.clock.now();
        tracing::debug!(member = %self.spec.name, state = ?state, "state");
        self.status.send_modify(|status| {
            (status.state, status.since, status.next_start) = (state, since, None);
        });
    }

    fn record_failure(&self, failure: &MemberFailure) {
        let error = last_error(failure, self.clock.now());
        tracing::error!(member = %self.spec.name, error.code = error.code, error = error.problem, "member failed");
        self.status.send_modify(|status| status.last_error = Some(error));
    }

    /// From start to end.
    async fn run_once(&mut self) -> MemberEnding {
        self.set_state(LifecycleState::Starting);
        let (end, ended) = watch::channel(false);
        let running = match self.start(ended).await {
            None => return MemberEnding::Stopped,
            Some(Err(error)) => return self.end_after_join_error(&error),
            Some(Ok(Err(failure))) => return self.end_with_failure(&failure),
            Some(Ok(Ok(running))) => running,
        };
        self.set_state(LifecycleState::Running);
        let mut task = tokio::spawn(running.instrument(self.tracing_span()));
        let ended = tokio::select! {
            // A member that is told to stop ends what is under way.
            _ = self.stop.wait_for(|stop| *stop) => None,
            ended = &mut task => Some(ended),
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                self.set_state(LifecycleState::Stopping);
                end.send_replace(true);
                self.drain_task(task).await
            }
        };
        match ended {
            Ok(Ok(())) if self.is_stopping() => MemberEnding::Stopped,
            Ok(Ok(())) => {
                self.record_failure(&MemberFailure::new(
                    "endedUnasked",
                    "the microservice ended unexpectedly",
                    "it is restarted automatically; see the log",
                ));
                MemberEnding::Unasked
            }
            Ok(Err(failure)) => self.end_with_failure(&failure),
            Err(error) => self.end_after_join_error(&error),
        }
    }

    fn tracing_span(&self) -> tracing::Span {
        // Of the highest level, so that it is there however little is logged.
        tracing::error_span!("member", member = %self.spec.name, profile = %self.spec.profile)
    }

    /// `None` where it was told to stop meanwhile.
    async fn start(
        &mut self,
        ended: watch::Receiver<bool>,
    ) -> Option<Result<Result<MemberFuture, MemberFailure>, JoinError>> {
        let (kind, spec) = (self.kind.clone(), self.spec.clone());
        let context = MemberContext::new(ended, self.meter.clone());
        let startup = async move { kind.start(&spec, context).await };
        let mut task = tokio::spawn(startup.instrument(self.tracing_span()));
        tokio::select! {
            biased;
            started = &mut task => Some(started),
            _ = self.stop.wait_for(|stop| *stop) => {
                task.abort();
                None
            }
        }
    }

    fn end_with_failure(&self, failure: &MemberFailure) -> MemberEnding {
        self.record_failure(failure);
        if failure.passes {
            MemberEnding::PassingTrouble
        } else {
            MemberEnding::Trouble
        }
    }

    fn end_after_join_error(&self, error: &JoinError) -> MemberEnding {
        if error.is_panic() {
            self.record_failure(&MemberFailure::new(
                "panicked",
                "the microservice crashed because of a bug in the program",
                "it is restarted automatically; the log shows where it crashed",
            ));
            return MemberEnding::Panicked;
        }
        // Cut off by the drain's limit.
        MemberEnding::Stopped
    }

    /// Waits for the end of what is under way, as long as the limit allows.
    async fn drain_task(
        &mut self,
        mut task: JoinHandle<Result<(), MemberFailure>>,
    ) -> Result<Result<(), MemberFailure>, JoinError> {
        let asked = self.clock.now();
        loop {
            tokio::select! {
                ended = &mut task => return ended,
                ticked = self.ticks.changed() => {
                    if ticked.is_err() {
                        return task.await;
                    }
                    if is_pause_over(self.clock.now(), asked, asked + self.drain) {
                        self.record_failure(&MemberFailure::new(
                            "cutOff",
                            format!(
                                "the microservice did not stop within {} s and was aborted",
                                self.drain.num_seconds()
                            ),
                            "interrupted work is handled as after a crash",
                        ));
                        task.abort();
                        return task.await;
                    }
                }
            }
        }
    }

    /// `Err` where it was told to stop meanwhile.
    async fn wait_before_restart(&mut self, pause: TimeDelta) -> Result<(), ()> {
        let from = self.clock.now();
        let until = from + pause;
        self.set_state(LifecycleState::BackingOff);
        self.status.send_modify(|status| {
            status.restarts = status.restarts.saturating_add(1);
            status.next_start = Some(until);
        });
        loop {
            if is_pause_over(self.clock.now(), from, until) {
                return Ok(());
            }
            tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return Err(()),
                ticked = self.ticks.changed() => if ticked.is_err() {
                    return Err(());
                },
            }
        }
    }
}
