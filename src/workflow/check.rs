//! A definition looked at as a whole, before it may run: what it calls, with what, and what that may do.
//!
//! *Destructive calls.* A call of a destructive activity has to be in a `<when>`, repeat the name of the activity in
//! `confirm`, and limit with `most` how often a run may make it. Without all three, it cannot
//! be approved.

use super::activity::ActivityRegistry;
use super::limits::WAIT_MAX_S;
use super::model::{
    CallInput, CallStep, LoopStep, OnError, StepCondition, StepKind, UntilStep, WorkflowDefinition, WorkflowStep,
};
use super::quote;
use super::reader::{DONE, PARAMETERS, RUN};
use super::text_template::TextTemplate;
use crate::contract::{ActivityField, ActivitySignature, DangerLevel, ValueType};
use crate::model::nearest_name;
use crate::xml::{XmlFinding, XmlPosition};

/// What is known of the run itself.
pub const RUN_FIELDS: [(&str, ValueType); 4] = [
    ("id", ValueType::Number),
    ("instance", ValueType::Text),
    ("startedAt", ValueType::Text),
    ("dryRun", ValueType::Boolean),
];

/// What keeps a definition from running.
pub fn check_definition(definition: &WorkflowDefinition, registry: &ActivityRegistry) -> Vec<XmlFinding> {
    find_mistakes(definition, registry, false)
}

/// The same of a text that somebody offers: values that its conditions ask for and that there are not are mistakes, too. One
/// that is kept may run for ever without coming by such a condition.
pub(super) fn check_offered_definition(
    definition: &WorkflowDefinition,
    registry: &ActivityRegistry,
) -> Vec<XmlFinding> {
    find_mistakes(definition, registry, true)
}

fn find_mistakes(definition: &WorkflowDefinition, registry: &ActivityRegistry, is_offered: bool) -> Vec<XmlFinding> {
    let mut check = DefinitionCheck {
        definition,
        registry,
        is_offered,
        findings: Vec::new(),
    };
    let parameters = definition.parameters.iter();
    let parameters = parameters
        .map(|parameter| (parameter.name.clone(), parameter.kind))
        .collect();
    let run = RUN_FIELDS.map(|(name, kind)| (name.to_owned(), kind)).to_vec();
    let names = vec![
        (PARAMETERS.to_owned(), NameShape::Fields(parameters)),
        (RUN.to_owned(), NameShape::Fields(run)),
    ];
    check.check_block(&definition.steps, &names, false);
    check.findings
}

/// What is not a mistake but could be better: values in quotes in a condition, where quotes are not needed.
pub fn advise_definition(definition: &WorkflowDefinition, registry: &ActivityRegistry) -> Vec<XmlFinding> {
    let mut findings = Vec::new();
    for step in definition.all_steps() {
        let StepKind::Call(call) = &step.kind else { continue };
        let Some(signature) = registry.signature(&call.activity) else {
            continue;
        };
        for input in &call.inputs {
            let is_condition = |field: &ActivityField| field.name == input.name && field.kind == ValueType::Condition;
            if signature.inputs.iter().any(is_condition)
                && is_composed(&input.value)
                && quote::has_quoted_values(&input.value) == Ok(true)
            {
                let problem = format!("a value is in quotes in the condition {:?}", input.name);
                let advice = "remove the quotes: the value is quoted automatically";
                findings.push(XmlFinding::new(input.at, problem, advice));
            }
        }
    }
    findings
}

fn is_composed(template: &TextTemplate) -> bool {
    template.single_path().is_none() && template.literal_text().is_none()
}

/// What is known of a name.
#[derive(Clone)]
enum NameShape {
    /// Exactly these values.
    Fields(Vec<(String, ValueType)>),
    One(ValueType),
}

type NamesInScope = Vec<(String, NameShape)>;

struct DefinitionCheck<'d> {
    definition: &'d WorkflowDefinition,
    registry: &'d ActivityRegistry,
    is_offered: bool,
    findings: Vec<XmlFinding>,
}

