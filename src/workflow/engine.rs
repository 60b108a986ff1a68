//! The engine of one instance: starts what is due, carries open runs on, writes everything down first.
//!
//! One loop, woken by ticks, by the store (a run began, was stopped, ended; a workflow was changed) and by calls that
//! come back. It never sleeps by itself and never waits for a call. What it cannot write down it does not do; errors of
//! the store are logged and the same is tried with the next tick.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::activity::{ActivityCall, ActivityRegistry, CallKey};
use super::activity_call::perform_call;
use super::due_times::{EngineHandle, ScheduleBook};
use super::failpoints::WorkflowFailpoints;
use super::history::{StepKey, StepStage};
use super::journal;
use super::limits::CALLS_MAX;
use super::model::WorkflowDefinition;
use super::open_run::OpenRun;
use super::run_plan::{PlannedStep, RunResult};
pub use super::trigger::PlannedTrigger;
use crate::contract::StepFailure;
use crate::model::{InstanceId, InstanceName, RunState, Timestamp};
use crate::observe::Clock;
use crate::store::{RunEnd, StepEnd, Store, StoreError, WriteMark};

/// What the engine needs from the product it runs for.
pub trait ScheduleSource: Send + Sync + 'static {
    /// When a trigger whose time is in the settings comes; `None`: not with the current settings.
    fn planned_trigger<'a>(&'a self, setting: &'a str) -> BoxFuture<'a, Result<Option<PlannedTrigger>, StoreError>>;
}

pub struct EngineParts {
    pub store: Store,
    pub clock: Clock,
    pub instance: InstanceId,
    pub name: InstanceName,
    pub registry: ActivityRegistry,
    pub schedule_source: Arc<dyn ScheduleSource>,
    /// [`WorkflowFailpoints::default`], but in tests of crashes.
    pub failpoints: WorkflowFailpoints,
}

type CallResult = (i64, StepKey, Result<Map<String, Value>, StepFailure>);

pub struct WorkflowEngine {
    pub(super) parts: EngineParts,
    pub(super) handle: EngineHandle,
    pub(super) open_runs: BTreeMap<i64, OpenRun>,
    /// The clock when it was looked at last.
    pub(super) clock_at: Timestamp,
    /// Definitions by their hash.
    definitions: BTreeMap<String, Arc<WorkflowDefinition>>,
    calls: JoinSet<CallResult>,
    /// Which call a task is, for those that panic.
    tasks: BTreeMap<tokio::task::Id, (i64, StepKey)>,
    /// Came back and could not be written down yet.
    unsaved_results: Vec<CallResult>,
    /// The clock or the store moved since triggers were looked at, the store since open runs were.
    needs_trigger_check: bool,
    pub(super) needs_run_check: bool,
    pub(super) schedule_book: ScheduleBook,
    /// Taken before open runs were looked for last.
    pub(super) runs_mark: Option<WriteMark>,
}

impl WorkflowEngine {
    pub fn new(parts: EngineParts) -> WorkflowEngine {
        WorkflowEngine {
            parts,
            handle: EngineHandle::default(),
            open_runs: BTreeMap::new(),
            clock_at: Timestamp::MAX_UTC,
            definitions: BTreeMap::new(),
            calls: JoinSet::new(),
            tasks: BTreeMap::new(),
            unsaved_results: Vec::new(),
            needs_trigger_check: true,
            needs_run_check: true,
            schedule_book: ScheduleBook::default(),
            runs_mark: None,
        }
    }

    pub fn handle(&self) -> EngineHandle {
        self.handle.clone()
    }

