//! The steps of a definition, and which names each of them sees.
//!
//! A step sees the parameters, the run, the steps before it in its own block and in those around it, and the items of
//! the loops around it. What stands in a branch is seen in that branch only, since it may not have happened. So no step
//! can wait for itself: the circle that can be written, a step that uses itself or one that comes later, is found here.

use std::collections::BTreeMap;

use super::duration;
use super::limits::{AT_ONCE_MAX, DEPTH_MAX, ITEMS_MAX, LOOKS_MAX, TRIES_MAX, WAIT_MAX_S};
use super::model::{Branch, CallStep, Condition, Input, Loop, OnError, Step, Until, What};
use super::read::{PARAMETERS, RUN, no_name};
use super::template::{Template, is_name, path_of};
use crate::condition::{ConditionError, Expression};
use crate::model::nearest;
use crate::xml::{Attribute, Element, Finding, Position};

const STEPS: [&str; 5] = ["call", "choose", "forEach", "wait", "end"];

pub struct Steps<'f> {
    findings: &'f mut Vec<Finding>,
    pub count: usize,
    /// Where each id stands, to know those that come later and those that come twice.
    ids: BTreeMap<String, Position>,
}

impl<'f> Steps<'f> {
    pub fn new(findings: &'f mut Vec<Finding>) -> Self {
        Steps {
            findings,
            count: 0,
            ids: BTreeMap::new(),
        }
    }

