//! The worker of one target: a pass over the feed whenever something may have changed, and rest in between.
//!
//! | a pass ended | the worker rests until |
//! |---|---|
//! | at the head | the feed moves, somebody wakes it, half a minute has passed |
//! | with a question | somebody agrees, decides or changes something; or the feed moved, after a minute |
//! | with a fault | the pause is over ([`super::pause_policy`]) |
//! | outside its window | the window opens |
//!
//! *If the process dies*, or the worker is stopped in the middle: the next one begins at what was acknowledged, looks for what
//! may have been made, and finds everything else as it should be.

#[cfg(test)]
mod absence_tests;
#[cfg(test)]
mod bench_for_tests;
#[cfg(test)]
mod consent_tests;
#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod look_tests;
mod pass_work;
#[cfg(test)]
mod sharing_tests;
#[cfg(test)]
mod shelf_for_tests;
#[cfg(test)]
mod tests;
mod worker_health;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use self::pass_work::PassEnd;
pub(super) use self::pass_work::load_target_mapping;
use self::worker_health::WorkerHealth;
use super::CompiledMapping;
use super::device_work::PlanMemory;
use super::page_work::{HeldWrites, OpenRuns};
use super::pause_policy::{pause_after_fault, pause_until_changed};
use super::target_context::{TargetContext, TargetFailure};
use super::user_lookup::TargetUsers;
use super::work_error::WorkError;
use crate::model::Seq;

/// How long a call that is under way is waited for when the worker is to stop.
const STOP_GRACE: Duration = Duration::from_secs(10);
/// Between two looks at a feed that does not move: a snapshot may end without a change.
const IDLE: Duration = Duration::from_secs(30);
/// A scan commits page after page: what comes within this time is read together.
const GATHER: Duration = Duration::from_millis(100);
/// Between two passes while a question waits.
const ASKED: Duration = Duration::from_secs(60);
/// A question is looked at again without a change: another day has another allowance.
const ASKED_LONGEST: Duration = Duration::from_secs(900);
/// Between two looks at the clock while the window is closed.
const CLOSED: Duration = Duration::from_secs(30);

/// Goes on until `stop` says so, or its sender is gone.
pub async fn run_target(context: TargetContext, stop: watch::Receiver<bool>) -> Result<(), TargetFailure> {
    let mut worker = TargetWorker::prepare(context).await?;
    let mut head = worker.context.store.watch_head();
    loop {
        head.mark_unchanged();
        let ended = tokio::select! {
            ended = worker.work_to_head(stop.clone()) => ended,
            () = wait_for_stop(stop.clone(), STOP_GRACE) => return Ok(()),
        };
        let rest = worker.choose_rest(ended).await?;
        if *stop.borrow() {
            return Ok(());
        }
        tokio::select! {
            biased;
            () = wait_for_stop(stop.clone(), Duration::ZERO) => return Ok(()),
            () = worker.rest(rest, &mut head) => {}
        }
    }
}

async fn wait_for_stop(mut stop: watch::Receiver<bool>, grace: Duration) {
    // Whoever would say so is gone: that is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
    tokio::time::sleep(grace).await;
}

struct TargetWorker {
    context: TargetContext,
    memory: PlanMemory,
    runs: OpenRuns,
    waiting: HeldWrites,
    mapping: Option<Arc<CompiledMapping>>,
    start: WorkStart,
    /// The cursor that was acknowledged last.
    acknowledged: Option<String>,
    /// The last pass, of this process or an earlier one, may have left something undone behind what it acknowledged.
    is_interrupted: bool,
    health: WorkerHealth,
}

/// Whether the other side was told that the work begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorkStart {
    Due,
    Done,
}

/// Until when a worker does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WorkerRest {
    /// Something else is to be read at once.
    Short,
    Idle,
    Asked,
    /// `is_broken_off`: a person who changed something need not wait.
    Paused {
        pause: Duration,
        is_broken_off: bool,
    },
    Closed,
}

impl TargetWorker {
    async fn prepare(context: TargetContext) -> Result<TargetWorker, TargetFailure> {
        let assigns = context.adapter.profile().assigns_users && context.settings.assign_users;
        let mut runs = OpenRuns::default();
        runs.skip_requests(&context);
        let health = WorkerHealth::load(&context).await?;
        Ok(TargetWorker {
            memory: PlanMemory {
                users: TargetUsers::new(assigns),
                ..PlanMemory::default()
            },
            runs,
            waiting: HeldWrites::default(),
            mapping: None,
            start: WorkStart::Due,
            acknowledged: None,
            is_interrupted: true,
            health,
            context,
        })
    }

