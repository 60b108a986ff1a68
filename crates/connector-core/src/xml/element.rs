//! What a document is made of, and the questions that every reader of one asks.

use super::{XmlFinding, XmlPosition};
use crate::model::nearest_name;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Element>,
    /// Without space before and behind; an element has text or children, never both.
    pub text: String,
    pub at: XmlPosition,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub value: String,
    pub at: XmlPosition,
}

impl Attribute {
    pub fn make_finding(&self, problem: impl Into<String>, advice: impl Into<String>) -> XmlFinding {
        XmlFinding::new(self.at, problem, advice)
    }
}

impl Element {
    pub fn find_attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The attribute; without it or where it is empty, a finding.
    pub fn require_attribute(&self, name: &str, findings: &mut Vec<XmlFinding>) -> Option<&Attribute> {
        let found = self
            .find_attribute(name)
            .filter(|attribute| !attribute.value.trim().is_empty());
        if found.is_none() {
            let at = self.find_attribute(name).map_or(self.at, |attribute| attribute.at);
            let problem = format!("<{}> needs the attribute {name}", self.name);
            findings.push(XmlFinding::new(at, problem, format!("add {name}=\"…\"")));
        }
        found
    }

    /// The first child of this name.
    pub fn find_child(&self, name: &str) -> Option<&Element> {
        self.children_named(name).next()
    }

    pub fn children_named(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Every attribute and child that is not named here becomes a finding; so does text where children are expected.
    pub fn check_allowed(&self, attributes: &[&str], children: &[&str], findings: &mut Vec<XmlFinding>) {
        for attribute in &self.attributes {
            if !attributes.contains(&attribute.name.as_str()) {
                let problem = format!("<{}> has no attribute {}", self.name, attribute.name);
                findings.push(attribute.make_finding(problem, suggest_name(&attribute.name, attributes)));
            }
        }
        for child in &self.children {
            if !children.contains(&child.name.as_str()) {
                let problem = format!("<{}> does not belong in <{}>", child.name, self.name);
                findings.push(child.make_finding(problem, suggest_name(&child.name, children)));
            }
        }
        if !children.is_empty() && !self.text.is_empty() {
            findings.push(self.make_finding(
                format!("<{}> contains text", self.name),
                format!("allowed: {}", children.join(", ")),
            ));
        }
    }

    pub fn make_finding(&self, problem: impl Into<String>, advice: impl Into<String>) -> XmlFinding {
        XmlFinding::new(self.at, problem, advice)
    }
}

fn suggest_name(name: &str, known: &[&str]) -> String {
    match (nearest_name(name, known.iter().copied()), known) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, []) => "remove it: nothing is allowed here".to_owned(),
        (None, known) => format!("known: {}", known.join(", ")),
    }
}
