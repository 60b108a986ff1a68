//! The journal: rows of the store become a history, what is next becomes rows.

use chrono::TimeDelta;
use serde_json::Value;

use super::history::{HistoryEntry, RunFacts, RunHistory, StepStage};
use super::run_plan::{PlannedStep, object_or_empty};
use crate::contract::StepFailure;
use crate::model::Timestamp;
use crate::store::{RunRow, StepRow, StepStart};

pub(crate) fn run_facts(row: &RunRow, instance: &str) -> RunFacts {
    RunFacts {
        id: row.id,
        instance: instance.to_owned(),
        started_at: row.started_at,
        parameters: object_or_empty(row.parameters.clone()),
        dry_run: row.dry_run,
        cancelled: row.cancelled_by.is_some(),
    }
}

pub(crate) fn build_history(run: RunFacts, steps: Vec<StepRow>) -> RunHistory {
    let mut history = RunHistory::new(run);
    for step in steps {
        let stage = match (step.outputs, step.fault) {
            (Some(outputs), _) => StepStage::Done(object_or_empty(outputs)),
            (None, Some(fault)) => StepStage::Failed(parse_failure(fault)),
            (None, None) => StepStage::Begun,
        };
        let entry = HistoryEntry {
            inputs: object_or_empty(step.inputs),
            due_at: step.due_at,
            stage,
        };
        history.entries.insert((step.path, step.attempt), entry);
    }
    history
}

/// A failure as the store has it.
pub fn parse_failure(value: Value) -> StepFailure {
    serde_json::from_value(value)
        .unwrap_or_else(|_| StepFailure::new("unreadable", "failed to read the error of the step"))
}

/// What is written down before it is done.
pub fn begun_entry(start: &PlannedStep, now: Timestamp) -> ((String, u32), HistoryEntry) {
    let entry = |inputs, due_at, stage| HistoryEntry { inputs, due_at, stage };
    match start {
        PlannedStep::Call {
            path, attempt, inputs, ..
        } => ((path.clone(), *attempt), entry(inputs.clone(), None, StepStage::Begun)),
        PlannedStep::Pause { path, seconds } => {
            let due_at = now + TimeDelta::seconds(i64::try_from(*seconds).unwrap_or(i64::MAX / 2_000));
            (
                (path.clone(), 1),
                entry(Default::default(), Some(due_at), StepStage::Begun),
            )
        }
        PlannedStep::Mark { path, outputs } => {
            let stage = outputs.clone().map_or(StepStage::Begun, StepStage::Done);
            ((path.clone(), 1), entry(Default::default(), None, stage))
        }
    }
}

pub(crate) fn step_start_row(start: &PlannedStep, entry: &HistoryEntry) -> StepStart {
    let (path, attempt, activity) = match start {
        PlannedStep::Call {
            path,
            attempt,
            activity,
            ..
        } => (path, *attempt, Some(activity.clone())),
        PlannedStep::Pause { path, .. } | PlannedStep::Mark { path, .. } => (path, 1, None),
    };
    StepStart {
        path: path.clone(),
        attempt,
        activity,
        inputs: Value::Object(entry.inputs.clone()),
        due_at: entry.due_at,
        outputs: match &entry.stage {
            StepStage::Done(outputs) => Some(Value::Object(outputs.clone())),
            StepStage::Begun | StepStage::Failed(_) => None,
        },
    }
}
