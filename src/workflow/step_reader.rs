//! The steps of a definition, and which names each of them sees.
//!
//! A step sees the parameters, the run, the steps before it in its own block and in those around it, and the items of
//! the loops around it. What is in a branch is seen in that branch only, since it may not have happened. So no step
//! can wait for itself: the cycle that can be written, a step that uses itself or a later one, is found here.

use std::collections::BTreeMap;

use super::limits::{AT_ONCE_MAX, DEPTH_MAX, ITEMS_MAX, LOOKS_MAX, TRIES_MAX, WAIT_MAX_S};
use super::model::{
    CallInput, CallStep, ChoiceBranch, LoopStep, OnError, StepCondition, StepKind, UntilStep, WorkflowStep,
};
use super::reader::{PARAMETERS, RUN, invalid_name};
use super::text_template::{TextTemplate, is_name, parse_path};
use crate::condition::{ConditionError, JsonCondition};
use crate::model::nearest_name;
use crate::schedule::duration;
use crate::xml::{Attribute, Element, XmlFinding, XmlPosition};

pub(crate) const STEPS: [&str; 5] = ["call", "choose", "forEach", "wait", "end"];

pub(crate) struct StepReader<'f> {
    findings: &'f mut Vec<XmlFinding>,
    pub count: usize,
    /// Where each id stands, to know those that come later and those that come twice.
    ids: BTreeMap<String, XmlPosition>,
}

impl<'f> StepReader<'f> {
    pub(crate) fn new(findings: &'f mut Vec<XmlFinding>) -> Self {
        StepReader {
            findings,
            count: 0,
            ids: BTreeMap::new(),
        }
    }

    fn add_finding(&mut self, finding: XmlFinding) {
        self.findings.push(finding);
    }

    /// The steps within an element; `referenced_names`: what they see.
    pub(crate) fn read_block(&mut self, element: &Element, names: &[String], depth: usize) -> Vec<WorkflowStep> {
        let mut names = names.to_vec();
        let mut steps = Vec::new();
        if depth > DEPTH_MAX {
            let problem = format!("loops and choices are nested more than {DEPTH_MAX} levels deep");
            self.add_finding(element.make_finding(problem, "reduce the nesting"));
            return steps;
        }
        for child in element
            .children
            .iter()
            .filter(|child| STEPS.contains(&child.name.as_str()))
        {
            self.count += 1;
            let id = self.read_id(child);
            if let Some(step) = self.read_step(child, &id, &names, depth) {
                steps.push(step);
            }
            names.push(id);
        }
        steps
    }

    fn read_id(&mut self, element: &Element) -> String {
        let Some(attribute) = element.require_attribute("id", self.findings) else {
            return String::new();
        };
        let id = attribute.value.clone();
        if !is_name(&id) {
            self.add_finding(invalid_name(attribute));
        } else if [PARAMETERS, RUN].contains(&id.as_str()) {
            self.add_finding(attribute.make_finding(format!("{id:?} is reserved"), "choose another id"));
        } else if let Some(first) = self.ids.insert(id.clone(), element.at) {
            self.add_finding(attribute.make_finding(
                format!("a second step has the id {id:?}; the first: {first}"),
                "choose another id",
            ));
        }
        id
    }

    fn read_step(&mut self, element: &Element, id: &str, names: &[String], depth: usize) -> Option<WorkflowStep> {
        let what = match element.name.as_str() {
            "call" => StepKind::Call(self.call(element, names)?),
            "choose" => self.read_choose(element, names, depth),
            "forEach" => StepKind::ForEach(self.read_loop(element, names, depth)?),
            "wait" if element.find_attribute("until").is_some() => {
                StepKind::Until(self.read_until(element, names, depth)?)
            }
            "wait" => {
                element.check_allowed(&["id", "for"], &[], self.findings);
                let length = element.require_attribute("for", self.findings)?;
                StepKind::Wait {
                    length: self.read_length(length, names)?,
                }
            }
            _ => {
                element.check_allowed(&["id", "outcome"], &[], self.findings);
                StepKind::End {
                    outcome: element.require_attribute("outcome", self.findings)?.value.clone(),
                    message: self.read_template(&element.text, element.at, names)?,
                }
            }
        };
        Some(WorkflowStep {
            id: id.to_owned(),
            kind: what,
            at: element.at,
        })
    }

