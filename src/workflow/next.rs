//! What is next. Pure: definition, history and the moment in, what is to be started out; the same for the same, always.
//!
//! It walks the definition from its beginning, takes what the history knows, and stops on each way where the history
//! ends. Nothing is carried from one walk to the next. No walk asks the clock: a wait is an entry that somebody ends when
//! its time has come, and the moment is given, for conditions that ask for `now`.
//!
//! Choices and loops are entries too (marks), written down together with what follows from them: what was decided once is
//! read, not decided again, so a run that is played again at another time goes the same way.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::duration;
use super::history::{Entry, Fault, History, Stage, step_of};
use super::limits::{ENTRIES_MAX, TEXT_MAX, WAIT_MAX_S};
use super::model::{CallStep, Condition, Definition, OnError, Step, Until, What};
use super::read::{DONE, PARAMETERS, RUN};
use super::scope::Scope;
use super::template::Template;
use crate::model::{RunState, Timestamp};

/// What a run ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub state: RunState,
    pub outcome: String,
    pub message: String,
}

/// To be written into the history; a call is made then.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
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
pub struct Next {
    pub start: Vec<Start>,
    /// `None` while something is still to come.
    pub end: Option<End>,
}

pub fn next(definition: &Definition, history: &History, now: Timestamp) -> Next {
    if history.run.cancelled {
        return Next {
            start: Vec::new(),
            end: Some(End {
                state: RunState::Cancelled,
                outcome: "cancelled".to_owned(),
                message: "somebody stopped it".to_owned(),
            }),
        };
    }
    let (parameters, run) = (Value::Object(history.run.parameters.clone()), history.run.shown());
    let scope = Scope::new(vec![
        (PARAMETERS, Cow::Borrowed(&parameters)),
        (RUN, Cow::Borrowed(&run)),
    ]);
    let mut walk = Walk {
        history,
        now,
        start: Vec::new(),
        calls: calls_of(history),
    };
    let flow = walk.block(&definition.steps, "", &scope);
    let mut start = walk.start;
    let end = match flow {
        Flow::Open => None,
        Flow::Through => Some(ended(definition, DONE, String::new())),
        Flow::Ended { outcome, message } => Some(ended(definition, &outcome, message)),
        Flow::Failed(fault) => Some(failed(fault)),
    };
    if end.is_none() && history.entries.len() >= ENTRIES_MAX {
        start.clear();
        let message = format!("it came to {ENTRIES_MAX} entries and no end");
        return Next {
            start,
            end: Some(failed(Fault::new("tooLong", message))),
        };
    }
    Next { start, end }
}

fn ended(definition: &Definition, outcome: &str, message: String) -> End {
    let is_failed = definition.outcome(outcome).is_some_and(|outcome| outcome.failed);
    End {
        state: if is_failed {
            RunState::Failed
        } else {
            RunState::Succeeded
        },
        outcome: outcome.to_owned(),
        message,
    }
}

fn failed(fault: Fault) -> End {
    End {
        state: RunState::Failed,
        outcome: fault.code,
        message: fault.message,
    }
}

/// How often each step was called, for those that have a limit.
fn calls_of(history: &History) -> BTreeMap<String, u32> {
    let mut calls = BTreeMap::new();
    for (path, attempt) in history.entries.keys() {
        if *attempt == 1 && !path.contains('~') {
            *calls.entry(step_of(path).to_owned()).or_default() += 1;
        }
    }
    calls
}

/// What became of a list of steps.
pub(super) enum Flow {
    /// Something is still to come.
    Open,
    Through,
    Ended {
        outcome: String,
        message: String,
    },
    Failed(Fault),
}

/// What became of one step.
pub(super) enum Went<'h> {
    Open,
    Value(Cow<'h, Value>),
    Ended { outcome: String, message: String },
    Failed(Fault),
}

pub(super) struct Walk<'h> {
    pub history: &'h History,
    now: Timestamp,
    pub start: Vec<Start>,
    calls: BTreeMap<String, u32>,
}

impl<'h> Walk<'h> {
    pub fn block(&mut self, steps: &'h [Step], prefix: &str, around: &Scope<'_>) -> Flow {
        let mut scope = Scope::within(around);
        for step in steps {
            let path = format!("{prefix}{}", step.id);
            match self.step(step, &path, prefix, &scope) {
                Went::Open => return Flow::Open,
                Went::Value(value) => scope.put(&step.id, value),
                Went::Ended { outcome, message } => return Flow::Ended { outcome, message },
                Went::Failed(fault) => return Flow::Failed(fault),
            }
        }
        Flow::Through
    }

