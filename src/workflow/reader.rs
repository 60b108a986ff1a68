//! A file becomes a definition, with everything that is wrong in its form. What its steps mean is looked at in
//! [`super::check`].

use std::collections::BTreeSet;

use serde_json::Value;

use super::limits::{PARAMETERS_MAX, SCHEDULES_MAX, STEPS_MAX};
use super::model::{DeclaredOutcome, Schedule, ScheduleTime, WorkflowDefinition, WorkflowParameter};
use super::step_reader::{STEPS, StepReader};
use super::text_template::is_name;
use crate::contract::ValueType;
use crate::schedule::CronSchedule;
use crate::xml::{self, Attribute, Element, XmlFinding};

/// Names that every step may use.
pub const PARAMETERS: &str = "parameters";
pub const RUN: &str = "run";
/// The outcome of a run or an item that ends without an `<end>`.
pub const DONE: &str = "done";

/// `None` where it is no workflow at all.
pub fn read_definition(bytes: &[u8]) -> (Option<WorkflowDefinition>, Vec<XmlFinding>) {
    let root = match xml::read_document(bytes) {
        Ok(root) => root,
        Err(finding) => return (None, vec![finding]),
    };
    if root.name != "workflow" {
        let problem = format!("<{}> is not a workflow", root.name);
        return (
            None,
            vec![root.make_finding(problem, "begin with <workflow name=\"…\" version=\"1\">")],
        );
    }
    let mut findings = Vec::new();
    let definition = read_workflow(&root, &mut findings);
    (Some(definition), findings)
}

fn read_workflow(root: &Element, findings: &mut Vec<XmlFinding>) -> WorkflowDefinition {
    let parts = ["summary", "onDemand", "schedule", "parameter", "outcome", "steps"];
    root.check_allowed(&["name", "version"], &parts, findings);
    for once in ["summary", "onDemand", "steps"] {
        if let Some(second) = root.children_named(once).nth(1) {
            findings.push(second.make_finding(format!("a second <{once}>"), "remove it"));
        }
    }
    if let Some(on_demand) = root.find_child("onDemand") {
        on_demand.check_allowed(&[], &[], findings);
    }
    let parameters: Vec<WorkflowParameter> = root
        .children_named("parameter")
        .map(|element| read_parameter(element, findings))
        .collect();
    let outcomes: Vec<DeclaredOutcome> = root
        .children_named("outcome")
        .map(|element| read_outcome(element, findings))
        .collect();
    let schedules: Vec<Schedule> = root
        .children_named("schedule")
        .map(|element| read_schedule(element, &parameters, findings))
        .collect();
    require_unique_names(root, "parameter", findings);
    require_unique_names(root, "outcome", findings);
    require_unique_names(root, "schedule", findings);
    check_covered_by(&schedules, findings);
    limit_elements(root, "parameter", PARAMETERS_MAX, findings);
    limit_elements(root, "schedule", SCHEDULES_MAX, findings);
    if root.find_child("onDemand").is_none() && schedules.is_empty() {
        let advice = "add <onDemand/> or <schedule name=\"…\" cron=\"…\"/>";
        findings.push(root.make_finding("nothing starts the workflow", advice));
    }
    let written_steps = root.find_child("steps");
    if let Some(element) = written_steps {
        element.check_allowed(&[], &STEPS, findings);
    }
    let mut steps = StepReader::new(findings);
    let body = match written_steps {
        Some(element) => steps.read_block(element, &[PARAMETERS, RUN].map(str::to_owned), 0),
        None => Vec::new(),
    };
    let count = steps.count;
    // A step that is wrong is a step.
    if written_steps.is_none_or(|element| element.children.is_empty()) {
        findings.push(root.make_finding("the workflow has no steps", "add <steps> with at least one <call>"));
    }
    if count > STEPS_MAX {
        findings.push(root.make_finding(
            format!("the workflow has {count} steps; at most {STEPS_MAX} are allowed"),
            "remove some",
        ));
    }
    WorkflowDefinition {
        name: read_name(root, findings),
        version: read_version(root, findings),
        summary: root
            .find_child("summary")
            .map_or(String::new(), |element| element.text.clone()),
        on_demand: root.find_child("onDemand").is_some(),
        schedules,
        parameters,
        outcomes,
        steps: body,
    }
}

/// The attribute `name`, which has to be a name.
fn read_name(element: &Element, findings: &mut Vec<XmlFinding>) -> String {
    let Some(attribute) = element.require_attribute("name", findings) else {
        return String::new();
    };
    if !is_name(&attribute.value) {
        findings.push(invalid_name(attribute));
    }
    attribute.value.clone()
}

pub fn invalid_name(attribute: &Attribute) -> XmlFinding {
    let problem = format!("{:?} is not a valid name", attribute.value);
    attribute.make_finding(problem, "use at most 60 letters, digits and _, beginning with a letter")
}

