//! The loop that carries out the tasks of one instance: what is due is issued or looked at, in the background.
//!
//! At its start every intent without an answer counts as sent (A3). Harmless verbs run side by side, as many as the
//! budget lets through; whatever can do harm goes one after the other.

use futures_util::StreamExt;
use tokio::sync::watch;

use super::actor::{Actor, ActorError};
use super::machine::Event;
use super::{issue, readback};
use crate::model::{Danger, TaskState};
use crate::store::{JobRow, TaskRow};

/// Tasks taken up at a time.
const TAKEN: usize = 400;
/// Harmless calls under way at the same time.
const AT_ONCE: usize = 24;

/// Goes on until the senders of `ticks` are gone or `stop` says so; a call that is under way is waited for.
pub async fn run(actor: Actor, mut ticks: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
    let mut woken = actor.store.tasks();
    let mut recovered = false;
    loop {
        woken.mark_unchanged();
        let round = async {
            if !recovered {
                recover(&actor).await?;
                recovered = true;
            }
            round(&actor, &stop).await
        };
        match round.await {
            // As much as could be taken: there is more.
            Ok(TAKEN) if !*stop.borrow() => continue,
            Ok(_) => (),
            Err(error) => {
                tracing::error!(instance.id = %actor.instance, error = %error, "tasks could not be carried on; it is tried again");
            }
        }
        tokio::select! {
            biased;
            stopped = stop.wait_for(|stop| *stop) => { let _ = stopped; return; }
            ticked = ticks.changed() => if ticked.is_err() { return },
            changed = woken.changed() => if changed.is_err() { return },
        }
    }
}

/// The process died between an intent and its answer.
pub async fn recover(actor: &Actor) -> Result<(), ActorError> {
    for (task, job) in actor.store.open_intents(actor.instance).await? {
        tracing::warn!(task.id = %task.id, device.id = %task.device, action = task.verb.name(),
            "the connector ended while this was sent: it counts as sent");
        match actor.parameters(&job) {
            Ok(parameters) => drop(actor.step(&task, &job, &parameters, &Event::Crashed).await?),
            Err(event) => actor.unopened(&task, &job, &event).await?,
        }
    }
    Ok(())
}

/// Everything that is due now; answers how many tasks that were.
pub async fn round(actor: &Actor, stop: &watch::Receiver<bool>) -> Result<usize, ActorError> {
    let due = actor.store.due_tasks(actor.instance, TAKEN).await?;
    let count = due.len();
    let (unsent, sent): (Vec<_>, Vec<_>) = due.into_iter().partition(|(task, _)| task.state.is_unissued());
    readback::look(actor, &sent).await?;
    let (harmless, others): (Vec<_>, Vec<_>) = unsent
        .into_iter()
        .partition(|(task, _)| task.verb.danger() == Danger::Harmless);
    for (task, job) in &others {
        if *stop.borrow() {
            return Ok(count);
        }
        take_up(actor, task, job).await?;
    }
    let calls = harmless.into_iter().map(|(task, job)| {
        let (actor, stop) = (actor.clone(), stop.clone());
        async move {
            if *stop.borrow() {
                return Ok(());
            }
            take_up(&actor, &task, &job).await
        }
    });
    let mut calls = futures_util::stream::iter(calls).buffer_unordered(AT_ONCE);
    while let Some(done) = calls.next().await {
        done?;
    }
    Ok(count)
}

async fn take_up(actor: &Actor, task: &TaskRow, job: &JobRow) -> Result<(), ActorError> {
    match task.state {
        TaskState::WaitingTenantApproval => readback::ask_tenant(actor, task, job).await,
        _ => issue::issue(actor, task, job).await,
    }
}
