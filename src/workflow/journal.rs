//! The journal: rows of the store become a history, what is next becomes rows.

use chrono::TimeDelta;
use serde_json::Value;

use super::history::{Entry, Fault, History, RunFacts, Stage};
use super::next::{Start, object};
use crate::model::Timestamp;
use crate::store::{RunRow, StepRow, StepStart};

pub fn facts(row: &RunRow, instance: &str) -> RunFacts {
    RunFacts {
        id: row.id,
        instance: instance.to_owned(),
        started_at: row.started_at,
        parameters: object(row.parameters.clone()),
        dry_run: row.dry_run,
        cancelled: row.cancelled_by.is_some(),
    }
}

pub fn history(run: RunFacts, steps: Vec<StepRow>) -> History {
    let mut history = History::new(run);
    for step in steps {
        let stage = match (step.outputs, step.fault) {
            (Some(outputs), _) => Stage::Done(object(outputs)),
            (None, Some(fault)) => Stage::Failed(fault_of(fault)),
            (None, None) => Stage::Begun,
        };
        let entry = Entry {
            inputs: object(step.inputs),
            due_at: step.due_at,
            stage,
        };
        history.entries.insert((step.path, step.attempt), entry);
    }
    history
}

fn fault_of(value: Value) -> Fault {
    serde_json::from_value(value).unwrap_or_else(|_| Fault::new("unreadable", "its fault can't be read any more"))
}

/// What is written down before it is done.
pub fn begun(start: &Start, now: Timestamp) -> ((String, u32), Entry) {
    let entry = |inputs, due_at, stage| Entry { inputs, due_at, stage };
    match start {
        Start::Call {
            path, attempt, inputs, ..
        } => ((path.clone(), *attempt), entry(inputs.clone(), None, Stage::Begun)),
        Start::Pause { path, seconds } => {
            let due_at = now + TimeDelta::seconds(i64::try_from(*seconds).unwrap_or(i64::MAX / 2_000));
            ((path.clone(), 1), entry(Default::default(), Some(due_at), Stage::Begun))
        }
        Start::Mark { path, outputs } => {
            let stage = outputs.clone().map_or(Stage::Begun, Stage::Done);
            ((path.clone(), 1), entry(Default::default(), None, stage))
        }
    }
}

pub fn row(start: &Start, entry: &Entry) -> StepStart {
    let (path, attempt, activity) = match start {
        Start::Call {
            path,
            attempt,
            activity,
            ..
        } => (path, *attempt, Some(activity.clone())),
        Start::Pause { path, .. } | Start::Mark { path, .. } => (path, 1, None),
    };
    StepStart {
        path: path.clone(),
        attempt,
        activity,
        inputs: Value::Object(entry.inputs.clone()),
        due_at: entry.due_at,
        outputs: match &entry.stage {
            Stage::Done(outputs) => Some(Value::Object(outputs.clone())),
            Stage::Begun | Stage::Failed(_) => None,
        },
    }
}
