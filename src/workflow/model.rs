//! A definition as it is once read. Every part knows where it stands in the file.

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::activity::ActivityRegistry;
use super::text_template::TextTemplate;
use crate::condition::JsonCondition;
use crate::contract::{DangerLevel, ValueType};
use crate::xml::XmlPosition;

#[derive(Debug)]
pub struct WorkflowDefinition {
    pub name: String,
    /// `1`, `1.2`: for people; what counts is the hash of the text.
    pub version: String,
    pub summary: String,
    pub on_demand: bool,
    pub schedules: Vec<Schedule>,
    pub parameters: Vec<WorkflowParameter>,
    pub outcomes: Vec<DeclaredOutcome>,
    pub steps: Vec<WorkflowStep>,
}

#[derive(Debug)]
pub struct Schedule {
    pub name: String,
    pub when: ScheduleTime,
    /// What is given to the run.
    pub parameters: Vec<(String, Value)>,
    /// A run by that schedule counts for this one too, and wins where both are due.
    pub covered_by: Option<String>,
    pub at: XmlPosition,
}

#[derive(Debug)]
pub enum ScheduleTime {
    Cron {
        cron: String,
        zone: Tz,
    },
    /// The installation's settings say when.
    Setting(String),
}

#[derive(Debug)]
pub struct WorkflowParameter {
    pub name: String,
    pub kind: ValueType,
    pub required: bool,
    pub default: Option<Value>,
    /// Of a number.
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Of a text; empty: any.
    pub one_of: Vec<String>,
    pub help: String,
    pub at: XmlPosition,
}

/// How a run, or an item of a loop, may end beside `done`.
#[derive(Debug)]
pub struct DeclaredOutcome {
    pub name: String,
    pub failed: bool,
    pub help: String,
    pub at: XmlPosition,
}

#[derive(Debug)]
pub struct WorkflowStep {
    pub id: String,
    pub kind: StepKind,
    pub at: XmlPosition,
}

#[derive(Debug)]
pub enum StepKind {
    Call(CallStep),
    Choose {
        branches: Vec<ChoiceBranch>,
        /// `None` only in a definition with findings.
        otherwise: Option<Vec<WorkflowStep>>,
    },
    ForEach(LoopStep),
    /// For a length of time.
    Wait {
        length: TextTemplate,
    },
    Until(UntilStep),
    End {
        outcome: String,
        message: TextTemplate,
    },
}

#[derive(Debug)]
pub struct CallStep {
    pub activity: String,
    pub inputs: Vec<CallInput>,
    pub max_attempts: u32,
    /// Before the second try; each later one waits twice as long.
    pub pause_s: u64,
    pub on_error: OnError,
    /// The name of the activity once more.
    pub confirm: Option<String>,
    /// How often a run may make this call.
    pub max_calls: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// The run, or the item of the loop, fails.
    Fail,
    /// The step has `error` among its values.
    GoOn,
}

#[derive(Debug)]
pub struct CallInput {
    pub name: String,
    pub value: TextTemplate,
    /// What a text without values comes to, where the activity wants no text.
    pub constant: Option<Value>,
    /// The activity takes it for a condition: values in it stay values.
    pub is_condition: bool,
    pub at: XmlPosition,
}

#[derive(Debug)]
pub struct ChoiceBranch {
    pub condition: StepCondition,
    pub steps: Vec<WorkflowStep>,
    pub at: XmlPosition,
}

#[derive(Debug)]
pub struct StepCondition {
    pub source: String,
    /// `None` only in a definition with findings.
    pub compiled: Option<JsonCondition>,
    pub at: XmlPosition,
}

#[derive(Debug)]
pub struct LoopStep {
    pub items_path: Vec<String>,
    /// Under which name its steps see the item.
    pub item_name: String,
    pub max_items: u32,
    pub max_parallel: u32,
    /// Items beyond `max_items` are left out and counted, rather than making the loop fail.
    pub leave_rest: bool,
    /// What an item is called in the summary.
    pub label: TextTemplate,
    pub steps: Vec<WorkflowStep>,
    pub items_at: XmlPosition,
}

