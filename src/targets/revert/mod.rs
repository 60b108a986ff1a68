//! Puts back what a run wrote: newest write first, each field that still has the value that was written ([`put_back`]); the
//! others are listed. It is itself a run, which can be put back in turn.
//!
//! What a run *made* is listed, and so is what it retired or brought back: a record is no field. Who wants made records away
//! says so ([`RevertOptions`]).
//!
//! *It writes within the window of the target* as all that writes does: outside of it, the answer says when it opens.
//!
//! *Nothing is written again by itself*: from here on the target waits, and the next writes are a question. If the process
//! dies on the way, the same request goes on: what is back already is found so.

mod put_back;
mod run_revert;

use std::time::Duration;

use tokio::time::Instant;

use self::run_revert::RunRevert;
use super::CompiledMapping;
use super::feed_reader::FeedView;
use super::page_work::OpenRuns;
use super::question_work::{find_next_opening, policy_digest};
use super::target_context::TargetContext;
use super::target_worker::load_target_mapping;
use super::work_error::TargetLookError;
use crate::contract::{RevertView, TargetPhase, TargetRunKind};
use crate::store::{StoreError, TargetRunRow, TargetStateChange};

/// How a run is put back.
#[derive(Debug, Clone, Copy)]
pub struct RevertOptions {
    /// It ends by itself after this time, and answers what it has.
    pub longest: Duration,
    /// Records that the run made are treated as those of deleted devices; else they are listed.
    pub retires_made: bool,
}

/// As people ask for it: what was made stays.
pub async fn revert_run(context: &TargetContext, run: i64, longest: Duration) -> Result<RevertView, TargetLookError> {
    let options = RevertOptions {
        longest,
        retires_made: false,
    };
    revert_run_with(context, run, options).await
}

pub async fn revert_run_with(
    context: &TargetContext,
    run: i64,
    options: RevertOptions,
) -> Result<RevertView, TargetLookError> {
    let ends_at = Instant::now() + options.longest;
    let row = find_run(context, run).await?;
    if let Some(opens) = find_next_opening(context) {
        return Err(TargetLookError::WindowClosed { opens });
    }
    // The worker ends between two batches.
    let _turn = context.signals.begin_revert();
    let _writing = context.signals.lock_writing().await;
    hold_writes(context).await?;
    let mapping = CompiledMapping::compile(&load_target_mapping(context).await??)?;
    let store = &context.store;
    let own = store
        .begin_target_run(
            context.target,
            TargetRunKind::Revert,
            row.mapping_digest.clone(),
            Some(run),
        )
        .await?;
    let instances = store.list_instances().await?;
    let names = instances.into_iter().map(|row| (row.id, row.name)).collect();
    let mut revert = RunRevert::new(context, own, names, options.retires_made.then(|| mapping.gone()));
    let reverted = revert.revert_writes(&row, ends_at).await;
    store.end_target_run(own).await?;
    stand_for_waiting(context, mapping.digest()).await?;
    context.signals.wake_worker();
    let mut view = revert.view;
    match reverted {
        Ok(complete) => view.complete = complete,
        // What is back is told; the same request shows the fault again, if it lasts.
        Err(TargetLookError::Fault(_)) if view.put_back > 0 => view.complete = false,
        Err(error) => return Err(error),
    }
    Ok(view)
}

async fn find_run(context: &TargetContext, run: i64) -> Result<TargetRunRow, TargetLookError> {
    let row = context.store.find_target_run(run).await?;
    let row = row.filter(|row| row.target == context.target);
    row.ok_or(TargetLookError::UnknownRun(run))
}

/// From now on everything waits: what is put back must not be written again by the next pass, and not by consent to a
/// question that was asked before.
async fn hold_writes(context: &TargetContext) -> Result<(), StoreError> {
    let (store, target) = (&context.store, context.target);
    store.restart_target_canary(target).await?;
    let change = TargetStateChange {
        phase: Some((TargetPhase::Canary, TargetPhase::Waiting)),
        ..TargetStateChange::default()
    };
    store.save_target_state(target, change).await?;
    Ok(())
}

/// An open canary run says, also to a later start, that everything waits.
async fn stand_for_waiting(context: &TargetContext, mapping: &str) -> Result<(), TargetLookError> {
    let view = FeedView::load(context).await?;
    let mut runs = OpenRuns::default();
    runs.set_digest(&policy_digest(mapping, &view.server));
    runs.begin_canary(context).await?;
    Ok(())
}
