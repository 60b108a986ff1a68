//! A file becomes a definition, with everything that is wrong in its form. What its steps mean is looked at in
//! [`super::check`].

use std::collections::BTreeSet;

use serde_json::Value;

use super::activity::Kind;
use super::limits::{PARAMETERS_MAX, SCHEDULES_MAX, STEPS_MAX};
use super::model::{Definition, Outcome, Parameter, Schedule, When};
use super::read_step::Steps;
use super::template::is_name;
use crate::schedule::Occurrences;
use crate::xml::{self, Attribute, Element, Finding};

/// Names that every step may use.
pub const PARAMETERS: &str = "parameters";
pub const RUN: &str = "run";
/// The outcome of a run or an item that simply comes to its end.
pub const DONE: &str = "done";

/// `None` where it is no workflow at all.
pub fn read(bytes: &[u8]) -> (Option<Definition>, Vec<Finding>) {
    let root = match xml::read(bytes) {
        Ok(root) => root,
        Err(finding) => return (None, vec![finding]),
    };
    if root.name != "workflow" {
        let problem = format!("<{}> is no workflow", root.name);
        return (
            None,
            vec![root.finding(problem, "begin with <workflow name=\"…\" version=\"1\">")],
        );
    }
    let mut findings = Vec::new();
    let definition = whole(&root, &mut findings);
    (Some(definition), findings)
}

fn whole(root: &Element, findings: &mut Vec<Finding>) -> Definition {
    let parts = ["summary", "onDemand", "schedule", "parameter", "outcome", "steps"];
    root.allow(&["name", "version"], &parts, findings);
    for once in ["summary", "onDemand", "steps"] {
        if let Some(second) = root.all(once).nth(1) {
            findings.push(second.finding(format!("a second <{once}>"), "one is enough: take it away"));
        }
    }
    if let Some(on_demand) = root.child("onDemand") {
        on_demand.allow(&[], &[], findings);
    }
    let parameters: Vec<Parameter> = root
        .all("parameter")
        .map(|element| parameter(element, findings))
        .collect();
    let outcomes: Vec<Outcome> = root.all("outcome").map(|element| outcome(element, findings)).collect();
    let schedules: Vec<Schedule> = root
        .all("schedule")
        .map(|element| schedule(element, &parameters, findings))
        .collect();
    unlike(root, "parameter", findings);
    unlike(root, "outcome", findings);
    unlike(root, "schedule", findings);
    covered(&schedules, findings);
    too_many(root, "parameter", PARAMETERS_MAX, findings);
    too_many(root, "schedule", SCHEDULES_MAX, findings);
    if root.child("onDemand").is_none() && schedules.is_empty() {
        let advice = "add <onDemand/> or <schedule name=\"…\" cron=\"…\"/>";
        findings.push(root.finding("nothing ever starts it", advice));
    }
    let mut steps = Steps::new(findings);
    let body = match root.child("steps") {
        Some(element) => steps.block(element, &[PARAMETERS, RUN].map(str::to_owned), 0),
        None => Vec::new(),
    };
    let count = steps.count;
    if root.child("steps").is_none() || body.is_empty() {
        findings.push(root.finding("it has no steps", "add <steps> with at least one <call>"));
    }
    if count > STEPS_MAX {
        findings.push(root.finding(
            format!("it has {count} steps, at most {STEPS_MAX} are taken"),
            "make it smaller",
        ));
    }
    Definition {
        name: name_of(root, findings),
        version: version(root, findings),
        summary: root
            .child("summary")
            .map_or(String::new(), |element| element.text.clone()),
        on_demand: root.child("onDemand").is_some(),
        schedules,
        parameters,
        outcomes,
        steps: body,
    }
}

/// The attribute `name`, which has to be a name.
fn name_of(element: &Element, findings: &mut Vec<Finding>) -> String {
    let Some(attribute) = element.required("name", findings) else {
        return String::new();
    };
    if !is_name(&attribute.value) {
        findings.push(no_name(attribute));
    }
    attribute.value.clone()
}

pub fn no_name(attribute: &Attribute) -> Finding {
    let problem = format!("{:?} can't be used as a name", attribute.value);
    attribute.finding(
        problem,
        "letters, digits and _, beginning with a letter, at most 60 of them",
    )
}

