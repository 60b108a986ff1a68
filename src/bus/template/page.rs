//! Pages, and what stands on them beside fields.

use super::{Field, When};
use crate::bus::Words;
use crate::xml::Position;

/// What a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// Fields, points and actions.
    Questions,
    /// All answers once more.
    Summary,
    /// The installation, item by item.
    Installation,
    /// Behind the installation: a first run that keeps nothing.
    Preview,
    Finish,
}

impl PageKind {
    pub const ALL: [(&'static str, PageKind); 5] = [
        ("questions", PageKind::Questions),
        ("summary", PageKind::Summary),
        ("installation", PageKind::Installation),
        ("preview", PageKind::Preview),
        ("finish", PageKind::Finish),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }
}

#[derive(Debug, Clone)]
pub struct Page {
    pub name: String,
    pub kind: PageKind,
    pub title: Words,
    pub text: Option<Words>,
    /// What has to be there before one begins, point by point.
    pub points: Vec<Point>,
    pub when: Option<When>,
    /// The action that must have passed, or nothing on this page can be answered.
    pub needs: Option<String>,
    pub fields: Vec<Field>,
    pub actions: Vec<Action>,
    pub checks: Vec<Check>,
    pub at: Position,
}

#[derive(Debug, Clone)]
pub struct Point {
    pub words: Words,
}

/// Something that the host does while the page is open.
#[derive(Debug, Clone)]
pub struct Action {
    pub name: String,
    pub label: Words,
    pub help: Option<Words>,
    /// The page can be left only when it has passed, or when somebody says that he goes on anyway.
    pub is_required: bool,
    pub when: Option<When>,
    pub at: Position,
}

/// Something that must hold among the answers of a page.
#[derive(Debug, Clone)]
pub struct Check {
    pub that: When,
    /// Where it is told that it does not.
    pub field: String,
    pub problem: Words,
    pub advice: Words,
}

/// One thing that is installed.
#[derive(Debug, Clone)]
pub struct Part {
    /// As in the manifest.
    pub name: String,
    pub label: Words,
    pub at: Position,
}
