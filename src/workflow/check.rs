//! A definition looked at as a whole, before it may run: what it calls, with what, and what that may do.
//!
//! *Guard of what destroys.* A call of a destructive activity has to stand in a `<when>`, say `confirm` with the name of
//! the activity once more, and say with `most` how often a run may make it. Without the three it is no slip of the pen
//! that can be agreed to.

use super::activity::{Danger, Kind, Registry, Signature};
use super::limits::WAIT_MAX_S;
use super::model::{CallStep, Definition, Input, Loop, OnError, Step, Until, What};
use super::quote;
use super::read::{DONE, PARAMETERS, RUN};
use super::template::Template;
use crate::model::nearest;
use crate::xml::{Finding, Position};

/// What is known of the run itself.
pub const RUN_FIELDS: [(&str, Kind); 4] = [
    ("id", Kind::Number),
    ("instance", Kind::Text),
    ("startedAt", Kind::Text),
    ("dryRun", Kind::Boolean),
];

pub fn check(definition: &Definition, registry: &Registry) -> Vec<Finding> {
    let mut check = Check {
        definition,
        registry,
        findings: Vec::new(),
    };
    let parameters = definition.parameters.iter();
    let parameters = parameters
        .map(|parameter| (parameter.name.clone(), parameter.kind))
        .collect();
    let run = RUN_FIELDS.map(|(name, kind)| (name.to_owned(), kind)).to_vec();
    let names = vec![
        (PARAMETERS.to_owned(), Shape::Fields(parameters)),
        (RUN.to_owned(), Shape::Fields(run)),
    ];
    check.block(&definition.steps, &names, false);
    check.findings
}

/// What is no mistake and would be better otherwise: values between the quotes of a condition, which stand there as values
/// anyhow.
pub fn advise(definition: &Definition, registry: &Registry) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in definition.all_steps() {
        let What::Call(call) = &step.what else { continue };
        let Some(signature) = registry.signature(&call.activity) else {
            continue;
        };
        for input in &call.inputs {
            let is_condition = |field: &super::Field| field.name == input.name && field.kind == Kind::Condition;
            if signature.inputs.iter().any(is_condition)
                && is_composed(&input.value)
                && quote::has_quoted_values(&input.value) == Ok(true)
            {
                let problem = format!("a value stands between quotes in the condition {:?}", input.name);
                let advice = "take the quotes away: it is a text by itself, whatever it holds";
                findings.push(Finding::new(input.at, problem, advice));
            }
        }
    }
    findings
}

fn is_composed(template: &Template) -> bool {
    template.alone().is_none() && template.literal().is_none()
}

/// What is known of a name.
#[derive(Clone)]
enum Shape {
    /// Exactly these values.
    Fields(Vec<(String, Kind)>),
    One(Kind),
}

type Names = Vec<(String, Shape)>;

