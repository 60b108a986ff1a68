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
    pub who: RunPrincipal,
    /// Calls that are under way in this process.
    pub under_way: BTreeSet<StepKey>,
    pub cancel: watch::Sender<bool>,
    /// Something changed since it was last looked at.
    pub stirred: bool,
}

/// What an open run wants.
pub(crate) struct RunnableSteps {
    pub start: Vec<PlannedStep>,
    pub end: Option<RunResult>,
}

impl OpenRun {
    pub(crate) fn new(definition: Arc<WorkflowDefinition>, history: RunHistory, who: RunPrincipal) -> OpenRun {
        let cancel = watch::Sender::new(history.run.cancelled);
        OpenRun {
            definition,
            history,
            who,
            under_way: BTreeSet::new(),
            cancel,
            stirred: true,
        }
    }

    /// Pauses whose time has come.
    pub(crate) fn elapsed_pauses(&self, now: Timestamp) -> Vec<StepKey> {
        let over = |(_, entry): &(&StepKey, &super::HistoryEntry)| entry.due_at.is_some_and(|due| due <= now);
        self.history
            .open_entries()
            .filter(over)
            .map(|(place, _)| place.clone())
            .collect()
    }

    pub(crate) fn end_step(&mut self, place: &StepKey, stage: StepStage) {
        self.under_way.remove(place);
        if let Some(entry) = self.history.entries.get_mut(place) {
            entry.stage = stage;
        }
        self.stirred = true;
    }

    pub(crate) fn cancel_run(&mut self) {
        if !self.history.run.cancelled {
            self.history.run.cancelled = true;
            self.cancel.send_replace(true);
            self.stirred = true;
        }
    }

    /// Without what is under way already, and with an end only where nothing is.
    pub(crate) fn runnable_steps(&self, places: usize, now: Timestamp) -> RunnableSteps {
        let RunPlan { start, end } = next(&self.definition, &self.history, now);
        let mut places = places;
        let mut wanted = Vec::new();
        for start in start {
            if let PlannedStep::Call { path, attempt, .. } = &start {
                if self.under_way.contains(&(path.clone(), *attempt)) || places == 0 {
                    continue;
                }
                places -= 1;
            }
            wanted.push(start);
        }
        RunnableSteps {
            start: wanted,
            end: end.filter(|_| self.under_way.is_empty()),
        }
    }
}