    /// What came of a pass, told where people look.
    async fn choose_rest(&mut self, ended: Result<PassEnd, WorkError>) -> Result<WorkerRest, TargetFailure> {
        let requests = self.runs.take_requests(&self.context);
        self.health.count_requests(&self.context, requests).await?;
        if let Some(unknown) = self.memory.users.take_unknown_count() {
            tracing::warn!(instance.name = %self.context.name, users = unknown,
                "users that the other side does not know: their devices are assigned to nobody");
        }
        let error = match ended {
            Ok(end) => {
                self.health.note_progress(&self.context).await?;
                return Ok(match end {
                    PassEnd::AtHead => {
                        // Nothing of what was read is read again.
                        self.waiting.forget_all();
                        WorkerRest::Idle
                    }
                    PassEnd::Asked => WorkerRest::Asked,
                });
            }
            Err(error) => error,
        };
        // What is planned from here on is planned from what the other side has then.
        self.memory.index = None;
        match error {
            WorkError::Store(error) => Err(TargetFailure::Store(error)),
            WorkError::Ended(failure) => Err(failure),
            WorkError::Stopped | WorkError::Changed => Ok(WorkerRest::Short),
            WorkError::Moved(outdated) => {
                tracing::info!(instance.name = %self.context.name, why = ?outdated, "the feed begins elsewhere: it is read anew");
                self.acknowledged = None;
                Ok(WorkerRest::Short)
            }
            WorkError::Closed => {
                self.health.tell_closed(&self.context).await?;
                Ok(WorkerRest::Closed)
            }
            WorkError::Fault(fault) => {
                let pause = pause_after_fault(&fault, self.health.count_failed());
                let told = (fault.code(), fault.to_string(), fault.advice());
                self.health.tell_pause(&self.context, told, pause).await?;
                Ok(WorkerRest::Paused {
                    pause,
                    is_broken_off: fault.is_lasting(),
                })
            }
            WorkError::Mapping(error) => {
                let told = (error.code(), error.to_string(), error.advice());
                self.rest_until_changed(told).await
            }
            WorkError::Filter(problem) => {
                let advice = format!(
                    "change the filter: intune-connector servers limit {}",
                    self.context.server
                );
                self.rest_until_changed(("filter", problem, advice)).await
            }
        }
    }

    /// Nothing but a person helps.
    async fn rest_until_changed(&mut self, told: (&str, String, String)) -> Result<WorkerRest, TargetFailure> {
        let pause = pause_until_changed(self.health.count_failed());
        self.health.tell_pause(&self.context, told, pause).await?;
        Ok(WorkerRest::Paused {
            pause,
            is_broken_off: true,
        })
    }

    async fn rest(&mut self, rest: WorkerRest, head: &mut watch::Receiver<Seq>) {
        let is_woken = self.wait(rest, head).await;
        if is_woken {
            // Somebody decided or changed something: what waited is planned anew.
            self.waiting.forget_all();
        }
    }

    /// Answers whether somebody woke it.
    async fn wait(&self, rest: WorkerRest, head: &mut watch::Receiver<Seq>) -> bool {
        let woken = self.context.signals.wait_for_wake();
        match rest {
            WorkerRest::Short => {
                tokio::time::sleep(GATHER).await;
                false
            }
            WorkerRest::Idle => tokio::select! {
                () = woken => true,
                () = wait_for_head(head) => {
                    tokio::time::sleep(GATHER).await;
                    false
                }
                () = tokio::time::sleep(IDLE) => false,
            },
            WorkerRest::Asked => tokio::select! {
                () = woken => true,
                () = async {
                    tokio::time::sleep(ASKED).await;
                    wait_for_head(head).await;
                } => false,
                () = tokio::time::sleep(ASKED_LONGEST) => false,
            },
            WorkerRest::Paused { pause, is_broken_off } => tokio::select! {
                () = woken, if is_broken_off => true,
                () = tokio::time::sleep(pause) => false,
            },
            WorkerRest::Closed => {
                tokio::time::sleep(CLOSED).await;
                false
            }
        }
    }
}

/// The feed has moved since it was read.
async fn wait_for_head(head: &mut watch::Receiver<Seq>) {
    if head.changed().await.is_err() {
        // The store is closing: whoever stops everything stops this too.
        std::future::pending::<()>().await;
    }
}