fn version(root: &Element, findings: &mut Vec<Finding>) -> String {
    let Some(attribute) = root.required("version", findings) else {
        return String::new();
    };
    let plain = |text: &str| text.len() <= 20 && text.split('.').all(|part| part.parse::<u32>().is_ok());
    if !plain(&attribute.value) {
        findings.push(attribute.finding(
            format!("{:?} is no version", attribute.value),
            "write numbers: 1, or 1.2",
        ));
    }
    attribute.value.clone()
}

fn unlike(root: &Element, what: &str, findings: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for element in root.all(what) {
        if let Some(attribute) = element.attribute("name")
            && !seen.insert(attribute.value.as_str())
        {
            let problem = format!("a second {what} is called {:?}", attribute.value);
            findings.push(attribute.finding(problem, "give each a name of its own"));
        }
    }
}

fn too_many(root: &Element, what: &str, most: usize, findings: &mut Vec<Finding>) {
    if let Some(element) = root.all(what).nth(most) {
        findings.push(element.finding(format!("more than {most} of <{what}>"), "take some away"));
    }
}

fn covered(schedules: &[Schedule], findings: &mut Vec<Finding>) {
    for schedule in schedules {
        let Some(other) = &schedule.covered_by else {
            continue;
        };
        let found = schedules.iter().find(|known| known.name == *other);
        if *other == schedule.name || found.is_none_or(|found| found.covered_by.is_some()) {
            let problem = format!("{:?} can't cover the schedule {:?}", other, schedule.name);
            let advice = "name another schedule of this workflow, one that is not covered itself";
            findings.push(Finding::new(schedule.at, problem, advice));
        }
    }
}

fn outcome(element: &Element, findings: &mut Vec<Finding>) -> Outcome {
    element.allow(&["name", "failed"], &[], findings);
    let name = name_of(element, findings);
    if name == DONE {
        findings.push(element.finding("the outcome \"done\" is there already", "take it away"));
    }
    Outcome {
        name,
        failed: flag(element, "failed", findings),
        help: element.text.clone(),
        at: element.at,
    }
}

/// `yes` or `no`; absent is no.
fn flag(element: &Element, name: &str, findings: &mut Vec<Finding>) -> bool {
    match element.attribute(name) {
        None => false,
        Some(attribute) => match attribute.value.as_str() {
            "yes" => true,
            "no" => false,
            other => {
                findings.push(attribute.finding(format!("{name} is {other:?}"), "write yes or no"));
                false
            }
        },
    }
}

fn parameter(element: &Element, findings: &mut Vec<Finding>) -> Parameter {
    element.allow(
        &["name", "type", "required", "default", "min", "max", "oneOf"],
        &[],
        findings,
    );
    let kind = kind(element, findings);
    let mut number = |name: &str| {
        let attribute = element.attribute(name)?;
        let value = attribute.value.parse::<f64>().ok().filter(|_| kind == Kind::Number);
        if value.is_none() {
            let problem = format!("{name}={:?} does not fit", attribute.value);
            findings.push(attribute.finding(problem, "a number, for a parameter of type number"));
        }
        value
    };
    let (min, max) = (number("min"), number("max"));
    let one_of: Vec<String> = element
        .attribute("oneOf")
        .map(|attribute| attribute.value.split_whitespace().map(str::to_owned).collect())
        .unwrap_or_default();
    let required = flag(element, "required", findings);
    let mut parameter = Parameter {
        name: name_of(element, findings),
        kind,
        required,
        default: None,
        min,
        max,
        one_of,
        help: element.text.clone(),
        at: element.at,
    };
    if let Some(attribute) = element.attribute("default") {
        let value = kind
            .read(&attribute.value)
            .filter(|value| parameter.refuses(value).is_none());
        if value.is_none() {
            let problem = format!("the default {:?} is no value of {}", attribute.value, parameter.name);
            findings.push(attribute.finding(problem, format!("write a {} within its bounds", kind.word())));
        }
        if required {
            findings.push(attribute.finding("a required parameter has a default", "take one of them away"));
        }
        parameter.default = value;
    }
    parameter
}