    fn call(&mut self, element: &Element, names: &[String]) -> Option<CallStep> {
        let known = ["id", "activity", "tries", "pause", "onError", "confirm", "most"];
        element.check_allowed(&known, &["in"], self.findings);
        let mut inputs: Vec<CallInput> = Vec::new();
        for child in element.children_named("in") {
            child.check_allowed(&["name"], &[], self.findings);
            let Some(name) = child
                .require_attribute("name", self.findings)
                .map(|name| name.value.clone())
            else {
                continue;
            };
            if inputs.iter().any(|input| input.name == name) {
                self.add_finding(
                    child.make_finding(format!("the input {name:?} is given twice"), "remove one of them"),
                );
            }
            if let Some(value) = self.read_template(&child.text, child.at, names) {
                inputs.push(CallInput {
                    name,
                    value,
                    constant: None,
                    is_condition: false,
                    at: child.at,
                });
            }
        }
        let tries = self.read_number(element, "tries", u64::from(TRIES_MAX)).unwrap_or(1);
        let pause_s = match element.find_attribute("pause") {
            Some(attribute) => self.read_seconds(attribute).unwrap_or(60),
            None => 60,
        };
        let on_error = match element
            .find_attribute("onError")
            .map(|attribute| (attribute.value.as_str(), attribute))
        {
            None | Some(("fail", _)) => OnError::Fail,
            Some(("goOn", _)) => OnError::GoOn,
            Some((other, attribute)) => {
                let finding = attribute.make_finding(format!("onError is {other:?}"), "write fail or goOn");
                self.add_finding(finding);
                OnError::Fail
            }
        };
        Some(CallStep {
            activity: element.require_attribute("activity", self.findings)?.value.clone(),
            inputs,
            max_attempts: tries as u32,
            pause_s,
            on_error,
            confirm: element
                .find_attribute("confirm")
                .map(|attribute| attribute.value.clone()),
            max_calls: self
                .read_number(element, "most", u64::from(ITEMS_MAX))
                .map(|most| most as u32),
        })
    }

    fn read_choose(&mut self, element: &Element, names: &[String], depth: usize) -> StepKind {
        element.check_allowed(&["id"], &["when", "otherwise"], self.findings);
        let mut branches = Vec::new();
        for when in element.children_named("when") {
            when.check_allowed(&["if"], &STEPS, self.findings);
            let steps = self.read_block(when, names, depth + 1);
            if let Some(condition) = when.require_attribute("if", self.findings) {
                branches.push(ChoiceBranch {
                    condition: self.read_condition(condition, names),
                    steps,
                    at: when.at,
                });
            }
        }
        let otherwise = element.find_child("otherwise");
        if element.find_child("when").is_none() {
            self.add_finding(element.make_finding("<choose> has no <when>", "add <when if=\"…\">"));
        }
        if otherwise.is_none() {
            let advice = "add <otherwise>; leave it empty to do nothing";
            self.add_finding(element.make_finding("<choose> has no <otherwise>", advice));
        }
        if let Some(second) = element.children_named("otherwise").nth(1) {
            self.add_finding(second.make_finding("a second <otherwise>", "remove it"));
        }
        if let (Some(otherwise), Some(last)) = (otherwise, element.children.last())
            && last.name == "when"
        {
            self.add_finding(otherwise.make_finding("<otherwise> is before a <when>", "put it at the end"));
        }
        StepKind::Choose {
            branches,
            otherwise: otherwise.map(|otherwise| {
                otherwise.check_allowed(&[], &STEPS, self.findings);
                self.read_block(otherwise, names, depth + 1)
            }),
        }
    }

    fn read_loop(&mut self, element: &Element, names: &[String], depth: usize) -> Option<LoopStep> {
        let known = ["id", "of", "as", "most", "atOnce", "beyond", "label"];
        element.check_allowed(&known, &STEPS, self.findings);
        let each = element
            .require_attribute("as", self.findings)
            .map(|attribute| attribute.value.clone());
        let each = each.unwrap_or_else(|| "item".to_owned());
        if !is_name(&each) || names.contains(&each) {
            let at = element
                .find_attribute("as")
                .map_or(element.at, |attribute| attribute.at);
            self.add_finding(XmlFinding::new(
                at,
                format!("{each:?} cannot be the name of the item"),
                "choose another name",
            ));
        }
        let mut inner = names.to_vec();
        inner.push(each.clone());
        let leave_rest = match element
            .find_attribute("beyond")
            .map(|attribute| (attribute.value.as_str(), attribute))
        {
            None | Some(("fail", _)) => false,
            Some(("leave", _)) => true,
            Some((other, attribute)) => {
                let finding = attribute.make_finding(format!("beyond is {other:?}"), "write fail or leave");
                self.add_finding(finding);
                false
            }
        };
        let label = element.find_attribute("label");
        let label = label.map_or((format!("${{{each}}}"), element.at), |label| {
            (label.value.clone(), label.at)
        });
        let label = self.read_template(&label.0, label.1, &inner)?;
        let steps = self.read_block(element, &inner, depth + 1);
        if element.children.is_empty() {
            self.add_finding(element.make_finding("the loop has no steps", "add the steps for each item"));
        }
        element.require_attribute("most", self.findings);
        let most = self.read_number(element, "most", u64::from(ITEMS_MAX)).unwrap_or(1);
        let at_once = self.read_number(element, "atOnce", u64::from(AT_ONCE_MAX)).unwrap_or(1);
        let of = element.require_attribute("of", self.findings)?;
        let path = match parse_path(&of.value) {
            Ok(path) => path,
            Err(problem) => {
                self.add_finding(of.make_finding(problem, "name a list, such as found.items"));
                return None;
            }
        };
        self.check_visible(&path[0], of.at, names);
        Some(LoopStep {
            items_path: path,
            item_name: each,
            max_items: most as u32,
            max_parallel: at_once as u32,
            leave_rest,
            label,
            steps,
            items_at: of.at,
        })
    }

