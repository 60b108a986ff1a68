//! The engine of one instance: starts what is due, carries open runs on, writes everything down first.
//!
//! One loop, woken by ticks, by the store (a run began, was stopped, ended; a workflow was changed) and by calls that
//! come back. It never sleeps by itself and never waits for a call. What it can't write down it does not do; the store's
//! trouble is told and the same is tried with the next tick.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::activity::{Call, Key, Registry, Who};
use super::call::perform;
use super::due::Handle;
use super::fuse::Fuse;
use super::history::{Fault, Place, Stage};
use super::journal;
use super::limits::{CALLS_MAX, RUNS_MAX};
use super::model::Definition;
use super::next::{End, Start};
use super::runs::Open;
pub use super::trigger::Planned;
use crate::model::{InstanceId, InstanceName, RunState, Timestamp};
use crate::observe::Clock;
use crate::store::{RunEnd, RunRow, StepEnd, Store, StoreError};

/// What the engine asks of the product it runs for.
pub trait Host: Send + Sync + 'static {
    /// When a trigger comes whose time the settings say; `None`: not as things stand.
    fn planned<'a>(&'a self, setting: &'a str) -> BoxFuture<'a, Result<Option<Planned>, StoreError>>;
}

pub struct Parts {
    pub store: Store,
    pub clock: Clock,
    pub instance: InstanceId,
    pub name: InstanceName,
    pub registry: Registry,
    pub host: Arc<dyn Host>,
    /// [`Fuse::default`], but in tests of crashes.
    pub fuse: Fuse,
}

type Returned = (i64, Place, Result<Map<String, Value>, Fault>);

pub struct Engine {
    pub(super) parts: Parts,
    pub(super) handle: Handle,
    pub(super) open: BTreeMap<i64, Open>,
    /// The clock when it was looked at last.
    pub(super) clock_at: Timestamp,
    /// Definitions by their hash.
    known: BTreeMap<String, Arc<Definition>>,
    calls: JoinSet<Returned>,
    /// Which call a task is, for those that panic.
    tasks: BTreeMap<tokio::task::Id, (i64, Place)>,
    /// Came back and could not be written down yet.
    unsaved: Vec<Returned>,
    /// The clock or the store moved since triggers were looked at, the store since open runs were.
    look: bool,
    pub(super) pick_up: bool,
}