impl DefinitionCheck<'_> {
    fn add_finding(&mut self, at: XmlPosition, problem: impl Into<String>, advice: impl Into<String>) {
        self.findings.push(XmlFinding::new(at, problem, advice));
    }

    /// Answers whether the block always ends the run or the item.
    fn check_block(&mut self, steps: &[WorkflowStep], names: &NamesInScope, in_when: bool) -> bool {
        self.check_steps(steps, names, in_when).0
    }

    /// The same, with the names that there are behind the block.
    fn check_steps(&mut self, steps: &[WorkflowStep], names: &NamesInScope, in_when: bool) -> (bool, NamesInScope) {
        let mut names = names.clone();
        let (mut ended, mut told) = (false, false);
        for step in steps {
            if ended && !told {
                let problem = format!("the step {:?} is never reached", step.id);
                self.add_finding(step.at, problem, "remove it, or the <end> before it");
                told = true;
            }
            let (shape, ends) = self.check_step(step, &names, in_when);
            ended |= ends;
            names.push((step.id.clone(), shape));
        }
        (ended, names)
    }

    fn check_step(&mut self, step: &WorkflowStep, names: &NamesInScope, in_when: bool) -> (NameShape, bool) {
        match &step.kind {
            StepKind::Call(call) => (self.call(step, call, names, in_when), false),
            StepKind::Choose { branches, otherwise } => {
                let mut all_end = otherwise.is_some();
                for branch in branches {
                    self.check_condition(&branch.condition, names);
                    all_end &= self.check_block(&branch.steps, names, true);
                }
                if let Some(steps) = otherwise {
                    all_end &= self.check_block(steps, names, in_when);
                }
                (
                    NameShape::Fields(vec![("branch".to_owned(), ValueType::Number)]),
                    all_end,
                )
            }
            StepKind::ForEach(each) => (self.check_loop(each, names, in_when), false),
            StepKind::Wait { length } => {
                self.check_value(length, ValueType::Duration, step.at, "the length of a wait", names);
                (NameShape::Fields(Vec::new()), false)
            }
            StepKind::Until(until) => (self.check_until(until, names, in_when), false),
            StepKind::End { outcome, message } => {
                self.check_paths(message, step.at, names);
                if outcome != DONE && self.definition.find_outcome(outcome).is_none() {
                    let known = self.definition.outcomes.iter().map(|outcome| outcome.name.as_str());
                    let advice = match nearest_name(outcome, known.chain([DONE])) {
                        Some(near) => format!("did you mean {near}? Declare each with <outcome name=\"…\">"),
                        None => "declare it with <outcome name=\"…\">".to_owned(),
                    };
                    self.add_finding(step.at, format!("there is no outcome {outcome:?}"), advice);
                }
                (NameShape::Fields(Vec::new()), true)
            }
        }
    }

    fn call(&mut self, step: &WorkflowStep, call: &CallStep, names: &NamesInScope, in_when: bool) -> NameShape {
        let Some(signature) = self.registry.signature(&call.activity).cloned() else {
            let advice = match nearest_name(&call.activity, self.registry.names()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known: {}", self.registry.names().collect::<Vec<_>>().join(", ")),
            };
            self.add_finding(step.at, format!("there is no activity {:?}", call.activity), advice);
            return NameShape::One(ValueType::Any);
        };
        for input in &call.inputs {
            self.check_input(input, &signature, names);
        }
        for field in signature.inputs.iter().filter(|field| field.required) {
            if !call.inputs.iter().any(|input| input.name == field.name) {
                let problem = format!("{} needs the input {:?}: {}", signature.name, field.name, field.help);
                self.add_finding(step.at, problem, format!("add <in name=\"{}\">…</in>", field.name));
            }
        }
        self.check_danger(step, call, &signature, in_when);
        let outputs = signature.outputs.iter();
        let mut outputs: Vec<_> = outputs.map(|field| (field.name.to_owned(), field.kind)).collect();
        if call.on_error == OnError::GoOn {
            outputs.push(("error".to_owned(), ValueType::Object));
        }
        NameShape::Fields(outputs)
    }

    fn check_danger(&mut self, step: &WorkflowStep, call: &CallStep, signature: &ActivitySignature, in_when: bool) {
        let name = &signature.name;
        if signature.danger == DangerLevel::Destructive {
            if !in_when {
                let problem = format!("{name} is destructive and is called without a condition");
                self.add_finding(
                    step.at,
                    problem,
                    "put it in <choose> … <when if=\"…\">, after reading the state again",
                );
            }
            if call.confirm.as_ref() != Some(name) {
                let problem = format!("{name} is destructive and is not confirmed");
                self.add_finding(step.at, problem, format!("add confirm=\"{name}\""));
            }
            if call.max_calls.is_none() {
                let problem = format!("{name} is destructive and has no limit");
                self.add_finding(step.at, problem, "add most=\"…\": how often a run may call it");
            }
        } else if call.confirm.as_deref().is_some_and(|confirmed| confirmed != name) {
            self.add_finding(
                step.at,
                format!("confirm does not name {name}"),
                "correct it, or remove it",
            );
        }
    }

    fn check_input(&mut self, input: &CallInput, signature: &ActivitySignature, names: &NamesInScope) {
        let Some(field) = signature.inputs.iter().find(|field| field.name == input.name) else {
            let known = signature.inputs.iter().map(|field| field.name.as_str()).collect();
            let advice = advise_known(&input.name, known, "it takes no input: remove this one");
            let problem = format!("{} has no input {:?}", signature.name, input.name);
            self.add_finding(input.at, problem, advice);
            return;
        };
        let what = format!("the input {:?}", input.name);
        let kind = field.kind;
        self.check_value(&input.value, kind, input.at, &what, names);
        if kind == ValueType::Condition
            && is_composed(&input.value)
            && let Err(why) = quote::has_quoted_values(&input.value)
        {
            self.add_finding(input.at, why, "write plain quotes, or none: == ${parameters.name}");
        }
    }

    /// Whether a template comes to a value of that kind.
    fn check_value(
        &mut self,
        template: &TextTemplate,
        wanted: ValueType,
        at: XmlPosition,
        what: &str,
        names: &NamesInScope,
    ) {
        self.check_paths(template, at, names);
        if let Some(path) = template.single_path() {
            let given = type_of_path(path, names).unwrap_or(ValueType::Any);
            if !wanted.accepts_type(given) {
                let problem = format!(
                    "{what} must be of type {}, but {} is of type {}",
                    wanted.type_name(),
                    path.join("."),
                    given.type_name()
                );
                self.add_finding(at, problem, "use a value of that type");
            }
        } else if let Some(text) = template.literal_text() {
            if wanted.parse_text(text).is_none() {
                self.add_finding(
                    at,
                    format!("{what} must be of type {}, not {text:?}", wanted.type_name()),
                    format!("write a value of that type, such as {}", wanted.example_text()),
                );
            }
        } else if !wanted.accepts_type(ValueType::Text) {
            self.add_finding(
                at,
                format!("{what} must be of type {}, not text", wanted.type_name()),
                "write ${…} alone",
            );
        }
    }

    /// Every path of a template leads somewhere. First names were looked at when it was read.
    fn check_paths(&mut self, template: &TextTemplate, at: XmlPosition, names: &NamesInScope) {
        for path in template.value_paths() {
            self.check_path(path, at, names);
        }
    }

    /// The same for a condition, of a text that is offered.
    fn check_condition(&mut self, condition: &StepCondition, names: &NamesInScope) {
        let is_offered = self.is_offered;
        let compiled = condition.compiled.iter().filter(|_| is_offered);
        for path in compiled.flat_map(|compiled| compiled.member_paths()) {
            self.check_path(&path, condition.at, names);
        }
    }

    fn check_path(&mut self, path: &[String], at: XmlPosition, names: &NamesInScope) {
        if let Err(known) = resolve_member(path, names) {
            let problem = format!("{:?} has no value {:?}", path[0], path[1]);
            let known = known.iter().map(String::as_str).collect();
            let none = if path[0] == PARAMETERS {
                "declare it with <parameter>"
            } else {
                "its step gives back no value: remove it, or name another step"
            };
            let advice = advise_known(&path[1], known, none);
            self.add_finding(at, problem, advice);
        }
    }

    fn check_loop(&mut self, each: &LoopStep, names: &NamesInScope, in_when: bool) -> NameShape {
        let whole = TextTemplate(vec![super::text_template::TextPart::Value(each.items_path.clone())]);
        self.check_value(&whole, ValueType::List, each.items_at, "the value of a loop", names);
        let mut inner = names.clone();
        inner.push((each.item_name.clone(), NameShape::One(ValueType::Any)));
        self.check_paths(&each.label, each.items_at, &inner);
        self.check_block(&each.steps, &inner, in_when);
        NameShape::Fields(
            [
                ("count", ValueType::Number),
                ("left", ValueType::Number),
                ("failed", ValueType::Number),
                ("outcomes", ValueType::Object),
                ("items", ValueType::List),
            ]
            .map(|(name, kind)| (name.to_owned(), kind))
            .to_vec(),
        )
    }

    fn check_until(&mut self, until: &UntilStep, names: &NamesInScope, in_when: bool) -> NameShape {
        let (_, seen) = self.check_steps(&until.steps, names, in_when);
        self.check_condition(&until.condition, &seen);
        if until.timeout_s > WAIT_MAX_S {
            self.add_finding(until.condition.at, "the wait is too long", "use at most 92d");
        }
        NameShape::Fields(vec![
            ("met".to_owned(), ValueType::Boolean),
            ("looks".to_owned(), ValueType::Number),
        ])
    }
}