    fn read_until(&mut self, element: &Element, names: &[String], depth: usize) -> Option<UntilStep> {
        element.check_allowed(&["id", "until", "every", "most"], &STEPS, self.findings);
        let look = self.read_block(element, names, depth + 1);
        let mut inner = names.to_vec();
        inner.extend(look.iter().map(|step| step.id.clone()));
        if element.children.is_empty() {
            let advice = "add steps that read the value again";
            self.add_finding(element.make_finding("the wait has no steps that can change its condition", advice));
        }
        let condition = element.require_attribute("until", self.findings)?;
        let condition = self.read_condition(condition, &inner);
        let every = element.require_attribute("every", self.findings).cloned();
        let most = element.require_attribute("most", self.findings).cloned();
        let (every_s, most_s) = (self.read_seconds(&every?)?, self.read_seconds(&most?)?);
        let until = UntilStep {
            condition,
            interval_s: every_s,
            timeout_s: most_s,
            steps: look,
        };
        if until.max_looks() > LOOKS_MAX {
            let problem = format!(
                "the condition would be checked {} times; at most {LOOKS_MAX} are allowed",
                until.max_looks()
            );
            self.add_finding(element.make_finding(problem, "check less often"));
        }
        Some(until)
    }

    fn read_condition(&mut self, attribute: &Attribute, names: &[String]) -> StepCondition {
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let compiled = match JsonCondition::compile_at(&attribute.value, &known) {
            Ok(expression) => {
                if expression.referenced_names().next().is_none() && !expression.asks_now() {
                    let problem = "the condition never changes: one of the branches is never reached";
                    self.add_finding(attribute.make_finding(problem, "use a parameter or the value of a step"));
                }
                Some(expression)
            }
            Err(ConditionError::UnknownName { given, .. }) => {
                self.check_visible(&given, attribute.at, names);
                None
            }
            Err(ConditionError::UnquotedText { given, .. }) => {
                // In double quotes stands the condition itself.
                let advice = format!(
                    "{}; a text stands in single quotes: '{given}'",
                    advise_name(&given, names)
                );
                self.add_finding(XmlFinding::new(attribute.at, unknown_name(&given), advice));
                None
            }
            Err(error) => {
                let finding = attribute.make_finding(format!("invalid condition: {error}"), "correct the condition");
                self.add_finding(finding);
                None
            }
        };
        StepCondition {
            source: attribute.value.clone(),
            compiled,
            at: attribute.at,
        }
    }

    fn read_template(&mut self, text: &str, at: XmlPosition, names: &[String]) -> Option<TextTemplate> {
        match TextTemplate::parse(text) {
            Ok(template) => {
                let firsts: Vec<String> = template.value_paths().map(|path| path[0].clone()).collect();
                firsts.iter().for_each(|first| self.check_visible(first, at, names));
                Some(template)
            }
            Err(problem) => {
                self.add_finding(XmlFinding::new(
                    at,
                    problem,
                    "write ${step.value}; a single $ is written $$",
                ));
                None
            }
        }
    }

    fn check_visible(&mut self, name: &str, at: XmlPosition, names: &[String]) {
        if names.iter().any(|known| known == name) {
            return;
        }
        self.add_finding(XmlFinding::new(at, unknown_name(name), advise_name(name, names)));
    }

    fn read_length(&mut self, attribute: &Attribute, names: &[String]) -> Option<TextTemplate> {
        let template = self.read_template(&attribute.value, attribute.at, names)?;
        if template.literal_text().is_some() {
            self.read_seconds(attribute)?;
        } else if template.single_path().is_none() {
            self.add_finding(attribute.make_finding("the length contains other text", "write 24h, or ${…} alone"));
        }
        Some(template)
    }

    fn read_seconds(&mut self, attribute: &Attribute) -> Option<u64> {
        let found = duration::parse(&attribute.value).filter(|seconds| (1..=WAIT_MAX_S).contains(seconds));
        if found.is_none() {
            let problem = format!("{:?} is not a valid duration", attribute.value);
            self.add_finding(attribute.make_finding(problem, "write 30s, 15m, 24h or 7d, at most 92d"));
        }
        found
    }

    /// A whole number from 1 to `most`.
    fn read_number(&mut self, element: &Element, name: &str, most: u64) -> Option<u64> {
        let attribute = element.find_attribute(name)?;
        let found = attribute
            .value
            .parse()
            .ok()
            .filter(|number| (1..=most).contains(number));
        if found.is_none() {
            self.add_finding(
                attribute.make_finding(format!("{name} is {:?}", attribute.value), format!("write 1 to {most}")),
            );
        }
        found
    }
}

fn unknown_name(name: &str) -> String {
    format!("the name {name:?} is not known here")
}

fn advise_name(name: &str, names: &[String]) -> String {
    match nearest_name(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}? A step can use only earlier steps on its own path"),
        None => "a step can use only earlier steps on its own path".to_owned(),
    }
}
