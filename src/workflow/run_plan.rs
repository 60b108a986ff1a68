//! What is next. Pure: definition, history and the moment in, what is to be started out; the same for the same, always.
//!
//! It walks the definition from its beginning, takes what the history knows, and stops on each way where the history
//! ends. Nothing is carried from one walk to the next. No walk asks the clock: a wait is an entry that somebody ends when
//! its time has come, and the moment is given, for conditions that ask for `now`.
//!
//! Choices and loops are entries too (marks), written down together with what follows from them: what was decided once is
//! read, not decided again, so a run that is played again at another time goes the same way.

mod waits;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::history::{HistoryEntry, RunHistory, StepStage, step_id_of};
use super::limits::{ENTRIES_MAX, TEXT_MAX, WAIT_MAX_S};
use super::model::{CallStep, OnError, StepCondition, StepKind, WorkflowDefinition, WorkflowStep};
use super::reader::{DONE, PARAMETERS, RUN};
use super::scope::ValueScope;
use crate::contract::StepFailure;
use crate::model::{RunState, Timestamp};

/// What a run ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunResult {
    pub state: RunState,
    pub outcome: String,
    pub message: String,
}

/// To be written into the history; a call is made then.
#[derive(Debug, Clone, PartialEq)]
pub enum PlannedStep {
    Call {
        path: String,
        attempt: u32,
        activity: String,
        inputs: Map<String, Value>,
        /// It was begun before: the process died in it.
        again: bool,
    },
    Pause {
        path: String,
        seconds: u64,
    },
    /// Something was decided; it begins (`None`) or ends with these values.
    Mark {
        path: String,
        outputs: Option<Map<String, Value>>,
    },
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunPlan {
    pub planned_steps: Vec<PlannedStep>,
    /// `None` while something is still to come.
    pub result: Option<RunResult>,
}

pub fn next(definition: &WorkflowDefinition, history: &RunHistory, now: Timestamp) -> RunPlan {
    if history.run.cancelled {
        return RunPlan {
            planned_steps: Vec::new(),
            result: Some(RunResult {
                state: RunState::Cancelled,
                outcome: CANCELLED.to_owned(),
                message: "the run was cancelled".to_owned(),
            }),
        };
    }
    let (parameters, run) = (Value::Object(history.run.parameters.clone()), history.run.to_json());
    let scope = ValueScope::new(vec![
        (PARAMETERS, Cow::Borrowed(&parameters)),
        (RUN, Cow::Borrowed(&run)),
    ]);
    let mut walk = RunWalk {
        history,
        now,
        planned_steps: Vec::new(),
        calls: count_calls(history),
    };
    let block_outcome = walk.walk_block(&definition.steps, "", &scope);
    let mut start = walk.planned_steps;
    let end = match block_outcome {
        BlockOutcome::Open => None,
        BlockOutcome::Through => Some(end_with_outcome(definition, DONE, String::new())),
        BlockOutcome::Ended { outcome, message } => Some(end_with_outcome(definition, &outcome, message)),
        BlockOutcome::Failed(fault) => Some(end_with_failure(fault)),
    };
    if end.is_none() && history.entries.len() >= ENTRIES_MAX {
        start.clear();
        let message = format!("the run reached {ENTRIES_MAX} entries without ending");
        return RunPlan {
            planned_steps: start,
            result: Some(end_with_failure(StepFailure::new("tooLong", message))),
        };
    }
    RunPlan {
        planned_steps: start,
        result: end,
    }
}

fn end_with_outcome(definition: &WorkflowDefinition, outcome: &str, message: String) -> RunResult {
    let is_failed = definition.find_outcome(outcome).is_some_and(|outcome| outcome.failed);
    RunResult {
        state: if is_failed {
            RunState::Failed
        } else {
            RunState::Succeeded
        },
        outcome: outcome.to_owned(),
        message,
    }
}

/// What a step fails with whose work was cancelled: the run did not fail.
const CANCELLED: &str = "cancelled";

fn end_with_failure(fault: StepFailure) -> RunResult {
    let state = match fault.code.as_str() {
        CANCELLED => RunState::Cancelled,
        _ => RunState::Failed,
    };
    RunResult {
        state,
        outcome: fault.code,
        message: fault.message,
    }
}

/// How often each step was called, for those that have a limit.
fn count_calls(history: &RunHistory) -> BTreeMap<String, u32> {
    let mut calls = BTreeMap::new();
    for (path, attempt) in history.entries.keys() {
        if *attempt == 1 && !path.contains('~') {
            *calls.entry(step_id_of(path).to_owned()).or_default() += 1;
        }
    }
    calls
}

/// What became of a list of steps.
pub(super) enum BlockOutcome {
    /// Something is still to come.
    Open,
    Through,
    Ended {
        outcome: String,
        message: String,
    },
    Failed(StepFailure),
}

/// What became of one step.
pub(super) enum StepOutcome<'h> {
    Open,
    Value(Cow<'h, Value>),
    Ended { outcome: String, message: String },
    Failed(StepFailure),
}

pub(super) struct RunWalk<'h> {
    pub history: &'h RunHistory,
    now: Timestamp,
    pub planned_steps: Vec<PlannedStep>,
    calls: BTreeMap<String, u32>,
}