/// The nearest of the known names, or all of them. `none`: what to say where there is none.
fn advise_known(given: &str, known: Vec<&str>, none: &str) -> String {
    match nearest_name(given, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => none.to_owned(),
        None => format!("known: {}", known.join(", ")),
    }
}

/// The second name of a path, where all second names are known; the known ones where it is none of them.
fn resolve_member(path: &[String], names: &NamesInScope) -> Result<Option<ValueType>, Vec<String>> {
    let shape = names
        .iter()
        .rev()
        .find(|(name, _)| *name == path[0])
        .map(|(_, shape)| shape);
    match (shape, path.get(1)) {
        (Some(NameShape::Fields(fields)), Some(second)) => match fields.iter().find(|(name, _)| name == second) {
            Some((_, kind)) => Ok(Some(*kind)),
            None => Err(fields.iter().map(|(name, _)| name.clone()).collect()),
        },
        _ => Ok(None),
    }
}

fn type_of_path(path: &[String], names: &NamesInScope) -> Option<ValueType> {
    let shape = names
        .iter()
        .rev()
        .find(|(name, _)| *name == path[0])
        .map(|(_, shape)| shape)?;
    match (shape, path.len()) {
        (NameShape::Fields(_), 1) => Some(ValueType::Object),
        (NameShape::Fields(_), 2) => resolve_member(path, names).ok().flatten(),
        (NameShape::One(kind), 1) => Some(*kind),
        _ => None,
    }
}
