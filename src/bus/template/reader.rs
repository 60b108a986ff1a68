//! From a document to the model. Every finding is gathered; a model comes only of a document without any.

use std::collections::BTreeSet;

use super::name_rules::{is_field_name, is_part_name};
use super::{
    FIELDS_MAX, PAGES_MAX, PageAction, PageCheck, PageKind, PagePoint, TemplateCondition, TemplateField, TemplatePage,
    TemplatePart, WORDS_MAX, WizardTemplate,
};
use crate::bus::LocalizedText;
use crate::condition::ConditionError;
use crate::xml::{self, Attribute, Element, XmlFinding};

mod document_checks;
mod fields;
mod shown_text;

use shown_text::shorten_text;

/// The version of the form that is read.
const VERSION: &str = "1";

pub(crate) fn read_template(bytes: &[u8]) -> Result<WizardTemplate, Vec<XmlFinding>> {
    let root = xml::read_document(bytes).map_err(|finding| vec![finding])?;
    let mut reading = TemplateReader::default();
    let template = reading.read_root(&root);
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
struct TemplateReader {
    findings: Vec<XmlFinding>,
    /// Names of fields, in their order, and whether conditions may ask them.
    fields: Vec<(String, bool)>,
    pages: BTreeSet<String>,
    actions: Vec<String>,
}

impl TemplateReader {
    fn read_root(&mut self, root: &Element) -> Option<WizardTemplate> {
        if root.name != "template" {
            let problem = format!("the root element is <{}>", root.name);
            self.findings
                .push(root.make_finding(problem, "write <template version=\"1\">"));
            return None;
        }
        root.check_allowed(&["version"], &["title", "page", "install"], &mut self.findings);
        if let Some(version) = root.require_attribute("version", &mut self.findings)
            && version.value != VERSION
        {
            let problem = format!("unknown template version {:?}", version.value);
            self.findings
                .push(version.make_finding(problem, "write version=\"1\", or use a newer bus"));
        }
        let title = self.read_child_text(root, "title");
        let mut pages = Vec::new();
        for (at, element) in root.children_named("page").enumerate() {
            if at == PAGES_MAX {
                self.findings
                    .push(element.make_finding(format!("more than {PAGES_MAX} pages"), "use fewer pages"));
                break;
            }
            pages.extend(self.read_page(element));
        }
        let parts = self.read_parts(root);
        document_checks::check_document(root, &mut self.findings);
        Some(WizardTemplate {
            title: title?,
            pages,
            parts,
            source: String::new(),
        })
    }

    fn read_page(&mut self, element: &Element) -> Option<TemplatePage> {
        element.check_allowed(
            &["name", "kind", "when", "needs"],
            &["title", "text", "point", "field", "action", "check"],
            &mut self.findings,
        );
        let name = self.read_name(element);
        if let Some(name) = &name
            && !self.pages.insert(name.clone())
        {
            self.report_duplicate(element, "page", name);
        }
        let kind = self.read_page_kind(element);
        let title = self.read_child_text(element, "title");
        let when = self.read_condition(element.find_attribute("when"));
        let needs = element.find_attribute("needs").map(|needs| {
            if !self.actions.contains(&needs.value) {
                let problem = format!("no page before this one has an action {:?}", needs.value);
                self.findings
                    .push(needs.make_finding(problem, self.known_names_hint(&self.actions)));
            }
            needs.value.clone()
        });
        let text = element
            .find_child("text")
            .map(|_| self.read_child_text(element, "text"));
        let points = element
            .children_named("point")
            .filter_map(|point| {
                Some(PagePoint {
                    text: self.read_text(point)?,
                })
            })
            .collect();
        let mut fields: Vec<TemplateField> = Vec::new();
        for child in element.children_named("field") {
            if self.fields.len() == FIELDS_MAX {
                self.findings
                    .push(child.make_finding(format!("more than {FIELDS_MAX} fields"), "use fewer fields"));
                break;
            }
            fields.extend(self.read_field(child));
        }
        let actions: Vec<PageAction> = element
            .children_named("action")
            .filter_map(|child| self.read_action(child))
            .collect();
        let checks = element
            .children_named("check")
            .filter_map(|child| self.read_check(child, &fields))
            .collect();
        let kind = kind?;
        if kind != PageKind::Questions
            && let Some(field) = element.find_child("field")
        {
            let problem = format!("a page of kind {} cannot have fields", kind.name());
            self.findings
                .push(field.make_finding(problem, "move the field to a page of kind questions"));
        }
        Some(TemplatePage {
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

    fn read_page_kind(&mut self, element: &Element) -> Option<PageKind> {
        let Some(attribute) = element.find_attribute("kind") else {
            return Some(PageKind::Questions);
        };
        let known = PageKind::ALL.iter().find(|(name, _)| *name == attribute.value);
        if known.is_none() {
            let names: Vec<&str> = PageKind::ALL.iter().map(|(name, _)| *name).collect();
            let problem = format!("unknown kind of page {:?}", attribute.value);
            self.findings
                .push(attribute.make_finding(problem, format!("known: {}", names.join(", "))));
        }
        known.map(|(_, kind)| *kind)
    }

    fn read_action(&mut self, element: &Element) -> Option<PageAction> {
        element.check_allowed(&["name", "required", "when"], &["label", "help"], &mut self.findings);
        let name = self.read_name(element);
        if let Some(name) = &name {
            if self.actions.contains(name) {
                self.report_duplicate(element, "action", name)
            } else {
                self.actions.push(name.clone())
            }
        }
        let label = self.read_child_text(element, "label");
        let help = element
            .find_child("help")
            .map(|_| self.read_child_text(element, "help"));
        let is_required = self.read_flag(element, "required");
        let when = self.read_condition(element.find_attribute("when"));
        Some(PageAction {
            name: name?,
            label: label?,
            help: help.flatten(),
            is_required,
            when,
            at: element.at,
        })
    }

    fn read_check(&mut self, element: &Element, fields: &[TemplateField]) -> Option<PageCheck> {
        element.check_allowed(&["that", "field"], &["problem", "advice"], &mut self.findings);
        element.require_attribute("that", &mut self.findings);
        let that = self.read_condition(element.find_attribute("that"));
        let field = element.require_attribute("field", &mut self.findings).map(|field| {
            if !fields.iter().any(|known| known.name == field.value) {
                let problem = format!("there is no field {:?} on this page", field.value);
                let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
                self.findings
                    .push(field.make_finding(problem, self.known_names_hint(&names)));
            }
            field.value.clone()
        });
        let problem = self.read_child_text(element, "problem");
        let advice = self.read_child_text(element, "advice");
        Some(PageCheck {
            condition: that?,
            field: field?,
            problem: problem?,
            advice: advice?,
        })
    }

    fn read_parts(&mut self, root: &Element) -> Vec<TemplatePart> {
        let Some(install) = root.find_child("install") else {
            self.findings
                .push(root.make_finding("the template installs nothing", "add <install> with its <part>s"));
            return Vec::new();
        };
        if let Some(second) = root.children_named("install").nth(1) {
            self.findings
                .push(second.make_finding("a second <install>", "keep one"));
        }
        install.check_allowed(&[], &["part"], &mut self.findings);
        if install.children.is_empty() {
            self.findings
                .push(install.make_finding("the template installs nothing", "add a <part>"));
        }
        let mut parts: Vec<TemplatePart> = Vec::new();
        for child in install.children_named("part") {
            child.check_allowed(&["name"], &["label"], &mut self.findings);
            let name = child.require_attribute("name", &mut self.findings).cloned();
            let label = self.read_child_text(child, "label");
            if let Some(name) = &name {
                if !is_part_name(&name.value) {
                    let advice = "use letters and digits, as in the manifest";
                    self.findings.push(name.make_finding(
                        format!("{:?} is not a valid part name", shorten_text(&name.value)),
                        advice,
                    ));
                }
                if parts.iter().any(|part| part.name == name.value) {
                    self.report_duplicate(child, "part", &name.value);
                }
            }
            if let (Some(name), Some(label)) = (name, label) {
                let at = child.at;
                parts.push(TemplatePart {
                    name: name.value,
                    label,
                    at,
                });
            }
        }
        parts
    }

    /// The attribute `name`, as a name.
    fn read_name(&mut self, element: &Element) -> Option<String> {
        let name = element.require_attribute("name", &mut self.findings)?;
        if !is_field_name(&name.value) {
            let problem = format!("{:?} is not a valid name", shorten_text(&name.value));
            let advice = "use at most 60 lowercase letters, digits and _, beginning with a letter";
            self.findings.push(name.make_finding(problem, advice));
            return None;
        }
        Some(name.value.clone())
    }

    fn report_duplicate(&mut self, element: &Element, what: &str, name: &str) {
        let problem = format!("there are two {what}s with the name {name}");
        self.findings.push(element.make_finding(problem, "rename one of them"));
    }

    /// A condition; it may use earlier fields.
    fn read_condition(&mut self, attribute: Option<&Attribute>) -> Option<TemplateCondition> {
        let attribute = attribute?;
        let names: Vec<&str> = self
            .fields
            .iter()
            .filter(|(_, may)| *may)
            .map(|(name, _)| name.as_str())
            .collect();
        match TemplateCondition::compile(&attribute.value, &names) {
            Ok(when) => Some(when),
            Err(error) => {
                let advice = "a condition can use the answers to earlier fields, but no secrets";
                let (error, advice) = match error {
                    // In double quotes stands the condition itself.
                    ConditionError::UnquotedText { given, nearest } => {
                        let advice = format!("{advice}; a text stands in single quotes: '{given}'");
                        (ConditionError::UnknownName { given, nearest }, advice)
                    }
                    other => (other, advice.to_owned()),
                };
                let problem = format!("invalid condition: {error}");
                self.findings.push(attribute.make_finding(problem, advice));
                None
            }
        }
    }

    /// `yes` or `no`; `no` without it.
    fn read_flag(&mut self, element: &Element, name: &str) -> bool {
        match element.find_attribute(name) {
            None => false,
            Some(attribute) if attribute.value == "yes" => true,
            Some(attribute) if attribute.value == "no" => false,
            Some(attribute) => {
                let problem = format!("{name} is neither yes nor no");
                self.findings.push(attribute.make_finding(problem, "write yes or no"));
                false
            }
        }
    }

    /// The words of the one child of this name.
    fn read_child_text(&mut self, element: &Element, name: &str) -> Option<LocalizedText> {
        if let Some(second) = element.children_named(name).nth(1) {
            let problem = format!("a second <{name}> in <{}>", element.name);
            self.findings.push(second.make_finding(problem, "keep one"));
        }
        match element.find_child(name) {
            Some(child) => self.read_text(child),
            None => {
                let problem = format!("<{}> has no <{name}>", element.name);
                let advice = format!("add <{name} en=\"…\" de=\"…\"/>");
                self.findings.push(element.make_finding(problem, advice));
                None
            }
        }
    }

    /// `<… en="…" de="…"/>`: both languages, or it is a finding.
    fn read_text(&mut self, element: &Element) -> Option<LocalizedText> {
        element.check_allowed(&["en", "de"], &[], &mut self.findings);
        if !element.text.is_empty() {
            let advice = "write it in en=\"…\" and de=\"…\"";
            self.findings
                .push(element.make_finding(format!("<{}> contains text", element.name), advice));
        }
        let mut one = |name: &str| {
            let attribute = element.require_attribute(name, &mut self.findings)?;
            if attribute.value.chars().count() > WORDS_MAX {
                let problem = format!("the text is longer than {WORDS_MAX} characters");
                self.findings.push(attribute.make_finding(problem, "shorten it"));
                return None;
            }
            Some(attribute.value.trim().to_owned())
        };
        let (en, de) = (one("en"), one("de"));
        Some(LocalizedText::new(en?, de?))
    }

    fn known_names_hint(&self, names: &[String]) -> String {
        match names {
            [] => "there are none".to_owned(),
            names => format!("known: {}", names.join(", ")),
        }
    }
}