struct Check<'d> {
    definition: &'d Definition,
    registry: &'d Registry,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn wrong(&mut self, at: Position, problem: impl Into<String>, advice: impl Into<String>) {
        self.findings.push(Finding::new(at, problem, advice));
    }

    /// Answers whether the block always ends the run or the item.
    fn block(&mut self, steps: &[Step], names: &Names, in_when: bool) -> bool {
        let mut names = names.clone();
        let (mut ended, mut told) = (false, false);
        for step in steps {
            if ended && !told {
                let problem = format!("the step {:?} is never reached", step.id);
                self.wrong(
                    step.at,
                    problem,
                    "everything before it ends: take it away, or the <end>",
                );
                told = true;
            }
            let (shape, ends) = self.step(step, &names, in_when);
            ended |= ends;
            names.push((step.id.clone(), shape));
        }
        ended
    }

    fn step(&mut self, step: &Step, names: &Names, in_when: bool) -> (Shape, bool) {
        match &step.what {
            What::Call(call) => (self.call(step, call, names, in_when), false),
            What::Choose { branches, otherwise } => {
                let mut all_end = otherwise.is_some();
                for branch in branches {
                    all_end &= self.block(&branch.steps, names, true);
                }
                if let Some(steps) = otherwise {
                    all_end &= self.block(steps, names, in_when);
                }
                (Shape::Fields(vec![("branch".to_owned(), Kind::Number)]), all_end)
            }
            What::ForEach(each) => (self.each(each, names, in_when), false),
            What::Wait { length } => {
                self.value(length, Kind::Duration, step.at, "the length of a wait", names);
                (Shape::Fields(Vec::new()), false)
            }
            What::Until(until) => (self.until(until, names, in_when), false),
            What::End { outcome, message } => {
                self.paths(message, step.at, names);
                if outcome != DONE && self.definition.outcome(outcome).is_none() {
                    let known = self.definition.outcomes.iter().map(|outcome| outcome.name.as_str());
                    let advice = match nearest(outcome, known.chain([DONE])) {
                        Some(near) => format!("{near} is meant? Each is declared with <outcome name=\"…\">"),
                        None => "declare it with <outcome name=\"…\">".to_owned(),
                    };
                    self.wrong(step.at, format!("no outcome is called {outcome:?}"), advice);
                }
                (Shape::Fields(Vec::new()), true)
            }
        }
    }

    fn call(&mut self, step: &Step, call: &CallStep, names: &Names, in_when: bool) -> Shape {
        let Some(signature) = self.registry.signature(&call.activity).cloned() else {
            let advice = match nearest(&call.activity, self.registry.names()) {
                Some(near) => format!("{near} is meant?"),
                None => format!("known: {}", self.registry.names().collect::<Vec<_>>().join(", ")),
            };
            self.wrong(step.at, format!("no activity is called {:?}", call.activity), advice);
            return Shape::One(Kind::Any);
        };
        for input in &call.inputs {
            self.input(input, &signature, names);
        }
        for field in signature.inputs.iter().filter(|field| field.required) {
            if !call.inputs.iter().any(|input| input.name == field.name) {
                let problem = format!("{} needs the input {:?}: {}", signature.name, field.name, field.help);
                self.wrong(step.at, problem, format!("add <in name=\"{}\">…</in>", field.name));
            }
        }
        self.guard(step, call, &signature, in_when);
        let outputs = signature.outputs.iter();
        let mut outputs: Vec<_> = outputs.map(|field| (field.name.to_owned(), field.kind)).collect();
        if call.on_error == OnError::GoOn {
            outputs.push(("error".to_owned(), Kind::Object));
        }
        Shape::Fields(outputs)
    }

    fn guard(&mut self, step: &Step, call: &CallStep, signature: &Signature, in_when: bool) {
        let name = signature.name;
        if signature.danger == Danger::Destructive {
            if !in_when {
                let problem = format!("{name} destroys and is called without a condition");
                self.wrong(
                    step.at,
                    problem,
                    "put it into <choose> … <when if=\"…\">, behind a fresh look",
                );
            }
            if call.confirm.as_deref() != Some(name) {
                let problem = format!("{name} destroys and is not confirmed");
                self.wrong(step.at, problem, format!("add confirm=\"{name}\""));
            }
            if call.most.is_none() {
                let problem = format!("{name} destroys and has no limit");
                self.wrong(step.at, problem, "add most=\"…\": how often a run may call it");
            }
        } else if call.confirm.as_deref().is_some_and(|confirmed| confirmed != name) {
            self.wrong(
                step.at,
                format!("confirm names something else than {name}"),
                "correct it, or take it away",
            );
        }
    }

    fn input(&mut self, input: &Input, signature: &Signature, names: &Names) {
        let Some(field) = signature.inputs.iter().find(|field| field.name == input.name) else {
            let known = signature.inputs.iter().map(|field| field.name);
            let advice = match nearest(&input.name, known.clone()) {
                Some(near) => format!("{near} is meant?"),
                None => format!("known: {}", known.collect::<Vec<_>>().join(", ")),
            };
            let problem = format!("{} has no input {:?}", signature.name, input.name);
            self.wrong(input.at, problem, advice);
            return;
        };
        let what = format!("the input {:?}", input.name);
        let kind = field.kind;
        self.value(&input.value, kind, input.at, &what, names);
        if kind == Kind::Condition
            && is_composed(&input.value)
            && let Err(why) = quote::has_quoted_values(&input.value)
        {
            self.wrong(input.at, why, "write plain quotes, or none: == ${parameters.name}");
        }
    }

    /// Whether a template comes to a value of that kind.
    fn value(&mut self, template: &Template, wanted: Kind, at: Position, what: &str, names: &Names) {
        self.paths(template, at, names);
        if let Some(path) = template.alone() {
            let given = kind_of(path, names).unwrap_or(Kind::Any);
            if !wanted.takes(given) {
                let problem = format!(
                    "{what} wants a {}, {} is a {}",
                    wanted.word(),
                    path.join("."),
                    given.word()
                );
                self.wrong(at, problem, "give it a value of its type");
            }
        } else if let Some(text) = template.literal() {
            if wanted.read(text).is_none() {
                self.wrong(
                    at,
                    format!("{what} wants a {}, not {text:?}", wanted.word()),
                    "correct the value",
                );
            }
        } else if !wanted.takes(Kind::Text) {
            self.wrong(
                at,
                format!("{what} wants a {}, not text", wanted.word()),
                "write ${…} alone",
            );
        }
    }

    /// Every path of a template leads somewhere. First names were looked at when it was read.
    fn paths(&mut self, template: &Template, at: Position, names: &Names) {
        for path in template.paths() {
            if let Err(known) = member(path, names) {
                let problem = format!("{:?} has no value {:?}", path[0], path[1]);
                let advice = match nearest(&path[1], known.iter().map(String::as_str)) {
                    Some(near) => format!("{near} is meant?"),
                    None => format!("known: {}", known.join(", ")),
                };
                self.wrong(at, problem, advice);
            }
        }
    }

    fn each(&mut self, each: &Loop, names: &Names, in_when: bool) -> Shape {
        let whole = Template(vec![super::template::Part::Value(each.of.clone())]);
        self.value(&whole, Kind::List, each.of_at, "a loop", names);
        let mut inner = names.clone();
        inner.push((each.each.clone(), Shape::One(Kind::Any)));
        self.paths(&each.label, each.of_at, &inner);
        self.block(&each.steps, &inner, in_when);
        Shape::Fields(
            [
                ("count", Kind::Number),
                ("left", Kind::Number),
                ("failed", Kind::Number),
                ("outcomes", Kind::Object),
                ("items", Kind::List),
            ]
            .map(|(name, kind)| (name.to_owned(), kind))
            .to_vec(),
        )
    }

    fn until(&mut self, until: &Until, names: &Names, in_when: bool) -> Shape {
        self.block(&until.look, names, in_when);
        if until.most_s > WAIT_MAX_S {
            self.wrong(until.condition.at, "it waits too long", "92d is the most");
        }
        Shape::Fields(vec![
            ("met".to_owned(), Kind::Boolean),
            ("looks".to_owned(), Kind::Number),
        ])
    }
}

/// The second name of a path, where all second names are known; the known ones where it is none of them.
fn member(path: &[String], names: &Names) -> Result<Option<Kind>, Vec<String>> {
    let shape = names
        .iter()
        .rev()
        .find(|(name, _)| *name == path[0])
        .map(|(_, shape)| shape);
    match (shape, path.get(1)) {
        (Some(Shape::Fields(fields)), Some(second)) => match fields.iter().find(|(name, _)| name == second) {
            Some((_, kind)) => Ok(Some(*kind)),
            None => Err(fields.iter().map(|(name, _)| name.clone()).collect()),
        },
        _ => Ok(None),
    }
}

fn kind_of(path: &[String], names: &Names) -> Option<Kind> {
    let shape = names
        .iter()
        .rev()
        .find(|(name, _)| *name == path[0])
        .map(|(_, shape)| shape)?;
    match (shape, path.len()) {
        (Shape::Fields(_), 1) => Some(Kind::Object),
        (Shape::Fields(_), 2) => member(path, names).ok().flatten(),
        (Shape::One(kind), 1) => Some(*kind),
        _ => None,
    }
}
