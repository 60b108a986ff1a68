//! The engine's look at its triggers: what is due begins a run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::engine::WorkflowEngine;
use super::model::{ScheduleTime, WorkflowDefinition};
use super::trigger::{self, PlannedTrigger, ScheduleState};
use crate::model::Timestamp;
use crate::schedule::Trigger;
use crate::store::{NewRun, StoreError, WorkflowRow, WriteMark};

/// When each trigger comes next, by workflow and trigger.
pub type DueTimes = BTreeMap<(String, String), Timestamp>;

/// What others see of a running engine.
#[derive(Clone, Default)]
pub struct EngineHandle {
    due_times: Arc<Mutex<DueTimes>>,
}

impl EngineHandle {
    pub fn due_times(&self) -> DueTimes {
        self.due_times.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, due_times: DueTimes) {
        *self.due_times.lock().unwrap_or_else(PoisonError::into_inner) = due_times;
    }

    pub fn due_time(&self, workflow: &str, trigger: &str) -> Option<Timestamp> {
        let due_times = self.due_times.lock().unwrap_or_else(PoisonError::into_inner);
        due_times.get(&(workflow.to_owned(), trigger.to_owned())).copied()
    }
}

/// A workflow that is enabled and has schedules, and when each of its triggers last started a run.
struct ScheduledWorkflow {
    row: WorkflowRow,
    definition: Arc<WorkflowDefinition>,
    times: Vec<(String, Timestamp)>,
}

/// What the store says of schedules.
#[derive(Default)]
pub(super) struct ScheduleBook {
    /// Taken before it was read; `None`: it was not.
    mark: Option<WriteMark>,
    workflows: Arc<[ScheduledWorkflow]>,
}

impl WorkflowEngine {
    pub(super) async fn start_due_runs(&mut self) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        if now < self.clock_at {
            self.replan_pauses().await?;
        }
        self.clock_at = now;
        let mut due_times = DueTimes::new();
        let workflows = self.read_schedules().await?;
        for scheduled in workflows.iter() {
            let row = &scheduled.row;
            let schedules = self.schedule_states(scheduled).await?;
            for schedule in &schedules {
                if let Some(at) = trigger::next_at(schedule, &schedules, now) {
                    due_times.insert((row.name.clone(), schedule.name.clone()), at);
                }
            }
            if let Some(due) = trigger::due_schedule(&schedules, now) {
                self.needs_run_check |= self.start_run(row, &scheduled.definition, &due.name).await?;
            }
        }
        self.handle.set(due_times);
        Ok(())
    }

    /// Enabled workflows with schedules, read anew where something was written that may concern the instance.
    async fn read_schedules(&mut self) -> Result<Arc<[ScheduledWorkflow]>, StoreError> {
        let mark = self.parts.store.read_write_mark(self.parts.instance);
        if self.schedule_book.mark == Some(mark) {
            return Ok(self.schedule_book.workflows.clone());
        }
        let mut workflows = Vec::new();
        for row in self.parts.store.list_workflows(Some(self.parts.instance)).await? {
            if !row.enabled {
                continue;
            }
            let Some(definition) = self.load_definition(&row.hash).await? else {
                continue;
            };
            if definition.schedules.is_empty() {
                continue;
            }
            let times = self.parts.store.list_trigger_times(row.id).await?;
            workflows.push(ScheduledWorkflow { row, definition, times });
        }
        self.schedule_book = ScheduleBook {
            mark: Some(mark),
            workflows: workflows.into(),
        };
        Ok(self.schedule_book.workflows.clone())
    }

    /// The clock was set back, or nobody knows: pauses would end later than they were to (E3).
    async fn replan_pauses(&mut self) -> Result<(), StoreError> {
        self.parts.store.reschedule_waiting().await?;
        for (id, open) in &mut self.open_runs {
            if open.history.next_due().is_none() {
                continue;
            }
            for step in self.parts.store.list_run_steps(*id).await? {
                if let Some(entry) = open.history.entries.get_mut(&(step.path, step.attempt)) {
                    entry.due_at = step.due_at;
                }
            }
        }
        Ok(())
    }

    async fn schedule_states(&self, scheduled: &ScheduledWorkflow) -> Result<Vec<ScheduleState>, StoreError> {
        let ScheduledWorkflow { row, definition, times } = scheduled;
        let mut states = Vec::new();
        for schedule in &definition.schedules {
            let planned = match &schedule.when {
                ScheduleTime::Setting(setting) => self.parts.schedule_source.planned_trigger(setting).await?,
                ScheduleTime::Cron { cron, zone } => {
                    let last = times.iter().find(|(name, _)| *name == schedule.name).map(|(_, at)| *at);
                    Some(PlannedTrigger {
                        trigger: Trigger::Cron(cron.clone()),
                        zone: *zone,
                        late: chrono::TimeDelta::zero(),
                        phase: None,
                        // Not at once when it is enabled, but when its time comes.
                        last: last.max(Some(row.changed_at)),
                        not_before: None,
                    })
                }
            };
            states.push(ScheduleState {
                name: schedule.name.clone(),
                covered_by: schedule.covered_by.clone(),
                planned,
            });
        }
        Ok(states)
    }

    async fn start_run(
        &self,
        row: &WorkflowRow,
        definition: &WorkflowDefinition,
        trigger: &str,
    ) -> Result<bool, StoreError> {
        let given = definition.schedules.iter().find(|schedule| schedule.name == trigger);
        let given: Map<String, Value> = given
            .map(|schedule| schedule.parameters.iter().cloned().collect())
            .unwrap_or_default();
        let new = NewRun {
            workflow: row.id,
            instance: row.instance,
            hash: row.hash.clone(),
            cause: format!("schedule:{trigger}"),
            operator: row.enabled_by,
            parameters: Value::Object(definition.with_defaults(given)),
            dry_run: false,
        };
        let begun = self.parts.store.begin_run(new).await?;
        if let Some(run) = begun {
            tracing::debug!(workflow = row.name, run.id = run, trigger, "a run began");
        }
        Ok(begun.is_some())
    }
}