fn kind(element: &Element, findings: &mut Vec<Finding>) -> Kind {
    let Some(attribute) = element.required("type", findings) else {
        return Kind::Any;
    };
    let found = Kind::WORDS.iter().find(|(word, _)| *word == attribute.value);
    if found.is_none() {
        let words: Vec<&str> = Kind::WORDS.iter().map(|(word, _)| *word).collect();
        let advice = format!("known: {}", words.join(", "));
        findings.push(attribute.finding(format!("{:?} is no type", attribute.value), advice));
    }
    found.map_or(Kind::Any, |(_, kind)| *kind)
}

fn schedule(element: &Element, parameters: &[Parameter], findings: &mut Vec<Finding>) -> Schedule {
    element.allow(&["name", "cron", "zone", "setting", "coveredBy"], &["set"], findings);
    let when = match (element.attribute("cron"), element.attribute("setting")) {
        (Some(cron), None) => by_cron(element, cron, findings),
        (None, Some(setting)) => {
            if let Some(zone) = element.attribute("zone") {
                findings.push(zone.finding("the settings say the zone too", "take it away"));
            }
            When::Setting(setting.value.clone())
        }
        _ => {
            findings.push(element.finding("it has to say when", "add either cron=\"…\" or setting=\"…\""));
            When::Setting(String::new())
        }
    };
    let mut given = Vec::new();
    for set in element.all("set") {
        set.allow(&["name"], &[], findings);
        let name = name_of(set, findings);
        let known = parameters.iter().find(|parameter| parameter.name == name);
        let value = known.and_then(|parameter| parameter.kind.read(&set.text));
        match (known, value) {
            (None, _) => findings.push(set.finding(
                format!("no parameter is called {name:?}"),
                "declare it with <parameter>",
            )),
            (Some(parameter), None) => {
                let problem = format!("{:?} is no {}", set.text, parameter.kind.word());
                findings.push(set.finding(problem, "give a value of the parameter's type"));
            }
            (Some(parameter), Some(value)) => match parameter.refuses(&value) {
                Some(why) => findings.push(set.finding(why, "give a value within the parameter's bounds")),
                None => given.push((name, value)),
            },
        }
    }
    for parameter in parameters.iter().filter(|parameter| parameter.required) {
        if !given.iter().any(|(name, _)| *name == parameter.name) {
            let problem = format!("the schedule does not give the parameter {}", parameter.name);
            findings.push(element.finding(problem, format!("add <set name=\"{}\">…</set>", parameter.name)));
        }
    }
    Schedule {
        name: name_of(element, findings),
        when,
        parameters: given,
        covered_by: element.attribute("coveredBy").map(|attribute| attribute.value.clone()),
        at: element.at,
    }
}

fn by_cron(element: &Element, cron: &Attribute, findings: &mut Vec<Finding>) -> When {
    match Occurrences::parse(&cron.value) {
        Ok(times) if times.ever() => (),
        Ok(_) => findings.push(cron.finding("this time never comes", "correct the expression")),
        Err(why) => findings.push(cron.finding(format!("no cron expression: {why}"), "write it like 0 6 * * 1")),
    }
    let zone = element.attribute("zone");
    let read = zone.map_or(Ok(chrono_tz::UTC), |zone| zone.value.parse());
    if let (Err(_), Some(zone)) = (&read, zone) {
        let advice = "write an IANA name such as Europe/Berlin or UTC";
        findings.push(zone.finding(format!("{:?} is no time zone", zone.value), advice));
    }
    When::Cron {
        cron: cron.value.split_whitespace().collect::<Vec<_>>().join(" "),
        zone: read.unwrap_or(chrono_tz::UTC),
    }
}

impl Parameter {
    /// Why a value can't be taken; `None`: it can.
    pub fn refuses(&self, value: &Value) -> Option<String> {
        if !self.kind.holds(value) {
            return Some(format!("{} is a {}", self.name, self.kind.word()));
        }
        if let Some(number) = value.as_f64() {
            if self.min.is_some_and(|min| number < min) {
                return Some(format!("{} is at least {}", self.name, self.min.unwrap_or_default()));
            }
            if self.max.is_some_and(|max| number > max) {
                return Some(format!("{} is at most {}", self.name, self.max.unwrap_or_default()));
            }
        }
        if let Some(text) = value.as_str()
            && !self.one_of.is_empty()
            && !self.one_of.iter().any(|word| word == text)
        {
            return Some(format!("{} is one of: {}", self.name, self.one_of.join(", ")));
        }
        None
    }
}
