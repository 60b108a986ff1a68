//! From a document to the model. Every finding is gathered; a model comes only of a document without any.

use std::collections::BTreeSet;

use super::names::{is_name, is_part};
use super::{Action, Check, FIELDS_MAX, Field, PAGES_MAX, Page, PageKind, Part, Point, Template, WORDS_MAX, When};
use crate::bus::Words;
use crate::xml::{self, Attribute, Element, Finding};

mod fields;
mod whole;

/// The version of the form that is read.
const VERSION: &str = "1";

pub fn template(bytes: &[u8]) -> Result<Template, Vec<Finding>> {
    let root = xml::read(bytes).map_err(|finding| vec![finding])?;
    let mut reading = Reading::default();
    let template = reading.template(&root);
    let mut findings = reading.findings;
    let mut template = match template {
        Some(template) if findings.is_empty() => template,
        _ => {
            findings.sort_by_key(|finding| finding.at);
            return Err(findings);
        }
    };
    // The reader has refused everything that is no UTF-8.
    template.source = String::from_utf8_lossy(bytes).into_owned();
    Ok(template)
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    findings: Vec<Finding>,
    /// Names of fields, in their order, and whether conditions may ask them.
    fields: Vec<(String, bool)>,
    pages: BTreeSet<String>,
    actions: Vec<String>,
}

impl Reading {
    fn template(&mut self, root: &Element) -> Option<Template> {
        if root.name != "template" {
            let problem = format!("the outermost element is <{}>", root.name);
            self.findings
                .push(root.finding(problem, "write <template version=\"1\">"));
            return None;
        }
        root.allow(&["version"], &["title", "page", "install"], &mut self.findings);
        if let Some(version) = root.required("version", &mut self.findings)
            && version.value != VERSION
        {
            let problem = format!("version {:?} of templates is not known", version.value);
            self.findings
                .push(version.finding(problem, "write version=\"1\", or take a newer bus"));
        }
        let title = self.words_in(root, "title");
        let mut pages = Vec::new();
        for (at, element) in root.all("page").enumerate() {
            if at == PAGES_MAX {
                self.findings
                    .push(element.finding(format!("more than {PAGES_MAX} pages"), "ask less"));
                break;
            }
            pages.extend(self.page(element));
        }
        let parts = self.install(root);
        whole::check(root, &mut self.findings);
        Some(Template {
            title: title?,
            pages,
            parts,
            source: String::new(),
        })
    }

    fn page(&mut self, element: &Element) -> Option<Page> {
        element.allow(
            &["name", "kind", "when", "needs"],
            &["title", "text", "point", "field", "action", "check"],
            &mut self.findings,
        );
        let name = self.name(element);
        if let Some(name) = &name
            && !self.pages.insert(name.clone())
        {
            self.twice(element, "page", name);
        }
        let kind = self.kind(element);
        let title = self.words_in(element, "title");
        let when = self.when(element.attribute("when"));
        let needs = element.attribute("needs").map(|needs| {
            if !self.actions.contains(&needs.value) {
                let problem = format!("no action {:?} stands on a page before this one", needs.value);
                self.findings.push(needs.finding(problem, self.known(&self.actions)));
            }
            needs.value.clone()
        });
        let text = element.child("text").map(|_| self.words_in(element, "text"));
        let points = element
            .all("point")
            .filter_map(|point| {
                Some(Point {
                    words: self.words(point)?,
                })
            })
            .collect();
        let mut fields: Vec<Field> = Vec::new();
        for child in element.all("field") {
            if self.fields.len() == FIELDS_MAX {
                self.findings
                    .push(child.finding(format!("more than {FIELDS_MAX} fields"), "ask less"));
                break;
            }
            fields.extend(self.field(child));
        }
        let actions: Vec<Action> = element.all("action").filter_map(|child| self.action(child)).collect();
        let checks = element
            .all("check")
            .filter_map(|child| self.check(child, &fields))
            .collect();
        let kind = kind?;
        if kind != PageKind::Questions
            && let Some(field) = element.child("field")
        {
            let problem = format!("a page of kind {} asks nothing", kind.name());
            self.findings
                .push(field.finding(problem, "move the field to a page of kind questions"));
        }
        Some(Page {
            name: name?,
            kind,
            title: title?,
            text: text.flatten(),
            points,
            when,
            needs,
            fields,
            actions,
            checks,
            at: element.at,
        })
    }

    fn kind(&mut self, element: &Element) -> Option<PageKind> {
        let Some(attribute) = element.attribute("kind") else {
            return Some(PageKind::Questions);
        };
        let known = PageKind::ALL.iter().find(|(name, _)| *name == attribute.value);
        if known.is_none() {
            let names: Vec<&str> = PageKind::ALL.iter().map(|(name, _)| *name).collect();
            let problem = format!("there is no kind of page {:?}", attribute.value);
            self.findings
                .push(attribute.finding(problem, format!("known: {}", names.join(", "))));
        }
        known.map(|(_, kind)| *kind)
    }

    fn action(&mut self, element: &Element) -> Option<Action> {
        element.allow(&["name", "required", "when"], &["label", "help"], &mut self.findings);
        let name = self.name(element);
        if let Some(name) = &name {
            match self.actions.contains(name) {
                true => self.twice(element, "action", name),
                false => self.actions.push(name.clone()),
            }
        }
        let label = self.words_in(element, "label");
        let help = element.child("help").map(|_| self.words_in(element, "help"));
        let is_required = self.flag(element, "required");
        let when = self.when(element.attribute("when"));
        Some(Action {
            name: name?,
            label: label?,
            help: help.flatten(),
            is_required,
            when,
            at: element.at,
        })
    }

