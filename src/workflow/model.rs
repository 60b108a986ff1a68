//! A definition as it is once read. Every part knows where it stands in the file.

use chrono_tz::Tz;
use serde_json::{Map, Value};

use super::activity::{Danger, Kind, Registry};
use super::template::Template;
use crate::condition::Expression;
use crate::xml::Position;

#[derive(Debug)]
pub struct Definition {
    pub name: String,
    /// `1`, `1.2`: for people; what counts is the hash of the text.
    pub version: String,
    pub summary: String,
    pub on_demand: bool,
    pub schedules: Vec<Schedule>,
    pub parameters: Vec<Parameter>,
    pub outcomes: Vec<Outcome>,
    pub steps: Vec<Step>,
}

#[derive(Debug)]
pub struct Schedule {
    pub name: String,
    pub when: When,
    /// What is given to the run.
    pub parameters: Vec<(String, Value)>,
    /// A run by that schedule counts for this one too, and wins where both are due.
    pub covered_by: Option<String>,
    pub at: Position,
}

#[derive(Debug)]
pub enum When {
    Cron {
        cron: String,
        zone: Tz,
    },
    /// The installation's settings say when.
    Setting(String),
}

#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    pub kind: Kind,
    pub required: bool,
    pub default: Option<Value>,
    /// Of a number.
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Of a text; empty: any.
    pub one_of: Vec<String>,
    pub help: String,
    pub at: Position,
}

/// How a run, or an item of a loop, may end beside `done`.
#[derive(Debug)]
pub struct Outcome {
    pub name: String,
    pub failed: bool,
    pub help: String,
    pub at: Position,
}

#[derive(Debug)]
pub struct Step {
    pub id: String,
    pub what: What,
    pub at: Position,
}

#[derive(Debug)]
pub enum What {
    Call(CallStep),
    Choose {
        branches: Vec<Branch>,
        /// `None` only in a definition with findings.
        otherwise: Option<Vec<Step>>,
    },
    ForEach(Loop),
    /// For a length of time.
    Wait {
        length: Template,
    },
    Until(Until),
    End {
        outcome: String,
        message: Template,
    },
}

#[derive(Debug)]
pub struct CallStep {
    pub activity: String,
    pub inputs: Vec<Input>,
    pub tries: u32,
    /// Before the second try; each later one waits twice as long.
    pub pause_s: u64,
    pub on_error: OnError,
    /// The name of the activity once more.
    pub confirm: Option<String>,
    /// How often a run may make this call.
    pub most: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// The run, or the item of the loop, fails.
    Fail,
    /// The step has `error` among its values.
    GoOn,
}

#[derive(Debug)]
pub struct Input {
    pub name: String,
    pub value: Template,
    /// What a text without values comes to, where the activity wants no text.
    pub constant: Option<Value>,
    /// The activity takes it for a condition: values in it stay values.
    pub is_condition: bool,
    pub at: Position,
}

#[derive(Debug)]
pub struct Branch {
    pub condition: Condition,
    pub steps: Vec<Step>,
    pub at: Position,
}

#[derive(Debug)]
pub struct Condition {
    pub source: String,
    /// `None` only in a definition with findings.
    pub compiled: Option<Expression>,
    pub at: Position,
}

#[derive(Debug)]
pub struct Loop {
    pub of: Vec<String>,
    /// Under which name its steps see the item.
    pub each: String,
    pub most: u32,
    pub at_once: u32,
    /// Items beyond `most` are left out and counted, rather than making the loop fail.
    pub leave_rest: bool,
    /// What an item is called in the summary.
    pub label: Template,
    pub steps: Vec<Step>,
    pub of_at: Position,
}

#[derive(Debug)]
pub struct Until {
    pub condition: Condition,
    pub every_s: u64,
    pub most_s: u64,
    /// What is done before each look at the condition.
    pub look: Vec<Step>,
}

impl Until {
    /// Looks until it is given up.
    pub fn looks(&self) -> u64 {
        self.most_s / self.every_s.max(1) + 1
    }
}

impl CallStep {
    fn settle(&mut self, registry: &Registry) {
        let Some(signature) = registry.signature(&self.activity) else {
            return;
        };
        for input in &mut self.inputs {
            let field = signature.inputs.iter().find(|field| field.name == input.name);
            let read = field
                .zip(input.value.literal())
                .and_then(|(field, text)| field.kind.read(text));
            input.constant = read.filter(|value| !value.is_string());
            input.is_condition = field.is_some_and(|field| field.kind == Kind::Condition);
        }
    }
}

impl What {
    /// The lists of steps within.
    pub fn blocks(&self) -> Vec<&[Step]> {
        match self {
            What::Choose { branches, otherwise } => {
                let branches = branches.iter().map(|branch| branch.steps.as_slice());
                branches.chain(otherwise.as_deref()).collect()
            }
            What::ForEach(each) => vec![&each.steps],
            What::Until(until) => vec![&until.look],
            What::Call(_) | What::Wait { .. } | What::End { .. } => Vec::new(),
        }
    }
}

impl Definition {
    /// Every step, in the order of the file.
    pub fn all_steps(&self) -> Vec<&Step> {
        fn add<'d>(steps: &'d [Step], all: &mut Vec<&'d Step>) {
            for step in steps {
                all.push(step);
                step.what.blocks().into_iter().for_each(|block| add(block, all));
            }
        }
        let mut all = Vec::new();
        add(&self.steps, &mut all);
        all
    }

    /// Gives constants the types that the activities want.
    pub(super) fn settle(&mut self, registry: &Registry) {
        fn each(steps: &mut [Step], registry: &Registry) {
            for step in steps {
                match &mut step.what {
                    What::Call(call) => call.settle(registry),
                    What::Choose { branches, otherwise } => {
                        branches.iter_mut().for_each(|branch| each(&mut branch.steps, registry));
                        otherwise.iter_mut().for_each(|steps| each(steps, registry));
                    }
                    What::ForEach(items) => each(&mut items.steps, registry),
                    What::Until(until) => each(&mut until.look, registry),
                    What::Wait { .. } | What::End { .. } => (),
                }
            }
        }
        each(&mut self.steps, registry);
    }

    /// Of its most dangerous step.
    pub fn danger(&self, registry: &Registry) -> Danger {
        let calls = self.all_steps().into_iter().filter_map(|step| match &step.what {
            What::Call(call) => registry.signature(&call.activity),
            _ => None,
        });
        calls.map(|signature| signature.danger).max().unwrap_or(Danger::None)
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

    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    pub fn outcome(&self, name: &str) -> Option<&Outcome> {
        self.outcomes.iter().find(|outcome| outcome.name == name)
    }
}