    /// Goes on until `stop` says so or the senders are gone. Calls under way are dropped then: what they began stands in
    /// the journal and is called again.
    pub async fn run(mut self, mut ticks: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
        let mut run_changes = self.parts.store.watch_runs();
        loop {
            run_changes.mark_unchanged();
            if let Err(error) = self.advance_all().await {
                if self.parts.failpoints.has_failed() {
                    return;
                }
                tracing::error!(instance.name = %self.parts.name, error = %error, "failed to continue workflows; retrying");
            }
            tokio::select! {
                biased;
                stopped = stop.wait_for(|stop| *stop) => { let _ = stopped; return; }
                Some(done) = self.calls.join_next_with_id() => self.receive_result(done),
                changed = run_changes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    (self.needs_trigger_check, self.needs_run_check) = (true, true);
                }
                ticked = ticks.changed() => {
                    if ticked.is_err() {
                        return;
                    }
                    self.needs_trigger_check = true;
                }
            }
        }
    }

    /// Whether nothing is under way: what is open waits for its time, or for somebody.
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty() && self.unsaved_results.is_empty()
    }

    /// Waits for a call that is under way.
    pub async fn wait_for_call(&mut self) {
        if let Some(done) = self.calls.join_next_with_id().await {
            self.receive_result(done);
        }
    }

    fn receive_result(&mut self, done: Result<(tokio::task::Id, CallResult), tokio::task::JoinError>) {
        let returned = match done {
            Ok((id, returned)) => {
                self.tasks.remove(&id);
                returned
            }
            Err(error) => {
                let Some((run, step_key)) = self.tasks.remove(&error.id()) else {
                    return;
                };
                tracing::error!(run.id = run, run.step = step_key.0, "an activity panicked");
                let fault = StepFailure::new("panic", "the activity crashed because of a bug in the program");
                (run, step_key, Err(fault))
            }
        };
        self.unsaved_results.push(returned);
    }

    /// One look at everything.
    pub async fn run_round(&mut self) -> Result<(), StoreError> {
        (self.needs_trigger_check, self.needs_run_check) = (true, true);
        self.advance_all().await
    }

    async fn advance_all(&mut self) -> Result<(), StoreError> {
        self.save_results().await?;
        if self.needs_trigger_check {
            self.start_due_runs().await?;
            self.needs_trigger_check = false;
        }
        if self.needs_run_check {
            self.load_open_runs().await?;
            self.needs_run_check = false;
        }
        let ids: Vec<i64> = self.open_runs.keys().copied().collect();
        for id in ids {
            self.advance_run(id).await?;
        }
        Ok(())
    }

    async fn save_results(&mut self) -> Result<(), StoreError> {
        while let Some((run, step_key, result)) = self.unsaved_results.last() {
            let end = StepEnd {
                path: step_key.0.clone(),
                attempt: step_key.1,
                result: match result {
                    Ok(outputs) => Ok(Value::Object(outputs.clone())),
                    Err(fault) => Err(serde_json::to_value(fault).unwrap_or_default()),
                },
            };
            self.parts.failpoints.pass_point()?;
            self.parts.store.end_steps(*run, vec![end]).await?;
            self.parts.failpoints.pass_point()?;
            if let Some((run, step_key, result)) = self.unsaved_results.pop()
                && let Some(open) = self.open_runs.get_mut(&run)
            {
                let stage = result.map_or_else(StepStage::Failed, StepStage::Done);
                open.end_step(&step_key, stage);
            }
        }
        Ok(())
    }

    pub(super) async fn load_definition(&mut self, hash: &str) -> Result<Option<Arc<WorkflowDefinition>>, StoreError> {
        if let Some(known) = self.definitions.get(hash) {
            return Ok(Some(known.clone()));
        }
        let Some(text) = self.parts.store.find_definition_text(hash).await? else {
            return Ok(None);
        };
        match super::compile_definition(&text, &self.parts.registry) {
            Ok(definition) => {
                let definition = Arc::new(definition);
                self.definitions.insert(hash.to_owned(), definition.clone());
                Ok(Some(definition))
            }
            Err(findings) => {
                let first = findings.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(definition.hash = hash, error = first, "failed to read a definition");
                Ok(None)
            }
        }
    }

    /// As far as a run comes without waiting.
    async fn advance_run(&mut self, id: i64) -> Result<(), StoreError> {
        loop {
            let Some(open) = self.open_runs.get_mut(&id) else {
                return Ok(());
            };
            let now = self.parts.clock.now();
            let elapsed = open.elapsed_pauses(now);
            if !elapsed.is_empty() {
                let ends = elapsed.iter().map(|(path, attempt)| StepEnd {
                    path: path.clone(),
                    attempt: *attempt,
                    result: Ok(Value::Object(Map::new())),
                });
                self.parts.failpoints.pass_point()?;
                self.parts.store.end_steps(id, ends.collect()).await?;
                self.parts.failpoints.pass_point()?;
                elapsed
                    .iter()
                    .for_each(|step_key| open.end_step(step_key, StepStage::Done(Map::new())));
            }
            let places = CALLS_MAX.saturating_sub(self.calls.len());
            if !std::mem::take(&mut open.has_changed) {
                return Ok(());
            }
            let wanted = open.runnable_steps(places, self.parts.clock.now());
            if places == 0 {
                open.has_changed = true;
            }
            if let Some(end) = wanted.result {
                // The marks behind its last step belong to the journal too.
                self.write_steps(id, &wanted.planned_steps).await?;
                let name = self.workflow_name(id).await?;
                self.end_run(id, &name, end).await?;
                self.open_runs.remove(&id);
                return Ok(());
            }
            if wanted.planned_steps.is_empty() {
                return Ok(());
            }
            self.write_steps(id, &wanted.planned_steps).await?;
            for start in wanted.planned_steps {
                if let PlannedStep::Call {
                    path,
                    attempt,
                    activity,
                    inputs,
                    ..
                } = start
                {
                    self.spawn_call(id, (path, attempt), &activity, inputs);
                }
            }
        }
    }

    async fn workflow_name(&self, run: i64) -> Result<String, StoreError> {
        Ok(self.parts.store.run(run).await?.map_or(String::new(), |row| row.name))
    }

    /// Written down before it is done.
    async fn write_steps(&mut self, id: i64, starts: &[PlannedStep]) -> Result<(), StoreError> {
        if starts.is_empty() {
            return Ok(());
        }
        let Some(open) = self.open_runs.get_mut(&id) else {
            return Ok(());
        };
        let now = self.parts.clock.now();
        let begun: Vec<_> = starts.iter().map(|start| journal::begun_entry(start, now)).collect();
        let rows = starts
            .iter()
            .zip(&begun)
            .map(|(start, (_, entry))| journal::step_start_row(start, entry));
        let rows = rows.collect();
        self.parts.failpoints.pass_point()?;
        if let Err(error) = self.parts.store.begin_steps(id, rows).await {
            open.has_changed = true;
            return Err(error);
        }
        self.parts.failpoints.pass_point()?;
        for (start, (step_key, entry)) in starts.iter().zip(begun) {
            // What is called again is there already, and stays as it was written first.
            if !matches!(start, PlannedStep::Call { again: true, .. }) {
                open.history.entries.insert(step_key, entry);
            }
            open.has_changed |= !matches!(start, PlannedStep::Call { .. });
        }
        Ok(())
    }

    fn spawn_call(&mut self, id: i64, step_key: StepKey, activity: &str, inputs: Map<String, Value>) {
        let Some(open) = self.open_runs.get_mut(&id) else {
            return;
        };
        open.active_steps.insert(step_key.clone());
        let found = self
            .parts
            .registry
            .get(activity)
            .zip(self.parts.registry.signature(activity));
        let call = ActivityCall {
            key: CallKey {
                run: id,
                path: step_key.0.clone(),
            },
            attempt: step_key.1,
            principal: open.principal,
            inputs,
            dry_run: open.history.run.dry_run,
            cancelled: open.cancel.subscribe(),
        };
        let Some((activity, signature)) = found else {
            let fault = StepFailure::new("activity", format!("the activity {activity} no longer exists"));
            self.unsaved_results.push((id, step_key, Err(fault)));
            return;
        };
        let signature = signature.clone();
        let (store, name) = (self.parts.store.clone(), self.parts.name.clone());
        let at = step_key.clone();
        let task = self.calls.spawn(async move {
            let result = perform_call(&store, &name, activity, &signature, call).await;
            (id, at, result.map_err(StepFailure::from))
        });
        self.tasks.insert(task.id(), (id, step_key));
    }

    pub(super) async fn end_run(&self, id: i64, name: &str, end: RunResult) -> Result<(), StoreError> {
        match end.state {
            RunState::Failed => {
                tracing::warn!(
                    workflow = name,
                    run.id = id,
                    run.outcome = end.outcome,
                    error = %end.message,
                    "a run failed"
                );
            }
            _ => tracing::info!(workflow = name, run.id = id, run.outcome = end.outcome, "a run ended"),
        }
        let end = RunEnd {
            state: end.state,
            outcome: end.outcome,
            message: end.message,
        };
        self.parts.failpoints.pass_point()?;
        self.parts.store.end_run(self.parts.instance, id, end).await?;
        self.parts.failpoints.pass_point()
    }
}
