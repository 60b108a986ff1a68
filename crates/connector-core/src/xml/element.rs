//! What a document is made of, and the questions that every reader of one asks.

use super::{Finding, Position};
use crate::model::nearest;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Element>,
    /// Without space before and behind; an element has text or children, never both.
    pub text: String,
    pub at: Position,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub value: String,
    pub at: Position,
}

impl Attribute {
    pub fn finding(&self, problem: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding::new(self.at, problem, advice)
    }
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The attribute; without it or where it is empty, a finding.
    pub fn required(&self, name: &str, findings: &mut Vec<Finding>) -> Option<&Attribute> {
        let found = self
            .attribute(name)
            .filter(|attribute| !attribute.value.trim().is_empty());
        if found.is_none() {
            let at = self.attribute(name).map_or(self.at, |attribute| attribute.at);
            let problem = format!("<{}> needs the attribute {name}", self.name);
            findings.push(Finding::new(at, problem, format!("add {name}=\"…\"")));
        }
        found
    }

    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.all(name).next()
    }

    pub fn all(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Every attribute and child that is not named here becomes a finding; so does text where children are expected.
    pub fn allow(&self, attributes: &[&str], children: &[&str], findings: &mut Vec<Finding>) {
        for attribute in &self.attributes {
            if !attributes.contains(&attribute.name.as_str()) {
                let problem = format!("<{}> has no attribute {}", self.name, attribute.name);
                findings.push(attribute.finding(problem, advice(&attribute.name, attributes)));
            }
        }
        for child in &self.children {
            if !children.contains(&child.name.as_str()) {
                let problem = format!("<{}> does not belong into <{}>", child.name, self.name);
                findings.push(child.finding(problem, advice(&child.name, children)));
            }
        }
        if !children.is_empty() && !self.text.is_empty() {
            findings.push(self.finding(
                format!("<{}> holds text", self.name),
                format!("allowed: {}", children.join(", ")),
            ));
        }
    }

    pub fn finding(&self, problem: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding::new(self.at, problem, advice)
    }
}

fn advice(name: &str, known: &[&str]) -> String {
    match (nearest(name, known.iter().copied()), known) {
        (Some(near), _) => format!("{near} is meant?"),
        (None, []) => "take it away: nothing belongs there".to_owned(),
        (None, known) => format!("known: {}", known.join(", ")),
    }
}
