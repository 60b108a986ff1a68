//! What an update would change, so that whoever agrees to it knows what to.

use std::collections::BTreeMap;

use semver::Version;
use serde::Serialize;
use utoipa::ToSchema;

use crate::bus::package::Package;
use crate::xml::{self, Element};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    #[schema(value_type = String)]
    pub from: Version,
    #[schema(value_type = String)]
    pub to: Version,
    pub changes: Vec<Changed>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Changed {
    pub piece: Piece,
    pub name: String,
    pub how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Piece {
    Microservice,
    /// A workflow definition.
    Definition,
    /// A page of the wizard.
    Page,
    Permission,
    Danger,
    Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum How {
    Added,
    Changed,
    Removed,
}

/// By name, what one has to compare.
type Pieces = BTreeMap<(Piece, String), String>;

pub fn changes(from: &Package, to: &Package) -> Changes {
    let (before, after) = (pieces(from), pieces(to));
    let mut changes = Vec::new();
    for ((piece, name), content) in &after {
        let how = match before.get(&(*piece, name.clone())) {
            None => How::Added,
            Some(old) if old != content => How::Changed,
            Some(_) => continue,
        };
        changes.push(Changed {
            piece: *piece,
            name: name.clone(),
            how,
        });
    }
    let removed = before.keys().filter(|key| !after.contains_key(*key));
    changes.extend(removed.map(|(piece, name)| Changed {
        piece: *piece,
        name: name.clone(),
        how: How::Removed,
    }));
    changes.sort();
    Changes {
        from: from.manifest.version.clone(),
        to: to.manifest.version.clone(),
        changes,
    }
}

fn pieces(package: &Package) -> Pieces {
    let manifest = &package.manifest;
    let content = |name: &str| package.file(name).map(String::from_utf8_lossy).unwrap_or_default();
    let mut pieces = Pieces::new();
    for service in &manifest.microservices {
        pieces.insert((Piece::Microservice, service.name.clone()), service.kind.clone());
    }
    for workflow in &manifest.workflows {
        let text = format!("{} {}", workflow.engine, content(workflow.file.name.as_str()));
        pieces.insert((Piece::Definition, workflow.name.clone()), text);
    }
    for right in &manifest.permissions {
        let name = format!("{} ({})", right.name, right.feature);
        pieces.insert(
            (Piece::Permission, name),
            format!("{} {:?}", right.required, right.also),
        );
    }
    for row in &manifest.dangers {
        pieces.insert((Piece::Danger, row.action.clone()), format!("{:?}", row.class));
    }
    for port in &manifest.ports {
        pieces.insert((Piece::Port, port.number.to_string()), port.purpose.clone());
    }
    let template = manifest.template.name.as_str();
    match package.file(template).map(xml::read) {
        Some(Ok(root)) => pieces.extend(root.all("page").enumerate().map(page)),
        // What can't be read as pages is compared as a whole.
        _ => _ = pieces.insert((Piece::Page, template.to_owned()), content(template).into_owned()),
    }
    pieces
}

fn page((place, page): (usize, &Element)) -> ((Piece, String), String) {
    let name = page.attribute("name").map(|name| name.value.clone());
    let name = name.unwrap_or_else(|| format!("page {}", place + 1));
    let mut text = String::new();
    written(page, &mut text);
    ((Piece::Page, name), text)
}

/// What an element says, without where it stands.
fn written(element: &Element, text: &mut String) {
    text.push_str(&format!("<{}", element.name));
    for attribute in &element.attributes {
        text.push_str(&format!(" {}={:?}", attribute.name, attribute.value));
    }
    text.push_str(&format!(">{}", element.text));
    // The XML reader bounds the depth.
    element.children.iter().for_each(|child| written(child, text));
    text.push_str("</>");
}
