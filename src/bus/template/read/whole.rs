//! What only the whole document shows: names that refer to something further on, pages in an order that makes no sense,
//! settings that two fields would give. Judged on the document, not on what could be read of it, so that a mistake in a
//! field is told once and not again by everything that refers to it.

use std::collections::BTreeMap;

use super::shorten;
use crate::bus::template::{Form, PageKind};
use crate::xml::{Element, Finding, Position};

pub fn check(root: &Element, findings: &mut Vec<Finding>) {
    references(root, findings);
    order_of_pages(root, findings);
    settings_once(root, findings);
}

fn fields(root: &Element) -> impl Iterator<Item = &Element> {
    root.all("page").flat_map(|page| page.all("field"))
}

/// The values of an attribute.
fn values<'a>(elements: impl Iterator<Item = &'a Element>, name: &str) -> Vec<&'a str> {
    let attributes = elements.filter_map(|element| element.attribute(name));
    attributes.map(|attribute| attribute.value.as_str()).collect()
}

fn parts(root: &Element) -> Vec<&str> {
    values(root.all("install").flat_map(|install| install.all("part")), "name")
}

fn references(root: &Element, findings: &mut Vec<Finding>) {
    let parts = parts(root);
    // A form that does not exist is told at its field.
    let other = |form: &str| {
        Form::ALL
            .iter()
            .any(|(name, known)| *name == form && *known != Form::Zone)
    };
    let zones = fields(root).filter(|field| field.attribute("form").is_some_and(|form| !other(&form.value)));
    let zones = values(zones, "name");
    for element in fields(root) {
        refers(element, "part", &parts, findings);
        refers(element, "zone", &zones, findings);
    }
}

fn refers(element: &Element, name: &str, known: &[&str], findings: &mut Vec<Finding>) {
    if let Some(attribute) = element.attribute(name)
        && !known.contains(&attribute.value.as_str())
    {
        let problem = format!("{name}={:?} does not exist", shorten(&attribute.value));
        let advice = match known {
            [] => "there is none".to_owned(),
            known => format!("known: {}", known.join(", ")),
        };
        findings.push(attribute.finding(problem, advice));
    }
}

/// Questions, summary, installation, preview, finish: each kind behind the one before; all but questions once.
fn order_of_pages(root: &Element, findings: &mut Vec<Finding>) {
    let rank = |page: &Element| match page.attribute("kind") {
        None => Some(0),
        Some(kind) => PageKind::ALL.iter().position(|(name, _)| *name == kind.value),
    };
    let name = |rank: usize| PageKind::ALL.get(rank).map_or("", |(name, _)| name);
    let mut last = 0;
    for page in root.all("page") {
        let Some(own) = rank(page) else { continue };
        if own < last {
            let problem = format!("a page of kind {} behind one of kind {}", name(own), name(last));
            let advice = "the order is: questions, summary, installation, preview, finish";
            findings.push(page.finding(problem, advice));
        } else if own == last && own > 0 {
            findings.push(page.finding(format!("a second page of kind {}", name(own)), "keep one"));
        }
        last = last.max(own);
    }
    if root.child("page").is_none() {
        findings.push(root.finding("there are no pages", "add <page>"));
        return;
    }
    for kind in [PageKind::Installation, PageKind::Finish] {
        let is_there = |page: &Element| page.attribute("kind").is_some_and(|own| own.value == kind.name());
        if !root.all("page").any(is_there) {
            let problem = format!("there is no page of kind {}", kind.name());
            findings.push(root.finding(problem, format!("add <page kind=\"{}\">", kind.name())));
        }
    }
}

/// Two fields may give the same setting only where they can't both be asked, which nobody can prove here: so never.
fn settings_once(root: &Element, findings: &mut Vec<Finding>) {
    let first = parts(root).first().copied().unwrap_or_default();
    let mut seen: BTreeMap<(&str, &str), Position> = BTreeMap::new();
    for field in fields(root) {
        let Some(setting) = field.attribute("setting") else {
            continue;
        };
        let part = field.attribute("part").map_or(first, |part| part.value.as_str());
        match seen.get(&(part, setting.value.as_str())) {
            Some(first) => {
                let problem = format!(
                    "the setting {} is given by the field in {first} already",
                    shorten(&setting.value)
                );
                findings.push(setting.finding(problem, "let one field give it"));
            }
            None => _ = seen.insert((part, &setting.value), field.at),
        }
    }
}
