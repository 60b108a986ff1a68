//! What only the whole document shows: names that refer to something further on, pages in an order that makes no sense,
//! settings that two fields would give. Judged on the document, not on what could be read of it, so that a mistake in a
//! field is reported once and not again by everything that refers to it.

use std::collections::BTreeMap;

use super::shown_text::shorten_text;
use crate::bus::template::{PageKind, TextFormat};
use crate::xml::{Element, XmlFinding, XmlPosition};

pub(crate) fn check_document(root: &Element, findings: &mut Vec<XmlFinding>) {
    check_references(root, findings);
    check_page_order(root, findings);
    check_unique_settings(root, findings);
}

fn field_elements(root: &Element) -> impl Iterator<Item = &Element> {
    root.children_named("page")
        .flat_map(|page| page.children_named("field"))
}

/// The values of an attribute.
fn attribute_values<'a>(elements: impl Iterator<Item = &'a Element>, name: &str) -> Vec<&'a str> {
    let attributes = elements.filter_map(|element| element.find_attribute(name));
    attributes.map(|attribute| attribute.value.as_str()).collect()
}

fn part_names(root: &Element) -> Vec<&str> {
    attribute_values(
        root.children_named("install")
            .flat_map(|install| install.children_named("part")),
        "name",
    )
}

fn check_references(root: &Element, findings: &mut Vec<XmlFinding>) {
    let parts = part_names(root);
    // A form that does not exist is told at its field.
    let other = |form: &str| {
        TextFormat::ALL
            .iter()
            .any(|(name, known)| *name == form && *known != TextFormat::Zone)
    };
    let zones =
        field_elements(root).filter(|field| field.find_attribute("form").is_some_and(|form| !other(&form.value)));
    let zones = attribute_values(zones, "name");
    for element in field_elements(root) {
        check_reference(element, "part", &parts, findings);
        check_reference(element, "zone", &zones, findings);
    }
}

fn check_reference(element: &Element, name: &str, known: &[&str], findings: &mut Vec<XmlFinding>) {
    if let Some(attribute) = element.find_attribute(name)
        && !known.contains(&attribute.value.as_str())
    {
        let problem = format!("{name}={:?} does not exist", shorten_text(&attribute.value));
        let advice = match known {
            [] => "there is none".to_owned(),
            known => format!("known: {}", known.join(", ")),
        };
        findings.push(attribute.make_finding(problem, advice));
    }
}

/// Questions, summary, preview, installation, finish: each kind behind the one before; all but questions once.
fn check_page_order(root: &Element, findings: &mut Vec<XmlFinding>) {
    let rank = |page: &Element| match page.find_attribute("kind") {
        None => Some(0),
        Some(kind) => PageKind::ALL.iter().position(|(name, _)| *name == kind.value),
    };
    let name = |rank: usize| PageKind::ALL.get(rank).map_or("", |(name, _)| name);
    let mut last = 0;
    for page in root.children_named("page") {
        let Some(own) = rank(page) else { continue };
        if own < last {
            let problem = format!("a page of kind {} after one of kind {}", name(own), name(last));
            let advice = "the order is: questions, summary, preview, installation, finish";
            findings.push(page.make_finding(problem, advice));
        } else if own == last && own > 0 {
            findings.push(page.make_finding(format!("a second page of kind {}", name(own)), "keep one"));
        }
        last = last.max(own);
    }
    if root.find_child("page").is_none() {
        findings.push(root.make_finding("there are no pages", "add <page>"));
        return;
    }
    for kind in [PageKind::Installation, PageKind::Finish] {
        let is_there = |page: &Element| page.find_attribute("kind").is_some_and(|own| own.value == kind.name());
        if !root.children_named("page").any(is_there) {
            let problem = format!("there is no page of kind {}", kind.name());
            findings.push(root.make_finding(problem, format!("add <page kind=\"{}\">", kind.name())));
        }
    }
}

/// Two fields may give the same setting only where they can't both be asked, which nobody can prove here: so never.
fn check_unique_settings(root: &Element, findings: &mut Vec<XmlFinding>) {
    let first = part_names(root).first().copied().unwrap_or_default();
    let mut seen: BTreeMap<(&str, &str), XmlPosition> = BTreeMap::new();
    for field in field_elements(root) {
        let Some(setting) = field.find_attribute("setting") else {
            continue;
        };
        let part = field.find_attribute("part").map_or(first, |part| part.value.as_str());
        match seen.get(&(part, setting.value.as_str())) {
            Some(first) => {
                let problem = format!(
                    "the setting {} is already set by the field in {first}",
                    shorten_text(&setting.value)
                );
                findings.push(setting.make_finding(problem, "keep one of the two"));
            }
            None => _ = seen.insert((part, &setting.value), field.at),
        }
    }
}