    fn check(&mut self, element: &Element, fields: &[Field]) -> Option<Check> {
        element.allow(&["that", "field"], &["problem", "advice"], &mut self.findings);
        element.required("that", &mut self.findings);
        let that = self.when(element.attribute("that"));
        let field = element.required("field", &mut self.findings).map(|field| {
            if !fields.iter().any(|known| known.name == field.value) {
                let problem = format!("there is no field {:?} on this page", field.value);
                let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
                self.findings.push(field.finding(problem, self.known(&names)));
            }
            field.value.clone()
        });
        let problem = self.words_in(element, "problem");
        let advice = self.words_in(element, "advice");
        Some(Check {
            that: that?,
            field: field?,
            problem: problem?,
            advice: advice?,
        })
    }

    fn install(&mut self, root: &Element) -> Vec<Part> {
        let Some(install) = root.child("install") else {
            self.findings
                .push(root.finding("nothing is installed", "add <install> with its <part>s"));
            return Vec::new();
        };
        if let Some(second) = root.all("install").nth(1) {
            self.findings.push(second.finding("a second <install>", "keep one"));
        }
        install.allow(&[], &["part"], &mut self.findings);
        if install.children.is_empty() {
            self.findings
                .push(install.finding("nothing is installed", "add a <part>"));
        }
        let mut parts: Vec<Part> = Vec::new();
        for child in install.all("part") {
            child.allow(&["name"], &["label"], &mut self.findings);
            let name = child.required("name", &mut self.findings).cloned();
            let label = self.words_in(child, "label");
            if let Some(name) = &name {
                if !is_part(&name.value) {
                    let advice = "use letters and digits, as in the manifest";
                    self.findings
                        .push(name.finding(format!("{:?} is no name of a part", shorten(&name.value)), advice));
                }
                if parts.iter().any(|part| part.name == name.value) {
                    self.twice(child, "part", &name.value);
                }
            }
            if let (Some(name), Some(label)) = (name, label) {
                let at = child.at;
                parts.push(Part {
                    name: name.value,
                    label,
                    at,
                });
            }
        }
        parts
    }

    /// The attribute `name`, as a name.
    fn name(&mut self, element: &Element) -> Option<String> {
        let name = element.required("name", &mut self.findings)?;
        if !is_name(&name.value) {
            let problem = format!("{:?} is no name", shorten(&name.value));
            let advice = "use small letters, digits and _, a letter first, 60 at most";
            self.findings.push(name.finding(problem, advice));
            return None;
        }
        Some(name.value.clone())
    }

    fn twice(&mut self, element: &Element, what: &str, name: &str) {
        let problem = format!("there are two {what}s with the name {name}");
        self.findings.push(element.finding(problem, "rename one of them"));
    }

    /// A condition; it may ask fields that were asked before.
    fn when(&mut self, attribute: Option<&Attribute>) -> Option<When> {
        let attribute = attribute?;
        let names: Vec<&str> = self
            .fields
            .iter()
            .filter(|(_, may)| *may)
            .map(|(name, _)| name.as_str())
            .collect();
        match When::compile(&attribute.value, &names) {
            Ok(when) => Some(when),
            Err(error) => {
                let problem = format!("the condition can't be used: {error}");
                let advice = "a condition asks the answers of fields that stand before it, and no secrets";
                self.findings.push(attribute.finding(problem, advice));
                None
            }
        }
    }

    /// `yes` or `no`; `no` without it.
    fn flag(&mut self, element: &Element, name: &str) -> bool {
        match element.attribute(name) {
            None => false,
            Some(attribute) if attribute.value == "yes" => true,
            Some(attribute) if attribute.value == "no" => false,
            Some(attribute) => {
                let problem = format!("{name} is neither yes nor no");
                self.findings.push(attribute.finding(problem, "write yes or no"));
                false
            }
        }
    }

    /// The words of the one child of this name.
    fn words_in(&mut self, element: &Element, name: &str) -> Option<Words> {
        if let Some(second) = element.all(name).nth(1) {
            let problem = format!("a second <{name}> in <{}>", element.name);
            self.findings.push(second.finding(problem, "keep one"));
        }
        match element.child(name) {
            Some(child) => self.words(child),
            None => {
                let problem = format!("<{}> has no <{name}>", element.name);
                let advice = format!("add <{name} en=\"…\" de=\"…\"/>");
                self.findings.push(element.finding(problem, advice));
                None
            }
        }
    }

    /// `<… en="…" de="…"/>`: both languages, or it is a finding.
    fn words(&mut self, element: &Element) -> Option<Words> {
        element.allow(&["en", "de"], &[], &mut self.findings);
        if !element.text.is_empty() {
            let advice = "write it into en=\"…\" and de=\"…\"";
            self.findings
                .push(element.finding(format!("<{}> holds text", element.name), advice));
        }
        let mut one = |name: &str| {
            let attribute = element.required(name, &mut self.findings)?;
            if attribute.value.chars().count() > WORDS_MAX {
                let problem = format!("a text of more than {WORDS_MAX} characters");
                self.findings.push(attribute.finding(problem, "say it shorter"));
                return None;
            }
            Some(attribute.value.trim().to_owned())
        };
        let (en, de) = (one("en"), one("de"));
        Some(Words::new(en?, de?))
    }

    fn known(&self, names: &[String]) -> String {
        match names {
            [] => "there are none".to_owned(),
            names => format!("known: {}", names.join(", ")),
        }
    }
}

/// What a stranger wrote, for a message.
fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