impl<'h> RunWalk<'h> {
    pub(crate) fn walk_block(
        &mut self,
        steps: &'h [WorkflowStep],
        prefix: &str,
        parent: &ValueScope<'_>,
    ) -> BlockOutcome {
        let mut scope = ValueScope::nested_in(parent);
        for step in steps {
            let path = format!("{prefix}{}", step.id);
            match self.walk_step(step, &path, prefix, &scope) {
                StepOutcome::Open => return BlockOutcome::Open,
                StepOutcome::Value(value) => scope.bind_value(&step.id, value),
                StepOutcome::Ended { outcome, message } => return BlockOutcome::Ended { outcome, message },
                StepOutcome::Failed(fault) => return BlockOutcome::Failed(fault),
            }
        }
        BlockOutcome::Through
    }

    fn walk_step(
        &mut self,
        step: &'h WorkflowStep,
        path: &str,
        prefix: &str,
        scope: &ValueScope<'_>,
    ) -> StepOutcome<'h> {
        match &step.kind {
            StepKind::Call(call) => self.call(step, call, path, scope),
            StepKind::Choose { branches, otherwise } => {
                let conditions: Vec<&StepCondition> = branches.iter().map(|branch| &branch.condition).collect();
                let taken = match self.choose_branch(path, &conditions, scope) {
                    Ok(taken) => taken,
                    Err(fault) => return StepOutcome::Failed(fault),
                };
                let steps = branches.get(taken).map(|branch| branch.steps.as_slice());
                match self.walk_block(steps.or(otherwise.as_deref()).unwrap_or_default(), prefix, scope) {
                    BlockOutcome::Open => StepOutcome::Open,
                    BlockOutcome::Through => StepOutcome::Value(Cow::Owned(json!({ "branch": taken }))),
                    BlockOutcome::Ended { outcome, message } => StepOutcome::Ended { outcome, message },
                    BlockOutcome::Failed(fault) => StepOutcome::Failed(fault),
                }
            }
            StepKind::ForEach(each) => self.walk_loop(each, path, scope),
            StepKind::Wait { length } => self.walk_wait(length, path, scope),
            StepKind::Until(until) => self.walk_until(until, path, scope),
            StepKind::End { outcome, message } => StepOutcome::Ended {
                outcome: outcome.clone(),
                message: shorten_message(scope.render_text(message)),
            },
        }
    }

    fn find_entry(&self, path: &str, attempt: u32) -> Option<&'h HistoryEntry> {
        self.history.get(path, attempt)
    }

    /// The values of a mark that ended.
    pub(crate) fn mark_outputs(&self, path: &str) -> Option<&'h Map<String, Value>> {
        match &self.find_entry(path, 1)?.stage {
            StepStage::Done(outputs) => Some(outputs),
            StepStage::Begun | StepStage::Failed(_) => None,
        }
    }

    pub(crate) fn add_mark(&mut self, path: &str, outputs: Option<Map<String, Value>>) {
        self.planned_steps.push(PlannedStep::Mark {
            path: path.to_owned(),
            outputs,
        });
    }

    /// The first whose condition holds; behind the last one where none does.
    fn choose_branch(
        &mut self,
        path: &str,
        conditions: &[&StepCondition],
        scope: &ValueScope<'_>,
    ) -> Result<usize, StepFailure> {
        if let Some(known) = self.mark_outputs(path).and_then(|outputs| outputs["branch"].as_u64()) {
            return Ok(known as usize);
        }
        let mut taken = conditions.len();
        for (at, condition) in conditions.iter().enumerate() {
            if evaluate_condition(condition, scope, self.now)? {
                taken = at;
                break;
            }
        }
        self.add_mark(path, Some(object_or_empty(json!({ "branch": taken }))));
        Ok(taken)
    }

    fn call(
        &mut self,
        step: &'h WorkflowStep,
        call: &'h CallStep,
        path: &str,
        scope: &ValueScope<'_>,
    ) -> StepOutcome<'h> {
        for attempt in 1..=call.max_attempts {
            let fault = match self.find_entry(path, attempt).map(|entry| (&entry.stage, entry)) {
                None => return self.begin_call(step, call, (path, attempt), scope),
                Some((StepStage::Begun, entry)) => {
                    self.planned_steps.push(PlannedStep::Call {
                        path: path.to_owned(),
                        attempt,
                        activity: call.activity.clone(),
                        inputs: entry.inputs.clone(),
                        again: true,
                    });
                    return StepOutcome::Open;
                }
                Some((StepStage::Done(outputs), _)) => {
                    return StepOutcome::Value(Cow::Owned(Value::Object(outputs.clone())));
                }
                Some((StepStage::Failed(fault), _)) => fault,
            };
            if !fault.retry || attempt == call.max_attempts {
                return match call.on_error {
                    OnError::Fail => StepOutcome::Failed(fault.clone()),
                    OnError::GoOn => {
                        let error = json!({"error": {"code": fault.code, "message": fault.message}});
                        StepOutcome::Value(Cow::Owned(error))
                    }
                };
            }
            let pause_s = call.pause_s.saturating_mul(1 << (attempt - 1).min(16)).min(WAIT_MAX_S);
            if !self.poll_pause(&format!("{path}~{attempt}"), pause_s) {
                return StepOutcome::Open;
            }
        }
        StepOutcome::Failed(StepFailure::new("tries", "no tries left"))
    }

    fn begin_call(
        &mut self,
        step: &WorkflowStep,
        call: &CallStep,
        at: (&str, u32),
        scope: &ValueScope<'_>,
    ) -> StepOutcome<'h> {
        let (path, attempt) = at;
        if attempt == 1 {
            let made = self.calls.entry(step.id.clone()).or_default();
            if call.max_calls.is_some_and(|most| *made >= most) {
                let message = format!("{} has reached the limit of {made} calls in a run", call.activity);
                return StepOutcome::Failed(StepFailure::new("most", message));
            }
            *made += 1;
        }
        let mut inputs = Map::new();
        for input in &call.inputs {
            let value = match &input.constant {
                Some(constant) => constant.clone(),
                None if input.is_condition => match scope.fill_condition(&input.value) {
                    Ok(value) => value,
                    Err(why) => {
                        return StepOutcome::Failed(StepFailure::new("condition", format!("{}: {why}", input.name)));
                    }
                },
                None => scope.fill_template(&input.value),
            };
            if value.as_str().is_some_and(|text| text.len() > TEXT_MAX) {
                let message = format!("the input {} is longer than {TEXT_MAX} bytes", input.name);
                return StepOutcome::Failed(StepFailure::new("inputTooLong", message));
            }
            // Null is absent.
            if !value.is_null() {
                inputs.insert(input.name.clone(), value);
            }
        }
        self.planned_steps.push(PlannedStep::Call {
            path: path.to_owned(),
            attempt,
            activity: call.activity.clone(),
            inputs,
            again: false,
        });
        StepOutcome::Open
    }
}

fn evaluate_condition(condition: &StepCondition, scope: &ValueScope<'_>, now: Timestamp) -> Result<bool, StepFailure> {
    scope.evaluate_condition(condition, now).map_err(|error| {
        let message = format!("failed to evaluate the condition at {}: {error}", condition.at);
        StepFailure::new("condition", message)
    })
}

pub(super) fn object_or_empty(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Bounds the length of a message.
pub(super) fn shorten_message(text: String) -> String {
    match text.char_indices().nth(2_000) {
        None => text,
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