fn read_version(root: &Element, findings: &mut Vec<XmlFinding>) -> String {
    let Some(attribute) = root.require_attribute("version", findings) else {
        return String::new();
    };
    let plain = |text: &str| text.len() <= 20 && text.split('.').all(|part| part.parse::<u32>().is_ok());
    if !plain(&attribute.value) {
        findings.push(attribute.make_finding(
            format!("{:?} is not a valid version", attribute.value),
            "write numbers: 1, or 1.2",
        ));
    }
    attribute.value.clone()
}

fn require_unique_names(root: &Element, what: &str, findings: &mut Vec<XmlFinding>) {
    let mut seen = BTreeSet::new();
    for element in root.children_named(what) {
        if let Some(attribute) = element.find_attribute("name")
            && !seen.insert(attribute.value.as_str())
        {
            let problem = format!("a second {what} has the name {:?}", attribute.value);
            findings.push(attribute.make_finding(problem, "give each its own name"));
        }
    }
}

fn limit_elements(root: &Element, what: &str, most: usize, findings: &mut Vec<XmlFinding>) {
    if let Some(element) = root.children_named(what).nth(most) {
        findings.push(element.make_finding(format!("more than {most} <{what}> elements"), "remove some"));
    }
}

fn check_covered_by(schedules: &[Schedule], findings: &mut Vec<XmlFinding>) {
    for schedule in schedules {
        let Some(other) = &schedule.covered_by else {
            continue;
        };
        let found = schedules.iter().find(|known| known.name == *other);
        if *other == schedule.name || found.is_none_or(|found| found.covered_by.is_some()) {
            let problem = format!("{:?} cannot cover the schedule {:?}", other, schedule.name);
            let advice = "name another schedule of this workflow, one that is not covered itself";
            findings.push(XmlFinding::new(schedule.at, problem, advice));
        }
    }
}

fn read_outcome(element: &Element, findings: &mut Vec<XmlFinding>) -> DeclaredOutcome {
    element.check_allowed(&["name", "failed"], &[], findings);
    let name = read_name(element, findings);
    if name == DONE {
        findings.push(element.make_finding("the outcome \"done\" is predefined", "remove it"));
    }
    DeclaredOutcome {
        name,
        failed: read_flag(element, "failed", findings),
        help: element.text.clone(),
        at: element.at,
    }
}

/// `yes` or `no`; absent is no.
fn read_flag(element: &Element, name: &str, findings: &mut Vec<XmlFinding>) -> bool {
    match element.find_attribute(name) {
        None => false,
        Some(attribute) => match attribute.value.as_str() {
            "yes" => true,
            "no" => false,
            other => {
                findings.push(attribute.make_finding(format!("{name} is {other:?}"), "write yes or no"));
                false
            }
        },
    }
}

fn read_parameter(element: &Element, findings: &mut Vec<XmlFinding>) -> WorkflowParameter {
    element.check_allowed(
        &["name", "type", "required", "default", "min", "max", "oneOf"],
        &[],
        findings,
    );
    let kind = read_value_type(element, findings);
    let mut number = |name: &str| {
        let attribute = element.find_attribute(name)?;
        let value = attribute
            .value
            .parse::<f64>()
            .ok()
            .filter(|_| kind == ValueType::Number);
        if value.is_none() {
            let problem = format!("{name}={:?} is not valid", attribute.value);
            findings.push(attribute.make_finding(problem, "use a number, and only for a parameter of type number"));
        }
        value
    };
    let (min, max) = (number("min"), number("max"));
    let one_of: Vec<String> = element
        .find_attribute("oneOf")
        .map(|attribute| attribute.value.split_whitespace().map(str::to_owned).collect())
        .unwrap_or_default();
    let required = read_flag(element, "required", findings);
    let mut parameter = WorkflowParameter {
        name: read_name(element, findings),
        kind,
        required,
        default: None,
        min,
        max,
        one_of,
        help: element.text.clone(),
        at: element.at,
    };
    if let Some(attribute) = element.find_attribute("default") {
        let value = kind
            .parse_text(&attribute.value)
            .filter(|value| parameter.explain_mismatch(value).is_none());
        if value.is_none() {
            let problem = format!(
                "the default {:?} is not a valid value of {}",
                attribute.value, parameter.name
            );
            findings.push(attribute.make_finding(problem, parameter.advise_value()));
        }
        if required {
            findings.push(attribute.make_finding("a required parameter has a default", "remove one of them"));
        }
        parameter.default = value;
    }
    parameter
}

fn read_value_type(element: &Element, findings: &mut Vec<XmlFinding>) -> ValueType {
    let Some(attribute) = element.require_attribute("type", findings) else {
        return ValueType::Any;
    };
    let found = ValueType::WORDS.iter().find(|(word, _)| *word == attribute.value);
    if found.is_none() {
        let words: Vec<&str> = ValueType::WORDS.iter().map(|(word, _)| *word).collect();
        let advice = format!("known: {}", words.join(", "));
        findings.push(attribute.make_finding(format!("unknown type {:?}", attribute.value), advice));
    }
    found.map_or(ValueType::Any, |(_, kind)| *kind)
}