    fn wrong(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// The steps within an element; `names`: what they see.
    pub fn block(&mut self, element: &Element, names: &[String], depth: usize) -> Vec<Step> {
        let mut names = names.to_vec();
        let mut steps = Vec::new();
        if depth > DEPTH_MAX {
            let problem = format!("more than {DEPTH_MAX} loops and choices within each other");
            self.wrong(element.finding(problem, "make it flatter"));
            return steps;
        }
        for child in element
            .children
            .iter()
            .filter(|child| STEPS.contains(&child.name.as_str()))
        {
            self.count += 1;
            let id = self.id(child);
            if let Some(step) = self.step(child, &id, &names, depth) {
                steps.push(step);
            }
            names.push(id);
        }
        steps
    }

    fn id(&mut self, element: &Element) -> String {
        let Some(attribute) = element.required("id", self.findings) else {
            return String::new();
        };
        let id = attribute.value.clone();
        if !is_name(&id) {
            self.wrong(no_name(attribute));
        } else if [PARAMETERS, RUN].contains(&id.as_str()) {
            self.wrong(attribute.finding(format!("{id:?} means something already"), "choose another id"));
        } else if let Some(first) = self.ids.insert(id.clone(), element.at) {
            self.wrong(attribute.finding(
                format!("a second step is called {id:?}; the first: {first}"),
                "choose another id",
            ));
        }
        id
    }

    fn step(&mut self, element: &Element, id: &str, names: &[String], depth: usize) -> Option<Step> {
        let what = match element.name.as_str() {
            "call" => What::Call(self.call(element, names)?),
            "choose" => self.choose(element, names, depth),
            "forEach" => What::ForEach(self.each(element, names, depth)?),
            "wait" if element.attribute("until").is_some() => What::Until(self.until(element, names, depth)?),
            "wait" => {
                element.allow(&["id", "for"], &[], self.findings);
                let length = element.required("for", self.findings)?;
                What::Wait {
                    length: self.length(length, names)?,
                }
            }
            _ => {
                element.allow(&["id", "outcome"], &[], self.findings);
                What::End {
                    outcome: element.required("outcome", self.findings)?.value.clone(),
                    message: self.template(&element.text, element.at, names)?,
                }
            }
        };
        Some(Step {
            id: id.to_owned(),
            what,
            at: element.at,
        })
    }

    fn call(&mut self, element: &Element, names: &[String]) -> Option<CallStep> {
        let known = ["id", "activity", "tries", "pause", "onError", "confirm", "most"];
        element.allow(&known, &["in"], self.findings);
        let mut inputs: Vec<Input> = Vec::new();
        for child in element.all("in") {
            child.allow(&["name"], &[], self.findings);
            let Some(name) = child.required("name", self.findings).map(|name| name.value.clone()) else {
                continue;
            };
            if inputs.iter().any(|input| input.name == name) {
                self.wrong(child.finding(format!("the input {name:?} is given twice"), "take one away"));
            }
            if let Some(value) = self.template(&child.text, child.at, names) {
                inputs.push(Input {
                    name,
                    value,
                    constant: None,
                    is_condition: false,
                    at: child.at,
                });
            }
        }
        let tries = self.number(element, "tries", u64::from(TRIES_MAX)).unwrap_or(1);
        let pause_s = match element.attribute("pause") {
            Some(attribute) => self.seconds(attribute).unwrap_or(60),
            None => 60,
        };
        let on_error = match element
            .attribute("onError")
            .map(|attribute| (attribute.value.as_str(), attribute))
        {
            None | Some(("fail", _)) => OnError::Fail,
            Some(("goOn", _)) => OnError::GoOn,
            Some((other, attribute)) => {
                let finding = attribute.finding(format!("onError is {other:?}"), "write fail or goOn");
                self.wrong(finding);
                OnError::Fail
            }
        };
        Some(CallStep {
            activity: element.required("activity", self.findings)?.value.clone(),
            inputs,
            tries: tries as u32,
            pause_s,
            on_error,
            confirm: element.attribute("confirm").map(|attribute| attribute.value.clone()),
            most: self
                .number(element, "most", u64::from(ITEMS_MAX))
                .map(|most| most as u32),
        })
    }

    fn choose(&mut self, element: &Element, names: &[String], depth: usize) -> What {
        element.allow(&["id"], &["when", "otherwise"], self.findings);
        let mut branches = Vec::new();
        for when in element.all("when") {
            when.allow(&["if"], &STEPS, self.findings);
            let steps = self.block(when, names, depth + 1);
            if let Some(condition) = when.required("if", self.findings) {
                branches.push(Branch {
                    condition: self.condition(condition, names),
                    steps,
                    at: when.at,
                });
            }
        }
        let otherwise = element.child("otherwise");
        if element.child("when").is_none() {
            self.wrong(element.finding("a choice without <when>", "add <when if=\"…\">"));
        }
        if otherwise.is_none() {
            let advice = "add <otherwise>, empty where nothing is to be done";
            self.wrong(element.finding("a branch is missing: what if no condition holds?", advice));
        }
        if let Some(second) = element.all("otherwise").nth(1) {
            self.wrong(second.finding("a second <otherwise>", "take it away"));
        }
        if let (Some(otherwise), Some(last)) = (otherwise, element.children.last())
            && last.name == "when"
        {
            self.wrong(otherwise.finding("<otherwise> stands before a <when>", "put it at the end"));
        }
        What::Choose {
            branches,
            otherwise: otherwise.map(|otherwise| {
                otherwise.allow(&[], &STEPS, self.findings);
                self.block(otherwise, names, depth + 1)
            }),
        }
    }

    fn each(&mut self, element: &Element, names: &[String], depth: usize) -> Option<Loop> {
        let known = ["id", "of", "as", "most", "atOnce", "beyond", "label"];
        element.allow(&known, &STEPS, self.findings);
        let each = element
            .required("as", self.findings)
            .map(|attribute| attribute.value.clone());
        let each = each.unwrap_or_else(|| "item".to_owned());
        if !is_name(&each) || names.contains(&each) {
            let at = element.attribute("as").map_or(element.at, |attribute| attribute.at);
            self.wrong(Finding::new(
                at,
                format!("{each:?} can't be the name of the item"),
                "choose another name",
            ));
        }
        let mut inner = names.to_vec();
        inner.push(each.clone());
        let leave_rest = match element
            .attribute("beyond")
            .map(|attribute| (attribute.value.as_str(), attribute))
        {
            None | Some(("fail", _)) => false,
            Some(("leave", _)) => true,
            Some((other, attribute)) => {
                let finding = attribute.finding(format!("beyond is {other:?}"), "write fail or leave");
                self.wrong(finding);
                false
            }
        };
        let label = element.attribute("label");
        let label = label.map_or((format!("${{{each}}}"), element.at), |label| {
            (label.value.clone(), label.at)
        });
        let label = self.template(&label.0, label.1, &inner)?;
        let steps = self.block(element, &inner, depth + 1);
        if steps.is_empty() {
            self.wrong(element.finding("a loop without steps", "add what is to be done with each item"));
        }
        element.required("most", self.findings);
        let most = self.number(element, "most", u64::from(ITEMS_MAX)).unwrap_or(1);
        let at_once = self.number(element, "atOnce", u64::from(AT_ONCE_MAX)).unwrap_or(1);
        let of = element.required("of", self.findings)?;
        let path = match path_of(&of.value) {
            Ok(path) => path,
            Err(problem) => {
                self.wrong(of.finding(problem, "name a list, such as found.items"));
                return None;
            }
        };
        self.sees(&path[0], of.at, names);
        Some(Loop {
            of: path,
            each,
            most: most as u32,
            at_once: at_once as u32,
            leave_rest,
            label,
            steps,
            of_at: of.at,
        })
    }

    fn until(&mut self, element: &Element, names: &[String], depth: usize) -> Option<Until> {
        element.allow(&["id", "until", "every", "most"], &STEPS, self.findings);
        let look = self.block(element, names, depth + 1);
        let mut inner = names.to_vec();
        inner.extend(look.iter().map(|step| step.id.clone()));
        if look.is_empty() {
            let advice = "add the steps that look: what never changes is never reached";
            self.wrong(element.finding("a wait for a condition without a look", advice));
        }
        let condition = element.required("until", self.findings)?;
        let condition = self.condition(condition, &inner);
        let every = element.required("every", self.findings).cloned();
        let most = element.required("most", self.findings).cloned();
        let (every_s, most_s) = (self.seconds(&every?)?, self.seconds(&most?)?);
        let until = Until {
            condition,
            every_s,
            most_s,
            look,
        };
        if until.looks() > LOOKS_MAX {
            let problem = format!("it would look {} times, at most {LOOKS_MAX} are done", until.looks());
            self.wrong(element.finding(problem, "look less often"));
        }
        Some(until)
    }

    fn condition(&mut self, attribute: &Attribute, names: &[String]) -> Condition {
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let compiled = match Expression::compile_at(&attribute.value, &known) {
            Ok(expression) => {
                if expression.names().next().is_none() && !expression.asks_now() {
                    let problem = "the condition is always the same: one of the branches is never reached";
                    self.wrong(attribute.finding(problem, "ask for a parameter or the value of a step"));
                }
                Some(expression)
            }
            Err(ConditionError::UnknownName { given, .. }) => {
                self.sees(&given, attribute.at, names);
                None
            }
            Err(error) => {
                let finding = attribute.finding(format!("the condition can't be used: {error}"), "correct it");
                self.wrong(finding);
                None
            }
        };
        Condition {
            source: attribute.value.clone(),
            compiled,
            at: attribute.at,
        }
    }

    fn template(&mut self, text: &str, at: Position, names: &[String]) -> Option<Template> {
        match Template::parse(text) {
            Ok(template) => {
                let firsts: Vec<String> = template.paths().map(|path| path[0].clone()).collect();
                firsts.iter().for_each(|first| self.sees(first, at, names));
                Some(template)
            }
            Err(problem) => {
                self.wrong(Finding::new(
                    at,
                    problem,
                    "write ${step.value}; a single $ is written $$",
                ));
                None
            }
        }
    }

    fn sees(&mut self, name: &str, at: Position, names: &[String]) {
        if names.iter().any(|known| known == name) {
            return;
        }
        let advice = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("{near} is meant? A step sees only what was done before it, on its own way"),
            None => "a step sees only what was done before it, on its own way".to_owned(),
        };
        self.wrong(Finding::new(at, format!("nothing is called {name:?} here"), advice));
    }

    fn length(&mut self, attribute: &Attribute, names: &[String]) -> Option<Template> {
        let template = self.template(&attribute.value, attribute.at, names)?;
        if template.literal().is_some() {
            self.seconds(attribute)?;
        } else if template.alone().is_none() {
            self.wrong(attribute.finding("a length with text around it", "write 24h, or ${…} alone"));
        }
        Some(template)
    }

    fn seconds(&mut self, attribute: &Attribute) -> Option<u64> {
        let found = duration::parse(&attribute.value).filter(|seconds| (1..=WAIT_MAX_S).contains(seconds));
        if found.is_none() {
            let problem = format!("{:?} is no length of time", attribute.value);
            self.wrong(attribute.finding(problem, "write 30s, 15m, 24h or 7d, at most 92d"));
        }
        found
    }

    /// A whole number from 1 to `most`.
    fn number(&mut self, element: &Element, name: &str, most: u64) -> Option<u64> {
        let attribute = element.attribute(name)?;
        let found = attribute
            .value
            .parse()
            .ok()
            .filter(|number| (1..=most).contains(number));
        if found.is_none() {
            self.wrong(attribute.finding(format!("{name} is {:?}", attribute.value), format!("write 1 to {most}")));
        }
        found
    }
}
