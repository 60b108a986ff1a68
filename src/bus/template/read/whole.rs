//! What only the whole document shows: names that refer to something further on, pages in an order that makes no sense,
//! settings that two fields would give.

use std::collections::BTreeMap;

use super::fields::refers;
use crate::bus::template::{FieldKind, Form, PageKind, Template};
use crate::xml::{Element, Finding, Position};

pub fn check(template: &Template, root: &Element, findings: &mut Vec<Finding>) {
    references(template, root, findings);
    order_of_pages(template, root, findings);
    settings_once(template, findings);
}

fn references(template: &Template, root: &Element, findings: &mut Vec<Finding>) {
    let parts: Vec<&str> = template.parts.iter().map(|part| part.name.as_str()).collect();
    let zones: Vec<&str> = template
        .fields()
        .filter(|field| matches!(&field.kind, FieldKind::Text { form: Form::Zone, .. }))
        .map(|field| field.name.as_str())
        .collect();
    for element in root.all("page").flat_map(|page| page.all("field")) {
        refers(element, "part", &parts, findings);
        refers(element, "zone", &zones, findings);
    }
}

/// Questions, summary, installation, preview, finish: each kind behind the one before; installation and finish once.
fn order_of_pages(template: &Template, root: &Element, findings: &mut Vec<Finding>) {
    let rank = |kind: PageKind| PageKind::ALL.iter().position(|(_, known)| *known == kind);
    for pair in template.pages.windows(2) {
        let (before, page) = (&pair[0], &pair[1]);
        if rank(page.kind) < rank(before.kind) {
            let problem = format!(
                "a page of kind {} behind one of kind {}",
                page.kind.name(),
                before.kind.name()
            );
            let advice = "the order is: questions, summary, installation, preview, finish";
            findings.push(Finding::new(page.at, problem, advice));
        } else if page.kind == before.kind && page.kind != PageKind::Questions {
            let problem = format!("a second page of kind {}", page.kind.name());
            findings.push(Finding::new(page.at, problem, "keep one"));
        }
    }
    for kind in [PageKind::Installation, PageKind::Finish] {
        if !template.pages.iter().any(|page| page.kind == kind) && !template.pages.is_empty() {
            let problem = format!("there is no page of kind {}", kind.name());
            findings.push(root.finding(problem, format!("add <page kind=\"{}\">", kind.name())));
        }
    }
    if root.child("page").is_none() {
        findings.push(root.finding("there are no pages", "add <page>"));
    }
}

/// Two fields may give the same setting only where they can't both be asked, which nobody can prove here: so never.
fn settings_once(template: &Template, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<(&str, &str), Position> = BTreeMap::new();
    for field in template.fields() {
        let Some(setting) = &field.setting else { continue };
        let key = (template.part_of(field), setting.as_str());
        if let Some(first) = seen.get(&key) {
            let problem = format!("the setting {setting} is given by the field in {first} already");
            findings.push(Finding::new(field.at, problem, "let one field give it"));
        }
        seen.entry(key).or_insert(field.at);
    }
}