#[derive(Debug)]
pub struct UntilStep {
    pub condition: StepCondition,
    pub interval_s: u64,
    pub timeout_s: u64,
    /// What is done before each look at the condition.
    pub steps: Vec<WorkflowStep>,
}

impl UntilStep {
    /// Looks until it is given up.
    pub fn max_looks(&self) -> u64 {
        self.timeout_s / self.interval_s.max(1) + 1
    }
}

impl CallStep {
    fn resolve_constants(&mut self, registry: &ActivityRegistry) {
        let Some(signature) = registry.signature(&self.activity) else {
            return;
        };
        for input in &mut self.inputs {
            let field = signature.inputs.iter().find(|field| field.name == input.name);
            let read = field
                .zip(input.value.literal_text())
                .and_then(|(field, text)| field.kind.parse_text(text));
            input.constant = read.filter(|value| !value.is_string());
            input.is_condition = field.is_some_and(|field| field.kind == ValueType::Condition);
        }
    }
}

impl StepKind {
    /// The lists of steps within.
    pub fn inner_blocks(&self) -> Vec<&[WorkflowStep]> {
        match self {
            StepKind::Choose { branches, otherwise } => {
                let branches = branches.iter().map(|branch| branch.steps.as_slice());
                branches.chain(otherwise.as_deref()).collect()
            }
            StepKind::ForEach(each) => vec![&each.steps],
            StepKind::Until(until) => vec![&until.steps],
            StepKind::Call(_) | StepKind::Wait { .. } | StepKind::End { .. } => Vec::new(),
        }
    }
}

impl WorkflowDefinition {
    /// Every step, in the order of the file.
    pub fn all_steps(&self) -> Vec<&WorkflowStep> {
        fn collect_steps<'d>(steps: &'d [WorkflowStep], all: &mut Vec<&'d WorkflowStep>) {
            for step in steps {
                all.push(step);
                step.kind
                    .inner_blocks()
                    .into_iter()
                    .for_each(|block| collect_steps(block, all));
            }
        }
        let mut all = Vec::new();
        collect_steps(&self.steps, &mut all);
        all
    }

    /// Gives constants the types that the activities want.
    pub(super) fn resolve_constants(&mut self, registry: &ActivityRegistry) {
        fn resolve_steps(steps: &mut [WorkflowStep], registry: &ActivityRegistry) {
            for step in steps {
                match &mut step.kind {
                    StepKind::Call(call) => call.resolve_constants(registry),
                    StepKind::Choose { branches, otherwise } => {
                        branches
                            .iter_mut()
                            .for_each(|branch| resolve_steps(&mut branch.steps, registry));
                        otherwise.iter_mut().for_each(|steps| resolve_steps(steps, registry));
                    }
                    StepKind::ForEach(items) => resolve_steps(&mut items.steps, registry),
                    StepKind::Until(until) => resolve_steps(&mut until.steps, registry),
                    StepKind::Wait { .. } | StepKind::End { .. } => (),
                }
            }
        }
        resolve_steps(&mut self.steps, registry);
    }

    /// Of its most dangerous step.
    pub fn highest_danger(&self, registry: &ActivityRegistry) -> DangerLevel {
        let calls = self.all_steps().into_iter().filter_map(|step| match &step.kind {
            StepKind::Call(call) => registry.signature(&call.activity),
            _ => None,
        });
        calls
            .map(|signature| signature.danger)
            .max()
            .unwrap_or(DangerLevel::None)
    }

    /// Parameters that were given, with the defaults of those that were not.
    pub fn with_defaults(&self, mut given: Map<String, Value>) -> Map<String, Value> {
        for parameter in &self.parameters {
            if !given.contains_key(&parameter.name)
                && let Some(default) = &parameter.default
            {
                given.insert(parameter.name.clone(), default.clone());
            }
        }
        given
    }

    pub fn find_parameter(&self, name: &str) -> Option<&WorkflowParameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    pub fn find_outcome(&self, name: &str) -> Option<&DeclaredOutcome> {
        self.outcomes.iter().find(|outcome| outcome.name == name)
    }
}