impl Engine {
    pub fn new(parts: Parts) -> Engine {
        Engine {
            parts,
            handle: Handle::default(),
            open: BTreeMap::new(),
            clock_at: Timestamp::MAX_UTC,
            known: BTreeMap::new(),
            calls: JoinSet::new(),
            tasks: BTreeMap::new(),
            unsaved: Vec::new(),
            look: true,
            pick_up: true,
        }
    }

    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Goes on until `stop` says so or the senders are gone. Calls under way are dropped then: what they began stands in
    /// the journal and is called again.
    pub async fn run(mut self, mut ticks: watch::Receiver<u64>, mut stop: watch::Receiver<bool>) {
        let mut woken = self.parts.store.runs();
        loop {
            woken.mark_unchanged();
            if let Err(error) = self.step().await {
                if self.parts.fuse.is_blown() {
                    return;
                }
                tracing::error!(instance.name = %self.parts.name, error = %error, "workflows could not be carried on; it is tried again");
            }
            tokio::select! {
                biased;
                stopped = stop.wait_for(|stop| *stop) => { let _ = stopped; return; }
                Some(done) = self.calls.join_next_with_id() => self.came_back(done),
                changed = woken.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    (self.look, self.pick_up) = (true, true);
                }
                ticked = ticks.changed() => {
                    if ticked.is_err() {
                        return;
                    }
                    self.look = true;
                }
            }
        }
    }

    /// Whether nothing is under way: what is open waits for its time, or for somebody.
    pub fn is_quiet(&self) -> bool {
        self.calls.is_empty() && self.unsaved.is_empty()
    }

    /// Waits for a call that is under way.
    pub async fn call_back(&mut self) {
        if let Some(done) = self.calls.join_next_with_id().await {
            self.came_back(done);
        }
    }

    fn came_back(&mut self, done: Result<(tokio::task::Id, Returned), tokio::task::JoinError>) {
        let returned = match done {
            Ok((id, returned)) => {
                self.tasks.remove(&id);
                returned
            }
            Err(error) => {
                let Some((run, place)) = self.tasks.remove(&error.id()) else {
                    return;
                };
                tracing::error!(run.id = run, run.step = place.0, "an activity panicked");
                let fault = Fault::new("panic", "the activity broke down; this is a mistake in the program");
                (run, place, Err(fault))
            }
        };
        self.unsaved.push(returned);
    }

    /// One look at everything.
    pub async fn round(&mut self) -> Result<(), StoreError> {
        (self.look, self.pick_up) = (true, true);
        self.step().await
    }

    async fn step(&mut self) -> Result<(), StoreError> {
        self.save().await?;
        if self.look {
            self.triggers().await?;
            self.look = false;
        }
        if self.pick_up {
            self.pick_up().await?;
            self.pick_up = false;
        }
        let ids: Vec<i64> = self.open.keys().copied().collect();
        for id in ids {
            self.carry_on(id).await?;
        }
        Ok(())
    }

    async fn save(&mut self) -> Result<(), StoreError> {
        while let Some((run, place, result)) = self.unsaved.last() {
            let end = StepEnd {
                path: place.0.clone(),
                attempt: place.1,
                result: match result {
                    Ok(outputs) => Ok(Value::Object(outputs.clone())),
                    Err(fault) => Err(serde_json::to_value(fault).unwrap_or_default()),
                },
            };
            self.parts.fuse.pass()?;
            self.parts.store.end_steps(*run, vec![end]).await?;
            self.parts.fuse.pass()?;
            if let Some((run, place, result)) = self.unsaved.pop()
                && let Some(open) = self.open.get_mut(&run)
            {
                let stage = result.map_or_else(Stage::Failed, Stage::Done);
                open.ended(&place, stage);
            }
        }
        Ok(())
    }

    /// Runs that the store has as open come into memory, in the order of their beginning.
    async fn pick_up(&mut self) -> Result<(), StoreError> {
        for row in self.parts.store.open_runs(self.parts.instance, RUNS_MAX).await? {
            match self.open.get_mut(&row.id) {
                Some(open) if row.cancelled_by.is_some() => open.cancelled(),
                Some(_) => (),
                None => self.take_up(row).await?,
            }
        }
        Ok(())
    }

    async fn take_up(&mut self, row: RunRow) -> Result<(), StoreError> {
        let Some(definition) = self.definition(&row.hash).await? else {
            let message = "its definition can't be used by this version of the program";
            return self.end(row.id, &row.name, failed("definition", message)).await;
        };
        let steps = self.parts.store.run_steps(row.id).await?;
        let history = journal::history(journal::facts(&row, self.parts.name.as_str()), steps);
        let who = row.operator.map_or(Who::Bus, Who::Operator);
        self.open.insert(row.id, Open::new(definition, history, who));
        Ok(())
    }

    pub(super) async fn definition(&mut self, hash: &str) -> Result<Option<Arc<Definition>>, StoreError> {
        if let Some(known) = self.known.get(hash) {
            return Ok(Some(known.clone()));
        }
        let Some(text) = self.parts.store.definition_text(hash).await? else {
            return Ok(None);
        };
        match super::definition(&text, &self.parts.registry) {
            Ok(definition) => {
                let definition = Arc::new(definition);
                self.known.insert(hash.to_owned(), definition.clone());
                Ok(Some(definition))
            }
            Err(findings) => {
                let first = findings.first().map(ToString::to_string).unwrap_or_default();
                tracing::error!(definition.hash = hash, error = first, "a definition can't be used");
                Ok(None)
            }
        }
    }

    /// As far as a run comes without waiting.
    async fn carry_on(&mut self, id: i64) -> Result<(), StoreError> {
        loop {
            let Some(open) = self.open.get_mut(&id) else {
                return Ok(());
            };
            let now = self.parts.clock.now();
            let rested = open.rested(now);
            if !rested.is_empty() {
                let ends = rested.iter().map(|(path, attempt)| StepEnd {
                    path: path.clone(),
                    attempt: *attempt,
                    result: Ok(Value::Object(Map::new())),
                });
                self.parts.fuse.pass()?;
                self.parts.store.end_steps(id, ends.collect()).await?;
                self.parts.fuse.pass()?;
                rested
                    .iter()
                    .for_each(|place| open.ended(place, Stage::Done(Map::new())));
            }
            let places = CALLS_MAX.saturating_sub(self.calls.len());
            if !std::mem::take(&mut open.stirred) {
                return Ok(());
            }
            let wanted = open.wants(places, self.parts.clock.now());
            if places == 0 {
                open.stirred = true;
            }
            if let Some(end) = wanted.end {
                // The marks behind its last step belong to the journal too.
                self.write_down(id, &wanted.start).await?;
                let name = self.name_of(id).await?;
                self.end(id, &name, end).await?;
                self.open.remove(&id);
                return Ok(());
            }
            if wanted.start.is_empty() {
                return Ok(());
            }
            self.write_down(id, &wanted.start).await?;
            for start in wanted.start {
                if let Start::Call {
                    path,
                    attempt,
                    activity,
                    inputs,
                    ..
                } = start
                {
                    self.make(id, (path, attempt), &activity, inputs);
                }
            }
        }
    }

    async fn name_of(&self, run: i64) -> Result<String, StoreError> {
        Ok(self.parts.store.run(run).await?.map_or(String::new(), |row| row.name))
    }

    /// Written down before it is done.
    async fn write_down(&mut self, id: i64, starts: &[Start]) -> Result<(), StoreError> {
        if starts.is_empty() {
            return Ok(());
        }
        let Some(open) = self.open.get_mut(&id) else {
            return Ok(());
        };
        let now = self.parts.clock.now();
        let begun: Vec<_> = starts.iter().map(|start| journal::begun(start, now)).collect();
        let rows = starts
            .iter()
            .zip(&begun)
            .map(|(start, (_, entry))| journal::row(start, entry));
        let rows = rows.collect();
        self.parts.fuse.pass()?;
        if let Err(error) = self.parts.store.begin_steps(id, rows).await {
            open.stirred = true;
            return Err(error);
        }
        self.parts.fuse.pass()?;
        for (start, (place, entry)) in starts.iter().zip(begun) {
            // What is called again is there already, and stays as it was written first.
            if !matches!(start, Start::Call { again: true, .. }) {
                open.history.entries.insert(place, entry);
            }
            open.stirred |= !matches!(start, Start::Call { .. });
        }
        Ok(())
    }

    fn make(&mut self, id: i64, place: Place, activity: &str, inputs: Map<String, Value>) {
        let Some(open) = self.open.get_mut(&id) else {
            return;
        };
        open.under_way.insert(place.clone());
        let found = self
            .parts
            .registry
            .get(activity)
            .zip(self.parts.registry.signature(activity));
        let call = Call {
            key: Key {
                run: id,
                path: place.0.clone(),
            },
            attempt: place.1,
            who: open.who,
            inputs,
            dry_run: open.history.run.dry_run,
            cancelled: open.cancel.subscribe(),
        };
        let Some((activity, signature)) = found else {
            let fault = Fault::new("activity", format!("there is no activity {activity} any more"));
            self.unsaved.push((id, place, Err(fault)));
            return;
        };
        let wants: Vec<(&'static str, super::Kind, bool)> = signature
            .inputs
            .iter()
            .map(|field| (field.name, field.kind, field.required))
            .collect();
        let (right, danger) = (signature.right, signature.danger);
        let (store, name) = (self.parts.store.clone(), self.parts.name.clone());
        let at = place.clone();
        let task = self.calls.spawn(async move {
            let result = perform(&store, &name, activity, (right, danger), &wants, call).await;
            (id, at, result.map_err(Fault::from))
        });
        self.tasks.insert(task.id(), (id, place));
    }

    async fn end(&self, id: i64, name: &str, end: End) -> Result<(), StoreError> {
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
        self.parts.fuse.pass()?;
        self.parts.store.end_run(id, end).await?;
        self.parts.fuse.pass()
    }
}

fn failed(code: &str, message: &str) -> End {
    End {
        state: RunState::Failed,
        outcome: code.to_owned(),
        message: message.to_owned(),
    }
}