fn read_schedule(element: &Element, parameters: &[WorkflowParameter], findings: &mut Vec<XmlFinding>) -> Schedule {
    element.check_allowed(&["name", "cron", "zone", "setting", "coveredBy"], &["set"], findings);
    let when = match (element.find_attribute("cron"), element.find_attribute("setting")) {
        (Some(cron), None) => read_cron(element, cron, findings),
        (None, Some(setting)) => {
            if let Some(zone) = element.find_attribute("zone") {
                findings.push(zone.make_finding("the settings define the time zone", "remove it"));
            }
            ScheduleTime::Setting(setting.value.clone())
        }
        _ => {
            findings.push(element.make_finding("the schedule has no time", "add cron=\"…\" or setting=\"…\""));
            ScheduleTime::Setting(String::new())
        }
    };
    let mut given = Vec::new();
    for set in element.children_named("set") {
        set.check_allowed(&["name"], &[], findings);
        let name = read_name(set, findings);
        let known = parameters.iter().find(|parameter| parameter.name == name);
        let value = known.and_then(|parameter| parameter.kind.parse_text(&set.text));
        match (known, value) {
            (None, _) => findings
                .push(set.make_finding(format!("there is no parameter {name:?}"), "declare it with <parameter>")),
            (Some(parameter), None) => {
                let problem = format!("{:?} is not of type {}", set.text, parameter.kind.type_name());
                findings.push(set.make_finding(problem, parameter.advise_value()));
            }
            (Some(parameter), Some(value)) => match parameter.explain_mismatch(&value) {
                Some(why) => findings.push(set.make_finding(why, parameter.advise_value())),
                None => given.push((name, value)),
            },
        }
    }
    for parameter in parameters.iter().filter(|parameter| parameter.required) {
        if !given.iter().any(|(name, _)| *name == parameter.name) {
            let problem = format!("the schedule does not set the parameter {}", parameter.name);
            findings.push(element.make_finding(problem, format!("add <set name=\"{}\">…</set>", parameter.name)));
        }
    }
    Schedule {
        name: read_name(element, findings),
        when,
        parameters: given,
        covered_by: element
            .find_attribute("coveredBy")
            .map(|attribute| attribute.value.clone()),
        at: element.at,
    }
}

fn read_cron(element: &Element, cron: &Attribute, findings: &mut Vec<XmlFinding>) -> ScheduleTime {
    match CronSchedule::parse(&cron.value) {
        Ok(times) if times.has_occurrence() => (),
        Ok(_) => findings.push(cron.make_finding("this time never occurs", "correct the expression")),
        Err(why) => {
            findings.push(cron.make_finding(format!("invalid cron expression: {why}"), "write it like 0 6 * * 1"))
        }
    }
    let zone = element.find_attribute("zone");
    let read = zone.map_or(Ok(chrono_tz::UTC), |zone| zone.value.parse());
    if let (Err(_), Some(zone)) = (&read, zone) {
        let advice = "write an IANA name such as Europe/Berlin or UTC";
        findings.push(zone.make_finding(format!("unknown time zone {:?}", zone.value), advice));
    }
    ScheduleTime::Cron {
        cron: cron.value.split_whitespace().collect::<Vec<_>>().join(" "),
        zone: read.unwrap_or(chrono_tz::UTC),
    }
}

impl WorkflowParameter {
    /// What to write for it, with an example that its bounds allow.
    fn advise_value(&self) -> String {
        if !self.one_of.is_empty() {
            return format!("write one of: {}", self.one_of.join(", "));
        }
        let value = match self.min.or(self.max) {
            Some(bound) => bound.to_string(),
            None => self.kind.example_text().to_owned(),
        };
        let kind = self.kind.type_name();
        format!("write a value of type {kind} within its bounds, such as {value}")
    }

    /// Why a value is not accepted; `None`: it is.
    pub fn explain_mismatch(&self, value: &Value) -> Option<String> {
        if !self.kind.accepts_value(value) {
            return Some(format!("{} must be of type {}", self.name, self.kind.type_name()));
        }
        if let Some(number) = value.as_f64() {
            if self.min.is_some_and(|min| number < min) {
                return Some(format!(
                    "{} must be at least {}",
                    self.name,
                    self.min.unwrap_or_default()
                ));
            }
            if self.max.is_some_and(|max| number > max) {
                return Some(format!(
                    "{} must be at most {}",
                    self.name,
                    self.max.unwrap_or_default()
                ));
            }
        }
        if let Some(text) = value.as_str()
            && !self.one_of.is_empty()
            && !self.one_of.iter().any(|word| word == text)
        {
            return Some(format!("{} must be one of: {}", self.name, self.one_of.join(", ")));
        }
        None
    }
}
