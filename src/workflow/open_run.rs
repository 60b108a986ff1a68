//! The open runs of an engine in memory: each with its definition and its history, which are the store's, not more.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::activity::RunPrincipal;
use super::history::{RunHistory, StepKey, StepStage};
use super::model::WorkflowDefinition;
use super::run_plan::{PlannedStep, RunPlan, RunResult, next};
use crate::model::Timestamp;

pub(crate) struct OpenRun {
    pub definition: Arc<WorkflowDefinition>,
    pub history: RunHistory,
    pub principal: RunPrincipal,
    /// Calls that are under way in this process.
    pub active_steps: BTreeSet<StepKey>,
    pub cancel: watch::Sender<bool>,
    /// Something changed since it was last looked at.
    pub has_changed: bool,
}

/// What an open run wants.
pub(crate) struct RunnableSteps {
    pub planned_steps: Vec<PlannedStep>,
    pub result: Option<RunResult>,
}

impl OpenRun {
    pub(crate) fn new(definition: Arc<WorkflowDefinition>, history: RunHistory, who: RunPrincipal) -> OpenRun {
        let cancel = watch::Sender::new(history.run.cancelled);
        OpenRun {
            definition,
            history,
            principal: who,
            active_steps: BTreeSet::new(),
            cancel,
            has_changed: true,
        }
    }

    /// Pauses whose time has come.
    pub(crate) fn elapsed_pauses(&self, now: Timestamp) -> Vec<StepKey> {
        let over = |(_, entry): &(&StepKey, &super::HistoryEntry)| entry.due_at.is_some_and(|due| due <= now);
        self.history
            .open_entries()
            .filter(over)
            .map(|(step_key, _)| step_key.clone())
            .collect()
    }

    pub(crate) fn end_step(&mut self, step_key: &StepKey, stage: StepStage) {
        self.active_steps.remove(step_key);
        if let Some(entry) = self.history.entries.get_mut(step_key) {
            entry.stage = stage;
        }
        self.has_changed = true;
    }

    pub(crate) fn cancel_run(&mut self) {
        if !self.history.run.cancelled {
            self.history.run.cancelled = true;
            self.cancel.send_replace(true);
            self.has_changed = true;
        }
    }

    /// Without what is under way already, and with an end only where nothing is.
    pub(crate) fn runnable_steps(&self, places: usize, now: Timestamp) -> RunnableSteps {
        let RunPlan {
            planned_steps: start,
            result: end,
        } = next(&self.definition, &self.history, now);
        let mut places = places;
        let mut wanted = Vec::new();
        for start in start {
            if let PlannedStep::Call { path, attempt, .. } = &start {
                if self.active_steps.contains(&(path.clone(), *attempt)) || places == 0 {
                    continue;
                }
                places -= 1;
            }
            wanted.push(start);
        }
        RunnableSteps {
            planned_steps: wanted,
            result: end.filter(|_| self.active_steps.is_empty()),
        }
    }
}