    fn step(&mut self, step: &'h Step, path: &str, prefix: &str, scope: &Scope<'_>) -> Went<'h> {
        match &step.what {
            What::Call(call) => self.call(step, call, path, scope),
            What::Choose { branches, otherwise } => {
                let conditions: Vec<&Condition> = branches.iter().map(|branch| &branch.condition).collect();
                let taken = match self.branch(path, &conditions, scope) {
                    Ok(taken) => taken,
                    Err(fault) => return Went::Failed(fault),
                };
                let steps = branches.get(taken).map(|branch| branch.steps.as_slice());
                match self.block(steps.or(otherwise.as_deref()).unwrap_or_default(), prefix, scope) {
                    Flow::Open => Went::Open,
                    Flow::Through => Went::Value(Cow::Owned(json!({ "branch": taken }))),
                    Flow::Ended { outcome, message } => Went::Ended { outcome, message },
                    Flow::Failed(fault) => Went::Failed(fault),
                }
            }
            What::ForEach(each) => self.each(each, path, scope),
            What::Wait { length } => self.wait(length, path, scope),
            What::Until(until) => self.until(until, path, scope),
            What::End { outcome, message } => Went::Ended {
                outcome: outcome.clone(),
                message: cut(scope.text(message)),
            },
        }
    }

    fn entry(&self, path: &str, attempt: u32) -> Option<&'h Entry> {
        self.history.get(path, attempt)
    }

    /// The values of a mark that ended.
    pub fn marked(&self, path: &str) -> Option<&'h Map<String, Value>> {
        match &self.entry(path, 1)?.stage {
            Stage::Done(outputs) => Some(outputs),
            Stage::Begun | Stage::Failed(_) => None,
        }
    }

    pub fn mark(&mut self, path: &str, outputs: Option<Map<String, Value>>) {
        self.start.push(Start::Mark {
            path: path.to_owned(),
            outputs,
        });
    }

    /// The first whose condition holds; behind the last one where none does.
    fn branch(&mut self, path: &str, conditions: &[&Condition], scope: &Scope<'_>) -> Result<usize, Fault> {
        if let Some(known) = self.marked(path).and_then(|outputs| outputs["branch"].as_u64()) {
            return Ok(known as usize);
        }
        let mut taken = conditions.len();
        for (at, condition) in conditions.iter().enumerate() {
            if asked(condition, scope, self.now)? {
                taken = at;
                break;
            }
        }
        self.mark(path, Some(object(json!({ "branch": taken }))));
        Ok(taken)
    }

    fn call(&mut self, step: &'h Step, call: &'h CallStep, path: &str, scope: &Scope<'_>) -> Went<'h> {
        for attempt in 1..=call.tries {
            let fault = match self.entry(path, attempt).map(|entry| (&entry.stage, entry)) {
                None => return self.begin(step, call, (path, attempt), scope),
                Some((Stage::Begun, entry)) => {
                    self.start.push(Start::Call {
                        path: path.to_owned(),
                        attempt,
                        activity: call.activity.clone(),
                        inputs: entry.inputs.clone(),
                        again: true,
                    });
                    return Went::Open;
                }
                Some((Stage::Done(outputs), _)) => return Went::Value(Cow::Owned(Value::Object(outputs.clone()))),
                Some((Stage::Failed(fault), _)) => fault,
            };
            if !fault.retry || attempt == call.tries {
                return match call.on_error {
                    OnError::Fail => Went::Failed(fault.clone()),
                    OnError::GoOn => {
                        let error = json!({"error": {"code": fault.code, "message": fault.message}});
                        Went::Value(Cow::Owned(error))
                    }
                };
            }
            let pause_s = call.pause_s.saturating_mul(1 << (attempt - 1).min(16)).min(WAIT_MAX_S);
            if !self.paused(&format!("{path}~{attempt}"), pause_s) {
                return Went::Open;
            }
        }
        Went::Failed(Fault::new("tries", "no try is left"))
    }

    fn begin(&mut self, step: &Step, call: &CallStep, at: (&str, u32), scope: &Scope<'_>) -> Went<'h> {
        let (path, attempt) = at;
        if attempt == 1 {
            let made = self.calls.entry(step.id.clone()).or_default();
            if call.most.is_some_and(|most| *made >= most) {
                let message = format!("{} may be called {made} times in a run, and was", call.activity);
                return Went::Failed(Fault::new("most", message));
            }
            *made += 1;
        }
        let mut inputs = Map::new();
        for input in &call.inputs {
            let value = match &input.constant {
                Some(constant) => constant.clone(),
                None if input.is_condition => match scope.fill_condition(&input.value) {
                    Ok(value) => value,
                    Err(why) => return Went::Failed(Fault::new("condition", format!("{}: {why}", input.name))),
                },
                None => scope.fill(&input.value),
            };
            if value.as_str().is_some_and(|text| text.len() > TEXT_MAX) {
                let message = format!("the input {} came to more than {TEXT_MAX} bytes", input.name);
                return Went::Failed(Fault::new("inputTooLong", message));
            }
            // Null is absent.
            if !value.is_null() {
                inputs.insert(input.name.clone(), value);
            }
        }
        self.start.push(Start::Call {
            path: path.to_owned(),
            attempt,
            activity: call.activity.clone(),
            inputs,
            again: false,
        });
        Went::Open
    }

    /// Whether a pause is over; where it has not begun, it begins.
    fn paused(&mut self, path: &str, seconds: u64) -> bool {
        match self.entry(path, 1).map(|entry| &entry.stage) {
            Some(Stage::Begun) => false,
            Some(_) => true,
            None => {
                self.start.push(Start::Pause {
                    path: path.to_owned(),
                    // Nothing happens in a dry run that is worth waiting for.
                    seconds: if self.history.run.dry_run { 0 } else { seconds },
                });
                false
            }
        }
    }

    fn wait(&mut self, length: &Template, path: &str, scope: &Scope<'_>) -> Went<'h> {
        let text = scope.text(length);
        match duration::parse(&text).filter(|seconds| *seconds <= WAIT_MAX_S) {
            None => Went::Failed(Fault::new("length", "the wait has no length, or one beyond 92d")),
            Some(seconds) => match self.paused(path, seconds) {
                true => Went::Value(Cow::Owned(json!({}))),
                false => Went::Open,
            },
        }
    }

    fn until(&mut self, until: &'h Until, path: &str, scope: &Scope<'_>) -> Went<'h> {
        if let Some(outputs) = self.marked(path) {
            return Went::Value(Cow::Owned(Value::Object(outputs.clone())));
        }
        if self.entry(path, 1).is_none() {
            self.mark(path, None);
        }
        for look in 1..=until.looks() {
            let at = format!("{path}.{look}");
            let known = self.marked(&at).and_then(|outputs| outputs["met"].as_bool());
            let met = match known {
                Some(met) => met,
                None => match self.look(until, &at, scope) {
                    Ok(Some(met)) => met,
                    Ok(None) => return Went::Open,
                    Err(went) => return went,
                },
            };
            if met || look == until.looks() {
                let outputs = object(json!({ "met": met, "looks": look }));
                self.mark(path, Some(outputs.clone()));
                return Went::Value(Cow::Owned(Value::Object(outputs)));
            }
            if !self.paused(&format!("{at}~1"), until.every_s) {
                return Went::Open;
            }
        }
        Went::Open
    }

    /// One look; `None` while it is not through.
    fn look(&mut self, until: &'h Until, at: &str, scope: &Scope<'_>) -> Result<Option<bool>, Went<'h>> {
        let mut inner = Scope::within(scope);
        let prefix = format!("{at}.");
        for step in &until.look {
            match self.step(step, &format!("{prefix}{}", step.id), &prefix, &inner) {
                Went::Open => return Ok(None),
                Went::Value(value) => inner.put(&step.id, value),
                end => return Err(end),
            }
        }
        // In a dry run what is waited for is taken as come.
        let met = self.history.run.dry_run || asked(&until.condition, &inner, self.now).map_err(Went::Failed)?;
        self.mark(at, Some(object(json!({ "met": met }))));
        Ok(Some(met))
    }
}

fn asked(condition: &Condition, scope: &Scope<'_>, now: Timestamp) -> Result<bool, Fault> {
    scope.ask(condition, now).map_err(|error| {
        let message = format!("the condition at {} could not be answered: {error}", condition.at);
        Fault::new("condition", message)
    })
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A sentence, not a book.
pub(super) fn cut(text: String) -> String {
    match text.char_indices().nth(2_000) {
        None => text,
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
