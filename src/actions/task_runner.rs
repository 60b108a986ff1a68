//! The loop that carries out the tasks of one instance: what is due is issued or looked at, in the background.
//!
//! At its start every intent without an answer counts as sent (A3). Harmless verbs run side by side, as many as the
//! budget lets through; whatever can do harm goes one after the other.
//!
//! A tick is a look at the clock, and only where something may be due a look at the store ([`QuietTime`]).

use futures_util::StreamExt;
use tokio::sync::watch;

use super::executor::{ActionExecutor, ExecutorError};
use super::quiet_time::QuietTime;
use super::task_machine::TaskEvent;
use super::{issue, readback};
use crate::model::{ActionDanger, TaskState};
use crate::store::{JobRow, TaskRow};

/// Tasks taken up at a time.
const TAKEN: usize = 400;
/// Harmless calls under way at the same time.
const AT_ONCE: usize = 24;

/// Goes on until the senders of `ticks` are gone or `stop` says so; a call that is under way is waited for.
pub async fn run(executor: ActionExecutor, mut ticks: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
    let mut task_changes = executor.store.watch_tasks();
    let mut recovered = false;
    loop {
        task_changes.mark_unchanged();
        let (mark, now) = (executor.store.read_write_mark(executor.instance), executor.clock.now());
        let round = async {
            if !recovered {
                recover_intents(&executor).await?;
                recovered = true;
            }
            match run_due_tasks(&executor, &stop).await? {
                0 => {
                    let next_due = executor.store.find_next_task_due(executor.instance).await?;
                    Ok((0, Some(QuietTime::new(mark, now, next_due))))
                }
                count => Ok::<_, ExecutorError>((count, None)),
            }
        };
        let mut quiet = None;
        match round.await {
            // As much as could be taken: there is more.
            Ok((TAKEN, _)) if !*stop.borrow() => continue,
            Ok((_, found)) => quiet = found,
            Err(error) => {
                tracing::error!(instance.id = %executor.instance, error = %error, "cannot process the tasks; retrying");
            }
        }
        loop {
            tokio::select! {
                biased;
                stopped = stop.wait_for(|stop| *stop) => { let _ = stopped; return; }
                ticked = ticks.changed() => if ticked.is_err() { return },
                changed = task_changes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    break;
                }
            }
            let newest = executor.store.read_write_mark(executor.instance);
            let goes_on = |time: &mut QuietTime| time.goes_on(newest, executor.clock.now());
            if !quiet.as_mut().is_some_and(goes_on) {
                break;
            }
        }
    }
}

/// The process died between an intent and its answer.
pub async fn recover_intents(executor: &ActionExecutor) -> Result<(), ExecutorError> {
    for (task, job) in executor.store.list_open_intents(executor.instance).await? {
        tracing::warn!(task.id = %task.id, device.id = %task.device, action = task.verb.name(),
            "the connector stopped while this was being sent: it counts as sent");
        match executor.open_job_parameters(&job) {
            Ok(parameters) => drop(
                executor
                    .advance_task(&task, &job, &parameters, &TaskEvent::Crashed)
                    .await?,
            ),
            Err(event) => executor.report_unopened(&task, &job, &event).await?,
        }
    }
    Ok(())
}

/// Everything that is due now; answers how many tasks that were.
pub async fn run_due_tasks(executor: &ActionExecutor, stop: &watch::Receiver<bool>) -> Result<usize, ExecutorError> {
    let due = executor.store.list_due_tasks(executor.instance, TAKEN).await?;
    let count = due.len();
    let (unsent, sent): (Vec<_>, Vec<_>) = due.into_iter().partition(|(task, _)| task.state.is_unissued());
    readback::read_back_tasks(executor, &sent).await?;
    let (harmless, others): (Vec<_>, Vec<_>) = unsent
        .into_iter()
        .partition(|(task, _)| task.verb.danger() == ActionDanger::Harmless);
    for (task, job) in &others {
        if *stop.borrow() {
            return Ok(count);
        }
        dispatch_task(executor, task, job).await?;
    }
    let calls = harmless.into_iter().map(|(task, job)| {
        let (executor, stop) = (executor.clone(), stop.clone());
        async move {
            if *stop.borrow() {
                return Ok(());
            }
            dispatch_task(&executor, &task, &job).await
        }
    });
    let mut calls = futures_util::stream::iter(calls).buffer_unordered(AT_ONCE);
    while let Some(done) = calls.next().await {
        done?;
    }
    Ok(count)
}

async fn dispatch_task(executor: &ActionExecutor, task: &TaskRow, job: &JobRow) -> Result<(), ExecutorError> {
    match task.state {
        TaskState::WaitingTenantApproval => readback::check_tenant_approval(executor, task, job).await,
        _ => issue::issue_task(executor, task, job).await,
    }
}
