//! What an update would change, so that an operator knows what they approve.

use std::collections::BTreeMap;

use crate::bus::package::Package;
use crate::contract::{ChangedPiece, PieceChange, PieceKind, VersionChanges};
use crate::xml::{self, Element};

/// By name, what one has to compare.
type PieceContents = BTreeMap<(PieceKind, String), String>;

pub fn compare_packages(from: &Package, to: &Package) -> VersionChanges {
    let (before, after) = (collect_pieces(from), collect_pieces(to));
    let mut changes = Vec::new();
    for ((piece, name), content) in &after {
        let how = match before.get(&(*piece, name.clone())) {
            None => PieceChange::Added,
            Some(old) if old != content => PieceChange::Changed,
            Some(_) => continue,
        };
        changes.push(ChangedPiece {
            piece: *piece,
            name: name.clone(),
            how,
        });
    }
    let removed = before.keys().filter(|key| !after.contains_key(*key));
    changes.extend(removed.map(|(piece, name)| ChangedPiece {
        piece: *piece,
        name: name.clone(),
        how: PieceChange::Removed,
    }));
    changes.sort();
    VersionChanges {
        from: from.manifest.version.to_string(),
        to: to.manifest.version.to_string(),
        changes,
    }
}

fn collect_pieces(package: &Package) -> PieceContents {
    let manifest = &package.manifest;
    let content = |name: &str| {
        package
            .file_content(name)
            .map(String::from_utf8_lossy)
            .unwrap_or_default()
    };
    let mut pieces = PieceContents::new();
    for service in &manifest.microservices {
        pieces.insert((PieceKind::Microservice, service.name.clone()), service.kind.clone());
    }
    for workflow in &manifest.workflows {
        let text = format!("{} {}", workflow.engine, content(workflow.file.name.as_str()));
        pieces.insert((PieceKind::Definition, workflow.name.clone()), text);
    }
    for right in &manifest.permissions {
        let name = format!("{} ({})", right.name, right.feature);
        pieces.insert(
            (PieceKind::Permission, name),
            format!("{} {:?}", right.required, right.also),
        );
    }
    for row in &manifest.dangers {
        pieces.insert((PieceKind::Danger, row.action.clone()), format!("{:?}", row.class));
    }
    for port in &manifest.ports {
        pieces.insert((PieceKind::Port, port.number.to_string()), port.purpose.clone());
    }
    let template = manifest.template.name.as_str();
    match package.file_content(template).map(xml::read_document) {
        Some(Ok(root)) => pieces.extend(root.children_named("page").enumerate().map(page_piece)),
        // What can't be read as pages is compared as a whole.
        _ => _ = pieces.insert((PieceKind::Page, template.to_owned()), content(template).into_owned()),
    }
    pieces
}

fn page_piece((place, page): (usize, &Element)) -> ((PieceKind, String), String) {
    let name = page.find_attribute("name").map(|name| name.value.clone());
    let name = name.unwrap_or_else(|| format!("page {}", place + 1));
    let mut text = String::new();
    write_element(page, &mut text);
    ((PieceKind::Page, name), text)
}

/// What an element says, without where it stands.
fn write_element(element: &Element, text: &mut String) {
    text.push_str(&format!("<{}", element.name));
    for attribute in &element.attributes {
        text.push_str(&format!(" {}={:?}", attribute.name, attribute.value));
    }
    text.push_str(&format!(">{}", element.text));
    // The XML reader bounds the depth.
    element.children.iter().for_each(|child| write_element(child, text));
    text.push_str("</>");
}
